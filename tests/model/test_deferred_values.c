/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred initialisation: initial values are a function of seed, path and index, and of nothing else. */
#include "support.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const paths[] = {"0.weight", "1.weight", "2.weight"};
static const size_t counts[] = {4 * 3, 5 * 4, 6 * 5};

static nsc_block *table_row(int64_t first, int64_t second, int64_t third)
{
    return nsc_sequential(nsc_dense(4, .in_units = first), nsc_dense(5, .in_units = second),
                          nsc_dense(6, .in_units = third));
}

/* The weights of the three layers after one forward of width 3. */
static void table_values(nsc_context *context, nsc_block *net, const nsc_initialize_options *options, float *values[3])
{
    ASSERT_OK(nsc_initialize(net, context, options));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    for (int i = 0; i < 3; i++)
        values[i] = model_read_parameter(model_parameter(net, paths[i]));
    nsc_tensor_release(x);
    nsc_release(net);
}

static void check_table(nsc_context *context, nsc_initializer init, nsc_distribution kind, float scale, float shift)
{
    static const int64_t rows[][3] = {{3, 4, 5}, {0, 0, 0}, {0, 4, 0}, {3, 0, 5}};
    nsc_initialize_options options = {.size = sizeof options, .seed = 20260101, .init = init};
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        float *values[3], expected[30];
        table_values(context, table_row(rows[row][0], rows[row][1], rows[row][2]), &options, values);
        for (int i = 0; i < 3; i++) {
            ASSERT_OK(nsc_random_fill(kind, options.seed, paths[i], 0, counts[i], scale, shift, expected));
            ck_assert_mem_eq(values[i], expected, counts[i] * sizeof(float));
            free(values[i]);
        }
    }
}

START_TEST(test_a25_what_was_declared_does_not_change_the_values)
{
    nsc_context *context = model_context(_i);
    check_table(context, (nsc_initializer){0}, NSC_RANDOM_UNIFORM, 0.14f, -0.07f); /* the default: U[-0.07, 0.07) */
    check_table(context, nsc_uniform(0.3f), NSC_RANDOM_UNIFORM, 0.6f, -0.3f);
    check_table(context, nsc_normal(0.02f), NSC_RANDOM_NORMAL, 0.02f, 0.0f);
}
END_TEST

START_TEST(test_a25_another_seed_gives_other_values)
{
    nsc_context *context = model_context(_i);
    nsc_initialize_options one = {.size = sizeof one, .seed = 1}, two = {.size = sizeof two, .seed = 2};
    float *of_one[3], *of_two[3];
    table_values(context, table_row(0, 0, 0), &one, of_one);
    table_values(context, table_row(0, 0, 0), &two, of_two);
    for (int i = 0; i < 3; i++) {
        ck_assert_mem_ne(of_one[i], of_two[i], counts[i] * sizeof(float));
        free(of_one[i]);
        free(of_two[i]);
    }
}
END_TEST

/* ---- the committed vectors -------------------------------------------------------------------------------------- */

/* A line of tests/vectors/dense_rows.txt: elements first to first + count - 1 of a parameter, the first of them. */
typedef struct vector {
    uint64_t seed, first, count;
    char path[32];
    uint32_t scale, shift, bits[32];
    size_t known;
} vector;

/* The next vector of the file; 0 at its end. */
static int next_vector(FILE *file, vector *read)
{
    char line[1024];
    int used = 0;
    do {
        if (fgets(line, sizeof line, file) == NULL)
            return 0;
    } while (line[0] == '#');
    ck_assert_int_eq(sscanf(line, "uniform %" SCNx64 " %31s %" SCNu64 " %" SCNu64 " %" SCNx32 " %" SCNx32 " %*s%n",
                            &read->seed, read->path, &read->first, &read->count, &read->scale, &read->shift, &used),
                     6);
    for (read->known = 0; read->known < 32; read->known++) {
        int more = 0;
        if (sscanf(line + used, "%" SCNx32 "%n", &read->bits[read->known], &more) != 1)
            break;
        used += more;
    }
    ck_assert_uint_eq(read->known, read->count < 32 ? read->count : 32);
    return 1;
}

