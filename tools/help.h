/* SPDX-License-Identifier: Apache-2.0 */
/* What is made from the tables of subcommands: help, manual pages, completion. Where command is NULL, the page is that of
 * the whole command. */
#ifndef NASCENT_TOOLS_HELP_H
#define NASCENT_TOOLS_HELP_H

#include <stdio.h>

#include "command.h"

/* page.c */
void nsc_help_print(const nsc_command *command, FILE *to);
/* The subcommands, a line each. */
void nsc_help_list(FILE *to);
/* "--input SHAPE" as the usage shows it, "[--input SHAPE ...]". */
void nsc_option_usage(const nsc_option *option, char *text, size_t capacity);
/* The meaning of an exit code; NULL: the subcommand never ends with it. */
const char *nsc_exit_text(const nsc_command *command, int code);
/* Exit codes in order; ended by -1. */
extern const int nsc_exit_codes[];
/* Variables that matter wherever a device is opened, and those that matter everywhere. Ended by a NULL name. */
typedef struct nsc_variable {
    const char *name, *help;
    int of_devices;
} nsc_variable;
extern const nsc_variable nsc_variables[];

/* manual.c: man(7), for man1. */
void nsc_manual_print(const nsc_command *command, FILE *to);

/* completion.c */
void nsc_completion_bash(FILE *to);
void nsc_completion_zsh(FILE *to);

#endif
