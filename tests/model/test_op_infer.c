/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes through every operation, without data: what is unknown stays so, sizes flow forward and, where an operation says
 * so, back; and the order in which operations are called shows nowhere. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define U NSC_UNKNOWN
#define S(...)                                                                                     \
    {                                                                                              \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = { __VA_ARGS__ } \
    }
#define ZERO      \
    {             \
        .rank = 0 \
    }
#define INT(...)                                                                                                     \
    {                                                                                                                \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = {__VA_ARGS__}, .dtype = NSC_INT32 \
    }
#define AXES(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)
#define SIZES(...)    \
    (const int64_t[]) \
    {                 \
        __VA_ARGS__   \
    }
#define A x[0]
#define B x[1]

/* name, call, inputs (two; an unused one is ZERO), the output, the inputs as solved */
#define CASES(CASE)                                                                                                 \
    CASE(unary, nsc_op_exp(A), S(U, 3), ZERO, S(U, 3), S(U, 3), ZERO)                                               \
    CASE(binary, nsc_op_add(A, B), S(U, 3), S(U, 3), S(U, 3), S(U, 3), S(U, 3))                                     \
    CASE(binary_back, nsc_op_mul(A, B), S(U, 3), S(4, 3), S(4, 3), S(4, 3), S(4, 3))                                \
    CASE(binary_both, nsc_op_sub(A, B), S(U, 3), S(4, U), S(4, 3), S(4, 3), S(4, 3))                                \
    CASE(binary_one, nsc_op_add(A, B), S(U, 3), S(1, 3), S(U, 3), S(U, 3), S(1, 3))                                 \
    CASE(binary_rank, nsc_op_div(A, B), S(U, U, 3), S(U), S(U, U, 3), S(U, U, 3), S(3))                             \
    CASE(prelu, nsc_op_prelu(A, B), S(U, 3), S(U), S(U, 3), S(U, 3), S(3))                                          \
    CASE(where, nsc_op_where(A, A, B), S(U, 3), S(2, U), S(2, 3), S(2, 3), S(2, 3))                                 \
    CASE(cast, nsc_op_cast(A, NSC_UINT8), S(U, 3), ZERO, S(U, 3), S(U, 3), ZERO)                                    \
    CASE(dropout, nsc_op_dropout(A, 0.5f), S(U, 3), ZERO, S(U, 3), S(U, 3), ZERO)                                   \
    CASE(reshape, nsc_op_reshape(A, 2, SIZES(U, 6)), S(U, 2, 3), ZERO, S(U, 6), S(U, 2, 3), ZERO)                   \
    CASE(reshape_same, nsc_op_reshape(A, 3, SIZES(NSC_DIM_SAME, 2, U)), S(U, 6), ZERO, S(U, 2, 3), S(U, 6), ZERO)   \
    CASE(reshape_back, nsc_op_reshape(A, 2, SIZES(4, 6)), S(U, 2, 3), ZERO, S(4, 6), S(4, 2, 3), ZERO)              \
    CASE(reshape_join, nsc_op_add(nsc_op_reshape(A, 2, SIZES(U, 6)), B), S(U, 2, 3), S(5, 6), S(5, 6), S(5, 2, 3),  \
         S(5, 6))                                                                                                   \
    CASE(flatten, nsc_op_flatten(A), S(U, 2, 3), ZERO, S(U, 6), S(U, 2, 3), ZERO)                                   \
    CASE(flatten_back, nsc_op_add(nsc_op_flatten(A), B), S(2, U, 3), S(2, 12), S(2, 12), S(2, 4, 3), S(2, 12))      \
    CASE(transpose, nsc_op_transpose(A, NULL), S(U, 2, 3), ZERO, S(3, 2, U), S(U, 2, 3), ZERO)                      \
    CASE(transpose_back, nsc_op_add(nsc_op_transpose(A, NULL), B), S(U, 2), S(2, 7), S(2, 7), S(7, 2), S(2, 7))     \
    CASE(slice, nsc_op_slice(A, 0, 1, NSC_END, 2), S(U, 3), ZERO, S(U, 3), S(U, 3), ZERO)                           \
    CASE(slice_known, nsc_op_slice(A, 0, 1, NSC_END, 2), S(6, U), ZERO, S(3, U), S(6, U), ZERO)                     \
    CASE(split, split_sum(A), S(U, 6), ZERO, S(U, 2), S(U, 6), ZERO)                                                \
    CASE(split_unknown, split_sum(A), S(3, U), ZERO, S(3, U), S(3, U), ZERO)                                        \
    CASE(split_back, nsc_op_add(split_sum(A), B), S(3, U), S(3, 5), S(3, 5), S(3, 15), S(3, 5))                     \
    CASE(expand, nsc_op_expand_dims(A, 1), S(U, 3), ZERO, S(U, 1, 3), S(U, 3), ZERO)                                \
    CASE(squeeze_back, nsc_op_squeeze(A, 1), S(4, U, 3), ZERO, S(4, 3), S(4, 1, 3), ZERO)                           \
    CASE(broadcast, nsc_op_broadcast(A, 3, SIZES(2, NSC_DIM_SAME, 3)), S(U, 3), ZERO, S(2, U, 3), S(U, 3), ZERO)    \
    CASE(broadcast_back, nsc_op_broadcast(A, 2, SIZES(4, 3)), S(U, 1), ZERO, S(4, 3), S(4, 1), ZERO)                \
    CASE(concat, nsc_op_concat(x, 2, 1), S(U, 3), S(U, 4), S(U, 7), S(U, 3), S(U, 4))                               \
    CASE(concat_other, nsc_op_concat(x, 2, 1), S(U, 3), S(5, 4), S(5, 7), S(5, 3), S(5, 4))                         \
    CASE(concat_back, nsc_op_reshape(nsc_op_concat(x, 2, 0), 2, SIZES(7, NSC_DIM_SAME)), S(U, 3), S(4, 3), S(7, 3), \
         S(3, 3), S(4, 3))                                                                                          \
    CASE(stack, nsc_op_stack(x, 2, 0), S(U, 3), S(4, U), S(2, 4, 3), S(4, 3), S(4, 3))                              \
    CASE(pad, nsc_op_pad(A, SIZES(1, 0), SIZES(2, 3), NSC_PAD_CONSTANT, 0), S(U, 3), ZERO, S(U, 6), S(U, 3), ZERO)  \
    CASE(pad_edge, nsc_op_pad(A, SIZES(1, 0), SIZES(2, 3), NSC_PAD_EDGE, 0), S(4, U), ZERO, S(7, U), S(4, U), ZERO) \
    CASE(sum, nsc_op_sum(A, AXES(1), 0), S(U, 3, U), ZERO, S(U, U), S(U, 3, U), ZERO)                               \
    CASE(mean_keep, nsc_op_mean(A, AXES(-1), 1), S(U, 3), ZERO, S(U, 1), S(U, 3), ZERO)                             \
    CASE(max_all, nsc_op_max(A, NULL, 0, 0), S(U, 3), ZERO, ZERO, S(U, 3), ZERO)                                    \
    CASE(argmax, nsc_op_argmax(A, 1, 0), S(U, U), ZERO, S(U), S(U, U), ZERO)                                        \
    CASE(argmin_keep, nsc_op_argmin(A, 0, 1), S(U, 3), ZERO, S(1, 3), S(U, 3), ZERO)                                \
    CASE(cumulative, nsc_op_cumulative_sum(A, 0), S(U, 3), ZERO, S(U, 3), S(U, 3), ZERO)                            \
    CASE(softmax, nsc_op_softmax(A, -1), S(U, U), ZERO, S(U, U), S(U, U), ZERO)                                     \
    CASE(gather, nsc_op_gather(A, B, 1), S(U, 5, 3), INT(2, U), S(U, 2, U, 3), S(U, 5, 3), INT(2, U))               \
    CASE(one_hot, nsc_op_one_hot(B, 9), ZERO, INT(U, 2), S(U, 2, 9), ZERO, INT(U, 2))                               \
    CASE(linear, nsc_op_linear(A, B, NULL), S(U, U), S(5, 3), S(U, 5), S(U, 3), S(5, 3))                            \
    CASE(linear_weight, nsc_op_linear(A, B, NULL), S(U, 2, 3), S(U, U), S(U, 2, U), S(U, 2, 3), S(U, 3))            \
    CASE(matmul, nsc_op_matmul(A, B), S(U, 3), S(U, 5), S(U, 5), S(U, 3), S(3, 5))                                  \
    CASE(matmul_left, nsc_op_matmul(A, B), S(2, U), S(3, U), S(2, U), S(2, 3), S(3, U))                             \
    CASE(matmul_batch, nsc_op_matmul(A, B), S(U, 2, 3), S(4, 3, 5), S(4, 2, 5), S(4, 2, 3), S(4, 3, 5))             \
    CASE(matmul_vector, nsc_op_matmul(A, B), S(U), S(U, 3, 5), S(U, 5), S(3), S(U, 3, 5))

