/* SPDX-License-Identifier: Apache-2.0 */
/* From terms to programs and back: sharing through temporaries, the depth of the stack, limits. */
#include <math.h>

#include "core/device/validate.h"
#include "core/graph/term.h"
#include "random_term.h"
#include "unit.h"

static nsc_expression e;
static nsc_program program;
static nsc_arena arena;

static nsc_term one(uint16_t op, nsc_term a)
{
    return nsc_term_apply(&e, op, a, 0, 0);
}

static nsc_term two(uint16_t op, nsc_term a, nsc_term b)
{
    return nsc_term_apply(&e, op, a, b, 0);
}

static bool write_terms(const nsc_term *outputs, uint32_t count)
{
    program = (nsc_program){0};
    return nsc_expression_write(&e, outputs, count, &program);
}

static const nsc_backend_expression *finished(uint32_t outputs)
{
    char why[192];
    const nsc_backend_expression *result = nsc_program_finish(&program, &arena, RANDOM_INPUTS, outputs);
    ck_assert_msg(nsc_expression_valid(result, why, sizeof why), "%s", why);
    return result;
}

static uint32_t count_op(uint16_t op)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < program.code_count; i++)
        count += program.code[i].op == op;
    return count;
}

/* Written and read back they are the same terms. */
static void check_round_trip(const nsc_term *outputs, uint32_t count)
{
    nsc_term again[NSC_BACKEND_MAX_OUTPUTS];
    ck_assert(write_terms(outputs, count));
    const size_t terms = e.count;
    ck_assert(nsc_expression_read(&e, finished(count), again));
    ck_assert_uint_eq(e.count, terms);
    for (uint32_t i = 0; i < count; i++)
        ck_assert_uint_eq(again[i], outputs[i]);
}

static void done(void)
{
    ck_assert(!e.failed);
    nsc_expression_clear(&e);
    nsc_arena_clear(&arena);
}

START_TEST(random_round_trips)
{
    uint64_t state = 11;
    int written = 0, with_temporaries = 0, full = 0;
    for (int i = 0; i < 5000; i++) {
        nsc_term outputs[NSC_BACKEND_MAX_OUTPUTS];
        const uint32_t count = 1 + draw(&state, NSC_BACKEND_MAX_OUTPUTS), size = 1 + draw(&state, i % 5 ? 20 : 100);
        for (uint32_t o = 0; o < count; o++)
            outputs[o] = random_term(&e, &state, size);
        if (write_terms(outputs, count)) {
            check_round_trip(outputs, count);
            written++;
            with_temporaries += count_op(NSC_OP_SET) > 0;
            full += count_op(NSC_OP_SET) >= NSC_BACKEND_MAX_TEMPS;
        } else {
            ck_assert(program.outgrown && program.code_count == 0 && program.depth == 0);
        }
        done();
    }
    ck_assert_int_ge(written, 4000);
    ck_assert_int_ge(with_temporaries, 1000);
    ck_assert_int_ge(full, 100);
}
END_TEST

/* Read into an empty expression, the value is the same. */
START_TEST(reading_elsewhere_keeps_the_value)
{
    uint64_t state = 12;
    for (int i = 0; i < 500; i++) {
        nsc_expression other = {0};
        nsc_term term = random_term(&e, &state, 15), copy;
        ck_assert(write_terms(&term, 1));
        ck_assert(nsc_expression_read(&other, finished(1), &copy));
        for (int j = 0; j < 5; j++) {
            const double inputs[] = {draw_number(&state), draw_number(&state), draw_number(&state)};
            const double scalars[] = {draw_number(&state), draw_number(&state)};
            const double want = nsc_term_evaluate(&e, term, inputs, scalars);
            const double got = nsc_term_evaluate(&other, copy, inputs, scalars);
            ck_assert(got == want || (isnan(got) && isnan(want)));
        }
        nsc_expression_clear(&other);
        done();
    }
}
END_TEST

