/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, what runs along one axis, indices, products: element by element of the result. */
#include "graph.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double u = 0x1p-24, tiny = 0x1p-126;
static const near nothing = {0, INFINITY};

static const oracle *operand_of(const graph *of, const graph_node *node, int index)
{
    return &of->nodes[node->operands[index]].value;
}

static near *reserve(size_t count)
{
    near *memory = calloc(count + 1, sizeof *memory);
    if (memory == NULL)
        abort();
    return memory;
}

static near product_of(const near *terms, size_t count)
{
    double v = 1, size = 1, most = 1, n = (double)count;
    int integers = 1, zero = 0, uncertain = 0;
    for (size_t i = 0; i < count; i++) {
        near x = near_flushed(terms[i]);
        if (!(x.d < INFINITY))
            return nothing;
        v *= x.v;
        size *= fabs(x.v) + x.d;
        most *= fmax(1, fabs(x.v) + x.d);
        integers = integers && x.d == 0 && x.v == floor(x.v);
        zero = zero || (x.v == 0 && x.d == 0);
        uncertain = uncertain || (x.d > 0 && fabs(x.v) <= x.d);
    }
    if (isnan(v) || isinf(v))
        return uncertain ? nothing : (near){v, 0};
    if (most > (double)FLT_MAX / 2)
        return nothing;
    if (zero || (integers && most <= 0x1p24))
        return (near){v, 0};
    return (near){v, size - fabs(v) + 2 * n * u * size + n * tiny * most};
}

static near extreme_of(graph_op op, const near *terms, size_t count)
{
    near most = terms[0];
    for (size_t i = 1; i < count; i++)
        most = near_binary(op == G_MAX ? G_MAXIMUM : G_MINIMUM, most, terms[i]);
    return near_flushed(most);
}

static near mean_of(const near *terms, size_t count)
{
    return near_binary(G_DIV, near_sum(terms, count, 1), (near){(double)count, 0});
}

static near reduced(graph_op op, const near *terms, size_t count)
{
    switch (op) {
    case G_SUM:
        return near_sum(terms, count, 1);
    case G_MEAN:
        return mean_of(terms, count);
    case G_PROD:
        return product_of(terms, count);
    default:
        return extreme_of(op, terms, count);
    }
}

static oracle reduce(const graph_node *node, const oracle *x)
{
    int reduces[NSC_MAX_RANK] = {0}, rank = 0;
    int64_t dims[NSC_MAX_RANK];
    size_t factor[NSC_MAX_RANK] = {0}, terms = 1;
    for (int i = 0; i < node->rank; i++)
        reduces[node->axes[i] < 0 ? node->axes[i] + x->rank : node->axes[i]] = 1;
    for (int i = 0; i < x->rank; i++) {
        reduces[i] = reduces[i] || node->rank == 0;
        terms *= reduces[i] ? (size_t)x->dims[i] : 1;
        if (!reduces[i] || node->keep)
            dims[rank++] = reduces[i] ? 1 : x->dims[i];
    }
    oracle y = oracle_make(rank, dims);
    if (x->rank == 0) {
        near_put(&y, 0, near_at(x, 0));
        return y;
    }
    size_t step = 1;
    for (int i = x->rank; i-- > 0;)
        if (!reduces[i]) {
            factor[i] = step;
            step *= (size_t)x->dims[i];
        }
    near *groups = reserve(y.count * terms);
    size_t *filled = calloc(y.count + 1, sizeof *filled);
    if (filled == NULL)
        abort();
    for (size_t i = 0; i < x->count; i++) {
        size_t rest = i, at = 0;
        for (int axis = x->rank; axis-- > 0; rest /= (size_t)x->dims[axis])
            at += rest % (size_t)x->dims[axis] * factor[axis];
        groups[at * terms + filled[at]++] = near_at(x, i);
    }
    for (size_t i = 0; i < y.count; i++)
        near_put(&y, i, reduced(node->op, groups + i * terms, terms));
    free(filled);
    free(groups);
    return y;
}

/* ---- along one axis --------------------------------------------------------------------------------------------- */

