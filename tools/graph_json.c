/* SPDX-License-Identifier: Apache-2.0 */
/* A graph or a plan as JSON: what the text and the picture show. */
#include "graph.h"
#include "json.h"

static cJSON *numbers_json(const size_t *numbers, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        nsc_json_append_whole(array, numbers[i]);
    return array;
}

static cJSON *node_json(const nsc_node_info *node)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "operation", node->operation);
    cJSON_AddStringToObject(object, "text", node->text);
    cJSON_AddStringToObject(object, "path", node->path);
    cJSON_AddStringToObject(object, "block", node->block);
    cJSON_AddItemToObject(object, "shape", nsc_json_shape(node->shape.rank, node->shape.dims));
    cJSON_AddStringToObject(object, "dtype", nsc_dtype_name(node->shape.dtype));
    cJSON_AddItemToObject(object, "operands", numbers_json(node->operands, node->operand_count));
    return object;
}

static void add_ports(cJSON *to, const char *key, const nsc_ports *ports, const nsc_shape *shapes, const size_t *nodes)
{
    cJSON *array = cJSON_AddArrayToObject(to, key);
    for (size_t i = 0; i < ports->count; i++) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", ports->names[i]);
        cJSON_AddItemToObject(object, "shape", nsc_json_shape(shapes[i].rank, shapes[i].dims));
        if (nodes != NULL)
            nsc_json_add_whole(object, "node", nodes[i]);
        cJSON_AddItemToArray(array, object);
    }
}

static cJSON *step_json(const nsc_step_info *step)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "operation", step->operation);
    cJSON_AddStringToObject(object, "text", step->text);
    cJSON_AddStringToObject(object, "path", step->path);
    cJSON_AddStringToObject(object, "block", step->block);
    cJSON_AddStringToObject(object, "shape", step->shape);
    nsc_json_add_whole(object, "flops", step->flops);
    nsc_json_add_whole(object, "bytes_read", step->bytes_read);
    nsc_json_add_whole(object, "bytes_written", step->bytes_written);
    cJSON_AddItemToObject(object, "reads", numbers_json(step->reads, step->read_count));
    cJSON_AddItemToObject(object, "writes", numbers_json(step->writes, step->write_count));
    return object;
}

static cJSON *storage_json(const nsc_storage_info *storage)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", storage->name);
    cJSON_AddStringToObject(object, "place", storage->place);
    nsc_json_add_whole(object, "index", storage->index);
    nsc_json_add_whole(object, "bytes", storage->bytes);
    nsc_json_add_whole(object, "offset", storage->offset);
    nsc_json_add_whole(object, "shares", storage->shares);
    nsc_json_add_whole(object, "first", storage->first);
    nsc_json_add_whole(object, "last", storage->last);
    return object;
}

static void add_plan(cJSON *to, const nsc_graph_shown *shown)
{
    cJSON *plan = cJSON_AddObjectToObject(to, "plan");
    nsc_json_add_device(plan, shown->model.context);
    cJSON *steps = cJSON_AddArrayToObject(plan, "steps"), *storages = cJSON_AddArrayToObject(plan, "storages");
    for (size_t i = 0; i < shown->sums.steps; i++)
        cJSON_AddItemToArray(steps, step_json(&shown->steps[i]));
    for (size_t i = 0; i < shown->sums.storages; i++)
        cJSON_AddItemToArray(storages, storage_json(&shown->storages[i]));
    nsc_json_add_whole(plan, "launches", shown->sums.steps);
    nsc_json_add_whole(plan, "flops", shown->sums.flops);
    nsc_json_add_whole(plan, "bytes_read", shown->sums.bytes_read);
    nsc_json_add_whole(plan, "bytes_written", shown->sums.bytes_written);
    nsc_json_add_whole(plan, "arena_bytes", shown->sums.arena_bytes);
    nsc_json_add_whole(plan, "bound_bytes", shown->sums.bound_bytes);
}

int nsc_graph_json(const nsc_graph_shown *shown)
{
    cJSON *whole = nsc_json_new();
    cJSON_AddStringToObject(whole, "model", shown->model_file);
    nsc_json_add_text(whole, "svg", shown->svg_file);
    nsc_json_add_text(whole, "dot", shown->dot_file);
    add_ports(whole, "inputs", &shown->ins, shown->in_shapes, NULL);
    add_ports(whole, "outputs", &shown->outs, shown->out_shapes, shown->out_nodes);
    cJSON *nodes = cJSON_AddArrayToObject(whole, "nodes");
    for (size_t i = 0; i < shown->node_count; i++)
        cJSON_AddItemToArray(nodes, node_json(&shown->nodes[i]));
    if (shown->plan != NULL)
        add_plan(whole, shown);
    else
        cJSON_AddNullToObject(whole, "plan");
    return nsc_json_print(whole);
}
