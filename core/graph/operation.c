/* SPDX-License-Identifier: Apache-2.0 */
/* Single operations on an open device, for the conformance program. */
#include <stdlib.h>

#include <nascent/device.h>

#include "core/context.h"
#include "core/device/profile.h"
#include "core/device/validate.h"
#include "core/tensor.h"

/* A plan's views lie in their memory by construction; a caller's may not. */
static nsc_status check_views(nsc_context *context, const nsc_backend_operation *operation, nsc_tensor *const *operands,
                              uint32_t operand_count)
{
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    char text[256];
    if (!nsc_operation_valid(operation, &context->device.limits, text, sizeof text))
        return nsc_fail(context->id, NSC_INVALID, "%s", text);
    size_t count = nsc_operation_views(operation, views);
    for (size_t i = 0; i < count; i++) {
        const nsc_backend_view *view = views[i];
        if (view->buffer >= operand_count)
            return nsc_fail(context->id, NSC_INVALID,
                            "nsc_operation_run: a view is on buffer %u, and there are %u operands", view->buffer,
                            operand_count);
        if (!nsc_view_inside(view, operands[view->buffer]->bytes))
            return nsc_fail(context->id, NSC_INVALID,
                            "nsc_operation_run: a view reaches past the end of operand %u (%zu bytes)", view->buffer,
                            operands[view->buffer]->bytes);
        if (i >= count - nsc_operation_outputs(operation) && nsc_tensor_viewed(operands[view->buffer]))
            return nsc_fail(context->id, NSC_INVALID,
                            "nsc_operation_run: operand %u is written, and a view of it is open: call "
                            "nsc_tensor_end_view first",
                            view->buffer);
    }
    return NSC_OK;
}

nsc_status nsc_operation_run(nsc_context *context, const nsc_backend_operation *operation, nsc_tensor *const *operands,
                             uint32_t operand_count, const float *scalars, uint32_t scalar_count)
{
    if (context == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_operation_run: context is NULL");
    if (operation == NULL || (operands == NULL && operand_count > 0) || (scalars == NULL && scalar_count > 0))
        return nsc_fail(context->id, NSC_INVALID, "nsc_operation_run: %s is NULL",
                        operation == NULL ? "operation"
                                          : (operands == NULL && operand_count > 0 ? "operands" : "scalars"));
    nsc_device *device = &context->device;
    if (nsc_kind_name(operation->kind) != NULL && !nsc_device_offers(device, operation->kind))
        return nsc_fail(context->id, NSC_UNSUPPORTED, "%s does not offer %s", device->title,
                        nsc_kind_name(operation->kind));
    nsc_backend_binding *bindings = calloc((size_t)operand_count + 1, sizeof *bindings);
    if (bindings == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "nsc_operation_run: no host memory");
    nsc_status status = NSC_OK;
    for (uint32_t i = 0; i < operand_count && status == NSC_OK; i++) {
        if (operands[i] == NULL || operands[i]->memory->buffer == NULL)
            status = nsc_fail(context->id, NSC_INVALID, "nsc_operation_run: operand %u is %s", i,
                              operands[i] == NULL ? "NULL" : "empty");
        else if (operands[i]->context != context)
            status = nsc_fail(context->id, NSC_WRONG_DEVICE, "nsc_operation_run: operand %u is of another context", i);
        else
            bindings[i].buffer = operands[i]->memory->buffer;
    }
    nsc_backend_step *step = NULL;
    bool unsupported = false;
    if (status == NSC_OK)
        status = check_views(context, operation, operands, operand_count);
    if (status == NSC_OK)
        status = nsc_device_prepare(device, 1, &operation, &step, &unsupported);
    if (status == NSC_OK && unsupported)
        status = nsc_fail(context->id, NSC_UNSUPPORTED, "%s turned this %s down", device->title,
                          nsc_kind_name(operation->kind));
    nsc_work work = {.path = "", .block = ""};
    bool profiled = status == NSC_OK && nsc_profiling(device);
    if (profiled)
        nsc_work_describe(&work, operation);
    if (status == NSC_OK)
        status = nsc_device_run(device,
                                &(nsc_launch){.step = step,
                                              .bindings = bindings,
                                              .binding_count = operand_count,
                                              .scalars = scalars,
                                              .scalar_count = scalar_count,
                                              .work = profiled ? &work : NULL},
                                1);
    if (step != NULL)
        nsc_device_release(device, step);
    free(bindings);
    return status;
}
