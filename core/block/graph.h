/* SPDX-License-Identifier: Apache-2.0 */
/* The graph container inside. Values have slots: the inputs, then the outputs of node after node. */
#ifndef NSC_CORE_BLOCK_GRAPH_H
#define NSC_CORE_BLOCK_GRAPH_H

#include <nascent/graph.h>

#include "core/block/block.h"

enum { NSC_MAX_PORTS = 64 }; /* inputs or outputs of one block */

typedef struct nsc_graph {
    nsc_block base; /* its children are the nodes, each with its name; */
    char **names;   /* of the inputs, then of the outputs, */
    size_t name_count;
    size_t slot_count;
    size_t *slots;   /* of each node: its first, */
    size_t *first;   /* and where its sources begin in `sources`; those of the outputs come last */
    size_t *sources; /* slots */
    size_t *order;   /* node indices: each after all that it takes from */
} nsc_graph;
extern const nsc_block_class nsc_graph_class;

/* graph_wire.c: fills in all of it from the options; the nodes are children already. A failure makes an error block. */
void nsc_graph_wire(nsc_graph *graph, const nsc_graph_options *options);
/* The index of the node that a slot belongs to, *port the output; of an input: its index and SIZE_MAX. */
size_t nsc_graph_slot(const nsc_graph *graph, size_t slot, size_t *port);
/* "name:12" is another name and a number; false: it is not. base has room for 128 characters. */
bool nsc_graph_port(const char *text, char base[129], size_t *port);

#endif
