/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header, the data without gaps. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/io/archive.h"
#include "core/io/file.h"
#include "core/shape.h"

#define LENGTH_BYTES 8
#define MAX_HEADER (UINT64_C(100) * 1000 * 1000)
#define MAX_DEPTH 8
#define MAX_EXACT 9007199254740991.0 /* 2^53 - 1 */
#define ALIGNMENT 64
#define MAX_METADATA 10000

static const struct {
    const char *name;
    nsc_dtype dtype; /* 0: known, not stored here */
} dtypes[] = {{"F32", NSC_FLOAT32}, {"I32", NSC_INT32}, {"U32", NSC_UINT32}, {"U8", NSC_UINT8},
              {"BOOL", 0},          {"I8", 0},          {"I16", 0},          {"U16", 0},
              {"I64", 0},           {"U64", 0},         {"F16", 0},          {"BF16", 0},
              {"F64", 0},           {"F8_E4M3", 0},     {"F8_E5M2", 0},      {"F8_E8M0", 0}};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef struct reader {
    nsc_archive *archive;
    const char *file;
    const char *header; /* its text, behind the 8 bytes */
    size_t header_length;
} reader;

typedef struct entry {
    const char *name;
    uint64_t begin, end;
} entry;

/* The parser calls itself once a bracket and ends texts at a zero, so neither may come to it unchecked. */
static nsc_status scan(const reader *in)
{
    const char *text = in->header;
    size_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < in->header_length; i++) {
        const char c = text[i];
        const size_t place = LENGTH_BYTES + i;
        if (c == 0)
            return nsc_archive_refuse(in->file, NSC_IO, place, "a zero byte in the header");
        if (inside) {
            if (c == '\\' && in->header_length - i >= 6 && memcmp(text + i + 1, "u0000", 5) == 0)
                return nsc_archive_refuse(in->file, NSC_IO, place, "\\u0000 in a text");
            i += c == '\\' && i + 1 < in->header_length && text[i + 1] != 0;
            inside = c != '"';
        } else if (c == '[' || c == '{') {
            if (++depth > MAX_DEPTH)
                return nsc_archive_refuse(in->file, NSC_IO, place, "nested deeper than %d", MAX_DEPTH);
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else {
            inside = c == '"';
        }
    }
    return NSC_OK;
}

/* Where a name stands in the file, for messages; the header's start for one that is escaped there. */
static size_t place_of(const reader *in, const char *name)
{
    const size_t length = strlen(name);
    const char *end = in->header + in->header_length;
    for (const char *at = in->header; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++)
        if ((size_t)(end - at) >= length + 2 && memcmp(at + 1, name, length) == 0 && at[length + 1] == '"')
            return LENGTH_BYTES + (size_t)(at - in->header);
    return LENGTH_BYTES;
}

static bool exact(const cJSON *item, uint64_t *value)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0.0) || item->valuedouble > MAX_EXACT ||
        floor(item->valuedouble) != item->valuedouble)
        return false;
    *value = (uint64_t)item->valuedouble;
    return true;
}

static nsc_status read_metadata(const reader *in, const cJSON *object)
{
    nsc_archive *archive = in->archive;
    const cJSON *item;
    const size_t place = place_of(in, "__metadata__");
    if (!cJSON_IsObject(object))
        return nsc_archive_refuse(in->file, NSC_IO, place, "__metadata__ is no object");
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsString(item))
            return nsc_archive_refuse(in->file, NSC_IO, place, "__metadata__ %.80s is no text", item->string);
        if (archive->metadata_count == MAX_METADATA)
            return nsc_archive_refuse(in->file, NSC_UNSUPPORTED, place, "__metadata__ has more than %d keys",
                                      MAX_METADATA);
        if (nsc_archive_metadata(archive, item->string) != NULL)
            return nsc_archive_refuse(in->file, NSC_IO, place, "__metadata__ %.80s stands there twice", item->string);
        if (!nsc_grow((void **)&archive->metadata, &archive->metadata_capacity, archive->metadata_count,
                      sizeof *archive->metadata))
            return nsc_archive_no_memory(in->file);
        nsc_metadata pair = {nsc_arena_format(&archive->arena, "%s", item->string),
                             nsc_arena_format(&archive->arena, "%s", item->valuestring)};
        if (pair.key == NULL || pair.text == NULL)
            return nsc_archive_no_memory(in->file);
        archive->metadata[archive->metadata_count++] = pair;
    }
    return NSC_OK;
}

