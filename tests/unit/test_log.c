/* SPDX-License-Identifier: Apache-2.0 */
/* The log. */
#include "core/log.h"

#include <stdio.h>

#include "unit.h"

static char last[4096];
static int lines;

static void sink(void *user, nsc_log_level level, const char *text)
{
    snprintf(last, sizeof last, "%s %d %s", (const char *)user, (int)level, text);
    lines++;
}

START_TEST(levels_filter)
{
    static char user[] = "user";
    nsc_log log = {.sink = sink, .user = user, .level = NSC_LOG_WARNING};
    lines = 0;
    nsc_log_line(&log, NSC_LOG_INFO, "not this");
    ck_assert_int_eq(lines, 0);
    nsc_log_line(&log, NSC_LOG_WARNING, "this %d\nhere", 1);
    ck_assert_int_eq(lines, 1);
    ck_assert_str_eq(last, "user 2 this 1 here");
    nsc_log_line(&log, NSC_LOG_ERROR, "%02000d", 1);
    ck_assert_int_eq(lines, 2);
    ck_assert_uint_lt(strlen(last), 1400);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, levels_filter);
}
