/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes without data: sizes flow forward from inputs, and backward from weights and other operands, in any order. No
 * device is needed, so these run once. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASSERT_INPUT(PROPOSAL, INDEX, ...)                           \
    do {                                                             \
        nsc_shape shape_;                                            \
        ASSERT_OK(nsc_proposal_input((PROPOSAL), (INDEX), &shape_)); \
        ck_assert(model_same_shape(&shape_, DIMS(__VA_ARGS__)));     \
    } while (0)
#define ASSERT_OUTPUT(PROPOSAL, INDEX, ...)                           \
    do {                                                              \
        nsc_shape shape_;                                             \
        ASSERT_OK(nsc_proposal_output((PROPOSAL), (INDEX), &shape_)); \
        ck_assert(model_same_shape(&shape_, DIMS(__VA_ARGS__)));      \
    } while (0)

static nsc_proposal *propose(nsc_block *net, const nsc_shape *inputs, size_t count)
{
    nsc_proposal *proposal = NULL;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, inputs, count, &proposal));
    ck_assert_ptr_nonnull(proposal);
    return proposal;
}

/* The proposed shape of the parameter at path. */
static nsc_shape proposed(const nsc_proposal *proposal, const char *path)
{
    nsc_shape shape = {0};
    const char *at = "";
    size_t i = 0;
    for (; i < nsc_proposal_parameter_count(proposal); i++) {
        ASSERT_OK(nsc_proposal_parameter(proposal, i, &at, &shape));
        if (strcmp(at, path) == 0)
            return shape;
    }
    ck_abort_msg("no parameter %s in the proposal", path);
    return shape;
}

#define ASSERT_PROPOSED(PROPOSAL, PATH, ...)                     \
    do {                                                         \
        nsc_shape shape_ = proposed((PROPOSAL), (PATH));         \
        ck_assert(model_same_shape(&shape_, DIMS(__VA_ARGS__))); \
    } while (0)

/* Runs one expression of up to four inputs and two parameters. */
typedef struct expression {
    nsc_value *(*build)(nsc_trace *trace, const struct expression *own, nsc_value *const *in);
    nsc_parameter *p, *q;
} expression;

static nsc_status build(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                        size_t out_count)
{
    const expression *own = user;
    (void)in_count;
    (void)out_count;
    out[0] = own->build(trace, own, in);
    return NSC_OK;
}

/* Solves an expression without parameters; the caller releases the proposal. */
static nsc_proposal *solve(nsc_value *(*of)(nsc_trace *, const expression *, nsc_value *const *),
                           const nsc_shape *inputs, size_t count)
{
    expression own = {.build = of};
    nsc_block *block = nsc_custom(build, .user = &own, .inputs = count);
    nsc_proposal *proposal = propose(block, inputs, count);
    nsc_release(block);
    return proposal;
}

/* ---- forward ---------------------------------------------------------------------------------------------------- */

START_TEST(test_two_layers)
{
    nsc_block *net = nsc_sequential(nsc_named("fc1", nsc_dense(1000, .activation = NSC_RELU)),
                                    nsc_named("fc2", nsc_dense(10)), nsc_activate(NSC_SOFTMAX));
    nsc_proposal *proposal = propose(net, &SHAPE(100, 100), 1);
    ck_assert_uint_eq(nsc_proposal_parameter_count(proposal), 4);
    ASSERT_PROPOSED(proposal, "fc1.weight", 1000, 100);
    ASSERT_PROPOSED(proposal, "fc1.bias", 1000);
    ASSERT_PROPOSED(proposal, "fc2.weight", 10, 1000);
    ASSERT_PROPOSED(proposal, "fc2.bias", 10);
    ck_assert_uint_eq(nsc_proposal_output_count(proposal), 1);
    ASSERT_OUTPUT(proposal, 0, 100, 10);
    ck_assert_int_eq(proposed(proposal, "fc1.weight").dtype, NSC_FLOAT32);
    nsc_proposal_release(proposal);
    /* Nothing changed. */
    ASSERT_SHAPE(model_parameter(net, "fc1.weight"), 1000, -1);
    ASSERT_STATE(model_parameter(net, "fc1.weight"), NSC_DECLARED);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_weight_that_does_not_fit)
{
    nsc_block *net = nsc_sequential(nsc_dense(1000, .in_units = 7), nsc_dense(10));
    nsc_proposal *proposal = NULL;
    ASSERT_STATUS(nsc_propose(net, NSC_INFERENCE, &SHAPE(100, 100), 1, &proposal), NSC_SHAPE_CONFLICT);
    ck_assert_ptr_null(proposal);
    ASSERT_SAYS(nsc_last_error(NULL), "0.weight", "7", "100");
    nsc_release(net);
}
END_TEST

