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
#include "core/graph/formula.h"
#include "core/memory.h"
#include "core/param/commit.h"

typedef enum nsc_node {
    NSC_NODE_INPUT,
    NSC_NODE_PARAMETER,
    NSC_NODE_IOTA,        /* 0, 1, 2, ... */
    NSC_NODE_RANDOM,      /* uniform in [0, 1), of the run's seed and step and `key` */
    NSC_NODE_ELEMENTWISE, /* `element` of the operands, with `numbers` */
    NSC_NODE_RESHAPE,     /* views: the same elements, in row-major order */
    NSC_NODE_TRANSPOSE,   /* axis i is axis order[i] */
    NSC_NODE_SLICE,       /* start, stop, step along axis */
    NSC_NODE_PART,        /* part `index` along axis, as large as the result */
    NSC_NODE_BROADCAST,   /* to the result's dims */
    NSC_NODE_CONCAT,      /* along axis */
    NSC_NODE_REDUCE,      /* `reduction` over the axes in mask */
    NSC_NODE_CUMULATIVE_SUM,
    NSC_NODE_SOFTMAX, /* over axis; `flag`: the logarithm of it */
    NSC_NODE_GATHER,  /* x, indices, along axis */
    NSC_NODE_PRODUCT  /* (..., m, k) (..., k, n) */
} nsc_node;

typedef enum nsc_reduction { NSC_REDUCE_SUM = 1, NSC_REDUCE_MAX, NSC_REDUCE_MIN, NSC_REDUCE_PROD } nsc_reduction;

/* What tells two values of the same kind and operands apart; compared as bytes, so it starts as zeros. */
typedef struct nsc_attributes {
    nsc_element element;
    float numbers[2];
    int axis;
    int order[NSC_MAX_RANK];
    uint32_t index; /* of the input, the trace's parameter, or the part */
    uint32_t mask;
    nsc_reduction reduction;
    int flag; /* reduce: axes are kept with size 1; softmax: its logarithm */
    int64_t start, stop, step;
    uint64_t key;
} nsc_attributes;

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
    nsc_dtype dtype;
    nsc_attributes is;
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

typedef enum nsc_equation_kind {
    NSC_EQUATION_PRODUCT,
    NSC_EQUATION_SUM,
    NSC_EQUATION_BROADCAST,
    NSC_EQUATION_SLICE
} nsc_equation_kind;

/* result = product or sum of the terms; or: each term is 1 or result, and result is 1 only where all are; or: result is
 * what value, a slice, leaves of its only term. */
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
/* A new float32 value of the current frame, without dimensions yet; &trace->broken after an error. */
nsc_value *nsc_trace_value(nsc_trace *trace, nsc_node node, nsc_value *const *operands, size_t count, int rank);

/* Dimensions (solve.c). */
uint32_t nsc_dim_new(nsc_trace *trace, int64_t size, const char *origin);
int64_t nsc_dim_size(nsc_trace *trace, uint32_t dim);
const char *nsc_dim_origin(nsc_trace *trace, uint32_t dim);
/* The dimension of a on axis_a is that of b on axis_b; a conflict is noted, not an error yet. */
void nsc_dim_equal(nsc_trace *trace, const nsc_value *a, int axis_a, const nsc_value *b, int axis_b);
void nsc_dim_equation(nsc_trace *trace, nsc_equation_kind kind, const nsc_value *value, int axis, const uint32_t *terms,
                      uint32_t count);
/* The same for a dimension that is no axis of value, which the equation is told by. */
void nsc_dim_equation_for(nsc_trace *trace, nsc_equation_kind kind, const nsc_value *value, int axis, uint32_t result,
                          const uint32_t *terms, uint32_t count);
/* The dimension of value on axis is this size, said by origin. */
void nsc_dim_is(nsc_trace *trace, const nsc_value *value, int axis, int64_t size, const char *origin);
void nsc_trace_conflict(nsc_trace *trace, const char *text);
/* How many elements a slice leaves of an axis, and (unless NULL) which is the first. */
int64_t nsc_slice_of(const nsc_attributes *slice, int64_t size, int64_t *first);
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
