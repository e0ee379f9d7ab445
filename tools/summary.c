/* SPDX-License-Identifier: Apache-2.0 */
/* nascent summary: the parameters of a model; with an input, its layers. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "model.h"
#include "say.h"

enum { INPUT, WEIGHTS, BACKEND, JSON };

static int add_row(void *user, const char *path, nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK];
    uint64_t bytes;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "path", path);
    cJSON_AddItemToObject(row, "shape", nsc_json_shape(nsc_parameter_shape(parameter, dims), dims));
    cJSON_AddStringToObject(row, "dtype", nsc_dtype_name(nsc_parameter_dtype(parameter)));
    cJSON_AddStringToObject(row, "role", nsc_role_name(nsc_parameter_role(parameter)));
    cJSON_AddStringToObject(row, "state", nsc_parameter_state_name(nsc_parameter_get_state(parameter)));
    cJSON_AddBoolToObject(row, "requested", nsc_parameter_requested(parameter));
    if (nsc_parameter_bytes(parameter, &bytes) == NSC_OK)
        nsc_json_add_whole(row, "bytes", bytes);
    else
        cJSON_AddNullToObject(row, "bytes");
    cJSON_AddItemToArray(user, row);
    return 0;
}

static int add_layer(void *user, const nsc_layer_info *layer)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "path", layer->path);
    cJSON_AddStringToObject(row, "kind", layer->kind);
    cJSON_AddItemToObject(row, "output", nsc_json_shape(layer->output.rank, layer->output.dims));
    cJSON_AddStringToObject(row, "dtype", nsc_dtype_name(layer->output.dtype));
    nsc_json_add_whole(row, "parameters", layer->parameters);
    nsc_json_add_whole(row, "elements", layer->elements);
    nsc_json_add_whole(row, "bytes", layer->bytes);
    nsc_json_add_whole(row, "unknown", layer->unknown);
    nsc_json_add_text(row, "state", *layer->state != 0 ? layer->state : NULL);
    cJSON_AddItemToArray(user, row);
    return 0;
}

static int print_json(const char *model, const nsc_loaded *loaded, const nsc_proposal *proposal, const nsc_sums *sums)
{
    nsc_shape shape;
    cJSON *whole = nsc_json_new();
    cJSON_AddStringToObject(whole, "model", model);
    cJSON *inputs = cJSON_AddArrayToObject(whole, "inputs"), *outputs = cJSON_AddArrayToObject(whole, "outputs");
    for (size_t i = 0; proposal != NULL && i < loaded->input_count; i++)
        if (nsc_proposal_input(proposal, i, &shape) == NSC_OK)
            cJSON_AddItemToArray(inputs, nsc_json_shape(shape.rank, shape.dims));
    for (size_t i = 0; proposal != NULL && i < nsc_proposal_output_count(proposal); i++)
        if (nsc_proposal_output(proposal, i, &shape) == NSC_OK)
            cJSON_AddItemToArray(outputs, nsc_json_shape(shape.rank, shape.dims));
    cJSON *layers = cJSON_AddArrayToObject(whole, "layers");
    if ((proposal != NULL && nsc_layers_each(proposal, add_layer, layers) != NSC_OK) ||
        nsc_parameters_each(loaded->net, add_row, cJSON_AddArrayToObject(whole, "parameters")) != NSC_OK) {
        cJSON_Delete(whole);
        return nsc_say_refused("free some memory");
    }
    cJSON *all = cJSON_AddObjectToObject(whole, "totals");
    nsc_json_add_whole(all, "parameters", sums->parameters);
    nsc_json_add_whole(all, "elements", sums->elements);
    nsc_json_add_whole(all, "bytes", sums->bytes);
    nsc_json_add_whole(all, "unknown", sums->unknown);
    return nsc_json_print(whole);
}

static int print_parameters(nsc_block *net, const nsc_sums *sums)
{
    if (nsc_print_parameters(net, stdout) != NSC_OK)
        return nsc_say_refused("free some memory, or give standard output a place that takes what is printed");
    printf("%zu parameters, %" PRIu64 " elements, %" PRIu64 " bytes", sums->parameters, sums->elements, sums->bytes);
    if (sums->unknown > 0)
        printf(", and %zu of unknown shape: give --input", sums->unknown);
    printf("\n");
    return NSC_EXIT_OK;
}

static int summarize(const nsc_arguments *arguments, const nsc_loaded *loaded)
{
    nsc_proposal *proposal = NULL;
    nsc_sums sums;
    int code = NSC_EXIT_OK;
    if (loaded->input_count > 0 &&
        nsc_propose(loaded->net, NSC_INFERENCE, loaded->inputs, loaded->input_count, &proposal) != NSC_OK)
        return nsc_say_refused("give --input a shape that the model and its weights take");
    if (nsc_model_sums(loaded->net, &sums) != NSC_OK)
        code = nsc_say_refused("free some memory");
    else if (nsc_is_given(arguments, JSON))
        code = print_json(arguments->operands[0], loaded, proposal, &sums);
    else if (proposal == NULL)
        code = print_parameters(loaded->net, &sums);
    else if (nsc_print_summary(proposal, stdout) != NSC_OK)
        code = nsc_say_refused("free some memory, or give standard output a place that takes what is printed");
    nsc_proposal_release(proposal);
    return code;
}

static int run(const nsc_arguments *arguments)
{
    const nsc_model_request request = {.model = arguments->operands[0],
                                       .weights = nsc_text_given(arguments, WEIGHTS),
                                       .backend = nsc_text_given(arguments, BACKEND),
                                       .shapes = &arguments->options[INPUT]};
    nsc_loaded loaded = {0};
    int code = NSC_EXIT_FAILED;
    if (nsc_model_load(&request, &loaded, &code))
        code = summarize(arguments, &loaded);
    return nsc_model_close(&loaded, code);
}

const nsc_command nsc_command_summary = {
    .name = "summary",
    .purpose = "show the parameters of a model, and with an input its layers",
    .description =
        "Shows what is known of a model: without an input its parameters, where -1 is a size that is not known "
        "yet; with one its layers, with the shape that each gives. Nothing is computed. A device is opened only "
        "for --weights.",
    .operands = (const nsc_operand[]){NSC_MODEL_OPERAND, {.name = NULL}},
    .options = (const nsc_option[]){[INPUT] = NSC_INPUT_SHAPE_OPTION,
                                    [WEIGHTS] = NSC_WEIGHTS_OPTION,
                                    [BACKEND] = NSC_BACKEND_OPTION,
                                    [JSON] = NSC_JSON_OPTION,
                                    {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent summary mlp.json", "what the description alone says"},
                                      {"nascent summary mlp.json --input ?x20", "every layer, for any number of rows"},
                                      {"nascent summary mlp.json --weights w.safetensors --json",
                                       "what a checkpoint makes known, for a program"},
                                      {NULL, NULL}},
    .uses_device = 1,
    .run = run,
};
