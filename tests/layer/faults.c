/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that fail: the nth of one entry point, or of all, answers a code and does not reach the driver. A release that
 * fails is made all the same: what the driver keeps then is the driver's. */
#include "chain.h"
#include "layer.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FRAMES = 64, SITES = 4096 };

static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;

/* What follows is guarded by it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static nsc_layer_fault fault;
static unsigned long calls; /* that match, since the fault was set */
static const char *failed;
static bool recording, gpu;
static nsc_layer_site sites[SITES];
static size_t site_count;

EXPORT void nsc_layer_fail(const nsc_layer_fault *given)
{
    pthread_mutex_lock(&lock);
    fault = given ? *given : (nsc_layer_fault){0};
    calls = 0;
    failed = NULL;
    pthread_mutex_unlock(&lock);
}

EXPORT const char *nsc_layer_failed(void)
{
    pthread_mutex_lock(&lock);
    const char *name = failed;
    pthread_mutex_unlock(&lock);
    return name;
}

EXPORT void nsc_layer_record(int on)
{
    pthread_mutex_lock(&lock);
    recording = on;
    if (on)
        site_count = 0;
    pthread_mutex_unlock(&lock);
}

EXPORT size_t nsc_layer_sites(const nsc_layer_site **all)
{
    *all = sites;
    return site_count;
}

EXPORT void nsc_layer_claim_gpu(int on)
{
    gpu = on;
}

/* The object file that a call comes from: the first frame above ours that is not the loader's. Below ours may be one of a
 * sanitizer. */
static const char *caller_of(void *const *frames, int count)
{
    Dl_info self, info;
    if (!dladdr((void *)&mine, &self))
        return "";
    bool ours = false;
    for (int i = 0; i < count; i++) {
        if (!dladdr(frames[i], &info))
            continue;
        if (info.dli_fbase == self.dli_fbase)
            ours = true;
        else if (ours && !strstr(info.dli_fname, "libOpenCL"))
            return info.dli_fname;
    }
    return "";
}

