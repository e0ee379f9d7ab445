/* SPDX-License-Identifier: Apache-2.0 */
/* The references to OpenCL objects that this process holds: those that calls gave or retained, less those released. Only
 * what the driver really did counts. */
#include "chain.h"
#include "layer.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;

enum object { CONTEXTS, QUEUES, BUFFERS, PROGRAMS, KERNELS, EVENTS, OBJECTS };
static const char *const names[OBJECTS] = {"contexts", "queues", "buffers", "programs", "kernels", "events"};
static atomic_long held[OBJECTS];

EXPORT const char *nsc_layer_held(int index, long *count)
{
    if (index < 0 || index >= OBJECTS)
        return NULL;
    *count = atomic_load(&held[index]);
    return names[index];
}

#define MAKE(TYPE, NAME, OBJECT, PARAMETERS, ARGUMENTS) \
    static TYPE CL_API_CALL my_##NAME PARAMETERS        \
    {                                                   \
        TYPE made = next->NAME ARGUMENTS;               \
        atomic_fetch_add(&held[OBJECT], made != NULL);  \
        return made;                                    \
    }
MAKE(cl_context, clCreateContext, CONTEXTS,
     (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
      void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *code),
     (properties, count, devices, notify, user, code))
MAKE(cl_command_queue, clCreateCommandQueue, QUEUES,
     (cl_context context, cl_device_id device, cl_command_queue_properties properties, cl_int *code),
     (context, device, properties, code))
MAKE(cl_mem, clCreateBuffer, BUFFERS, (cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code),
     (context, flags, bytes, host, code))
MAKE(cl_program, clCreateProgramWithSource, PROGRAMS,
     (cl_context context, cl_uint count, const char **pieces, const size_t *lengths, cl_int *code),
     (context, count, pieces, lengths, code))
MAKE(cl_program, clCreateProgramWithBinary, PROGRAMS,
     (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *lengths,
      const unsigned char **binaries, cl_int *statuses, cl_int *code),
     (context, count, devices, lengths, binaries, statuses, code))
MAKE(cl_kernel, clCreateKernel, KERNELS, (cl_program program, const char *name, cl_int *code), (program, name, code))

#define CHANGE(NAME, OBJECT, TYPE, BY)               \
    static cl_int CL_API_CALL my_##NAME(TYPE object) \
    {                                                \
        const cl_int code = next->NAME(object);      \
        if (code == CL_SUCCESS)                      \
            atomic_fetch_add(&held[OBJECT], (BY));   \
        return code;                                 \
    }
CHANGE(clRetainContext, CONTEXTS, cl_context, 1)
CHANGE(clReleaseContext, CONTEXTS, cl_context, -1)
CHANGE(clRetainCommandQueue, QUEUES, cl_command_queue, 1)
CHANGE(clReleaseCommandQueue, QUEUES, cl_command_queue, -1)
CHANGE(clRetainMemObject, BUFFERS, cl_mem, 1)
CHANGE(clReleaseMemObject, BUFFERS, cl_mem, -1)
CHANGE(clRetainProgram, PROGRAMS, cl_program, 1)
CHANGE(clReleaseProgram, PROGRAMS, cl_program, -1)
CHANGE(clRetainKernel, KERNELS, cl_kernel, 1)
CHANGE(clReleaseKernel, KERNELS, cl_kernel, -1)
CHANGE(clRetainEvent, EVENTS, cl_event, 1)
CHANGE(clReleaseEvent, EVENTS, cl_event, -1)

static cl_int CL_API_CALL my_clCreateKernelsInProgram(cl_program program, cl_uint capacity, cl_kernel *kernels,
                                                      cl_uint *count)
{
    cl_uint made = 0;
    const cl_int code = next->clCreateKernelsInProgram(program, capacity, kernels, &made);
    if (code == CL_SUCCESS && kernels)
        atomic_fetch_add(&held[KERNELS], (long)made);
    if (count)
        *count = made;
    return code;
}

