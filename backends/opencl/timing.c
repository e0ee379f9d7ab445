/* SPDX-License-Identifier: Apache-2.0 */
/* Times of launches: a queue with profiling while they are wanted, since it costs some drivers speed, and an event or two
 * for each launch, released as soon as they are read. */
#include "opencl.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TRIES 8
#define ALIGNED_FOR 1000000000u /* ns: clocks drift */

/* Our kernels are one event. A product of CLBlast is several kernels, of which it gives the last: a marker before them is
 * where it starts. */
typedef struct timed_launch {
    uint64_t tag;
    cl_event before, event;
} timed_launch;

struct nsc_cl_timing {
    timed_launch *launches;
    uint32_t count, capacity;
    bool aligned;
    uint64_t offset, at; /* host less device clock, and when it was measured */
    uint64_t end;        /* of the last marker, by the device's clock */
};

static uint64_t host_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* 0: not known. */
static uint64_t time_of(cl_event event, cl_profiling_info what)
{
    cl_ulong time = 0;
    return clGetEventProfilingInfo(event, what, sizeof time, &time, NULL) == CL_SUCCESS ? time : 0;
}

/* A marker on an idle queue ends between two looks at the host's clock; the closest pair of them counts. The offset may be
 * negative: it wraps. A clock that stands still is none (rusticl 22.3 gives every command the same times). */
static void align(nsc_backend_device *device, int tries)
{
    struct nsc_cl_timing *timing = device->timing;
    uint64_t best = UINT64_MAX;
    uint64_t last = timing->aligned ? timing->end : 0;
    for (int i = 0; i < tries; i++) {
        cl_event marker = NULL;
        uint64_t before = host_now();
        if (clEnqueueMarkerWithWaitList(device->queue, 0, NULL, &marker) != CL_SUCCESS)
            return;
        bool done = clFinish(device->queue) == CL_SUCCESS;
        uint64_t after = host_now(), end = done ? time_of(marker, CL_PROFILING_COMMAND_END) : 0;
        clReleaseEvent(marker);
        timing->aligned |= end != 0 && last != 0 && end != last;
        last = timing->end = end;
        if (end == 0 || after - before >= best)
            continue;
        best = after - before;
        timing->offset = before + best / 2 - end;
        timing->at = after;
    }
}

static void forget(struct nsc_cl_timing *timing, uint32_t count)
{
    for (uint32_t i = timing->count - count; i < timing->count; i++) {
        if (timing->launches[i].before)
            clReleaseEvent(timing->launches[i].before);
        clReleaseEvent(timing->launches[i].event);
    }
    timing->count -= count;
}

void nsc_cl_timing_free(nsc_backend_device *device)
{
    struct nsc_cl_timing *timing = device->timing;
    if (!timing)
        return;
    if (device->pid == getpid())
        forget(timing, timing->count);
    free(timing->launches);
    free(timing);
    device->timing = NULL;
}

/* Another queue instead of the one that is there, which is done first; without a new one the old one stays. *call: what
 * failed. */
static cl_int change_queue(nsc_backend_device *device, cl_command_queue_properties properties, const char **call)
{
    *call = "clFinish";
    cl_int code = clFinish(device->queue);
    device->unflushed = 0;
    if (code != CL_SUCCESS)
        return code;
    *call = "clCreateCommandQueue";
    cl_command_queue queue = clCreateCommandQueue(device->context, device->id, properties, &code);
    if (!queue)
        return code;
    clReleaseCommandQueue(device->queue);
    device->queue = queue;
    return CL_SUCCESS;
}

nsc_backend_status nsc_cl_profile_start(nsc_backend_device *device, uint32_t capacity)
{
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK)
        return status;
    nsc_cl_timing_free(device);
    struct nsc_cl_timing *made = calloc(1, sizeof *made);
    if (made && (made->launches = calloc(capacity ? capacity : 1, sizeof *made->launches)) != NULL) {
        made->capacity = capacity;
        device->timing = made;
    } else {
        free(made);
        return nsc_cl_fail(device->host, "malloc", "times", CL_OUT_OF_HOST_MEMORY);
    }
    const char *call;
    cl_int code = change_queue(device, CL_QUEUE_PROFILING_ENABLE, &call);
    if (code != CL_SUCCESS) {
        nsc_cl_timing_free(device);
        status = nsc_cl_fail(device->host, call, "profiling", code);
        /* A driver may have no such queues. */
        return code == CL_INVALID_QUEUE_PROPERTIES ? NSC_BACKEND_UNSUPPORTED : status;
    }
    align(device, TRIES);
    if (!made->aligned)
        nsc_cl_log(device->host, NSC_BACKEND_LOG_INFO, "this driver gives no times of launches");
    return NSC_BACKEND_OK;
}

void nsc_cl_profile_stop(nsc_backend_device *device)
{
    const char *call;
    nsc_cl_timing_free(device);
    if (device->pid == getpid())
        (void)change_queue(device, 0, &call); /* the old queue does the same work */
}

nsc_backend_status nsc_cl_launch_timed(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                       const nsc_backend_binding *bindings, uint32_t binding_count,
                                       const float *scalars, uint32_t scalar_count, uint64_t tag)
{
    struct nsc_cl_timing *timing = device->timing;
    if (!timing || timing->count == timing->capacity)
        return nsc_cl_launch(device, queue, step, bindings, binding_count, scalars, scalar_count);
    timed_launch *launch = &timing->launches[timing->count];
    *launch = (timed_launch){.tag = tag};
    nsc_backend_status status = nsc_cl_alive(device);
    if (status != NSC_BACKEND_OK)
        return status;
    if (step->blast) {
        cl_int code = clEnqueueMarkerWithWaitList(device->queue, 0, NULL, &launch->before);
        if (code != CL_SUCCESS)
            return nsc_cl_fail(device->host, "clEnqueueMarkerWithWaitList", step->what, code);
    }
    status = nsc_cl_enqueue(device, step, bindings, scalars, &launch->event);
    if (launch->event)
        timing->count++;
    else if (launch->before)
        clReleaseEvent(launch->before);
    return status;
}

static nsc_backend_time read_time(const struct nsc_cl_timing *timing, const timed_launch *launch)
{
    nsc_backend_time time = {.tag = launch->tag};
    uint64_t start = launch->before ? time_of(launch->before, CL_PROFILING_COMMAND_END)
                                    : time_of(launch->event, CL_PROFILING_COMMAND_START);
    uint64_t end = time_of(launch->event, CL_PROFILING_COMMAND_END);
    if (timing->aligned && start != 0 && end >= start) {
        time.start = start + timing->offset;
        time.end = end + timing->offset;
    }
    return time;
}

nsc_backend_status nsc_cl_profile_read(nsc_backend_device *device, nsc_backend_time *times, uint32_t *count)
{
    const uint32_t capacity = *count;
    struct nsc_cl_timing *timing = device->timing;
    nsc_backend_status status = nsc_cl_alive(device);
    *count = 0;
    if (status != NSC_BACKEND_OK || !timing || timing->count == 0)
        return status;
    cl_int code = clFinish(device->queue);
    device->unflushed = 0;
    if (code == CL_SUCCESS && timing->aligned && host_now() - timing->at > ALIGNED_FOR)
        align(device, 1);
    const uint32_t taken = timing->count < capacity ? timing->count : capacity;
    for (uint32_t i = 0; i < taken && code == CL_SUCCESS; i++)
        times[(*count)++] = read_time(timing, &timing->launches[timing->count - taken + i]);
    forget(timing, code == CL_SUCCESS ? taken : timing->count);
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clFinish", NULL, code);
}
