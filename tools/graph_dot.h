/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NASCENT_TOOLS_GRAPH_DOT_H
#define NASCENT_TOOLS_GRAPH_DOT_H

#include "graph.h"
#include "picture.h"

void nsc_graph_draw_declared(nsc_picture *picture, const nsc_graph_shown *shown);
void nsc_graph_draw_planned(nsc_picture *picture, const nsc_graph_shown *shown);

/* "weight" of "0.weight". */
const char *nsc_graph_last_name(const char *path);

#endif
