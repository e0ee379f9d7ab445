/* SPDX-License-Identifier: Apache-2.0 */
/* NULL, in every place of every call, is an error and not a crash. */
#include "support.h"

#include <stdio.h>

static int never(void *user, const char *path, nsc_parameter *parameter)
{
    (void)user;
    (void)path;
    (void)parameter;
    return 0;
}

/* ---- NULL ------------------------------------------------------------------------------------------------------- */

#define REFUSES(CALL) ASSERT_STATUS(CALL, NSC_INVALID)

START_TEST(test_null_for_nets)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4);
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    const nsc_tensor *in = x, *none = NULL;
    nsc_proposal *proposal = NULL;
    REFUSES(nsc_initialize(NULL, context, NULL));
    REFUSES(nsc_initialize(net, NULL, NULL));
    REFUSES(nsc_initialize(net, context, &(nsc_initialize_options){.size = 0, .seed = 1}));
    REFUSES(nsc_initialize(
        net, context,
        &(nsc_initialize_options){.size = sizeof(nsc_initialize_options), .rules = NULL, .rule_count = 2}));
    REFUSES(nsc_initialize(net, context,
                           &(nsc_initialize_options){.size = sizeof(nsc_initialize_options),
                                                     .rules = &(nsc_init_rule){.init = {.kind = NSC_INIT_DEFAULT}},
                                                     .rule_count = 1}));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    REFUSES(nsc_forward(NULL, x, &y));
    REFUSES(nsc_forward(net, NULL, &y));
    REFUSES(nsc_forward(net, x, NULL));
    REFUSES(nsc_run(NULL, NSC_INFERENCE, &in, 1, &y, 1));
    REFUSES(nsc_run(net, NSC_INFERENCE, NULL, 1, &y, 1));
    REFUSES(nsc_run(net, NSC_INFERENCE, &none, 1, &y, 1));
    REFUSES(nsc_run(net, NSC_INFERENCE, &in, 1, NULL, 1));
    REFUSES(nsc_run(net, (nsc_mode)9, &in, 1, &y, 1));
    REFUSES(nsc_propose(NULL, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal));
    REFUSES(nsc_propose(net, NSC_INFERENCE, NULL, 1, &proposal));
    REFUSES(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 3), 1, NULL));
    REFUSES(nsc_infer_shapes(NULL, &SHAPE(2, 3), 1));
    REFUSES(nsc_infer_shapes(net, NULL, 1));
    REFUSES(nsc_forget(NULL));
    REFUSES(nsc_block_check(NULL, NULL, 0));
    REFUSES(nsc_parameters_each(NULL, never, NULL));
    REFUSES(nsc_parameters_each(net, NULL, NULL));
    REFUSES(nsc_print_parameters(NULL, stderr));
    REFUSES(nsc_print_parameters(net, NULL));
    ck_assert_ptr_null(nsc_find_parameter(NULL, "weight"));
    ck_assert_ptr_null(nsc_find_parameter(net, NULL));
    ck_assert_ptr_null(nsc_retain(NULL));
    nsc_release(NULL);
    ck_assert_ptr_null(y);
    ASSERT_STATE(model_parameter(net, "weight"), NSC_DECLARED);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_null_for_proposals)
{
    nsc_block *net = nsc_dense(4);
    nsc_proposal *proposal = NULL;
    nsc_shape shape;
    const char *path;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal));
    REFUSES(nsc_proposal_output(NULL, 0, &shape));
    REFUSES(nsc_proposal_output(proposal, 0, NULL));
    REFUSES(nsc_proposal_output(proposal, 1, &shape));
    REFUSES(nsc_proposal_input(NULL, 0, &shape));
    REFUSES(nsc_proposal_input(proposal, 0, NULL));
    REFUSES(nsc_proposal_input(proposal, 1, &shape));
    REFUSES(nsc_proposal_parameter(NULL, 0, &path, &shape));
    REFUSES(nsc_proposal_parameter(proposal, 2, &path, &shape));
    REFUSES(nsc_print_summary(NULL, stderr));
    REFUSES(nsc_print_summary(proposal, NULL));
    ck_assert_uint_eq(nsc_proposal_output_count(NULL), 0);
    ck_assert_uint_eq(nsc_proposal_parameter_count(NULL), 0);
    uint64_t elements = 1, bytes = 1;
    size_t unknown = 1;
    nsc_proposal_totals(NULL, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements + bytes + unknown, 0);
    nsc_proposal_totals(proposal, NULL, NULL, NULL);
    nsc_proposal_release(NULL);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

