/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that reduce axes. */
#include "core/block/operation.h"

typedef nsc_value *(*reduction)(nsc_value *x, const int *axes, size_t count, int keep);

static nsc_status reduce(const nsc_block *block, nsc_value *x, reduction operation, nsc_value **out)
{
    const nsc_arguments *a = nsc_arguments_of(block);
    int axes[NSC_MAX_RANK];
    for (int i = 0; i < a->list.count; i++)
        axes[i] = (int)a->list.items[i];
    *out = operation(x, a->list.count == 0 ? NULL : axes, (size_t)a->list.count, a->keep);
    return NSC_OK;
}

static nsc_status sum_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    return reduce(block, in[0], nsc_op_sum, out);
}

static nsc_status mean_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                               nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    return reduce(block, in[0], nsc_op_mean, out);
}

static nsc_status max_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    return reduce(block, in[0], nsc_op_max, out);
}

static nsc_status min_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    return reduce(block, in[0], nsc_op_min, out);
}

static const nsc_block_class sum_class = NSC_OPERATION_CLASS("sum", sum_forward);
static const nsc_block_class mean_class = NSC_OPERATION_CLASS("mean", mean_forward);
static const nsc_block_class max_class = NSC_OPERATION_CLASS("max", max_forward);
static const nsc_block_class min_class = NSC_OPERATION_CLASS("min", min_forward);

static nsc_block *make(const nsc_block_class *class, const int *axes, size_t count, int keep)
{
    nsc_block *block = nsc_operation_new(class, 1, 1, &(nsc_arguments){.keep = keep != 0});
    nsc_operation_axes(block, axes, count);
    return block;
}

nsc_block *nsc_sum(const int *axes, size_t count, int keep)
{
    return make(&sum_class, axes, count, keep);
}

nsc_block *nsc_mean(const int *axes, size_t count, int keep)
{
    return make(&mean_class, axes, count, keep);
}

nsc_block *nsc_max(const int *axes, size_t count, int keep)
{
    return make(&max_class, axes, count, keep);
}

nsc_block *nsc_min(const int *axes, size_t count, int keep)
{
    return make(&min_class, axes, count, keep);
}
