/* SPDX-License-Identifier: Apache-2.0 */
/* Program binaries: drivers crash on bytes that are not theirs, so a damaged or exchanged cache entry must not reach one.
 * Through the public headers; the layer counts how often a driver is given a binary. */
#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nascent/nascent.h>

#include "tests/layer/client.h"

enum { ROWS = 3, WIDTH = 7, UNITS = 5, VALUES = ROWS * UNITS, MOST = 32 };

static layer_client layer;
static char folder[] = "/tmp/nascent-binaries-XXXXXX";

/* ---- one use of the device ---- */

typedef struct outcome {
    uint64_t built, loaded, refused;
    unsigned long binaries; /* given to the driver */
    float values[VALUES];
} outcome;

/* Opens, runs two plans and closes. With a fault, calls of an entry point fail from the nth on. */
static outcome use(const nsc_layer_fault *fault)
{
    static const nsc_layer_fault none = {.call = "clCreateProgramWithBinary"};
    outcome made = {0};
    nsc_context *context = NULL;
    nsc_tensor *x = NULL, *y = NULL;
    const nsc_layer_site *sites;
    nsc_statistics statistics;
    float values[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++)
        values[i] = (float)(i % 5) - 2;
    layer.set(fault ? fault : &none);
    layer.record(1);
    ck_assert_msg(nsc_context_open(&context, "opencl", .cache_dir = folder) == NSC_OK, "%s", nsc_last_error(NULL));
    nsc_block *net = nsc_sequential(nsc_dense(9, .activation = NSC_TANH), nsc_dense(UNITS, .activation = NSC_SOFTMAX));
    ck_assert_int_eq(nsc_initialize(net, context, NULL), NSC_OK);
    ck_assert_int_eq(nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){ROWS, WIDTH}, values, &x), NSC_OK);
    ck_assert_msg(nsc_forward(net, x, &y) == NSC_OK, "%s", nsc_last_error(context));
    ck_assert_int_eq(nsc_tensor_read(y, made.values, sizeof made.values), NSC_OK);
    ck_assert_int_eq(nsc_context_statistics(context, &statistics, sizeof statistics), NSC_OK);
    made.built = statistics.programs_built;
    made.loaded = statistics.programs_loaded;
    made.refused = statistics.programs_refused;
    nsc_tensor_release(y);
    nsc_tensor_release(x);
    nsc_release(net);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
    layer.record(0);
    const size_t count = layer.sites(&sites);
    for (size_t i = 0; i < count; i++)
        if (strcmp(sites[i].call, "clCreateProgramWithBinary") == 0 && sites[i].last > made.binaries)
            made.binaries = sites[i].last;
    layer.set(NULL);
    return made;
}

/* ---- the files of the cache ---- */

typedef struct entry {
    char path[512];
    unsigned char *data;
    size_t bytes;
} entry;

static int read_entries(entry entries[MOST])
{
    DIR *files = opendir(folder);
    int count = 0;
    ck_assert_ptr_nonnull(files);
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (file->d_name[0] == '.')
            continue;
        ck_assert_int_lt(count, MOST);
        entry *e = &entries[count++];
        snprintf(e->path, sizeof e->path, "%s/%s", folder, file->d_name);
        FILE *in = fopen(e->path, "rb");
        ck_assert_ptr_nonnull(in);
        fseek(in, 0, SEEK_END);
        e->bytes = (size_t)ftell(in);
        rewind(in);
        e->data = malloc(e->bytes + 1);
        ck_assert_uint_eq(fread(e->data, 1, e->bytes, in), e->bytes);
        fclose(in);
    }
    closedir(files);
    return count;
}

static void write_entry(const char *path, const unsigned char *data, size_t bytes)
{
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(data, 1, bytes, out), bytes);
    ck_assert_int_eq(fclose(out), 0);
}

static void drop_entries(void)
{
    entry entries[MOST];
    const int count = read_entries(entries);
    for (int i = 0; i < count; i++) {
        unlink(entries[i].path);
        free(entries[i].data);
    }
}

