/* SPDX-License-Identifier: Apache-2.0 */
/* The IDX reader on good and on hostile files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <zlib.h>

#include <nascent/context.h>
#include <nascent/io.h>

static char path[] = "/tmp/nascent-idx-XXXXXX";
static const unsigned char good[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};

static void setup(void)
{
    strcpy(path, "/tmp/nascent-idx-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

static void put(const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}

static void put_compressed(const void *data, size_t bytes)
{
    gzFile file = gzopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, data, (unsigned)bytes), (int)bytes);
    gzclose(file);
}

/* The file is refused with this status, and the text has its name and what was found. */
static void refused(nsc_status status, const char *text)
{
    nsc_idx *idx = (nsc_idx *)path;

    ck_assert_int_eq(nsc_idx_open(path, &idx), status);
    ck_assert_ptr_null(idx);
    ck_assert_msg(strstr(nsc_last_error(NULL), path) != NULL, "%s", nsc_last_error(NULL));
    ck_assert_msg(strstr(nsc_last_error(NULL), text) != NULL, "%s", nsc_last_error(NULL));
}

static void accepted(void)
{
    nsc_idx *idx;

    ck_assert_msg(nsc_idx_open(path, &idx) == NSC_OK, "%s", nsc_last_error(NULL));
    ck_assert_int_eq(nsc_idx_rank(idx), 2);
    ck_assert_int_eq(nsc_idx_dims(idx)[0], 2);
    ck_assert_int_eq(nsc_idx_dims(idx)[1], 3);
    ck_assert_uint_eq(nsc_idx_bytes(idx), 6);
    ck_assert_mem_eq(nsc_idx_data(idx), good + 12, 6);
    nsc_idx_close(idx);
}

START_TEST(plain_and_compressed)
{
    put(good, sizeof good);
    accepted();
    put_compressed(good, sizeof good);
    accepted();
}
END_TEST

START_TEST(larger_than_a_chunk)
{
    enum { ROWS = 3, COLUMNS = 100003 };
    static unsigned char data[8 + 4 + ROWS * COLUMNS] = {0, 0, 8, 2, 0, 0, 0, ROWS, 0, 1, 0x86, 0xA3};
    nsc_idx *idx;

    for (size_t i = 12; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    for (int compressed = 0; compressed < 2; compressed++) {
        (compressed ? put_compressed : put)(data, sizeof data);
        ck_assert_msg(nsc_idx_open(path, &idx) == NSC_OK, "%s", nsc_last_error(NULL));
        ck_assert_uint_eq(nsc_idx_bytes(idx), sizeof data - 12);
        ck_assert_mem_eq(nsc_idx_data(idx), data + 12, sizeof data - 12);
        nsc_idx_close(idx);
    }
}
END_TEST

START_TEST(vendored_digits)
{
    const char *source = getenv("NASCENT_SOURCE_DIR");
    char name[4096];
    nsc_idx *idx;

    snprintf(name, sizeof name, "%s/examples/data/digits-images-idx3-ubyte", source ? source : ".");
    ck_assert_msg(nsc_idx_open(name, &idx) == NSC_OK, "%s", nsc_last_error(NULL));
    ck_assert_int_eq(nsc_idx_rank(idx), 3);
    ck_assert_int_eq(nsc_idx_dims(idx)[0], 1797);
    ck_assert_int_eq(nsc_idx_dims(idx)[2], 8);
    for (size_t i = 0; i < nsc_idx_bytes(idx); i++)
        ck_assert_uint_le(nsc_idx_data(idx)[i], 16);
    nsc_idx_close(idx);
}
END_TEST

START_TEST(empty_dimension)
{
    const unsigned char none[] = {0, 0, 8, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    nsc_idx *idx;

    put(none, sizeof none);
    ck_assert_int_eq(nsc_idx_open(path, &idx), NSC_OK);
    ck_assert_uint_eq(nsc_idx_bytes(idx), 0);
    nsc_idx_close(idx);
}
END_TEST

START_TEST(every_truncation)
{
    for (size_t bytes = 0; bytes < sizeof good; bytes++) {
        put(good, bytes);
        refused(NSC_IO, "expected");
    }
    put(good, sizeof good - 2);
    refused(NSC_IO, "offset 12: expected 6 bytes of elements, found 4");
}
END_TEST

START_TEST(truncated_gzip)
{
    put_compressed(good, sizeof good);
    ck_assert_int_eq(truncate(path, 20), 0);
    refused(NSC_IO, "");
}
END_TEST

START_TEST(trailing_bytes)
{
    unsigned char longer[sizeof good + 1] = {0};

    memcpy(longer, good, sizeof good);
    put(longer, sizeof longer);
    refused(NSC_IO, "offset 18: expected the end of the file");
}
END_TEST

START_TEST(lying_sizes)
{
    unsigned char huge[] = {0,    0,    8,    4,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,    2,    3};
    unsigned char large[] = {0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, 1};

    put(huge, sizeof huge);
    refused(NSC_UNSUPPORTED, "at most 2^32 elements");
    put(large, sizeof large);
    refused(NSC_IO, "expected 4294967295 bytes of elements, found 1");
}
END_TEST

START_TEST(wrong_magic)
{
    unsigned char data[sizeof good];

    memcpy(data, good, sizeof good);
    data[0] = 1;
    put(data, sizeof data);
    refused(NSC_IO, "found 01 00 08 02");
    data[0] = 0;
    data[2] = 0x0D;
    put(data, sizeof data);
    refused(NSC_UNSUPPORTED, "32-bit float");
    data[2] = 8;
    data[3] = 0;
    put(data, sizeof data);
    refused(NSC_IO, "found 00 00 08 00");
    data[3] = 5;
    put(data, sizeof data);
    refused(NSC_UNSUPPORTED, "expected 1 to 4 dimensions, found 5");
}
END_TEST

START_TEST(not_a_file)
{
    nsc_idx *idx;

    unlink(path);
    refused(NSC_IO, "No such file");
    ck_assert_int_eq(nsc_idx_open("/tmp", &idx), NSC_IO);
    ck_assert_ptr_nonnull(strstr(nsc_last_error(NULL), "a directory"));
    ck_assert_int_eq(nsc_idx_open(NULL, &idx), NSC_INVALID);
    ck_assert_int_eq(nsc_idx_open(path, NULL), NSC_INVALID);
    nsc_idx_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx");
    TCase *cases = tcase_create("idx");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, plain_and_compressed);
    tcase_add_test(cases, larger_than_a_chunk);
    tcase_add_test(cases, vendored_digits);
    tcase_add_test(cases, empty_dimension);
    tcase_add_test(cases, every_truncation);
    tcase_add_test(cases, truncated_gzip);
    tcase_add_test(cases, trailing_bytes);
    tcase_add_test(cases, lying_sizes);
    tcase_add_test(cases, wrong_magic);
    tcase_add_test(cases, not_a_file);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
