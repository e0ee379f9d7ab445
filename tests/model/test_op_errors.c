/* SPDX-License-Identifier: Apache-2.0 */
/* What operations refuse, by status and text. The trace keeps the first error, and nothing after it crashes. */
#include "support.h"

#include <math.h>
#include <string.h>

/* The inputs that every case gets. */
enum { MATRIX, OTHER, INTEGERS, NUMBER, EIGHT, VECTOR, INPUTS };
static const nsc_shape shapes[INPUTS] = {
    [MATRIX] = {.rank = 2, .dims = {2, 3}},
    [OTHER] = {.rank = 2, .dims = {4, 5}},
    [INTEGERS] = {.rank = 2, .dims = {2, 3}, .dtype = NSC_INT32},
    [NUMBER] = {.rank = 0},
    [EIGHT] = {.rank = 8, .dims = {1, 1, 1, 1, 1, 1, 1, 1}},
    [VECTOR] = {.rank = 1, .dims = {6}},
};

#define M x[MATRIX]
#define O x[OTHER]
#define I x[INTEGERS]
#define N x[NUMBER]
#define E x[EIGHT]
#define V x[VECTOR]
#define AXES(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)
#define SIZES(...)    \
    (const int64_t[]) \
    {                 \
        __VA_ARGS__   \
    }
#define BOTH(A, B) (nsc_value *[]){A, B}, 2

