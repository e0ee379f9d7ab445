/* SPDX-License-Identifier: Apache-2.0 */
/* Terms: sharing, folding, substitution, cost, printing. */
#include "core/graph/term.h"

#include <math.h>
#include <stdlib.h>

#include "random_term.h"
#include "unit.h"

static nsc_expression e;
static nsc_term x, y, z;

static void start(void)
{
    nsc_expression_clear(&e);
    x = nsc_term_input(&e, 0);
    y = nsc_term_input(&e, 1);
    z = nsc_term_input(&e, 2);
}

static void done(void)
{
    ck_assert(!e.failed);
    nsc_expression_clear(&e);
}

static nsc_term number(float value)
{
    return nsc_term_constant(&e, value);
}

static nsc_term one(uint16_t op, nsc_term a)
{
    return nsc_term_apply(&e, op, a, 77, 77);
}

static nsc_term two(uint16_t op, nsc_term a, nsc_term b)
{
    return nsc_term_apply(&e, op, a, b, 77);
}

static nsc_term three(uint16_t op, nsc_term a, nsc_term b, nsc_term c)
{
    return nsc_term_apply(&e, op, a, b, c);
}

START_TEST(equal_terms_are_one)
{
    start();
    ck_assert_uint_eq(nsc_term_input(&e, 1), y);
    ck_assert_uint_ne(nsc_term_scalar(&e, 1), y);
    ck_assert_uint_eq(nsc_term_scalar(&e, 1), nsc_term_scalar(&e, 1));
    ck_assert_uint_eq(number(2), number(2));
    ck_assert_uint_eq(number(NAN), number(-NAN));
    ck_assert_uint_ne(number(0.0f), number(-0.0f));
    ck_assert_uint_eq(one(NSC_OP_EXP, x), nsc_term_apply(&e, NSC_OP_EXP, x, z, y)); /* what it does not take */
    ck_assert_uint_eq(two(NSC_OP_ADD, x, y), two(NSC_OP_ADD, y, x));
    ck_assert_uint_eq(two(NSC_OP_MUL, x, number(3)), two(NSC_OP_MUL, number(3), x));
    ck_assert_uint_eq(two(NSC_OP_EQUAL, y, x), two(NSC_OP_EQUAL, x, y));
    ck_assert_uint_eq(three(NSC_OP_FMA, y, x, z), three(NSC_OP_FMA, x, y, z));
    ck_assert_uint_ne(three(NSC_OP_FMA, x, y, z), three(NSC_OP_FMA, x, z, y));
    static const uint16_t ordered[] = {NSC_OP_SUB, NSC_OP_DIV, NSC_OP_POW, NSC_OP_LESS, NSC_OP_MAX, NSC_OP_MIN};
    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++)
        ck_assert_uint_ne(two(ordered[i], x, y), two(ordered[i], y, x));
    /* Many, so that the table grows; then all of them again. */
    const size_t before = e.count;
    nsc_term first[1000];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            const nsc_term term = two(NSC_OP_MUL, number(10.0f + (float)i), x);
            ck_assert(round == 0 || term == first[i]);
            first[i] = term;
        }
    ck_assert_uint_eq(e.count, before + 2000);
    done();
}
END_TEST

/* Every float that is special, and some that are not. */
static const float specials[] = {0.0f,       -0.0f,    1,         -1,    2,        -2,        0.5f,    -0.5f,
                                 1.5f,       -2.5f,    3,         88.5f, -104,     1e-38f,    -1e-38f, 0x1p-149f,
                                 -0x1p-149f, 0x1p127f, -0x1p127f, 3e38f, INFINITY, -INFINITY, NAN,     0.3f};
enum { SPECIALS = sizeof specials / sizeof *specials };

static bool same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* An op on floats, as a device rounds. */
static float apply_float(uint16_t op, const float *o)
{
    return op == NSC_OP_FMA ? fmaf(o[0], o[1], o[2]) : (float)nsc_op_evaluate(op, o[0], o[1], o[2]);
}

/* The value with floats between the ops. */
static float run(nsc_term term, const float *inputs)
{
    const nsc_term_node *node = &e.terms[term];
    float o[3] = {0};
    if (node->op == NSC_OP_LOAD)
        return inputs[node->arg];
    if (node->op == NSC_OP_IMMEDIATE)
        return node->value;
    for (unsigned i = 0; i < nsc_op_arity(node->op); i++)
        o[i] = run(node->operands[i], inputs);
    return apply_float(node->op, o);
}

