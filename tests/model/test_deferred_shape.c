/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred initialisation: ranks, merging, ties, and the shapes at the edge. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

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

/* A block whose parameters are only held. */
static nsc_block *holder(void)
{
    return nsc_custom(pass, .kind = "holder");
}

static nsc_parameter *hold(nsc_block *block, const char *name, int rank, const int64_t *dims)
{
    nsc_parameter *parameter = nsc_declare(block, name, .rank = rank, .dims = dims);
    ck_assert_ptr_nonnull(parameter);
    return parameter;
}

START_TEST(test_a13_a_value_of_another_rank_is_refused)
{
    nsc_context *context = model_context(_i);
    nsc_block *block = holder();
    nsc_parameter *known = hold(block, "known", DIMS(4, 3)), *half = hold(block, "half", DIMS(4, -1)),
                  *ready = hold(block, "ready", DIMS(4, 3));
    nsc_tensor *deep = INPUT(context, 1, 4, 3, 2), *flat = INPUT(context, 2, 4), *value = INPUT(context, 3, 4, 3);
    ASSERT_OK(nsc_parameter_set(ready, value));
    nsc_parameter *const all[] = {known, half, ready};
    const nsc_parameter_state states[] = {NSC_SHAPE_KNOWN, NSC_DECLARED, NSC_INITIALIZED};
    for (size_t i = 0; i < 3; i++) {
        ASSERT_STATUS(nsc_parameter_set(all[i], deep), NSC_SHAPE_CONFLICT);
        ASSERT_SAYS(model_either(context), nsc_parameter_name(all[i]), "rank", "2", "3");
        ASSERT_STATUS(nsc_parameter_set(all[i], flat), NSC_SHAPE_CONFLICT);
        ASSERT_STATE(all[i], states[i]);
    }
    ASSERT_SHAPE(known, 4, 3);
    ASSERT_SHAPE(half, 4, -1);
    float *kept = model_read_parameter(ready), *given = model_read(value);
    ck_assert_mem_eq(kept, given, 12 * sizeof(float));
    free(kept);
    free(given);
    nsc_tensor_release(deep);
    nsc_tensor_release(flat);
    nsc_tensor_release(value);
    nsc_release(block);
}
END_TEST

/* ---- the laws of merging ---------------------------------------------------------------------------------------- */

typedef struct partial {
    int rank; /* NSC_UNKNOWN, or 0 to 8; -2: a conflict */
    int64_t dims[NSC_MAX_RANK];
} partial;

/* What merging means, said independently. */
static partial merged(partial a, partial b)
{
    if (a.rank == -2 || b.rank == NSC_UNKNOWN)
        return a;
    if (b.rank == -2 || a.rank == NSC_UNKNOWN)
        return b;
    partial both = a;
    for (int i = 0; i < a.rank && a.rank == b.rank; i++) {
        if (a.dims[i] == NSC_UNKNOWN)
            both.dims[i] = b.dims[i];
        else if (b.dims[i] != NSC_UNKNOWN && b.dims[i] != a.dims[i])
            both.rank = -2;
    }
    if (a.rank != b.rank)
        both.rank = -2;
    return both;
}

static int same(partial a, partial b)
{
    return a.rank == b.rank && (a.rank <= 0 || memcmp(a.dims, b.dims, (size_t)a.rank * sizeof a.dims[0]) == 0);
}

/* Shapes that meet often: a common one with sizes forgotten, at times changed in a size, in the rank, or unknown. */
static partial some(uint64_t *random, partial common)
{
    for (int i = 0; i < common.rank; i++)
        if (model_random_int(random, 0, 2) == 0)
            common.dims[i] = NSC_UNKNOWN;
    int64_t change = model_random_int(random, 0, 12);
    if (change == 0)
        common.rank = NSC_UNKNOWN;
    else if (change == 1 && common.rank > 0)
        common.dims[model_random_int(random, 0, common.rank)] = model_random_int(random, 0, 4);
    else if (change == 2 && common.rank > 0)
        common.rank--;
    return common;
}

typedef struct trio {
    nsc_block *block;
    nsc_parameter *parameter[3];
    partial before[3];
    int tied;
} trio;

