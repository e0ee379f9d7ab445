/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: everything is found out and made first, then published; a refusal changes nothing. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/io/checkpoint_load.h"

nsc_status nsc_loader_no_memory(const nsc_loader *load)
{
    return nsc_fail(load->owner, NSC_NO_MEMORY, "nsc_load: no host memory to load %s", load->file);
}

bool nsc_loader_conflict(nsc_loader *load, nsc_status code, const char *path, const char *format, ...)
{
    char text[1536];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (load->code == NSC_OK)
        load->code = code;
    return nsc_load_report_add(load->report, NSC_LOAD_CONFLICT, path, text);
}

/* ---- refusing --------------------------------------------------------------------------------------------------- */

static const nsc_load_entry *first_of(const nsc_load_report *report, nsc_load_kind kind)
{
    for (size_t i = 0; i < nsc_load_report_count(report); i++)
        if (nsc_load_report_entry(report, i)->kind == kind)
            return nsc_load_report_entry(report, i);
    return NULL;
}

static nsc_status decide(nsc_loader *load)
{
    const nsc_load_report *report = load->report;
    const nsc_load_entry *first = first_of(report, NSC_LOAD_CONFLICT);
    if (first == NULL && !load->options.allow_missing)
        first = first_of(report, NSC_LOAD_MISSING);
    if (first == NULL && !load->options.allow_extra)
        first = first_of(report, NSC_LOAD_EXTRA);
    if (first == NULL)
        return NSC_OK;
    load->refused = true;
    const char *words = first->kind == NSC_LOAD_CONFLICT  ? first->text
                        : first->kind == NSC_LOAD_MISSING ? "is not in the file"
                                                          : "is not in the net";
    return nsc_fail(load->owner, first->kind == NSC_LOAD_CONFLICT ? load->code : NSC_REFUSED,
                    "%s: %zu missing, %zu extra, %zu conflicting; nothing was loaded. First: %s%s %s", load->file,
                    nsc_load_report_kind_count(report, NSC_LOAD_MISSING),
                    nsc_load_report_kind_count(report, NSC_LOAD_EXTRA),
                    nsc_load_report_kind_count(report, NSC_LOAD_CONFLICT), first->path,
                    first->kind == NSC_LOAD_CONFLICT ? "," : "", words);
}

/* ---- publishing ------------------------------------------------------------------------------------------------- */

typedef struct publication {
    nsc_commit_item *items; /* of values */
    nsc_shape_update *shapes;
    size_t item_count, shape_count;
} publication;

/* All that can fail, but for the shapes: texts, tensors, the entries of the report. */
static nsc_status prepare(nsc_loader *load, publication *publish)
{
    for (size_t i = 0; i < load->target_count; i++) {
        nsc_load_target *target = &load->targets[i];
        if (target->source == NULL)
            continue;
        const nsc_array *array = target->source->array;
        if (target->takes_request && (target->request.path = strdup(target->source->saved->request_path)) == NULL)
            return nsc_loader_no_memory(load);
        if (!nsc_load_report_add(load->report, NSC_LOAD_LOADED, target->path, ""))
            return nsc_loader_no_memory(load);
        if (array == NULL) {
            publish->shapes[publish->shape_count++] = target->shape;
            continue;
        }
        nsc_commit_item *item = &publish->items[publish->item_count];
        *item = (nsc_commit_item){
            .shape = target->shape, .request = &target->parameter->request, .event = NSC_EVENT_LOADED};
        const nsc_status status =
            nsc_tensor_from(load->context, array->dtype, array->rank, array->dims, array->data, &item->value);
        if (status != NSC_OK)
            return nsc_fail_while(load->owner, status, "loading %s from %s; nothing was changed", target->path,
                                  load->file);
        publish->item_count++;
    }
    return NSC_OK;
}

/* Cannot fail. */
static void record(nsc_loader *load)
{
    nsc_parameters_lock();
    for (size_t i = 0; i < load->target_count; i++) {
        nsc_load_target *target = &load->targets[i];
        nsc_parameter *parameter = target->parameter;
        const nsc_saved *saved = target->source == NULL ? NULL : target->source->saved;
        if (saved == NULL)
            continue;
        if (target->takes_request) { /* the old one is freed with the target */
            const nsc_request old = parameter->request;
            parameter->request = target->request;
            target->request = old;
        }
        if (parameter->role < NSC_ROLE_RUNNING_MEAN) /* the others never have a gradient */
            parameter->gradient = saved->gradient;
        parameter->frozen = saved->frozen;
        parameter->learning_rate = saved->learning_rate;
        parameter->weight_decay = saved->weight_decay;
    }
    nsc_parameters_unlock();
    for (size_t i = 0; i < load->target_count; i++)
        if (load->targets[i].takes_request && load->targets[i].source->array == NULL)
            nsc_parameter_tell(load->targets[i].parameter, NSC_EVENT_REQUESTED);
}

