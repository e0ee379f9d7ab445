/* SPDX-License-Identifier: Apache-2.0 */
/* npy (NumPy Enhancement Proposal 1): a magic, a version, a Python dictionary as text, the elements. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/io/archive.h"
#include "core/io/file.h"

#define PREFIX 10 /* magic, version and length of version 1 */
#define ALIGNMENT 64

static const struct {
    const char *name;
    nsc_dtype dtype;
} dtypes[] = {{"<f4", NSC_FLOAT32}, {"<i4", NSC_INT32}, {"<u4", NSC_UINT32}, {"|u1", NSC_UINT8}};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A place in the dictionary's text. */
typedef struct cursor {
    const char *file;
    const char *text, *at, *end;
    size_t base; /* of text in the file */
} cursor;

static nsc_status refuse(const cursor *in, nsc_status status, const char *words)
{
    return nsc_archive_refuse(in->file, status, in->base + (size_t)(in->at - in->text), "npy header: %s", words);
}

static void skip(cursor *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n'))
        in->at++;
}

static bool take(cursor *in, const char *word)
{
    const size_t length = strlen(word);
    skip(in);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length) != 0)
        return false;
    in->at += length;
    return true;
}

/* 'text' without escapes, into word. */
static bool take_text(cursor *in, char *word, size_t capacity)
{
    skip(in);
    if (in->at == in->end || (*in->at != '\'' && *in->at != '"'))
        return false;
    const char *close = memchr(in->at + 1, *in->at, (size_t)(in->end - in->at - 1));
    const size_t length = close == NULL ? capacity : (size_t)(close - in->at - 1);
    if (length >= capacity || memchr(in->at + 1, '\\', length) != NULL || memchr(in->at + 1, 0, length) != NULL)
        return false;
    memcpy(word, in->at + 1, length);
    word[length] = 0;
    in->at = close + 1;
    return true;
}

static nsc_status read_dtype(cursor *in, nsc_array *array)
{
    char word[64], text[200];
    if (!take_text(in, word, sizeof word))
        return refuse(in, NSC_UNSUPPORTED, "descr is no plain type");
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, word) == 0) {
            array->dtype = dtypes[i].dtype;
            return NSC_OK;
        }
    snprintf(text, sizeof text, "%s is not stored here; <f4, <i4, <u4 and |u1 are", word);
    return refuse(in, NSC_UNSUPPORTED, text);
}

static nsc_status read_shape(cursor *in, nsc_array *array)
{
    if (!take(in, "("))
        return refuse(in, NSC_IO, "shape is no tuple");
    bool comma = true;
    while (!take(in, ")")) {
        int64_t size = 0;
        if (!comma || in->at == in->end || *in->at < '0' || *in->at > '9')
            return refuse(in, NSC_IO, "shape is no tuple of sizes");
        if (array->rank == NSC_MAX_RANK)
            return refuse(in, NSC_UNSUPPORTED, "a rank of more than 8");
        for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++)
            if (__builtin_mul_overflow(size, 10, &size) || __builtin_add_overflow(size, *in->at - '0', &size))
                return refuse(in, NSC_IO, "a size of more than 63 bits");
        array->dims[array->rank++] = size;
        comma = take(in, ",");
        if (array->rank == 1 && !comma)
            return refuse(in, NSC_IO, "shape is no tuple: a comma is missing");
    }
    return NSC_OK;
}

