/* SPDX-License-Identifier: Apache-2.0 */
/* nascent graph: what is shown, gathered once, so that the text, the picture and the JSON cannot differ. */
#ifndef NASCENT_TOOLS_GRAPH_H
#define NASCENT_TOOLS_GRAPH_H

#include <stdio.h>

#include "model.h"
#include "places.h"

typedef struct nsc_graph_shown {
    const char *model_file;
    nsc_loaded model;
    nsc_proposal *proposal;
    nsc_ports ins, outs;
    /* What was declared. */
    nsc_node_info *nodes;
    size_t node_count;
    nsc_shape in_shapes[NSC_MOST_GIVEN], out_shapes[NSC_MOST_GIVEN];
    size_t out_nodes[NSC_MOST_GIVEN];
    /* What the device would run; NULL without --planned. */
    nsc_plan_view *plan;
    nsc_plan_info sums;
    nsc_step_info *steps;
    nsc_storage_info *storages;
    const char *svg_file, *dot_file; /* as written; NULL: not */
} nsc_graph_shown;

/* graph_text.c, graph_json.c: on standard output; the exit code. */
int nsc_graph_text(const nsc_graph_shown *shown);
int nsc_graph_json(const nsc_graph_shown *shown);

/* graph_dot.c: the picture in the language of Graphviz, to be freed; NULL: no memory. */
char *nsc_graph_dot(const nsc_graph_shown *shown, size_t *length);

/* "input (2, 20), mask (2, 1)": the inputs, or the outputs. Gives text. */
const char *nsc_graph_ports_text(const nsc_ports *ports, const nsc_shape *shapes, char *text, size_t capacity);
/* The intermediate values of a run beside the least that any arrangement needs; 1 where there are none. */
double nsc_graph_ratio(const nsc_graph_shown *shown);
/* The path of the block that a parameter belongs to: without its last name. The length of it in path. */
size_t nsc_graph_owner(const char *path);

#endif
