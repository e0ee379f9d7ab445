/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred initialisation: nothing changes on failure, and what was asked for is never lost. The number in a test's
 * name is that of the fault it looks for. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

START_TEST(test_a01_a_failed_first_forward_keeps_the_request)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4, .in_units = 6), nsc_dense(5));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *wrong = INPUT(context, 1, 2, 3), *right = INPUT(context, 1, 2, 6), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, wrong, &y), NSC_SHAPE_CONFLICT);
    ck_assert_ptr_null(y);
    ASSERT_SAYS(nsc_last_error(context), "0.weight", "3", "6");
    nsc_parameter *later = model_parameter(net, "1.weight");
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_SHAPE_KNOWN);
    ASSERT_STATE(later, NSC_DECLARED);
    ASSERT_SHAPE(later, 5, -1);
    ck_assert_int_eq(nsc_parameter_requested(later), 1);

    ASSERT_OK(nsc_forward(net, right, &y));
    ASSERT_SHAPE(later, 5, 4);
    ASSERT_STATE(later, NSC_INITIALIZED);
    nsc_tensor_release(wrong);
    nsc_tensor_release(right);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

START_TEST(test_a01_a_first_forward_without_a_place_for_its_result_teaches_nothing)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(5));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *other = INPUT(context, 2, 2, 6), *small = INPUT(context, 3, 2, 4);
    nsc_tensor *y = small;
    nsc_statistics before, after;
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_SHAPE_CONFLICT);
    ck_assert_ptr_eq(y, small);
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_uint_eq(after.commits, before.commits);
    ck_assert_uint_eq(after.bytes_in_use, before.bytes_in_use);
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);
    ck_assert_uint_eq(nsc_parameter_generation(model_parameter(net, "0.bias")), 0);
    free(model_forward(net, other, NULL));
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 4, 6);
    nsc_tensor_release(x);
    nsc_tensor_release(other);
    nsc_tensor_release(small);
    nsc_release(net);
}
END_TEST

static nsc_status fail_once(void *user, const nsc_fill *fill)
{
    int *calls = user;
    if ((*calls)++ == 0)
        return NSC_FAILED;
    for (size_t i = 0; i < fill->count; i++)
        fill->values[i] = (float)i;
    return NSC_OK;
}

START_TEST(test_a02_an_initialiser_that_fails_once_is_asked_again)
{
    nsc_context *context = model_context(_i);
    int calls = 0;
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(5, .weight_init = nsc_callback(fail_once, &calls)));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    nsc_statistics before, after;
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_FAILED);
    ASSERT_SAYS(nsc_last_error(context), "1.weight");
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_ptr_null(y);
    ck_assert_uint_eq(after.commits, before.commits);
    /* A failed first forward leaves every parameter as it was: shapes too. */
    const char *const paths[] = {"0.weight", "0.bias", "1.weight", "1.bias"};
    for (size_t i = 0; i < 4; i++) {
        nsc_parameter *parameter = model_parameter(net, paths[i]);
        ASSERT_STATE(parameter, i % 2 == 0 ? NSC_DECLARED : NSC_SHAPE_KNOWN);
        ck_assert_int_eq(nsc_parameter_requested(parameter), 1);
        ck_assert_uint_eq(nsc_parameter_generation(parameter), 0);
    }

    ASSERT_OK(nsc_forward(net, x, &y));
    ck_assert_int_eq(calls, 2);
    float *values = model_read_parameter(model_parameter(net, "1.weight"));
    for (int i = 0; i < 20; i++)
        ck_assert_float_eq(values[i], (float)i);
    free(values);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

