/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands about models share: their command lines, and the model with its weights. */
#ifndef NASCENT_TOOLS_MODEL_H
#define NASCENT_TOOLS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

#define NSC_TOOL_INPUTS 8

/* Options that a subcommand takes. */
enum {
    NSC_TOOL_PATH = 1, /* a second word: the path of a parameter */
    NSC_TOOL_INPUT = 2,
    NSC_TOOL_WEIGHTS = 4,
    NSC_TOOL_BACKEND = 8,
    NSC_TOOL_SEED = 16,
    NSC_TOOL_OUTPUT = 32, /* required where it is taken */
    NSC_TOOL_JSON = 64
};

typedef struct nsc_model_arguments {
    const char *model, *path, *weights, *backend, *output;
    nsc_shape inputs[NSC_TOOL_INPUTS];
    size_t input_count;
    uint64_t seed;
    int json;
} nsc_model_arguments;

/* Reads the command line; takes is a sum of the above. 0 and *code: the subcommand ends at once. */
int nsc_model_command_line(int argc, char **argv, int takes, void (*help)(void), nsc_model_arguments *arguments,
                           int *code);

/* A net, and the context that it needs. */
typedef struct nsc_loaded {
    nsc_block *net;
    nsc_context *context; /* NULL: no device was needed */
} nsc_loaded;
/* Reads the model and opens a device where needs_device is set or weights are given, loads these, and fixes the shapes
 * that the inputs give. Where it fails, it says why on stderr and gives 0; nsc_loaded_close is then due as well. */
int nsc_load_model(const nsc_model_arguments *arguments, int needs_device, nsc_loaded *loaded);
void nsc_loaded_close(nsc_loaded *loaded);

/* Says on stderr why the last call failed; the exit code. */
int nsc_tool_failed(void);

#endif
