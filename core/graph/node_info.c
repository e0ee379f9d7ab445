/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a proposal, seen from outside. */
#include <nascent/plan.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/graph/proposal.h"

static const char *operation_of(const nsc_value *value)
{
    static const char *const names[] = {
        [NSC_NODE_INPUT] = "input",
        [NSC_NODE_PARAMETER] = "parameter",
        [NSC_NODE_IOTA] = "indices",
        [NSC_NODE_RANDOM] = "random",
        [NSC_NODE_ELEMENTWISE] = NULL,
        [NSC_NODE_RESHAPE] = "reshape",
        [NSC_NODE_TRANSPOSE] = "transpose",
        [NSC_NODE_SLICE] = "slice",
        [NSC_NODE_PART] = "split",
        [NSC_NODE_BROADCAST] = "broadcast",
        [NSC_NODE_CONCAT] = "concat",
        [NSC_NODE_REDUCE] = NULL,
        [NSC_NODE_CUMULATIVE_SUM] = "cumulative_sum",
        [NSC_NODE_SOFTMAX] = NULL,
        [NSC_NODE_GATHER] = "gather",
        [NSC_NODE_PRODUCT] = "product",
    };
    static const char *const reductions[] = {
        [NSC_REDUCE_SUM] = "sum", [NSC_REDUCE_MAX] = "max", [NSC_REDUCE_MIN] = "min", [NSC_REDUCE_PROD] = "prod"};
    if (value->node == NSC_NODE_ELEMENTWISE)
        return nsc_formula_of(value->is.element)->name;
    if (value->node == NSC_NODE_REDUCE)
        return reductions[value->is.reduction];
    if (value->node == NSC_NODE_SOFTMAX)
        return value->is.flag ? "log_softmax" : "softmax";
    return names[value->node];
}

static const char *axes_text(nsc_arena *arena, const nsc_value *value)
{
    char text[64] = "axes";
    size_t used = strlen(text);
    for (int i = 0; i < NSC_MAX_RANK; i++)
        if (value->is.mask >> i & 1)
            used += (size_t)snprintf(text + used, sizeof text - used, " %d", i);
    return nsc_arena_format(arena, "%s%s", text, value->is.flag ? ", kept" : "");
}

static const char *order_text(nsc_arena *arena, const nsc_value *value)
{
    char text[64] = "order";
    size_t used = strlen(text);
    for (int i = 0; i < value->rank; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %d", value->is.order[i]);
    return nsc_arena_format(arena, "%s", text);
}

static const char *slice_text(nsc_arena *arena, const nsc_attributes *is)
{
    if (is->stop == NSC_END)
        return nsc_arena_format(arena, "axis %d, %" PRId64 "::%" PRId64, is->axis, is->start, is->step);
    return nsc_arena_format(arena, "axis %d, %" PRId64 ":%" PRId64 ":%" PRId64, is->axis, is->start, is->stop,
                            is->step);
}

static const char *element_text(nsc_arena *arena, const nsc_value *value)
{
    const float *numbers = value->is.numbers;
    if (value->is.element == NSC_ELEMENT_CAST)
        return nsc_arena_format(arena, "to %s", nsc_dtype_name(value->dtype));
    if (value->is.element == NSC_ELEMENT_MEAN) /* its number follows from the sizes */
        return "";
    switch (nsc_formula_of(value->is.element)->numbers) {
    case 0:
        return "";
    case 1:
        return nsc_arena_format(arena, "%.9g", (double)numbers[0]);
    default:
        return nsc_arena_format(arena, "%.9g, %.9g", (double)numbers[0], (double)numbers[1]);
    }
}

static const char *text_of(nsc_arena *arena, const nsc_value *value)
{
    switch (value->node) {
    case NSC_NODE_INPUT:
        return nsc_arena_format(arena, "%" PRIu32, value->is.index);
    case NSC_NODE_ELEMENTWISE:
        return element_text(arena, value);
    case NSC_NODE_REDUCE:
        return axes_text(arena, value);
    case NSC_NODE_TRANSPOSE:
        return order_text(arena, value);
    case NSC_NODE_SLICE:
        return slice_text(arena, &value->is);
    case NSC_NODE_PART:
        return nsc_arena_format(arena, "axis %d, part %" PRIu32, value->is.axis, value->is.index);
    case NSC_NODE_CONCAT:
    case NSC_NODE_CUMULATIVE_SUM:
    case NSC_NODE_SOFTMAX:
    case NSC_NODE_GATHER:
        return nsc_arena_format(arena, "axis %d", value->is.axis);
    default:
        return "";
    }
}

size_t nsc_proposal_node_count(const nsc_proposal *proposal)
{
    return proposal == NULL ? 0 : proposal->trace->value_count;
}

/* false: no host memory. */
static bool describe(nsc_trace *trace, const nsc_value *value, nsc_node_info *info)
{
    size_t *operands = nsc_arena_take(&trace->arena, (value->operand_count + 1) * sizeof *operands);
    *info = (nsc_node_info){.operation = operation_of(value),
                            .text = text_of(&trace->arena, value),
                            .path = value->frame == NULL ? "" : value->frame->path,
                            .block = value->frame == NULL ? "" : value->frame->block->kind,
                            .shape = {.dtype = value->dtype},
                            .operands = operands,
                            .operand_count = value->operand_count};
    for (size_t o = 0; operands != NULL && o < value->operand_count; o++)
        operands[o] = value->operands[o]->id;
    info->shape.rank = nsc_value_sizes(trace, value, info->shape.dims);
    if (value->node == NSC_NODE_PARAMETER)
        info->path = trace->parameters[value->is.index].path;
    return operands != NULL && info->text != NULL;
}

/* All of them, when the first is asked for. */
static nsc_status describe_all(nsc_proposal *proposal)
{
    nsc_trace *trace = proposal->trace;
    nsc_node_info *nodes = nsc_arena_take(&trace->arena, (trace->value_count + 1) * sizeof *nodes);
    bool described = nodes != NULL;
    for (size_t i = 0; described && i < trace->value_count; i++)
        described = describe(trace, trace->values[i], &nodes[i]);
    if (!described)
        return nsc_fail(0, NSC_NO_MEMORY, "nsc_proposal_node: no host memory");
    proposal->nodes = nodes;
    return NSC_OK;
}

nsc_status nsc_proposal_node(nsc_proposal *proposal, size_t index, nsc_node_info *info, size_t size)
{
    if (proposal == NULL || info == NULL || index >= proposal->trace->value_count)
        return nsc_fail(0, NSC_INVALID, "nsc_proposal_node: %s",
                        proposal == NULL || info == NULL ? "an argument is NULL" : "there is no such index");
    nsc_status status = proposal->nodes != NULL ? NSC_OK : describe_all(proposal);
    if (status == NSC_OK)
        memcpy(info, &proposal->nodes[index], size < sizeof *info ? size : sizeof *info);
    return status;
}

size_t nsc_proposal_output_node(const nsc_proposal *proposal, size_t index)
{
    return proposal == NULL || index >= proposal->trace->output_count ? NSC_NO_INDEX
                                                                      : proposal->trace->outputs[index]->id;
}
