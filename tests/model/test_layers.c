/* SPDX-License-Identifier: Apache-2.0 */
/* Every layer and container on every backend against double precision. Parameters are read back from the device. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const nsc_initialize_options random_all = {
    .size = sizeof random_all, .seed = 3, .init = {.kind = NSC_INIT_UNIFORM, .a = -0.5f, .b = 0.5f}};

/* The dense layer at path, from what the oracle says of its input; bias and activation as the layer has them. */
static oracle dense(nsc_block *net, const char *path, const oracle *x, nsc_activation activation, int flat)
{
    char name[64];
    snprintf(name, sizeof name, "%s%sweight", path, path[0] != '\0' ? "." : "");
    oracle weight = oracle_parameter(model_parameter(net, name)), bias = {0};
    snprintf(name, sizeof name, "%s%sbias", path, path[0] != '\0' ? "." : "");
    nsc_parameter *of_bias = nsc_find_parameter(net, name);
    if (of_bias != NULL)
        bias = oracle_parameter(of_bias);
    oracle flattened = {0}, sum, y;
    if (flat)
        flattened = oracle_flatten(x);
    sum = oracle_linear(flat ? &flattened : x, &weight, of_bias != NULL ? &bias : NULL);
    y = activation == NSC_SOFTMAX ? oracle_softmax(&sum, sum.rank - 1) : oracle_activation(&sum, activation);
    oracle_free(&weight);
    oracle_free(&bias);
    oracle_free(&flattened);
    oracle_free(&sum);
    return y;
}

/* Requests, runs, checks; takes over nothing. */
static nsc_tensor *run(nsc_context *context, nsc_block *net, const nsc_tensor *x)
{
    nsc_tensor *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, &random_all));
    ASSERT_OK(nsc_forward(net, x, &y));
    return y;
}

static void check_dense(nsc_context *context, const nsc_dense_options *options, int rank, const int64_t *dims,
                        int64_t in_units)
{
    nsc_dense_options mine = *options;
    mine.bias_init = nsc_uniform(1.0f);
    nsc_block *net = nsc_dense_create(&mine, sizeof mine);
    nsc_tensor *x = model_tensor(context, 7, NULL, rank, dims), *y = run(context, net, x);
    int64_t units = mine.units == NSC_DIM_ZERO ? 0 : mine.units;
    ASSERT_SHAPE(model_parameter(net, "weight"), units, in_units);
    ck_assert_int_eq(nsc_find_parameter(net, "bias") == NULL, mine.no_bias);
    oracle of_x = oracle_tensor(x), expected = dense(net, "", &of_x, mine.activation, !mine.no_flatten);
    oracle_check(&expected, y, "dense");
    oracle_free(&of_x);
    oracle_free(&expected);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}

START_TEST(test_dense)
{
    static const struct {
        int rank;
        int64_t dims[4], flat, last; /* in_units when flattened, and when not */
    } inputs[] = {{1, {6}, 1, 6},           {2, {2, 20}, 20, 20},      {3, {2, 3, 4}, 12, 4}, {4, {5, 2, 2, 3}, 12, 3},
                  {2, {0, 3}, 3, 3},        {3, {0, 3, 4}, 12, 4},     {2, {3, 0}, 0, 0},     {3, {2, 0, 4}, 0, 4},
                  {2, {70, 130}, 130, 130}, {3, {7, 11, 13}, 143, 13}, {1, {0}, 1, 0}};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        for (int form = 0; form < 8; form++) {
            nsc_dense_options options = {.units = form & 4 ? 33 : 5, .no_bias = form & 1, .no_flatten = form >> 1 & 1};
            check_dense(context, &options, inputs[i].rank, inputs[i].dims,
                        options.no_flatten ? inputs[i].last : inputs[i].flat);
        }
}
END_TEST

START_TEST(test_dense_with_every_activation)
{
    nsc_context *context = model_context(_i);
    for (int activation = NSC_IDENTITY; activation <= NSC_SOFTMAX; activation++)
        for (int no_bias = 0; no_bias < 2; no_bias++) {
            nsc_dense_options options = {
                .units = 37, .in_units = 29, .activation = (nsc_activation)activation, .no_bias = no_bias};
            check_dense(context, &options, DIMS(41, 29), 29);
            options.no_flatten = 1;
            check_dense(context, &options, DIMS(3, 5, 29), 29);
        }
}
END_TEST

START_TEST(test_dense_without_units_or_inputs)
{
    nsc_context *context = model_context(_i);
    for (int no_bias = 0; no_bias < 2; no_bias++) {
        check_dense(context, &(nsc_dense_options){.units = NSC_DIM_ZERO, .no_bias = no_bias}, DIMS(2, 3), 3);
        check_dense(context, &(nsc_dense_options){.units = 4, .in_units = NSC_DIM_ZERO, .no_bias = no_bias}, DIMS(2, 0),
                    0);
        check_dense(context, &(nsc_dense_options){.units = 4, .no_bias = no_bias, .activation = NSC_SIGMOID},
                    DIMS(2, 0), 0);
    }
}
END_TEST

