/* SPDX-License-Identifier: Apache-2.0 */
/* Where views reach, which an operation has, and how many scalars. */
#include "core/device/validate.h"

bool nsc_view_extent(const nsc_backend_view *view, int64_t *lowest, int64_t *highest)
{
    *lowest = *highest = view->offset;
    for (uint32_t i = 0; i < view->rank; i++) {
        int64_t reach;
        if (__builtin_mul_overflow(view->dims[i] - 1, view->strides[i], &reach) ||
            __builtin_add_overflow(reach < 0 ? *lowest : *highest, reach, reach < 0 ? lowest : highest))
            return false;
    }
    int64_t bytes;
    return !__builtin_add_overflow(*highest, 1, &bytes) && !__builtin_mul_overflow(bytes, (int64_t)8, &bytes);
}

bool nsc_view_inside(const nsc_backend_view *view, uint64_t bytes)
{
    int64_t lowest, highest;
    return nsc_view_extent(view, &lowest, &highest) && lowest >= 0 &&
           ((uint64_t)highest + 1) * (view->dtype.bits / 8) <= bytes;
}

static size_t append(const nsc_backend_view **views, size_t count, const nsc_backend_view *more, size_t more_count)
{
    for (size_t i = 0; i < more_count; i++)
        views[count++] = &more[i];
    return count;
}

size_t nsc_operation_views(const nsc_backend_operation *operation, const nsc_backend_view *views[NSC_OPERATION_VIEWS])
{
    const void *whole = operation;
    const nsc_backend_map *map = whole;
    const nsc_backend_reduce *reduce = whole;
    const nsc_backend_gemm *gemm = whole;
    const nsc_backend_gemm_epilogue *epilogue = whole;
    const nsc_backend_random *random = whole;
    const nsc_backend_gather *gather = whole;
    const nsc_backend_softmax *softmax = whole;
    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        return append(views, append(views, 0, map->inputs, map->input_count), map->outputs, map->output_count);
    case NSC_BACKEND_REDUCE:
        return append(views, append(views, 0, reduce->inputs, reduce->input_count), &reduce->output, 1);
    case NSC_BACKEND_GEMM:
        return append(views, append(views, append(views, 0, &gemm->a, 1), &gemm->b, 1), &gemm->c, 1);
    case NSC_BACKEND_GEMM_EPILOGUE:
        return append(views,
                      append(views,
                             append(views, append(views, 0, epilogue->inputs, epilogue->input_count), &epilogue->a, 1),
                             &epilogue->b, 1),
                      &epilogue->c, 1);
    case NSC_BACKEND_GATHER:
        return append(views, append(views, append(views, 0, &gather->source, 1), &gather->indices, 1), &gather->output,
                      1);
    case NSC_BACKEND_SOFTMAX:
        return append(views, append(views, 0, &softmax->input, 1), &softmax->output, 1);
    default:
        return append(views, 0, &random->output, 1);
    }
}

size_t nsc_operation_outputs(const nsc_backend_operation *operation)
{
    const void *whole = operation;
    const nsc_backend_map *map = whole;
    return operation->kind == NSC_BACKEND_MAP ? map->output_count : 1;
}

uint32_t nsc_operation_scalars(const nsc_backend_operation *operation)
{
    const void *whole = operation;
    const nsc_backend_map *map = whole;
    const nsc_backend_reduce *reduce = whole;
    const nsc_backend_gemm_epilogue *epilogue = whole;
    const nsc_backend_random *random = whole;
    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        return map->expression->scalar_count;
    case NSC_BACKEND_REDUCE:
        return reduce->producer->scalar_count;
    case NSC_BACKEND_GEMM_EPILOGUE:
        return epilogue->expression->scalar_count;
    case NSC_BACKEND_RANDOM:
        return random->stream_scalars ? 2 : 0;
    default:
        return 0;
    }
}