START_TEST(test_null_for_parameters)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .in_units = 3);
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *x = INPUT(context, 1, 4, 3);
    nsc_initializer zeros = nsc_zeros();
    float value;
    int64_t dims[NSC_MAX_RANK];
    REFUSES(nsc_parameter_set(NULL, x));
    REFUSES(nsc_parameter_set(weight, NULL));
    REFUSES(nsc_parameter_tie(NULL, weight));
    REFUSES(nsc_parameter_tie(weight, NULL));
    REFUSES(nsc_parameter_read(NULL, &value, sizeof value));
    ASSERT_OK(nsc_parameter_set(weight, x));
    REFUSES(nsc_parameter_read(weight, NULL, 48));
    REFUSES(nsc_initializer_fill(NULL, &(nsc_fill_scope){.path = "w"}, 0, x));
    REFUSES(nsc_initializer_fill(&zeros, &(nsc_fill_scope){.path = "w"}, 0, NULL));
    REFUSES(nsc_initializer_fill(&zeros, &(nsc_fill_scope){.path = NULL}, 0, x));
    ck_assert_ptr_null(nsc_parameter_retain(NULL));
    nsc_parameter_release(NULL);
    /* Questions to no parameter have empty answers. */
    ck_assert_int_eq(nsc_parameter_get_state(NULL), NSC_DECLARED);
    ck_assert_int_eq(nsc_parameter_requested(NULL), 0);
    ck_assert_uint_eq(nsc_parameter_generation(NULL), 0);
    ck_assert_int_eq(nsc_parameter_shape(NULL, dims), NSC_UNKNOWN);
    nsc_parameter_name(NULL);
    nsc_parameter_path(NULL);
    nsc_parameter_dtype(NULL);
    char text[8] = "x";
    ck_assert_uint_eq(nsc_parameter_origin(NULL, 0, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(nsc_parameter_origin(weight, -1, text, sizeof text), 0);
    ck_assert_uint_eq(nsc_parameter_origin(weight, 2, text, sizeof text), 0);
    ck_assert_int_eq(nsc_parameter_shape(weight, NULL), 2);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_null_for_tensors)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *tensor = NULL;
    const int64_t dims[] = {2, 3}, negative[] = {2, -1}, huge[] = {INT64_MAX, 2};
    float values[6] = {0};
    REFUSES(nsc_tensor_create(NULL, NSC_FLOAT32, 2, dims, &tensor));
    REFUSES(nsc_tensor_create(context, NSC_FLOAT32, 2, dims, NULL));
    REFUSES(nsc_tensor_create(context, NSC_FLOAT32, 2, NULL, &tensor));
    REFUSES(nsc_tensor_create(context, NSC_FLOAT32, 2, negative, &tensor));
    REFUSES(nsc_tensor_create(context, NSC_FLOAT32, -1, dims, &tensor));
    REFUSES(nsc_tensor_create(context, NSC_FLOAT32, NSC_MAX_RANK + 1, dims, &tensor));
    ck_assert_int_ne(nsc_tensor_create(context, NSC_FLOAT32, 2, huge, &tensor), NSC_OK);
    ASSERT_STATUS(nsc_tensor_create(context, NSC_FLOAT64, 2, dims, &tensor), NSC_WRONG_DTYPE);
    ASSERT_STATUS(nsc_tensor_create(context, (nsc_dtype)5, 2, dims, &tensor), NSC_WRONG_DTYPE);
    ck_assert_ptr_null(tensor);
    REFUSES(nsc_tensor_from(context, NSC_FLOAT32, 2, dims, NULL, &tensor));
    REFUSES(nsc_tensor_write(NULL, values, sizeof values));
    REFUSES(nsc_tensor_read(NULL, values, sizeof values));
    ASSERT_OK(nsc_tensor_from(context, NSC_FLOAT32, 2, dims, values, &tensor));
    REFUSES(nsc_tensor_write(tensor, NULL, sizeof values));
    REFUSES(nsc_tensor_write(tensor, values, sizeof values - 4));
    REFUSES(nsc_tensor_read(tensor, NULL, sizeof values));
    REFUSES(nsc_tensor_read(tensor, values, sizeof values + 4));
    const void *data = values;
    REFUSES(nsc_tensor_view(NULL, &data));
    ck_assert_ptr_null(data);
    REFUSES(nsc_tensor_view(NULL, NULL));
    REFUSES(nsc_tensor_view(tensor, NULL));
    REFUSES(nsc_tensor_end_view(NULL));
    REFUSES(nsc_tensor_end_view(tensor));
    ck_assert_ptr_null(nsc_tensor_retain(NULL));
    nsc_tensor_release(NULL);
    nsc_tensor_release(tensor);
    ASSERT_OK(nsc_context_close(NULL));
    REFUSES(nsc_context_finish(NULL));
    nsc_context_trim(NULL);
    REFUSES(nsc_context_create(NULL, NULL, 0));
    REFUSES(nsc_context_statistics(NULL, &(nsc_statistics){0}, sizeof(nsc_statistics)));
    REFUSES(nsc_context_statistics(context, NULL, sizeof(nsc_statistics)));
}
END_TEST

