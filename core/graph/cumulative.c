/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of cumulative sums: for d = 1, 2, 4, ... every element is joined by the one d before it (Hillis, Steele: Data
 * parallel algorithms; CACM 1986), so that errors grow with the logarithm of the size. */
#include "core/graph/steps.h"

static nsc_backend_view window(const nsc_backend_view *view, int axis, int64_t first, int64_t count)
{
    nsc_backend_view part = *view;
    part.offset += first * view->strides[axis];
    part.dims[axis] = count;
    return part;
}

static void add_shifted(nsc_planner *planner, uint32_t value, int axis, int64_t distance, uint32_t from,
                        const nsc_backend_view *source, uint32_t to, const nsc_backend_view *target)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    int64_t rest = source->dims[axis] - distance;
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    nsc_program_emit(&program, NSC_OP_LOAD, 1);
    nsc_program_emit(&program, NSC_OP_ADD, 0);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = nsc_program_finish(&program, &planner->plan->arena, 2, 1),
                           .input_count = 2,
                           .output_count = 1};
    if (map.expression == NULL)
        nsc_plan_no_memory(planner);
    map.inputs[0] = window(source, axis, 0, rest);
    map.inputs[1] = window(source, axis, distance, rest);
    map.inputs[0].buffer = map.inputs[1].buffer = nsc_step_storage(&step, from);
    map.outputs[0] = window(target, axis, distance, rest);
    map.outputs[0].buffer = nsc_step_storage(&step, to);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

void nsc_lower_cumulative(nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_planned *x = &planner->values[planned->operands[0]->id];
    int axis = value->is.axis;
    int64_t size = planned->dims[axis], distance = 1;
    nsc_backend_view source = x->view;
    uint32_t from = x->storage;
    if (size == 1)
        nsc_lower_copy(planner, value->id, from, source, planned->storage, planned->view);
    for (; distance < size && planner->status == NSC_OK; distance *= 2) {
        bool last = distance >= size - distance;
        uint32_t to =
            last ? planned->storage : nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, planned->count * sizeof(float));
        nsc_backend_view target = last ? planned->view : nsc_view_contiguous(NSC_FLOAT32, value->rank, planned->dims);
        nsc_lower_copy(planner, value->id, from, window(&source, axis, 0, distance), to,
                       window(&target, axis, 0, distance));
        add_shifted(planner, value->id, axis, distance, from, &source, to, &target);
        source = target;
        from = to;
    }
}