/* An enqueued command gives an event where one is asked for. */
#define ENQUEUE(NAME, PARAMETERS, ARGUMENTS)       \
    static cl_int CL_API_CALL my_##NAME PARAMETERS \
    {                                              \
        const cl_int code = next->NAME ARGUMENTS;  \
        if (code == CL_SUCCESS && event)           \
            atomic_fetch_add(&held[EVENTS], 1);    \
        return code;                               \
    }
ENQUEUE(clEnqueueReadBuffer,
        (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes, void *target,
         cl_uint count, const cl_event *wait, cl_event *event),
        (queue, buffer, blocking, offset, bytes, target, count, wait, event))
ENQUEUE(clEnqueueWriteBuffer,
        (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes, const void *source,
         cl_uint count, const cl_event *wait, cl_event *event),
        (queue, buffer, blocking, offset, bytes, source, count, wait, event))
ENQUEUE(clEnqueueCopyBuffer,
        (cl_command_queue queue, cl_mem source, cl_mem target, size_t from, size_t to, size_t bytes, cl_uint count,
         const cl_event *wait, cl_event *event),
        (queue, source, target, from, to, bytes, count, wait, event))
ENQUEUE(clEnqueueUnmapMemObject,
        (cl_command_queue queue, cl_mem object, void *pointer, cl_uint count, const cl_event *wait, cl_event *event),
        (queue, object, pointer, count, wait, event))
ENQUEUE(clEnqueueNDRangeKernel,
        (cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *offset, const size_t *global,
         const size_t *local, cl_uint count, const cl_event *wait, cl_event *event),
        (queue, kernel, dims, offset, global, local, count, wait, event))
ENQUEUE(clEnqueueMarkerWithWaitList, (cl_command_queue queue, cl_uint count, const cl_event *wait, cl_event *event),
        (queue, count, wait, event))

const struct _cl_icd_dispatch *nsc_layer_objects(const struct _cl_icd_dispatch *target, cl_uint entries)
{
    next = target;
    memcpy(&mine, target, entries * sizeof(void *));
    mine.clCreateContext = my_clCreateContext;
    mine.clCreateCommandQueue = my_clCreateCommandQueue;
    mine.clCreateBuffer = my_clCreateBuffer;
    mine.clCreateProgramWithSource = my_clCreateProgramWithSource;
    mine.clCreateProgramWithBinary = my_clCreateProgramWithBinary;
    mine.clCreateKernel = my_clCreateKernel;
    mine.clCreateKernelsInProgram = my_clCreateKernelsInProgram;
    mine.clRetainContext = my_clRetainContext;
    mine.clReleaseContext = my_clReleaseContext;
    mine.clRetainCommandQueue = my_clRetainCommandQueue;
    mine.clReleaseCommandQueue = my_clReleaseCommandQueue;
    mine.clRetainMemObject = my_clRetainMemObject;
    mine.clReleaseMemObject = my_clReleaseMemObject;
    mine.clRetainProgram = my_clRetainProgram;
    mine.clReleaseProgram = my_clReleaseProgram;
    mine.clRetainKernel = my_clRetainKernel;
    mine.clReleaseKernel = my_clReleaseKernel;
    mine.clRetainEvent = my_clRetainEvent;
    mine.clReleaseEvent = my_clReleaseEvent;
    mine.clEnqueueReadBuffer = my_clEnqueueReadBuffer;
    mine.clEnqueueWriteBuffer = my_clEnqueueWriteBuffer;
    mine.clEnqueueCopyBuffer = my_clEnqueueCopyBuffer;
    mine.clEnqueueUnmapMemObject = my_clEnqueueUnmapMemObject;
    mine.clEnqueueNDRangeKernel = my_clEnqueueNDRangeKernel;
    mine.clEnqueueMarkerWithWaitList = my_clEnqueueMarkerWithWaitList;
    return &mine;
}
