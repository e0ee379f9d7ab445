/* SPDX-License-Identifier: Apache-2.0 */
/* Around one parameter: attributes, constants, views, the ways back, budgets, explanations. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_attributes_in_every_state)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4);
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    uint64_t bytes = 0;
    ASSERT_STATUS(nsc_parameter_bytes(weight, &bytes), NSC_PENDING);
    ck_assert_ptr_null(nsc_parameter_context(weight));
    for (int state = 0; state < 3; state++) {
        ck_assert_int_eq(nsc_parameter_role(weight), NSC_ROLE_WEIGHT);
        ASSERT_OK(nsc_parameter_request_gradient(weight, (nsc_gradient_request)state));
        ck_assert_int_eq(nsc_parameter_gradient_request(weight), state);
        ASSERT_STATUS(nsc_parameter_request_gradient(weight, (nsc_gradient_request)9), NSC_INVALID);
        ck_assert_int_eq(nsc_parameter_gradient_request(weight), state);
        ASSERT_OK(nsc_parameter_freeze(weight, state % 2));
        ck_assert_int_eq(nsc_parameter_frozen(weight), state % 2);
        ASSERT_OK(nsc_parameter_set_multipliers(weight, (float)state, 0.5f));
        ASSERT_STATUS(nsc_parameter_set_multipliers(weight, -1.0f, 1.0f), NSC_INVALID);
        ASSERT_STATUS(nsc_parameter_set_multipliers(weight, 1.0f, NAN), NSC_INVALID);
        ck_assert_float_eq(nsc_parameter_learning_rate_multiplier(weight), (float)state);
        ck_assert_float_eq(nsc_parameter_weight_decay_multiplier(weight), 0.5f);
        if (state == 0)
            ASSERT_OK(nsc_initialize(net, context, NULL));
        if (state == 1)
            free(model_forward(net, x, NULL));
    }
    ASSERT_OK(nsc_parameter_bytes(weight, &bytes));
    ck_assert_uint_eq(bytes, 48);
    ck_assert_ptr_eq(nsc_parameter_context(weight), context);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static nsc_status add_constant(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    nsc_parameter **constant = user;
    (void)in_count, (void)out_count;
    out[0] = nsc_op_add(in[0], nsc_op_parameter(trace, *constant));
    return NSC_OK;
}

START_TEST(test_constants)
{
    nsc_context *context = model_context(_i);
    nsc_parameter *constant = NULL;
    float values[4] = {1.0f, 2.0f, 3.0f, 4.0f};
    nsc_block *net = nsc_custom(add_constant, .user = &constant);
    constant = nsc_declare_constant(net, "const", DIMS(2, 2), values);
    ck_assert_ptr_nonnull(constant);
    values[0] = 9.0f; /* copied */
    ASSERT_STATE(constant, NSC_SHAPE_KNOWN);
    ck_assert_int_eq(nsc_parameter_gradient_request(constant), NSC_GRADIENT_NONE);
    ASSERT_STATUS(nsc_parameter_request_gradient(constant, NSC_GRADIENT_WRITE), NSC_NO_GRADIENT);
    ASSERT_OK(nsc_parameter_request_gradient(constant, NSC_GRADIENT_NONE));
    const nsc_init_rule rule = {.where = {.glob = "*"}, .init = nsc_zeros()};
    nsc_initialize_options options = {.size = sizeof options, .init = nsc_ones(), .rules = &rule, .rule_count = 1};
    ASSERT_OK(nsc_initialize(net, context, &options));
    nsc_tensor *x = TENSOR(context, ((float[]){10.0f, 20.0f, 30.0f, 40.0f}), 2, 2);
    float *y = model_forward(net, x, NULL);
    ck_assert_float_eq(y[0], 11.0f);
    ck_assert_float_eq(y[3], 44.0f);
    ASSERT_OK(nsc_parameter_set(constant, x));
    ASSERT_OK(nsc_reinitialize(net, NULL)); /* what was declared */
    float *again = model_read_parameter(constant);
    ck_assert_float_eq(again[0], 1.0f);
    free(again);
    free(y);
    nsc_tensor_release(x);
    nsc_release(net);
    net = nsc_custom(add_constant, .user = &constant);
    ck_assert_ptr_null(nsc_declare_constant(net, "const", DIMS(2, NSC_UNKNOWN), values));
    ASSERT_STATUS(nsc_initialize(net, context, NULL), NSC_INVALID);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_value_is_a_view_and_outlives_a_set)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(2, .in_units = 2);
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *view = NULL, *value = TENSOR(context, ((float[]){1.0f, 2.0f, 3.0f, 4.0f}), 2, 2);
    nsc_statistics before = {0}, after = {0};
    ASSERT_STATUS(nsc_parameter_value(weight, &view), NSC_NOT_REQUESTED);
    ASSERT_OK(nsc_parameter_set(weight, value));
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    ASSERT_OK(nsc_parameter_value(weight, &view));
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_uint_eq(after.bytes_in_use, before.bytes_in_use);
    ck_assert_uint_eq(after.launches, before.launches);
    nsc_tensor *next = TENSOR(context, ((float[]){5.0f, 6.0f, 7.0f, 8.0f}), 2, 2);
    ASSERT_OK(nsc_parameter_set(weight, next));
    float *old = model_read(view);
    ck_assert_float_eq(old[0], 1.0f);
    free(old);
    nsc_tensor_release(view);
    nsc_tensor_release(value);
    nsc_tensor_release(next);
    nsc_release(net);
}
END_TEST

