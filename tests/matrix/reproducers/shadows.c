/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways in which Oclgrind's check of uninitialised values tells of what is not so. A buffer whose first 8 of 64 bytes the
 * host writes, or one that comes after a smaller one was released: then a kernel writes all of it, and another reads it.
 * Nothing is read before it was written. The reports go to a file. */
#include "reproduce.h"

static const char source[] = "__kernel void fill(__global int *x) { x[get_global_id(0)] = 7; }"
                             "__kernel void copy(__global int *y, __global const int *x)"
                             "{ y[get_global_id(0)] = x[get_global_id(0)]; }";
static cl_context context;
static cl_command_queue queue;

static cl_mem create(size_t bytes, void *host)
{
    cl_int code;
    cl_mem made = clCreateBuffer(context, CL_MEM_READ_WRITE | (host ? CL_MEM_COPY_HOST_PTR : 0), bytes, host, &code);

    reproduce_need(code, "clCreateBuffer");
    return made;
}

static void fill_and_copy(cl_program program, cl_mem x, cl_mem y)
{
    const size_t items = 16;
    cl_int code;
    cl_kernel fill = clCreateKernel(program, "fill", &code), copy = clCreateKernel(program, "copy", &code);

    reproduce_need(code, "clCreateKernel");
    reproduce_need(clSetKernelArg(fill, 0, sizeof x, &x), "clSetKernelArg");
    reproduce_need(clSetKernelArg(copy, 0, sizeof y, &y), "clSetKernelArg");
    reproduce_need(clSetKernelArg(copy, 1, sizeof x, &x), "clSetKernelArg");
    reproduce_need(clEnqueueNDRangeKernel(queue, fill, 1, NULL, &items, NULL, 0, NULL, NULL), "fill");
    reproduce_need(clEnqueueNDRangeKernel(queue, copy, 1, NULL, &items, NULL, 0, NULL, NULL), "copy");
    reproduce_need(clFinish(queue), "clFinish");
    clReleaseKernel(fill);
    clReleaseKernel(copy);
}

int main(void)
{
    const char *text = source;
    cl_int two[2] = {1, 2}, code;
    char name[] = "/tmp/nascent-shadows-XXXXXX";
    const int file = mkstemp(name);

    if (file < 0 || setenv("OCLGRIND_UNINITIALIZED", "1", 1) != 0 || setenv("OCLGRIND_LOG", name, 1) != 0)
        return 2;
    cl_device_id device = reproduce_device();
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    reproduce_need(code, "clCreateContext");
    queue = clCreateCommandQueue(context, device, 0, &code);
    reproduce_need(code, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
    reproduce_need(code, "clCreateProgramWithSource");
    reproduce_need(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");

    cl_mem x = create(64, NULL), y = create(64, NULL);
    reproduce_need(clEnqueueWriteBuffer(queue, x, CL_TRUE, 0, sizeof two, two, 0, NULL, NULL), "clEnqueueWriteBuffer");
    fill_and_copy(program, x, y);
    const off_t partial = lseek(file, 0, SEEK_END);
    clReleaseMemObject(create(sizeof two, two));
    cl_mem z = create(64, NULL);
    fill_and_copy(program, z, y);
    const off_t reused = lseek(file, 0, SEEK_END) - partial;

    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseMemObject(z);
    clReleaseProgram(program);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    remove(name);
    printf("%ld and %ld bytes of reports, expected none\n", (long)partial, (long)reused);
    return partial != 0 || reused != 0;
}
