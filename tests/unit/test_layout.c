/* SPDX-License-Identifier: Apache-2.0 */
/* Pins every struct of backend.h: an accepted plug-in depends on these numbers (64-bit ABIs). A new field adds lines; no
 * line ever changes, but for the size of the struct that grew. */
#include <nascent/backend.h>

#include "unit.h"

#define SIZE(TYPE, BYTES) ck_assert_uint_eq(sizeof(TYPE), BYTES)
#define FIELD(TYPE, NAME, OFFSET) ck_assert_uint_eq(offsetof(TYPE, NAME), OFFSET)

START_TEST(layout_of_dtype)
{
    SIZE(nsc_backend_dtype, 4);
    FIELD(nsc_backend_dtype, code, 0);
    FIELD(nsc_backend_dtype, bits, 1);
    FIELD(nsc_backend_dtype, lanes, 2);
}
END_TEST

START_TEST(layout_of_view)
{
    SIZE(nsc_backend_view, 152);
    FIELD(nsc_backend_view, buffer, 0);
    FIELD(nsc_backend_view, rank, 4);
    FIELD(nsc_backend_view, dtype, 8);
    FIELD(nsc_backend_view, reserved, 12);
    FIELD(nsc_backend_view, offset, 16);
    FIELD(nsc_backend_view, dims, 24);
    FIELD(nsc_backend_view, strides, 88);
}
END_TEST

START_TEST(layout_of_binding)
{
    SIZE(nsc_backend_binding, 16);
    FIELD(nsc_backend_binding, buffer, 0);
    FIELD(nsc_backend_binding, offset, 8);
}
END_TEST

START_TEST(layout_of_instruction)
{
    SIZE(nsc_backend_instruction, 4);
    FIELD(nsc_backend_instruction, op, 0);
    FIELD(nsc_backend_instruction, arg, 2);
}
END_TEST

#define NUMBER(OP, VALUE) ck_assert_uint_eq(NSC_OP_##OP, VALUE)

START_TEST(numbers_of_operations)
{
    NUMBER(LOAD, 1);
    NUMBER(LOAD_RAW, 2);
    NUMBER(IMMEDIATE, 3);
    NUMBER(SCALAR, 4);
    NUMBER(STORE, 5);
    NUMBER(STORE_RAW, 6);
    NUMBER(SET, 7);
    NUMBER(GET, 8);
    NUMBER(NEG, 16);
    NUMBER(ABS, 17);
    NUMBER(EXP, 18);
    NUMBER(LOG, 19);
    NUMBER(SQRT, 20);
    NUMBER(RSQRT, 21);
    NUMBER(TANH, 22);
    NUMBER(ERF, 23);
    NUMBER(FLOOR, 24);
    NUMBER(CEIL, 25);
    NUMBER(RINT, 26);
    NUMBER(EXPM1, 27);
    NUMBER(LOG1P, 28);
    NUMBER(SIN, 29);
    NUMBER(COS, 30);
    NUMBER(ADD, 48);
    NUMBER(SUB, 49);
    NUMBER(MUL, 50);
    NUMBER(DIV, 51);
    NUMBER(MAX, 52);
    NUMBER(MIN, 53);
    NUMBER(POW, 54);
    NUMBER(EQUAL, 55);
    NUMBER(LESS, 56);
    NUMBER(LESS_EQUAL, 57);
    NUMBER(SELECT, 80);
    NUMBER(FMA, 81);
}
END_TEST

START_TEST(layout_of_expression)
{
    SIZE(nsc_backend_expression, 48);
    FIELD(nsc_backend_expression, struct_size, 0);
    FIELD(nsc_backend_expression, version, 4);
    FIELD(nsc_backend_expression, code_count, 8);
    FIELD(nsc_backend_expression, immediate_count, 12);
    FIELD(nsc_backend_expression, code, 16);
    FIELD(nsc_backend_expression, immediates, 24);
    FIELD(nsc_backend_expression, input_count, 32);
    FIELD(nsc_backend_expression, output_count, 36);
    FIELD(nsc_backend_expression, scalar_count, 40);
    FIELD(nsc_backend_expression, stack_depth, 44);
}
END_TEST

START_TEST(layout_of_operation)
{
    SIZE(nsc_backend_operation, 8);
    FIELD(nsc_backend_operation, struct_size, 0);
    FIELD(nsc_backend_operation, kind, 4);
}
END_TEST

START_TEST(layout_of_map)
{
    SIZE(nsc_backend_map, 1848);
    FIELD(nsc_backend_map, struct_size, 0);
    FIELD(nsc_backend_map, kind, 4);
    FIELD(nsc_backend_map, expression, 8);
    FIELD(nsc_backend_map, input_count, 16);
    FIELD(nsc_backend_map, output_count, 20);
    FIELD(nsc_backend_map, inputs, 24);
    FIELD(nsc_backend_map, outputs, 1240);
}
END_TEST

