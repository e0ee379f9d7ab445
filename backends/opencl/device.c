/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a device, and its limits. */
#include "opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* May be called from a thread of the driver. */
static void CL_CALLBACK notify(const char *text, const void *data, size_t bytes, void *user)
{
    const nsc_backend_host *host = user;
    (void)data;
    (void)bytes;
    nsc_cl_log(host, NSC_BACKEND_LOG_INFO, "driver: %s", text);
}

void nsc_cl_note(nsc_backend_device *device, const char *text)
{
    size_t used = strlen(device->note);
    snprintf(device->note + used, sizeof device->note - used, "%s%s", used ? "; " : "", text);
    nsc_cl_log(device->host, NSC_BACKEND_LOG_WARNING, "%s", text);
}

/* The first failure of many queries sticks in *code; what follows is not asked. A value of 0 gives `otherwise`. */
static uint64_t number(cl_device_id id, cl_device_info what, size_t bytes, uint64_t otherwise, cl_int *code)
{
    uint64_t value = 0; /* little-endian hosts only, as every OpenCL host is */
    if (*code == CL_SUCCESS)
        *code = clGetDeviceInfo(id, what, bytes, &value, NULL);
    return *code == CL_SUCCESS && value ? value : otherwise;
}

/* The work-group and local limits are the least of the device's and ours. All of it is asked for in OpenCL 1.2: a device
 * that does not answer is not opened, or it would be another device without a word. */
static nsc_backend_status read_limits(nsc_backend_device *device)
{
    size_t items[16] = {0};
    cl_int code = CL_SUCCESS;
    const cl_device_id id = device->id;
    device->type = (cl_device_type)number(id, CL_DEVICE_TYPE, sizeof(cl_device_type), CL_DEVICE_TYPE_DEFAULT, &code);
    device->max_group = (size_t)number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t), 1, &code);
    if (device->max_group > NSC_CL_MAX_GROUP)
        device->max_group = NSC_CL_MAX_GROUP;
    if (code == CL_SUCCESS)
        code = clGetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, NULL);
    for (int d = 0; d < 3; d++)
        device->max_items[d] = items[d] ? items[d] : 1;
    device->local_bytes = number(id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong), 0, &code);
    if (device->local_bytes > NSC_CL_MAX_LOCAL)
        device->local_bytes = NSC_CL_MAX_LOCAL;
    device->max_buffer = number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong), 1u << 20, &code);
    if (device->max_buffer > NSC_CL_MAX_BUFFER)
        device->max_buffer = NSC_CL_MAX_BUFFER;
    device->memory_bytes = number(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong), 0, &code);
    device->base_align = number(id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(cl_uint), 8, &code) / 8;
    device->max_parameters = (size_t)number(id, CL_DEVICE_MAX_PARAMETER_SIZE, sizeof(size_t), 256, &code);
    const uint64_t single = number(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof(cl_device_fp_config), 0, &code);
    device->fast_fma = single & CL_FP_FMA;
    device->subnormals = single & CL_FP_DENORM;
    device->unified = number(id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool), CL_FALSE, &code);
    const uint64_t width = number(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof(cl_uint), 4, &code);
    device->compiler = number(id, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool), CL_FALSE, &code);
    device->lanes = width >= 16 ? 16 : width >= 8 ? 8 : 4;
    device->blocks = device->type & CL_DEVICE_TYPE_CPU;
    device->tiles = device->max_group >= 256 && device->max_items[0] >= 16 && device->max_items[1] >= 16 &&
                    device->local_bytes >= 2 * 16 * 65 * 4;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clGetDeviceInfo", "limits", code);
}

static nsc_backend_status write_identity(nsc_backend_device *device, cl_platform_id platform)
{
    static const cl_platform_info of_platform[] = {CL_PLATFORM_NAME, CL_PLATFORM_VERSION};
    static const cl_device_info of_device[] = {CL_DEVICE_NAME, CL_DRIVER_VERSION, CL_DEVICE_VERSION};
    char text[5][128];
    nsc_backend_status status = NSC_BACKEND_OK;
    for (int i = 0; i < 2 && status == NSC_BACKEND_OK; i++)
        status = nsc_cl_platform_text(device->host, platform, of_platform[i], text[i], sizeof text[i]);
    for (int i = 0; i < 3 && status == NSC_BACKEND_OK; i++)
        status = nsc_cl_device_text(device->host, device->id, of_device[i], text[2 + i], sizeof text[2 + i]);
    if (status == NSC_BACKEND_OK)
        snprintf(device->identity, sizeof device->identity, "%s|%s|%s|%s|%s", text[0], text[1], text[2], text[3],
                 text[4]);
    /* No query tells of it, and the values are wrong without an error (tests/matrix/reproducers/long_loop.c). */
    if (status == NSC_BACKEND_OK && strncmp(text[2], "llvmpipe", 8) == 0 && strncmp(text[3], "22.", 3) == 0)
        nsc_cl_note(device, "llvmpipe 22 leaves loops after 65,535 rounds: products and softmax over thousands of "
                            "elements may be wrong");
    return status;
}

