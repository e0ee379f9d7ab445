/* SPDX-License-Identifier: Apache-2.0 */
/* Views of tensors and parameters by the host: the bytes of a read without its copy; what they hold; what they forbid. */
#include "support.h"

#include <nascent/device.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens a view. NULL where the device keeps its memory to itself: then that is what the test has seen. */
static const float *view_or_unsupported(nsc_tensor *tensor)
{
    const void *data = tensor;
    nsc_status status = nsc_tensor_view(tensor, &data);
    if (status != NSC_UNSUPPORTED) {
        ASSERT_OK(status);
        ck_assert_ptr_nonnull(data);
        return data;
    }
    ck_assert_ptr_null(data);
    ASSERT_SAYS(nsc_last_error(nsc_tensor_context(tensor)), "viewing", "nsc_tensor_read",
                nsc_context_device(nsc_tensor_context(tensor))->name);
    ASSERT_STATUS(nsc_tensor_end_view(tensor), NSC_INVALID);
    return NULL;
}

/* Asks once for a backend; the reference always has them, so no test passes by having nothing to look at. */
static int has_views(int index)
{
    nsc_tensor *x = TENSOR(model_context(index), ((float[]){1.0f}), 1);
    const float *seen = view_or_unsupported(x);
    if (seen != NULL)
        ASSERT_OK(nsc_tensor_end_view(x));
    else
        fprintf(stderr, "%s shows no memory to the host\n", model_backend_name(index));
    nsc_tensor_release(x);
    ck_assert(seen != NULL || strcmp(model_backend_name(index), "reference") != 0);
    return seen != NULL;
}

START_TEST(test_a_view_has_the_bytes_of_a_read)
{
    static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
    static const int64_t shapes[][3] = {{1, 1, 1}, {2, 3, 5}, {7, 11, 129}};
    nsc_context *context = model_context(_i);
    if (!has_views(_i))
        return;
    for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++)
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            const size_t bytes = model_elements(3, shapes[s]) * nsc_dtype_size(dtypes[d]);
            unsigned char *out = malloc(bytes), *back = malloc(bytes);
            nsc_tensor *tensor = NULL;
            uint64_t random = d * 3 + s;
            for (size_t i = 0; i < bytes; i++)
                out[i] = (unsigned char)model_random(&random);
            ASSERT_OK(nsc_tensor_from(context, dtypes[d], 3, shapes[s], out, &tensor));
            const float *seen = view_or_unsupported(tensor);
            ASSERT_OK(nsc_tensor_read(tensor, back, bytes));
            ck_assert_mem_eq(seen, out, bytes);
            ck_assert_mem_eq(seen, back, bytes);
            ASSERT_OK(nsc_tensor_end_view(tensor));
            nsc_tensor_release(tensor);
            free(back);
            free(out);
        }
}
END_TEST

/* Also where the device shows nothing else: there is nothing to show. */
START_TEST(test_an_empty_tensor_has_an_empty_view)
{
    nsc_tensor *empty = NULL;
    const void *data = &empty;
    ASSERT_OK(nsc_tensor_create(model_context(_i), NSC_FLOAT32, DIMS(0, 3), &empty));
    ASSERT_OK(nsc_tensor_view(empty, &data));
    ck_assert_ptr_null(data);
    ASSERT_OK(nsc_tensor_end_view(empty));
    ASSERT_STATUS(nsc_tensor_end_view(empty), NSC_INVALID);
    nsc_tensor_release(empty);
}
END_TEST

/* Two views are one pointer, nothing is read, no memory is taken. */
START_TEST(test_a_view_is_no_copy)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 64, 64);
    nsc_statistics before, after;
    if (!has_views(_i))
        goto done;
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    const float *first = view_or_unsupported(x), *second = view_or_unsupported(x);
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_ptr_eq(first, second);
    ck_assert_uint_eq(after.downloads, before.downloads);
    ck_assert_uint_eq(after.bytes_in_use, before.bytes_in_use);
    ck_assert_uint_eq(after.bytes_held, before.bytes_held);
    ASSERT_OK(nsc_tensor_end_view(x));
    ck_assert_ptr_eq(view_or_unsupported(x), first); /* the other one is still open */
    ASSERT_OK(nsc_tensor_end_view(x));
    ASSERT_OK(nsc_tensor_end_view(x));
    ASSERT_STATUS(nsc_tensor_end_view(x), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "nsc_tensor_end_view", "no view");
done:
    nsc_tensor_release(x);
}
END_TEST

START_TEST(test_a_view_waits_for_the_run_that_fills_it)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(64, .activation = NSC_TANH), nsc_dense(16));
    nsc_tensor *x = INPUT(context, 1, 32, 48), *y = NULL;
    const float zeros[32 * 16] = {0};
    float seen[32 * 16];
    ASSERT_OK(nsc_initialize(net, context, NULL));
    if (!has_views(_i))
        goto done;
    for (int round = 0; round < 20; round++) {
        ASSERT_OK(nsc_forward(net, x, &y));
        memcpy(seen, view_or_unsupported(y), sizeof seen); /* before the read, which waits too */
        float *read = model_read(y);
        ck_assert_mem_eq(seen, read, sizeof seen);
        free(read);
        ASSERT_OK(nsc_tensor_end_view(y));
        ASSERT_OK(nsc_tensor_write(y, zeros, sizeof zeros));
    }
