/* SPDX-License-Identifier: Apache-2.0 */
/* Files of named arrays: what is written is read again, the same arrays give the same bytes, what is broken is refused
 * with file and offset, and a write that fails leaves what was there. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/archive.h"
#include "core/io/file.h"

static char folder[] = "/tmp/nascent-archive-XXXXXX";
static char path[256];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

#define ASSERT_OK(CALL) ck_assert_msg((CALL) == NSC_OK, "%s: %s", #CALL, nsc_error_text(0))
#define ASSERT_SAYS(WORDS) ck_assert_msg(strstr(nsc_error_text(0), (WORDS)) != NULL, "%s", nsc_error_text(0))

static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
enum { FORMATS = 3, MANY = 40 };
static const char *const formats[FORMATS] = {"safetensors", "npz", "npy"};

static nsc_status write_arrays(int format, const char *file, const nsc_array *arrays, size_t count)
{
    const nsc_metadata metadata[] = {{"nascent", "{\"a\": \"\\u00e4\n\"}"}, {"other", ""}};
    if (format == 0)
        return nsc_safetensors_write(file, arrays, count, metadata, 2);
    return format == 1 ? nsc_npz_write(file, arrays, count) : nsc_npy_write(file, arrays);
}

/* Arrays of every dtype and of ranks 0 to 8, also with a size of 0. */
static size_t make_arrays(nsc_array *arrays, unsigned char *data)
{
    size_t count = 0;
    static char names[MANY][32];
    for (int rank = 0; rank <= NSC_MAX_RANK; rank++)
        for (size_t d = 0; d < 4; d++) {
            nsc_array array = {.name = names[count], .dtype = dtypes[d], .rank = rank, .data = data};
            uint64_t bytes = 0;
            for (int i = 0; i < rank; i++)
                array.dims[i] = rank == 3 && d == 1 ? 0 : (i % 3) + 1;
            ck_assert(nsc_archive_bytes(array.dtype, rank, array.dims, &bytes));
            array.bytes = (size_t)bytes;
            snprintf(names[count], sizeof names[count], "layer.%d \"%zu\"", rank, d);
            arrays[count++] = array;
        }
    return count;
}

START_TEST(test_what_is_written_is_read)
{
    nsc_array arrays[MANY];
    unsigned char data[4096];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    size_t count = make_arrays(arrays, data);
    nsc_archive *archive = NULL;
    for (size_t first = 0; first < (_i == 2 ? count : 1); first++) {
        const size_t wanted = _i == 2 ? 1 : count;
        ASSERT_OK(write_arrays(_i, in_folder("round"), arrays + first, wanted));
        ASSERT_OK(nsc_archive_open(path, &archive));
        ck_assert_str_eq(nsc_archive_format(archive), formats[_i]);
        ck_assert_uint_eq(nsc_archive_count(archive), wanted);
        for (size_t i = 0; i < wanted; i++) {
            const nsc_array *want = &arrays[first + i], *have = nsc_archive_array(archive, i);
            ck_assert_str_eq(have->name, _i == 2 ? "" : want->name);
            ck_assert_int_eq(have->dtype, want->dtype);
            ck_assert_int_eq(have->rank, want->rank);
            ck_assert_mem_eq(have->dims, want->dims, sizeof want->dims);
            ck_assert_uint_eq(have->bytes, want->bytes);
            if (want->bytes > 0)
                ck_assert_mem_eq(have->data, want->data, want->bytes);
        }
        ck_assert_ptr_null(nsc_archive_array(archive, wanted));
        ck_assert_ptr_null(nsc_archive_find(archive, "nobody"));
        if (_i == 0) {
            ck_assert_str_eq(nsc_archive_metadata(archive, "nascent"), "{\"a\": \"\\u00e4\n\"}");
            ck_assert_str_eq(nsc_archive_metadata(archive, "other"), "");
            ck_assert_ptr_null(nsc_archive_metadata(archive, "nobody"));
        }
        nsc_archive_close(archive);
    }
}
END_TEST

START_TEST(test_equal_arrays_give_equal_bytes)
{
    nsc_array arrays[MANY];
    unsigned char data[4096] = {1}, *bytes[2];
    size_t length[2], count = make_arrays(arrays, data);
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(write_arrays(_i, in_folder("equal"), arrays, count));
        ASSERT_OK(nsc_file_read(path, &bytes[i], &length[i]));
    }
    ck_assert_uint_eq(length[0], length[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], length[0]);
    if (_i == 0) {
        uint64_t header;
        memcpy(&header, bytes[0], sizeof header);
        ck_assert_uint_eq((header + 8) % 64, 0);
    }
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

START_TEST(test_what_cannot_be_written_is_refused)
{
    const float value = 1.0f;
    nsc_array good = {.name = "w", .dtype = NSC_FLOAT32, .data = &value, .bytes = 4}, array = good;
    array.dtype = NSC_FLOAT64;
    array.bytes = 8;
    ck_assert_int_eq(write_arrays(_i, in_folder("no"), &array, 1), NSC_WRONG_DTYPE);
    ASSERT_SAYS("float64");
    array = good;
    array.bytes = 3;
    ck_assert_int_eq(write_arrays(_i, in_folder("no"), &array, 1), NSC_INVALID);
    array = good;
    array.rank = 9;
    ck_assert_int_eq(write_arrays(_i, in_folder("no"), &array, 1), NSC_INVALID);
    array = good;
    array.data = NULL;
    ck_assert_int_eq(write_arrays(_i, in_folder("no"), &array, 1), NSC_INVALID);
    if (_i < 2) {
        array = good;
        array.name = "";
        ck_assert_int_eq(write_arrays(_i, in_folder("no"), &array, 1), NSC_INVALID);
        ck_assert_int_eq(write_arrays(_i, in_folder("no"), (nsc_array[]){good, good}, 2), NSC_INVALID);
        ASSERT_SAYS("two arrays are named w");
    }
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(write_arrays(_i, "/nowhere/at/all", &good, 1), NSC_IO);
    ASSERT_SAYS("/nowhere/at/all");
}
END_TEST

