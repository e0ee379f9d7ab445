/* SPDX-License-Identifier: Apache-2.0 */
#include "arrays.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t array_count(const array *a)
{
    return element_count((uint32_t)a->rank, a->dims);
}

array array_make(desk *d, int rank, const int64_t *dims)
{
    array made = {.rank = rank};

    memcpy(made.dims, dims, (size_t)rank * sizeof *dims);
    const size_t count = (size_t)array_count(&made);

    if (d->used + count > d->capacity) {
        fprintf(stderr, "nascent conformance: no room for an array in %s\n", d->t->name);
        exit(1);
    }
    made.data = d->room + d->used;
    d->used += count;
    return made;
}

static void strides_of(const array *a, int64_t *strides)
{
    int64_t stride = 1;

    for (int i = a->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= a->dims[i];
    }
}

/* The elements of x at an offset and strides. */
static array look(desk *d, const array *x, int rank, const int64_t *dims, int64_t offset, const int64_t *strides)
{
    array seen = array_make(d, rank, dims);

    for (int64_t i = 0; i < array_count(&seen); i++) {
        int64_t at = offset, rest = i;

        for (int axis = rank - 1; axis >= 0; axis--) {
            at += rest % dims[axis] * strides[axis];
            rest /= dims[axis];
        }
        seen.data[i] = x->data[at];
    }
    return seen;
}

static array transposed(desk *d, const array *x, const int *order)
{
    int64_t own[ARRAY_RANK] = {0}, dims[ARRAY_RANK] = {0}, strides[ARRAY_RANK] = {0};

    strides_of(x, own);
    for (int i = 0; i < x->rank; i++) {
        dims[i] = x->dims[order[i]];
        strides[i] = own[order[i]];
    }
    return look(d, x, x->rank, dims, 0, strides);
}

static array repeated(desk *d, const array *x, int rank, const int64_t *dims)
{
    int64_t own[ARRAY_RANK] = {0}, strides[ARRAY_RANK] = {0};

    strides_of(x, own);
    for (int i = 0; i < x->rank; i++)
        strides[i + rank - x->rank] = x->dims[i] == 1 ? 0 : own[i];
    return look(d, x, rank, dims, 0, strides);
}

pair pair_transpose(desk *d, pair x, const int *order)
{
    return (pair){nsc_op_transpose(x.value, order), transposed(d, &x.want, order)};
}

static array cut(desk *d, const array *x, int axis, int64_t start, int64_t count, int64_t step)
{
    int64_t dims[ARRAY_RANK], strides[ARRAY_RANK] = {0};

    memcpy(dims, x->dims, sizeof dims);
    strides_of(x, strides);
    const int64_t offset = start * strides[axis];

    dims[axis] = count;
    strides[axis] *= step;
    return look(d, x, x->rank, dims, offset, strides);
}

pair pair_slice(desk *d, pair x, int axis, int64_t start, int64_t stop, int64_t step)
{
    return (pair){nsc_op_slice(x.value, axis, start, stop, step),
                  cut(d, &x.want, axis, start, (stop - start + step - 1) / step, step)};
}

pair pair_backwards(desk *d, pair x, int axis)
{
    const int64_t size = x.want.dims[axis];

    return (pair){nsc_op_slice(x.value, axis, -1, NSC_END, -1), cut(d, &x.want, axis, size - 1, size, -1)};
}

pair pair_reshape(desk *d, pair x, int rank, const int64_t *dims)
{
    array shaped = array_make(d, rank, dims);

    memcpy(shaped.data, x.want.data, (size_t)array_count(&shaped) * sizeof *shaped.data);
    return (pair){nsc_op_reshape(x.value, rank, dims), shaped};
}

pair pair_broadcast(desk *d, pair x, int rank, const int64_t *dims)
{
    return (pair){nsc_op_broadcast(x.value, rank, dims), repeated(d, &x.want, rank, dims)};
}

void pair_split(desk *d, pair x, int axis, int count, pair *parts)
{
    nsc_value *values[ARRAY_RANK] = {NULL};
    const int64_t size = x.want.dims[axis] / count;

    nsc_op_split(x.value, axis, (size_t)count, values);
    for (int i = 0; i < count; i++)
        parts[i] = (pair){values[i], cut(d, &x.want, axis, i * size, size, 1)};
}

