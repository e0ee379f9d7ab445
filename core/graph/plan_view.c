/* SPDX-License-Identifier: Apache-2.0 */
/* Plans without values, seen from outside: making them, asking them. */
#include "core/graph/plan_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/graph/proposal.h"
#include "core/graph/settle.h"

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* Nothing is run: values that are replaced or forgotten meanwhile go. */
static void release_values(nsc_plan *plan)
{
    for (uint32_t i = 0; i < plan->parameter_count; i++) {
        nsc_tensor_release(plan->parameters[i].value);
        plan->parameters[i].value = NULL;
    }
}

nsc_status nsc_plan_view_create(nsc_proposal *proposal, nsc_context *context, nsc_plan_view **out)
{
    if (out == NULL || proposal == NULL || context == NULL) {
        if (out != NULL)
            *out = NULL;
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "nsc_plan_view_create: %s is NULL",
                        out == NULL        ? "plan"
                        : proposal == NULL ? "proposal"
                                           : "context");
    }
    *out = NULL;
    nsc_plan_view *view = calloc(1, sizeof *view);
    if (view == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "nsc_plan_view_create: no host memory");
    atomic_fetch_add(&context->users, 1);
    view->context = context;
    nsc_backend_step **steps = NULL;
    nsc_status status = nsc_plan_settle(context, proposal->trace, &view->plan, &steps);
    if (status == NSC_OK)
        nsc_steps_release(view->plan, steps);
    if (status == NSC_OK && !nsc_plan_view_tell(view, proposal->trace))
        status = nsc_fail(context->id, NSC_NO_MEMORY, "nsc_plan_view_create: no host memory");
    if (status != NSC_OK) {
        nsc_plan_view_release(view);
        return status;
    }
    release_values(view->plan);
    *out = view;
    return NSC_OK;
}

void nsc_plan_view_release(nsc_plan_view *view)
{
    if (view == NULL)
        return;
    nsc_plan_free(view->plan);
    nsc_arena_clear(&view->arena);
    atomic_fetch_sub(&view->context->users, 1);
    free(view);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static nsc_status give(const char *call, const void *from, size_t known, void *info, size_t size)
{
    if (from == NULL || info == NULL)
        return nsc_fail(0, NSC_INVALID, "%s: %s", call,
                        info == NULL ? "info is NULL" : "plan is NULL, or there is no such index");
    memcpy(info, from, size < known ? size : known);
    return NSC_OK;
}

nsc_status nsc_plan_view_info(const nsc_plan_view *view, nsc_plan_info *info, size_t size)
{
    return give("nsc_plan_view_info", view == NULL ? NULL : &view->info, sizeof *info, info, size);
}

nsc_status nsc_plan_view_step(const nsc_plan_view *view, size_t index, nsc_step_info *info, size_t size)
{
    return give("nsc_plan_view_step", view == NULL || index >= view->info.steps ? NULL : &view->steps[index],
                sizeof *info, info, size);
}

nsc_status nsc_plan_view_storage(const nsc_plan_view *view, size_t index, nsc_storage_info *info, size_t size)
{
    return give("nsc_plan_view_storage", view == NULL || index >= view->info.storages ? NULL : &view->storages[index],
                sizeof *info, info, size);
}