/* name, status, text, call */
#define CASES(CASE)                                                                                                    \
    CASE(sizes, SHAPE_CONFLICT, "axis 0: 4 (input 1 (4, 5)) against 2 (input 0 (2, 3))", nsc_op_add(M, O))             \
    CASE(other_sizes, SHAPE_CONFLICT, "axis 1: 5 (input 1 (4, 5)) against 3 (input 0 (2, 3))", nsc_op_maximum(M, O))   \
    CASE(add_integers, WRONG_DTYPE, "nsc_op_add: input 2 is int32, and float32 is needed", nsc_op_add(M, I))           \
    CASE(exp_integers, WRONG_DTYPE, "convert it with nsc_op_cast", nsc_op_exp(I))                                      \
    CASE(where_integers, WRONG_DTYPE, "nsc_op_where: input 2 is int32", nsc_op_where(I, M, M))                         \
    CASE(null_left, INVALID, "nsc_op_mul: operand 0 is NULL", nsc_op_mul(NULL, M))                                     \
    CASE(null_right, INVALID, "nsc_op_mul: operand 1 is NULL", nsc_op_mul(M, NULL))                                    \
    CASE(clip_order, INVALID, "nsc_op_clip: low is 2 and high is 1; low <= high is needed", nsc_op_clip(M, 2, 1))      \
    CASE(clip_nan, INVALID, "low <= high is needed", nsc_op_clip(M, NAN, 1))                                           \
    CASE(no_activation, INVALID, "nsc_op_activation: 99 is no activation", nsc_op_activation(M, (nsc_activation)99))   \
    CASE(no_alpha, INVALID, "relu does not take an alpha of 2", nsc_op_activation_alpha(M, NSC_RELU, 2))               \
    CASE(alpha_zero, INVALID, "celu does not take an alpha of 0", nsc_op_activation_alpha(M, NSC_CELU, 0))             \
    CASE(alpha_nan, INVALID, "elu does not take an alpha of", nsc_op_activation_alpha(M, NSC_ELU, NAN))                \
    CASE(cast_half, WRONG_DTYPE, "nsc_op_cast: to float16; float32, int32, uint32 and uint8 are possible",             \
         nsc_op_cast(M, NSC_FLOAT16))                                                                                  \
    CASE(cast_nothing, WRONG_DTYPE, "to what is no element type", nsc_op_cast(M, (nsc_dtype)7))                        \
    CASE(dropout_one, INVALID, "nsc_op_dropout: the rate is 1; it is 0 or more, and less than 1",                      \
         nsc_op_dropout(M, 1))                                                                                         \
    CASE(dropout_nan, INVALID, "nsc_op_dropout: the rate is", nsc_op_dropout(M, NAN))                                  \
    CASE(dropout_type, WRONG_DTYPE, "nsc_op_dropout: input 2 is int32", nsc_op_dropout(I, 0))                          \
    CASE(reshape_count, SHAPE_CONFLICT, "6", nsc_op_reshape(M, 2, SIZES(4, 2)))                                        \
    CASE(reshape_multiple, SHAPE_CONFLICT, "cannot be a multiple of 4", nsc_op_reshape(M, 2, SIZES(4, -1)))            \
    CASE(reshape_two, INVALID, "nsc_op_reshape: 2 sizes are unknown; one can be found out",                            \
         nsc_op_reshape(M, 2, SIZES(-1, -1)))                                                                          \
    CASE(reshape_size, INVALID, "nsc_op_reshape: size -3 on axis 1 of a value of rank 2",                              \
         nsc_op_reshape(M, 2, SIZES(2, -3)))                                                                           \
    CASE(reshape_same, INVALID, "nsc_op_reshape: size -2 on axis 2", nsc_op_reshape(M, 3, SIZES(2, 3, NSC_DIM_SAME)))  \
    CASE(reshape_rank, INVALID, "nsc_op_reshape: ranks are 0 to 8",                                                    \
         nsc_op_reshape(M, 9, SIZES(6, 1, 1, 1, 1, 1, 1, 1, 1)))                                                       \
    CASE(reshape_null, INVALID, "nsc_op_reshape: dims is NULL", nsc_op_reshape(M, 2, NULL))                            \
    CASE(flatten_scalar, SHAPE_CONFLICT, "nsc_op_flatten: input 3 is a scalar", nsc_op_flatten(N))                     \
    CASE(transpose_axis, INVALID, "nsc_op_transpose: axis 2 of a value of rank 2", nsc_op_transpose(M, (int[]){2, 0})) \
    CASE(transpose_twice, INVALID, "nsc_op_transpose: axis 1 stands twice", nsc_op_transpose(M, (int[]){1, -1}))       \
    CASE(slice_step, INVALID, "nsc_op_slice: the step is 0", nsc_op_slice(M, 0, 0, 1, 0))                              \
    CASE(slice_axis, INVALID, "nsc_op_slice: axis -3 of a value of rank 2", nsc_op_slice(M, -3, 0, 1, 1))              \
    CASE(split_rest, SHAPE_CONFLICT, "input 0, axis 1: 3 (input 0 (2, 3)) cannot be a multiple of 2",                  \
         (nsc_op_split(M, 1, 2, parts), parts[1]))                                                                     \
    CASE(split_none, INVALID, "nsc_op_split: the number of parts is 0", (nsc_op_split(M, 1, 0, parts), M))             \
    CASE(split_null, INVALID, "nsc_op_split: parts is NULL", (nsc_op_split(M, 1, 3, NULL), M))                         \
    CASE(split_axis, INVALID, "nsc_op_split: axis 2 of a value of rank 2", (nsc_op_split(M, 2, 1, parts), parts[0]))   \
    CASE(expand_axis, INVALID, "nsc_op_expand_dims: axis 4 of a value of rank 3", nsc_op_expand_dims(M, 4))            \
    CASE(expand_eight, UNSUPPORTED, "nsc_op_expand_dims: input 4 has rank 8, which is the highest",                    \
         nsc_op_expand_dims(E, 0))                                                                                     \
    CASE(squeeze_size, SHAPE_CONFLICT, "input 0, axis 0: 2 (input 0 (2, 3)) against 1 (an axis that is taken away)",   \
         nsc_op_squeeze(M, 0))                                                                                         \
    CASE(squeeze_scalar, INVALID, "nsc_op_squeeze: axis 0 of a value of rank 0", nsc_op_squeeze(N, 0))                 \
    CASE(broadcast_rank, INVALID, "nsc_op_broadcast: rank 1 of a value of rank 2", nsc_op_broadcast(M, 1, SIZES(3)))   \
    CASE(broadcast_size, SHAPE_CONFLICT, "axis 1: 3 (input 0 (2, 3)) against 4 (the broadcast in the net)",            \
         nsc_op_broadcast(M, 2, SIZES(2, 4)))                                                                          \
    CASE(broadcast_unknown, INVALID, "nsc_op_broadcast: size -1 on axis 0", nsc_op_broadcast(M, 2, SIZES(-1, 3)))      \
    CASE(broadcast_same, INVALID, "nsc_op_broadcast: size -2 on axis 0", nsc_op_broadcast(V, 2, SIZES(-2, 6)))         \
    CASE(broadcast_null, INVALID, "and dims is NULL", nsc_op_broadcast(M, 2, NULL))                                    \
    CASE(concat_ranks, SHAPE_CONFLICT, "nsc_op_concat: input 0 has rank 2, input 5 has rank 1",                        \
         nsc_op_concat(BOTH(M, V), 0))                                                                                 \
    CASE(concat_types, WRONG_DTYPE, "nsc_op_concat: input 0 is float32, input 2 is int32",                             \
         nsc_op_concat(BOTH(M, I), 0))                                                                                 \
    CASE(concat_sizes, SHAPE_CONFLICT, "axis 1: 5 (input 1 (4, 5)) against 3 (input 0 (2, 3))",                        \
         nsc_op_concat(BOTH(M, O), 0))                                                                                 \
    CASE(concat_axis, INVALID, "nsc_op_concat: axis 2 of a value of rank 2", nsc_op_concat(BOTH(M, M), 2))             \
    CASE(concat_scalar, INVALID, "nsc_op_concat: axis 0 of a value of rank 0", nsc_op_concat(BOTH(N, N), 0))           \
    CASE(concat_null, INVALID, "nsc_op_concat: operand 1 is NULL", nsc_op_concat(BOTH(M, NULL), 0))                    \
    CASE(stack_sizes, SHAPE_CONFLICT, "against", nsc_op_stack(BOTH(M, O), 0))                                          \
    CASE(stack_eight, UNSUPPORTED, "which is the highest", nsc_op_stack(BOTH(E, E), 0))                                \
    CASE(pad_negative, INVALID, "nsc_op_pad: -1 before and 0 after on axis 1",                                         \
         nsc_op_pad(M, SIZES(0, -1), SIZES(0, 0), NSC_PAD_CONSTANT, 0))                                                \
    CASE(pad_mode, INVALID, "nsc_op_pad: there is no such mode", nsc_op_pad(M, SIZES(0, 0), SIZES(0, 0), 3, 0))        \
    CASE(pad_null, INVALID, "nsc_op_pad: before or after is NULL", nsc_op_pad(M, NULL, SIZES(0, 0), 0, 0))             \
    CASE(pad_reflect, SHAPE_CONFLICT, "nsc_op_pad: axis 0 has 2 elements, too few for 2 before and 0 after",           \
         nsc_op_pad(M, SIZES(2, 0), SIZES(0, 0), NSC_PAD_REFLECT, 0))                                                  \
    CASE(pad_huge, UNSUPPORTED, "does not fit into 63 bits",                                                           \
         nsc_op_pad(M, SIZES(INT64_MAX, 0), SIZES(0, 0), NSC_PAD_CONSTANT, 0))                                         \
    CASE(sum_axis, INVALID, "nsc_op_sum: axis 2 of a value of rank 2", nsc_op_sum(M, AXES(2), 0))                      \
    CASE(sum_twice, INVALID, "nsc_op_mean: axis -1 stands twice", nsc_op_mean(M, AXES(1, -1), 0))                      \
    CASE(sum_type, WRONG_DTYPE, "nsc_op_prod: input 2 is int32", nsc_op_prod(I, NULL, 0, 0))                           \
    CASE(argmax_scalar, INVALID, "nsc_op_argmax: axis 0 of a value of rank 0", nsc_op_argmax(N, 0, 0))                 \
    CASE(argmin_type, WRONG_DTYPE, "nsc_op_argmin: input 2 is int32", nsc_op_argmin(I, 0, 0))                          \
    CASE(cumulative_axis, INVALID, "nsc_op_cumulative_sum: axis 2 of a value of rank 2", nsc_op_cumulative_sum(M, 2))  \
    CASE(softmax_scalar, INVALID, "nsc_op_softmax: axis -1 of a value of rank 0", nsc_op_softmax(N, -1))               \
    CASE(log_softmax_axis, INVALID, "nsc_op_log_softmax: axis 5", nsc_op_log_softmax(M, 5))                            \
    CASE(gather_float, WRONG_DTYPE, "nsc_op_gather: the indices, input 5, are float32; int32, uint32 or uint8",        \
         nsc_op_gather(M, V, 0))                                                                                       \
    CASE(gather_integers, WRONG_DTYPE, "nsc_op_gather: input 2 is int32", nsc_op_gather(I, I, 0))                      \
    CASE(gather_axis, INVALID, "nsc_op_gather: axis 0 of a value of rank 0", nsc_op_gather(N, I, 0))                   \
    CASE(gather_rank, UNSUPPORTED, "nsc_op_gather: the result would have rank 9", nsc_op_gather(E, I, 0))              \
    CASE(one_hot_depth, INVALID, "nsc_op_one_hot: a depth of -1", nsc_op_one_hot(I, -1))                               \
    CASE(one_hot_float, WRONG_DTYPE, "nsc_op_one_hot: the indices, input 0, are float32", nsc_op_one_hot(M, 3))        \
    CASE(linear_scalar, SHAPE_CONFLICT, "nsc_op_linear: input 3 has rank 0 and input 0 has rank 2; 1 or more and 2",   \
         nsc_op_linear(N, M, NULL))                                                                                    \
    CASE(linear_weight, SHAPE_CONFLICT, "input 5 has rank 1; 1 or more and 2 are needed", nsc_op_linear(M, V, NULL))   \
    CASE(linear_sizes, SHAPE_CONFLICT, "axis 1: 5 (input 1 (4, 5)) against 3 (input 0 (2, 3))",                        \
         nsc_op_linear(M, O, NULL))                                                                                    \
    CASE(linear_bias, SHAPE_CONFLICT, "nsc_op_linear: the bias, input 0, has rank 2; 1 is needed",                     \
         nsc_op_linear(M, M, M))                                                                                       \
    CASE(matmul_scalar, SHAPE_CONFLICT, "nsc_op_matmul: input 3 is a scalar: multiply with nsc_op_mul",                \
         nsc_op_matmul(M, N))                                                                                          \
    CASE(matmul_sizes, SHAPE_CONFLICT, "axis 0: 4 (input 1 (4, 5)) against 3 (input 0 (2, 3))", nsc_op_matmul(M, O))   \
    CASE(matmul_type, WRONG_DTYPE, "nsc_op_matmul: input 2 is int32", nsc_op_matmul(M, I))                             \
    CASE(parameter_null, INVALID, "nsc_op_parameter: parameter is NULL", nsc_op_parameter(trace, NULL))

