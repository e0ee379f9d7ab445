/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to initialise, and the way back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/block/request.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/param/commit.h"
#include "core/param/initializer.h"
#include "core/param/random.h"
#include "core/shape.h"
#include "core/tensor.h"

typedef struct wanted {
    nsc_parameter *parameter;
    nsc_request request;
    bool has_value;
    nsc_shape_update shape;
} wanted;

typedef struct request_scope {
    nsc_context *context;
    nsc_initialize_options options;
    nsc_rule_table rules;
    char misfits[1024]; /* parameters that their initialiser does not suit */
    wanted *items;
    size_t count, capacity;
    nsc_status status;
    bool shapes_known;
} request_scope;

/* Everything that can be known before the first batch is said now, for all parameters at once. */
static void check_fit(request_scope *scope, const wanted *item)
{
    char why[256], shape[NSC_SHAPE_TEXT];
    const nsc_parameter *parameter = item->parameter;
    if (nsc_initializer_suits(&item->request.init, parameter->role, item->shape.rank, item->shape.dims,
                              &parameter->fans, why, sizeof why))
        return;
    size_t used = strlen(scope->misfits);
    snprintf(scope->misfits + used, sizeof scope->misfits - used, "%s%s %s: %s", used == 0 ? "" : "; ",
             item->request.path, nsc_shape_text(shape, item->shape.rank, item->shape.dims), why);
}

static bool want(void *user, const char *path, nsc_parameter *parameter)
{
    request_scope *scope = user;
    uint64_t owner = scope->context->id;
    size_t rule;
    if (!nsc_selector_matches(&scope->rules.where, path, parameter))
        return true;
    char *copy = strdup(path);
    if (copy == NULL || !nsc_grow((void **)&scope->items, &scope->capacity, scope->count, sizeof *scope->items)) {
        free(copy);
        scope->status = nsc_fail(owner, NSC_NO_MEMORY, "nsc_initialize: no host memory");
        return false;
    }
    wanted *item = &scope->items[scope->count++];
    *item = (wanted){.parameter = parameter,
                     .request = {.context = owner,
                                 .seed = scope->options.seed,
                                 .stream = nsc_hash_path(path),
                                 .init = *nsc_rule_table_choose(&scope->rules, path, parameter, &rule),
                                 .path = copy},
                     .shape = {.parameter = parameter}};
    nsc_parameters_lock();
    item->shape.rank = nsc_parameter_shape_locked(parameter, item->shape.dims);
    item->has_value = parameter->value != NULL;
    if (item->has_value && parameter->value->context != scope->context)
        scope->status = nsc_fail(owner, NSC_WRONG_DEVICE, "%s is initialized on another context than %s", path,
                                 scope->context->device.title);
    nsc_parameters_unlock();
    if (!item->has_value || scope->options.force)
        check_fit(scope, item);
    if (!nsc_shape_known(item->shape.rank, item->shape.dims))
        scope->shapes_known = false;
    return scope->status == NSC_OK;
}

static int by_stream(const void *a, const void *b)
{
    const wanted *x = *(const wanted *const *)a, *y = *(const wanted *const *)b;
    return x->request.stream < y->request.stream ? -1 : x->request.stream > y->request.stream;
}

/* Two paths with one hash would get one stream: equal values, silently. */
static nsc_status check_collisions(const request_scope *scope)
{
    nsc_status status = NSC_OK;
    const wanted **order = malloc((scope->count + 1) * sizeof(wanted *));
    if (order == NULL)
        return nsc_fail(scope->context->id, NSC_NO_MEMORY, "nsc_initialize: no host memory");
    for (size_t i = 0; i < scope->count; i++)
        order[i] = &scope->items[i];
    qsort(order, scope->count, sizeof *order, by_stream);
    for (size_t i = 1; i < scope->count && status == NSC_OK; i++)
        if (order[i]->request.stream == order[i - 1]->request.stream)
            status = nsc_fail(scope->context->id, NSC_INVALID,
                              "the paths %s and %s have the same hash, so they would get the same values: rename one",
                              order[i - 1]->request.path, order[i]->request.path);
    free(order);
    return status;
}

