/* SPDX-License-Identifier: Apache-2.0 */
/* The questions that `nascent devices` asks in child processes. The answers are JSON. */
#ifndef NASCENT_TOOLS_PROBE_H
#define NASCENT_TOOLS_PROBE_H

#include <stdio.h>

/* {"status", "error", "devices": [...]} of one backend. The result is the exit code. */
int nsc_probe_backend(const char *name, FILE *to);
/* {"status", "error": [...], "report": [...], "device": {...}} of what would be chosen. */
int nsc_probe_choice(FILE *to);

#endif
