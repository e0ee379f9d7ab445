/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes: each element of the result is an element of an operand. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

static const oracle *operand_of(const graph *of, const graph_node *node, int index)
{
    return &of->nodes[node->operands[index]].value;
}

static int from_start(int axis, int rank)
{
    return axis < 0 ? axis + rank : axis;
}

static void unravel(const oracle *array, size_t index, int64_t place[NSC_MAX_RANK])
{
    for (int i = array->rank; i-- > 0;) {
        place[i] = (int64_t)(index % (size_t)array->dims[i]);
        index /= (size_t)array->dims[i];
    }
}

static size_t ravel(const oracle *array, const int64_t place[NSC_MAX_RANK])
{
    size_t index = 0;
    for (int i = 0; i < array->rank; i++)
        index = index * (size_t)array->dims[i] + (size_t)place[i];
    return index;
}

/* The place in x of the element at `place` of the result. */
typedef void (*origin_function)(const graph_node *node, const oracle *x, const oracle *y, int64_t place[NSC_MAX_RANK]);

static oracle picked(const graph_node *node, const oracle *x, int rank, const int64_t *dims, origin_function origin)
{
    int64_t place[NSC_MAX_RANK];
    oracle y = oracle_make(rank, dims);
    y.dtype = x->dtype;
    for (size_t i = 0; i < y.count; i++) {
        unravel(&y, i, place);
        origin(node, x, &y, place);
        near_put(&y, i, near_at(x, ravel(x, place)));
    }
    return y;
}

/* The same elements in the same order. */
static oracle reshaped(const oracle *x, int rank, const int64_t *dims)
{
    oracle y = oracle_make(rank, dims);
    y.dtype = x->dtype;
    memcpy(y.value, x->value, x->count * sizeof *x->value);
    memcpy(y.bound, x->bound, x->count * sizeof *x->bound);
    return y;
}

/* What is left goes to the unknown size; axes that are kept take no part. */
static oracle reshape(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK], known = 1, rest = 1;
    int unknown = -1;
    for (int i = 0; i < x->rank; i++)
        rest *= i < node->rank && node->dims[i] == NSC_DIM_SAME ? 1 : x->dims[i];
    for (int i = 0; i < node->rank; i++) {
        dims[i] = node->dims[i] == NSC_DIM_SAME ? x->dims[i] : node->dims[i];
        if (dims[i] == NSC_UNKNOWN)
            unknown = i;
        else if (node->dims[i] != NSC_DIM_SAME)
            known *= dims[i];
    }
    if (unknown >= 0)
        dims[unknown] = rest / known;
    return reshaped(x, node->rank, dims);
}

static void transposed_from(const graph_node *node, const oracle *x, const oracle *y, int64_t place[NSC_MAX_RANK])
{
    int64_t there[NSC_MAX_RANK];
    for (int i = 0; i < y->rank; i++)
        there[from_start(node->axes[i], x->rank)] = place[i];
    memcpy(place, there, sizeof there);
}

static oracle transpose(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = x->dims[from_start(node->axes[i], x->rank)];
    return picked(node, x, x->rank, dims, transposed_from);
}

/* One after the other, as a loop of C would: no arithmetic to be shared with the library. */
static int64_t slice_indices(const graph_node *node, int64_t size, int64_t *indices)
{
    int64_t count = 0, start = node->start, stop = node->stop, step = node->step;
    if (start < 0)
        start += size;
    if (stop < 0)
        stop += size;
    if (step > 0)
        start = start < 0 ? 0 : start;
    else
        start = start >= size ? size - 1 : start;
    if (node->stop == NSC_END)
        stop = step > 0 ? size : -1;
    else if (step < 0 && stop < 0)
        stop = -1;
    for (int64_t i = start; i >= 0 && i < size && (step > 0 ? i < stop : i > stop);) {
        if (indices != NULL)
            indices[count] = i;
        count++;
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    return count;
}

static oracle slice(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK], place[NSC_MAX_RANK];
    int axis = from_start(node->axis, x->rank);
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = slice_indices(node, x->dims[axis], NULL);
    int64_t *indices = calloc((size_t)dims[axis] + 1, sizeof *indices);
    if (indices == NULL)
        abort();
    slice_indices(node, x->dims[axis], indices);
    oracle y = oracle_make(x->rank, dims);
    y.dtype = x->dtype;
    for (size_t i = 0; i < y.count; i++) {
        unravel(&y, i, place);
        place[axis] = indices[place[axis]];
        near_put(&y, i, near_at(x, ravel(x, place)));
    }
    free(indices);
    return y;
}

static void split_from(const graph_node *node, const oracle *x, const oracle *y, int64_t place[NSC_MAX_RANK])
{
    int axis = from_start(node->axis, x->rank);
    place[axis] += node->part * y->dims[axis];
}

static oracle split(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[from_start(node->axis, x->rank)] /= node->count;
    return picked(node, x, x->rank, dims, split_from);
}