static nsc_status read_shape(const reader *in, const entry *at, const cJSON *shape, nsc_array *array)
{
    const cJSON *item;
    uint64_t size;
    if (!cJSON_IsArray(shape))
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s: shape is no array", at->name);
    cJSON_ArrayForEach(item, shape)
    {
        if (array->rank == NSC_MAX_RANK)
            return nsc_archive_refuse(in->file, NSC_UNSUPPORTED, place_of(in, at->name),
                                      "%.80s: a rank of more than %d", at->name, NSC_MAX_RANK);
        if (!exact(item, &size))
            return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name),
                                      "%.80s: a size is no integer between 0 and 2^53 - 1", at->name);
        array->dims[array->rank++] = (int64_t)size;
    }
    return NSC_OK;
}

static nsc_status read_dtype(const reader *in, const entry *at, const cJSON *dtype, nsc_array *array)
{
    const char *name = cJSON_GetStringValue(dtype);
    if (name == NULL)
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s: dtype is no text", at->name);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(dtypes[i].name, name) != 0)
            continue;
        array->dtype = dtypes[i].dtype;
        return dtypes[i].dtype != 0
                   ? NSC_OK
                   : nsc_archive_refuse(in->file, NSC_UNSUPPORTED, place_of(in, at->name),
                                        "%.80s: %s is not stored here; F32, I32, U32 and U8 are", at->name, name);
    }
    return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s: %.40s is no dtype", at->name, name);
}

/* One array: its three keys, each once and nothing else. */
static nsc_status read_entry(const reader *in, const cJSON *object, entry *at, nsc_array *array)
{
    static const char *const keys[] = {"dtype", "shape", "data_offsets"};
    const cJSON *given[3] = {NULL}, *item;
    uint64_t bytes;
    if (!cJSON_IsObject(object))
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s is no object", at->name);
    cJSON_ArrayForEach(item, object)
    {
        int key = 0;
        while (key < 3 && strcmp(keys[key], item->string) != 0)
            key++;
        if (key == 3 || given[key] != NULL)
            return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s: %.80s %s", at->name,
                                      item->string, key == 3 ? "is no key of an array" : "stands there twice");
        given[key] = item;
    }
    for (int key = 0; key < 3; key++)
        if (given[key] == NULL)
            return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s has no %s", at->name, keys[key]);
    nsc_status status = read_dtype(in, at, given[0], array);
    if (status == NSC_OK)
        status = read_shape(in, at, given[1], array);
    if (status != NSC_OK)
        return status;
    if (!cJSON_IsArray(given[2]) || cJSON_GetArraySize(given[2]) != 2 ||
        !exact(cJSON_GetArrayItem(given[2], 0), &at->begin) || !exact(cJSON_GetArrayItem(given[2], 1), &at->end))
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name), "%.80s: data_offsets are not two integers",
                                  at->name);
    const uint64_t there = in->archive->length - LENGTH_BYTES - in->header_length;
    if (at->begin > at->end || at->end > there)
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name),
                                  "%.80s: data_offsets %" PRIu64 " to %" PRIu64 " are not within %" PRIu64
                                  " bytes of data",
                                  at->name, at->begin, at->end, there);
    if (!nsc_archive_bytes(array->dtype, array->rank, array->dims, &bytes) || bytes != at->end - at->begin)
        return nsc_archive_refuse(in->file, NSC_IO, place_of(in, at->name),
                                  "%.80s: its shape does not go with its %" PRIu64 " bytes", at->name,
                                  at->end - at->begin);
    array->data = in->archive->bytes + LENGTH_BYTES + in->header_length + at->begin;
    array->bytes = (size_t)bytes;
    return NSC_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static int by_begin(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Names once, and the data covered without a gap or an overlap. */
static nsc_status check_entries(const reader *in, entry *entries, size_t count)
{
    const size_t data = LENGTH_BYTES + in->header_length;
    uint64_t end = 0;
    if (count > 0) /* there may be data without an array */
        qsort(entries, count, sizeof *entries, by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(entries[i - 1].name, entries[i].name) == 0)
            return nsc_archive_refuse(in->file, NSC_IO, place_of(in, entries[i].name), "%.80s stands there twice",
                                      entries[i].name);
    if (count > 0)
        qsort(entries, count, sizeof *entries, by_begin);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].begin != end)
            return nsc_archive_refuse(in->file, NSC_IO, data + (size_t)entries[i].begin,
                                      "%.80s %s the data before it, which ends at %" PRIu64, entries[i].name,
                                      entries[i].begin < end ? "overlaps" : "leaves a gap to", end);
        end = entries[i].end;
    }
    if (end != in->archive->length - data)
        return nsc_archive_refuse(in->file, NSC_IO, data + (size_t)end, "%zu bytes that belong to no array",
                                  (size_t)(in->archive->length - data - end));
    return NSC_OK;
}

