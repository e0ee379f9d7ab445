/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of programs: depth, immediates, limits. */
#include "core/graph/program.h"

#include <math.h>

#include "unit.h"

START_TEST(depth_is_counted)
{
    static const struct {
        uint16_t op;
        int depth;
    } steps[] = {{NSC_OP_LOAD, 1},      {NSC_OP_NEG, 1},      {NSC_OP_SET, 1},    {NSC_OP_GET, 2},
                 {NSC_OP_ADD, 1},       {NSC_OP_LOAD_RAW, 2}, {NSC_OP_SCALAR, 3}, {NSC_OP_SELECT, 1},
                 {NSC_OP_IMMEDIATE, 2}, {NSC_OP_MAX, 1},      {NSC_OP_STORE, 0},  {NSC_OP_LOAD_RAW, 1},
                 {NSC_OP_STORE_RAW, 0}};
    nsc_program program = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        nsc_program_emit(&program, steps[i].op, 0);
        ck_assert_int_eq(program.depth, steps[i].depth);
    }
    ck_assert_int_eq(program.deepest, 3);
    ck_assert(!program.outgrown);
}
END_TEST

START_TEST(immediates_are_shared_bit_by_bit)
{
    nsc_program program = {0};
    const float values[] = {0.0f, -0.0f, 1.5f, (float)NAN, 0.0f, 1.5f, (float)NAN, -0.0f};
    const uint32_t at[] = {0, 1, 2, 3, 0, 2, 3, 1};
    for (size_t i = 0; i < 8; i++) {
        nsc_program_immediate(&program, values[i]);
        ck_assert_uint_eq(program.code[i].op, NSC_OP_IMMEDIATE);
        ck_assert_uint_eq(program.code[i].arg, at[i]);
    }
    ck_assert_uint_eq(program.immediate_count, 4);
    ck_assert(signbit(program.immediates[1]) && !signbit(program.immediates[0]) && isnan(program.immediates[3]));
}
END_TEST

START_TEST(a_limit_is_reached_and_passed)
{
    nsc_program deep = {0}, full = {0}, constant = {0}, wide = {0};
    for (int i = 0; i < NSC_BACKEND_MAX_STACK; i++)
        nsc_program_emit(&deep, NSC_OP_LOAD, 0);
    ck_assert(!deep.outgrown);
    nsc_program_emit(&deep, NSC_OP_LOAD, 0);
    ck_assert(deep.outgrown && deep.code_count == NSC_BACKEND_MAX_STACK);
    nsc_program_emit(&full, NSC_OP_LOAD, 0);
    for (int i = 1; i < NSC_BACKEND_MAX_CODE; i++)
        nsc_program_emit(&full, NSC_OP_NEG, 0);
    ck_assert(!full.outgrown && full.code_count == NSC_BACKEND_MAX_CODE);
    nsc_program_emit(&full, NSC_OP_STORE, 0);
    ck_assert(full.outgrown && full.code_count == NSC_BACKEND_MAX_CODE);
    for (int i = 0; i < NSC_BACKEND_MAX_IMMEDIATES; i++) {
        nsc_program_immediate(&constant, (float)i);
        nsc_program_emit(&constant, NSC_OP_STORE, 0);
    }
    ck_assert_int_eq(constant.outgrown, 2 * NSC_BACKEND_MAX_IMMEDIATES > NSC_BACKEND_MAX_CODE);
    constant.outgrown = false;
    constant.code_count = 0;
    nsc_program_immediate(&constant, 0.0f); /* one that is there */
    ck_assert(!constant.outgrown);
    nsc_program_immediate(&constant, -1.0f);
    ck_assert(constant.outgrown && constant.immediate_count == NSC_BACKEND_MAX_IMMEDIATES);
    nsc_program_emit(&wide, NSC_OP_LOAD, UINT16_MAX);
    ck_assert(!wide.outgrown);
    nsc_program_emit(&wide, NSC_OP_LOAD, UINT16_MAX + 1u);
    ck_assert(wide.outgrown && wide.code_count == 1);
}
END_TEST

START_TEST(a_finished_program_is_a_copy)
{
    nsc_arena arena = {0};
    nsc_program program = {0};
    nsc_program_emit(&program, NSC_OP_LOAD, 1);
    nsc_program_immediate(&program, 2.0f);
    nsc_program_emit(&program, NSC_OP_MUL, 0);
    nsc_program_emit(&program, NSC_OP_SCALAR, 4);
    nsc_program_emit(&program, NSC_OP_ADD, 0);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    const nsc_backend_expression *finished = nsc_program_finish(&program, &arena, 2, 1);
    memset(&program, 0xff, sizeof program);
    ck_assert(finished->version == 1 && finished->input_count == 2 && finished->output_count == 1);
    ck_assert(finished->code_count == 6 && finished->scalar_count == 5 && finished->immediate_count == 1 &&
              finished->stack_depth == 2);
    ck_assert(finished->code[0].op == NSC_OP_LOAD && finished->code[0].arg == 1);
    ck_assert(finished->code[2].op == NSC_OP_MUL && finished->immediates[0] == 2.0f);
    nsc_arena_clear(&arena);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, depth_is_counted);
    tcase_add_test(to, immediates_are_shared_bit_by_bit);
    tcase_add_test(to, a_limit_is_reached_and_passed);
    tcase_add_test(to, a_finished_program_is_a_copy);
}