static trio trio_of(const partial shapes[3])
{
    static const char *const names[] = {"a", "b", "c"};
    trio made = {.block = holder()};
    for (int i = 0; i < 3; i++) {
        made.before[i] = shapes[i];
        made.parameter[i] = hold(made.block, names[i], shapes[i].rank, shapes[i].dims);
    }
    return made;
}

static partial shape_of(const nsc_parameter *parameter)
{
    partial shape = {0};
    shape.rank = nsc_parameter_shape(parameter, shape.dims);
    return shape;
}

/* Ties i with j; a conflict must leave both shapes as they were. 0: conflict. */
static int tie(trio *three, int i, int j)
{
    partial a = shape_of(three->parameter[i]), b = shape_of(three->parameter[j]), both = merged(a, b);
    nsc_status status = nsc_parameter_tie(three->parameter[i], three->parameter[j]);
    if (both.rank == -2) {
        ck_assert_int_eq(status, NSC_SHAPE_CONFLICT);
        ck_assert(same(shape_of(three->parameter[i]), a));
        ck_assert(same(shape_of(three->parameter[j]), b));
        return 0;
    }
    ASSERT_OK(status);
    ck_assert(same(shape_of(three->parameter[i]), both));
    ck_assert(same(shape_of(three->parameter[j]), both));
    return 1;
}

START_TEST(test_a14_merging_is_commutative_associative_and_idempotent)
{
    /* Every order and grouping of three: ties that form a tree. */
    static const int orders[][4] = {{0, 1, 1, 2}, {1, 0, 2, 0}, {1, 2, 0, 1}, {2, 1, 1, 0}, {0, 2, 2, 1}, {2, 0, 0, 1}};
    uint64_t random = 14;
    int conflicts = 0, merges = 0;
    for (int round = 0; round < 3000; round++) {
        partial common = {.rank = round % (NSC_MAX_RANK + 1)}, shapes[3];
        for (int i = 0; i < common.rank; i++)
            common.dims[i] = model_random_int(&random, 0, 5);
        for (int i = 0; i < 3; i++)
            shapes[i] = some(&random, common);
        partial expected = merged(merged(shapes[0], shapes[1]), shapes[2]);
        ck_assert(same(expected, merged(shapes[0], merged(shapes[1], shapes[2]))) || expected.rank == -2);
        for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
            trio three = trio_of(shapes);
            int tied = tie(&three, orders[k][0], orders[k][1]) && tie(&three, orders[k][2], orders[k][3]);
            ck_assert_int_eq(tied, expected.rank != -2);
            for (int i = 0; tied && i < 3; i++)
                ck_assert(same(shape_of(three.parameter[i]), expected));
            nsc_release(three.block);
        }
        *(expected.rank == -2 ? &conflicts : &merges) += 1;

        const partial equal[3] = {shapes[0], shapes[0], shapes[0]};
        trio three = trio_of(equal);
        ck_assert(tie(&three, 0, 1) && tie(&three, 1, 2));
        ck_assert(same(shape_of(three.parameter[2]), shapes[0]));
        nsc_release(three.block);
    }
    ck_assert_int_gt(conflicts, 300);
    ck_assert_int_gt(merges, 300);
}
END_TEST

START_TEST(test_a14_the_example)
{
    const partial shapes[3] = {{2, {-1, 5}}, {2, {3, -1}}, {.rank = NSC_UNKNOWN}};
    trio three = trio_of(shapes);
    ck_assert(tie(&three, 0, 1) && tie(&three, 2, 0));
    ASSERT_SHAPE(three.parameter[0], 3, 5);
    ASSERT_SHAPE(three.parameter[2], 3, 5);
    nsc_release(three.block);
}
END_TEST

/* ---- ties ------------------------------------------------------------------------------------------------------- */

