/* SPDX-License-Identifier: Apache-2.0 */
/* OpenCL error codes as texts and as statuses. */
#include "opencl.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

pthread_mutex_t nsc_cl_process_lock = PTHREAD_MUTEX_INITIALIZER;

#define NSC_CL_CODE(NAME) \
    case NAME:            \
        return #NAME

const char *nsc_cl_error_name(cl_int code)
{
    switch (code) {
        NSC_CL_CODE(CL_SUCCESS);
        NSC_CL_CODE(CL_DEVICE_NOT_FOUND);
        NSC_CL_CODE(CL_DEVICE_NOT_AVAILABLE);
        NSC_CL_CODE(CL_COMPILER_NOT_AVAILABLE);
        NSC_CL_CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE);
        NSC_CL_CODE(CL_OUT_OF_RESOURCES);
        NSC_CL_CODE(CL_OUT_OF_HOST_MEMORY);
        NSC_CL_CODE(CL_PROFILING_INFO_NOT_AVAILABLE);
        NSC_CL_CODE(CL_MEM_COPY_OVERLAP);
        NSC_CL_CODE(CL_BUILD_PROGRAM_FAILURE);
        NSC_CL_CODE(CL_MAP_FAILURE);
        NSC_CL_CODE(CL_MISALIGNED_SUB_BUFFER_OFFSET);
        NSC_CL_CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
        NSC_CL_CODE(CL_INVALID_VALUE);
        NSC_CL_CODE(CL_INVALID_DEVICE_TYPE);
        NSC_CL_CODE(CL_INVALID_PLATFORM);
        NSC_CL_CODE(CL_INVALID_DEVICE);
        NSC_CL_CODE(CL_INVALID_CONTEXT);
        NSC_CL_CODE(CL_INVALID_QUEUE_PROPERTIES);
        NSC_CL_CODE(CL_INVALID_COMMAND_QUEUE);
        NSC_CL_CODE(CL_INVALID_MEM_OBJECT);
        NSC_CL_CODE(CL_INVALID_BINARY);
        NSC_CL_CODE(CL_INVALID_BUILD_OPTIONS);
        NSC_CL_CODE(CL_INVALID_PROGRAM);
        NSC_CL_CODE(CL_INVALID_PROGRAM_EXECUTABLE);
        NSC_CL_CODE(CL_INVALID_KERNEL_NAME);
        NSC_CL_CODE(CL_INVALID_KERNEL_DEFINITION);
        NSC_CL_CODE(CL_INVALID_KERNEL);
        NSC_CL_CODE(CL_INVALID_ARG_INDEX);
        NSC_CL_CODE(CL_INVALID_ARG_VALUE);
        NSC_CL_CODE(CL_INVALID_ARG_SIZE);
        NSC_CL_CODE(CL_INVALID_KERNEL_ARGS);
        NSC_CL_CODE(CL_INVALID_WORK_DIMENSION);
        NSC_CL_CODE(CL_INVALID_WORK_GROUP_SIZE);
        NSC_CL_CODE(CL_INVALID_WORK_ITEM_SIZE);
        NSC_CL_CODE(CL_INVALID_GLOBAL_OFFSET);
        NSC_CL_CODE(CL_INVALID_EVENT_WAIT_LIST);
        NSC_CL_CODE(CL_INVALID_EVENT);
        NSC_CL_CODE(CL_INVALID_OPERATION);
        NSC_CL_CODE(CL_INVALID_BUFFER_SIZE);
        NSC_CL_CODE(CL_INVALID_GLOBAL_WORK_SIZE);
    case NSC_CL_PLATFORM_NOT_FOUND:
        return "CL_PLATFORM_NOT_FOUND_KHR";
    default:
        return code < NSC_CL_PLATFORM_NOT_FOUND ? "a code of CLBlast, see clblast_c.h" : "unknown code";
    }
}

static nsc_backend_status status_of(cl_int code)
{
    switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
        return NSC_BACKEND_NO_MEMORY; /* at any call: drivers allocate late */
    case CL_DEVICE_NOT_AVAILABLE:
    case CL_INVALID_CONTEXT:
    case CL_INVALID_COMMAND_QUEUE:
        return NSC_BACKEND_LOST; /* ours are never invalid by our doing: the driver has given them up */
    default:
        return NSC_BACKEND_FAILED;
    }
}

nsc_backend_status nsc_cl_fail(const nsc_backend_host *host, const char *call, const char *what, cl_int code)
{
    return nsc_cl_fail_text(host, status_of(code), "%s(%s): %s (%d)", call, what ? what : "", nsc_cl_error_name(code),
                            (int)code);
}

nsc_backend_status nsc_cl_fail_text(const nsc_backend_host *host, nsc_backend_status status, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    host->fail(host->context, text);
    return status;
}

void nsc_cl_log(const nsc_backend_host *host, int32_t level, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    host->log(host->context, level, text);
}

nsc_backend_status nsc_cl_alive(const nsc_backend_device *device)
{
    if (device->pid == getpid())
        return NSC_BACKEND_OK;
    return nsc_cl_fail_text(device->host, NSC_BACKEND_FAILED,
                            "this process was forked after the OpenCL device was opened; drivers do not survive "
                            "that: start the child before OpenCL is used, or by exec");
}
