/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that change a shape and compute nothing. */
#include <inttypes.h>

#include "core/block/graph.h"
#include "core/block/operation.h"

static nsc_status reshape_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                  nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    const nsc_list *dims = &nsc_arguments_of(block)->list;
    out[0] = nsc_op_reshape(in[0], dims->count, dims->items);
    return NSC_OK;
}

static nsc_status transpose_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                    nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    const nsc_list *list = &nsc_arguments_of(block)->list;
    int axes[NSC_MAX_RANK];
    if (list->count > 0 && !nsc_operation_rank(trace, in[0], list->count))
        return NSC_INVALID;
    for (int i = 0; i < list->count; i++)
        axes[i] = (int)list->items[i];
    out[0] = nsc_op_transpose(in[0], list->count == 0 ? NULL : axes);
    return NSC_OK;
}

static nsc_status slice_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    const nsc_arguments *a = nsc_arguments_of(block);
    out[0] = nsc_op_slice(in[0], a->axis, a->start, a->stop, a->step);
    return NSC_OK;
}

static nsc_status split_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count;
    nsc_op_split(in[0], nsc_arguments_of(block)->axis, out_count, out);
    return NSC_OK;
}

static nsc_status pad_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count)
{
    (void)in_count, (void)out_count;
    const nsc_arguments *a = nsc_arguments_of(block);
    if (!nsc_operation_rank(trace, in[0], a->list.count))
        return NSC_INVALID;
    out[0] = nsc_op_pad(in[0], a->list.items, a->after.items, a->mode, a->value);
    return NSC_OK;
}

static nsc_status expand_dims_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                      nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_expand_dims(in[0], nsc_arguments_of(block)->axis);
    return NSC_OK;
}

static nsc_status squeeze_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                  nsc_value **out, size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_squeeze(in[0], nsc_arguments_of(block)->axis);
    return NSC_OK;
}

static const nsc_block_class reshape_class = NSC_OPERATION_CLASS("reshape", reshape_forward);
static const nsc_block_class transpose_class = NSC_OPERATION_CLASS("transpose", transpose_forward);
static const nsc_block_class slice_class = NSC_OPERATION_CLASS("slice", slice_forward);
static const nsc_block_class split_class = NSC_OPERATION_CLASS("split", split_forward);
static const nsc_block_class pad_class = NSC_OPERATION_CLASS("pad", pad_forward);
static const nsc_block_class expand_dims_class = NSC_OPERATION_CLASS("expand_dims", expand_dims_forward);
static const nsc_block_class squeeze_class = NSC_OPERATION_CLASS("squeeze", squeeze_forward);

static bool rank_right(int rank, bool there)
{
    return rank >= 0 && rank <= NSC_MAX_RANK && (there || rank == 0);
}

nsc_block *nsc_reshape(int rank, const int64_t *dims)
{
    nsc_arguments a = {.list = {.count = rank}};
    if (!rank_right(rank, dims != NULL))
        return nsc_block_fail(nsc_operation_new(&reshape_class, 1, 1, &(nsc_arguments){.axis = 0}), NSC_INVALID,
                              "rank %d%s; it is 0 to %d with that many sizes", rank,
                              dims == NULL ? " without sizes" : "", NSC_MAX_RANK);
    int unknown = 0, wrong = -1;
    for (int i = 0; i < rank; i++) {
        a.list.items[i] = dims[i];
        unknown += dims[i] == NSC_UNKNOWN;
        wrong =
            wrong < 0 && dims[i] < 0 && dims[i] != NSC_DIM_SAME && (dims[i] != NSC_UNKNOWN || unknown > 1) ? i : wrong;
    }
    nsc_block *block = nsc_operation_new(&reshape_class, 1, 1, &a);
    if (wrong >= 0)
        nsc_block_fail(block, NSC_INVALID,
                       "size %" PRId64 " of axis %d; it is 0 or more, NSC_DIM_SAME, or for one axis NSC_UNKNOWN",
                       dims[wrong], wrong);
    return block;
}

nsc_block *nsc_transpose(int rank, const int *axes)
{
    nsc_block *block = nsc_operation_new(&transpose_class, 1, 1, &(nsc_arguments){.axis = 0});
    if (rank < 0)
        return nsc_block_fail(block, NSC_INVALID, "rank %d; it is 0 to %d", rank, NSC_MAX_RANK);
    nsc_operation_axes(block, axes, (size_t)rank);
    return block;
}

nsc_block *nsc_slice(int axis, int64_t start, int64_t stop, int64_t step)
{
    nsc_block *block = nsc_operation_new(&slice_class, 1, 1,
                                         &(nsc_arguments){.axis = axis, .start = start, .stop = stop, .step = step});
    return step != 0 ? block : nsc_block_fail(block, NSC_INVALID, "step is 0; it is 1 or more, or negative");
}

nsc_block *nsc_split(int axis, size_t count)
{
    const bool right = count >= 1 && count <= NSC_MAX_PORTS;
    nsc_block *block = nsc_operation_new(&split_class, 1, right ? count : 1,
                                         &(nsc_arguments){.axis = axis, .count = right ? (int64_t)count : 1});
    if (!right)
        nsc_block_fail(block, NSC_INVALID, "%zu parts; it splits into 1 to %d", count, (int)NSC_MAX_PORTS);
    return block;
}

nsc_block *nsc_pad(int rank, const int64_t *before, const int64_t *after, nsc_pad_mode mode, float value)
{
    nsc_arguments a = {.mode = mode, .value = value};
    const bool right = rank_right(rank, before != NULL && after != NULL);
    int wrong = -1;
    for (int i = 0; i < rank && right; i++) {
        a.list.items[a.list.count++] = before[i];
        a.after.items[a.after.count++] = after[i];
        wrong = wrong < 0 && (before[i] < 0 || after[i] < 0) ? i : wrong;
    }
    nsc_block *block = nsc_operation_new(&pad_class, 1, 1, &a);
    if (!right)
        return nsc_block_fail(block, NSC_INVALID, "rank %d; it is 0 to %d with that many sizes before and after", rank,
                              NSC_MAX_RANK);
    if (wrong >= 0)
        nsc_block_fail(block, NSC_INVALID, "%" PRId64 " before and %" PRId64 " after axis %d; they are 0 or more",
                       before[wrong], after[wrong], wrong);
    if ((unsigned)mode > NSC_PAD_REFLECT)
        nsc_block_fail(block, NSC_INVALID, "%d is no mode of padding: use one of nsc_pad_mode", (int)mode);
    return block;
}

nsc_block *nsc_expand_dims(int axis)
{
    return nsc_operation_new(&expand_dims_class, 1, 1, &(nsc_arguments){.axis = axis});
}

nsc_block *nsc_squeeze(int axis)
{
    return nsc_operation_new(&squeeze_class, 1, 1, &(nsc_arguments){.axis = axis});
}
