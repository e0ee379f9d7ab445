/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nets with several inputs and outputs: a directed graph of named blocks.
 *
 *     nsc_graph(.inputs = "image text",
 *               .nodes = (nsc_graph_node[]){{"a", nsc_dense(64), "image"},
 *                                           {"b", nsc_dense(64), "text"},
 *                                           {"sum", nsc_add_inputs(2), "a b"},
 *                                           {"head", nsc_dense(10), "sum"},
 *                                           {NULL}},
 *               .outputs = (nsc_graph_output[]){{"scores", "head"}, {"code", "sum"}, {NULL}})
 *
 * The names of nodes are the paths of their parameters: "head.weight". Owners, errors and threads are those of block.h.
 */
#ifndef NASCENT_GRAPH_H
#define NASCENT_GRAPH_H

#include <nascent/block.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a value comes from: "x", an input; "node", the output of a node, of several the first; "node:1", a further one. */
typedef struct nsc_graph_node {
    const char *name;
    nsc_block *block; /* owned by the graph from the call on, also on failure */
    const char *from; /* one for each input of block, in their order, separated by spaces */
} nsc_graph_node;

typedef struct nsc_graph_output {
    const char *name;
    const char *from;
} nsc_graph_output;

typedef struct nsc_graph_options {
    const char *inputs;              /* 1 to 64 names, in their order, separated by spaces; default "input" */
    const nsc_graph_node *nodes;     /* ended by a name that is NULL; in any order */
    const nsc_graph_output *outputs; /* 1 to 64, in their order, ended by a name that is NULL */
    const char *name;
} nsc_graph_options;
/* Everything is checked at once: an error block where a name is wrong or stands twice (inputs, nodes and outputs need names
 * of their own), a source does not exist, a node is given other than as many sources as it has inputs, nodes form a
 * circle, or nobody uses a node or an input. */
NSC_API nsc_block *nsc_graph_create(const nsc_graph_options *options, size_t size);
#ifndef __cplusplus
#define nsc_graph(...) nsc_graph_create(&(nsc_graph_options){__VA_ARGS__}, sizeof(nsc_graph_options))
#endif

/* What any block takes and gives; 0 for NULL. */
NSC_API size_t nsc_input_count(const nsc_block *block);
NSC_API size_t nsc_output_count(const nsc_block *block);
/* The names in a graph; the only input or output of another block is called "input" or "output". NULL: it has none, or
 * index is too large. Owned by the block. */
NSC_API const char *nsc_input_name(const nsc_block *block, size_t index);
NSC_API const char *nsc_output_name(const nsc_block *block, size_t index);

#ifdef __cplusplus
}
#endif

#endif
