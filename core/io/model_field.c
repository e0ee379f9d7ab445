/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a node and the options of its block, in both directions, from one table. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/model.h"

#define MAX_EXACT INT64_C(9007199254740991) /* 2^53 - 1, as in model_json.c */
static const char same[] = "same";
enum { MAX_ACTIVATIONS = 64 };

/* In the order of nsc_pad_mode. */
static const char *const pad_modes[] = {"constant", "edge", "reflect", NULL};
static const char *const dtype_names[] = {"float32", "int32", "uint32", "uint8", NULL};
static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};

static nsc_model_type type_of(nsc_model_field_type type)
{
    switch (type) {
    case NSC_FIELD_SIZE:
    case NSC_FIELD_COUNT:
    case NSC_FIELD_INTEGER:
    case NSC_FIELD_STOP:
    case NSC_FIELD_AXIS:
    case NSC_FIELD_AXIS_NOT_0:
        return NSC_MODEL_INTEGER;
    case NSC_FIELD_YES:
    case NSC_FIELD_NO:
        return NSC_MODEL_BOOL;
    case NSC_FIELD_NUMBER:
    case NSC_FIELD_NUMBER_NOT_0:
        return NSC_MODEL_NUMBER;
    case NSC_FIELD_ACTIVATION:
    case NSC_FIELD_DTYPE:
    case NSC_FIELD_PAD_MODE:
        return NSC_MODEL_TEXT;
    case NSC_FIELD_AXES:
    case NSC_FIELD_DIMS:
    case NSC_FIELD_COUNTS:
    case NSC_FIELD_ARRAY:
        return NSC_MODEL_ARRAY;
    case NSC_FIELD_INITIALIZER:
    case NSC_FIELD_OBJECT:
        return NSC_MODEL_OBJECT;
    }
    return NSC_MODEL_ANY;
}

