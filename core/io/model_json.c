/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a model description: bounded before it is parsed, its keys and types checked before they are used. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/io/model.h"
#include "core/words.h"

#define MAX_EXACT 9007199254740991.0 /* 2^53 - 1: beyond it a double does not tell two integers apart */
#define MAX_KEYS 32

static size_t line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* The parser calls itself once a bracket and ends texts at a zero, so neither may come to it unchecked. */
static nsc_status scan(const char *name, const char *text, size_t length)
{
    size_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        if (c == 0)
            return nsc_fail(0, NSC_IO, "%s: offset %zu: a zero byte is no JSON", name, i);
        if (inside) {
            if (c == '\\' && length - i >= 6 && memcmp(text + i + 1, "u0000", 5) == 0)
                return nsc_fail(0, NSC_INVALID, "%s: line %zu: \\u0000 in a text is refused", name,
                                line_of(text, text + i));
            i += c == '\\' && i + 1 < length && text[i + 1] != 0;
            inside = c != '"';
        } else if (c == '[' || c == '{') {
            if (++depth > NSC_MODEL_MAX_DEPTH)
                return nsc_fail(0, NSC_INVALID, "%s: line %zu: nested deeper than %d", name, line_of(text, text + i),
                                NSC_MODEL_MAX_DEPTH);
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else {
            inside = c == '"';
        }
    }
    return NSC_OK;
}

nsc_status nsc_model_text(const char *name, const char *text, size_t length, cJSON **tree)
{
    const char *end = NULL;
    *tree = NULL;
    if (length > NSC_MODEL_MAX_BYTES)
        return nsc_fail(0, NSC_IO, "%s: has %zu bytes; a model description has at most %d", name, length,
                        NSC_MODEL_MAX_BYTES);
    if (length == 0)
        return nsc_fail(0, NSC_IO, "%s: is empty", name);
    const nsc_status status = scan(name, text, length);
    if (status != NSC_OK)
        return status;
    errno = 0;
    *tree = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (*tree == NULL && errno == ENOMEM)
        return nsc_fail(0, NSC_NO_MEMORY, "%s: no memory to read it", name);
    if (*tree == NULL)
        return nsc_fail(0, NSC_IO, "%s: line %zu: is no JSON from here on", name, end ? line_of(text, end) : 1);
    for (; end < text + length; end++)
        if (strchr(" \t\r\n", *end) == NULL) {
            cJSON_Delete(*tree);
            *tree = NULL;
            return nsc_fail(0, NSC_IO, "%s: line %zu: more text behind the end of the model", name, line_of(text, end));
        }
    return NSC_OK;
}

/* What is wrong with the value, or NULL. */
static const char *wrong_type(const cJSON *item, nsc_model_type type)
{
    const double value = item->valuedouble;
    switch (type) {
    case NSC_MODEL_TEXT:
        return cJSON_IsString(item) ? NULL : "must be a text";
    case NSC_MODEL_BOOL:
        return cJSON_IsBool(item) ? NULL : "must be true or false";
    case NSC_MODEL_INTEGER:
        return cJSON_IsNumber(item) && fabs(value) <= MAX_EXACT && floor(value) == value
                   ? NULL
                   : "must be an integer between -(2^53 - 1) and 2^53 - 1";
    case NSC_MODEL_NUMBER:
        return cJSON_IsNumber(item) && fabs(value) <= FLT_MAX ? NULL : "must be a number within the range of float32";
    case NSC_MODEL_OBJECT:
        return cJSON_IsObject(item) ? NULL : "must be an object";
    case NSC_MODEL_ARRAY:
        return cJSON_IsArray(item) ? NULL : "must be an array";
    case NSC_MODEL_ANY:
        return NULL;
    }
    return "has an unknown type";
}

nsc_status nsc_model_keys(const nsc_model_place *at, const char *what, const cJSON *object, const nsc_model_key *keys)
{
    const char *names[MAX_KEYS + 1] = {NULL};
    const cJSON *item;
    uint32_t seen = 0;
    char advice[512];
    for (size_t i = 0; i < MAX_KEYS && keys[i].name != NULL; i++)
        names[i] = keys[i].name;
    cJSON_ArrayForEach(item, object)
    {
        const nsc_model_place place = nsc_model_key_place(at, item->string);
        const int index = nsc_words_find(item->string, names);
        if (index < 0)
            return nsc_model_fail(&place, NSC_INVALID, "is not a key of %s; %s", what,
                                  nsc_words_advice(item->string, names, advice, sizeof advice));
        if (seen >> index & 1)
            return nsc_model_fail(&place, NSC_INVALID, "stands there twice");
        seen |= UINT32_C(1) << index;
        const char *wrong = wrong_type(item, keys[index].type);
        if (wrong != NULL)
            return nsc_model_fail(&place, NSC_INVALID, "%s", wrong);
    }
    return NSC_OK;
}

const cJSON *nsc_model_item(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *nsc_model_string(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(nsc_model_item(object, key));
}

bool nsc_model_bool(const cJSON *object, const char *key, bool otherwise)
{
    const cJSON *item = nsc_model_item(object, key);
    return item != NULL ? cJSON_IsTrue(item) : otherwise;
}

int64_t nsc_model_integer(const cJSON *object, const char *key, int64_t otherwise)
{
    const cJSON *item = nsc_model_item(object, key);
    return item != NULL ? (int64_t)item->valuedouble : otherwise;
}

float nsc_model_number(const cJSON *object, const char *key, float otherwise)
{
    const cJSON *item = nsc_model_item(object, key);
    return item != NULL ? (float)item->valuedouble : otherwise;
}