START_TEST(a_shared_term_is_computed_once)
{
    const nsc_term x = nsc_term_input(&e, 0), exp = one(NSC_OP_EXP, x), neg = one(NSC_OP_NEG, x);
    const nsc_term ratio = two(NSC_OP_DIV, exp, two(NSC_OP_ADD, exp, nsc_term_constant(&e, 1)));
    check_round_trip(&ratio, 1);
    ck_assert_uint_eq(count_op(NSC_OP_EXP), 1);
    ck_assert_uint_eq(count_op(NSC_OP_SET), 1);
    ck_assert_uint_eq(count_op(NSC_OP_GET), 1);
    /* Across outputs, and an output that another is computed from. */
    const nsc_term outputs[] = {ratio, exp, two(NSC_OP_MUL, ratio, ratio)};
    check_round_trip(outputs, 3);
    ck_assert_uint_eq(count_op(NSC_OP_EXP), 1);
    ck_assert_uint_eq(count_op(NSC_OP_DIV), 1);
    /* One negation is no dearer than SET and GET. */
    const nsc_term twice = two(NSC_OP_DIV, neg, two(NSC_OP_POW, neg, x));
    check_round_trip(&twice, 1);
    ck_assert_uint_eq(count_op(NSC_OP_SET), 0);
    ck_assert_uint_eq(count_op(NSC_OP_NEG), 2);
    done();
}
END_TEST

START_TEST(temporaries_are_used_again)
{
    nsc_term sum = nsc_term_input(&e, 0);
    for (int i = 0; i < 20; i++) { /* each dies before the next */
        const nsc_term sine = one(NSC_OP_SIN, sum);
        sum = two(NSC_OP_DIV, sine, two(NSC_OP_ADD, sine, nsc_term_constant(&e, (float)i)));
    }
    check_round_trip(&sum, 1);
    ck_assert_uint_eq(count_op(NSC_OP_SIN), 20);
    done();
}
END_TEST

/* Twelve terms are wanted alive at once; eight are, and the cheapest are computed again. */
START_TEST(too_many_to_keep)
{
    nsc_term sum = nsc_term_input(&e, 1), product = sum;
    for (int i = 0; i < 12; i++) {
        nsc_term shared = two(NSC_OP_ADD, nsc_term_input(&e, 0), nsc_term_constant(&e, (float)i + 1));
        shared = i < 8 ? one(NSC_OP_LOG, shared) : one(NSC_OP_SQRT, shared);
        sum = two(NSC_OP_SUB, sum, shared);
        product = two(NSC_OP_DIV, product, shared);
    }
    const nsc_term outputs[] = {sum, product};
    check_round_trip(outputs, 2);
    ck_assert_uint_eq(count_op(NSC_OP_LOG), 8);
    ck_assert_uint_eq(count_op(NSC_OP_SQRT), 8);
    ck_assert_uint_eq(count_op(NSC_OP_SET), 8);
    done();
}
END_TEST

START_TEST(the_stack_stays_shallow)
{
    const nsc_term x = nsc_term_input(&e, 0), y = nsc_term_input(&e, 1);
    nsc_term sum = x, fma = x, difference = x;
    for (int i = 0; i < 40; i++) {
        sum = two(NSC_OP_ADD, y, one(NSC_OP_TANH, sum));
        fma = nsc_term_apply(&e, NSC_OP_FMA, y, one(NSC_OP_COS, fma), x);
        difference = two(NSC_OP_SUB, y, one(NSC_OP_COS, difference));
        if (i == NSC_BACKEND_MAX_STACK - 2) {
            check_round_trip(&difference, 1);
            ck_assert_int_eq(program.deepest, NSC_BACKEND_MAX_STACK);
        }
    }
    check_round_trip(&sum, 1);
    ck_assert_int_eq(program.deepest, 2);
    check_round_trip(&fma, 1);
    ck_assert_int_eq(program.deepest, 3);
    ck_assert(!write_terms(&difference, 1)); /* order matters there */
    ck_assert(program.outgrown && program.code_count == 0);
    done();
}
END_TEST

