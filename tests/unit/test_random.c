/* SPDX-License-Identifier: Apache-2.0 */
/* The generator on the host against the published vectors, and its slices against its whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "core/param/random.h"
#include "examples/sha256.h"

#define LARGEST 60000

static FILE *vectors(const char *name)
{
    char path[4096];

    const char *source = getenv("NASCENT_SOURCE_DIR");

    snprintf(path, sizeof path, "%s/tests/vectors/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    return file;
}

START_TEST(philox_vectors)
{
    FILE *file = vectors("philox.txt");
    char line[512];
    int count = 0;

    while (fgets(line, sizeof line, file)) {
        uint32_t c[4], k[2], want[4], got[4];

        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%x %x %x %x %x %x %x %x %x %x", &c[0], &c[1], &c[2], &c[3], &k[0], &k[1],
                                &want[0], &want[1], &want[2], &want[3]),
                         10);
        nsc_philox4x32(c, k, got);
        ck_assert_mem_eq(got, want, sizeof want);
        count++;
    }
    fclose(file);
    ck_assert_int_eq(count, 7);
}
END_TEST

START_TEST(fnv_vectors)
{
    FILE *file = vectors("fnv1a.txt");
    char line[512];
    int count = 0;

    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        line[strcspn(line, "\n")] = 0;
        ck_assert_uint_eq(strtoull(line, NULL, 16), nsc_hash_path(line + 17));
        count++;
    }
    fclose(file);
    ck_assert_int_eq(count, 8);
    ck_assert_uint_eq(nsc_hash_path(NULL), nsc_hash_path(""));
}
END_TEST

static float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Checks every line of a file of fills; the result is their number. */
static int check_fills(const char *name)
{
    static uint32_t got[LARGEST];
    FILE *file = vectors(name);
    char line[2048];
    int count = 0;

    while (fgets(line, sizeof line, file)) {
        char distribution[16], path[128], digest[65], hex[65];
        unsigned long long seed, first;
        size_t elements;
        uint32_t scale, shift;
        int used;

        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%15s %llx %127s %llu %zu %x %x %64s%n", distribution, &seed, path, &first,
                                &elements, &scale, &shift, digest, &used),
                         8);
        ck_assert_uint_le(elements, LARGEST);
        nsc_distribution which = strcmp(distribution, "words") == 0     ? NSC_RANDOM_WORDS
                                 : strcmp(distribution, "uniform") == 0 ? NSC_RANDOM_UNIFORM
                                 : strcmp(distribution, "normal") == 0  ? NSC_RANDOM_NORMAL
                                                                        : NSC_RANDOM_TRUNCATED_NORMAL;

        ck_assert_int_eq(nsc_random_fill(which, seed, path, first, elements, float_of(scale), float_of(shift), got),
                         NSC_OK);
        char *at = line + used;

        for (size_t i = 0; i < elements && i < 32; i++) {
            uint32_t want = (uint32_t)strtoul(at, &at, 16);

            ck_assert_msg(got[i] == want, "%s %s element %llu: %08x, the vector has %08x", distribution, path,
                          first + i, got[i], want);
        }
        sha256_hex(got, elements * 4, hex);
        ck_assert_str_eq(hex, digest);
        count++;
    }
    fclose(file);
    return count;
}

START_TEST(fill_vectors)
{
    ck_assert_int_eq(check_fills("random.txt"), 168);
    ck_assert_int_eq(check_fills("dense_rows.txt"), 5);
}
END_TEST

START_TEST(slices_equal_the_whole)
{
    float whole[101], slice[101];

    nsc_random_normal(9, nsc_hash_path("w"), 0, 101, 0.5f, 1.0f, whole);
    for (size_t first = 0; first < 101; first++) {
        size_t count = (first * 7) % (101 - first) + 1;

        nsc_random_normal(9, nsc_hash_path("w"), first, count, 0.5f, 1.0f, slice);
        ck_assert_mem_eq(slice, whole + first, count * sizeof *slice);
    }
}
END_TEST

START_TEST(wrong_arguments)
{
    float out[4];

    ck_assert_int_eq(nsc_random_fill(NSC_RANDOM_UNIFORM, 1, NULL, 0, 4, 1, 0, out), NSC_INVALID);
    ck_assert_int_eq(nsc_random_fill(NSC_RANDOM_UNIFORM, 1, "w", 0, 4, 1, 0, NULL), NSC_INVALID);
    ck_assert_int_eq(nsc_random_fill(NSC_RANDOM_UNIFORM, 1, "w", UINT64_MAX - 2, 4, 1, 0, out), NSC_INVALID);
    ck_assert_int_eq(nsc_random_fill(NSC_RANDOM_UNIFORM, 1, "w", UINT64_MAX - 3, 4, 1, 0, out), NSC_OK);
    ck_assert_int_eq(nsc_random_fill((nsc_distribution)9, 1, "w", 0, 4, 1, 0, out), NSC_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *cases = tcase_create("random");

    tcase_add_test(cases, philox_vectors);
    tcase_add_test(cases, fnv_vectors);
    tcase_add_test(cases, fill_vectors);
    tcase_add_test(cases, slices_equal_the_whole);
    tcase_add_test(cases, wrong_arguments);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
