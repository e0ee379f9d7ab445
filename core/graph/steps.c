/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that lowering is made of: storages, views, steps. */
#include "core/graph/steps.h"

#include <inttypes.h>
#include <string.h>

#include "core/context.h"
#include "core/shape.h"

uint32_t nsc_plan_storage(nsc_planner *planner, nsc_place place, uint32_t index, uint64_t bytes)
{
    nsc_plan *plan = planner->plan;
    if (!nsc_grow((void **)&plan->storages, &plan->storage_capacity, plan->storage_count, sizeof *plan->storages)) {
        nsc_plan_no_memory(planner);
        return 0;
    }
    uint32_t id = (uint32_t)plan->storage_count++;
    plan->storages[id] = (nsc_storage){.place = place, .index = index, .same = id, .bytes = bytes};
    return id;
}

uint32_t nsc_plan_indices(nsc_planner *planner, uint64_t count)
{
    nsc_plan *plan = planner->plan;
    uint32_t at = 0;
    while (at < plan->storage_count && plan->storages[at].place != NSC_PLACE_INDICES)
        at++;
    if (at == plan->storage_count)
        at = nsc_plan_storage(planner, NSC_PLACE_INDICES, 0, 0);
    if (count > plan->index_count)
        plan->index_count = count;
    if (count > NSC_MAX_INDEX && planner->status == NSC_OK)
        planner->status =
            nsc_fail(planner->context->id, NSC_UNSUPPORTED,
                     "an axis of %" PRIu64 " elements is searched for an index, and 2^24 elements are the most", count);
    return at;
}

nsc_backend_view nsc_view_contiguous(nsc_dtype dtype, int rank, const int64_t *dims)
{
    nsc_backend_view view = {.rank = (uint32_t)rank,
                             .dtype = {(uint8_t)((unsigned)dtype >> 8), (uint8_t)((unsigned)dtype & 0xff), 1}};
    if (rank > 0)
        memcpy(view.dims, dims, (size_t)rank * sizeof *dims);
    nsc_shape_strides(rank, dims, view.strides);
    return view;
}

nsc_backend_view nsc_view_expand(const nsc_backend_view *view, int rank, const int64_t *dims)
{
    nsc_backend_view wide = {.rank = (uint32_t)rank, .dtype = view->dtype, .offset = view->offset};
    for (int axis = 0; axis < rank; axis++) {
        int own = axis - (rank - (int)view->rank);
        wide.dims[axis] = dims[axis];
        wide.strides[axis] = own < 0 || view->dims[own] != dims[axis] ? 0 : view->strides[own];
    }
    return wide;
}

nsc_backend_view nsc_view_permute(const nsc_backend_view *view, const int *order)
{
    nsc_backend_view moved = *view;
    for (uint32_t i = 0; i < view->rank; i++) {
        moved.dims[i] = view->dims[order[i]];
        moved.strides[i] = view->strides[order[i]];
    }
    return moved;
}

bool nsc_view_merge(nsc_backend_view *view, uint32_t first, uint32_t last)
{
    int64_t size = 1, stride = 1;
    for (uint32_t axis = last; axis-- > first;) {
        if (view->dims[axis] == 1)
            continue;
        if (size == 1)
            stride = view->strides[axis];
        else if (view->strides[axis] != stride * size)
            return false;
        size *= view->dims[axis];
    }
    nsc_backend_view merged = {
        .buffer = view->buffer, .dtype = view->dtype, .offset = view->offset, .rank = view->rank + 1 - (last - first)};
    for (uint32_t axis = 0, from = 0; axis < merged.rank; axis++) {
        bool here = axis == first;
        merged.dims[axis] = here ? size : view->dims[from];
        merged.strides[axis] = here ? stride : view->strides[from];
        from += here ? last - first : 1;
    }
    *view = merged;
    return true;
}

bool nsc_view_as_matrix(nsc_backend_view *view)
{
    return nsc_view_merge(view, 0, view->rank - 1);
}

/* Groups of axes, from the end, whose sizes multiply to the same on both sides: each group of the old ones must step
 * evenly, and the new ones divide it. Sizes of 1 stand anywhere. */
bool nsc_view_reshape(nsc_backend_view *view, int rank, const int64_t *dims)
{
    nsc_backend_view shaped = nsc_view_contiguous(NSC_FLOAT32, rank, dims);
    uint32_t from = 0;
    nsc_backend_view old = *view;
    shaped.dtype = view->dtype;
    shaped.buffer = view->buffer;
    shaped.offset = view->offset;
    for (uint32_t i = 0; i < view->rank; i++) /* without sizes of 1 */
        if (view->dims[i] != 1) {
            old.dims[from] = view->dims[i];
            old.strides[from++] = view->strides[i];
        }
    for (int i = 0; i < rank; i++)
        if (dims[i] == 0) { /* nothing to step through */
            *view = shaped;
            return true;
        }
    int to = rank;
    while (from > 0) {
        int64_t size = old.dims[from - 1], stride = old.strides[from - 1], reached = 1;
        from--;
        for (;;) {
            while (to > 0 && reached * dims[to - 1] <= size && (reached < size || dims[to - 1] == 1)) {
                shaped.strides[to - 1] = stride * reached;
                reached *= dims[--to];
            }
            if (reached == size)
                break;
            if (from == 0 || old.strides[from - 1] != stride * size)
                return false;
            size *= old.dims[--from];
        }
    }
    while (to > 0)
        shaped.strides[--to] = 1; /* sizes of 1 */
    *view = shaped;
    return true;
}

