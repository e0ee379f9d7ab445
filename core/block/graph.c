/* SPDX-License-Identifier: Apache-2.0 */
/* The graph container: several inputs and outputs, nodes in between. */
#include "core/block/graph.h"

#include <stdint.h>
#include <stdlib.h>

static nsc_status graph_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                nsc_value **out, size_t out_count)
{
    const nsc_graph *graph = (const nsc_graph *)block;
    const size_t *output_sources = graph->sources + graph->first[block->child_count];
    nsc_value **values = malloc(graph->slot_count * sizeof(nsc_value *));
    if (values == NULL)
        return nsc_trace_fail(trace, NSC_NO_MEMORY, "no host memory for the values of a graph");
    for (size_t i = 0; i < in_count; i++)
        values[i] = in[i];
    for (size_t i = 0; i < block->child_count; i++) {
        const size_t node = graph->order[i];
        nsc_block *child = block->children[node].block;
        nsc_value *taken[NSC_MAX_PORTS];
        for (size_t j = 0; j < child->inputs; j++)
            taken[j] = values[graph->sources[graph->first[node] + j]];
        nsc_op_call_many(trace, child, taken, child->inputs, values + graph->slots[node], child->outputs);
    }
    for (size_t i = 0; i < out_count; i++)
        out[i] = values[output_sources[i]];
    free(values);
    return NSC_OK;
}

static void graph_destroy(nsc_block *block)
{
    nsc_graph *graph = (nsc_graph *)block;
    for (size_t i = 0; i < graph->name_count; i++)
        free(graph->names[i]);
    free(graph->names);
    free(graph->slots);
    free(graph->first);
    free(graph->sources);
    free(graph->order);
}

const nsc_block_class nsc_graph_class = {.kind = "graph", .forward = graph_forward, .destroy = graph_destroy};

nsc_block *nsc_graph_create(const nsc_graph_options *options, size_t size)
{
    nsc_graph_options o;
    nsc_options_copy(&o, sizeof o, options, size);
    nsc_block *block = nsc_block_new(sizeof(nsc_graph), &nsc_graph_class);
    for (const nsc_graph_node *node = o.nodes; node != NULL && node->name != NULL; node++)
        nsc_block_adopt(block, node->name, node->block);
    if (nsc_block_static(block))
        return block;
    if (o.name != NULL)
        nsc_named(o.name, block);
    if (options == NULL)
        return nsc_block_fail(block, NSC_INVALID, "nsc_graph_create: options is NULL");
    if (block->status == NSC_OK)
        nsc_graph_wire((nsc_graph *)block, &o);
    return block;
}

size_t nsc_graph_slot(const nsc_graph *graph, size_t slot, size_t *port)
{
    size_t low = 0, high = graph->base.child_count;
    *port = SIZE_MAX;
    if (slot < graph->base.inputs)
        return slot;
    while (high - low > 1) { /* the last node whose first slot is not behind it */
        const size_t middle = low + (high - low) / 2;
        *(graph->slots[middle] <= slot ? &low : &high) = middle;
    }
    *port = slot - graph->slots[low];
    return low;
}

size_t nsc_input_count(const nsc_block *block)
{
    return block == NULL ? 0 : block->inputs;
}

size_t nsc_output_count(const nsc_block *block)
{
    return block == NULL ? 0 : block->outputs;
}

const char *nsc_input_name(const nsc_block *block, size_t index)
{
    if (block == NULL || index >= block->inputs)
        return NULL;
    if (block->class == &nsc_graph_class && block->status == NSC_OK)
        return ((const nsc_graph *)block)->names[index];
    return block->inputs == 1 ? "input" : NULL;
}

const char *nsc_output_name(const nsc_block *block, size_t index)
{
    if (block == NULL || index >= block->outputs)
        return NULL;
    if (block->class == &nsc_graph_class && block->status == NSC_OK)
        return ((const nsc_graph *)block)->names[block->inputs + index];
    return block->outputs == 1 ? "output" : NULL;
}
