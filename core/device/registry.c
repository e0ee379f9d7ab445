/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing: a list that was asked for, from left to right, or the default. */
#include "core/device/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/catalog.h"
#include "core/device/choice.h"
#include "core/device/enumerate.h"
#include "core/device/loader.h"
#include "core/memory.h"

#define WHY_BYTES 1024
#define MAX_SHOWN 400 /* of a choice, so that the reason behind it is told */
#define TITLE_BYTES (MAX_SHOWN + 32)

typedef struct chooser {
    const nsc_registry_request *request;
    nsc_device *device;
    nsc_report *report;
    nsc_catalog catalog;
    char why[WHY_BYTES];
} chooser;

/* Opens device `index` of a list; UNAVAILABLE moves on. */
static nsc_status open_one(chooser *c, const nsc_backend_table *table, const char *file, const nsc_device_list *list,
                           uint32_t index)
{
    return nsc_device_open(c->device, table, file, index, &list->infos[index], &c->request->settings, c->why,
                           sizeof c->why);
}

/* A reason that starts with the path of its file loses it: the choice has told it. */
static void drop_path(char *why, const char *path)
{
    size_t length = strlen(path);
    if (strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0)
        memmove(why, why + length + 2, strlen(why + length + 2) + 1);
}

/* Loads what a choice names. file is the path of what was loaded, NULL for a built-in; the caller frees it. */
static nsc_status load_choice(chooser *c, const nsc_choice *choice, nsc_backend_table *table, char **file)
{
    *file = NULL;
    if (choice->is_path) {
        if (c->request->names_only) {
            snprintf(c->why, sizeof c->why, "a path is not taken from the environment of an elevated process");
            return NSC_REFUSED;
        }
        *file = strndup(choice->name, choice->name_length);
        if (!*file) {
            snprintf(c->why, sizeof c->why, "no host memory");
            return NSC_NO_MEMORY;
        }
        nsc_status status = nsc_load_file(*file, NULL, table, c->why, sizeof c->why);
        if (status)
            drop_path(c->why, *file);
        return status;
    }
    const nsc_catalog_entry *entry = nsc_catalog_find(&c->catalog, choice->name, choice->name_length);
    if (!entry) {
        char names[600];
        nsc_catalog_names(&c->catalog, names, sizeof names);
        snprintf(c->why, sizeof c->why, "there is no backend '%.*s'; say one of: %s, or the absolute path of a plug-in",
                 (int)choice->name_length, choice->name, names);
        return NSC_INVALID;
    }
    if (entry->file && !(*file = strdup(entry->file))) {
        snprintf(c->why, sizeof c->why, "no host memory");
        return NSC_NO_MEMORY;
    }
    return nsc_catalog_load(entry, table, c->why, sizeof c->why);
}

static nsc_status try_choice(chooser *c, const nsc_choice *choice)
{
    nsc_backend_table table;
    char *file;
    nsc_status status = load_choice(c, choice, &table, &file);
    nsc_device_list list = {0};
    if (!status)
        status = nsc_devices_list(&list, &table, c->request->settings.log, c->why, sizeof c->why);
    uint32_t index = 0;
    if (!status)
        status = nsc_devices_pick(&list, choice, &index, c->why, sizeof c->why);
    if (!status)
        status = open_one(c, &table, file, &list, index);
    nsc_devices_clear(&list);
    free(file);
    return status;
}

/* "choice 2, 'reference'", or "'reference'" where the list has no other. */
static void title_of(const nsc_choice *choice, bool alone, char title[TITLE_BYTES])
{
    int shown = choice->text_length > MAX_SHOWN ? MAX_SHOWN : (int)choice->text_length;
    if (alone)
        snprintf(title, TITLE_BYTES, "'%.*s'", shown, choice->text);
    else
        snprintf(title, TITLE_BYTES, "choice %u, '%.*s'", choice->position, shown, choice->text);
}

static nsc_status choose_listed(chooser *c)
{
    const char *text = c->request->choice, *source = c->request->source;
    bool alone = !strchr(text, ',');
    size_t position = 0, used = 0;
    nsc_choice choice = {0};
    char title[TITLE_BYTES], passed[WHY_BYTES] = ""; /* passed: the choices that are not here, and why */
    while (nsc_choice_next(text, &position, &choice)) {
        nsc_status status = try_choice(c, &choice);
        title_of(&choice, alone, title);
        if (!status) {
            nsc_report_line(c->report, "%s: %s is used", title, c->device->title);
            if (passed[0])
                nsc_log_line(c->request->settings.log, NSC_LOG_WARNING, "%s, is taken; not here: %s", title, passed);
            return NSC_OK;
        }
        nsc_report_line(c->report, "%s: %s", title, c->why);
        if (status != NSC_UNAVAILABLE || alone)
            return nsc_fail(0, status, "%s%s %s: %s", source, alone ? " is" : ",", title, c->why);
        if (used < sizeof passed)
            used += (size_t)snprintf(passed + used, sizeof passed - used, "%s%s: %s", used ? "; " : "", title, c->why);
    }
    return nsc_fail(0, NSC_UNAVAILABLE, "%s: no such device is here: %s", source, passed);
}

/* ---- the default ------------------------------------------------------------------------------------------------ */

typedef struct candidate {
    size_t entry;
    uint32_t index;
    int32_t rank;
} candidate;

