/* SPDX-License-Identifier: Apache-2.0 */
/* The negotiation: each fixture breaks one rule, and the text names file, rule, expected and found. */
#include "core/device/loader.h"

#include <stdio.h>

#include "core/device/open.h"
#include "fake_backend.h"
#include "unit.h"

static char why[1024];
static nsc_backend_table table;

static nsc_status load(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, PLUGINS "/libnascent-backend-%s.so", name);
    memset(&table, 0xff, sizeof table);
    why[0] = 0;
    return nsc_load_file(path, name, &table, why, sizeof why);
}

START_TEST(good_ones_are_taken)
{
    ck_assert_msg(load("good") == NSC_OK, "%s", why);
    ck_assert_str_eq(table.name, "good");
    ck_assert(!table.trim && !table.map_host && !table.unmap_host);
    ck_assert_msg(load("longer") == NSC_OK, "%s", why);
    ck_assert_uint_gt(table.struct_size, NSC_BACKEND_TABLE_SIZE);
    ck_assert_msg(load("older") == NSC_OK, "%s", why); /* as built before map_host was appended */
    ck_assert(table.finish && !table.map_host && !table.unmap_host);
    ck_assert_msg(load("shorter") == NSC_OK, "%s", why);
    ck_assert(table.finish && !table.queue_open && !table.trim && !table.map_host && !table.unmap_host);
}
END_TEST

START_TEST(bad_ones_are_refused_by_rule)
{
    static const char *const bad[][2] = {
        {"major", "ABI major: expected 1, found 99"},
        {"size", "size of the table: expected at least"},
        {"entry", "found finish to be NULL"},
        {"symbol", "symbol: expected nsc_backend_query, found none"},
        {"othername", "expected 'othername' after the file's name, found 'another'"},
        {"badname", "found 'Bad Name'"},
        {"query", "found NULL: the moon is not full"},
        {"tag", "found 'memory'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(load(bad[i][0]), NSC_REFUSED);
        assert_says(why, bad[i][1]);
        assert_says(why, PLUGINS "/libnascent-backend-");
    }
}
END_TEST

START_TEST(files_that_are_none)
{
    ck_assert_int_eq(nsc_load_file("relative.so", NULL, &table, why, sizeof why), NSC_INVALID);
    assert_says(why, "absolute");
    ck_assert_int_eq(nsc_load_file("/nowhere/x.so", NULL, &table, why, sizeof why), NSC_INVALID);
    ck_assert_str_eq(why, "/nowhere/x.so: there is no such file");
    ck_assert_int_eq(nsc_load_file("/tmp", NULL, &table, why, sizeof why), NSC_REFUSED);
    assert_says(why, "regular");
    ck_assert_int_eq(nsc_load_file("/proc/self/status", NULL, &table, why, sizeof why), NSC_REFUSED);
    assert_says(why, "/proc/self/status: loading: expected a shared object that loads, found: ");
    ck_assert_ptr_null(strstr(why + 1, "/proc/self/status"));
}
END_TEST

static const nsc_backend_table *query_fake(const nsc_backend_host *host)
{
    ck_assert_uint_eq(host->struct_size, NSC_BACKEND_HOST_SIZE);
    return &fake_table;
}

START_TEST(built_ins_take_the_same_road)
{
    ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), NSC_OK);
    fake_table.version = "a\nb";
    ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), NSC_REFUSED);
    assert_says(why, "built in: version");
    fake_table.version = "1";
    fake_table.build_tag = NULL;
    ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), NSC_REFUSED);
    fake_table.build_tag = NSC_BACKEND_BUILD_TAG;
    ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), NSC_OK);
    fake_table.build_tag = "";
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, good_ones_are_taken);
    tcase_add_test(to, bad_ones_are_refused_by_rule);
    tcase_add_test(to, files_that_are_none);
    tcase_add_test(to, built_ins_take_the_same_road);
}