static nsc_value *split_sum(nsc_value *x)
{
    nsc_value *parts[3];
    nsc_op_split(x, 1, 3, parts);
    return nsc_op_add(nsc_op_add(parts[0], parts[1]), parts[2]);
}

#define FUNCTION(NAME, CALL, ...)               \
    static nsc_value *NAME(nsc_value *const *x) \
    {                                           \
        return CALL;                            \
    }
CASES(FUNCTION)

#define ROW(NAME, CALL, ...) {#NAME, NAME, {__VA_ARGS__}},
static const struct inferred {
    const char *name;
    nsc_value *(*call)(nsc_value *const *x);
    nsc_shape shapes[5]; /* two inputs, the output, the inputs as solved */
} inferred[] = {CASES(ROW)};
enum { INFERRED = sizeof inferred / sizeof inferred[0] };

static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    const struct inferred *own = user;
    (void)trace, (void)in_count, (void)out_count;
    out[0] = own->call(in);
    return NSC_OK;
}

static void assert_shape(const nsc_shape *have, const nsc_shape *want, const char *name, const char *what)
{
    char text[256] = "";
    size_t used = 0;
    for (int i = 0; i < have->rank && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %lld", (long long)have->dims[i]);
    ck_assert_msg(model_same_shape(have, want->rank, want->dims), "%s: %s is%s", name, what, text);
}

START_TEST(sizes_flow)
{
    struct inferred own = inferred[_i];
    nsc_proposal *proposal = NULL;
    nsc_shape shape;
    nsc_block *net = nsc_custom(forward, .user = &own, .inputs = 2);
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, own.shapes, 2, &proposal));
    ASSERT_OK(nsc_proposal_output(proposal, 0, &shape));
    assert_shape(&shape, &own.shapes[2], own.name, "the output");
    for (size_t i = 0; i < 2; i++) {
        ASSERT_OK(nsc_proposal_input(proposal, i, &shape));
        assert_shape(&shape, &own.shapes[3 + i], own.name, i == 0 ? "input 0" : "input 1");
    }
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

