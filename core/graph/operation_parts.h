/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations on symbolic values have in common. */
#ifndef NSC_CORE_GRAPH_OPERATION_PARTS_H
#define NSC_CORE_GRAPH_OPERATION_PARTS_H

#include <nascent/operations.h>

#include "core/graph/trace.h"

/* The trace of the operands when all is well so far; else NULL and the placeholder in *broken. */
nsc_trace *nsc_op_begin(const char *operation, nsc_value *const *operands, size_t count, nsc_value **broken);
/* The same, where the operands must be float32 and of known rank. */
nsc_trace *nsc_op_begin_float(const char *operation, nsc_value *const *operands, size_t count, nsc_value **broken);
/* A parameter of unknown rank fits only where another operand says the rank. */
bool nsc_op_rank_known(nsc_trace *trace, const char *operation, const nsc_value *value);
bool nsc_op_float(nsc_trace *trace, const char *operation, const nsc_value *value);
bool nsc_op_index(nsc_trace *trace, const char *operation, const nsc_value *value);
/* axis as written, or from the end, of `rank` axes; false and an error when there is no such axis. */
bool nsc_op_axis(nsc_trace *trace, const char *operation, int rank, int *axis);
/* Operands broadcast against each other. A NULL operation is told as the element's name. */
nsc_value *nsc_op_element(nsc_element element, const char *operation, nsc_value *const *operands, size_t count,
                          const float numbers[2]);

#endif
