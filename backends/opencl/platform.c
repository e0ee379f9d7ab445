/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms and devices that the ICD loader lists. Platforms without a device and absurd type masks exist and are
 * tolerated. */
#include "opencl.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process that first called a driver: in a fork of it even a new context hangs. */
static atomic_int first_process;

static nsc_backend_status same_process(const nsc_backend_host *host)
{
    int expected = 0, mine = (int)getpid();
    if (atomic_compare_exchange_strong(&first_process, &expected, mine) || expected == mine)
        return NSC_BACKEND_OK;
    return nsc_cl_fail_text(host, NSC_BACKEND_FAILED,
                            "this process was forked after OpenCL was used; drivers do not survive that: start the "
                            "child before OpenCL is used, or by exec");
}

nsc_backend_status nsc_cl_platform_text(const nsc_backend_host *host, cl_platform_id platform, cl_platform_info what,
                                        char *text, size_t capacity)
{
    char value[1024] = "";
    cl_int code = clGetPlatformInfo(platform, what, sizeof value - 1, value, NULL);
    snprintf(text, capacity, "%.*s", (int)(capacity - 1), code == CL_SUCCESS ? value : "");
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(host, "clGetPlatformInfo", NULL, code);
}

nsc_backend_status nsc_cl_device_text(const nsc_backend_host *host, cl_device_id device, cl_device_info what,
                                      char *text, size_t capacity)
{
    char value[1024] = "";
    cl_int code = clGetDeviceInfo(device, what, sizeof value - 1, value, NULL);
    snprintf(text, capacity, "%.*s", (int)(capacity - 1), code == CL_SUCCESS ? value : "");
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(host, "clGetDeviceInfo", NULL, code);
}

/* The number of devices of a platform, 0 for one that does not work, whose code is kept in *broken: then the others keep
 * their places at every look. A want of memory passes, and would move them. */
static nsc_backend_status count_devices(const nsc_backend_host *host, cl_platform_id platform, cl_uint *count,
                                        cl_int *broken)
{
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, count);
    if (code != CL_SUCCESS)
        *count = 0;
    if (code == CL_SUCCESS || code == CL_DEVICE_NOT_FOUND)
        return NSC_BACKEND_OK;
    nsc_backend_status status = nsc_cl_fail(host, "clGetDeviceIDs", NULL, code);
    if (status == NSC_BACKEND_NO_MEMORY)
        return status;
    *broken = code;
    nsc_cl_log(host, NSC_BACKEND_LOG_WARNING, "a platform is left out: clGetDeviceIDs: %s", nsc_cl_error_name(code));
    return NSC_BACKEND_OK;
}

/* The devices of the platform that come before, and have the same name. */
static nsc_backend_status count_namesakes(const nsc_backend_host *host, const cl_device_id *devices, uint32_t before,
                                          uint32_t *namesakes)
{
    char name[128], other[128];
    *namesakes = 0;
    nsc_backend_status status = nsc_cl_device_text(host, devices[before], CL_DEVICE_NAME, name, sizeof name);
    for (uint32_t d = 0; d < before && status == NSC_BACKEND_OK; d++) {
        status = nsc_cl_device_text(host, devices[d], CL_DEVICE_NAME, other, sizeof other);
        *namesakes += strcmp(name, other) == 0;
    }
    return status;
}

