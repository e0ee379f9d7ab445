/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NASCENT_TOOLS_GRAPH_WRITE_H
#define NASCENT_TOOLS_GRAPH_WRITE_H

#include "graph.h"

/* Writes the picture to these files (NULL: not given), and notes in shown which were written. Without Graphviz, what is
 * DOT text goes to the name of the SVG file with .dot behind it, and that is said. The exit code. */
int nsc_graph_write(nsc_graph_shown *shown, const char *svg_file, const char *dot_file);

#endif
