/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of a model description: one chain through every node, which is a sequential, or any other graph. */
#include <stdlib.h>
#include <string.h>

#include <nascent/graph.h>

#include "core/block/graph.h"
#include "core/io/model.h"

#define NONE SIZE_MAX

static bool two_names(const cJSON *item, const char **from, const char **to)
{
    const cJSON *first = cJSON_IsArray(item) ? item->child : NULL;
    const cJSON *second = first != NULL ? first->next : NULL;
    if (!cJSON_IsString(first) || !cJSON_IsString(second) || second->next != NULL)
        return false;
    *from = first->valuestring;
    *to = second->valuestring;
    return true;
}

void nsc_model_count_edges(const cJSON *edges, nsc_model_list *nodes)
{
    const char *from, *to;
    const cJSON *item;
    cJSON_ArrayForEach(item, edges)
    {
        const nsc_name *found = two_names(item, &from, &to) ? nsc_names_find(nodes->sorted, nodes->count, to) : NULL;
        if (found != NULL)
            nodes->inputs[found->index]++;
    }
}

/* ---- chains ------------------------------------------------------------------------------------------------------- */

/* A node's index; of "input" and "output" the ones behind the nodes; else NONE. */
static size_t place_of(const nsc_model_list *nodes, const char *name)
{
    const nsc_name *found = nsc_names_find(nodes->sorted, nodes->count, name);
    if (found != NULL)
        return found->index;
    return strcmp(name, "input") == 0 ? nodes->count : strcmp(name, "output") == 0 ? nodes->count + 1 : NONE;
}

nsc_status nsc_model_chain(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes, bool *chain)
{
    const size_t input = nodes->count, output = nodes->count + 1;
    const char *from = NULL, *to = NULL;
    const cJSON *item;
    size_t length = 0;
    size_t *next = calloc(nodes->count + 2, sizeof *next);
    nsc_block **ordered = calloc(nodes->count + 1, sizeof *ordered);
    *chain = next != NULL && ordered != NULL;
    for (size_t i = 0; i < nodes->count + 2 && *chain; i++)
        next[i] = NONE;
    cJSON_ArrayForEach(item, nsc_model_item(object, "edges"))
    {
        if (!*chain || !two_names(item, &from, &to)) {
            *chain = false;
            break;
        }
        const size_t source = place_of(nodes, from), target = place_of(nodes, to);
        *chain = source != NONE && target != NONE && source != output && target != input && next[source] == NONE;
        if (*chain)
            next[source] = target;
    }
    /* Each place has one edge out of it, so a walk of at most so many steps ends at the output or is none. */
    for (size_t i = *chain ? next[input] : output; i != output && *chain; i = next[i]) {
        *chain = i != NONE && length < nodes->count;
        if (!*chain)
            break;
        ordered[length++] = nodes->blocks[i];
    }
    *chain = *chain && length == nodes->count;
    if (*chain)
        memcpy(nodes->blocks, ordered, length * sizeof *ordered);
    const bool memory = next != NULL && ordered != NULL;
    free(next);
    free(ordered);
    return memory ? NSC_OK : nsc_model_fail(at, NSC_NO_MEMORY, "finds no memory for %zu nodes", nodes->count);
}

/* ---- graphs ------------------------------------------------------------------------------------------------------- */

/* What a graph is declared with. Names: the inputs, the nodes, the outputs; NULL. */
typedef struct drawing {
    const nsc_model_place *at;
    const nsc_model_list *nodes;
    size_t inputs, outputs, edge_count;
    const char *names_in[NSC_MAX_PORTS + 1], *names_out[NSC_MAX_PORTS + 1];
    const char **sources; /* for advice: names that an edge may come from */
    nsc_name *sorted;     /* the same */
    const char *input_list;
    char *text; /* lists of names, one behind the other */
    size_t used;
    const char **from; /* of each edge, */
    size_t *to;        /* a node, or behind them an output */
    size_t *begin;     /* where the edges of each target begin in by_target */
    size_t *by_target; /* edges */
    nsc_graph_node *graph_nodes;
    nsc_graph_output graph_outputs[NSC_MAX_PORTS + 1];
} drawing;

