/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on an open device without a plan, for the conformance program. */
#include <stdlib.h>

#include <nascent/device.h>

#include "core/context.h"
#include "core/device/profile.h"
#include "core/device/validate.h"
#include "core/tensor.h"

/* A plan's views lie in their memory by construction; a caller's may not. */
static nsc_status check_views(nsc_context *context, const nsc_operation_call *call)
{
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    char text[256];
    if (!nsc_operation_valid(call->operation, &context->device.limits, text, sizeof text))
        return nsc_fail(context->id, NSC_INVALID, "%s", text);
    size_t count = nsc_operation_views(call->operation, views);
    for (size_t i = 0; i < count; i++) {
        const nsc_backend_view *view = views[i];
        if (view->buffer >= call->operand_count)
            return nsc_fail(context->id, NSC_INVALID, "a view is on buffer %u, and there are %u operands", view->buffer,
                            call->operand_count);
        if (!nsc_view_inside(view, call->operands[view->buffer]->bytes))
            return nsc_fail(context->id, NSC_INVALID, "a view reaches past the end of operand %u (%zu bytes)",
                            view->buffer, call->operands[view->buffer]->bytes);
        bool written = i >= count - nsc_operation_outputs(call->operation);
        const char *held = written ? nsc_tensor_held(call->operands[view->buffer]) : NULL;
        if (held != NULL)
            return nsc_fail(context->id, NSC_INVALID, "operand %u cannot be written, %s", view->buffer, held);
    }
    if (call->scalar_count != nsc_operation_scalars(call->operation))
        return nsc_fail(context->id, NSC_INVALID, "%u scalars are given, and the %s takes %u", call->scalar_count,
                        nsc_kind_name(call->operation->kind), nsc_operation_scalars(call->operation));
    return NSC_OK;
}

static nsc_status check_call(nsc_context *context, const nsc_operation_call *call)
{
    const nsc_backend_operation *operation = call->operation;
    const bool operands = call->operands != NULL || call->operand_count == 0;
    if (operation == NULL || !operands || (call->scalars == NULL && call->scalar_count > 0))
        return nsc_fail(context->id, NSC_INVALID, "%s is NULL",
                        operation == NULL ? "operation"
                        : !operands       ? "operands"
                                          : "scalars");
    if (nsc_kind_name(operation->kind) != NULL && !nsc_device_offers(&context->device, operation->kind))
        return nsc_fail(context->id, NSC_UNSUPPORTED, "%s does not offer %s", context->device.title,
                        nsc_kind_name(operation->kind));
    for (uint32_t i = 0; i < call->operand_count; i++) {
        if (call->operands[i] == NULL || call->operands[i]->memory->buffer == NULL)
            return nsc_fail(context->id, NSC_INVALID, "operand %u is %s", i,
                            call->operands[i] == NULL ? "NULL" : "empty");
        if (call->operands[i]->context != context)
            return nsc_fail(context->id, NSC_WRONG_DEVICE, "operand %u is of another context", i);
    }
    return check_views(context, call);
}

/* What a row of calls needs on its way. */
typedef struct batch {
    const nsc_backend_operation **operations;
    nsc_backend_step **steps;
    bool *unsupported;
    nsc_backend_binding *bindings; /* of all calls, one after the other */
    nsc_launch *launches;
    nsc_work *works; /* NULL: not profiled */
} batch;

static bool batch_make(nsc_device *device, batch *b, const nsc_operation_call *calls, size_t count)
{
    bool profiled = nsc_profiling(device);
    size_t bindings = 0;
    for (size_t i = 0; i < count; i++)
        bindings += calls[i].operand_count;
    *b = (batch){.operations = calloc(count, sizeof *b->operations),
                 .steps = calloc(count, sizeof *b->steps),
                 .unsupported = calloc(count, sizeof *b->unsupported),
                 .bindings = calloc(bindings + 1, sizeof *b->bindings),
                 .launches = calloc(count, sizeof *b->launches),
                 .works = profiled ? calloc(count, sizeof *b->works) : NULL};
    return b->operations != NULL && b->steps != NULL && b->unsupported != NULL && b->bindings != NULL &&
           b->launches != NULL && (b->works != NULL || !profiled);
}

static void batch_free(nsc_device *device, batch *b, size_t count)
{
    for (size_t i = 0; b->steps != NULL && i < count; i++)
        if (b->steps[i] != NULL)
            nsc_device_release(device, b->steps[i]);
    free(b->operations);
    free(b->steps);
    free(b->unsupported);
    free(b->bindings);
    free(b->launches);
    free(b->works);
}

static nsc_status batch_prepare(nsc_context *context, batch *b, const nsc_operation_call *calls, size_t count)
{
    nsc_backend_binding *next = b->bindings;
    for (size_t i = 0; i < count; i++)
        b->operations[i] = calls[i].operation;
    nsc_status status = nsc_device_prepare(&context->device, count, b->operations, b->steps, b->unsupported);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        if (b->unsupported[i])
            return nsc_fail(context->id, NSC_UNSUPPORTED, "%s turned this %s down", context->device.title,
                            nsc_kind_name(calls[i].operation->kind));
        b->launches[i] = (nsc_launch){.step = b->steps[i],
                                      .bindings = next,
                                      .binding_count = calls[i].operand_count,
                                      .scalars = calls[i].scalars,
                                      .scalar_count = calls[i].scalar_count};
        if (b->works != NULL) {
            b->works[i] = (nsc_work){.path = "", .block = ""};
            nsc_work_describe(&b->works[i], calls[i].operation);
            b->launches[i].work = &b->works[i];
        }
        for (uint32_t o = 0; o < calls[i].operand_count; o++)
            (next++)->buffer = calls[i].operands[o]->memory->buffer;
    }
    return status;
}

nsc_status nsc_operations_run(nsc_context *context, const nsc_operation_call *calls, size_t count)
{
    batch b;
    if (context == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_operations_run: context is NULL");
    if (calls == NULL && count > 0)
        return nsc_fail(context->id, NSC_INVALID, "nsc_operations_run: calls is NULL");
    if (count == 0)
        return NSC_OK;
    for (size_t i = 0; i < count; i++) {
        nsc_status status = check_call(context, &calls[i]);
        if (status != NSC_OK)
            return nsc_fail_while(context->id, status, "nsc_operations_run: operation %zu of %zu", i + 1, count);
    }
    nsc_status status = batch_make(&context->device, &b, calls, count)
                            ? batch_prepare(context, &b, calls, count)
                            : nsc_fail(context->id, NSC_NO_MEMORY, "nsc_operations_run: no host memory");
    if (status == NSC_OK)
        status = nsc_device_run(&context->device, b.launches, count);
    batch_free(&context->device, &b, count);
    return status;
}

nsc_status nsc_operation_run(nsc_context *context, const nsc_backend_operation *operation, nsc_tensor *const *operands,
                             uint32_t operand_count, const float *scalars, uint32_t scalar_count)
{
    const nsc_operation_call call = {.operation = operation,
                                     .operands = operands,
                                     .operand_count = operand_count,
                                     .scalars = scalars,
                                     .scalar_count = scalar_count};
    return nsc_operations_run(context, &call, 1);
}
