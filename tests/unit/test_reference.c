/* SPDX-License-Identifier: Apache-2.0 */
/* The reference backend through its raw table: what core would otherwise catch or hide. The conformance program checks
 * what it computes. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <nascent/backend.h>

#include "core/param/random.h"

const nsc_backend_table *nsc_backend_query_reference(const nsc_backend_host *host);

static char cause[256];

static void note(void *context, const char *text)
{
    (void)context;
    strncpy(cause, text, sizeof cause - 1);
}

static const nsc_backend_host host = {
    .struct_size = NSC_BACKEND_HOST_SIZE, .abi_major = 1, .fail = note, .normal_table = nsc_normal_table};
static const nsc_backend_table *table;
static nsc_backend_device *device;

static nsc_backend_status open_index(uint32_t index, nsc_backend_limits *limits)
{
    nsc_backend_open_args args = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .index = index, .host = &host};

    memset(limits, 0, sizeof *limits);
    limits->struct_size = sizeof *limits;
    return table->open(&args, &device, limits);
}

static void setup(void)
{
    nsc_backend_limits limits;

    cause[0] = 0;
    table = nsc_backend_query_reference(&host);
    ck_assert_int_eq(open_index(0, &limits), NSC_BACKEND_OK);
}

static void teardown(void)
{
    table->close(device);
}

static nsc_backend_buffer *buffer_with(const void *data, uint64_t bytes)
{
    nsc_backend_buffer *made = NULL;

    ck_assert_int_eq(table->alloc(device, bytes, &made), NSC_BACKEND_OK);
    ck_assert_int_eq(table->write(device, NULL, made, 0, bytes, data), NSC_BACKEND_OK);
    return made;
}

static nsc_backend_view matrix(uint32_t buffer, int64_t rows, int64_t columns)
{
    return (nsc_backend_view){.buffer = buffer,
                              .rank = 2,
                              .dtype = {NSC_BACKEND_FLOAT, 32, 1},
                              .dims = {rows, columns},
                              .strides = {columns, 1}};
}

static nsc_backend_gemm product(void)
{
    return (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE,
                              .kind = NSC_BACKEND_GEMM,
                              .alpha = 1,
                              .a = matrix(0, 2, 3),
                              .b = matrix(1, 3, 2),
                              .c = matrix(2, 2, 2)};
}

START_TEST(table_and_device)
{
    nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE};
    nsc_backend_limits limits;

    ck_assert_str_eq(table->name, "reference");
    ck_assert_int_eq(table->enumerate(&host, 0, &info), NSC_BACKEND_OK);
    ck_assert_int_eq(info.auto_rank, 100);
    ck_assert_uint_eq(info.kind, NSC_BACKEND_CPU);
    ck_assert_int_eq(table->enumerate(&host, 1, &info), NSC_BACKEND_END);
    nsc_backend_device *kept = device;

    ck_assert_int_eq(open_index(1, &limits), NSC_BACKEND_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(cause, "one device"));
    device = kept;
}
END_TEST

/* By the tail rule, an unknown field may be there as long as it is zero. */
START_TEST(longer_operations)
{
    struct {
        nsc_backend_gemm known;
        uint32_t unknown[4];
    } longer = {.known = product()};
    nsc_backend_step *step = NULL;

    longer.known.struct_size = sizeof longer;
    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&longer, &step), NSC_BACKEND_OK);
    table->release(device, step);
    longer.unknown[2] = 1;
    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&longer, &step), NSC_BACKEND_UNSUPPORTED);
    nsc_backend_operation unknown = {.struct_size = sizeof unknown, .kind = 30};

    ck_assert_int_eq(table->prepare(device, &unknown, &step), NSC_BACKEND_UNSUPPORTED);
}
END_TEST

/* The order of bindings, a byte offset of a binding, beta = 0 over NaN. */
START_TEST(small_product)
{
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 0, 1, 1, 1};
    float c[20], want[4] = {4, 5, 10, 11};
    nsc_backend_gemm operation = product();
    nsc_backend_step *step = NULL;

    memset(c, 0xff, sizeof c);
    nsc_backend_binding bindings[3] = {
        {buffer_with(a, sizeof a), 0}, {buffer_with(b, sizeof b), 0}, {buffer_with(c, sizeof c), 64}};

    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&operation, &step), NSC_BACKEND_OK);
    memset(&operation, 0, sizeof operation); /* nothing of it is needed any more */
    ck_assert_int_eq(table->launch(device, NULL, step, bindings, 3, NULL, 0), NSC_BACKEND_OK);
    ck_assert_int_eq(table->finish(device, NULL), NSC_BACKEND_OK);
    ck_assert_int_eq(table->read(device, NULL, bindings[2].buffer, 64, sizeof want, c), NSC_BACKEND_OK);
    ck_assert_mem_eq(c, want, sizeof want);
    table->release(device, step);
    for (int i = 0; i < 3; i++)
        table->free(device, bindings[i].buffer);
}
END_TEST

