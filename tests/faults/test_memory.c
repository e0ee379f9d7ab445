/* SPDX-License-Identifier: Apache-2.0 */
/* A context that records a timeline, with the nth request for host memory refused, for n = 1, 2, ... until none is left.
 * test_life.c has the rest of a life. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <nascent/nascent.h>

#include "memory.h"

static void no_log(void *user, nsc_log_level level, const char *text)
{
    (void)user, (void)level, (void)text;
}

/* A context that NASCENT_TRACE records: it opens or says why, and closes in any case; the file is whole or not there. */
START_TEST(test_a_timeline)
{
    char path[64];
    bool refused = true;
    long n = 0, written = 0;
    snprintf(path, sizeof path, "/tmp/nascent-trace-%ld", (long)getpid());
    setenv("NASCENT_TRACE", path, 1);
    while (refused) {
        nsc_context *context = NULL;
        const nsc_context_options options = {.backend = "reference", .log = no_log};
        char name[96];
        /* A context that does not open takes no number. */
        if (written == 0)
            snprintf(name, sizeof name, "%s", path);
        else
            snprintf(name, sizeof name, "%s.%ld", path, written + 1);
        memory_fail_at(++n);
        nsc_status status = nsc_context_create(&context, &options, sizeof options);
        bool opened = status == NSC_OK, told = nsc_last_error(NULL)[0] != 0;
        refused = memory_failed();
        nsc_status closed = nsc_context_close(context);
        bool refused_in_all = memory_failed();
        memory_fail_at(0);
        ck_assert_msg(opened || (refused && told), "request %ld: %s", n, nsc_status_name(status));
        ck_assert_int_eq(closed, NSC_OK);
        refused = refused_in_all;
        FILE *file = fopen(name, "rb");
        ck_assert_msg(file == NULL || opened, "request %ld: a file of a context that did not open", n);
        ck_assert_msg(file != NULL || refused, "request %ld: no file, though no request was refused", n);
        if (file != NULL) {
            char last[5] = "";
            ck_assert_int_eq(fseek(file, -4, SEEK_END), 0);
            ck_assert_uint_eq(fread(last, 1, 4, file), 4);
            ck_assert_str_eq(last, "\"}}\n");
            fclose(file);
            remove(name);
        }
        written += opened;
    }
    unsetenv("NASCENT_TRACE");
    ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("memory");
    tcase_add_test(tcase, test_a_timeline);
    tcase_set_timeout(tcase, 0);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
