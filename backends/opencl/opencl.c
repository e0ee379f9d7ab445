/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenCL backend: any platform and device that the ICD loader lists, CLBlast for GEMM, kernels of our own for the
 * rest. This file is its table. */
#include "opencl.h"

static void stats(nsc_backend_device *device, nsc_backend_stats *given)
{
    const nsc_backend_stats mine = {.struct_size = given->struct_size,
                                    .programs_built = device->built,
                                    .programs_loaded = device->loaded,
                                    .programs_refused = device->refused};
    const unsigned char *source = (const unsigned char *)&mine;
    unsigned char *target = (unsigned char *)given;
    for (uint32_t i = 0; i < given->struct_size && i < sizeof mine; i++)
        target[i] = source[i];
}

NSC_BACKEND_QUERY(opencl)(const nsc_backend_host *host)
{
    static const nsc_backend_table table = {
        .struct_size = NSC_BACKEND_TABLE_SIZE,
        .abi_major = NSC_BACKEND_ABI_MAJOR,
        .abi_minor = NSC_BACKEND_ABI_MINOR,
        .name = "opencl",
        .version = "1",
        .build_tag = NSC_BACKEND_BUILD_TAG,
        .enumerate = nsc_cl_enumerate,
        .open = nsc_cl_open,
        .close = nsc_cl_close,
        .alloc = nsc_cl_alloc,
        .free = nsc_cl_free,
        .write = nsc_cl_write,
        .read = nsc_cl_read,
        .prepare = nsc_cl_prepare,
        .launch = nsc_cl_launch,
        .release = nsc_cl_release,
        .finish = nsc_cl_finish,
        .prepare_many = nsc_cl_prepare_many,
        .stats = stats,
        .map_host = nsc_cl_map_host,
        .unmap_host = nsc_cl_unmap_host,
        .profile_start = nsc_cl_profile_start,
        .launch_timed = nsc_cl_launch_timed,
        .profile_read = nsc_cl_profile_read,
        .profile_stop = nsc_cl_profile_stop,
    };
    (void)host;
    return &table;
}
