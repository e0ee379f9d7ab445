/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: the walk over a tree that gives a graph. A custom block's forward calls operations (operations.h) on symbolic
 * values; so do the built-in layers. An operation computes nothing: it adds a node to the trace and equations over partial
 * shapes, which are solved to a fixed point when the walk is done, so that sizes flow from inputs to weights and from
 * weights and other operands back to inputs.
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

/* alpha is a layer's option; where it is not given, the number here is taken. */
typedef enum nsc_activation {
    NSC_IDENTITY = 0,
    NSC_RELU,    /* max(x, 0); NaN stays NaN */
    NSC_SIGMOID, /* 1 / (1 + exp(-x)) */
    NSC_TANH,
    NSC_GELU,         /* x Phi(x) = x/2 (1 + erf(x / sqrt 2)); Hendrycks, Gimpel 2016, the exact form */
    NSC_SOFTMAX,      /* over the last axis, with the maximum subtracted */
    NSC_LOG_SOFTMAX,  /* x - max - log(sum of exp(x - max)), over the last axis */
    NSC_GELU_TANH,    /* x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); Hendrycks, Gimpel 2016 */
    NSC_LEAKY_RELU,   /* x where x > 0, else alpha x; alpha 0.01; Maas et al. 2013 */
    NSC_ELU,          /* x where x > 0, else alpha (exp(x) - 1); alpha 1; Clevert et al. 2015 */
    NSC_SELU,         /* 1.0507... elu(x) with alpha 1.6732...; Klambauer et al. 2017 */
    NSC_CELU,         /* x where x > 0, else alpha (exp(x / alpha) - 1); alpha 1; Barron 2017 */
    NSC_SILU,         /* x sigmoid(x), also called swish; Elfwing et al. 2017 */
    NSC_MISH,         /* x tanh(softplus(x)); Misra 2019 */
    NSC_SOFTPLUS,     /* log(1 + exp(x)), without overflow */
    NSC_SOFTSIGN,     /* x / (1 + |x|) */
    NSC_LOG_SIGMOID,  /* -softplus(-x) */
    NSC_HARD_SIGMOID, /* min(max(x / 6 + 1/2, 0), 1); Howard et al. 2019 */
    NSC_HARD_SWISH,   /* x hard_sigmoid(x); Howard et al. 2019 */
    NSC_HARD_TANH     /* min(max(x, -1), 1) */
} nsc_activation;
/* "relu", "leaky_relu" and so on; NULL for a number that is no activation. Static. */
NSC_API const char *nsc_activation_name(nsc_activation activation);

/* Calls another block: count values in, the block's outputs out. A child of a custom block is called with this. */
NSC_API nsc_value *nsc_op_call(nsc_trace *trace, nsc_block *block, nsc_value *x);
NSC_API void nsc_op_call_many(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                              nsc_value **out, size_t out_count);

/* The mode of the run that is traced. */
NSC_API nsc_mode nsc_trace_mode(const nsc_trace *trace);
/* Rank, and the sizes known at this point of the walk (NSC_UNKNOWN elsewhere). A block whose graph depends on sizes can
 * ask; what it sees may be refined later. NSC_UNKNOWN after an error, and for a parameter of unknown rank. */
NSC_API int nsc_value_shape(const nsc_value *value, int64_t dims[NSC_MAX_RANK]);
/* The element type, known from the start; float32 after an error. */
NSC_API nsc_dtype nsc_value_dtype(const nsc_value *value);
/* Makes the trace fail with the block's own words, and returns status, for `return nsc_trace_fail(...)`. NSC_OK is no
 * failure: it counts as NSC_INVALID. */
NSC_API nsc_status nsc_trace_fail(nsc_trace *trace, nsc_status status, const char *text);

#ifdef __cplusplus
}
#endif

#endif
