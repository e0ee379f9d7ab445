/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about backends, answered by a child process, so that a driver that hangs or aborts is told. */
#ifndef NASCENT_TOOLS_ASK_H
#define NASCENT_TOOLS_ASK_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* The devices of a backend, or with name NULL what would be chosen, as an object of `nascent devices --json` that the
 * caller owns. NULL, with the reason in why: there is no answer within so many seconds. */
cJSON *nsc_ask(const char *name, unsigned seconds, char *why, size_t capacity);
/* The text of a key, "" where it is not there. */
const char *nsc_ask_text(const cJSON *object, const char *key);

#endif
