/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong arguments are errors, not crashes: wrong ranks, sizes, counts, dtypes and contexts. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nsc_status pass(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                       size_t out_count)
{
    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

#define REFUSES(CALL) ASSERT_STATUS(CALL, NSC_INVALID)

/* ---- ranks and sizes that an operation does not take ------------------------------------------------------------ */

typedef enum wrong {
    LINEAR_OF_SCALAR,
    LINEAR_WEIGHT_RANK_1,
    LINEAR_BIAS_RANK_2,
    LINEAR_BIAS_SIZE,
    ADD_SIZES,
    CONCAT_RANKS,
    CONCAT_SIZES,
    CONCAT_AXIS,
    SOFTMAX_AXIS,
    SOFTMAX_OF_SCALAR,
    FLATTEN_OF_SCALAR,
    UNKNOWN_ACTIVATION,
    WRONGS
} wrong;

/* in: scalar, (3), (2, 3), (2, 4), (4, 3). */
static nsc_status wrong_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_value *const ranks[] = {in[1], in[2]}, *const sizes[] = {in[2], in[3]};
    (void)trace;
    (void)in_count;
    (void)out_count;
    switch (*(wrong *)user) {
    case LINEAR_OF_SCALAR:
        out[0] = nsc_op_linear(in[0], in[4], NULL);
        break;
    case LINEAR_WEIGHT_RANK_1:
        out[0] = nsc_op_linear(in[2], in[1], NULL);
        break;
    case LINEAR_BIAS_RANK_2:
        out[0] = nsc_op_linear(in[2], in[4], in[3]);
        break;
    case LINEAR_BIAS_SIZE:
        out[0] = nsc_op_linear(in[2], in[4], in[1]);
        break;
    case ADD_SIZES:
        out[0] = nsc_op_add(in[2], in[3]);
        break;
    case CONCAT_RANKS:
        out[0] = nsc_op_concat(ranks, 2, 0);
        break;
    case CONCAT_SIZES:
        out[0] = nsc_op_concat(sizes, 2, 0);
        break;
    case CONCAT_AXIS:
        out[0] = nsc_op_concat(sizes, 2, 2);
        break;
    case SOFTMAX_AXIS:
        out[0] = nsc_op_softmax(in[2], -3);
        break;
    case SOFTMAX_OF_SCALAR:
        out[0] = nsc_op_softmax(in[0], 0);
        break;
    case FLATTEN_OF_SCALAR:
        out[0] = nsc_op_flatten(in[0]);
        break;
    default:
        out[0] = nsc_op_activation(in[2], (nsc_activation)99);
    }
    return NSC_OK;
}

START_TEST(test_wrong_ranks_sizes_and_axes)
{
    const nsc_shape inputs[] = {{.rank = 0}, SHAPE(3), SHAPE(2, 3), SHAPE(2, 4), SHAPE(4, 3)};
    for (wrong what = 0; what < WRONGS; what++) {
        nsc_block *block = nsc_custom(wrong_forward, .user = &what, .inputs = 5, .name = "block");
        nsc_block *net = nsc_retain(block);
        nsc_proposal *proposal = NULL;
        nsc_status status = nsc_propose(net, NSC_INFERENCE, inputs, 5, &proposal);
        ck_assert_msg(status == NSC_SHAPE_CONFLICT || status == NSC_INVALID, "misuse %d gives %s", (int)what,
                      nsc_status_name(status));
        ck_assert_ptr_null(proposal);
        ck_assert_str_ne(nsc_last_error(NULL), "");
        nsc_release(block);
        nsc_release(net);
    }
}
END_TEST

START_TEST(test_a_layer_on_a_scalar)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *scalar = model_tensor(context, 1, NULL, 0, NULL), *y = NULL;
    nsc_block *nets[] = {nsc_dense(3), nsc_dense(3, .no_flatten = 1), nsc_flatten(), nsc_activate(NSC_SOFTMAX)};
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        ASSERT_OK(nsc_initialize(nets[i], context, NULL));
        nsc_status status = nsc_forward(nets[i], scalar, &y);
        ck_assert_msg(status == NSC_INVALID || status == NSC_SHAPE_CONFLICT, "net %zu gives %s", i,
                      nsc_status_name(status));
        ck_assert_ptr_null(y);
        nsc_release(nets[i]);
    }
    nsc_tensor_release(scalar);
}
END_TEST