static nsc_status read_header(const reader *in, const cJSON *header)
{
    const cJSON *item;
    nsc_status status = NSC_OK;
    size_t count = 0, capacity = 0;
    bool described = false;
    entry *entries = NULL;
    cJSON_ArrayForEach(item, header)
    {
        nsc_array array = {.rank = 0};
        if (strcmp(item->string, "__metadata__") == 0) {
            status = described ? nsc_archive_refuse(in->file, NSC_IO, place_of(in, item->string),
                                                    "__metadata__ stands there twice")
                               : read_metadata(in, item);
            described = true;
        } else if (!nsc_grow((void **)&entries, &capacity, count, sizeof *entries)) {
            status = nsc_archive_no_memory(in->file);
        } else {
            entries[count] = (entry){.name = item->string};
            status = item->string[0] == 0
                         ? nsc_archive_refuse(in->file, NSC_IO, LENGTH_BYTES, "an array without a name")
                         : read_entry(in, item, &entries[count], &array);
            count++;
            if (status == NSC_OK)
                status = nsc_archive_add(in->archive, in->file, item->string, strlen(item->string), &array);
        }
        if (status != NSC_OK)
            break;
    }
    if (status == NSC_OK)
        status = check_entries(in, entries, count);
    free(entries);
    return status;
}

