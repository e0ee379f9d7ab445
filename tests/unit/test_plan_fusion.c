/* SPDX-License-Identifier: Apache-2.0 */
/* What is fused, shared, left where it is or not computed at all: by exact numbers of steps, with every optional kind and
 * with none. */
#include <nascent/nascent.h>

#include "plans.h"
#include "unit.h"

enum { A, B, W, V, BATCH, INTEGERS, INPUTS };
static const nsc_shape shapes[INPUTS] = {
    [A] = {.rank = 2, .dims = {8, 16}},        [B] = {.rank = 2, .dims = {8, 16}},
    [W] = {.rank = 2, .dims = {16, 16}},       [V] = {.rank = 1, .dims = {16}},
    [BATCH] = {.rank = 3, .dims = {4, 8, 16}}, [INTEGERS] = {.rank = 1, .dims = {5}, .dtype = NSC_INT32},
};

#define a x[A]
#define b x[B]
#define w x[W]
#define v x[V]
#define batch x[BATCH]
#define integers x[INTEGERS]
#define SIZES(...)    \
    (const int64_t[]) \
    {                 \
        __VA_ARGS__   \
    }
#define ALL(...) (nsc_value *[]){__VA_ARGS__}, sizeof((nsc_value *[]){__VA_ARGS__}) / sizeof(nsc_value *)
#define number(X) nsc_op_constant(trace_of, X)

static nsc_value *turned(nsc_value *x)
{
    return nsc_op_transpose(x, NULL);
}

static nsc_value *mean_of(nsc_value *x)
{
    return nsc_op_mean(x, (int[]){-1}, 1, 1);
}

static nsc_value *square(nsc_value *x)
{
    return nsc_op_mul(x, x);
}

static nsc_value *split_product(nsc_value *x)
{
    nsc_value *parts[2];
    nsc_op_split(x, -1, 2, parts);
    return nsc_op_mul(nsc_op_activation(parts[0], NSC_SILU), parts[1]);
}

static nsc_value *layer_norm(nsc_trace *trace_of, nsc_value *x, nsc_value *scale)
{
    nsc_value *apart = nsc_op_sub(x, mean_of(x));
    nsc_value *deviation = nsc_op_rsqrt(nsc_op_add(mean_of(square(apart)), number(1e-5f)));
    return nsc_op_add(nsc_op_mul(nsc_op_mul(apart, deviation), scale), scale);
}

static nsc_value *attention(nsc_trace *trace_of, nsc_value *q, nsc_value *k)
{
    nsc_value *scores = nsc_op_mul(nsc_op_matmul(q, turned(k)), number(0.25f));
    return nsc_op_matmul(nsc_op_softmax(scores, -1), k);
}

static nsc_value *residual(nsc_value *x, nsc_value *weight, nsc_value *bias)
{
    return nsc_op_relu(nsc_op_add(x, nsc_op_linear(nsc_op_relu(nsc_op_linear(x, weight, bias)), weight, bias)));
}

/* A chain of so many element-wise operations. */
static nsc_value *chain(nsc_value *x, nsc_value *y, int length)
{
    for (int i = 0; i < length; i++)
        x = i % 2 ? nsc_op_maximum(x, y) : nsc_op_sub(x, y);
    return x;
}

