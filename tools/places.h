/* SPDX-License-Identifier: Apache-2.0 */
/* Which file belongs to which input or output of a model: by order, or NAME=FILE. */
#ifndef NASCENT_TOOLS_PLACES_H
#define NASCENT_TOOLS_PLACES_H

#include "command.h"

/* The names in a description of a model (docs/model.md), in order, ended by NULL: one of each in this version. */
extern const char *const nsc_model_inputs[];
extern const char *const nsc_model_outputs[];

/* Fills files (a place for each name, NULL where no file was given) from what option --what was given. A word before
 * the first '=' is a name unless it holds a slash. 0: said what is wrong. */
int nsc_places(const char *what, const nsc_given *given, const char *const *names, const char **files);

#endif
