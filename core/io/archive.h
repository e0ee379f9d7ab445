/* SPDX-License-Identifier: Apache-2.0 */
/* Archives inside: one buffer that holds the file, and arrays that point into it or into the arena. */
#ifndef NSC_CORE_IO_ARCHIVE_H
#define NSC_CORE_IO_ARCHIVE_H

#include <stdbool.h>

#include <nascent/archive.h>

#include "core/memory.h"

struct nsc_archive {
    const char *format;
    unsigned char *bytes; /* the file, one zero byte behind it; owned */
    size_t length;
    nsc_arena arena;
    nsc_array *arrays;
    size_t count, capacity;
    nsc_metadata *metadata;
    size_t metadata_count, metadata_capacity;
};

/* The same as nsc_archive_open from bytes, which stay the caller's; name stands for the file in messages. */
nsc_status nsc_archive_parse(const char *name, const void *bytes, size_t length, nsc_archive **archive);

/* "FILE: byte OFFSET: words". */
nsc_status nsc_archive_refuse(const char *name, nsc_status status, size_t offset, const char *format, ...)
    NSC_PRINTF(4, 5);
nsc_status nsc_archive_no_memory(const char *name);
/* Adds an array whose bytes are at `data` in memory that lives as long as the archive; they are copied where they are
 * not aligned. name is copied. */
nsc_status nsc_archive_add(nsc_archive *archive, const char *file, const char *name, size_t name_length,
                           const nsc_array *array);
/* The bytes of a shape of a dtype; false: they pass 63 bits. */
bool nsc_archive_bytes(nsc_dtype dtype, int rank, const int64_t *dims, uint64_t *bytes);
/* What a writer asks of an array. */
nsc_status nsc_archive_check(const char *file, const nsc_array *array);
/* That no name stands twice. */
nsc_status nsc_archive_check_names(const char *file, const nsc_array *arrays, size_t count);

/* Each reads archive->bytes. */
nsc_status nsc_safetensors_parse(nsc_archive *archive, const char *name);
nsc_status nsc_npz_parse(nsc_archive *archive, const char *name);
/* One npy file in memory that lives as long as the archive, as the array `array_name`. base: where it starts in the
 * file, for messages. */
nsc_status nsc_npy_parse(nsc_archive *archive, const char *file, const char *array_name, const unsigned char *bytes,
                         size_t length, size_t base);
/* The header of an npy file, a multiple of 64 bytes, into text (capacity NSC_NPY_HEADER); its length. */
enum { NSC_NPY_HEADER = 512 };
size_t nsc_npy_header(const nsc_array *array, char text[NSC_NPY_HEADER]);

#endif
