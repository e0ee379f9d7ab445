/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions of nets: the tree of blocks becomes a tree of JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/graph.h"
#include "core/io/file.h"
#include "core/io/model.h"

nsc_status nsc_model_refuse(const nsc_model_writer *writer, const char *format, ...)
{
    enum { TOLD = 160 }; /* of a long path the end tells more */
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *path = writer->length > TOLD ? writer->path + writer->length - TOLD : writer->path;
    return nsc_fail(0, NSC_UNSUPPORTED, "%s: %s%s (%s): %s", writer->call, path == writer->path ? "" : "...",
                    path[0] == 0 ? "the net" : path, writer->block->kind, text);
}

void nsc_model_put(nsc_model_writer *writer, cJSON *object, const char *key, cJSON *item)
{
    if (object != NULL && item != NULL &&
        (key == NULL ? cJSON_AddItemToArray(object, item) : cJSON_AddItemToObject(object, key, item)))
        return;
    cJSON_Delete(item);
    writer->no_memory = true;
}

/* Names of blocks may be any bytes, JSON is UTF-8. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
        const int more = *at < 0x80 ? 0 : *at < 0xc2 ? -1 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : *at < 0xf5 ? 3 : -1;
        const unsigned char low = *at == 0xe0 ? 0xa0 : *at == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = *at == 0xed ? 0x9f : *at == 0xf4 ? 0x8f : 0xbf;
        for (int i = 1; i <= more; i++)
            if (at[i] < (i == 1 ? low : 0x80) || at[i] > (i == 1 ? high : 0xbf))
                return false;
        if (more < 0)
            return false;
        at += more + 1;
    }
    return true;
}

static nsc_status put_name(nsc_model_writer *writer, cJSON *object, const char *key, const char *name)
{
    if (!is_utf8(name))
        return nsc_model_refuse(writer, "a name is no UTF-8, which JSON is");
    nsc_model_put(writer, object, key, cJSON_CreateString(name));
    return NSC_OK;
}

static nsc_status write_block(nsc_model_writer *writer, nsc_block *block, const char *name, cJSON *node);

/* Child index, whose name is left out where it is its position. */
static nsc_status write_child(nsc_model_writer *writer, nsc_block *parent, size_t index, cJSON *array)
{
    static const char *const ends[] = {"input", "output", NULL};
    const size_t length = writer->length;
    char text[24], position[24];
    const char *name = nsc_child_name(parent, index, text);
    cJSON *node = cJSON_CreateObject();
    nsc_status status = NSC_OK;
    snprintf(position, sizeof position, "%zu", index);
    /* The check of the tree has seen that paths fit. */
    writer->length +=
        (size_t)snprintf(writer->path + length, sizeof writer->path - length, "%s%s", length == 0 ? "" : ".", name);
    writer->block = parent->children[index].block;
    if (++writer->nodes > NSC_MODEL_MAX_NODES)
        status = nsc_model_refuse(writer, "is one block too many: a description has at most %d", NSC_MODEL_MAX_NODES);
    const int taken = parent->class == &nsc_graph_class ? -1 : nsc_words_find(name, ends);
    if (status == NSC_OK && taken >= 0)
        status = nsc_model_refuse(writer, "a description calls something else \"%s\": rename the block", ends[taken]);
    if (status == NSC_OK)
        status = write_block(writer, parent->children[index].block, strcmp(name, position) == 0 ? NULL : name, node);
    nsc_model_put(writer, array, NULL, node);
    writer->path[length] = 0;
    writer->length = length;
    writer->block = parent;
    return status;
}

static nsc_status write_children(nsc_model_writer *writer, nsc_block *block, cJSON *array)
{
    nsc_status status = NSC_OK;
    for (size_t i = 0; i < block->child_count && status == NSC_OK; i++)
        status = write_child(writer, block, i, array);
    return status;
}

