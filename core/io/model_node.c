/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a model description: a function a kind. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/io/model.h"

/* In the order of nsc_activation. */
static const char *const activations[] = {"identity", "relu", "sigmoid", "tanh", "gelu", "softmax", NULL};

static nsc_status read_activation(const nsc_model_place *at, const cJSON *node, nsc_activation *activation)
{
    const char *name = nsc_model_string(node, "activation");
    char advice[160];
    const int index = name != NULL ? nsc_model_find(name, activations) : 0;
    if (index < 0) {
        const nsc_model_place place = nsc_model_key_place(at, "activation");
        return nsc_model_fail(&place, NSC_INVALID, "is \"%s\", which is no activation; %s", name,
                              nsc_model_advice(name, activations, advice, sizeof advice));
    }
    *activation = (nsc_activation)index;
    return NSC_OK;
}

/* In the options of a layer 0 means "not given"; here that is a key left out. */
static nsc_status read_size(const nsc_model_place *at, const cJSON *node, const char *key, int64_t *size)
{
    const int64_t value = nsc_model_integer(node, key, 0);
    if (value < 0) {
        const nsc_model_place place = nsc_model_key_place(at, key);
        return nsc_model_fail(&place, NSC_INVALID, "is %lld; a size is 0 or more", (long long)value);
    }
    *size = value == 0 && nsc_model_item(node, key) != NULL ? NSC_DIM_ZERO : value;
    return NSC_OK;
}

