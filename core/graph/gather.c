/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of gather: x as (outer, n, inner), all indices in a row. Where the device does not offer it, it is a
 * reduction: of all n, the one whose number is the index; the others count as -infinity in a maximum. */
#include <math.h>
#include <string.h>

#include "core/context.h"
#include "core/graph/steps.h"

typedef struct nsc_gathering {
    uint32_t x_storage, indices_storage;
    nsc_backend_view x, indices, y; /* (outer, n, inner), (count), (outer, count, inner) */
} nsc_gathering;

/* *view as (outer, middle, inner), with the axes from first up to last in the middle; false when they do not step evenly.
 * Axes that are none come last: until others are merged there may be no room for them. */
static bool merge_to_three(nsc_backend_view *view, uint32_t first, uint32_t last)
{
    bool outer = first > 0, inner = last < view->rank;
    if (outer) {
        if (!nsc_view_merge(view, 0, first))
            return false;
        last -= first - 1;
        first = 1;
    }
    if ((inner && !nsc_view_merge(view, last, view->rank)) || !nsc_view_merge(view, first, last))
        return false;
    if (!inner)
        nsc_view_merge(view, view->rank, view->rank);
    return outer || nsc_view_merge(view, 0, 0);
}

/* The same of a copy where they do not step evenly. */
static nsc_backend_view three_axes(nsc_planner *planner, uint32_t value, const nsc_backend_view *whole, uint32_t first,
                                   uint32_t last, uint32_t *storage)
{
    nsc_backend_view view = *whole;
    if (!merge_to_three(&view, first, last)) {
        view = nsc_lower_contiguous(planner, value, whole, storage);
        merge_to_three(&view, first, last);
    }
    return view;
}

/* Over four axes: outer, count, inner, n. */
static nsc_backend_view over(const nsc_backend_view *view, const int64_t dims[4], int64_t outer, int64_t count,
                             int64_t inner, int64_t n)
{
    return (nsc_backend_view){.rank = 4,
                              .dtype = view->dtype,
                              .offset = view->offset,
                              .dims = {dims[0], dims[1], dims[2], dims[3]},
                              .strides = {outer, count, inner, n}};
}

static const nsc_backend_expression *choice(nsc_planner *planner, int64_t n)
{
    nsc_program program = {0};
    nsc_program_emit(&program, NSC_OP_LOAD, 1);
    nsc_program_immediate(&program, 0.0f);
    nsc_program_emit(&program, NSC_OP_MAX, 0);
    nsc_program_immediate(&program, (float)(n - 1));
    nsc_program_emit(&program, NSC_OP_MIN, 0);
    nsc_program_emit(&program, NSC_OP_LOAD, 2);
    nsc_program_emit(&program, NSC_OP_EQUAL, 0);
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    nsc_program_immediate(&program, -INFINITY);
    nsc_program_emit(&program, NSC_OP_SELECT, 0);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    const nsc_backend_expression *expression = nsc_program_finish(&program, &planner->plan->arena, 3, 1);
    if (expression == NULL)
        nsc_plan_no_memory(planner);
    return expression;
}

static void compose(nsc_planner *planner, const nsc_value *value, const nsc_gathering *gather)
{
    const nsc_planned *planned = &planner->values[value->id];
    int64_t n = gather->x.dims[1];
    const int64_t dims[4] = {gather->y.dims[0], gather->y.dims[1], gather->y.dims[2], n};
    nsc_backend_view numbers = nsc_view_contiguous(NSC_FLOAT32, 1, &n);
    uint32_t numbers_storage = nsc_plan_indices(planner, (uint64_t)n);
    nsc_step step = {.value = value->id};
    nsc_backend_reduce reduce = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                 .kind = NSC_BACKEND_REDUCE,
                                 .producer = choice(planner, n),
                                 .reduction = NSC_BACKEND_MAXIMUM,
                                 .reduced_rank = 1,
                                 .input_count = 3,
                                 .rank = 4,
                                 .output = gather->y};
    memcpy(reduce.dims, dims, sizeof dims);
    reduce.inputs[0] = over(&gather->x, dims, gather->x.strides[0], 0, gather->x.strides[2], gather->x.strides[1]);
    reduce.inputs[1] = over(&gather->indices, dims, 0, gather->indices.strides[0], 0, 0);
    reduce.inputs[2] = over(&numbers, dims, 0, 0, 0, 1);
    reduce.inputs[0].buffer = nsc_step_storage(&step, gather->x_storage);
    reduce.inputs[1].buffer = nsc_step_storage(&step, gather->indices_storage);
    reduce.inputs[2].buffer = nsc_step_storage(&step, numbers_storage);
    reduce.output.buffer = nsc_step_storage(&step, planned->storage);
    nsc_plan_add_step(planner, &step, &reduce, NSC_BACKEND_REDUCE_SIZE);
}

static bool native(nsc_planner *planner, const nsc_value *value, const nsc_gathering *gather)
{
    if (!nsc_device_offers(&planner->context->device, NSC_BACKEND_GATHER) ||
        (planner->refused != NULL && planner->refused[value->id]))
        return false;
    nsc_step step = {.value = value->id};
    nsc_backend_gather operation = {.struct_size = NSC_BACKEND_GATHER_SIZE,
                                    .kind = NSC_BACKEND_GATHER,
                                    .source = gather->x,
                                    .indices = gather->indices,
                                    .output = gather->y};
    operation.source.buffer = nsc_step_storage(&step, gather->x_storage);
    operation.indices.buffer = nsc_step_storage(&step, gather->indices_storage);
    operation.output.buffer = nsc_step_storage(&step, planner->values[value->id].storage);
    nsc_plan_add_step(planner, &step, &operation, NSC_BACKEND_GATHER_SIZE);
    return true;
}

/* Where the result does not step evenly, it is computed beside and copied there. */
void nsc_lower_gather(nsc_planner *planner, const nsc_value *value)
{
    nsc_planned *planned = &planner->values[value->id];
    const nsc_planned *x = &planner->values[planned->operands[0]->id];
    const nsc_planned *indices = &planner->values[planned->operands[1]->id];
    uint32_t axis = (uint32_t)value->is.axis, index_rank = (uint32_t)planned->operands[1]->rank;
    nsc_gathering gather = {.x_storage = x->storage, .indices_storage = indices->storage};
    if (x->count == 0) {
        planner->status = nsc_fail(planner->context->id, NSC_INVALID, "%s: there is nothing to gather from",
                                   nsc_value_describe(planner->trace, value));
        return;
    }
    gather.x = three_axes(planner, value->id, &x->view, axis, axis + 1, &gather.x_storage);
    gather.indices = indices->view;
    if (!nsc_view_merge(&gather.indices, 0, index_rank)) {
        gather.indices = nsc_lower_contiguous(planner, value->id, &indices->view, &gather.indices_storage);
        nsc_view_merge(&gather.indices, 0, index_rank);
    }
    gather.y = planned->view;
    nsc_backend_view target = planned->view;
    uint32_t storage = planned->storage;
    bool even = merge_to_three(&gather.y, axis, axis + index_rank);
    if (!even) {
        gather.y = nsc_view_contiguous(NSC_FLOAT32, value->rank, planned->dims);
        merge_to_three(&gather.y, axis, axis + index_rank);
        planned->storage = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, planned->count * sizeof(float));
    }
    if (!native(planner, value, &gather))
        compose(planner, value, &gather);
    if (!even) {
        nsc_lower_copy(planner, value->id, planned->storage,
                       nsc_view_contiguous(NSC_FLOAT32, value->rank, planned->dims), storage, target);
        planned->storage = storage;
    }
}
