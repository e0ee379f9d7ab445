/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway: translation, counting, locking, and nothing left behind. */
#include <pthread.h>

#include "core/error.h"
#include "device.h"

static nsc_backend_random random_operation(void)
{
    return (nsc_backend_random){
        .struct_size = NSC_BACKEND_RANDOM_SIZE,
        .kind = NSC_BACKEND_RANDOM,
        .distribution = NSC_BACKEND_WORDS,
        .output = {.rank = 1, .dtype = {NSC_BACKEND_UINT, 32, 1}, .dims = {4}, .strides = {1}},
    };
}

static nsc_backend_gemm gemm_operation(void)
{
    nsc_backend_view matrix = {.rank = 2, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {2, 2}, .strides = {2, 1}};
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1};
    gemm.a = gemm.b = gemm.c = matrix;
    gemm.b.buffer = 1;
    gemm.c.buffer = 2;
    return gemm;
}

static void fail_at(const char *entry, int nth, nsc_backend_status result, const char *said)
{
    fake.entry = entry;
    fake.nth = nth;
    fake.result = result;
    fake.said = said;
    fake.calls = 0;
}

START_TEST(errors_are_translated)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    fail_at("finish", 1, NSC_BACKEND_FAILED, "kernel 7 divided by zero");
    ck_assert_int_eq(nsc_device_finish(&device), NSC_FAILED);
    ck_assert_str_eq(nsc_error_text(5), "kernel 7 divided by zero\nwaiting for work given to fake:0 'Fake'");
    fail_at("finish", 1, NSC_BACKEND_FAILED, NULL);
    ck_assert_int_eq(nsc_device_finish(&device), NSC_FAILED);
    assert_says(nsc_error_text(5), "gave no reason");
    fail_at("finish", 1, NSC_BACKEND_NO_MEMORY, NULL);
    ck_assert_int_eq(nsc_device_finish(&device), NSC_NO_MEMORY);
    fail_at("finish", 1, 77, NULL);
    ck_assert_int_eq(nsc_device_finish(&device), NSC_FAILED);
    assert_says(nsc_error_text(5), "status 77");
    ck_assert_int_eq(nsc_device_finish(&device), NSC_OK);
    close_fake();
}
END_TEST

START_TEST(a_lost_device_stays_lost)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    nsc_memory *memory;
    ck_assert_int_eq(nsc_pool_take(&device, 10, &memory), NSC_OK);
    fail_at("write", 1, NSC_BACKEND_LOST, "it fell out");
    ck_assert_int_eq(nsc_device_write(&device, memory->buffer, 0, 4, "abc"), NSC_DEVICE_LOST);
    assert_says(nsc_error_text(5), "it fell out");
    ck_assert_int_eq(nsc_device_finish(&device), NSC_DEVICE_LOST);
    ck_assert_int_eq(nsc_device_run(&device, NULL, 0), NSC_DEVICE_LOST);
    assert_says(nsc_error_text(5), "lost before");
    nsc_pool_give(memory);
    close_fake();
}
END_TEST

START_TEST(calls_are_counted)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    nsc_backend_buffer *buffer;
    char back[6] = "";
    ck_assert_int_eq(nsc_device_alloc(&device, 16, &buffer), NSC_OK);
    ck_assert_int_eq(nsc_device_write(&device, buffer, 2, 6, "hello"), NSC_OK);
    ck_assert_int_eq(nsc_device_read(&device, buffer, 2, 6, back), NSC_OK);
    ck_assert_str_eq(back, "hello");
    ck_assert_int_eq(nsc_device_write(&device, buffer, 0, 0, NULL), NSC_OK);
    ck_assert_int_eq(nsc_device_write(&device, NULL, 0, 1, "a"), NSC_INVALID);
    ck_assert_int_eq(nsc_device_write(&device, buffer, UINT64_MAX, 2, "a"), NSC_INVALID);
    ck_assert_int_eq(nsc_device_finish(&device), NSC_OK);
    ck_assert_uint_eq(atomic_load(&device.counters.uploads), 1);
    ck_assert_uint_eq(atomic_load(&device.counters.upload_bytes), 6);
    ck_assert_uint_eq(atomic_load(&device.counters.downloads), 1);
    ck_assert_uint_eq(atomic_load(&device.counters.download_bytes), 6);
    ck_assert_uint_eq(atomic_load(&device.counters.finishes), 1);
    ck_assert_uint_eq(atomic_load(&device.counters.allocations), 1);
    nsc_device_free(&device, buffer);
    close_fake();
}
END_TEST

