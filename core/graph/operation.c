/* SPDX-License-Identifier: Apache-2.0 */
/* Single operations on an open device, for the conformance program. */
#include <stdlib.h>

#include <nascent/device.h>

#include "core/context.h"
#include "core/device/validate.h"
#include "core/tensor.h"

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
        status = nsc_device_prepare(device, 1, &operation, &step, &unsupported);
    if (status == NSC_OK && unsupported)
        status = nsc_fail(context->id, NSC_UNSUPPORTED, "%s turned this %s down", device->title,
                          nsc_kind_name(operation->kind));
    if (status == NSC_OK)
        status = nsc_device_run(device,
                                &(nsc_launch){.step = step,
                                              .bindings = bindings,
                                              .binding_count = operand_count,
                                              .scalars = scalars,
                                              .scalar_count = scalar_count},
                                1);
    if (step != NULL)
        nsc_device_release(device, step);
    free(bindings);
    return status;
}