/* name, steps with every optional kind, with none, and what is computed */
#define CASES(CASE)                                                                                               \
    /* views cost nothing */                                                                                      \
    CASE(transpose_into_map, 1, 1, nsc_op_relu(turned(a)))                                                        \
    CASE(slice_into_map, 1, 1, nsc_op_relu(nsc_op_slice(a, 1, -1, NSC_END, -3)))                                  \
    CASE(split_into_map, 1, 1, split_product(a))                                                                  \
    CASE(reshape_into_map, 1, 1, nsc_op_relu(nsc_op_reshape(a, 3, SIZES(2, 4, 16))))                              \
    CASE(reshape_of_slice, 1, 1, nsc_op_relu(nsc_op_reshape(nsc_op_slice(a, 1, 0, 8, 1), 3, SIZES(2, 4, 8))))     \
    CASE(broadcast_into_map, 1, 1, nsc_op_relu(nsc_op_broadcast(v, 3, SIZES(4, 8, 16))))                          \
    CASE(axes_into_map, 1, 1, nsc_op_relu(nsc_op_squeeze(nsc_op_expand_dims(nsc_op_expand_dims(a, 0), 2), 0)))    \
    CASE(views_of_views, 1, 1, nsc_op_relu(nsc_op_slice(turned(nsc_op_reshape(a, 2, SIZES(16, 8))), 0, 1, 5, 2))) \
    CASE(transpose_into_gemm, 1, 1, nsc_op_matmul(turned(a), b))                                                  \
    CASE(rows_into_gemm, 1, 1, nsc_op_matmul(nsc_op_slice(a, 0, 0, NSC_END, 2), w))                               \
    CASE(columns_into_gemm, 1, 1, nsc_op_matmul(nsc_op_slice(a, 1, 0, 8, 1), nsc_op_slice(w, 0, 0, 8, 1)))        \
    CASE(batch_into_gemm, 1, 1, nsc_op_matmul(batch, w))                                                          \
    CASE(transpose_into_reduce, 1, 1, nsc_op_sum(turned(a), (int[]){0}, 1, 0))                                    \
    CASE(broadcast_into_reduce, 1, 1, nsc_op_sum(nsc_op_broadcast(v, 2, SIZES(8, 16)), (int[]){1}, 1, 0))         \
    CASE(view_of_map, 1, 1, nsc_op_reshape(nsc_op_relu(a), 1, SIZES(128)))                                        \
    CASE(view_given_out, 1, 1, turned(a))                                                                         \
    /* chains */                                                                                                  \
    CASE(long_chain, 1, 1, chain(a, b, 30))                                                                       \
    CASE(chain_into_sum, 1, 1, nsc_op_sum(square(nsc_op_sub(nsc_op_exp(a), b)), NULL, 0, 0))                      \
    CASE(chain_into_max, 1, 1, nsc_op_max(nsc_op_abs(nsc_op_sub(a, v)), (int[]){0}, 1, 1))                        \
    CASE(chain_over_mean, 2, 2, nsc_op_sub(a, mean_of(a)))                                                        \
    CASE(mean, 2, 2, mean_of(a))                                                                                  \
    CASE(linear_with_relu, 1, 2, nsc_op_relu(nsc_op_linear(a, w, v)))                                             \
    CASE(chain_over_matmul, 1, 2, nsc_op_tanh(nsc_op_add(nsc_op_mul(nsc_op_matmul(a, w), v), b)))                 \
    CASE(integers_over_gemm, 1, 2,                                                                                \
         nsc_op_mul(nsc_op_matmul(nsc_op_slice(a, 0, 0, 5, 1), w),                                                \
                    nsc_op_cast(nsc_op_expand_dims(integers, 1), NSC_FLOAT32)))                                   \
    CASE(layer_normalization, 4, 4, layer_norm(trace_of, a, v))                                                   \
    CASE(residual_block, 2, 4, residual(a, w, v))                                                                 \
    CASE(attention_head, 3, 6, attention(trace_of, a, b))                                                         \
    /* equal values */                                                                                            \
    CASE(the_same_product, 3, 5, nsc_op_add(nsc_op_matmul(a, w), nsc_op_softmax(nsc_op_matmul(a, w), -1)))        \
    CASE(the_same_chain, 2, 2, nsc_op_add(nsc_op_tanh(a), nsc_op_exp(nsc_op_tanh(a))))                            \
    CASE(views_that_are_the_same, 1, 1, nsc_op_matmul(turned(a), turned(turned(a))))                              \
    /* joins */                                                                                                   \
    CASE(concat_of_inputs, 2, 2, nsc_op_concat(ALL(a, b), 0))                                                     \
    CASE(concat_of_maps, 2, 2, nsc_op_concat(ALL(nsc_op_relu(a), nsc_op_tanh(b)), 1))                             \
    CASE(concat_of_products, 2, 2, nsc_op_concat(ALL(nsc_op_matmul(a, w), nsc_op_matmul(b, w)), 1))               \
    CASE(concat_of_concats, 3, 3,                                                                                 \
         nsc_op_concat(ALL(nsc_op_concat(ALL(nsc_op_relu(a), nsc_op_tanh(a)), 0), nsc_op_exp(b)), 0))             \
    CASE(concat_twice_the_same, 3, 3, nsc_op_concat(ALL(nsc_op_tanh(a), nsc_op_tanh(a)), 0))                      \
    CASE(concat_into_gemm, 3, 3, nsc_op_matmul(nsc_op_concat(ALL(nsc_op_relu(a), nsc_op_tanh(b)), 0), w))         \
    CASE(stack_of_maps, 4, 4, nsc_op_stack(ALL(nsc_op_relu(a), nsc_op_tanh(b)), 1))                               \
    CASE(pad_with_a_constant, 6, 6, nsc_op_pad(a, SIZES(1, 2), SIZES(3, 4), NSC_PAD_CONSTANT, 1))                 \
    CASE(pad_by_the_edge, 6, 6, nsc_op_pad(a, SIZES(1, 2), SIZES(3, 4), NSC_PAD_EDGE, 0))                         \
    CASE(pad_with_nothing, 1, 1, nsc_op_relu(nsc_op_pad(a, SIZES(0, 0), SIZES(0, 0), NSC_PAD_REFLECT, 0)))        \
    /* what is more than a step */                                                                                \
    CASE(softmax, 1, 3, nsc_op_softmax(a, -1))                                                                    \
    CASE(largest, 3, 3, nsc_op_argmax(a, 1, 0))                                                                   \
    CASE(largest_of_a_chain, 4, 4, nsc_op_argmax(nsc_op_mul(a, number(3)), 1, 0))                                 \
    CASE(one_hot, 1, 1, nsc_op_one_hot(integers, 7))                                                              \
    CASE(gather, 1, 1, nsc_op_gather(a, integers, 0))                                                             \
    CASE(cumulative_sum, 8, 8, nsc_op_cumulative_sum(a, 1))                                                       \
    CASE(product_of_elements, 4, 4, nsc_op_prod(a, (int[]){1}, 1, 0))                                             \
    CASE(dropout_in_inference, 1, 1, nsc_op_relu(nsc_op_dropout(a, 0.5f)))                                        \
    /* nothing for what nobody reads */                                                                           \
    CASE(dead_values, 1, 1, (nsc_op_softmax(nsc_op_matmul(b, w), 0), nsc_op_concat(ALL(a, b), 0), nsc_op_relu(a)))