#define FUNCTION(NAME, STATUS, TEXT, CALL)                        \
    static nsc_value *NAME(nsc_trace *trace, nsc_value *const *x) \
    {                                                             \
        nsc_value *parts[8];                                      \
        (void)trace, (void)x, (void)parts;                        \
        return CALL;                                              \
    }
CASES(FUNCTION)

#define ROW(NAME, STATUS, TEXT, CALL) {#NAME, NSC_##STATUS, TEXT, NAME},
static const struct refused {
    const char *name;
    nsc_status status;
    const char *text;
    nsc_value *(*call)(nsc_trace *trace, nsc_value *const *x);
} refused[] = {CASES(ROW)};
enum { REFUSED = sizeof refused / sizeof refused[0] };

/* Further operations after the error are no-ops. */
static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    const struct refused *own = user;
    (void)in_count, (void)out_count;
    out[0] = own->call(trace, in);
    if (own->status != NSC_SHAPE_CONFLICT) /* sizes that conflict are no error before the end */
        out[0] = nsc_op_flatten(nsc_op_concat((nsc_value *[]){out[0], nsc_op_softmax(out[0], 7)}, 2, 9));
    return NSC_OK;
}

START_TEST(operations_refuse_what_does_not_fit)
{
    struct refused own = refused[_i];
    nsc_proposal *proposal = NULL;
    nsc_block *net = nsc_custom(forward, .user = &own, .inputs = INPUTS);
    nsc_status status = nsc_propose(net, NSC_INFERENCE, shapes, INPUTS, &proposal);
    ck_assert_msg(status == own.status, "%s: %s, not %s: %s", own.name, nsc_status_name(status),
                  nsc_status_name(own.status), status == NSC_OK ? "" : nsc_last_error(NULL));
    const char *text = nsc_last_error(NULL);
    ck_assert_msg(strstr(text, own.text) != NULL, "%s: \"%s\" is not in: %s", own.name, own.text, text);
    ck_assert_ptr_null(proposal);
    nsc_release(net);
}
END_TEST

