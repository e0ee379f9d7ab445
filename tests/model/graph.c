/* SPDX-License-Identifier: Apache-2.0 */
/* See graph.h: graphs as data, evaluated, built and run. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

graph *graph_new(void)
{
    graph *made = calloc(1, sizeof *made);
    if (made == NULL)
        abort();
    return made;
}

void graph_free(graph *of)
{
    for (int i = 0; i < of->node_count; i++)
        oracle_free(&of->nodes[i].value);
    free(of);
}

int graph_add(graph *to, graph_node node)
{
    if (to->node_count == GRAPH_MAX_NODES)
        abort();
    to->nodes[to->node_count] = node;
    return to->node_count++;
}

int graph_add_leaf(graph *to, graph_op op, oracle value)
{
    return graph_add(to, (graph_node){.op = op, .value = value});
}

static oracle copy_value(const oracle *from)
{
    oracle to = oracle_make(from->rank, from->dims);
    to.dtype = from->dtype;
    memcpy(to.value, from->value, from->count * sizeof *to.value);
    memcpy(to.bound, from->bound, from->count * sizeof *to.bound);
    return to;
}

graph *graph_copy(const graph *from)
{
    graph *to = graph_new();
    *to = *from;
    for (int i = 0; i < to->node_count; i++)
        to->nodes[i].value = copy_value(&from->nodes[i].value);
    return to;
}

/* ---- evaluation --------------------------------------------------------------------------------------------------- */

/* The element of a that stands under element index of the result, aligned at the last axis. */
static size_t under(const oracle *a, const oracle *result, size_t index)
{
    size_t at = 0, step = 1;
    for (int i = result->rank - 1, j = a->rank - 1; j >= 0; i--, j--) {
        size_t place = index % (size_t)result->dims[i];
        index /= (size_t)result->dims[i];
        at += a->dims[j] == 1 ? 0 : place * step;
        step *= (size_t)a->dims[j];
    }
    return at;
}

static oracle element_wise(const graph *of, const graph_node *node)
{
    const oracle *x[3];
    nsc_dtype dtypes[3];
    int64_t dims[NSC_MAX_RANK];
    int rank = 0;
    for (int o = 0; o < node->operand_count; o++) {
        x[o] = &of->nodes[node->operands[o]].value;
        dtypes[o] = x[o]->dtype;
        rank = x[o]->rank > rank ? x[o]->rank : rank;
    }
    for (int i = 0; i < rank; i++) {
        dims[i] = 1;
        for (int o = 0; o < node->operand_count; o++) {
            int own = i - (rank - x[o]->rank);
            dims[i] = own >= 0 && x[o]->dims[own] != 1 ? x[o]->dims[own] : dims[i];
        }
    }
    oracle y = oracle_make(rank, dims);
    y.dtype = node->op == G_CAST ? node->dtype : NSC_FLOAT32;
    for (size_t i = 0; i < y.count; i++) {
        near values[3];
        for (int o = 0; o < node->operand_count; o++)
            values[o] = near_at(x[o], under(x[o], &y, i));
        near_put(&y, i, near_element(node, values, dtypes));
    }
    return y;
}

oracle graph_evaluate_node(const graph *of, const graph_node *node)
{
    if (node->op == G_CONSTANT) {
        oracle y = oracle_make(0, NULL);
        y.value[0] = (double)node->numbers[0];
        return y;
    }
    if ((node->op == G_ACTIVATION || node->op == G_ACTIVATION_ALPHA) &&
        (node->activation == NSC_SOFTMAX || node->activation == NSC_LOG_SOFTMAX)) {
        graph_node softmax = *node;
        softmax.op = node->activation == NSC_SOFTMAX ? G_SOFTMAX : G_LOG_SOFTMAX;
        softmax.axis = -1;
        return graph_evaluate_axis(of, &softmax);
    }
    if (node->op <= G_DROPOUT)
        return element_wise(of, node);
    if (node->op <= G_PAD)
        return graph_evaluate_shape(of, node);
    return node->op <= G_ONE_HOT ? graph_evaluate_axis(of, node) : graph_evaluate_product(of, node);
}

void graph_evaluate(graph *of)
{
    for (int i = 0; i < of->node_count; i++) {
        graph_node *node = &of->nodes[i];
        if (node->op == G_INPUT || node->op == G_PARAMETER)
            continue;
        oracle_free(&node->value);
        node->value = graph_evaluate_node(of, node);
    }
}

/* ---- construction ------------------------------------------------------------------------------------------------- */

typedef nsc_value *(*one_operand)(nsc_value *x);
typedef nsc_value *(*two_operands)(nsc_value *a, nsc_value *b);
typedef nsc_value *(*reduction)(nsc_value *x, const int *axes, size_t count, int keep);

