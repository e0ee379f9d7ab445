/* SPDX-License-Identifier: Apache-2.0 */
/* Which backends can be named: the built-in ones, then the files libnascent-backend-NAME.so in the directories of
 * NASCENT_BACKEND_PATH, then those in the installed plug-in folder. The first of a name wins, the others are refused by
 * name (their paths can still be said). Reads directories only. */
#ifndef NSC_CORE_DEVICE_CATALOG_H
#define NSC_CORE_DEVICE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/backend.h>
#include <nascent/status.h>

typedef struct nsc_catalog_entry {
    char name[65];
    char *file;                       /* NULL: built in */
    nsc_backend_query_function query; /* NULL: a file */
    bool installed;                   /* built in, or in the installed folder: may be chosen by default */
} nsc_catalog_entry;

typedef struct nsc_catalog {
    nsc_catalog_entry *entries;
    size_t count, capacity;
    char **refused; /* a line for each file whose name was taken */
    size_t refused_count, refused_capacity;
} nsc_catalog;

/* Either path may be NULL. Errors: NO_MEMORY (owner 0). */
nsc_status nsc_catalog_read(nsc_catalog *catalog, const char *backend_path, const char *plugin_dir);
void nsc_catalog_clear(nsc_catalog *catalog);
const nsc_catalog_entry *nsc_catalog_find(const nsc_catalog *catalog, const char *name, size_t length);
/* "opencl, reference"; what does not fit is left out. */
void nsc_catalog_names(const nsc_catalog *catalog, char *text, size_t capacity);
/* Loads and negotiates: nsc_load_file or nsc_load_builtin. */
nsc_status nsc_catalog_load(const nsc_catalog_entry *entry, nsc_backend_table *table, char *why, size_t capacity);

#endif