static nsc_status write_nodes(nsc_model_writer *writer, nsc_block *block, cJSON *node)
{
    cJSON *array = cJSON_CreateArray();
    const nsc_status status = write_children(writer, block, array);
    nsc_model_put(writer, node, "nodes", array);
    return status;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------- */

static void put_edge(nsc_model_writer *writer, const nsc_graph *graph, size_t slot, const char *to, cJSON *edges)
{
    char text[160], position[24];
    size_t port;
    const size_t index = nsc_graph_slot(graph, slot, &port);
    cJSON *pair = cJSON_CreateArray();
    const char *name = port == SIZE_MAX ? graph->names[index] : nsc_child_name(&graph->base, index, position);
    if (port == SIZE_MAX || port == 0)
        snprintf(text, sizeof text, "%s", name);
    else
        snprintf(text, sizeof text, "%s:%zu", name, port);
    nsc_model_put(writer, pair, NULL, cJSON_CreateString(text));
    nsc_model_put(writer, pair, NULL, cJSON_CreateString(to));
    nsc_model_put(writer, edges, NULL, pair);
}

static nsc_status put_names(nsc_model_writer *writer, const nsc_graph *graph, size_t first, size_t count,
                            const char *key, cJSON *node)
{
    cJSON *array = cJSON_CreateArray();
    nsc_status status = NSC_OK;
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        status = put_name(writer, array, NULL, graph->names[first + i]);
    nsc_model_put(writer, node, key, array);
    return status;
}

/* Each node takes from the one before it alone, as in a sequential. */
static bool is_chain(const nsc_graph *graph)
{
    const size_t count = graph->base.child_count;
    size_t last = 0; /* the slot of the input */
    if (graph->base.inputs != 1 || graph->base.outputs != 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t node = graph->order[i];
        const nsc_block *child = graph->base.children[node].block;
        if (child->inputs != 1 || graph->sources[graph->first[node]] != last)
            return false;
        last = graph->slots[node];
    }
    return graph->sources[graph->first[count]] == last;
}

/* outermost: there a chain between "input" and "output" would be read as a sequential. */
static nsc_status write_graph(nsc_model_writer *writer, nsc_block *block, bool outermost, cJSON *node)
{
    const nsc_graph *graph = (const nsc_graph *)block;
    const size_t inputs = block->inputs, outputs = block->outputs;
    const bool all = outermost && is_chain(graph);
    nsc_status status = NSC_OK;
    if (all || inputs > 1 || strcmp(graph->names[0], "input") != 0)
        status = put_names(writer, graph, 0, inputs, "inputs", node);
    if (status == NSC_OK && (outputs > 1 || strcmp(graph->names[inputs], "output") != 0))
        status = put_names(writer, graph, inputs, outputs, "outputs", node);
    if (status == NSC_OK)
        status = write_nodes(writer, block, node);
    cJSON *edges = cJSON_CreateArray();
    for (size_t i = 0; i < block->child_count && status == NSC_OK; i++)
        for (size_t j = graph->first[i]; j < graph->first[i + 1]; j++)
            put_edge(writer, graph, graph->sources[j], block->children[i].name, edges);
    for (size_t i = 0; i < outputs && status == NSC_OK; i++)
        put_edge(writer, graph, graph->sources[graph->first[block->child_count] + i], graph->names[inputs + i], edges);
    nsc_model_put(writer, node, "edges", edges);
    return status;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------- */

/* Equal blocks are said once; others stand one after the other, which is what a repeat is. */
static nsc_status write_repeat(nsc_model_writer *writer, nsc_block *block, cJSON *node)
{
    cJSON *array = cJSON_CreateArray();
    const nsc_status status = write_children(writer, block, array);
    const cJSON *first = array == NULL ? NULL : array->child, *other;
    bool equal = first != NULL && !cJSON_HasObjectItem(first, "name");
    cJSON_ArrayForEach(other, array)
    {
        equal = equal && (other == first || cJSON_Compare(first, other, 1));
    }
    if (status == NSC_OK && equal) {
        nsc_model_put(writer, node, "kind", cJSON_CreateString("repeat"));
        nsc_model_put(writer, node, "count", cJSON_CreateNumber((double)block->child_count));
        nsc_model_put(writer, node, "block", cJSON_DetachItemFromArray(array, 0));
        cJSON_Delete(array);
    } else {
        nsc_model_put(writer, node, "kind", cJSON_CreateString("sequential"));
        nsc_model_put(writer, node, "nodes", array);
    }
    return status;
}

static nsc_status write_block(nsc_model_writer *writer, nsc_block *block, const char *name, cJSON *node)
{
    const nsc_model_kind *kind = nsc_model_kind_find(block->class->kind);
    nsc_status status = name == NULL ? NSC_OK : put_name(writer, node, "name", name);
    if (status != NSC_OK)
        return status;
    if (kind == NULL)
        return nsc_model_refuse(writer,
                                "custom blocks cannot be written: a description holds only what can be read back");
    if (kind->form == NSC_FORM_REPEAT)
        return write_repeat(writer, block, node);
    nsc_model_put(writer, node, "kind", cJSON_CreateString(kind->name));
    if (block->class->options != 0)
        status = nsc_model_write_fields(writer, kind, (const char *)block + block->class->options, node);
    if (status == NSC_OK && kind->form == NSC_FORM_GRAPH)
        status = write_graph(writer, block, false, node);
    else if (status == NSC_OK && kind->form != NSC_FORM_LEAF)
        status = write_nodes(writer, block, node);
    return status;
}

/* A sequential and a graph are what the outermost object is; another block stands in it. */
static nsc_status write_net(nsc_model_writer *writer, nsc_block *net, cJSON *tree)
{
    const bool sequential = strcmp(net->class->kind, "sequential") == 0, graph = net->class == &nsc_graph_class;
    nsc_model_put(writer, tree, "nascent", cJSON_CreateNumber(NSC_MODEL_VERSION));
    if (sequential || graph) {
        const nsc_status named = net->name == NULL ? NSC_OK : put_name(writer, tree, "name", net->name);
        if (named != NSC_OK)
            return named;
        return graph ? write_graph(writer, net, true, tree) : write_nodes(writer, net, tree);
    }
    cJSON *node = cJSON_CreateObject();
    writer->nodes++;
    const nsc_status status = write_block(writer, net, net->name, node);
    const char *kind = nsc_model_string(node, "kind");
    if (status != NSC_OK || kind == NULL || strcmp(kind, "sequential") != 0) {
        nsc_model_put(writer, tree, "block", node);
        return status;
    }
    /* A repeat of blocks that differ. */
    cJSON *name = cJSON_DetachItemFromObjectCaseSensitive(node, "name");
    if (name != NULL)
        nsc_model_put(writer, tree, "name", name);
    nsc_model_put(writer, tree, "nodes", cJSON_DetachItemFromObjectCaseSensitive(node, "nodes"));
    cJSON_Delete(node);
    return NSC_OK;
}

/* ---- what a description cannot hold ------------------------------------------------------------------------------- */

typedef struct alias_state {
    nsc_parameter *parameter;
    char first[160], second[160];
} alias_state;

static bool any_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    (void)user, (void)path, (void)parameter;
    return true;
}

static bool find_alias(void *user, const char *path, nsc_parameter *parameter)
{
    alias_state *alias = user;
    alias->parameter = parameter;
    snprintf(alias->second, sizeof alias->second, "%s", path);
    return false;
}

static bool find_first(void *user, const char *path, nsc_parameter *parameter)
{
    alias_state *alias = user;
    if (parameter == alias->parameter)
        snprintf(alias->first, sizeof alias->first, "%s", path);
    return parameter != alias->parameter;
}

static nsc_status check_net(const char *call, nsc_block *net)
{
    char text[768];
    alias_state alias = {.parameter = NULL};
    nsc_status status = nsc_block_check(net, text, sizeof text);
    if (status != NSC_OK)
        return nsc_fail(0, status, "%s: %s", call, text);
    status = nsc_block_walk(net, &(nsc_walk){.user = &alias, .parameter = any_parameter, .alias = find_alias});
    if (alias.parameter == NULL)
        return status == NSC_OK ? NSC_OK : nsc_fail(0, status, "%s: no host memory to walk the net", call);
    nsc_block_walk(net, &(nsc_walk){.user = &alias, .parameter = find_first});
    return nsc_fail(0, NSC_UNSUPPORTED, "%s: %s is %s: a description cannot hold shared blocks or ties", call,
                    alias.second, alias.first);
}

static size_t depth_of(const cJSON *item)
{
    size_t most = 0;
    const cJSON *child;
    if (!cJSON_IsArray(item) && !cJSON_IsObject(item))
        return 0;
    cJSON_ArrayForEach(child, item)
    {
        const size_t depth = depth_of(child);
        most = depth > most ? depth : most;
    }
    return most + 1;
}

/* *text is malloc'ed. */
static nsc_status format(const char *call, nsc_block *net, char **text, size_t *length)
{
    nsc_status status = check_net(call, net);
    if (status != NSC_OK)
        return status;
    nsc_model_writer *writer = calloc(1, sizeof *writer);
    cJSON *tree = cJSON_CreateObject();
    if (writer == NULL || tree == NULL) {
        status = nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for a description", call);
    } else {
        *writer = (nsc_model_writer){.call = call, .block = net};
        status = write_net(writer, net, tree);
        if (status == NSC_OK && depth_of(tree) > NSC_MODEL_MAX_DEPTH)
            status = nsc_model_refuse(writer, "nests deeper than the %d brackets that a description may have",
                                      NSC_MODEL_MAX_DEPTH);
        if (status == NSC_OK && !writer->no_memory)
            *text = nsc_model_print(tree, length);
        if (status == NSC_OK && *text == NULL)
            status = nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for a description", call);
        if (status == NSC_OK && *length > NSC_MODEL_MAX_BYTES) {
            status =
                nsc_model_refuse(writer, "needs %zu bytes; a description has at most %d", *length, NSC_MODEL_MAX_BYTES);
            free(*text);
            *text = NULL;
        }
    }
    cJSON_Delete(tree);
    free(writer);
    return status;
}

nsc_status nsc_model_format(nsc_block *net, char **text)
{
    size_t length = 0;
    if (text == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_format: text is NULL: give room for the result");
    *text = NULL;
    return format("nsc_model_format", net, text, &length);
}

nsc_status nsc_model_write(nsc_block *net, const char *file)
{
    char *text = NULL;
    size_t length = 0;
    if (file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_write: file is NULL: give the name of a file");
    nsc_status status = format("nsc_model_write", net, &text, &length);
    if (status == NSC_OK)
        status = nsc_file_write(file, &(nsc_file_part){text, length}, 1);
    free(text);
    return status;
}