static const two_operands binaries[G_COUNT] = {
    [G_ADD] = nsc_op_add,
    [G_SUB] = nsc_op_sub,
    [G_MUL] = nsc_op_mul,
    [G_DIV] = nsc_op_div,
    [G_POW] = nsc_op_pow,
    [G_MAXIMUM] = nsc_op_maximum,
    [G_MINIMUM] = nsc_op_minimum,
    [G_EQUAL] = nsc_op_equal,
    [G_NOT_EQUAL] = nsc_op_not_equal,
    [G_LESS] = nsc_op_less,
    [G_LESS_EQUAL] = nsc_op_less_equal,
    [G_GREATER] = nsc_op_greater,
    [G_GREATER_EQUAL] = nsc_op_greater_equal,
    [G_PRELU] = nsc_op_prelu,
    [G_MATMUL] = nsc_op_matmul,
};
static const one_operand unaries[G_COUNT] = {
    [G_NEG] = nsc_op_neg,   [G_ABS] = nsc_op_abs,     [G_EXP] = nsc_op_exp,         [G_EXPM1] = nsc_op_expm1,
    [G_LOG] = nsc_op_log,   [G_LOG1P] = nsc_op_log1p, [G_SQRT] = nsc_op_sqrt,       [G_RSQRT] = nsc_op_rsqrt,
    [G_ERF] = nsc_op_erf,   [G_SIN] = nsc_op_sin,     [G_COS] = nsc_op_cos,         [G_FLOOR] = nsc_op_floor,
    [G_CEIL] = nsc_op_ceil, [G_RINT] = nsc_op_rint,   [G_RELU] = nsc_op_relu,       [G_SIGMOID] = nsc_op_sigmoid,
    [G_TANH] = nsc_op_tanh, [G_GELU] = nsc_op_gelu,   [G_FLATTEN] = nsc_op_flatten,
};
static const reduction reductions[G_COUNT] = {
    [G_SUM] = nsc_op_sum, [G_MEAN] = nsc_op_mean, [G_MAX] = nsc_op_max, [G_MIN] = nsc_op_min, [G_PROD] = nsc_op_prod};

static nsc_value *split_part(nsc_value *x, const graph_node *node)
{
    nsc_value *parts[64];
    nsc_op_split(x, node->axis, (size_t)node->count, parts);
    return parts[node->part];
}

static nsc_value *call(nsc_trace *trace, const graph_node *node, nsc_value *const *x)
{
    if (binaries[node->op] != NULL)
        return binaries[node->op](x[0], x[1]);
    if (unaries[node->op] != NULL)
        return unaries[node->op](x[0]);
    if (reductions[node->op] != NULL)
        return reductions[node->op](x[0], node->rank == 0 ? NULL : node->axes, (size_t)node->rank, node->keep);
    switch (node->op) {
    case G_CONSTANT:
        return nsc_op_constant(trace, node->numbers[0]);
    case G_WHERE:
        return nsc_op_where(x[0], x[1], x[2]);
    case G_CLIP:
        return nsc_op_clip(x[0], node->numbers[0], node->numbers[1]);
    case G_ACTIVATION:
        return nsc_op_activation(x[0], node->activation);
    case G_ACTIVATION_ALPHA:
        return nsc_op_activation_alpha(x[0], node->activation, node->numbers[0]);
    case G_CAST:
        return nsc_op_cast(x[0], node->dtype);
    case G_DROPOUT:
        return nsc_op_dropout(x[0], node->numbers[0]);
    case G_RESHAPE:
        return nsc_op_reshape(x[0], node->rank, node->dims);
    case G_TRANSPOSE:
        return nsc_op_transpose(x[0], node->axes);
    case G_SLICE:
        return nsc_op_slice(x[0], node->axis, node->start, node->stop, node->step);
    case G_SPLIT:
        return split_part(x[0], node);
    case G_EXPAND:
        return nsc_op_expand_dims(x[0], node->axis);
    case G_SQUEEZE:
        return nsc_op_squeeze(x[0], node->axis);
    case G_BROADCAST:
        return nsc_op_broadcast(x[0], node->rank, node->dims);
    case G_CONCAT:
        return nsc_op_concat(x, (size_t)node->operand_count, node->axis);
    case G_STACK:
        return nsc_op_stack(x, (size_t)node->operand_count, node->axis);
    case G_PAD:
        return nsc_op_pad(x[0], node->dims, node->after, node->mode, node->numbers[0]);
    case G_ARGMAX:
        return nsc_op_argmax(x[0], node->axis, node->keep);
    case G_ARGMIN:
        return nsc_op_argmin(x[0], node->axis, node->keep);
    case G_CUMULATIVE_SUM:
        return nsc_op_cumulative_sum(x[0], node->axis);
    case G_SOFTMAX:
        return nsc_op_softmax(x[0], node->axis);
    case G_LOG_SOFTMAX:
        return nsc_op_log_softmax(x[0], node->axis);
    case G_GATHER:
        return nsc_op_gather(x[0], x[1], node->axis);
    case G_ONE_HOT:
        return nsc_op_one_hot(x[0], node->count);
    default: /* G_LINEAR */
        return nsc_op_linear(x[0], x[1], node->operand_count > 2 ? x[2] : NULL);
    }
}

