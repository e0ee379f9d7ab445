/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise operations on a number with a bound. An operation adds what OpenCL's full profile allows (docs/conformance.md)
 * to what its operands' bounds make of it. */
#include "graph.h"

#include <float.h>
#include <math.h>

static const double u = 0x1p-24, tiny = 0x1p-126;

static const near nothing = {0, INFINITY};

near near_at(const oracle *array, size_t index)
{
    return (near){array->value[index], array->bound[index]};
}

void near_put(oracle *array, size_t index, near value)
{
    array->value[index] = value.v;
    array->bound[index] = value.d;
}

static int unknown(near x)
{
    return !(x.d < INFINITY);
}

static int exact_nan(near x)
{
    return isnan(x.v) && !unknown(x);
}

near near_flushed(near x)
{
    if (x.v != 0 && fabs(x.v) < tiny && x.d < tiny)
        x.d = tiny;
    return x;
}

/* Beyond half the range of a float nothing is said: some orders of the same sum overflow. */
near near_rounded(double v, double carried, double ulps)
{
    if (isnan(carried) || isinf(carried))
        return nothing;
    if (isnan(v) || isinf(v))
        return (near){v, 0};
    if (fabs(v) + carried > (double)FLT_MAX / 2)
        return nothing;
    if (carried == 0 && ulps <= 0.5 && (double)(float)v == v && (v == 0 || fabs(v) >= tiny))
        return (near){v, 0};
    return (near){v, carried + 2 * ulps * u * (fabs(v) + carried) + tiny};
}

/* In any order: gamma(n + 1) of the magnitudes; exact when all are integers that stay below 2^24. */
near near_sum(const near *terms, size_t count, size_t stride)
{
    double sum = 0, carried = 0, size = 0, n = (double)count + 1;
    int integers = 1;
    for (size_t i = 0; i < count; i++) {
        near x = near_flushed(terms[i * stride]);
        if (unknown(x))
            return nothing;
        sum += x.v;
        carried += x.d;
        size += fabs(x.v) + x.d;
        integers = integers && x.d == 0 && x.v == floor(x.v);
    }
    if (isnan(sum) || isinf(sum))
        return (near){sum, 0};
    if (size > (double)FLT_MAX / 2)
        return nothing;
    if (integers && size <= 0x1p24)
        return (near){sum, 0};
    return (near){sum, carried + n * u / (1 - n * u) * size + n * tiny};
}

/* ---- two operands ----------------------------------------------------------------------------------------------- */

static near multiply(near a, near b)
{
    if ((isinf(a.v) && b.d > 0 && fabs(b.v) <= b.d) || (isinf(b.v) && a.d > 0 && fabs(a.v) <= a.d))
        return nothing;
    if (isinf(a.v) || isinf(b.v))
        return (near){a.v * b.v, 0};
    return near_rounded(a.v * b.v, fabs(a.v) * b.d + fabs(b.v) * a.d + a.d * b.d, 0.5);
}

static near divide(near a, near b)
{
    if (a.d == 0 && b.d == 0 && a.v == 0 && b.v == 0)
        return (near){NAN, 0};
    if (fabs(b.v) <= b.d) /* the sign of an infinity is that of a zero */
        return nothing;
    if (isinf(b.v))
        return (near){a.v / b.v, 0};
    return near_rounded(a.v / b.v, isinf(a.v) ? 0 : (a.d + fabs(a.v / b.v) * b.d) / (fabs(b.v) - b.d), 2.5);
}

static near power(near a, near b)
{
    double v = pow(a.v, b.v), carried = 0;
    if (a.d == 0 &&
        b.d == 0) /* the edge cases are those of C; only the sign of an infinity depends on that of a zero */
        return a.v == 0 && b.v < 0 ? nothing : a.v == 1 || b.v == 0 ? (near){1, 0} : near_rounded(v, 0, 16);
    if (a.v - a.d <= 0 || isinf(a.v) || isinf(b.v))
        return nothing;
    for (int corner = 0; corner < 4; corner++) {
        double other = pow(a.v + (corner & 1 ? a.d : -a.d), b.v + (corner & 2 ? b.d : -b.d));
        carried = fmax(carried, fabs(other - v));
    }
    return near_rounded(v, carried, 16);
}