START_TEST(test_a03_width_zero_is_a_width)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(5)), *fresh = nsc_sequential(nsc_dense(5));
    nsc_tensor *none = TENSOR(context, &(float){0}, 2, 0), *some = INPUT(context, 1, 2, 3), *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_forward(net, none, &y));
    nsc_parameter *weight = model_parameter(net, "0.weight");
    ASSERT_SHAPE(weight, 5, 0);
    ASSERT_STATE(weight, NSC_INITIALIZED);
    float *sum = model_read(y);
    for (int i = 0; i < 10; i++)
        ck_assert_float_eq(sum[i], 0.0f); /* an empty sum and a bias of 0 */
    free(sum);
    ASSERT_STATUS(nsc_forward(net, some, &y), NSC_SHAPE_CONFLICT);
    ASSERT_SHAPE(weight, 5, 0);

    ASSERT_OK(nsc_forget(net));
    ASSERT_STATE(weight, NSC_DECLARED);
    ASSERT_SHAPE(weight, 5, -1);
    ck_assert_int_eq(nsc_parameter_requested(weight), 1);
    ASSERT_OK(nsc_forward(net, some, &y));
    ASSERT_SHAPE(weight, 5, 3);
    ASSERT_OK(nsc_initialize(fresh, context, NULL));
    free(model_forward(fresh, some, NULL));
    ck_assert(model_same_value(weight, model_parameter(fresh, "0.weight")));
    nsc_tensor_release(none);
    nsc_tensor_release(some);
    nsc_tensor_release(y);
    nsc_release(net);
    nsc_release(fresh);
}
END_TEST

START_TEST(test_a04_a_conflict_in_the_middle_leaves_none_ready)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(5, .in_units = 9), nsc_dense(6, .in_units = 5));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(nsc_last_error(context), "1.weight", "axis 1", "9", "4");
    const char *const paths[] = {"0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        ASSERT_STATE(model_parameter(net, paths[i]), i == 0 ? NSC_DECLARED : NSC_SHAPE_KNOWN);
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 4, -1);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a08_a_forward_before_the_request_teaches_nothing)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    nsc_tensor *early = INPUT(context, 1, 2, 3), *later = INPUT(context, 2, 2, 7), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, early, &y), NSC_NOT_REQUESTED);
    ck_assert_ptr_null(y);
    ASSERT_SAYS(nsc_last_error(context), "0.weight", "nsc_initialize");
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 4, -1);
    ASSERT_SHAPE(model_parameter(net, "1.weight"), 2, -1);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);
    ASSERT_OK(nsc_forward(net, later, &y));
    ASSERT_SHAPE(model_parameter(net, "0.weight"), 4, 7);
    nsc_tensor_release(early);
    nsc_tensor_release(later);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* block.h states the rule: the second request replaces the first where there is no value yet. */
START_TEST(test_a12_a_second_request_replaces_a_pending_one)
{
    nsc_context *context = model_context(_i);
    nsc_initialize_options first = {.size = sizeof first, .seed = 1, .init = nsc_constant(3.0f)};
    nsc_initialize_options second = {.size = sizeof second, .seed = 2, .init = nsc_normal(0.5f)};
    nsc_block *twice = nsc_sequential(nsc_dense(4), nsc_dense(5)), *once = nsc_sequential(nsc_dense(4), nsc_dense(5));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    ASSERT_OK(nsc_initialize(twice, context, &first));
    ASSERT_OK(nsc_initialize(twice, context, &second));
    ASSERT_OK(nsc_initialize(once, context, &second));
    free(model_forward(twice, x, NULL));
    free(model_forward(once, x, NULL));
    ck_assert(model_same_value(model_parameter(twice, "0.weight"), model_parameter(once, "0.weight")));
    ck_assert(model_same_value(model_parameter(twice, "1.weight"), model_parameter(once, "1.weight")));

    /* What is initialized is not asked again. */
    float *before = model_read_parameter(model_parameter(twice, "1.weight"));
    uint64_t generation = nsc_parameter_generation(model_parameter(twice, "1.weight"));
    ASSERT_OK(nsc_initialize(twice, context, &first));
    float *after = model_read_parameter(model_parameter(twice, "1.weight"));
    ck_assert_mem_eq(before, after, 20 * sizeof(float));
    ck_assert_uint_eq(nsc_parameter_generation(model_parameter(twice, "1.weight")), generation);
    free(before);
    free(after);
    nsc_tensor_release(x);
    nsc_release(twice);
    nsc_release(once);
}
END_TEST

