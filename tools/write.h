/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are complete or not there. */
#ifndef NASCENT_TOOLS_WRITE_H
#define NASCENT_TOOLS_WRITE_H

#include <stddef.h>

/* Writes the file beside the old one, then renames it. The exit code; option names it where that is said. */
int nsc_write_file(const char *option, const char *file, const char *text, size_t length);

#endif
