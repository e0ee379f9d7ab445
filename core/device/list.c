/* SPDX-License-Identifier: Apache-2.0 */
/* <nascent/device.h>: backends and devices seen from outside. */
#include <nascent/device.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/catalog.h"
#include "core/device/enumerate.h"
#include "core/device/loader.h"
#include "core/device/open.h"
#include "core/device/validate.h"
#include "core/setup.h"

int nsc_expression_check(const nsc_backend_expression *expression, char *text, size_t capacity)
{
    char rule[256];
    bool valid = nsc_expression_valid(expression, rule, sizeof rule);
    if (!valid && text && capacity > 0)
        snprintf(text, capacity, "%s", rule);
    return valid;
}

nsc_status nsc_backends_each(nsc_backend_visit visit, void *user)
{
    if (!visit)
        return nsc_fail(0, NSC_INVALID, "nsc_backends_each: nothing to call");
    nsc_setup setup;
    nsc_status status = nsc_setup_read(&setup, NULL);
    if (status)
        return status;
    nsc_catalog catalog;
    status = nsc_catalog_read(&catalog, setup.env.backend_path, NSC_PLUGIN_DIR);
    if (status)
        return status;
    for (size_t i = 0; i < catalog.count; i++)
        if (visit(user, catalog.entries[i].name, catalog.entries[i].file, catalog.entries[i].installed))
            break;
    nsc_catalog_clear(&catalog);
    return NSC_OK;
}

/* Loads the backend of a name or path without a device. *file is set where it is a file; the caller frees it. */
static nsc_status load(const char *backend, const nsc_setup *setup, nsc_backend_table *table, char **file, char *why,
                       size_t capacity)
{
    nsc_choice choice = {0};
    size_t position = 0;
    if (nsc_choice_is_auto(backend) || strchr(backend, ',') || !nsc_choices_valid(backend, why, capacity) ||
        !nsc_choice_next(backend, &position, &choice) || choice.by != NSC_CHOICE_ANY) {
        snprintf(why, capacity, "'%.100s' is neither the name of a backend nor the absolute path of a plug-in",
                 backend);
        return NSC_INVALID;
    }
    if (choice.is_path) {
        *file = strdup(backend);
        snprintf(why, capacity, "no host memory");
        return *file ? nsc_load_file(backend, NULL, table, why, capacity) : NSC_NO_MEMORY;
    }
    nsc_catalog catalog;
    nsc_status status = nsc_catalog_read(&catalog, setup->env.backend_path, NSC_PLUGIN_DIR);
    if (status) {
        snprintf(why, capacity, "no host memory");
        return status;
    }
    const nsc_catalog_entry *entry = nsc_catalog_find(&catalog, backend, strlen(backend));
    if (!entry) {
        char names[600];
        nsc_catalog_names(&catalog, names, sizeof names);
        snprintf(why, capacity, "there is no backend '%s'; say one of: %s", backend, names);
        status = NSC_INVALID;
    } else if (entry->file && !(*file = strdup(entry->file))) {
        snprintf(why, capacity, "no host memory");
        status = NSC_NO_MEMORY;
    } else {
        status = nsc_catalog_load(entry, table, why, capacity);
    }
    nsc_catalog_clear(&catalog);
    return status;
}

/* One device: opened for its limits where asked, told, closed. The result is visit's. */
static int visit_one(const nsc_backend_table *table, const char *file, const nsc_device_list *list, uint32_t index,
                     const nsc_device_settings *open, nsc_device_visit visit, void *user)
{
    nsc_device device;
    nsc_device_info info;
    char why[1024];
    nsc_info_describe(&list->infos[index], table->name, file, index, &info);
    if (!open)
        return visit(user, &info, NULL);
    nsc_backends_lock();
    nsc_status status = nsc_device_open(&device, table, file, index, &list->infos[index], open, why, sizeof why);
    nsc_backends_unlock();
    if (status)
        return visit(user, &info, why);
    nsc_device_describe(&device, &info);
    int result = visit(user, &info, NULL);
    nsc_device_close(&device);
    return result;
}

nsc_status nsc_devices_each(const char *backend, int open, nsc_device_visit visit, void *user)
{
    if (!backend || !visit)
        return nsc_fail(0, NSC_INVALID, "nsc_devices_each: no backend, or nothing to call");
    nsc_setup setup;
    nsc_status status = nsc_setup_read(&setup, NULL);
    if (status)
        return status;
    char why[1024];
    char *file = NULL;
    nsc_backend_table table;
    nsc_device_list list = {0};
    nsc_backends_lock();
    status = load(backend, &setup, &table, &file, why, sizeof why);
    if (!status)
        status = nsc_devices_list(&list, &table, &setup.log, why, sizeof why);
    nsc_backends_unlock();
    nsc_device_settings settings = {.log = &setup.log,
                                    .refused_kinds = setup.refused_kinds,
                                    .threads = setup.threads,
                                    .cache_dir = setup.cache_dir[0] ? setup.cache_dir : NULL};
    for (uint32_t i = 0; i < list.count; i++)
        if (visit_one(&table, file, &list, i, open ? &settings : NULL, visit, user))
            break;
    nsc_devices_clear(&list);
    free(file);
    return status ? nsc_fail(0, status, "%s", why) : NSC_OK;
}
