/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that are one operation on each element. */
#include <inttypes.h>

#include "core/block/operation.h"

static nsc_status dropout_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                  nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_dropout(in[0], nsc_arguments_of(block)->value);
    return NSC_OK;
}

static nsc_status cast_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                               nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_cast(in[0], nsc_arguments_of(block)->dtype);
    return NSC_OK;
}

static nsc_status one_hot_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                  nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_one_hot(in[0], nsc_arguments_of(block)->count);
    return NSC_OK;
}

static const nsc_block_class dropout_class = NSC_OPERATION_CLASS("dropout", dropout_forward);
static const nsc_block_class cast_class = NSC_OPERATION_CLASS("cast", cast_forward);
static const nsc_block_class one_hot_class = NSC_OPERATION_CLASS("one_hot", one_hot_forward);

nsc_block *nsc_dropout(float rate)
{
    nsc_block *block = nsc_operation_new(&dropout_class, 1, 1, &(nsc_arguments){.value = rate});
    if (!(rate >= 0.0f && rate < 1.0f))
        nsc_block_fail(block, NSC_INVALID, "rate is %g; it is 0 or more, and less than 1", (double)rate);
    return block;
}

nsc_block *nsc_cast(nsc_dtype dtype)
{
    nsc_block *block = nsc_operation_new(&cast_class, 1, 1, &(nsc_arguments){.dtype = dtype});
    const char *name = nsc_dtype_name(dtype);
    if (dtype != NSC_FLOAT32 && dtype != NSC_INT32 && dtype != NSC_UINT32 && dtype != NSC_UINT8)
        nsc_block_fail(block, NSC_WRONG_DTYPE, "%s; it casts to float32, int32, uint32 and uint8",
                       name == NULL ? "no element type" : name);
    return block;
}

nsc_block *nsc_one_hot(int64_t depth)
{
    nsc_block *block = nsc_operation_new(&one_hot_class, 1, 1, &(nsc_arguments){.count = depth});
    if (depth < 1)
        nsc_block_fail(block, NSC_INVALID, "depth is %" PRId64 "; it is 1 or more", depth);
    return block;
}