/* Each operation with NULL for one operand fails the trace; those that still know their trace give a placeholder. */
static nsc_status null_operand(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    nsc_value *const pair[] = {in[0], NULL};
    nsc_value *given = NULL;
    (void)in_count;
    (void)out_count;
    switch (*(int *)user) {
    case 0:
        given = nsc_op_add(in[0], NULL);
        break;
    case 1:
        given = nsc_op_mul(NULL, in[0]);
        break;
    case 2:
        given = nsc_op_linear(in[0], NULL, NULL);
        break;
    case 3:
        given = nsc_op_linear(NULL, in[0], NULL);
        break;
    case 4:
        given = nsc_op_concat(pair, 2, 0);
        break;
    case 5:
        given = nsc_op_parameter(trace, NULL);
        break;
    case 6:
        given = nsc_op_call(trace, NULL, in[0]);
        break;
    case 7:
        nsc_op_call_many(trace, NULL, in, 1, out, 1);
        given = in[0];
        break;
    case 8: /* no operand at all: the place of the output stays empty */
        out[0] = nsc_op_relu(NULL);
        return NSC_OK;
    default: /* an empty list */
        out[0] = nsc_op_concat(in, 0, 0);
        return NSC_OK;
    }
    ck_assert_ptr_nonnull(given);
    out[0] = given;
    return NSC_OK;
}

START_TEST(test_null_for_operands)
{
    for (int operation = 0; operation < 10; operation++) {
        nsc_block *block = nsc_custom(null_operand, .user = &operation);
        nsc_proposal *proposal = NULL;
        nsc_status status = nsc_propose(block, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal);
        ck_assert_msg(status == NSC_INVALID, "operation %d gives %s", operation, nsc_status_name(status));
        ck_assert_str_ne(nsc_last_error(NULL), "");
        nsc_release(block);
    }
    int64_t dims[NSC_MAX_RANK];
    ck_assert_int_eq(nsc_value_shape(NULL, dims), NSC_UNKNOWN);
    ck_assert_int_ne(nsc_trace_fail(NULL, NSC_FAILED, "nothing"), NSC_OK);
    nsc_trace_mode(NULL);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("null");
    EACH_BACKEND(tests, test_null_for_nets);
    tcase_add_test(tests, test_null_for_proposals);
    EACH_BACKEND(tests, test_null_for_parameters);
    EACH_BACKEND(tests, test_null_for_tensors);
    tcase_add_test(tests, test_null_for_operands);
    return model_end();
}
