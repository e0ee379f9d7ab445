/* SPDX-License-Identifier: Apache-2.0 */
/* A description as text: what fits on a line stands on one, nodes stand on lines of their own. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/model.h"

enum { LINE = 110, INDENT = 2 };

typedef struct printer {
    char *text;
    size_t length, capacity;
    bool failed;
} printer;

static void put(printer *p, const char *text, size_t length)
{
    if (p->failed)
        return;
    if (p->capacity - p->length < length + 1) {
        const size_t capacity = (p->capacity + length + 64) * 2;
        char *larger = realloc(p->text, capacity);
        if (larger == NULL) {
            p->failed = true;
            return;
        }
        p->text = larger;
        p->capacity = capacity;
    }
    memcpy(p->text + p->length, text, length);
    p->length += length;
    p->text[p->length] = 0;
}

static void put_text(printer *p, const char *text)
{
    put(p, text, strlen(text));
}

/* The fewest digits that read as the same double, with a point in every locale. */
static void put_number(printer *p, double value)
{
    char text[64];
    if (floor(value) == value && fabs(value) < 1e15) {
        snprintf(text, sizeof text, "%.0f", value);
    } else {
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, value);
            if (strtod(text, NULL) == value)
                break;
        }
        const size_t before = strspn(text, "-0123456789"), point = strcspn(text + before, "e0123456789");
        if (point > 0) {
            text[before] = '.';
            memmove(text + before + 1, text + before + point, strlen(text + before + point) + 1);
        }
    }
    put_text(p, text);
}

static void put_scalar(printer *p, const cJSON *item)
{
    if (cJSON_IsNumber(item)) {
        put_number(p, item->valuedouble);
        return;
    }
    char *text = cJSON_PrintUnformatted(item);
    if (text == NULL)
        p->failed = true;
    else
        put_text(p, text);
    cJSON_free(text);
}

static void put_key(printer *p, const cJSON *item)
{
    if (item->string == NULL)
        return;
    put_text(p, "\""); /* the keys of this format need no escape */
    put_text(p, item->string);
    put_text(p, "\": ");
}

static void put_inline(printer *p, const cJSON *item)
{
    const bool array = cJSON_IsArray(item);
    const cJSON *child;
    if (!array && !cJSON_IsObject(item)) {
        put_scalar(p, item);
        return;
    }
    put_text(p, array ? "[" : "{");
    cJSON_ArrayForEach(child, item)
    {
        put_key(p, child);
        put_inline(p, child);
        if (child->next != NULL)
            put_text(p, ", ");
    }
    put_text(p, array ? "]" : "}");
}

/* It has nodes, somewhere. */
static bool has_lines(const cJSON *item)
{
    const cJSON *child;
    cJSON_ArrayForEach(child, item)
    {
        if ((cJSON_IsArray(item) && cJSON_IsObject(child)) || has_lines(child))
            return true;
    }
    return false;
}

static void put_item(printer *p, const cJSON *item, size_t indent, size_t column)
{
    const bool array = cJSON_IsArray(item);
    const size_t start = p->length;
    const cJSON *child;
    if (indent > 0 && !has_lines(item)) {
        put_inline(p, item);
        if (p->failed || item->child == NULL || column + (p->length - start) <= LINE)
            return;
        p->length = start;
    }
    put_text(p, array ? "[" : "{");
    cJSON_ArrayForEach(child, item)
    {
        char margin[2 + INDENT * NSC_MODEL_MAX_DEPTH];
        const int width = snprintf(margin, sizeof margin, "\n%*s", (int)(indent + INDENT), "");
        put(p, margin, (size_t)width < sizeof margin ? (size_t)width : sizeof margin - 1);
        const size_t line = p->length;
        put_key(p, child);
        put_item(p, child, indent + INDENT, indent + INDENT + (p->length - line));
        put_text(p, child->next != NULL ? "," : "\n");
    }
    char margin[1 + INDENT * NSC_MODEL_MAX_DEPTH];
    snprintf(margin, sizeof margin, "%*s", (int)indent, "");
    put_text(p, margin);
    put_text(p, array ? "]" : "}");
}

char *nsc_model_print(const cJSON *tree, size_t *length)
{
    printer p = {.text = NULL};
    put_item(&p, tree, 0, 0);
    put_text(&p, "\n");
    *length = p.length;
    if (!p.failed)
        return p.text;
    free(p.text);
    return NULL;
}
