/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that lowering is made of: storages, views, steps. */
#include "core/graph/steps.h"

#include <string.h>

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

nsc_backend_view nsc_view_contiguous(int rank, const int64_t *dims)
{
    nsc_backend_view view = {.rank = (uint32_t)rank, .dtype = {NSC_BACKEND_FLOAT, 32, 1}};
    if (rank > 0)
        memcpy(view.dims, dims, (size_t)rank * sizeof *dims);
    nsc_shape_strides(rank, dims, view.strides);
    return view;
}

/* A value's memory seen with the dims of a larger shape: repeated axes have stride 0. */
nsc_backend_view nsc_view_broadcast(int rank, const int64_t *dims, int own_rank, const int64_t *own_dims)
{
    int64_t own_strides[NSC_MAX_RANK];
    nsc_backend_view view = nsc_view_contiguous(rank, dims);
    nsc_shape_strides(own_rank, own_dims, own_strides);
    for (int axis = 0; axis < rank; axis++) {
        int own = axis - (rank - own_rank);
        view.strides[axis] = own < 0 || own_dims[own] != dims[axis] ? 0 : own_strides[own];
    }
    return view;
}

/* The same over two dims (rows, columns), all leading axes taken as one; false when they do not step evenly. */
bool nsc_view_as_matrix(nsc_backend_view *view)
{
    int64_t rows = 1, stride = 0;
    int last = (int)view->rank - 1;
    for (int axis = last - 1; axis >= 0; axis--) {
        if (view->dims[axis] == 1)
            continue;
        if (rows == 1)
            stride = view->strides[axis];
        else if (view->strides[axis] != stride * rows)
            return false;
        rows *= view->dims[axis];
    }
    int64_t columns = view->dims[last], column_stride = view->strides[last];
    memset(view->dims, 0, sizeof view->dims);
    memset(view->strides, 0, sizeof view->strides);
    view->rank = 2;
    view->dims[0] = rows;
    view->dims[1] = columns;
    view->strides[0] = stride;
    view->strides[1] = column_stride;
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

uint32_t nsc_plan_storage_of(const nsc_planner *planner, const nsc_value *leaf)
{
    return planner->values[nsc_plan_source(leaf)->id].storage;
}
