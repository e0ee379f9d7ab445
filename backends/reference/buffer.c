/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory: the host's. Work is done when launch returns, so nothing is ever pending. */
#include <stdlib.h>
#include <string.h>

#include "reference.h"

#define ALIGNMENT 64u

nsc_backend_status reference_alloc(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    (void)device;
    if (bytes > SIZE_MAX - ALIGNMENT)
        return NSC_BACKEND_NO_MEMORY;
    size_t rounded = ((size_t)bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    nsc_backend_buffer *made = malloc(sizeof *made);

    if (!made)
        return NSC_BACKEND_NO_MEMORY;
    made->data = aligned_alloc(ALIGNMENT, rounded);
    if (!made->data) {
        free(made);
        return NSC_BACKEND_NO_MEMORY;
    }
    *buffer = made;
    return NSC_BACKEND_OK;
}

void reference_free(nsc_backend_device *device, nsc_backend_buffer *buffer)
{
    (void)device;
    free(buffer->data);
    free(buffer);
}

nsc_backend_status reference_write(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void *source)
{
    (void)device;
    (void)queue;
    memcpy(buffer->data + offset, source, (size_t)bytes);
    return NSC_BACKEND_OK;
}

nsc_backend_status reference_read(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                  uint64_t offset, uint64_t bytes, void *target)
{
    (void)device;
    (void)queue;
    memcpy(target, buffer->data + offset, (size_t)bytes);
    return NSC_BACKEND_OK;
}

nsc_backend_status reference_map_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                      uint64_t offset, uint64_t bytes, const void **pointer)
{
    (void)device;
    (void)queue;
    (void)bytes;
    *pointer = buffer->data + offset;
    return NSC_BACKEND_OK;
}

nsc_backend_status reference_unmap_host(nsc_backend_device *device, nsc_backend_queue *queue,
                                        nsc_backend_buffer *buffer)
{
    (void)device;
    (void)queue;
    (void)buffer;
    return NSC_BACKEND_OK;
}
