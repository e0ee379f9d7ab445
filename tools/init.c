/* SPDX-License-Identifier: Apache-2.0 */
/* nascent init: a checkpoint with the first values of a model, or with the request for them. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "model.h"
#include "progress.h"
#include "say.h"

enum { OUTPUT, INPUT, SEED, BACKEND, JSON };

static int print_json(const nsc_arguments *arguments, const nsc_loaded *loaded, const nsc_sums *sums)
{
    cJSON *whole = nsc_json_new();
    cJSON_AddStringToObject(whole, "model", arguments->operands[0]);
    cJSON_AddStringToObject(whole, "output", nsc_text_given(arguments, OUTPUT));
    nsc_json_add_whole(whole, "seed", nsc_whole_given(arguments, SEED));
    nsc_json_add_whole(whole, "parameters", sums->parameters);
    nsc_json_add_whole(whole, "bytes", sums->value_bytes);
    nsc_json_add_whole(whole, "pending", sums->pending);
    nsc_json_add_device(whole, loaded->context);
    return nsc_json_print(whole);
}

static int print_line(const nsc_arguments *arguments, const nsc_loaded *loaded, const nsc_sums *sums)
{
    const nsc_device_info *device = nsc_context_device(loaded->context);
    printf("%s: %zu parameters, %" PRIu64 " bytes of values, seed %" PRIu64 ", %s:%" PRIu32 " '%s'",
           nsc_text_given(arguments, OUTPUT), sums->parameters, sums->value_bytes, nsc_whole_given(arguments, SEED),
           device->backend, device->index, device->name);
    if (sums->pending > 0)
        printf("; %zu pending: their request is saved, and the first input makes their values", sums->pending);
    printf("\n");
    return NSC_EXIT_OK;
}

static int initialize(const nsc_arguments *arguments, const nsc_loaded *loaded)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = nsc_whole_given(arguments, SEED)};
    const char *file = nsc_text_given(arguments, OUTPUT);
    nsc_sums sums;
    if (nsc_model_sums(loaded->net, &sums) != NSC_OK)
        return nsc_say_refused("free some memory");
    nsc_progress("making the values of %zu parameters, %" PRIu64 " bytes", sums.parameters, sums.bytes);
    if (nsc_initialize(loaded->net, loaded->context, &options) != NSC_OK)
        return nsc_say_refused("mend MODEL, or name another device with --backend");
    nsc_progress("writing %s", file);
    if (nsc_save(loaded->net, file, NULL) != NSC_OK)
        return nsc_say_refused("name another file with --output");
    nsc_progress_end();
    if (nsc_model_sums(loaded->net, &sums) != NSC_OK)
        return nsc_say_refused("free some memory");
    return nsc_is_given(arguments, JSON) ? print_json(arguments, loaded, &sums) : print_line(arguments, loaded, &sums);
}

static int run(const nsc_arguments *arguments)
{
    const nsc_model_request request = {.model = arguments->operands[0],
                                       .backend = nsc_text_given(arguments, BACKEND),
                                       .shapes = &arguments->options[INPUT],
                                       .needs_device = 1};
    nsc_loaded loaded = {0};
    int code = NSC_EXIT_FAILED;
    if (nsc_say_writable("output", nsc_text_given(arguments, OUTPUT)) && nsc_model_load(&request, &loaded, &code))
        code = initialize(arguments, &loaded);
    return nsc_model_close(&loaded, code);
}

const nsc_command nsc_command_init = {
    .name = "init",
    .purpose = "initialise a model into a file",
    .description =
        "Makes the first values of a model's parameters and writes them as a safetensors file, the same bytes on "
        "every backend. Where sizes are unknown the file holds the request instead: what loads it gets the same "
        "values as soon as it sees an input.",
    .operands = (const nsc_operand[]){NSC_MODEL_OPERAND, {.name = NULL}},
    .options =
        (const nsc_option[]){[OUTPUT] = {.name = "output",
                                         .argument = "FILE",
                                         .kind = NSC_OPTION_FILE,
                                         .required = 1,
                                         .help = "the file to be written; one that exists is replaced"},
                             [INPUT] = NSC_INPUT_SHAPE_OPTION,
                             [SEED] = {.name = "seed",
                                       .argument = "N",
                                       .kind = NSC_OPTION_WHOLE,
                                       .help = "of the random values, a whole number below 2^64; 0 if not given"},
                             [BACKEND] = NSC_BACKEND_OPTION,
                             [JSON] = NSC_JSON_OPTION,
                             {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent init mlp.json --input 2x20 --seed 7 --output w.safetensors",
                                       "values for inputs of 20 numbers"},
                                      {"nascent init mlp.json --seed 7 --output pending.safetensors",
                                       "the request for them, made good by the first input"},
                                      {NULL, NULL}},
    .uses_device = 1,
    .run = run,
};
