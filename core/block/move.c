/* SPDX-License-Identifier: Apache-2.0 */
/* Taking parameters to another context: the same bits there, or no change. */
#include <stdlib.h>

#include "core/block/block.h"
#include "core/block/select.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/param/budget.h"
#include "core/param/commit.h"
#include "core/tensor.h"

typedef struct move_state {
    nsc_selector where;
    nsc_context *target;
    nsc_budget budget;
    nsc_commit_item *items; /* those with a value elsewhere */
    size_t count, capacity;
    nsc_parameter **requested; /* those whose request goes along */
    size_t requested_count, requested_capacity;
    nsc_status status;
} move_state;

/* The bits of `source` in a new tensor of the target. */
static nsc_status copy_across(nsc_context *target, const nsc_tensor *source, nsc_tensor **copy)
{
    void *bytes = malloc(source->bytes == 0 ? 1 : source->bytes);
    if (bytes == NULL)
        return nsc_fail(target->id, NSC_NO_MEMORY, "no host memory for %zu bytes", source->bytes);
    nsc_status status = nsc_tensor_read(source, bytes, source->bytes);
    if (status != NSC_OK) /* said where the source is; the caller asks the target */
        nsc_fail(target->id, status, "%s", nsc_error_text(source->context->id));
    else
        status = nsc_tensor_from(target, source->dtype, source->rank, source->dims, bytes, copy);
    free(bytes);
    return status;
}

static bool no_memory(move_state *state)
{
    state->status = nsc_fail(state->target->id, NSC_NO_MEMORY, "nsc_move: no host memory");
    return false;
}

static bool collect(void *user, const char *path, nsc_parameter *parameter)
{
    move_state *state = user;
    if (!nsc_selector_matches(&state->where, path, parameter))
        return true;
    nsc_commit_item item = {.shape = {.parameter = parameter}, .event = NSC_EVENT_MOVED};
    nsc_parameters_lock();
    item.shape.rank = nsc_parameter_shape_locked(parameter, item.shape.dims);
    nsc_tensor *value = parameter->value;
    bool requested = parameter->request.context != 0 && parameter->request.context != state->target->id;
    nsc_parameters_unlock();
    if (requested) {
        if (!nsc_grow((void **)&state->requested, &state->requested_capacity, state->requested_count,
                      sizeof(nsc_parameter *)))
            return no_memory(state);
        state->requested[state->requested_count++] = parameter;
    }
    if (value == NULL || value->context == state->target)
        return true;
    if (!nsc_grow((void **)&state->items, &state->capacity, state->count, sizeof *state->items))
        return no_memory(state);
    state->status = nsc_budget_add(&state->budget, path, value->dtype, value->rank, value->dims);
    if (state->status == NSC_OK)
        state->status = copy_across(state->target, value, &item.value);
    if (state->status != NSC_OK) {
        nsc_fail_while(state->target->id, state->status, "nsc_move: moving %s; nothing was moved", path);
        return false;
    }
    state->items[state->count++] = item;
    return true;
}

static void publish(move_state *state, nsc_commit *commit)
{
    nsc_parameters_lock();
    for (size_t i = 0; i < state->requested_count; i++)
        state->requested[i]->request.context = state->target->id;
    nsc_parameters_unlock();
    nsc_commit_publish(commit);
}

nsc_status nsc_move(nsc_block *net, const nsc_selection *where, nsc_context *context)
{
    nsc_commit *commit = NULL;
    if (net == NULL || context == NULL)
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "nsc_move: %s is NULL",
                        net == NULL ? "net" : "context");
    move_state state = {.target = context, .budget = nsc_budget_of(context)};
    nsc_status status = nsc_selector_make(&state.where, where, context->id);
    if (status != NSC_OK)
        return nsc_fail_while(context->id, status, "nsc_move: reading where");
    if (pthread_mutex_lock(&context->slow_path) != 0) {
        nsc_selector_clear(&state.where);
        return nsc_fail(context->id, NSC_INVALID, "nsc_move: called from inside a custom block or an initialiser");
    }
    status = nsc_block_walk(net, &(nsc_walk){.user = &state, .parameter = collect});
    if (state.status != NSC_OK)
        status = state.status;
    else if (status != NSC_OK)
        nsc_block_walk_failed(context->id, "nsc_move", status);
    if (status == NSC_OK)
        status = nsc_commit_make(context, state.items, state.count, &commit);
    if (status == NSC_OK) {
        publish(&state, commit);
        nsc_net_drop_plans(atomic_load(&net->net)); /* its executors hold the old values */
    }
    pthread_mutex_unlock(&context->slow_path);
    for (size_t i = 0; status != NSC_OK && i < state.count; i++)
        nsc_tensor_release(state.items[i].value);
    free(state.items);
    free(state.requested);
    nsc_selector_clear(&state.where);
    return status;
}