/* The first NaN, else the first of the largest; unknown where the bounds leave a choice. */
static near arg_of(graph_op op, const near *line, size_t count)
{
    size_t best = 0;
    double sign = op == G_ARGMAX ? 1 : -1;
    for (size_t i = 0; i < count; i++) {
        if (!(line[i].d < INFINITY))
            return nothing;
        if (isnan(line[i].v))
            return (near){(double)i, 0};
        if (sign * line[i].v > sign * line[best].v)
            best = i;
    }
    for (size_t i = 0; i < count; i++) {
        near x = near_flushed(line[i]), y = near_flushed(line[best]);
        double apart = x.v == y.v ? 0 : sign * (y.v - x.v), d = x.d + y.d;
        if (i != best && d > 0 && !(apart > d))
            return nothing;
    }
    return (near){(double)best, 0};
}

/* exp(x - max): the difference is rounded once, so the relative error is u |x - max| and 6 u of exp; the sum adds n u
 * and the worst of its terms; the division 5 u. An operand's bound d changes the result by a factor of exp(2 d). */
static void softmax(const near *line, near *result, size_t count, int logarithm)
{
    double most = -INFINITY, least = INFINITY, sum = 0, carried = 0, n = (double)count;
    int nan = 0;
    for (size_t i = 0; i < count; i++) {
        nan = nan || isnan(line[i].v);
        most = fmax(most, line[i].v);
        least = isinf(line[i].v) ? least : fmin(least, line[i].v);
        carried = fmax(carried, line[i].d);
    }
    for (size_t i = 0; i < count; i++)
        sum += exp(line[i].v - most);
    for (size_t i = 0; i < count; i++) {
        double down = line[i].v - most, v = logarithm ? down - log(sum) : exp(down) / sum;
        if (!(carried < INFINITY))
            result[i] = nothing;
        else if (nan || isinf(most) || isnan(v))
            result[i] = (near){NAN, 0};
        else if (logarithm && isinf(v))
            result[i] = (near){v, 0};
        else if (logarithm)
            result[i] = near_rounded(v, 2 * carried + u * ((n + 9) + 6 * log(sum) + fabs(down)) + tiny, 1);
        else
            result[i] = (near){v, v * (expm1(2 * carried) + (2 * (most - least) + n + 24) * u) + (n + 2) * tiny};
    }
}

static oracle along(const graph_node *node, const oracle *x)
{
    int axis = node->axis < 0 ? node->axis + x->rank : node->axis;
    int arg = node->op == G_ARGMAX || node->op == G_ARGMIN, rank = 0;
    size_t size = (size_t)x->dims[axis], inner = 1;
    int64_t dims[NSC_MAX_RANK];
    for (int i = axis + 1; i < x->rank; i++)
        inner *= (size_t)x->dims[i];
    for (int i = 0; i < x->rank; i++)
        if (!arg || i != axis || node->keep)
            dims[rank++] = arg && i == axis ? 1 : x->dims[i];
    oracle y = oracle_make(rank, dims);
    y.dtype = arg ? NSC_INT32 : NSC_FLOAT32;
    near *line = reserve(size), *result = reserve(size);
    for (size_t row = 0; size > 0 && row < x->count / size; row++) {
        size_t start = row / inner * inner * size + row % inner;
        for (size_t i = 0; i < size; i++)
            line[i] = near_at(x, start + i * inner);
        if (arg) {
            near_put(&y, row, arg_of(node->op, line, size));
            continue;
        }
        for (size_t i = 0; node->op == G_CUMULATIVE_SUM && i < size; i++)
            result[i] = near_sum(line, i + 1, 1);
        if (node->op != G_CUMULATIVE_SUM)
            softmax(line, result, size, node->op == G_LOG_SOFTMAX);
        for (size_t i = 0; i < size; i++)
            near_put(&y, start + i * inner, result[i]);
    }
    free(result);
    free(line);
    return y;
}

/* ---- indices ------------------------------------------------------------------------------------------------------ */

static oracle gather(const graph_node *node, const oracle *x, const oracle *indices)
{
    int axis = node->axis < 0 ? node->axis + x->rank : node->axis, rank = 0;
    int64_t dims[NSC_MAX_RANK];
    size_t inner = 1, size = (size_t)x->dims[axis], at = 0;
    for (int i = 0; i < axis; i++)
        dims[rank++] = x->dims[i];
    for (int i = 0; i < indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (int i = axis + 1; i < x->rank; i++) {
        dims[rank++] = x->dims[i];
        inner *= (size_t)x->dims[i];
    }
    oracle y = oracle_make(rank, dims);
    for (size_t row = 0; at < y.count; row++)
        for (size_t i = 0; i < indices->count; i++) {
            double place = fmin(fmax(indices->value[i], 0), (double)size - 1);
            for (size_t j = 0; j < inner; j++)
                near_put(&y, at++,
                         indices->bound[i] > 0 ? nothing : near_at(x, (row * size + (size_t)place) * inner + j));
        }
    return y;
}

static oracle one_hot(const graph_node *node, const oracle *indices)
{
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, indices->dims, sizeof dims);
    dims[indices->rank] = node->count;
    oracle y = oracle_make(indices->rank + 1, dims);
    for (size_t i = 0; i < y.count; i++) {
        near index = near_at(indices, i / (size_t)node->count);
        near_put(&y, i, near_binary(G_EQUAL, index, (near){(double)(i % (size_t)node->count), 0}));
    }
    return y;
}