static nsc_status read_dense(const nsc_model_place *at, const cJSON *node, nsc_block **block)
{
    nsc_dense_options o = {.no_bias = !nsc_model_bool(node, "bias", true),
                           .no_flatten = !nsc_model_bool(node, "flatten", true)};
    const nsc_model_place weight = nsc_model_key_place(at, "weight_init"), bias = nsc_model_key_place(at, "bias_init");
    if (nsc_model_item(node, "units") == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no units, which dense needs");
    nsc_status status = read_size(at, node, "units", &o.units);
    if (status == NSC_OK)
        status = read_size(at, node, "in_units", &o.in_units);
    if (status == NSC_OK)
        status = read_activation(at, node, &o.activation);
    if (status == NSC_OK)
        status = nsc_model_initializer(&weight, nsc_model_item(node, "weight_init"), &o.weight_init);
    if (status == NSC_OK)
        status = nsc_model_initializer(&bias, nsc_model_item(node, "bias_init"), &o.bias_init);
    if (status == NSC_OK)
        *block = nsc_dense_create(&o, sizeof o);
    return status;
}

static nsc_status read_activate(const nsc_model_place *at, const cJSON *node, nsc_block **block)
{
    nsc_activation_options o = {0};
    const nsc_model_place place = nsc_model_key_place(at, "axis");
    const int64_t axis = nsc_model_integer(node, "axis", -1);
    if (nsc_model_item(node, "activation") == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no activation, the name of a function");
    const nsc_status status = read_activation(at, node, &o.activation);
    if (status != NSC_OK)
        return status;
    if (nsc_model_item(node, "axis") != NULL && o.activation != NSC_SOFTMAX)
        return nsc_model_fail(&place, NSC_INVALID, "is for softmax alone");
    if (axis == 0 || axis < -NSC_MAX_RANK || axis >= NSC_MAX_RANK)
        return nsc_model_fail(&place, NSC_INVALID, "is %lld; it is -%d to %d, and not 0, the batch", (long long)axis,
                              NSC_MAX_RANK, NSC_MAX_RANK - 1);
    o.axis = o.activation == NSC_SOFTMAX ? (int)axis : 0; /* the others take none */
    *block = nsc_activation_create(&o, sizeof o);
    return NSC_OK;
}

static nsc_status read_flatten(const nsc_model_place *at, const cJSON *node, nsc_block **block)
{
    (void)at, (void)node;
    *block = nsc_flatten();
    return NSC_OK;
}

static nsc_status read_identity(const nsc_model_place *at, const cJSON *node, nsc_block **block)
{
    (void)at, (void)node;
    *block = nsc_identity();
    return NSC_OK;
}

#define COMMON                 \
    {"name", NSC_MODEL_TEXT},  \
    {                          \
        "kind", NSC_MODEL_TEXT \
    }
static const nsc_model_key sequential_keys[] = {
    COMMON, {"nodes", NSC_MODEL_ARRAY}, {"edges", NSC_MODEL_ARRAY}, {NULL, 0}};
static const nsc_model_key dense_keys[] = {COMMON,
                                           {"units", NSC_MODEL_INTEGER},
                                           {"in_units", NSC_MODEL_INTEGER},
                                           {"activation", NSC_MODEL_TEXT},
                                           {"bias", NSC_MODEL_BOOL},
                                           {"flatten", NSC_MODEL_BOOL},
                                           {"weight_init", NSC_MODEL_OBJECT},
                                           {"bias_init", NSC_MODEL_OBJECT},
                                           {NULL, 0}};
static const nsc_model_key activation_keys[] = {
    COMMON, {"activation", NSC_MODEL_TEXT}, {"axis", NSC_MODEL_INTEGER}, {NULL, 0}};
static const nsc_model_key no_keys[] = {COMMON, {NULL, 0}};

/* names and kinds are in the same order. */
static const char *const kind_names[] = {"sequential", "dense", "activation", "flatten", "identity", NULL};
static const struct kind {
    const nsc_model_key *keys;
    nsc_status (*read)(const nsc_model_place *at, const cJSON *node, nsc_block **block);
} kinds[] = {{sequential_keys, nsc_model_nodes},
             {dense_keys, read_dense},
             {activation_keys, read_activate},
             {no_keys, read_flatten},
             {no_keys, read_identity}};

static const char *text_of(const nsc_block *block)
{
    return block->text != NULL ? block->text : nsc_status_name(block->status);
}

static nsc_status read_node(const nsc_model_place *at, const cJSON *node, nsc_block **block)
{
    char advice[512];
    if (!cJSON_IsObject(node))
        return nsc_model_fail(at, NSC_INVALID, "must be an object");
    if (++*at->nodes > NSC_MODEL_MAX_NODES)
        return nsc_model_fail(at, NSC_INVALID, "is one node too many: a model has at most %d", NSC_MODEL_MAX_NODES);
    const char *kind = nsc_model_string(node, "kind");
    if (kind == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no kind; %s",
                              nsc_model_advice("", kind_names, advice, sizeof advice));
    const int index = nsc_model_find(kind, kind_names);
    if (index < 0) {
        const nsc_model_place place = nsc_model_key_place(at, "kind");
        return nsc_model_fail(&place, NSC_UNSUPPORTED, "is \"%s\", which this version does not know; %s", kind,
                              nsc_model_advice(kind, kind_names, advice, sizeof advice));
    }
    nsc_status status = nsc_model_keys(at, kind, node, kinds[index].keys);
    if (status == NSC_OK)
        status = kinds[index].read(at, node, block);
    if (status != NSC_OK)
        return status;
    status = (*block)->status;
    return status != NSC_OK ? nsc_model_fail(at, status, "(%s) cannot be made: %s", kind, text_of(*block)) : NSC_OK;
}

/* The name of a node that is no object, or has none, is its position. */
static nsc_status read_name(const nsc_model_place *at, const cJSON *node, size_t index, char position[24],
                            const char **name)
{
    const char *given = cJSON_IsObject(node) ? nsc_model_string(node, "name") : NULL;
    snprintf(position, 24, "%zu", index);
    *name = given != NULL ? given : position;
    if (!nsc_name_valid(*name) || strcmp(*name, "input") == 0 || strcmp(*name, "output") == 0) {
        const nsc_model_place place = nsc_model_key_place(at, "name");
        return nsc_model_fail(&place, NSC_INVALID,
                              "cannot name a node: 1 to 128 characters, no dot, no space, not input or output");
    }
    return NSC_OK;
}

/* The nodes of one sequential while it is read. */
typedef struct nodes {
    size_t count;
    char (*positions)[24];
    const char **names;
    size_t *order;
    nsc_block **blocks, **ordered; /* ordered is ended by NULL */
} nodes;

static nsc_status read_nodes(const nsc_model_place *at, const cJSON *object, nodes *all)
{
    const cJSON *node;
    nsc_status status = NSC_OK;
    size_t i = 0;
    cJSON_ArrayForEach(node, nsc_model_item(object, "nodes"))
    {
        const nsc_model_place place = nsc_model_element_place(at, "nodes", i);
        status = read_name(&place, node, i, all->positions[i], &all->names[i]);
        if (status == NSC_OK)
            status = read_node(&place, node, &all->blocks[i]);
        if (status == NSC_OK && (status = nsc_named(all->names[i], all->blocks[i])->status) != NSC_OK)
            nsc_model_fail(&place, status, "cannot be named: %s", text_of(all->blocks[i]));
        if (status != NSC_OK)
            return status;
        i++;
    }
    return nsc_model_order(at, nsc_model_item(object, "edges"), all->names, all->count, all->order);
}

nsc_status nsc_model_nodes(const nsc_model_place *at, const cJSON *object, nsc_block **block)
{
    const cJSON *array = nsc_model_item(object, "nodes");
    if (array == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no nodes, an array");
    const size_t count = (size_t)cJSON_GetArraySize(array);
    if (count > NSC_MODEL_MAX_NODES)
        return nsc_model_fail(at, NSC_INVALID, "has %zu nodes; a model has at most %d", count, NSC_MODEL_MAX_NODES);
    nodes all = {.count = count,
                 .positions = calloc(count + 1, sizeof *all.positions),
                 .names = calloc(count + 1, sizeof *all.names),
                 .order = calloc(count + 1, sizeof *all.order),
                 .blocks = calloc(count + 1, sizeof *all.blocks),
                 .ordered = calloc(count + 1, sizeof *all.ordered)};
    nsc_status status = NSC_OK;
    if (all.positions == NULL || all.names == NULL || all.order == NULL || all.blocks == NULL || all.ordered == NULL)
        status = nsc_model_fail(at, NSC_NO_MEMORY, "finds no memory for %zu nodes", count);
    else
        status = read_nodes(at, object, &all);
    if (status == NSC_OK) {
        for (size_t i = 0; i < count; i++)
            all.ordered[i] = all.blocks[all.order[i]];
        nsc_block *made = nsc_sequential_create(all.ordered);
        status = made->status;
        if (status == NSC_OK) {
            *block = made;
        } else {
            nsc_model_fail(at, status, "cannot be made: %s", text_of(made));
            nsc_release(made);
        }
    } else {
        for (size_t i = 0; all.blocks != NULL && i < count; i++)
            nsc_release(all.blocks[i]);
    }
    free(all.positions);
    free(all.names);
    free(all.order);
    free(all.blocks);
    free(all.ordered);
    return status;
}