/* Lines of inner elements along axis, outer times. */
static void sizes_of(const array *x, int axis, int64_t *outer, int64_t *inner)
{
    *outer = element_count((uint32_t)axis, x->dims);
    *inner = element_count((uint32_t)(x->rank - axis - 1), x->dims + axis + 1);
}

pair pair_concat(desk *d, const pair *parts, int count, int axis)
{
    nsc_value *values[ARRAY_RANK] = {NULL};
    int64_t dims[ARRAY_RANK], outer, inner, size = 0, before = 0;

    memcpy(dims, parts[0].want.dims, sizeof dims);
    sizes_of(&parts[0].want, axis, &outer, &inner);
    for (int i = 0; i < count; i++)
        size += parts[i].want.dims[axis];
    dims[axis] = size;
    array joined = array_make(d, parts[0].want.rank, dims);

    for (int i = 0; i < count; i++) {
        const int64_t line = parts[i].want.dims[axis] * inner;

        values[i] = parts[i].value;
        for (int64_t o = 0; o < outer; o++)
            memcpy(joined.data + o * size * inner + before, parts[i].want.data + o * line,
                   (size_t)line * sizeof *joined.data);
        before += line;
    }
    return (pair){nsc_op_concat(values, (size_t)count, axis), joined};
}

static array binary(desk *d, const array *a, const array *b, char op)
{
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    int64_t dims[ARRAY_RANK] = {0};

    for (int i = 1; i <= rank; i++) {
        const int64_t left = i <= a->rank ? a->dims[a->rank - i] : 1, right = i <= b->rank ? b->dims[b->rank - i] : 1;

        dims[rank - i] = left == 1 ? right : left;
    }
    const array x = repeated(d, a, rank, dims), y = repeated(d, b, rank, dims);
    array made = array_make(d, rank, dims);

    for (int64_t i = 0; i < array_count(&made); i++)
        made.data[i] = op == '+' ? x.data[i] + y.data[i] : op == '-' ? x.data[i] - y.data[i] : x.data[i] * y.data[i];
    return made;
}

pair pair_add(desk *d, pair a, pair b)
{
    return (pair){nsc_op_add(a.value, b.value), binary(d, &a.want, &b.want, '+')};
}

pair pair_sub(desk *d, pair a, pair b)
{
    return (pair){nsc_op_sub(a.value, b.value), binary(d, &a.want, &b.want, '-')};
}

pair pair_mul(desk *d, pair a, pair b)
{
    return (pair){nsc_op_mul(a.value, b.value), binary(d, &a.want, &b.want, '*')};
}

pair pair_scale(desk *d, pair x, float factor)
{
    double number = factor;
    const pair constant = {nsc_op_constant(d->trace, factor), {.data = &number}};

    return pair_mul(d, x, constant);
}

static double fold(folding how, const double *x, int64_t count)
{
    double all = how == FOLD_PROD ? 1 : how == FOLD_MAX ? -INFINITY : how == FOLD_MIN ? INFINITY : 0;

    for (int64_t i = 0; i < count; i++)
        all = how == FOLD_PROD  ? all * x[i]
              : how == FOLD_MAX ? fmax(all, x[i])
              : how == FOLD_MIN ? fmin(all, x[i])
                                : all + x[i];
    return how == FOLD_MEAN ? all / (double)count : all;
}

pair pair_reduce(desk *d, folding how, pair x, unsigned axes, bool keep)
{
    static nsc_value *(*const operations[])(nsc_value *, const int *, size_t, int) = {[FOLD_SUM] = nsc_op_sum,
                                                                                      [FOLD_MEAN] = nsc_op_mean,
                                                                                      [FOLD_MAX] = nsc_op_max,
                                                                                      [FOLD_MIN] = nsc_op_min,
                                                                                      [FOLD_PROD] = nsc_op_prod};
    int order[ARRAY_RANK], reduced[ARRAY_RANK], kept_count = 0, reduced_count = 0, rank = 0;
    int64_t dims[ARRAY_RANK] = {0};

    for (int i = 0; i < x.want.rank; i++) {
        if (axes >> i & 1)
            reduced[reduced_count++] = i;
        else
            order[kept_count++] = i;
        if (keep || !(axes >> i & 1))
            dims[rank++] = axes >> i & 1 ? 1 : x.want.dims[i];
    }
    memcpy(order + kept_count, reduced, (size_t)reduced_count * sizeof *order);
    const array moved = transposed(d, &x.want, order);
    const int64_t length = element_count((uint32_t)reduced_count, moved.dims + kept_count);
    array made = array_make(d, rank, dims);

    for (int64_t i = 0; i < array_count(&made); i++)
        made.data[i] = fold(how, moved.data + i * length, length);
    return (pair){operations[how](x.value, reduced, (size_t)reduced_count, keep), made};
}

