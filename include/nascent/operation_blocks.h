/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations as blocks, for trees and descriptions that need no code: each is the operation of operations.h of its name, which
 * says what it does with shapes and types. Blocks with several inputs or outputs stand in graphs (graph.h). Arrays are
 * copied. As with every block nothing here gives NULL, and nsc_named names it.
 */
#ifndef NASCENT_OPERATION_BLOCKS_H
#define NASCENT_OPERATION_BLOCKS_H

#include <nascent/block.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- several inputs, one output ----------------------------------------------------------------------------------- */

/* 2 to 64 inputs, which broadcast. */
NSC_API nsc_block *nsc_add_inputs(size_t inputs);
NSC_API nsc_block *nsc_multiply_inputs(size_t inputs);
/* 2 to 64 inputs, joined along axis; along a new one. */
NSC_API nsc_block *nsc_concat_inputs(size_t inputs, int axis);
NSC_API nsc_block *nsc_stack_inputs(size_t inputs, int axis);
/* Two inputs, a and b. */
NSC_API nsc_block *nsc_matmul(void);
/* Two inputs, x and indices. */
NSC_API nsc_block *nsc_gather(int axis);

/* ---- shapes ------------------------------------------------------------------------------------------------------- */

/* Sizes, one NSC_UNKNOWN, and NSC_DIM_SAME. */
NSC_API nsc_block *nsc_reshape(int rank, const int64_t *dims);
/* rank axes; 0 and NULL: in reverse order, for any rank. */
NSC_API nsc_block *nsc_transpose(int rank, const int *axes);
NSC_API nsc_block *nsc_slice(int axis, int64_t start, int64_t stop, int64_t step);
/* One input, count outputs, 1 to 64. */
NSC_API nsc_block *nsc_split(int axis, size_t count);
NSC_API nsc_block *nsc_pad(int rank, const int64_t *before, const int64_t *after, nsc_pad_mode mode, float value);
NSC_API nsc_block *nsc_expand_dims(int axis);
NSC_API nsc_block *nsc_squeeze(int axis);

/* ---- along axes; NULL and 0: all of them ---------------------------------------------------------------------------- */

NSC_API nsc_block *nsc_sum(const int *axes, size_t count, int keep);
NSC_API nsc_block *nsc_mean(const int *axes, size_t count, int keep);
NSC_API nsc_block *nsc_max(const int *axes, size_t count, int keep);
NSC_API nsc_block *nsc_min(const int *axes, size_t count, int keep);

/* ---- element by element ------------------------------------------------------------------------------------------- */

NSC_API nsc_block *nsc_dropout(float rate);
NSC_API nsc_block *nsc_cast(nsc_dtype dtype);
NSC_API nsc_block *nsc_one_hot(int64_t depth);

#ifdef __cplusplus
}
#endif

#endif
