/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over a tree, and what is answered by walking: checks, visits, the listing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/shape.h"

enum { MAX_DEPTH = 200, PATH_CAPACITY = 4096, MAX_TOLD_PATH = 160 };
#define TOO_DEEP "the tree is deeper than %d blocks, or a path longer than %d characters"

typedef struct walker_state {
    const nsc_walk *walk;
    nsc_map seen;
    char path[PATH_CAPACITY];
} walker_state;

static bool path_push(walker_state *walker, size_t length, const char *name, size_t *longer)
{
    int written = snprintf(walker->path + length, PATH_CAPACITY - length, "%s%s", length == 0 ? "" : ".", name);
    *longer = length + (size_t)written;
    return *longer < PATH_CAPACITY;
}

static nsc_status walk_parameters(walker_state *walker, nsc_block *block, size_t length)
{
    uint32_t ignored;
    size_t longer;
    for (size_t i = 0; i < block->parameter_count; i++) {
        nsc_parameter *parameter = nsc_parameter_resolve(block->parameters[i]);
        const bool seen = nsc_map_get(&walker->seen, parameter, &ignored);
        if (seen && walker->walk->alias == NULL)
            continue;
        if (!seen && !nsc_map_put(&walker->seen, parameter, 0))
            return NSC_NO_MEMORY;
        if (!path_push(walker, length, block->parameters[i]->name, &longer))
            return NSC_INVALID;
        if (!(seen ? walker->walk->alias : walker->walk->parameter)(walker->walk->user, walker->path, parameter))
            return NSC_FAILED;
    }
    return NSC_OK;
}

static nsc_status walk_block(walker_state *walker, nsc_block *block, size_t length, int depth)
{
    uint32_t ignored;
    size_t longer;
    char text[24];
    nsc_status status = NSC_OK;
    /* A block that stands twice is walked again only for the further paths of its parameters. */
    const bool seen = nsc_map_get(&walker->seen, block, &ignored);
    if (seen && walker->walk->alias == NULL)
        return NSC_OK;
    if (depth > MAX_DEPTH)
        return NSC_INVALID;
    if (!seen && !nsc_map_put(&walker->seen, block, 0))
        return NSC_NO_MEMORY;
    walker->path[length] = 0;
    if (!seen && walker->walk->block != NULL && !walker->walk->block(walker->walk->user, walker->path, block))
        return NSC_FAILED;
    if (walker->walk->parameter != NULL)
        status = walk_parameters(walker, block, length);
    for (size_t i = 0; i < block->child_count && status == NSC_OK; i++)
        status = path_push(walker, length, nsc_child_name(block, i, text), &longer)
                     ? walk_block(walker, block->children[i].block, longer, depth + 1)
                     : NSC_INVALID;
    return status;
}

nsc_status nsc_block_walk(nsc_block *root, const nsc_walk *walk)
{
    walker_state *walker = calloc(1, sizeof *walker);
    if (walker == NULL)
        return NSC_NO_MEMORY;
    walker->walk = walk;
    nsc_status status = walk_block(walker, root, 0, 0);
    nsc_map_clear(&walker->seen);
    free(walker);
    return status;
}

nsc_status nsc_block_walk_failed(uint64_t owner, const char *call, nsc_status status)
{
    if (status == NSC_NO_MEMORY)
        return nsc_fail(owner, status, "%s: no host memory to walk the tree", call);
    if (status == NSC_INVALID)
        return nsc_fail(owner, status, "%s: " TOO_DEEP, call, (int)MAX_DEPTH, (int)PATH_CAPACITY - 1);
    return status;
}

static bool list_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    nsc_parameter_list *list = user;
    (void)path;
    if (!nsc_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return false;
    list->items[list->count++] = parameter;
    return true;
}

nsc_status nsc_block_parameters(nsc_block *root, const char *call, nsc_parameter_list *list)
{
    *list = (nsc_parameter_list){.items = NULL};
    const nsc_status status = nsc_block_walk(root, &(nsc_walk){.user = list, .parameter = list_parameter});
    if (status == NSC_OK)
        return NSC_OK;
    free(list->items);
    list->items = NULL;
    return nsc_block_walk_failed(0, call, status == NSC_FAILED ? NSC_NO_MEMORY : status);
}

