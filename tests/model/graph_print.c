/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs for people, and smaller ones that fail alike. */
#include "graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[G_COUNT] = {"input",         "parameter",   "constant",
                                           "add",           "sub",         "mul",
                                           "div",           "pow",         "maximum",
                                           "minimum",       "equal",       "not_equal",
                                           "less",          "less_equal",  "greater",
                                           "greater_equal", "prelu",       "where",
                                           "neg",           "abs",         "exp",
                                           "expm1",         "log",         "log1p",
                                           "sqrt",          "rsqrt",       "erf",
                                           "sin",           "cos",         "floor",
                                           "ceil",          "rint",        "relu",
                                           "sigmoid",       "tanh",        "gelu",
                                           "clip",          "activation",  "activation_alpha",
                                           "cast",          "dropout",     "reshape",
                                           "flatten",       "transpose",   "slice",
                                           "split",         "expand_dims", "squeeze",
                                           "broadcast",     "concat",      "stack",
                                           "pad",           "sum",         "mean",
                                           "max",           "min",         "prod",
                                           "argmax",        "argmin",      "cumulative_sum",
                                           "softmax",       "log_softmax", "gather",
                                           "one_hot",       "linear",      "matmul"};

static void print_sizes(FILE *file, const char *name, int rank, const int64_t *dims)
{
    fprintf(file, ", %s (", name);
    for (int i = 0; i < rank; i++)
        fprintf(file, "%s%lld", i > 0 ? ", " : "", (long long)dims[i]);
    fputc(')', file);
}

static void print_attributes(const graph *of, const graph_node *node, FILE *file)
{
    int64_t axes[NSC_MAX_RANK];
    int rank = node->op == G_TRANSPOSE ? node->value.rank : node->rank;
    for (int i = 0; i < NSC_MAX_RANK; i++)
        axes[i] = node->axes[i];
    switch (node->op) {
    case G_CONSTANT:
        fprintf(file, "%.9g", (double)node->numbers[0]);
        break;
    case G_CLIP:
    case G_ACTIVATION:
    case G_ACTIVATION_ALPHA:
        fprintf(file, ", %s, %.9g, %.9g", nsc_activation_name(node->activation), (double)node->numbers[0],
                (double)node->numbers[1]);
        break;
    case G_RESHAPE:
    case G_BROADCAST:
        print_sizes(file, "to", node->rank, node->dims);
        break;
    case G_PAD:
        print_sizes(file, "before", of->nodes[node->operands[0]].value.rank, node->dims);
        print_sizes(file, "after", of->nodes[node->operands[0]].value.rank, node->after);
        fprintf(file, ", mode %d, %.9g", (int)node->mode, (double)node->numbers[0]);
        break;
    case G_TRANSPOSE:
    case G_SUM:
    case G_MEAN:
    case G_MAX:
    case G_MIN:
    case G_PROD:
        print_sizes(file, "axes", rank, axes);
        fprintf(file, ", keep %d", node->keep);
        break;
    case G_SLICE:
        fprintf(file, ", axis %d, %lld : %lld : %lld", node->axis, (long long)node->start, (long long)node->stop,
                (long long)node->step);
        break;
    case G_SPLIT:
        fprintf(file, ", axis %d, part %d of %lld", node->axis, node->part, (long long)node->count);
        break;
    default:
        if (node->op > G_FLATTEN && node->op < G_LINEAR)
            fprintf(file, ", axis %d, keep %d, count %lld", node->axis, node->keep, (long long)node->count);
    }
}

void graph_print(const graph *of, FILE *file)
{
    fprintf(file, "graph of seed %llu:\n", (unsigned long long)of->seed);
    for (int i = 0; i < of->node_count; i++) {
        const graph_node *node = &of->nodes[i];
        fprintf(file, "  v%d = %s(", i, names[node->op]);
        for (int o = 0; o < node->operand_count; o++)
            fprintf(file, "%sv%d", o > 0 ? ", " : "", node->operands[o]);
        print_attributes(of, node, file);
        fputs(")", file);
        print_sizes(file, nsc_dtype_name(node->value.dtype), node->value.rank, node->value.dims);
        for (size_t j = 0; node->op <= G_PARAMETER && j < node->value.count && j < 8; j++)
            fprintf(file, " %.9g", node->value.value[j]);
        fputc('\n', file);
    }
    fputs("  outputs:", file);
    for (int i = 0; i < of->output_count; i++)
        fprintf(file, " v%d", of->outputs[i]);
    fputc('\n', file);
}

