/* SPDX-License-Identifier: Apache-2.0 */
/* Random graphs. Every node is evaluated when it is made, and one that says too little, or is too large, is not taken; so
 * the generator sees shapes and values, and what it gives can be compared. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ELEMENTS = 600, MAX_LEAVES = 9 };

typedef struct maker {
    graph *of;
    uint64_t state;
    int leaves;
    int deep;  /* long element-wise chains */
    int joins; /* many concatenations, one inside the other */
} maker;

static int below(maker *m, int64_t limit)
{
    return (int)model_random_int(&m->state, 0, limit);
}

static int chance(maker *m, int percent)
{
    return below(m, 100) < percent;
}

static const oracle *value_of(const maker *m, int node)
{
    return &m->of->nodes[node].value;
}

static int64_t random_size(maker *m)
{
    static const int64_t sizes[] = {1, 1, 2, 2, 3, 3, 4, 5, 7};
    return chance(m, 2) ? 0 : sizes[below(m, sizeof sizes / sizeof sizes[0])];
}

/* ---- leaves ------------------------------------------------------------------------------------------------------- */

static int add_leaf(maker *m, nsc_dtype dtype, int rank, const int64_t *dims)
{
    if (m->leaves >= MAX_LEAVES || model_elements(rank, dims) > MAX_ELEMENTS)
        return -1;
    oracle value = oracle_make(rank, dims);
    value.dtype = dtype;
    static const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f};
    int kind = below(m, 3), some_odd = dtype == NSC_FLOAT32 && chance(m, 8);
    for (size_t i = 0; i < value.count; i++) {
        int64_t integer = model_random_int(&m->state, dtype == NSC_FLOAT32 || dtype == NSC_INT32 ? -3 : 0, 5);
        value.value[i] =
            dtype != NSC_FLOAT32 || kind == 0 ? (double)integer : (double)model_random_float(&m->state, -2.0f, 2.0f);
        if (some_odd && chance(m, 10))
            value.value[i] = (double)odd[below(m, 4)];
    }
    m->leaves++;
    return graph_add_leaf(m->of, dtype == NSC_FLOAT32 && m->leaves > 1 && chance(m, 30) ? G_PARAMETER : G_INPUT, value);
}

static int add_any_leaf(maker *m)
{
    static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_FLOAT32, NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
    int64_t dims[NSC_MAX_RANK];
    int rank = chance(m, 5) ? below(m, NSC_MAX_RANK + 1) : below(m, 5);
    for (int i = 0; i < rank; i++)
        dims[i] = random_size(m);
    return add_leaf(m, m->leaves == 0 ? NSC_FLOAT32 : dtypes[below(m, 6)], rank, dims);
}

/* ---- choices of operands ------------------------------------------------------------------------------------------ */

typedef int (*accepts)(const oracle *a, const oracle *b, int axis);

static int any_float(const oracle *a, const oracle *b, int axis)
{
    (void)b, (void)axis;
    return a->dtype == NSC_FLOAT32;
}

static int any_index(const oracle *a, const oracle *b, int axis)
{
    (void)b, (void)axis;
    for (size_t i = 0; i < a->count; i++)
        if (a->bound[i] != 0)
            return 0;
    return a->dtype != NSC_FLOAT32;
}

static int anything(const oracle *a, const oracle *b, int axis)
{
    (void)a, (void)b, (void)axis;
    return 1;
}

static int broadcasts(const oracle *a, const oracle *b, int axis)
{
    (void)axis;
    for (int i = a->rank - 1, j = b->rank - 1; i >= 0 && j >= 0; i--, j--)
        if (a->dims[i] != b->dims[j] && a->dims[i] != 1 && b->dims[j] != 1)
            return 0;
    return a->dtype == NSC_FLOAT32;
}

static int joins(const oracle *a, const oracle *b, int axis)
{
    int same = a->rank == b->rank && a->dtype == b->dtype;
    for (int i = 0; same && i < a->rank; i++)
        same = i == axis || a->dims[i] == b->dims[i];
    return same;
}

