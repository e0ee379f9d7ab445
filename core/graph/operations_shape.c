/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that only say where the elements of a value stand, and those that join values. */
#include "core/graph/operation_parts.h"

#include <inttypes.h>
#include <string.h>

static nsc_trace *begin(const char *operation, nsc_value *x, nsc_value **broken)
{
    nsc_trace *trace = nsc_op_begin(operation, &x, 1, broken);
    return trace != NULL && nsc_op_rank_known(trace, operation, x) ? trace : NULL;
}

/* A view of x with x's own dims, to be changed; NULL and *broken after an error. */
static nsc_value *view_of(nsc_trace *trace, nsc_node node, nsc_value *x, int rank)
{
    nsc_value *value = nsc_trace_value(trace, node, &x, 1, rank);
    if (trace->status == NSC_OK) {
        value->dtype = x->dtype;
        memcpy(value->dims, x->dims, sizeof value->dims);
    }
    return value;
}

/* ---- reshape ---------------------------------------------------------------------------------------------------- */

static bool reshape_dims_valid(nsc_trace *trace, const nsc_value *x, int rank, const int64_t *dims)
{
    int unknown = 0;
    if (rank < 0 || rank > NSC_MAX_RANK || (dims == NULL && rank > 0)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_reshape: %s",
                        rank > 0 && dims == NULL ? "dims is NULL" : "ranks are 0 to 8");
        return false;
    }
    for (int i = 0; i < rank; i++) {
        unknown += dims[i] == NSC_UNKNOWN;
        if (dims[i] < NSC_DIM_SAME || (dims[i] == NSC_DIM_SAME && i >= x->rank)) {
            nsc_trace_error(trace, NSC_INVALID, "nsc_op_reshape: size %" PRId64 " on axis %d of a value of rank %d",
                            dims[i], i, x->rank);
            return false;
        }
    }
    if (unknown > 1)
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_reshape: %d sizes are unknown; one can be found out", unknown);
    return unknown <= 1;
}

nsc_value *nsc_op_reshape(nsc_value *x, int rank, const int64_t *dims)
{
    nsc_value *broken;
    uint32_t from[NSC_MAX_RANK], to[NSC_MAX_RANK], from_count = 0, to_count = 0;
    nsc_trace *trace = begin("nsc_op_reshape", x, &broken);
    if (trace == NULL || !reshape_dims_valid(trace, x, rank, dims))
        return broken;
    nsc_value *value = view_of(trace, NSC_NODE_RESHAPE, x, rank);
    if (trace->status != NSC_OK)
        return value;
    const char *origin = nsc_arena_format(&trace->arena, "the reshape in %s",
                                          trace->frame->path[0] == 0 ? "the net" : trace->frame->path);
    int unknown = -1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == NSC_DIM_SAME)
            continue;
        unknown = dims[i] == NSC_UNKNOWN ? i : unknown;
        value->dims[i] = nsc_dim_new(trace, dims[i], dims[i] == NSC_UNKNOWN ? NULL : origin);
        to[to_count++] = value->dims[i];
    }
    for (int i = 0; i < x->rank; i++)
        if (i >= rank || dims[i] != NSC_DIM_SAME)
            from[from_count++] = x->dims[i];
    /* The product of what is not kept is the same on both sides. */
    uint32_t total = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
    int axis = unknown >= 0 ? unknown : rank > 0 ? rank - 1 : 0;
    nsc_dim_equation_for(trace, NSC_EQUATION_PRODUCT, value, axis, total, from, from_count);
    nsc_dim_equation_for(trace, NSC_EQUATION_PRODUCT, value, axis, total, to, to_count);
    return value;
}

nsc_value *nsc_op_flatten(nsc_value *x)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_flatten", x, &broken);
    if (trace == NULL)
        return broken;
    if (x->rank < 1) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_flatten: %s is a scalar, it has no axis 0",
                        nsc_value_describe(trace, x));
        return broken;
    }
    if (x->rank == 2)
        return x;
    nsc_value *value = view_of(trace, NSC_NODE_RESHAPE, x, 2);
    if (trace->status != NSC_OK)
        return value;
    value->dims[1] = nsc_dim_new(trace, x->rank == 1 ? 1 : NSC_UNKNOWN, x->rank == 1 ? "flattening rank 1" : NULL);
    if (x->rank > 1)
        nsc_dim_equation(trace, NSC_EQUATION_PRODUCT, value, 1, x->dims + 1, (uint32_t)x->rank - 1);
    return value;
}