START_TEST(test_flatten_or_not)
{
    nsc_block *flat = nsc_dense(5), *last = nsc_dense(5, .no_flatten = 1);
    nsc_proposal *proposal = propose(flat, &SHAPE(2, 3, 4), 1);
    ASSERT_PROPOSED(proposal, "weight", 5, 12);
    ASSERT_OUTPUT(proposal, 0, 2, 5);
    nsc_proposal_release(proposal);
    proposal = propose(last, &SHAPE(2, 3, 4), 1);
    ASSERT_PROPOSED(proposal, "weight", 5, 4);
    ASSERT_OUTPUT(proposal, 0, 2, 3, 5);
    nsc_proposal_release(proposal);
    proposal = propose(flat, &SHAPE(6), 1);
    ASSERT_PROPOSED(proposal, "weight", 5, 1);
    ASSERT_OUTPUT(proposal, 0, 6, 5);
    nsc_proposal_release(proposal);
    proposal = propose(flat, &SHAPE(-1, 0, 4), 1);
    ASSERT_PROPOSED(proposal, "weight", 5, 0);
    nsc_proposal_release(proposal);
    nsc_release(flat);
    nsc_release(last);
}
END_TEST

START_TEST(test_a_symbolic_batch)
{
    nsc_block *net = nsc_sequential(nsc_flatten(), nsc_dense(256, .activation = NSC_RELU), nsc_dense(10));
    nsc_proposal *proposal = propose(net, &SHAPE(-1, 28, 28), 1);
    ASSERT_INPUT(proposal, 0, -1, 28, 28);
    ASSERT_OUTPUT(proposal, 0, -1, 10);
    ASSERT_PROPOSED(proposal, "1.weight", 256, 784);
    nsc_proposal_release(proposal);
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(-1, 28, 28), 1));
    ASSERT_SHAPE(model_parameter(net, "1.weight"), 256, 784);
    ASSERT_STATE(model_parameter(net, "1.weight"), NSC_SHAPE_KNOWN);
    nsc_release(net);
}
END_TEST

START_TEST(test_rank_is_kept_where_sizes_are_unknown)
{
    nsc_block *last = nsc_dense(5, .no_flatten = 1);
    nsc_proposal *proposal = propose(last, &SHAPE(-1, 3, 4), 1);
    ASSERT_OUTPUT(proposal, 0, -1, 3, 5);
    nsc_proposal_release(proposal);
    proposal = propose(last, &SHAPE(-1, -1, -1), 1);
    ASSERT_OUTPUT(proposal, 0, -1, -1, 5);
    ASSERT_PROPOSED(proposal, "weight", 5, -1);
    nsc_proposal_release(proposal);
    nsc_release(last);
}
END_TEST

/* ---- backward --------------------------------------------------------------------------------------------------- */

static nsc_value *linear_of_shifted(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    nsc_value *weight = nsc_op_add(nsc_op_parameter(trace, own->p), nsc_op_parameter(trace, own->q));
    return nsc_op_linear(in[0], nsc_op_activation(weight, NSC_IDENTITY), NULL);
}

START_TEST(test_backward_through_add_and_identity)
{
    expression own = {.build = linear_of_shifted};
    nsc_block *block = nsc_custom(build, .user = &own);
    own.p = nsc_declare(block, "weight", .rank = 2, .dims = (int64_t[]){11, -1});
    own.q = nsc_declare(block, "shift", .rank = 1, .dims = (int64_t[]){1});
    nsc_proposal *proposal = propose(block, &SHAPE(7, 100), 1);
    ASSERT_PROPOSED(proposal, "weight", 11, 100);
    ASSERT_PROPOSED(proposal, "shift", 1);
    ASSERT_OUTPUT(proposal, 0, 7, 11);
    nsc_proposal_release(proposal);
    nsc_release(block);
}
END_TEST

static nsc_value *sum(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    (void)trace;
    (void)own;
    return nsc_op_add(in[0], in[1]);
}

START_TEST(test_element_wise_operands_complete_each_other)
{
    nsc_proposal *proposal = solve(sum, (nsc_shape[]){SHAPE(-1, 10), SHAPE(12, -1)}, 2);
    ASSERT_INPUT(proposal, 0, 12, 10);
    ASSERT_INPUT(proposal, 1, 12, 10);
    ASSERT_OUTPUT(proposal, 0, 12, 10);
    nsc_proposal_release(proposal);
}
END_TEST