START_TEST(prepare_is_all_or_nothing)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    nsc_backend_random random = random_operation();
    nsc_backend_gemm gemm = gemm_operation();
    const void *operations[] = {&gemm, &random, &gemm};
    const nsc_backend_operation *list[3];
    memcpy(list, operations, sizeof list);
    nsc_backend_step *steps[3];
    bool unsupported[3];
    for (int nth = 1; nth <= 3; nth++) {
        fail_at("prepare", nth, NSC_BACKEND_FAILED, "does not compile");
        ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_FAILED);
        assert_says(nsc_error_text(5), "does not compile");
        ck_assert_int_eq(fake.steps, 0);
        ck_assert(!steps[0] && !steps[1] && !steps[2]);
    }
    fake.entry = NULL;
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_OK);
    ck_assert(!unsupported[0] && !unsupported[1] && !unsupported[2]);
    ck_assert_uint_eq(atomic_load(&device.counters.prepared), 3);
    for (int i = 0; i < 3; i++)
        nsc_device_release(&device, steps[i]);

    fake.unsupported_kind = NSC_BACKEND_RANDOM;
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_OK);
    ck_assert(unsupported[1] && !steps[1] && steps[0] && steps[2]);
    nsc_device_release(&device, steps[0]);
    nsc_device_release(&device, steps[2]);
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, NULL), NSC_UNSUPPORTED);
    ck_assert_int_eq(fake.steps, 0);
    fake.unsupported_kind = NSC_BACKEND_GEMM;
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_UNSUPPORTED);
    ck_assert_int_eq(fake.steps, 0);
    fake.unsupported_kind = 0;

    device.kinds = 0;
    ck_assert(!nsc_device_offers(&device, NSC_BACKEND_RANDOM) && nsc_device_offers(&device, NSC_BACKEND_MAP));
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_OK);
    ck_assert(unsupported[1] && !steps[1]);
    nsc_device_release(&device, steps[0]);
    nsc_device_release(&device, steps[2]);

    gemm.c.buffer = 0;
    ck_assert_int_eq(nsc_device_prepare(&device, 3, list, steps, unsupported), NSC_INVALID);
    assert_says(nsc_error_text(5), "operation 1 of 3");
    close_fake();
}
END_TEST

START_TEST(a_run_stops_at_the_first_failure)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    const nsc_launch launches[5] = {{0}};
    ck_assert_int_eq(nsc_device_run(&device, launches, 5), NSC_OK);
    fail_at("launch", 3, NSC_BACKEND_FAILED, "bad work group");
    ck_assert_int_eq(nsc_device_run(&device, launches, 5), NSC_FAILED);
    assert_says(nsc_error_text(5), "bad work group\nlaunching step 3 of 5 on fake:0");
    ck_assert_uint_eq(atomic_load(&device.counters.launches), 7);
    close_fake();
}
END_TEST

static void *run_many(void *unused)
{
    (void)unused;
    const nsc_launch launches[100] = {{0}};
    for (int i = 0; i < 20; i++)
        nsc_device_run(&device, launches, 100);
    return NULL;
}

START_TEST(one_call_at_a_time_on_a_device)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run_many, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&fake.overlaps), 0);
    ck_assert_int_eq(fake.launches, 4 * 20 * 100);
    close_fake();
}
END_TEST

START_TEST(insane_limits_are_refused)
{
    for (int i = 0; i < 7; i++) {
        fake_reset();
        nsc_backend_limits *l = &fake.limits;
        static const char *const says[] = {"storage_dtypes", "expression_version", "max_rank",   "alignment",
                                           "alignment",      "max_buffer_bytes",   "struct_size"};
        if (i == 0)
            l->storage_dtypes = NSC_BACKEND_HAS_F32;
        else if (i == 1)
            l->expression_version = 0;
        else if (i == 2)
            l->max_rank = 7;
        else if (i <= 4)
            l->alignment = i == 3 ? 0 : 48;
        else if (i == 5)
            l->max_buffer_bytes = 0;
        else
            l->struct_size = 8;
        ck_assert_int_eq(open_fake(), NSC_REFUSED);
        assert_says(why, says[i]);
        ck_assert_int_eq(fake.opened, 0);
    }
}
END_TEST

/* What a newer core writes must be turned down: asked when the device is opened. */
START_TEST(a_backend_that_ignores_tails_is_refused)
{
    fake_reset();
    fake.takes_tails = 1;
    ck_assert_int_eq(open_fake(), NSC_REFUSED);
    assert_says(why, "is refused: prepare: expected UNSUPPORTED for an expression with a tail");
    ck_assert_int_eq(fake.opened, 0);
    ck_assert_int_eq(fake.steps, 0);
}
END_TEST

START_TEST(a_prepare_that_fails_at_open)
{
    static const struct {
        nsc_backend_status result;
        nsc_status status;
    } of[] = {
        {NSC_BACKEND_NO_MEMORY, NSC_NO_MEMORY}, {NSC_BACKEND_LOST, NSC_DEVICE_LOST}, {NSC_BACKEND_FAILED, NSC_FAILED}};
    for (int i = 0; i < 6; i++) {
        fake_reset();
        fake.takes_tails = 1;
        fake.unsupported_kind = NSC_BACKEND_MAP; /* so that reduce is asked for too */
        fake.entry = "prepare";
        fake.nth = i < 3 ? 1 : 3;
        fake.result = of[i % 3].result;
        fake.said = "no step today";
        ck_assert_int_eq(open_fake(), of[i % 3].status);
        assert_says(why, "cannot be opened: no step today");
        ck_assert_int_eq(fake.opened, 0);
        ck_assert_int_eq(fake.steps, 0);
    }
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, errors_are_translated);
    tcase_add_test(to, a_lost_device_stays_lost);
    tcase_add_test(to, calls_are_counted);
    tcase_add_test(to, prepare_is_all_or_nothing);
    tcase_add_test(to, a_run_stops_at_the_first_failure);
    tcase_add_test(to, one_call_at_a_time_on_a_device);
    tcase_add_test(to, insane_limits_are_refused);
    tcase_add_test(to, a_backend_that_ignores_tails_is_refused);
    tcase_add_test(to, a_prepare_that_fails_at_open);
}