/* ---- what only sizes show ----------------------------------------------------------------------------------------- */

static nsc_status largest(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    const int *which = user;
    out[0] = *which == 0   ? nsc_op_max(in[0], (int[]){1}, 1, 0)
             : *which == 1 ? nsc_op_min(in[0], NULL, 0, 0)
                           : nsc_op_argmax(in[0], 1, 0);
    return NSC_OK;
}

START_TEST(there_is_no_largest_of_nothing)
{
    static const char *const texts[] = {"the maximum of no elements", "the minimum of no elements",
                                        "the maximum of no elements"};
    for (int which = 0; which < 3; which++) {
        nsc_tensor *x = TENSOR(model_context(_i), (float[]){0}, 2, 0), *y = NULL;
        nsc_block *net = nsc_custom(largest, .user = &which);
        ASSERT_STATUS(nsc_forward(net, x, &y), NSC_INVALID);
        ASSERT_SAYS(nsc_last_error(model_context(_i)), texts[which]);
        ck_assert_ptr_null(y);
        nsc_tensor_release(x);
        nsc_release(net);
    }
}
END_TEST

static nsc_status pick(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                       size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = nsc_op_gather(in[0], in[1], 1);
    return NSC_OK;
}

START_TEST(there_is_nothing_to_gather_from)
{
    nsc_tensor *x = TENSOR(model_context(_i), (float[]){0}, 2, 0), *indices = NULL, *y = NULL;
    ASSERT_OK(nsc_tensor_from(model_context(_i), NSC_INT32, 1, (int64_t[]){1}, (int32_t[]){0}, &indices));
    nsc_block *net = nsc_custom(pick, .inputs = 2);
    ASSERT_STATUS(nsc_run(net, NSC_INFERENCE, (const nsc_tensor *[]){x, indices}, 2, &y, 1), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(model_context(_i)), "there is nothing to gather from");
    nsc_tensor_release(indices);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* in[0] is as large as the parameter with its borders. */
static nsc_status repeat_edge(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                              size_t out_count)
{
    (void)in_count, (void)out_count;
    nsc_value *parameter = nsc_op_parameter(trace, *(nsc_parameter **)user);
    out[0] = nsc_op_add(in[0], nsc_op_pad(parameter, (int64_t[]){2}, (int64_t[]){2}, NSC_PAD_EDGE, 0));
    return NSC_OK;
}

START_TEST(nothing_has_no_edge)
{
    nsc_parameter *parameter = NULL;
    nsc_block *net = nsc_custom(repeat_edge, .user = &parameter);
    parameter = nsc_declare(net, "p", .rank = 1, .dims = (int64_t[]){NSC_UNKNOWN});
    ASSERT_OK(nsc_initialize(net, model_context(_i), NULL));
    nsc_tensor *four = INPUT(model_context(_i), 1, 4), *five = INPUT(model_context(_i), 1, 5), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, four, &y), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(nsc_last_error(model_context(_i)), "the edge that is repeated", "input 0 (4)");
    ASSERT_OK(nsc_forward(net, five, &y));
    ASSERT_SHAPE(parameter, 1);
    nsc_tensor_release(y);
    nsc_tensor_release(five);
    nsc_tensor_release(four);
    nsc_release(net);
}
END_TEST

