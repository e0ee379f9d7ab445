/* SPDX-License-Identifier: Apache-2.0 */
/* What MXNet's own tests of Gluon ask of deferred shapes, of files and of changing batches, as far as the layers here
 * carry it, under their names and with their numbers; docs/gluon-tests.md lists them all. */
#include <math.h>

#include "checkpoint.h"

/* The output of one forward has this shape; gives it. */
static nsc_tensor *forward(nsc_block *net, const nsc_tensor *x, int rank, const int64_t *dims)
{
    nsc_tensor *y = NULL;
    ASSERT_OK(nsc_forward(net, x, &y));
    ck_assert_int_eq(nsc_tensor_rank(y), rank);
    ck_assert_mem_eq(nsc_tensor_dims(y), dims, (size_t)rank * sizeof *dims);
    return y;
}
#define FORWARD(NET, X, ...) nsc_tensor_release(forward((NET), (X), DIMS(__VA_ARGS__)))

/* ---- inference --------------------------------------------------------------------------------------------------- */

static nsc_status scale_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_parameter *const *gamma = user;
    (void)in_count, (void)out_count;
    out[0] = nsc_op_mul(in[0], nsc_op_parameter(trace, *gamma));
    return NSC_OK;
}

/* Channels last, since there is no convolution yet: (2, 5, 7, 3), 64 channels, their scale, 10 of all that is left. */
static nsc_block *channels(nsc_parameter **gamma)
{
    nsc_block *scale = nsc_custom(scale_forward, .user = gamma);
    *gamma = nsc_declare(scale, "gamma", .rank = 1, .dims = (int64_t[]){NSC_UNKNOWN}, .init = nsc_ones());
    return nsc_sequential(nsc_dense(64, .no_flatten = 1), scale, nsc_dense(10));
}

static void assert_filled(nsc_block *net)
{
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 64, 3);
    ASSERT_SHAPE(model_parameter(net, "1.gamma"), 64);
    ASSERT_SHAPE(model_parameter(net, "2.weight"), 10, 64 * 5 * 7);
}

START_TEST(test_fill_shape_deferred)
{
    nsc_context *context = model_context(_i);
    nsc_parameter *gamma;
    nsc_block *net = channels(&gamma), *flattening = nsc_dense(10);
    nsc_tensor *x = INPUT(context, 1, 2, 5, 7, 3), *behind = INPUT(context, 1, 2, 64, 6, 8);
    request(net, context, 1);
    FORWARD(net, x, 2, 10);
    assert_filled(net);
    request(flattening, context, 1); /* what the convolution gives */
    FORWARD(flattening, behind, 2, 10);
    ASSERT_SHAPE(model_parameter(flattening, "weight"), 10, 3072);
    nsc_tensor_release(x);
    nsc_tensor_release(behind);
    nsc_release(net);
    nsc_release(flattening);
}
END_TEST

START_TEST(test_fill_shape_load)
{
    nsc_context *context = model_context(_i);
    nsc_parameter *gamma, *other_gamma;
    nsc_block *net = channels(&gamma), *other = channels(&other_gamma);
    nsc_tensor *x = INPUT(context, 1, 2, 5, 7, 3);
    request(net, context, 1);
    FORWARD(net, x, 2, 10);
    ASSERT_OK(nsc_save(net, path, NULL));
    request(other, context, 2); /* pending */
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    assert_filled(other); /* and no forward was made */
    ck_assert(model_same_value(model_parameter(net, "2.weight"), model_parameter(other, "2.weight")));
    nsc_tensor_release(x);
    nsc_release(net);
    nsc_release(other);
}
END_TEST

typedef struct steps {
    nsc_block *blocks[4];
    size_t count;
} steps;

static nsc_status steps_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    const steps *all = user;
    (void)in_count, (void)out_count;
    out[0] = in[0];
    for (size_t i = 0; i < all->count; i++)
        out[0] = nsc_op_call(trace, all->blocks[i], out[0]);
    return NSC_OK;
}

static void add_dense(nsc_block *net, steps *all, size_t at, const char *name, int flatten)
{
    all->blocks[at] = nsc_add_child(
        net, name, nsc_dense(10, .weight_init = nsc_zeros(), .bias_init = nsc_ones(), .no_flatten = !flatten));
    all->count = at + 1;
}

