/* SPDX-License-Identifier: Apache-2.0 */
/* Operations along axes: reductions, softmax, cumulative sums, indices. */
#include "core/graph/operation_parts.h"

#include <inttypes.h>
#include <string.h>

/* ---- reductions -------------------------------------------------------------------------------------------------- */

static bool axes_mask(nsc_trace *trace, const char *operation, const nsc_value *x, const int *axes, size_t count,
                      uint32_t *mask)
{
    *mask = 0;
    if (axes == NULL || count == 0) {
        *mask = (1u << x->rank) - 1;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        int axis = axes[i];
        if (!nsc_op_axis(trace, operation, x->rank, &axis))
            return false;
        if (*mask >> axis & 1) {
            nsc_trace_error(trace, NSC_INVALID, "%s: axis %d stands twice", operation, axes[i]);
            return false;
        }
        *mask |= 1u << axis;
    }
    return true;
}

static nsc_value *reduce(nsc_reduction reduction, const char *operation, nsc_value *x, const int *axes, size_t count,
                         int keep)
{
    nsc_value *broken;
    uint32_t mask;
    nsc_trace *trace = nsc_op_begin_float(operation, &x, 1, &broken);
    if (trace == NULL || !axes_mask(trace, operation, x, axes, count, &mask))
        return broken;
    if (mask == 0) /* a scalar */
        return x;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_REDUCE, &x, 1, 0);
    if (trace->status != NSC_OK)
        return value;
    value->is.reduction = reduction;
    value->is.mask = mask;
    value->is.flag = keep != 0;
    for (int i = 0; i < x->rank; i++)
        if (!(mask >> i & 1))
            value->dims[value->rank++] = x->dims[i];
        else if (keep)
            value->dims[value->rank++] = nsc_dim_new(trace, 1, "a reduced axis");
    return value;
}

nsc_value *nsc_op_sum(nsc_value *x, const int *axes, size_t count, int keep)
{
    return reduce(NSC_REDUCE_SUM, "nsc_op_sum", x, axes, count, keep);
}

nsc_value *nsc_op_max(nsc_value *x, const int *axes, size_t count, int keep)
{
    return reduce(NSC_REDUCE_MAX, "nsc_op_max", x, axes, count, keep);
}

nsc_value *nsc_op_min(nsc_value *x, const int *axes, size_t count, int keep)
{
    return reduce(NSC_REDUCE_MIN, "nsc_op_min", x, axes, count, keep);
}

nsc_value *nsc_op_prod(nsc_value *x, const int *axes, size_t count, int keep)
{
    return reduce(NSC_REDUCE_PROD, "nsc_op_prod", x, axes, count, keep);
}

/* A division of its own, so that the mean of equal numbers is that number; it rides on whatever reads it. */
nsc_value *nsc_op_mean(nsc_value *x, const int *axes, size_t count, int keep)
{
    nsc_value *sum = reduce(NSC_REDUCE_SUM, "nsc_op_mean", x, axes, count, keep);
    return sum == x ? x : nsc_op_element(NSC_ELEMENT_MEAN, "nsc_op_mean", &sum, 1, NULL);
}

/* 0, 1, 2, ... along one axis of a value of this rank. */
static nsc_value *index_along(nsc_trace *trace, uint32_t dim, int rank, int axis)
{
    nsc_value *index = nsc_trace_value(trace, NSC_NODE_IOTA, NULL, 0, 1);
    if (trace->status != NSC_OK)
        return index;
    index->dims[0] = dim;
    for (int i = axis + 1; i < rank; i++)
        index = nsc_op_expand_dims(index, -1);
    return index;
}

