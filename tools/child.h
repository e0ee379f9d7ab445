/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes with a time-out: this program once more, so that a driver that hangs or aborts takes nobody with it, and
 * programs that may be on this machine. */
#ifndef NASCENT_TOOLS_CHILD_H
#define NASCENT_TOOLS_CHILD_H

#include <stddef.h>

/* The descriptor on which this program answers when it runs once more. Its standard streams are left to drivers; what they
 * print goes to standard error. */
#define NSC_CHILD_ANSWER 3

/* Runs `nascent argv[1] ...` (argv ends with NULL) for at most `seconds`. The result is what it wrote, ended by 0, to be
 * freed; NULL, with the reason in why, when it could not be started, did not end in time (it is killed), was ended by a
 * signal, or ended with another code than 0. */
char *nsc_child_ask(char *const *argv, unsigned seconds, char *why, size_t capacity);

/* The same for the program argv[0], which is looked for in PATH: it reads the descriptor `input`, answers on standard
 * output, and its standard error is the descriptor `errors`. *missing is set when there is no such program. */
char *nsc_child_filter(char *const *argv, int input, int errors, unsigned seconds, int *missing, char *why,
                       size_t capacity);

#endif
