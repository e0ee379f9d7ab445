/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of x weight^T. */
#include "core/graph/steps.h"

/* x (m, k) and weight^T (k, n), into c (m, n). */
void nsc_gemm_views(const nsc_planner *planner, const nsc_value *linear, nsc_step *step, uint32_t target,
                    nsc_backend_view *a, nsc_backend_view *b, nsc_backend_view *c)
{
    const nsc_value *x = linear->operands[0], *weight = linear->operands[1];
    const int64_t *weight_dims = planner->values[weight->id].dims;
    int64_t n = weight_dims[0], k = weight_dims[1];
    int64_t m = (int64_t)(planner->values[linear->id].count / (uint64_t)n);
    *a = nsc_view_contiguous(2, (int64_t[]){m, k});
    *b = nsc_view_contiguous(2, (int64_t[]){k, n});
    b->strides[0] = 1;
    b->strides[1] = k;
    *c = nsc_view_contiguous(2, (int64_t[]){m, n});
    a->buffer = nsc_step_storage(step, nsc_plan_storage_of(planner, x));
    b->buffer = nsc_step_storage(step, nsc_plan_storage_of(planner, weight));
    c->buffer = nsc_step_storage(step, target);
}

static void lower_constant(nsc_planner *planner, uint32_t value, uint32_t target, uint64_t count, float constant)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    nsc_program_immediate(&program, constant);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = nsc_program_finish(&program, &planner->plan->arena, 0, 1),
                           .output_count = 1};
    if (map.expression == NULL)
        nsc_plan_no_memory(planner);
    map.outputs[0] = nsc_view_contiguous(1, (int64_t[]){(int64_t)count});
    map.outputs[0].buffer = nsc_step_storage(&step, target);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

int64_t nsc_linear_inner(const nsc_planner *planner, const nsc_value *linear)
{
    return planner->values[linear->operands[1]->id].dims[1];
}

void nsc_lower_gemm(nsc_planner *planner, const nsc_value *linear, uint32_t target)
{
    if (nsc_linear_inner(planner, linear) == 0) { /* an empty sum */
        lower_constant(planner, linear->id, target, planner->values[linear->id].count, 0.0f);
        return;
    }
    nsc_step step = {.value = linear->id};
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1.0f};
    nsc_gemm_views(planner, linear, &step, target, &gemm.a, &gemm.b, &gemm.c);
    nsc_plan_add_step(planner, &step, &gemm, NSC_BACKEND_GEMM_SIZE);
}
