/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on symbolic values (trace.h says what those are). What a custom block calls, and what the layers are
 * made of.
 *
 * Axes: a negative axis counts from the end. Shapes broadcast as in NumPy: they are aligned at the last axis; the operand
 * of lower rank, or of a size known to be 1, is repeated; all other sizes must be equal, and are inferred from each other.
 * Element types: operations take and give float32 where nothing else is said; another type is WRONG_DTYPE, and the remedy
 * is nsc_op_cast. Operations called views move no data and cost no launch wherever strides can express them.
 * Errors are kept in the trace: INVALID (an argument), SHAPE_CONFLICT, WRONG_DTYPE, PENDING (an unknown rank), NO_MEMORY.
 */
#ifndef NASCENT_OPERATIONS_H
#define NASCENT_OPERATIONS_H

#include <nascent/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- leaves ----------------------------------------------------------------------------------------------------- */

/* The value of a parameter that the block under trace declared or was given. */
NSC_API nsc_value *nsc_op_parameter(nsc_trace *trace, nsc_parameter *parameter);
/* A scalar, of rank 0: it broadcasts to everything. */
NSC_API nsc_value *nsc_op_constant(nsc_trace *trace, float value);

/* ---- element by element ----------------------------------------------------------------------------------------- */

NSC_API nsc_value *nsc_op_add(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_sub(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_mul(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_div(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_pow(nsc_value *a, nsc_value *b);
/* NaN where one of the two is NaN. */
NSC_API nsc_value *nsc_op_maximum(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_minimum(nsc_value *a, nsc_value *b);

/* 1 where it holds, else 0. A comparison with NaN does not hold, but not_equal does. */
NSC_API nsc_value *nsc_op_equal(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_not_equal(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_less(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_less_equal(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_greater(nsc_value *a, nsc_value *b);
NSC_API nsc_value *nsc_op_greater_equal(nsc_value *a, nsc_value *b);
/* a where condition is not 0 (NaN is not 0), else b. */
NSC_API nsc_value *nsc_op_where(nsc_value *condition, nsc_value *a, nsc_value *b);
/* min(max(x, low), high); low <= high. NaN stays NaN. */
NSC_API nsc_value *nsc_op_clip(nsc_value *x, float low, float high);

NSC_API nsc_value *nsc_op_neg(nsc_value *x);
NSC_API nsc_value *nsc_op_abs(nsc_value *x);
NSC_API nsc_value *nsc_op_exp(nsc_value *x);
NSC_API nsc_value *nsc_op_expm1(nsc_value *x);
NSC_API nsc_value *nsc_op_log(nsc_value *x);
NSC_API nsc_value *nsc_op_log1p(nsc_value *x);
NSC_API nsc_value *nsc_op_sqrt(nsc_value *x);
NSC_API nsc_value *nsc_op_rsqrt(nsc_value *x);
NSC_API nsc_value *nsc_op_erf(nsc_value *x);
NSC_API nsc_value *nsc_op_sin(nsc_value *x);
NSC_API nsc_value *nsc_op_cos(nsc_value *x);
NSC_API nsc_value *nsc_op_floor(nsc_value *x);
NSC_API nsc_value *nsc_op_ceil(nsc_value *x);
/* To the nearest integer, ties to even. */
NSC_API nsc_value *nsc_op_rint(nsc_value *x);

/* With the default alpha. NSC_IDENTITY gives x itself; the softmax kinds work over the last axis. */
NSC_API nsc_value *nsc_op_activation(nsc_value *x, nsc_activation activation);
/* leaky_relu, elu and celu with their alpha; INVALID for another activation, and for celu with 0. */
NSC_API nsc_value *nsc_op_activation_alpha(nsc_value *x, nsc_activation activation, float alpha);
NSC_API nsc_value *nsc_op_relu(nsc_value *x);
NSC_API nsc_value *nsc_op_sigmoid(nsc_value *x);
NSC_API nsc_value *nsc_op_tanh(nsc_value *x);
NSC_API nsc_value *nsc_op_gelu(nsc_value *x);
/* x where x > 0, else slope x; slope broadcasts (He et al. 2015). */
NSC_API nsc_value *nsc_op_prelu(nsc_value *x, nsc_value *slope);

/* Converts from and to float32, int32, uint32 and uint8. Float to integer truncates toward zero and saturates, NaN gives 0;
 * integers pass through float32 on their way, so beyond 2^24 they are rounded. x itself where the type is the same. */
NSC_API nsc_value *nsc_op_cast(nsc_value *x, nsc_dtype dtype);

/* In NSC_TRAINING: each element is 0 with probability rate, else x / (1 - rate) (Srivastava et al. 2014). The mask is a
 * pure function of the net's seed and step (nsc_set_random), the path of the block, the position of the call in it, and
 * the index of the element: the same on every device. x itself in NSC_INFERENCE, and where rate is 0. 0 <= rate < 1. */
NSC_API nsc_value *nsc_op_dropout(nsc_value *x, float rate);

/* ---- shapes: views, of any element type ------------------------------------------------------------------------- */

/* In nsc_op_reshape: this axis is as large as the same axis of x. */
#define NSC_DIM_SAME (-2)
/* rank sizes; one may be NSC_UNKNOWN: what is left. NSC_DIM_SAME keeps an axis, known or not. */
NSC_API nsc_value *nsc_op_reshape(nsc_value *x, int rank, const int64_t *dims);
/* (n, d1, ..., dk) -> (n, d1 * ... * dk); (n) -> (n, 1). */
NSC_API nsc_value *nsc_op_flatten(nsc_value *x);
/* Axis i of the result is axis axes[i] of x; NULL: in reverse order. */
NSC_API nsc_value *nsc_op_transpose(nsc_value *x, const int *axes);
/* Elements start, start + step, ... before stop of one axis. Negative start and stop count from the end, both are cut to
 * the axis; step is not 0. NSC_END as stop: to the end, in the direction of step. */
#define NSC_END INT64_MAX
NSC_API nsc_value *nsc_op_slice(nsc_value *x, int axis, int64_t start, int64_t stop, int64_t step);
/* count equal parts along axis, into parts: the size is a multiple of count. */
NSC_API void nsc_op_split(nsc_value *x, int axis, size_t count, nsc_value **parts);
/* A new axis of size 1 in front of axis `axis` of x; -1: behind the last. */
NSC_API nsc_value *nsc_op_expand_dims(nsc_value *x, int axis);
/* Takes an axis of size 1 away. */
NSC_API nsc_value *nsc_op_squeeze(nsc_value *x, int axis);
/* Repeats as broadcasting would; NSC_DIM_SAME keeps an axis, counted from the end. */
NSC_API nsc_value *nsc_op_broadcast(nsc_value *x, int rank, const int64_t *dims);

/* ---- shapes: joined --------------------------------------------------------------------------------------------- */

/* Joins along axis; all other sizes are equal. What is computed for it alone is written where it belongs. */
NSC_API nsc_value *nsc_op_concat(nsc_value *const *values, size_t count, int axis);
/* Joins along a new axis. */
NSC_API nsc_value *nsc_op_stack(nsc_value *const *values, size_t count, int axis);

typedef enum nsc_pad_mode {
    NSC_PAD_CONSTANT = 0,
    NSC_PAD_EDGE,   /* repeats the border */
    NSC_PAD_REFLECT /* mirrors, without the border itself: before and after are less than the size, which is known */
} nsc_pad_mode;
/* before[i] and after[i] elements more on axis i, for each axis of x; value is for NSC_PAD_CONSTANT. */
NSC_API nsc_value *nsc_op_pad(nsc_value *x, const int64_t *before, const int64_t *after, nsc_pad_mode mode,
                              float value);

/* ---- along axes ------------------------------------------------------------------------------------------------- */

/* Over count axes; NULL and 0: all. Reduced axes are left out, or kept with size 1. Nothing to sum gives 0, no factors 1,
 * the mean of nothing is NaN; the maximum of nothing is INVALID when the sizes are known. NaN wins. */
NSC_API nsc_value *nsc_op_sum(nsc_value *x, const int *axes, size_t count, int keep);
NSC_API nsc_value *nsc_op_mean(nsc_value *x, const int *axes, size_t count, int keep);
NSC_API nsc_value *nsc_op_max(nsc_value *x, const int *axes, size_t count, int keep);
NSC_API nsc_value *nsc_op_min(nsc_value *x, const int *axes, size_t count, int keep);
NSC_API nsc_value *nsc_op_prod(nsc_value *x, const int *axes, size_t count, int keep);
/* The index of the first largest (smallest) element, as int32; that of the first NaN where there is one. An axis of more
 * than 2^24 elements is UNSUPPORTED. */
NSC_API nsc_value *nsc_op_argmax(nsc_value *x, int axis, int keep);
NSC_API nsc_value *nsc_op_argmin(nsc_value *x, int axis, int keep);
/* The sum of all elements up to this one. */
NSC_API nsc_value *nsc_op_cumulative_sum(nsc_value *x, int axis);
/* exp(x - max) / sum over one axis, and its logarithm. */
NSC_API nsc_value *nsc_op_softmax(nsc_value *x, int axis);
NSC_API nsc_value *nsc_op_log_softmax(nsc_value *x, int axis);

/* ---- indices ---------------------------------------------------------------------------------------------------- */

/* The slices of x (float32) at indices (int32, uint32 or uint8) along axis, which is replaced by the axes of indices. An
 * index outside is cut to the nearest there is. */
NSC_API nsc_value *nsc_op_gather(nsc_value *x, nsc_value *indices, int axis);
/* (...) -> (..., depth): 1 at the index, else 0; zeros only where it is outside. indices as in nsc_op_gather. */
NSC_API nsc_value *nsc_op_one_hot(nsc_value *indices, int64_t depth);

/* ---- products --------------------------------------------------------------------------------------------------- */

/* x (..., k), weight (units, k) -> (..., units): x weight^T, a GEMM. bias (units) is added unless NULL. x has rank 1 or
 * more. */
NSC_API nsc_value *nsc_op_linear(nsc_value *x, nsc_value *weight, nsc_value *bias);
/* (..., m, k) (..., k, n) -> (..., m, n): leading axes broadcast. A vector on the left is a row, on the right a column;
 * that axis is taken away from the result. */
NSC_API nsc_value *nsc_op_matmul(nsc_value *a, nsc_value *b);

#ifdef __cplusplus
}
#endif

#endif