START_TEST(test_a_failed_write_leaves_what_was_there)
{
    const float value = 1.0f;
    char inside[300];
    const nsc_array array = {.name = "w", .dtype = NSC_FLOAT32, .data = &value, .bytes = 4};
    /* A folder that is not empty cannot be replaced by a file: the last step fails. */
    ck_assert_int_eq(mkdir(in_folder("busy"), 0777), 0);
    snprintf(inside, sizeof inside, "%s/kept", path);
    ck_assert_int_eq(mkdir(inside, 0777), 0);
    ck_assert_int_eq(write_arrays(_i, path, &array, 1), NSC_IO);
    ASSERT_SAYS("busy");
    ck_assert_int_eq(access(inside, F_OK), 0);
    ck_assert_int_eq(rmdir(inside), 0);
    ck_assert_int_eq(rmdir(path), 0);
    /* A pipe, or a device, is not replaced by a file. */
    struct stat about;
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    ck_assert_int_eq(write_arrays(_i, path, &array, 1), NSC_IO);
    ASSERT_SAYS("pipe: cannot be replaced: it is no regular file");
    ck_assert(stat(path, &about) == 0 && S_ISFIFO(about.st_mode));
    ck_assert_int_eq(unlink(path), 0);
    char command[300]; /* no temporary file is left */
    snprintf(command, sizeof command, "ls %s | grep -q tmp", folder);
    ck_assert_int_ne(system(command), 0);
}
END_TEST

/* A safetensors file of this header and that much data. */
static size_t file_of(unsigned char *bytes, const char *header, size_t data)
{
    const uint64_t length = strlen(header);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, data);
    return 8 + (size_t)length + data;
}

START_TEST(test_refusals_tell_file_offset_and_reason)
{
    static const struct {
        const char *header;
        size_t data;
        nsc_status status;
        const char *words;
    } cases[] = {
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, NSC_IO,
         "f: byte 66: 4 bytes that belong"},
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, NSC_IO, "leaves a gap"},
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, NSC_IO, "f: byte 9: w: its shape"},
        {"{\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, NSC_UNSUPPORTED, "F64 is not stored"},
        {"{\"w\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, NSC_IO, "X is no dtype"},
        {"{\"a\":[[[[[[[[[]]]]]]]]]}", 0, NSC_IO, "nested deeper"},
        {"{\"w\":{}", 0, NSC_IO, "no JSON"},
        {"{\"w\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, NSC_IO,
         "its shape"},
        {" {}", 0, NSC_IO, "f: byte 8: the header does not begin"},
    };
    unsigned char bytes[512];
    nsc_archive *archive = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t length = file_of(bytes, cases[i].header, cases[i].data);
        ck_assert_int_eq(nsc_archive_parse("f", bytes, length, &archive), cases[i].status);
        ck_assert_ptr_null(archive);
        ASSERT_SAYS(cases[i].words);
    }
    ck_assert_int_eq(nsc_archive_parse("f", bytes, 0, &archive), NSC_IO);
    ASSERT_SAYS("f: byte 0");
    ck_assert_int_eq(nsc_archive_open("/nowhere", &archive), NSC_IO);
    ASSERT_SAYS("/nowhere");
    ck_assert_int_eq(nsc_archive_open("/tmp", &archive), NSC_IO);
    ck_assert_int_eq(nsc_archive_open(NULL, &archive), NSC_INVALID);
    ck_assert_int_eq(nsc_archive_open("x", NULL), NSC_INVALID);
    nsc_archive_close(NULL);
}
END_TEST

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    Suite *suite = suite_create("archive");
    TCase *tests = tcase_create("archive");
    nsc_status without = nsc_npz_write(NULL, NULL, 0);
    const int most = without == NSC_UNSUPPORTED ? 1 : 2; /* npz needs libzip */
    tcase_add_loop_test(tests, test_what_is_written_is_read, 0, most);
    tcase_add_loop_test(tests, test_what_is_written_is_read, 2, FORMATS);
    tcase_add_loop_test(tests, test_equal_arrays_give_equal_bytes, 0, most);
    tcase_add_loop_test(tests, test_equal_arrays_give_equal_bytes, 2, FORMATS);
    tcase_add_loop_test(tests, test_what_cannot_be_written_is_refused, 0, most);
    tcase_add_loop_test(tests, test_what_cannot_be_written_is_refused, 2, FORMATS);
    tcase_add_loop_test(tests, test_a_failed_write_leaves_what_was_there, 0, most);
    tcase_add_loop_test(tests, test_a_failed_write_leaves_what_was_there, 2, FORMATS);
    tcase_add_test(tests, test_refusals_tell_file_offset_and_reason);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    const char *const left[] = {"round", "equal"};
    for (size_t i = 0; i < 2; i++)
        unlink(in_folder(left[i]));
    return failed != 0 || rmdir(folder) != 0;
}
