/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into an open backend: lock, count, translate. prepare.c has the longest of them. */
#include "core/device/gateway.h"

#include "core/device/call.h"
#include "core/device/profile.h"

nsc_status nsc_device_alloc(nsc_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    *buffer = NULL;
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = device->table.alloc(device->handle, bytes, buffer);
    nsc_call_end(device);
    if (result == NSC_BACKEND_OK && !*buffer) {
        nsc_host_say("alloc answered OK and gave no buffer");
        result = NSC_BACKEND_FAILED;
    }
    if (result != NSC_BACKEND_OK) {
        *buffer = NULL;
        status = nsc_call_failed(device, result);
        return nsc_fail_while(device->owner, status, "allocating %llu bytes on %s", (unsigned long long)bytes,
                              device->title);
    }
    atomic_fetch_add(&device->counters.allocations, 1);
    return NSC_OK;
}

void nsc_device_free(nsc_device *device, nsc_backend_buffer *buffer)
{
    if (!buffer)
        return;
    nsc_call_lock(device);
    device->table.free(device->handle, buffer);
    nsc_call_end(device);
}

nsc_status nsc_device_write(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                            const void *source)
{
    if (bytes == 0)
        return NSC_OK;
    if (!buffer || !source || offset + bytes < offset)
        return nsc_fail(device->owner, NSC_INVALID, "a write to %s without a buffer, a source or a sane size",
                        device->title);
    uint64_t begin = nsc_profile_begin(device);
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = device->table.write(device->handle, NULL, buffer, offset, bytes, source);
    nsc_call_end(device);
    if (result != NSC_BACKEND_OK) {
        status = nsc_call_failed(device, result);
        return nsc_fail_while(device->owner, status, "writing %llu bytes to %s", (unsigned long long)bytes,
                              device->title);
    }
    atomic_fetch_add(&device->counters.uploads, 1);
    atomic_fetch_add(&device->counters.upload_bytes, bytes);
    if (begin)
        nsc_profile_transfer(device, NSC_PROFILE_UPLOAD, begin, bytes);
    return NSC_OK;
}

nsc_status nsc_device_read(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                           void *target)
{
    if (bytes == 0)
        return NSC_OK;
    if (!buffer || !target || offset + bytes < offset)
        return nsc_fail(device->owner, NSC_INVALID, "a read from %s without a buffer, a target or a sane size",
                        device->title);
    uint64_t begin = nsc_profile_begin(device);
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = device->table.read(device->handle, NULL, buffer, offset, bytes, target);
    nsc_call_end(device);
    if (result != NSC_BACKEND_OK) {
        status = nsc_call_failed(device, result);
        return nsc_fail_while(device->owner, status, "reading %llu bytes from %s, or work given to it before",
                              (unsigned long long)bytes, device->title);
    }
    atomic_fetch_add(&device->counters.downloads, 1);
    atomic_fetch_add(&device->counters.download_bytes, bytes);
    if (begin)
        nsc_profile_transfer(device, NSC_PROFILE_DOWNLOAD, begin, bytes);
    return NSC_OK;
}

nsc_status nsc_device_map(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                          const void **pointer)
{
    *pointer = NULL;
    if (bytes == 0)
        return NSC_OK;
    if (!buffer || offset + bytes < offset)
        return nsc_fail(device->owner, NSC_INVALID, "a view of memory of %s without a buffer or a sane size",
                        device->title);
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = NSC_BACKEND_UNSUPPORTED;
    if (device->table.map_host && device->table.unmap_host)
        result = device->table.map_host(device->handle, NULL, buffer, offset, bytes, pointer);
    nsc_call_end(device);
    if (result == NSC_BACKEND_OK && !*pointer) {
        nsc_host_say("map_host answered OK and gave no pointer");
        result = NSC_BACKEND_FAILED;
    }
    if (result == NSC_BACKEND_OK)
        return NSC_OK;
    *pointer = NULL;
    if (result == NSC_BACKEND_UNSUPPORTED && !*nsc_host_said())
        nsc_host_say("the host does not reach that memory without a copy");
    status = nsc_call_failed(device, result);
    return nsc_fail_while(device->owner, status, "viewing %llu bytes of %s%s", (unsigned long long)bytes, device->title,
                          status == NSC_UNSUPPORTED ? ": read a copy of them (nsc_tensor_read)" : "");
}

/* Also on a lost device, as free: the backend has something to give back. */
nsc_status nsc_device_unmap(nsc_device *device, nsc_backend_buffer *buffer)
{
    nsc_host_say("");
    nsc_call_lock(device);
    nsc_backend_status result = device->table.unmap_host(device->handle, NULL, buffer);
    nsc_call_end(device);
    if (result == NSC_BACKEND_OK)
        return NSC_OK;
    nsc_status status = nsc_call_failed(device, result);
    return nsc_fail_while(device->owner, status, "ending a view of memory of %s", device->title);
}

nsc_status nsc_device_finish(nsc_device *device)
{
    uint64_t begin = nsc_profile_begin(device);
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = device->table.finish(device->handle, NULL);
    nsc_call_end(device);
    atomic_fetch_add(&device->counters.finishes, 1);
    if (result != NSC_BACKEND_OK) {
        status = nsc_call_failed(device, result);
        return nsc_fail_while(device->owner, status, "waiting for work given to %s", device->title);
    }
    if (begin)
        nsc_profile_transfer(device, NSC_PROFILE_WAIT, begin, 0);
    return NSC_OK;
}

void nsc_device_trim(nsc_device *device)
{
    if (!device->table.trim || atomic_load(&device->lost))
        return;
    nsc_call_lock(device);
    device->table.trim(device->handle);
    nsc_call_end(device);
}

void nsc_device_stats(nsc_device *device, nsc_backend_stats *stats)
{
    *stats = (nsc_backend_stats){.struct_size = NSC_BACKEND_STATS_SIZE};
    if (!device->table.stats)
        return;
    nsc_call_lock(device);
    device->table.stats(device->handle, stats);
    nsc_call_end(device);
}

void nsc_device_release(nsc_device *device, nsc_backend_step *step)
{
    if (!step)
        return;
    nsc_call_lock(device);
    device->table.release(device->handle, step);
    nsc_call_end(device);
}

nsc_status nsc_call_launched(nsc_device *device, nsc_backend_status result, size_t done, size_t count)
{
    atomic_fetch_add(&device->counters.launches, done);
    if (result == NSC_BACKEND_OK)
        return NSC_OK;
    nsc_status status = nsc_call_failed(device, result);
    return nsc_fail_while(device->owner, status, "launching step %zu of %zu on %s", done + 1, count, device->title);
}

nsc_status nsc_device_run(nsc_device *device, const nsc_launch *launches, size_t count)
{
    if (nsc_profiling(device))
        return nsc_profile_run(device, launches, count);
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = NSC_BACKEND_OK;
    size_t done = 0;
    for (; done < count; done++) {
        const nsc_launch *launch = &launches[done];
        result = device->table.launch(device->handle, NULL, launch->step, launch->bindings, launch->binding_count,
                                      launch->scalars, launch->scalar_count);
        if (result != NSC_BACKEND_OK)
            break;
    }
    nsc_call_end(device);
    return nsc_call_launched(device, result, done, count);
}