done:
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* What is open to the host may be read by everybody: input and weights of a run. */
START_TEST(test_a_run_reads_what_is_viewed)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(3);
    nsc_tensor *x = INPUT(context, 1, 2, 5), *weight = NULL;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    size_t count = 0;
    float *want = model_forward(net, x, &count);
    ASSERT_OK(nsc_parameter_value(model_parameter(net, "weight"), &weight));
    if (has_views(_i)) {
        const float *in = view_or_unsupported(x), *values = view_or_unsupported(weight);
        float *got = model_forward(net, x, NULL), *read = model_read(x);
        ck_assert_mem_eq(got, want, count * sizeof *got);
        ck_assert_mem_eq(in, read, nsc_tensor_bytes(x));
        free(read);
        free(got);
        read = model_read_parameter(model_parameter(net, "weight"));
        ck_assert_mem_eq(values, read, nsc_tensor_bytes(weight));
        free(read);
        ASSERT_OK(nsc_tensor_end_view(x));
        ASSERT_OK(nsc_tensor_end_view(weight));
    }
    free(want);
    nsc_tensor_release(weight);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* ---- parameters --------------------------------------------------------------------------------------------------- */

/* A new value is new memory: the view keeps the old one, whatever happens to the parameter. */
START_TEST(test_a_view_of_a_parameter_keeps_the_old_value)
{
    enum { SET, REINITIALIZE, FORGET, RELEASE, WAYS };
    nsc_context *context = model_context(_i);
    nsc_tensor *next = INPUT(context, 9, 4, 3);
    for (int way = 0; way < WAYS && has_views(_i); way++) {
        nsc_block *net = nsc_dense(4, .in_units = 3);
        nsc_parameter *weight = model_parameter(net, "weight");
        nsc_tensor *value = NULL;
        ASSERT_OK(nsc_initialize(net, context, NULL));
        float *before = model_read_parameter(weight);
        ASSERT_OK(nsc_parameter_value(weight, &value));
        const float *seen = view_or_unsupported(value);
        if (way == SET)
            ASSERT_OK(nsc_parameter_set(weight, next));
        if (way == REINITIALIZE)
            ASSERT_OK(nsc_initialize(net, context,
                                     &(nsc_initialize_options){.size = sizeof(nsc_initialize_options),
                                                               .init = nsc_normal(2.0f),
                                                               .force = 1}));
        if (way == FORGET)
            ASSERT_OK(nsc_forget(net));
        if (way == RELEASE) {
            nsc_release(net);
            net = NULL;
        }
        if (way == SET || way == REINITIALIZE) {
            float *after = model_read_parameter(weight);
            ck_assert_mem_ne(after, before, nsc_tensor_bytes(value));
            free(after);
        }
        nsc_tensor_release(value);                   /* the view holds it */
        nsc_tensor *other = INPUT(context, 5, 4, 3); /* of the same size, in memory of its own */
        ck_assert_mem_eq(seen, before, nsc_tensor_bytes(value));
        ASSERT_OK(nsc_tensor_end_view(value));
        nsc_tensor_release(other);
        free(before);
        nsc_release(net);
    }
    nsc_tensor_release(next);
}
END_TEST

/* ---- what a view forbids ------------------------------------------------------------------------------------------- */

/* Negation, from operands[0] into operands[1]. */
static nsc_status negate(nsc_context *context, nsc_tensor *const *operands)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0}, {NSC_OP_NEG, 0}, {NSC_OP_STORE, 0}};
    const nsc_backend_expression expression = {.struct_size = sizeof expression,
                                               .version = 1,
                                               .code_count = 3,
                                               .code = code,
                                               .input_count = 1,
                                               .output_count = 1,
                                               .stack_depth = 1};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = 1,
                           .output_count = 1};
    map.inputs[0] = (nsc_backend_view){.rank = 1, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {6}, .strides = {1}};
    map.outputs[0] = map.inputs[0];
    map.outputs[0].buffer = 1;
    return nsc_operation_run(context, (const nsc_backend_operation *)&map, operands, 2, NULL, 0);
}

