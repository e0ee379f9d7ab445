/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan tells of its steps and storages. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/validate.h"
#include "core/graph/expression.h"
#include "core/graph/plan_view.h"

enum { TEXT = 1024 };

/* ---- storages: those that steps name, numbered as they come ----------------------------------------------------------- */

/* numbers[i] becomes the number of the plan's storage i; NSC_NO_INDEX where no step names it. */
static void number_storages(nsc_plan_view *view, size_t *numbers)
{
    const nsc_plan *plan = view->plan;
    for (size_t i = 0; i < plan->storage_count; i++)
        numbers[i] = NSC_NO_INDEX;
    for (size_t s = 0; s < plan->step_count; s++)
        for (uint32_t i = 0; i < plan->steps[s].storage_count; i++) {
            size_t *number = &numbers[plan->steps[s].storages[i]];
            if (*number == NSC_NO_INDEX)
                *number = view->info.storages++;
        }
}

static const char *place_of(const nsc_plan *plan, size_t index)
{
    static const char *const places[] = {[NSC_PLACE_INPUT] = "input",
                                         [NSC_PLACE_OUTPUT] = "output",
                                         [NSC_PLACE_PARAMETER] = "parameter",
                                         [NSC_PLACE_INDICES] = "indices",
                                         [NSC_PLACE_ARENA] = "arena"};
    for (size_t i = 0; i < plan->random_count; i++)
        if (plan->randoms[i].storage == index && plan->randoms[i].step == SIZE_MAX)
            return "random";
    return places[plan->storages[index].place];
}

static const char *name_of(nsc_plan_view *view, const nsc_trace *trace, const nsc_storage *storage, size_t number)
{
    switch (storage->place) {
    case NSC_PLACE_INPUT:
        return nsc_arena_format(&view->arena, "input %" PRIu32, storage->index);
    case NSC_PLACE_OUTPUT:
        return nsc_arena_format(&view->arena, "output %" PRIu32, storage->index);
    case NSC_PLACE_PARAMETER:
        return nsc_arena_format(&view->arena, "%s", trace->parameters[storage->index].path);
    case NSC_PLACE_INDICES:
        return "indices";
    case NSC_PLACE_ARENA:
        break;
    }
    return nsc_arena_format(&view->arena, "#%zu", number);
}

static bool tell_storages(nsc_plan_view *view, const nsc_trace *trace, const size_t *numbers)
{
    const nsc_plan *plan = view->plan;
    for (size_t i = 0; i < plan->storage_count; i++) {
        const nsc_storage *storage = &plan->storages[i];
        if (numbers[i] == NSC_NO_INDEX)
            continue;
        nsc_storage_info *info = &view->storages[numbers[i]];
        *info = (nsc_storage_info){.name = name_of(view, trace, storage, numbers[i]),
                                   .place = place_of(plan, i),
                                   .index = storage->index,
                                   .bytes = storage->place == NSC_PLACE_INDICES ? plan->index_count * sizeof(float)
                                                                                : storage->bytes,
                                   .offset = storage->place == NSC_PLACE_ARENA ? storage->offset : 0,
                                   .shares = numbers[storage->same],
                                   .first = storage->first,
                                   .last = storage->last};
        if (info->name == NULL)
            return false;
    }
    return true;
}

/* ---- what steps compute ------------------------------------------------------------------------------------------------ */

static const char *storage_name(const nsc_plan_view *view, const nsc_step *step, const size_t *numbers,
                                const nsc_backend_view *operand)
{
    return view->storages[numbers[step->storages[operand->buffer]]].name;
}

/* "0.7 * (a @ b) + 0.5 * c"; of a product that an epilogue goes on with, "(a @ b)". */
static const char *product_text(nsc_plan_view *view, const nsc_step *step, const size_t *numbers)
{
    const nsc_backend_gemm *gemm = (const void *)step->operation;
    const nsc_backend_gemm_epilogue *epilogue = (const void *)step->operation;
    bool rides = step->operation->kind == NSC_BACKEND_GEMM_EPILOGUE;
    const char *a = storage_name(view, step, numbers, rides ? &epilogue->a : &gemm->a);
    const char *b = storage_name(view, step, numbers, rides ? &epilogue->b : &gemm->b);
    const char *c = storage_name(view, step, numbers, rides ? &epilogue->c : &gemm->c);
    const char *product = nsc_arena_format(&view->arena, rides ? "(%s @ %s)" : "%s @ %s", a, b);
    if (product != NULL && !rides && gemm->alpha != 1)
        product = nsc_arena_format(&view->arena, "%.9g * (%s)", (double)gemm->alpha, product);
    if (product != NULL && !rides && gemm->beta != 0)
        product = nsc_arena_format(&view->arena, "%s + %.9g * %s", product, (double)gemm->beta, c);
    return product;
}

/* The program of a step, the views that it loads, and how its result is written. NULL: it has none. */
static const nsc_backend_expression *program_of(const nsc_backend_operation *operation, const nsc_backend_view **inputs,
                                                const char **form)
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

