/* SPDX-License-Identifier: Apache-2.0 */
/* Which name in a file is which parameter of a net. */
#include <stdlib.h>
#include <string.h>

#include "core/io/checkpoint_load.h"

enum { GROUPS = 10 };

static nsc_status compile(nsc_loader *load)
{
    char reason[160];
    const size_t count = load->options.rename_count;
    load->regexes = calloc(count + 1, sizeof *load->regexes);
    if (load->regexes == NULL)
        return nsc_loader_no_memory(load);
    for (size_t i = 0; i < count; i++) {
        const nsc_rename *rename = &load->options.renames[i];
        if (rename->from == NULL || rename->to == NULL)
            return nsc_fail(load->owner, NSC_INVALID, "nsc_load: rename %zu has no %s", i,
                            rename->from == NULL ? "from" : "to");
        const int code = regcomp(&load->regexes[i], rename->from, REG_EXTENDED);
        if (code != 0) {
            regerror(code, &load->regexes[i], reason, sizeof reason);
            return nsc_fail(load->owner, code == REG_ESPACE ? NSC_NO_MEMORY : NSC_INVALID,
                            "nsc_load: rename %zu, \"%s\": %s", i, rename->from, reason);
        }
        load->regex_count++;
        for (const char *at = strchr(rename->to, '\\'); at != NULL; at = strchr(at + 2, '\\'))
            if (at[1] < '1' || at[1] > '9' || (size_t)(at[1] - '0') > load->regexes[i].re_nsub)
                return nsc_fail(load->owner, NSC_INVALID,
                                "nsc_load: rename %zu, \"%s\": behind a \\ stands the number of a group of \"%s\"", i,
                                rename->to, rename->from);
    }
    return NSC_OK;
}

/* `to` with the groups of a match put in; NULL: no memory. */
static const char *substitute(nsc_loader *load, const char *to, const char *name, const regmatch_t *groups)
{
    size_t length = 0, used = 0;
    for (const char *c = to; *c != 0; c++) {
        const regmatch_t *group = *c == '\\' ? &groups[*++c - '0'] : NULL;
        length += group == NULL ? 1 : (group->rm_so < 0 ? 0 : (size_t)(group->rm_eo - group->rm_so));
    }
    char *text = nsc_arena_take(&load->arena, length + 1);
    for (const char *c = to; text != NULL && *c != 0; c++) {
        const regmatch_t *group = *c == '\\' ? &groups[*++c - '0'] : NULL;
        if (group == NULL) {
            text[used++] = *c;
        } else if (group->rm_so >= 0) {
            memcpy(text + used, name + group->rm_so, (size_t)(group->rm_eo - group->rm_so));
            used += (size_t)(group->rm_eo - group->rm_so);
        }
    }
    return text;
}

/* The path that a name becomes; *takes_part false for one without the prefix. NULL: no memory, or it takes no part. */
static const char *map_name(nsc_loader *load, const char *name, bool *takes_part)
{
    const char *prefix = load->options.prefix == NULL ? "" : load->options.prefix;
    const size_t length = strlen(prefix);
    *takes_part = strncmp(name, prefix, length) == 0;
    if (!*takes_part)
        return NULL;
    name += length;
    for (size_t i = 0; i < load->regex_count; i++) {
        regmatch_t groups[GROUPS];
        if (regexec(&load->regexes[i], name, GROUPS, groups, 0) == 0 && groups[0].rm_so == 0 &&
            name[groups[0].rm_eo] == 0)
            return substitute(load, load->options.renames[i].to, name, groups);
    }
    return name;
}

/* ---- the two sides ---------------------------------------------------------------------------------------------- */

static nsc_status collect_sources(nsc_loader *load)
{
    nsc_saved *saved = NULL;
    size_t saved_count = 0, described = 0;
    const size_t arrays = nsc_archive_count(load->archive);
    const char *text = nsc_archive_metadata(load->archive, NSC_CHECKPOINT_KEY);
    if (text != NULL) {
        const nsc_status status = nsc_saved_decode(load->file, text, &load->arena, &saved, &saved_count);
        if (status != NSC_OK)
            return status;
    }
    if (text == NULL && arrays == 0)
        return nsc_fail(load->owner, NSC_REFUSED, "%s: holds no arrays", load->file);
    load->sources = calloc(arrays + saved_count + 1, sizeof *load->sources);
    if (load->sources == NULL)
        return nsc_loader_no_memory(load);
    for (size_t i = 0; i < saved_count; i++) {
        /* Arrays are written in the order of the parameters, so most often it is the next one. */
        const nsc_array *array = nsc_archive_array(load->archive, described);
        if (array == NULL || strcmp(array->name, saved[i].path) != 0)
            array = nsc_archive_find(load->archive, saved[i].path);
        if (array != NULL && (array->rank != saved[i].rank ||
                              memcmp(array->dims, saved[i].dims, (size_t)array->rank * sizeof *array->dims) != 0))
            return nsc_fail(load->owner, NSC_INVALID,
                            "%s: " NSC_CHECKPOINT_KEY ".parameters.%s.shape: is not that of the array", load->file,
                            saved[i].path);
        described += array != NULL;
        load->sources[load->source_count++] =
            (nsc_load_source){.name = saved[i].path, .array = array, .saved = &saved[i]};
    }
    if (text != NULL && described != arrays)
        return nsc_fail(load->owner, NSC_INVALID,
                        "%s: " NSC_CHECKPOINT_KEY ".parameters: describes %zu of %zu arrays; each stands there once",
                        load->file, described, arrays);
    for (size_t i = 0; text == NULL && i < arrays; i++) {
        const nsc_array *array = nsc_archive_array(load->archive, i);
        load->sources[load->source_count++] = (nsc_load_source){.name = array->name, .array = array};
    }
    return NSC_OK;
}

