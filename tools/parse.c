/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines, by the table of a subcommand. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "help.h"
#include "near.h"
#include "places.h"
#include "say.h"
#include "values.h"

int nsc_is_given(const nsc_arguments *arguments, size_t option)
{
    return arguments->options[option].count > 0;
}

const char *nsc_text_given(const nsc_arguments *arguments, size_t option)
{
    return nsc_is_given(arguments, option) ? arguments->options[option].values[0].text : NULL;
}

uint64_t nsc_whole_given(const nsc_arguments *arguments, size_t option)
{
    return nsc_is_given(arguments, option) ? arguments->options[option].values[0].whole
                                           : arguments->command->options[option].initial;
}

/* 1 for a word that is an option and cannot have been meant as a value: "--input --json". */
static int is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != 0;
}

static int no_such_option(const nsc_command *command, const char *word, size_t length)
{
    const char *names[NSC_MOST_OPTIONS + 1] = {"help"};
    size_t count = 1;
    char given[64];
    snprintf(given, sizeof given, "%.*s", (int)length, word);
    for (const nsc_option *o = command->options; o->name != NULL; o++)
        names[count++] = o->name;
    const char *near = nsc_near(given + strspn(given, "-"), names, count);
    if (near != NULL)
        return nsc_say_usage("there is no option %s; did you mean --%s?", given, near);
    return nsc_say_usage("there is no option %s; the options are listed by --help", given);
}

/* The value that was given for an option, checked. 0: said what is wrong. */
static int take(const nsc_option *option, const char *text, nsc_given *given)
{
    const size_t most = option->most > 0 ? option->most : 1;
    char wrong[160];
    if (given->count == most && most == 1)
        return nsc_say_usage("--%s is given twice; give it once", option->name), 0;
    if (given->count == most)
        return nsc_say_usage("--%s is given more than %zu times; leave some out", option->name, most), 0;
    nsc_value_given *value = &given->values[given->count];
    value->text = text;
    if (option->kind == NSC_OPTION_WHOLE &&
        !nsc_read_whole(text, option->low, option->high, &value->whole, wrong, sizeof wrong))
        return nsc_say_usage("--%s %s: %s", option->name, text, wrong), 0;
    if (option->kind == NSC_OPTION_SHAPE && !nsc_read_shape(nsc_behind_name(text), &value->shape, wrong, sizeof wrong))
        return nsc_say_usage("--%s %s: %s; say 2x20, or ?x20 where a size is unknown", option->name, text, wrong), 0;
    if (option->kind == NSC_OPTION_FILE && *text == 0)
        return nsc_say_usage("--%s: the name of a file is empty; give one", option->name), 0;
    if (option->words != NULL && !nsc_is_word(text, option->words, wrong, sizeof wrong))
        return nsc_say_usage("--%s %s: there is no such word; say one of: %s", option->name, text, wrong), 0;
    given->count++;
    return 1;
}

/* The option at argv[*at], with its value; *at moves onto the value. 0: said what is wrong. */
static int read_option(const nsc_command *command, int argc, char **argv, int *at, nsc_arguments *arguments)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    const size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const nsc_option *option = command->options;
    while (option->name != NULL && (strlen(option->name) + 2 != length || strncmp(word, "--", 2) != 0 ||
                                    strncmp(word + 2, option->name, length - 2) != 0))
        option++;
    if (option->name == NULL)
        return no_such_option(command, word, length), 0;
    nsc_given *given = &arguments->options[option - command->options];
    if (option->kind == NSC_OPTION_FLAG && equals != NULL)
        return nsc_say_usage("--%s takes no value, and '%s' was given; leave it out", option->name, equals + 1), 0;
    if (option->kind == NSC_OPTION_FLAG || equals != NULL)
        return take(option, equals != NULL ? equals + 1 : "", given);
    if (*at + 1 == argc)
        return nsc_say_usage("--%s needs a value, and the command line ends there; give %s", option->name,
                             option->argument),
               0;
    if (is_option(argv[*at + 1]))
        return nsc_say_usage("--%s needs a value, and '%s' follows; give %s (or --%s=%s where that is meant)",
                             option->name, argv[*at + 1], option->argument, option->name, argv[*at + 1]),
               0;
    return take(option, argv[++*at], given);
}

static int is_complete(const nsc_command *command, const nsc_arguments *arguments)
{
    for (size_t i = 0; command->operands[i].name != NULL; i++)
        if (arguments->operands[i] == NULL && !command->operands[i].optional)
            return nsc_say_usage("%s is missing; give %s", command->operands[i].name, command->operands[i].help), 0;
    for (size_t i = 0; command->options[i].name != NULL; i++)
        if (command->options[i].required && !nsc_is_given(arguments, i))
            return nsc_say_usage("--%s is missing; give --%s %s, %s", command->options[i].name,
                                 command->options[i].name, command->options[i].argument, command->options[i].help),
                   0;
    return 1;
}

/* 0: said what is wrong. */
static int read_operand(const nsc_command *command, const char *word, nsc_arguments *arguments)
{
    size_t i = 0;
    while (command->operands[i].name != NULL && arguments->operands[i] != NULL)
        i++;
    if (command->operands[i].name == NULL)
        return nsc_say_usage("'%s' is one word too many; leave it out, or put the option that it belongs to before it",
                             word),
               0;
    if (*word == 0)
        return nsc_say_usage("%s is empty; give %s", command->operands[i].name, command->operands[i].help), 0;
    arguments->operands[i] = word;
    return 1;
}

int nsc_parse(const nsc_command *command, int argc, char **argv, nsc_arguments *arguments, int *code)
{
    int options_end = 0;
    *arguments = (nsc_arguments){.command = command};
    *code = NSC_EXIT_USAGE;
    for (int i = 1; i < argc && !options_end && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            nsc_help_print(command, stdout);
            *code = NSC_EXIT_OK;
            return 0;
        }
    for (int i = 1; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0)
            options_end = 1;
        else if (!options_end && argv[i][0] == '-' && argv[i][1] != 0) {
            if (!read_option(command, argc, argv, &i, arguments))
                return 0;
        } else if (!read_operand(command, argv[i], arguments)) {
            return 0;
        }
    }
    return is_complete(command, arguments);
}