static int multiplies(const oracle *b, const oracle *a, int axis)
{
    (void)axis;
    int lead = b->rank - 2,
        ok = b->dtype == NSC_FLOAT32 && b->rank >= 1 && b->dims[b->rank == 1 ? 0 : b->rank - 2] == a->dims[a->rank - 1];
    for (int i = lead - 1, j = a->rank - 3; ok && i >= 0 && j >= 0; i--, j--)
        ok = b->dims[i] == a->dims[j] || b->dims[i] == 1 || a->dims[j] == 1;
    return ok;
}

/* A node that is accepted beside b; the latest are preferred. -1: none. */
static int pick(maker *m, accepts accept, int b, int axis)
{
    const oracle *beside = b < 0 ? NULL : value_of(m, b);
    int found[GRAPH_MAX_NODES], count = 0;
    for (int i = 0; i < m->of->node_count; i++)
        if (accept(value_of(m, i), beside, axis))
            found[count++] = i;
    if (count == 0)
        return -1;
    return chance(m, 60) ? found[count - 1 - below(m, count < 4 ? count : 4)] : found[below(m, count)];
}

static int broadcast_partner(maker *m, int a)
{
    const oracle *x = value_of(m, a);
    int64_t dims[NSC_MAX_RANK];
    if (chance(m, 12))
        return graph_add(
            m->of,
            (graph_node){.op = G_CONSTANT, .numbers = {(float)below(m, 5) - 1.5f, 0}, .value = oracle_make(0, NULL)});
    int partner = chance(m, 75) ? pick(m, broadcasts, a, 0) : -1;
    if (partner >= 0)
        return partner;
    int rank = below(m, x->rank + 1);
    for (int i = 0; i < rank; i++)
        dims[i] = chance(m, 30) ? 1 : x->dims[x->rank - rank + i];
    return add_leaf(m, NSC_FLOAT32, rank, dims);
}

/* ---- attributes --------------------------------------------------------------------------------------------------- */

static int random_axis(maker *m, int rank)
{
    return below(m, 2 * rank) - rank;
}

static int reshape_dims(maker *m, const oracle *x, graph_node *node)
{
    int64_t rest = (int64_t)x->count;
    if (rest == 0)
        return 0;
    for (node->rank = 0; node->rank < 5 && (rest > 1 || chance(m, 30));) {
        int64_t size = random_size(m);
        if (size > 0 && rest % size == 0) {
            node->dims[node->rank++] = size;
            rest /= size;
        } else if (chance(m, 40)) {
            break;
        }
    }
    if (rest > 1)
        node->dims[node->rank++] = chance(m, 50) ? NSC_UNKNOWN : rest;
    return 1;
}

static void slice_range(maker *m, const oracle *x, graph_node *node)
{
    int64_t size = x->dims[node->axis < 0 ? node->axis + x->rank : node->axis];
    node->step = chance(m, 60) ? 1 : model_random_int(&m->state, -3, 4);
    node->step = node->step == 0 ? -1 : node->step;
    node->start = model_random_int(&m->state, -size - 1, size + 2);
    node->stop = chance(m, 40) ? NSC_END : model_random_int(&m->state, -size - 1, size + 2);
    if (chance(m, 70)) { /* not nothing */
        node->start = node->step > 0 ? 0 : -1;
        node->start += chance(m, 40) && size > 1 ? (node->step > 0 ? 1 : -1) : 0;
        node->stop = NSC_END;
    }
}

static void broadcast_dims(maker *m, const oracle *x, graph_node *node)
{
    int more = x->rank < 5 ? below(m, 2) : 0;
    node->rank = x->rank + more;
    for (int i = 0; i < node->rank; i++) {
        int64_t own = i < more ? 1 : x->dims[i - more];
        node->dims[i] = own == 1 ? random_size(m) : i >= more && chance(m, 50) ? NSC_DIM_SAME : own;
    }
}

