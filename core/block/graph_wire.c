/* SPDX-License-Identifier: Apache-2.0 */
/* From the names in a declaration of a graph to slots, and all that can be wrong with it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/graph.h"
#include "core/words.h"

enum { NAME_CAPACITY = 129 };

typedef struct wiring {
    nsc_graph *graph;
    nsc_block *block; /* the same */
    size_t inputs, nodes, outputs;
    const char **words; /* names of the inputs, of the nodes, NULL: what can be a source */
    nsc_name *names;    /* the same with the outputs, sorted */
    size_t name_count;
    bool *used; /* by input or node */
} wiring;

static void no_memory(wiring *w)
{
    nsc_block_fail(w->block, NSC_NO_MEMORY, "no host memory for a graph");
}

/* The next word of a list, into text; *list moves behind it. Gives its length, 0 at the end; a word that is too long for
 * a name and a port is cut. */
static size_t next_word(const char **list, char text[NAME_CAPACITY + 12])
{
    *list += strspn(*list, " ");
    const size_t length = strcspn(*list, " "), kept = length < NAME_CAPACITY + 11 ? length : NAME_CAPACITY + 11;
    memcpy(text, *list, kept);
    text[kept] = 0;
    *list += length;
    return length;
}

static size_t count_words(const char *list)
{
    char word[NAME_CAPACITY + 12];
    size_t count = 0;
    while (next_word(&list, word) > 0)
        count++;
    return count;
}

bool nsc_graph_port(const char *text, char base[NAME_CAPACITY], size_t *port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || (size_t)(colon - text) >= NAME_CAPACITY)
        return false;
    const size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 6 || colon[1 + digits] != 0)
        return false;
    memcpy(base, text, (size_t)(colon - text));
    base[colon - text] = 0;
    *port = strtoul(colon + 1, NULL, 10);
    return true;
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

static bool add_name(wiring *w, const char *name)
{
    char *copy = NULL;
    if (!nsc_name_valid(name))
        nsc_block_fail(w->block, NSC_INVALID, "\"%.160s\" cannot name an input or output: 1 to 128 characters, no dot",
                       name);
    else if ((copy = strdup(name)) == NULL)
        no_memory(w);
    else
        w->graph->names[w->graph->name_count++] = copy;
    return copy != NULL;
}

static bool copy_names(wiring *w, const nsc_graph_options *o)
{
    const char *list = o->inputs == NULL ? "input" : o->inputs;
    char word[NAME_CAPACITY + 12];
    w->inputs = count_words(list);
    while (o->outputs != NULL && o->outputs[w->outputs].name != NULL)
        w->outputs++;
    if (w->inputs == 0 || w->inputs > NSC_MAX_PORTS || w->outputs == 0 || w->outputs > NSC_MAX_PORTS) {
        nsc_block_fail(w->block, NSC_INVALID, "%zu inputs and %zu outputs; a graph has 1 to %d of each", w->inputs,
                       w->outputs, (int)NSC_MAX_PORTS);
        return false;
    }
    w->graph->names = calloc(w->inputs + w->outputs, sizeof(char *));
    if (w->graph->names == NULL) {
        no_memory(w);
        return false;
    }
    while (next_word(&list, word) > 0)
        if (!add_name(w, word))
            return false;
    for (size_t i = 0; i < w->outputs; i++)
        if (!add_name(w, o->outputs[i].name))
            return false;
    return true;
}

static bool index_names(wiring *w)
{
    const size_t sources = w->inputs + w->nodes;
    w->name_count = sources + w->outputs;
    w->words = calloc(sources + 1, sizeof *w->words);
    w->names = calloc(w->name_count, sizeof *w->names);
    w->used = calloc(sources, sizeof *w->used);
    if (w->words == NULL || w->names == NULL || w->used == NULL) {
        no_memory(w);
        return false;
    }
    for (size_t i = 0; i < w->name_count; i++) {
        const char *name = i < w->inputs ? w->graph->names[i]
                           : i < sources ? w->block->children[i - w->inputs].name
                                         : w->graph->names[i - w->nodes];
        w->names[i] = (nsc_name){name, i};
        if (i < sources)
            w->words[i] = name;
    }
    nsc_names_sort(w->names, w->name_count);
    const char *twice = nsc_names_twice(w->names, w->name_count);
    if (twice != NULL)
        nsc_block_fail(w->block, NSC_INVALID, "\"%s\" stands twice: inputs, nodes and outputs need names of their own",
                       twice);
    return twice == NULL;
}

