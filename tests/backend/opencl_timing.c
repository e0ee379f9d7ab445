/* SPDX-License-Identifier: Apache-2.0 */
/* Times of launches. None is compared with anything but the others: they come in the order of one queue. */
#include <stdlib.h>
#include <string.h>

#include "opencl.h"
#include "suites.h"

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};

/* A product of (n, n) matrices of ones: 0 is n, on its buffers. */
typedef struct product {
    int64_t n;
    nsc_backend_buffer *buffers[3];
    nsc_backend_binding bindings[3];
    nsc_backend_step *step;
} product;

static void product_make(product *made, int64_t n)
{
    const int64_t dims[2] = {n, n};
    const size_t bytes = (size_t)(n * n) * sizeof(float);
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1};
    gemm.a = test_view(0, f32, 2, dims);
    gemm.b = test_view(1, f32, 2, dims);
    gemm.c = test_view(2, f32, 2, dims);
    made->n = n;
    float *ones = malloc(bytes);
    ck_assert_ptr_nonnull(ones);
    for (int64_t i = 0; i < n * n; i++)
        ones[i] = 1;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(suite_bench.table->alloc(suite_bench.device, bytes, &made->buffers[i]), NSC_BACKEND_OK);
        ck_assert_int_eq(suite_bench.table->write(suite_bench.device, NULL, made->buffers[i], 0, bytes, ones),
                         NSC_BACKEND_OK);
        made->bindings[i] = (nsc_backend_binding){made->buffers[i], 0};
    }
    free(ones);
    ck_assert_int_eq(suite_bench.table->prepare(suite_bench.device, (const nsc_backend_operation *)&gemm, &made->step),
                     NSC_BACKEND_OK);
}

static void product_launch(product *made, uint64_t tag)
{
    ck_assert_int_eq(
        suite_bench.table->launch_timed(suite_bench.device, NULL, made->step, made->bindings, 3, NULL, 0, tag),
        NSC_BACKEND_OK);
}

static void product_free(product *made)
{
    float corner = 0;
    ck_assert_int_eq(suite_bench.table->read(suite_bench.device, NULL, made->buffers[2], 0, sizeof corner, &corner),
                     NSC_BACKEND_OK);
    ck_assert(corner == (float)made->n);
    suite_bench.table->release(suite_bench.device, made->step);
    for (int i = 0; i < 3; i++)
        suite_bench.table->free(suite_bench.device, made->buffers[i]);
}

static int by_tag(const void *a, const void *b)
{
    const nsc_backend_time *x = a, *y = b;
    return (x->tag > y->tag) - (x->tag < y->tag);
}

/* Reads `most` at a time; the tags are 100, 101, ... and their times follow each other. */
static void expect_times(uint32_t expected, uint32_t most)
{
    nsc_backend_time times[32];
    uint32_t all = 0, count = most;
    while (count == most) {
        ck_assert_int_eq(suite_bench.table->profile_read(suite_bench.device, times + all, &count), NSC_BACKEND_OK);
        ck_assert_uint_le(count, most);
        all += count;
    }
    ck_assert_uint_eq(all, expected);
    qsort(times, all, sizeof *times, by_tag);
    for (uint32_t i = 0; i < all; i++) {
        ck_assert_uint_eq(times[i].tag, 100 + i);
        ck_assert_uint_gt(times[i].start, 0);
        ck_assert_uint_ge(times[i].end, times[i].start);
        ck_assert(i == 0 || times[i].start >= times[i - 1].end);
    }
}

START_TEST(opencl_launches_are_timed)
{
    product small;
    product_make(&small, 20);
    product_launch(&small, 1); /* before start: launched, not timed */
    ck_assert_int_eq(suite_bench.table->profile_start(suite_bench.device, 8), NSC_BACKEND_OK);
    for (uint64_t i = 0; i < 10; i++)
        product_launch(&small, 100 + i); /* two more than are kept */
    expect_times(8, 3);
    expect_times(0, 3);
    for (uint64_t i = 0; i < 2; i++)
        product_launch(&small, 100 + i);
    expect_times(2, 32);
    product_launch(&small, 1); /* forgotten by stop */
    suite_bench.table->profile_stop(suite_bench.device);
    expect_times(0, 4);
    product_launch(&small, 1);
    expect_times(0, 4);
    ck_assert_int_eq(suite_bench.table->profile_start(suite_bench.device, 8), NSC_BACKEND_OK);
    product_launch(&small, 1);
    ck_assert_int_eq(suite_bench.table->profile_start(suite_bench.device, 4), NSC_BACKEND_OK); /* anew */
    product_launch(&small, 100);
    expect_times(1, 4);
    suite_bench.table->profile_stop(suite_bench.device);
    product_free(&small);
}
END_TEST

/* Several kernels, timed as one. */
START_TEST(opencl_a_product_of_clblast_is_timed_as_one)
{
    const bool blocks = suite_bench.device->blocks;
    const int64_t sizes[] = {30, 300}; /* its direct path, and the one with copies before and after */
    for (int i = 0; i < 2; i++) {
        product made;
        suite_bench.device->blocks = false;
        product_make(&made, sizes[i]);
        suite_bench.device->blocks = blocks;
        ck_assert(made.step->blast);
        ck_assert_int_eq(suite_bench.table->profile_start(suite_bench.device, 8), NSC_BACKEND_OK);
        product_launch(&made, 100);
        product_launch(&made, 101);
        expect_times(2, 8);
        suite_bench.table->profile_stop(suite_bench.device);
        product_free(&made);
    }
}
END_TEST

START_TEST(opencl_a_device_may_be_closed_while_it_is_timed)
{
    test_host host;
    test_bench bench, kept = suite_bench;
    product made;
    test_host_init(&host);
    test_bench_open(&bench, &host);
    suite_bench = bench;
    product_make(&made, 8);
    ck_assert_int_eq(bench.table->profile_start(bench.device, 8), NSC_BACKEND_OK);
    product_launch(&made, 1);
    product_free(&made);
    suite_bench = kept;
    test_bench_close(&bench);
    test_host_free(&host);
}
END_TEST

TCase *opencl_timing_cases(void)
{
    TCase *cases = tcase_create("timing");
    tcase_add_test(cases, opencl_launches_are_timed);
    tcase_add_test(cases, opencl_a_product_of_clblast_is_timed_as_one);
    tcase_add_test(cases, opencl_a_device_may_be_closed_while_it_is_timed);
    tcase_set_timeout(cases, 0);
    return cases;
}
