/* SPDX-License-Identifier: Apache-2.0 */
/* A file is replaced whole or not at all: with every amount of room on the disk, interrupted, killed at every call, and
 * beside what others left. No device is opened here, so the process may fork. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nascent/nascent.h>

#include "system.h"

static char folder[64], file[96];
static const float values[40] = {1, 2, 3};
static const nsc_array array = {
    .name = "a", .dtype = NSC_FLOAT32, .rank = 2, .dims = {4, 10}, .data = values, .bytes = sizeof values};

static nsc_status write_safetensors(void)
{
    return nsc_safetensors_write(file, &array, 1, NULL, 0);
}

static nsc_status write_npy(void)
{
    return nsc_npy_write(file, &array);
}

#ifdef HAVE_LIBZIP
static nsc_status write_npz(void)
{
    return nsc_npz_write(file, &array, 1);
}
#endif

/* A net without a device: what is declared can be saved. */
static nsc_status write_checkpoint(void)
{
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(3));
    const nsc_status status = nsc_save(net, file, NULL);
    nsc_release(net);
    return status;
}

static nsc_status (*const writers[])(void) = {
    write_safetensors,
    write_npy,
    write_checkpoint,
#ifdef HAVE_LIBZIP
    write_npz,
#endif
};
enum { WRITERS = sizeof writers / sizeof *writers, LARGEST = 8192 };

typedef struct content {
    size_t length;
    char bytes[LARGEST];
} content;

static content get(const char *path)
{
    content found = {.length = 0};
    FILE *from = fopen(path, "rb");
    ck_assert_ptr_nonnull(from);
    found.length = fread(found.bytes, 1, LARGEST, from);
    fclose(from);
    ck_assert_uint_lt(found.length, LARGEST);
    return found;
}

static bool same(const content *a, const content *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static void put(const char *path, const char *text)
{
    FILE *to = fopen(path, "wb");
    ck_assert_ptr_nonnull(to);
    fputs(text, to);
    fclose(to);
}

static int files(void)
{
    int count = 0;
    DIR *all = opendir(folder);
    ck_assert_ptr_nonnull(all);
    for (struct dirent *entry; (entry = readdir(all)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(all);
    return count;
}

static void remove_all(void)
{
    char path[512];
    DIR *all = opendir(folder);
    for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;)
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (unlink(path) != 0)
                rmdir(path);
        }
    closedir(all);
}

static void setup(void)
{
    strcpy(folder, "/tmp/nascent-atomic-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/file", folder);
}

static void teardown(void)
{
    remove_all();
    ck_assert_int_eq(rmdir(folder), 0);
}

static content written(int writer)
{
    ck_assert_int_eq(writers[writer](), NSC_OK);
    return get(file);
}

START_TEST(test_every_amount_of_room)
{
    const content new = written(_i);
    put(file, "old");
    const content old = get(file);
    for (size_t room = 0; room < new.length; room++) {
        system_room((long)room);
        const nsc_status status = writers[_i]();
        system_room(-1);
        ck_assert_int_eq(status, NSC_IO);
        ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), file));
        ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), strerror(ENOSPC)));
        ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), "what was there is unchanged"));
        const content now = get(file);
        ck_assert(same(&now, &old));
        ck_assert_int_eq(files(), 1);
    }
    system_room((long)new.length);
    const content now = written(_i);
    system_room(-1);
    ck_assert(same(&now, &new));
}
END_TEST

START_TEST(test_a_first_file_leaves_nothing_where_it_fails)
{
    system_room(10);
    const nsc_status status = writers[_i]();
    system_room(-1);
    ck_assert_int_eq(status, NSC_IO);
    ck_assert_int_eq(files(), 0);
}
END_TEST

START_TEST(test_interruptions_change_nothing)
{
    nsc_archive *archive;
    const content new = written(_i);
    system_hesitate(true);
    const content now = written(_i);
    const nsc_status status = nsc_archive_open(file, &archive);
    system_hesitate(false);
    ck_assert(same(&now, &new));
    ck_assert_int_eq(status, NSC_OK);
    nsc_archive_close(archive);
}
END_TEST

/* Whoever looks after a crash finds the old file or the new one. What was being written may be left beside it, and is in
 * nobody's way. */
START_TEST(test_killed_at_every_call)
{
    const content new = written(_i);
    put(file, "old");
    const content old = get(file);
    int olds = 0, news = 0;
    for (long n = 1;; n++) {
        int result;
        put(file, "old");
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            system_die_at(n);
            _exit(writers[_i]() == NSC_OK ? 1 : 2);
        }
        ck_assert_int_eq(waitpid(child, &result, 0), child);
        ck_assert(WIFEXITED(result));
        ck_assert_int_ne(WEXITSTATUS(result), 2);
        const content now = get(file);
        ck_assert_msg(same(&now, &old) || same(&now, &new), "killed at call %ld: neither the old file nor the new", n);
        olds += same(&now, &old);
        news += same(&now, &new);
        if (WEXITSTATUS(result) == 1)
            break;
    }
    ck_assert_int_ge(olds, 4); /* before open, write, fsync, close and rename */
    ck_assert_int_ge(news, 2); /* after rename, and at the end */
    const content now = written(_i);
    ck_assert(same(&now, &new));
}
END_TEST

START_TEST(test_names_that_are_taken)
{
    char taken[128];
    snprintf(taken, sizeof taken, "%s.%ld-0.tmp", file, (long)getpid());
    put(taken, "of another");
    written(_i);
    const content other = get(taken);
    ck_assert_uint_eq(other.length, strlen("of another"));
    ck_assert_int_eq(files(), 2);
}
END_TEST

START_TEST(test_places_that_cannot_be_written)
{
    strcat(file, "/deeper");
    ck_assert_int_eq(writers[_i](), NSC_IO);
    ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), file));
    ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), strerror(ENOENT)));
    snprintf(file, sizeof file, "%s/file", folder);
    ck_assert_int_eq(mkdir(file, 0777), 0); /* a folder is not replaced */
    ck_assert_int_eq(writers[_i](), NSC_IO);
    ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), "cannot be replaced"));
    ck_assert_int_eq(files(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("atomic");
    TCase *tests = tcase_create("atomic");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_every_amount_of_room, 0, WRITERS);
    tcase_add_loop_test(tests, test_a_first_file_leaves_nothing_where_it_fails, 0, WRITERS);
    tcase_add_loop_test(tests, test_interruptions_change_nothing, 0, WRITERS);
    tcase_add_loop_test(tests, test_killed_at_every_call, 0, WRITERS);
    tcase_add_loop_test(tests, test_names_that_are_taken, 0, WRITERS);
    tcase_add_loop_test(tests, test_places_that_cannot_be_written, 0, WRITERS);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