/* ---- sources ------------------------------------------------------------------------------------------------------ */

/* The index of an input or node of this name, or SIZE_MAX. */
static size_t find(const wiring *w, const char *name)
{
    const nsc_name *found = nsc_names_find(w->names, w->name_count, name);
    return found == NULL || found->index >= w->inputs + w->nodes ? SIZE_MAX : found->index;
}

static size_t outputs_of(const wiring *w, size_t source)
{
    return source < w->inputs ? 1 : w->block->children[source - w->inputs].block->outputs;
}

/* The slot of one source of taker ("node", "output") `name`. */
static bool resolve(wiring *w, const char *taker, const char *name, const char *text, size_t *slot)
{
    char base[NAME_CAPACITY], advice[200];
    size_t port = 0, source = find(w, text), other = SIZE_MAX, other_port = 0;
    if (nsc_graph_port(text, base, &other_port))
        other = find(w, base);
    if (source != SIZE_MAX && other != SIZE_MAX && other_port < outputs_of(w, other)) {
        nsc_block_fail(w->block, NSC_INVALID,
                       "%s \"%s\" takes from \"%s\", which is a name and also output %zu of \"%s\": rename one", taker,
                       name, text, other_port, base);
        return false;
    }
    if (source == SIZE_MAX && other != SIZE_MAX) {
        source = other;
        port = other_port;
    }
    if (source == SIZE_MAX) {
        nsc_block_fail(w->block, NSC_INVALID, "%s \"%s\" takes from \"%s\", which is no input or node; %s", taker, name,
                       text, nsc_words_advice(text, w->words, advice, sizeof advice));
        return false;
    }
    if (port >= outputs_of(w, source)) {
        nsc_block_fail(w->block, NSC_INVALID, "%s \"%s\" takes from \"%s\"; \"%s\" has %zu output%s, counted from 0",
                       taker, name, text, base, outputs_of(w, source), outputs_of(w, source) == 1 ? "" : "s");
        return false;
    }
    w->used[source] = true;
    *slot = source < w->inputs ? source : w->graph->slots[source - w->inputs] + port;
    return true;
}

static bool take_sources(wiring *w, const char *taker, const char *name, const char *list, size_t *at)
{
    char word[NAME_CAPACITY + 12];
    while (next_word(&list, word) > 0)
        if (!resolve(w, taker, name, word, &w->graph->sources[(*at)++]))
            return false;
    return true;
}

/* As many sources as there are inputs, for every node; so `sources` has a known length. */
static bool count_sources(wiring *w, const nsc_graph_options *o, size_t *total)
{
    *total = w->outputs;
    w->graph->slot_count = w->inputs;
    for (size_t i = 0; i < w->nodes; i++) {
        const nsc_block *child = w->block->children[i].block;
        const char *from = o->nodes[i].from;
        const size_t given = from == NULL ? 0 : count_words(from);
        if (given != child->inputs || child->inputs > NSC_MAX_PORTS) {
            nsc_block_fail(w->block, NSC_INVALID, "node \"%s\" (%s) has %zu input%s, %zu given%s", o->nodes[i].name,
                           child->kind, child->inputs, child->inputs == 1 ? "" : "s", given,
                           given > NSC_MAX_PORTS ? "; a node in a graph has at most 64" : "");
            return false;
        }
        w->graph->slots[i] = w->graph->slot_count;
        w->graph->first[i] = *total - w->outputs;
        w->graph->slot_count += child->outputs;
        *total += given;
    }
    w->graph->first[w->nodes] = *total - w->outputs;
    return true;
}

