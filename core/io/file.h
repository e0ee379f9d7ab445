/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read without believing their size, written so that a reader sees the old one or the new one. */
#ifndef NSC_CORE_IO_FILE_H
#define NSC_CORE_IO_FILE_H

#include <stddef.h>

#include <nascent/status.h>

/* *bytes is malloc's, one zero byte longer than *length. */
nsc_status nsc_file_read(const char *path, unsigned char **bytes, size_t *length);

/* Can a file be written there now? What is there stays. */
nsc_status nsc_file_try(const char *path);

typedef struct nsc_file_part {
    const void *bytes;
    size_t length;
} nsc_file_part;
/* The parts, one behind the other, under a temporary name in the same folder, synchronised, renamed. */
nsc_status nsc_file_write(const char *path, const nsc_file_part *parts, size_t count);

#endif
