/* SPDX-License-Identifier: Apache-2.0 */
#include "core/block/operation.h"

#include <stdio.h>

nsc_block *nsc_operation_new(const nsc_block_class *class, size_t inputs, size_t outputs,
                             const nsc_arguments *arguments)
{
    nsc_block *block = nsc_block_new(sizeof(nsc_operation), class);
    if (nsc_block_static(block))
        return block;
    block->inputs = inputs;
    block->outputs = outputs;
    ((nsc_operation *)block)->arguments = *arguments;
    if (arguments->axis < -NSC_MAX_RANK || arguments->axis >= NSC_MAX_RANK)
        nsc_block_fail(block, NSC_INVALID, "axis %d; axes are -%d to %d", arguments->axis, NSC_MAX_RANK,
                       NSC_MAX_RANK - 1);
    return block;
}

const nsc_arguments *nsc_arguments_of(const nsc_block *block)
{
    return &((const nsc_operation *)block)->arguments;
}

bool nsc_operation_rank(nsc_trace *trace, const nsc_value *x, int declared)
{
    char text[96];
    int64_t dims[NSC_MAX_RANK];
    const int rank = nsc_value_shape(x, dims);
    if (rank == declared)
        return true;
    snprintf(text, sizeof text, "it was declared for rank %d, its input has rank %d", declared, rank);
    nsc_trace_fail(trace, NSC_INVALID, text);
    return false;
}

void nsc_operation_axes(nsc_block *block, const int *axes, size_t count)
{
    if (nsc_block_static(block))
        return;
    nsc_list *list = &((nsc_operation *)block)->arguments.list;
    if (count > NSC_MAX_RANK || (axes == NULL && count > 0))
        nsc_block_fail(block, NSC_INVALID, "%zu axes%s; it takes 0 to %d", count,
                       axes == NULL ? ", which are NULL" : "", NSC_MAX_RANK);
    for (size_t i = 0; i < count && block->status == NSC_OK; i++) {
        if (axes[i] < -NSC_MAX_RANK || axes[i] >= NSC_MAX_RANK)
            nsc_block_fail(block, NSC_INVALID, "axis %d; axes are -%d to %d", axes[i], NSC_MAX_RANK, NSC_MAX_RANK - 1);
        list->items[list->count++] = axes[i];
    }
}
