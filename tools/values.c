/* SPDX-License-Identifier: Apache-2.0 */
/* Whole numbers, shapes and words of a command line. */
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nsc_read_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value, char *wrong, size_t capacity)
{
    const uint64_t most = high > 0 ? high : UINT64_MAX;
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != 0) {
        snprintf(wrong, capacity, "this is no whole number; say %" PRIu64 " to %" PRIu64 ", in digits", low, most);
        return 0;
    }
    errno = 0;
    *value = strtoull(text, NULL, 10);
    if (errno == 0 && *value >= low && *value <= most)
        return 1;
    snprintf(wrong, capacity, "this is too %s; say %" PRIu64 " to %" PRIu64,
             errno == 0 && *value < low ? "small" : "large", low, most);
    return 0;
}

/* One size at *text, which moves behind it. */
static int read_size(const char **text, int64_t *size, char *wrong, size_t capacity)
{
    const size_t digits = strspn(*text, "0123456789");
    if (**text == '?' || strncmp(*text, "-1", 2) == 0) {
        *text += **text == '?' ? 1 : 2;
        *size = NSC_UNKNOWN;
        return 1;
    }
    if (digits == 0 && **text == 0)
        snprintf(wrong, capacity, "the last size is missing");
    else if (digits == 0 && **text == 'x')
        snprintf(wrong, capacity, "a size is missing before an x");
    else if (digits == 0)
        snprintf(wrong, capacity, "'%s' begins no size", *text);
    if (digits == 0)
        return 0;
    errno = 0;
    *size = strtoll(*text, NULL, 10);
    if (errno != 0) {
        snprintf(wrong, capacity, "the size %.*s is larger than 2^63 - 1", digits > 40 ? 40 : (int)digits, *text);
        return 0;
    }
    *text += digits;
    return 1;
}

int nsc_read_shape(const char *text, nsc_shape *shape, char *wrong, size_t capacity)
{
    *shape = (nsc_shape){0};
    if (*text == 0) {
        snprintf(wrong, capacity, "the shape is empty");
        return 0;
    }
    while (shape->rank < NSC_MAX_RANK) {
        if (!read_size(&text, &shape->dims[shape->rank], wrong, capacity))
            return 0;
        shape->rank++;
        if (*text == 0)
            return 1;
        if (*text != 'x') {
            snprintf(wrong, capacity, "'%s' stands where an x or the end is expected", text);
            return 0;
        }
        text++;
    }
    snprintf(wrong, capacity, "a tensor has at most %d sizes", NSC_MAX_RANK);
    return 0;
}

int nsc_is_word(const char *text, const char *const *words, char *wrong, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0)
            return 1;
        if (used < capacity)
            used += (size_t)snprintf(wrong + used, capacity - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return 0;
}

const char *nsc_shape_text(int rank, const int64_t *dims, char *text, size_t capacity)
{
    size_t used = (size_t)snprintf(text, capacity, "(");
    for (int i = 0; i < rank && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%" PRId64, i > 0 ? ", " : "", dims[i]);
    if (used < capacity)
        snprintf(text + used, capacity - used, "%s)", rank == 1 ? "," : "");
    return text;
}
