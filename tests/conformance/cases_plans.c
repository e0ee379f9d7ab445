/* SPDX-License-Identifier: Apache-2.0 */
/* Nets of the operations that core makes of map, reduce and gemm: reductions over any axes, views, joins, batches. Their
 * sources are views of every kind, their results are outputs, parts of other values, or kept while others are computed.
 * All numbers are exact in float32, so results are equal to those of the host (arrays.h). */
#include <math.h>
#include <string.h>

#include <nascent/block.h>

#include "arrays.h"

enum { OPERANDS = 4, ROOM = 1 << 16 };

/* How a source comes to its dims. */
enum { GIVEN, COMPUTED, TRANSPOSED, SLICED, STEPPED, BACKWARDS, REPEATED };
static const char *const sources[] = {"given",   "computed",  "transposed", "sliced",
                                      "stepped", "backwards", "repeated",   NULL};
/* What becomes of the result. */
enum { OUTPUT, PART, KEPT };
static const char *const uses[] = {"output", "part", "kept", NULL};

static pair total(desk *d, const pair *x, int number)
{
    /* The folding, the axes, whether they are kept. */
    static const struct {
        folding how;
        unsigned axes;
        bool keep;
    } of[] = {{FOLD_SUM, 1, false},  {FOLD_SUM, 2, true},   {FOLD_SUM, 5, false},
              {FOLD_SUM, 7, false},  {FOLD_MAX, 1, false},  {FOLD_MIN, 5, true},
              {FOLD_MEAN, 5, false}, {FOLD_PROD, 4, false}, {FOLD_PROD, 5, true}};

    return pair_reduce(d, of[number].how, x[0], of[number].axes, of[number].keep);
}

static pair arg(desk *d, const pair *x, int number)
{
    return pair_arg(d, x[0], number ? 2 : 1, number == 0);
}

static pair cumulative(desk *d, const pair *x, int axis)
{
    return pair_cumulative(d, x[0], axis);
}

static pair transpose(desk *d, const pair *x, int number)
{
    static const int orders[][3] = {{2, 0, 1}, {1, 2, 0}};

    return pair_scale(d, pair_transpose(d, x[0], orders[number]), 3);
}

static pair reshape(desk *d, const pair *x, int number)
{
    static const int64_t merged[] = {12, 8}, split[] = {2, 6, 4, 2}, line[] = {96};
    static const int swapped[] = {1, 0};

    if (number == 0)
        return pair_scale(d, pair_reshape(d, x[0], 2, merged), 3);
    if (number == 1)
        return pair_scale(d, pair_reshape(d, x[0], 4, split), 3);
    return pair_scale(d, pair_reshape(d, pair_transpose(d, x[0], swapped), 1, line), 3);
}

static pair slice(desk *d, const pair *x, int number)
{
    return pair_scale(d, number ? pair_backwards(d, x[0], 1) : pair_slice(d, x[0], 1, 1, 8, 3), 3);
}

static pair split(desk *d, const pair *x, int axis)
{
    pair parts[3];

    pair_split(d, x[0], axis, 3, parts);
    return pair_add(d, pair_sub(d, parts[2], pair_scale(d, parts[0], 3)), parts[1]);
}

static pair broadcast(desk *d, const pair *x, int number)
{
    static const int64_t dims[] = {4, 5, 8};

    return number ? pair_sub(d, x[0], x[1]) : pair_cumulative(d, pair_broadcast(d, x[0], 3, dims), 1);
}

/* Of sources, and of values of which one is computed from another. */
static pair concat(desk *d, const pair *x, int axis)
{
    return pair_concat(d, x, 3, axis);
}

static pair concat_chain(desk *d, const pair *x, int axis)
{
    const pair first = pair_cumulative(d, x[0], 0);
    const pair parts[] = {pair_add(d, pair_scale(d, first, 3), x[0]), first};

    return pair_concat(d, parts, 2, axis);
}

static pair matmul(desk *d, const pair *x, int number)
{
    (void)number;
    return pair_matmul(d, x[0], x[1]);
}

static pair linear(desk *d, const pair *x, int number)
{
    const pair none = {0};

    if (number == 0)
        return pair_linear(d, x[0], x[1], none);
    return pair_mul(d, pair_linear(d, x[0], x[1], x[2]), x[3]);
}

