/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a trace: values (each the result of one operation), dimensions as a union-find forest with sizes and
 * origins, equations between them that a union cannot express, and the conflicts found. A trace reads the tree and the
 * parameters' shapes once, at its start, and changes neither.
 */
#ifndef NSC_CORE_GRAPH_TRACE_H
#define NSC_CORE_GRAPH_TRACE_H

#include <stdbool.h>

#include "core/block/block.h"
#include "core/memory.h"
#include "core/param/commit.h"

typedef enum nsc_node {
    NSC_NODE_INPUT,
    NSC_NODE_PARAMETER,
    NSC_NODE_LINEAR,      /* x, weight */
    NSC_NODE_ELEMENTWISE, /* one or two operands; `element` says which */
    NSC_NODE_SOFTMAX,     /* over axis */
    NSC_NODE_FLATTEN,
    NSC_NODE_CONCAT /* along axis */
} nsc_node;

typedef enum nsc_element {
    NSC_ELEMENT_ADD,
    NSC_ELEMENT_SUB,
    NSC_ELEMENT_MUL,
    NSC_ELEMENT_RELU,
    NSC_ELEMENT_SIGMOID,
    NSC_ELEMENT_TANH,
    NSC_ELEMENT_GELU
} nsc_element;

/* The block that is being walked. */
typedef struct nsc_frame {
    const struct nsc_frame *parent;
    nsc_block *block;
    const char *path;  /* "" for the root */
    nsc_value *output; /* its first, when it is done */
} nsc_frame;

struct nsc_value {
    nsc_trace *trace;
    uint32_t id;
    nsc_node node;
    nsc_element element;
    int axis;
    uint32_t index; /* of the input, or of the trace's parameter */
    const nsc_frame *frame;
    nsc_value **operands;
    size_t operand_count;
    int rank; /* -1: a parameter whose rank no operation fixed yet */
    uint32_t dims[NSC_MAX_RANK];
};

typedef struct nsc_dim {
    uint32_t parent;
    int64_t size;
    const char *origin;
} nsc_dim;

typedef enum nsc_equation_kind { NSC_EQUATION_PRODUCT, NSC_EQUATION_SUM, NSC_EQUATION_BROADCAST } nsc_equation_kind;

/* result = product or sum of the terms; or: each term is 1 or result, and result is 1 only where all are. */
typedef struct nsc_equation {
    nsc_equation_kind kind;
    bool done;
    bool decides; /* a broadcast whose default is due */
    const nsc_value *value;
    int axis;
    uint32_t result;
    uint32_t count;
    uint32_t *terms;
} nsc_equation;

typedef struct nsc_trace_parameter {
    nsc_parameter *parameter; /* resolved */
    const char *path;
    const nsc_frame *frame; /* of its first use; NULL: not reached */
    nsc_value *value;       /* NULL: not reached */
    nsc_tensor *made;       /* the value that the commit under way will publish, its owner; NULL: none */
    int rank;
    bool rank_learnt;             /* in this trace: it was unknown */
    int64_t before[NSC_MAX_RANK]; /* sizes when the trace began */
    nsc_cell *cells[NSC_MAX_RANK];
    uint32_t dims[NSC_MAX_RANK];
} nsc_trace_parameter;

struct nsc_trace {
    nsc_block *root;
    nsc_mode mode;
    nsc_status status;
    char text[1024];
    nsc_arena arena;
    nsc_value broken; /* what operations give after an error */
    const nsc_frame *frame;
    nsc_dim *dims;
    size_t dim_count, dim_capacity;
    nsc_value **values;
    size_t value_count, value_capacity;
    nsc_equation *equations;
    size_t equation_count, equation_capacity;
    const char **conflicts;
    size_t conflict_count, conflict_capacity;
    nsc_trace_parameter *parameters;
    size_t parameter_count, parameter_capacity;
    nsc_map parameter_index, cell_index;
    const nsc_frame **calls; /* every block that was called, in order of completion */
    size_t call_count, call_capacity;
    nsc_value **inputs, **outputs;
    size_t input_count, output_count;
};

/* Walks root with these inputs and solves. On failure *trace is NULL and the error chain of owner says why. */
nsc_status nsc_trace_make(uint64_t owner, nsc_block *root, nsc_mode mode, const nsc_shape *inputs, size_t input_count,
                          nsc_trace **trace);
void nsc_trace_free(nsc_trace *trace);

/* Errors while building. */
nsc_status nsc_trace_error(nsc_trace *trace, nsc_status status, const char *format, ...) NSC_PRINTF(3, 4);
/* A new value of the current frame; &trace->broken after an error. */
nsc_value *nsc_trace_value(nsc_trace *trace, nsc_node node, nsc_value *const *operands, size_t count, int rank);

/* Dimensions (solve.c). */
uint32_t nsc_dim_new(nsc_trace *trace, int64_t size, const char *origin);
int64_t nsc_dim_size(nsc_trace *trace, uint32_t dim);
const char *nsc_dim_origin(nsc_trace *trace, uint32_t dim);
/* The dimension of a on axis_a is that of b on axis_b; a conflict is noted, not an error yet. */
void nsc_dim_equal(nsc_trace *trace, const nsc_value *a, int axis_a, const nsc_value *b, int axis_b);
void nsc_dim_equation(nsc_trace *trace, nsc_equation_kind kind, const nsc_value *value, int axis, const uint32_t *terms,
                      uint32_t count);
void nsc_trace_conflict(nsc_trace *trace, const char *text);
/* To a fixed point; then what only a default can decide, and again. */
void nsc_trace_solve(nsc_trace *trace);
/* "0.weight", "input 0" or "the output of 0 (dense)". */
const char *nsc_value_describe(nsc_trace *trace, const nsc_value *value);
/* Sizes as known now, into dims; the rank. */
int nsc_value_sizes(nsc_trace *trace, const nsc_value *value, int64_t dims[NSC_MAX_RANK]);
/* Gives a parameter of unknown rank this rank, with unknown sizes. */
void nsc_value_fix_rank(nsc_trace *trace, nsc_value *value, int rank);

/* What this trace learnt of one parameter's shape; false: nothing. */
bool nsc_trace_update(nsc_trace *trace, const nsc_trace_parameter *parameter, nsc_shape_update *update);

#endif
