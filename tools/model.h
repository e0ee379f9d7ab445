/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands about models share: the model with its weights. */
#ifndef NASCENT_TOOLS_MODEL_H
#define NASCENT_TOOLS_MODEL_H

#include "command.h"

/* The operand that names a model. */
#define NSC_MODEL_OPERAND                                                                                             \
    {                                                                                                                 \
        .name = "MODEL", .kind = NSC_OPERAND_FILE, .help = "the file that describes the net, in JSON (docs/model.md)" \
    }
#define NSC_WEIGHTS_OPTION                                                                     \
    {                                                                                          \
        .name = "weights", .argument = "FILE", .kind = NSC_OPTION_FILE,                        \
        .help = "a checkpoint of the model, from nascent init for example; it is loaded first" \
    }

/* What is to be loaded; NULL: not given. */
typedef struct nsc_model_request {
    const char *model, *weights, *backend;
    const nsc_given *shapes; /* of inputs, whose sizes are fixed in the net */
    int needs_device;        /* also without weights */
    int needs_values;        /* weights must be given, unless the model has no parameters */
} nsc_model_request;

/* A net, and the context that it needs. */
typedef struct nsc_loaded {
    nsc_block *net;
    nsc_context *context; /* NULL: no device was needed */
    nsc_shape inputs[NSC_MOST_GIVEN];
    size_t input_count;
} nsc_loaded;
/* Reads the model alone. 0: said. */
int nsc_model_open(const char *file, nsc_loaded *loaded);
/* Reads the model unless that is done, opens a device where one is needed, loads the weights, and fixes the shapes that the
 * inputs give. 0: it was said why it failed, and *code is the exit code; nsc_model_close is then due as well. */
int nsc_model_load(const nsc_model_request *request, nsc_loaded *loaded, int *code);
/* The exit code: code, unless closing fails. */
int nsc_model_close(nsc_loaded *loaded, int code);

/* What the parameters of a net come to. */
typedef struct nsc_sums {
    size_t parameters;
    size_t unknown;           /* without a known shape; not in what follows */
    size_t pending;           /* without a value */
    uint64_t elements, bytes; /* of those whose shape is known */
    uint64_t value_bytes;     /* of those that have a value */
} nsc_sums;
nsc_status nsc_model_sums(nsc_block *net, nsc_sums *sums);

/* Opens what --backend says (NULL: what the environment says). The exit code: a choice on the command line that cannot be
 * read, or that names what nobody has, is wrong use. */
int nsc_model_device(const char *backend, nsc_context **context);

#endif
