/* SPDX-License-Identifier: Apache-2.0 */
/* nascent explain: one parameter in words, wrapped to the terminal. */
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "model.h"
#include "say.h"
#include "terminal.h"

enum { INPUT, WEIGHTS, BACKEND, JSON };

/* What fills a parameter. */
typedef struct search {
    const nsc_parameter *wanted;
    char text[256];
} search;

static int find_initializer(void *user, size_t rule, const char *path, nsc_parameter *parameter,
                            const nsc_initializer *init)
{
    search *s = user;
    (void)rule, (void)path;
    if (parameter != s->wanted)
        return 0;
    nsc_initializer_describe(init, s->text, sizeof s->text);
    return 1;
}

static int print_json(const char *model, const char *path, const nsc_parameter *parameter, const char *text,
                      const char *filled_by)
{
    int64_t dims[NSC_MAX_RANK];
    char origin[256];
    const int rank = nsc_parameter_shape(parameter, dims);
    cJSON *whole = nsc_json_new();
    cJSON_AddStringToObject(whole, "model", model);
    cJSON_AddStringToObject(whole, "path", path);
    cJSON_AddItemToObject(whole, "shape", nsc_json_shape(rank, dims));
    cJSON *origins = cJSON_AddArrayToObject(whole, "origins");
    for (int i = 0; i < rank; i++)
        cJSON_AddItemToArray(origins, nsc_parameter_origin(parameter, i, origin, sizeof origin) > 0
                                          ? cJSON_CreateString(origin)
                                          : cJSON_CreateNull());
    cJSON_AddStringToObject(whole, "dtype", nsc_dtype_name(nsc_parameter_dtype(parameter)));
    cJSON_AddStringToObject(whole, "role", nsc_role_name(nsc_parameter_role(parameter)));
    cJSON_AddStringToObject(whole, "state", nsc_parameter_state_name(nsc_parameter_get_state(parameter)));
    cJSON_AddBoolToObject(whole, "requested", nsc_parameter_requested(parameter));
    cJSON_AddStringToObject(whole, "filled_by", filled_by);
    cJSON_AddStringToObject(whole, "text", text);
    return nsc_json_print(whole);
}

static int explain(const nsc_arguments *arguments, nsc_block *net)
{
    const nsc_initialize_options options = {.size = sizeof options};
    const char *path = arguments->operands[1];
    char text[4096];
    if (nsc_explain(net, path, text, sizeof text) != NSC_OK)
        return nsc_say_refused("nascent summary lists the parameters of MODEL");
    search s = {.wanted = nsc_find_parameter(net, path)};
    if (nsc_rules_each(net, &options, find_initializer, &s) != NSC_OK)
        return nsc_say_refused("mend the initialisers in MODEL, or free some memory");
    if (nsc_is_given(arguments, JSON))
        return print_json(arguments->operands[0], path, s.wanted, text, s.text);
    nsc_print_wrapped(stdout, text, 0);
    printf("filled by: %s\n", s.text);
    return NSC_EXIT_OK;
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
        code = explain(arguments, loaded.net);
    return nsc_model_close(&loaded, code);
}

const nsc_command nsc_command_explain = {
    .name = "explain",
    .purpose = "explain a parameter of a model: what is known, what is missing",
    .description =
        "Says in words what state a parameter is in, which sizes are known and from where, what is missing and "
        "what would supply it, and which initialiser fills it.",
    .operands = (const nsc_operand[]){NSC_MODEL_OPERAND,
                                      {.name = "PATH", .help = "the path of a parameter, as nascent summary shows it"},
                                      {.name = NULL}},
    .options = (const nsc_option[]){[INPUT] = NSC_INPUT_SHAPE_OPTION,
                                    [WEIGHTS] = NSC_WEIGHTS_OPTION,
                                    [BACKEND] = NSC_BACKEND_OPTION,
                                    [JSON] = NSC_JSON_OPTION,
                                    {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent explain mlp.json 0.weight", "why the size is not known yet"},
                                      {"nascent explain mlp.json 0.weight --input 2x20", "where the size comes from"},
                                      {NULL, NULL}},
    .uses_device = 1,
    .run = run,
};
