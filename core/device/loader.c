/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and negotiation. The only user of the dynamic loader. */
#include "core/device/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/device/call.h"
#include "core/device/elf.h"
#include "core/device/table.h"

/* Rules 5 to 11. */
static nsc_status negotiate(const nsc_negotiation *n, nsc_backend_query_function query, const char *expected,
                            nsc_backend_table *table)
{
    nsc_host_say("");
    const nsc_backend_table *found = query(&nsc_process_host);
    if (!found)
        return nsc_refuse(n, NSC_REFUSED, "query: expected a table, found NULL: %s",
                          *nsc_host_said() ? nsc_host_said() : "the plug-in gave no reason");
    return nsc_table_take(n, found, expected, table);
}

nsc_status nsc_load_builtin(nsc_backend_query_function query, nsc_backend_table *table, char *why, size_t capacity)
{
    nsc_negotiation n = {.file = "built in", .why = why, .capacity = capacity};
    return negotiate(&n, query, NULL, table);
}

/* The loader's text is about another file than path: something that the plug-in needs is not installed. */
static bool dependency_missing(const char *path, const char *text)
{
    return strstr(text, "cannot open shared object file") && strncmp(text, path, strlen(path)) != 0;
}

/* Rule 2. */
static nsc_status check_file(const nsc_negotiation *n)
{
    struct stat info;
    if (stat(n->file, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? nsc_refuse(n, NSC_INVALID, "there is no such file")
                   : nsc_refuse(n, NSC_INVALID, "it cannot be read: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return nsc_refuse(n, NSC_REFUSED, "file: expected a regular file, found %s",
                          S_ISDIR(info.st_mode) ? "a directory" : "something else");
    int file = open(n->file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return nsc_refuse(n, NSC_REFUSED, "file: expected one that can be read, found: %s", strerror(errno));
    size_t bytes = (size_t)info.st_size;
    void *mapped = bytes > 0 ? mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    close(file);
    uint64_t wanted = 0;
    if (mapped != MAP_FAILED) { /* else the dynamic loader says what is wrong */
        wanted = nsc_elf_wanted(mapped, bytes);
        munmap(mapped, bytes);
    }
    if (wanted > 0)
        return nsc_refuse(n, NSC_REFUSED,
                          "size of the file: expected %" PRIu64 " bytes, as its headers say, found %zu (a "
                          "part is missing: copy it again)",
                          wanted, bytes);
    return NSC_OK;
}

/* Rules 1 to 4. */
nsc_status nsc_load_file(const char *path, const char *expected, nsc_backend_table *table, char *why, size_t capacity)
{
    nsc_negotiation n = {.file = path, .why = why, .capacity = capacity};
    if (path[0] != '/')
        return nsc_refuse(&n, NSC_INVALID, "path: expected an absolute one");
    nsc_status checked = check_file(&n);
    if (checked)
        return checked;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *text = dlerror();
        text = text ? text : "no reason given";
        nsc_status status = dependency_missing(path, text) ? NSC_UNAVAILABLE : NSC_REFUSED;
        size_t named = strlen(path);
        if (strncmp(text, path, named) == 0 && strncmp(text + named, ": ", 2) == 0)
            text += named + 2; /* the path is told already */
        return nsc_refuse(&n, status, "loading: expected a shared object that loads, found: %s", text);
    }
    union {
        void *address;
        nsc_backend_query_function query;
    } symbol = {.address = dlsym(library, NSC_BACKEND_SYMBOL)};
    if (!symbol.address)
        return nsc_refuse(&n, NSC_REFUSED, "symbol: expected %s, found none", NSC_BACKEND_SYMBOL);
    return negotiate(&n, symbol.query, expected, table);
}