/* Fills what has no value when every shape is known, and with force what has one. */
static nsc_status commit_now(const request_scope *scope)
{
    size_t count = 0;
    nsc_commit_item *items = calloc(scope->count + 1, sizeof *items);
    if (items == NULL)
        return nsc_fail(scope->context->id, NSC_NO_MEMORY, "nsc_initialize: no host memory");
    for (size_t i = 0; i < scope->count; i++)
        if (scope->items[i].has_value ? scope->options.force != 0 : scope->shapes_known)
            items[count++] = (nsc_commit_item){.shape = scope->items[i].shape, .request = &scope->items[i].request};
    nsc_status status = count == 0 ? NSC_OK : nsc_commit_values(scope->context, items, count);
    free(items);
    return status;
}

static void record(request_scope *scope)
{
    nsc_parameters_lock();
    for (size_t i = 0; i < scope->count; i++) {
        wanted *item = &scope->items[i];
        if (item->has_value && !scope->options.force)
            continue;
        nsc_request old = item->parameter->request;
        item->parameter->request = item->request;
        item->request = old; /* its path is freed with the scope */
    }
    nsc_parameters_unlock();
}

static void tell(const request_scope *scope)
{
    char text[160];
    for (size_t i = 0; i < scope->options.rule_count; i++)
        if (scope->rules.hits[i] == 0) {
            nsc_selection_text(&scope->options.rules[i].where, text, sizeof text);
            nsc_log_line(&scope->context->log, NSC_LOG_WARNING, "rule %zu (%s) hits no parameter", i, text);
        }
    for (size_t i = 0; i < scope->count; i++)
        if (!scope->items[i].has_value || scope->options.force)
            nsc_parameter_tell(scope->items[i].parameter, NSC_EVENT_REQUESTED);
}

nsc_status nsc_initialize(nsc_block *net, nsc_context *context, const nsc_initialize_options *options)
{
    char text[768];
    if (context == NULL || net == NULL)
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "nsc_initialize: %s is NULL",
                        net == NULL ? "net" : "context");
    nsc_status status = nsc_block_check(net, text, sizeof text);
    if (status != NSC_OK)
        return nsc_fail(context->id, status, "%s", text);
    request_scope scope = {.context = context, .shapes_known = true};
    if (options != NULL && options->size < sizeof options->size)
        return nsc_fail(context->id, NSC_INVALID,
                        "nsc_initialize: options->size is %zu; set it to sizeof(nsc_initialize_options)",
                        options->size);
    nsc_options_copy(&scope.options, sizeof scope.options, options, options == NULL ? 0 : options->size);
    status = nsc_rule_table_make(&scope.rules, &scope.options, context->id, "nsc_initialize");
    if (status != NSC_OK)
        return status;
    if (pthread_mutex_lock(&context->slow_path) != 0) {
        nsc_rule_table_clear(&scope.rules);
        return nsc_fail(context->id, NSC_INVALID,
                        "nsc_initialize: called from inside a custom block or an initialiser");
    }
    status = nsc_block_walk(net, &(nsc_walk){.user = &scope, .parameter = want});
    if (scope.status != NSC_OK)
        status = scope.status;
    else if (status != NSC_OK)
        nsc_block_walk_failed(context->id, "nsc_initialize", status);
    if (status == NSC_OK)
        status = check_collisions(&scope);
    if (status == NSC_OK && scope.misfits[0] != 0)
        status = nsc_fail(context->id, NSC_INVALID, "nsc_initialize: %s", scope.misfits);
    if (status == NSC_OK)
        status = commit_now(&scope);
    if (status == NSC_OK)
        record(&scope);
    pthread_mutex_unlock(&context->slow_path);
    if (status == NSC_OK)
        tell(&scope);
    nsc_rule_table_clear(&scope.rules);
    for (size_t i = 0; i < scope.count; i++)
        free(scope.items[i].request.path);
    free(scope.items);
    return status;
}

nsc_status nsc_forget(nsc_block *net)
{
    nsc_parameter_list list;
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_forget: net is NULL");
    const nsc_status status = nsc_block_parameters(net, "nsc_forget", &list);
    if (status != NSC_OK)
        return status;
    nsc_parameters_lock();
    for (size_t i = 0; i < list.count; i++)
        nsc_parameter_forget_locked(list.items[i]);
    nsc_parameters_unlock();
    nsc_net_drop_plans(atomic_load(&net->net)); /* its executors hold the old values */
    for (size_t i = 0; i < list.count; i++)
        nsc_parameter_tell(list.items[i], NSC_EVENT_FORGOTTEN);
    free(list.items);
    return NSC_OK;
}
