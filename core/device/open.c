/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing one device of a loaded backend. */
#include "core/device/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/call.h"
#include "core/device/profile.h"
#include "core/device/validate.h"

/* The optional kinds whose names are known here. */
static uint32_t known_optional_kinds(void)
{
    uint32_t kinds = 0;
    for (uint32_t kind = NSC_BACKEND_GEMM + 1; nsc_kind_name(kind); kind++)
        kinds |= NSC_BACKEND_KIND_BIT(kind);
    return kinds;
}

static nsc_status status_of(nsc_backend_status result)
{
    switch (result) {
    case NSC_BACKEND_END:
    case NSC_BACKEND_UNAVAILABLE:
        return NSC_UNAVAILABLE;
    case NSC_BACKEND_NO_MEMORY:
        return NSC_NO_MEMORY;
    case NSC_BACKEND_LOST:
        return NSC_DEVICE_LOST;
    case NSC_BACKEND_UNSUPPORTED:
        return NSC_UNSUPPORTED;
    default:
        return NSC_FAILED;
    }
}

/* Calls open and looks at what it filled; false with *status set, and nothing left open. */
static bool open_handle(nsc_device *device, nsc_status *status, char *why, size_t capacity)
{
    nsc_backend_open_args args = {
        .struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .index = device->index, .host = &device->host};
    nsc_backend_limits limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE};
    nsc_host_say("");
    nsc_backend_status result = device->table.open(&args, &device->handle, &limits);
    const char *said = *nsc_host_said() ? nsc_host_said() : "the backend gave no reason";
    if (result != NSC_BACKEND_OK) {
        *status = status_of(result);
        snprintf(why, capacity, "%s cannot be opened: %s", device->title, said);
        return false;
    }
    if (!device->handle) {
        *status = NSC_REFUSED;
        snprintf(why, capacity, "%s cannot be opened: open answered OK and gave no device", device->title);
        return false;
    }
    char rule[192];
    if (!nsc_limits_valid(&limits, rule, sizeof rule)) {
        *status = NSC_REFUSED;
        snprintf(why, capacity, "%s is refused: %s", device->title, rule);
        device->table.close(device->handle);
        return false;
    }
    result = nsc_tails_refused(device, limits.optional_kinds & known_optional_kinds(), rule, sizeof rule);
    if (result != NSC_BACKEND_UNSUPPORTED) {
        *status = result == NSC_BACKEND_OK ? NSC_REFUSED : status_of(result);
        snprintf(why, capacity, result == NSC_BACKEND_OK ? "%s is refused: %s" : "%s cannot be opened: %s",
                 device->title, rule);
        device->table.close(device->handle);
        return false;
    }
    device->limits = limits;
    return true;
}

static char *copy_or_null(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;
    *failed = *failed || (text && !copy);
    return copy;
}

nsc_status nsc_device_open(nsc_device *device, const nsc_backend_table *table, const char *file, uint32_t index,
                           const nsc_backend_info *info, const nsc_device_settings *settings, char *why,
                           size_t capacity)
{
    memset(device, 0, sizeof *device);
    bool failed = false;
    device->owner = settings->owner;
    device->log = settings->log;
    device->table = *table;
    device->info = *info;
    device->index = index;
    device->file = copy_or_null(file, &failed);
    device->cache_dir = copy_or_null(settings->cache_dir, &failed);
    nsc_device_title(device->title, sizeof device->title, table->name, index, info);
    nsc_host_fill(device, settings->threads);
    nsc_status status = NSC_NO_MEMORY;
    if (failed || pthread_mutex_init(&device->lock, NULL) != 0) {
        snprintf(why, capacity, "%s cannot be opened: no host memory", device->title);
        goto free_texts;
    }
    if (pthread_mutex_init(&device->view_lock, NULL) != 0) {
        snprintf(why, capacity, "%s cannot be opened: no host memory", device->title);
        goto destroy_lock;
    }
    if (!open_handle(device, &status, why, capacity))
        goto destroy_view_lock;
    device->kinds = device->limits.optional_kinds & known_optional_kinds() & ~settings->refused_kinds;
    status = nsc_pool_open(device);
    if (!status)
        return NSC_OK;
    snprintf(why, capacity, "%s cannot be opened: no host memory", device->title);
    device->table.close(device->handle);
destroy_view_lock:
    pthread_mutex_destroy(&device->view_lock);
destroy_lock:
    pthread_mutex_destroy(&device->lock);
free_texts:
    free(device->file);
    free(device->cache_dir);
    memset(device, 0, sizeof *device);
    return status;
}

void nsc_device_close(nsc_device *device)
{
    nsc_pool_close(device);
    nsc_profiler_free(device);
    device->table.close(device->handle);
    pthread_mutex_destroy(&device->view_lock);
    pthread_mutex_destroy(&device->lock);
    free(device->file);
    free(device->cache_dir);
    memset(device, 0, sizeof *device);
}