/* Operands that rules look for: an input, another, constants, and terms of one op over them. */
static size_t candidates(nsc_term *list)
{
    static const float constants[] = {0.0f, -0.0f, 1, -1, 2, 0.5f, -3, 0x1p-149f, 0x1p127f, INFINITY, -INFINITY, NAN};
    size_t count = 0;
    list[count++] = x;
    list[count++] = y;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        list[count++] = number(constants[i]);
    list[count++] = one(NSC_OP_NEG, x);
    list[count++] = one(NSC_OP_NEG, y);
    list[count++] = one(NSC_OP_ABS, x);
    list[count++] = one(NSC_OP_FLOOR, x);
    list[count++] = two(NSC_OP_MUL, x, number(3));
    list[count++] = two(NSC_OP_MUL, y, one(NSC_OP_NEG, x));
    list[count++] = two(NSC_OP_LESS, x, y);
    list[count++] = two(NSC_OP_EQUAL, x, number(0));
    for (uint16_t op = NSC_OP_MAX; op <= NSC_OP_MIN; op++)
        for (int swap = 0; swap < 2; swap++)
            for (int c = -1; c < 2; c++)
                list[count++] = two(op, swap ? number((float)c) : x, swap ? x : number((float)c));
    return count;
}

/* Whatever apply makes of it has the value of the op, bit by bit, for all pairs of special values. */
static void check_fold(uint16_t op, const nsc_term *operands)
{
    const nsc_term term = three(op, operands[0], operands[1], operands[2]);
    const nsc_term_node made = e.terms[term];
    if (made.op == op && memcmp(made.operands, operands, nsc_op_arity(op) * sizeof *operands) == 0)
        return;
    for (int i = 0; i < SPECIALS; i++)
        for (int j = 0; j < SPECIALS; j++) {
            const float inputs[] = {specials[i], specials[j], 0};
            float o[3] = {0};
            for (unsigned k = 0; k < nsc_op_arity(op); k++)
                o[k] = run(operands[k], inputs);
            const float before = apply_float(op, o), after = run(term, inputs);
            if (same_float(before, after))
                continue;
            char text[200];
            nsc_expression_print(&e, term, NULL, text, sizeof text);
            ck_abort_msg("op %u became %s: %a, %a gives %a, not %a", op, text, (double)inputs[0], (double)inputs[1],
                         (double)after, (double)before);
        }
}

START_TEST(folding_changes_no_value)
{
    nsc_term list[64];
    start();
    const size_t count = candidates(list);
    ck_assert_uint_le(count, 64);
    for (int op = 0; op < ALL_OPS; op++)
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < (nsc_op_arity(all_ops[op]) > 1 ? count : 1); j++)
                for (size_t k = 0; k < (nsc_op_arity(all_ops[op]) > 2 ? count : 1); k++)
                    check_fold(all_ops[op], (const nsc_term[]){list[i], list[j], list[k]});
    done();
}
END_TEST