static near larger(near a, near b)
{
    if (unknown(a) || unknown(b))
        return nothing;
    if (isnan(a.v) || isnan(b.v))
        return (near){NAN, 0};
    double v = fmax(a.v, b.v);
    if (isinf(v))
        return (near){v, 0};
    double low = fmax(a.v - a.d, b.v - b.d), high = fmax(a.v + a.d, b.v + b.d);
    return (near){v, fmax(high - v, v - low)};
}

static near negate(near x)
{
    x.v = -x.v;
    return x;
}

/* 1, 0, or either. */
static near truth(int certain, int holds)
{
    return (near){holds, certain ? 0 : 1};
}

static near compare(graph_op op, near a, near b)
{
    if (unknown(a) || unknown(b))
        return (near){0, 1};
    if (isnan(a.v) || isnan(b.v))
        return truth(1, op == G_NOT_EQUAL);
    double between = isinf(a.v) && a.v == b.v ? 0 : a.v - b.v, d = a.d + b.d;
    switch (op) {
    case G_EQUAL:
        return truth(d == 0 || fabs(between) > d, between == 0);
    case G_NOT_EQUAL:
        return truth(d == 0 || fabs(between) > d, between != 0);
    case G_LESS:
        return truth(d == 0 || fabs(between) > d, between < 0);
    case G_LESS_EQUAL:
        return truth(d == 0 || fabs(between) > d, between <= 0);
    case G_GREATER:
        return truth(d == 0 || fabs(between) > d, between > 0);
    default:
        return truth(d == 0 || fabs(between) > d, between >= 0);
    }
}

near near_binary(graph_op op, near a, near b)
{
    a = near_flushed(a);
    b = near_flushed(b);
    if (op == G_POW && ((a.d == 0 && a.v == 1) || (b.d == 0 && b.v == 0)))
        return (near){1, 0};
    if (op >= G_EQUAL && op <= G_GREATER_EQUAL)
        return compare(op, a, b);
    if (unknown(a) || unknown(b))
        return nothing;
    if (exact_nan(a) || exact_nan(b))
        return (near){NAN, 0};
    switch (op) {
    case G_ADD:
        return near_rounded(a.v + b.v, isinf(a.v + b.v) ? 0 : a.d + b.d, 0.5);
    case G_SUB:
        return near_rounded(a.v - b.v, isinf(a.v - b.v) ? 0 : a.d + b.d, 0.5);
    case G_MUL:
        return multiply(a, b);
    case G_DIV:
        return divide(a, b);
    case G_POW:
        return power(a, b);
    case G_MAXIMUM:
        return larger(a, b);
    default:
        return negate(larger(negate(a), negate(b)));
    }
}

static near where(near condition, near a, near b)
{
    condition = near_flushed(condition);
    if (exact_nan(condition) || (!unknown(condition) && fabs(condition.v) > condition.d))
        return a;
    if (condition.v == 0 && condition.d == 0)
        return b;
    double apart = a.v == b.v ? 0 : fabs(a.v - b.v);
    return isfinite(apart) && !unknown(a) && !unknown(b) ? (near){a.v, fmax(a.d, apart + b.d)} : nothing;
}

/* ---- one operand ------------------------------------------------------------------------------------------------ */

typedef double (*function)(double);

/* f does not fall (or nowhere rises); where it jumps, both sides are looked at. */
static near monotone(function f, near x, double ulps)
{
    double v = f(x.v), low = f(x.v - x.d), high = f(x.v + x.d);
    return near_rounded(v, x.d == 0 ? 0 : fmax(fabs(high - v), fabs(low - v)), ulps);
}

static double reciprocal_root(double x)
{
    return 1 / sqrt(x);
}

