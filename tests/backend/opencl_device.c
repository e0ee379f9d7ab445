/* SPDX-License-Identifier: Apache-2.0 */
/* What only this backend has: program counts, the cache of binaries, the interpreter's rule, forks. Runs the suites. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "opencl.h"
#include "suites.h"

test_bench suite_bench;
test_host suite_host;

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};

/* x + constant over (rows, columns); the constant makes the program's identity. */
typedef struct shifted {
    nsc_backend_instruction code[4];
    float constant[1];
    nsc_backend_expression expression;
    nsc_backend_map map;
} shifted;

static const nsc_backend_operation *shifted_map(shifted *x, float constant, int64_t rows, int64_t columns)
{
    const int64_t dims[2] = {rows, columns};
    *x = (shifted){
        .code = {{NSC_OP_LOAD, 0}, {NSC_OP_IMMEDIATE, 0}, {NSC_OP_ADD, 0}, {NSC_OP_STORE, 0}},
        .constant = {constant},
        .expression = {.struct_size = sizeof x->expression,
                       .version = 1,
                       .code_count = 4,
                       .immediate_count = 1,
                       .input_count = 1,
                       .output_count = 1,
                       .stack_depth = 2},
        .map = {.struct_size = NSC_BACKEND_MAP_SIZE, .kind = NSC_BACKEND_MAP, .input_count = 1, .output_count = 1}};
    x->expression.code = x->code;
    x->expression.immediates = x->constant;
    x->map.expression = &x->expression;
    x->map.inputs[0] = test_view(0, f32, 2, dims);
    x->map.outputs[0] = test_view(1, f32, 2, dims);
    return (const nsc_backend_operation *)&x->map;
}

/* Prepares count maps with different constants at once, runs the last, and releases all. */
static void prepare_maps(test_bench *bench, uint32_t count, float first, int64_t rows, int64_t columns)
{
    shifted maps[8];
    const nsc_backend_operation *operations[8] = {NULL};
    nsc_backend_step *steps[8];
    nsc_backend_status statuses[8];
    const size_t total = (size_t)(rows * columns);
    for (uint32_t i = 0; i < count; i++)
        operations[i] = shifted_map(&maps[i], first + (float)i, rows, columns);
    int status = bench->table->prepare_many(bench->device, count, operations, steps, statuses);
    ck_assert_msg(status == NSC_BACKEND_OK, "prepare_many: %d %s", status, bench->host->failure);
    for (uint32_t i = 0; i + 1 < count; i++)
        bench->table->release(bench->device, steps[i]);
    float *x = calloc(total, 4), *out = calloc(total, 4);
    const test_operand operands[] = {{x, NULL, total * 4}, {NULL, out, total * 4}};
    test_bench_launch(bench, steps[count - 1], operands, 2, NULL, 0);
    for (size_t i = 0; i < total; i++)
        ck_assert(out[i] == first + (float)(count - 1));
    free(x);
    free(out);
}

START_TEST(opencl_one_build_for_a_plan_and_none_for_another_size)
{
    const uint64_t before = test_bench_stats(&suite_bench).programs_built;
    prepare_maps(&suite_bench, 5, 100.0f, 3, 40);
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, before + 1);
    prepare_maps(&suite_bench, 5, 100.0f, 70, 300);
    prepare_maps(&suite_bench, 3, 100.0f, 1, 5000);
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, before + 1);
}
END_TEST

/* Alone and small: interpreted, one program for all. Alone and large: built. */
START_TEST(opencl_a_rare_program_is_interpreted)
{
    shifted x;
    float in[1024] = {0}, out[1024];
    const test_operand operands[] = {{in, NULL, sizeof in}, {NULL, out, sizeof out}};
    test_bench_run(&suite_bench, shifted_map(&x, 200.0f, 32, 32), operands, 2, NULL, 0);
    const uint64_t before = test_bench_stats(&suite_bench).programs_built;
    for (int i = 1; i < 20; i++) {
        test_bench_run(&suite_bench, shifted_map(&x, 200.0f + (float)i, 32, 32), operands, 2, NULL, 0);
        ck_assert(out[1023] == 200.0f + (float)i);
    }
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, before);
    prepare_maps(&suite_bench, 1, 300.0f, 33, 32);
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, before + 1);
}
END_TEST

