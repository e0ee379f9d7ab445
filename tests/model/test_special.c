/* SPDX-License-Identifier: Apache-2.0 */
/* NaN, infinities and the largest values through every operation: what is not a number stays visible. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { WIDTH = 7 };

static const float specials[WIDTH] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 0.0f, -0.0f};

/* Runs a layer without parameters on one row. */
static float *row(nsc_context *context, nsc_block *net, const float *values, int64_t count)
{
    nsc_tensor *x = TENSOR(context, values, 1, count);
    float *y = model_forward(net, x, NULL);
    nsc_tensor_release(x);
    nsc_release(net);
    return y;
}

static int all_nan(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            return 0;
    return 1;
}

START_TEST(test_activations_of_special_values)
{
    nsc_context *context = model_context(_i);
    float *y = row(context, nsc_activate(NSC_RELU), specials, WIDTH);
    static const float relu[WIDTH] = {NAN, INFINITY, 0, FLT_MAX, 0, 0, 0};
    ck_assert(isnan(y[0]));
    for (int i = 1; i < WIDTH; i++)
        ck_assert_float_eq(y[i], relu[i]);
    free(y);

    y = row(context, nsc_activate(NSC_SIGMOID), specials, WIDTH);
    static const float sigmoid[WIDTH] = {NAN, 1, 0, 1, 0, 0.5f, 0.5f};
    ck_assert(isnan(y[0]));
    for (int i = 1; i < WIDTH; i++)
        ck_assert_float_eq(y[i], sigmoid[i]);
    free(y);

    y = row(context, nsc_activate(NSC_TANH), specials, WIDTH);
    static const float tanhs[WIDTH] = {NAN, 1, -1, 1, -1, 0, 0};
    ck_assert(isnan(y[0]));
    for (int i = 1; i < WIDTH; i++)
        ck_assert_float_eq_tol(y[i], tanhs[i], 10 * 0x1p-24f);
    free(y);

    y = row(context, nsc_activate(NSC_GELU), specials, WIDTH);
    ck_assert(isnan(y[0]));
    ck_assert_float_infinite(y[1]);
    ck_assert(isnan(y[2]) || y[2] == 0); /* -inf * 0: the limit is 0, the form of the definition gives NaN */
    ck_assert_float_eq_tol(y[3] / FLT_MAX, 1.0f, 0x1p-20f);
    ck_assert_float_eq(y[5], 0.0f);
    free(y);
}
END_TEST

