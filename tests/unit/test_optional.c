/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend may offer beyond the required entries: prepare_many, stats, trim, concurrent queues. */
#include <pthread.h>
#include <stdio.h>

#include "core/error.h"
#include "device.h"

#define COUNT 3

static nsc_backend_gemm gemm;
static nsc_backend_random fill;
static const nsc_backend_operation *list[COUNT];
static nsc_backend_step *steps[COUNT];
static bool unsupported[COUNT];

static void open_with_optional(int offered)
{
    const nsc_backend_view matrix = {.rank = 2, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {2, 2}, .strides = {2, 1}};
    gemm = (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1};
    gemm.a = gemm.b = gemm.c = matrix;
    gemm.b.buffer = 1;
    gemm.c.buffer = 2;
    fill = (nsc_backend_random){
        .struct_size = NSC_BACKEND_RANDOM_SIZE,
        .kind = NSC_BACKEND_RANDOM,
        .distribution = NSC_BACKEND_WORDS,
        .output = {.rank = 1, .dtype = {NSC_BACKEND_UINT, 32, 1}, .dims = {4}, .strides = {1}},
    };
    list[0] = list[2] = (const void *)&gemm;
    list[1] = (const void *)&fill;
    fake_reset();
    fake_offer_optional(offered);
    ck_assert_int_eq(open_fake(), NSC_OK);
}

static void close_optional(void)
{
    close_fake();
    fake_offer_optional(0);
}

static void no_step_is_left(void)
{
    ck_assert_int_eq(fake.steps, 0);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_null(steps[i]);
    ck_assert_uint_eq(atomic_load(&device.counters.prepared), 0);
}

START_TEST(a_batch_is_one_call)
{
    open_with_optional(1);
    ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_OK);
    ck_assert_int_eq(fake.batches, 1);
    ck_assert_int_eq(fake.steps, COUNT);
    ck_assert_uint_eq(atomic_load(&device.counters.prepared), COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(steps[i] && !unsupported[i]);
        nsc_device_release(&device, steps[i]);
    }
    close_optional();
}
END_TEST

START_TEST(a_batch_may_lack_an_optional_kind)
{
    open_with_optional(1);
    fake.unsupported_kind = NSC_BACKEND_RANDOM;
    ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, NULL), NSC_UNSUPPORTED);
    no_step_is_left();
    ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_OK);
    ck_assert(steps[0] && !steps[1] && steps[2]);
    ck_assert(!unsupported[0] && unsupported[1] && !unsupported[2]);
    ck_assert_uint_eq(atomic_load(&device.counters.prepared), 2);
    nsc_device_release(&device, steps[0]);
    nsc_device_release(&device, steps[2]);
    close_optional();
}
END_TEST

START_TEST(a_batch_must_have_the_required_kinds)
{
    open_with_optional(1);
    fake.unsupported_kind = NSC_BACKEND_GEMM;
    ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_UNSUPPORTED);
    assert_says(nsc_error_text(5), "preparing gemm, operation 1 of 3");
    no_step_is_left();
    close_optional();
}
END_TEST

START_TEST(a_kind_that_is_not_offered_is_not_asked_for)
{
    open_with_optional(1);
    device.kinds = 0;
    fake.entry = "prepare";
    ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_OK);
    ck_assert_int_eq(fake.calls, 2);
    ck_assert(steps[0] && unsupported[1] && steps[2]);
    nsc_device_release(&device, steps[0]);
    nsc_device_release(&device, steps[2]);
    close_optional();
}
END_TEST

START_TEST(a_batch_that_fails_leaves_nothing)
{
    open_with_optional(1);
    fake.entry = "prepare";
    fake.result = NSC_BACKEND_FAILED;
    fake.said = "does not compile";
    for (fake.nth = 1; fake.nth <= COUNT; fake.nth++) {
        char operation[40];
        snprintf(operation, sizeof operation, "operation %d of 3", fake.nth);
        fake.calls = 0;
        ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_FAILED);
        assert_says(nsc_error_text(5), "does not compile");
        assert_says(nsc_error_text(5), operation);
        no_step_is_left();
    }
    fake.entry = NULL;
    for (fake.broken = 1; fake.broken <= COUNT; fake.broken++) {
        ck_assert_int_eq(nsc_device_prepare(&device, COUNT, list, steps, unsupported), NSC_FAILED);
        assert_says(nsc_error_text(5), "do not fit together");
        no_step_is_left();
    }
    close_optional();
}
END_TEST

START_TEST(stats_and_trim)
{
    nsc_backend_stats stats;
    open_with_optional(1);
    nsc_device_stats(&device, &stats);
    ck_assert_uint_eq(stats.programs_built, 3);
    ck_assert_uint_eq(stats.programs_loaded, 2);
    ck_assert_uint_eq(stats.programs_refused, 1);
    nsc_device_trim(&device);
    ck_assert_int_eq(fake.trims, 1);
    atomic_store(&device.lost, true);
    nsc_device_trim(&device);
    ck_assert_int_eq(fake.trims, 1);
    close_optional();

    open_with_optional(0);
    memset(&stats, 0xff, sizeof stats);
    nsc_device_stats(&device, &stats);
    ck_assert(stats.programs_built == 0 && stats.programs_loaded == 0 && stats.programs_refused == 0);
    nsc_device_trim(&device);
    ck_assert_int_eq(fake.trims, 0);
    close_optional();
}
END_TEST

static void *run_one(void *status)
{
    const nsc_launch launch = {0};
    *(nsc_status *)status = nsc_device_run(&device, &launch, 1);
    return NULL;
}

/* Each launch waits for the other: with a lock neither would meet it. */
START_TEST(concurrent_queues_take_no_lock)
{
    open_with_optional(0);
    device.limits.flags |= NSC_BACKEND_QUEUES_CONCURRENT;
    fake.meet = 1;
    pthread_t threads[2];
    nsc_status statuses[2] = {NSC_FAILED, NSC_FAILED};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_one, &statuses[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert(statuses[0] == NSC_OK && statuses[1] == NSC_OK);
    ck_assert_int_eq(atomic_load(&fake.overlaps), 1);
    ck_assert_uint_eq(atomic_load(&device.counters.launches), 2);
    close_optional();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_batch_is_one_call);
    tcase_add_test(to, a_batch_may_lack_an_optional_kind);
    tcase_add_test(to, a_batch_must_have_the_required_kinds);
    tcase_add_test(to, a_kind_that_is_not_offered_is_not_asked_for);
    tcase_add_test(to, a_batch_that_fails_leaves_nothing);
    tcase_add_test(to, stats_and_trim);
    tcase_add_test(to, concurrent_queues_take_no_lock);
}
