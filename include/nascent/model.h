/* SPDX-License-Identifier: Apache-2.0 */
/* Nets described in JSON: "nascent": 1, named nodes, edges. docs/model.md has the format and docs/model.schema.json the
 * schema. Depth and size are bounded, unknown keys are refused. Threads: any; a net that is written is not changed
 * meanwhile. */
#ifndef NASCENT_MODEL_H
#define NASCENT_MODEL_H

#include <nascent/block.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a description; the caller owns *net, which is NULL on failure. Errors, with the file and the place in it
 * ("nodes[2].units") in nsc_last_error(NULL): INVALID, IO (cannot be read, or is no JSON), UNSUPPORTED (a version, a kind or
 * a graph that this version does not know), NO_MEMORY. */
NSC_API nsc_status nsc_model_read(const char *file, nsc_block **net);
/* The same from text; name stands for it in messages. */
NSC_API nsc_status nsc_model_parse(const char *name, const char *text, size_t length, nsc_block **net);

/* The description of a net, with a line end behind it; the caller frees *text with free(). It reads back as the same tree:
 * the same kinds, paths, options and initialisers, in the same order; defaults, inferred sizes and values are not in it.
 * A repeat whose blocks differ is written as the sequential that it is. Errors: those of an error block; UNSUPPORTED, with
 * the path: custom blocks, initialisers that are arrays, callbacks or not symmetric, parameters that are shared or tied,
 * numbers that JSON cannot hold, and what passes the limits of a description; NO_MEMORY. */
NSC_API nsc_status nsc_model_format(nsc_block *net, char **text);
/* The same into a file, which is the old one or the new one at any time. Errors also: IO. */
NSC_API nsc_status nsc_model_write(nsc_block *net, const char *file);

#ifdef __cplusplus
}
#endif

#endif
