/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on symbolic values. A custom block's forward calls these; so do the built-in layers. An operation computes
 * nothing: it adds a node to the trace and equations over partial shapes, which are solved to a fixed point when the
 * walk is done, so that sizes flow from inputs to weights and from weights and other operands back to inputs.
 *
 * A value belongs to its trace and lives until the trace ends. After the first error of a trace every further
 * operation is a no-op that returns a placeholder, never NULL: only the end needs a check, and the first error is kept.
 * Values may not be mixed between traces. A trace is used by one thread.
 */
#ifndef NASCENT_TRACE_H
#define NASCENT_TRACE_H

#include <nascent/parameter.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nsc_block nsc_block;
typedef struct nsc_trace nsc_trace;
typedef struct nsc_value nsc_value;

typedef enum nsc_mode { NSC_INFERENCE = 0, NSC_TRAINING } nsc_mode;

typedef enum nsc_activation {
    NSC_IDENTITY = 0,
    NSC_RELU,    /* max(x, 0); NaN stays NaN */
    NSC_SIGMOID, /* 1 / (1 + exp(-x)) */
    NSC_TANH,
    NSC_GELU,   /* x Phi(x) = x/2 (1 + erf(x / sqrt 2)); Hendrycks, Gimpel 2016, the exact form */
    NSC_SOFTMAX /* over the last axis, with the maximum subtracted */
} nsc_activation;

/* The value of a parameter that the block under trace declared or was given. */
NSC_API nsc_value *nsc_op_parameter(nsc_trace *trace, nsc_parameter *parameter);

/* x (..., k), weight (units, k) -> (..., units): x weight^T, a GEMM. bias (units) is added unless NULL. x has rank 1 or
 * more. */
NSC_API nsc_value *nsc_op_linear(nsc_value *x, nsc_value *weight, nsc_value *bias);

/* Element by element, float32. Shapes are aligned at the last axis; the operand of lower rank, or of a size known to be
 * 1, is repeated; all other sizes must be equal, and are inferred from each other. */
NSC_API nsc_value *nsc_op_add(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_sub(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_mul(nsc_value *a, nsc_value *b);

/* NSC_SOFTMAX is over the last axis; NSC_IDENTITY gives x itself. */
NSC_API nsc_value *nsc_op_activation(nsc_value *x, nsc_activation activation);
NSC_API nsc_value *nsc_op_relu(nsc_value *x);
NSC_API nsc_value *nsc_op_sigmoid(nsc_value *x);
NSC_API nsc_value *nsc_op_tanh(nsc_value *x);
NSC_API nsc_value *nsc_op_gelu(nsc_value *x);
/* exp(x - max) / sum over one axis; a negative axis counts from the end. */
NSC_API nsc_value *nsc_op_softmax(nsc_value *x, int axis);

/* (n, d1, ..., dk) -> (n, d1 * ... * dk); (n) -> (n, 1). No data moves. */
NSC_API nsc_value *nsc_op_flatten(nsc_value *x);
/* Joins along axis; all other sizes are equal. */
NSC_API nsc_value *nsc_op_concat(nsc_value *const *values, size_t count, int axis);

/* Calls another block: count values in, the block's outputs out. A child of a custom block is called with this. */
NSC_API nsc_value *nsc_op_call(nsc_trace *trace, nsc_block *block, nsc_value *x);
NSC_API void nsc_op_call_many(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count);

/* The mode of the run that is traced. */
NSC_API nsc_mode nsc_trace_mode(const nsc_trace *trace);
/* Rank, and the sizes known at this point of the walk (NSC_UNKNOWN elsewhere). A block whose graph depends on sizes can
 * ask; what it sees may be refined later. NSC_UNKNOWN after an error, and for a parameter of unknown rank. */
NSC_API int nsc_value_shape(const nsc_value *value, int64_t dims[NSC_MAX_RANK]);
/* Makes the trace fail with the block's own words, and returns status, for `return nsc_trace_fail(...)`. NSC_OK is no
 * failure: it counts as NSC_INVALID. */
NSC_API nsc_status nsc_trace_fail(nsc_trace *trace, nsc_status status, const char *text);

#ifdef __cplusplus
}
#endif

#endif
