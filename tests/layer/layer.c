/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenCL layer (OPENCL_LAYERS=/path/libnascent-layer.so) that counts what a program asks of the driver, calls made
 * inside CLBlast included. A test loads the same file again with dlopen and reads the counts with nsc_layer_count; with
 * NSC_LAYER_REPORT set they are also printed on standard error at exit. */
#include "chain.h"
#include "layer.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum counter {
    BUFFERS,
    UPLOADS,
    UPLOAD_BYTES,
    READS,
    READ_BYTES,
    MAPS,
    UNMAPS,
    LAUNCHES,
    BUILDS,
    KERNELS,
    FINISHES,
    FLUSHES,
    WAITS,
    COUNTERS
};

static const char *const names[COUNTERS] = {"buffers",  "uploads", "upload_bytes", "reads",  "read_bytes",
                                            "maps",     "unmaps",  "launches",     "builds", "kernels",
                                            "finishes", "flushes", "waits"};
static atomic_ullong counts[COUNTERS];
static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;

static void count(enum counter what, unsigned long long by)
{
    atomic_fetch_add_explicit(&counts[what], by, memory_order_relaxed);
}

EXPORT int nsc_layer_count(const char *name, unsigned long long *value)
{
    for (int i = 0; i < COUNTERS; i++)
        if (strcmp(names[i], name) == 0) {
            *value = atomic_load(&counts[i]);
            return next != NULL; /* 0 as well when no loader has taken the layer in */
        }
    return 0;
}

EXPORT void nsc_layer_reset(void)
{
    for (int i = 0; i < COUNTERS; i++)
        atomic_store(&counts[i], 0);
}

static cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code)
{
    count(BUFFERS, 1);
    return next->clCreateBuffer(context, flags, bytes, host, code);
}

static cl_int CL_API_CALL write_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                                       size_t bytes, const void *source, cl_uint wait_count, const cl_event *wait,
                                       cl_event *event)
{
    count(UPLOADS, 1);
    count(UPLOAD_BYTES, bytes);
    return next->clEnqueueWriteBuffer(queue, buffer, blocking, offset, bytes, source, wait_count, wait, event);
}

static cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                                      size_t bytes, void *target, cl_uint wait_count, const cl_event *wait,
                                      cl_event *event)
{
    count(READS, 1);
    count(READ_BYTES, bytes);
    return next->clEnqueueReadBuffer(queue, buffer, blocking, offset, bytes, target, wait_count, wait, event);
}

static void *CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags,
                                    size_t offset, size_t bytes, cl_uint wait_count, const cl_event *wait,
                                    cl_event *event, cl_int *code)
{
    count(MAPS, 1);
    return next->clEnqueueMapBuffer(queue, buffer, blocking, flags, offset, bytes, wait_count, wait, event, code);
}

static cl_int CL_API_CALL unmap(cl_command_queue queue, cl_mem object, void *pointer, cl_uint wait_count,
                                const cl_event *wait, cl_event *event)
{
    count(UNMAPS, 1);
    return next->clEnqueueUnmapMemObject(queue, object, pointer, wait_count, wait, event);
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *offset,
                                 const size_t *global, const size_t *local, cl_uint wait_count, const cl_event *wait,
                                 cl_event *event)
{
    count(LAUNCHES, 1);
    return next->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, local, wait_count, wait, event);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint device_count, const cl_device_id *devices,
                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    count(BUILDS, 1);
    return next->clBuildProgram(program, device_count, devices, options, notify, user);
}

static cl_kernel CL_API_CALL create_kernel(cl_program program, const char *name, cl_int *code)
{
    count(KERNELS, 1);
    return next->clCreateKernel(program, name, code);
}

static cl_int CL_API_CALL create_kernels(cl_program program, cl_uint capacity, cl_kernel *kernels, cl_uint *returned)
{
    count(KERNELS, kernels ? capacity : 0);
    return next->clCreateKernelsInProgram(program, capacity, kernels, returned);
}

static cl_int CL_API_CALL finish(cl_command_queue queue)
{
    count(FINISHES, 1);
    return next->clFinish(queue);
}

static cl_int CL_API_CALL flush(cl_command_queue queue)
{
    count(FLUSHES, 1);
    return next->clFlush(queue);
}

static cl_int CL_API_CALL wait_for_events(cl_uint event_count, const cl_event *events)
{
    count(WAITS, 1);
    return next->clWaitForEvents(event_count, events);
}

static void report(void)
{
    fputs("layer:", stderr);
    for (int i = 0; i < COUNTERS; i++)
        fprintf(stderr, " %s %llu", names[i], atomic_load(&counts[i]));
    fputc('\n', stderr);
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t capacity, void *value, size_t *bytes)
{
    static const char name[] = "nascent counting layer";
    static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    if (what != CL_LAYER_API_VERSION && what != CL_LAYER_NAME)
        return CL_INVALID_VALUE;
    const void *source = what == CL_LAYER_API_VERSION ? (const void *)&version : (const void *)name;
    const size_t length = what == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (value && capacity < length)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, source, length);
    if (bytes)
        *bytes = length;
    return CL_SUCCESS;
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint target_entries, const struct _cl_icd_dispatch *target,
                                                   cl_uint *entries, const struct _cl_icd_dispatch **table)
{
    const cl_uint have = (cl_uint)(sizeof mine / sizeof(void *));
    const cl_uint common = target_entries < have ? target_entries : have;
    if (!target || !entries || !table)
        return CL_INVALID_VALUE;
    next = nsc_layer_shrink(nsc_layer_shadows(target, common), common);
    next = nsc_layer_faults(nsc_layer_objects(nsc_layer_spoils(next, common), common), common);
    memcpy(&mine, next, common * sizeof(void *));
    mine.clCreateBuffer = create_buffer;
    mine.clEnqueueWriteBuffer = write_buffer;
    mine.clEnqueueReadBuffer = read_buffer;
    mine.clEnqueueMapBuffer = map_buffer;
    mine.clEnqueueUnmapMemObject = unmap;
    mine.clEnqueueNDRangeKernel = launch;
    mine.clBuildProgram = build;
    mine.clCreateKernel = create_kernel;
    mine.clCreateKernelsInProgram = create_kernels;
    mine.clFinish = finish;
    mine.clFlush = flush;
    mine.clWaitForEvents = wait_for_events;
    *entries = common;
    *table = &mine;
    if (getenv("NSC_LAYER_REPORT"))
        atexit(report);
    return CL_SUCCESS;
}
