/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: one block after the other, or side by side. */
#include <stdlib.h>

#include "core/block/block.h"

static nsc_status sequential_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                     nsc_value **out, size_t out_count)
{
    nsc_value *value = in[0];
    (void)in_count, (void)out_count;
    for (size_t i = 0; i < block->child_count; i++)
        value = nsc_op_call(trace, block->children[i].block, value);
    out[0] = value;
    return NSC_OK;
}

static nsc_status add_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    out[0] = nsc_op_call(trace, block->children[0].block, in[0]);
    for (size_t i = 1; i < block->child_count; i++)
        out[0] = nsc_op_add(out[0], nsc_op_call(trace, block->children[i].block, in[0]));
    return NSC_OK;
}

typedef struct concat {
    nsc_block base;
    int axis;
} concat;

static nsc_status concat_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    nsc_value **values = malloc(block->child_count * sizeof(nsc_value *));
    if (values == NULL)
        return nsc_trace_fail(trace, NSC_NO_MEMORY, "no host memory for the branches");
    for (size_t i = 0; i < block->child_count; i++)
        values[i] = nsc_op_call(trace, block->children[i].block, in[0]);
    out[0] = nsc_op_concat(values, block->child_count, ((const concat *)block)->axis);
    free(values);
    return NSC_OK;
}

static const nsc_block_class sequential_class = {"sequential", sequential_forward, NULL};
static const nsc_block_class add_class = {"add", add_forward, NULL};
static const nsc_block_class concat_class = {"concat", concat_forward, NULL};

/* Adopts all of them, also on failure. */
static nsc_block *container(size_t size, const nsc_block_class *class, nsc_block *const *blocks, bool empty_allowed)
{
    nsc_block *block = nsc_block_new(size, class);
    size_t count = 0;
    if (blocks == NULL)
        return nsc_block_fail(block, NSC_INVALID, "the array of blocks is NULL");
    for (; blocks[count] != NULL; count++)
        nsc_block_adopt(block, NULL, blocks[count]);
    if (count == 0 && !empty_allowed)
        nsc_block_fail(block, NSC_INVALID, "there are no branches");
    return block;
}

nsc_block *nsc_sequential_create(nsc_block *const *blocks)
{
    return container(sizeof(nsc_block), &sequential_class, blocks, true);
}

nsc_block *nsc_add_branches_create(nsc_block *const *branches)
{
    return container(sizeof(nsc_block), &add_class, branches, false);
}

nsc_block *nsc_concat_branches_create(int axis, nsc_block *const *branches)
{
    nsc_block *block = container(sizeof(concat), &concat_class, branches, false);
    if (!nsc_block_static(block))
        ((concat *)block)->axis = axis;
    return block;
}