static nsc_value *layer_plus_partner(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    return nsc_op_add(nsc_op_linear(in[0], nsc_op_parameter(trace, own->p), nsc_op_parameter(trace, own->q)), in[1]);
}

START_TEST(test_the_batch_comes_back_from_a_partner)
{
    expression own = {.build = layer_plus_partner};
    nsc_block *block = nsc_custom(build, .user = &own, .inputs = 2);
    own.p = nsc_declare(block, "weight", .rank = 2, .dims = (int64_t[]){21, -1});
    own.q = nsc_declare(block, "bias", .rank = 1, .dims = (int64_t[]){-1});
    nsc_proposal *proposal = propose(block, (nsc_shape[]){SHAPE(-1, 10), SHAPE(5, -1)}, 2);
    ASSERT_INPUT(proposal, 0, 5, 10);
    ASSERT_INPUT(proposal, 1, 5, 21);
    ASSERT_PROPOSED(proposal, "weight", 21, 10);
    ASSERT_PROPOSED(proposal, "bias", 21);
    nsc_proposal_release(proposal);
    nsc_release(block);
}
END_TEST

static nsc_value *concat_plus(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    (void)trace;
    (void)own;
    return nsc_op_add(nsc_op_concat(in, 2, 1), in[2]);
}

START_TEST(test_concat_forward_and_backward)
{
    nsc_proposal *proposal = solve(concat_plus, (nsc_shape[]){SHAPE(-1, 10), SHAPE(-1, 5), SHAPE(2, -1)}, 3);
    ASSERT_INPUT(proposal, 0, 2, 10);
    ASSERT_INPUT(proposal, 1, 2, 5);
    ASSERT_INPUT(proposal, 2, 2, 15);
    nsc_proposal_release(proposal);
    /* One unknown part of a known whole. */
    proposal = solve(concat_plus, (nsc_shape[]){SHAPE(2, 10), SHAPE(-1, -1), SHAPE(-1, 15)}, 3);
    ASSERT_INPUT(proposal, 1, 2, 5);
    nsc_proposal_release(proposal);
}
END_TEST

START_TEST(test_backward_from_weights)
{
    nsc_block *net = nsc_sequential(nsc_dense(4, .in_units = 7, .no_flatten = 1), nsc_dense(3, .no_flatten = 1));
    nsc_proposal *proposal = propose(net, &SHAPE(2, -1), 1);
    ASSERT_INPUT(proposal, 0, 2, 7);
    ASSERT_PROPOSED(proposal, "1.weight", 3, 4);
    nsc_proposal_release(proposal);
    nsc_release(net);

    /* Through flatten: 12 = 3 * ?. */
    net = nsc_sequential(nsc_flatten(), nsc_dense(5, .in_units = 12));
    proposal = propose(net, &SHAPE(2, 3, -1), 1);
    ASSERT_INPUT(proposal, 0, 2, 3, 4);
    nsc_proposal_release(proposal);
    ASSERT_STATUS(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 5, -1), 1, &proposal), NSC_SHAPE_CONFLICT);
    nsc_release(net);
}
END_TEST

/* The second branch alone does not know its width; the first does. */
START_TEST(test_the_order_of_branches_does_not_matter)
{
    for (int order = 0; order < 2; order++) {
        nsc_block *knows = nsc_named("knows", nsc_dense(4, .in_units = 7)), *asks = nsc_named("asks", nsc_dense(4)),
                  *net = order == 0 ? nsc_add_branches(knows, asks) : nsc_add_branches(asks, knows);
        nsc_proposal *proposal = propose(net, &SHAPE(-1, -1), 1);
        ASSERT_INPUT(proposal, 0, -1, 7);
        ASSERT_PROPOSED(proposal, "asks.weight", 4, 7);
        ASSERT_OUTPUT(proposal, 0, -1, 4);
        nsc_proposal_release(proposal);
        nsc_release(net);
    }
}
END_TEST

/* A chain of element-wise constraints, declared in every order. */
typedef struct chain {
    int order[3];
} chain;

static nsc_status chain_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    const chain *own = user;
    (void)trace;
    (void)in_count;
    (void)out_count;
    for (int i = 0; i < 3; i++) /* 0 with 1, 1 with 2, 2 with 3 */
        out[own->order[i]] = nsc_op_mul(in[own->order[i]], in[own->order[i] + 1]);
    return NSC_OK;
}

