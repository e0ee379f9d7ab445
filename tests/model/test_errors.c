/* SPDX-License-Identifier: Apache-2.0 */
/* Error blocks, and what a custom block says when it cannot go on. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* ---- error blocks ----------------------------------------------------------------------------------------------- */

static nsc_block *around(nsc_block *bad)
{
    return nsc_sequential(nsc_dense(4), nsc_named("inner", nsc_sequential(nsc_flatten(), bad)), nsc_dense(2));
}

START_TEST(test_an_error_block_is_reported_with_its_path)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    nsc_block *net = around(nsc_dense(-7));
    char text[256];
    ASSERT_STATUS(nsc_block_check(net, text, sizeof text), NSC_INVALID);
    ASSERT_SAYS(text, "inner.1", "-7", "units");
    ASSERT_STATUS(nsc_block_check(net, NULL, 0), NSC_INVALID);
    ASSERT_STATUS(nsc_initialize(net, context, NULL), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "inner.1", "-7");
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "inner.1", "-7");
    ck_assert_ptr_null(y);
    nsc_proposal *proposal = NULL;
    ASSERT_STATUS(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 3), 1, &proposal), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(NULL), "inner.1", "-7");
    ASSERT_STATUS(nsc_infer_shapes(net, &SHAPE(2, 3), 1), NSC_INVALID);
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);
    ck_assert_int_eq(nsc_parameter_requested(model_parameter(net, "0.weight")), 0);
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

/* Declares one parameter on a fresh block, which must turn into an error block that says `word`. */
static void refuse_declaration(const nsc_parameter_options *options, nsc_status want, const char *word)
{
    nsc_block *block = nsc_custom(pass, .name = "holder");
    ck_assert_ptr_nonnull(nsc_declare(block, "first", .rank = 0));
    ck_assert_ptr_null(nsc_declare_create(block, options, sizeof *options));
    char text[256] = "";
    nsc_block *net = nsc_sequential(block);
    ASSERT_STATUS(nsc_block_check(net, text, sizeof text), want);
    ASSERT_SAYS(text, "holder", word);
    nsc_release(net);
}

START_TEST(test_bad_declarations)
{
    const int64_t below[] = {3, -2}, zero_mark[] = {NSC_DIM_ZERO}, huge[] = {INT64_MAX, INT64_MAX};
    refuse_declaration(&(nsc_parameter_options){.name = NULL}, NSC_INVALID, "name");
    refuse_declaration(&(nsc_parameter_options){.name = ""}, NSC_INVALID, "name");
    refuse_declaration(&(nsc_parameter_options){.name = "a.b"}, NSC_INVALID, "a.b");
    refuse_declaration(&(nsc_parameter_options){.name = "first"}, NSC_INVALID, "first");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = NSC_MAX_RANK + 1}, NSC_INVALID, "rank");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = -2}, NSC_INVALID, "rank");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = 2}, NSC_INVALID, "w");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = 2, .dims = below}, NSC_INVALID, "-2");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = 1, .dims = zero_mark}, NSC_INVALID, "w");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .rank = 2, .dims = huge}, NSC_INVALID, "w");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .dtype = NSC_FLOAT64}, NSC_WRONG_DTYPE, "float64");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .init = {.kind = (nsc_initializer_kind)77}}, NSC_INVALID,
                       "w");
    refuse_declaration(&(nsc_parameter_options){.name = "w", .init = nsc_callback(NULL, NULL)}, NSC_INVALID, "w");
}
END_TEST

START_TEST(test_bad_layers)
{
    nsc_block *bad[] = {nsc_dense(0),
                        nsc_dense(-1),
                        nsc_dense(3, .in_units = -4),
                        nsc_dense(3, .activation = (nsc_activation)99),
                        nsc_dense(3, .weight_init = {.kind = (nsc_initializer_kind)99}),
                        nsc_dense(3, .name = "a.b"),
                        nsc_activate((nsc_activation)-1),
                        nsc_named("a.b", nsc_dense(3)),
                        nsc_named("", nsc_dense(3)),
                        nsc_named(NULL, nsc_dense(3)),
                        nsc_sequential(nsc_named("same", nsc_dense(3)), nsc_named("same", nsc_dense(3))),
                        nsc_sequential(nsc_named("1", nsc_dense(3)), nsc_dense(3)),
                        nsc_dense_create(NULL, 0),
                        nsc_activation_create(NULL, 0),
                        nsc_custom_create(NULL, 0),
                        nsc_sequential_create(NULL),
                        nsc_add_branches_create(NULL),
                        nsc_concat_branches_create(0, NULL)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[256] = "";
        ck_assert_ptr_nonnull(bad[i]);
        nsc_status status = nsc_block_check(bad[i], text, sizeof text);
        ck_assert_msg(status == NSC_INVALID, "bad layer %zu gives %s", i, nsc_status_name(status));
        ck_assert_str_ne(text, "");
        ck_assert_ptr_null(strchr(text, '\n'));
        nsc_release(bad[i]);
    }
}
END_TEST

/* ---- custom errors ---------------------------------------------------------------------------------------------- */

static nsc_status give_code(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                            size_t out_count)
{
    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = in[0];
    return NSC_IO;
}

static nsc_status give_words(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = in[0];
    return nsc_trace_fail(trace, NSC_UNSUPPORTED, "heads must divide the width");
}

