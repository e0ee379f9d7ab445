/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a model description, and the containers of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/graph.h>

#include "core/io/model.h"

const char *nsc_model_block_text(const nsc_block *block)
{
    return block->text != NULL ? block->text : nsc_status_name(block->status);
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

/* "input" and "output" are names of the container's own, unless it calls those otherwise. The name of a node that is no
 * object, or has none, is its position. */
static nsc_status read_name(const nsc_model_place *at, const cJSON *object, const cJSON *node, size_t index,
                            char position[24], const char **name)
{
    const char *given = cJSON_IsObject(node) ? nsc_model_string(node, "name") : NULL;
    snprintf(position, 24, "%zu", index);
    *name = given != NULL ? given : position;
    if (!nsc_name_valid(*name) || (strcmp(*name, "input") == 0 && nsc_model_item(object, "inputs") == NULL) ||
        (strcmp(*name, "output") == 0 && nsc_model_item(object, "outputs") == NULL)) {
        const nsc_model_place place = nsc_model_key_place(at, "name");
        return nsc_model_fail(&place, NSC_INVALID,
                              "cannot name a node: 1 to 128 characters, no dot, no space, not input or output");
    }
    return NSC_OK;
}

static nsc_status read_names(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes)
{
    const cJSON *node;
    size_t i = 0;
    cJSON_ArrayForEach(node, nsc_model_item(object, "nodes"))
    {
        const nsc_model_place place = nsc_model_element_place(at, "nodes", i);
        const nsc_status status = read_name(&place, object, node, i, nodes->positions[i], &nodes->names[i]);
        if (status != NSC_OK)
            return status;
        nodes->sorted[i] = (nsc_name){nodes->names[i], i};
        i++;
    }
    nsc_names_sort(nodes->sorted, nodes->count);
    const char *twice = nsc_names_twice(nodes->sorted, nodes->count);
    const nsc_model_place place = nsc_model_key_place(at, "nodes");
    return twice == NULL ? NSC_OK
                         : nsc_model_fail(&place, NSC_INVALID,
                                          "has two nodes named \"%s\"; a node without a name has its position", twice);
}

/* ---- containers --------------------------------------------------------------------------------------------------- */

static nsc_status read_nodes(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes)
{
    const cJSON *node, *edges = nsc_model_item(object, "edges");
    size_t i = 0;
    nsc_status status = read_names(at, object, nodes);
    if (status != NSC_OK)
        return status;
    if ((*at->edges += (size_t)cJSON_GetArraySize(edges)) > NSC_MODEL_MAX_EDGES) {
        const nsc_model_place place = nsc_model_key_place(at, "edges");
        return nsc_model_fail(&place, NSC_INVALID, "are too many: a model has at most %d", NSC_MODEL_MAX_EDGES);
    }
    for (size_t k = 0; k < nodes->count && edges == NULL; k++)
        nodes->inputs[k] = 1;
    if (edges != NULL)
        nsc_model_count_edges(edges, nodes);
    cJSON_ArrayForEach(node, nsc_model_item(object, "nodes"))
    {
        const nsc_model_place place = nsc_model_element_place(at, "nodes", i);
        status = nsc_model_node(&place, node, nodes->inputs[i], &nodes->blocks[i]);
        if (status == NSC_OK && (status = nsc_named(nodes->names[i], nodes->blocks[i])->status) != NSC_OK)
            nsc_model_fail(&place, status, "cannot be named: %s", nsc_model_block_text(nodes->blocks[i]));
        if (status != NSC_OK)
            return status;
        i++;
    }
    return NSC_OK;
}

/* The container itself; the blocks in nodes are gone when it took them. */
static nsc_status join(const nsc_model_place *at, const nsc_model_kind *kind, const cJSON *object,
                       const nsc_model_options *options, nsc_model_list *nodes, nsc_block **block)
{
    const nsc_model_kind *sequential = nsc_model_kind_find("sequential");
    const bool named = nsc_model_item(object, "inputs") != NULL || nsc_model_item(object, "outputs") != NULL;
    bool chain = true;
    nsc_status status = NSC_OK;
    if (kind == NULL && named && nsc_model_item(object, "edges") == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no edges, which lead from the inputs to the outputs");
    if (nsc_model_item(object, "edges") != NULL && !named && (kind == NULL || kind->form == NSC_FORM_CHAIN))
        status = nsc_model_chain(at, object, nodes, &chain);
    if (status != NSC_OK)
        return status;
    if (kind != NULL && kind->form == NSC_FORM_CHAIN && !chain) {
        const nsc_model_place place = nsc_model_key_place(at, "edges");
        return nsc_model_fail(&place, NSC_INVALID,
                              "form no chain from \"input\" to \"output\" through every node: make it a graph");
    }
    if ((kind == NULL && (named || !chain)) || (kind != NULL && kind->form == NSC_FORM_GRAPH))
        return nsc_model_graph(at, object, nodes, block);
    *block = (kind == NULL ? sequential : kind)->make(options, 1, nodes->blocks);
    memset(nodes->blocks, 0, nodes->count * sizeof(nsc_block *));
    return NSC_OK;
}

nsc_status nsc_model_nodes(const nsc_model_place *at, const nsc_model_kind *kind, const cJSON *object,
                           const nsc_model_options *options, nsc_block **block)
{
    const cJSON *array = nsc_model_item(object, "nodes");
    if (array == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no nodes, an array");
    const size_t count = (size_t)cJSON_GetArraySize(array);
    if (count > NSC_MODEL_MAX_NODES)
        return nsc_model_fail(at, NSC_INVALID, "has %zu nodes; a model has at most %d", count, NSC_MODEL_MAX_NODES);
    nsc_model_list nodes = {.count = count,
                            .positions = calloc(count + 1, sizeof *nodes.positions),
                            .names = calloc(count + 1, sizeof *nodes.names),
                            .inputs = calloc(count + 1, sizeof *nodes.inputs),
                            .blocks = calloc(count + 1, sizeof *nodes.blocks),
                            .sorted = calloc(count + 1, sizeof *nodes.sorted)};
    nsc_status status = NSC_OK;
    if (nodes.positions == NULL || nodes.names == NULL || nodes.inputs == NULL || nodes.blocks == NULL ||
        nodes.sorted == NULL)
        status = nsc_model_fail(at, NSC_NO_MEMORY, "finds no memory for %zu nodes", count);
    if (status == NSC_OK)
        status = read_nodes(at, object, &nodes);
    if (status == NSC_OK)
        status = join(at, kind, object, options, &nodes, block);
    for (size_t i = 0; nodes.blocks != NULL && i < count; i++)
        nsc_release(nodes.blocks[i]);
    free(nodes.positions);
    free(nodes.names);
    free(nodes.inputs);
    free(nodes.blocks);
    free(nodes.sorted);
    return status;
}

/* One description, made as often as it is repeated: the parameters are distinct, and each counts as a node. */
typedef struct repeat_state {
    nsc_model_place place;
    const cJSON *node;
    nsc_status status;
} repeat_state;

static nsc_block *make_repeated(void *user, size_t index)
{
    repeat_state *repeat = user;
    nsc_block *block = NULL;
    (void)index;
    repeat->status = nsc_model_node(&repeat->place, repeat->node, 1, &block);
    return block;
}

static nsc_status read_repeat(const nsc_model_place *at, const cJSON *node, const nsc_model_options *options,
                              nsc_block **block)
{
    repeat_state repeat = {.place = nsc_model_key_place(at, "block"), .node = nsc_model_item(node, "block")};
    const nsc_model_place name = nsc_model_key_place(&repeat.place, "name"), count = nsc_model_key_place(at, "count");
    if (nsc_model_item(repeat.node, "name") != NULL)
        return nsc_model_fail(&name, NSC_INVALID, "is not possible: what is repeated has its position as its name");
    if (options->arguments.count > NSC_MODEL_MAX_NODES)
        return nsc_model_fail(&count, NSC_INVALID, "is %lld; a model has at most %d nodes",
                              (long long)options->arguments.count, NSC_MODEL_MAX_NODES);
    *block = nsc_repeat((size_t)options->arguments.count, make_repeated, &repeat);
    if (repeat.status != NSC_OK) {
        nsc_release(*block);
        *block = NULL;
    }
    return repeat.status;
}

/* ---- any node ----------------------------------------------------------------------------------------------------- */

static nsc_status read_kind(const nsc_model_place *at, const cJSON *node, const nsc_model_kind **kind)
{
    char advice[512];
    if (!cJSON_IsObject(node))
        return nsc_model_fail(at, NSC_INVALID, "must be an object");
    if (++*at->nodes > NSC_MODEL_MAX_NODES)
        return nsc_model_fail(at, NSC_INVALID, "is one node too many: a model has at most %d", NSC_MODEL_MAX_NODES);
    const char *name = nsc_model_string(node, "kind");
    if (name == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no kind; %s", nsc_model_kind_advice("", advice, sizeof advice));
    *kind = nsc_model_kind_find(name);
    if (*kind != NULL)
        return NSC_OK;
    const nsc_model_place place = nsc_model_key_place(at, "kind");
    return nsc_model_fail(&place, NSC_UNSUPPORTED, "is \"%s\", which this version does not know; %s", name,
                          nsc_model_kind_advice(name, advice, sizeof advice));
}

nsc_status nsc_model_node(const nsc_model_place *at, const cJSON *node, size_t inputs, nsc_block **block)
{
    const nsc_model_kind *kind = NULL;
    nsc_model_options options;
    *block = NULL;
    nsc_status status = read_kind(at, node, &kind);
    if (status == NSC_OK)
        status = nsc_model_read_fields(at, kind, node, &options);
    if (status != NSC_OK)
        return status;
    if (kind->form == NSC_FORM_LEAF)
        *block = kind->make(&options, inputs, NULL);
    else if (kind->form == NSC_FORM_REPEAT)
        status = read_repeat(at, node, &options, block);
    else
        status = nsc_model_nodes(at, kind, node, &options, block);
    if (status == NSC_OK && (*block)->status != NSC_OK) {
        status =
            nsc_model_fail(at, (*block)->status, "(%s) cannot be made: %s", kind->name, nsc_model_block_text(*block));
        nsc_release(*block);
        *block = NULL;
    }
    return status;
}
