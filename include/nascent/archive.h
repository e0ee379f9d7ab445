/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of named arrays: safetensors, npy and npz. No length in a file is believed, overlaps and gaps are found, names are
 * unique; a file that lies is refused whole, with the file, the offset and the reason in nsc_last_error(NULL). Element
 * types: float32, int32, uint32 and uint8; others are refused by name.
 *
 * Writing is atomic: a temporary file beside the target, fsync, rename. Host memory only; any number of threads may use
 * different files, and read one archive.
 */
#ifndef NASCENT_ARCHIVE_H
#define NASCENT_ARCHIVE_H

#include <nascent/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An array in host memory, row-major. */
typedef struct nsc_array {
    const char *name;
    nsc_dtype dtype;
    int rank;
    int64_t dims[NSC_MAX_RANK];
    const void *data;
    size_t bytes;
} nsc_array;

/* A key and a text in the header of a safetensors file. */
typedef struct nsc_metadata {
    const char *key;
    const char *text;
} nsc_metadata;

/* A file that was read. Constant: everything it gives is owned by it. */
typedef struct nsc_archive nsc_archive;

/* Reads the whole file; the kind is known by its content, not by its name. A npy file gives one array, named "". The
 * caller owns *archive, which is NULL on failure. Errors: INVALID, IO (also: not such a file), UNSUPPORTED (an element
 * type, an order or a rank that is not stored here), NO_MEMORY. */
NSC_API nsc_status nsc_archive_open(const char *file, nsc_archive **archive);
/* NULL is allowed. */
NSC_API void nsc_archive_close(nsc_archive *archive);
/* "safetensors", "npy" or "npz". Static. */
NSC_API const char *nsc_archive_format(const nsc_archive *archive);
NSC_API size_t nsc_archive_count(const nsc_archive *archive);
/* In the order of the file; NULL when there is no such index or name. */
NSC_API const nsc_array *nsc_archive_array(const nsc_archive *archive, size_t index);
NSC_API const nsc_array *nsc_archive_find(const nsc_archive *archive, const char *name);
/* The text of a key of a safetensors header; NULL when it is not there. */
NSC_API const char *nsc_archive_metadata(const nsc_archive *archive, const char *key);

/* The same arrays and metadata in the same order give the same bytes. Data starts at a multiple of 64 in the file.
 * Errors: INVALID (a name twice or empty, sizes that are not those of the data), WRONG_DTYPE, IO, NO_MEMORY. */
NSC_API nsc_status nsc_safetensors_write(const char *file, const nsc_array *arrays, size_t count,
                                         const nsc_metadata *metadata, size_t metadata_count);
NSC_API nsc_status nsc_npy_write(const char *file, const nsc_array *array);
/* UNSUPPORTED where the library was built without libzip (npz cannot be read then either). */
NSC_API nsc_status nsc_npz_write(const char *file, const nsc_array *arrays, size_t count);

#ifdef __cplusplus
}
#endif

#endif