/* The cache of binaries: a second device loads; a spoilt binary is compiled again. */
START_TEST(opencl_binaries_are_only_hints)
{
    test_host host;
    test_bench bench;
    test_host_init(&host);
    test_bench_open(&bench, &host);
    prepare_maps(&bench, 2, 400.0f, 9, 9);
    const nsc_backend_stats cold = test_bench_stats(&bench);
    test_bench_close(&bench);
    ck_assert_uint_ge(cold.programs_built, 1);
    ck_assert_uint_eq(cold.programs_loaded, 0);

    test_bench_open(&bench, &host);
    ck_assert_uint_eq(test_bench_stats(&bench).programs_loaded, 0); /* the self-check is remembered */
    prepare_maps(&bench, 2, 400.0f, 9, 9);
    const nsc_backend_stats warm = test_bench_stats(&bench);
    test_bench_close(&bench);
    ck_assert_uint_eq(warm.programs_built, 0);
    ck_assert_uint_eq(warm.programs_loaded, 1);

    /* Other drivers abort on such bytes, which is why core keeps a checksum: only here do they reach one. */
    nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE};
    ck_assert_int_eq(suite_bench.table->enumerate(&host.host, 0, &info), NSC_BACKEND_OK);
    const bool refuses = strstr(info.platform, "Portable Computing Language") != NULL;
    for (unsigned i = 0; i < host.entry_count && refuses; i++)
        if (host.entries[i].bytes > 64)
            memset(host.entries[i].data, 0, 64); /* a head that every driver must refuse */
    test_bench_open(&bench, &host);
    prepare_maps(&bench, 2, 400.0f, 9, 9);
    const nsc_backend_stats spoilt = test_bench_stats(&bench);
    test_bench_close(&bench);
    ck_assert_uint_eq(spoilt.programs_built, refuses);
    ck_assert_uint_eq(spoilt.programs_loaded, !refuses);
    ck_assert_uint_eq(spoilt.programs_refused, refuses);
    test_host_free(&host);
}
END_TEST

START_TEST(opencl_enumerate_and_open)
{
    const nsc_backend_table *table = suite_bench.table;
    nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE}, again = {.struct_size = NSC_BACKEND_INFO_SIZE};
    nsc_backend_limits limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE};
    nsc_backend_device *device = NULL;
    ck_assert_int_eq(table->enumerate(&suite_host.host, 0, &info), NSC_BACKEND_OK);
    ck_assert_int_eq(table->enumerate(&suite_host.host, 0, &again), NSC_BACKEND_OK);
    ck_assert_str_eq(info.id, again.id);
    ck_assert_int_gt((int)strlen(info.name), 0);
    ck_assert(info.kind == NSC_BACKEND_GPU ? info.auto_rank == 300 : info.auto_rank == 0);
    ck_assert_int_eq(table->enumerate(&suite_host.host, 1000, &info), NSC_BACKEND_END);
    nsc_backend_open_args args = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .index = 1000, .host = &suite_host.host};
    ck_assert_int_eq(table->open(&args, &device, &limits), NSC_BACKEND_UNAVAILABLE);
    args.native_kind = 1;
    ck_assert_int_eq(table->open(&args, &device, &limits), NSC_BACKEND_UNSUPPORTED);
    ck_assert_ptr_null(device);
    ck_assert_uint_ge(suite_bench.limits.alignment, 512);
    ck_assert_uint_le(suite_bench.limits.max_work_group, 256);
}
END_TEST

START_TEST(opencl_memory)
{
    const nsc_backend_table *table = suite_bench.table;
    nsc_backend_buffer *buffer = NULL;
    unsigned char in[5000], out[5000] = {0};
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)test_word();
    ck_assert_int_eq(table->alloc(suite_bench.device, 8192, &buffer), NSC_BACKEND_OK);
    ck_assert_int_eq(table->write(suite_bench.device, NULL, buffer, 77, sizeof in, in), NSC_BACKEND_OK);
    ck_assert_int_eq(table->read(suite_bench.device, NULL, buffer, 77, sizeof out, out), NSC_BACKEND_OK);
    ck_assert_mem_eq(in, out, sizeof in);
    ck_assert_int_eq(table->finish(suite_bench.device, NULL), NSC_BACKEND_OK);
    table->free(suite_bench.device, buffer);
    ck_assert_int_eq(table->alloc(suite_bench.device, suite_bench.limits.max_buffer_bytes + 1, &buffer),
                     NSC_BACKEND_NO_MEMORY);
    ck_assert_ptr_null(buffer);
    ck_assert_ptr_nonnull(strstr(suite_host.failure, "CL_INVALID_BUFFER_SIZE"));
}
END_TEST

