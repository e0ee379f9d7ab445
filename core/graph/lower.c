/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering: every stored value becomes steps of the kinds that the device offers. */
#include "core/graph/steps.h"

#include "core/context.h"

/* What was not computed into its place is copied there. */
static void lower_concat(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    for (size_t o = 0; o < value->operand_count; o++) {
        const nsc_planned *operand = &planner->values[planned->operands[o]->id];
        if (operand->count > 0 && operand->into != value)
            nsc_lower_copy(planner, value->id, operand->storage, operand->view, planned->storage,
                           nsc_concat_part(planner, value, o));
    }
}

/* Only a reshape is ever copied: in the order of its operand's elements. */
static void lower_copied_view(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_value *operand = planned->operands[0];
    const nsc_planned *source = &planner->values[operand->id];
    nsc_lower_copy(planner, value->id, source->storage, source->view, planned->storage,
                   nsc_view_contiguous(value->dtype, operand->rank, source->dims));
}

/* The stream comes with every launch. Where the device has no generator, or takes no stream at a launch, the host draws:
 * the same numbers. */
static void lower_random(nsc_planner *planner, const nsc_value *value)
{
    nsc_plan *plan = planner->plan;
    const nsc_planned *planned = &planner->values[value->id];
    bool native = nsc_device_offers(&planner->context->device, NSC_BACKEND_RANDOM) &&
                  (planner->refused == NULL || !planner->refused[value->id]);
    if (!nsc_grow((void **)&plan->randoms, &plan->random_capacity, plan->random_count, sizeof *plan->randoms)) {
        nsc_plan_no_memory(planner);
        return;
    }
    plan->randoms[plan->random_count++] = (nsc_plan_random){.key = value->is.key,
                                                            .step = native ? plan->step_count : SIZE_MAX,
                                                            .storage = planned->storage,
                                                            .count = planned->count};
    if (!native) { /* before the first step */
        nsc_storage *storage = &plan->storages[planned->storage];
        storage->used = true;
        storage->first = storage->last = 0;
        return;
    }
    nsc_step step = {.value = value->id};
    nsc_backend_random random = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                 .kind = NSC_BACKEND_RANDOM,
                                 .distribution = NSC_BACKEND_UNIFORM,
                                 .scale = 1.0f,
                                 .stream_scalars = 1};
    int64_t count = (int64_t)planned->count;
    random.output = nsc_view_contiguous(NSC_FLOAT32, 1, &count);
    random.output.buffer = nsc_step_storage(&step, planned->storage);
    nsc_plan_add_step(planner, &step, &random, NSC_BACKEND_RANDOM_SIZE);
}

static void lower_value(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    switch (value->node) {
    case NSC_NODE_PRODUCT:
        nsc_lower_product(planner, value, planned);
        break;
    case NSC_NODE_ELEMENTWISE:
        nsc_lower_element(planner, value);
        break;
    case NSC_NODE_SOFTMAX:
        nsc_lower_softmax(planner, value);
        break;
    case NSC_NODE_CONCAT:
        lower_concat(planner, value);
        break;
    case NSC_NODE_REDUCE:
        nsc_lower_reduce(planner, value);
        break;
    case NSC_NODE_CUMULATIVE_SUM:
        nsc_lower_cumulative(planner, value);
        break;
    case NSC_NODE_GATHER:
        nsc_lower_gather(planner, value);
        break;
    case NSC_NODE_RANDOM:
        lower_random(planner, value);
        break;
    case NSC_NODE_RESHAPE:
    case NSC_NODE_TRANSPOSE:
    case NSC_NODE_SLICE:
    case NSC_NODE_PART:
    case NSC_NODE_BROADCAST:
        if (planned->copied)
            lower_copied_view(planner, value);
        break;
    case NSC_NODE_INPUT:
    case NSC_NODE_PARAMETER:
    case NSC_NODE_IOTA:
        break;
    }
}

/* An output that nothing was computed into (an input, a parameter, a view, the same value twice) is copied at the end. */
static void lower_output(nsc_planner *planner, size_t index)
{
    const nsc_value *value = planner->values[planner->trace->outputs[index]->id].same;
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_storage *from = &planner->plan->storages[planned->storage];
    nsc_backend_view whole = nsc_view_contiguous(value->dtype, value->rank, planned->dims);
    if (planned->count == 0 || (from->place == NSC_PLACE_OUTPUT && from->index == index))
        return;
    uint32_t to =
        nsc_plan_storage(planner, NSC_PLACE_OUTPUT, (uint32_t)index, planned->count * nsc_dtype_size(value->dtype));
    nsc_lower_copy(planner, value->id, planned->storage, planned->view, to, whole);
}

void nsc_plan_lower(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK; i++)
        if (planner->values[i].stored && planner->values[i].count > 0)
            lower_value(planner, trace->values[i]);
    for (size_t i = 0; i < trace->output_count && planner->status == NSC_OK; i++)
        lower_output(planner, i);
}
