/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that backends call, and the frame around calls into them. */
#include "core/device/call.h"

#include <stdio.h>

#include "core/device/cache.h"
#include "core/param/random.h"

static _Thread_local char said[512];
static _Thread_local const nsc_log *process_log;

const char *nsc_host_said(void)
{
    return said;
}

void nsc_host_say(const char *text)
{
    snprintf(said, sizeof said, "%s", text);
}

void nsc_host_log_to(const nsc_log *log)
{
    process_log = log;
}

static void host_fail(void *context, const char *text)
{
    (void)context;
    nsc_host_say(text ? text : "");
}

/* A level that is none of the four is taken for the finest. */
static nsc_log_level level_of(int32_t level)
{
    return level >= NSC_BACKEND_LOG_ERROR && level < NSC_BACKEND_LOG_DEBUG ? (nsc_log_level)level : NSC_LOG_DEBUG;
}

static void process_host_log(void *context, int32_t level, const char *text)
{
    (void)context;
    if (process_log && text)
        nsc_log_line(process_log, level_of(level), "%s", text);
}

static uint64_t no_cache_get(void *context, const void *key, uint64_t key_bytes, void *out, uint64_t capacity)
{
    (void)context, (void)key, (void)key_bytes, (void)out, (void)capacity;
    return 0;
}

static void no_cache_put(void *context, const void *key, uint64_t key_bytes, const void *data, uint64_t bytes)
{
    (void)context, (void)key, (void)key_bytes, (void)data, (void)bytes;
}

const nsc_backend_host nsc_process_host = {
    .struct_size = NSC_BACKEND_HOST_SIZE,
    .abi_major = NSC_BACKEND_ABI_MAJOR,
    .log = process_host_log,
    .fail = host_fail,
    .cache_get = no_cache_get,
    .cache_put = no_cache_put,
    .normal_table = nsc_normal_table,
};

static void device_host_log(void *context, int32_t level, const char *text)
{
    const nsc_device *device = context;
    if (text)
        nsc_log_line(device->log, level_of(level), "%s: %s", device->table.name, text);
}

static uint64_t device_cache_get(void *context, const void *key, uint64_t key_bytes, void *out, uint64_t capacity)
{
    const nsc_device *device = context;
    return device->cache_dir ? nsc_cache_get(device->cache_dir, device->table.name, key, key_bytes, out, capacity) : 0;
}

static void device_cache_put(void *context, const void *key, uint64_t key_bytes, const void *data, uint64_t bytes)
{
    nsc_device *device = context;
    char why[256];
    if (!device->cache_dir ||
        nsc_cache_put(device->cache_dir, device->table.name, key, key_bytes, data, bytes, why, sizeof why))
        return;
    if (!atomic_exchange(&device->cache_failed, true))
        nsc_log_line(device->log, NSC_LOG_DEBUG, "programs are not cached: %s", why);
}

void nsc_host_fill(nsc_device *device, uint32_t threads)
{
    device->host = (nsc_backend_host){
        .struct_size = NSC_BACKEND_HOST_SIZE,
        .abi_major = NSC_BACKEND_ABI_MAJOR,
        .context = device,
        .log = device_host_log,
        .fail = host_fail,
        .cache_get = device_cache_get,
        .cache_put = device_cache_put,
        .normal_table = nsc_normal_table,
        .threads = threads,
    };
}

void nsc_call_lock(nsc_device *device)
{
    if (!(device->limits.flags & NSC_BACKEND_QUEUES_CONCURRENT))
        pthread_mutex_lock(&device->lock);
}

nsc_status nsc_call_begin(nsc_device *device)
{
    if (atomic_load(&device->lost))
        return nsc_fail(device->owner, NSC_DEVICE_LOST, "%s was lost before: close the context and open another",
                        device->title);
    said[0] = 0;
    nsc_call_lock(device);
    return NSC_OK;
}

void nsc_call_end(nsc_device *device)
{
    if (!(device->limits.flags & NSC_BACKEND_QUEUES_CONCURRENT))
        pthread_mutex_unlock(&device->lock);
}

nsc_status nsc_call_failed(nsc_device *device, nsc_backend_status result)
{
    const char *reason = said[0] ? said : NULL;
    switch (result) {
    case NSC_BACKEND_NO_MEMORY:
        return nsc_fail(device->owner, NSC_NO_MEMORY, "%s", reason ? reason : "the device has no memory left");
    case NSC_BACKEND_LOST:
        atomic_store(&device->lost, true);
        return nsc_fail(device->owner, NSC_DEVICE_LOST, "%s", reason ? reason : "the device is gone");
    case NSC_BACKEND_UNSUPPORTED:
        return nsc_fail(device->owner, NSC_UNSUPPORTED, "%s", reason ? reason : "the backend does not offer this");
    case NSC_BACKEND_UNAVAILABLE:
        return nsc_fail(device->owner, NSC_UNAVAILABLE, "%s", reason ? reason : "the device is not here");
    case NSC_BACKEND_FAILED:
        return nsc_fail(device->owner, NSC_FAILED, "%s", reason ? reason : "the backend gave no reason");
    default:
        return nsc_fail(device->owner, NSC_FAILED, "%s (status %d is not one to be given here)",
                        reason ? reason : "the backend gave no reason", (int)result);
    }
}