static void assert_ones(nsc_tensor *y)
{
    float *values = model_read(y);
    for (size_t i = 0; i < nsc_tensor_bytes(y) / sizeof(float); i++)
        ck_assert_float_eq(values[i], 1.0f);
    free(values);
    nsc_tensor_release(y);
}

/* A plan does not outlive the tree that it was made for. Children are not replaced here: the forward calls another. */
START_TEST(test_hybrid_stale_cache)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 2, 3, 5);
    steps one = {.count = 0}, two = {.count = 0};
    nsc_block *net = nsc_custom(steps_forward, .user = &one);
    add_dense(net, &one, 0, NULL, 0);
    request(net, context, 1);
    assert_ones(forward(net, x, DIMS(2, 3, 10)));
    one.blocks[one.count++] = nsc_add_child(net, NULL, nsc_flatten());
    assert_ones(forward(net, x, DIMS(2, 30)));
    nsc_release(net);

    net = nsc_custom(steps_forward, .user = &two);
    add_dense(net, &two, 0, "fc1", 0);
    add_dense(net, &two, 1, "fc2", 0);
    request(net, context, 1);
    assert_ones(forward(net, x, DIMS(2, 3, 10)));
    add_dense(net, &two, 1, "fc3", 1);
    request(net, context, 1);
    assert_ones(forward(net, x, DIMS(2, 10)));
    ASSERT_SHAPE(model_parameter(net, "fc3.weight"), 10, 30);
    nsc_release(net);
    nsc_tensor_release(x);
}
END_TEST

/* Of test_layernorm, what is not the layer: a width that was declared is a width for every later input. */
START_TEST(test_layernorm_another_width)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .in_units = 10, .no_flatten = 1);
    nsc_tensor *x = INPUT(context, 1, 2, 10, 10, 10), *wrong = INPUT(context, 1, 2, 11), *y = NULL;
    request(net, context, 1);
    FORWARD(net, x, 2, 10, 10, 4);
    ASSERT_STATUS(nsc_forward(net, wrong, &y), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(model_either(context), "10", "11");
    ck_assert_ptr_null(y);
    FORWARD(net, x, 2, 10, 10, 4);
    nsc_tensor_release(x);
    nsc_tensor_release(wrong);
    nsc_release(net);
}
END_TEST

/* The first forward, which initializes, and the next one, which runs the plan that is there. */
START_TEST(test_sequential)
{
    nsc_context *context = model_context(_i);
    nsc_block *layers[] = {nsc_dense(10), nsc_dense(10), nsc_dense(10), NULL};
    nsc_block *net = nsc_sequential_create(layers);
    nsc_tensor *x = INPUT(context, 1, 10, 10);
    request(net, context, 1);
    size_t count, again_count;
    float *y = model_forward(net, x, &count), *again = model_forward(net, x, &again_count);
    ck_assert_uint_eq(count, 100);
    ck_assert_uint_eq(again_count, 100);
    ck_assert_mem_eq(y, again, 100 * sizeof(float));
    ck_assert_ptr_eq(model_parameter(net, "1.weight"), model_parameter(layers[1], "weight"));
    free(y);
    free(again);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

typedef struct own {
    nsc_parameter *parameter;
    nsc_block *child;
} own;

static nsc_status own_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                              size_t out_count)
{
    const own *self = user;
    (void)in_count, (void)out_count;
    out[0] = nsc_op_add(nsc_op_call(trace, self->child, in[0]), nsc_op_parameter(trace, self->parameter));
    return NSC_OK;
}