/* Where x is its extreme, the index, else 2^24; the smallest of these. */
static nsc_value *arg(nsc_reduction reduction, const char *operation, nsc_value *x, int axis, int keep)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin_float(operation, &x, 1, &broken);
    if (trace == NULL || !nsc_op_axis(trace, operation, x->rank, &axis))
        return broken;
    nsc_value *operands[3] = {x, reduce(reduction, operation, x, &axis, 1, 1),
                              index_along(trace, x->dims[axis], x->rank, axis)};
    nsc_value *hits = nsc_op_element(NSC_ELEMENT_ARG, operation, operands, 3, NULL);
    return nsc_op_cast(reduce(NSC_REDUCE_MIN, operation, hits, &axis, 1, keep), NSC_INT32);
}

nsc_value *nsc_op_argmax(nsc_value *x, int axis, int keep)
{
    return arg(NSC_REDUCE_MAX, "nsc_op_argmax", x, axis, keep);
}

nsc_value *nsc_op_argmin(nsc_value *x, int axis, int keep)
{
    return arg(NSC_REDUCE_MIN, "nsc_op_argmin", x, axis, keep);
}

/* ---- as large as the operand -------------------------------------------------------------------------------------- */

static nsc_value *along(nsc_node node, const char *operation, nsc_value *x, int axis, int flag)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin_float(operation, &x, 1, &broken);
    if (trace == NULL || !nsc_op_axis(trace, operation, x->rank, &axis))
        return broken;
    nsc_value *value = nsc_trace_value(trace, node, &x, 1, x->rank);
    if (trace->status != NSC_OK)
        return value;
    value->is.axis = axis;
    value->is.flag = flag;
    memcpy(value->dims, x->dims, sizeof value->dims);
    return value;
}

nsc_value *nsc_op_softmax(nsc_value *x, int axis)
{
    return along(NSC_NODE_SOFTMAX, "nsc_op_softmax", x, axis, 0);
}

nsc_value *nsc_op_log_softmax(nsc_value *x, int axis)
{
    return along(NSC_NODE_SOFTMAX, "nsc_op_log_softmax", x, axis, 1);
}

nsc_value *nsc_op_cumulative_sum(nsc_value *x, int axis)
{
    return along(NSC_NODE_CUMULATIVE_SUM, "nsc_op_cumulative_sum", x, axis, 0);
}

/* ---- indices ------------------------------------------------------------------------------------------------------ */

nsc_value *nsc_op_gather(nsc_value *x, nsc_value *indices, int axis)
{
    nsc_value *operands[2] = {x, indices}, *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_gather", operands, 2, &broken);
    if (trace == NULL || !nsc_op_float(trace, "nsc_op_gather", x) || !nsc_op_rank_known(trace, "nsc_op_gather", x) ||
        !nsc_op_index(trace, "nsc_op_gather", indices) || !nsc_op_axis(trace, "nsc_op_gather", x->rank, &axis))
        return broken;
    int rank = x->rank - 1 + indices->rank, at = 0;
    if (rank > NSC_MAX_RANK) {
        nsc_trace_error(trace, NSC_UNSUPPORTED, "nsc_op_gather: the result would have rank %d, and %d is the highest",
                        rank, NSC_MAX_RANK);
        return broken;
    }
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_GATHER, operands, 2, rank);
    if (trace->status != NSC_OK)
        return value;
    value->is.axis = axis;
    for (int i = 0; i < axis; i++)
        value->dims[at++] = x->dims[i];
    for (int i = 0; i < indices->rank; i++)
        value->dims[at++] = indices->dims[i];
    for (int i = axis + 1; i < x->rank; i++)
        value->dims[at++] = x->dims[i];
    return value;
}

nsc_value *nsc_op_one_hot(nsc_value *indices, int64_t depth)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_one_hot", &indices, 1, &broken);
    if (trace == NULL || !nsc_op_index(trace, "nsc_op_one_hot", indices))
        return broken;
    if (depth < 0) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_one_hot: a depth of %" PRId64, depth);
        return broken;
    }
    nsc_value *number = nsc_op_cast(nsc_op_expand_dims(indices, -1), NSC_FLOAT32);
    nsc_value *index = index_along(trace, nsc_dim_new(trace, depth, "the depth of one_hot"), 1, 0);
    return nsc_op_equal(number, index);
}
