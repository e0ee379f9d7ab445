/* SPDX-License-Identifier: Apache-2.0 */
/* What MXNet's own tests of Gluon ask of single parameters, as far as there is a place for it here, under their names and
 * with their numbers; docs/gluon-tests.md lists them all. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two devices at once and gradients are not here yet: one context, then another. */
START_TEST(test_parameter)
{
    nsc_context *context = model_context(_i), *other = model_open(_i, NULL);
    nsc_block *net = nsc_dense(10, .in_units = 10, .no_bias = 1, .weight_init = nsc_xavier());
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *value;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_parameter_value(weight, &value));
    ck_assert_ptr_eq(nsc_tensor_context(value), context);
    ck_assert_int_eq(nsc_tensor_rank(value), 2);
    ck_assert_int_eq(nsc_tensor_dims(value)[0], 10);
    ck_assert_int_eq(nsc_tensor_dims(value)[1], 10);
    ck_assert_uint_eq(nsc_tensor_bytes(value), 100 * sizeof(float)); /* dense storage */
    float *before = model_read(value);
    for (int i = 0; i < 100; i++) /* sqrt(3 / mean of the fans) = sqrt(0.3) */
        ck_assert(before[i] >= -0.5478f && before[i] < 0.5478f);
    nsc_tensor_release(value);
    ASSERT_OK(nsc_move(net, NULL, other));
    ck_assert_ptr_eq(nsc_parameter_context(weight), other);
    float *after = model_read_parameter(weight);
    ck_assert_mem_eq(before, after, 100 * sizeof(float));
    free(before);
    free(after);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(other));
}
END_TEST

static nsc_status add_parameter(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_parameter *const *parameter = user;
    (void)in_count, (void)out_count;
    out[0] = nsc_op_add(in[0], nsc_op_parameter(trace, *parameter));
    return NSC_OK;
}

