/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash and zsh, from the tables. */
#include <string.h>

#include "help.h"

static void names_of_commands(FILE *to)
{
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL)
            fprintf(to, "%s ", (*c)->name);
}

/* What may follow "--option", as a branch of `case $command$previous`. */
static void bash_value(FILE *to, const nsc_command *command, const nsc_option *option)
{
    fprintf(to, "    %s--%s)", command->name, option->name);
    if (option->kind == NSC_OPTION_FILE) {
        fputs(" files=yes ;;\n", to);
        return;
    }
    fputs(" words='", to);
    for (size_t i = 0; option->words != NULL && option->words[i] != NULL; i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", option->words[i]);
    fputs("' ;;\n", to);
}

/* What may stand elsewhere, as a branch of `case $command/$current`. */
static void bash_words(FILE *to, const nsc_command *command)
{
    fprintf(to, "        %s/-*) words='", command->name);
    for (const nsc_option *o = command->options; o->name != NULL; o++)
        fprintf(to, "--%s ", o->name);
    fputs("--help' ;;\n", to);
    if (command->operands[0].kind == NSC_OPERAND_FILE)
        fprintf(to, "        %s/*) files=yes ;;\n", command->name);
    if (command->operands[0].kind == NSC_OPERAND_COMMAND) {
        fprintf(to, "        %s/*) words='", command->name);
        names_of_commands(to);
        fputs("' ;;\n", to);
    }
}

void nsc_completion_bash(FILE *to)
{
    fputs("# Completion of nascent for bash; made by `nascent help --completion bash`.\n"
          "_nascent() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
          "    local words='' files=''\n"
          "    COMPREPLY=()\n"
          "    [ \"$COMP_CWORD\" -eq 1 ] && command='' previous=''\n"
          "    case $command$previous in\n"
          "    '') words='",
          to);
    names_of_commands(to);
    fputs("--help --version' ;;\n", to);
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        for (const nsc_option *o = (*c)->options; (*c)->purpose != NULL && o->name != NULL; o++)
            if (o->kind != NSC_OPTION_FLAG)
                bash_value(to, *c, o);
    fputs("    *)\n"
          "        case $command/$current in\n",
          to);
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL)
            bash_words(to, *c);
    fputs("        esac ;;\n"
          "    esac\n"
          "    if [ -n \"$files\" ]; then\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "    elif [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    fi\n"
          "}\n"
          "complete -F _nascent nascent\n",
          to);
}

/* Inside '...' of a specification of _arguments: ends of explanations and of parts are escaped. */
static void zsh_text(FILE *to, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", to);
        else if (strchr(":[]\\", *text) != NULL)
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
}

static void zsh_option(FILE *to, const nsc_option *option)
{
    fprintf(to, " \\\n        '%s--%s%s[", option->most > 1 ? "*" : "", option->name, option->argument ? "=" : "");
    zsh_text(to, option->help);
    fputc(']', to);
    if (option->argument != NULL) {
        fputc(':', to);
        zsh_text(to, option->argument);
        fputs(option->kind == NSC_OPTION_FILE ? ":_files" : ":", to);
    }
    if (option->words != NULL) {
        fputc('(', to);
        for (size_t i = 0; option->words[i] != NULL; i++)
            fprintf(to, "%s%s", i > 0 ? " " : "", option->words[i]);
        fputc(')', to);
    }
    fputc('\'', to);
}

static void zsh_operand(FILE *to, const nsc_operand *operand, size_t place)
{
    fprintf(to, " \\\n        '%zu:%s%s:", place, operand->optional ? ":" : "", operand->name);
    if (operand->kind == NSC_OPERAND_FILE)
        fputs("_files", to);
    if (operand->kind == NSC_OPERAND_COMMAND) {
        fputc('(', to);
        names_of_commands(to);
        fputc(')', to);
    }
    fputc('\'', to);
}

void nsc_completion_zsh(FILE *to)
{
    fputs("#compdef nascent\n"
          "# Completion of nascent for zsh; made by `nascent help --completion zsh`.\n"
          "_nascent() {\n"
          "    local -a commands\n"
          "    commands=(\n",
          to);
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++)
        if ((*c)->purpose != NULL) {
            fprintf(to, "        '%s:", (*c)->name);
            zsh_text(to, (*c)->purpose);
            fputs("'\n", to);
        }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe -t commands 'nascent subcommand' commands\n"
          "        _arguments '--help[the subcommands]' '--version[the version]'\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          to);
    for (const nsc_command *const *c = nsc_commands; *c != NULL; c++) {
        if ((*c)->purpose == NULL)
            continue;
        fprintf(to, "    %s)\n        _arguments", (*c)->name);
        for (size_t i = 0; (*c)->operands[i].name != NULL; i++)
            zsh_operand(to, &(*c)->operands[i], i + 1);
        for (const nsc_option *o = (*c)->options; o->name != NULL; o++)
            zsh_option(to, o);
        fputs(" \\\n        '--help[what it does and takes]' ;;\n", to);
    }
    fputs("    esac\n"
          "}\n"
          "_nascent \"$@\"\n",
          to);
}
