/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks as objects: life, error blocks, children, names. */
#include "core/block/block.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

static nsc_status no_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count, nsc_value **out,
                             size_t out_count)
{
    (void)block, (void)in, (void)in_count, (void)out, (void)out_count;
    return nsc_trace_fail(trace, NSC_NO_MEMORY, "a block could not be made");
}

static const nsc_block_class error_class = {.kind = "error block", .forward = no_forward};
static char no_memory_text[] = "no host memory to make a block";
static nsc_block no_memory = {.references = 1,
                              .class = &error_class,
                              .kind = "error block",
                              .inputs = 1,
                              .outputs = 1,
                              .status = NSC_NO_MEMORY,
                              .text = no_memory_text};

bool nsc_block_static(const nsc_block *block)
{
    return block == &no_memory;
}

nsc_block *nsc_block_new(size_t size, const nsc_block_class *class)
{
    nsc_block *block = calloc(1, size);
    if (block == NULL)
        return &no_memory;
    atomic_init(&block->references, 1);
    atomic_init(&block->stamp, 1);
    block->class = class;
    block->kind = class->kind;
    block->inputs = block->outputs = 1;
    return block;
}

nsc_block *nsc_block_fail(nsc_block *block, nsc_status status, const char *format, ...)
{
    if (nsc_block_static(block) || block->status != NSC_OK)
        return block;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    block->status = status;
    block->text = strdup(text); /* NULL: the code alone has to do */
    return block;
}

nsc_block *nsc_retain(nsc_block *block)
{
    if (block != NULL && !nsc_block_static(block))
        atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
    return block;
}

void nsc_release(nsc_block *block)
{
    if (block == NULL || nsc_block_static(block) ||
        atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) != 1)
        return;
    nsc_net_free(atomic_load(&block->net));
    for (size_t i = 0; i < block->child_count; i++) {
        free(block->children[i].name);
        nsc_release(block->children[i].block);
    }
    for (size_t i = 0; i < block->parameter_count; i++)
        nsc_parameter_release(block->parameters[i]);
    if (block->class->destroy != NULL)
        block->class->destroy(block);
    free(block->children);
    free(block->parameters);
    free(block->name);
    free(block->text);
    free(block);
}

bool nsc_name_valid(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > 128)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '.' || (unsigned char)name[i] <= ' ' || name[i] == 0x7f)
            return false;
    return true;
}

nsc_block *nsc_named(const char *name, nsc_block *block)
{
    if (block == NULL)
        return nsc_block_fail(nsc_block_new(sizeof *block, &error_class), NSC_INVALID, "nsc_named: block is NULL");
    if (nsc_block_static(block))
        return block;
    if (name == NULL || !nsc_name_valid(name))
        return nsc_block_fail(block, NSC_INVALID, "\"%s\" cannot name a block: 1 to 128 characters, no dot, no space",
                              name == NULL ? "" : name);
    char *copy = strdup(name);
    if (copy == NULL)
        return nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for a name");
    free(block->name);
    block->name = copy;
    return block;
}

typedef struct search_state {
    const nsc_block *wanted;
    bool found;
} search_state;

static bool compare(void *user, const char *path, nsc_block *block)
{
    search_state *search = user;
    (void)path;
    search->found = block == search->wanted;
    return !search->found;
}

/* Why block cannot take child, or NSC_OK. A walk meets a shared block once, so this stays linear, and no tree gets deeper
 * than a walk goes. */
static nsc_status refuse_child(nsc_block *block, nsc_block *child)
{
    search_state search = {block, false};
    nsc_status status = nsc_block_walk(child, &(nsc_walk){.user = &search, .block = compare});
    if (search.found)
        nsc_block_fail(block, NSC_INVALID, "a block cannot contain itself");
    else if (status == NSC_INVALID)
        nsc_block_fail(block, status, "child %zu is too deep a tree, or has too long a path", block->child_count);
    else if (status != NSC_OK)
        nsc_block_fail(block, status, "no host memory for a child");
    return status;
}

bool nsc_block_adopt(nsc_block *block, const char *name, nsc_block *child)
{
    char *copy = NULL;
    if (child == NULL) {
        nsc_block_fail(block, NSC_INVALID, "child %zu is NULL", block->child_count);
        return false;
    }
    if (nsc_block_static(block) || refuse_child(block, child) != NSC_OK) {
        if (child != block)
            nsc_release(child);
        return false;
    }
    size_t uses = 1;
    for (size_t i = 0; i < block->child_count; i++)
        uses += block->children[i].block == child;
    if (!nsc_block_static(child) && uses > atomic_load(&child->references)) {
        /* The reference that is handed over here was handed over before: there is none to keep. */
        nsc_block_fail(block, NSC_INVALID, "child %zu was given before: nsc_retain a block for each further use",
                       block->child_count);
        return true;
    }
    if (name != NULL && !nsc_name_valid(name))
        nsc_block_fail(block, NSC_INVALID, "\"%s\" cannot name a child: 1 to 128 characters, no dot, no space", name);
    else if (name != NULL && (copy = strdup(name)) == NULL)
        nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for a child");
    if (!nsc_grow((void **)&block->children, &block->child_capacity, block->child_count, sizeof *block->children)) {
        nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for a child");
        free(copy);
        nsc_release(child);
        return false;
    }
    block->children[block->child_count++] = (nsc_child){copy, child};
    atomic_fetch_add(&block->stamp, 1);
    return true;
}

void nsc_block_own(nsc_block *block, nsc_parameter *parameter)
{
    if (nsc_block_static(block))
        return;
    if (parameter == NULL || !nsc_grow((void **)&block->parameters, &block->parameter_capacity, block->parameter_count,
                                       sizeof *block->parameters)) {
        nsc_parameter_release(parameter);
        nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for a parameter");
        return;
    }
    block->parameters[block->parameter_count++] = parameter;
    atomic_fetch_add(&block->stamp, 1);
}

void nsc_options_copy(void *mine, size_t known, const void *given, size_t size)
{
    memset(mine, 0, known);
    if (given != NULL)
        memcpy(mine, given, size < known ? size : known);
}

const char *nsc_child_name(const nsc_block *block, size_t index, char text[24])
{
    const nsc_child *child = &block->children[index];
    if (child->name != NULL)
        return child->name;
    if (child->block->name != NULL)
        return child->block->name;
    snprintf(text, 24, "%zu", index);
    return text;
}