static void broadcast_from(const graph_node *node, const oracle *x, const oracle *y, int64_t place[NSC_MAX_RANK])
{
    int64_t there[NSC_MAX_RANK] = {0};
    (void)node;
    for (int i = 0; i < x->rank; i++)
        there[i] = x->dims[i] == 1 ? 0 : place[i + y->rank - x->rank];
    memcpy(place, there, sizeof there);
}

static oracle broadcast(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK];
    for (int i = 0; i < node->rank; i++)
        dims[i] = node->dims[i] == NSC_DIM_SAME ? x->dims[i - (node->rank - x->rank)] : node->dims[i];
    return picked(node, x, node->rank, dims, broadcast_from);
}

static oracle insert_axis(const oracle *x, int axis)
{
    int64_t dims[NSC_MAX_RANK];
    axis = from_start(axis, x->rank + 1);
    for (int i = 0; i <= x->rank; i++)
        dims[i] = i == axis ? 1 : x->dims[i < axis ? i : i - 1];
    return reshaped(x, x->rank + 1, dims);
}

static oracle remove_axis(const oracle *x, int axis)
{
    int64_t dims[NSC_MAX_RANK];
    axis = from_start(axis, x->rank);
    for (int i = 0; i + 1 < x->rank; i++)
        dims[i] = x->dims[i < axis ? i : i + 1];
    return reshaped(x, x->rank - 1, dims);
}

static oracle concat(const oracle *const *parts, int count, int axis)
{
    int64_t dims[NSC_MAX_RANK], place[NSC_MAX_RANK];
    memcpy(dims, parts[0]->dims, sizeof dims);
    for (int i = 1; i < count; i++)
        dims[axis] += parts[i]->dims[axis];
    oracle y = oracle_make(parts[0]->rank, dims);
    y.dtype = parts[0]->dtype;
    for (size_t i = 0; i < y.count; i++) {
        int part = 0;
        unravel(&y, i, place);
        while (place[axis] >= parts[part]->dims[axis])
            place[axis] -= parts[part++]->dims[axis];
        near_put(&y, i, near_at(parts[part], ravel(parts[part], place)));
    }
    return y;
}

static oracle join(const graph *of, const graph_node *node)
{
    const oracle *parts[GRAPH_MAX_OPERANDS];
    oracle rows[GRAPH_MAX_OPERANDS] = {{0}};
    for (int i = 0; i < node->operand_count; i++) {
        parts[i] = operand_of(of, node, i);
        if (node->op == G_STACK) {
            rows[i] = insert_axis(parts[i], node->axis);
            parts[i] = &rows[i];
        }
    }
    oracle y = concat(parts, node->operand_count, from_start(node->axis, parts[0]->rank));
    for (int i = 0; i < node->operand_count; i++)
        oracle_free(&rows[i]);
    return y;
}

/* Each axis by itself: the place inside, or -1: the constant. */
static int64_t pad_from(nsc_pad_mode mode, int64_t place, int64_t size)
{
    if (place >= 0 && place < size)
        return place;
    if (mode == NSC_PAD_CONSTANT)
        return -1;
    if (mode == NSC_PAD_EDGE)
        return place < 0 ? 0 : size - 1;
    return place < 0 ? -place : 2 * (size - 1) - place;
}

static oracle pad(const graph_node *node, const oracle *x)
{
    int64_t dims[NSC_MAX_RANK], place[NSC_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = node->dims[i] + x->dims[i] + node->after[i];
    oracle y = oracle_make(x->rank, dims);
    y.dtype = x->dtype;
    for (size_t i = 0; i < y.count; i++) {
        int inside = 1;
        unravel(&y, i, place);
        for (int axis = 0; axis < x->rank; axis++) {
            place[axis] = pad_from(node->mode, place[axis] - node->dims[axis], x->dims[axis]);
            inside = inside && place[axis] >= 0;
        }
        near_put(&y, i, inside ? near_at(x, ravel(x, place)) : (near){(double)node->numbers[0], 0});
    }
    return y;
}

oracle graph_evaluate_shape(const graph *of, const graph_node *node)
{
    const oracle *x = operand_of(of, node, 0);
    int64_t flat[2] = {x->dims[0], 1};
    switch (node->op) {
    case G_RESHAPE:
        return reshape(node, x);
    case G_FLATTEN:
        for (int i = 1; i < x->rank; i++)
            flat[1] *= x->dims[i];
        return reshaped(x, 2, flat);
    case G_TRANSPOSE:
        return transpose(node, x);
    case G_SLICE:
        return slice(node, x);
    case G_SPLIT:
        return split(node, x);
    case G_EXPAND:
        return insert_axis(x, node->axis);
    case G_SQUEEZE:
        return remove_axis(x, node->axis);
    case G_BROADCAST:
        return broadcast(node, x);
    case G_PAD:
        return pad(node, x);
    default:
        return join(of, node);
    }
}
