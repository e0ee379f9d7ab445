/* SPDX-License-Identifier: Apache-2.0 */
/* What MXNet's own tests of Gluon ask of parameters, as far as dense layers carry it; docs/gluon-tests.md lists them all. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(test_parameter_sharing)
{
    nsc_context *context = model_context(_i);
    char file[64];
    snprintf(file, sizeof file, "/tmp/nascent-sharing-%ld", (long)getpid());
    for (int declared = 0; declared < 2; declared++) { /* the first net or the second knows the width */
        nsc_block *first = nsc_sequential(nsc_dense(5, .in_units = declared ? 0 : 5), nsc_dense(5));
        nsc_block *second = nsc_sequential(nsc_dense(5, .in_units = declared ? 5 : 0), nsc_dense(5));
        nsc_block *third = nsc_sequential(nsc_dense(5), nsc_dense(5));
        static const char *const paths[] = {"0.weight", "0.bias", "1.weight", "1.bias"};
        for (int i = 0; i < 4; i++)
            ASSERT_OK(nsc_parameter_tie(model_parameter(second, paths[i]), model_parameter(first, paths[i])));
        ASSERT_SHAPE(model_parameter(second, "0.weight"), 5, 5);
        ASSERT_SHAPE(model_parameter(first, "0.weight"), 5, 5);
        nsc_tensor *x = INPUT(context, 1, 3, 5);
        ASSERT_OK(nsc_initialize(first, context, NULL));
        float *y = model_forward(second, x, NULL);
        ASSERT_OK(nsc_save(second, file, NULL));
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

START_TEST(test_shared_parameters_with_non_default_initializer)
{
    nsc_context *context = model_context(_i);
    nsc_block *a = nsc_dense(1, .in_units = 1, .bias_init = nsc_constant(-10.0f)), *twice = nsc_retain(a);
    nsc_block *net = nsc_sequential(a, twice, nsc_dense(1, .in_units = 1, .bias_init = nsc_constant(-10.0f)));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ck_assert_ptr_eq(model_parameter(net, "0.bias"), model_parameter(net, "1.bias"));
    ck_assert_ptr_ne(model_parameter(net, "0.bias"), model_parameter(net, "2.bias"));
    ck_assert(model_same_value(model_parameter(net, "0.bias"), model_parameter(net, "2.bias")));
    nsc_release(net);
}
END_TEST

START_TEST(test_np_shape_parameters)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(16));
    nsc_tensor *x = INPUT(context, 1, 2, 2016);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    free(model_forward(net, x, NULL));
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 16, 2016);
    nsc_tensor_release(x);
    nsc_release(net);
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
    EACH_BACKEND(tests, test_parameter_sharing);
    EACH_BACKEND(tests, test_basic);
    EACH_BACKEND(tests, test_shared_parameters_with_non_default_initializer);
    EACH_BACKEND(tests, test_np_shape_parameters);
    EACH_BACKEND(tests, test_a5_a_refused_value_teaches_nothing);
    EACH_BACKEND(tests, test_a11_attributes_stay_when_the_value_goes);
    return model_end();
}
