/* SPDX-License-Identifier: Apache-2.0 */
/* The backends that can be named. */
#include "core/device/catalog.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/builtin.h"
#include "core/device/choice.h"
#include "core/device/loader.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/settings.h"

static const char prefix[] = "libnascent-backend-";
static const char suffix[] = ".so";

static nsc_status no_memory(void)
{
    return nsc_fail(0, NSC_NO_MEMORY, "no host memory for the list of backends");
}

const nsc_catalog_entry *nsc_catalog_find(const nsc_catalog *catalog, const char *name, size_t length)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strlen(catalog->entries[i].name) == length && memcmp(catalog->entries[i].name, name, length) == 0)
            return &catalog->entries[i];
    return NULL;
}

/* Notes that a file is left out, since `first` has its name. */
static nsc_status refuse(nsc_catalog *catalog, const char *file, const nsc_catalog_entry *first)
{
    void *refused = catalog->refused;
    char *line;
    if (!nsc_grow(&refused, &catalog->refused_capacity, catalog->refused_count, sizeof *catalog->refused))
        return no_memory();
    catalog->refused = refused;
    if (asprintf(&line,
                 "%s: name: expected one that is not taken, found '%s', which %s%s (say the path to use this file)",
                 file, first->name, first->file ? "is that of " : "is built in", first->file ? first->file : "") < 0)
        return no_memory();
    catalog->refused[catalog->refused_count++] = line;
    return NSC_OK;
}

/* Adds an entry unless its name is taken; owns file. Of two built-ins with one name, the second is never reached. */
static nsc_status add(nsc_catalog *catalog, const char *name, char *file, nsc_backend_query_function query,
                      bool installed)
{
    const nsc_catalog_entry *first = nsc_catalog_find(catalog, name, strlen(name));
    if (first) {
        bool other = file && (!first->file || strcmp(file, first->file) != 0); /* else one directory said twice */
        nsc_status status = other ? refuse(catalog, file, first) : NSC_OK;
        free(file);
        return status;
    }
    void *entries = catalog->entries;
    if (!nsc_grow(&entries, &catalog->capacity, catalog->count, sizeof *catalog->entries)) {
        free(file);
        return no_memory();
    }
    catalog->entries = entries;
    nsc_catalog_entry *entry = &catalog->entries[catalog->count++];
    *entry = (nsc_catalog_entry){.file = file, .query = query, .installed = installed};
    snprintf(entry->name, sizeof entry->name, "%s", name);
    return NSC_OK;
}

/* The NAME in libnascent-backend-NAME.so; false: the file has another name. */
static bool name_of_file(const char *file, char name[65])
{
    size_t length = strlen(file), around = sizeof prefix + sizeof suffix - 2;
    if (length <= around || strncmp(file, prefix, sizeof prefix - 1) != 0 ||
        strcmp(file + length - (sizeof suffix - 1), suffix) != 0)
        return false;
    length -= around;
    if (!nsc_name_well_formed(file + sizeof prefix - 1, length))
        return false;
    memcpy(name, file + sizeof prefix - 1, length);
    name[length] = 0;
    return true;
}

static int is_plugin(const struct dirent *entry)
{
    char name[65];
    return name_of_file(entry->d_name, name);
}

/* A directory that cannot be read holds no backends. */
static nsc_status add_directory(nsc_catalog *catalog, const char *dir, size_t length, bool installed)
{
    char *path = strndup(dir, length);
    if (!path)
        return no_memory();
    struct dirent **files;
    int count = scandir(path, &files, is_plugin, alphasort);
    nsc_status status = NSC_OK;
    for (int i = 0; i < count; i++) {
        char name[65] = "";
        char *file = NULL;
        if (!status && name_of_file(files[i]->d_name, name))
            status = asprintf(&file, "%s/%s", path, files[i]->d_name) < 0 ? no_memory()
                                                                          : add(catalog, name, file, NULL, installed);
        free(files[i]);
    }
    if (count >= 0)
        free(files);
    free(path);
    return status;
}

/* A built-in that negotiation refuses cannot be named, so it is left out. */
static nsc_status add_builtins(nsc_catalog *catalog)
{
    nsc_status status = NSC_OK;
    for (const nsc_backend_query_function *query = nsc_builtin_backends; *query && !status; query++) {
        nsc_backend_table table;
        char why[256];
        if (nsc_load_builtin(*query, &table, why, sizeof why) == NSC_OK)
            status = add(catalog, table.name, NULL, *query, true);
    }
    return status;
}

nsc_status nsc_catalog_read(nsc_catalog *catalog, const char *backend_path, const char *plugin_dir)
{
    *catalog = (nsc_catalog){0};
    nsc_status status = add_builtins(catalog);
    size_t position = 0, length;
    const char *start;
    while (!status && backend_path && (length = nsc_next_directory(backend_path, &position, &start)) > 0)
        status = add_directory(catalog, start, length, false);
    if (!status && plugin_dir)
        status = add_directory(catalog, plugin_dir, strlen(plugin_dir), true);
    if (status)
        nsc_catalog_clear(catalog);
    return status;
}

void nsc_catalog_clear(nsc_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        free(catalog->entries[i].file);
    for (size_t i = 0; i < catalog->refused_count; i++)
        free(catalog->refused[i]);
    free(catalog->refused);
    free(catalog->entries);
    *catalog = (nsc_catalog){0};
}

void nsc_catalog_names(const nsc_catalog *catalog, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < catalog->count && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%s", i ? ", " : "", catalog->entries[i].name);
}

nsc_status nsc_catalog_load(const nsc_catalog_entry *entry, nsc_backend_table *table, char *why, size_t capacity)
{
    return entry->query ? nsc_load_builtin(entry->query, table, why, capacity)
                        : nsc_load_file(entry->file, entry->name, table, why, capacity);
}