static bool collect_target(void *user, const char *path, nsc_parameter *parameter)
{
    nsc_loader *load = user;
    if (!nsc_selector_matches(&load->selector, path, parameter))
        return true;
    const char *own = nsc_arena_format(&load->arena, "%s", path);
    if (own == NULL ||
        !nsc_grow((void **)&load->targets, &load->target_capacity, load->target_count, sizeof *load->targets) ||
        !nsc_map_put(&load->indices, parameter, (uint32_t)load->target_count))
        return false;
    load->targets[load->target_count++] = (nsc_load_target){.path = own, .parameter = parameter};
    return true;
}

/* ---- matching --------------------------------------------------------------------------------------------------- */

static bool same_value(const nsc_array *a, const nsc_array *b)
{
    return a->dtype == b->dtype && a->rank == b->rank && a->bytes == b->bytes &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0 && memcmp(a->data, b->data, a->bytes) == 0;
}

static bool give(nsc_loader *load, nsc_load_target *target, const nsc_load_source *source, const char *by)
{
    const nsc_load_source *old = target->source;
    if (old == source)
        return true;
    if (old != NULL && strcmp(target->by, by) == 0)
        return nsc_loader_conflict(load, NSC_INVALID, target->path, "%s and %s in the file both become %s", old->name,
                                   source->name, by);
    if (old != NULL && old->array != NULL && source->array != NULL && !same_value(old->array, source->array))
        return nsc_loader_conflict(load, NSC_SHAPE_CONFLICT, target->path,
                                   "%s and %s are tied in the net, and have different values in the file", target->by,
                                   by);
    if (old == NULL || old->array == NULL) {
        target->source = source;
        target->by = by;
    }
    return true;
}

/* A parameter that was tied when it was saved stands for all its paths. */
static nsc_status match_source(nsc_loader *load, const nsc_load_source *source)
{
    const size_t aliases = source->saved == NULL ? 0 : source->saved->alias_count;
    bool takes_part = false, found = false, part;
    for (size_t i = 0; i <= aliases; i++) {
        uint32_t index;
        const char *path = map_name(load, i == 0 ? source->name : source->saved->aliases[i - 1], &part);
        if (part && path == NULL)
            return nsc_loader_no_memory(load);
        takes_part = takes_part || part;
        nsc_parameter *parameter = part ? nsc_find_parameter(load->net, path) : NULL;
        found = found || parameter != NULL;
        if (parameter == NULL || !nsc_map_get(&load->indices, parameter, &index))
            continue;
        if (!give(load, &load->targets[index], source, path))
            return nsc_loader_no_memory(load);
    }
    if (takes_part && !found && !nsc_load_report_add(load->report, NSC_LOAD_EXTRA, source->name, ""))
        return nsc_loader_no_memory(load);
    return NSC_OK;
}

nsc_status nsc_loader_match(nsc_loader *load)
{
    nsc_status status = compile(load);
    if (status == NSC_OK)
        status = collect_sources(load);
    if (status != NSC_OK)
        return status;
    load->report = nsc_load_report_new();
    if (load->report == NULL ||
        nsc_block_walk(load->net, &(nsc_walk){.user = load, .parameter = collect_target}) != NSC_OK)
        return nsc_loader_no_memory(load);
    for (size_t i = 0; i < load->source_count && status == NSC_OK; i++)
        status = match_source(load, &load->sources[i]);
    for (size_t i = 0; i < load->target_count && status == NSC_OK; i++)
        if (load->targets[i].source == NULL &&
            !nsc_load_report_add(load->report, NSC_LOAD_MISSING, load->targets[i].path, ""))
            status = nsc_loader_no_memory(load);
    return status;
}
