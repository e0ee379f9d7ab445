/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory and transfers. */
#include "opencl.h"

#include <stdlib.h>
#include <unistd.h>

nsc_backend_status nsc_cl_alloc(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    cl_int code;
    nsc_backend_status status = nsc_cl_alive(device);
    *buffer = NULL;
    if (status != NSC_BACKEND_OK)
        return status;
    if (bytes == 0 || bytes > device->max_buffer) /* some drivers do not look */
        return nsc_cl_fail(device->host, "clCreateBuffer", NULL, CL_INVALID_BUFFER_SIZE);
    nsc_backend_buffer *mine = calloc(1, sizeof *mine);
    if (!mine)
        return nsc_cl_fail(device->host, "clCreateBuffer", NULL, CL_OUT_OF_HOST_MEMORY);
    mine->memory = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (!mine->memory) {
        free(mine);
        return nsc_cl_fail(device->host, "clCreateBuffer", NULL, code);
    }
    *buffer = mine;
    return NSC_BACKEND_OK;
}

/* The driver keeps memory that enqueued work still uses. */
void nsc_cl_free(nsc_backend_device *device, nsc_backend_buffer *buffer)
{
    if (device->pid == getpid())
        clReleaseMemObject(buffer->memory);
    free(buffer);
}

nsc_backend_status nsc_cl_write(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                uint64_t offset, uint64_t bytes, const void *source)
{
    (void)queue;
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK || bytes == 0)
        return status;
    cl_int code = clEnqueueWriteBuffer(device->queue, buffer->memory, CL_TRUE, offset, bytes, source, 0, NULL, NULL);
    device->unflushed = 0;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clEnqueueWriteBuffer", NULL, code);
}

nsc_backend_status nsc_cl_read(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                               uint64_t offset, uint64_t bytes, void *target)
{
    (void)queue;
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK || bytes == 0)
        return status;
    cl_int code = clEnqueueReadBuffer(device->queue, buffer->memory, CL_TRUE, offset, bytes, target, 0, NULL, NULL);
    device->unflushed = 0;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clEnqueueReadBuffer", NULL, code);
}

/* Elsewhere a driver maps by copying into memory of its own. */
nsc_backend_status nsc_cl_map_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void **pointer)
{
    cl_int code;
    (void)queue;
    nsc_backend_status status = nsc_cl_alive(device);
    *pointer = NULL;
    if (status != NSC_BACKEND_OK)
        return status;
    if (!device->unified)
        return nsc_cl_fail_text(device->host, NSC_BACKEND_UNSUPPORTED,
                                "the device has memory of its own (CL_DEVICE_HOST_UNIFIED_MEMORY is false)");
    buffer->mapped =
        clEnqueueMapBuffer(device->queue, buffer->memory, CL_TRUE, CL_MAP_READ, offset, bytes, 0, NULL, NULL, &code);
    device->unflushed = 0;
    if (!buffer->mapped)
        return nsc_cl_fail(device->host, "clEnqueueMapBuffer", NULL, code);
    *pointer = buffer->mapped;
    return NSC_BACKEND_OK;
}

/* Need not wait: what writes the buffer next comes after it in the queue. */
nsc_backend_status nsc_cl_unmap_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer)
{
    (void)queue;
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK)
        return status;
    cl_int code = clEnqueueUnmapMemObject(device->queue, buffer->memory, buffer->mapped, 0, NULL, NULL);
    buffer->mapped = NULL;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clEnqueueUnmapMemObject", NULL, code);
}

nsc_backend_status nsc_cl_finish(nsc_backend_device *device, nsc_backend_queue *queue)
{
    (void)queue;
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK)
        return status;
    cl_int code = clFinish(device->queue);
    device->unflushed = 0;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clFinish", NULL, code);
}