START_TEST(test_forgetting_one_parameter_or_one_dimension)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    nsc_parameter *weight = model_parameter(net, "0.weight");
    nsc_tensor *x = INPUT(context, 1, 2, 3), *wide = INPUT(context, 1, 2, 5);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    free(model_forward(net, x, NULL));
    ASSERT_STATUS(nsc_parameter_forget_dimension(weight, 0), NSC_INVALID); /* declared */
    ASSERT_SAYS(nsc_last_error(NULL), "0.weight", "declared");
    ASSERT_STATUS(nsc_parameter_forget_dimension(weight, 2), NSC_INVALID);
    ASSERT_STATE(weight, NSC_INITIALIZED);
    ASSERT_OK(nsc_parameter_forget_dimension(weight, 1));
    ASSERT_SHAPE(weight, 4, NSC_UNKNOWN);
    ASSERT_STATE(weight, NSC_DECLARED);
    ck_assert_int_eq(nsc_parameter_requested(weight), 1);
    ASSERT_STATE(model_parameter(net, "1.weight"), NSC_INITIALIZED);
    free(model_forward(net, wide, NULL));
    ASSERT_SHAPE(weight, 4, 5);
    ASSERT_OK(nsc_parameter_forget(weight));
    ASSERT_SHAPE(weight, 4, NSC_UNKNOWN);
    free(model_forward(net, x, NULL));
    ASSERT_SHAPE(weight, 4, 3);
    nsc_tensor_release(x);
    nsc_tensor_release(wide);
    nsc_release(net);
}
END_TEST

static nsc_status nothing(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

START_TEST(test_a_dimension_that_another_value_has_stays)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_custom(nothing);
    nsc_parameter *a = nsc_declare(net, "a", .rank = 1, .dims = (int64_t[]){-1}, .dim_names = (const char *[]){"n"});
    nsc_parameter *b = nsc_declare(net, "b", .rank = 1, .dims = (int64_t[]){-1}, .dim_names = (const char *[]){"n"});
    nsc_tensor *value = INPUT(context, 1, 3);
    ASSERT_OK(nsc_parameter_set(a, value));
    ASSERT_OK(nsc_parameter_set(b, value));
    ASSERT_STATUS(nsc_parameter_forget_dimension(a, 0), NSC_INVALID);
    ASSERT_STATE(a, NSC_INITIALIZED);
    ASSERT_OK(nsc_parameter_forget(a));
    ASSERT_SHAPE(a, 3);
    ASSERT_STATUS(nsc_parameter_forget_dimension(a, 0), NSC_INVALID);
    ASSERT_OK(nsc_parameter_forget_dimension(b, 0));
    ASSERT_SHAPE(a, NSC_UNKNOWN);
    nsc_tensor_release(value);
    nsc_release(net);
}
END_TEST

START_TEST(test_the_budget_names_the_first_that_does_not_fit)
{
    nsc_context *context = model_context(_i);
    nsc_proposal *proposal = NULL;
    const nsc_device_info *info = nsc_context_device(context);
    nsc_block *net = nsc_sequential(nsc_dense(8), nsc_dense(INT64_C(1) << 42, .no_bias = 1));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(1, 4), 1, &proposal));
    nsc_status status = nsc_check_budget(proposal, context);
    ck_assert(status == NSC_UNSUPPORTED || status == NSC_NO_MEMORY);
    ASSERT_SAYS(nsc_last_error(context), "1.weight (4398046511104, 8)", info->name);
    nsc_proposal_release(proposal);
    nsc_statistics before = {0}, after = {0};
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    nsc_tensor *x = INPUT(context, 1, 1, 4), *y = NULL;
    ck_assert_int_eq(nsc_forward(net, x, &y), status);
    ASSERT_SAYS(nsc_last_error(context), "1.weight (4398046511104, 8)");
    nsc_tensor_release(x);
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_uint_eq(after.bytes_in_use, before.bytes_in_use);
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);
    nsc_release(net);
    net = nsc_sequential(nsc_dense(8), nsc_dense(3));
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(1, 4), 1, &proposal));
    ASSERT_OK(nsc_check_budget(proposal, context));
    nsc_proposal_release(proposal);
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(1, -1), 1, &proposal));
    ASSERT_STATUS(nsc_check_budget(proposal, context), NSC_PENDING);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