#define FUNCTION(NAME, NATIVE, COMPOSED, ...)                        \
    static nsc_value *NAME(nsc_trace *trace_of, nsc_value *const *x) \
    {                                                                \
        (void)trace_of;                                              \
        return __VA_ARGS__;                                          \
    }
CASES(FUNCTION)

#define ROW(NAME, NATIVE, COMPOSED, ...) {#NAME, {NATIVE, COMPOSED}, NAME},
static const struct counted {
    const char *name;
    size_t steps[2];
    nsc_value *(*call)(nsc_trace *trace_of, nsc_value *const *x);
} counted[] = {CASES(ROW)};
enum { COUNTED = sizeof counted / sizeof counted[0] };

static nsc_status forward(nsc_trace *trace_of, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    const struct counted *own = user;
    (void)in_count, (void)out_count;
    out[0] = own->call(trace_of, in);
    return NSC_OK;
}

START_TEST(as_few_steps_as_that)
{
    struct counted own = counted[_i];
    for (int composed = 0; composed < 2; composed++) {
        open_context(composed ? "all" : "");
        nsc_block *net = nsc_custom(forward, .user = &own, .inputs = INPUTS);
        make_plan_of(net, shapes, INPUTS);
        ck_assert_msg(plan->step_count == own.steps[composed], "%s%s: %zu steps, not %zu", own.name,
                      composed ? ", composed" : "", plan->step_count, own.steps[composed]);
        check_plan();
        end(net);
    }
}
END_TEST

/* A map writes over what nobody reads afterwards, so a row of softmaxes needs one place. */
static nsc_value *stairs(nsc_trace *trace_of, nsc_value *const *x)
{
    nsc_value *y = x[BATCH];
    for (int i = 0; i < 5; i++)
        y = nsc_op_mul(nsc_op_cumulative_sum(y, 0), number(0.5f));
    return y;
}

START_TEST(memory_is_used_again)
{
    struct counted own = {"stairs", {0, 0}, stairs};
    open_context("all");
    nsc_block *net = nsc_custom(forward, .user = &own, .inputs = INPUTS);
    make_plan_of(net, shapes, INPUTS);
    check_arena();
    ck_assert_uint_le(plan->arena_bytes, 2 * 4 * 8 * 16 * sizeof(float));
    end(net);
}
END_TEST

/* Bytes that become floats are as many as the view of them, and as their storage has bytes: yet not in their place. */
static nsc_value *widened(nsc_trace *trace_of, nsc_value *const *x)
{
    nsc_value *bytes = nsc_op_cast(nsc_op_reshape(x[A], 1, SIZES(128)), NSC_UINT8);
    (void)trace_of;
    nsc_value *all = nsc_op_concat(ALL(bytes, nsc_op_slice(bytes, 0, -1, NSC_END, -1), bytes, bytes), 0);
    nsc_value *floats = nsc_op_cast(nsc_op_slice(all, 0, 0, 128, 1), NSC_FLOAT32);
    return nsc_op_softmax(nsc_op_sin(floats), 0);
}

START_TEST(bytes_are_not_written_over_by_floats)
{
    struct counted own = {"widened", {0, 0}, widened};
    open_context("all");
    nsc_block *net = nsc_custom(forward, .user = &own, .inputs = INPUTS);
    make_plan_of(net, shapes, INPUTS);
    check_plan();
    end(net);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_loop_test(to, as_few_steps_as_that, 0, COUNTED);
    tcase_add_test(to, memory_is_used_again);
    tcase_add_test(to, bytes_are_not_written_over_by_floats);
}
