/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of backend.h for expressions and operation descriptors. Pure. */
#ifndef NSC_CORE_DEVICE_VALIDATE_H
#define NSC_CORE_DEVICE_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/backend.h>

/* true, or false with the broken rule in text. */
bool nsc_expression_valid(const nsc_backend_expression *expression, char *text, size_t capacity);
bool nsc_operation_valid(const nsc_backend_operation *operation, const nsc_backend_limits *limits, char *text,
                         size_t capacity);
/* The views of a valid operation, inputs first; at most NSC_OPERATION_VIEWS. */
enum { NSC_OPERATION_VIEWS = NSC_BACKEND_MAX_INPUTS + NSC_BACKEND_MAX_OUTPUTS };
size_t nsc_operation_views(const nsc_backend_operation *operation, const nsc_backend_view *views[NSC_OPERATION_VIEWS]);
/* How many of them, at the end, it writes. */
size_t nsc_operation_outputs(const nsc_backend_operation *operation);
/* How many scalars every launch of a valid operation is given. */
uint32_t nsc_operation_scalars(const nsc_backend_operation *operation);
/* The lowest and highest element of a view, in elements of its buffer; false: beyond int64. */
bool nsc_view_extent(const nsc_backend_view *view, int64_t *lowest, int64_t *highest);
/* Does every element of a valid view lie in a buffer of this many bytes? */
bool nsc_view_inside(const nsc_backend_view *view, uint64_t bytes);
/* "map", "reduce", "gemm", "random", "gemm_epilogue", "gather", "softmax"; NULL for another number. */
const char *nsc_kind_name(uint32_t kind);
/* The struct_size of a kind that has a name. */
uint32_t nsc_kind_size(uint32_t kind);

#endif