START_TEST(test_sequential_dc)
{
    nsc_context *context = model_context(_i);
    own all[3];
    nsc_block *blocks[4] = {NULL};
    for (int i = 0; i < 3; i++) {
        blocks[i] = nsc_custom(own_forward, .user = &all[i]);
        all[i].child = nsc_add_child(blocks[i], "dense", nsc_dense(10, .in_units = 10));
        all[i].parameter = nsc_declare(blocks[i], "weight", .rank = 1, .dims = (int64_t[]){10});
    }
    nsc_block *net = nsc_sequential_create(blocks);
    nsc_tensor *x = INPUT(context, 1, 10, 10);
    request(net, context, 1);
    ASSERT_STATE(model_parameter(net, "2.weight"), NSC_INITIALIZED); /* everything was declared */
    float *y = model_forward(net, x, NULL), *again = model_forward(net, x, NULL);
    ck_assert_mem_eq(y, again, 100 * sizeof(float));
    free(y);
    free(again);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_flatten)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_flatten();
    nsc_tensor *x = INPUT(context, 1, 3, 4, 5, 6), *matrix = INPUT(context, 1, 3, 6), *vector = INPUT(context, 1, 3);
    FORWARD(net, x, 3, 4 * 5 * 6);
    FORWARD(net, matrix, 3, 6);
    FORWARD(net, vector, 3, 1);
    nsc_tensor_release(x);
    nsc_tensor_release(matrix);
    nsc_tensor_release(vector);
    nsc_release(net);
}
END_TEST

START_TEST(test_concatenate)
{
    nsc_context *context = model_context(_i);
    nsc_block *net =
        nsc_concat_branches(1, nsc_dense(128, .activation = NSC_TANH, .in_units = 10),
                            nsc_dense(64, .activation = NSC_TANH, .in_units = 10), nsc_dense(32, .in_units = 10));
    const nsc_init_rule rule = {.where = {.role = NSC_ROLE_WEIGHT},
                                .init = nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_AVERAGE, 2.24f)};
    const nsc_initialize_options options = {.size = sizeof options, .rules = &rule, .rule_count = 1};
    nsc_tensor *x = INPUT(context, 1, 32, 10);
    ASSERT_OK(nsc_initialize(net, context, &options));
    FORWARD(net, x, 32, 224);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* The fresh net has another last layer of the same size, whose input nobody declared. */
START_TEST(test_save_load)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(12, .activation = NSC_RELU), nsc_named("output", nsc_dense(1000)));
    nsc_block *fresh = nsc_sequential(nsc_dense(12, .activation = NSC_RELU), nsc_named("output", nsc_dense(1000)));
    nsc_tensor *x = INPUT(context, 1, 1, 3, 8, 8);
    request(net, context, 1);
    float *y = model_forward(net, x, NULL);
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_load(fresh, context, path, NULL, NULL));
    ASSERT_SHAPE(model_parameter(fresh, "output.weight"), 1000, 12);
    float *again = model_forward(fresh, x, NULL);
    ck_assert_mem_eq(y, again, 1000 * sizeof(float));
    free(y);
    free(again);
    nsc_tensor_release(x);
    nsc_release(net);
    nsc_release(fresh);
}
END_TEST

static nsc_block *shared(void)
{
    nsc_block *net =
        nsc_sequential(nsc_dense(10, .in_units = 10, .no_bias = 1), nsc_dense(10, .in_units = 10, .no_bias = 1));
    ASSERT_OK(nsc_parameter_tie(model_parameter(net, "1.weight"), model_parameter(net, "0.weight")));
    return net;
}

/* The file that is saved holds one array; a plain one of others holds two. Both load into a net that is tied. */
START_TEST(test_save_load_deduplicate_with_shared_params)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = shared(), *other = shared(), *third = shared();
    nsc_archive *archive;
    request(net, context, 1);
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_archive_open(path, &archive));
    ck_assert_uint_eq(nsc_archive_count(archive), 1);
    nsc_archive_close(archive);
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    float *value = model_read_parameter(model_parameter(net, "0.weight"));
    write_arrays((nsc_array[]){ARRAY("0.weight", value, 10, 10), ARRAY("1.weight", value, 10, 10)}, 2, NULL);
    ASSERT_OK(nsc_load(third, context, path, NULL, NULL));
    ck_assert(model_same_value(model_parameter(net, "1.weight"), model_parameter(other, "1.weight")));
    ck_assert(model_same_value(model_parameter(net, "1.weight"), model_parameter(third, "1.weight")));
    ck_assert_ptr_eq(model_parameter(third, "0.weight"), model_parameter(third, "1.weight"));
    free(value);
    nsc_release(net);
    nsc_release(other);
    nsc_release(third);
}
END_TEST

/* ---- summaries, observers, batches -------------------------------------------------------------------------------- */