/* In the order of nsc_activation, ended by NULL. */
static void activation_words(const char *words[MAX_ACTIVATIONS + 1])
{
    int count = 0;
    while (count < MAX_ACTIVATIONS && (words[count] = nsc_activation_name((nsc_activation)count)) != NULL)
        count++;
    words[count] = NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static nsc_status read_integer(const nsc_model_place *place, const nsc_model_field *field, const cJSON *item, void *to)
{
    const int64_t value = item == NULL ? field->otherwise : (int64_t)item->valuedouble;
    if (item == NULL) {
        if (field->type == NSC_FIELD_AXIS || field->type == NSC_FIELD_AXIS_NOT_0)
            *(int *)to = (int)value;
        else
            *(int64_t *)to = field->type == NSC_FIELD_STOP ? NSC_END : value;
        return NSC_OK;
    }
    switch (field->type) {
    case NSC_FIELD_SIZE:
        if (value < 0)
            return nsc_model_fail(place, NSC_INVALID, "is %lld; a size is 0 or more", (long long)value);
        *(int64_t *)to = value == 0 ? NSC_DIM_ZERO : value;
        return NSC_OK;
    case NSC_FIELD_COUNT:
        if (value < 1)
            return nsc_model_fail(place, NSC_INVALID, "is %lld; it is 1 or more", (long long)value);
        *(int64_t *)to = value;
        return NSC_OK;
    case NSC_FIELD_AXIS:
    case NSC_FIELD_AXIS_NOT_0:
        if (value < -NSC_MAX_RANK || value >= NSC_MAX_RANK || (value == 0 && field->type == NSC_FIELD_AXIS_NOT_0))
            return nsc_model_fail(place, NSC_INVALID, "is %lld; it is -%d to %d%s", (long long)value, NSC_MAX_RANK,
                                  NSC_MAX_RANK - 1, field->type == NSC_FIELD_AXIS ? "" : ", and not 0, the batch");
        *(int *)to = (int)value;
        return NSC_OK;
    default:
        *(int64_t *)to = value;
        return NSC_OK;
    }
}

static nsc_status read_number(const nsc_model_place *place, const nsc_model_field *field, const cJSON *item, float *to)
{
    *to = item == NULL ? 0.0f : (float)item->valuedouble;
    if (item != NULL && *to == 0.0f && field->type == NSC_FIELD_NUMBER_NOT_0)
        return nsc_model_fail(place, NSC_INVALID, "is 0 in float32: leave it out for the default, or take relu");
    return NSC_OK;
}

/* The index of a text among words. */
static nsc_status read_word(const nsc_model_place *place, const cJSON *item, const char *const *words, const char *what,
                            int *index)
{
    char advice[512];
    *index = item == NULL ? 0 : nsc_words_find(item->valuestring, words);
    if (*index >= 0)
        return NSC_OK;
    return nsc_model_fail(place, NSC_INVALID, "is \"%s\", which is no %s; %s", item->valuestring, what,
                          nsc_words_advice(item->valuestring, words, advice, sizeof advice));
}

static nsc_status read_list(const nsc_model_place *place, const nsc_model_field *field, const cJSON *array,
                            nsc_list *list)
{
    const cJSON *item;
    const char *wanted = field->type == NSC_FIELD_AXES   ? "an axis, -8 to 7"
                         : field->type == NSC_FIELD_DIMS ? "a size of 0 or more, -1 or \"same\""
                                                         : "a whole number, 0 or more";
    cJSON_ArrayForEach(item, array)
    {
        const bool whole = cJSON_IsNumber(item) && floor(item->valuedouble) == item->valuedouble;
        const double value = whole ? item->valuedouble : -100.0;
        const double least = field->type == NSC_FIELD_AXES ? -NSC_MAX_RANK : (field->type == NSC_FIELD_DIMS ? -1 : 0);
        const double most = field->type == NSC_FIELD_AXES ? NSC_MAX_RANK - 1 : (double)MAX_EXACT;
        if (list->count == NSC_MAX_RANK)
            return nsc_model_fail(place, NSC_INVALID, "has more than %d elements", NSC_MAX_RANK);
        if (field->type == NSC_FIELD_DIMS && cJSON_IsString(item) && strcmp(item->valuestring, same) == 0)
            list->items[list->count++] = NSC_DIM_SAME;
        else if (value >= least && value <= most)
            list->items[list->count++] = (int64_t)value;
        else
            return nsc_model_fail(place, NSC_INVALID, "has element %d, which is not %s", list->count, wanted);
    }
    return NSC_OK;
}

static nsc_status read_field(const nsc_model_place *at, const nsc_model_field *field, const cJSON *item, void *to)
{
    const nsc_model_place place = nsc_model_key_place(at, field->key);
    const char *words[MAX_ACTIVATIONS + 1];
    int index = 0;
    nsc_status status = NSC_OK;
    switch (field->type) {
    case NSC_FIELD_SIZE:
    case NSC_FIELD_COUNT:
    case NSC_FIELD_INTEGER:
    case NSC_FIELD_STOP:
    case NSC_FIELD_AXIS:
    case NSC_FIELD_AXIS_NOT_0:
        return read_integer(&place, field, item, to);
    case NSC_FIELD_YES:
        *(int *)to = item != NULL && cJSON_IsTrue(item);
        return NSC_OK;
    case NSC_FIELD_NO:
        *(int *)to = item != NULL && !cJSON_IsTrue(item);
        return NSC_OK;
    case NSC_FIELD_NUMBER:
    case NSC_FIELD_NUMBER_NOT_0:
        return read_number(&place, field, item, to);
    case NSC_FIELD_ACTIVATION:
        activation_words(words);
        status = read_word(&place, item, words, "activation", &index);
        if (status == NSC_OK)
            *(nsc_activation *)to = (nsc_activation)index;
        return status;
    case NSC_FIELD_DTYPE:
        status = read_word(&place, item, dtype_names, "element type", &index);
        if (status == NSC_OK)
            *(nsc_dtype *)to = dtypes[index];
        return status;
    case NSC_FIELD_PAD_MODE:
        status = read_word(&place, item, pad_modes, "mode", &index);
        if (status == NSC_OK)
            *(nsc_pad_mode *)to = (nsc_pad_mode)index;
        return status;
    case NSC_FIELD_AXES:
    case NSC_FIELD_DIMS:
    case NSC_FIELD_COUNTS:
        return read_list(&place, field, item, to);
    case NSC_FIELD_INITIALIZER:
        return nsc_model_initializer(&place, item, to);
    case NSC_FIELD_ARRAY:
    case NSC_FIELD_OBJECT:
        break;
    }
    return NSC_OK;
}

nsc_status nsc_model_read_fields(const nsc_model_place *at, const nsc_model_kind *kind, const cJSON *node,
                                 nsc_model_options *options)
{
    nsc_model_key keys[32] = {{"name", NSC_MODEL_TEXT}, {"kind", NSC_MODEL_TEXT}};
    size_t count = 2;
    memset(options, 0, sizeof *options);
    for (const nsc_model_field *field = kind->fields; field->key != NULL; field++)
        keys[count++] = (nsc_model_key){field->key, type_of(field->type)};
    nsc_status status = nsc_model_keys(at, kind->name, node, keys);
    for (const nsc_model_field *field = kind->fields; field->key != NULL && status == NSC_OK; field++) {
        const cJSON *item = nsc_model_item(node, field->key);
        if (item == NULL && field->required)
            status = nsc_model_fail(at, NSC_INVALID, "has no %s, which %s needs", field->key, kind->name);
        else
            status = read_field(at, field, item, (char *)options + field->offset);
    }
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

double nsc_model_decimal(float value)
{
    char text[64];
    for (int digits = 1; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        const double decimal = strtod(text, NULL); /* in the locale that snprintf wrote in */
        if ((float)decimal == value && fabs(decimal) <= FLT_MAX)
            return decimal;
    }
    return (double)value; /* the largest, which is rounded up in few digits */
}

static nsc_status write_integer(nsc_model_writer *writer, const nsc_model_field *field, int64_t value, cJSON *node)
{
    if (value > MAX_EXACT || value < -MAX_EXACT)
        return nsc_model_refuse(writer, "%s is %lld; a description holds integers up to 2^53 - 1", field->key,
                                (long long)value);
    nsc_model_put(writer, node, field->key, cJSON_CreateNumber((double)value));
    return NSC_OK;
}

static nsc_status write_list(nsc_model_writer *writer, const nsc_model_field *field, const nsc_list *list, cJSON *node)
{
    cJSON *array = cJSON_CreateArray();
    nsc_status status = NSC_OK;
    for (int i = 0; i < list->count && status == NSC_OK; i++) {
        const int64_t item = list->items[i];
        if (item > MAX_EXACT)
            status = nsc_model_refuse(writer, "%s has %lld; a description holds integers up to 2^53 - 1", field->key,
                                      (long long)item);
        nsc_model_put(writer, array, NULL,
                      field->type == NSC_FIELD_DIMS && item == NSC_DIM_SAME ? cJSON_CreateString(same)
                                                                            : cJSON_CreateNumber((double)item));
    }
    nsc_model_put(writer, node, field->key, array); /* last: what cannot be put is freed */
    return status;
}

static const char *dtype_word(nsc_dtype dtype)
{
    for (int i = 0; dtype_names[i] != NULL; i++)
        if (dtypes[i] == dtype)
            return dtype_names[i];
    return "";
}

static nsc_status write_field(nsc_model_writer *writer, const nsc_model_field *field, const void *from, cJSON *node)
{
    int64_t integer = 0;
    float number = 0.0f;
    switch (field->type) {
    case NSC_FIELD_SIZE:
        integer = *(const int64_t *)from;
        return integer == 0 ? NSC_OK : write_integer(writer, field, integer == NSC_DIM_ZERO ? 0 : integer, node);
    case NSC_FIELD_COUNT:
    case NSC_FIELD_INTEGER:
        integer = *(const int64_t *)from;
        return integer == field->otherwise && !field->required ? NSC_OK : write_integer(writer, field, integer, node);
    case NSC_FIELD_STOP:
        integer = *(const int64_t *)from;
        return integer == NSC_END ? NSC_OK : write_integer(writer, field, integer, node);
    case NSC_FIELD_AXIS:
    case NSC_FIELD_AXIS_NOT_0:
        integer = *(const int *)from;
        return integer == field->otherwise && !field->required ? NSC_OK : write_integer(writer, field, integer, node);
    case NSC_FIELD_YES:
        if (*(const int *)from)
            nsc_model_put(writer, node, field->key, cJSON_CreateTrue());
        return NSC_OK;
    case NSC_FIELD_NO:
        if (*(const int *)from)
            nsc_model_put(writer, node, field->key, cJSON_CreateFalse());
        return NSC_OK;
    case NSC_FIELD_NUMBER:
    case NSC_FIELD_NUMBER_NOT_0:
        number = *(const float *)from;
        if (!isfinite(number))
            return nsc_model_refuse(writer, "%s is %g, which JSON cannot hold", field->key, (double)number);
        if (number != 0.0f || signbit(number) || field->required)
            nsc_model_put(writer, node, field->key, cJSON_CreateNumber(nsc_model_decimal(number)));
        return NSC_OK;
    case NSC_FIELD_ACTIVATION:
        if (*(const nsc_activation *)from != NSC_IDENTITY || field->required)
            nsc_model_put(writer, node, field->key,
                          cJSON_CreateString(nsc_activation_name(*(const nsc_activation *)from)));
        return NSC_OK;
    case NSC_FIELD_DTYPE:
        nsc_model_put(writer, node, field->key, cJSON_CreateString(dtype_word(*(const nsc_dtype *)from)));
        return NSC_OK;
    case NSC_FIELD_PAD_MODE:
        if (*(const nsc_pad_mode *)from != NSC_PAD_CONSTANT)
            nsc_model_put(writer, node, field->key, cJSON_CreateString(pad_modes[*(const nsc_pad_mode *)from]));
        return NSC_OK;
    case NSC_FIELD_AXES:
    case NSC_FIELD_DIMS:
    case NSC_FIELD_COUNTS:
        return ((const nsc_list *)from)->count == 0 && !field->required ? NSC_OK
                                                                        : write_list(writer, field, from, node);
    case NSC_FIELD_INITIALIZER:
        return nsc_model_write_initializer(writer, field->key, from, node);
    case NSC_FIELD_ARRAY:
    case NSC_FIELD_OBJECT:
        break;
    }
    return NSC_OK;
}

nsc_status nsc_model_write_fields(nsc_model_writer *writer, const nsc_model_kind *kind, const void *options,
                                  cJSON *node)
{
    nsc_status status = NSC_OK;
    for (const nsc_model_field *field = kind->fields; field->key != NULL && status == NSC_OK; field++)
        status = write_field(writer, field, (const char *)options + field->offset, node);
    return status;
}