/* A view sees what was written before; memory of the device's own is not shown. */
START_TEST(opencl_host_views)
{
    const nsc_backend_table *table = suite_bench.table;
    nsc_backend_device *device = suite_bench.device;
    nsc_backend_buffer *buffer = NULL;
    unsigned char in[5000];
    const void *seen = in;
    const bool unified = device->unified;
    ck_assert_int_eq(table->alloc(device, 8192, &buffer), NSC_BACKEND_OK);
    for (int round = 0; round < 2 && unified; round++) {
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = (unsigned char)test_word();
        ck_assert_int_eq(table->write(device, NULL, buffer, 77, sizeof in, in), NSC_BACKEND_OK);
        ck_assert_int_eq(table->map_host(device, NULL, buffer, 77, sizeof in, &seen), NSC_BACKEND_OK);
        ck_assert_mem_eq(seen, in, sizeof in);
        ck_assert_int_eq(table->unmap_host(device, NULL, buffer), NSC_BACKEND_OK);
    }
    device->unified = false;
    ck_assert_int_eq(table->map_host(device, NULL, buffer, 0, 64, &seen), NSC_BACKEND_UNSUPPORTED);
    ck_assert_ptr_null(seen);
    ck_assert_ptr_nonnull(strstr(suite_host.failure, "CL_DEVICE_HOST_UNIFIED_MEMORY"));
    device->unified = true;
    ck_assert_int_eq(table->map_host(device, NULL, buffer, 8192, 64, &seen), NSC_BACKEND_FAILED);
    ck_assert_ptr_null(seen);
    ck_assert_ptr_nonnull(strstr(suite_host.failure, "clEnqueueMapBuffer(): CL_INVALID_VALUE"));
    device->unified = unified;
    if (unified) /* a mapping that nobody ends goes with its buffer */
        ck_assert_int_eq(table->map_host(device, NULL, buffer, 0, 64, &seen), NSC_BACKEND_OK);
    table->free(device, buffer);
    ck_assert_int_eq(table->finish(device, NULL), NSC_BACKEND_OK);
}
END_TEST

/* In a forked child every entry answers and no driver is called: it would hang. */
START_TEST(opencl_a_forked_child_is_refused)
{
    const nsc_backend_table *table = suite_bench.table;
    nsc_backend_buffer *ours = NULL;
    ck_assert_int_eq(table->alloc(suite_bench.device, 64, &ours), NSC_BACKEND_OK);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        shifted x;
        nsc_backend_buffer *buffer = NULL;
        nsc_backend_step *step = NULL;
        nsc_backend_device *device = NULL;
        nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE};
        nsc_backend_limits limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE};
        const nsc_backend_open_args args = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .host = &suite_host.host};
        alarm(20);
        int refused = table->alloc(suite_bench.device, 64, &buffer) == NSC_BACKEND_FAILED;
        refused += strstr(suite_host.failure, "forked") != NULL;
        const void *seen = NULL;
        refused += table->map_host(suite_bench.device, NULL, ours, 0, 64, &seen) == NSC_BACKEND_FAILED;
        refused += table->unmap_host(suite_bench.device, NULL, ours) == NSC_BACKEND_FAILED;
        refused += table->finish(suite_bench.device, NULL) == NSC_BACKEND_FAILED;
        refused += table->prepare(suite_bench.device, shifted_map(&x, 1.0f, 2, 2), &step) == NSC_BACKEND_FAILED;
        refused += table->enumerate(&suite_host.host, 0, &info) == NSC_BACKEND_FAILED;
        refused += table->open(&args, &device, &limits) == NSC_BACKEND_FAILED;
        table->close(suite_bench.device);
        _exit(refused == 8 ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with %d", status);
    table->free(suite_bench.device, ours);
}
END_TEST

TCase *opencl_device_cases(void)
{
    TCase *tests = tcase_create("device");
    tcase_add_test(tests, opencl_enumerate_and_open);
    tcase_add_test(tests, opencl_memory);
    tcase_add_test(tests, opencl_host_views);
    tcase_add_test(tests, opencl_one_build_for_a_plan_and_none_for_another_size);
    tcase_add_test(tests, opencl_a_rare_program_is_interpreted);
    tcase_add_test(tests, opencl_binaries_are_only_hints);
    tcase_add_test(tests, opencl_a_forked_child_is_refused);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("opencl table");
    suite_add_tcase(suite, opencl_device_cases());
    suite_add_tcase(suite, opencl_map_cases());
    suite_add_tcase(suite, opencl_compute_cases());
    suite_add_tcase(suite, opencl_timing_cases());
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    test_host_init(&suite_host);
    if (test_bench_try(&suite_bench, &suite_host) != NSC_BACKEND_OK) {
        fprintf(stderr, "no OpenCL device: %s\n", suite_host.failure);
        return EXIT_FAILURE;
    }
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    test_bench_close(&suite_bench);
    test_host_free(&suite_host);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