typedef struct found_backend {
    nsc_backend_table table;
    nsc_device_list list;
} found_backend;

typedef struct field {
    found_backend *backends; /* one for each entry of the catalog */
    candidate *candidates;
    size_t count, capacity;
} field;

/* The devices of one entry; one that fails is told of and left out. NO_MEMORY is the only failure. */
static nsc_status add_candidates(chooser *c, field *f, size_t i)
{
    const nsc_catalog_entry *entry = &c->catalog.entries[i];
    found_backend *found = &f->backends[i];
    nsc_status status = nsc_catalog_load(entry, &found->table, c->why, sizeof c->why);
    if (!status)
        status = nsc_devices_list(&found->list, &found->table, c->request->settings.log, c->why, sizeof c->why);
    if (status) {
        nsc_report_line(c->report, "%s: %s", entry->name, c->why);
        if (status != NSC_UNAVAILABLE)
            nsc_log_line(c->request->settings.log, NSC_LOG_WARNING, "backend %s is left out: %s", entry->name, c->why);
        return NSC_OK;
    }
    for (uint32_t d = 0; d < found->list.count; d++) {
        int32_t rank = found->list.infos[d].auto_rank;
        nsc_report_line(c->report, "%s:%u '%s': rank %d%s", entry->name, d, found->list.infos[d].name, (int)rank,
                        rank > 0 ? "" : ", never chosen by default");
        if (rank <= 0)
            continue;
        void *candidates = f->candidates;
        if (!nsc_grow(&candidates, &f->capacity, f->count, sizeof *f->candidates))
            return nsc_fail(0, NSC_NO_MEMORY, "no host memory for the list of devices");
        f->candidates = candidates;
        f->candidates[f->count++] = (candidate){.entry = i, .index = d, .rank = rank};
    }
    return NSC_OK;
}

/* Highest rank first, then by name, then by index. */
static bool before(const chooser *c, const candidate *a, const candidate *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank;
    int order = strcmp(c->catalog.entries[a->entry].name, c->catalog.entries[b->entry].name);
    return order != 0 ? order < 0 : a->index < b->index;
}

static nsc_status open_best(chooser *c, field *f)
{
    while (f->count > 0) {
        size_t best = 0;
        for (size_t i = 1; i < f->count; i++)
            if (before(c, &f->candidates[i], &f->candidates[best]))
                best = i;
        candidate tried = f->candidates[best];
        f->candidates[best] = f->candidates[--f->count];
        found_backend *found = &f->backends[tried.entry];
        nsc_status status = open_one(c, &found->table, c->catalog.entries[tried.entry].file, &found->list, tried.index);
        if (!status) {
            nsc_report_line(c->report, "%s is used: the highest rank, %d", c->device->title, (int)tried.rank);
            return NSC_OK;
        }
        nsc_report_line(c->report, "%s", c->why);
        nsc_log_line(c->request->settings.log, NSC_LOG_WARNING, "the default device is passed over: %s", c->why);
    }
    return nsc_fail(0, NSC_UNAVAILABLE,
                    "no backend has a device here that is chosen by default; name one in NASCENT_BACKEND");
}

static nsc_status choose_default(chooser *c)
{
    field f = {.backends = calloc(c->catalog.count + 1, sizeof *f.backends)};
    nsc_status status = f.backends ? NSC_OK : nsc_fail(0, NSC_NO_MEMORY, "no host memory for the list of devices");
    for (size_t i = 0; i < c->catalog.count && !status; i++)
        if (c->catalog.entries[i].installed)
            status = add_candidates(c, &f, i);
    if (!status)
        status = open_best(c, &f);
    for (size_t i = 0; f.backends && i < c->catalog.count; i++)
        nsc_devices_clear(&f.backends[i].list);
    free(f.backends);
    free(f.candidates);
    return status;
}

/* The files whose names were taken: who wonders why a plug-in is not used finds it here. */
static void tell_refused(const chooser *c)
{
    for (size_t i = 0; i < c->catalog.refused_count; i++) {
        nsc_report_line(c->report, "%s", c->catalog.refused[i]);
        nsc_log_line(c->request->settings.log, NSC_LOG_INFO, "a backend is left out: %s", c->catalog.refused[i]);
    }
}

nsc_status nsc_registry_choose(const nsc_registry_request *request, nsc_device *device, nsc_report *report)
{
    chooser c = {.request = request, .device = device, .report = report};
    bool listed = request->choice && !nsc_choice_is_auto(request->choice);
    nsc_status status = nsc_catalog_read(&c.catalog, request->backend_path, request->plugin_dir);
    if (status)
        return status;
    if (listed && !nsc_choices_valid(request->choice, c.why, sizeof c.why)) {
        char names[600];
        nsc_catalog_names(&c.catalog, names, sizeof names);
        nsc_catalog_clear(&c.catalog);
        nsc_report_line(report, "%s cannot be read: %s; the backends here: %s", request->source, c.why, names);
        return nsc_fail(0, NSC_INVALID, "%s cannot be read: %s; the backends here: %s", request->source, c.why, names);
    }
    tell_refused(&c);
    nsc_backends_lock();
    status = listed ? choose_listed(&c) : choose_default(&c);
    nsc_backends_unlock();
    nsc_catalog_clear(&c.catalog);
    return status;
}