typedef struct built {
    graph *of;
    nsc_parameter *parameters[GRAPH_MAX_NODES];
} built;

static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    const built *own = user;
    const graph *of = own->of;
    nsc_value *values[GRAPH_MAX_NODES], *operands[GRAPH_MAX_OPERANDS];
    size_t next = 0;
    (void)in_count;
    for (int i = 0; i < of->node_count; i++) {
        const graph_node *node = &of->nodes[i];
        for (int o = 0; o < node->operand_count; o++)
            operands[o] = values[node->operands[o]];
        values[i] = node->op == G_INPUT       ? in[next++]
                    : node->op == G_PARAMETER ? nsc_op_parameter(trace, own->parameters[i])
                                              : call(trace, node, operands);
    }
    for (size_t i = 0; i < out_count; i++)
        out[i] = values[of->outputs[i]];
    return NSC_OK;
}

static void *stored(const oracle *value)
{
    size_t size = nsc_dtype_size(value->dtype);
    char *data = calloc(value->count + 1, size);
    if (data == NULL)
        abort();
    for (size_t i = 0; i < value->count; i++) {
        float as_float = (float)value->value[i];
        uint32_t word =
            value->dtype == NSC_INT32 ? (uint32_t)(int32_t)value->value[i] : (uint32_t)fmax(0, value->value[i]);
        uint8_t byte = (uint8_t)word;
        memcpy(data + i * size,
               value->dtype == NSC_FLOAT32 ? (void *)&as_float
               : value->dtype == NSC_UINT8 ? (void *)&byte
                                           : (void *)&word,
               size);
    }
    return data;
}

nsc_block *graph_block(graph *of, nsc_shape *shapes, size_t *input_count)
{
    size_t inputs = 0;
    built *own = calloc(1, sizeof *own);
    if (own == NULL)
        abort();
    own->of = of;
    for (int i = 0; i < of->node_count; i++)
        if (of->nodes[i].op == G_INPUT) {
            const oracle *value = &of->nodes[i].value;
            if (shapes != NULL) {
                shapes[inputs] = (nsc_shape){.rank = value->rank, .dtype = value->dtype};
                memcpy(shapes[inputs].dims, value->dims, sizeof shapes[inputs].dims);
            }
            inputs++;
        }
    nsc_block *block =
        nsc_custom(forward, .user = own, .destroy = free, .inputs = inputs, .outputs = (size_t)of->output_count);
    for (int i = 0; i < of->node_count; i++)
        if (of->nodes[i].op == G_PARAMETER) {
            char name[16];
            float *data = stored(&of->nodes[i].value);
            snprintf(name, sizeof name, "v%d", i);
            own->parameters[i] =
                nsc_declare_constant(block, name, of->nodes[i].value.rank, of->nodes[i].value.dims, data);
            free(data);
        }
    if (input_count != NULL)
        *input_count = inputs;
    return block;
}

int graph_run(graph *of, nsc_context *context, char *text, size_t capacity, size_t *checked, size_t *of_all)
{
    const nsc_tensor *in[GRAPH_MAX_NODES];
    nsc_tensor *out[GRAPH_MAX_OUTPUTS] = {NULL}, *made[GRAPH_MAX_NODES];
    size_t in_count = 0, count = (size_t)of->output_count;
    nsc_block *block = graph_block(of, NULL, NULL);
    text[0] = '\0';
    for (int i = 0; i < of->node_count; i++)
        if (of->nodes[i].op == G_INPUT) {
            const oracle *value = &of->nodes[i].value;
            void *data = stored(value);
            ASSERT_OK(nsc_tensor_from(context, value->dtype, value->rank, value->dims, data, &made[in_count]));
            in[in_count] = made[in_count];
            in_count++;
            free(data);
        }
    nsc_status status = nsc_initialize(block, context, NULL);
    if (status == NSC_OK)
        status = nsc_run(block, NSC_INFERENCE, in, in_count, out, count);
    if (status != NSC_OK)
        snprintf(text, capacity, "%s: %s", nsc_status_name(status), nsc_last_error(NULL));
    for (size_t i = 0; i < count && text[0] == '\0'; i++) {
        const oracle *expected = &of->nodes[of->outputs[i]].value;
        char difference[160];
        if (!oracle_same(expected, out[i], difference, sizeof difference))
            snprintf(text, capacity, "output %zu: %s", i, difference);
        for (size_t j = 0; j < expected->count; j++) {
            if (checked != NULL)
                *checked += isfinite(expected->bound[j]) != 0;
            if (of_all != NULL)
                *of_all += 1;
        }
    }
    for (size_t i = 0; i < count; i++)
        nsc_tensor_release(out[i]);
    for (size_t i = 0; i < in_count; i++)
        nsc_tensor_release(made[i]);
    nsc_release(block);
    return text[0] == '\0';
}

void graph_check(graph *of, nsc_context *context, const char *what)
{
    char text[1024];
    if (!graph_run(of, context, text, sizeof text, NULL, NULL)) {
        graph_print(of, stderr);
        ck_abort_msg("%s: %s", what, text);
    }
}