static nsc_status publish(nsc_loader *load)
{
    nsc_commit *commit = NULL;
    publication all = {.items = calloc(load->target_count + 1, sizeof *all.items),
                       .shapes = calloc(load->target_count + 1, sizeof *all.shapes)};
    nsc_status status = all.items == NULL || all.shapes == NULL ? nsc_loader_no_memory(load) : prepare(load, &all);
    if (status == NSC_OK && all.item_count > 0)
        status = nsc_commit_make(load->context, all.items, all.item_count, &commit);
    if (status == NSC_OK)
        status = nsc_commit_shapes(load->owner, all.shapes, all.shape_count);
    if (status == NSC_OK) {
        if (commit != NULL)
            nsc_commit_publish(commit);
        record(load);
    } else {
        nsc_commit_drop(commit);
        for (size_t i = 0; i < all.item_count; i++)
            nsc_tensor_release(all.items[i].value);
    }
    free(all.items);
    free(all.shapes);
    return status;
}

/* ---- the call --------------------------------------------------------------------------------------------------- */

static nsc_status check(nsc_loader *load, const nsc_load_options *options)
{
    char text[768];
    if (load->net == NULL || load->file == NULL)
        return nsc_fail(load->owner, NSC_INVALID, "nsc_load: %s is NULL", load->net == NULL ? "net" : "file");
    if (options != NULL && options->size < sizeof options->size)
        return nsc_fail(load->owner, NSC_INVALID, "nsc_load: options->size is %zu; set it to sizeof(nsc_load_options)",
                        options->size);
    nsc_options_copy(&load->options, sizeof load->options, options, options == NULL ? 0 : options->size);
    if (load->options.renames == NULL && load->options.rename_count > 0)
        return nsc_fail(load->owner, NSC_INVALID, "nsc_load: renames is NULL");
    const nsc_status status = nsc_block_check(load->net, text, sizeof text);
    return status == NSC_OK ? NSC_OK : nsc_fail(load->owner, status, "%s", text);
}

static nsc_status load_locked(nsc_loader *load)
{
    nsc_status status = nsc_loader_match(load);
    for (size_t i = 0; i < load->target_count && status == NSC_OK && load->context == NULL; i++)
        if (load->targets[i].source != NULL && load->targets[i].source->array != NULL)
            status = nsc_fail(0, NSC_INVALID, "nsc_load: %s has a value of %s, so context must not be NULL", load->file,
                              load->targets[i].path);
    if (status == NSC_OK)
        status = nsc_loader_compare(load);
    if (status == NSC_OK)
        status = decide(load);
    return status == NSC_OK ? publish(load) : status;
}

static void clear(nsc_loader *load)
{
    for (size_t i = 0; i < load->target_count; i++)
        free(load->targets[i].request.path);
    for (size_t i = 0; i < load->regex_count; i++)
        regfree(&load->regexes[i]);
    free(load->regexes);
    free(load->targets);
    free(load->sources);
    nsc_map_clear(&load->indices);
    nsc_selector_clear(&load->selector);
    nsc_archive_close(load->archive);
    nsc_arena_clear(&load->arena);
}

nsc_status nsc_load(nsc_block *net, nsc_context *context, const char *file, const nsc_load_options *options,
                    nsc_load_report **report)
{
    nsc_loader load = {.net = net, .context = context, .owner = context == NULL ? 0 : context->id, .file = file};
    if (report != NULL)
        *report = NULL;
    nsc_status status = check(&load, options);
    if (status != NSC_OK)
        return status;
    load.origin = nsc_arena_format(&load.arena, "loaded from %s", file);
    status = load.origin == NULL ? nsc_loader_no_memory(&load)
                                 : nsc_selector_make(&load.selector, &load.options.where, load.owner);
    if (status == NSC_OK)
        status = nsc_archive_open(file, &load.archive);
    if (status == NSC_OK && context != NULL && pthread_mutex_lock(&context->slow_path) != 0) {
        status = nsc_fail(load.owner, NSC_INVALID, "nsc_load: called from inside a custom block or an initialiser");
    } else if (status == NSC_OK) {
        status = load_locked(&load);
        if (context != NULL)
            pthread_mutex_unlock(&context->slow_path);
    }
    clear(&load);
    if (report != NULL && (status == NSC_OK || load.refused))
        *report = load.report;
    else
        nsc_load_report_release(load.report); /* of a failure in between it would tell what did not happen */
    return status;
}