START_TEST(layout_of_reduce)
{
    SIZE(nsc_backend_reduce, 1464);
    FIELD(nsc_backend_reduce, struct_size, 0);
    FIELD(nsc_backend_reduce, kind, 4);
    FIELD(nsc_backend_reduce, producer, 8);
    FIELD(nsc_backend_reduce, reduction, 16);
    FIELD(nsc_backend_reduce, reduced_rank, 20);
    FIELD(nsc_backend_reduce, input_count, 24);
    FIELD(nsc_backend_reduce, rank, 28);
    FIELD(nsc_backend_reduce, dims, 32);
    FIELD(nsc_backend_reduce, inputs, 96);
    FIELD(nsc_backend_reduce, output, 1312);
}
END_TEST

START_TEST(layout_of_gemm)
{
    SIZE(nsc_backend_gemm, 472);
    FIELD(nsc_backend_gemm, struct_size, 0);
    FIELD(nsc_backend_gemm, kind, 4);
    FIELD(nsc_backend_gemm, alpha, 8);
    FIELD(nsc_backend_gemm, beta, 12);
    FIELD(nsc_backend_gemm, a, 16);
    FIELD(nsc_backend_gemm, b, 168);
    FIELD(nsc_backend_gemm, c, 320);
}
END_TEST

START_TEST(layout_of_gemm_epilogue)
{
    SIZE(nsc_backend_gemm_epilogue, 1696);
    FIELD(nsc_backend_gemm_epilogue, struct_size, 0);
    FIELD(nsc_backend_gemm_epilogue, kind, 4);
    FIELD(nsc_backend_gemm_epilogue, expression, 8);
    FIELD(nsc_backend_gemm_epilogue, input_count, 16);
    FIELD(nsc_backend_gemm_epilogue, reserved, 20);
    FIELD(nsc_backend_gemm_epilogue, a, 24);
    FIELD(nsc_backend_gemm_epilogue, b, 176);
    FIELD(nsc_backend_gemm_epilogue, c, 328);
    FIELD(nsc_backend_gemm_epilogue, inputs, 480);
}
END_TEST

START_TEST(layout_of_random)
{
    SIZE(nsc_backend_random, 208);
    FIELD(nsc_backend_random, struct_size, 0);
    FIELD(nsc_backend_random, kind, 4);
    FIELD(nsc_backend_random, distribution, 8);
    FIELD(nsc_backend_random, reserved, 12);
    FIELD(nsc_backend_random, seed, 16);
    FIELD(nsc_backend_random, stream, 24);
    FIELD(nsc_backend_random, first, 32);
    FIELD(nsc_backend_random, scale, 40);
    FIELD(nsc_backend_random, shift, 44);
    FIELD(nsc_backend_random, output, 48);
    FIELD(nsc_backend_random, stream_scalars, 200);
    FIELD(nsc_backend_random, reserved2, 204);
    ck_assert_uint_eq(NSC_BACKEND_RANDOM_SIZE, 208);
}
END_TEST

START_TEST(layout_of_gather)
{
    SIZE(nsc_backend_gather, 464);
    FIELD(nsc_backend_gather, struct_size, 0);
    FIELD(nsc_backend_gather, kind, 4);
    FIELD(nsc_backend_gather, source, 8);
    FIELD(nsc_backend_gather, indices, 160);
    FIELD(nsc_backend_gather, output, 312);
}
END_TEST

START_TEST(layout_of_softmax)
{
    SIZE(nsc_backend_softmax, 320);
    FIELD(nsc_backend_softmax, struct_size, 0);
    FIELD(nsc_backend_softmax, kind, 4);
    FIELD(nsc_backend_softmax, logarithm, 8);
    FIELD(nsc_backend_softmax, reserved, 12);
    FIELD(nsc_backend_softmax, input, 16);
    FIELD(nsc_backend_softmax, output, 168);
}
END_TEST

START_TEST(layout_of_info)
{
    SIZE(nsc_backend_info, 600);
    FIELD(nsc_backend_info, struct_size, 0);
    FIELD(nsc_backend_info, kind, 4);
    FIELD(nsc_backend_info, auto_rank, 8);
    FIELD(nsc_backend_info, reserved, 12);
    FIELD(nsc_backend_info, memory_bytes, 16);
    FIELD(nsc_backend_info, name, 24);
    FIELD(nsc_backend_info, vendor, 152);
    FIELD(nsc_backend_info, platform, 280);
    FIELD(nsc_backend_info, driver, 408);
    FIELD(nsc_backend_info, id, 536);
}
END_TEST

START_TEST(layout_of_limits)
{
    SIZE(nsc_backend_limits, 320);
    FIELD(nsc_backend_limits, struct_size, 0);
    FIELD(nsc_backend_limits, flags, 4);
    FIELD(nsc_backend_limits, storage_dtypes, 8);
    FIELD(nsc_backend_limits, optional_kinds, 12);
    FIELD(nsc_backend_limits, expression_version, 16);
    FIELD(nsc_backend_limits, max_rank, 20);
    FIELD(nsc_backend_limits, alignment, 24);
    FIELD(nsc_backend_limits, threads, 28);
    FIELD(nsc_backend_limits, memory_bytes, 32);
    FIELD(nsc_backend_limits, max_buffer_bytes, 40);
    FIELD(nsc_backend_limits, max_work_group, 48);
    FIELD(nsc_backend_limits, reserved, 52);
    FIELD(nsc_backend_limits, local_memory_bytes, 56);
    FIELD(nsc_backend_limits, note, 64);
}
END_TEST

