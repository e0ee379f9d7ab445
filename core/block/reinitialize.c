/* SPDX-License-Identifier: Apache-2.0 */
/* Filling again from the requests that parameters remember. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/block/select.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/param/commit.h"
#include "core/tensor.h"

typedef struct refill {
    nsc_selector where;
    nsc_commit_item *items;
    size_t count, capacity;
    nsc_context *context;
    nsc_status status;
    char unasked[1024]; /* initialized without a request */
} refill;

static bool collect(void *user, const char *path, nsc_parameter *parameter)
{
    refill *state = user;
    if (!nsc_selector_matches(&state->where, path, parameter))
        return true;
    nsc_parameters_lock();
    nsc_commit_item item = {.shape = {.parameter = parameter}, .request = &parameter->request};
    item.shape.rank = nsc_parameter_shape_locked(parameter, item.shape.dims);
    nsc_context *context = parameter->value == NULL ? NULL : parameter->value->context;
    bool requested = parameter->request.context != 0;
    nsc_parameters_unlock();
    if (context == NULL)
        return true;
    if (!requested) {
        size_t used = strlen(state->unasked);
        snprintf(state->unasked + used, sizeof state->unasked - used, "%s%s", used == 0 ? "" : ", ", path);
        return true;
    }
    if (state->context != NULL && state->context != context) {
        state->status =
            nsc_fail(context->id, NSC_WRONG_DEVICE,
                     "nsc_reinitialize: %s is on another context than those before it: select one context's", path);
        return false;
    }
    state->context = context;
    if (!nsc_grow((void **)&state->items, &state->capacity, state->count, sizeof *state->items)) {
        state->status = nsc_fail(context->id, NSC_NO_MEMORY, "nsc_reinitialize: no host memory");
        return false;
    }
    state->items[state->count++] = item;
    return true;
}

nsc_status nsc_reinitialize(nsc_block *net, const nsc_selection *where)
{
    refill state = {.items = NULL};
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_reinitialize: net is NULL");
    nsc_status status = nsc_selector_make(&state.where, where, 0);
    if (status != NSC_OK)
        return nsc_fail_while(0, status, "nsc_reinitialize: reading where");
    status = nsc_block_walk(net, &(nsc_walk){.user = &state, .parameter = collect});
    if (state.status != NSC_OK)
        status = state.status;
    else if (status != NSC_OK)
        nsc_block_walk_failed(0, "nsc_reinitialize", status);
    else if (state.unasked[0] != 0)
        status = nsc_fail(0, NSC_NOT_REQUESTED, "nsc_reinitialize: never requested, so there is nothing to repeat: %s",
                          state.unasked);
    if (status == NSC_OK && state.count > 0) {
        if (pthread_mutex_lock(&state.context->slow_path) != 0) {
            status = nsc_fail(state.context->id, NSC_INVALID,
                              "nsc_reinitialize: called from inside a custom block or an initialiser");
        } else {
            status = nsc_commit_values(state.context, state.items, state.count);
            pthread_mutex_unlock(&state.context->slow_path);
        }
    }
    free(state.items);
    nsc_selector_clear(&state.where);
    return status;
}
