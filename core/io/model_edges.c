/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of a model description: in this version one chain from "input" to "output" through every node. */
#include <stdlib.h>
#include <string.h>

#include "core/io/model.h"
#include "core/words.h"

/* Places in the chain: 0 to count - 1 are nodes, then come input and output. */
typedef struct chain {
    const nsc_model_place *at;
    nsc_name *sorted;
    size_t count;
    size_t *next, *previous; /* NONE: no edge yet */
} chain;
#define NONE SIZE_MAX

static nsc_status find(const chain *c, const nsc_model_place *edge, const char *name, bool target, size_t *index)
{
    if (strcmp(name, target ? "output" : "input") == 0) {
        *index = c->count + target;
        return NSC_OK;
    }
    if (strcmp(name, target ? "input" : "output") == 0)
        return nsc_model_fail(edge, NSC_INVALID, "goes %s", target ? "to \"input\"" : "out of \"output\"");
    const nsc_name *found = nsc_names_find(c->sorted, c->count, name);
    if (found == NULL)
        return nsc_model_fail(edge, NSC_INVALID, "names \"%s\": there is no such node", name);
    *index = found->index;
    return NSC_OK;
}

static nsc_status add_edge(chain *c, const nsc_model_place *edge, const cJSON *item)
{
    const cJSON *first = cJSON_IsArray(item) ? item->child : NULL;
    const cJSON *second = first != NULL ? first->next : NULL;
    size_t from, to;
    if (!cJSON_IsString(first) || !cJSON_IsString(second) || second->next != NULL)
        return nsc_model_fail(edge, NSC_INVALID, "must be two names, [\"from\", \"to\"]");
    nsc_status status = find(c, edge, first->valuestring, false, &from);
    if (status == NSC_OK)
        status = find(c, edge, second->valuestring, true, &to);
    if (status != NSC_OK)
        return status;
    if (c->next[from] != NONE || c->previous[to] != NONE)
        return nsc_model_fail(edge, NSC_UNSUPPORTED,
                              "is a second edge %s \"%s\": general graphs are not in this version, only one chain",
                              c->next[from] != NONE ? "out of" : "into",
                              c->next[from] != NONE ? first->valuestring : second->valuestring);
    c->next[from] = to;
    c->previous[to] = from;
    return NSC_OK;
}

static nsc_status follow(const chain *c, size_t *order)
{
    const size_t input = c->count, output = c->count + 1;
    size_t length = 0, at = c->next[input];
    /* No place has two edges into it, so this comes nowhere twice. */
    for (; at != NONE && at != output; at = c->next[at])
        order[length++] = at;
    if (at == output && length == c->count)
        return NSC_OK;
    for (size_t i = 0; i < c->count; i++) {
        const nsc_name *node = &c->sorted[i];
        if (c->next[node->index] == NONE || c->previous[node->index] == NONE)
            return nsc_model_fail(c->at, NSC_UNSUPPORTED,
                                  "have no edge %s \"%s\": general graphs are not in this version, only one chain "
                                  "from \"input\" to \"output\" through every node",
                                  c->next[node->index] == NONE ? "out of" : "into", node->name);
    }
    /* Every node has both, so those that the chain from "input" does not meet form circles. */
    bool *met = calloc(c->count + 1, sizeof *met);
    size_t circle = 0;
    if (met == NULL)
        return nsc_model_fail(c->at, NSC_NO_MEMORY, "find no memory");
    for (size_t i = 0; i < length; i++)
        met[order[i]] = true;
    while (circle < c->count && met[c->sorted[circle].index])
        circle++;
    free(met);
    if (circle == c->count)
        return nsc_model_fail(c->at, NSC_INVALID, "do not lead from \"input\" to \"output\"");
    return nsc_model_fail(c->at, NSC_UNSUPPORTED,
                          "form a circle through \"%s\": general graphs are not in this version, only one chain",
                          c->sorted[circle].name);
}

nsc_status nsc_model_order(const nsc_model_place *at, const cJSON *edges, const char *const *names, size_t count,
                           size_t *order)
{
    const nsc_model_place nodes = nsc_model_key_place(at, "nodes"), place = nsc_model_key_place(at, "edges");
    const cJSON *item;
    size_t index = 0;
    nsc_name *sorted = calloc(count + 1, sizeof *sorted);
    size_t *links = calloc(2 * (count + 2), sizeof *links);
    nsc_status status = NSC_OK;
    if (sorted == NULL || links == NULL)
        status = nsc_model_fail(at, NSC_NO_MEMORY, "finds no memory for %zu nodes", count);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        order[i] = i;
        sorted[i] = (nsc_name){names[i], i};
    }
    if (status == NSC_OK) {
        nsc_names_sort(sorted, count);
        const char *twice = nsc_names_twice(sorted, count);
        if (twice != NULL)
            status = nsc_model_fail(&nodes, NSC_INVALID,
                                    "has two nodes named \"%s\"; a node without a name has its position", twice);
        memset(links, 0xff, 2 * (count + 2) * sizeof *links);
    }
    if (edges != NULL && status == NSC_OK) {
        chain c = {&place, sorted, count, links, links + count + 2};
        cJSON_ArrayForEach(item, edges)
        {
            const nsc_model_place edge = nsc_model_element_place(at, "edges", index++);
            if (status == NSC_OK)
                status = add_edge(&c, &edge, item);
        }
        if (status == NSC_OK)
            status = follow(&c, order);
    }
    free(sorted);
    free(links);
    return status;
}