/* ---- any order ---------------------------------------------------------------------------------------------------- */

/* Relations between inputs (a, b), some of whose sizes are unknown. All are called, their results are not used. */
enum { VALUES = 6, RELATIONS = 7 };

typedef struct relation {
    int kind, a, b;
} relation;

typedef struct puzzle {
    relation relations[RELATIONS];
    int order[RELATIONS];
    nsc_shape inputs[VALUES];
} puzzle;

static void relate(const relation *is, nsc_value *const *in)
{
    nsc_value *a = in[is->a], *b = in[is->b], *parts[2];
    switch (is->kind) {
    case 0:
        nsc_op_matmul(a, b);
        break;
    case 1:
        nsc_op_matmul(a, nsc_op_transpose(b, NULL));
        break;
    case 2:
        nsc_op_concat((nsc_value *[]){a, b}, 2, 0);
        break;
    case 3: /* b is the halves of a, side by side */
        nsc_op_split(a, 0, 2, parts);
        nsc_op_concat((nsc_value *[]){parts[0], parts[1], b}, 3, 1);
        break;
    case 4:
        nsc_op_concat(
            (nsc_value *[]){nsc_op_flatten(nsc_op_expand_dims(a, 0)), nsc_op_flatten(nsc_op_expand_dims(b, 0))}, 2, 0);
        break;
    case 5:
        nsc_op_add(nsc_op_concat((nsc_value *[]){a, a}, 2, 0), b);
        break;
    default:
        nsc_op_add(a, b);
    }
}