static nsc_status read_ends(const nsc_model_place *at, const cJSON *object, const char *key, const char *otherwise,
                            const char **names, size_t *count)
{
    const cJSON *array = nsc_model_item(object, key), *item;
    const nsc_model_place whole = nsc_model_key_place(at, key);
    *count = 0;
    if (array == NULL)
        names[(*count)++] = otherwise;
    cJSON_ArrayForEach(item, array)
    {
        const nsc_model_place place = nsc_model_element_place(at, key, *count);
        if (*count == NSC_MAX_PORTS)
            return nsc_model_fail(&whole, NSC_INVALID, "has more than %d names", (int)NSC_MAX_PORTS);
        if (!cJSON_IsString(item) || !nsc_name_valid(item->valuestring))
            return nsc_model_fail(&place, NSC_INVALID, "must be a name: 1 to 128 characters, no dot, no space");
        names[(*count)++] = item->valuestring;
    }
    return *count > 0 ? NSC_OK : nsc_model_fail(&whole, NSC_INVALID, "must have a name, or be left out");
}

static nsc_status no_memory(const drawing *d)
{
    return nsc_model_fail(d->at, NSC_NO_MEMORY, "finds no memory for its edges");
}

static nsc_status prepare(drawing *d, const cJSON *edges)
{
    const size_t nodes = d->nodes->count, targets = nodes + d->outputs, sources = d->inputs + nodes;
    const cJSON *item;
    const char *from = NULL, *to = NULL;
    size_t bytes = 1;
    cJSON_ArrayForEach(item, edges)
    {
        d->edge_count++;
        bytes += two_names(item, &from, &to) ? strlen(from) + 1 : 0;
    }
    for (size_t i = 0; i < d->inputs; i++)
        bytes += strlen(d->names_in[i]) + 1;
    d->sources = calloc(sources + 1, sizeof *d->sources);
    d->sorted = calloc(sources, sizeof *d->sorted);
    d->text = calloc(bytes + targets, 1);
    d->from = calloc(d->edge_count + 1, sizeof *d->from);
    d->to = calloc(d->edge_count + 1, sizeof *d->to);
    d->begin = calloc(targets + 2, sizeof *d->begin);
    d->by_target = calloc(d->edge_count + 1, sizeof *d->by_target);
    d->graph_nodes = calloc(nodes + 1, sizeof *d->graph_nodes);
    if (d->sources == NULL || d->sorted == NULL || d->text == NULL || d->from == NULL || d->to == NULL ||
        d->begin == NULL || d->by_target == NULL || d->graph_nodes == NULL)
        return no_memory(d);
    for (size_t i = 0; i < sources; i++) {
        d->sources[i] = i < d->inputs ? d->names_in[i] : d->nodes->names[i - d->inputs];
        d->sorted[i] = (nsc_name){d->sources[i], i};
    }
    nsc_names_sort(d->sorted, sources);
    return NSC_OK;
}

static bool is_source(const drawing *d, const char *name)
{
    char base[129];
    size_t port;
    const size_t count = d->inputs + d->nodes->count;
    return nsc_names_find(d->sorted, count, name) != NULL ||
           (nsc_graph_port(name, base, &port) && nsc_names_find(d->sorted, count, base) != NULL);
}

static nsc_status read_target(drawing *d, const nsc_model_place *edge, const char *name, size_t *to)
{
    const nsc_name *found = nsc_names_find(d->nodes->sorted, d->nodes->count, name);
    const int output = nsc_words_find(name, d->names_out);
    char advice[512];
    if (found == NULL && output < 0 && nsc_words_find(name, d->names_in) >= 0)
        return nsc_model_fail(edge, NSC_INVALID, "goes to \"%s\", an input", name);
    if (found == NULL && output < 0) /* the names of the nodes follow those of the inputs */
        return nsc_model_fail(edge, NSC_INVALID, "names \"%s\", which is no node or output; %s", name,
                              nsc_words_advice(name, d->sources + d->inputs, advice, sizeof advice));
    *to = found != NULL ? found->index : d->nodes->count + (size_t)output;
    return NSC_OK;
}

