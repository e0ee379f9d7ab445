/* SPDX-License-Identifier: Apache-2.0 */
/* Dropout: masks are a function of seed, step, path and index, the same on every device and in the composed form. */
#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 40, COLUMNS = 50, SIZE = ROWS * COLUMNS };

static nsc_status drop(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                       size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_dropout(in[0], *(const float *)user);
    return NSC_OK;
}

static nsc_status drop_twice(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)trace, (void)in_count, (void)out_count;
    out[0] = nsc_op_dropout(in[0], *(const float *)user);
    out[1] = nsc_op_dropout(in[0], *(const float *)user);
    return NSC_OK;
}

/* Ones through net; 0 and the scale tell the mask. */
static float *run(nsc_block *net, nsc_context *context, nsc_mode mode)
{
    float ones[SIZE];
    nsc_tensor *y = NULL;
    for (int i = 0; i < SIZE; i++)
        ones[i] = 1;
    nsc_tensor *x = TENSOR(context, ones, ROWS, COLUMNS);
    ASSERT_OK(nsc_run(net, mode, (const nsc_tensor *[]){x}, 1, &y, 1));
    float *values = model_read(y);
    nsc_tensor_release(y);
    nsc_tensor_release(x);
    return values;
}

static bool same(const float *a, const float *b)
{
    return memcmp(a, b, SIZE * sizeof *a) == 0;
}

START_TEST(in_inference_it_is_the_identity)
{
    float rate = 0.5f;
    nsc_block *net = nsc_custom(drop, .user = &rate);
    float *values = run(net, model_context(_i), NSC_INFERENCE);
    for (int i = 0; i < SIZE; i++)
        ck_assert(values[i] == 1);
    free(values);
    nsc_release(net);
}
END_TEST

START_TEST(what_is_kept_is_scaled)
{
    float rate = 0.25f, scale = 1 / (1 - rate);
    int dropped = 0;
    nsc_block *net = nsc_custom(drop, .user = &rate);
    float *values = run(net, model_context(_i), NSC_TRAINING);
    for (int i = 0; i < SIZE; i++) {
        ck_assert(values[i] == 0 || values[i] == scale);
        dropped += values[i] == 0;
    }
    /* Binomial: five standard deviations, with fixed seed and step. */
    ck_assert(fabs(dropped - SIZE * 0.25) < 5 * sqrt(SIZE * 0.25 * 0.75));
    free(values);
    nsc_release(net);
}
END_TEST

START_TEST(steps_differ_and_come_back)
{
    float rate = 0.5f;
    nsc_block *net = nsc_custom(drop, .user = &rate);
    float *first = run(net, model_context(_i), NSC_TRAINING), *second = run(net, model_context(_i), NSC_TRAINING);
    ck_assert(!same(first, second));
    ASSERT_OK(nsc_set_random(net, 0, 1));
    float *again = run(net, model_context(_i), NSC_TRAINING);
    ck_assert(same(second, again));
    ASSERT_OK(nsc_set_random(net, 1, 1));
    float *other = run(net, model_context(_i), NSC_TRAINING);
    ck_assert(!same(second, other));
    ASSERT_STATUS(nsc_set_random(NULL, 0, 0), NSC_INVALID);
    free(first);
    free(second);
    free(again);
    free(other);
    nsc_release(net);
}
END_TEST

/* Steps of inference do not count, and two calls in one block are two masks. */
START_TEST(masks_belong_to_the_call)
{
    float rate = 0.5f;
    nsc_block *net = nsc_custom(drop_twice, .user = &rate, .outputs = 2);
    nsc_tensor *out[2] = {NULL, NULL}, *x = INPUT(model_context(_i), 3, ROWS, COLUMNS);
    ASSERT_OK(nsc_run(net, NSC_TRAINING, (const nsc_tensor *[]){x}, 1, out, 2));
    float *a = model_read(out[0]), *b = model_read(out[1]);
    ck_assert(!same(a, b));
    free(a);
    free(b);
    for (int i = 0; i < 2; i++)
        nsc_tensor_release(out[i]);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* The first of the two is the mask that a net with one call has on every backend, drawn there or by the host. */
START_TEST(the_same_on_every_device_and_composed)
{
    float rate = 0.5f;
    nsc_block *net = nsc_custom(drop, .user = &rate);
    ASSERT_OK(nsc_set_random(net, 7, 3));
    float *here = run(net, model_context(_i), NSC_TRAINING);
    ASSERT_OK(nsc_set_random(net, 7, 3));
    float *reference = run(net, model_context(0), NSC_TRAINING);
    ck_assert(same(here, reference));
    nsc_context *composed = model_open(_i, &(nsc_context_options){.compose = "random"});
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(nsc_set_random(net, 7, 3));
        float *by_host = run(net, composed, NSC_TRAINING);
        ck_assert(same(here, by_host));
        free(by_host);
    }
    free(here);
    free(reference);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(composed));
}
END_TEST

