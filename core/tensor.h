/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tensor: counted, row-major, from the start of its memory. */
#ifndef NSC_CORE_TENSOR_H
#define NSC_CORE_TENSOR_H

#include <stdatomic.h>

#include <nascent/backend.h>
#include <nascent/tensor.h>

#include "core/device/gateway.h"

struct nsc_tensor {
    atomic_size_t references;
    nsc_context *context;
    nsc_dtype dtype;
    int rank;
    int64_t dims[NSC_MAX_RANK];
    size_t bytes;
    nsc_memory *memory;
};

nsc_backend_dtype nsc_dtype_to_backend(nsc_dtype dtype);
/* Does the host see its memory (nsc_tensor_view)? Then it must not be written. */
static inline int nsc_tensor_viewed(const nsc_tensor *tensor)
{
    return atomic_load(&tensor->memory->views) > 0;
}
/* One of the limits' storage bits; 0 for a number that is no dtype. */
uint32_t nsc_dtype_storage_bit(nsc_dtype dtype);

#endif
