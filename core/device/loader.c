/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and negotiation. The only user of the dynamic loader. */
#include "core/device/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/device/call.h"
#include "core/device/choice.h"
#include "core/error.h"

#define MAX_VERSION 128

typedef struct negotiation {
    const char *file; /* for texts: the path, or "built in" */
    char *why;
    size_t capacity;
} negotiation;

static nsc_status NSC_PRINTF(3, 4) refuse(const negotiation *n, nsc_status status, const char *format, ...)
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
static nsc_status check_shape(const negotiation *n, const nsc_backend_table *table)
{
    if (table->abi_major != NSC_BACKEND_ABI_MAJOR)
        return refuse(n, NSC_REFUSED,
                      "ABI major: expected %u, found %u (rebuild the plug-in with this library's headers)",
                      NSC_BACKEND_ABI_MAJOR, table->abi_major);
    if (table->struct_size < NSC_BACKEND_TABLE_REQUIRED)
        return refuse(n, NSC_REFUSED, "size of the table: expected at least %u bytes, found %u",
                      NSC_BACKEND_TABLE_REQUIRED, table->struct_size);
    const char *missing = missing_entry(table);
    if (missing)
        return refuse(n, NSC_REFUSED, "required entries: expected all to be set, found %s to be NULL", missing);
    return NSC_OK;
}

/* Rules 9 to 11: who it is. */
static nsc_status check_identity(const negotiation *n, const nsc_backend_table *table, const char *expected)
{
    size_t length = sane_length(table->name, 64);
    if (!nsc_name_well_formed(table->name, length))
        return refuse(n, NSC_REFUSED, "name: expected 1 to 64 of a-z, 0-9 and _, found '%s'",
                      length ? table->name : "(no printable text)");
    if (expected && strcmp(expected, table->name) != 0)
        return refuse(n, NSC_REFUSED, "name: expected '%s' after the file's name, found '%s'", expected, table->name);
    if (!table->build_tag || (*table->build_tag && !sane_length(table->build_tag, 32)))
        return refuse(n, NSC_REFUSED, "build tag: expected a printable text, found none");
    if (*table->build_tag && strcmp(table->build_tag, NSC_BACKEND_BUILD_TAG) != 0)
        return refuse(n, NSC_REFUSED, "build tag: expected '%s' or none, found '%s' (build both with one sanitizer)",
                      NSC_BACKEND_BUILD_TAG, table->build_tag);
    if (!sane_length(table->version, MAX_VERSION))
        return refuse(n, NSC_REFUSED, "version: expected a printable text of 1 to %d bytes, found none", MAX_VERSION);
    return NSC_OK;
}

/* Rules 5 to 11. */
static nsc_status negotiate(const negotiation *n, nsc_backend_query_function query, const char *expected,
                            nsc_backend_table *table)
{
    nsc_host_say("");
    const nsc_backend_table *found = query(&nsc_process_host);
    if (!found)
        return refuse(n, NSC_REFUSED, "query: expected a table, found NULL: %s",
                      *nsc_host_said() ? nsc_host_said() : "the plug-in gave no reason");
    nsc_status status = check_shape(n, found);
    if (!status)
        status = check_identity(n, found, expected);
    if (status)
        return status;
    memset(table, 0, sizeof *table);
    memcpy(table, found, found->struct_size < NSC_BACKEND_TABLE_SIZE ? found->struct_size : NSC_BACKEND_TABLE_SIZE);
    return NSC_OK;
}

nsc_status nsc_load_builtin(nsc_backend_query_function query, nsc_backend_table *table, char *why, size_t capacity)
{
    negotiation n = {.file = "built in", .why = why, .capacity = capacity};
    return negotiate(&n, query, NULL, table);
}

/* The loader's text is about another file than path: something that the plug-in needs is not installed. */
static bool dependency_missing(const char *path, const char *text)
{
    return strstr(text, "cannot open shared object file") && strncmp(text, path, strlen(path)) != 0;
}

/* Rules 1 to 4. */
nsc_status nsc_load_file(const char *path, const char *expected, nsc_backend_table *table, char *why, size_t capacity)
{
    negotiation n = {.file = path, .why = why, .capacity = capacity};
    if (path[0] != '/')
        return refuse(&n, NSC_INVALID, "path: expected an absolute one");
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? refuse(&n, NSC_INVALID, "there is no such file")
                                                   : refuse(&n, NSC_INVALID, "it cannot be read: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return refuse(&n, NSC_REFUSED, "file: expected a regular file, found something else");
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *text = dlerror();
        text = text ? text : "no reason given";
        nsc_status status = dependency_missing(path, text) ? NSC_UNAVAILABLE : NSC_REFUSED;
        size_t named = strlen(path);
        if (strncmp(text, path, named) == 0 && strncmp(text + named, ": ", 2) == 0)
            text += named + 2; /* the path is told already */
        return refuse(&n, status, "loading: expected a shared object that loads, found: %s", text);
    }
    union {
        void *address;
        nsc_backend_query_function query;
    } symbol = {.address = dlsym(library, NSC_BACKEND_SYMBOL)};
    if (!symbol.address)
        return refuse(&n, NSC_REFUSED, "symbol: expected %s, found none", NSC_BACKEND_SYMBOL);
    return negotiate(&n, symbol.query, expected, table);
}