/* Moving and forgetting parameters changes neither seed nor step, nor the bounds of plans. */
START_TEST(seed_and_step_stay_with_the_net)
{
    float rate = 0.5f;
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_custom(drop, .user = &rate);
    size_t plans = 0;
    ASSERT_OK(nsc_set_random(net, 7, 3));
    free(run(net, context, NSC_TRAINING));
    float *fourth = run(net, context, NSC_TRAINING);
    ASSERT_OK(nsc_set_plan_bounds(net, 1, 0));
    for (int forget = 0; forget < 2; forget++) {
        ASSERT_OK(nsc_set_random(net, 7, 3));
        free(run(net, context, NSC_TRAINING));
        ASSERT_OK(forget ? nsc_forget(net) : nsc_move(net, NULL, context));
        ASSERT_OK(nsc_plan_usage(net, &plans, NULL));
        ck_assert_uint_eq(plans, 0);
        float *again = run(net, context, NSC_TRAINING);
        ck_assert(same(fourth, again));
        free(again);
        free(run(net, context, NSC_INFERENCE));
        ASSERT_OK(nsc_plan_usage(net, &plans, NULL));
        ck_assert_uint_eq(plans, 1);
    }
    free(fourth);
    nsc_release(net);
}
END_TEST

/* Appendix A 26: what the first pass is does not show in the weights. */
START_TEST(a26_first_passes_give_equal_weights)
{
    nsc_block *nets[2];
    float rate = 0.5f;
    for (int i = 0; i < 2; i++) {
        nets[i] = nsc_sequential(nsc_dense(5), nsc_custom(drop, .user = &rate), nsc_dense(3));
        ASSERT_OK(nsc_initialize(nets[i], model_context(_i), NULL));
        nsc_tensor *y = NULL, *x = INPUT(model_context(_i), 3, 4, 6);
        ASSERT_OK(nsc_run(nets[i], i == 0 ? NSC_INFERENCE : NSC_TRAINING, (const nsc_tensor *[]){x}, 1, &y, 1));
        nsc_tensor_release(y);
        nsc_tensor_release(x);
    }
    ck_assert(model_same_value(model_parameter(nets[0], "0.weight"), model_parameter(nets[1], "0.weight")));
    ck_assert(model_same_value(model_parameter(nets[0], "2.weight"), model_parameter(nets[1], "2.weight")));
    for (int i = 0; i < 2; i++)
        nsc_release(nets[i]);
}
END_TEST

START_TEST(a_bad_rate_is_told)
{
    const float rates[] = {-0.1f, 1, NAN};
    for (int i = 0; i < 3; i++) {
        float rate = rates[i];
        nsc_block *net = nsc_custom(drop, .user = &rate);
        nsc_tensor *y = NULL, *x = INPUT(model_context(_i), 3, 4, 6);
        ASSERT_STATUS(nsc_run(net, NSC_INFERENCE, (const nsc_tensor *[]){x}, 1, &y, 1), NSC_INVALID);
        ASSERT_SAYS(model_either(model_context(_i)), "nsc_op_dropout", "less than 1");
        nsc_tensor_release(x);
        nsc_release(net);
    }
}
END_TEST

int main(void)
{
    TCase *cases = model_begin("dropout");
    EACH_BACKEND(cases, in_inference_it_is_the_identity);
    EACH_BACKEND(cases, what_is_kept_is_scaled);
    EACH_BACKEND(cases, steps_differ_and_come_back);
    EACH_BACKEND(cases, masks_belong_to_the_call);
    EACH_BACKEND(cases, the_same_on_every_device_and_composed);
    EACH_BACKEND(cases, seed_and_step_stay_with_the_net);
    EACH_BACKEND(cases, a26_first_passes_give_equal_weights);
    EACH_BACKEND(cases, a_bad_rate_is_told);
    return model_end();
}
