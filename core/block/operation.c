/* SPDX-License-Identifier: Apache-2.0 */
#include "core/block/operation.h"

nsc_block *nsc_operation_new(const nsc_block_class *class, size_t inputs, size_t outputs,
                             const nsc_arguments *arguments)
{
    nsc_block *block = nsc_block_new(sizeof(nsc_operation), class);
    if (nsc_block_static(block))
        return block;
    block->inputs = inputs;
    block->outputs = outputs;
    ((nsc_operation *)block)->arguments = *arguments;
    return block;
}

const nsc_arguments *nsc_arguments_of(const nsc_block *block)
{
    return &((const nsc_operation *)block)->arguments;
}