static nsc_status read_dictionary(cursor *in, nsc_array *array)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    bool fortran = false, comma = true;
    char word[32];
    if (!take(in, "{"))
        return refuse(in, NSC_IO, "it does not begin with '{'");
    while (!take(in, "}")) {
        int key = 0;
        if (!comma || !take_text(in, word, sizeof word))
            return refuse(in, NSC_IO, "a key is expected");
        while (key < 3 && strcmp(keys[key], word) != 0)
            key++;
        if (key == 3 || (seen >> key & 1) != 0)
            return refuse(in, NSC_IO, key == 3 ? "a key that is none of descr, fortran_order, shape" : "a key twice");
        seen |= 1u << key;
        if (!take(in, ":"))
            return refuse(in, NSC_IO, "a ':' is expected");
        nsc_status status = key == 0 ? read_dtype(in, array) : (key == 2 ? read_shape(in, array) : NSC_OK);
        if (status != NSC_OK)
            return status;
        if (key == 1 && !(fortran = take(in, "True")) && !take(in, "False"))
            return refuse(in, NSC_IO, "fortran_order is neither True nor False");
        comma = take(in, ",");
    }
    skip(in);
    if (in->at != in->end)
        return refuse(in, NSC_IO, "more text behind its end");
    if (seen != 7)
        return refuse(in, NSC_IO, "descr, fortran_order or shape is missing");
    if (fortran && array->rank > 1)
        return refuse(in, NSC_UNSUPPORTED, "column-major order is not stored here: save a row-major copy");
    return NSC_OK;
}

nsc_status nsc_npy_parse(nsc_archive *archive, const char *file, const char *array_name, const unsigned char *bytes,
                         size_t length, size_t base)
{
    nsc_array array = {.rank = 0};
    uint64_t expected;
    size_t start = PREFIX, header;
    if (length < PREFIX + 2 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return nsc_archive_refuse(file, NSC_IO, base, "no npy file: its magic is missing or it is too short");
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return nsc_archive_refuse(file, NSC_UNSUPPORTED, base + 6, "npy version %d.%d; 1.0, 2.0 and 3.0 are known",
                                  bytes[6], bytes[7]);
    if (bytes[6] == 1) {
        header = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    } else {
        header = (size_t)bytes[8] | (size_t)bytes[9] << 8 | (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
        start += 2;
    }
    if (header > length - start)
        return nsc_archive_refuse(file, NSC_IO, base + 8, "a header of %zu bytes does not fit into the file", header);
    const char *text = (const char *)bytes + start;
    cursor in = {file, text, text, text + header, base + start};
    nsc_status status = read_dictionary(&in, &array);
    if (status != NSC_OK)
        return status;
    const size_t data = start + header;
    if (!nsc_archive_bytes(array.dtype, array.rank, array.dims, &expected) || expected != length - data)
        return nsc_archive_refuse(file, NSC_IO, base + data, "its shape does not go with the %zu bytes that follow",
                                  length - data);
    array.data = bytes + data;
    array.bytes = length - data;
    return nsc_archive_add(archive, file, array_name, strlen(array_name), &array);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

size_t nsc_npy_header(const nsc_array *array, char text[NSC_NPY_HEADER])
{
    const char *dtype = "";
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (dtypes[i].dtype == array->dtype)
            dtype = dtypes[i].name;
    memcpy(text, "\x93NUMPY\x01\x00", 8);
    size_t used = PREFIX;
    used += (size_t)snprintf(text + used, NSC_NPY_HEADER - used, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                             dtype);
    for (int i = 0; i < array->rank; i++)
        used += (size_t)snprintf(text + used, NSC_NPY_HEADER - used, "%s%" PRId64 "%s", i == 0 ? "" : " ",
                                 array->dims[i], i + 1 < array->rank || array->rank == 1 ? "," : "");
    used += (size_t)snprintf(text + used, NSC_NPY_HEADER - used, "), }");
    const size_t length = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(text + used, ' ', length - used - 1);
    text[length - 1] = '\n';
    text[8] = (char)((length - PREFIX) & 0xff);
    text[9] = (char)((length - PREFIX) >> 8);
    return length;
}

nsc_status nsc_npy_write(const char *file, const nsc_array *array)
{
    char header[NSC_NPY_HEADER];
    if (file == NULL || array == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_npy_write: %s is NULL", file == NULL ? "file" : "array");
    nsc_status status = nsc_archive_check(file, array);
    if (status != NSC_OK)
        return status;
    const nsc_file_part parts[] = {{header, nsc_npy_header(array, header)}, {array->data, array->bytes}};
    return nsc_file_write(file, parts, 2);
}