/* What is shared is counted once. */
START_TEST(test_summary)
{
    nsc_block *net = shared();
    nsc_proposal *proposal;
    uint64_t elements, bytes;
    size_t unknown;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(80, 10), 1, &proposal));
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements, 100);
    ck_assert_uint_eq(bytes, 400);
    ck_assert_uint_eq(unknown, 0);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

static void count_events(void *user, nsc_parameter *parameter, nsc_parameter_event event)
{
    int *counts = user;
    (void)parameter;
    counts[event]++;
}

/* A forward that initializes tells each parameter once, and one that does not tells nobody. */
START_TEST(test_hook)
{
    nsc_context *context = model_context(_i);
    int counts[NSC_EVENT_FORGOTTEN + 1] = {0};
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(3));
    nsc_tensor *x = INPUT(context, 1, 2, 5);
    ASSERT_OK(nsc_observe(net, count_events, counts));
    request(net, context, 1);
    for (int i = 0; i < 3; i++) {
        free(model_forward(net, x, NULL));
        ck_assert_int_eq(counts[NSC_EVENT_REQUESTED], 4);
        ck_assert_int_eq(counts[NSC_EVENT_SHAPE], 2); /* the weights; biases were known */
        ck_assert_int_eq(counts[NSC_EVENT_INITIALIZED], 4);
    }
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static int note_path(void *user, const char *at, nsc_parameter *parameter)
{
    (void)parameter;
    strcat(strcat(user, at), " ");
    return 0;
}

/* Children of children first or last is a matter of definition: here a block comes before its children. */
START_TEST(test_apply)
{
    char order[128] = "";
    own self;
    nsc_block *block = nsc_custom(own_forward, .user = &self);
    self.child = nsc_add_child(block, "child", nsc_sequential(nsc_dense(2), nsc_dense(2)));
    self.parameter = nsc_declare(block, "own", .rank = 1, .dims = (int64_t[]){2});
    ASSERT_OK(nsc_parameters_each(block, note_path, order));
    ck_assert_str_eq(order, "own child.0.weight child.0.bias child.1.weight child.1.bias ");
    nsc_release(block);
}
END_TEST

/* Batches of 4 and 2 in turn, from the first, which initializes: the rows are the same to its rtol 1e-3 and atol 1e-5. */
START_TEST(test_hybrid_static_memory_switching)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(32, .activation = NSC_RELU), nsc_dense(10));
    float data[4 * 20];
    uint64_t state = 1;
    for (int i = 0; i < 4 * 20; i++)
        data[i] = model_random_float(&state, -1, 1);
    nsc_tensor *four = TENSOR(context, data, 4, 20), *two = TENSOR(context, data, 2, 20);
    request(net, context, 1);
    float *first = model_forward(net, four, NULL);
    for (int i = 0; i < 4; i++) {
        size_t count;
        float *y = model_forward(net, i % 2 == 0 ? two : four, &count);
        ck_assert_uint_eq(count, i % 2 == 0 ? 20 : 40);
        for (size_t j = 0; j < count; j++)
            ck_assert_float_le(fabsf(y[j] - first[j]), 1e-5f + 1e-3f * fabsf(first[j]));
        free(y);
    }
    free(first);
    nsc_tensor_release(four);
    nsc_tensor_release(two);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("gluon inference");
    tcase_add_checked_fixture(tests, setup, teardown);
    EACH_BACKEND(tests, test_fill_shape_deferred);
    EACH_BACKEND(tests, test_fill_shape_load);
    EACH_BACKEND(tests, test_hybrid_stale_cache);
    EACH_BACKEND(tests, test_layernorm_another_width);
    EACH_BACKEND(tests, test_sequential);
    EACH_BACKEND(tests, test_sequential_dc);
    EACH_BACKEND(tests, test_flatten);
    EACH_BACKEND(tests, test_concatenate);
    EACH_BACKEND(tests, test_save_load);
    EACH_BACKEND(tests, test_save_load_deduplicate_with_shared_params);
    tcase_add_test(tests, test_summary);
    EACH_BACKEND(tests, test_hook);
    tcase_add_test(tests, test_apply);
    EACH_BACKEND(tests, test_hybrid_static_memory_switching);
    return model_end();
}