START_TEST(test_a12_a_value_set_while_pending_is_never_lost)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(2), nsc_dense(2));
    nsc_initialize_options again = {.size = sizeof again, .seed = 9};
    const float given[] = {1, 2, 3, 4, 5, 6};
    nsc_tensor *value = TENSOR(context, given, 2, 3), *x = INPUT(context, 1, 2, 3);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_parameter_set(model_parameter(net, "0.weight"), value));
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_INITIALIZED);
    ASSERT_STATE(model_parameter(net, "1.weight"), NSC_DECLARED);
    ASSERT_OK(nsc_initialize(net, context, &again));
    free(model_forward(net, x, NULL));
    ASSERT_STATE(model_parameter(net, "1.weight"), NSC_INITIALIZED);
    float *kept = model_read_parameter(model_parameter(net, "0.weight"));
    ck_assert_mem_eq(kept, given, sizeof given);
    free(kept);
    nsc_tensor_release(value);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a12_a_refused_request_leaves_the_first)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4)), *once = nsc_sequential(nsc_dense(4));
    nsc_initialize_options first = {.size = sizeof first, .seed = 1}, bad = first;
    bad.seed = 2;
    bad.init.kind = (nsc_initializer_kind)99;
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    ASSERT_OK(nsc_initialize(net, context, &first));
    ASSERT_STATUS(nsc_initialize(net, context, &bad), NSC_INVALID);
    ASSERT_OK(nsc_initialize(once, context, &first));
    free(model_forward(net, x, NULL));
    free(model_forward(once, x, NULL));
    ck_assert(model_same_value(model_parameter(net, "0.weight"), model_parameter(once, "0.weight")));
    nsc_tensor_release(x);
    nsc_release(net);
    nsc_release(once);
}
END_TEST

/* However the width 3 became known, a width of 4 is the same error. */
START_TEST(test_a21_a_second_width_is_the_same_error_whatever_the_history)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 2, 3), *wide = INPUT(context, 2, 2, 4), *value = INPUT(context, 3, 5, 3);
    nsc_block *declared = nsc_sequential(nsc_dense(5, .in_units = 3)), *inferred = nsc_sequential(nsc_dense(5)),
              *loaded = nsc_sequential(nsc_dense(5)), *shaped = nsc_sequential(nsc_dense(5));
    ASSERT_OK(nsc_initialize(declared, context, NULL));
    ASSERT_OK(nsc_initialize(inferred, context, NULL));
    free(model_forward(inferred, x, NULL));
    ASSERT_OK(nsc_initialize(loaded, context, NULL));
    ASSERT_OK(nsc_parameter_set(model_parameter(loaded, "0.weight"), value));
    ASSERT_OK(nsc_infer_shapes(shaped, &SHAPE(2, 3), 1));
    ASSERT_OK(nsc_initialize(shaped, context, NULL));

    nsc_block *const nets[] = {declared, inferred, loaded, shaped};
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        nsc_tensor *y = NULL;
        ASSERT_STATUS(nsc_forward(nets[i], wide, &y), NSC_SHAPE_CONFLICT);
        ck_assert_ptr_null(y);
        ASSERT_SAYS(nsc_last_error(context), "0.weight", "axis 1", "3", "4");
        ASSERT_OK(nsc_forward(nets[i], x, &y));
        nsc_tensor_release(y);
        nsc_release(nets[i]);
    }
    nsc_tensor_release(x);
    nsc_tensor_release(wide);
    nsc_tensor_release(value);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("deferred: states");
    EACH_BACKEND(tests, test_a01_a_failed_first_forward_keeps_the_request);
    EACH_BACKEND(tests, test_a01_a_first_forward_without_a_place_for_its_result_teaches_nothing);
    EACH_BACKEND(tests, test_a02_an_initialiser_that_fails_once_is_asked_again);
    EACH_BACKEND(tests, test_a03_width_zero_is_a_width);
    EACH_BACKEND(tests, test_a04_a_conflict_in_the_middle_leaves_none_ready);
    EACH_BACKEND(tests, test_a08_a_forward_before_the_request_teaches_nothing);
    EACH_BACKEND(tests, test_a12_a_second_request_replaces_a_pending_one);
    EACH_BACKEND(tests, test_a12_a_value_set_while_pending_is_never_lost);
    EACH_BACKEND(tests, test_a12_a_refused_request_leaves_the_first);
    EACH_BACKEND(tests, test_a21_a_second_width_is_the_same_error_whatever_the_history);
    return model_end();
}