/* Defined above `border`: NaN below, at the border an infinity. */
static near above(double border, function f, near x, double ulps)
{
    if (x.v + x.d < border)
        return (near){NAN, 0};
    if (x.v - x.d < border || (x.v == border && x.d > 0))
        return nothing;
    if (f == reciprocal_root && x.v == 0)
        return nothing; /* 1 / -0 */
    return monotone(f, x, ulps);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double gelu(double x)
{
    return x / 2 * (1 + erf(x / sqrt(2)));
}

static double gelu_tanh(double x)
{
    return x / 2 * (1 + tanh(sqrt(M_2_PI) * (x + 0.044715 * x * x * x)));
}

static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* Where the formula of a float leads to infinity times 0, so does this. */
static double hard_sigmoid(double x)
{
    return fmin(fmax(x / 6 + 0.5, 0), 1);
}

/* f, whose slope is at most `slope`, off by relative u |f| and absolute u. */
static near smooth(double v, near x, double slope, double relative, double absolute)
{
    if (isnan(v) || isinf(v))
        return (near){v, 0};
    return near_rounded(v, slope * x.d + relative * u * fabs(v) + absolute * u + tiny, 0);
}

/* The slopes and roundings of the formulas of trace.h; exp, expm1 and log1p are off by 6 u, 6 u and 4 u, tanh by 10 u, a
 * division by 5 u, erf by 32 u. */
static near activate(nsc_activation activation, near x, double alpha)
{
    const double scale = 1.0507009873554805;
    double v = x.v, t;
    switch (activation) {
    case NSC_RELU:
        return larger(x, (near){0, 0});
    case NSC_SIGMOID:
        return smooth(sigmoid(v), x, 0.25, 16, 0);
    case NSC_TANH:
        return monotone(tanh, x, 5);
    case NSC_GELU: /* 1 + erf is off by 36 u, whatever cancels */
        if (v == -INFINITY)
            return nothing;
        return smooth(gelu(v), x, 1.13, 4, 18 * fabs(v));
    case NSC_GELU_TANH: /* the inside is off by 6 u of itself, which moves tanh by 3 u at most */
        if (v == -INFINITY)
            return nothing;
        return smooth(gelu_tanh(v), x, 1.13, 4, 9 * fabs(v));
    case NSC_LEAKY_RELU:
        return smooth(v > 0 ? v : alpha * v, x, fmax(1, fabs(alpha)), 2, 0);
    case NSC_ELU:
        return smooth(v > 0 ? v : alpha * expm1(v), x, fmax(1, fabs(alpha)), 10, 0);
    case NSC_SELU:
        return smooth(v > 0 ? scale * v : scale * 1.6732632423543772 * expm1(v), x, 1.76, 12, 0);
    case NSC_CELU:
        t = v / alpha;
        if (v > 0)
            return smooth(v, x, fmax(1, exp(-fmin(t, 0))), 0, 0);
        return smooth(alpha * expm1(t), x, fmax(1, exp(t + fabs(x.d / alpha))), 16, fabs(alpha * t) * exp(t) * 5);
    case NSC_SILU: /* the divisor may overflow where the result is as small as |x| 2^-128 */
        return smooth(v / (1 + exp(-v)), x, 1.1, 16, isinf(v) ? 0 : fabs(v) * tiny / u);
    case NSC_MISH:
        return smooth(v * tanh(softplus(v)), x, 1.1, 26, 0);
    case NSC_SOFTPLUS:
        return smooth(softplus(v), x, 1, 14, 0);
    case NSC_SOFTSIGN:
        return smooth(v / (1 + fabs(v)), x, 1, 8, 0);
    case NSC_LOG_SIGMOID:
        return smooth(-softplus(-v), x, 1, 14, 0);
    case NSC_HARD_SIGMOID:
        return smooth(hard_sigmoid(v), x, 1.0 / 6, 0, 4);
    case NSC_HARD_SWISH:
        return smooth(v * hard_sigmoid(v), x, 1.5, 2, v < -3.01 || v > 3.01 ? 0 : 4 * fabs(v));
    case NSC_HARD_TANH:
        return negate(larger(negate(larger(x, (near){-1, 0})), (near){-1, 0}));
    default:
        return x;
    }
}

static double alpha_of(nsc_activation activation)
{
    return activation == NSC_LEAKY_RELU ? (double)0.01f : 1;
}

/* Toward zero, saturated; a number between two integers may become either. */
static double truncated(nsc_dtype dtype, double v)
{
    double low = dtype == NSC_INT32 ? -0x1p31 : 0, high = dtype == NSC_INT32   ? 0x1p31 - 1
                                                          : dtype == NSC_UINT8 ? 255
                                                                               : 0x1p32 - 1;
    return fmin(fmax(trunc(v), low), high);
}

static near cast(near x, nsc_dtype from, nsc_dtype to)
{
    if (from != NSC_FLOAT32)
        x = near_rounded(x.v, x.d, 0.5);
    if (to == NSC_FLOAT32)
        return x;
    if (unknown(x))
        return nothing;
    if (isnan(x.v))
        return (near){0, 0};
    double v = truncated(to, x.v), low = truncated(to, x.v - x.d), high = truncated(to, x.v + x.d);
    return (near){v, fmax(high - v, v - low)};
}

static near one_operand(const graph_node *node, near x)
{
    switch (node->op) {
    case G_NEG:
        return negate(x);
    case G_ABS:
        return (near){fabs(x.v), x.d};
    case G_EXP:
        return monotone(exp, x, 3);
    case G_EXPM1:
        return monotone(expm1, x, 3);
    case G_LOG:
        return above(0, log, x, 3);
    case G_LOG1P:
        return above(-1, log1p, x, 2);
    case G_SQRT:
        return above(0, sqrt, x, 3);
    case G_RSQRT:
        return above(0, reciprocal_root, x, 2);
    case G_ERF:
        return monotone(erf, x, 16);
    case G_SIN:
        return isinf(x.v) ? (near){NAN, 0} : near_rounded(sin(x.v), fmin(x.d, 2), 4);
    case G_COS:
        return isinf(x.v) ? (near){NAN, 0} : near_rounded(cos(x.v), fmin(x.d, 2), 4);
    case G_FLOOR:
        return monotone(floor, x, 0);
    case G_CEIL:
        return monotone(ceil, x, 0);
    case G_RINT:
        return monotone(rint, x, 0);
    case G_RELU:
        return activate(NSC_RELU, x, 0);
    case G_SIGMOID:
        return activate(NSC_SIGMOID, x, 0);
    case G_TANH:
        return activate(NSC_TANH, x, 0);
    case G_GELU:
        return activate(NSC_GELU, x, 0);
    case G_CLIP:
        return negate(
            larger(negate(larger(x, (near){(double)node->numbers[0], 0})), (near){-(double)node->numbers[1], 0}));
    case G_ACTIVATION:
        return activate(node->activation, x, alpha_of(node->activation));
    default: /* G_ACTIVATION_ALPHA */
        return activate(node->activation, x, (double)node->numbers[0]);
    }
}

near near_element(const graph_node *node, const near *x, const nsc_dtype *dtypes)
{
    if (node->op == G_CAST)
        return dtypes[0] == node->dtype
                   ? x[0]
                   : cast(dtypes[0] == NSC_FLOAT32 ? near_flushed(x[0]) : x[0], dtypes[0], node->dtype);
    if (node->op == G_DROPOUT)
        return x[0];
    if (node->op == G_WHERE)
        return where(x[0], x[1], x[2]);
    if (node->op == G_PRELU)
        return exact_nan(x[0]) ? x[0]
                               : where(near_binary(G_LESS, (near){0, 0}, x[0]), x[0], near_binary(G_MUL, x[1], x[0]));
    if (node->operand_count == 2)
        return near_binary(node->op, x[0], x[1]);
    if (unknown(x[0]))
        return nothing;
    return isnan(x[0].v) ? x[0] : one_operand(node, near_flushed(x[0]));
}