/* Goes on after its failure, as a careless caller would: with operations, another failure, another code. */
static nsc_status go_on(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                        size_t out_count)
{
    (void)user;
    (void)in_count;
    (void)out_count;
    nsc_trace_fail(trace, NSC_UNSUPPORTED, "the first failure");
    nsc_value *value = nsc_op_relu(in[0]);
    ck_assert_ptr_nonnull(value);
    value = nsc_op_linear(value, value, NULL);
    ck_assert_ptr_nonnull(value);
    value = nsc_op_concat((nsc_value *const[]){value, in[0]}, 2, 77);
    ck_assert_ptr_nonnull(value);
    ck_assert_ptr_nonnull(nsc_op_softmax(value, 12));
    nsc_trace_fail(trace, NSC_IO, "the second failure");
    out[0] = value;
    return NSC_FAILED;
}

static nsc_status leave_out(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                            size_t out_count)
{
    (void)trace;
    (void)user;
    (void)in;
    (void)in_count;
    (void)out;
    (void)out_count;
    return NSC_OK;
}

static nsc_status no_code(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)user;
    (void)in_count;
    (void)out_count;
    nsc_trace_fail(trace, NSC_OK, "a failure that says OK");
    out[0] = in[0];
    return NSC_OK;
}

START_TEST(test_a_custom_block_fails_with_its_own_words)
{
    static const struct {
        nsc_forward_function forward;
        nsc_status status;
        const char *word, *never;
    } cases[] = {
        {give_code, NSC_IO, "strange", NULL},
        {give_words, NSC_UNSUPPORTED, "heads must divide the width", NULL},
        {go_on, NSC_UNSUPPORTED, "the first failure", "the second failure"},
        {leave_out, NSC_INVALID, "output", NULL},
        {no_code, NSC_INVALID, "a failure that says OK", NULL},
    };
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nsc_block *net = nsc_sequential(
            nsc_dense(4),
            nsc_named("outer", nsc_sequential(nsc_named("odd", nsc_custom(cases[i].forward, .kind = "strange")))));
        nsc_tensor *y = NULL;
        ASSERT_OK(nsc_initialize(net, context, NULL));
        ASSERT_STATUS(nsc_forward(net, x, &y), cases[i].status);
        ASSERT_SAYS(nsc_last_error(context), "outer.odd", cases[i].word);
        if (cases[i].never != NULL)
            ck_assert_ptr_null(strstr(nsc_last_error(context), cases[i].never));
        ck_assert_ptr_null(y);
        ASSERT_STATE(model_parameter(net, "0.weight"), NSC_DECLARED);
        nsc_proposal *proposal = NULL;
        ASSERT_STATUS(nsc_propose(net, NSC_TRAINING, &SHAPE(2, 3), 1, &proposal), cases[i].status);
        ck_assert_ptr_null(proposal);
        nsc_release(net);
    }
    nsc_tensor_release(x);
}
END_TEST

/* A block within a block fails: the outer one is in the chain, the first words stay. */
static nsc_status call_child(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_relu(nsc_op_call(trace, *(nsc_block **)user, in[0]));
    ck_assert_ptr_nonnull(out[0]);
    return NSC_OK;
}

START_TEST(test_a_nested_failure_keeps_the_first_words)
{
    nsc_context *context = model_context(_i);
    nsc_block *child = NULL, *net = nsc_custom(call_child, .user = &child, .kind = "caller");
    child = nsc_add_child(net, "callee", nsc_custom(give_words, .kind = "strange"));
    nsc_tensor *x = INPUT(context, 1, 2, 3), *y = NULL;
    ASSERT_STATUS(nsc_forward(net, x, &y), NSC_UNSUPPORTED);
    ASSERT_SAYS(nsc_last_error(context), "heads must divide the width", "callee");
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

/* A forward function must not run a net: it is told so, and nothing hangs. */
typedef struct inner {
    nsc_block *net;
    nsc_tensor *x;
    nsc_status status;
} inner;

static nsc_status run_inside(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    inner *own = user;
    (void)trace;
    (void)in_count;
    (void)out_count;
    nsc_tensor *y = NULL;
    own->status = nsc_forward(own->net, own->x, &y);
    nsc_tensor_release(y);
    out[0] = in[0];
    return own->status;
}

START_TEST(test_a_forward_within_a_trace_is_refused)
{
    nsc_context *context = model_context(_i);
    inner own = {.net = nsc_dense(3), .x = INPUT(context, 1, 2, 3)};
    nsc_block *net = nsc_custom(run_inside, .user = &own);
    nsc_tensor *y = NULL;
    ASSERT_OK(nsc_initialize(own.net, context, NULL));
    ASSERT_STATUS(nsc_forward(net, own.x, &y), NSC_INVALID);
    ck_assert_int_eq(own.status, NSC_INVALID);
    /* And the context goes on working. */
    free(model_forward(own.net, own.x, NULL));
    nsc_tensor_release(own.x);
    nsc_release(own.net);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("errors");
    EACH_BACKEND(tests, test_an_error_block_is_reported_with_its_path);
    tcase_add_test(tests, test_bad_declarations);
    tcase_add_test(tests, test_bad_layers);
    EACH_BACKEND(tests, test_a_custom_block_fails_with_its_own_words);
    EACH_BACKEND(tests, test_a_nested_failure_keeps_the_first_words);
    EACH_BACKEND(tests, test_a_forward_within_a_trace_is_refused);
    return model_end();
}