START_TEST(what_folds)
{
    start();
    const nsc_term neg = one(NSC_OP_NEG, x), less = two(NSC_OP_LESS, x, y);
    const nsc_term relu = two(NSC_OP_MAX, number(0), x);
    const struct {
        nsc_term got, want;
    } pairs[] = {
        {two(NSC_OP_ADD, number(1), number(2)), number(3)},
        {one(NSC_OP_EXP, number(0)), number(1)},
        {one(NSC_OP_LOG, number(-1)), number(NAN)},
        {two(NSC_OP_DIV, number(1), number(0)), number(INFINITY)},
        {two(NSC_OP_MUL, number(1), number(-0.0f)), number(-0.0f)},
        {three(NSC_OP_FMA, number(1 + 0x1p-23f), number(1 + 0x1p-23f), number(-1)), number(0x1p-22f + 0x1p-46f)},
        {two(NSC_OP_MUL, x, number(1)), x},
        {two(NSC_OP_DIV, x, number(1)), x},
        {two(NSC_OP_SUB, x, number(0)), x},
        {two(NSC_OP_ADD, x, number(-0.0f)), x},
        {two(NSC_OP_SUB, number(-0.0f), x), neg},
        {two(NSC_OP_MUL, x, number(-1)), neg},
        {one(NSC_OP_NEG, neg), x},
        {one(NSC_OP_NEG, two(NSC_OP_MUL, x, number(3))), two(NSC_OP_MUL, x, number(-3))},
        {one(NSC_OP_NEG, two(NSC_OP_MUL, neg, y)), two(NSC_OP_MUL, x, y)},
        {one(NSC_OP_NEG, two(NSC_OP_MUL, y, neg)), two(NSC_OP_MUL, x, y)},
        {one(NSC_OP_ABS, neg), one(NSC_OP_ABS, x)},
        {one(NSC_OP_ABS, one(NSC_OP_ABS, x)), one(NSC_OP_ABS, x)},
        {one(NSC_OP_CEIL, one(NSC_OP_RINT, x)), one(NSC_OP_RINT, x)},
        {two(NSC_OP_ADD, neg, y), two(NSC_OP_SUB, y, x)},
        {two(NSC_OP_SUB, y, neg), two(NSC_OP_ADD, x, y)},
        {two(NSC_OP_ADD, x, number(-3)), two(NSC_OP_SUB, x, number(3))},
        {two(NSC_OP_MUL, neg, one(NSC_OP_NEG, y)), two(NSC_OP_MUL, x, y)},
        {two(NSC_OP_DIV, neg, number(3)), two(NSC_OP_DIV, x, number(-3))},
        {two(NSC_OP_DIV, x, number(4)), two(NSC_OP_MUL, x, number(0.25f))},
        {two(NSC_OP_MAX, x, x), x},
        {two(NSC_OP_MIN, x, x), x},
        {two(NSC_OP_MAX, number(0), relu), relu},
        {two(NSC_OP_MAX, number(1), relu), two(NSC_OP_MAX, number(1), x)},
        {two(NSC_OP_MAX, number(-1), relu), relu},
        {two(NSC_OP_MAX, x, number(-INFINITY)), x},
        {two(NSC_OP_MIN, number(INFINITY), x), x},
        {two(NSC_OP_MAX, x, number(NAN)), number(NAN)},
        {two(NSC_OP_LESS, x, x), number(0)},
        {two(NSC_OP_EQUAL, x, number(NAN)), number(0)},
        {two(NSC_OP_POW, x, number(0)), number(1)},
        {two(NSC_OP_POW, x, number(1)), x},
        {two(NSC_OP_POW, x, number(2)), two(NSC_OP_MUL, x, x)},
        {three(NSC_OP_SELECT, number(0), x, y), y},
        {three(NSC_OP_SELECT, number(NAN), x, y), x},
        {three(NSC_OP_SELECT, less, y, y), y},
        {three(NSC_OP_SELECT, less, number(1), number(0)), less},
        {three(NSC_OP_SELECT, two(NSC_OP_EQUAL, x, number(0)), y, z), three(NSC_OP_SELECT, x, z, y)},
        {three(NSC_OP_FMA, x, number(1), y), two(NSC_OP_ADD, x, y)},
        {three(NSC_OP_FMA, x, number(-1), y), two(NSC_OP_SUB, y, x)},
        {three(NSC_OP_FMA, x, y, number(-0.0f)), two(NSC_OP_MUL, x, y)},
        {three(NSC_OP_FMA, number(3), number(5), x), two(NSC_OP_ADD, x, number(15))},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_msg(pairs[i].got == pairs[i].want, "pair %zu", i);
    done();
}
END_TEST

START_TEST(what_does_not_fold)
{
    start();
    const nsc_term zero = number(0);
    const struct {
        nsc_term got;
        uint16_t op;
    } kept[] = {
        {two(NSC_OP_MUL, x, zero), NSC_OP_MUL},
        {two(NSC_OP_ADD, x, zero), NSC_OP_ADD},
        {two(NSC_OP_SUB, zero, x), NSC_OP_SUB},
        {two(NSC_OP_SUB, x, x), NSC_OP_SUB},
        {two(NSC_OP_DIV, x, x), NSC_OP_DIV},
        {two(NSC_OP_DIV, zero, x), NSC_OP_DIV},
        {two(NSC_OP_DIV, x, number(3)), NSC_OP_DIV},
        {two(NSC_OP_DIV, x, number(0x1p-149f)), NSC_OP_DIV},
        {two(NSC_OP_DIV, x, number(0x1p127f)), NSC_OP_DIV},
        {two(NSC_OP_EQUAL, x, x), NSC_OP_EQUAL},
        {two(NSC_OP_LESS_EQUAL, x, x), NSC_OP_LESS_EQUAL},
        {two(NSC_OP_MAX, zero, two(NSC_OP_MAX, number(-0.0f), x)), NSC_OP_MAX},
        {two(NSC_OP_POW, x, number(0.5f)), NSC_OP_POW},
        {three(NSC_OP_FMA, x, y, zero), NSC_OP_FMA},
        {three(NSC_OP_FMA, number(1 + 0x1p-23f), number(1 + 0x1p-23f), x), NSC_OP_FMA},
        {one(NSC_OP_LOG, one(NSC_OP_EXP, x)), NSC_OP_LOG},
        {one(NSC_OP_SQRT, two(NSC_OP_MUL, x, x)), NSC_OP_SQRT},
    };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        ck_assert_msg(e.terms[kept[i].got].op == kept[i].op, "row %zu", i);
    done();
}
END_TEST

/* What is simple stays as it is: applying a term's op to its operands gives the term. */
START_TEST(folding_is_stable)
{
    uint64_t state = 3;
    for (int i = 0; i < 2000; i++) {
        start();
        random_term(&e, &state, 1 + draw(&state, 40));
        const size_t count = e.count;
        for (size_t t = 0; t < count; t++) {
            const nsc_term_node node = e.terms[t];
            if (nsc_op_arity(node.op) > 0)
                ck_assert_uint_eq(nsc_term_apply(&e, node.op, node.operands[0], node.operands[1], node.operands[2]), t);
        }
        ck_assert_uint_eq(e.count, count);
        done();
    }
}
END_TEST

START_TEST(substitution)
{
    nsc_expression from = {0};
    start();
    const nsc_term a = nsc_term_input(&from, 0), b = nsc_term_input(&from, 1), s = nsc_term_scalar(&from, 4);
    const nsc_term sum = nsc_term_apply(&from, NSC_OP_ADD, nsc_term_apply(&from, NSC_OP_MUL, a, b, 0), s, 0);
    const nsc_term with[] = {one(NSC_OP_EXP, y), number(1)};
    ck_assert_uint_eq(nsc_term_substitute(&e, &from, sum, with, 2),
                      two(NSC_OP_ADD, one(NSC_OP_EXP, y), nsc_term_scalar(&e, 4)));
    ck_assert_uint_eq(nsc_term_substitute(&e, &from, sum, with, 1), /* input 1 stays */
                      two(NSC_OP_ADD, two(NSC_OP_MUL, one(NSC_OP_EXP, y), y), nsc_term_scalar(&e, 4)));
    ck_assert_uint_eq(nsc_term_substitute(&e, &from, sum, NULL, 0),
                      two(NSC_OP_ADD, two(NSC_OP_MUL, x, y), nsc_term_scalar(&e, 4)));
    /* Within one expression, while its terms move. */
    nsc_term chain = x;
    for (int i = 0; i < 100; i++)
        chain = one(i % 2 ? NSC_OP_SIN : NSC_OP_EXP, chain);
    const nsc_term moved = nsc_term_substitute(&e, &e, chain, &z, 1);
    nsc_term want = z;
    for (int i = 0; i < 100; i++)
        want = one(i % 2 ? NSC_OP_SIN : NSC_OP_EXP, want);
    ck_assert_uint_eq(moved, want);
    nsc_expression_clear(&from);
    done();
}
END_TEST

START_TEST(cost_counts_shared_terms_once)
{
    start();
    const nsc_term exp = one(NSC_OP_EXP, x), sum = two(NSC_OP_ADD, exp, number(1));
    ck_assert_uint_eq(nsc_term_cost(&e, x), 0);
    ck_assert_uint_eq(nsc_term_cost(&e, exp), 8);
    ck_assert_uint_eq(nsc_term_cost(&e, two(NSC_OP_DIV, exp, sum)), 10);
    ck_assert_uint_eq(nsc_term_cost(&e, one(NSC_OP_SQRT, two(NSC_OP_MUL, sum, sum))), 11);
    done();
}
END_TEST

static void printed(nsc_term term, const char *const *names, const char *want)
{
    char text[256];
    nsc_expression_print(&e, term, names, text, sizeof text);
    ck_assert_str_eq(text, want);
}

START_TEST(printing)
{
    static const char *const names[] = {"image", NULL, "bias"};
    start();
    const nsc_term sum = two(NSC_OP_ADD, x, y), less = two(NSC_OP_LESS, x, y);
    const nsc_term sigmoid =
        two(NSC_OP_DIV, number(1), two(NSC_OP_ADD, one(NSC_OP_EXP, one(NSC_OP_NEG, x)), number(1)));
    printed(two(NSC_OP_MAX, number(0), two(NSC_OP_ADD, two(NSC_OP_MUL, x, number(2)), y)), NULL, "max(0, x0 * 2 + x1)");
    printed(two(NSC_OP_ADD, two(NSC_OP_MUL, number(2), y), x), NULL, "x1 * 2 + x0");
    printed(two(NSC_OP_ADD, two(NSC_OP_MUL, x, y), z), names, "image * x1 + bias");
    printed(two(NSC_OP_MUL, sum, z), NULL, "(x0 + x1) * x2");
    printed(two(NSC_OP_SUB, x, two(NSC_OP_SUB, y, z)), NULL, "x0 - (x1 - x2)");
    printed(two(NSC_OP_SUB, two(NSC_OP_SUB, x, y), z), NULL, "x0 - x1 - x2");
    printed(two(NSC_OP_DIV, x, two(NSC_OP_MUL, y, z)), NULL, "x0 / (x1 * x2)");
    printed(one(NSC_OP_NEG, sum), NULL, "-(x0 + x1)");
    printed(one(NSC_OP_NEG, one(NSC_OP_EXP, x)), NULL, "-exp(x0)");
    printed(three(NSC_OP_SELECT, less, x, number(0.1f)), NULL, "select(x0 < x1, x0, 0.1)");
    printed(two(NSC_OP_MUL, less, z), NULL, "(x0 < x1) * x2");
    printed(two(NSC_OP_LESS_EQUAL, sum, two(NSC_OP_EQUAL, y, z)), NULL, "x0 + x1 <= (x1 == x2)");
    printed(three(NSC_OP_FMA, x, nsc_term_scalar(&e, 3), number(-1e-7f)), NULL, "fma(x0, s3, -1e-07)");
    printed(two(NSC_OP_POW, x, number(INFINITY)), NULL, "pow(x0, inf)");
    printed(sigmoid, NULL, "1 / (exp(-x0) + 1)");
    printed(two(NSC_OP_MUL, sigmoid, two(NSC_OP_SUB, number(1), sigmoid)), NULL,
            "t0 = 1 / (exp(-x0) + 1); t0 * (1 - t0)");
    printed(number(16777217.0f), NULL, "16777216");
    printed(number(0.333333343f), NULL, "0.33333334");
    char text[12];
    for (size_t capacity = 1; capacity <= sizeof text; capacity++) {
        memset(text, '#', sizeof text);
        nsc_expression_print(&e, sum, NULL, text, capacity);
        ck_assert_uint_eq(strlen(text), capacity - 1 < 7 ? capacity - 1 : 7);
        ck_assert_int_eq(strncmp(text, "x0 + x1", strlen(text)), 0);
        ck_assert(capacity == sizeof text || text[capacity] == '#');
    }
    nsc_expression_print(&e, sum, NULL, text, 0);
    nsc_term deep = x;
    for (int i = 0; i < 100000; i++)
        deep = one(i % 2 ? NSC_OP_SIN : NSC_OP_COS, deep);
    char *whole = malloc(1 << 20);
    nsc_expression_print(&e, deep, NULL, whole, 1 << 20);
    assert_says(whole, "sin(cos(sin(");
    assert_says(whole, "(...)");
    free(whole);
    done();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, equal_terms_are_one);
    tcase_add_test(to, folding_changes_no_value);
    tcase_add_test(to, what_folds);
    tcase_add_test(to, what_does_not_fold);
    tcase_add_test(to, folding_is_stable);
    tcase_add_test(to, substitution);
    tcase_add_test(to, cost_counts_shared_terms_once);
    tcase_add_test(to, printing);
}