/* ---- tensors that do not fit a net ------------------------------------------------------------------------------ */

START_TEST(test_wrong_counts_of_inputs_and_outputs)
{
    nsc_context *context = model_context(_i);
    nsc_block *two = nsc_custom(pass, .inputs = 2), *one = nsc_identity();
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y[2] = {NULL, NULL};
    const nsc_tensor *in[] = {x, x, x};
    REFUSES(nsc_forward(two, x, &y[0]));
    REFUSES(nsc_run(two, NSC_INFERENCE, in, 1, y, 1));
    REFUSES(nsc_run(two, NSC_INFERENCE, in, 3, y, 1));
    REFUSES(nsc_run(two, NSC_INFERENCE, in, 2, y, 2));
    REFUSES(nsc_run(one, NSC_INFERENCE, in, 2, y, 1));
    REFUSES(nsc_run(one, NSC_INFERENCE, in, 0, y, 1));
    ck_assert_ptr_null(y[0]);
    nsc_proposal *proposal = NULL;
    REFUSES(nsc_propose(two, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal));
    nsc_tensor_release(x);
    nsc_release(two);
    nsc_release(one);
}
END_TEST

START_TEST(test_tensors_of_another_context)
{
    nsc_context *context = model_context(_i), *other = model_open(_i, NULL);
    nsc_block *net = nsc_dense(3), *add = nsc_custom(pass, .inputs = 2);
    nsc_tensor *x = INPUT(context, 1, 2, 3), *foreign = INPUT(other, 1, 2, 3), *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_STATUS(nsc_forward(net, foreign, &y), NSC_WRONG_DEVICE);
    ASSERT_OK(nsc_forward(net, x, &y));
    ASSERT_STATUS(nsc_forward(net, foreign, &y), NSC_WRONG_DEVICE);
    ASSERT_STATUS(nsc_initialize(net, other, NULL), NSC_WRONG_DEVICE);
    const nsc_tensor *both[] = {x, foreign};
    nsc_tensor *out = NULL;
    ASSERT_STATUS(nsc_run(add, NSC_INFERENCE, both, 2, &out, 1), NSC_WRONG_DEVICE);
    ck_assert_ptr_null(out);
    /* A result to be reused that lives elsewhere. */
    out = INPUT(other, 1, 2, 3);
    ASSERT_STATUS(nsc_forward(net, x, &out), NSC_WRONG_DEVICE);
    nsc_tensor_release(out);
    nsc_tensor_release(foreign);
    ASSERT_OK(nsc_context_close(other));
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
    nsc_release(add);
}
END_TEST

