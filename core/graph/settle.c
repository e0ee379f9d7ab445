/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/settle.h"

#include <stdlib.h>

#include "core/context.h"
#include "core/device/profile.h"

void nsc_steps_release(const nsc_plan *plan, nsc_backend_step **steps)
{
    for (size_t i = 0; steps != NULL && i < plan->step_count; i++)
        if (steps[i] != NULL)
            nsc_device_release(&plan->context->device, steps[i]);
    free(steps);
}

/* *refused: the first step that the device turns down (the status is UNSUPPORTED then), else SIZE_MAX. */
static nsc_status prepare(const nsc_plan *plan, nsc_backend_step ***out, size_t *refused)
{
    nsc_context *context = plan->context;
    const nsc_backend_operation **operations = calloc(plan->step_count + 1, sizeof *operations);
    nsc_backend_step **steps = calloc(plan->step_count + 1, sizeof(nsc_backend_step *));
    bool *unsupported = calloc(plan->step_count + 1, sizeof *unsupported);
    nsc_status status = NSC_OK;
    *refused = SIZE_MAX;
    if (operations == NULL || steps == NULL || unsupported == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for the steps of a plan");
    for (size_t i = 0; status == NSC_OK && i < plan->step_count; i++)
        operations[i] = plan->steps[i].operation;
    if (status == NSC_OK && plan->step_count > 0)
        status = nsc_device_prepare(&context->device, plan->step_count, operations, steps, unsupported);
    for (size_t i = 0; status == NSC_OK && i < plan->step_count; i++)
        if (unsupported[i]) {
            *refused = i;
            status = nsc_fail(context->id, NSC_UNSUPPORTED, "%s turned a fused operation down", context->device.title);
        }
    free(unsupported);
    free(operations);
    if (status != NSC_OK) {
        nsc_steps_release(plan, steps);
        steps = NULL;
    }
    *out = steps;
    return status;
}

nsc_status nsc_steps_prepare(const nsc_plan *plan, nsc_backend_step ***steps)
{
    size_t refused;
    return prepare(plan, steps, &refused);
}

nsc_status nsc_plan_settle(nsc_context *context, nsc_trace *trace, nsc_plan **plan, nsc_backend_step ***steps)
{
    nsc_status status;
    size_t step = SIZE_MAX;
    bool *refused = calloc(trace->value_count + 1, sizeof *refused);
    *plan = NULL;
    if (refused == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for a plan");
    do {
        uint64_t begin = nsc_profile_begin(&context->device);
        status = nsc_plan_make(context, trace, refused, plan);
        nsc_profile_phase(&context->device, "plan", begin);
        if (status != NSC_OK)
            break;
        status = prepare(*plan, steps, &step);
        if (status != NSC_OK) {
            if (step != SIZE_MAX)
                refused[(*plan)->steps[step].value] = true;
            nsc_plan_free(*plan);
            *plan = NULL;
        }
    } while (status != NSC_OK && step != SIZE_MAX);
    free(refused);
    return status;
}