nsc_value *nsc_op_expand_dims(nsc_value *x, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_expand_dims", x, &broken);
    if (trace == NULL || !nsc_op_axis(trace, "nsc_op_expand_dims", x->rank + 1, &axis))
        return broken;
    if (x->rank == NSC_MAX_RANK) {
        nsc_trace_error(trace, NSC_UNSUPPORTED, "nsc_op_expand_dims: %s has rank %d, which is the highest",
                        nsc_value_describe(trace, x), x->rank);
        return broken;
    }
    nsc_value *value = view_of(trace, NSC_NODE_RESHAPE, x, x->rank + 1);
    if (trace->status != NSC_OK)
        return value;
    value->dims[axis] = nsc_dim_new(trace, 1, "a new axis");
    for (int i = axis; i < x->rank; i++)
        value->dims[i + 1] = x->dims[i];
    return value;
}

nsc_value *nsc_op_squeeze(nsc_value *x, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_squeeze", x, &broken);
    if (trace == NULL || !nsc_op_axis(trace, "nsc_op_squeeze", x->rank, &axis))
        return broken;
    nsc_value *value = view_of(trace, NSC_NODE_RESHAPE, x, x->rank - 1);
    if (trace->status != NSC_OK)
        return value;
    nsc_dim_is(trace, x, axis, 1, "an axis that is taken away");
    for (int i = axis; i < value->rank; i++)
        value->dims[i] = x->dims[i + 1];
    return value;
}

/* ---- other views ------------------------------------------------------------------------------------------------- */

nsc_value *nsc_op_transpose(nsc_value *x, const int *axes)
{
    nsc_value *broken;
    bool seen[NSC_MAX_RANK] = {false}, moves = false;
    int order[NSC_MAX_RANK] = {0};
    nsc_trace *trace = begin("nsc_op_transpose", x, &broken);
    if (trace == NULL)
        return broken;
    for (int i = 0; i < x->rank; i++) {
        order[i] = axes == NULL ? x->rank - 1 - i : axes[i];
        if (!nsc_op_axis(trace, "nsc_op_transpose", x->rank, &order[i]))
            return broken;
        if (seen[order[i]]) {
            nsc_trace_error(trace, NSC_INVALID, "nsc_op_transpose: axis %d stands twice", order[i]);
            return broken;
        }
        seen[order[i]] = true;
        moves = moves || order[i] != i;
    }
    if (!moves)
        return x;
    nsc_value *value = view_of(trace, NSC_NODE_TRANSPOSE, x, x->rank);
    if (trace->status != NSC_OK)
        return value;
    memcpy(value->is.order, order, sizeof order);
    for (int i = 0; i < x->rank; i++)
        value->dims[i] = x->dims[order[i]];
    return value;
}

/* As Python's slice.indices: start and stop from the end where negative, then cut to what the step can reach. */
int64_t nsc_slice_of(const nsc_attributes *slice, int64_t size, int64_t *first)
{
    int64_t low = slice->step > 0 ? 0 : -1, high = slice->step > 0 ? size : size - 1;
    int64_t start = slice->start < 0 ? slice->start + size : slice->start;
    int64_t stop =
        slice->stop == NSC_END ? (slice->step > 0 ? high : low) : (slice->stop < 0 ? slice->stop + size : slice->stop);
    if (slice->stop != NSC_END || slice->step > 0)
        stop = stop < low ? low : stop > high ? high : stop;
    start = start < low ? low : start > high ? high : start;
    if (first != NULL)
        *first = start;
    int64_t distance = slice->step > 0 ? stop - start : start - stop;
    uint64_t step = slice->step > 0 ? (uint64_t)slice->step : UINT64_C(0) - (uint64_t)slice->step;
    return distance <= 0 ? 0 : (int64_t)(((uint64_t)distance - 1) / step + 1);
}

nsc_value *nsc_op_slice(nsc_value *x, int axis, int64_t start, int64_t stop, int64_t step)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_slice", x, &broken);
    if (trace == NULL || !nsc_op_axis(trace, "nsc_op_slice", x->rank, &axis))
        return broken;
    if (step == 0) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_slice: the step is 0");
        return broken;
    }
    if (start == 0 && stop == NSC_END && step == 1)
        return x;
    nsc_value *value = view_of(trace, NSC_NODE_SLICE, x, x->rank);
    if (trace->status != NSC_OK)
        return value;
    value->is.axis = axis;
    value->is.start = start;
    value->is.stop = stop;
    value->is.step = step;
    value->dims[axis] = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
    nsc_dim_equation(trace, NSC_EQUATION_SLICE, value, axis, &x->dims[axis], 1);
    return value;
}

