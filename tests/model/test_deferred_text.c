/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred initialisation: what the messages say, and what a listing says before anything exists. */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* features.3 takes what features.0 gives: 4, unless `wrong` says otherwise. */
static nsc_block *deep_net(int64_t wrong)
{
    nsc_block *features = nsc_sequential(nsc_dense(4), nsc_activate(NSC_RELU), nsc_flatten(),
                                         nsc_dense(6, .in_units = wrong), nsc_dense(2));
    return nsc_sequential(nsc_named("features", features), nsc_named("head", nsc_dense(3)));
}

START_TEST(test_a41_a_conflict_names_path_axis_sizes_and_origins)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = deep_net(9);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(nsc_last_error(context), "features.3.weight", "axis 1", "9", "4", "declared", "features.0");
    ck_assert_ptr_null(strchr(nsc_last_error(context), '%'));
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a41_all_conflicts_of_a_call_are_reported)
{
    nsc_block *net =
        nsc_sequential(nsc_dense(4, .in_units = 7, .name = "first"), nsc_dense(5, .in_units = 8, .name = "second"),
                       nsc_dense(6, .in_units = 9, .name = "third"));
    nsc_proposal *proposal = NULL;
    ASSERT_STATUS(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal), NSC_SHAPE_CONFLICT);
    ck_assert_ptr_null(proposal);
    ASSERT_SAYS(nsc_last_error(NULL), "first.weight", "7", "3", "second.weight", "8", "4", "third.weight", "9", "5");
    nsc_release(net);
}
END_TEST

START_TEST(test_a41_every_message_has_the_full_path)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = deep_net(0);
    nsc_parameter *weight = model_parameter(net, "features.3.weight");
    nsc_tensor *x = INPUT(context, 1, 2, 3), *deep = INPUT(context, 1, 6, 4, 1), *y = NULL;
    float values[24];
    /* Touched before the request: no request has frozen a path yet, the forward knows it all the same. */
    ASSERT_STATUS(nsc_parameter_read(weight, values, sizeof values), NSC_NOT_REQUESTED);
    ASSERT_SAYS(nsc_last_error(NULL), "weight", "nsc_initialize");
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_NOT_REQUESTED);
    ASSERT_SAYS(nsc_last_error(context), "features.0.weight");

    ASSERT_OK(nsc_initialize(net, context, NULL));
    ck_assert_str_eq(nsc_parameter_path(weight), "features.3.weight");
    ck_assert_str_eq(nsc_parameter_name(weight), "weight");
    /* Pending: what is unknown, and what would supply it. */
    ASSERT_STATUS(nsc_parameter_read(weight, values, sizeof values), NSC_PENDING);
    ASSERT_SAYS(model_either(context), "features.3.weight", "axis 1", "forward", "in_units");
    ASSERT_STATUS(nsc_parameter_set(weight, deep), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(model_either(context), "features.3.weight");

    nsc_tensor *bytes = NULL;
    ASSERT_OK(nsc_tensor_create(context, NSC_UINT8, DIMS(6, 4), &bytes));
    ASSERT_STATUS(nsc_parameter_set(weight, bytes), NSC_WRONG_DTYPE);
    ASSERT_SAYS(model_either(context), "features.3.weight", "uint8", "float32");
    nsc_context *other = model_open(_i, NULL);
    nsc_tensor *foreign = INPUT(other, 1, 6, 4);
    ASSERT_STATUS(nsc_parameter_set(weight, foreign), NSC_WRONG_DEVICE);
    ASSERT_SHAPE(weight, 6, -1);

    ASSERT_OK(nsc_forward(net, x, &y));
    ASSERT_STATUS(nsc_parameter_read(weight, values, sizeof values - 1), NSC_INVALID);
    ASSERT_SAYS(model_either(context), "features.3.weight");
    ASSERT_OK(nsc_parameter_read(weight, values, sizeof values));
    nsc_tensor_release(foreign);
    ASSERT_OK(nsc_context_close(other));
    nsc_tensor_release(bytes);
    nsc_tensor_release(deep);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* Valid until the next call. */
static const char *origin(const nsc_parameter *parameter, int axis)
{
    static char text[256];
    ck_assert_uint_lt(nsc_parameter_origin(parameter, axis, text, sizeof text), sizeof text);
    return text;
}

START_TEST(test_a41_origins_say_who_fixed_a_size)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = deep_net(0);
    nsc_parameter *weight = model_parameter(net, "features.3.weight");
    ck_assert_str_eq(origin(weight, 0), "declared by dense");
    ck_assert_str_eq(origin(weight, 1), "");
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *value = INPUT(context, 2, 3, 2);
    nsc_parameter *head = model_parameter(net, "head.weight");
    ASSERT_OK(nsc_parameter_set(head, value));
    free(model_forward(net, x, NULL));
    ck_assert_str_eq(origin(weight, 0), "declared by dense");
    ASSERT_SAYS(origin(weight, 1), "inferred by features.3 (dense)");
    ck_assert_str_eq(origin(model_parameter(net, "features.0.weight"), 1),
                     "inferred by features.0 (dense) from input 0 (2, 3)");
    ck_assert_str_eq(origin(head, 1), "set by the caller");
    /* As snprintf: the length is told, the text is cut. */
    char cut[4];
    ck_assert_uint_eq(nsc_parameter_origin(head, 1, cut, sizeof cut), strlen("set by the caller"));
    ck_assert_str_eq(cut, "set");
    ck_assert_uint_eq(nsc_parameter_origin(head, 1, NULL, 0), strlen("set by the caller"));
    nsc_tensor_release(x);
    nsc_tensor_release(value);
    nsc_release(net);
}
END_TEST

