/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that lowering is made of: storages, views, steps. */
#ifndef NSC_CORE_GRAPH_STEPS_H
#define NSC_CORE_GRAPH_STEPS_H

#include "core/graph/plan.h"

/* A new storage of the plan; 0 when memory is gone (the planner's status says so). */
uint32_t nsc_plan_storage(nsc_planner *planner, nsc_place place, uint32_t index, uint64_t bytes);

/* That of NSC_PLACE_INDICES, with count numbers or more. */
uint32_t nsc_plan_indices(nsc_planner *planner, uint64_t count);
/* Where one operand stands in a located concatenation. */
nsc_backend_view nsc_concat_part(const nsc_planner *planner, const nsc_value *concat, size_t part);

/* ---- views ------------------------------------------------------------------------------------------------------- */

nsc_backend_view nsc_view_contiguous(nsc_dtype dtype, int rank, const int64_t *dims);
/* Seen with the dims of a larger shape, aligned at the last axis: repeated axes have stride 0. */
nsc_backend_view nsc_view_expand(const nsc_backend_view *view, int rank, const int64_t *dims);
/* Axis i becomes axis order[i] of view. */
nsc_backend_view nsc_view_permute(const nsc_backend_view *view, const int *order);
/* The axes from first up to (not including) last as one; false when they do not step evenly. */
bool nsc_view_merge(nsc_backend_view *view, uint32_t first, uint32_t last);
/* The same over two dims (rows, columns), all leading axes taken as one; false when they do not step evenly. */
bool nsc_view_as_matrix(nsc_backend_view *view);
/* The same elements in row-major order with other dims; false when strides cannot say that. */
bool nsc_view_reshape(nsc_backend_view *view, int rank, const int64_t *dims);

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* The buffer index that stands for storage in this step. */
uint32_t nsc_step_storage(nsc_step *step, uint32_t storage);
/* What a profile tells of a step, in the plan's memory; NULL: there is none. */
nsc_work *nsc_step_work(nsc_planner *planner, uint32_t value, const nsc_backend_operation *operation);
/* Appends a step with a copy of its operation. */
void nsc_plan_add_step(nsc_planner *planner, nsc_step *step, const void *operation, size_t bytes);

/* The bits of one view to another of the same dims and type. */
void nsc_lower_copy(nsc_planner *planner, uint32_t value, uint32_t from, nsc_backend_view source, uint32_t to,
                    nsc_backend_view target);
void nsc_lower_fill(nsc_planner *planner, uint32_t value, float number, uint32_t to, nsc_backend_view target);
/* An op of two operands, both in one storage, element by element. */
void nsc_lower_binary(nsc_planner *planner, uint32_t value, uint16_t op, uint32_t from,
                      const nsc_backend_view sources[2], uint32_t to, nsc_backend_view target);
/* A row-major copy of view in a storage of its own, which *storage is then. */
nsc_backend_view nsc_lower_contiguous(nsc_planner *planner, uint32_t value, const nsc_backend_view *view,
                                      uint32_t *storage);

/* ---- kinds of values --------------------------------------------------------------------------------------------- */

void nsc_lower_element(nsc_planner *planner, const nsc_value *value);    /* chain.c */
void nsc_lower_reduce(nsc_planner *planner, const nsc_value *value);     /* reduce.c */
void nsc_lower_cumulative(nsc_planner *planner, const nsc_value *value); /* cumulative.c */
void nsc_lower_softmax(nsc_planner *planner, const nsc_value *value);    /* softmax.c */
void nsc_lower_gather(nsc_planner *planner, const nsc_value *value);     /* gather.c */

/* A product as one GEMM: a (m, k), b (k, n), c (m, n), and where they lie. */
typedef struct nsc_product {
    nsc_backend_view a, b, c;
    uint32_t a_storage, b_storage, c_storage;
} nsc_product;
/* The one GEMM that a product is, into target; false when it is several, or sums nothing. Operands that a GEMM cannot
 * step through are copied (product.c). */
bool nsc_product_of(nsc_planner *planner, const nsc_value *value, const nsc_planned *target, nsc_product *product);
/* Sets the views of a step. */
void nsc_product_bind(const nsc_product *product, nsc_step *step, nsc_backend_view *a, nsc_backend_view *b,
                      nsc_backend_view *c);
/* Into target, which is the planned value itself or the root that it is computed along with. */
void nsc_lower_product(nsc_planner *planner, const nsc_value *value, const nsc_planned *target);

#endif
