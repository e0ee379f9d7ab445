/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages in man(7), from the tables. */
#include <ctype.h>
#include <string.h>

#include "help.h"

/* Text in which nothing is an instruction to roff, not even at the beginning of a line. */
static void plain(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", to);
    for (; *text; text++)
        switch (*text) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\'':
            fputs("\\(aq", to);
            break;
        case '"':
            fputs("\\(dq", to);
            break;
        case '\n':
            fputs(text[1] == '\n' ? "\n.PP\n" : "\n", to);
            text += text[1] == '\n';
            break;
        default:
            fputc(*text, to);
        }
}

static void in_font(FILE *to, const char *font, const char *text)
{
    fprintf(to, "\\f%s", font);
    plain(to, text);
    fputs("\\fR", to);
}

static void section(FILE *to, const char *name)
{
    fprintf(to, ".SH %s\n", name);
}

static void item(FILE *to, const char *name, const char *argument, const char *text)
{
    fputs(".TP\n", to);
    in_font(to, "B", name);
    if (argument != NULL) {
        fputc(' ', to);
        in_font(to, "I", argument);
    }
    fputc('\n', to);
    plain(to, text);
    fputc('\n', to);
}

static void option_item(FILE *to, const nsc_option *option)
{
    char name[64];
    snprintf(name, sizeof name, "--%s", option->name);
    item(to, name, option->argument, option->help);
}

static void title(FILE *to, const char *name, const char *purpose)
{
    fputs(".\\\" Made by `nascent help --man` from the table of the command.\n.TH NASCENT", to);
    for (const char *c = name; c != NULL && *c; c++) {
        fputs(c == name ? "\\-" : "", to);
        fputc(toupper((unsigned char)*c), to);
    }
    fprintf(to, " 1 \"\" \"nascent %s\" \"Nascent\"\n.nh\n.ad l\n", NASCENT_VERSION);
    section(to, "NAME");
    fprintf(to, "nascent%s%s \\- ", name != NULL ? "\\-" : "", name != NULL ? name : "");
    plain(to, purpose);
    fputc('\n', to);
}

static void synopsis(FILE *to, const nsc_command *command)
{
    section(to, "SYNOPSIS");
    fprintf(to, ".B nascent %s\n", command->name);
    for (const nsc_operand *o = command->operands; o->name != NULL; o++) {
        fputs(o->optional ? "[" : "", to);
        in_font(to, "I", o->name);
        fputs(o->optional ? "]\n" : "\n", to);
    }
    for (const nsc_option *o = command->options; o->name != NULL; o++) {
        fprintf(to, "%s\\fB\\-\\-", o->required ? "" : "[");
        plain(to, o->name);
        fputs("\\fR", to);
        if (o->argument != NULL) {
            fputs("\\ ", to);
            in_font(to, "I", o->argument);
        }
        fprintf(to, "%s%s\n", o->most > 1 ? "\\ ...\\&" : "", o->required ? "" : "]");
    }
}

static void ends(FILE *to, const nsc_command *command)
{
    char name[16];
    section(to, "EXIT STATUS");
    for (const int *code = nsc_exit_codes; *code >= 0; code++) {
        const char *text = nsc_exit_text(command, *code);
        snprintf(name, sizeof name, "%d", *code);
        if (text != NULL)
            item(to, name, NULL, text);
    }
    section(to, "ENVIRONMENT");
    for (const nsc_variable *v = nsc_variables; v->name != NULL; v++)
        if (command == NULL || command->uses_device || !v->of_devices)
            item(to, v->name, NULL, v->help);
}

static void see_also(FILE *to, const nsc_command *command)
{
    section(to, "SEE ALSO");
    if (command != NULL)
        fputs(".BR nascent (1)", to);
    int more = command != NULL;
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if (*c != command && (*c)->purpose != NULL) {
            fprintf(to, "%s.BR nascent\\-%s (1)", more ? ",\n" : "", (*c)->name);
            more = 1;
        }
    fputc('\n', to);
}

static void print_whole(FILE *to)
{
    title(to, NULL, "neural networks that are declared without input sizes");
    section(to, "SYNOPSIS");
    fputs(".B nascent\n.I SUBCOMMAND\n[\\fIARGUMENT\\fR\\ ...]\n.br\n.B nascent \\-\\-help\n|\n.B \\-\\-version\n", to);
    section(to, "DESCRIPTION");
    plain(to,
          "Nascent runs neural networks whose sizes follow from the first data, on whatever backend is here: a plain "
          "CPU reference, any OpenCL device, or a plug-in.");
    fputs("\n", to);
    section(to, "SUBCOMMANDS");
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL)
            item(to, (*c)->name, NULL, (*c)->purpose);
    ends(to, NULL);
    see_also(to, NULL);
}

void nsc_manual_print(const nsc_command *command, FILE *to)
{
    if (command == NULL) {
        print_whole(to);
        return;
    }
    title(to, command->name, command->purpose);
    synopsis(to, command);
    section(to, "DESCRIPTION");
    plain(to, command->description);
    fputc('\n', to);
    section(to, "OPTIONS");
    for (const nsc_operand *o = command->operands; o->name != NULL; o++)
        item(to, o->name, NULL, o->help);
    for (const nsc_option *o = command->options; o->name != NULL; o++)
        option_item(to, o);
    item(to, "-h, --help", NULL, "the same, on standard output");
    ends(to, command);
    section(to, "EXAMPLES");
    for (const nsc_example *e = command->examples; e->text != NULL; e++) {
        fputs(".PP\n", to);
        plain(to, e->help);
        fputs(":\n.PP\n.RS 4\n.nf\n", to);
        plain(to, e->text);
        fputs("\n.fi\n.RE\n", to);
    }
    see_also(to, command);
}
