/* SPDX-License-Identifier: Apache-2.0 */
/* Every activation and its derivative, computed with floats between the ops as a device does, over the whole range of
 * floats. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/graph/formula.h"
#include "core/graph/term.h"
#include "unit.h"

static nsc_expression e;
static nsc_term x;

/* ---- what they are, in double precision; y is the derivative ---- */

static double sigmoid_of(double v)
{
    return v < 0 ? exp(v) / (1 + exp(v)) : 1 / (1 + exp(-v));
}

static double line_of(double v, double *y, double low, double high, double slope)
{
    *y = v > low && v < high ? slope : 0;
    return fmin(fmax((v - low) * slope, 0), (high - low) * slope);
}

static double relu_is(double v, double *y)
{
    *y = v > 0;
    return v > 0 ? v : 0;
}

static double leaky_is(double v, double *y)
{
    *y = v > 0 ? 1 : (double)0.01f;
    return v * *y;
}

static double prelu_is(double v, double *y)
{
    *y = v > 0 ? 1 : 0.25;
    return v * *y;
}

static double elu_is(double v, double *y)
{
    *y = v > 0 ? 1 : 1.5 * exp(v);
    return v > 0 ? v : 1.5 * expm1(v);
}

static double selu_is(double v, double *y)
{
    *y = v > 0 ? 1.0507009873554805 : 1.7580993408473766 * exp(v);
    return v > 0 ? v * *y : 1.7580993408473766 * expm1(v);
}

static double celu_is(double v, double *y)
{
    *y = v > 0 ? 1 : exp(v / 1.5);
    return v > 0 ? v : 1.5 * expm1(v / 1.5);
}

static double gelu_is(double v, double *y)
{
    const double share = 0.5 * erfc(-v * M_SQRT1_2);
    *y = share + v * exp(-0.5 * v * v) * 0.3989422804014327;
    return v * share;
}

static double gelu_tanh_is(double v, double *y)
{
    const double w = fmin(fmax(v, -20), 20), t = tanh(0.7978845608028654 * (w + 0.044715 * w * w * w));
    *y = 0.5 * (1 + t) + 0.5 * w * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * w * w);
    return 0.5 * v * (1 + t);
}

static double sigmoid_is(double v, double *y)
{
    *y = sigmoid_of(v) * sigmoid_of(-v);
    return sigmoid_of(v);
}

static double silu_is(double v, double *y)
{
    *y = sigmoid_of(v) * (1 + v * sigmoid_of(-v));
    return v * sigmoid_of(v);
}

static double softplus_is(double v, double *y)
{
    *y = sigmoid_of(v);
    return fmax(v, 0) + log1p(exp(-fabs(v)));
}

static double log_sigmoid_is(double v, double *y)
{
    *y = sigmoid_of(-v);
    return fmin(v, 0) - log1p(exp(-fabs(v)));
}

static double mish_is(double v, double *y)
{
    const double t = tanh(fmax(v, 0) + log1p(exp(-fabs(v))));
    *y = t + v * (1 - t * t) * sigmoid_of(v);
    return v * t;
}

static double softsign_is(double v, double *y)
{
    *y = 1 / ((1 + fabs(v)) * (1 + fabs(v)));
    return v / (1 + fabs(v));
}

static double hard_sigmoid_is(double v, double *y)
{
    return line_of(v, y, -3, 3, 1.0 / 6);
}

static double hard_swish_is(double v, double *y)
{
    const double gate = line_of(v, y, -3, 3, 1.0 / 6);
    *y = gate + v * *y;
    return v * gate;
}

static double hard_tanh_is(double v, double *y)
{
    *y = v > -1 && v < 1;
    return fmin(fmax(v, -1), 1);
}

static double tanh_is(double v, double *y)
{
    *y = 1 - tanh(v) * tanh(v);
    return tanh(v);
}

static double not_equal_is(double v, double *y)
{
    *y = 0;
    return v != 2;
}

