/* SPDX-License-Identifier: Apache-2.0 */
/* Error chains. */
#include "core/error.h"

#include <pthread.h>
#include <stdio.h>

#include "unit.h"

START_TEST(cause_comes_first)
{
    ck_assert_int_eq(nsc_fail(1, NSC_IO, "cause %d", 7), NSC_IO);
    ck_assert_int_eq(nsc_fail_while(1, NSC_IO, "reading"), NSC_IO);
    ck_assert_str_eq(nsc_error_text(1), "cause 7\nreading");
    nsc_fail(1, NSC_FAILED, "another");
    ck_assert_str_eq(nsc_error_text(1), "another");
    ck_assert_str_eq(nsc_error_text(999), "");
}
END_TEST

START_TEST(a_cause_may_come_from_the_chain_itself)
{
    nsc_fail(1, NSC_IO, "inner");
    nsc_fail(1, NSC_IO, "%s", nsc_error_text(1));
    ck_assert_str_eq(nsc_error_text(1), "inner");
}
END_TEST

START_TEST(control_characters_stay_out)
{
    nsc_fail(1, NSC_IO, "a\nb\tc\x7f");
    ck_assert_str_eq(nsc_error_text(1), "a b c ");
}
END_TEST

START_TEST(four_owners_the_longest_ago_goes)
{
    for (uint64_t owner = 10; owner < 14; owner++)
        nsc_fail(owner, NSC_IO, "of %d", (int)owner);
    nsc_fail_while(10, NSC_IO, "again");
    nsc_fail(14, NSC_IO, "of 14");
    ck_assert_str_eq(nsc_error_text(11), "");
    ck_assert_str_eq(nsc_error_text(10), "of 10\nagain");
    ck_assert_str_eq(nsc_error_text(13), "of 13");
    ck_assert_str_eq(nsc_error_text(14), "of 14");
}
END_TEST

START_TEST(long_chains_keep_cause_and_last_frame)
{
    char filler[2000];
    for (size_t length = 0; length < sizeof filler; length += 97) {
        memset(filler, 'x', length);
        filler[length] = 0;
        nsc_fail(1, NSC_IO, "the cause %s", filler);
        for (int i = 0; i < 600; i++) {
            nsc_fail_while(1, NSC_IO, "frame %d %s", i, i % 3 ? filler : "");
            const char *text = nsc_error_text(1);
            char start[32];
            snprintf(start, sizeof start, "frame %d ", i);
            ck_assert_uint_lt(strlen(text), 4096);
            ck_assert_int_eq(strncmp(text, "the cause ", 10), 0);
            ck_assert_int_eq(strncmp(strrchr(text, '\n') + 1, start, strlen(start)), 0);
            ck_assert_ptr_null(strstr(text, "\n\n"));
        }
        const char *gap = strstr(nsc_error_text(1), "\n...\n");
        ck_assert_ptr_nonnull(gap);
        ck_assert_ptr_null(strstr(gap + 1, "\n...\n"));
    }
}
END_TEST

static void *other_thread(void *unused)
{
    (void)unused;
    ck_assert_str_eq(nsc_error_text(1), "");
    nsc_fail(1, NSC_IO, "theirs");
    return NULL;
}

START_TEST(threads_have_their_own)
{
    nsc_fail(1, NSC_IO, "mine");
    pthread_t thread;
    pthread_create(&thread, NULL, other_thread, NULL);
    pthread_join(thread, NULL);
    ck_assert_str_eq(nsc_error_text(1), "mine");
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, cause_comes_first);
    tcase_add_test(to, a_cause_may_come_from_the_chain_itself);
    tcase_add_test(to, control_characters_stay_out);
    tcase_add_test(to, four_owners_the_longest_ago_goes);
    tcase_add_test(to, long_chains_keep_cause_and_last_frame);
    tcase_add_test(to, threads_have_their_own);
}
