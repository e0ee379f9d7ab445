/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: one block after the other, or side by side. */
#include <stdlib.h>

#include "core/block/block.h"
#include "core/block/operation.h"

enum { MAX_REPEAT = 10000 };

static nsc_value *in_sequence(nsc_trace *trace, const nsc_block *block, nsc_value *value)
{
    for (size_t i = 0; i < block->child_count; i++)
        value = nsc_op_call(trace, block->children[i].block, value);
    return value;
}

static nsc_status sequential_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                     nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    out[0] = in_sequence(trace, block, in[0]);
    return NSC_OK;
}

static nsc_status residual_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                   nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    out[0] = nsc_op_add(in[0], in_sequence(trace, block, in[0]));
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

static nsc_status concat_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    nsc_value **values = malloc(block->child_count * sizeof(nsc_value *));
    if (values == NULL)
        return nsc_trace_fail(trace, NSC_NO_MEMORY, "no host memory for the branches");
    for (size_t i = 0; i < block->child_count; i++)
        values[i] = nsc_op_call(trace, block->children[i].block, in[0]);
    out[0] = nsc_op_concat(values, block->child_count, nsc_arguments_of(block)->axis);
    free(values);
    return NSC_OK;
}

static const nsc_block_class sequential_class = {.kind = "sequential", .forward = sequential_forward};
static const nsc_block_class residual_class = {.kind = "residual", .forward = residual_forward};
static const nsc_block_class repeat_class = {.kind = "repeat", .forward = sequential_forward};
static const nsc_block_class add_class = {.kind = "add_branches", .forward = add_forward};
static const nsc_block_class concat_class = NSC_OPERATION_CLASS("concat_branches", concat_forward);

/* Adopts all of them, also on failure. none: why an empty one is refused, or NULL. */
static nsc_block *container(nsc_block *block, nsc_block *const *blocks, const char *none)
{
    size_t count = 0;
    if (blocks == NULL)
        return nsc_block_fail(block, NSC_INVALID, "the array of blocks is NULL");
    for (; blocks[count] != NULL; count++)
        nsc_block_adopt(block, NULL, blocks[count]);
    if (count == 0 && none != NULL)
        nsc_block_fail(block, NSC_INVALID, "%s", none);
    return block;
}

nsc_block *nsc_sequential_create(nsc_block *const *blocks)
{
    return container(nsc_block_new(sizeof(nsc_block), &sequential_class), blocks, NULL);
}

nsc_block *nsc_residual_create(nsc_block *const *blocks)
{
    return container(nsc_block_new(sizeof(nsc_block), &residual_class), blocks, "there are no blocks to add to x");
}

nsc_block *nsc_repeat(size_t count, nsc_make_function make, void *user)
{
    nsc_block *block = nsc_block_new(sizeof(nsc_block), &repeat_class);
    if (make == NULL)
        return nsc_block_fail(block, NSC_INVALID, "nsc_repeat: make is NULL");
    if (count > MAX_REPEAT)
        return nsc_block_fail(block, NSC_INVALID, "nsc_repeat: %zu times; at most %d", count, (int)MAX_REPEAT);
    for (size_t i = 0; i < count && block->status == NSC_OK; i++)
        nsc_block_adopt(block, NULL, make(user, i));
    return block;
}

nsc_block *nsc_add_branches_create(nsc_block *const *branches)
{
    return container(nsc_block_new(sizeof(nsc_block), &add_class), branches, "there are no branches");
}

nsc_block *nsc_concat_branches_create(int axis, nsc_block *const *branches)
{
    nsc_block *block = nsc_operation_new(&concat_class, 1, 1, &(nsc_arguments){.axis = axis});
    return container(block, branches, "there are no branches");
}