START_TEST(test_explanations)
{
    nsc_context *context = model_context(_i);
    char text[1024];
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    ASSERT_OK(nsc_explain(net, "0.weight", text, sizeof text));
    ck_assert_str_eq(text, "0.weight is a weight of a dense block, (4, -1) float32, declared. axis 0: 4, declared by "
                           "dense; axis 1: unknown. Its initialiser is the net's default. No value was requested: call "
                           "nsc_initialize. What is unknown follows from the input of its block (dense): a forward, "
                           "nsc_infer_shapes or nsc_parameter_set supplies it, or a file (nsc_load). To leave nothing "
                           "to infer, declare in_units.");
    nsc_initialize_options options = {.size = sizeof options, .seed = 7};
    ASSERT_OK(nsc_initialize(net, context, &options));
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 20), 1));
    ASSERT_OK(nsc_explain(net, "0.weight", text, sizeof text));
    ASSERT_SAYS(text, "shape-known", "axis 1: 20, inferred by 0 (dense) from input 0 (2, 20)", "seed 7",
                "Its shape is known");
    nsc_tensor *x = INPUT(context, 1, 2, 20);
    free(model_forward(net, x, NULL));
    ASSERT_OK(nsc_explain(net, "0.weight", text, sizeof text));
    ASSERT_SAYS(text, "(4, 20) float32, initialized");
    ck_assert_ptr_null(strstr(text, "call nsc_initialize"));
    ASSERT_STATUS(nsc_explain(net, "2.weight", text, sizeof text), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(NULL), "2.weight", "near it: 0.weight, 1.weight");
    ck_assert_uint_gt(nsc_parameter_explain(NULL, NULL, 0), 0);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a42_summary_and_counts_are_the_same_before_and_after)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    char text[2][2048] = {"", ""};
    uint64_t elements[2], bytes[2];
    for (int i = 0; i < 2; i++) {
        nsc_proposal *proposal = NULL;
        FILE *file = tmpfile();
        ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal));
        nsc_proposal_totals(proposal, &elements[i], &bytes[i], NULL);
        ck_assert_ptr_nonnull(file);
        ASSERT_OK(nsc_print_summary(proposal, file));
        rewind(file);
        ck_assert_uint_gt(fread(text[i], 1, sizeof text[i] - 1, file), 0);
        fclose(file);
        nsc_proposal_release(proposal);
        nsc_tensor *x = INPUT(context, 1, 2, 3);
        if (i == 0) {
            ASSERT_OK(nsc_initialize(net, context, NULL));
            free(model_forward(net, x, NULL));
        }
        nsc_tensor_release(x);
    }
    ck_assert_uint_eq(elements[0], 26);
    ck_assert_uint_eq(elements[0], elements[1]);
    ck_assert_uint_eq(bytes[0], bytes[1]);
    ASSERT_SAYS(text[0], "state", "mixed"); /* the bias is shape-known, the weight is not */
    ASSERT_SAYS(text[1], "initialized");
    nsc_release(net);
}
END_TEST

static const char *origin(nsc_block *net, const char *path, int axis)
{
    static char text[512];
    nsc_parameter_origin(model_parameter(net, path), axis, text, sizeof text);
    return text;
}

START_TEST(test_origins_of_ties_and_of_computed_sizes)
{
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(4));
    nsc_parameter *known = model_parameter(net, "1.weight");
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 3, 5), 1));
    ck_assert_str_eq(origin(net, "0.weight", 0), "declared by dense");
    ck_assert_str_eq(origin(net, "0.weight", 1),
                     "inferred by 0 (dense) from the output of 0 (dense), computed from input 0 (2, 3, 5)");
    nsc_block *other = nsc_dense(4);
    ASSERT_OK(nsc_parameter_tie(known, model_parameter(other, "weight")));
    ASSERT_SAYS(origin(other, "weight", 1), "tied to weight (inferred by 1 (dense) from");
    ck_assert_str_eq(origin(other, "weight", 0), "declared by dense");
    nsc_release(net);
    nsc_release(other);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("parameter: life");
    tcase_add_test(tests, test_origins_of_ties_and_of_computed_sizes);
    EACH_BACKEND(tests, test_attributes_in_every_state);
    EACH_BACKEND(tests, test_constants);
    EACH_BACKEND(tests, test_a_value_is_a_view_and_outlives_a_set);
    EACH_BACKEND(tests, test_forgetting_one_parameter_or_one_dimension);
    EACH_BACKEND(tests, test_a_dimension_that_another_value_has_stays);
    EACH_BACKEND(tests, test_the_budget_names_the_first_that_does_not_fit);
    EACH_BACKEND(tests, test_explanations);
    EACH_BACKEND(tests, test_a42_summary_and_counts_are_the_same_before_and_after);
    return model_end();
}