static pair gather(desk *d, const pair *x, int axis)
{
    return pair_gather(d, x[0], x[1], axis);
}

/* Several values that all live at once, and are read again after others were computed from them. */
static pair many_alive(desk *d, const pair *x, int number)
{
    const pair down = pair_cumulative(d, x[0], 0), along = pair_cumulative(d, x[0], 1);
    const pair both = pair_mul(d, down, along);
    const pair sums[] = {pair_cumulative(d, both, 0), pair_cumulative(d, both, 1), pair_cumulative(d, down, 1)};

    (void)number;
    return pair_add(d, pair_add(d, sums[0], sums[1]), pair_add(d, sums[2], along));
}

static pair added_to_its_transpose(desk *d, const pair *x, int number)
{
    static const int swapped[] = {1, 0};
    const pair first = pair_cumulative(d, x[0], 0);

    (void)number;
    return pair_cumulative(d, pair_sub(d, first, pair_transpose(d, first, swapped)), 1);
}

/* A product of what lies in the memory of the run into the same memory. */
static pair product_of_sums(desk *d, const pair *x, int number)
{
    static const int swapped[] = {1, 0};
    const pair first = pair_cumulative(d, x[0], 0);

    (void)number;
    return pair_cumulative(d, pair_matmul(d, first, pair_transpose(d, first, swapped)), 1);
}

typedef struct operand {
    int rank;
    int64_t dims[ARRAY_RANK];
} operand;

static const struct operation {
    pair (*make)(desk *d, const pair *x, int number);
    int number;
    operand operands[OPERANDS]; /* up to the first of rank 0 */
} operations[] = {
    {total, 0, {{3, {4, 3, 8}}}},
    {total, 1, {{3, {4, 3, 8}}}},
    {total, 2, {{3, {4, 3, 8}}}},
    {total, 3, {{3, {4, 3, 8}}}},
    {total, 4, {{3, {4, 3, 8}}}},
    {total, 5, {{3, {4, 3, 8}}}},
    {total, 6, {{3, {4, 3, 8}}}},
    {total, 7, {{3, {3, 4, 7}}}},
    {total, 8, {{3, {4, 3, 8}}}},
    {arg, 0, {{3, {4, 9, 5}}}},
    {arg, 1, {{3, {4, 9, 5}}}},
    {cumulative, 0, {{3, {8, 3, 5}}}},
    {cumulative, 1, {{2, {5, 13}}}},
    {transpose, 0, {{3, {2, 3, 5}}}},
    {transpose, 1, {{3, {2, 3, 5}}}},
    {reshape, 0, {{3, {4, 3, 8}}}},
    {reshape, 1, {{2, {12, 8}}}},
    {reshape, 2, {{2, {12, 8}}}},
    {slice, 0, {{3, {4, 9, 3}}}},
    {slice, 1, {{3, {4, 9, 3}}}},
    {split, 1, {{3, {3, 6, 4}}}},
    {broadcast, 0, {{3, {4, 1, 8}}}},
    {broadcast, 1, {{3, {4, 1, 8}}, {2, {3, 1}}}},
    {concat, 0, {{3, {2, 3, 4}}, {3, {5, 3, 4}}, {3, {1, 3, 4}}}},
    {concat, 2, {{3, {2, 3, 4}}, {3, {2, 3, 1}}, {3, {2, 3, 6}}}},
    {concat_chain, 1, {{2, {4, 6}}}},
    {matmul, 0, {{2, {5, 7}}, {2, {7, 6}}}},
    {matmul, 0, {{4, {2, 3, 4, 5}}, {3, {3, 5, 6}}}},
    {matmul, 0, {{4, {2, 3, 4, 5}}, {2, {5, 6}}}},
    {matmul, 0, {{2, {3, 0}}, {2, {0, 4}}}},
    {linear, 0, {{3, {2, 5, 7}}, {2, {6, 7}}}},
    {linear, 1, {{2, {5, 7}}, {2, {6, 7}}, {1, {6}}, {2, {5, 6}}}},
    {gather, 0, {{2, {9, 5}}, {2, {3, 4}}}},
    {gather, 1, {{3, {2, 9, 5}}, {1, {7}}}},
    {many_alive, 0, {{2, {6, 8}}}},
    {added_to_its_transpose, 0, {{2, {24, 24}}}}, /* more than a backend may load at once */
    {product_of_sums, 0, {{2, {6, 6}}}},
};
static const char *const operation_names[] = {"sum_first",
                                              "sum_middle_kept",
                                              "sum_outer",
                                              "sum_all",
                                              "max_first",
                                              "min_outer_kept",
                                              "mean_outer",
                                              "prod_last",
                                              "prod_outer_kept",
                                              "argmax_middle",
                                              "argmin_last",
                                              "cumulative_sum_first",
                                              "cumulative_sum_last",
                                              "transpose_201",
                                              "transpose_120",
                                              "reshape_merged",
                                              "reshape_split",
                                              "reshape_of_transpose",
                                              "slice_stepped",
                                              "slice_backwards",
                                              "split_middle",
                                              "broadcast_middle",
                                              "broadcast_both",
                                              "concat_first",
                                              "concat_last",
                                              "concat_of_a_chain",
                                              "matmul",
                                              "matmul_batches",
                                              "matmul_shared",
                                              "matmul_of_nothing",
                                              "linear_rows",
                                              "linear_bias_scaled",
                                              "gather_first",
                                              "gather_middle",
                                              "many_alive",
                                              "added_to_its_transpose",
                                              "product_of_sums",
                                              NULL};