START_TEST(test_activation_layers)
{
    nsc_context *context = model_context(_i);
    for (int activation = NSC_IDENTITY; activation <= NSC_SOFTMAX; activation++) {
        nsc_block *net = nsc_activate((nsc_activation)activation);
        nsc_tensor *x = INPUT(context, 1, 3, 4, 5), *y = run(context, net, x);
        oracle of_x = oracle_tensor(x);
        oracle expected =
            activation == NSC_SOFTMAX ? oracle_softmax(&of_x, 2) : oracle_activation(&of_x, (nsc_activation)activation);
        oracle_check(&expected, y, "activation layer");
        oracle_free(&expected);
        oracle_free(&of_x);
        nsc_tensor_release(x);
        nsc_tensor_release(y);
        nsc_release(net);
    }
}
END_TEST

START_TEST(test_softmax_layer_over_an_axis)
{
    static const struct {
        int given, axis;
    } axes[] = {{0, 2}, {1, 1}, {2, 2}, {-1, 2}, {-2, 1}, {-3, 0}};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        nsc_block *net = nsc_activate(NSC_SOFTMAX, .axis = axes[i].given);
        nsc_tensor *x = INPUT(context, 1, 3, 4, 5), *y = run(context, net, x);
        oracle of_x = oracle_tensor(x), expected = oracle_softmax(&of_x, axes[i].axis);
        oracle_check(&expected, y, "softmax layer");
        oracle_free(&expected);
        oracle_free(&of_x);
        nsc_tensor_release(x);
        nsc_tensor_release(y);
        nsc_release(net);
    }
}
END_TEST

START_TEST(test_identity_empty_sequential_and_flatten)
{
    nsc_context *context = model_context(_i);
    nsc_block *none[] = {NULL};
    nsc_block *nets[] = {nsc_identity(), nsc_sequential_create(none), nsc_sequential(nsc_sequential_create(none)),
                         nsc_flatten()};
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        nsc_tensor *x = INPUT(context, 1, 3, 4, 5), *y = run(context, nets[i], x);
        oracle of_x = oracle_tensor(x), flat = oracle_flatten(&of_x);
        oracle_check(i < 3 ? &of_x : &flat, y, "identity");
        /* The result is a tensor of its own. */
        ck_assert_ptr_ne(x, y);
        const float zeros[60] = {0};
        ASSERT_OK(nsc_tensor_write(x, zeros, sizeof zeros));
        oracle_check(i < 3 ? &of_x : &flat, y, "identity, after the input was written");
        oracle_free(&of_x);
        oracle_free(&flat);
        nsc_tensor_release(x);
        nsc_tensor_release(y);
        nsc_release(nets[i]);
    }
}
END_TEST

START_TEST(test_nested_sequential)
{
    nsc_context *context = model_context(_i);
    nsc_block *net =
        nsc_sequential(nsc_sequential(nsc_dense(16, .activation = NSC_GELU), nsc_activate(NSC_TANH)),
                       nsc_named("head", nsc_sequential(nsc_dense(8, .activation = NSC_RELU), nsc_dense(4))),
                       nsc_activate(NSC_SOFTMAX));
    nsc_tensor *x = INPUT(context, 1, 9, 3, 4), *y = run(context, net, x);
    oracle of_x = oracle_tensor(x), a = dense(net, "0.0", &of_x, NSC_GELU, 1), b = oracle_activation(&a, NSC_TANH),
           c = dense(net, "head.0", &b, NSC_RELU, 1), d = dense(net, "head.1", &c, NSC_IDENTITY, 1),
           e = oracle_softmax(&d, 1);
    oracle_check(&e, y, "nested sequential");
    oracle *const all[] = {&of_x, &a, &b, &c, &d, &e};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        oracle_free(all[i]);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

START_TEST(test_branches_added_and_joined)
{
    nsc_context *context = model_context(_i);
    nsc_block *residual = nsc_add_branches(nsc_identity(), nsc_dense(6, .activation = NSC_RELU),
                                           nsc_sequential(nsc_dense(3), nsc_dense(6)));
    nsc_tensor *x = INPUT(context, 1, 5, 6), *y = run(context, residual, x);
    oracle of_x = oracle_tensor(x), one = dense(residual, "1", &of_x, NSC_RELU, 1),
           half = dense(residual, "2.0", &of_x, NSC_IDENTITY, 1), two = dense(residual, "2.1", &half, NSC_IDENTITY, 1),
           some = oracle_binary('+', &of_x, &one), all = oracle_binary('+', &some, &two);
    for (size_t i = 0; i < all.count; i++) /* whichever two are added first */
        all.bound[i] += 0x1p-23 * (fabs(of_x.value[i]) + fabs(one.value[i]) + fabs(two.value[i]));
    oracle_check(&all, y, "added branches");
    oracle_free(&half);
    oracle_free(&some);
    oracle_free(&all);
    oracle_free(&one);
    oracle_free(&two);
    nsc_tensor_release(y);
    nsc_release(residual);

    for (int axis = -2; axis < 2; axis++) {
        nsc_block *joined = nsc_concat_branches(axis, nsc_dense(6, .activation = NSC_TANH), nsc_identity());
        y = run(context, joined, x);
        oracle parts[2] = {dense(joined, "0", &of_x, NSC_TANH, 1), oracle_tensor(x)};
        all = oracle_concat(parts, 2, (axis + 2) % 2);
        oracle_check(&all, y, "joined branches");
        oracle_free(&parts[0]);
        oracle_free(&parts[1]);
        oracle_free(&all);
        nsc_tensor_release(y);
        nsc_release(joined);
    }
    oracle_free(&of_x);
    nsc_tensor_release(x);
}
END_TEST

static int count_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    (void)path;
    (void)parameter;
    ++*(int *)user;
    return 0;
}