void nsc_op_split(nsc_value *x, int axis, size_t count, nsc_value **parts)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_split", x, &broken);
    for (size_t i = 0; parts != NULL && i < count; i++)
        parts[i] = broken;
    if (trace == NULL || !nsc_op_axis(trace, "nsc_op_split", x->rank, &axis))
        return;
    if (parts == NULL || count == 0 || count > INT32_MAX) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_split: %s",
                        parts == NULL ? "parts is NULL" : "the number of parts is 0, or beyond 31 bits");
        return;
    }
    uint32_t size = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
    uint32_t terms[2] = {size, nsc_dim_new(trace, (int64_t)count, "the number of parts")};
    nsc_dim_equation_for(trace, NSC_EQUATION_PRODUCT, x, axis, x->dims[axis], terms, 2);
    for (size_t i = 0; i < count; i++) {
        nsc_value *part = parts[i] = view_of(trace, NSC_NODE_PART, x, x->rank);
        if (trace->status != NSC_OK)
            return;
        part->is.axis = axis;
        part->is.index = (uint32_t)i;
        part->dims[axis] = size;
    }
}

nsc_value *nsc_op_broadcast(nsc_value *x, int rank, const int64_t *dims)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_broadcast", x, &broken);
    if (trace == NULL)
        return broken;
    if (rank < x->rank || rank > NSC_MAX_RANK || (dims == NULL && rank > 0)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_broadcast: rank %d of a value of rank %d%s", rank, x->rank,
                        dims == NULL ? ", and dims is NULL" : "");
        return broken;
    }
    nsc_value *value = view_of(trace, NSC_NODE_BROADCAST, x, rank);
    const char *origin = nsc_arena_format(&trace->arena, "the broadcast in %s",
                                          trace->frame->path[0] == 0 ? "the net" : trace->frame->path);
    for (int i = 0; i < rank && trace->status == NSC_OK; i++) {
        int own = i - (rank - x->rank);
        if (dims[i] == NSC_DIM_SAME && own >= 0) {
            value->dims[i] = x->dims[own];
        } else if (dims[i] < 0) {
            nsc_trace_error(trace, NSC_INVALID, "nsc_op_broadcast: size %" PRId64 " on axis %d of a value of rank %d",
                            dims[i], i, x->rank);
        } else {
            value->dims[i] = nsc_dim_new(trace, dims[i], origin);
            if (own >= 0) { /* the size itself is a term: the result may be larger than x, whose 1 is repeated */
                const uint32_t terms[2] = {x->dims[own], value->dims[i]};
                nsc_dim_equation(trace, NSC_EQUATION_BROADCAST, value, i, terms, 2);
            }
        }
    }
    return value;
}

/* ---- joined ------------------------------------------------------------------------------------------------------ */

nsc_value *nsc_op_concat(nsc_value *const *values, size_t count, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_concat", values, values == NULL ? 0 : count, &broken);
    if (trace == NULL)
        return broken;
    int rank = values[0]->rank;
    for (size_t i = 0; i < count; i++)
        if (!nsc_op_rank_known(trace, "nsc_op_concat", values[i]))
            return broken;
    if (!nsc_op_axis(trace, "nsc_op_concat", rank, &axis))
        return broken;
    for (size_t i = 1; i < count; i++) {
        if (values[i]->rank != rank)
            nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_concat: %s has rank %d, %s has rank %d",
                            nsc_value_describe(trace, values[0]), rank, nsc_value_describe(trace, values[i]),
                            values[i]->rank);
        else if (values[i]->dtype != values[0]->dtype)
            nsc_trace_error(trace, NSC_WRONG_DTYPE, "nsc_op_concat: %s is %s, %s is %s; convert one with nsc_op_cast",
                            nsc_value_describe(trace, values[0]), nsc_dtype_name(values[0]->dtype),
                            nsc_value_describe(trace, values[i]), nsc_dtype_name(values[i]->dtype));
        if (trace->status != NSC_OK)
            return broken;
    }
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_CONCAT, values, count, rank);
    uint32_t *terms = nsc_arena_take(&trace->arena, count * sizeof *terms);
    if (trace->status != NSC_OK || terms == NULL) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return &trace->broken;
    }
    value->dtype = values[0]->dtype;
    value->is.axis = axis;
    for (int i = 0; i < rank; i++)
        value->dims[i] = i == axis ? nsc_dim_new(trace, NSC_UNKNOWN, NULL) : values[0]->dims[i];
    for (size_t i = 0; i < count; i++)
        terms[i] = values[i]->dims[axis];
    nsc_dim_equation(trace, NSC_EQUATION_SUM, value, axis, terms, (uint32_t)count);
    for (size_t i = 1; i < count; i++)
        for (int a = 0; a < rank; a++)
            if (a != axis)
                nsc_dim_equal(trace, values[i], a, values[0], a);
    return value;
}

