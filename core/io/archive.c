/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of any format: opened by what they hold, asked by index or name. */
#include "core/io/archive.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/file.h"
#include "core/shape.h"
#include "core/tensor.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files hold little-endian numbers, and so must memory");

nsc_status nsc_archive_refuse(const char *name, nsc_status status, size_t offset, const char *format, ...)
{
    char words[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return nsc_fail(0, status, "%s: byte %zu: %s", name, offset, words);
}

nsc_status nsc_archive_no_memory(const char *name)
{
    return nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory to read it", name);
}

bool nsc_archive_bytes(nsc_dtype dtype, int rank, const int64_t *dims, uint64_t *bytes)
{
    uint64_t count;
    return nsc_shape_count(rank, dims, &count) && !__builtin_mul_overflow(count, nsc_dtype_size(dtype), bytes) &&
           *bytes <= INT64_MAX;
}

nsc_status nsc_archive_add(nsc_archive *archive, const char *file, const char *name, size_t name_length,
                           const nsc_array *array)
{
    char *copy = nsc_arena_take(&archive->arena, name_length + 1);
    if (copy == NULL ||
        !nsc_grow((void **)&archive->arrays, &archive->capacity, archive->count, sizeof *archive->arrays))
        return nsc_archive_no_memory(file);
    memcpy(copy, name, name_length);
    nsc_array *added = &archive->arrays[archive->count];
    *added = *array;
    added->name = copy;
    if ((uintptr_t)array->data % nsc_dtype_size(array->dtype) != 0) {
        void *aligned = nsc_arena_take(&archive->arena, array->bytes);
        if (aligned == NULL)
            return nsc_archive_no_memory(file);
        memcpy(aligned, array->data, array->bytes);
        added->data = aligned;
    }
    archive->count++;
    return NSC_OK;
}

/* bytes is taken over. */
static nsc_status parse(const char *name, unsigned char *bytes, size_t length, nsc_archive **archive)
{
    nsc_archive *made = calloc(1, sizeof *made);
    nsc_status status;
    if (made == NULL) {
        free(bytes);
        return nsc_archive_no_memory(name);
    }
    made->bytes = bytes;
    made->length = length;
    if (length >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0) {
        made->format = "npy";
        status = nsc_npy_parse(made, name, "", bytes, length, 0);
    } else if (length >= 4 && (memcmp(bytes, "PK\3\4", 4) == 0 || memcmp(bytes, "PK\5\6", 4) == 0)) {
        made->format = "npz";
        status = nsc_npz_parse(made, name);
    } else {
        made->format = "safetensors";
        status = nsc_safetensors_parse(made, name);
    }
    if (status == NSC_OK)
        *archive = made;
    else
        nsc_archive_close(made);
    return status;
}

nsc_status nsc_archive_parse(const char *name, const void *bytes, size_t length, nsc_archive **archive)
{
    *archive = NULL;
    unsigned char *copy = malloc(length + 1);
    if (copy == NULL)
        return nsc_archive_no_memory(name);
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = 0;
    return parse(name, copy, length, archive);
}

nsc_status nsc_archive_open(const char *file, nsc_archive **archive)
{
    unsigned char *bytes;
    size_t length;
    if (archive != NULL)
        *archive = NULL;
    if (file == NULL || archive == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_archive_open: %s is NULL", file == NULL ? "file" : "archive");
    nsc_status status = nsc_file_read(file, &bytes, &length);
    return status == NSC_OK ? parse(file, bytes, length, archive) : status;
}

void nsc_archive_close(nsc_archive *archive)
{
    if (archive == NULL)
        return;
    free(archive->arrays);
    free(archive->metadata);
    nsc_arena_clear(&archive->arena);
    free(archive->bytes);
    free(archive);
}

const char *nsc_archive_format(const nsc_archive *archive)
{
    return archive == NULL ? "" : archive->format;
}

size_t nsc_archive_count(const nsc_archive *archive)
{
    return archive == NULL ? 0 : archive->count;
}

const nsc_array *nsc_archive_array(const nsc_archive *archive, size_t index)
{
    return archive == NULL || index >= archive->count ? NULL : &archive->arrays[index];
}

const nsc_array *nsc_archive_find(const nsc_archive *archive, const char *name)
{
    for (size_t i = 0; archive != NULL && name != NULL && i < archive->count; i++)
        if (strcmp(archive->arrays[i].name, name) == 0)
            return &archive->arrays[i];
    return NULL;
}

const char *nsc_archive_metadata(const nsc_archive *archive, const char *key)
{
    for (size_t i = 0; archive != NULL && key != NULL && i < archive->metadata_count; i++)
        if (strcmp(archive->metadata[i].key, key) == 0)
            return archive->metadata[i].text;
    return NULL;
}

/* ---- what writers ask -------------------------------------------------------------------------------------------- */

nsc_status nsc_archive_check(const char *file, const nsc_array *array)
{
    char text[NSC_SHAPE_TEXT];
    uint64_t bytes;
    const char *name = array->name == NULL ? "" : array->name;
    if (array->dtype != NSC_FLOAT32 && array->dtype != NSC_INT32 && array->dtype != NSC_UINT32 &&
        array->dtype != NSC_UINT8)
        return nsc_fail(0, NSC_WRONG_DTYPE, "%s: array %s: %s is not stored; float32, int32, uint32 and uint8 are",
                        file, name,
                        nsc_dtype_name(array->dtype) == NULL ? "no element type" : nsc_dtype_name(array->dtype));
    if (array->rank < 0 || array->rank > NSC_MAX_RANK)
        return nsc_fail(0, NSC_INVALID, "%s: array %s: rank %d; it is 0 to %d", file, name, array->rank, NSC_MAX_RANK);
    if (!nsc_archive_bytes(array->dtype, array->rank, array->dims, &bytes) || bytes != array->bytes ||
        (array->data == NULL && bytes > 0))
        return nsc_fail(0, NSC_INVALID, "%s: array %s: shape %s does not go with %zu bytes%s", file, name,
                        nsc_shape_text(text, array->rank, array->dims), array->bytes,
                        array->data == NULL ? " at NULL" : "");
    return NSC_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

nsc_status nsc_archive_check_names(const char *file, const nsc_array *arrays, size_t count)
{
    nsc_status status = NSC_OK;
    const char **names = malloc((count + 1) * sizeof *names);
    if (names == NULL)
        return nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for %zu names", file, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = arrays[i].name == NULL ? "" : arrays[i].name;
        if (names[i][0] == 0)
            status = nsc_fail(0, NSC_INVALID, "%s: array %zu has no name", file, i);
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count && status == NSC_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = nsc_fail(0, NSC_INVALID, "%s: two arrays are named %s", file, names[i]);
    free(names);
    return status;
}