static nsc_status puzzle_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                 size_t out_count)
{
    const puzzle *own = user;
    (void)trace, (void)in_count, (void)out_count;
    for (int i = 0; i < RELATIONS; i++)
        relate(&own->relations[own->order[i]], in);
    out[0] = in[0];
    return NSC_OK;
}

static nsc_status solve(puzzle *of, nsc_shape solved[VALUES])
{
    nsc_proposal *proposal = NULL;
    nsc_block *net = nsc_custom(puzzle_forward, .user = of, .inputs = VALUES);
    nsc_status status = nsc_propose(net, NSC_INFERENCE, of->inputs, VALUES, &proposal);
    for (size_t i = 0; status == NSC_OK && i < VALUES; i++)
        ASSERT_OK(nsc_proposal_input(proposal, i, &solved[i]));
    nsc_proposal_release(proposal);
    nsc_release(net);
    return status;
}

/* Sizes of a few values, so that many puzzles have a solution and many have none. */
static void make_puzzle(puzzle *made, uint64_t *state)
{
    static const int64_t sizes[] = {1, 2, 2, 4, 4, 4, U, U, U, U, U, U};
    for (int i = 0; i < VALUES; i++)
        made->inputs[i] = (nsc_shape)S(sizes[model_random_int(state, 0, 12)], sizes[model_random_int(state, 0, 12)]);
    for (int i = 0; i < RELATIONS; i++) {
        made->relations[i] = (relation){(int)model_random_int(state, 0, 7), (int)model_random_int(state, 0, VALUES),
                                        (int)model_random_int(state, 0, VALUES)};
        made->order[i] = i;
    }
}

static void shuffle(int *order, uint64_t *state)
{
    for (int i = RELATIONS; i-- > 1;) {
        int j = (int)model_random_int(state, 0, i + 1), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

START_TEST(the_order_of_operations_shows_nowhere)
{
    size_t solvable = 0, unsolvable = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        uint64_t state = seed;
        puzzle of;
        nsc_shape first[VALUES], other[VALUES];
        make_puzzle(&of, &state);
        nsc_status status = solve(&of, first);
        solvable += status == NSC_OK;
        unsolvable += status == NSC_SHAPE_CONFLICT;
        ck_assert(status == NSC_OK || status == NSC_SHAPE_CONFLICT);
        for (int again = 0; again < 4; again++) {
            shuffle(of.order, &state);
            nsc_status now = solve(&of, other);
            ck_assert_msg(now == status, "seed %llu: %s, not %s: %s", (unsigned long long)seed, nsc_status_name(now),
                          nsc_status_name(status), nsc_last_error(NULL));
            for (int i = 0; status == NSC_OK && i < VALUES; i++)
                ck_assert_msg(model_same_shape(&other[i], first[i].rank, first[i].dims),
                              "seed %llu: input %d is (%lld, %lld), not (%lld, %lld)", (unsigned long long)seed, i,
                              (long long)other[i].dims[0], (long long)other[i].dims[1], (long long)first[i].dims[0],
                              (long long)first[i].dims[1]);
        }
    }
    ck_assert_uint_gt(solvable, 300);
    ck_assert_uint_gt(unsolvable, 300);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_infer");
    tcase_add_loop_test(tests, sizes_flow, 0, INFERRED);
    tcase_add_test(tests, the_order_of_operations_shows_nowhere);
    return model_end();
}