START_TEST(test_a22_a_tie_that_does_not_fit_is_refused_at_once)
{
    nsc_context *context = model_context(_i);
    nsc_block *block = holder(), *net = nsc_sequential(nsc_dense(5, .name = "out"));
    nsc_parameter *table = hold(block, "table", DIMS(7, 3)), *weight = model_parameter(net, "out.weight");
    ASSERT_STATUS(nsc_parameter_tie(weight, table), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(nsc_last_error(NULL), "weight", "table", "axis 0", "5", "7");
    ASSERT_SHAPE(weight, 5, -1);
    ASSERT_SHAPE(table, 7, 3);
    /* Nothing is tied: a value of one is none of the other. */
    nsc_tensor *value = INPUT(context, 1, 7, 3);
    ASSERT_OK(nsc_parameter_set(table, value));
    ASSERT_STATE(weight, NSC_DECLARED);
    nsc_tensor_release(value);
    nsc_release(net);
    nsc_release(block);
}
END_TEST

START_TEST(test_a22_a_tie_merges_both_ways)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(5, .no_bias = 1), nsc_dense(5, .in_units = 4, .no_bias = 1));
    nsc_parameter *first = model_parameter(net, "0.weight"), *second = model_parameter(net, "1.weight");
    ASSERT_OK(nsc_parameter_tie(first, second));
    ASSERT_SHAPE(first, 5, 4);
    ASSERT_SHAPE(second, 5, 4);
    nsc_tensor *value = INPUT(context, 1, 5, 4);
    ASSERT_OK(nsc_parameter_set(first, value));
    ASSERT_STATE(second, NSC_INITIALIZED);
    ck_assert(model_same_value(first, second));
    nsc_tensor_release(value);
    nsc_release(net);
}
END_TEST

static nsc_status count_fills(void *user, const nsc_fill *fill)
{
    ++*(int *)user;
    for (size_t i = 0; i < fill->count; i++)
        fill->values[i] = 0.5f;
    return NSC_OK;
}

START_TEST(test_a22_a_tied_parameter_is_filled_once)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(3, .no_bias = 1), nsc_dense(3, .no_bias = 1));
    int fills = 0;
    nsc_initialize_options options = {.size = sizeof options, .init = nsc_callback(count_fills, &fills)};
    ASSERT_OK(nsc_parameter_tie(model_parameter(net, "1.weight"), model_parameter(net, "0.weight")));
    ASSERT_OK(nsc_initialize(net, context, &options));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    ck_assert_int_eq(fills, 1);
    ASSERT_STATE(model_parameter(net, "0.weight"), NSC_INITIALIZED);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

START_TEST(test_a22_a_size_is_kept_while_a_value_has_it)
{
    nsc_context *context = model_context(_i);
    const int64_t unknown[] = {-1};
    const char *const names[] = {"width"};
    nsc_block *first = holder(), *second = holder();
    nsc_parameter *a = nsc_declare(first, "a", .rank = 1, .dims = unknown, .dim_names = names);
    nsc_parameter *b = nsc_declare(first, "b", .rank = 1, .dims = unknown, .dim_names = names);
    nsc_parameter *c = hold(second, "c", 1, unknown);
    nsc_tensor *five = INPUT(context, 1, 5), *seven = INPUT(context, 2, 7);
    ASSERT_OK(nsc_parameter_tie(a, c));
    ASSERT_OK(nsc_parameter_set(a, five));
    ASSERT_OK(nsc_parameter_set(b, five));
    ASSERT_OK(nsc_forget(second)); /* c, which is a; b has its value still */
    ASSERT_STATE(c, NSC_SHAPE_KNOWN);
    ASSERT_STATE(b, NSC_INITIALIZED);
    ASSERT_SHAPE(b, 5);
    ASSERT_STATUS(nsc_parameter_set(c, seven), NSC_SHAPE_CONFLICT);
    ASSERT_OK(nsc_forget(first));
    ASSERT_STATE(b, NSC_DECLARED);
    ASSERT_STATE(c, NSC_DECLARED);
    ASSERT_OK(nsc_parameter_set(c, seven));
    ASSERT_SHAPE(b, 7);
    nsc_tensor_release(five);
    nsc_tensor_release(seven);
    nsc_release(first);
    nsc_release(second);
}
END_TEST

/* ---- the edge --------------------------------------------------------------------------------------------------- */

typedef struct edge {
    nsc_parameter *scalar, *empty, *open, *bias;
} edge;

