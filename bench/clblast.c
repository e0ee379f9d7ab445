/* SPDX-License-Identifier: Apache-2.0 */
/* The peer on an OpenCL device: CLBlast as its authors tuned it, where it was found when this was built. */
#include "bench.h"

#ifdef BENCH_CLBLAST
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <clblast_c.h>

#include <stdlib.h>

#define MAX_PLATFORMS 16
#define MAX_DEVICES 32

typedef struct product {
    const bench_size *size;
    cl_mem a, b, c;
    cl_command_queue queue;
} product;

int bench_clblast_known(void)
{
    return 1;
}

static cl_device_id find(uint32_t index)
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint platform_count = 0;
    if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count) != CL_SUCCESS)
        return NULL;
    for (cl_uint p = 0; p < platform_count && p < MAX_PLATFORMS; p++) {
        cl_device_id devices[MAX_DEVICES];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &count) != CL_SUCCESS)
            continue;
        if (index < count && index < MAX_DEVICES)
            return devices[index];
        index -= count;
    }
    return NULL;
}

static int multiply(void *user, unsigned count)
{
    product *p = user;
    const bench_size *s = p->size;
    for (unsigned i = 0; i < count; i++)
        if (CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeYes, (size_t)s->m, (size_t)s->n,
                         (size_t)s->k, 1.0f, p->a, 0, (size_t)s->k, p->b, 0, (size_t)s->k, 0.0f, p->c, 0, (size_t)s->n,
                         &p->queue, NULL) != CLBlastSuccess ||
            clFinish(p->queue) != CL_SUCCESS)
            return 1;
    return 0;
}

static cl_mem matrix(cl_context context, int64_t rows, int64_t columns)
{
    const size_t count = (size_t)(rows * columns);
    float *data = bench_data(count);
    cl_mem memory =
        data ? clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, count * sizeof *data, data, NULL)
             : NULL;
    free(data);
    return memory;
}

int bench_clblast(uint32_t device, const bench_size *size, bench_times *times)
{
    product p = {.size = size};
    cl_device_id id = find(device);
    cl_context context = id ? clCreateContext(NULL, 1, &id, NULL, NULL, NULL) : NULL;
    if (!context)
        return 1;
    p.queue = clCreateCommandQueue(context, id, 0, NULL);
    p.a = matrix(context, size->m, size->k);
    p.b = matrix(context, size->n, size->k);
    p.c = matrix(context, size->m, size->n);
    const int failed = !p.queue || !p.a || !p.b || !p.c || bench_measure(multiply, &p, times);
    cl_mem all[] = {p.a, p.b, p.c};
    for (size_t i = 0; i < 3; i++)
        if (all[i])
            clReleaseMemObject(all[i]);
    if (p.queue)
        clReleaseCommandQueue(p.queue);
    clReleaseContext(context);
    return failed;
}
#else
int bench_clblast_known(void)
{
    return 0;
}

int bench_clblast(uint32_t device, const bench_size *size, bench_times *times)
{
    (void)device;
    (void)size;
    *times = (bench_times){0};
    return 0;
}
#endif