/* relative and absolute: the error of value and derivative, in units of 2^-24; the absolute one times max(1, |x|) for
 * value. Where a formula subtracts close numbers the error is absolute. */
static const struct {
    const char *name;
    nsc_element element;
    float numbers[2];
    double (*is)(double v, double *y);
    double relative, absolute;
} formulas[] = {
    {"relu", NSC_ELEMENT_RELU, {0, 0}, relu_is, 0, 0},
    {"leaky_relu", NSC_ELEMENT_LEAKY_RELU, {0.01f, 0}, leaky_is, 1, 0},
    {"prelu", NSC_ELEMENT_PRELU, {0, 0}, prelu_is, 1, 0},
    {"elu", NSC_ELEMENT_ELU, {1.5f, 0}, elu_is, 3, 0},
    {"selu", NSC_ELEMENT_SELU, {0, 0}, selu_is, 4, 0},
    {"celu", NSC_ELEMENT_CELU, {1.5f, 0}, celu_is, 200, 0}, /* x / 1.5 is rounded before exp, and x goes to -100 */
    {"gelu", NSC_ELEMENT_GELU, {0, 0}, gelu_is, 4, 4},
    {"gelu_tanh", NSC_ELEMENT_GELU_TANH, {0, 0}, gelu_tanh_is, 4, 8},
    {"sigmoid", NSC_ELEMENT_SIGMOID, {0, 0}, sigmoid_is, 8, 0},
    {"silu", NSC_ELEMENT_SILU, {0, 0}, silu_is, 8, 2},
    {"softplus", NSC_ELEMENT_SOFTPLUS, {0, 0}, softplus_is, 8, 0},
    {"log_sigmoid", NSC_ELEMENT_LOG_SIGMOID, {0, 0}, log_sigmoid_is, 8, 0},
    {"mish", NSC_ELEMENT_MISH, {0, 0}, mish_is, 8, 6},
    {"softsign", NSC_ELEMENT_SOFTSIGN, {0, 0}, softsign_is, 4, 4},
    {"hard_sigmoid", NSC_ELEMENT_HARD_SIGMOID, {0, 0}, hard_sigmoid_is, 2, 2},
    {"hard_swish", NSC_ELEMENT_HARD_SWISH, {0, 0}, hard_swish_is, 4, 4},
    {"hard_tanh", NSC_ELEMENT_HARD_TANH, {0, 0}, hard_tanh_is, 0, 0},
    {"tanh", NSC_ELEMENT_TANH, {0, 0}, tanh_is, 2, 4},
    {"not_equal", NSC_ELEMENT_NOT_EQUAL, {0, 0}, not_equal_is, 0, 0},
};
enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* Every op rounded to float; results below 2^-126 are flushed where that is asked for. */
static float run(nsc_term term, float v, bool flush)
{
    static float values[4096];
    ck_assert_uint_lt(term, 4096);
    for (nsc_term i = 0; i <= term; i++) {
        const nsc_term_node *node = &e.terms[i];
        const nsc_term *o = node->operands;
        values[i] = node->op == NSC_OP_LOAD ? node->arg == 0 ? v : 0.25f
                    : node->op == NSC_OP_IMMEDIATE
                        ? node->value
                        : (float)nsc_op_evaluate(node->op, values[o[0]], values[o[1]], values[o[2]]);
        if (flush && fabsf(values[i]) < FLT_MIN)
            values[i] = copysignf(0, values[i]);
    }
    return values[term];
}

static void check_at(int f, nsc_term value, nsc_term derivative, float v)
{
    double slope;
    const double want = formulas[f].is(v, &slope), size = fmax(1, fabs((double)v));
    for (int flush = 0; flush < 2; flush++) {
        const double got = run(value, v, flush), got_slope = run(derivative, v, flush);
        const double bound = 0x1p-24 * (formulas[f].relative * fabs(want) + formulas[f].absolute * size);
        const double bound_slope = 0x1p-24 * (formulas[f].relative * fabs(slope) + formulas[f].absolute * 2);
        ck_assert_msg(got == (double)(float)want || fabs(got - want) <= bound + 2 * FLT_MIN, "%s at %a is %a, not %a",
                      formulas[f].name, (double)v, got, want);
        if (flush && fabsf(v) < FLT_MIN)
            continue; /* a corner may lie there */
        ck_assert_msg(fabs(got_slope - slope) <= bound_slope + 2 * FLT_MIN, "%s' at %a is %a, not %a", formulas[f].name,
                      (double)v, got_slope, slope);
    }
}

