/* SPDX-License-Identifier: Apache-2.0 */
/* See oracle.h. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double u = 0x1p-24, tiny = 0x1p-126;

oracle oracle_make(int rank, const int64_t *dims)
{
    oracle array = {.dtype = NSC_FLOAT32, .rank = rank, .count = model_elements(rank, dims)};
    if (rank > 0)
        memcpy(array.dims, dims, (size_t)rank * sizeof *dims);
    array.value = calloc(array.count + 1, sizeof *array.value);
    array.bound = calloc(array.count + 1, sizeof *array.bound);
    if (array.value == NULL || array.bound == NULL)
        abort();
    return array;
}

static double element(nsc_dtype dtype, const void *values, size_t index)
{
    switch (dtype) {
    case NSC_INT32:
        return ((const int32_t *)values)[index];
    case NSC_UINT32:
        return ((const uint32_t *)values)[index];
    case NSC_UINT8:
        return ((const uint8_t *)values)[index];
    default:
        return (double)((const float *)values)[index];
    }
}

static oracle exact(nsc_dtype dtype, int rank, const int64_t *dims, void *values)
{
    oracle array = oracle_make(rank, dims);
    array.dtype = dtype;
    for (size_t i = 0; i < array.count; i++)
        array.value[i] = element(dtype, values, i);
    free(values);
    return array;
}

oracle oracle_tensor(const nsc_tensor *tensor)
{
    return exact(nsc_tensor_dtype(tensor), nsc_tensor_rank(tensor), nsc_tensor_dims(tensor), model_read(tensor));
}

oracle oracle_parameter(const nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK];
    int rank = nsc_parameter_shape(parameter, dims);
    return exact(NSC_FLOAT32, rank, dims, model_read_parameter(parameter));
}

void oracle_free(oracle *array)
{
    free(array->value);
    free(array->bound);
    *array = (oracle){0};
}

/* A sum of k products and a bias, in any order, is off by at most (k + 2) u / (1 - (k + 2) u) times the sum of the
 * magnitudes (Higham, Accuracy and stability of numerical algorithms, 3.1). */
oracle oracle_linear(const oracle *x, const oracle *weight, const oracle *bias)
{
    size_t k = (size_t)weight->dims[1], units = (size_t)weight->dims[0], rows = 1;
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = (int64_t)units;
    for (int i = 0; i < x->rank - 1; i++)
        rows *= (size_t)x->dims[i];
    oracle y = oracle_make(x->rank, dims);
    double gamma = (double)(k + 2) * u / (1 - (double)(k + 2) * u);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < units; j++) {
            double sum = 0, size = 0, carried = 0;
            for (size_t l = 0; l < k; l++) {
                double a = x->value[i * k + l], b = weight->value[j * k + l];
                double da = x->bound[i * k + l], db = weight->bound[j * k + l];
                sum += a * b;
                carried += fabs(a) * db + fabs(b) * da + da * db;
                size += (fabs(a) + da) * (fabs(b) + db);
            }
            if (bias != NULL) {
                sum += bias->value[j];
                carried += bias->bound[j];
                size += fabs(bias->value[j]) + bias->bound[j];
            }
            y.value[i * units + j] = sum;
            y.bound[i * units + j] = carried + gamma * size + (double)(k + 1) * tiny;
        }
    return y;
}

/* The element of a that stands under element index of the result, aligned at the last axis. */
static size_t under(const oracle *a, const oracle *result, size_t index)
{
    size_t at = 0, step = 1;
    for (int i = result->rank - 1, j = a->rank - 1; j >= 0; i--, j--) {
        size_t place = index % (size_t)result->dims[i];
        index /= (size_t)result->dims[i];
        at += a->dims[j] == 1 ? 0 : place * step;
        step *= (size_t)a->dims[j];
    }
    return at;
}

oracle oracle_binary(char operation, const oracle *a, const oracle *b)
{
    const oracle *longer = a->rank >= b->rank ? a : b, *other = longer == a ? b : a;
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, longer->dims, sizeof dims);
    for (int i = 0, j = longer->rank - other->rank; i < other->rank; i++, j++)
        if (dims[j] == 1)
            dims[j] = other->dims[i];
    oracle y = oracle_make(longer->rank, dims);
    for (size_t i = 0; i < y.count; i++) {
        size_t at_a = under(a, &y, i), at_b = under(b, &y, i);
        double va = a->value[at_a], vb = b->value[at_b], da = a->bound[at_a], db = b->bound[at_b];
        y.value[i] = operation == '+' ? va + vb : operation == '-' ? va - vb : va * vb;
        double carried = operation == '*' ? fabs(va) * db + fabs(vb) * da + da * db : da + db;
        y.bound[i] = carried + u * (fabs(y.value[i]) + carried) + tiny;
    }
    return y;
}

