/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts on the reference backend. */
#include "core/context.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

static char last[2048];
static int lines;

static void sink(void *user, nsc_log_level level, const char *text)
{
    (void)user;
    snprintf(last, sizeof last, "%d %s", (int)level, text);
    lines++;
}

START_TEST(open_use_close)
{
    nsc_context *a, *b;
    ck_assert_int_eq(nsc_context_open(&a, "reference", .log = sink, .log_level = NSC_LOG_INFO), NSC_OK);
    assert_says(last, "3 reference:0");
    ck_assert_int_eq(nsc_context_open(&b, "reference"), NSC_OK);
    ck_assert_uint_eq(b->id, a->id + 1);
    ck_assert_str_eq(nsc_context_device(a)->backend, "reference");
    assert_says(nsc_context_report(a), "the backend asked for is 'reference'");
    ck_assert_int_eq(nsc_context_finish(a), NSC_OK);
    nsc_context_trim(a);
    nsc_statistics statistics;
    ck_assert_int_eq(nsc_context_statistics(a, &statistics, sizeof statistics), NSC_OK);
    ck_assert_uint_eq(statistics.finishes, 1);
    ck_assert_int_eq(nsc_context_close(b), NSC_OK);
    atomic_fetch_add(&a->users, 2);
    ck_assert_int_eq(nsc_context_close(a), NSC_INVALID);
    assert_says(nsc_last_error(a), "still used by 2");
    atomic_fetch_sub(&a->users, 2);
    ck_assert_int_eq(nsc_context_close(a), NSC_OK);
    ck_assert_int_eq(nsc_context_close(NULL), NSC_OK);
}
END_TEST

START_TEST(the_variable_is_told_aloud)
{
    nsc_context *context;
    setenv("NASCENT_BACKEND", "reference", 1);
    lines = 0;
    ck_assert_int_eq(nsc_context_open(&context, NULL, .log = sink), NSC_OK);
    ck_assert_int_eq(lines, 1);
    assert_says(last, "2 reference:0");
    nsc_context_close(context);
    setenv("NASCENT_BACKEND", "opncl", 1);
    ck_assert_int_eq(nsc_context_open(&context, NULL, .log = sink), NSC_INVALID);
    ck_assert_ptr_null(context);
    assert_says(nsc_last_error(NULL), "there is no backend 'opncl'");
    ck_assert_ptr_null(strstr(strstr(nsc_last_error(NULL), "no backend") + 1, "no backend"));
    ck_assert_int_eq(nsc_context_open(&context, "reference", .log = sink), NSC_OK);
    assert_says(nsc_context_report(context), "stronger than NASCENT_BACKEND, which is 'opncl'");
    nsc_context_close(context);
    unsetenv("NASCENT_BACKEND");
}
END_TEST

START_TEST(wrong_calls_are_errors)
{
    nsc_context *context;
    ck_assert_int_eq(nsc_context_create(NULL, NULL, 0), NSC_INVALID);
    nsc_context_options options = {.backend = "reference", .log_level = (nsc_log_level)9};
    ck_assert_int_eq(nsc_context_create(&context, &options, sizeof options), NSC_INVALID);
    options.log_level = NSC_LOG_NONE;
    ck_assert_int_eq(nsc_context_create(&context, &options, 3), NSC_INVALID);
    struct {
        nsc_context_options known;
        uint64_t tail;
    } newer = {.known = options, .tail = 1};
    ck_assert_int_eq(nsc_context_create(&context, &newer.known, sizeof newer), NSC_INVALID);
    newer.tail = 0;
    ck_assert_int_eq(nsc_context_create(&context, &newer.known, sizeof newer), NSC_OK);
    ck_assert_int_eq(nsc_context_statistics(context, NULL, 8), NSC_INVALID);
    nsc_context_close(context);
    ck_assert_int_eq(nsc_context_create(&context, &options, sizeof options.backend), NSC_OK);
    nsc_context_close(context);
    ck_assert_int_eq(nsc_context_finish(NULL), NSC_INVALID);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, open_use_close);
    tcase_add_test(to, the_variable_is_told_aloud);
    tcase_add_test(to, wrong_calls_are_errors);
}