static int pad_amounts(maker *m, const oracle *x, graph_node *node)
{
    node->mode = (nsc_pad_mode)below(m, 3);
    node->numbers[0] = x->dtype == NSC_FLOAT32 && chance(m, 50) ? 1.5f : 0.0f;
    for (int i = 0; i < x->rank; i++) {
        int64_t most = node->mode == NSC_PAD_REFLECT ? x->dims[i] - 1 : 2;
        if (x->dims[i] == 0 && node->mode != NSC_PAD_CONSTANT)
            return 0;
        node->dims[i] = most > 0 && chance(m, 50) ? below(m, (most > 2 ? 2 : most) + 1) : 0;
        node->after[i] = most > 0 && chance(m, 50) ? below(m, (most > 2 ? 2 : most) + 1) : 0;
    }
    return 1;
}

static void some_axes(maker *m, const oracle *x, graph_node *node)
{
    node->keep = chance(m, 40);
    node->rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (chance(m, 50))
            node->axes[node->rank++] = chance(m, 30) ? i - x->rank : i;
}

static void permutation(maker *m, const oracle *x, graph_node *node)
{
    for (int i = 0; i < x->rank; i++) {
        int j = below(m, i + 1);
        node->axes[i] = node->axes[j];
        node->axes[j] = i;
    }
}

/* Sets what a node with one operand needs besides; false: x does not fit. */
static int attributes(maker *m, const oracle *x, graph_node *node)
{
    static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
    static const nsc_activation alphas[] = {NSC_LEAKY_RELU, NSC_ELU, NSC_CELU};
    if (node->op >= G_SLICE && node->op <= G_LOG_SOFTMAX && x->rank > 0)
        node->axis = random_axis(m, x->rank);
    node->keep = chance(m, 50);
    switch (node->op) {
    case G_CLIP:
        node->numbers[0] = -1.25f;
        node->numbers[1] = chance(m, 50) ? 2.0f : 0.5f;
        return 1;
    case G_ACTIVATION:
        node->activation = (nsc_activation)below(m, NSC_HARD_TANH + 1);
        return x->rank > 0 || (node->activation != NSC_SOFTMAX && node->activation != NSC_LOG_SOFTMAX);
    case G_ACTIVATION_ALPHA:
        node->activation = alphas[below(m, 3)];
        node->numbers[0] = 0.25f;
        return 1;
    case G_CAST:
        node->dtype = dtypes[below(m, 5)];
        return 1;
    case G_DROPOUT:
        node->numbers[0] = 0.5f;
        return 1;
    case G_RESHAPE:
        return reshape_dims(m, x, node);
    case G_TRANSPOSE:
        permutation(m, x, node);
        return 1;
    case G_SLICE:
        if (x->rank > 0)
            slice_range(m, x, node);
        return x->rank > 0;
    case G_SPLIT:
        node->count = 1 + below(m, 4);
        node->part = below(m, node->count);
        return x->rank > 0 && x->dims[node->axis < 0 ? node->axis + x->rank : node->axis] % node->count == 0;
    case G_EXPAND:
        node->axis = random_axis(m, x->rank + 1);
        return x->rank < 6;
    case G_SQUEEZE:
        return x->rank > 0 && x->dims[node->axis < 0 ? node->axis + x->rank : node->axis] == 1;
    case G_BROADCAST:
        broadcast_dims(m, x, node);
        return 1;
    case G_PAD:
        return pad_amounts(m, x, node);
    case G_SUM:
    case G_MEAN:
    case G_PROD:
        some_axes(m, x, node);
        return 1;
    case G_MAX:
    case G_MIN:
        some_axes(m, x, node);
        return x->count > 0;
    case G_ARGMAX:
    case G_ARGMIN:
        return x->rank > 0 && x->count > 0;
    case G_FLATTEN:
    case G_CUMULATIVE_SUM:
    case G_SOFTMAX:
    case G_LOG_SOFTMAX:
        return x->rank > 0;
    case G_ONE_HOT:
        node->count = 1 + below(m, 5);
        return x->rank < 5;
    default:
        return 1;
    }
}

