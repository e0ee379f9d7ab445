/* SPDX-License-Identifier: Apache-2.0 */
/* nascent init: a checkpoint with the first values of a model, or with the request for them. */
#include <inttypes.h>
#include <stdio.h>

#include "model.h"
#include "tools.h"

static void help(void)
{
    printf(
        "usage: nascent init MODEL [--input 2x20] [--seed 7] [--backend CHOICE] --output FILE\n\n"
        "Initialises a model and writes it as a safetensors file; the same bytes for every backend. Where shapes are\n"
        "unknown the file holds the request: what loads it gets the same values as soon as it sees an input.\n\n"
        "  --input    the shape of an input, ?x20 where a size is unknown; once for each input\n"
        "  --seed     of the random values (default 0)\n"
        "  --backend  what makes them: a choice as in NASCENT_BACKEND, and stronger than it\n"
        "  --output   the file to be written\n");
}

typedef struct sums {
    size_t parameters, pending;
    uint64_t bytes;
} sums;

static int count(void *user, const char *path, nsc_parameter *parameter)
{
    sums *sum = user;
    uint64_t bytes = 0;
    (void)path;
    sum->parameters++;
    if (nsc_parameter_get_state(parameter) != NSC_INITIALIZED)
        sum->pending++;
    else if (nsc_parameter_bytes(parameter, &bytes) == NSC_OK)
        sum->bytes += bytes;
    return 0;
}

static nsc_status initialize(const nsc_model_arguments *arguments, const nsc_loaded *loaded)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = arguments->seed};
    const nsc_device_info *device = nsc_context_device(loaded->context);
    sums sum = {0};
    nsc_status status = nsc_initialize(loaded->net, loaded->context, &options);
    if (status == NSC_OK)
        status = nsc_save(loaded->net, arguments->output, NULL);
    if (status == NSC_OK)
        status = nsc_parameters_each(loaded->net, count, &sum);
    if (status != NSC_OK)
        return status;
    printf("%s: %zu parameters, %" PRIu64 " bytes of values, seed %" PRIu64 ", %s:%" PRIu32 " '%s'", arguments->output,
           sum.parameters, sum.bytes, arguments->seed, device->backend, device->index, device->name);
    if (sum.pending > 0)
        printf("; %zu pending: their request is saved, and the first input makes their values", sum.pending);
    printf("\n");
    return NSC_OK;
}

int nsc_tool_init(int argc, char **argv)
{
    nsc_model_arguments arguments;
    nsc_loaded loaded = {0};
    int code;
    if (!nsc_model_command_line(argc, argv, NSC_TOOL_INPUT | NSC_TOOL_BACKEND | NSC_TOOL_SEED | NSC_TOOL_OUTPUT, help,
                                &arguments, &code))
        return code;
    code = NSC_TOOL_FAILED;
    if (nsc_load_model(&arguments, 1, &loaded))
        code = initialize(&arguments, &loaded) == NSC_OK ? NSC_TOOL_OK : nsc_tool_failed();
    nsc_loaded_close(&loaded);
    return code;
}