/* Three results that live at once, each of nearly 2^63 bytes. */
static nsc_status three_huge(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    nsc_value *x = nsc_op_broadcast(in[0], 1, (int64_t[]){INT64_MAX / 4});
    nsc_value *a = nsc_op_softmax(nsc_op_exp(x), 0), *b = nsc_op_softmax(nsc_op_sin(x), 0);
    out[0] = nsc_op_sum(nsc_op_mul(nsc_op_mul(a, b), nsc_op_softmax(nsc_op_cos(x), 0)), NULL, 0, 0);
    return NSC_OK;
}

START_TEST(memory_beyond_63_bits)
{
    nsc_block *net = nsc_custom(three_huge);
    nsc_tensor *x = INPUT(model_context(_i), 1, 1), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_UNSUPPORTED);
    ASSERT_SAYS(nsc_last_error(model_context(_i)), "do not fit into 63 bits", "use a smaller batch");
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_errors");
    tcase_add_loop_test(tests, operations_refuse_what_does_not_fit, 0, REFUSED);
    EACH_BACKEND(tests, there_is_no_largest_of_nothing);
    EACH_BACKEND(tests, there_is_nothing_to_gather_from);
    EACH_BACKEND(tests, nothing_has_no_edge);
    EACH_BACKEND(tests, memory_beyond_63_bits);
    return model_end();
}