oracle graph_evaluate_axis(const graph *of, const graph_node *node)
{
    const oracle *x = operand_of(of, node, 0);
    if (node->op == G_GATHER)
        return gather(node, x, operand_of(of, node, 1));
    if (node->op == G_ONE_HOT)
        return one_hot(node, x);
    return node->op <= G_PROD ? reduce(node, x) : along(node, x);
}

/* ---- products ----------------------------------------------------------------------------------------------------- */

/* A sum of k products in any order, each rounded or not (Higham, Accuracy and stability of numerical algorithms, 3.1). */
static near dot(const oracle *a, size_t at_a, size_t step_a, const oracle *b, size_t at_b, size_t step_b, size_t k)
{
    near *terms = reserve(k);
    for (size_t i = 0; i < k; i++)
        terms[i] = near_binary(G_MUL, near_at(a, at_a + i * step_a), near_at(b, at_b + i * step_b));
    near sum = near_sum(terms, k, 1);
    free(terms);
    return sum;
}

static oracle linear(const oracle *x, const oracle *weight, const oracle *bias)
{
    int64_t dims[NSC_MAX_RANK];
    size_t k = (size_t)weight->dims[1], units = (size_t)weight->dims[0];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = weight->dims[0];
    oracle y = oracle_make(x->rank, dims);
    for (size_t i = 0; i < y.count; i++) {
        near sum = dot(x, i / units * k, 1, weight, i % units * k, 1, k);
        near_put(&y, i, bias == NULL ? sum : near_binary(G_ADD, sum, near_at(bias, i % units)));
    }
    return y;
}

/* The matrix of x that belongs to one of y's: leading axes of size 1 repeat. */
static size_t matrix_of(const oracle *x, int x_lead, const oracle *y, int y_lead, size_t matrix)
{
    size_t at = 0, step = 1;
    for (int i = y_lead - 1, j = x_lead - 1; j >= 0; i--, j--) {
        at += x->dims[j] == 1 ? 0 : matrix % (size_t)y->dims[i] * step;
        matrix /= (size_t)y->dims[i];
        step *= (size_t)x->dims[j];
    }
    return at;
}

static oracle matmul(const oracle *a, const oracle *b)
{
    int a_lead = a->rank > 1 ? a->rank - 2 : 0, b_lead = b->rank > 1 ? b->rank - 2 : 0, rank = 0;
    int lead = a_lead > b_lead ? a_lead : b_lead;
    size_t m = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1, n = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1;
    size_t k = (size_t)a->dims[a->rank - 1];
    int64_t dims[NSC_MAX_RANK];
    for (; rank < lead; rank++) {
        int in_a = rank - (lead - a_lead), in_b = rank - (lead - b_lead);
        dims[rank] = in_a >= 0 ? a->dims[in_a] : 1;
        if (in_b >= 0 && b->dims[in_b] != 1)
            dims[rank] = b->dims[in_b];
    }
    if (a->rank > 1)
        dims[rank++] = (int64_t)m;
    if (b->rank > 1)
        dims[rank++] = (int64_t)n;
    oracle y = oracle_make(rank, dims);
    for (size_t i = 0; i < y.count; i++) {
        size_t matrix = i / (m * n), row = i / n % m, column = i % n;
        size_t in_a = matrix_of(a, a_lead, &y, lead, matrix), in_b = matrix_of(b, b_lead, &y, lead, matrix);
        near_put(&y, i, dot(a, (in_a * m + row) * k, 1, b, in_b * k * n + column, n, k));
    }
    return y;
}

oracle graph_evaluate_product(const graph *of, const graph_node *node)
{
    const oracle *a = operand_of(of, node, 0), *b = operand_of(of, node, 1);
    return node->op == G_MATMUL ? matmul(a, b) : linear(a, b, node->operand_count > 2 ? operand_of(of, node, 2) : NULL);
}
