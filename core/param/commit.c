/* SPDX-License-Identifier: Apache-2.0 */
#include "core/param/commit.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/device/profile.h"
#include "core/error.h"
#include "core/param/budget.h"
#include "core/param/initializer.h"
#include "core/tensor.h"

/* What publishing one shape will need, made before anything changes. */
typedef struct pending_shape {
    char *origins[NSC_MAX_RANK];
    nsc_cell *cells[NSC_MAX_RANK]; /* for a rank that was unknown */
    bool learnt;                   /* set when it is published: something became known */
} pending_shape;

static void pending_free(pending_shape *pending, size_t count)
{
    for (size_t i = 0; pending != NULL && i < count; i++)
        for (int axis = 0; axis < NSC_MAX_RANK; axis++) {
            free(pending[i].origins[axis]);
            nsc_cell_release(pending[i].cells[axis]);
        }
    free(pending);
}

static bool pending_fill(pending_shape *pending, const nsc_shape_update *update)
{
    for (int axis = 0; axis < update->rank; axis++) {
        if (update->origins[axis] != NULL && (pending->origins[axis] = strdup(update->origins[axis])) == NULL)
            return false;
        if (update->parameter->rank < 0 && (pending->cells[axis] = nsc_cell_new(-1)) == NULL)
            return false;
    }
    return true;
}

/* Cannot fail. The lock is held. */
static void pending_publish(pending_shape *pending, const nsc_shape_update *update)
{
    nsc_parameter *parameter = update->parameter;
    if (parameter->rank < 0 && update->rank >= 0) {
        parameter->rank = update->rank;
        memcpy(parameter->axes, pending->cells, sizeof parameter->axes);
        memset(pending->cells, 0, sizeof pending->cells);
        pending->learnt = true;
    }
    for (int axis = 0; axis < update->rank; axis++) {
        nsc_cell *root = nsc_cell_root(parameter->axes[axis]);
        if (update->dims[axis] < 0 || root->size >= 0)
            continue;
        root->size = update->dims[axis];
        root->origin = pending->origins[axis];
        pending->origins[axis] = NULL;
        pending->learnt = true;
    }
}

nsc_status nsc_commit_shapes(uint64_t owner, const nsc_shape_update *updates, size_t count)
{
    bool complete = true;
    pending_shape *pending = calloc(count + 1, sizeof *pending);
    for (size_t i = 0; pending != NULL && i < count && complete; i++)
        complete = pending_fill(&pending[i], &updates[i]);
    if (pending == NULL || !complete) {
        pending_free(pending, count);
        return nsc_fail(owner, NSC_NO_MEMORY, "no host memory to record the shapes of %zu parameters", count);
    }
    nsc_parameters_lock();
    for (size_t i = 0; i < count; i++)
        pending_publish(&pending[i], &updates[i]);
    nsc_parameters_unlock();
    for (size_t i = 0; i < count; i++)
        if (pending[i].learnt)
            nsc_parameter_tell(updates[i].parameter, NSC_EVENT_SHAPE);
    nsc_parameters_lock(); /* cells are counted under it */
    pending_free(pending, count);
    nsc_parameters_unlock();
    return NSC_OK;
}

static nsc_status make_values(nsc_context *context, const nsc_commit_item *items, nsc_tensor **values, size_t count)
{
    size_t job_count = 0;
    nsc_status status = NSC_OK;
    nsc_budget budget = nsc_budget_of(context);
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        if (items[i].value == NULL)
            status = nsc_budget_add(&budget, items[i].request->path, items[i].shape.parameter->dtype,
                                    items[i].shape.rank, items[i].shape.dims);
    if (status != NSC_OK)
        return status;
    nsc_fill_job *jobs = calloc(count + 1, sizeof *jobs);
    if (jobs == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "no host memory to commit %zu parameters", count);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        const nsc_request *request = items[i].request;
        if (items[i].value != NULL)
            continue;
        status = nsc_tensor_create(context, items[i].shape.parameter->dtype, items[i].shape.rank, items[i].shape.dims,
                                   &values[i]);
        if (status != NSC_OK)
            nsc_fail_while(context->id, status, "allocating the value of %s", request->path);
        else
            jobs[job_count++] = (nsc_fill_job){.tensor = values[i],
                                               .init = &request->init,
                                               .path = request->path,
                                               .seed = request->seed,
                                               .stream = request->stream,
                                               .rank = items[i].shape.rank,
                                               .dims = items[i].shape.dims,
                                               .fans = items[i].shape.parameter->fans};
    }
    if (status == NSC_OK)
        status = nsc_fill_tensors(context, jobs, job_count);
    /* A value is published only when it is certainly there: a failure of queued work shows here. */
    if (status == NSC_OK && count > 0)
        status = nsc_device_finish(&context->device);
    free(jobs);
    return status;
}