static bool connect(wiring *w, const nsc_graph_options *o)
{
    size_t total, at = 0;
    w->graph->slots = calloc(w->nodes + 1, sizeof(size_t));
    w->graph->first = calloc(w->nodes + 1, sizeof(size_t));
    w->graph->order = calloc(w->nodes + 1, sizeof(size_t));
    if (w->graph->slots == NULL || w->graph->first == NULL || w->graph->order == NULL) {
        no_memory(w);
        return false;
    }
    if (!count_sources(w, o, &total))
        return false;
    w->graph->sources = calloc(total, sizeof(size_t));
    if (w->graph->sources == NULL) {
        no_memory(w);
        return false;
    }
    for (size_t i = 0; i < w->nodes; i++)
        if (!take_sources(w, "node", o->nodes[i].name, o->nodes[i].from, &at))
            return false;
    for (size_t i = 0; i < w->outputs; i++) {
        const char *from = o->outputs[i].from;
        if (from == NULL || count_words(from) != 1) {
            nsc_block_fail(w->block, NSC_INVALID, "output \"%s\" takes from %zu places; it needs one",
                           o->outputs[i].name, from == NULL ? 0 : count_words(from));
            return false;
        }
        if (!take_sources(w, "output", o->outputs[i].name, from, &at))
            return false;
    }
    return true;
}

/* ---- the order of calls ------------------------------------------------------------------------------------------- */

/* A node under way, and how many of its sources were looked at. */
typedef struct visit {
    size_t node, taken;
} visit;

static void tell_circle(wiring *w, const visit *stack, size_t depth, size_t node)
{
    char text[360];
    size_t from = depth, used = 0;
    while (from > 0 && stack[from - 1].node != node)
        from--;
    for (size_t i = from - 1; i < depth && used < sizeof text - 140; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "\"%s\" takes from ",
                                 w->block->children[stack[i].node].name);
    snprintf(text + used, sizeof text - used, "%s\"%s\"", used < sizeof text - 140 ? "" : "... ",
             w->block->children[node].name);
    nsc_block_fail(w->block, NSC_INVALID, "the nodes form a circle: %s", text);
}

/* Depth first over the sources, in the order of declaration, so nodes declared in an order that works keep it. */
static void sort_nodes(wiring *w)
{
    enum { NEW, UNDER_WAY, DONE };
    const nsc_graph *graph = w->graph;
    visit *stack = calloc(w->nodes + 1, sizeof *stack);
    unsigned char *state = calloc(w->nodes + 1, 1);
    size_t depth = 0, done = 0;
    if (stack == NULL || state == NULL)
        no_memory(w);
    for (size_t i = 0; i < w->nodes && w->block->status == NSC_OK; i++) {
        if (state[i] == NEW) {
            state[i] = UNDER_WAY;
            stack[depth++] = (visit){i, 0};
        }
        while (depth > 0 && w->block->status == NSC_OK) {
            visit *top = &stack[depth - 1];
            if (graph->first[top->node] + top->taken == graph->first[top->node + 1]) {
                state[top->node] = DONE;
                graph->order[done++] = top->node;
                depth--;
                continue;
            }
            size_t port;
            const size_t source = nsc_graph_slot(graph, graph->sources[graph->first[top->node] + top->taken++], &port);
            if (port == SIZE_MAX || state[source] == DONE)
                continue;
            if (state[source] == UNDER_WAY) {
                tell_circle(w, stack, depth, source);
            } else {
                state[source] = UNDER_WAY;
                stack[depth++] = (visit){source, 0};
            }
        }
    }
    free(stack);
    free(state);
}

static void check_use(wiring *w)
{
    for (size_t i = 0; i < w->inputs + w->nodes; i++)
        if (!w->used[i])
            nsc_block_fail(w->block, NSC_INVALID, "nobody takes from %s \"%s\": leave it out, or make it an output",
                           i < w->inputs ? "input" : "node", w->words[i]);
}

void nsc_graph_wire(nsc_graph *graph, const nsc_graph_options *options)
{
    wiring w = {.graph = graph, .block = &graph->base, .nodes = graph->base.child_count};
    if (copy_names(&w, options)) {
        graph->base.inputs = w.inputs; /* the slots behind it belong to nodes */
        graph->base.outputs = w.outputs;
        if (index_names(&w) && connect(&w, options))
            sort_nodes(&w);
        if (w.block->status == NSC_OK)
            check_use(&w);
    }
    free(w.words);
    free(w.names);
    free(w.used);
}