/* ---- smaller ones ------------------------------------------------------------------------------------------------- */

/* Without the nodes that no output needs; one input stays. */
static void prune(graph *of)
{
    int needed[GRAPH_MAX_NODES] = {0}, number[GRAPH_MAX_NODES], kept = 0, inputs = 0;
    for (int i = 0; i < of->output_count; i++)
        needed[of->outputs[i]] = 1;
    for (int i = of->node_count; i-- > 0;)
        for (int o = 0; needed[i] && o < of->nodes[i].operand_count; o++)
            needed[of->nodes[i].operands[o]] = 1;
    for (int i = 0; i < of->node_count; i++)
        inputs += needed[i] && of->nodes[i].op == G_INPUT;
    for (int i = 0; i < of->node_count && inputs == 0; i++)
        if (of->nodes[i].op == G_INPUT)
            inputs = needed[i] = 1;
    for (int i = 0; i < of->node_count; i++) {
        if (!needed[i]) {
            oracle_free(&of->nodes[i].value);
            continue;
        }
        graph_node node = of->nodes[i];
        for (int o = 0; o < node.operand_count; o++)
            node.operands[o] = number[node.operands[o]];
        number[i] = kept;
        of->nodes[kept++] = node;
    }
    of->node_count = kept;
    for (int i = 0; i < of->output_count; i++)
        of->outputs[i] = number[of->outputs[i]];
}

static int better(graph **best, graph *tried, int (*fails)(graph *of, void *user), void *user)
{
    prune(tried);
    graph_evaluate(tried);
    if (!fails(tried, user)) {
        graph_free(tried);
        return 0;
    }
    graph_free(*best);
    *best = tried;
    return 1;
}

/* Readers of the node read one of its operands, of the same shape and type. */
static graph *bypassed(const graph *from, int node, int operand)
{
    const oracle *a = &from->nodes[node].value, *b = &from->nodes[operand].value;
    if (a->rank != b->rank || a->dtype != b->dtype ||
        (a->rank > 0 && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) != 0))
        return NULL;
    graph *tried = graph_copy(from);
    for (int i = 0; i < tried->node_count; i++)
        for (int o = 0; o < tried->nodes[i].operand_count; o++)
            if (tried->nodes[i].operands[o] == node)
                tried->nodes[i].operands[o] = operand;
    for (int i = 0; i < tried->output_count; i++)
        if (tried->outputs[i] == node)
            tried->outputs[i] = operand;
    return tried;
}

/* The node becomes an input of the values it has. */
static graph *cut(const graph *from, int node)
{
    graph *tried = graph_copy(from);
    oracle value = tried->nodes[node].value;
    for (size_t i = 0; i < value.count; i++) {
        value.value[i] = value.dtype == NSC_FLOAT32 ? (double)(float)value.value[i] : value.value[i];
        value.bound[i] = 0;
    }
    tried->nodes[node] = (graph_node){.op = G_INPUT, .value = value};
    return tried;
}

graph *graph_shrink(const graph *from, int (*fails)(graph *of, void *user), void *user)
{
    graph *best = graph_copy(from);
    int progress = 1;
    while (progress) {
        progress = 0;
        for (int i = best->output_count; i-- > 0 && best->output_count > 1;) {
            graph *tried = graph_copy(best);
            memmove(tried->outputs + i, tried->outputs + i + 1,
                    (size_t)(tried->output_count - i - 1) * sizeof *tried->outputs);
            tried->output_count--;
            progress = better(&best, tried, fails, user) || progress;
        }
        for (int i = best->node_count - 1; i >= 0; i = i >= best->node_count ? best->node_count - 1 : i - 1) {
            if (best->nodes[i].op <= G_PARAMETER)
                continue;
            int done = better(&best, cut(best, i), fails, user);
            for (int o = 0; !done && o < best->nodes[i].operand_count; o++) {
                graph *tried = bypassed(best, i, best->nodes[i].operands[o]);
                done = tried != NULL && better(&best, tried, fails, user);
            }
            progress = progress || done;
        }
    }
    return best;
}
