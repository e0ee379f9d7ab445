/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance: Damerau 1964, with exchanges of neighbours ("optimal string alignment"). */
#include "near.h"

#include <string.h>

#define LONGEST 32

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= a_length; i++)
        rows[i][0] = i;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++)
        for (size_t j = 1; j <= b_length; j++) {
            size_t value = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            value = least(value, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                value = least(value, rows[i - 2][j - 2] + 1);
            rows[i][j] = value;
        }
    return rows[a_length][b_length];
}

const char *nsc_near(const char *word, const char *const *names, size_t count)
{
    const size_t length = strlen(word);
    const char *nearest = NULL;
    size_t best = length / 3 + 1;
    if (length > LONGEST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t far = strlen(names[i]) > LONGEST ? LONGEST : distance(word, length, names[i], strlen(names[i]));
        if (far <= best && (nearest == NULL || far < best)) {
            nearest = names[i];
            best = far;
        }
    }
    return nearest;
}