/* The table's nets and a larger one, by the default initialiser, against what an independent script computed. */
START_TEST(test_a25_values_are_the_committed_ones)
{
    nsc_context *context = model_context(_i);
    FILE *file = fopen(VECTORS "/dense_rows.txt", "r");
    ck_assert_ptr_nonnull(file);
    vector expected;
    int slices = 0, whole = 0;
    while (next_vector(file, &expected)) {
        nsc_initialize_options options = {.size = sizeof options, .seed = expected.seed};
        float scale, shift;
        memcpy(&scale, &expected.scale, sizeof scale);
        memcpy(&shift, &expected.shift, sizeof shift);
        ck_assert(scale == 0.14f && shift == -0.07f);
        if (expected.first == 0) {
            int small = expected.count < 64;
            nsc_block *net = small ? table_row(0, 0, 0) : nsc_sequential(nsc_dense((int64_t)expected.count / 20));
            nsc_tensor *x = INPUT(context, 1, 2, small ? 3 : 20);
            ASSERT_OK(nsc_initialize(net, context, &options));
            free(model_forward(net, x, NULL));
            float *values = model_read_parameter(model_parameter(net, expected.path));
            ck_assert_mem_eq(values, expected.bits, expected.known * sizeof(float));
            free(values);
            nsc_tensor_release(x);
            nsc_release(net);
            whole++;
        } else {
            nsc_initializer init = nsc_uniform(0.07f);
            nsc_tensor *slice = INPUT(context, 1, (int64_t)expected.count);
            ASSERT_OK(nsc_initializer_fill(&init, &(nsc_fill_scope){.seed = expected.seed, .path = expected.path},
                                           expected.first, slice));
            float *values = model_read(slice);
            ck_assert_mem_eq(values, expected.bits, expected.known * sizeof(float));
            free(values);
            nsc_tensor_release(slice);
            slices++;
        }
    }
    ck_assert_int_ge(whole, 3);
    ck_assert_int_ge(slices, 1);
    fclose(file);
}
END_TEST

/* ---- a block whose graph depends on the mode -------------------------------------------------------------------- */

/* In training it multiplies by a random mask, as dropout does, and adds; in inference it only scales. */
typedef struct noise {
    nsc_parameter *mask, *scale;
} noise;

static nsc_status noise_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    const noise *own = user;
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_mul(in[0], nsc_op_parameter(trace, own->scale));
    if (nsc_trace_mode(trace) == NSC_TRAINING)
        out[0] = nsc_op_add(nsc_op_mul(out[0], nsc_op_parameter(trace, own->mask)), in[0]);
    return NSC_OK;
}

static nsc_block *noisy_net(noise *own)
{
    nsc_block *block = nsc_custom(noise_forward, .user = own, .kind = "noise");
    own->scale = nsc_declare(block, "scale", .rank = 1, .dims = (int64_t[]){1}, .init = nsc_ones());
    own->mask = nsc_declare(block, "mask", .rank = 1, .dims = (int64_t[]){4}, .init = nsc_uniform(1.0f));
    return nsc_sequential(nsc_dense(4), block, nsc_dense(5));
}

START_TEST(test_a26_the_mode_of_the_first_pass_does_not_change_the_values)
{
    nsc_context *context = model_context(_i);
    noise of_training, of_inference;
    nsc_block *training = noisy_net(&of_training), *inference = noisy_net(&of_inference);
    const nsc_tensor *x = INPUT(context, 1, 2, 3);
    nsc_tensor *y[2] = {NULL, NULL};
    ASSERT_OK(nsc_initialize(training, context, NULL));
    ASSERT_OK(nsc_initialize(inference, context, NULL));
    ASSERT_OK(nsc_run(training, NSC_TRAINING, &x, 1, &y[0], 1));
    ASSERT_OK(nsc_run(inference, NSC_INFERENCE, &x, 1, &y[1], 1));
    static const char *const all[] = {"0.weight", "0.bias", "1.scale", "1.mask", "2.weight", "2.bias"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ck_assert_msg(model_same_value(model_parameter(training, all[i]), model_parameter(inference, all[i])), "%s",
                      all[i]);
    /* The modes do compute different things, and a net runs in both. */
    float *a = model_read(y[0]), *b = model_read(y[1]);
    ck_assert_mem_ne(a, b, 10 * sizeof(float));
    free(b);
    ASSERT_OK(nsc_run(training, NSC_INFERENCE, &x, 1, &y[0], 1));
    b = model_read(y[0]);
    ck_assert_mem_ne(a, b, 10 * sizeof(float));
    free(a);
    a = model_read(y[1]);
    ck_assert_mem_eq(a, b, 10 * sizeof(float));
    free(a);
    free(b);
    nsc_tensor_release(y[0]);
    nsc_tensor_release(y[1]);
    nsc_tensor_release((nsc_tensor *)(uintptr_t)x);
    nsc_release(training);
    nsc_release(inference);
}
END_TEST

/* ---- the order of calls ----------------------------------------------------------------------------------------- */

typedef struct pair {
    nsc_block *a, *b;
    int reversed;
} pair;

static nsc_status pair_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    const pair *own = user;
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_call(trace, own->reversed ? own->b : own->a, in[0]);
    out[0] = nsc_op_call(trace, own->reversed ? own->a : own->b, out[0]);
    return NSC_OK;
}