/* Their numbers are powers of two. */
static bool has_factors(const struct operation *o)
{
    return o->make == total && o->number >= 7;
}

/* They are int32. */
static bool are_indices(const struct operation *o, int number)
{
    return o->make == gather && number == 1;
}

static bool empty(const operand *o)
{
    return element_count((uint32_t)o->rank, o->dims) == 0;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

/* The dims of the input that an operand is a view of. */
static void input_dims(const operand *o, int how, int64_t *dims)
{
    memcpy(dims, o->dims, sizeof o->dims);
    for (int i = 0; i < o->rank && how == TRANSPOSED; i++)
        dims[i] = o->dims[o->rank - 1 - i];
    for (int i = 0; i < o->rank && how == SLICED; i++)
        dims[i] += 2;
    if (how == STEPPED)
        dims[o->rank - 1] = 2 * dims[o->rank - 1] + 1;
    if (how == REPEATED)
        dims[0] = 1;
}

static pair view_of_input(desk *d, const struct operation *operation, int number, int how, pair x)
{
    const operand *o = &operation->operands[number];
    static const int reversed[ARRAY_RANK][ARRAY_RANK] = {{0}, {1, 0}, {2, 1, 0}, {3, 2, 1, 0}};

    switch (how) {
    case COMPUTED:
        return are_indices(operation, number) ? x : pair_scale(d, x, -2);
    case TRANSPOSED:
        return pair_transpose(d, x, reversed[o->rank - 1]);
    case SLICED:
        for (int i = 0; i < o->rank; i++)
            x = pair_slice(d, x, i, 1, o->dims[i] + 1, 1);
        return x;
    case STEPPED:
        return pair_slice(d, x, o->rank - 1, 1, 2 * o->dims[o->rank - 1] + 1, 2);
    case BACKWARDS:
        return pair_backwards(d, x, o->rank - 1);
    case REPEATED:
        return pair_broadcast(d, x, o->rank, o->dims);
    default:
        return x;
    }
}

/* ---- the net ----------------------------------------------------------------------------------------------------- */

typedef struct net {
    const struct operation *operation;
    int use, how, operand_count;
    desk desk;
    array inputs[OPERANDS];
    size_t kept; /* what the inputs take of the desk */
    array want;
} net;

static pair used(desk *d, int use, pair result)
{
    static const int64_t one[] = {1};

    if (use == OUTPUT)
        return result;
    if (result.want.rank == 0)
        result = pair_reshape(d, result, 1, one);
    const int last = result.want.rank - 1;

    if (use == KEPT)
        return pair_sub(d, pair_cumulative(d, result, last), pair_scale(d, result, 3));
    const pair parts[] = {result, pair_scale(d, result, 3)};

    return pair_concat(d, parts, 2, last);
}

static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    net *n = user;
    pair x[OPERANDS];

    (void)out_count;
    n->desk.trace = trace;
    n->desk.used = n->kept;
    for (size_t i = 0; i < in_count; i++)
        x[i] = view_of_input(&n->desk, n->operation, (int)i, n->how, (pair){in[i], n->inputs[i]});
    const pair result = used(&n->desk, n->use, n->operation->make(&n->desk, x, n->operation->number));

    n->want = result.want;
    *out = result.value;
    return NSC_OK;
}