/* A site is a whole stack of calls, so one line that is reached in two ways is two sites. */
static void record(const char *name)
{
    void *frames[FRAMES];
    const int count = backtrace(frames, FRAMES);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    for (int i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
    size_t at = 0;
    while (at < site_count && sites[at].hash != hash)
        at++;
    if (at == SITES)
        return;
    if (at == site_count) {
        sites[site_count++] =
            (nsc_layer_site){.call = name, .caller = caller_of(frames, count), .first = calls, .hash = hash};
    }
    sites[at].last = calls;
}

/* The code to answer; CL_SUCCESS: none. */
static cl_int fails(const char *name)
{
    cl_int code = CL_SUCCESS;
    pthread_mutex_lock(&lock);
    if (!fault.call || strcmp(fault.call, name) == 0) {
        calls++;
        if (recording)
            record(name);
        if (fault.n != 0 && (calls == fault.n || (calls > fault.n && fault.forever))) {
            code = (cl_int)fault.code;
            if (!failed)
                failed = name;
        }
    }
    pthread_mutex_unlock(&lock);
    return code;
}

/* ---- calls that give a code ------------------------------------------------------------------------------------ */

#define ANSWER(NAME, PARAMETERS, ARGUMENTS)                      \
    static cl_int CL_API_CALL my_##NAME PARAMETERS               \
    {                                                            \
        const cl_int code = fails(#NAME);                        \
        return code != CL_SUCCESS ? code : next->NAME ARGUMENTS; \
    }
ANSWER(clGetPlatformIDs, (cl_uint capacity, cl_platform_id *platforms, cl_uint *count), (capacity, platforms, count))
ANSWER(clGetPlatformInfo, (cl_platform_id platform, cl_platform_info what, size_t capacity, void *value, size_t *bytes),
       (platform, what, capacity, value, bytes))
ANSWER(clGetDeviceIDs,
       (cl_platform_id platform, cl_device_type type, cl_uint capacity, cl_device_id *devices, cl_uint *count),
       (platform, type, capacity, devices, count))
ANSWER(clGetCommandQueueInfo,
       (cl_command_queue queue, cl_command_queue_info what, size_t capacity, void *value, size_t *bytes),
       (queue, what, capacity, value, bytes))
ANSWER(clGetMemObjectInfo, (cl_mem object, cl_mem_info what, size_t capacity, void *value, size_t *bytes),
       (object, what, capacity, value, bytes))
ANSWER(clGetProgramInfo, (cl_program program, cl_program_info what, size_t capacity, void *value, size_t *bytes),
       (program, what, capacity, value, bytes))
ANSWER(clGetProgramBuildInfo,
       (cl_program program, cl_device_id device, cl_program_build_info what, size_t capacity, void *value,
        size_t *bytes),
       (program, device, what, capacity, value, bytes))
ANSWER(clGetKernelWorkGroupInfo,
       (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t capacity, void *value,
        size_t *bytes),
       (kernel, device, what, capacity, value, bytes))
ANSWER(clGetEventProfilingInfo, (cl_event event, cl_profiling_info what, size_t capacity, void *value, size_t *bytes),
       (event, what, capacity, value, bytes))
ANSWER(clBuildProgram,
       (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
        void(CL_CALLBACK *notify)(cl_program, void *), void *user),
       (program, count, devices, options, notify, user))
ANSWER(clCreateKernelsInProgram, (cl_program program, cl_uint capacity, cl_kernel *kernels, cl_uint *count),
       (program, capacity, kernels, count))
ANSWER(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t bytes, const void *value),
       (kernel, index, bytes, value))
ANSWER(clEnqueueReadBuffer,
       (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes, void *target,
        cl_uint count, const cl_event *wait, cl_event *event),
       (queue, buffer, blocking, offset, bytes, target, count, wait, event))
ANSWER(clEnqueueWriteBuffer,
       (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes, const void *source,
        cl_uint count, const cl_event *wait, cl_event *event),
       (queue, buffer, blocking, offset, bytes, source, count, wait, event))
ANSWER(clEnqueueCopyBuffer,
       (cl_command_queue queue, cl_mem source, cl_mem target, size_t from, size_t to, size_t bytes, cl_uint count,
        const cl_event *wait, cl_event *event),
       (queue, source, target, from, to, bytes, count, wait, event))
ANSWER(clEnqueueUnmapMemObject,
       (cl_command_queue queue, cl_mem object, void *pointer, cl_uint count, const cl_event *wait, cl_event *event),
       (queue, object, pointer, count, wait, event))
ANSWER(clEnqueueNDRangeKernel,
       (cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *offset, const size_t *global,
        const size_t *local, cl_uint count, const cl_event *wait, cl_event *event),
       (queue, kernel, dims, offset, global, local, count, wait, event))
ANSWER(clEnqueueMarkerWithWaitList, (cl_command_queue queue, cl_uint count, const cl_event *wait, cl_event *event),
       (queue, count, wait, event))
ANSWER(clFlush, (cl_command_queue queue), (queue))
ANSWER(clFinish, (cl_command_queue queue), (queue))
ANSWER(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))
ANSWER(clRetainProgram, (cl_program program), (program))

static cl_int CL_API_CALL my_clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t capacity, void *value,
                                             size_t *bytes)
{
    const cl_device_type type = CL_DEVICE_TYPE_GPU;
    cl_int code = fails("clGetDeviceInfo");
    if (code == CL_SUCCESS)
        code = next->clGetDeviceInfo(device, what, capacity, value, bytes);
    if (code == CL_SUCCESS && gpu && what == CL_DEVICE_TYPE && value)
        memcpy(value, &type, sizeof type);
    return code;
}

