/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, on standard error: "nascent SUBCOMMAND: what, where; what to do". Each gives the exit code that belongs to it. */
#ifndef NASCENT_TOOLS_SAY_H
#define NASCENT_TOOLS_SAY_H

#include <stddef.h>

#include <nascent/nascent.h>

/* The subcommand that is running; NULL: none yet. */
void nsc_say_for(const char *subcommand);
/* The command line is wrong. */
int nsc_say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The work failed. */
int nsc_say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A call of the library failed: its error chain, and the remedy where the chain does not end its first line with one. */
int nsc_say_refused(const char *remedy);
/* 1: what is to be written to this file can be, as far as can be told before the work: its folder is there, may be written
 * to, and the file is no folder. Else 0, and said. option names it. */
int nsc_say_writable(const char *option, const char *file);

#endif