/* ---- nodes -------------------------------------------------------------------------------------------------------- */

static int takes_any_type(graph_op op)
{
    return op == G_CAST || (op >= G_RESHAPE && op <= G_PAD);
}

static int one_operand(maker *m, graph_node *node)
{
    int x = pick(m, node->op == G_ONE_HOT ? any_index : takes_any_type(node->op) ? anything : any_float, -1, 0);
    node->operands[0] = x;
    node->operand_count = 1;
    return x >= 0 && attributes(m, value_of(m, x), node);
}

static int joined(maker *m, graph_node *node)
{
    int x = pick(m, anything, -1, 0), parts = 1 + below(m, 4);
    if (x < 0 || value_of(m, x)->rank > 5 || (node->op == G_CONCAT && value_of(m, x)->rank == 0))
        return 0;
    int rank = value_of(m, x)->rank;
    node->axis = random_axis(m, node->op == G_STACK ? rank + 1 : rank);
    int axis = node->op == G_STACK ? -1 : node->axis < 0 ? node->axis + rank : node->axis;
    for (int i = 0; i < parts; i++)
        node->operands[node->operand_count++] = i == 0 || chance(m, 15) ? x : pick(m, joins, x, axis);
    return 1;
}

static int product(maker *m, graph_node *node)
{
    int64_t dims[NSC_MAX_RANK];
    int a = pick(m, any_float, -1, 0);
    if (a < 0 || value_of(m, a)->rank < 1)
        return 0;
    int64_t k = value_of(m, a)->dims[value_of(m, a)->rank - 1], units = 1 + below(m, 5);
    int b = chance(m, 70) ? pick(m, multiplies, a, 0) : -1;
    if (node->op == G_LINEAR || b < 0) {
        dims[0] = node->op == G_LINEAR ? units : k;
        dims[1] = node->op == G_LINEAR ? k : units;
        b = add_leaf(m, NSC_FLOAT32, 2, dims);
    }
    node->operands[0] = a;
    node->operands[1] = b;
    node->operand_count = 2;
    if (node->op == G_LINEAR && chance(m, 60))
        node->operands[node->operand_count++] = add_leaf(m, NSC_FLOAT32, 1, &units);
    return b >= 0 && node->operands[node->operand_count - 1] >= 0;
}

static int gathered(maker *m, graph_node *node)
{
    int x = pick(m, any_float, -1, 0), indices = pick(m, any_index, -1, 0);
    if (x < 0 || indices < 0 || value_of(m, x)->rank == 0 || value_of(m, x)->count == 0 ||
        value_of(m, x)->rank + value_of(m, indices)->rank > 7)
        return 0;
    node->axis = random_axis(m, value_of(m, x)->rank);
    node->operands[0] = x;
    node->operands[1] = indices;
    node->operand_count = 2;
    return 1;
}

static int operands(maker *m, graph_node *node)
{
    if (node->op == G_CONCAT || node->op == G_STACK)
        return joined(m, node);
    if (node->op == G_LINEAR || node->op == G_MATMUL)
        return product(m, node);
    if (node->op == G_GATHER)
        return gathered(m, node);
    if (node->op > G_WHERE)
        return one_operand(m, node);
    node->operands[0] = pick(m, any_float, -1, 0);
    node->operand_count = node->op == G_WHERE ? 3 : 2;
    if (node->operands[0] < 0)
        return 0;
    node->operands[1] = broadcast_partner(m, node->operands[0]);
    if (node->operands[1] >= 0 && node->op == G_WHERE)
        node->operands[2] = broadcast_partner(m, node->operands[0]);
    for (int i = 0; i < node->operand_count; i++)
        for (int j = 0; j < i; j++)
            if (node->operands[i] < 0 || !broadcasts(value_of(m, node->operands[i]), value_of(m, node->operands[j]), 0))
                return 0;
    return 1;
}

