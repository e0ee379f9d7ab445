/* SPDX-License-Identifier: Apache-2.0 */
#include "core/param/budget.h"

#include <inttypes.h>

#include "core/context.h"
#include "core/error.h"
#include "core/shape.h"

nsc_budget nsc_budget_of(nsc_context *context)
{
    nsc_statistics statistics = {.bytes_in_use = 0};
    nsc_context_statistics(context, &statistics, sizeof statistics);
    return (nsc_budget){.context = context, .used = statistics.bytes_in_use};
}

nsc_status nsc_budget_add(nsc_budget *budget, const char *path, nsc_dtype dtype, int rank, const int64_t *dims)
{
    const nsc_device *device = &budget->context->device;
    const uint64_t owner = budget->context->id, memory = budget->context->info.memory_bytes;
    char shape[NSC_SHAPE_TEXT];
    uint64_t count, bytes, total;
    nsc_shape_text(shape, rank, dims);
    if (!nsc_shape_count(rank, dims, &count) || __builtin_mul_overflow(count, nsc_dtype_size(dtype), &bytes) ||
        bytes > device->limits.max_buffer_bytes)
        return nsc_fail(owner, NSC_UNSUPPORTED, "%s %s %s is larger than a buffer of %s may be (%" PRIu64 " bytes)",
                        path, shape, nsc_dtype_name(dtype), device->title, device->limits.max_buffer_bytes);
    if (memory > 0 && (__builtin_add_overflow(budget->used, budget->needed, &total) ||
                       __builtin_add_overflow(total, bytes, &total) || total > memory))
        return nsc_fail(owner, NSC_NO_MEMORY,
                        "%s %s %s needs %" PRIu64 " bytes: the first that does not fit on %s, which has %" PRIu64
                        " bytes, %" PRIu64 " in use, %" PRIu64 " needed before it",
                        path, shape, nsc_dtype_name(dtype), bytes, device->title, memory, budget->used, budget->needed);
    budget->needed += bytes;
    return NSC_OK;
}