/* y = x open^T + bias, times scalar, beside the no columns of y empty^T. */
static nsc_status edge_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    const edge *own = user;
    (void)in_count;
    (void)out_count;
    nsc_value *y = nsc_op_linear(in[0], nsc_op_parameter(trace, own->open), nsc_op_parameter(trace, own->bias));
    y = nsc_op_mul(y, nsc_op_parameter(trace, own->scalar));
    nsc_value *const parts[] = {y, nsc_op_linear(y, nsc_op_parameter(trace, own->empty), NULL)};
    out[0] = nsc_op_concat(parts, 2, 1);
    return NSC_OK;
}

START_TEST(test_a24_scalar_empty_and_open_parameters_are_distinct)
{
    nsc_context *context = model_context(_i);
    edge own;
    nsc_block *block = nsc_custom(edge_forward, .user = &own);
    own.scalar = nsc_declare(block, "scalar", .rank = 0, .init = nsc_constant(2.0f));
    own.empty = hold(block, "empty", DIMS(0, 4));
    own.open = hold(block, "open", NSC_UNKNOWN, NULL);
    own.bias = nsc_declare(block, "bias", .rank = 1, .dims = (int64_t[]){4}, .init = nsc_ones());
    int64_t dims[NSC_MAX_RANK];
    ck_assert_int_eq(nsc_parameter_shape(own.scalar, dims), 0);
    ck_assert_int_eq(nsc_parameter_shape(own.open, dims), NSC_UNKNOWN);
    ASSERT_SHAPE(own.empty, 0, 4);
    ASSERT_STATE(own.scalar, NSC_SHAPE_KNOWN);
    ASSERT_STATE(own.empty, NSC_SHAPE_KNOWN);
    ASSERT_STATE(own.open, NSC_DECLARED);

    nsc_initialize_options zeros = {.size = sizeof zeros, .init = nsc_zeros()};
    ASSERT_OK(nsc_initialize(block, context, &zeros));
    ASSERT_STATE(own.scalar, NSC_SHAPE_KNOWN); /* one commit for all of them */
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    size_t count;
    float *y = model_forward(block, x, &count);
    ck_assert_uint_eq(count, 8);
    for (int i = 0; i < 8; i++)
        ck_assert_float_eq(y[i], 2.0f);
    ASSERT_SHAPE(own.open, 4, 3);
    ASSERT_STATE(own.open, NSC_INITIALIZED);
    ASSERT_STATE(own.empty, NSC_INITIALIZED);
    float *scalar = model_read_parameter(own.scalar);
    ck_assert_float_eq(scalar[0], 2.0f);
    free(model_read_parameter(own.empty));
    free(scalar);
    free(y);
    nsc_tensor_release(x);
    nsc_release(block);
}
END_TEST

START_TEST(test_a24_an_open_rank_takes_a_value_of_any_rank)
{
    nsc_context *context = model_context(_i);
    const int64_t dims[] = {1, 2, 1, 3, 1, 1, 2, 1};
    for (int rank = 0; rank <= NSC_MAX_RANK; rank++) {
        nsc_block *block = holder();
        nsc_parameter *open = hold(block, "open", NSC_UNKNOWN, NULL);
        nsc_tensor *value = model_tensor(context, 5, NULL, rank, dims);
        ASSERT_OK(nsc_parameter_set(open, value));
        ck_assert(model_has_shape(open, rank, dims));
        ASSERT_STATE(open, NSC_INITIALIZED);
        nsc_tensor_release(value);
        nsc_release(block);
    }
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("deferred: shapes");
    EACH_BACKEND(tests, test_a13_a_value_of_another_rank_is_refused);
    tcase_add_test(tests, test_a14_merging_is_commutative_associative_and_idempotent);
    tcase_add_test(tests, test_a14_the_example);
    EACH_BACKEND(tests, test_a22_a_tie_that_does_not_fit_is_refused_at_once);
    EACH_BACKEND(tests, test_a22_a_tie_merges_both_ways);
    EACH_BACKEND(tests, test_a22_a_tied_parameter_is_filled_once);
    EACH_BACKEND(tests, test_a22_a_size_is_kept_while_a_value_has_it);
    EACH_BACKEND(tests, test_a24_scalar_empty_and_open_parameters_are_distinct);
    EACH_BACKEND(tests, test_a24_an_open_rank_takes_a_value_of_any_rank);
    return model_end();
}