START_TEST(test_what_is_viewed_is_not_written)
{
    nsc_context *context = model_context(_i);
    const float values[6] = {1, 2, 3, 4, 5, 6}, others[6] = {9, 9, 9, 9, 9, 9};
    nsc_tensor *viewed = TENSOR(context, values, 2, 3), *other = TENSOR(context, values, 2, 3);
    nsc_tensor *const into[] = {other, viewed}, *const from[] = {viewed, other};
    nsc_initializer zeros = nsc_zeros();
    const nsc_fill_scope scope = {.path = "w"};
    if (!has_views(_i))
        goto done;
    const float *seen = view_or_unsupported(viewed);
    ASSERT_STATUS(nsc_tensor_write(viewed, others, sizeof others), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "nsc_tensor_write", "view", "nsc_tensor_end_view");
    ASSERT_STATUS(nsc_initializer_fill(&zeros, &scope, 0, viewed), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "nsc_initializer_fill", "nsc_tensor_end_view");
    ASSERT_STATUS(negate(context, into), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "operand 1", "nsc_tensor_end_view");
    ASSERT_OK(negate(context, from)); /* reading it is allowed */
    ck_assert_mem_eq(seen, values, sizeof values);
    ASSERT_OK(nsc_tensor_end_view(viewed));

    ASSERT_OK(nsc_tensor_write(viewed, others, sizeof others));
    ASSERT_OK(nsc_initializer_fill(&zeros, &scope, 0, viewed));
    ASSERT_OK(negate(context, from));
    ASSERT_OK(negate(context, into));
done:
    nsc_tensor_release(viewed);
    nsc_tensor_release(other);
}
END_TEST

/* The first run and a steady one refuse it, before anything changed. */
START_TEST(test_a_run_does_not_write_what_is_viewed)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(3);
    nsc_tensor *x = INPUT(context, 1, 2, 5), *y = INPUT(context, 2, 2, 3), *same = y, *fresh = NULL;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    if (!has_views(_i))
        goto done;
    float *before = model_read(y);
    for (int round = 0; round < 2; round++) {
        const float *seen = view_or_unsupported(y);
        ASSERT_STATUS(nsc_forward(net, x, &y), NSC_INVALID);
        ASSERT_SAYS(nsc_last_error(context), "output 0", "nsc_tensor_end_view");
        ck_assert_ptr_eq(y, same);
        ck_assert_mem_eq(seen, before, nsc_tensor_bytes(y));
        ASSERT_STATE(model_parameter(net, "weight"), round == 0 ? NSC_DECLARED : NSC_INITIALIZED);
        if (round > 0) {
            ASSERT_OK(nsc_forward(net, x, &fresh)); /* into another it runs */
            ck_assert_mem_eq(seen, before, nsc_tensor_bytes(y));
        }
        ASSERT_OK(nsc_tensor_end_view(y));
        ASSERT_OK(nsc_forward(net, x, &y));
        free(before);
        before = model_read(y);
    }
    float *want = model_read(fresh);
    ck_assert_mem_eq(before, want, nsc_tensor_bytes(y));
    free(want);
    free(before);
done:
    nsc_tensor_release(fresh);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* ---- life --------------------------------------------------------------------------------------------------------- */

START_TEST(test_a_view_holds_its_tensor_and_the_context)
{
    if (!has_views(_i))
        return;
    nsc_context *context = model_open(_i, NULL);
    const float values[6] = {1, 2, 3, 4, 5, 6}, others[6] = {0};
    nsc_tensor *x = TENSOR(context, values, 2, 3);
    const float *seen = view_or_unsupported(x);
    nsc_tensor_release(x);
    nsc_context_trim(context);
    nsc_tensor *next = TENSOR(context, others, 2, 3);
    nsc_tensor_release(next);
    ck_assert_mem_eq(seen, values, sizeof values);
    ASSERT_STATUS(nsc_context_close(context), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "1 tensors");
    ck_assert_mem_eq(seen, values, sizeof values);
    ASSERT_OK(nsc_tensor_end_view(x));
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

/* Memory that was viewed is used again, and then shows the next tensor's bytes. */
START_TEST(test_memory_is_used_again_after_a_view)
{
    if (!has_views(_i))
        return;
    nsc_context *context = model_open(_i, NULL);
    nsc_statistics now;
    for (int i = 0; i < 50; i++) {
        const float values[3] = {(float)i, 1.0f, 2.0f};
        nsc_tensor *x = TENSOR(context, values, 3);
        ck_assert_mem_eq(view_or_unsupported(x), values, sizeof values);
        nsc_tensor_release(x);
        ASSERT_OK(nsc_tensor_end_view(x));
    }
    ASSERT_OK(nsc_context_statistics(context, &now, sizeof now));
    ck_assert_uint_eq(now.allocations, 1);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("view");
    EACH_BACKEND(tests, test_a_view_has_the_bytes_of_a_read);
    EACH_BACKEND(tests, test_an_empty_tensor_has_an_empty_view);
    EACH_BACKEND(tests, test_a_view_is_no_copy);
    EACH_BACKEND(tests, test_a_view_waits_for_the_run_that_fills_it);
    EACH_BACKEND(tests, test_a_run_reads_what_is_viewed);
    EACH_BACKEND(tests, test_a_view_of_a_parameter_keeps_the_old_value);
    EACH_BACKEND(tests, test_what_is_viewed_is_not_written);
    EACH_BACKEND(tests, test_a_run_does_not_write_what_is_viewed);
    EACH_BACKEND(tests, test_a_view_holds_its_tensor_and_the_context);
    EACH_BACKEND(tests, test_memory_is_used_again_after_a_view);
    return model_end();
}