/* ---- checks ----------------------------------------------------------------------------------------------------- */

typedef struct check_state {
    nsc_status status;
    char *text;
    size_t capacity;
} check_state;

static bool check_block(void *user, const char *path, nsc_block *block)
{
    check_state *check = user;
    char names[2][24];
    size_t length = strlen(path);
    bool cut = length > MAX_TOLD_PATH; /* the end tells more, and the reason behind it must fit */
    const char *told = length == 0 ? "the net" : (cut ? path + length - MAX_TOLD_PATH : path);
    if (block->status != NSC_OK) {
        check->status = block->status;
        snprintf(check->text, check->capacity, "%s%s (%s): %s", cut ? "..." : "", told, block->kind,
                 block->text == NULL ? nsc_status_name(block->status) : block->text);
        return false;
    }
    for (size_t i = 0; i < block->child_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(nsc_child_name(block, i, names[0]), nsc_child_name(block, j, names[1])) == 0) {
                check->status = NSC_INVALID;
                snprintf(check->text, check->capacity, "%s%s (%s): children %zu and %zu are both named \"%s\"",
                         cut ? "..." : "", told, block->kind, j, i, nsc_child_name(block, i, names[0]));
                return false;
            }
    return true;
}

nsc_status nsc_block_check(const nsc_block *block, char *text, size_t capacity)
{
    char unused[1];
    check_state check = {NSC_OK, text == NULL || capacity == 0 ? unused : text,
                         text == NULL ? sizeof unused : capacity};
    if (capacity == 0 && text != NULL)
        check.capacity = 0;
    if (check.capacity > 0)
        check.text[0] = 0;
    if (block == NULL) {
        snprintf(check.text, check.capacity, "block is NULL");
        return NSC_INVALID;
    }
    /* A walk reads the tree only; the callbacks of others may write to what they visit, this one does not. */
    nsc_block *root = (nsc_block *)(uintptr_t)block;
    nsc_status status = nsc_block_walk(root, &(nsc_walk){.user = &check, .block = check_block});
    if (status == NSC_INVALID)
        snprintf(check.text, check.capacity, TOO_DEEP, (int)MAX_DEPTH, (int)PATH_CAPACITY - 1);
    if (status == NSC_NO_MEMORY)
        snprintf(check.text, check.capacity, "no host memory to walk the tree");
    return check.status != NSC_OK ? check.status : status;
}

/* ---- visits ----------------------------------------------------------------------------------------------------- */

typedef struct visit_state {
    nsc_parameter_visit visit;
    void *user;
    bool stopped;
    FILE *file;
    int path_width, shape_width;
} visit_state;

static bool visit_each(void *user, const char *path, nsc_parameter *parameter)
{
    visit_state *visit = user;
    visit->stopped = visit->visit(visit->user, path, parameter) != 0;
    return !visit->stopped;
}