nsc_value *nsc_op_stack(nsc_value *const *values, size_t count, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_stack", values, values == NULL ? 0 : count, &broken);
    if (trace == NULL)
        return broken;
    nsc_value **rows = nsc_arena_take(&trace->arena, count * sizeof(nsc_value *));
    if (rows == NULL) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return broken;
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = nsc_op_expand_dims(values[i], axis);
    return trace->status != NSC_OK ? broken : nsc_op_concat(rows, count, axis);
}

/* size elements of value along axis, all other axes as x. */
static nsc_value *constant_border(nsc_trace *trace, nsc_value *x, int axis, int64_t size, float number)
{
    nsc_value *constant = nsc_op_constant(trace, number);
    if (x->dtype != NSC_FLOAT32)
        constant = nsc_op_cast(constant, x->dtype);
    nsc_value *border = view_of(trace, NSC_NODE_BROADCAST, constant, x->rank);
    if (trace->status != NSC_OK)
        return border;
    memcpy(border->dims, x->dims, sizeof border->dims);
    border->dims[axis] = nsc_dim_new(trace, size, "padding");
    return border;
}

static nsc_value *edge_border(nsc_trace *trace, nsc_value *x, int axis, int64_t size, bool after)
{
    nsc_value *last = after ? nsc_op_slice(x, axis, -1, NSC_END, 1) : nsc_op_slice(x, axis, 0, 1, 1);
    nsc_value *border = view_of(trace, NSC_NODE_BROADCAST, last, x->rank);
    if (trace->status != NSC_OK)
        return border;
    nsc_dim_is(trace, last, axis, 1, "the edge that is repeated"); /* an axis still unknown may turn out to be empty */
    border->dims[axis] = nsc_dim_new(trace, size, "padding");
    return border;
}

static nsc_value *pad_border(nsc_trace *trace, nsc_value *x, int axis, int64_t size, bool after, nsc_pad_mode mode,
                             float number)
{
    if (mode == NSC_PAD_CONSTANT)
        return constant_border(trace, x, axis, size, number);
    if (mode == NSC_PAD_EDGE)
        return edge_border(trace, x, axis, size, after);
    return after ? nsc_op_slice(x, axis, -2, -2 - size, -1) : nsc_op_slice(x, axis, size, 0, -1);
}

static bool pad_axis_valid(nsc_trace *trace, const nsc_value *x, int axis, int64_t before, int64_t after,
                           nsc_pad_mode mode)
{
    int64_t size = nsc_dim_size(trace, x->dims[axis]);
    if (before < 0 || after < 0)
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_pad: %" PRId64 " before and %" PRId64 " after on axis %d", before,
                        after, axis);
    else if (mode == NSC_PAD_REFLECT && (before > 0 || after > 0) && size == NSC_UNKNOWN)
        nsc_trace_error(trace, NSC_PENDING, "nsc_op_pad: the size of axis %d, which is mirrored, is unknown here",
                        axis);
    else if ((mode == NSC_PAD_REFLECT && (before > 0 || after > 0) && (before >= size || after >= size)) ||
             (mode == NSC_PAD_EDGE && (before > 0 || after > 0) && size == 0))
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT,
                        "nsc_op_pad: axis %d has %" PRId64 " elements, too few for %" PRId64 " before and %" PRId64
                        " after",
                        axis, size, before, after);
    return trace->status == NSC_OK;
}

/* Axis by axis, borders joined to what is there: the corners come of themselves. */
nsc_value *nsc_op_pad(nsc_value *x, const int64_t *before, const int64_t *after, nsc_pad_mode mode, float number)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_pad", x, &broken);
    if (trace == NULL)
        return broken;
    if ((unsigned)mode > NSC_PAD_REFLECT || ((before == NULL || after == NULL) && x->rank > 0)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_pad: %s",
                        (unsigned)mode > NSC_PAD_REFLECT ? "there is no such mode" : "before or after is NULL");
        return broken;
    }
    for (int axis = 0; axis < x->rank && trace->status == NSC_OK; axis++) {
        nsc_value *parts[3];
        size_t count = 0;
        if (!pad_axis_valid(trace, x, axis, before[axis], after[axis], mode))
            return broken;
        if (before[axis] > 0)
            parts[count++] = pad_border(trace, x, axis, before[axis], false, mode, number);
        parts[count++] = x;
        if (after[axis] > 0)
            parts[count++] = pad_border(trace, x, axis, after[axis], true, mode, number);
        x = count == 1 ? x : nsc_op_concat(parts, count, axis);
    }
    return x;
}