START_TEST(test_the_order_of_constraints_does_not_matter)
{
    chain all[] = {{{0, 1, 2}}, {{0, 2, 1}}, {{1, 0, 2}}, {{1, 2, 0}}, {{2, 0, 1}}, {{2, 1, 0}}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        nsc_block *block = nsc_custom(chain_forward, .user = &all[i], .inputs = 4, .outputs = 3);
        nsc_proposal *proposal =
            propose(block, (nsc_shape[]){SHAPE(-1, -1, -1), SHAPE(2, -1, -1), SHAPE(-1, 3, -1), SHAPE(-1, -1, 4)}, 4);
        for (size_t j = 0; j < 4; j++)
            ASSERT_INPUT(proposal, j, 2, 3, 4);
        for (size_t j = 0; j < 3; j++)
            ASSERT_OUTPUT(proposal, j, 2, 3, 4);
        nsc_proposal_release(proposal);
        nsc_release(block);
    }
}
END_TEST

/* ---- unknown ---------------------------------------------------------------------------------------------------- */

static nsc_value *first_of(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    (void)trace;
    (void)own;
    return in[0];
}

START_TEST(test_an_unknown_rank_stays_unknown)
{
    expression own = {.build = first_of};
    nsc_block *block = nsc_custom(build, .user = &own);
    own.p = nsc_declare(block, "open", .rank = NSC_UNKNOWN);
    nsc_proposal *proposal = propose(block, &SHAPE(2, 3), 1);
    ck_assert_int_eq(proposed(proposal, "open").rank, NSC_UNKNOWN);
    uint64_t elements = 1, bytes = 1;
    size_t unknown = 0;
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements, 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_uint_eq(unknown, 1);
    nsc_proposal_release(proposal);
    nsc_release(block);
}
END_TEST

static nsc_value *two_weights(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    nsc_value *first = nsc_op_linear(in[0], nsc_op_parameter(trace, own->p), NULL);
    return nsc_op_linear(first, nsc_op_parameter(trace, own->q), NULL);
}

/* One unknown dimension under one name: what fixes it in one parameter fixes it in the other. */
START_TEST(test_a_named_dimension_is_shared)
{
    static const char *const rows_first[] = {"hidden", NULL}, *const rows_last[] = {NULL, "hidden"};
    expression own = {.build = first_of};
    nsc_block *block = nsc_custom(build, .user = &own);
    own.p = nsc_declare(block, "a", .rank = 2, .dims = (int64_t[]){-1, -1}, .dim_names = rows_first);
    own.q = nsc_declare(block, "b", .rank = 2, .dims = (int64_t[]){3, -1}, .dim_names = rows_last);
    nsc_parameter *c =
        nsc_declare(block, "c", .rank = 1, .dims = (int64_t[]){-1}, .dim_names = (const char *const[]){"hidden"});
    ck_assert_ptr_nonnull(c);
    /* Held only: nothing says what hidden is. */
    nsc_proposal *proposal = propose(block, &SHAPE(2, 5), 1);
    ASSERT_PROPOSED(proposal, "b", 3, -1);
    nsc_proposal_release(proposal);

    own.build = two_weights;
    proposal = propose(block, &SHAPE(2, 5), 1);
    ASSERT_PROPOSED(proposal, "a", -1, 5);
    ASSERT_OUTPUT(proposal, 0, 2, 3);
    nsc_proposal_release(proposal);

    nsc_context *context = model_context(0);
    nsc_tensor *value = INPUT(context, 1, 8);
    ASSERT_OK(nsc_parameter_set(c, value));
    proposal = propose(block, &SHAPE(2, 5), 1);
    ASSERT_PROPOSED(proposal, "a", 8, 5);
    ASSERT_PROPOSED(proposal, "b", 3, 8);
    nsc_proposal_release(proposal);
    nsc_tensor_release(value);
    nsc_release(block);
}
END_TEST

/* ---- ranks and sizes that no operation takes -------------------------------------------------------------------- */

static nsc_value *relu_of_first(nsc_trace *trace, const expression *own, nsc_value *const *in)
{
    (void)trace;
    (void)own;
    return nsc_op_relu(in[0]);
}

START_TEST(test_sizes_that_overflow_are_refused)
{
    nsc_block *net = nsc_dense(INT64_MAX / 2);
    nsc_proposal *proposal = NULL;
    nsc_status status = nsc_propose(net, NSC_INFERENCE, &SHAPE(2, INT64_MAX / 2, 3), 1, &proposal);
    ck_assert(status == NSC_INVALID || status == NSC_UNSUPPORTED);
    ck_assert_ptr_null(proposal);
    nsc_release(net);
}
END_TEST

