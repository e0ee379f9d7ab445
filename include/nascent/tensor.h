/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: typed, row-major arrays on the device of a context. Counted references; a tensor may be used by several
 * threads as long as nobody writes it. */
#ifndef NASCENT_TENSOR_H
#define NASCENT_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/context.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NSC_MAX_RANK 8

/* The numbers are DLPack's code << 8 | bits. */
typedef enum nsc_dtype {
    NSC_FLOAT32 = 0x220,
    NSC_INT32 = 0x020,
    NSC_UINT32 = 0x120,
    NSC_UINT8 = 0x108,
    /* Known, and refused until a device lists them. */
    NSC_FLOAT16 = 0x210,
    NSC_BFLOAT16 = 0x410,
    NSC_FLOAT64 = 0x240,
    NSC_INT64 = 0x040
} nsc_dtype;

/* "float32" and so on; NULL for a number that is no dtype. Static. */
NSC_API const char *nsc_dtype_name(nsc_dtype dtype);
/* Bytes of an element; 0 for a number that is no dtype. */
NSC_API size_t nsc_dtype_size(nsc_dtype dtype);

typedef struct nsc_tensor nsc_tensor;

/* A tensor with undefined contents. rank 0 is a scalar; a size of 0 is legal. dims may be NULL for rank 0. The caller
 * owns *tensor. Errors: INVALID, WRONG_DTYPE, UNSUPPORTED (too large for the device), NO_MEMORY. */
NSC_API nsc_status nsc_tensor_create(nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims,
                                     nsc_tensor **tensor);
/* The same, filled from data (row-major, all elements), which may be reused on return. */
NSC_API nsc_status nsc_tensor_from(nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims,
                                   const void *data, nsc_tensor **tensor);
/* bytes must be the tensor's. write returns when data may be reused, read when data is filled (it waits). */
NSC_API nsc_status nsc_tensor_write(nsc_tensor *tensor, const void *data, size_t bytes);
NSC_API nsc_status nsc_tensor_read(const nsc_tensor *tensor, void *data, size_t bytes);

/* A pointer to the tensor's elements in the device's own memory (row-major, bytes as nsc_tensor_bytes; NULL when that is
 * 0), to be read only; no copy is made. It waits for the work that fills them. The view holds the tensor until
 * nsc_tensor_end_view, so the tensor may be released before, and its context cannot be closed. Views may be many, of all
 * threads, and see one pointer. While one is open the tensor may be read and be the input of a run; whatever would write it
 * (nsc_tensor_write, an output of nsc_run, nsc_initializer_fill) gives INVALID. Errors: UNSUPPORTED where the host cannot
 * reach the device's memory (use nsc_tensor_read), INVALID, DEVICE_LOST. */
NSC_API nsc_status nsc_tensor_view(nsc_tensor *tensor, const void **data);
/* Ends one view, by any thread; the pointer of the last must not be used any more. Errors: INVALID when none is open.
 * After a failure of the device the view has ended all the same. */
NSC_API nsc_status nsc_tensor_end_view(nsc_tensor *tensor);

NSC_API nsc_tensor *nsc_tensor_retain(nsc_tensor *tensor);
/* Gives one reference back; the last one frees the memory, also while work on it is pending. NULL is allowed. */
NSC_API void nsc_tensor_release(nsc_tensor *tensor);

NSC_API nsc_context *nsc_tensor_context(const nsc_tensor *tensor);
NSC_API nsc_dtype nsc_tensor_dtype(const nsc_tensor *tensor);
NSC_API int nsc_tensor_rank(const nsc_tensor *tensor);
/* nsc_tensor_rank sizes, owned by the tensor. */
NSC_API const int64_t *nsc_tensor_dims(const nsc_tensor *tensor);
NSC_API size_t nsc_tensor_bytes(const nsc_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
