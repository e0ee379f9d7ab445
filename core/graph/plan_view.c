/* SPDX-License-Identifier: Apache-2.0 */
/* Plans without values, seen from outside. */
#include <nascent/plan.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/device/validate.h"
#include "core/graph/expression.h"
#include "core/graph/plan.h"
#include "core/graph/proposal.h"

enum { TEXT = 1024 };

struct nsc_plan_view {
    nsc_context *context;
    nsc_plan *plan;
    nsc_arena arena;
    nsc_plan_info info;
    nsc_step_info *steps;
    nsc_storage_info *storages;
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* Which steps the device turns down shows when they are prepared; the steps themselves are not kept. */
static nsc_status try_steps(nsc_context *context, const nsc_plan *plan, size_t *refused)
{
    nsc_status status = NSC_OK;
    size_t count = plan->step_count;
    const nsc_backend_operation **operations = calloc(count + 1, sizeof *operations);
    nsc_backend_step **steps = calloc(count + 1, sizeof(nsc_backend_step *));
    bool *unsupported = calloc(count + 1, sizeof *unsupported);
    *refused = SIZE_MAX;
    if (operations == NULL || steps == NULL || unsupported == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for a plan");
    for (size_t i = 0; status == NSC_OK && i < count; i++)
        operations[i] = plan->steps[i].operation;
    if (status == NSC_OK && count > 0)
        status = nsc_device_prepare(&context->device, count, operations, steps, unsupported);
    for (size_t i = 0; status == NSC_OK && i < count; i++) {
        if (unsupported[i])
            *refused = i;
        else
            nsc_device_release(&context->device, steps[i]);
    }
    free(unsupported);
    free(steps);
    free(operations);
    return status;
}

static nsc_status make_plan(nsc_context *context, nsc_trace *trace, nsc_plan **plan)
{
    size_t refused_step = SIZE_MAX;
    bool *refused = calloc(trace->value_count + 1, sizeof *refused);
    if (refused == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for a plan");
    nsc_status status;
    do {
        status = nsc_plan_make(context, trace, refused, plan);
        if (status == NSC_OK)
            status = try_steps(context, *plan, &refused_step);
        if (*plan != NULL && refused_step != SIZE_MAX)
            refused[(*plan)->steps[refused_step].value] = true;
        if (status != NSC_OK || refused_step != SIZE_MAX) {
            nsc_plan_free(*plan);
            *plan = NULL;
        }
    } while (status == NSC_OK && refused_step != SIZE_MAX);
    free(refused);
    return status;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static bool tell_storage(nsc_plan_view *view, const nsc_trace *trace, size_t index)
{
    static const char *const places[] = {[NSC_PLACE_INPUT] = "input",
                                         [NSC_PLACE_OUTPUT] = "output",
                                         [NSC_PLACE_PARAMETER] = "parameter",
                                         [NSC_PLACE_INDICES] = "indices",
                                         [NSC_PLACE_ARENA] = "arena"};
    const nsc_storage *storage = &view->plan->storages[index];
    nsc_storage_info *info = &view->storages[index];
    const bool arena = storage->place == NSC_PLACE_ARENA;
    *info = (nsc_storage_info){.place = places[storage->place],
                               .index = storage->index,
                               .bytes = arena ? storage->bytes : 0,
                               .offset = arena ? storage->offset : 0,
                               .first = storage->first,
                               .last = storage->last};
    if (storage->place == NSC_PLACE_PARAMETER)
        info->name = nsc_arena_format(&view->arena, "%s", trace->parameters[storage->index].path);
    else if (arena)
        info->name = nsc_arena_format(&view->arena, "t%zu", index);
    else if (storage->place == NSC_PLACE_INDICES)
        info->name = "indices";
    else
        info->name = nsc_arena_format(&view->arena, "%s %" PRIu32, info->place, storage->index);
    if (storage->place == NSC_PLACE_INDICES)
        info->bytes = view->plan->index_count * sizeof(float);
    return info->name != NULL;
}

static const nsc_backend_expression *expression_of(const nsc_backend_operation *operation,
                                                   const nsc_backend_view **inputs, const char **form)
{
    static const char *const reductions[] = {
        [NSC_BACKEND_SUM] = "sum(%s)", [NSC_BACKEND_MAXIMUM] = "max(%s)", [NSC_BACKEND_MINIMUM] = "min(%s)"};
    const void *whole = operation;
    const nsc_backend_map *map = whole;
    const nsc_backend_reduce *reduce = whole;
    const nsc_backend_gemm_epilogue *gemm = whole;
    *form = "%s";
    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        *inputs = map->inputs;
        return map->expression;
    case NSC_BACKEND_REDUCE:
        *inputs = reduce->inputs;
        *form = reductions[reduce->reduction];
        return reduce->producer;
    case NSC_BACKEND_GEMM_EPILOGUE:
        *inputs = gemm->inputs;
        return gemm->expression;
    default:
        return NULL;
    }
}

/* What a program computes, in the names of the storages; the product of an epilogue is "a b". */
static const char *text_of(nsc_plan_view *view, const nsc_step *step)
{
    char text[TEXT];
    const char *names[NSC_BACKEND_MAX_INPUTS] = {NULL}, *form, *result = NULL;
    const nsc_backend_view *inputs = NULL;
    const nsc_backend_expression *program = expression_of(step->operation, &inputs, &form);
    if (program == NULL)
        return "";
    uint32_t shift = step->operation->kind == NSC_BACKEND_GEMM_EPILOGUE;
    for (uint32_t i = 0; i < program->input_count; i++)
        names[i] = shift > i ? "(a b)" : view->storages[step->storages[inputs[i - shift].buffer]].name;
    nsc_expression expression = {0};
    nsc_term outputs[NSC_BACKEND_MAX_OUTPUTS];
    if (nsc_expression_read(&expression, program, outputs)) {
        nsc_expression_print(&expression, outputs[0], names, text, sizeof text);
        result = nsc_arena_format(&view->arena, form, text);
    }
    nsc_expression_clear(&expression);
    return result;
}

static bool tell_step(nsc_plan_view *view, size_t index)
{
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    const nsc_step *step = &view->plan->steps[index];
    size_t count = nsc_operation_views(step->operation, views), outputs = nsc_operation_outputs(step->operation);
    size_t *storages = nsc_arena_take(&view->arena, (count + 1) * sizeof *storages);
    if (storages == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        storages[i] = step->storages[views[i]->buffer];
    view->steps[index] = (nsc_step_info){.operation = step->work->name,
                                         .text = text_of(view, step),
                                         .path = step->work->path,
                                         .block = step->work->block,
                                         .shape = step->work->shape,
                                         .flops = step->work->flops,
                                         .bytes_read = step->work->bytes_read,
                                         .bytes_written = step->work->bytes_written,
                                         .reads = storages,
                                         .read_count = count - outputs,
                                         .writes = storages + (count - outputs),
                                         .write_count = outputs};
    view->info.flops += step->work->flops;
    view->info.bytes_read += step->work->bytes_read;
    view->info.bytes_written += step->work->bytes_written;
    return view->steps[index].text != NULL;
}

static bool tell(nsc_plan_view *view, const nsc_trace *trace)
{
    const nsc_plan *plan = view->plan;
    view->info = (nsc_plan_info){.steps = plan->step_count,
                                 .storages = plan->storage_count,
                                 .arena_bytes = plan->arena_bytes,
                                 .bound_bytes = plan->bound_bytes};
    view->steps = nsc_arena_take(&view->arena, (plan->step_count + 1) * sizeof *view->steps);
    view->storages = nsc_arena_take(&view->arena, (plan->storage_count + 1) * sizeof *view->storages);
    bool told = view->steps != NULL && view->storages != NULL;
    for (size_t i = 0; told && i < plan->storage_count; i++)
        told = tell_storage(view, trace, i);
    for (size_t i = 0; told && i < plan->step_count; i++)
        told = tell_step(view, i);
    return told;
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
    nsc_status status = make_plan(context, proposal->trace, &view->plan);
    if (status == NSC_OK && !tell(view, proposal->trace))
        status = nsc_fail(context->id, NSC_NO_MEMORY, "nsc_plan_view_create: no host memory");
    if (status != NSC_OK)
        nsc_plan_view_release(view);
    else
        *out = view;
    return status;
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
