/* SPDX-License-Identifier: Apache-2.0 */
/* The negotiation: each fixture breaks one rule, and the text names file, rule, expected and found. */
#include "core/device/loader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Whatever table had before is there still. */
static void is_untouched(void)
{
    const unsigned char *bytes = (const unsigned char *)&table;
    for (size_t i = 0; i < sizeof table; i++)
        ck_assert_uint_eq(bytes[i], 0xff);
}

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
        assert_says(why, "expected");
        is_untouched();
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
    ck_assert_str_eq(why, "/tmp: file: expected a regular file, found a directory");
    ck_assert_int_eq(nsc_load_file("/dev/null", NULL, &table, why, sizeof why), NSC_REFUSED);
    ck_assert_str_eq(why, "/dev/null: file: expected a regular file, found something else");
    ck_assert_int_eq(nsc_load_file("/proc/self/status", NULL, &table, why, sizeof why), NSC_REFUSED);
    assert_says(why, "/proc/self/status: loading: expected a shared object that loads, found: ");
    ck_assert_ptr_null(strstr(why + 1, "/proc/self/status"));
}
END_TEST

/* A file of our own with these bytes; its path is the result. */
static const char *file_of(const char *bytes, size_t count)
{
    static char path[64];
    strcpy(path, "/tmp/nsc-loader-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, bytes, count), (ssize_t)count);
    close(file);
    return path;
}

START_TEST(a_file_that_was_cut_off)
{
    struct stat info;
    int file = open(PLUGINS "/libnascent-backend-good.so", O_RDONLY);
    ck_assert(file >= 0 && fstat(file, &info) == 0);
    size_t whole = (size_t)info.st_size, step = whole / 97;
    char *bytes = malloc(whole);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(read(file, bytes, whole), (ssize_t)whole);
    close(file);
    for (size_t size = 0; size<whole; size += whole - size> step ? step : 1) {
        const char *path = file_of(bytes, size);
        memset(&table, 0xff, sizeof table);
        ck_assert_int_eq(nsc_load_file(path, NULL, &table, why, sizeof why), NSC_REFUSED);
        ck_assert_int_eq(strncmp(why, path, strlen(path)), 0);
        assert_says(why, "expected");
        if (size > 64)
            assert_says(why, ": size of the file: expected ");
        is_untouched();
        unlink(path);
    }
    const char *path = file_of(bytes, whole);
    ck_assert_msg(nsc_load_file(path, "good", &table, why, sizeof why) == NSC_OK, "%s", why);
    unlink(path);
    free(bytes);
}
END_TEST

START_TEST(a_file_that_may_not_be_read)
{
    const char *path = file_of("x", 1);
    uid_t me = geteuid();
    ck_assert_int_eq(chmod(path, 0), 0);
    if (me == 0) /* who may read everything is somebody else for a moment */
        ck_assert_int_eq(seteuid(65534), 0);
    nsc_status status = nsc_load_file(path, NULL, &table, why, sizeof why);
    ck_assert_int_eq(seteuid(me), 0);
    unlink(path);
    ck_assert_int_eq(status, NSC_REFUSED);
    assert_says(why, path);
    assert_says(why, ": file: expected one that can be read, found: Permission denied");
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

/* Every required entry in turn; the fields of a table behind its head are pointers. */
START_TEST(each_required_entry_is_missed)
{
    static const char *const names[] = {"enumerate", "open",    "close",  "alloc",   "free",  "write",
                                        "read",      "prepare", "launch", "release", "finish"};
    enum { COUNT = sizeof names / sizeof names[0] };
    const size_t first = offsetof(nsc_backend_table, enumerate);
    ck_assert_uint_eq(first + COUNT * sizeof(void *), NSC_BACKEND_TABLE_REQUIRED);
    for (size_t i = 0; i < COUNT; i++) {
        const nsc_backend_table whole = fake_table;
        memset((unsigned char *)&fake_table + first + i * sizeof(void *), 0, sizeof(void *));
        nsc_status status = nsc_load_builtin(query_fake, &table, why, sizeof why);
        fake_table = whole;
        ck_assert_int_eq(status, NSC_REFUSED);
        char rule[128];
        snprintf(rule, sizeof rule, "built in: required entries: expected all to be set, found %s to be NULL",
                 names[i]);
        ck_assert_str_eq(why, rule);
    }
}
END_TEST

START_TEST(a_field_that_the_end_cuts_is_not_there)
{
    const nsc_backend_table whole = fake_table;
    fake_offer_optional(1);
    ck_assert(fake_table.prepare_many);
    for (uint32_t end = NSC_BACKEND_TABLE_REQUIRED; end <= NSC_BACKEND_TABLE_SIZE; end++) {
        fake_table.struct_size = end;
        ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), NSC_OK);
        bool told = end >= NSC_BACKEND_SIZE_TO(nsc_backend_table, prepare_many);
        ck_assert(table.prepare_many == (told ? fake_table.prepare_many : NULL));
        ck_assert(table.finish == fake_table.finish);
    }
    fake_offer_optional(0);
    fake_table = whole;
}
END_TEST

/* Two builds with different sanitizers do not share a process; one without any is taken by all. */
START_TEST(the_build_tag)
{
    static const char *const tags[] = {"address", "thread", "memory"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        bool ours = strcmp(tags[i], NSC_BACKEND_BUILD_TAG) == 0;
        fake_table.build_tag = tags[i];
        ck_assert_int_eq(nsc_load_builtin(query_fake, &table, why, sizeof why), ours ? NSC_OK : NSC_REFUSED);
        if (!ours) {
            char rule[128];
            snprintf(rule, sizeof rule, "build tag: expected '%s' or none, found '%s'", NSC_BACKEND_BUILD_TAG, tags[i]);
            assert_says(why, rule);
        }
    }
    fake_table.build_tag = "";
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_file_that_was_cut_off);
    tcase_add_test(to, a_file_that_may_not_be_read);
    tcase_add_test(to, each_required_entry_is_missed);
    tcase_add_test(to, a_field_that_the_end_cuts_is_not_there);
    tcase_add_test(to, the_build_tag);
    tcase_add_test(to, good_ones_are_taken);
    tcase_add_test(to, bad_ones_are_refused_by_rule);
    tcase_add_test(to, files_that_are_none);
    tcase_add_test(to, built_ins_take_the_same_road);
}