START_TEST(test_wrong_dtypes)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(3);
    nsc_tensor *bytes = NULL, *x = INPUT(context, 1, 2, 3), *y = NULL, *whole = NULL;
    ASSERT_OK(nsc_tensor_create(context, NSC_UINT8, DIMS(2, 3), &bytes));
    ASSERT_OK(nsc_tensor_create(context, NSC_INT32, DIMS(2, 3), &whole));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_STATUS(nsc_forward(net, bytes, &y), NSC_WRONG_DTYPE);
    ck_assert_ptr_null(y);
    ASSERT_STATE(model_parameter(net, "weight"), NSC_DECLARED);
    ASSERT_STATUS(nsc_forward(net, x, &whole), NSC_WRONG_DTYPE);
    nsc_initializer zeros = nsc_zeros();
    ASSERT_STATUS(nsc_initializer_fill(&zeros, &(nsc_fill_scope){.path = "w"}, 0, bytes), NSC_WRONG_DTYPE);
    nsc_tensor_release(bytes);
    nsc_tensor_release(whole);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_result_of_the_wrong_shape_is_not_written)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(3);
    nsc_tensor *x = INPUT(context, 1, 2, 5);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *const wrong_shapes[] = {INPUT(context, 1, 2, 4), INPUT(context, 1, 6), INPUT(context, 1, 2, 3, 1)};
    for (size_t i = 0; i < 3; i++) {
        nsc_tensor *y = wrong_shapes[i];
        float *before = model_read(y);
        nsc_status status = nsc_forward(net, x, &y);
        ck_assert(status == NSC_INVALID || status == NSC_SHAPE_CONFLICT);
        ck_assert_ptr_eq(y, wrong_shapes[i]);
        float *after = model_read(y);
        ck_assert_mem_eq(before, after, nsc_tensor_bytes(y));
        free(before);
        free(after);
        nsc_tensor_release(y);
    }
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* The input as the result: refused, or right. */
START_TEST(test_the_input_as_the_result)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(3, .activation = NSC_RELU), nsc_dense(3, .activation = NSC_TANH));
    nsc_tensor *x = INPUT(context, 1, 4, 3), *y = x;
    ASSERT_OK(nsc_initialize(
        net, context, &(nsc_initialize_options){.size = sizeof(nsc_initialize_options), .init = nsc_uniform(1.0f)}));
    float *expected = model_forward(net, x, NULL), *input = model_read(x);
    nsc_status status = nsc_forward(net, x, &y);
    ck_assert(status == NSC_OK || status == NSC_INVALID);
    ck_assert_ptr_eq(y, x);
    float *values = model_read(y);
    ck_assert_mem_eq(values, status == NSC_OK ? expected : input, 12 * sizeof(float));
    free(values);
    free(expected);
    free(input);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* ---- ties ------------------------------------------------------------------------------------------------------- */

START_TEST(test_ties_that_are_refused)
{
    nsc_context *context = model_context(_i);
    nsc_block *block = nsc_custom(pass);
    nsc_parameter *ready = nsc_declare(block, "ready", .rank = 1, .dims = (int64_t[]){3}),
                  *empty = nsc_declare(block, "empty", .rank = 1, .dims = (int64_t[]){3});
    nsc_tensor *value = INPUT(context, 1, 3);
    ASSERT_OK(nsc_parameter_set(ready, value));
    REFUSES(nsc_parameter_tie(ready, empty));
    ASSERT_STATE(empty, NSC_SHAPE_KNOWN);
    ASSERT_OK(nsc_parameter_tie(empty, ready)); /* the one without a value takes it */
    ck_assert(model_same_value(empty, ready));
    nsc_tensor_release(value);
    nsc_release(block);
}
END_TEST

/* Plans read it: it changes through its parameter alone. */
START_TEST(test_the_value_of_a_parameter_is_not_written)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(3, .in_units = 3, .no_bias = 1);
    const float numbers[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    nsc_tensor *value = NULL, *x = INPUT(context, 1, 3, 3);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_parameter_value(model_parameter(net, "weight"), &value));
    float *before = model_read(value);
    ASSERT_STATUS(nsc_tensor_write(value, numbers, sizeof numbers), NSC_INVALID);
    ASSERT_SAYS(model_either(context), "nsc_tensor_write", "the value of a parameter", "nsc_parameter_set");
    ASSERT_STATUS(nsc_forward(net, x, &value), NSC_INVALID);
    ASSERT_SAYS(model_either(context), "output 0", "the value of a parameter");
    float *after = model_read(value);
    ck_assert_mem_eq(before, after, sizeof numbers);
    free(before);
    free(after);
    nsc_tensor_release(value);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("misuse");
    tcase_add_test(tests, test_wrong_ranks_sizes_and_axes);
    EACH_BACKEND(tests, test_a_layer_on_a_scalar);
    EACH_BACKEND(tests, test_wrong_counts_of_inputs_and_outputs);
    EACH_BACKEND(tests, test_tensors_of_another_context);
    EACH_BACKEND(tests, test_wrong_dtypes);
    EACH_BACKEND(tests, test_a_result_of_the_wrong_shape_is_not_written);
    EACH_BACKEND(tests, test_the_input_as_the_result);
    EACH_BACKEND(tests, test_ties_that_are_refused);
    EACH_BACKEND(tests, test_the_value_of_a_parameter_is_not_written);
    return model_end();
}
