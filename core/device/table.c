/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the table. */
#include "core/device/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/device/choice.h"

#define MAX_VERSION 128

nsc_status nsc_refuse(const nsc_negotiation *n, nsc_status status, const char *format, ...)
{
    char rule[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    snprintf(n->why, n->capacity, "%s: %s", n->file, rule);
    return status;
}

/* The length of a printable text of at most `most` bytes; 0: it is none. */
static size_t sane_length(const char *text, size_t most)
{
    size_t length = text ? strnlen(text, most + 1) : 0;
    if (length > most)
        return 0;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return 0;
    return length;
}

static const char *missing_entry(const nsc_backend_table *table)
{
    const struct {
        const char *name;
        bool set;
    } entries[] = {
        {"enumerate", table->enumerate}, {"open", table->open},       {"close", table->close},
        {"alloc", table->alloc},         {"free", table->free},       {"write", table->write},
        {"read", table->read},           {"prepare", table->prepare}, {"launch", table->launch},
        {"release", table->release},     {"finish", table->finish},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (!entries[i].set)
            return entries[i].name;
    return NULL;
}

/* Rules 6 to 8: the table may be read as one. */
static nsc_status check_shape(const nsc_negotiation *n, const nsc_backend_table *table)
{
    if (table->abi_major != NSC_BACKEND_ABI_MAJOR)
        return nsc_refuse(n, NSC_REFUSED,
                          "ABI major: expected %u, found %u (rebuild the plug-in with this library's headers)",
                          NSC_BACKEND_ABI_MAJOR, table->abi_major);
    if (table->struct_size < NSC_BACKEND_TABLE_REQUIRED)
        return nsc_refuse(n, NSC_REFUSED, "size of the table: expected at least %u bytes, found %u",
                          NSC_BACKEND_TABLE_REQUIRED, table->struct_size);
    const char *missing = missing_entry(table);
    if (missing)
        return nsc_refuse(n, NSC_REFUSED, "required entries: expected all to be set, found %s to be NULL", missing);
    return NSC_OK;
}

/* Rules 9 to 11: who it is. */
static nsc_status check_identity(const nsc_negotiation *n, const nsc_backend_table *table, const char *expected)
{
    size_t length = sane_length(table->name, 64);
    if (!nsc_name_well_formed(table->name, length))
        return nsc_refuse(n, NSC_REFUSED, "name: expected 1 to 64 of a-z, 0-9 and _, found '%s'",
                          length ? table->name : "(no printable text)");
    if (expected && strcmp(expected, table->name) != 0)
        return nsc_refuse(n, NSC_REFUSED, "name: expected '%s' after the file's name, found '%s'", expected,
                          table->name);
    if (!table->build_tag || (*table->build_tag && !sane_length(table->build_tag, 32)))
        return nsc_refuse(n, NSC_REFUSED, "build tag: expected a printable text, found none");
    if (*table->build_tag && strcmp(table->build_tag, NSC_BACKEND_BUILD_TAG) != 0)
        return nsc_refuse(n, NSC_REFUSED,
                          "build tag: expected '%s' or none, found '%s' (build both with one sanitizer)",
                          NSC_BACKEND_BUILD_TAG, table->build_tag);
    if (!sane_length(table->version, MAX_VERSION))
        return nsc_refuse(n, NSC_REFUSED, "version: expected a printable text of 1 to %d bytes, found none",
                          MAX_VERSION);
    return NSC_OK;
}

/* The bytes of *found that are whole fields known here: behind the required ones each field is one pointer. */
static uint32_t known_bytes(const nsc_backend_table *found)
{
    uint32_t size = found->struct_size < NSC_BACKEND_TABLE_SIZE ? found->struct_size : NSC_BACKEND_TABLE_SIZE;
    return size - (size - NSC_BACKEND_TABLE_REQUIRED) % (uint32_t)sizeof(void *);
}

nsc_status nsc_table_take(const nsc_negotiation *n, const nsc_backend_table *found, const char *expected,
                          nsc_backend_table *table)
{
    nsc_status status = check_shape(n, found);
    if (!status)
        status = check_identity(n, found, expected);
    if (status)
        return status;
    memset(table, 0, sizeof *table);
    memcpy(table, found, known_bytes(found));
    return NSC_OK;
}
