/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that lowering is made of: storages, views, steps. */
#ifndef NSC_CORE_GRAPH_STEPS_H
#define NSC_CORE_GRAPH_STEPS_H

#include "core/graph/expression.h"
#include "core/graph/plan.h"

/* A new storage of the plan; 0 when memory is gone (the planner's status says so). */
uint32_t nsc_plan_storage(nsc_planner *planner, nsc_place place, uint32_t index, uint64_t bytes);
/* The storage in which a value, or what it is a view of, lies. */
uint32_t nsc_plan_storage_of(const nsc_planner *planner, const nsc_value *value);

/* float32 views. broadcast sees memory of own_dims with the dims of a larger shape: repeated axes have stride 0. */
nsc_backend_view nsc_view_contiguous(int rank, const int64_t *dims);
nsc_backend_view nsc_view_broadcast(int rank, const int64_t *dims, int own_rank, const int64_t *own_dims);
/* The same over two dims (rows, columns), all leading axes taken as one; false when they do not step evenly. */
bool nsc_view_as_matrix(nsc_backend_view *view);

/* The buffer index that stands for storage in this step. */
uint32_t nsc_step_storage(nsc_step *step, uint32_t storage);
/* What a profile tells of a step, in the plan's memory; NULL: there is none. */
nsc_work *nsc_step_work(nsc_planner *planner, uint32_t value, const nsc_backend_operation *operation);
/* Appends a step with a copy of its operation. */
void nsc_plan_add_step(nsc_planner *planner, nsc_step *step, const void *operation, size_t bytes);

/* The kinds of values (chain.c, linear.c, softmax.c). */
void nsc_lower_elementwise(nsc_planner *planner, const nsc_value *root);
/* Stores parts of a chain that does not fit into one program, until each part does. */
void nsc_chain_fit(nsc_planner *planner, const nsc_value *root);
void nsc_lower_softmax(nsc_planner *planner, const nsc_value *value);
/* x weight^T into target. */
void nsc_lower_gemm(nsc_planner *planner, const nsc_value *linear, uint32_t target);
/* The operands and the result of a linear value as matrices: x (m, k), weight^T (k, n), c (m, n). */
void nsc_gemm_views(const nsc_planner *planner, const nsc_value *linear, nsc_step *step, uint32_t target,
                    nsc_backend_view *a, nsc_backend_view *b, nsc_backend_view *c);
/* k: what the sum of a linear value runs over. */
int64_t nsc_linear_inner(const nsc_planner *planner, const nsc_value *linear);

#endif