nsc_status nsc_parameters_each(nsc_block *net, nsc_parameter_visit function, void *user)
{
    visit_state visit = {.visit = function, .user = user};
    if (net == NULL || function == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameters_each: %s is NULL", net == NULL ? "net" : "visit");
    nsc_status status = nsc_block_walk(net, &(nsc_walk){.user = &visit, .parameter = visit_each});
    if (status != NSC_OK && !visit.stopped)
        return nsc_block_walk_failed(0, "nsc_parameters_each", status);
    return NSC_OK;
}

/* Follows the names, so every path of a shared parameter finds it, and nothing is allocated. */
nsc_parameter *nsc_find_parameter(nsc_block *net, const char *path)
{
    char text[24];
    nsc_block *block = net;
    while (block != NULL && path != NULL) {
        const char *dot = strchr(path, '.');
        if (dot == NULL) {
            for (size_t i = 0; i < block->parameter_count; i++)
                if (strcmp(block->parameters[i]->name, path) == 0)
                    return nsc_parameter_resolve(block->parameters[i]);
            return NULL;
        }
        size_t length = (size_t)(dot - path);
        nsc_block *child = NULL;
        for (size_t i = 0; i < block->child_count && child == NULL; i++) {
            const char *name = nsc_child_name(block, i, text);
            if (strlen(name) == length && memcmp(name, path, length) == 0)
                child = block->children[i].block;
        }
        block = child;
        path = dot + 1;
    }
    return NULL;
}

/* Near a path that is not there: those that end alike. */
typedef struct near_paths {
    const char *path;
    char text[400];
} near_paths;

static bool visit_near(void *user, const char *path, nsc_parameter *parameter)
{
    near_paths *near = user;
    const char *last = strrchr(near->path, '.');
    size_t used = strlen(near->text);
    (void)parameter;
    last = last == NULL ? near->path : last + 1;
    const char *other = strrchr(path, '.');
    other = other == NULL ? path : other + 1;
    size_t prefix = strcspn(near->path, ".");
    bool alike = strcmp(last, other) == 0 || (prefix > 0 && strncmp(near->path, path, prefix) == 0);
    if (alike && used + strlen(path) + 3 < sizeof near->text)
        snprintf(near->text + used, sizeof near->text - used, "%s%s", used == 0 ? "" : ", ", path);
    return true;
}

nsc_status nsc_explain(nsc_block *net, const char *path, char *text, size_t capacity)
{
    if (net == NULL || path == NULL || (text == NULL && capacity > 0))
        return nsc_fail(0, NSC_INVALID, "nsc_explain: %s is NULL",
                        net == NULL ? "net" : (path == NULL ? "path" : "text"));
    const nsc_parameter *parameter = nsc_find_parameter(net, path);
    if (parameter != NULL) {
        nsc_parameter_explain_at(parameter, path, text, capacity);
        return NSC_OK;
    }
    near_paths near = {.path = path};
    nsc_status status = nsc_block_walk(net, &(nsc_walk){.user = &near, .parameter = visit_near});
    if (status != NSC_OK)
        return nsc_block_walk_failed(0, "nsc_explain", status);
    return nsc_fail(0, NSC_INVALID, "there is no parameter %.160s%s%s", path,
                    near.text[0] == 0 ? ": nsc_print_parameters lists them" : "; near it: ", near.text);
}

static bool visit_print(void *user, const char *path, nsc_parameter *parameter)
{
    visit_state *visit = user;
    char shape[NSC_SHAPE_TEXT];
    int64_t dims[NSC_MAX_RANK];
    nsc_parameters_lock();
    nsc_shape_text(shape, nsc_parameter_shape_locked(parameter, dims), dims);
    nsc_parameter_state state = nsc_parameter_state_locked(parameter);
    nsc_parameters_unlock();
    if (visit->file == NULL) { /* the first pass measures */
        int path_width = (int)strlen(path), shape_width = (int)strlen(shape);
        visit->path_width = path_width > visit->path_width ? path_width : visit->path_width;
        visit->shape_width = shape_width > visit->shape_width ? shape_width : visit->shape_width;
        return true;
    }
    return fprintf(visit->file, "%-*s  %-*s  %s  %s\n", visit->path_width, path, visit->shape_width, shape,
                   nsc_dtype_name(parameter->dtype), nsc_parameter_state_name(state)) > 0;
}

nsc_status nsc_print_parameters(nsc_block *net, FILE *file)
{
    visit_state visit = {.file = NULL};
    char text[512];
    if (net == NULL || file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_print_parameters: %s is NULL", net == NULL ? "net" : "file");
    nsc_status status = nsc_block_check(net, text, sizeof text);
    if (status != NSC_OK)
        return nsc_fail(0, status, "%s", text);
    const nsc_walk walk = {.user = &visit, .parameter = visit_print};
    status = nsc_block_walk(net, &walk);
    visit.file = file;
    if (status == NSC_OK)
        status = nsc_block_walk(net, &walk);
    if (status == NSC_FAILED)
        return nsc_fail(0, NSC_IO, "nsc_print_parameters: the listing could not be written whole");
    return nsc_block_walk_failed(0, "nsc_print_parameters", status);
}
