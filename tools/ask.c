/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side of nascent probe. */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "progress.h"

cJSON *nsc_ask(const char *name, unsigned seconds, char *why, size_t capacity)
{
    char *command[] = {strdup("nascent"), strdup("probe"), name ? strdup(name) : NULL, NULL};
    nsc_progress("asking %s, for at most %u s", name ? name : "what would be chosen", seconds);
    char *text = nsc_child_ask(command, seconds, why, capacity);
    nsc_progress_end();
    for (size_t i = 0; i < 3; i++)
        free(command[i]);
    cJSON *object = text ? cJSON_Parse(text) : NULL;
    if (text && !object)
        snprintf(why, capacity, "the child process gave no answer that can be read");
    free(text);
    return object;
}

const char *nsc_ask_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}
