/* SPDX-License-Identifier: Apache-2.0 */
/* Derivatives against differences in double precision: of every op, of random expressions, of activations over the whole
 * range; and the conventions where there is none. */
#include <math.h>
#include <stdlib.h>

#include "core/graph/term.h"
#include "random_term.h"
#include "unit.h"

static nsc_expression e;

static nsc_term number(float value)
{
    return nsc_term_constant(&e, value);
}

static nsc_term one(uint16_t op, nsc_term a)
{
    return nsc_term_apply(&e, op, a, 0, 0);
}

static nsc_term two(uint16_t op, nsc_term a, nsc_term b)
{
    return nsc_term_apply(&e, op, a, b, 0);
}

static nsc_term three(uint16_t op, nsc_term a, nsc_term b, nsc_term c)
{
    return nsc_term_apply(&e, op, a, b, c);
}

static void done(void)
{
    ck_assert(!e.failed);
    nsc_expression_clear(&e);
}

static double at(nsc_term term, double a, double b, double c)
{
    static const double scalars[] = {0.7, -1.9};
    return nsc_term_evaluate(&e, term, (const double[]){a, b, c}, scalars);
}

/* Central differences, extrapolated from h and h / 2 (an error of order h^4). */
static double difference(nsc_term term, const double *point, int input, double h)
{
    double d[2];
    for (int i = 0; i < 2; i++, h /= 2) {
        double low[3] = {point[0], point[1], point[2]}, high[3] = {point[0], point[1], point[2]};
        low[input] -= h;
        high[input] += h;
        d[i] = (at(term, high[0], high[1], high[2]) - at(term, low[0], low[1], low[2])) / (2 * h);
    }
    return (4 * d[1] - d[0]) / 3;
}

START_TEST(every_op)
{
    static const double points[][3] = {{0.3, 0.8, -0.4}, {1.7, -2.3, 0.9}, {-0.6, 1.4, 2.2}, {2.6, 3.1, -1.2}};
    for (int op = 0; op < ALL_OPS; op++) {
        const nsc_term x = nsc_term_input(&e, 0), y = nsc_term_input(&e, 1), z = nsc_term_input(&e, 2);
        const nsc_term term = three(all_ops[op], x, y, z);
        int compared = 0;
        for (uint32_t input = 0; input < 3; input++) {
            const nsc_term derivative = nsc_term_derivative(&e, term, input);
            for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
                const double *v = points[p];
                const double want = difference(term, v, (int)input, 1e-3), got = at(derivative, v[0], v[1], v[2]);
                if (isnan(at(term, v[0], v[1], v[2])))
                    continue;
                ck_assert_msg(fabs(got - want) <= 1e-7 * (1 + fabs(want)), "op %u, input %u, point %zu: %g, not %g",
                              all_ops[op], input, p, got, want);
                compared++;
            }
        }
        ck_assert_int_ge(compared, 6);
        done();
    }
}
END_TEST

/* No value on the way is infinite or NaN: there the chain rule says nothing. */
static bool tame(nsc_term term, const double *point)
{
    bool *reached = nsc_term_reach(&e, term), all = true;
    for (nsc_term i = 0; i <= term && all; i++)
        all = !reached[i] || fabs(at(i, point[0], point[1], point[2])) < 1e8;
    free(reached);
    return all;
}

/* Where the differences agree with each other, the derivative agrees with them. Steps and corners show by their
 * disagreement, and are counted. */
START_TEST(random_expressions)
{
    uint64_t state = 5;
    int compared = 0, wild = 0, rough = 0;
    for (int i = 0; i < 4000; i++) {
        const nsc_term term = random_term(&e, &state, 1 + draw(&state, 12));
        for (uint32_t input = 0; input < RANDOM_INPUTS; input++) {
            const nsc_term derivative = nsc_term_derivative(&e, term, input);
            const double point[] = {draw_number(&state), draw_number(&state), draw_number(&state)};
            if (!tame(term, point)) {
                wild++;
                continue;
            }
            const double coarse = difference(term, point, (int)input, 1e-4);
            const double fine = difference(term, point, (int)input, 4e-5);
            const double got = at(derivative, point[0], point[1], point[2]);
            if (!(fabs(coarse - fine) <= 1e-6 * (1 + fabs(fine)))) {
                rough++;
                continue;
            }
            char text[512];
            nsc_expression_print(&e, term, NULL, text, sizeof text);
            ck_assert_msg(fabs(got - fine) <= 1e-5 * (1 + fabs(fine)),
                          "d/dx%u of %s at %.17g, %.17g, %.17g: %g, not %g", input, text, point[0], point[1], point[2],
                          got, fine);
            compared++;
        }
        done();
    }
    ck_assert_msg(compared > 5000 && rough < 600, "%d compared, %d wild, %d rough", compared, wild, rough);
}
END_TEST