/* Without the step of an optimiser, and the gradient of x. */
START_TEST(test_constant)
{
    nsc_context *context = model_context(_i);
    static const float values[4] = {1, 2, 3, 4};
    nsc_parameter *constant = NULL;
    nsc_block *net = nsc_custom(add_parameter, .user = &constant);
    constant = nsc_declare_constant(net, "const", DIMS(2, 2), values);
    const nsc_initialize_options options = {.size = sizeof options, .init = nsc_normal(1)};
    ASSERT_OK(nsc_initialize(net, context, &options));
    nsc_tensor *x = TENSOR(context, ((float[]){1, 1, 1, 1}), 2, 2);
    size_t count;
    float *y = model_forward(net, x, &count), *kept = model_read_parameter(constant);
    ck_assert_uint_eq(count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(y[i], 1 + values[i]);
    ck_assert_mem_eq(kept, values, sizeof values);
    ck_assert_int_eq(nsc_parameter_gradient_request(constant), NSC_GRADIENT_NONE);
    free(y);
    free(kept);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static nsc_block *two_of_five(int64_t in_units)
{
    return nsc_sequential(nsc_dense(5, .in_units = in_units), nsc_dense(5, .in_units = in_units));
}

/* The first net knows both widths and the second none, then the reverse; the first is initialized and saved, the second
 * is run. */
START_TEST(test_parameter_sharing)
{
    nsc_context *context = model_context(_i);
    static const char *const paths[] = {"0.weight", "0.bias", "1.weight", "1.bias"};
    char file[64];
    snprintf(file, sizeof file, "/tmp/nascent-sharing-%ld", (long)getpid());
    for (int reverse = 0; reverse < 2; reverse++) {
        nsc_block *first = two_of_five(reverse ? 0 : 5), *second = two_of_five(reverse ? 5 : 0),
                  *third = two_of_five(0);
        for (int i = 0; i < 4; i++)
            ASSERT_OK(nsc_parameter_tie(model_parameter(second, paths[i]), model_parameter(first, paths[i])));
        ASSERT_SHAPE(model_parameter(second, "0.weight"), 5, 5);
        ASSERT_SHAPE(model_parameter(first, "1.weight"), 5, 5);
        nsc_tensor *x = INPUT(context, 1, 3, 5);
        ASSERT_OK(nsc_initialize(first, context, NULL));
        ASSERT_STATE(model_parameter(second, "1.weight"), NSC_INITIALIZED);
        float *y = model_forward(second, x, NULL);
        ASSERT_OK(nsc_save(first, file, NULL));
        ASSERT_OK(nsc_load(third, context, file, NULL, NULL)); /* never initialized, never run */
        float *again = model_forward(third, x, NULL), *same = model_forward(first, x, NULL);
        ck_assert_mem_eq(y, again, 15 * sizeof(float));
        ck_assert_mem_eq(y, same, 15 * sizeof(float));
        free(y);
        free(again);
        free(same);
        unlink(file);
        nsc_tensor_release(x);
        nsc_release(first);
        nsc_release(second);
        nsc_release(third);
    }
}
END_TEST

START_TEST(test_parameter_str)
{
    char text[256] = "";
    nsc_block *net = nsc_sequential(nsc_named("dense0", nsc_dense(10, .in_units = 5, .no_bias = 1)));
    FILE *file = fmemopen(text, sizeof text, "w");
    ASSERT_OK(nsc_print_parameters(net, file));
    fclose(file);
    ASSERT_SAYS(text, "dense0.weight", "(10, 5)", "float32");
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    nsc_release(net);
}
END_TEST

typedef struct paths {
    char text[128];
} paths;

static int note(void *user, const char *path, nsc_parameter *parameter)
{
    paths *to = user;
    (void)parameter;
    strcat(strcat(to->text, path), " ");
    return 0;
}

/* A dense layer in the place of the convolution. */
START_TEST(test_collect_parameters)
{
    nsc_block *net = nsc_sequential(nsc_dense(10), nsc_dense(10));
    static const struct {
        const char *regex, *paths;
    } cases[] = {{NULL, "0.weight 0.bias 1.weight 1.bias "},
                 {".*weight", "0.weight 1.weight "},
                 {"0.bias|1.bias", "0.bias 1.bias "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        paths found = {""};
        ASSERT_OK(nsc_parameters_select(net, &(nsc_selection){.regex = cases[i].regex}, note, &found));
        ck_assert_str_eq(found.text, cases[i].paths);
    }
    nsc_release(net);
}
END_TEST

START_TEST(test_basic)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(128, .activation = NSC_TANH, .in_units = 10, .no_flatten = 1),
                                    nsc_dense(64, .activation = NSC_TANH, .in_units = 256),
                                    nsc_dense(32, .in_units = 64), nsc_activate(NSC_RELU));
    const nsc_init_rule rule = {.where = {.role = NSC_ROLE_WEIGHT},
                                .init = nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_AVERAGE, 2.24f)};
    nsc_initialize_options options = {.size = sizeof options, .rules = &rule, .rule_count = 1};
    size_t count;
    ASSERT_OK(nsc_initialize(net, context, &options));
    ASSERT_STATE(model_parameter(net, "2.bias"), NSC_INITIALIZED);
    nsc_tensor *x = INPUT(context, 1, 32, 2, 10);
    free(model_forward(net, x, &count));
    ck_assert_uint_eq(count, 32 * 32);
    nsc_parameter *weight = model_parameter(net, "0.weight");
    ASSERT_OK(nsc_parameter_request_gradient(weight, NSC_GRADIENT_NONE));
    ASSERT_OK(nsc_parameter_request_gradient(weight, NSC_GRADIENT_WRITE));
    ck_assert_int_eq(nsc_parameter_gradient_request(weight), NSC_GRADIENT_WRITE);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static nsc_status call_child(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    nsc_block *const *child = user;
    (void)in_count, (void)out_count;
    out[0] = nsc_op_call(trace, *child, in[0]);
    return NSC_OK;
}

/* A plain block around the layer, not a container. */
START_TEST(test_np_shape_parameters)
{
    nsc_context *context = model_context(_i);
    nsc_block *child = NULL;
    nsc_block *net = nsc_custom(call_child, .user = &child);
    child = nsc_add_child(net, "dense", nsc_dense(16));
    nsc_tensor *x = INPUT(context, 1, 2, 2016);
    size_t count;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    free(model_forward(net, x, &count));
    ck_assert_uint_eq(count, 2 * 16);
    ASSERT_SHAPE(model_parameter(net, "dense.weight"), 16, 2016);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static nsc_block *block_of_one(nsc_parameter **parameter)
{
    nsc_block *block = nsc_custom(add_parameter, .user = parameter);
    *parameter = nsc_declare(block, "param", .rank = 1, .dims = (int64_t[]){1}, .init = nsc_constant(-10.0f));
    return block;
}

START_TEST(test_shared_parameters_with_non_default_initializer)
{
    nsc_context *context = model_context(_i);
    nsc_parameter *parameters[3];
    nsc_block *first = block_of_one(&parameters[0]), *second = block_of_one(&parameters[1]);
    nsc_block *third = block_of_one(&parameters[2]);
    ASSERT_OK(nsc_parameter_tie(parameters[1], parameters[0]));
    ck_assert_ptr_eq(model_parameter(first, "param"), model_parameter(second, "param"));
    ck_assert_ptr_ne(model_parameter(first, "param"), model_parameter(third, "param"));
    ASSERT_OK(nsc_initialize(first, context, NULL));
    ASSERT_OK(nsc_initialize(third, context, NULL));
    ASSERT_SHAPE(parameters[1], 1);
    for (int i = 0; i < 3; i++) {
        float *value = model_read_parameter(parameters[i]);
        ck_assert_float_eq(*value, -10.0f);
        free(value);
    }
    nsc_release(first);
    nsc_release(second);
    nsc_release(third);
}
END_TEST

START_TEST(test_no_memory_leak_in_gluon)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_statistics statistics;
    nsc_block *net = nsc_dense(10, .in_units = 10);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_context_statistics(context, &statistics, sizeof statistics));
    ck_assert_uint_ge(statistics.bytes_in_use, (100 + 10) * sizeof(float));
    nsc_release(net);
    ASSERT_OK(nsc_context_statistics(context, &statistics, sizeof statistics));
    ck_assert_uint_eq(statistics.bytes_in_use, 0);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_a5_a_refused_value_teaches_nothing)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4);
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *value = INPUT(context, 1, 5, 3);
    ASSERT_STATUS(nsc_parameter_set(weight, value), NSC_SHAPE_CONFLICT);
    ASSERT_SHAPE(weight, 4, NSC_UNKNOWN);
    ASSERT_STATE(weight, NSC_DECLARED);
    ck_assert_int_eq(nsc_parameter_requested(weight), 0);
    nsc_tensor_release(value);
    nsc_release(net);
}
END_TEST

