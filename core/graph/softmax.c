/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of softmax over one axis: two reductions and a map. */
#include <string.h>

#include "core/graph/steps.h"

/* The dims of a value with axis moved to the end. */
static nsc_backend_view axis_last(nsc_backend_view view, int axis)
{
    int last = (int)view.rank - 1;
    int64_t dim = view.dims[axis], stride = view.strides[axis];
    for (int i = axis; i < last; i++) {
        view.dims[i] = view.dims[i + 1];
        view.strides[i] = view.strides[i + 1];
    }
    view.dims[last] = dim;
    view.strides[last] = stride;
    return view;
}

/* (kept dims) seen over all dims: the last axis repeats. */
static nsc_backend_view repeat_last(nsc_backend_view kept, int64_t size)
{
    kept.dims[kept.rank] = size;
    kept.strides[kept.rank] = 0;
    kept.rank++;
    return kept;
}

typedef struct nsc_softmax {
    nsc_planner *planner;
    uint32_t value;
    uint32_t x_storage, max_storage, sum_storage, y_storage;
    nsc_backend_view x, kept, y;
} nsc_softmax;

static void softmax_reduce(const nsc_softmax *softmax, uint32_t reduction, const nsc_program *program, bool with_max,
                           uint32_t target)
{
    nsc_step step = {.value = softmax->value};
    nsc_backend_reduce reduce = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                 .kind = NSC_BACKEND_REDUCE,
                                 .producer =
                                     nsc_program_finish(program, &softmax->planner->plan->arena, with_max ? 2 : 1, 1),
                                 .reduction = reduction,
                                 .reduced_rank = 1,
                                 .input_count = with_max ? 2 : 1,
                                 .rank = softmax->x.rank,
                                 .output = softmax->kept};
    if (reduce.producer == NULL)
        nsc_plan_no_memory(softmax->planner);
    memcpy(reduce.dims, softmax->x.dims, sizeof reduce.dims);
    reduce.inputs[0] = softmax->x;
    reduce.inputs[0].buffer = nsc_step_storage(&step, softmax->x_storage);
    if (with_max) {
        reduce.inputs[1] = repeat_last(softmax->kept, softmax->x.dims[softmax->x.rank - 1]);
        reduce.inputs[1].buffer = nsc_step_storage(&step, softmax->max_storage);
    }
    reduce.output.buffer = nsc_step_storage(&step, target);
    nsc_plan_add_step(softmax->planner, &step, &reduce, NSC_BACKEND_REDUCE_SIZE);
}

/* max, then sum of exp(x - max), then exp(x - max) / sum. */
void nsc_lower_softmax(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_value *x = value->operands[0];
    nsc_softmax softmax = {.planner = planner,
                           .value = value->id,
                           .x_storage = nsc_plan_storage_of(planner, x),
                           .y_storage = planned->storage,
                           .x = axis_last(nsc_view_contiguous(value->rank, planned->dims), value->axis),
                           .y = axis_last(nsc_view_contiguous(value->rank, planned->dims), value->axis)};
    int64_t size = softmax.x.dims[value->rank - 1];
    uint64_t bytes = planned->count / (uint64_t)size * sizeof(float);
    softmax.kept = nsc_view_contiguous(value->rank - 1, softmax.x.dims);
    softmax.max_storage = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, bytes);
    softmax.sum_storage = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, bytes);
    if (planner->status != NSC_OK)
        return;

    nsc_program program = {0};
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    softmax_reduce(&softmax, NSC_BACKEND_MAXIMUM, &program, false, softmax.max_storage);

    program = (nsc_program){0};
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    nsc_program_emit(&program, NSC_OP_LOAD, 1);
    nsc_program_emit(&program, NSC_OP_SUB, 0);
    nsc_program_emit(&program, NSC_OP_EXP, 0);
    nsc_program division = program;
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    softmax_reduce(&softmax, NSC_BACKEND_SUM, &program, true, softmax.sum_storage);

    nsc_program_emit(&division, NSC_OP_LOAD, 2);
    nsc_program_emit(&division, NSC_OP_DIV, 0);
    nsc_program_emit(&division, NSC_OP_STORE, 0);
    nsc_step step = {.value = value->id};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = nsc_program_finish(&division, &planner->plan->arena, 3, 1),
                           .input_count = 3,
                           .output_count = 1};
    if (map.expression == NULL)
        nsc_plan_no_memory(planner);
    map.inputs[0] = softmax.x;
    map.inputs[0].buffer = nsc_step_storage(&step, softmax.x_storage);
    map.inputs[1] = map.inputs[2] = repeat_last(softmax.kept, size);
    map.inputs[1].buffer = nsc_step_storage(&step, softmax.max_storage);
    map.inputs[2].buffer = nsc_step_storage(&step, softmax.sum_storage);
    map.outputs[0] = softmax.y;
    map.outputs[0].buffer = nsc_step_storage(&step, softmax.y_storage);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}
