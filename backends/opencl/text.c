/* SPDX-License-Identifier: Apache-2.0 */
/* Growing texts. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(nsc_cl_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (text->length + more + 1 <= text->capacity)
        return true;
    size_t capacity = text->capacity * 2 + more + 256;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void nsc_cl_text_add(nsc_cl_text *text, const char *piece)
{
    size_t length = strlen(piece);
    if (!reserve(text, length))
        return;
    memcpy(text->data + text->length, piece, length + 1);
    text->length += length;
}

void nsc_cl_text_format(nsc_cl_text *text, const char *format, ...)
{
    char piece[512];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(piece, sizeof piece, format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= sizeof piece)
        text->failed = true;
    else
        nsc_cl_text_add(text, piece);
}

void nsc_cl_text_free(nsc_cl_text *text)
{
    free(text->data);
    *text = (nsc_cl_text){0};
}
