/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may have meant. */
#ifndef NASCENT_TOOLS_NEAR_H
#define NASCENT_TOOLS_NEAR_H

#include <stddef.h>

/* The name nearest to word, or NULL where none is near: more than a third of the letters would have to change. */
const char *nsc_near(const char *word, const char *const *names, size_t count);

#endif
