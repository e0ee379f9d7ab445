/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of softmax and its logarithm over one axis: one step where the device offers it, else two reductions and a map. */
#include <string.h>

#include "core/context.h"
#include "core/graph/steps.h"
#include "core/shape.h"

/* The dims of a value with axis moved to the end. */
static nsc_backend_view axis_last(const nsc_backend_view *view, int axis)
{
    int order[NSC_MAX_RANK], last = (int)view->rank - 1;
    for (int i = 0; i < last; i++)
        order[i] = i < axis ? i : i + 1;
    order[last] = axis;
    return nsc_view_permute(view, order);
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

static const nsc_backend_expression *finish(const nsc_softmax *softmax, nsc_program *program, uint32_t inputs)
{
    nsc_program_emit(program, NSC_OP_STORE, 0);
    const nsc_backend_expression *expression = nsc_program_finish(program, &softmax->planner->plan->arena, inputs, 1);
    if (expression == NULL)
        nsc_plan_no_memory(softmax->planner);
    return expression;
}

static void add_reduce(const nsc_softmax *softmax, uint32_t reduction, nsc_program *program, bool with_max,
                       uint32_t target)
{
    nsc_step step = {.value = softmax->value};
    nsc_backend_reduce reduce = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                 .kind = NSC_BACKEND_REDUCE,
                                 .producer = finish(softmax, program, with_max ? 2 : 1),
                                 .reduction = reduction,
                                 .reduced_rank = 1,
                                 .input_count = with_max ? 2 : 1,
                                 .rank = softmax->x.rank,
                                 .output = softmax->kept};
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

/* x, max and sum to the result. */
static void add_map(const nsc_softmax *softmax, nsc_program *program)
{
    nsc_step step = {.value = softmax->value};
    int64_t size = softmax->x.dims[softmax->x.rank - 1];
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = finish(softmax, program, 3),
                           .input_count = 3,
                           .output_count = 1};
    map.inputs[0] = softmax->x;
    map.inputs[0].buffer = nsc_step_storage(&step, softmax->x_storage);
    map.inputs[1] = map.inputs[2] = repeat_last(softmax->kept, size);
    map.inputs[1].buffer = nsc_step_storage(&step, softmax->max_storage);
    map.inputs[2].buffer = nsc_step_storage(&step, softmax->sum_storage);
    map.outputs[0] = softmax->y;
    map.outputs[0].buffer = nsc_step_storage(&step, softmax->y_storage);
    nsc_plan_add_step(softmax->planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

/* max; the sum of exp(x - max); then exp(x - max) / sum, or x - max - log(sum). */
static void compose(nsc_softmax *softmax, bool logarithm)
{
    nsc_planner *planner = softmax->planner;
    uint64_t count = 0;
    softmax->kept = nsc_view_contiguous(NSC_FLOAT32, (int)softmax->x.rank - 1, softmax->x.dims);
    nsc_shape_count((int)softmax->kept.rank, softmax->kept.dims, &count);
    softmax->max_storage = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, count * sizeof(float));
    softmax->sum_storage = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, count * sizeof(float));
    if (planner->status != NSC_OK)
        return;
    nsc_program program = {0}, result = {0};
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    add_reduce(softmax, NSC_BACKEND_MAXIMUM, &program, false, softmax->max_storage);

    nsc_program_emit(&result, NSC_OP_LOAD, 0);
    nsc_program_emit(&result, NSC_OP_LOAD, 1);
    nsc_program_emit(&result, NSC_OP_SUB, 0);
    program = result;
    nsc_program_emit(&program, NSC_OP_EXP, 0);
    add_reduce(softmax, NSC_BACKEND_SUM, &program, true, softmax->sum_storage);

    if (!logarithm)
        nsc_program_emit(&result, NSC_OP_EXP, 0);
    nsc_program_emit(&result, NSC_OP_LOAD, 2);
    if (logarithm)
        nsc_program_emit(&result, NSC_OP_LOG, 0);
    nsc_program_emit(&result, logarithm ? NSC_OP_SUB : NSC_OP_DIV, 0);
    add_map(softmax, &result);
}

/* One step, where the device offers it and has not turned this one down. */
static bool native(const nsc_softmax *softmax, bool logarithm)
{
    nsc_planner *planner = softmax->planner;
    if (!nsc_device_offers(&planner->context->device, NSC_BACKEND_SOFTMAX) ||
        (planner->refused != NULL && planner->refused[softmax->value]))
        return false;
    nsc_step step = {.value = softmax->value};
    nsc_backend_softmax operation = {.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                     .kind = NSC_BACKEND_SOFTMAX,
                                     .logarithm = logarithm,
                                     .input = softmax->x,
                                     .output = softmax->y};
    operation.input.buffer = nsc_step_storage(&step, softmax->x_storage);
    operation.output.buffer = nsc_step_storage(&step, softmax->y_storage);
    nsc_plan_add_step(planner, &step, &operation, NSC_BACKEND_SOFTMAX_SIZE);
    return true;
}

void nsc_lower_softmax(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_planned *x = &planner->values[planned->operands[0]->id];
    nsc_softmax softmax = {.planner = planner,
                           .value = value->id,
                           .x_storage = x->storage,
                           .y_storage = planned->storage,
                           .x = axis_last(&x->view, value->is.axis),
                           .y = axis_last(&planned->view, value->is.axis)};
    if (!native(&softmax, value->is.flag))
        compose(&softmax, value->is.flag);
}
