/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what, and until when: contexts, tensors, blocks, handles, callbacks, options. */
#include "support.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- contexts --------------------------------------------------------------------------------------------------- */

START_TEST(test_a_context_does_not_close_under_a_tensor)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    ASSERT_STATUS(nsc_context_close(context), NSC_INVALID);
    ck_assert_str_ne(nsc_last_error(context), "");
    /* Nothing was closed. */
    nsc_block *net = nsc_dense(4);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    free(model_forward(net, x, NULL));
    nsc_tensor_release(x);
    ASSERT_STATUS(nsc_context_close(context), NSC_INVALID); /* values, and an executor */
    nsc_release(net);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_a_released_net_leaves_nothing_in_use)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    nsc_tensor_release(x);
    nsc_release(net);
    nsc_statistics left;
    ASSERT_OK(nsc_context_statistics(context, &left, sizeof left));
    ck_assert_uint_eq(left.bytes_in_use, 0);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_forget_frees_the_values)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_block *net = nsc_sequential(nsc_dense(64), nsc_dense(64));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 64);
    nsc_statistics full, left;
    free(model_forward(net, x, NULL));
    ASSERT_OK(nsc_context_statistics(context, &full, sizeof full));
    ASSERT_OK(nsc_forget(net));
    ASSERT_OK(nsc_context_statistics(context, &left, sizeof left));
    ck_assert_uint_ge(full.bytes_in_use, left.bytes_in_use + 2 * 64 * 64 * sizeof(float));
    free(model_forward(net, x, NULL));
    nsc_tensor_release(x);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

/* ---- handles and references ------------------------------------------------------------------------------------- */

START_TEST(test_a_handle_outlives_its_block)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_named("out", nsc_dense(2, .weight_init = nsc_constant(2.5f))));
    nsc_parameter *weight = nsc_parameter_retain(model_parameter(net, "out.weight"));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    nsc_tensor_release(x);
    nsc_release(net);

    ck_assert_str_eq(nsc_parameter_path(weight), "out.weight");
    ASSERT_STATE(weight, NSC_INITIALIZED);
    ASSERT_SHAPE(weight, 2, 4);
    float *values = model_read_parameter(weight);
    ck_assert_float_eq(values[7], 2.5f);
    free(values);
    ASSERT_STATUS(nsc_context_close(context), NSC_INVALID);
    nsc_parameter_release(weight);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_a_handle_is_stable)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4));
    nsc_parameter *early = model_parameter(net, "0.weight");
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    ck_assert_ptr_eq(model_parameter(net, "0.weight"), early);
    ASSERT_OK(nsc_forget(net));
    ck_assert_ptr_eq(model_parameter(net, "0.weight"), early);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

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

static void count(void *user)
{
    ++*(int *)user;
}

START_TEST(test_a_block_is_freed_by_its_last_reference)
{
    int freed = 0;
    nsc_block *block = nsc_custom(pass, .user = &freed, .destroy = count);
    nsc_block *net = nsc_sequential(block, nsc_retain(block)), *other = nsc_sequential(nsc_retain(block));
    nsc_release(net);
    ck_assert_int_eq(freed, 0);
    nsc_release(nsc_retain(other));
    ck_assert_int_eq(freed, 0);
    nsc_release(other);
    ck_assert_int_eq(freed, 1);
    nsc_release(NULL);
}
END_TEST

START_TEST(test_destroy_is_called_once_on_failure_too)
{
    int freed = 0;
    nsc_block *block = nsc_custom(NULL, .user = &freed, .destroy = count); /* no forward: an error block */
    ck_assert_ptr_nonnull(block);
    ASSERT_STATUS(nsc_block_check(block, NULL, 0), NSC_INVALID);
    nsc_release(block);
    ck_assert_int_eq(freed, 1);

    block = nsc_custom(pass, .user = &freed, .destroy = count, .name = "no.dots");
    ASSERT_STATUS(nsc_block_check(block, NULL, 0), NSC_INVALID);
    nsc_release(block);
    ck_assert_int_eq(freed, 2);

    block = nsc_custom(pass, .user = &freed, .destroy = count); /* turned into an error block later */
    ck_assert_ptr_null(nsc_declare(block, "w", .rank = NSC_MAX_RANK + 1));
    ASSERT_STATUS(nsc_block_check(block, NULL, 0), NSC_INVALID);
    nsc_release(block);
    ck_assert_int_eq(freed, 3);

    /* Containers own their children from the call on, also on failure. */
    nsc_release(nsc_concat_branches(1000, nsc_custom(pass, .user = &freed, .destroy = count)));
    ck_assert_int_eq(freed, 4);
    nsc_add_child(NULL, "child", nsc_custom(pass, .user = &freed, .destroy = count));
    ck_assert_int_eq(freed, 5);
    block = nsc_dense(3); /* takes no children */
    nsc_add_child(block, "child", nsc_custom(pass, .user = &freed, .destroy = count));
    nsc_release(block);
    ck_assert_int_eq(freed, 6);
}
END_TEST

/* ---- options ---------------------------------------------------------------------------------------------------- */

