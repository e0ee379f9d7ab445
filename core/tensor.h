/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tensor: counted, row-major, from the start of its memory. */
#ifndef NSC_CORE_TENSOR_H
#define NSC_CORE_TENSOR_H

#include <stdatomic.h>
#include <stdbool.h>

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
    atomic_bool is_value; /* of a parameter, now or once: plans may read it */
};

nsc_backend_dtype nsc_dtype_to_backend(nsc_dtype dtype);
/* Why nobody may write it: the host sees its memory (nsc_tensor_view), or a parameter has it; NULL: it may be written. */
static inline const char *nsc_tensor_held(const nsc_tensor *tensor)
{
    if (atomic_load(&tensor->memory->views) > 0)
        return "a view of it is open: call nsc_tensor_end_view first";
    return atomic_load(&tensor->is_value) ? "it is the value of a parameter: change that with nsc_parameter_set" : NULL;
}
/* One of the limits' storage bits; 0 for a number that is no dtype. */
uint32_t nsc_dtype_storage_bit(nsc_dtype dtype);

#endif