START_TEST(a_limit_is_reached_and_passed)
{
    const nsc_term x = nsc_term_input(&e, 0);
    nsc_term chain = x, many = x;
    for (int i = 0; i < NSC_BACKEND_MAX_CODE - 2; i++)
        chain = one(i % 2 ? NSC_OP_SIN : NSC_OP_COS, chain);
    check_round_trip(&chain, 1);
    ck_assert_uint_eq(program.code_count, NSC_BACKEND_MAX_CODE);
    chain = one(NSC_OP_EXP, chain);
    ck_assert(!write_terms(&chain, 1) && program.outgrown && program.code_count == 0);
    for (int i = 0; i < 1000; i++) /* more terms than any program has */
        chain = one(i % 2 ? NSC_OP_SIN : NSC_OP_COS, chain);
    ck_assert(!write_terms(&chain, 1) && program.outgrown);
    for (int i = 0; i < NSC_BACKEND_MAX_IMMEDIATES; i++)
        many = two(NSC_OP_MUL, many, nsc_term_constant(&e, (float)i + 2));
    check_round_trip(&many, 1);
    many = two(NSC_OP_MUL, many, nsc_term_constant(&e, 1000));
    ck_assert(!write_terms(&many, 1) && program.outgrown && program.immediate_count == 0);
    /* Shared at every level: 2^60 instructions without temporaries, 60 with one. */
    nsc_term doubling = x;
    for (int i = 0; i < 60; i++)
        doubling = two(NSC_OP_ADD, doubling, one(NSC_OP_SIN, doubling));
    check_round_trip(&doubling, 1);
    ck_assert_uint_eq(count_op(NSC_OP_SIN), 60);
    done();
}
END_TEST

START_TEST(writing_appends)
{
    const nsc_term x = nsc_term_input(&e, 0), sine = one(NSC_OP_SIN, nsc_term_constant(&e, 3));
    const nsc_term twice = two(NSC_OP_MUL, x, nsc_term_constant(&e, 2));
    program = (nsc_program){0};
    nsc_program_immediate(&program, 2);
    nsc_program_emit(&program, NSC_OP_STORE, 1);
    ck_assert(nsc_expression_write(&e, &twice, 1, &program));
    ck_assert_uint_eq(program.code_count, 6);
    ck_assert_uint_eq(program.immediate_count, 1);
    ck_assert_uint_eq(program.code[5].op, NSC_OP_STORE);
    ck_assert_uint_eq(program.code[5].arg, 0);
    finished(2);
    ck_assert_uint_eq(e.terms[sine].op, NSC_OP_IMMEDIATE);
    done();
}
END_TEST

START_TEST(reading_refuses)
{
    nsc_term outputs[NSC_BACKEND_MAX_OUTPUTS] = {0};
    static const nsc_backend_instruction underflow[] = {{NSC_OP_LOAD, 0}, {NSC_OP_ADD, 0}, {NSC_OP_STORE, 0}};
    static const nsc_backend_instruction raw[] = {{NSC_OP_LOAD_RAW, 0}, {NSC_OP_STORE_RAW, 0}};
    nsc_backend_expression bad = {.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                  .version = 1,
                                  .code = underflow,
                                  .code_count = 3,
                                  .input_count = 1,
                                  .output_count = 1,
                                  .stack_depth = 1};
    ck_assert(!nsc_expression_read(&e, NULL, outputs));
    ck_assert(!nsc_expression_read(&e, &bad, outputs));
    ck_assert_uint_eq(e.count, 0);
    bad.code = raw;
    bad.code_count = 2;
    ck_assert(nsc_expression_read(&e, &bad, outputs));
    ck_assert_uint_eq(outputs[0], nsc_term_input(&e, 0));
    done();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, random_round_trips);
    tcase_add_test(to, reading_elsewhere_keeps_the_value);
    tcase_add_test(to, a_shared_term_is_computed_once);
    tcase_add_test(to, temporaries_are_used_again);
    tcase_add_test(to, too_many_to_keep);
    tcase_add_test(to, the_stack_stays_shallow);
    tcase_add_test(to, a_limit_is_reached_and_passed);
    tcase_add_test(to, writing_appends);
    tcase_add_test(to, reading_refuses);
}
