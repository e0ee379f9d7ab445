/* SPDX-License-Identifier: Apache-2.0 */
/* What the reproducers share: one kernel over one buffer of words, on the first device that the loader lists. Plain
 * OpenCL 1.2, nothing of Nascent, so that a report to a driver's authors is two files. Exit codes of a reproducer: 0 the
 * result is right, 1 the defect shows, 77 no device, 2 it cannot be tried. */
#ifndef NSC_TESTS_REPRODUCE_H
#define NSC_TESTS_REPRODUCE_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* For what may end the process: 1 in the child, and the code to exit with in the parent. Before any OpenCL call, for
 * drivers do not survive a fork. */
static inline int reproduce_in_child(int *code)
{
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();

    if (child == 0)
        return 1;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        exit(2);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (WIFSIGNALED(status))
        printf("the process was ended by signal %d\n", WTERMSIG(status));
    return 0;
}

static inline void reproduce_need(cl_int code, const char *call)
{
    if (code != CL_SUCCESS) {
        fprintf(stderr, "%s: code %d\n", call, code);
        exit(2);
    }
}

static inline cl_device_id reproduce_device(void)
{
    cl_platform_id platform;
    cl_device_id device;
    char name[256] = "", version[256] = "";

    if (clGetPlatformIDs(1, &platform, NULL) != CL_SUCCESS ||
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) != CL_SUCCESS) {
        fprintf(stderr, "no OpenCL device\n");
        exit(77);
    }
    reproduce_need(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name - 1, name, NULL), "clGetDeviceInfo");
    reproduce_need(clGetDeviceInfo(device, CL_DRIVER_VERSION, sizeof version - 1, version, NULL), "clGetDeviceInfo");
    printf("%s, driver %s\n", name, version);
    fflush(stdout);
    return device;
}

/* Runs `k` of the source, whose one argument is the buffer, in one work-group. */
static inline void reproduce_on(cl_device_id device, cl_context context, const char *source, size_t items, void *words,
                                size_t bytes)
{
    cl_int code;
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    reproduce_need(code, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &code);
    reproduce_need(code, "clCreateProgramWithSource");
    reproduce_need(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_kernel kernel = clCreateKernel(program, "k", &code);
    reproduce_need(code, "clCreateKernel");
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, words, &code);
    reproduce_need(code, "clCreateBuffer");
    reproduce_need(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), "clSetKernelArg");
    reproduce_need(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, &items, 0, NULL, NULL),
                   "clEnqueueNDRangeKernel");
    reproduce_need(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, bytes, words, 0, NULL, NULL), "clEnqueueReadBuffer");
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseCommandQueue(queue);
}

static inline void reproduce(const char *source, size_t items, void *words, size_t bytes)
{
    cl_int code;
    cl_device_id device = reproduce_device();
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);

    reproduce_need(code, "clCreateContext");
    reproduce_on(device, context, source, items, words, bytes);
    clReleaseContext(context);
}

#endif