START_TEST(test_a_block_used_twice)
{
    nsc_context *context = model_context(_i);
    nsc_block *shared = nsc_dense(4, .activation = NSC_TANH);
    nsc_block *net = nsc_sequential(shared, nsc_activate(NSC_RELU), nsc_retain(shared));
    int parameters = 0;
    ASSERT_OK(nsc_parameters_each(net, count_parameter, &parameters));
    ck_assert_int_eq(parameters, 2);
    nsc_tensor *x = INPUT(context, 1, 3, 4), *y = run(context, net, x);
    oracle of_x = oracle_tensor(x), a = dense(net, "0", &of_x, NSC_TANH, 1), b = oracle_activation(&a, NSC_RELU),
           c = dense(net, "0", &b, NSC_TANH, 1);
    oracle_check(&c, y, "a block used twice");
    oracle *const all[] = {&of_x, &a, &b, &c};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        oracle_free(all[i]);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* One net, many batch sizes, y given back or new: the batch is in no parameter. */
START_TEST(test_the_batch_may_change)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(16, .activation = NSC_RELU), nsc_dense(4));
    ASSERT_OK(nsc_initialize(net, context, &random_all));
    static const int64_t batches[] = {3, 1, 0, 64, 3, 17, 1};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        nsc_tensor *x = INPUT(context, i, batches[i], 3, 4), *y = NULL;
        for (int again = 0; again < 2; again++) {
            ASSERT_OK(nsc_forward(net, x, &y));
            oracle of_x = oracle_tensor(x), a = dense(net, "0", &of_x, NSC_RELU, 1),
                   b = dense(net, "1", &a, NSC_IDENTITY, 1);
            oracle_check(&b, y, "batch");
            oracle_free(&of_x);
            oracle_free(&a);
            oracle_free(&b);
        }
        nsc_tensor_release(x);
        nsc_tensor_release(y);
    }
    nsc_release(net);
}
END_TEST

/* A value set after a forward is what the next forward uses: packed copies of weights are remade. */
START_TEST(test_a_new_value_is_used_by_the_next_forward)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(5, .activation = NSC_RELU), nsc_dense(4));
    nsc_tensor *x = INPUT(context, 1, 3, 6), *y = run(context, net, x);
    nsc_parameter *weight = model_parameter(net, "1.weight");
    uint64_t generation = nsc_parameter_generation(weight);
    nsc_tensor *value = INPUT(context, 44, 4, 5);
    ASSERT_OK(nsc_parameter_set(weight, value));
    ck_assert_uint_gt(nsc_parameter_generation(weight), generation);
    ASSERT_OK(nsc_forward(net, x, &y));
    oracle of_x = oracle_tensor(x), a = dense(net, "0", &of_x, NSC_RELU, 1), b = dense(net, "1", &a, NSC_IDENTITY, 1),
           given = oracle_tensor(value), bias = oracle_parameter(model_parameter(net, "1.bias")),
           c = oracle_linear(&a, &given, &bias);
    oracle_check(&b, y, "after set");
    oracle_check(&c, y, "after set, by the value given");
    oracle *const all[] = {&of_x, &a, &b, &c, &given, &bias};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        oracle_free(all[i]);
    nsc_tensor_release(value);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("layers");
    EACH_BACKEND(tests, test_dense);
    EACH_BACKEND(tests, test_dense_with_every_activation);
    EACH_BACKEND(tests, test_dense_without_units_or_inputs);
    EACH_BACKEND(tests, test_activation_layers);
    EACH_BACKEND(tests, test_softmax_layer_over_an_axis);
    EACH_BACKEND(tests, test_identity_empty_sequential_and_flatten);
    EACH_BACKEND(tests, test_nested_sequential);
    EACH_BACKEND(tests, test_branches_added_and_joined);
    EACH_BACKEND(tests, test_a_block_used_twice);
    EACH_BACKEND(tests, test_the_batch_may_change);
    EACH_BACKEND(tests, test_a_new_value_is_used_by_the_next_forward);
    return model_end();
}