/* ---- listings --------------------------------------------------------------------------------------------------- */

/* What print writes, with runs of spaces (columns are aligned) made one; free it. */
static char *printed(nsc_block *net, const nsc_proposal *proposal)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    nsc_status status = proposal != NULL ? nsc_print_summary(proposal, file) : nsc_print_parameters(net, file);
    fclose(file);
    ASSERT_OK(status);
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (from[0] != ' ' || from[1] != ' ')
            *to++ = *from;
    *to = '\0';
    return text;
}

START_TEST(test_a42_counts_bytes_and_summary_need_no_values)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_named("out", nsc_dense(10)));
    nsc_proposal *before = NULL, *after = NULL;
    uint64_t elements[2], bytes[2];
    size_t unknown[2];
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 20), 1, &before));
    nsc_proposal_totals(before, &elements[0], &bytes[0], &unknown[0]);
    ck_assert_uint_eq(elements[0], 256 * 20 + 256 + 10 * 256 + 10);
    ck_assert_uint_eq(bytes[0], 4 * elements[0]);
    ck_assert_uint_eq(unknown[0], 0);
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);

    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x = INPUT(context, 1, 2, 20);
    free(model_forward(net, x, NULL));
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 20), 1, &after));
    nsc_proposal_totals(after, &elements[1], &bytes[1], &unknown[1]);
    ck_assert_uint_eq(elements[1], elements[0]);
    ck_assert_uint_eq(bytes[1], bytes[0]);
    ck_assert_uint_eq(unknown[1], 0);
    char *early = printed(net, before), *late = printed(net, after), total[32];
    ck_assert_str_eq(early, late);
    snprintf(total, sizeof total, "%" PRIu64, elements[0]);
    ASSERT_SAYS(early, "0", "out", "dense", "(2, 256)", "(2, 10)", total);
    free(early);
    free(late);
    nsc_proposal_release(before);
    nsc_proposal_release(after);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a42_a_symbolic_batch_has_the_same_totals)
{
    nsc_block *net = nsc_sequential(nsc_dense(256), nsc_dense(10));
    nsc_proposal *proposal = NULL;
    uint64_t elements, bytes;
    size_t unknown;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(-1, 20), 1, &proposal));
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements, 256 * 20 + 256 + 10 * 256 + 10);
    ck_assert_uint_eq(unknown, 0);
    char *summary = printed(net, proposal);
    ASSERT_SAYS(summary, "(-1, 10)");
    free(summary);
    nsc_proposal_release(proposal);

    /* An unknown width: the first weight is counted apart. */
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, -1), 1, &proposal));
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements, 256 + 10 * 256 + 10);
    ck_assert_uint_eq(unknown, 1);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

/* The listing of the book's example: before, after the request (but for it, unchanged), and after one forward. */
START_TEST(test_a42_the_listing_shows_every_state)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_dense(10));
    char *listing = printed(net, NULL);
    ASSERT_SAYS(listing, "0.weight (256, -1) float32 declared", "0.bias (256) float32 shape-known",
                "1.weight (10, -1) float32 declared");
    free(listing);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    listing = printed(net, NULL);
    ASSERT_SAYS(listing, "0.weight (256, -1) float32 declared");
    free(listing);
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 20), 1));
    listing = printed(net, NULL);
    ASSERT_SAYS(listing, "0.weight (256, 20) float32 shape-known", "1.weight (10, 256) float32 shape-known");
    free(listing);
    nsc_tensor *x = INPUT(context, 1, 2, 20);
    free(model_forward(net, x, NULL));
    listing = printed(net, NULL);
    ASSERT_SAYS(listing, "0.weight (256, 20) float32 initialized", "1.bias (10) float32 initialized");
    free(listing);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

static nsc_status read_only(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                            size_t out_count)
{
    (void)in_count;
    (void)out_count;
    nsc_op_parameter(trace, *(nsc_parameter **)user);
    out[0] = in[0];
    return NSC_OK;
}

START_TEST(test_a41_a_long_path_leaves_room_for_the_reason)
{
    nsc_context *context = model_context(_i);
    nsc_parameter *open = NULL;
    char name[129], values[4];
    memset(name, 'n', 128);
    name[128] = 0;
    nsc_block *net = nsc_custom(read_only, .user = &open);
    open = nsc_declare(net, "open", .rank = NSC_UNKNOWN);
    for (int i = 0; i < 8; i++)
        net = nsc_sequential(nsc_named(name, net));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_STATUS(nsc_parameter_read(open, values, sizeof values), NSC_PENDING);
    ASSERT_SAYS(nsc_last_error(context), "nnn.open (?)", "its rank is unknown", "nsc_parameter_set");
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_PENDING);
    ASSERT_SAYS(nsc_last_error(context), "nnn.open (?)", "its rank is unknown", "these inputs do not tell it");
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("deferred: messages and listings");
    EACH_BACKEND(tests, test_a41_a_conflict_names_path_axis_sizes_and_origins);
    tcase_add_test(tests, test_a41_all_conflicts_of_a_call_are_reported);
    EACH_BACKEND(tests, test_a41_every_message_has_the_full_path);
    EACH_BACKEND(tests, test_a41_a_long_path_leaves_room_for_the_reason);
    EACH_BACKEND(tests, test_a41_origins_say_who_fixed_a_size);
    EACH_BACKEND(tests, test_a42_counts_bytes_and_summary_need_no_values);
    tcase_add_test(tests, test_a42_a_symbolic_batch_has_the_same_totals);
    EACH_BACKEND(tests, test_a42_the_listing_shows_every_state);
    return model_end();
}