static nsc_status read_edges(drawing *d, const cJSON *edges)
{
    const cJSON *item;
    size_t index = 0;
    char advice[512];
    cJSON_ArrayForEach(item, edges)
    {
        const nsc_model_place edge = nsc_model_element_place(d->at, "edges", index);
        const char *from = NULL, *to = NULL;
        if (!two_names(item, &from, &to))
            return nsc_model_fail(&edge, NSC_INVALID, "must be two names, [\"from\", \"to\"]");
        if (!is_source(d, from) && nsc_words_find(from, d->names_out) >= 0)
            return nsc_model_fail(&edge, NSC_INVALID, "goes out of \"%s\", an output", from);
        if (!is_source(d, from) || strchr(from, ' ') != NULL)
            return nsc_model_fail(&edge, NSC_INVALID, "names \"%s\", which is no node or input; %s", from,
                                  nsc_words_advice(from, d->sources, advice, sizeof advice));
        const nsc_status status = read_target(d, &edge, to, &d->to[index]);
        if (status != NSC_OK)
            return status;
        d->from[index] = from;
        d->begin[d->to[index] + 2]++;
        index++;
    }
    return NSC_OK;
}

/* The names of all edges into one target, in their order, as one text. */
static const char *list_of(drawing *d, size_t target)
{
    const char *list = d->text + d->used;
    for (size_t i = d->begin[target]; i < d->begin[target + 1]; i++) {
        const char *name = d->from[d->by_target[i]];
        const size_t length = strlen(name);
        memcpy(d->text + d->used, name, length);
        d->used += length;
        d->text[d->used++] = i + 1 < d->begin[target + 1] ? ' ' : 0;
    }
    if (d->begin[target] == d->begin[target + 1])
        d->text[d->used++] = 0;
    return list;
}

static void arrange(drawing *d)
{
    const size_t targets = d->nodes->count + d->outputs;
    for (size_t i = 2; i < targets + 2; i++)
        d->begin[i] += d->begin[i - 1];
    for (size_t i = 0; i < d->edge_count; i++) /* counted two places on, so this leaves each where it begins */
        d->by_target[d->begin[d->to[i] + 1]++] = i;
    d->input_list = d->text;
    for (size_t i = 0; i < d->inputs; i++) {
        const size_t length = strlen(d->names_in[i]);
        memcpy(d->text + d->used, d->names_in[i], length);
        d->used += length;
        d->text[d->used++] = i + 1 < d->inputs ? ' ' : 0;
    }
    for (size_t i = 0; i < d->nodes->count; i++)
        d->graph_nodes[i] = (nsc_graph_node){d->nodes->names[i], d->nodes->blocks[i], list_of(d, i)};
    for (size_t i = 0; i < d->outputs; i++)
        d->graph_outputs[i] = (nsc_graph_output){d->names_out[i], list_of(d, d->nodes->count + i)};
}

nsc_status nsc_model_graph(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes, nsc_block **block)
{
    drawing d = {.at = at, .nodes = nodes};
    const cJSON *edges = nsc_model_item(object, "edges");
    nsc_status status = read_ends(at, object, "inputs", "input", d.names_in, &d.inputs);
    if (status == NSC_OK)
        status = read_ends(at, object, "outputs", "output", d.names_out, &d.outputs);
    if (status == NSC_OK)
        status = prepare(&d, edges);
    if (status == NSC_OK)
        status = read_edges(&d, edges);
    if (status == NSC_OK) {
        arrange(&d);
        const nsc_graph_options options = {.inputs = d.input_list, .nodes = d.graph_nodes, .outputs = d.graph_outputs};
        *block = nsc_graph_create(&options, sizeof options);
        memset(nodes->blocks, 0, nodes->count * sizeof(nsc_block *));
    }
    free(d.sources);
    free(d.sorted);
    free(d.text);
    free(d.from);
    free(d.to);
    free(d.begin);
    free(d.by_target);
    free(d.graph_nodes);
    return status;
}