typedef enum damage { HALF, EMPTY, LAST_BYTE, FIRST_BIT, MIDDLE_BIT, LAST_BIT, EXCHANGED, DAMAGES } damage;
static const char *const names[DAMAGES] = {"cut in half",
                                           "empty",
                                           "without the last byte",
                                           "the first bit flipped",
                                           "a bit in the middle flipped",
                                           "the last bit flipped",
                                           "another key's"};

/* To all entries. Where each has the whole of another, keys and checksums included, they hold, but not for their key. */
static void damage_entries(damage how)
{
    entry entries[MOST];
    const int count = read_entries(entries);
    ck_assert_int_ge(count, 2);
    for (int i = 0; i < count; i++) {
        entry *e = &entries[i], *from = how == EXCHANGED ? &entries[(i + 1) % count] : e;
        const size_t bytes = how == HALF        ? e->bytes / 2
                             : how == EMPTY     ? 0
                             : how == LAST_BYTE ? e->bytes - 1
                                                : from->bytes;
        const size_t at = how == FIRST_BIT ? 0 : how == MIDDLE_BIT ? e->bytes / 2 : e->bytes - 1;
        const bool flip = how == FIRST_BIT || how == MIDDLE_BIT || how == LAST_BIT;
        if (flip)
            e->data[at] ^= 1;
        write_entry(e->path, from->data, bytes);
        if (flip)
            e->data[at] ^= 1;
    }
    for (int i = 0; i < count; i++)
        free(entries[i].data);
}

/* ---- the tests ---- */

/* A device whose self-checks are remembered builds its programs in other groups: so twice. */
static void check_warm(const outcome *cold, const char *after)
{
    use(NULL);
    const outcome warm = use(NULL);
    ck_assert_msg(warm.built == 0 && warm.refused == 0, "after %s: %d built", after, (int)warm.built);
    ck_assert_msg(warm.loaded > 0 && warm.binaries == warm.loaded, "after %s: %d loaded", after, (int)warm.loaded);
    ck_assert_mem_eq(warm.values, cold->values, sizeof cold->values);
}

START_TEST(binaries_that_do_not_hold_reach_no_driver)
{
    const outcome cold = use(NULL);
    ck_assert_uint_gt(cold.built, 1);
    ck_assert_uint_eq(cold.binaries, 0);
    check_warm(&cold, "the first use");
    for (damage how = HALF; how < DAMAGES; how++) {
        damage_entries(how);
        const outcome got = use(NULL);
        ck_assert_msg(got.binaries == 0, "%s: the driver was given %lu binaries", names[how], got.binaries);
        ck_assert_msg(got.built == cold.built && got.loaded == 0, "%s: %d built, %d loaded", names[how], (int)got.built,
                      (int)got.loaded);
        ck_assert_mem_eq(got.values, cold.values, sizeof cold.values);
        check_warm(&cold, names[how]);
    }
    drop_entries();
}
END_TEST

/* A driver may refuse what holds: when it is handed over, built, or asked for kernels. */
START_TEST(binaries_that_a_driver_refuses_are_compiled_again)
{
    static const nsc_layer_fault faults[] = {
        {.call = "clCreateProgramWithBinary", .n = 1, .forever = 1, .code = -42 /* CL_INVALID_BINARY */},
        {.call = "clBuildProgram", .n = 1, .code = -11 /* CL_BUILD_PROGRAM_FAILURE */},
        {.call = "clCreateKernelsInProgram", .n = 1, .code = -45 /* CL_INVALID_PROGRAM_EXECUTABLE */}};
    const outcome cold = use(NULL);
    check_warm(&cold, "the first use");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const outcome got = use(&faults[i]);
        ck_assert_msg(got.refused > 0, "%s: nothing was refused", faults[i].call);
        ck_assert_msg(got.built == got.refused, "%s: %d built", faults[i].call, (int)got.built);
        ck_assert_mem_eq(got.values, cold.values, sizeof cold.values);
        check_warm(&cold, faults[i].call);
    }
    drop_entries();
}
END_TEST

int main(void)
{
    layer_find(&layer);
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    Suite *suite = suite_create("binaries");
    TCase *tests = tcase_create("binaries");
    tcase_add_test(tests, binaries_that_do_not_hold_reach_no_driver);
    tcase_add_test(tests, binaries_that_a_driver_refuses_are_compiled_again);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (failed == 0) /* or entries are for whoever looks into it */
        rmdir(folder);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