START_TEST(test_softmax_of_special_values)
{
    nsc_context *context = model_context(_i);
    static const float with_nan[] = {1, NAN, 2}, with_inf[] = {1, INFINITY, 2}, none[] = {-INFINITY, -INFINITY},
                       some[] = {-INFINITY, 1, 1, -INFINITY}, large[] = {FLT_MAX, FLT_MAX, -FLT_MAX};
    float *y = row(context, nsc_activate(NSC_SOFTMAX), with_nan, 3);
    ck_assert(all_nan(y, 3));
    free(y);
    y = row(context, nsc_activate(NSC_SOFTMAX), with_inf, 3);
    ck_assert(all_nan(y, 3)); /* inf - inf, and the sum with it */
    free(y);
    y = row(context, nsc_activate(NSC_SOFTMAX), none, 2);
    ck_assert(all_nan(y, 2));
    free(y);
    y = row(context, nsc_activate(NSC_SOFTMAX), some, 4);
    ck_assert_float_eq(y[0], 0.0f);
    ck_assert_float_eq(y[3], 0.0f);
    ck_assert_float_eq_tol(y[1], 0.5f, 0x1p-20f);
    free(y);
    y = row(context, nsc_activate(NSC_SOFTMAX), large, 3);
    ck_assert_float_eq_tol(y[0], 0.5f, 0x1p-20f);
    ck_assert_float_eq(y[2], 0.0f);
    free(y);

    /* A slice with NaN leaves the others alone. */
    static const float rows[] = {1, 1, NAN, 1, 1, 1};
    nsc_block *net = nsc_activate(NSC_SOFTMAX);
    nsc_tensor *x = TENSOR(context, rows, 3, 2);
    y = model_forward(net, x, NULL);
    ck_assert_float_eq_tol(y[1], 0.5f, 0x1p-20f);
    ck_assert(all_nan(y + 2, 2));
    ck_assert_float_eq_tol(y[4], 0.5f, 0x1p-20f);
    free(y);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* Rows of x with NaN or an infinity that meets 0; every other row stays finite. */
START_TEST(test_dense_of_special_values)
{
    nsc_context *context = model_context(_i);
    for (int activation = NSC_IDENTITY; activation <= NSC_SOFTMAX; activation++) {
        nsc_block *net = nsc_dense(3, .activation = (nsc_activation)activation, .weight_init = nsc_zeros());
        const float values[] = {1, 2, NAN, 1, 3, 4, INFINITY, 1};
        nsc_tensor *x = TENSOR(context, values, 4, 2);
        ASSERT_OK(nsc_initialize(net, context, NULL));
        float *y = model_forward(net, x, NULL);
        ck_assert_msg(all_nan(y + 3, 3) && all_nan(y + 9, 3), "activation %d loses NaN", activation);
        for (int i = 0; i < 3; i++)
            ck_assert(isfinite(y[i]) && isfinite(y[6 + i]));
        free(y);
        nsc_tensor_release(x);
        nsc_release(net);
    }
}
END_TEST

static nsc_status arithmetic(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_add(in[0], in[1]);
    out[1] = nsc_op_sub(in[0], in[1]);
    out[2] = nsc_op_mul(in[0], in[1]);
    return NSC_OK;
}

START_TEST(test_arithmetic_of_special_values)
{
    nsc_context *context = model_context(_i);
    nsc_block *block = nsc_custom(arithmetic, .inputs = 2, .outputs = 3);
    for (int shift = 0; shift < WIDTH; shift++) {
        float other[WIDTH];
        for (int i = 0; i < WIDTH; i++)
            other[i] = specials[(i + shift) % WIDTH];
        const nsc_tensor *in[] = {TENSOR(context, specials, WIDTH), TENSOR(context, other, WIDTH)};
        nsc_tensor *out[3] = {NULL, NULL, NULL};
        ASSERT_OK(nsc_run(block, NSC_INFERENCE, in, 2, out, 3));
        for (int k = 0; k < 3; k++) {
            float *y = model_read(out[k]);
            for (int i = 0; i < WIDTH; i++) {
                float a = specials[i], b = other[i], want = k == 0 ? a + b : k == 1 ? a - b : a * b;
                ck_assert_msg(isnan(want) ? isnan(y[i]) : y[i] == want, "%g %c %g gives %g", a, "+-*"[k], b, y[i]);
            }
            free(y);
            nsc_tensor_release(out[k]);
        }
        for (int k = 0; k < 2; k++)
            nsc_tensor_release((nsc_tensor *)(uintptr_t)in[k]);
    }
    nsc_release(block);
}
END_TEST

/* Values that only move keep their bits: flatten and concat of NaN, infinities and -0. */
START_TEST(test_moves_keep_special_values)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_concat_branches(1, nsc_identity(), nsc_flatten());
    nsc_tensor *x = TENSOR(context, specials, 1, WIDTH);
    float *y = model_forward(net, x, NULL);
    for (int i = 0; i < 2 * WIDTH; i++) {
        float want = specials[i % WIDTH];
        ck_assert(isnan(want) ? isnan(y[i]) : y[i] == want && !signbit(want) == !signbit(y[i]));
    }
    free(y);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("special values");
    EACH_BACKEND(tests, test_activations_of_special_values);
    EACH_BACKEND(tests, test_softmax_of_special_values);
    EACH_BACKEND(tests, test_dense_of_special_values);
    EACH_BACKEND(tests, test_arithmetic_of_special_values);
    EACH_BACKEND(tests, test_moves_keep_special_values);
    return model_end();
}