/* An input of the net and its numbers, also on the desk. */
static nsc_tensor *make_input(target *t, net *n, int i)
{
    const operand *o = &n->operation->operands[i];
    int64_t dims[ARRAY_RANK];
    const bool indices = are_indices(n->operation, i), factors_only = has_factors(n->operation);
    uint64_t state = t->seed * 13 + nsc_hash_path(t->name) + (uint64_t)i;
    nsc_tensor *made = NULL;

    input_dims(o, n->how, dims);
    n->inputs[i] = array_make(&n->desk, o->rank, dims);
    const int64_t count = array_count(&n->inputs[i]);
    float *numbers = memory(t, (size_t)count * sizeof *numbers);
    int32_t *integers = memory(t, (size_t)count * sizeof *integers);

    for (int64_t at = 0; at < count; at++) {
        static const float factors[] = {1, -1, 2, 0.5f};
        const uint32_t number = (uint32_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 33);

        integers[at] = (int32_t)(number % 13) - 2; /* some are outside of what is gathered from */
        numbers[at] = factors_only ? factors[number % 4] : (float)(number % 9) - 4;
        n->inputs[i].data[at] = indices ? integers[at] : (double)numbers[at];
    }
    if (nsc_tensor_from(t->context, indices ? NSC_INT32 : NSC_FLOAT32, o->rank, dims,
                        indices ? (const void *)integers : numbers, &made) != NSC_OK)
        fail(t, "no tensor: %s", nsc_last_error(t->context));
    return made;
}

static void check(target *t, const array *want, nsc_tensor *out)
{
    const int64_t count = array_count(want);
    float *got = memory(t, (size_t)count * sizeof *got);

    if (nsc_tensor_bytes(out) != (size_t)count * sizeof *got)
        fail(t, "the result has %zu bytes, expected %lld elements", nsc_tensor_bytes(out), (long long)count);
    else if (read_back(t, out, got))
        for (int64_t i = 0; i < count && near(t, "result", i, got[i], want->data[i], 0); i++)
            ;
}

static void plan(target *t, const int *class)
{
    net n = {.operation = &operations[class[OPERATION]], .use = class[SHAPE], .how = class[STRIDES]};
    nsc_tensor *in[OPERANDS] = {NULL}, *out = NULL;

    n.desk = (desk){.t = t, .room = memory(t, ROOM * sizeof(double)), .capacity = ROOM};
    while (n.operand_count < OPERANDS && n.operation->operands[n.operand_count].rank > 0) {
        in[n.operand_count] = make_input(t, &n, n.operand_count);
        n.operand_count++;
    }
    n.kept = n.desk.used;
    nsc_block *block = nsc_custom(forward, .user = &n, .inputs = (size_t)n.operand_count, .kind = "conformance");

    if (t->verdict == VERDICT_PASS &&
        (nsc_initialize(block, t->context, NULL) != NSC_OK ||
         nsc_run(block, NSC_INFERENCE, (const nsc_tensor *const *)in, (size_t)n.operand_count, &out, 1) != NSC_OK))
        fail(t, "the net does not run: %s", nsc_last_error(t->context));
    if (t->verdict == VERDICT_PASS)
        check(t, &n.want, out);
    for (int i = 0; i < n.operand_count; i++)
        nsc_tensor_release(in[i]);
    nsc_tensor_release(out);
    nsc_release(block);
}

/* Every source is tried where the result is an output, every use with what is given. */
static bool is_case(const int *class)
{
    const struct operation *o = &operations[class[OPERATION]];

    if (class[STRIDES] != GIVEN && (class[SHAPE] != OUTPUT || empty(&o->operands[0])))
        return false;
    return class[STRIDES] != TRANSPOSED || o->operands[0].rank > 1;
}

static const conformance_table tables[] = {
    {"plans", plan, {operation_names, uses, sources, float32_name}, is_case},
    {0},
};

const conformance_group group_plans = {.tables = tables};
