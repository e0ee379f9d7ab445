/* SPDX-License-Identifier: Apache-2.0 */
/* nascent help: the table of subcommands in every form that is made of it. */
#include <stdio.h>

#include "command.h"
#include "help.h"
#include "json.h"
#include "say.h"

enum { MAN, COMPLETION, JSON };

static const char *kind_of(const nsc_option *option)
{
    static const char *const names[] = {"flag", "text", "file", "whole number", "shape"};
    return names[option->kind];
}

static cJSON *option_json(const nsc_option *option)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", option->name);
    cJSON_AddStringToObject(object, "kind", kind_of(option));
    cJSON_AddItemToObject(object, "argument",
                          option->argument != NULL ? cJSON_CreateString(option->argument) : cJSON_CreateNull());
    cJSON_AddBoolToObject(object, "required", option->required);
    nsc_json_add_whole(object, "most", option->most > 0 ? option->most : 1);
    cJSON_AddStringToObject(object, "help", option->help);
    return object;
}

static cJSON *command_json(const nsc_command *command)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", command->name);
    cJSON_AddStringToObject(object, "purpose", command->purpose);
    cJSON *operands = cJSON_AddArrayToObject(object, "arguments");
    for (const nsc_operand *o = command->operands; o->name != NULL; o++) {
        cJSON *operand = cJSON_CreateObject();
        cJSON_AddStringToObject(operand, "name", o->name);
        cJSON_AddBoolToObject(operand, "required", !o->optional);
        cJSON_AddStringToObject(operand, "help", o->help);
        cJSON_AddItemToArray(operands, operand);
    }
    cJSON *options = cJSON_AddArrayToObject(object, "options");
    for (const nsc_option *o = command->options; o->name != NULL; o++)
        cJSON_AddItemToArray(options, option_json(o));
    cJSON *examples = cJSON_AddArrayToObject(object, "examples");
    for (const nsc_example *e = command->examples; e->text != NULL; e++)
        cJSON_AddItemToArray(examples, cJSON_CreateString(e->text));
    cJSON *codes = cJSON_AddArrayToObject(object, "exit_codes");
    for (const int *code = nsc_exit_codes; *code >= 0; code++)
        if (nsc_exit_text(command, *code) != NULL)
            cJSON_AddItemToArray(codes, cJSON_CreateNumber(*code));
    return object;
}

static int print_json(const nsc_command *command)
{
    cJSON *object = nsc_json_new(), *commands = cJSON_AddArrayToObject(object, "commands");
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL && (command == NULL || command == *c))
            cJSON_AddItemToArray(commands, command_json(*c));
    return nsc_json_print(object);
}

static int run(const nsc_arguments *arguments)
{
    const char *name = arguments->operands[0], *shell = nsc_text_given(arguments, COMPLETION);
    const nsc_command *command = name != NULL ? nsc_command_find(name) : NULL;
    if (name != NULL && (command == NULL || command->purpose == NULL))
        return nsc_say_usage("there is no subcommand '%s', SUBCOMMAND; nascent help lists them", name);
    if (nsc_is_given(arguments, MAN) + nsc_is_given(arguments, JSON) + (shell != NULL) > 1)
        return nsc_say_usage("--man, --completion and --json exclude each other; give one of them");
    if (shell != NULL && name != NULL)
        return nsc_say_usage("--completion is of all subcommands, and '%s' was given; leave it out", name);
    if (shell != NULL)
        (shell[0] == 'b' ? nsc_completion_bash : nsc_completion_zsh)(stdout);
    else if (nsc_is_given(arguments, MAN))
        nsc_manual_print(command, stdout);
    else if (nsc_is_given(arguments, JSON))
        return print_json(command);
    else
        nsc_help_print(command, stdout);
    return NSC_EXIT_OK;
}

static const char *const shells[] = {"bash", "zsh", NULL};

const nsc_command nsc_command_help = {
    .name = "help",
    .purpose = "explain a subcommand; print manual pages and completion",
    .description =
        "Prints what nascent SUBCOMMAND --help prints, or what nascent --help prints. The manual pages and the "
        "completion files that are installed are made by this subcommand too.",
    .operands = (const nsc_operand[]){{.name = "SUBCOMMAND",
                                       .kind = NSC_OPERAND_COMMAND,
                                       .optional = 1,
                                       .help = "the subcommand to be explained; without it, all in short"},
                                      {.name = NULL}},
    .options = (const nsc_option[]){[MAN] = {.name = "man", .help = "as a manual page, in man(7)"},
                                    [COMPLETION] = {.name = "completion",
                                                    .argument = "SHELL",
                                                    .kind = NSC_OPTION_TEXT,
                                                    .words = shells,
                                                    .help = "the completion file for a shell: bash or zsh"},
                                    [JSON] = NSC_JSON_OPTION,
                                    {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent help init", "what init does and takes"},
                                      {"nascent help --man init >nascent-init.1", "the manual page of init"},
                                      {"eval \"$(nascent help --completion bash)\"", "completion in this bash"},
                                      {NULL, NULL}},
    .run = run,
};