/* Of the kinds without a program. */
static const char *call_text(nsc_plan_view *view, const nsc_step *step, const size_t *numbers)
{
    const void *whole = step->operation;
    const nsc_backend_softmax *softmax = whole;
    const nsc_backend_gather *gather = whole;
    switch (step->operation->kind) {
    case NSC_BACKEND_GEMM:
        return product_text(view, step, numbers);
    case NSC_BACKEND_SOFTMAX:
        return nsc_arena_format(&view->arena, softmax->logarithm ? "log_softmax(%s)" : "softmax(%s)",
                                storage_name(view, step, numbers, &softmax->input));
    case NSC_BACKEND_GATHER:
        return nsc_arena_format(&view->arena, "gather(%s, %s)", storage_name(view, step, numbers, &gather->source),
                                storage_name(view, step, numbers, &gather->indices));
    default:
        return "";
    }
}

/* What was cut at the end of its place ends with a whole character of UTF-8. */
static void end_whole(char *text, size_t capacity)
{
    size_t length = strlen(text);
    if (length + 1 < capacity)
        return;
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--;
    text[length > 0 && (unsigned char)text[length - 1] >= 0x80 ? length - 1 : length] = 0;
}

/* NULL: no host memory. */
static const char *text_of(nsc_plan_view *view, const nsc_step *step, const size_t *numbers)
{
    char text[TEXT];
    const char *names[NSC_BACKEND_MAX_INPUTS] = {NULL}, *form, *result = NULL;
    const nsc_backend_view *inputs = NULL;
    const nsc_backend_expression *program = program_of(step->operation, &inputs, &form);
    if (program == NULL)
        return call_text(view, step, numbers);
    uint32_t products = step->operation->kind == NSC_BACKEND_GEMM_EPILOGUE; /* inputs that are no views */
    if (products > 0 && (names[0] = product_text(view, step, numbers)) == NULL)
        return NULL;
    for (uint32_t i = products; i < program->input_count; i++)
        names[i] = storage_name(view, step, numbers, &inputs[i - products]);
    nsc_expression expression = {0};
    nsc_term outputs[NSC_BACKEND_MAX_OUTPUTS];
    if (nsc_expression_read(&expression, program, outputs) &&
        nsc_expression_print(&expression, outputs[0], names, text, sizeof text)) {
        end_whole(text, sizeof text);
        result = nsc_arena_format(&view->arena, form, text);
    }
    nsc_expression_clear(&expression);
    return result;
}

/* ---- steps ------------------------------------------------------------------------------------------------------------- */

static size_t add_once(size_t *list, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return count;
    list[count] = number;
    return count + 1;
}

static bool tell_step(nsc_plan_view *view, size_t index, const size_t *numbers)
{
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    const nsc_step *step = &view->plan->steps[index];
    const nsc_backend_gemm *gemm = (const void *)step->operation;
    size_t count = nsc_operation_views(step->operation, views), outputs = nsc_operation_outputs(step->operation);
    size_t *reads = nsc_arena_take(&view->arena, (count + 1) * sizeof *reads);
    size_t *writes = nsc_arena_take(&view->arena, (outputs + 1) * sizeof *writes);
    if (reads == NULL || writes == NULL)
        return false;
    nsc_step_info *info = &view->steps[index];
    *info = (nsc_step_info){.operation = step->work->name,
                            .text = text_of(view, step, numbers),
                            .path = step->work->path,
                            .block = step->work->block,
                            .shape = step->work->shape,
                            .flops = step->work->flops,
                            .bytes_read = step->work->bytes_read,
                            .bytes_written = step->work->bytes_written,
                            .reads = reads,
                            .writes = writes};
    for (size_t i = 0; i < count; i++) {
        size_t number = numbers[step->storages[views[i]->buffer]];
        bool output = i >= count - outputs;
        if (output)
            info->write_count = add_once(writes, info->write_count, number);
        if (!output || (step->operation->kind == NSC_BACKEND_GEMM && gemm->beta != 0))
            info->read_count = add_once(reads, info->read_count, number);
    }
    view->info.flops += info->flops;
    view->info.bytes_read += info->bytes_read;
    view->info.bytes_written += info->bytes_written;
    return info->text != NULL;
}

bool nsc_plan_view_tell(nsc_plan_view *view, const nsc_trace *trace)
{
    const nsc_plan *plan = view->plan;
    view->info =
        (nsc_plan_info){.steps = plan->step_count, .arena_bytes = plan->arena_bytes, .bound_bytes = plan->bound_bytes};
    size_t *numbers = malloc((plan->storage_count + 1) * sizeof *numbers);
    if (numbers != NULL)
        number_storages(view, numbers);
    view->steps = nsc_arena_take(&view->arena, (plan->step_count + 1) * sizeof *view->steps);
    view->storages = nsc_arena_take(&view->arena, (view->info.storages + 1) * sizeof *view->storages);
    bool told = numbers != NULL && view->steps != NULL && view->storages != NULL && tell_storages(view, trace, numbers);
    for (size_t i = 0; told && i < plan->step_count; i++)
        told = tell_step(view, i, numbers);
    free(numbers);
    return told;
}
