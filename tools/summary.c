/* SPDX-License-Identifier: Apache-2.0 */
/* nascent summary: the parameters of a model; with an input, its layers. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

#include "model.h"
#include "tools.h"

static void help(void)
{
    printf("usage: nascent summary MODEL [--input 2x20] [--weights FILE] [--backend CHOICE] [--json]\n\n"
           "Shows what is known of a model: without an input its parameters, with one its layers and their shapes.\n\n"
           "  --input    the shape of an input, ?x20 where a size is unknown; once for each input\n"
           "  --weights  a checkpoint that is loaded first\n"
           "  --backend  where the weights live: a choice as in NASCENT_BACKEND, and stronger than it\n"
           "  --json     one JSON object on standard output; an unknown size is null\n");
}

/* What the parameters come to. */
typedef struct totals {
    size_t parameters, unknown; /* unknown: without a known shape, and not in the sums */
    uint64_t elements, bytes;
    cJSON *rows; /* NULL: only the sums are wanted */
} totals;

static cJSON *shape_json(int rank, const int64_t *dims)
{
    if (rank < 0)
        return cJSON_CreateNull();
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < rank; i++) {
        char text[24];
        /* As text: a size may have more digits than a double holds. */
        snprintf(text, sizeof text, "%" PRId64, dims[i]);
        cJSON_AddItemToArray(array, dims[i] < 0 ? cJSON_CreateNull() : cJSON_CreateRaw(text));
    }
    return array;
}

static void add_number(cJSON *object, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddItemToObject(object, key, cJSON_CreateRaw(text));
}

static int count(void *user, const char *path, nsc_parameter *parameter)
{
    totals *sum = user;
    int64_t dims[NSC_MAX_RANK];
    uint64_t bytes = 0;
    const int rank = nsc_parameter_shape(parameter, dims);
    const int known = nsc_parameter_bytes(parameter, &bytes) == NSC_OK;
    sum->parameters++;
    sum->unknown += !known;
    sum->bytes += bytes;
    sum->elements += bytes / nsc_dtype_size(nsc_parameter_dtype(parameter));
    if (sum->rows == NULL)
        return 0;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "path", path);
    cJSON_AddItemToObject(row, "shape", shape_json(rank, dims));
    cJSON_AddStringToObject(row, "dtype", nsc_dtype_name(nsc_parameter_dtype(parameter)));
    cJSON_AddStringToObject(row, "role", nsc_role_name(nsc_parameter_role(parameter)));
    cJSON_AddStringToObject(row, "state", nsc_parameter_state_name(nsc_parameter_get_state(parameter)));
    cJSON_AddBoolToObject(row, "requested", nsc_parameter_requested(parameter));
    if (known)
        add_number(row, "bytes", bytes);
    else
        cJSON_AddNullToObject(row, "bytes");
    cJSON_AddItemToArray(sum->rows, row);
    return 0;
}

static nsc_status print_json(const nsc_model_arguments *arguments, nsc_block *net, const nsc_proposal *proposal)
{
    totals sum = {.rows = cJSON_CreateArray()};
    cJSON *whole = cJSON_CreateObject(), *shapes[2] = {cJSON_CreateArray(), cJSON_CreateArray()};
    nsc_shape shape;
    const nsc_status status = nsc_parameters_each(net, count, &sum);
    for (size_t i = 0; proposal != NULL && i < arguments->input_count; i++)
        if (nsc_proposal_input(proposal, i, &shape) == NSC_OK)
            cJSON_AddItemToArray(shapes[0], shape_json(shape.rank, shape.dims));
    for (size_t i = 0; proposal != NULL && i < nsc_proposal_output_count(proposal); i++)
        if (nsc_proposal_output(proposal, i, &shape) == NSC_OK)
            cJSON_AddItemToArray(shapes[1], shape_json(shape.rank, shape.dims));
    cJSON_AddStringToObject(whole, "version", NASCENT_VERSION);
    cJSON_AddStringToObject(whole, "model", arguments->model);
    cJSON_AddItemToObject(whole, "inputs", shapes[0]);
    cJSON_AddItemToObject(whole, "outputs", shapes[1]);
    cJSON_AddItemToObject(whole, "parameters", sum.rows);
    cJSON *all = cJSON_AddObjectToObject(whole, "totals");
    add_number(all, "parameters", sum.parameters);
    add_number(all, "elements", sum.elements);
    add_number(all, "bytes", sum.bytes);
    add_number(all, "unknown", sum.unknown);
    char *text = status == NSC_OK ? cJSON_Print(whole) : NULL;
    if (text != NULL)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(whole);
    return status;
}

static nsc_status print_parameters(nsc_block *net)
{
    totals sum = {0};
    nsc_status status = nsc_print_parameters(net, stdout);
    if (status == NSC_OK)
        status = nsc_parameters_each(net, count, &sum);
    if (status == NSC_OK) {
        printf("%zu parameters, %" PRIu64 " elements, %" PRIu64 " bytes", sum.parameters, sum.elements, sum.bytes);
        if (sum.unknown > 0)
            printf(", and %zu of unknown shape: give --input", sum.unknown);
        printf("\n");
    }
    return status;
}

int nsc_tool_summary(int argc, char **argv)
{
    nsc_model_arguments arguments;
    nsc_loaded loaded = {0};
    nsc_proposal *proposal = NULL;
    int code;
    if (!nsc_model_command_line(argc, argv, NSC_TOOL_INPUT | NSC_TOOL_WEIGHTS | NSC_TOOL_BACKEND | NSC_TOOL_JSON, help,
                                &arguments, &code))
        return code;
    code = NSC_TOOL_FAILED;
    if (nsc_load_model(&arguments, 0, &loaded)) {
        nsc_status status = NSC_OK;
        if (arguments.input_count > 0)
            status = nsc_propose(loaded.net, NSC_INFERENCE, arguments.inputs, arguments.input_count, &proposal);
        if (status == NSC_OK && arguments.json)
            status = print_json(&arguments, loaded.net, proposal);
        else if (status == NSC_OK)
            status = proposal != NULL ? nsc_print_summary(proposal, stdout) : print_parameters(loaded.net);
        code = status == NSC_OK ? NSC_TOOL_OK : nsc_tool_failed();
    }
    nsc_proposal_release(proposal);
    nsc_loaded_close(&loaded);
    return code;
}