START_TEST(test_a11_attributes_stay_when_the_value_goes)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .in_units = 3);
    nsc_parameter *weight = model_parameter(net, "weight");
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_parameter_request_gradient(weight, NSC_GRADIENT_ADD));
    ASSERT_OK(nsc_parameter_set_multipliers(weight, 0.5f, 0.25f));
    ASSERT_OK(nsc_parameter_freeze(weight, 1));
    ASSERT_OK(nsc_reinitialize(net, NULL));
    ASSERT_OK(nsc_forget(net));
    ck_assert_int_eq(nsc_parameter_gradient_request(weight), NSC_GRADIENT_ADD);
    ck_assert_float_eq(nsc_parameter_learning_rate_multiplier(weight), 0.5f);
    ck_assert_float_eq(nsc_parameter_weight_decay_multiplier(weight), 0.25f);
    ck_assert_int_eq(nsc_parameter_frozen(weight), 1);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("gluon");
    EACH_BACKEND(tests, test_parameter);
    EACH_BACKEND(tests, test_constant);
    EACH_BACKEND(tests, test_parameter_sharing);
    tcase_add_test(tests, test_parameter_str);
    tcase_add_test(tests, test_collect_parameters);
    EACH_BACKEND(tests, test_basic);
    EACH_BACKEND(tests, test_np_shape_parameters);
    EACH_BACKEND(tests, test_shared_parameters_with_non_default_initializer);
    EACH_BACKEND(tests, test_no_memory_leak_in_gluon);
    EACH_BACKEND(tests, test_a5_a_refused_value_teaches_nothing);
    EACH_BACKEND(tests, test_a11_attributes_stay_when_the_value_goes);
    return model_end();
}
