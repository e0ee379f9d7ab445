/* SPDX-License-Identifier: Apache-2.0 */
/* What a person looks at: colour, width, and lines that are written over. */
#ifndef NASCENT_TOOLS_TERMINAL_H
#define NASCENT_TOOLS_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* Escape sequences for a terminal; "" for anything else, where NO_COLOR is set and not empty, or TERM is dumb. */
const char *nsc_bold(FILE *to);
const char *nsc_red(FILE *to);
const char *nsc_green(FILE *to);
const char *nsc_plain(FILE *to);

/* 1 for a terminal that understands escape sequences. */
int nsc_is_terminal(FILE *to);
/* The columns of a terminal, 20 or more; 80 for anything else. */
size_t nsc_width(FILE *to);

/* In a text to be wrapped: a space at which the line is not broken. */
#define NSC_HARD_SPACE '\1'
/* Writes text (of any length; line ends stay) broken at spaces so that no line passes the width. The first line begins in
 * column `column`, which was reached already; the others are indented to it. Ends with a line end. */
void nsc_print_wrapped(FILE *to, const char *text, size_t column);

#endif