START_TEST(over_all_floats)
{
    x = nsc_term_input(&e, 0);
    const nsc_term operands[2] = {x, formulas[_i].element == NSC_ELEMENT_NOT_EQUAL ? nsc_term_constant(&e, 2)
                                                                                   : nsc_term_input(&e, 1)};
    const nsc_term value = nsc_formula_write(&e, formulas[_i].element, operands, formulas[_i].numbers),
                   derivative = nsc_term_derivative(&e, value, 0);
    char text[512];
    nsc_expression_print(&e, derivative, NULL, text, sizeof text);
    ck_assert(!e.failed);
    for (uint32_t bits = 0; bits < 0x7f800000u; bits += 200003) /* all magnitudes */
        for (uint32_t sign = 0; sign < 2; sign++) {
            const uint32_t word = bits | sign << 31;
            float v;
            memcpy(&v, &word, sizeof v);
            check_at(_i, value, derivative, v);
        }
    for (int i = -4000; i <= 4000; i++)
        check_at(_i, value, derivative, (float)i / 32);
    if (formulas[_i].element != NSC_ELEMENT_NOT_EQUAL)
        ck_assert(isnan(run(value, (float)NAN, false)));
    nsc_expression_clear(&e);
}
END_TEST

/* Infinities: a limit where the formula has one; x * 0 has none. */
START_TEST(at_infinity)
{
    static const struct {
        nsc_element element;
        float numbers[2];
        float low, high;
    } limits[] = {{NSC_ELEMENT_RELU, {0, 0}, 0, INFINITY},
                  {NSC_ELEMENT_LEAKY_RELU, {0.01f, 0}, -INFINITY, INFINITY},
                  {NSC_ELEMENT_ELU, {1.5f, 0}, -1.5f, INFINITY},
                  {NSC_ELEMENT_CELU, {1.5f, 0}, -1.5f, INFINITY},
                  {NSC_ELEMENT_SIGMOID, {0, 0}, 0, 1},
                  {NSC_ELEMENT_SOFTPLUS, {0, 0}, 0, INFINITY},
                  {NSC_ELEMENT_LOG_SIGMOID, {0, 0}, -INFINITY, -0.0f},
                  {NSC_ELEMENT_HARD_SIGMOID, {0, 0}, 0, 1},
                  {NSC_ELEMENT_HARD_TANH, {0, 0}, -1, 1},
                  {NSC_ELEMENT_TANH, {0, 0}, -1, 1},
                  {NSC_ELEMENT_GELU, {0, 0}, (float)NAN, INFINITY},
                  {NSC_ELEMENT_SILU, {0, 0}, (float)NAN, INFINITY},
                  {NSC_ELEMENT_SOFTSIGN, {0, 0}, (float)NAN, (float)NAN}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        x = nsc_term_input(&e, 0);
        const nsc_term term = nsc_formula_write(&e, limits[i].element, &x, limits[i].numbers);
        const float low = run(term, -INFINITY, false), high = run(term, INFINITY, false);
        ck_assert_msg(low == limits[i].low || (isnan(low) && isnan(limits[i].low)), "%zu: %g", i, (double)low);
        ck_assert_msg(high == limits[i].high || (isnan(high) && isnan(limits[i].high)), "%zu: %g", i, (double)high);
        nsc_expression_clear(&e);
    }
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_loop_test(to, over_all_floats, 0, FORMULAS);
    tcase_add_test(to, at_infinity);
}