START_TEST(test_a27_the_order_of_calls_does_not_change_the_values)
{
    nsc_context *context = model_context(_i);
    pair own[2] = {{.reversed = 0}, {.reversed = 1}};
    nsc_block *net[2];
    nsc_tensor *x = INPUT(context, 1, 2, 4);
    for (int i = 0; i < 2; i++) {
        net[i] = nsc_custom(pair_forward, .user = &own[i], .kind = "pair");
        own[i].a = nsc_add_child(net[i], "a", nsc_dense(4));
        own[i].b = nsc_add_child(net[i], "b", nsc_dense(4));
        ASSERT_OK(nsc_initialize(net[i], context, NULL));
        free(model_forward(net[i], x, NULL));
    }
    ck_assert(model_same_value(model_parameter(net[0], "a.weight"), model_parameter(net[1], "a.weight")));
    ck_assert(model_same_value(model_parameter(net[0], "b.weight"), model_parameter(net[1], "b.weight")));
    ck_assert(!model_same_value(model_parameter(net[0], "a.weight"), model_parameter(net[0], "b.weight")));
    nsc_tensor_release(x);
    nsc_release(net[0]);
    nsc_release(net[1]);
}
END_TEST

/* ---- slices and threads ----------------------------------------------------------------------------------------- */

enum { ROWS = 37, COLUMNS = 11, SEED = 77 };
#define SLICE_PATH "encoder.2.weight"

typedef struct slice {
    nsc_context *context;
    const nsc_initializer *init;
    int64_t first_row, rows;
    float *values;
    nsc_status status;
} slice;

static void *fill_slice(void *argument)
{
    slice *own = argument;
    const int64_t dims[] = {own->rows, COLUMNS};
    nsc_tensor *tensor = NULL;
    own->status = nsc_tensor_create(own->context, NSC_FLOAT32, 2, dims, &tensor);
    if (own->status == NSC_OK)
        own->status = nsc_initializer_fill(own->init, &(nsc_fill_scope){.seed = SEED, .path = SLICE_PATH},
                                           (uint64_t)(own->first_row * COLUMNS), tensor);
    if (own->status == NSC_OK)
        own->status = nsc_tensor_read(tensor, own->values, nsc_tensor_bytes(tensor));
    nsc_tensor_release(tensor);
    return NULL;
}

/* The whole in `threads` slices at once, and rows 10 to 20 alone, against the host's values. */
static void check_slices(nsc_context *context, nsc_initializer init, nsc_distribution kind, float scale, float shift,
                         int threads)
{
    float expected[ROWS * COLUMNS], values[ROWS * COLUMNS] = {0};
    ASSERT_OK(nsc_random_fill(kind, SEED, SLICE_PATH, 0, ROWS * COLUMNS, scale, shift, expected));
    slice slices[8];
    pthread_t ids[8];
    for (int i = 0; i < threads; i++) {
        int64_t first = ROWS * i / threads, end = ROWS * (i + 1) / threads;
        slices[i] = (slice){context, &init, first, end - first, values + first * COLUMNS, NSC_FAILED};
        ck_assert_int_eq(pthread_create(&ids[i], NULL, fill_slice, &slices[i]), 0);
    }
    for (int i = 0; i < threads; i++)
        ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
    for (int i = 0; i < threads; i++)
        ASSERT_OK(slices[i].status);
    ck_assert_mem_eq(values, expected, sizeof expected);

    float some[10 * COLUMNS];
    slice rows = {context, &init, 10, 10, some, NSC_FAILED};
    fill_slice(&rows);
    ASSERT_OK(rows.status);
    ck_assert_mem_eq(some, expected + 10 * COLUMNS, sizeof some);
}

START_TEST(test_a30_slices_and_threads_do_not_change_the_values)
{
    static const int threads[] = {1, 4};
    for (size_t i = 0; i < 2; i++) {
        nsc_context *context = model_open(_i, &(nsc_context_options){.threads = (uint32_t)threads[i]});
        check_slices(context, nsc_uniform(0.07f), NSC_RANDOM_UNIFORM, 0.14f, -0.07f, threads[i]);
        check_slices(context, nsc_normal(0.5f), NSC_RANDOM_NORMAL, 0.5f, 0.0f, threads[i]);
        /* A whole net on a device that may use that many threads. */
        check_table(context, nsc_normal(0.02f), NSC_RANDOM_NORMAL, 0.02f, 0.0f);
        ASSERT_OK(nsc_context_close(context));
    }
}
END_TEST

START_TEST(test_a30_a_slice_of_constants_and_of_a_callback)
{
    nsc_context *context = model_context(_i);
    float values[10 * COLUMNS];
    nsc_initializer sevens = nsc_constant(7.0f), none = nsc_callback(NULL, NULL);
    slice rows = {context, &sevens, 10, 10, values, NSC_FAILED};
    fill_slice(&rows);
    ASSERT_OK(rows.status);
    for (int i = 0; i < 10 * COLUMNS; i++)
        ck_assert_float_eq(values[i], 7.0f);
    rows.init = &none;
    fill_slice(&rows);
    ck_assert(rows.status == NSC_UNSUPPORTED || rows.status == NSC_INVALID);
}
END_TEST

