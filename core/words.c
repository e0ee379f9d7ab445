/* SPDX-License-Identifier: Apache-2.0 */
#include "core/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nsc_words_find(const char *given, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], given) == 0)
            return i;
    return -1;
}

/* Insertions, deletions and replacements between two words; long ones are far. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t row[LONGEST + 1], na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t above = row[j], changed = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
            row[j] = changed < row[j] ? changed : row[j];
            diagonal = above;
        }
    }
    return row[nb];
}

const char *nsc_words_advice(const char *given, const char *const *words, char *text, size_t capacity)
{
    const size_t length = strlen(given);
    size_t used, best = length < 3 ? length : 3; /* a word that shares nothing is not near */
    const char *near = NULL;
    for (size_t i = 0; words[i] != NULL; i++) {
        const size_t d = distance(given, words[i]);
        if (d < best) {
            best = d;
            near = words[i];
        }
    }
    used = (size_t)snprintf(text, capacity, near != NULL ? "say %s" : "say one of:", near);
    for (size_t i = 0; near == NULL && words[i] != NULL && used < capacity; i++) {
        const bool fits = used + strlen(words[i]) + sizeof ", , ..." < capacity;
        used += (size_t)snprintf(text + used, capacity - used, "%s %s", i ? "," : "", fits ? words[i] : "...");
        if (!fits)
            break;
    }
    return text;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const nsc_name *)a)->name, ((const nsc_name *)b)->name);
}

void nsc_names_sort(nsc_name *names, size_t count)
{
    if (count > 0)
        qsort(names, count, sizeof *names, by_name);
}

const nsc_name *nsc_names_find(const nsc_name *sorted, size_t count, const char *name)
{
    const nsc_name wanted = {name, 0};
    return count == 0 ? NULL : bsearch(&wanted, sorted, count, sizeof wanted, by_name);
}

const char *nsc_names_twice(const nsc_name *sorted, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0)
            return sorted[i].name;
    return NULL;
}
