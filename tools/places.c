/* SPDX-License-Identifier: Apache-2.0 */
/* Files by order or by name. */
#include "places.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

const char *const nsc_model_inputs[] = {"input", NULL};
const char *const nsc_model_outputs[] = {"output", NULL};

/* Of name (length bytes), or of the first name without a file where there is no name. names[result] is NULL: none. */
static size_t find(const char *name, size_t length, const char *const *names, const char *const *files)
{
    size_t i = 0;
    while (names[i] != NULL &&
           (name != NULL ? strlen(names[i]) != length || strncmp(names[i], name, length) != 0 : files[i] != NULL))
        i++;
    return i;
}

static void list(const char *const *names, char *text, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; names[i] != NULL && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%s", i > 0 ? ", " : "", names[i]);
}

int nsc_places(const char *what, const nsc_given *given, const char *const *names, const char **files)
{
    char known[256] = "";
    list(names, known, sizeof known);
    for (size_t i = 0; i < given->count; i++) {
        const char *text = given->values[i].text, *equals = strchr(text, '='), *slash = strchr(text, '/');
        const int named = equals != NULL && (slash == NULL || slash > equals);
        const size_t place = find(named ? text : NULL, named ? (size_t)(equals - text) : 0, names, files);
        if (names[place] == NULL && named)
            return nsc_say_usage(
                       "--%s %s: the model has no %s of that name; say one of: %s (or ./%s for a file of that "
                       "name)",
                       what, text, what, known, text),
                   0;
        if (names[place] == NULL)
            return nsc_say_usage("--%s %s: the model has no further %s; it has: %s", what, text, what, known), 0;
        if (files[place] != NULL)
            return nsc_say_usage("--%s %s: %s has a file already, %s; give one of them", what, text, names[place],
                                 files[place]),
                   0;
        files[place] = named ? equals + 1 : text;
        if (*files[place] == 0)
            return nsc_say_usage("--%s %s: the name of a file is empty; give one", what, text), 0;
    }
    return 1;
}
