/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of reductions. Sums and extremes are one step, whatever is computed inside; products of elements, which no
 * backend needs to offer, are halved until one is left. */
#include "core/graph/steps.h"

#include <math.h>
#include <string.h>

#include "core/context.h"
#include "core/shape.h"

/* Kept axes first, reduced ones last; gives how many are reduced. */
static int reduced_last(const nsc_value *value, int rank, int order[NSC_MAX_RANK])
{
    int at = 0, reduced = 0;
    for (int i = 0; i < rank; i++)
        if (!(value->is.mask >> i & 1))
            order[at++] = i;
    for (int i = 0; i < rank; i++)
        if (value->is.mask >> i & 1) {
            order[at++] = i;
            reduced++;
        }
    return reduced;
}

/* The result without the axes of size 1 that stand for reduced ones. */
static nsc_backend_view kept_view(const nsc_value *value, const nsc_backend_view *view, int rank)
{
    nsc_backend_view kept = *view;
    if (!value->is.flag)
        return kept;
    kept.rank = 0;
    for (int i = 0; i < rank; i++)
        if (!(value->is.mask >> i & 1)) {
            kept.dims[kept.rank] = view->dims[i];
            kept.strides[kept.rank++] = view->strides[i];
        }
    memset(kept.dims + kept.rank, 0, (NSC_MAX_RANK - kept.rank) * sizeof *kept.dims);
    memset(kept.strides + kept.rank, 0, (NSC_MAX_RANK - kept.rank) * sizeof *kept.strides);
    return kept;
}

static void lower_nothing(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    if (value->is.reduction == NSC_REDUCE_MAX || value->is.reduction == NSC_REDUCE_MIN)
        planner->status = nsc_fail(planner->context->id, NSC_INVALID, "%s: the %s of no elements",
                                   nsc_value_describe(planner->trace, value),
                                   value->is.reduction == NSC_REDUCE_MAX ? "maximum" : "minimum");
    else
        nsc_lower_fill(planner, value->id, value->is.reduction == NSC_REDUCE_PROD ? 1.0f : 0.0f, planned->storage,
                       planned->view);
}

static void lower_step(nsc_planner *planner, const nsc_value *value, const nsc_value *x)
{
    static const uint32_t reductions[] = {[NSC_REDUCE_SUM] = NSC_BACKEND_SUM,
                                          [NSC_REDUCE_MAX] = NSC_BACKEND_MAXIMUM,
                                          [NSC_REDUCE_MIN] = NSC_BACKEND_MINIMUM};
    const nsc_planned *planned = &planner->values[value->id];
    const int64_t *dims = planner->values[x->id].dims;
    int order[NSC_MAX_RANK];
    nsc_step step = {.value = value->id};
    nsc_backend_reduce reduce = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                 .kind = NSC_BACKEND_REDUCE,
                                 .producer = planned->expression,
                                 .reduction = reductions[value->is.reduction],
                                 .reduced_rank = (uint32_t)reduced_last(value, x->rank, order),
                                 .input_count = planned->leaf_count,
                                 .rank = (uint32_t)x->rank,
                                 .output = kept_view(value, &planned->view, x->rank)};
    for (int i = 0; i < x->rank; i++)
        reduce.dims[i] = dims[order[i]];
    for (uint32_t i = 0; i < planned->leaf_count; i++) {
        const nsc_planned *leaf = &planner->values[planned->leaves[i]->id];
        nsc_backend_view view = nsc_view_expand(&leaf->view, x->rank, dims);
        reduce.inputs[i] = nsc_view_permute(&view, order);
        reduce.inputs[i].buffer = nsc_step_storage(&step, leaf->storage);
    }
    reduce.output.buffer = nsc_step_storage(&step, planned->storage);
    nsc_plan_add_step(planner, &step, &reduce, NSC_BACKEND_REDUCE_SIZE);
}

/* ---- products of elements ---------------------------------------------------------------------------------------- */

/* View with its last axis cut to count elements from first on; no axis at all where count is 1 and drop is set. */
static nsc_backend_view cut(nsc_backend_view view, int64_t first, int64_t count, bool drop)
{
    uint32_t last = view.rank - 1;
    view.offset += first * view.strides[last];
    view.dims[last] = count;
    if (drop)
        view.dims[last] = view.strides[last] = 0;
    view.rank -= drop;
    return view;
}

/* The last axis of view, in storage, is multiplied into target: the second half times the first, until one is left. */
static void multiply_down(nsc_planner *planner, uint32_t value, uint32_t storage, nsc_backend_view view,
                          uint32_t target_storage, nsc_backend_view target)
{
    int64_t size = view.dims[view.rank - 1];
    if (size == 1) {
        nsc_lower_copy(planner, value, storage, cut(view, 0, 1, true), target_storage, target);
        return;
    }
    while (planner->status == NSC_OK) {
        int64_t half = size / 2, rest = size - 2 * half;
        bool last = size == 2;
        nsc_backend_view sources[2] = {cut(view, 0, half, last), cut(view, half, half, last)};
        if (last) {
            nsc_lower_binary(planner, value, NSC_OP_MUL, storage, sources, target_storage, target);
            return;
        }
        uint64_t count = 0;
        nsc_backend_view next = view;
        next.dims[view.rank - 1] = half + rest;
        next.offset = 0;
        nsc_shape_strides((int)view.rank, next.dims, next.strides);
        nsc_shape_count((int)view.rank, next.dims, &count);
        uint32_t to = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, count * sizeof(float));
        nsc_lower_binary(planner, value, NSC_OP_MUL, storage, sources, to, cut(next, 0, half, false));
        if (rest > 0)
            nsc_lower_copy(planner, value, storage, cut(view, 2 * half, rest, false), to, cut(next, half, rest, false));
        view = next;
        storage = to;
        size = half + rest;
    }
}

static void lower_prod(nsc_planner *planner, const nsc_value *value, const nsc_value *x)
{
    const nsc_planned *planned = &planner->values[value->id], *source = &planner->values[x->id];
    int order[NSC_MAX_RANK];
    int reduced = reduced_last(value, x->rank, order);
    uint32_t storage = source->storage;
    nsc_backend_view view = nsc_view_permute(&source->view, order);
    if (!nsc_view_merge(&view, view.rank - (uint32_t)reduced, view.rank)) {
        nsc_backend_view moved = nsc_view_permute(&source->view, order);
        view = nsc_lower_contiguous(planner, value->id, &moved, &storage);
        nsc_view_merge(&view, view.rank - (uint32_t)reduced, view.rank);
    }
    multiply_down(planner, value->id, storage, view, planned->storage, kept_view(value, &planned->view, x->rank));
}

void nsc_lower_reduce(nsc_planner *planner, const nsc_value *value)
{
    const nsc_value *x = planner->values[value->id].operands[0];
    if (planner->values[x->id].count == 0)
        lower_nothing(planner, value);
    else if (value->is.reduction == NSC_REDUCE_PROD)
        lower_prod(planner, value, x);
    else
        lower_step(planner, value, x);
}
