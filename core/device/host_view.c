/* SPDX-License-Identifier: Apache-2.0 */
/* What the host sees of device memory without a copy. A block is mapped once, whatever the number of its views: so a
 * backend needs no count. */
#include "core/device/gateway.h"

nsc_status nsc_memory_view(nsc_memory *memory, const void **pointer)
{
    nsc_device *device = memory->device;
    nsc_status status = NSC_OK;
    pthread_mutex_lock(&device->view_lock);
    if (memory->buffer && atomic_load(&memory->views) == 0)
        status = nsc_device_map(device, memory->buffer, 0, memory->bytes, &memory->host);
    if (!status)
        atomic_fetch_add(&memory->views, 1);
    *pointer = memory->host;
    pthread_mutex_unlock(&device->view_lock);
    return status;
}

bool nsc_memory_end_view(nsc_memory *memory, nsc_status *status)
{
    nsc_device *device = memory->device;
    *status = NSC_OK;
    pthread_mutex_lock(&device->view_lock);
    size_t open = atomic_load(&memory->views);
    if (open == 1 && memory->buffer) {
        *status = nsc_device_unmap(device, memory->buffer);
        memory->map_stuck = memory->map_stuck || *status;
        memory->host = NULL;
    }
    if (open > 0)
        atomic_fetch_sub(&memory->views, 1);
    pthread_mutex_unlock(&device->view_lock);
    return open > 0;
}
