/* SPDX-License-Identifier: Apache-2.0 */
/* The program cache: what comes back is what was put, or nothing. */
#include "core/device/cache.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/device/crc64.h"
#include "unit.h"

static char root[] = "/tmp/nascent-cache-test-XXXXXX", dir[64], why[256];

/* The path of the only entry; the result is how many files there are. */
static int entries(char path[400])
{
    DIR *folder = opendir(dir);
    int count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(path, 400, "%s/%s", dir, entry->d_name);
            count++;
        }
    if (folder)
        closedir(folder);
    return count;
}

START_TEST(checksum)
{
    ck_assert_uint_eq(nsc_crc64(0, "123456789", 9), 0x995dc9bbdf1939faull);
    ck_assert_uint_eq(nsc_crc64(nsc_crc64(0, "1234", 4), "56789", 5), 0x995dc9bbdf1939faull);
}
END_TEST

START_TEST(put_and_get)
{
    char out[16] = "", path[400];
    ck_assert_uint_eq(nsc_cache_get(dir, "a", "key", 3, out, sizeof out), 0);
    ck_assert_msg(nsc_cache_put(dir, "a", "key", 3, "data", 4, why, sizeof why), "%s", why);
    ck_assert_int_eq(entries(path), 1);
    ck_assert_uint_eq(nsc_cache_get(dir, "a", "key", 3, out, sizeof out), 4);
    ck_assert_int_eq(memcmp(out, "data", 4), 0);
    memset(out, 0, sizeof out);
    ck_assert_uint_eq(nsc_cache_get(dir, "a", "key", 3, out, 2), 4);
    ck_assert_int_eq(memcmp(out, "da\0", 3), 0);
    ck_assert_uint_eq(nsc_cache_get(dir, "b", "key", 3, out, sizeof out), 0);
    ck_assert_uint_eq(nsc_cache_get(dir, "a", "kez", 3, out, sizeof out), 0);
    ck_assert(nsc_cache_put(dir, "a", "key", 3, "other", 5, why, sizeof why));
    ck_assert_uint_eq(nsc_cache_get(dir, "a", "key", 3, out, sizeof out), 5);
    ck_assert(!nsc_cache_put(dir, "a", "key", 3, "", 0, why, sizeof why));
}
END_TEST

/* Every byte of an entry changed, and every length that it may be cut to. */
START_TEST(damaged_entries_are_misses_and_go)
{
    char path[400], out[16];
    unsigned char whole[256];
    ck_assert(nsc_cache_put(dir, "a", "key", 3, "data", 4, why, sizeof why));
    ck_assert_int_eq(entries(path), 1);
    FILE *file = fopen(path, "rb");
    size_t size = fread(whole, 1, sizeof whole, file);
    fclose(file);
    ck_assert_uint_lt(size, sizeof whole);
    for (size_t i = 0; i <= 2 * size; i++) {
        size_t length = i <= size ? size : i - size - 1;
        file = fopen(path, "wb");
        if (i < size)
            whole[i] ^= 0x10;
        fwrite(whole, 1, length, file);
        if (i < size)
            whole[i] ^= 0x10;
        if (i == size)
            fputc(0, file);
        fclose(file);
        ck_assert_uint_eq(nsc_cache_get(dir, "a", "key", 3, out, sizeof out), 0);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
}
END_TEST

START_TEST(a_directory_that_cannot_be_is_no_cache)
{
    ck_assert(!nsc_cache_put("/proc/nowhere", "a", "key", 3, "data", 4, why, sizeof why));
    assert_says(why, "/proc/nowhere");
    ck_assert(!nsc_cache_put("/dev/null/x", "a", "key", 3, "data", 4, why, sizeof why));
}
END_TEST

static void clean(void)
{
    char path[400];
    while (entries(path) > 0)
        unlink(path);
    rmdir(dir);
    rmdir(root);
}

void unit_tests(TCase *to)
{
    if (!mkdtemp(root))
        abort();
    snprintf(dir, sizeof dir, "%s/deep", root);
    atexit(clean);
    tcase_add_test(to, checksum);
    tcase_add_test(to, put_and_get);
    tcase_add_test(to, damaged_entries_are_misses_and_go);
    tcase_add_test(to, a_directory_that_cannot_be_is_no_cache);
}