#define RELEASE(NAME, TYPE)                          \
    static cl_int CL_API_CALL my_##NAME(TYPE object) \
    {                                                \
        const cl_int code = fails(#NAME);            \
        const cl_int said = next->NAME(object);      \
        return code != CL_SUCCESS ? code : said;     \
    }
RELEASE(clReleaseContext, cl_context)
RELEASE(clReleaseCommandQueue, cl_command_queue)
RELEASE(clReleaseMemObject, cl_mem)
RELEASE(clReleaseProgram, cl_program)
RELEASE(clReleaseKernel, cl_kernel)
RELEASE(clReleaseEvent, cl_event)

/* ---- calls that give an object --------------------------------------------------------------------------------- */

#define MAKE(TYPE, NAME, PARAMETERS, ARGUMENTS)  \
    static TYPE CL_API_CALL my_##NAME PARAMETERS \
    {                                            \
        const cl_int answer = fails(#NAME);      \
        if (answer == CL_SUCCESS)                \
            return next->NAME ARGUMENTS;         \
        if (code)                                \
            *code = answer;                      \
        return NULL;                             \
    }
MAKE(cl_context, clCreateContext,
     (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
      void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *code),
     (properties, count, devices, notify, user, code))
MAKE(cl_command_queue, clCreateCommandQueue,
     (cl_context context, cl_device_id device, cl_command_queue_properties properties, cl_int *code),
     (context, device, properties, code))
MAKE(cl_mem, clCreateBuffer, (cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code),
     (context, flags, bytes, host, code))
MAKE(cl_program, clCreateProgramWithSource,
     (cl_context context, cl_uint count, const char **pieces, const size_t *lengths, cl_int *code),
     (context, count, pieces, lengths, code))
MAKE(cl_program, clCreateProgramWithBinary,
     (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *lengths,
      const unsigned char **binaries, cl_int *statuses, cl_int *code),
     (context, count, devices, lengths, binaries, statuses, code))
MAKE(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *code), (program, name, code))
MAKE(void *, clEnqueueMapBuffer,
     (cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags, size_t offset, size_t bytes,
      cl_uint count, const cl_event *wait, cl_event *event, cl_int *code),
     (queue, buffer, blocking, flags, offset, bytes, count, wait, event, code))

const struct _cl_icd_dispatch *nsc_layer_faults(const struct _cl_icd_dispatch *target, cl_uint entries)
{
    next = target;
    memcpy(&mine, target, entries * sizeof(void *));
    mine.clGetPlatformIDs = my_clGetPlatformIDs;
    mine.clGetPlatformInfo = my_clGetPlatformInfo;
    mine.clGetDeviceIDs = my_clGetDeviceIDs;
    mine.clGetCommandQueueInfo = my_clGetCommandQueueInfo;
    mine.clGetMemObjectInfo = my_clGetMemObjectInfo;
    mine.clGetProgramInfo = my_clGetProgramInfo;
    mine.clGetProgramBuildInfo = my_clGetProgramBuildInfo;
    mine.clGetKernelWorkGroupInfo = my_clGetKernelWorkGroupInfo;
    mine.clGetEventProfilingInfo = my_clGetEventProfilingInfo;
    mine.clBuildProgram = my_clBuildProgram;
    mine.clCreateKernelsInProgram = my_clCreateKernelsInProgram;
    mine.clSetKernelArg = my_clSetKernelArg;
    mine.clEnqueueReadBuffer = my_clEnqueueReadBuffer;
    mine.clEnqueueWriteBuffer = my_clEnqueueWriteBuffer;
    mine.clEnqueueCopyBuffer = my_clEnqueueCopyBuffer;
    mine.clEnqueueUnmapMemObject = my_clEnqueueUnmapMemObject;
    mine.clEnqueueNDRangeKernel = my_clEnqueueNDRangeKernel;
    mine.clEnqueueMarkerWithWaitList = my_clEnqueueMarkerWithWaitList;
    mine.clFlush = my_clFlush;
    mine.clFinish = my_clFinish;
    mine.clWaitForEvents = my_clWaitForEvents;
    mine.clRetainProgram = my_clRetainProgram;
    mine.clReleaseContext = my_clReleaseContext;
    mine.clReleaseCommandQueue = my_clReleaseCommandQueue;
    mine.clReleaseMemObject = my_clReleaseMemObject;
    mine.clReleaseProgram = my_clReleaseProgram;
    mine.clReleaseKernel = my_clReleaseKernel;
    mine.clReleaseEvent = my_clReleaseEvent;
    mine.clCreateContext = my_clCreateContext;
    mine.clCreateCommandQueue = my_clCreateCommandQueue;
    mine.clCreateBuffer = my_clCreateBuffer;
    mine.clCreateProgramWithSource = my_clCreateProgramWithSource;
    mine.clCreateProgramWithBinary = my_clCreateProgramWithBinary;
    mine.clCreateKernel = my_clCreateKernel;
    mine.clEnqueueMapBuffer = my_clEnqueueMapBuffer;
    mine.clGetDeviceInfo = my_clGetDeviceInfo;
    return &mine;
}
