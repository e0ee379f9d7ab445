/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines about models, and the loading of a model. */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools.h"

int nsc_tool_failed(void)
{
    fprintf(stderr, "nascent: %s\n", nsc_last_error(NULL));
    return NSC_TOOL_FAILED;
}

/* "2x20", "?x20", "-1x20"; 0 when it is no shape. */
static int read_shape(const char *text, nsc_shape *shape)
{
    *shape = (nsc_shape){0};
    while (shape->rank < NSC_MAX_RANK) {
        char *end = NULL;
        int64_t size = NSC_UNKNOWN;
        if (*text == '?') {
            text++;
        } else if (strncmp(text, "-1", 2) == 0) {
            text += 2;
        } else {
            if (*text < '0' || *text > '9')
                return 0;
            errno = 0;
            size = strtoll(text, &end, 10);
            if (errno != 0)
                return 0;
            text = end;
        }
        shape->dims[shape->rank++] = size;
        if (*text == 0)
            return 1;
        if (*text++ != 'x')
            return 0;
    }
    return 0;
}

static int read_seed(const char *text, uint64_t *seed)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return 0;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return errno == 0 && *end == 0;
}

static int usage(const char *subcommand, const char *words, const char *given)
{
    fprintf(stderr, "nascent %s: ", subcommand);
    fprintf(stderr, words, given);
    fprintf(stderr, "; nascent %s --help tells more\n", subcommand);
    return NSC_TOOL_USAGE;
}

/* An option with a value, or NULL where value was not understood; *done tells that it was an option. */
static const char *option(nsc_model_arguments *a, int takes, const char *name, const char *value, int *done)
{
    static const struct {
        const char *name;
        int bit;
    } known[] = {{"--input", NSC_TOOL_INPUT},
                 {"--weights", NSC_TOOL_WEIGHTS},
                 {"--backend", NSC_TOOL_BACKEND},
                 {"--seed", NSC_TOOL_SEED},
                 {"--output", NSC_TOOL_OUTPUT}};
    int bit = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0 && (takes & known[i].bit) != 0)
            bit = known[i].bit;
    *done = bit != 0;
    if (bit == 0)
        return NULL;
    if (value == NULL)
        return "%s needs a value";
    switch (bit) {
    case NSC_TOOL_INPUT:
        if (a->input_count == NSC_TOOL_INPUTS)
            return "'%s' is one input too many";
        if (!read_shape(value, &a->inputs[a->input_count++]))
            return "'%s' is no shape: say 2x20, or ?x20 where a size is unknown";
        break;
    case NSC_TOOL_SEED:
        if (!read_seed(value, &a->seed))
            return "'%s' is no seed: say a whole number below 2^64";
        break;
    case NSC_TOOL_WEIGHTS:
        a->weights = value;
        break;
    case NSC_TOOL_BACKEND:
        a->backend = value;
        break;
    default:
        a->output = value;
        break;
    }
    return NULL;
}

int nsc_model_command_line(int argc, char **argv, int takes, void (*help)(void), nsc_model_arguments *arguments,
                           int *code)
{
    *arguments = (nsc_model_arguments){0};
    *code = NSC_TOOL_OK;
    for (int i = 1; i < argc; i++) {
        int done = 0;
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help();
            return 0;
        }
        const char *wrong = option(arguments, takes, argv[i], value, &done);
        if (wrong != NULL)
            return *code = usage(argv[0], wrong, value != NULL ? value : argv[i]), 0;
        if (done)
            i++;
        else if (strcmp(argv[i], "--json") == 0 && (takes & NSC_TOOL_JSON) != 0)
            arguments->json = 1;
        else if (argv[i][0] == '-')
            return *code = usage(argv[0], "'%s' is not understood", argv[i]), 0;
        else if (arguments->model == NULL)
            arguments->model = argv[i];
        else if (arguments->path == NULL && (takes & NSC_TOOL_PATH) != 0)
            arguments->path = argv[i];
        else
            return *code = usage(argv[0], "'%s' is one word too many", argv[i]), 0;
    }
    if (arguments->model == NULL)
        *code = usage(argv[0], "which %s?", "MODEL");
    else if (arguments->path == NULL && (takes & NSC_TOOL_PATH) != 0)
        *code = usage(argv[0], "which %s?", "PATH");
    else if (arguments->output == NULL && (takes & NSC_TOOL_OUTPUT) != 0)
        *code = usage(argv[0], "%s is missing: the file to be written", "--output");
    return *code == NSC_TOOL_OK;
}

int nsc_load_model(const nsc_model_arguments *a, int needs_device, nsc_loaded *loaded)
{
    const nsc_context_options options = {.backend = a->backend};
    nsc_status status = nsc_model_read(a->model, &loaded->net);
    if (status == NSC_OK && (needs_device || a->weights != NULL))
        status = nsc_context_create(&loaded->context, &options, sizeof options);
    if (status == NSC_OK && a->weights != NULL)
        status = nsc_load(loaded->net, loaded->context, a->weights, NULL, NULL);
    if (status == NSC_OK && a->input_count > 0)
        status = nsc_infer_shapes(loaded->net, a->inputs, a->input_count);
    if (status != NSC_OK)
        nsc_tool_failed();
    return status == NSC_OK;
}

void nsc_loaded_close(nsc_loaded *loaded)
{
    nsc_release(loaded->net);
    if (nsc_context_close(loaded->context) != NSC_OK)
        nsc_tool_failed();
}
