/* SPDX-License-Identifier: Apache-2.0 */
/* Nets described in JSON: "nascent": 1, named nodes, edges. docs/model.md has the format and docs/model.schema.json the
 * schema. Depth and size are bounded, unknown keys are refused. */
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

#ifdef __cplusplus
}
#endif

#endif