/* A leading batch, the second matrix shared by all of it (stride 0). */
START_TEST(batched_product)
{
    const float a[12] = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6}, b[6] = {1, 0, 0, 1, 1, 1};
    float c[8] = {0}, want[8] = {4, 5, 10, 11, -4, -5, -10, -11};
    nsc_backend_gemm operation = product();
    nsc_backend_step *step = NULL;
    nsc_backend_view *views[3] = {&operation.a, &operation.b, &operation.c};

    for (int i = 0; i < 3; i++) {
        nsc_backend_view flat = *views[i];
        *views[i] = (nsc_backend_view){.buffer = (uint32_t)i, .rank = 3, .dtype = flat.dtype};
        views[i]->dims[0] = 2;
        views[i]->strides[0] = i == 1 ? 0 : flat.dims[0] * flat.dims[1];
        for (int axis = 0; axis < 2; axis++) {
            views[i]->dims[axis + 1] = flat.dims[axis];
            views[i]->strides[axis + 1] = flat.strides[axis];
        }
    }
    nsc_backend_binding bindings[3] = {
        {buffer_with(a, sizeof a), 0}, {buffer_with(b, sizeof b), 0}, {buffer_with(c, sizeof c), 0}};

    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&operation, &step), NSC_BACKEND_OK);
    ck_assert_int_eq(table->launch(device, NULL, step, bindings, 3, NULL, 0), NSC_BACKEND_OK);
    ck_assert_int_eq(table->read(device, NULL, bindings[2].buffer, 0, sizeof c, c), NSC_BACKEND_OK);
    ck_assert_mem_eq(c, want, sizeof want);
    table->release(device, step);
    for (int i = 0; i < 3; i++)
        table->free(device, bindings[i].buffer);
}
END_TEST

/* A program with an operation of a later version is turned down, before any effect. */
/* One step, another stream at every launch; patterns that are NaN as floats arrive as they are. */
START_TEST(streams_given_at_launch)
{
    enum { COUNT = 37 };
    static const uint64_t streams[] = {0, 1, 0xcbf29ce484222325u, 0x7fa000017f800001u, UINT64_MAX};
    nsc_backend_random random = {
        .struct_size = NSC_BACKEND_RANDOM_SIZE,
        .kind = NSC_BACKEND_RANDOM,
        .distribution = NSC_BACKEND_NORMAL,
        .seed = 42,
        .first = 3,
        .scale = 1,
        .stream_scalars = 1,
        .output = {.rank = 1, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {COUNT}, .strides = {1}}};
    float got[COUNT] = {0}, want[COUNT], scalars[2];
    nsc_backend_binding binding = {.buffer = buffer_with(got, sizeof got)};
    nsc_backend_step *step = NULL;

    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&random, &step), NSC_BACKEND_OK);
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        const uint32_t words[2] = {(uint32_t)streams[i], (uint32_t)(streams[i] >> 32)};

        memcpy(scalars, words, sizeof scalars);
        ck_assert_int_eq(table->launch(device, NULL, step, &binding, 1, scalars, 2), NSC_BACKEND_OK);
        ck_assert_int_eq(table->read(device, NULL, binding.buffer, 0, sizeof got, got), NSC_BACKEND_OK);
        nsc_random_normal(random.seed, streams[i], random.first, COUNT, 1, 0, want);
        ck_assert_mem_eq(got, want, sizeof want);
    }
    table->release(device, step);
    table->free(device, binding.buffer);
    random.stream_scalars = 2;
    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&random, &step), NSC_BACKEND_UNSUPPORTED);
}
END_TEST

/* A backend from before stream_scalars knows the struct up to output: the tail is only a stranger's when it says something. */
START_TEST(an_older_backend_sees_the_new_tail)
{
    const uint32_t older = NSC_BACKEND_SIZE_TO(nsc_backend_random, output);
    nsc_backend_random mine, random = {.struct_size = NSC_BACKEND_RANDOM_SIZE, .kind = NSC_BACKEND_RANDOM};

    ck_assert_int_eq(nsc_backend_take(&mine, older, &random), 1);
    random.stream_scalars = 1;
    ck_assert_int_eq(nsc_backend_take(&mine, older, &random), 0);
    random.struct_size = older;
    random.stream_scalars = 1; /* beyond the size that the writer gave: not read */
    ck_assert_int_eq(nsc_backend_take(&mine, NSC_BACKEND_RANDOM_SIZE, &random), 1);
    ck_assert_uint_eq(mine.stream_scalars, 0);
}
END_TEST

START_TEST(unknown_expression_operation)
{
    nsc_backend_instruction code[3] = {{NSC_OP_LOAD, 0}, {NSC_OP_NEG, 0}, {NSC_OP_STORE, 0}};
    nsc_backend_expression expression = {.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                         .version = 1,
                                         .code_count = 3,
                                         .code = code,
                                         .input_count = 1,
                                         .output_count = 1,
                                         .stack_depth = 1};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = 1,
                           .output_count = 1,
                           .inputs = {matrix(0, 2, 2)},
                           .outputs = {matrix(1, 2, 2)}};
    nsc_backend_step *step = NULL;

    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&map, &step), NSC_BACKEND_OK);
    table->release(device, step);
    code[1].op = 31;
    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&map, &step), NSC_BACKEND_UNSUPPORTED);
    code[1].op = NSC_OP_NEG;
    expression.version = 2;
    ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&map, &step), NSC_BACKEND_UNSUPPORTED);
}
END_TEST

START_TEST(impossible_allocation)
{
    nsc_backend_buffer *made = NULL;

    ck_assert_int_eq(table->alloc(device, UINT64_MAX - 8, &made), NSC_BACKEND_NO_MEMORY);
    ck_assert_int_eq(table->alloc(device, UINT64_C(1) << 62, &made), NSC_BACKEND_NO_MEMORY);
    ck_assert_ptr_null(made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *cases = tcase_create("reference");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, table_and_device);
    tcase_add_test(cases, longer_operations);
    tcase_add_test(cases, small_product);
    tcase_add_test(cases, batched_product);
    tcase_add_test(cases, streams_given_at_launch);
    tcase_add_test(cases, an_older_backend_sees_the_new_tail);
    tcase_add_test(cases, unknown_expression_operation);
    tcase_add_test(cases, impossible_allocation);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