oracle oracle_activation(const oracle *x, nsc_activation activation)
{
    oracle y = oracle_make(x->rank, x->dims);
    for (size_t i = 0; i < x->count; i++) {
        double v = x->value[i], d = x->bound[i];
        switch (activation) {
        case NSC_RELU: /* exact, slope at most 1 */
            y.value[i] = isnan(v) ? v : v > 0 ? v : 0;
            y.bound[i] = d + tiny;
            break;
        case NSC_SIGMOID: /* slope at most 1/4; exp 6 u, sum u, division 5 u, a rounding more for other forms */
            y.value[i] = 1 / (1 + exp(-v));
            y.bound[i] = d / 4 + 16 * u * y.value[i] + tiny;
            break;
        case NSC_TANH: /* slope at most 1 */
            y.value[i] = tanh(v);
            y.bound[i] = d + 10 * u * fabs(y.value[i]) + tiny;
            break;
        case NSC_GELU:
            /* Slope at most 1.13. 1 + erf is off by at most 36 u (erf 32, its argument 1, the sum 2), whatever cancels;
             * it is multiplied by x / 2 with two roundings. */
            y.value[i] = v / 2 * (1 + erf(v / sqrt(2)));
            y.bound[i] = 1.13 * d + 18 * u * fabs(v) + 4 * u * fabs(y.value[i]) + tiny;
            break;
        default:
            y.value[i] = v;
            y.bound[i] = d;
        }
    }
    return y;
}

/* exp(x - max): the difference is rounded once, so the relative error is u |x - max| and 6 u of exp; the sum adds n u
 * and the worst of its terms; the division 5 u. An operand's bound d changes the result by a factor of exp(2 d). */
oracle oracle_softmax(const oracle *x, int axis)
{
    oracle y = oracle_make(x->rank, x->dims);
    size_t n = (size_t)x->dims[axis], step = 1;
    for (int i = axis + 1; i < x->rank; i++)
        step *= (size_t)x->dims[i];
    for (size_t i = 0; i < x->count; i++) {
        size_t start = i - i / step % n * step;
        double most = -INFINITY, least = INFINITY, sum = 0, carried = 0;
        for (size_t j = 0; j < n; j++) {
            double v = x->value[start + j * step];
            most = isnan(v) || isnan(most) ? NAN : fmax(most, v);
            least = isinf(v) ? least : fmin(least, v);
            carried = fmax(carried, x->bound[start + j * step]);
        }
        for (size_t j = 0; j < n; j++)
            sum += exp(x->value[start + j * step] - most);
        y.value[i] = exp(x->value[i] - most) / sum;
        double relative = expm1(2 * carried) + (2 * (most - least) + (double)n + 24) * u;
        y.bound[i] = y.value[i] * relative + (double)(n + 2) * tiny;
    }
    return y;
}

oracle oracle_flatten(const oracle *x)
{
    int64_t dims[2] = {x->dims[0], 1};
    for (int i = 1; i < x->rank; i++)
        dims[1] *= x->dims[i];
    oracle y = oracle_make(2, dims);
    memcpy(y.value, x->value, x->count * sizeof *x->value);
    memcpy(y.bound, x->bound, x->count * sizeof *x->bound);
    return y;
}

oracle oracle_concat(const oracle *parts, int count, int axis)
{
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, parts[0].dims, sizeof dims);
    size_t outer = 1, inner = 1;
    for (int i = 0; i < axis; i++)
        outer *= (size_t)dims[i];
    for (int i = axis + 1; i < parts[0].rank; i++)
        inner *= (size_t)dims[i];
    for (int i = 1; i < count; i++)
        dims[axis] += parts[i].dims[axis];
    oracle y = oracle_make(parts[0].rank, dims);
    size_t at = 0;
    for (size_t row = 0; row < outer; row++)
        for (int i = 0; i < count; i++) {
            size_t run = (size_t)parts[i].dims[axis] * inner;
            memcpy(y.value + at, parts[i].value + row * run, run * sizeof *y.value);
            memcpy(y.bound + at, parts[i].bound + row * run, run * sizeof *y.bound);
            at += run;
        }
    return y;
}

static int same_shape(const oracle *expected, const nsc_tensor *got, char *text, size_t capacity)
{
    if (nsc_tensor_dtype(got) != expected->dtype)
        snprintf(text, capacity, "type %s, not %s", nsc_dtype_name(nsc_tensor_dtype(got)),
                 nsc_dtype_name(expected->dtype));
    else if (nsc_tensor_rank(got) != expected->rank)
        snprintf(text, capacity, "rank %d, not %d", nsc_tensor_rank(got), expected->rank);
    else
        for (int i = 0; i < expected->rank; i++)
            if (nsc_tensor_dims(got)[i] != expected->dims[i]) {
                snprintf(text, capacity, "axis %d is %lld, not %lld", i, (long long)nsc_tensor_dims(got)[i],
                         (long long)expected->dims[i]);
                break;
            }
    return text[0] == '\0';
}

int oracle_same(const oracle *expected, const nsc_tensor *got, char *text, size_t capacity)
{
    text[0] = '\0';
    if (!same_shape(expected, got, text, capacity))
        return 0;
    void *values = model_read(got);
    for (size_t i = 0; i < expected->count && text[0] == '\0'; i++) {
        double want = expected->value[i], have = element(expected->dtype, values, i), bound = expected->bound[i];
        int good = isinf(bound)  ? 1
                   : isnan(want) ? isnan(have)
                   : isinf(want) ? have == want
                                 : fabs(have - want) <= bound;
        if (!good)
            snprintf(text, capacity, "element %zu is %.9g, not %.9g within %.3g", i, have, want, bound);
    }
    free(values);
    return text[0] == '\0';
}

void oracle_check(const oracle *expected, const nsc_tensor *got, const char *what)
{
    char text[160];
    ck_assert_msg(oracle_same(expected, got, text, sizeof text), "%s: %s", what, text);
}