START_TEST(layout_of_stats)
{
    SIZE(nsc_backend_stats, 32);
    FIELD(nsc_backend_stats, struct_size, 0);
    FIELD(nsc_backend_stats, reserved, 4);
    FIELD(nsc_backend_stats, programs_built, 8);
    FIELD(nsc_backend_stats, programs_loaded, 16);
    FIELD(nsc_backend_stats, programs_refused, 24);
}
END_TEST

START_TEST(layout_of_host)
{
    SIZE(nsc_backend_host, 64);
    FIELD(nsc_backend_host, struct_size, 0);
    FIELD(nsc_backend_host, abi_major, 4);
    FIELD(nsc_backend_host, context, 8);
    FIELD(nsc_backend_host, log, 16);
    FIELD(nsc_backend_host, fail, 24);
    FIELD(nsc_backend_host, cache_get, 32);
    FIELD(nsc_backend_host, cache_put, 40);
    FIELD(nsc_backend_host, normal_table, 48);
    FIELD(nsc_backend_host, threads, 56);
    FIELD(nsc_backend_host, reserved, 60);
}
END_TEST

START_TEST(layout_of_open_args)
{
    SIZE(nsc_backend_open_args, 32);
    FIELD(nsc_backend_open_args, struct_size, 0);
    FIELD(nsc_backend_open_args, index, 4);
    FIELD(nsc_backend_open_args, host, 8);
    FIELD(nsc_backend_open_args, native_kind, 16);
    FIELD(nsc_backend_open_args, native_bytes, 20);
    FIELD(nsc_backend_open_args, native, 24);
}
END_TEST

START_TEST(layout_of_table)
{
    SIZE(nsc_backend_table, 216);
    FIELD(nsc_backend_table, struct_size, 0);
    FIELD(nsc_backend_table, abi_major, 4);
    FIELD(nsc_backend_table, abi_minor, 8);
    FIELD(nsc_backend_table, flags, 12);
    FIELD(nsc_backend_table, name, 16);
    FIELD(nsc_backend_table, version, 24);
    FIELD(nsc_backend_table, build_tag, 32);
    FIELD(nsc_backend_table, enumerate, 40);
    FIELD(nsc_backend_table, open, 48);
    FIELD(nsc_backend_table, close, 56);
    FIELD(nsc_backend_table, alloc, 64);
    FIELD(nsc_backend_table, free, 72);
    FIELD(nsc_backend_table, write, 80);
    FIELD(nsc_backend_table, read, 88);
    FIELD(nsc_backend_table, prepare, 96);
    FIELD(nsc_backend_table, launch, 104);
    FIELD(nsc_backend_table, release, 112);
    FIELD(nsc_backend_table, finish, 120);
    FIELD(nsc_backend_table, queue_open, 128);
    FIELD(nsc_backend_table, queue_close, 136);
    FIELD(nsc_backend_table, prepare_many, 144);
    FIELD(nsc_backend_table, stats, 152);
    FIELD(nsc_backend_table, trim, 160);
    FIELD(nsc_backend_table, map_host, 168);
    FIELD(nsc_backend_table, unmap_host, 176);
    FIELD(nsc_backend_table, profile_start, 184);
    FIELD(nsc_backend_table, launch_timed, 192);
    FIELD(nsc_backend_table, profile_read, 200);
    FIELD(nsc_backend_table, profile_stop, 208);
}
END_TEST

START_TEST(layout_of_time)
{
    SIZE(nsc_backend_time, 24);
    FIELD(nsc_backend_time, tag, 0);
    FIELD(nsc_backend_time, start, 8);
    FIELD(nsc_backend_time, end, 16);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, layout_of_dtype);
    tcase_add_test(to, layout_of_view);
    tcase_add_test(to, layout_of_binding);
    tcase_add_test(to, layout_of_instruction);
    tcase_add_test(to, numbers_of_operations);
    tcase_add_test(to, layout_of_expression);
    tcase_add_test(to, layout_of_operation);
    tcase_add_test(to, layout_of_map);
    tcase_add_test(to, layout_of_reduce);
    tcase_add_test(to, layout_of_gemm);
    tcase_add_test(to, layout_of_gemm_epilogue);
    tcase_add_test(to, layout_of_random);
    tcase_add_test(to, layout_of_gather);
    tcase_add_test(to, layout_of_softmax);
    tcase_add_test(to, layout_of_info);
    tcase_add_test(to, layout_of_limits);
    tcase_add_test(to, layout_of_stats);
    tcase_add_test(to, layout_of_host);
    tcase_add_test(to, layout_of_open_args);
    tcase_add_test(to, layout_of_table);
    tcase_add_test(to, layout_of_time);
}