struct nsc_commit {
    nsc_context *context;
    const nsc_commit_item *items;
    size_t count;
    pending_shape *pending;
    nsc_tensor **values; /* those made here; taken out as they are published */
};

nsc_status nsc_commit_make(nsc_context *context, const nsc_commit_item *items, size_t count, nsc_commit **out)
{
    bool complete = true;
    uint64_t begin = count > 0 ? nsc_profile_begin(&context->device) : 0;
    *out = NULL;
    nsc_commit *commit = calloc(1, sizeof *commit);
    if (commit == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "no host memory to commit %zu parameters", count);
    *commit = (nsc_commit){.context = context,
                           .items = items,
                           .count = count,
                           .pending = calloc(count + 1, sizeof *commit->pending),
                           .values = calloc(count + 1, sizeof *commit->values)};
    for (size_t i = 0; commit->pending != NULL && i < count && complete; i++)
        complete = pending_fill(&commit->pending[i], &items[i].shape);
    nsc_status status = NSC_OK;
    if (commit->pending == NULL || commit->values == NULL || !complete)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory to commit %zu parameters", count);
    if (status == NSC_OK)
        status = make_values(context, items, commit->values, count);
    nsc_profile_phase(&context->device, "commit", begin);
    if (status == NSC_OK) {
        *out = commit;
        return NSC_OK;
    }
    nsc_commit_drop(commit);
    return count == 0 ? status
                      : nsc_fail_while(context->id, status, "committing %zu parameters; none was changed", count);
}

nsc_tensor *nsc_commit_value(const nsc_commit *commit, size_t index)
{
    return commit->items[index].value != NULL ? commit->items[index].value : commit->values[index];
}

void nsc_commit_publish(nsc_commit *commit)
{
    nsc_parameters_lock();
    for (size_t i = 0; i < commit->count; i++) {
        nsc_parameter *parameter = commit->items[i].shape.parameter;
        pending_publish(&commit->pending[i], &commit->items[i].shape);
        for (int axis = 0; parameter->value == NULL && axis < parameter->rank; axis++)
            nsc_cell_root(parameter->axes[axis])->values++;
        nsc_tensor_release(parameter->value);
        parameter->value = nsc_commit_value(commit, i);
        atomic_store(&parameter->value->is_value, true);
        commit->values[i] = NULL;
        atomic_fetch_add(&parameter->generation, 1);
    }
    nsc_parameters_unlock();
    if (commit->count > 0)
        atomic_fetch_add(&commit->context->commits, 1);
    for (size_t i = 0; i < commit->count; i++) {
        const nsc_commit_item *item = &commit->items[i];
        if (commit->pending[i].learnt)
            nsc_parameter_tell(item->shape.parameter, NSC_EVENT_SHAPE);
        nsc_parameter_tell(item->shape.parameter, item->event == 0 ? NSC_EVENT_INITIALIZED : item->event);
    }
    nsc_commit_drop(commit);
}

void nsc_commit_drop(nsc_commit *commit)
{
    if (commit == NULL)
        return;
    for (size_t i = 0; commit->values != NULL && i < commit->count; i++)
        nsc_tensor_release(commit->values[i]);
    nsc_parameters_lock(); /* cells are counted under it */
    pending_free(commit->pending, commit->count);
    nsc_parameters_unlock();
    free(commit->values);
    free(commit);
}

nsc_status nsc_commit_values(nsc_context *context, const nsc_commit_item *items, size_t count)
{
    nsc_commit *commit;
    nsc_status status = nsc_commit_make(context, items, count, &commit);
    if (status == NSC_OK)
        nsc_commit_publish(commit);
    return status;
}
