/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering: every stored value becomes steps of the kinds that the device offers. */
#include "core/graph/steps.h"

/* The bits of one view to another. */
static void lower_copy(nsc_planner *planner, uint32_t value, uint32_t from, nsc_backend_view source, uint32_t to,
                       nsc_backend_view target)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    nsc_program_emit(&program, NSC_OP_LOAD_RAW, 0);
    nsc_program_emit(&program, NSC_OP_STORE_RAW, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = nsc_program_finish(&program, &planner->plan->arena, 1, 1),
                           .input_count = 1,
                           .output_count = 1};
    if (map.expression == NULL)
        nsc_plan_no_memory(planner);
    map.inputs[0] = source;
    map.inputs[0].buffer = nsc_step_storage(&step, from);
    map.outputs[0] = target;
    map.outputs[0].buffer = nsc_step_storage(&step, to);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

static void lower_concat(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    nsc_backend_view whole = nsc_view_contiguous(value->rank, planned->dims);
    int64_t position = 0;
    for (size_t o = 0; o < value->operand_count; o++) {
        const nsc_value *operand = value->operands[o];
        const nsc_planned *part = &planner->values[operand->id];
        nsc_backend_view target = whole;
        target.dims[value->axis] = part->dims[value->axis];
        target.offset = position * whole.strides[value->axis];
        position += part->dims[value->axis];
        if (part->count > 0)
            lower_copy(planner, value->id, nsc_plan_storage_of(planner, operand),
                       nsc_view_contiguous(value->rank, part->dims), planned->storage, target);
    }
}

/* A computed value that is an output writes there; an output that cannot (an input, a parameter, the same value twice)
 * is copied at the end. */
static void assign_storages(nsc_planner *planner, bool *direct)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->value_count; i++) {
        const nsc_value *value = trace->values[i];
        nsc_planned *planned = &planner->values[i];
        uint64_t bytes = planned->count * sizeof(float);
        if (!planned->stored)
            continue;
        if (value->node == NSC_NODE_INPUT || value->node == NSC_NODE_PARAMETER) {
            planned->storage = nsc_plan_storage(
                planner, value->node == NSC_NODE_INPUT ? NSC_PLACE_INPUT : NSC_PLACE_PARAMETER, value->index, bytes);
            continue;
        }
        size_t output = 0;
        while (output < trace->output_count && nsc_plan_source(trace->outputs[output]) != value)
            output++;
        bool is_output = output < trace->output_count;
        planned->storage =
            nsc_plan_storage(planner, is_output ? NSC_PLACE_OUTPUT : NSC_PLACE_ARENA, (uint32_t)output, bytes);
        if (is_output)
            direct[output] = true;
    }
}

static void lower_value(nsc_planner *planner, const nsc_value *value)
{
    switch (value->node) {
    case NSC_NODE_LINEAR:
        nsc_lower_gemm(planner, value, planner->values[value->id].storage);
        break;
    case NSC_NODE_ELEMENTWISE:
        nsc_lower_elementwise(planner, value);
        break;
    case NSC_NODE_SOFTMAX:
        nsc_lower_softmax(planner, value);
        break;
    case NSC_NODE_CONCAT:
        lower_concat(planner, value);
        break;
    case NSC_NODE_INPUT:
    case NSC_NODE_PARAMETER:
    case NSC_NODE_FLATTEN:
        break;
    }
}

void nsc_plan_lower(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    bool *direct = nsc_arena_take(&planner->plan->arena, (trace->output_count + 1) * sizeof *direct);
    if (direct == NULL) {
        nsc_plan_no_memory(planner);
        return;
    }
    /* Before storages are given out. Operands come first, so the parts that are cut off are still to be visited. */
    for (size_t i = trace->value_count; i-- > 0;)
        if (trace->values[i]->node == NSC_NODE_ELEMENTWISE && planner->values[i].stored)
            nsc_chain_fit(planner, trace->values[i]);
    assign_storages(planner, direct);
    for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK; i++)
        if (planner->values[i].stored && planner->values[i].count > 0)
            lower_value(planner, trace->values[i]);
    for (size_t i = 0; i < trace->output_count && planner->status == NSC_OK; i++) {
        const nsc_planned *planned = &planner->values[trace->outputs[i]->id];
        uint32_t from = nsc_plan_storage_of(planner, trace->outputs[i]);
        bool mine = direct[i] && planner->plan->storages[from].index == i;
        if (mine || planned->count == 0)
            continue;
        uint32_t to = nsc_plan_storage(planner, NSC_PLACE_OUTPUT, (uint32_t)i, planned->count * sizeof(float));
        nsc_backend_view view = nsc_view_contiguous(1, (int64_t[]){(int64_t)planned->count});
        lower_copy(planner, trace->outputs[i]->id, from, view, to, view);
    }
}