/* ordinal: how many devices of the same platform and name come before. */
nsc_backend_status nsc_cl_find(const nsc_backend_host *host, uint32_t index, cl_platform_id *platform,
                               cl_device_id *device, uint32_t *ordinal)
{
    cl_uint platform_count = 0, seen = 0;
    nsc_backend_status status = same_process(host);
    if (status != NSC_BACKEND_OK)
        return status;
    cl_int code = clGetPlatformIDs(0, NULL, &platform_count);
    if (code != CL_SUCCESS && code != NSC_CL_PLATFORM_NOT_FOUND)
        return nsc_cl_fail(host, "clGetPlatformIDs", NULL, code);
    if (code != CL_SUCCESS || platform_count == 0)
        return nsc_cl_fail_text(host, NSC_BACKEND_UNAVAILABLE,
                                "no OpenCL platform (%s): install a driver, or see OCL_ICD_VENDORS",
                                code != CL_SUCCESS ? nsc_cl_error_name(code) : "the loader lists none");
    cl_platform_id *platforms = calloc(platform_count, sizeof *platforms);
    if (!platforms)
        return nsc_cl_fail(host, "clGetPlatformIDs", NULL, CL_OUT_OF_HOST_MEMORY);
    cl_int broken = CL_SUCCESS;
    code = clGetPlatformIDs(platform_count, platforms, NULL);
    status = code == CL_SUCCESS ? NSC_BACKEND_END : nsc_cl_fail(host, "clGetPlatformIDs", NULL, code);
    for (cl_uint p = 0; p < platform_count && status == NSC_BACKEND_END; p++) {
        cl_uint count = 0;
        nsc_backend_status counted = count_devices(host, platforms[p], &count, &broken);
        if (counted != NSC_BACKEND_OK) {
            status = counted;
            break;
        }
        if (index >= seen + count) {
            seen += count;
            continue;
        }
        cl_device_id *devices = calloc(count, sizeof *devices);
        if (!devices) {
            status = nsc_cl_fail(host, "clGetDeviceIDs", NULL, CL_OUT_OF_HOST_MEMORY);
            break;
        }
        code = clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, count, devices, NULL);
        if (code == CL_SUCCESS) {
            *platform = platforms[p];
            *device = devices[index - seen];
            status = count_namesakes(host, devices, index - seen, ordinal);
        } else {
            status = nsc_cl_fail(host, "clGetDeviceIDs", NULL, code);
        }
        free(devices);
    }
    free(platforms);
    if (status == NSC_BACKEND_END && seen == 0 && broken != CL_SUCCESS)
        return nsc_cl_fail(host, "clGetDeviceIDs", NULL, broken);
    if (status == NSC_BACKEND_END && seen == 0)
        return nsc_cl_fail_text(host, NSC_BACKEND_UNAVAILABLE,
                                "%u OpenCL platform(s), but no device on any: see OCL_ICD_VENDORS",
                                (unsigned)platform_count);
    return status;
}

nsc_backend_status nsc_cl_enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info)
{
    cl_platform_id platform;
    cl_device_id device;
    uint32_t ordinal;
    cl_device_type type = 0;
    cl_ulong memory = 0;
    nsc_backend_info mine = {.struct_size = info->struct_size};
    nsc_backend_status status = nsc_cl_find(host, index, &platform, &device, &ordinal);
    if (status != NSC_BACKEND_OK)
        return status;
    cl_int code = clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (code == CL_SUCCESS)
        code = clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    if (code != CL_SUCCESS)
        return nsc_cl_fail(host, "clGetDeviceInfo", NULL, code);
    /* Exactly a GPU is the first choice. A simulator that claims every type is not. */
    mine.kind = type == CL_DEVICE_TYPE_GPU           ? NSC_BACKEND_GPU
                : type == CL_DEVICE_TYPE_CPU         ? NSC_BACKEND_CPU
                : type == CL_DEVICE_TYPE_ACCELERATOR ? NSC_BACKEND_ACCELERATOR
                                                     : NSC_BACKEND_OTHER;
    mine.auto_rank = type == CL_DEVICE_TYPE_GPU ? 300 : 0;
    mine.memory_bytes = memory;
    status = nsc_cl_device_text(host, device, CL_DEVICE_NAME, mine.name, sizeof mine.name);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_device_text(host, device, CL_DEVICE_VENDOR, mine.vendor, sizeof mine.vendor);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_platform_text(host, platform, CL_PLATFORM_NAME, mine.platform, sizeof mine.platform);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_device_text(host, device, CL_DRIVER_VERSION, mine.driver, sizeof mine.driver);
    if (status != NSC_BACKEND_OK)
        return status;
    uint64_t hash = nsc_cl_hash(NSC_CL_HASH_START, mine.platform, strlen(mine.platform) + 1);
    hash = nsc_cl_hash(hash, mine.vendor, strlen(mine.vendor) + 1);
    hash = nsc_cl_hash(hash, mine.name, strlen(mine.name) + 1);
    snprintf(mine.id, sizeof mine.id, "opencl-%016llx-%u", (unsigned long long)hash, (unsigned)ordinal);
    memcpy(info, &mine, info->struct_size < sizeof mine ? info->struct_size : sizeof mine);
    return NSC_BACKEND_OK;
}
