/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs of operations as data: built as a custom block, evaluated on the host in double precision by an interpreter that
 * does one operation after the other and knows nothing of planning, compared, made smaller, printed. */
#ifndef TESTS_MODEL_GRAPH_H
#define TESTS_MODEL_GRAPH_H

#include <stdio.h>

#include "oracle.h"

enum { GRAPH_MAX_OPERANDS = 12, GRAPH_MAX_NODES = 192, GRAPH_MAX_OUTPUTS = 8 };

typedef enum graph_op {
    G_INPUT,
    G_PARAMETER,
    G_CONSTANT, /* numbers[0] */
    /* element by element: two operands */
    G_ADD,
    G_SUB,
    G_MUL,
    G_DIV,
    G_POW,
    G_MAXIMUM,
    G_MINIMUM,
    G_EQUAL,
    G_NOT_EQUAL,
    G_LESS,
    G_LESS_EQUAL,
    G_GREATER,
    G_GREATER_EQUAL,
    G_PRELU,
    G_WHERE,
    /* one operand */
    G_NEG,
    G_ABS,
    G_EXP,
    G_EXPM1,
    G_LOG,
    G_LOG1P,
    G_SQRT,
    G_RSQRT,
    G_ERF,
    G_SIN,
    G_COS,
    G_FLOOR,
    G_CEIL,
    G_RINT,
    G_RELU,
    G_SIGMOID,
    G_TANH,
    G_GELU,
    G_CLIP,             /* numbers */
    G_ACTIVATION,       /* activation */
    G_ACTIVATION_ALPHA, /* activation, numbers[0] */
    G_CAST,             /* dtype */
    G_DROPOUT,          /* numbers[0]; inference */
    /* shapes */
    G_RESHAPE, /* rank, dims */
    G_FLATTEN,
    G_TRANSPOSE, /* axes */
    G_SLICE,     /* axis, start, stop, step */
    G_SPLIT,     /* axis, count, part */
    G_EXPAND,    /* axis */
    G_SQUEEZE,   /* axis */
    G_BROADCAST, /* rank, dims */
    G_CONCAT,    /* axis */
    G_STACK,     /* axis */
    G_PAD,       /* dims before, after, mode, numbers[0] */
    /* along axes */
    G_SUM, /* axes, rank of them; keep */
    G_MEAN,
    G_MAX,
    G_MIN,
    G_PROD,
    G_ARGMAX, /* axis, keep */
    G_ARGMIN,
    G_CUMULATIVE_SUM, /* axis */
    G_SOFTMAX,
    G_LOG_SOFTMAX,
    G_GATHER,  /* axis */
    G_ONE_HOT, /* count */
    /* products */
    G_LINEAR,
    G_MATMUL,
    G_COUNT
} graph_op;

typedef struct graph_node {
    graph_op op;
    int operands[GRAPH_MAX_OPERANDS]; /* earlier nodes */
    int operand_count;
    int axis, keep, rank, part;
    int64_t count;
    int axes[NSC_MAX_RANK];
    int64_t dims[NSC_MAX_RANK], after[NSC_MAX_RANK];
    int64_t start, stop, step;
    float numbers[2];
    nsc_activation activation;
    nsc_dtype dtype;
    nsc_pad_mode mode;
    oracle value; /* of leaves given, of others by graph_evaluate; owned */
} graph_node;

typedef struct graph {
    graph_node nodes[GRAPH_MAX_NODES];
    int node_count;
    int outputs[GRAPH_MAX_OUTPUTS];
    int output_count;
    uint64_t seed; /* for messages */
} graph;

/* Empty, on the heap; graph_free also frees its values. */
graph *graph_new(void);
void graph_free(graph *of);
/* Appends a node, which takes over node.value; its number. */
int graph_add(graph *to, graph_node node);
/* A leaf of these values, rounded to dtype already. */
int graph_add_leaf(graph *to, graph_op op, oracle value);
graph *graph_copy(const graph *from);

/* The value of a node from those of its operands, in double precision with a bound. The shapes must fit. */
oracle graph_evaluate_node(const graph *of, const graph_node *node);
/* All nodes that are no leaves, again. */
void graph_evaluate(graph *of);

/* A block that computes the graph, which must outlive it; its parameters have their values once nsc_initialize was
 * called. NULL shapes: those of the inputs go there, as many as the block has inputs. */
nsc_block *graph_block(graph *of, nsc_shape *shapes, size_t *input_count);
/* Runs it; false when an output differs or the run fails, and then text says how. *checked and *of_all receive how many
 * elements were compared and how many there are; NULL is allowed. */
int graph_run(graph *of, nsc_context *context, char *text, size_t capacity, size_t *checked, size_t *of_all);
/* The same for one operation and its leaves; a difference fails the test. */
void graph_check(graph *of, nsc_context *context, const char *what);

/* A line for each node: the call, the shape of the result. */
void graph_print(const graph *of, FILE *file);
/* Leaves nodes out, in a copy, as long as fails(copy, user) holds. */
graph *graph_shrink(const graph *from, int (*fails)(graph *of, void *user), void *user);

/* A random graph of about size nodes, all of whose values are known well enough to be compared. */
graph *graph_random(uint64_t seed, int size);

/* ---- for the host's interpreter ----------------------------------------------------------------------------------- */

/* A number and how far a float32 device may be from it; INFINITY: nothing is known. NaN and infinities are exact. */
typedef struct near {
    double v, d;
} near;

near near_rounded(double v, double carried, double ulps);
near near_sum(const near *terms, size_t count, size_t stride); /* in any order */
near near_element(const graph_node *node, const near *x, const nsc_dtype *dtypes);
near near_binary(graph_op op, near a, near b);
near near_at(const oracle *array, size_t index);
void near_put(oracle *array, size_t index, near value);
/* A value below 2^-126 may be taken for 0. */
near near_flushed(near x);

oracle graph_evaluate_shape(const graph *of, const graph_node *node);
oracle graph_evaluate_axis(const graph *of, const graph_node *node);
oracle graph_evaluate_product(const graph *of, const graph_node *node);

#endif
