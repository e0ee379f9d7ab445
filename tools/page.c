/* SPDX-License-Identifier: Apache-2.0 */
/* --help, and the words that the manual pages share with it. */
#include "help.h"

#include <string.h>

#include "terminal.h"

enum { COLUMN = 24 }; /* where explanations begin */

const int nsc_exit_codes[] = {NSC_EXIT_OK, NSC_EXIT_FAILED, NSC_EXIT_USAGE, NSC_EXIT_UNAVAILABLE, -1};

const nsc_variable nsc_variables[] = {
    {"NASCENT_BACKEND", "the backend and device: reference, opencl:gpu, or a list of choices; else the best one here",
     1},
    {"NASCENT_BACKEND_PATH", "folders with further backends, absolute, separated by colons", 1},
    {"NASCENT_LOG", "error, warning, info or debug: what is told on standard error", 1},
    {"NASCENT_COMPOSE", "kinds of operations that are composed although the device offers them", 1},
    {"NASCENT_CACHE_DIR", "where compiled programs are kept, or off", 1},
    {"NASCENT_THREADS", "how many threads a backend may own", 1},
    {"NO_COLOR", "not empty: no colour, also on a terminal", 0},
    {NULL, NULL, 0},
};

const char *nsc_exit_text(const nsc_command *command, int code)
{
    switch (code) {
    case NSC_EXIT_OK:
        return command != NULL && command->done != NULL ? command->done : "done";
    case NSC_EXIT_FAILED:
        return command != NULL && command->failed != NULL ? command->failed
                                                          : "the work failed; standard error says why";
    case NSC_EXIT_USAGE:
        return "the command line is wrong";
    default:
        return command != NULL ? command->unavailable : "conformance alone: the device is not on this machine";
    }
}

void nsc_option_usage(const nsc_option *option, char *text, size_t capacity)
{
    snprintf(text, capacity, "%s--%s%s%s%s%s", option->required ? "" : "[", option->name,
             option->argument != NULL ? " " : "", option->argument != NULL ? option->argument : "",
             option->most > 1 ? " ..." : "", option->required ? "" : "]");
}

static void heading(FILE *to, const char *text)
{
    fprintf(to, "\n%s%s%s\n", nsc_bold(to), text, nsc_plain(to));
}

/* "  name    explanation"; a long name has a line of its own. */
static void entry(FILE *to, const char *name, const char *text)
{
    if (strlen(name) + 4 > COLUMN)
        fprintf(to, "  %s\n%*s", name, COLUMN, "");
    else
        fprintf(to, "  %-*s", COLUMN - 2, name);
    nsc_print_wrapped(to, text, COLUMN);
}

static void usage(const nsc_command *command, FILE *to)
{
    char text[1024] = "", part[96];
    size_t used = 0;
    for (const nsc_operand *o = command->operands; o->name != NULL; o++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s ", o->optional ? "[" : "", o->name,
                                 o->optional ? "]" : "");
    for (const nsc_option *o = command->options; o->name != NULL; o++) {
        nsc_option_usage(o, part, sizeof part);
        for (char *c = part; *c; c++)
            if (*c == ' ')
                *c = NSC_HARD_SPACE; /* an option stays on one line */
        used += (size_t)snprintf(text + used, sizeof text - used, "%s ", part);
    }
    nsc_print_wrapped(to, text, (size_t)fprintf(to, "usage: nascent %s ", command->name));
}

static void option_entries(const nsc_command *command, FILE *to)
{
    char name[96];
    for (const nsc_option *o = command->options; o->name != NULL; o++) {
        snprintf(name, sizeof name, "--%s%s%s", o->name, o->argument != NULL ? " " : "",
                 o->argument != NULL ? o->argument : "");
        entry(to, name, o->help);
    }
    entry(to, "-h, --help", "this text");
}

static void ends(const nsc_command *command, FILE *to)
{
    char name[16];
    heading(to, "exit codes:");
    for (const int *code = nsc_exit_codes; *code >= 0; code++) {
        const char *text = nsc_exit_text(command, *code);
        snprintf(name, sizeof name, "%d", *code);
        if (text != NULL)
            entry(to, name, text);
    }
    heading(to, "environment:");
    for (const nsc_variable *v = nsc_variables; v->name != NULL; v++)
        if (command == NULL || command->uses_device || !v->of_devices)
            entry(to, v->name, v->help);
}

void nsc_help_list(FILE *to)
{
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL)
            entry(to, (*c)->name, (*c)->purpose);
}

static void print_whole(FILE *to)
{
    fprintf(to, "usage: nascent SUBCOMMAND [ARGUMENT ...]\n       nascent --help | --version\n\n");
    nsc_print_wrapped(to, "Neural networks that are declared without input sizes, on whatever backend is here.", 0);
    heading(to, "subcommands:");
    nsc_help_list(to);
    fprintf(to, "\nnascent SUBCOMMAND --help tells more; man nascent-SUBCOMMAND says the same.\n");
    ends(NULL, to);
}

void nsc_help_print(const nsc_command *command, FILE *to)
{
    if (command == NULL) {
        print_whole(to);
        return;
    }
    usage(command, to);
    fprintf(to, "\n");
    nsc_print_wrapped(to, command->description, 0);
    if (command->operands[0].name != NULL)
        heading(to, "arguments:");
    for (const nsc_operand *o = command->operands; o->name != NULL; o++)
        entry(to, o->name, o->help);
    heading(to, "options:");
    option_entries(command, to);
    heading(to, "examples:");
    for (const nsc_example *e = command->examples; e->text != NULL; e++) {
        fprintf(to, "  %s\n      ", e->text);
        nsc_print_wrapped(to, e->help, 6);
    }
    ends(command, to);
}