static nsc_backend_status connect_driver(nsc_backend_device *device, cl_platform_id platform)
{
    const nsc_backend_host *host = device->host;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    char version[128];
    unsigned major = 0, minor = 0;
    cl_int code;
    nsc_backend_status status = nsc_cl_device_text(host, device->id, CL_DEVICE_VERSION, version, sizeof version);
    if (status != NSC_BACKEND_OK)
        return status;
    if (sscanf(version, "OpenCL %u.%u", &major, &minor) != 2 || major < 1 || (major == 1 && minor < 2))
        return nsc_cl_fail_text(host, NSC_BACKEND_UNAVAILABLE, "the device has '%s'; OpenCL 1.2 is needed", version);
    if (!device->compiler)
        return nsc_cl_fail_text(host, NSC_BACKEND_UNAVAILABLE, "the device has no compiler");
    /* host is const in the interface and void here; notify gives it back its const. */
    union {
        const nsc_backend_host *host;
        void *user;
    } argument = {.host = host};
    device->context = clCreateContext(properties, 1, &device->id, notify, argument.user, &code);
    if (!device->context)
        return nsc_cl_fail(host, "clCreateContext", NULL, code);
    device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
    if (!device->queue)
        return nsc_cl_fail(host, "clCreateCommandQueue", NULL, code);
    int32_t table[NSC_BACKEND_NORMAL_TABLE_COUNT];
    memcpy(table, host->normal_table, sizeof table);
    device->normal_table =
        clCreateBuffer(device->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof table, table, &code);
    return device->normal_table ? NSC_BACKEND_OK : nsc_cl_fail(host, "clCreateBuffer", "normal table", code);
}

static void fill_limits(const nsc_backend_device *device, uint32_t kinds, nsc_backend_limits *limits)
{
    nsc_backend_limits mine = {.struct_size = limits->struct_size};
    const uint64_t base = device->base_align;
    mine.storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8;
    mine.optional_kinds = kinds;
    mine.expression_version = 1;
    mine.max_rank = NSC_BACKEND_MAX_RANK;
    mine.alignment = base > NSC_CL_ALIGNMENT && (base & (base - 1)) == 0 ? (uint32_t)base : NSC_CL_ALIGNMENT;
    mine.memory_bytes = device->memory_bytes;
    mine.max_buffer_bytes = device->max_buffer;
    mine.max_work_group = (uint32_t)device->max_group;
    mine.local_memory_bytes = device->local_bytes;
    memcpy(mine.note, device->note, sizeof mine.note);
    memcpy(limits, &mine, limits->struct_size < sizeof mine ? limits->struct_size : sizeof mine);
}

nsc_backend_status nsc_cl_open(const nsc_backend_open_args *args, nsc_backend_device **device,
                               nsc_backend_limits *limits)
{
    nsc_backend_open_args mine = {0};
    cl_platform_id platform;
    uint32_t ordinal, kinds = NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM) |
                              NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE) |
                              NSC_BACKEND_KIND_BIT(NSC_BACKEND_GATHER) | NSC_BACKEND_KIND_BIT(NSC_BACKEND_SOFTMAX);
    *device = NULL;
    if (!nsc_backend_take(&mine, NSC_BACKEND_OPEN_ARGS_SIZE, args))
        return NSC_BACKEND_UNSUPPORTED;
    if (mine.native_kind != 0)
        return nsc_cl_fail_text(mine.host, NSC_BACKEND_UNSUPPORTED,
                                "opencl does not take native handles of kind %u: name a device",
                                (unsigned)mine.native_kind);
    nsc_backend_device *made = calloc(1, sizeof *made);
    if (!made)
        return nsc_cl_fail(mine.host, "malloc", "device", CL_OUT_OF_HOST_MEMORY);
    made->host = mine.host;
    made->pid = getpid();
    nsc_cl_blast_open();
    nsc_backend_status status = nsc_cl_find(mine.host, mine.index, &platform, &made->id, &ordinal);
    if (status == NSC_BACKEND_END)
        status = nsc_cl_fail_text(mine.host, NSC_BACKEND_UNAVAILABLE, "no OpenCL device %u", (unsigned)mine.index);
    if (status == NSC_BACKEND_OK)
        status = read_limits(made);
    if (status == NSC_BACKEND_OK)
        status = write_identity(made, platform);
    if (status == NSC_BACKEND_OK)
        status = connect_driver(made, platform);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_check_device(made, &kinds);
    if (status != NSC_BACKEND_OK) {
        nsc_cl_close(made);
        return status;
    }
    fill_limits(made, kinds, limits);
    *device = made;
    return NSC_BACKEND_OK;
}

/* Also after a half-done open. In a forked child no driver is called: what it holds there is not ours to give back. */
void nsc_cl_close(nsc_backend_device *device)
{
    if (device->pid == getpid()) {
        if (device->queue)
            clFinish(device->queue);
        nsc_cl_timing_free(device);
        nsc_cl_programs_clear(device);
        nsc_cl_blast_close(device);
        if (device->normal_table)
            clReleaseMemObject(device->normal_table);
        if (device->queue)
            clReleaseCommandQueue(device->queue);
        if (device->context)
            clReleaseContext(device->context);
    }
    nsc_cl_timing_free(device);
    free(device);
}
