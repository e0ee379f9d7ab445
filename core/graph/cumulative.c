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
        int64_t rest = size - distance;
        const nsc_backend_view sources[2] = {window(&source, axis, 0, rest), window(&source, axis, distance, rest)};
        nsc_lower_binary(planner, value->id, NSC_OP_ADD, from, sources, to, window(&target, axis, distance, rest));
        source = target;
        from = to;
    }
}