/* A step under construction: its storages, each once. */
uint32_t nsc_step_storage(nsc_step *step, uint32_t storage)
{
    for (uint32_t i = 0; i < step->storage_count; i++)
        if (step->storages[i] == storage)
            return i;
    step->storages[step->storage_count] = storage;
    return step->storage_count++;
}

void nsc_plan_add_step(nsc_planner *planner, nsc_step *step, const void *operation, size_t bytes)
{
    nsc_plan *plan = planner->plan;
    void *copy = nsc_arena_take(&plan->arena, bytes);
    if (planner->status != NSC_OK)
        return;
    step->work = copy == NULL ? NULL : nsc_step_work(planner, step->value, operation);
    if (step->work == NULL ||
        !nsc_grow((void **)&plan->steps, &plan->step_capacity, plan->step_count, sizeof *plan->steps)) {
        nsc_plan_no_memory(planner);
        return;
    }
    memcpy(copy, operation, bytes);
    step->operation = copy;
    for (uint32_t i = 0; i < step->storage_count; i++) {
        nsc_storage *storage = &plan->storages[step->storages[i]];
        if (!storage->used)
            storage->first = (uint32_t)plan->step_count;
        storage->used = true;
        storage->last = (uint32_t)plan->step_count;
    }
    plan->steps[plan->step_count++] = *step;
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

static const nsc_backend_expression *finish(nsc_planner *planner, const nsc_program *program, uint32_t inputs)
{
    const nsc_backend_expression *expression = nsc_program_finish(program, &planner->plan->arena, inputs, 1);
    if (expression == NULL)
        nsc_plan_no_memory(planner);
    return expression;
}

void nsc_lower_copy(nsc_planner *planner, uint32_t value, uint32_t from, nsc_backend_view source, uint32_t to,
                    nsc_backend_view target)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    nsc_program_emit(&program, NSC_OP_LOAD_RAW, 0);
    nsc_program_emit(&program, NSC_OP_STORE_RAW, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = finish(planner, &program, 1),
                           .input_count = 1,
                           .output_count = 1};
    map.inputs[0] = source;
    map.inputs[0].buffer = nsc_step_storage(&step, from);
    map.outputs[0] = target;
    map.outputs[0].buffer = nsc_step_storage(&step, to);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

void nsc_lower_fill(nsc_planner *planner, uint32_t value, float number, uint32_t to, nsc_backend_view target)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    nsc_program_immediate(&program, number);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = finish(planner, &program, 0),
                           .output_count = 1};
    map.outputs[0] = target;
    map.outputs[0].buffer = nsc_step_storage(&step, to);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

void nsc_lower_binary(nsc_planner *planner, uint32_t value, uint16_t op, uint32_t from,
                      const nsc_backend_view sources[2], uint32_t to, nsc_backend_view target)
{
    nsc_program program = {0};
    nsc_step step = {.value = value};
    nsc_program_emit(&program, NSC_OP_LOAD, 0);
    nsc_program_emit(&program, NSC_OP_LOAD, 1);
    nsc_program_emit(&program, op, 0);
    nsc_program_emit(&program, NSC_OP_STORE, 0);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = finish(planner, &program, 2),
                           .input_count = 2,
                           .output_count = 1};
    for (int i = 0; i < 2; i++) {
        map.inputs[i] = sources[i];
        map.inputs[i].buffer = nsc_step_storage(&step, from);
    }
    map.outputs[0] = target;
    map.outputs[0].buffer = nsc_step_storage(&step, to);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

nsc_backend_view nsc_lower_contiguous(nsc_planner *planner, uint32_t value, const nsc_backend_view *view,
                                      uint32_t *storage)
{
    nsc_backend_view copy = *view;
    uint64_t count = 0;
    copy.offset = 0;
    nsc_shape_strides((int)view->rank, view->dims, copy.strides);
    nsc_shape_count((int)view->rank, view->dims, &count);
    uint32_t to = nsc_plan_storage(planner, NSC_PLACE_ARENA, 0, count * (view->dtype.bits / 8u));
    nsc_lower_copy(planner, value, *storage, *view, to, copy);
    *storage = to;
    return copy;
}