/* Small, and known well enough that a difference would show. */
static int worth_it(const oracle *value)
{
    size_t vague = 0;
    for (size_t i = 0; i < value->count; i++) {
        if (isfinite(value->value[i]) && fabs(value->value[i]) > 1e5)
            return 0;
        vague += !(value->bound[i] <= 1e-3 * (1 + fabs(value->value[i]))) && !isnan(value->value[i]);
    }
    return value->rank <= 8 && value->count <= MAX_ELEMENTS && vague * 10 <= value->count;
}

/* The size of a result before it is made: repeated sizes multiply. */
static int too_large(const maker *m, const graph_node *node)
{
    double size = 1;
    if (node->op == G_STACK || node->op == G_CONCAT || node->op == G_PAD)
        return 0;
    for (int o = 0; o < node->operand_count; o++)
        size *= (double)value_of(m, node->operands[o])->count + 1;
    for (int i = 0; i < node->rank && node->op == G_BROADCAST; i++)
        size *= node->dims[i] > 1 ? (double)node->dims[i] : 1;
    return size > 1e6;
}

static graph_op random_op(maker *m)
{
    if (m->deep && chance(m, 90))
        return (graph_op)model_random_int(&m->state, G_ADD, G_RESHAPE);
    if (m->joins && chance(m, 80))
        return chance(m, 40)   ? G_CONCAT
               : chance(m, 25) ? G_SLICE
                               : (graph_op)model_random_int(&m->state, G_NEG, G_CLIP);
    if (chance(m, 25))
        return (graph_op)model_random_int(&m->state, G_RESHAPE, G_SUM);
    if (chance(m, 15))
        return chance(m, 70) ? G_CONCAT : chance(m, 50) ? G_STACK : G_PAD;
    if (chance(m, 15))
        return chance(m, 50) ? G_MATMUL : G_LINEAR;
    return (graph_op)model_random_int(&m->state, G_ADD, G_COUNT);
}

static void add_node(maker *m)
{
    for (int tries = 0; tries < 40 && m->of->node_count + 4 < GRAPH_MAX_NODES; tries++) {
        graph_node node = {.op = random_op(m)};
        int before = m->of->node_count;
        if (operands(m, &node) && !too_large(m, &node)) {
            for (int i = before; i < m->of->node_count; i++)
                if (m->of->nodes[i].op == G_CONSTANT)
                    m->of->nodes[i].value.value[0] = (double)m->of->nodes[i].numbers[0];
            node.value = graph_evaluate_node(m->of, &node);
            if (worth_it(&node.value)) {
                graph_add(m->of, node);
                return;
            }
            oracle_free(&node.value);
        }
        for (; m->of->node_count > before; m->of->node_count--) { /* leaves made for it */
            m->leaves -= m->of->nodes[m->of->node_count - 1].op <= G_PARAMETER;
            oracle_free(&m->of->nodes[m->of->node_count - 1].value);
        }
    }
}

graph *graph_random(uint64_t seed, int size)
{
    maker m = {.of = graph_new(), .state = seed * 0x9e3779b97f4a7c15u + 1};
    m.of->seed = seed;
    m.deep = chance(&m, 20);
    m.joins = !m.deep && chance(&m, 25);
    while (add_any_leaf(&m) < 0)
        ;
    for (int leaves = below(&m, 3); leaves > 0; leaves--)
        add_any_leaf(&m);
    for (int i = m.deep ? 2 * size : 1 + below(&m, size); i > 0; i--)
        add_node(&m);
    m.of->output_count = 1 + below(&m, 4);
    for (int i = 0; i < m.of->output_count; i++)
        m.of->outputs[i] = chance(&m, 60)
                               ? m.of->node_count - 1 - below(&m, m.of->node_count < 5 ? m.of->node_count : 5)
                               : below(&m, m.of->node_count);
    return m.of;
}