START_TEST(test_bad_shapes_are_refused)
{
    expression own = {.build = relu_of_first};
    nsc_block *block = nsc_custom(build, .user = &own);
    nsc_shape bad[] = {SHAPE(2, -2), SHAPE(2, NSC_DIM_ZERO), SHAPE(2), SHAPE(2), SHAPE(2)};
    bad[2].rank = NSC_MAX_RANK + 1;
    bad[3].rank = -2;
    bad[4].dtype = (nsc_dtype)7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nsc_proposal *proposal = NULL;
        nsc_status status = nsc_propose(block, NSC_INFERENCE, &bad[i], 1, &proposal);
        ck_assert_msg(status == NSC_INVALID || status == NSC_WRONG_DTYPE, "shape %zu gives %s", i,
                      nsc_status_name(status));
        ck_assert_ptr_null(proposal);
    }
    nsc_release(block);
}
END_TEST

static nsc_status add_own(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_add(in[0], nsc_op_parameter(trace, *(nsc_parameter **)user));
    return NSC_OK;
}

START_TEST(test_totals_do_not_wrap)
{
    nsc_block *net = nsc_sequential(nsc_dense(4, .in_units = 1), nsc_dense(INT64_MAX, .in_units = 4, .no_bias = 1),
                                    nsc_dense(1, .in_units = INT64_MAX, .no_bias = 1));
    nsc_proposal *proposal = NULL;
    uint64_t elements, bytes;
    size_t unknown;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 1), 1, &proposal));
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    ck_assert_uint_eq(elements, 8);
    ck_assert_uint_eq(bytes, 8 * sizeof(float));
    ck_assert_uint_eq(unknown, 2);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_rank_of_zero_is_learnt)
{
    nsc_parameter *open = NULL;
    nsc_block *net = nsc_custom(add_own, .user = &open);
    open = nsc_declare(net, "open", .rank = NSC_UNKNOWN);
    ASSERT_OK(nsc_infer_shapes(net, &(nsc_shape){.rank = 0}, 1));
    ASSERT_STATE(open, NSC_SHAPE_KNOWN);
    ck_assert_int_eq(nsc_parameter_shape(open, NULL), 0);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_product_with_a_zero_is_zero)
{
    nsc_block *net = nsc_sequential(nsc_flatten(), nsc_dense(3)), *wide = nsc_sequential(nsc_dense(3, .in_units = 5));
    nsc_proposal *proposal = NULL;
    nsc_shape weight;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &SHAPE(2, 0, -1), 1, &proposal));
    ASSERT_OK(nsc_proposal_parameter(proposal, 0, NULL, &weight));
    ck_assert(model_same_shape(&weight, DIMS(3, 0)));
    nsc_proposal_release(proposal);
    ASSERT_STATUS(nsc_propose(wide, NSC_INFERENCE, &SHAPE(2, 0, -1), 1, &proposal), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(nsc_last_error(NULL), "0.weight", "5", "0");
    nsc_release(net);
    nsc_release(wide);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("shapes");
    tcase_add_test(tests, test_two_layers);
    tcase_add_test(tests, test_a_weight_that_does_not_fit);
    tcase_add_test(tests, test_flatten_or_not);
    tcase_add_test(tests, test_a_symbolic_batch);
    tcase_add_test(tests, test_rank_is_kept_where_sizes_are_unknown);
    tcase_add_test(tests, test_backward_through_add_and_identity);
    tcase_add_test(tests, test_element_wise_operands_complete_each_other);
    tcase_add_test(tests, test_the_batch_comes_back_from_a_partner);
    tcase_add_test(tests, test_concat_forward_and_backward);
    tcase_add_test(tests, test_backward_from_weights);
    tcase_add_test(tests, test_the_order_of_branches_does_not_matter);
    tcase_add_test(tests, test_the_order_of_constraints_does_not_matter);
    tcase_add_test(tests, test_an_unknown_rank_stays_unknown);
    tcase_add_test(tests, test_a_named_dimension_is_shared);
    tcase_add_test(tests, test_a_product_with_a_zero_is_zero);
    tcase_add_test(tests, test_a_rank_of_zero_is_learnt);
    tcase_add_test(tests, test_totals_do_not_wrap);
    tcase_add_test(tests, test_sizes_that_overflow_are_refused);
    tcase_add_test(tests, test_bad_shapes_are_refused);
    return model_end();
}