nsc_status nsc_safetensors_parse(nsc_archive *archive, const char *name)
{
    uint64_t length = 0;
    const char *end = NULL;
    if (archive->length < LENGTH_BYTES)
        return nsc_archive_refuse(name, NSC_IO, archive->length,
                                  "the file ends here: it is no safetensors, npy or npz file");
    memcpy(&length, archive->bytes, LENGTH_BYTES);
    if (length > MAX_HEADER || length > archive->length - LENGTH_BYTES)
        return nsc_archive_refuse(name, NSC_IO, 0,
                                  "a header of %" PRIu64
                                  " bytes does not fit into the file: it is no safetensors, npy or "
                                  "npz file",
                                  length);
    reader in = {archive, name, (const char *)archive->bytes + LENGTH_BYTES, (size_t)length};
    if (length == 0 || in.header[0] != '{')
        return nsc_archive_refuse(name, NSC_IO, LENGTH_BYTES, "the header does not begin with '{'");
    nsc_status status = scan(&in);
    if (status != NSC_OK)
        return status;
    errno = 0;
    cJSON *header = cJSON_ParseWithLengthOpts(in.header, in.header_length, &end, 0);
    if (header == NULL && errno == ENOMEM)
        return nsc_archive_no_memory(name);
    if (header == NULL)
        return nsc_archive_refuse(name, NSC_IO, LENGTH_BYTES + (end == NULL ? 0 : (size_t)(end - in.header)),
                                  "the header is no JSON from here on");
    for (; end < in.header + in.header_length && status == NSC_OK; end++)
        if (*end != ' ')
            status = nsc_archive_refuse(name, NSC_IO, LENGTH_BYTES + (size_t)(end - in.header),
                                        "more text behind the end of the header");
    if (status == NSC_OK)
        status = read_header(&in, header);
    cJSON_Delete(header);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool add_entry(cJSON *header, const nsc_array *array, uint64_t begin)
{
    const char *dtype = NULL;
    char number[24];
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (dtypes[i].dtype == array->dtype)
            dtype = dtypes[i].name;
    cJSON *object = cJSON_AddObjectToObject(header, array->name);
    bool done = object != NULL && cJSON_AddStringToObject(object, "dtype", dtype) != NULL;
    cJSON *shape = done ? cJSON_AddArrayToObject(object, "shape") : NULL;
    done = shape != NULL;
    for (int i = 0; i < array->rank && done; i++) {
        snprintf(number, sizeof number, "%" PRId64, array->dims[i]); /* a double would be printed with an exponent */
        done = cJSON_AddItemToArray(shape, cJSON_CreateRaw(number));
    }
    cJSON *offsets = done ? cJSON_AddArrayToObject(object, "data_offsets") : NULL;
    done = offsets != NULL;
    for (int i = 0; i < 2 && done; i++) {
        snprintf(number, sizeof number, "%" PRIu64, i == 0 ? begin : begin + array->bytes);
        done = cJSON_AddItemToArray(offsets, cJSON_CreateRaw(number));
    }
    return done;
}

/* The header's text with spaces up to the alignment of the data; NULL: no memory. Free it. */
static char *make_header(const nsc_array *arrays, size_t count, const nsc_metadata *metadata, size_t metadata_count,
                         size_t *length)
{
    uint64_t begin = 0;
    cJSON *header = cJSON_CreateObject();
    bool done = header != NULL;
    cJSON *pairs = done && metadata_count > 0 ? cJSON_AddObjectToObject(header, "__metadata__") : NULL;
    done = done && (pairs != NULL || metadata_count == 0);
    for (size_t i = 0; i < metadata_count && done; i++)
        done = cJSON_AddStringToObject(pairs, metadata[i].key, metadata[i].text) != NULL;
    for (size_t i = 0; i < count && done; i++) {
        done = add_entry(header, &arrays[i], begin);
        begin += arrays[i].bytes;
    }
    char *text = done ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    if (text == NULL)
        return NULL;
    const size_t used = strlen(text);
    *length = (LENGTH_BYTES + used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - LENGTH_BYTES;
    char *padded = malloc(LENGTH_BYTES + *length);
    if (padded != NULL) {
        const uint64_t told = *length;
        memcpy(padded, &told, LENGTH_BYTES);
        memcpy(padded + LENGTH_BYTES, text, used);
        memset(padded + LENGTH_BYTES + used, ' ', *length - used);
    }
    cJSON_free(text);
    return padded;
}

nsc_status nsc_safetensors_write(const char *file, const nsc_array *arrays, size_t count, const nsc_metadata *metadata,
                                 size_t metadata_count)
{
    size_t length = 0;
    if (file == NULL || (arrays == NULL && count > 0) || (metadata == NULL && metadata_count > 0))
        return nsc_fail(0, NSC_INVALID, "nsc_safetensors_write: %s is NULL",
                        file == NULL ? "file" : (arrays == NULL && count > 0 ? "arrays" : "metadata"));
    nsc_status status = nsc_archive_check_names(file, arrays, count);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        status = nsc_archive_check(file, &arrays[i]);
        if (status == NSC_OK && strcmp(arrays[i].name, "__metadata__") == 0)
            status = nsc_fail(0, NSC_INVALID, "%s: no array can be named __metadata__", file);
    }
    for (size_t i = 0; i < metadata_count && status == NSC_OK; i++) {
        if (metadata[i].key == NULL || metadata[i].text == NULL)
            status = nsc_fail(0, NSC_INVALID, "%s: metadata %zu has no %s", file, i,
                              metadata[i].key == NULL ? "key" : "text");
        for (size_t j = 0; j < i && status == NSC_OK; j++)
            if (strcmp(metadata[i].key, metadata[j].key) == 0)
                status = nsc_fail(0, NSC_INVALID, "%s: two metadata have the key %s", file, metadata[i].key);
    }
    if (status != NSC_OK)
        return status;
    nsc_file_part *parts = calloc(count + 1, sizeof *parts);
    char *header = make_header(arrays, count, metadata, metadata_count, &length);
    if (parts == NULL || header == NULL) {
        status = nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for the header of %zu arrays", file, count);
    } else if (length > MAX_HEADER) {
        status = nsc_fail(0, NSC_UNSUPPORTED, "%s: the header would have %zu bytes, more than safetensors allow", file,
                          length);
    } else {
        parts[0] = (nsc_file_part){header, LENGTH_BYTES + length};
        for (size_t i = 0; i < count; i++)
            parts[i + 1] = (nsc_file_part){arrays[i].data, arrays[i].bytes};
        status = nsc_file_write(file, parts, count + 1);
    }
    free(header);
    free(parts);
    return status;
}
