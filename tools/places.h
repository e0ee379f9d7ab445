/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to which input or output of a model: by order, or NAME=VALUE. */
#ifndef NASCENT_TOOLS_PLACES_H
#define NASCENT_TOOLS_PLACES_H

#include "command.h"

/* The inputs or the outputs of a model. */
typedef struct nsc_ports {
    const char *option; /* that gives something to them: "input", "output" */
    const char *thing;  /* what it gives: "file", "shape" */
    size_t count;
    const char *names[NSC_MOST_GIVEN]; /* owned by the model */
} nsc_ports;
/* 0: said; the model has more than an option can be given. */
int nsc_ports_of(const nsc_block *net, const char *option, const char *thing, nsc_ports *ports);

/* Fills placed (a place for each port, NULL where nothing was given) from what the option was given. A word before the
 * first '=' is a name unless it holds a slash. 0: said what is wrong. */
int nsc_places(const nsc_ports *ports, const nsc_given *given, const nsc_value_given **placed);
/* The text of a value, behind NAME=. */
const char *nsc_behind_name(const char *text);
/* What to say where every port needs something, and one has nothing. */
int nsc_say_unplaced(const nsc_ports *ports, size_t port);

#endif