/* A caller that was compiled against an older header gives less; the memory behind is not ours to read. */
START_TEST(test_reads_stop_at_the_given_size)
{
    nsc_context *context = model_context(_i);
    int64_t *units = malloc(sizeof *units);
    ck_assert_ptr_nonnull(units);
    *units = 4;
    nsc_block *net = nsc_dense_create((const nsc_dense_options *)(const void *)units, sizeof *units);
    free(units);
    ASSERT_OK(nsc_block_check(net, NULL, 0));
    ASSERT_SHAPE(model_parameter(net, "weight"), 4, -1);

    struct {
        size_t size;
        uint64_t seed;
    } *small = malloc(sizeof *small);
    ck_assert_ptr_nonnull(small);
    ck_assert_uint_eq(sizeof *small, offsetof(nsc_initialize_options, init));
    small->size = sizeof *small;
    small->seed = 11;
    ASSERT_OK(nsc_initialize(net, context, (const nsc_initialize_options *)(const void *)small));
    free(small);
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    float *values = model_read_parameter(model_parameter(net, "weight")), expected[12];
    ASSERT_OK(nsc_random_fill(NSC_RANDOM_UNIFORM, 11, "weight", 0, 12, 0.14f, -0.07f, expected));
    ck_assert_mem_eq(values, expected, sizeof expected);
    free(values);
    nsc_tensor_release(x);
    nsc_release(net);

    uint64_t *launches = malloc(sizeof *launches);
    ck_assert_ptr_nonnull(launches);
    ASSERT_OK(nsc_context_statistics(context, (nsc_statistics *)(void *)launches, sizeof *launches));
    ck_assert_uint_gt(*launches, 0);
    free(launches);
    const char **backend = malloc(sizeof *backend);
    ck_assert_ptr_nonnull(backend);
    *backend = model_backend_name(_i);
    nsc_context *other = NULL;
    ASSERT_OK(nsc_context_create(&other, (const nsc_context_options *)(const void *)backend, sizeof *backend));
    free(backend);
    ASSERT_OK(nsc_context_close(other));
}
END_TEST

/* What a declaration is given is copied. */
START_TEST(test_a_declaration_keeps_no_pointer_of_the_caller)
{
    char name[] = "hidden", kind[] = "mine", parameter[] = "w", dimension[] = "k";
    int64_t dims[] = {3, -1};
    const char *names[] = {NULL, dimension};
    nsc_block *block = nsc_custom(pass, .kind = kind, .name = name);
    ck_assert_ptr_nonnull(nsc_declare(block, parameter, .rank = 2, .dims = dims, .dim_names = names));
    memset(name, 'x', strlen(name));
    memset(kind, 'x', strlen(kind));
    memset(parameter, 'x', strlen(parameter));
    memset(dimension, 'x', strlen(dimension));
    memset(dims, 0, sizeof dims);
    memset(names, 0, sizeof names);
    nsc_block *net = nsc_sequential(block);
    ASSERT_SHAPE(model_parameter(net, "hidden.w"), 3, -1);
    nsc_release(net);
}
END_TEST

START_TEST(test_nsc_named_gives_the_last_word)
{
    nsc_block *net = nsc_sequential(nsc_named("outer", nsc_dense(3, .name = "inner")), nsc_dense(2, .name = "own"));
    ck_assert_ptr_nonnull(nsc_find_parameter(net, "outer.weight"));
    ck_assert_ptr_nonnull(nsc_find_parameter(net, "own.bias"));
    ck_assert_ptr_null(nsc_find_parameter(net, "inner.weight"));
    ck_assert_ptr_null(nsc_find_parameter(net, "0.weight"));
    ck_assert_ptr_null(nsc_find_parameter(net, "outer"));
    ck_assert_ptr_null(nsc_find_parameter(net, ""));
    nsc_release(net);
}
END_TEST

typedef struct visited {
    int count, stop_after;
    char paths[8][32];
} visited;

static int visit(void *user, const char *path, nsc_parameter *parameter)
{
    visited *own = user;
    ck_assert_ptr_nonnull(parameter);
    strncpy(own->paths[own->count], path, sizeof own->paths[0] - 1);
    return ++own->count == own->stop_after;
}

START_TEST(test_parameters_are_visited_in_order_of_declaration)
{
    nsc_block *block = nsc_custom(pass, .name = "own");
    nsc_add_child(block, "child", nsc_dense(2));
    nsc_declare(block, "late", .rank = 0);
    nsc_block *net = nsc_sequential(nsc_dense(3), block);
    static const char *const order[] = {"0.weight", "0.bias", "own.late", "own.child.weight", "own.child.bias"};
    visited all = {0}, some = {.stop_after = 2};
    ASSERT_OK(nsc_parameters_each(net, visit, &all));
    ck_assert_int_eq(all.count, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_str_eq(all.paths[i], order[i]);
    ASSERT_OK(nsc_parameters_each(net, visit, &some));
    ck_assert_int_eq(some.count, 2);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("life");
    EACH_BACKEND(tests, test_a_context_does_not_close_under_a_tensor);
    EACH_BACKEND(tests, test_a_released_net_leaves_nothing_in_use);
    EACH_BACKEND(tests, test_forget_frees_the_values);
    EACH_BACKEND(tests, test_a_handle_outlives_its_block);
    EACH_BACKEND(tests, test_a_handle_is_stable);
    tcase_add_test(tests, test_a_block_is_freed_by_its_last_reference);
    tcase_add_test(tests, test_destroy_is_called_once_on_failure_too);
    EACH_BACKEND(tests, test_reads_stop_at_the_given_size);
    tcase_add_test(tests, test_a_declaration_keeps_no_pointer_of_the_caller);
    tcase_add_test(tests, test_nsc_named_gives_the_last_word);
    tcase_add_test(tests, test_parameters_are_visited_in_order_of_declaration);
    return model_end();
}