/* ---- rules ------------------------------------------------------------------------------------------------------ */

typedef struct seen {
    int calls;
    char path[2][64];
} seen;

static nsc_status note_path(void *user, const nsc_fill *fill)
{
    seen *own = user;
    ck_assert_int_lt(own->calls, 2);
    ck_assert_int_eq(fill->rank, 1);
    ck_assert_uint_eq(fill->count, (size_t)fill->dims[0]);
    ck_assert_uint_eq(fill->seed, 5);
    strncpy(own->path[own->calls++], fill->path, sizeof own->path[0] - 1);
    for (size_t i = 0; i < fill->count; i++)
        fill->values[i] = 100.0f + (float)i;
    return NSC_OK;
}

static float first_of(nsc_block *net, const char *path)
{
    float *values = model_read_parameter(model_parameter(net, path)), first = values[0];
    free(values);
    return first;
}

START_TEST(test_a33_a_rule_reaches_biases)
{
    nsc_context *context = model_context(_i);
    seen own = {0};
    nsc_block *net = nsc_sequential(nsc_dense(4, .weight_init = nsc_constant(1.0f)),
                                    nsc_sequential(nsc_dense(5, .bias_init = nsc_constant(2.0f))), nsc_dense(6));
    const nsc_init_rule rules[] = {{.where = {.glob = "2.bias"}, .init = nsc_constant(3.0f)},
                                   {.where = {.glob = "*bias"}, .init = nsc_callback(note_path, &own)},
                                   {.where = {.glob = "0.*"}, .init = nsc_constant(4.0f)},
                                   {.where = {.glob = "1.?.w*"}, .init = nsc_constant(5.0f)}};
    nsc_initialize_options options = {
        .size = sizeof options, .seed = 5, .init = nsc_constant(6.0f), .rules = rules, .rule_count = 4};
    ASSERT_OK(nsc_initialize(net, context, &options));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    ck_assert_float_eq(first_of(net, "0.weight"), 4.0f); /* before what the layer declared */
    ck_assert_float_eq(first_of(net, "1.0.weight"), 5.0f);
    ck_assert_float_eq(first_of(net, "2.weight"), 6.0f); /* no rule: the default */
    ck_assert_float_eq(first_of(net, "2.bias"), 3.0f);   /* the first that matches */
    ck_assert_int_eq(own.calls, 2);
    ck_assert_str_eq(own.path[0], "0.bias");
    ck_assert_str_eq(own.path[1], "1.0.bias");
    float *bias = model_read_parameter(model_parameter(net, "1.0.bias"));
    for (int i = 0; i < 5; i++)
        ck_assert_float_eq(bias[i], 100.0f + (float)i);
    free(bias);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a33_rules_are_copied_and_precede_the_declaration)
{
    nsc_context *context = model_context(_i);
    nsc_block *net =
        nsc_sequential(nsc_dense(4, .weight_init = nsc_constant(1.0f), .bias_init = nsc_constant(2.0f)), nsc_dense(3));
    char pattern[] = "1.*";
    nsc_init_rule rule = {.where = {.glob = pattern}, .init = nsc_constant(3.0f)};
    nsc_initialize_options options = {.size = sizeof options, .rules = &rule, .rule_count = 1};
    ASSERT_OK(nsc_initialize(net, context, &options));
    memset(pattern, '*', sizeof pattern - 1);
    memset(&rule, 0, sizeof rule);
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    ck_assert_float_eq(first_of(net, "0.weight"), 1.0f);
    ck_assert_float_eq(first_of(net, "0.bias"), 2.0f);
    ck_assert_float_eq(first_of(net, "1.weight"), 3.0f);
    ck_assert_float_eq(first_of(net, "1.bias"), 3.0f);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("deferred: values");
    EACH_BACKEND(tests, test_a25_what_was_declared_does_not_change_the_values);
    EACH_BACKEND(tests, test_a25_values_are_the_committed_ones);
    EACH_BACKEND(tests, test_a25_another_seed_gives_other_values);
    EACH_BACKEND(tests, test_a26_the_mode_of_the_first_pass_does_not_change_the_values);
    EACH_BACKEND(tests, test_a27_the_order_of_calls_does_not_change_the_values);
    EACH_BACKEND(tests, test_a30_slices_and_threads_do_not_change_the_values);
    EACH_BACKEND(tests, test_a30_a_slice_of_constants_and_of_a_callback);
    EACH_BACKEND(tests, test_a33_a_rule_reaches_biases);
    EACH_BACKEND(tests, test_a33_rules_are_copied_and_precede_the_declaration);
    return model_end();
}