static void check_value(nsc_term term, double x, double want)
{
    const double got = at(nsc_term_derivative(&e, term, 0), x, 0.5, 0);
    char text[256];
    nsc_expression_print(&e, term, NULL, text, sizeof text);
    ck_assert_msg(got == want || (isnan(got) && isnan(want)), "d/dx0 of %s at %g: %g, not %g", text, x, got, want);
}

START_TEST(conventions)
{
    const nsc_term x = nsc_term_input(&e, 0), y = nsc_term_input(&e, 1), zero = number(0);
    check_value(one(NSC_OP_ABS, x), 0, 0);
    check_value(one(NSC_OP_ABS, x), -3, -1);
    check_value(one(NSC_OP_ABS, x), NAN, 1);
    check_value(two(NSC_OP_MAX, zero, x), 0, 0); /* relu */
    check_value(two(NSC_OP_MAX, x, zero), 0, 1);
    check_value(two(NSC_OP_MIN, zero, x), 0, 0);
    check_value(two(NSC_OP_MIN, x, zero), 0, 1);
    check_value(two(NSC_OP_MAX, x, zero), NAN, 1);
    check_value(one(NSC_OP_FLOOR, x), 1, 0);
    check_value(two(NSC_OP_LESS, x, y), 0.5, 0);
    check_value(three(NSC_OP_SELECT, x, y, number(3)), 0, 0);
    check_value(two(NSC_OP_POW, x, number(3)), 0, 0);
    check_value(two(NSC_OP_POW, x, nsc_term_scalar(&e, 0)), INFINITY, 0);
    check_value(two(NSC_OP_POW, number(0), x), 2, 0);
    check_value(two(NSC_OP_POW, number(2), x), -INFINITY, 0);
    check_value(two(NSC_OP_POW, y, x), 1, 0.5 * log(0.5));
    /* What does not depend on it, and an infinity beside it. */
    ck_assert_uint_eq(nsc_term_derivative(&e, two(NSC_OP_DIV, y, zero), 0), zero);
    check_value(two(NSC_OP_ADD, x, two(NSC_OP_DIV, y, zero)), 1, 1);
    check_value(three(NSC_OP_SELECT, two(NSC_OP_LESS, zero, x), one(NSC_OP_LOG, x), zero), -1, 0);
    done();
}
END_TEST

/* What derivatives look like: no product with 1, no sum with 0. */
START_TEST(derivatives_are_short)
{
    const nsc_term x = nsc_term_input(&e, 0), y = nsc_term_input(&e, 1);
    static const char *const names[] = {"x", "y"};
    const struct {
        nsc_term term;
        const char *text;
    } rows[] = {
        {two(NSC_OP_MUL, x, y), "y"},
        {two(NSC_OP_MUL, x, x), "x + x"},
        {two(NSC_OP_ADD, two(NSC_OP_MUL, x, number(3)), y), "3"},
        {two(NSC_OP_SUB, y, x), "-1"},
        {two(NSC_OP_DIV, y, x), "-(y / x) / x"},
        {one(NSC_OP_EXP, one(NSC_OP_NEG, x)), "-exp(-x)"},
        {one(NSC_OP_TANH, x), "t0 = tanh(x); 1 - t0 * t0"},
        {two(NSC_OP_MAX, number(0), x), "0 < x"},
        {two(NSC_OP_POW, x, number(3)), "x * x * 3"},
        {three(NSC_OP_FMA, x, y, x), "y + 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        nsc_expression_print(&e, nsc_term_derivative(&e, rows[i].term, 0), names, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
    }
    done();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, every_op);
    tcase_add_test(to, random_expressions);
    tcase_add_test(to, conventions);
    tcase_add_test(to, derivatives_are_short);
}