pair pair_arg(desk *d, pair x, int axis, bool largest)
{
    int64_t dims[ARRAY_RANK] = {0}, outer, inner, n = x.want.dims[axis];
    int rank = 0;

    sizes_of(&x.want, axis, &outer, &inner);
    for (int i = 0; i < x.want.rank; i++)
        if (i != axis)
            dims[rank++] = x.want.dims[i];
    array made = array_make(d, rank, dims);

    for (int64_t i = 0; i < outer * inner; i++) {
        const double *line = x.want.data + i / inner * n * inner + i % inner;
        int64_t best = 0;

        for (int64_t j = 1; j < n; j++)
            if (largest ? line[j * inner] > line[best * inner] : line[j * inner] < line[best * inner])
                best = j;
        made.data[i] = (double)best;
    }
    nsc_value *found = largest ? nsc_op_argmax(x.value, axis, 0) : nsc_op_argmin(x.value, axis, 0);

    return (pair){nsc_op_cast(found, NSC_FLOAT32), made};
}

pair pair_cumulative(desk *d, pair x, int axis)
{
    array made = array_make(d, x.want.rank, x.want.dims);
    int64_t outer, inner;

    sizes_of(&x.want, axis, &outer, &inner);
    for (int64_t i = 0; i < array_count(&made); i++)
        made.data[i] = x.want.data[i] + (i / inner % x.want.dims[axis] > 0 ? made.data[i - inner] : 0);
    return (pair){nsc_op_cumulative_sum(x.value, axis), made};
}

pair pair_gather(desk *d, pair x, pair indices, int axis)
{
    int64_t dims[ARRAY_RANK] = {0}, outer, inner, n = x.want.dims[axis];
    const int64_t count = array_count(&indices.want);
    int rank = 0;

    sizes_of(&x.want, axis, &outer, &inner);
    for (int i = 0; i < axis; i++)
        dims[rank++] = x.want.dims[i];
    for (int i = 0; i < indices.want.rank; i++)
        dims[rank++] = indices.want.dims[i];
    for (int i = axis + 1; i < x.want.rank; i++)
        dims[rank++] = x.want.dims[i];
    array made = array_make(d, rank, dims);

    for (int64_t i = 0; i < array_count(&made); i++) {
        const double index = fmin(fmax(indices.want.data[i / inner % count], 0), (double)(n - 1));

        made.data[i] = x.want.data[(i / inner / count * n + (int64_t)index) * inner + i % inner];
    }
    return (pair){nsc_op_gather(x.value, indices.value, axis), made};
}

static array product(desk *d, const array *a, const array *b)
{
    const int rank = a->rank;
    const int64_t m = a->dims[rank - 2], k = a->dims[rank - 1], n = b->dims[b->rank - 1];
    int64_t dims[ARRAY_RANK] = {0}, of_b[ARRAY_RANK] = {0};

    memcpy(dims, a->dims, sizeof dims);
    memcpy(of_b, a->dims, sizeof of_b);
    dims[rank - 1] = of_b[rank - 1] = n;
    of_b[rank - 2] = k;
    const array right = repeated(d, b, rank, of_b);
    array made = array_make(d, rank, dims);

    for (int64_t i = 0; i < array_count(&made); i++) {
        const int64_t of = i / (m * n), row = i / n % m, column = i % n;
        double sum = 0;

        for (int64_t q = 0; q < k; q++)
            sum += a->data[(of * m + row) * k + q] * right.data[(of * k + q) * n + column];
        made.data[i] = sum;
    }
    return made;
}

pair pair_matmul(desk *d, pair a, pair b)
{
    return (pair){nsc_op_matmul(a.value, b.value), product(d, &a.want, &b.want)};
}

pair pair_linear(desk *d, pair x, pair weight, pair bias)
{
    static const int swapped[] = {1, 0};
    const array right = transposed(d, &weight.want, swapped);
    array made = product(d, &x.want, &right);

    if (bias.value)
        made = binary(d, &made, &bias.want, '+');
    return (pair){nsc_op_linear(x.value, weight.value, bias.value), made};
}
