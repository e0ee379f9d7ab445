/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that make one value of several. */
#include "core/block/graph.h"
#include "core/block/operation.h"

static nsc_status add_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)trace, (void)block, (void)out_count;
    out[0] = in[0];
    for (size_t i = 1; i < in_count; i++)
        out[0] = nsc_op_add(out[0], in[i]);
    return NSC_OK;
}

static nsc_status multiply_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                   nsc_value **out, size_t out_count)
{
    (void)trace, (void)block, (void)out_count;
    out[0] = in[0];
    for (size_t i = 1; i < in_count; i++)
        out[0] = nsc_op_mul(out[0], in[i]);
    return NSC_OK;
}

static nsc_status concat_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    (void)trace, (void)out_count;
    out[0] = nsc_op_concat(in, in_count, nsc_arguments_of(block)->axis);
    return NSC_OK;
}

static nsc_status stack_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                nsc_value **out, size_t out_count)
{
    (void)trace, (void)out_count;
    out[0] = nsc_op_stack(in, in_count, nsc_arguments_of(block)->axis);
    return NSC_OK;
}

static nsc_status matmul_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    (void)trace, (void)block, (void)in_count, (void)out_count;
    out[0] = nsc_op_matmul(in[0], in[1]);
    return NSC_OK;
}

static nsc_status gather_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_gather(in[0], in[1], nsc_arguments_of(block)->axis);
    return NSC_OK;
}

static const nsc_block_class add_class = NSC_OPERATION_CLASS("add", add_forward);
static const nsc_block_class multiply_class = NSC_OPERATION_CLASS("multiply", multiply_forward);
static const nsc_block_class concat_class = NSC_OPERATION_CLASS("concat", concat_forward);

static const nsc_block_class stack_class = NSC_OPERATION_CLASS("stack", stack_forward);
static const nsc_block_class matmul_class = NSC_OPERATION_CLASS("matmul", matmul_forward);
static const nsc_block_class gather_class = NSC_OPERATION_CLASS("gather", gather_forward);

static nsc_block *merge(const nsc_block_class *class, size_t inputs, int axis)
{
    nsc_block *block = nsc_operation_new(class, inputs, 1, &(nsc_arguments){.axis = axis});
    if (inputs < 2 || inputs > NSC_MAX_PORTS)
        nsc_block_fail(block, NSC_INVALID, "%zu input%s; it merges 2 to %d", inputs, inputs == 1 ? "" : "s",
                       (int)NSC_MAX_PORTS);
    return block;
}

nsc_block *nsc_add_inputs(size_t inputs)
{
    return merge(&add_class, inputs, 0);
}

nsc_block *nsc_multiply_inputs(size_t inputs)
{
    return merge(&multiply_class, inputs, 0);
}

nsc_block *nsc_concat_inputs(size_t inputs, int axis)
{
    return merge(&concat_class, inputs, axis);
}

nsc_block *nsc_stack_inputs(size_t inputs, int axis)
{
    return merge(&stack_class, inputs, axis);
}

nsc_block *nsc_matmul(void)
{
    return nsc_operation_new(&matmul_class, 2, 1, &(nsc_arguments){.axis = 0});
}

nsc_block *nsc_gather(int axis)
{
    return nsc_operation_new(&gather_class, 2, 1, &(nsc_arguments){.axis = axis});
}
