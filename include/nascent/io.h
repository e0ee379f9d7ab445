/* SPDX-License-Identifier: Apache-2.0 */
/* Files. IDX is the format of the MNIST family of data sets: a type, a rank, sizes, then the elements; plain or
 * compressed by gzip. Files are checked before they are believed: one that is shorter or longer than its header says is
 * refused whole. */
#ifndef NASCENT_IO_H
#define NASCENT_IO_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An IDX file of unsigned bytes, in memory. Constant once open: any number of threads may read it. */
typedef struct nsc_idx nsc_idx;

/* Reads the whole file; the caller owns *idx, which is NULL on failure. Errors, with the offset, what was expected and
 * what was found in nsc_last_error(NULL): INVALID, IO, UNSUPPORTED (another element type, more than 4 dimensions, more
 * than 2^32 elements), NO_MEMORY. */
NSC_API nsc_status nsc_idx_open(const char *path, nsc_idx **idx);
/* NULL is allowed. */
NSC_API void nsc_idx_close(nsc_idx *idx);

/* 1 to 4. */
NSC_API int nsc_idx_rank(const nsc_idx *idx);
/* nsc_idx_rank sizes, owned by idx. */
NSC_API const int64_t *nsc_idx_dims(const nsc_idx *idx);
/* The elements, row-major, owned by idx; their number is the product of the sizes. */
NSC_API const unsigned char *nsc_idx_data(const nsc_idx *idx);
NSC_API size_t nsc_idx_bytes(const nsc_idx *idx);

#ifdef __cplusplus
}
#endif

#endif
