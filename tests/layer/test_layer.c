/* SPDX-License-Identifier: Apache-2.0 */
/* The layer, seen from a program that makes a known number of OpenCL calls. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static layer_client layer;

static void load(void)
{
    layer_find(&layer);
}

static unsigned long long counted(const char *name)
{
    return layer_counted(&layer, name);
}

START_TEST(layer_counts_exactly)
{
    static const char *source = "__kernel void k(__global int *x) { x[get_global_id(0)] += 1; }";
    cl_platform_id platform;
    cl_device_id device;
    cl_int code;
    int values[16] = {0};
    const size_t global = 16;
    unsigned long long none;
    ck_assert(!layer.count("buffers", &none)); /* no OpenCL call yet: the loader has not read the layer */
    ck_assert_int_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    ck_assert_int_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), CL_SUCCESS);
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert(!layer.count("nonsense", &none));
    layer.reset();
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof values, NULL, &code);
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &code);
    ck_assert_int_eq(clBuildProgram(program, 1, &device, "", NULL, NULL), CL_SUCCESS);
    cl_kernel kernel = clCreateKernel(program, "k", &code);
    ck_assert_int_eq(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), CL_SUCCESS);
    ck_assert_int_eq(clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, NULL, 0, NULL, NULL), CL_SUCCESS);
    ck_assert_int_eq(clFlush(queue), CL_SUCCESS);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    ck_assert_int_eq(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL), 0);
    ck_assert_int_eq(values[15], 3);
    int *mapped = clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_READ, 0, sizeof values, 0, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert_int_eq(mapped[15], 3);
    ck_assert_int_eq(clEnqueueUnmapMemObject(queue, buffer, mapped, 0, NULL, NULL), CL_SUCCESS);
    ck_assert_int_eq(clFlush(queue), CL_SUCCESS);
    ck_assert_uint_eq(counted("buffers"), 1);
    ck_assert_uint_eq(counted("uploads"), 1);
    ck_assert_uint_eq(counted("upload_bytes"), sizeof values);
    ck_assert_uint_eq(counted("reads"), 1);
    ck_assert_uint_eq(counted("read_bytes"), sizeof values);
    ck_assert_uint_eq(counted("maps"), 1);
    ck_assert_uint_eq(counted("unmaps"), 1);
    ck_assert_uint_eq(counted("launches"), 3);
    ck_assert_uint_eq(counted("builds"), 1);
    ck_assert_uint_eq(counted("kernels"), 1);
    ck_assert_uint_eq(counted("finishes"), 1);
    ck_assert_uint_eq(counted("flushes"), 2);
    ck_assert_uint_eq(counted("waits"), 0);
    layer.reset();
    ck_assert_uint_eq(counted("launches"), 0);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseMemObject(buffer);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
}
END_TEST

static long held(const char *kind)
{
    long count = 0;
    const char *name;
    for (int i = 0; (name = layer.held(i, &count)) != NULL; i++)
        if (strcmp(name, kind) == 0)
            return count;
    ck_abort_msg("no such objects: %s", kind);
    return 0;
}

static cl_context open_device(cl_device_id *device)
{
    cl_platform_id platform;
    cl_int code;
    ck_assert_int_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    ck_assert_int_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, device, NULL), CL_SUCCESS);
    cl_context context = clCreateContext(NULL, 1, device, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return context;
}

START_TEST(layer_fails_the_nth_call)
{
    cl_device_id device;
    cl_int code;
    cl_device_type type = 0;
    cl_context context = open_device(&device);
    cl_mem buffers[4];
    for (int forever = 0; forever < 2; forever++) {
        layer.set(&(nsc_layer_fault){.call = "clCreateBuffer", .n = 2, .forever = forever, .code = -61});
        for (int i = 0; i < 4; i++) {
            const int fails = i == 1 || (i > 1 && forever);
            ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL), CL_SUCCESS);
            buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &code);
            ck_assert_int_eq(code, fails ? -61 : CL_SUCCESS);
            ck_assert_int_eq(buffers[i] == NULL, fails);
            ck_assert_int_eq(layer.failed() == NULL, i < 1);
        }
        ck_assert_str_eq(layer.failed(), "clCreateBuffer");
        ck_assert_int_eq(held("buffers"), forever ? 1 : 3);
        /* Of all calls. A release that fails is made. */
        layer.set(&(nsc_layer_fault){.n = 2, .code = CL_OUT_OF_RESOURCES});
        ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL), CL_SUCCESS);
        ck_assert_int_eq(clReleaseMemObject(buffers[0]), CL_OUT_OF_RESOURCES);
        ck_assert_str_eq(layer.failed(), "clReleaseMemObject");
        for (int i = 2; i < 4 && !forever; i++)
            ck_assert_int_eq(clReleaseMemObject(buffers[i]), CL_SUCCESS);
        ck_assert_int_eq(held("buffers"), 0);
        layer.set(NULL);
        ck_assert(layer.failed() == NULL);
    }
    layer.claim_gpu(1);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL), CL_SUCCESS);
    ck_assert(type == CL_DEVICE_TYPE_GPU);
    layer.claim_gpu(0);
    ck_assert_int_eq(held("contexts"), 1);
    clReleaseContext(context);
    ck_assert_int_eq(held("contexts"), 0);
}
END_TEST

START_TEST(layer_knows_call_sites)
{
    cl_device_id device;
    cl_device_type type;
    const nsc_layer_site *sites;
    cl_context context = open_device(&device);
    layer.set(NULL);
    layer.record(1);
    for (volatile int i = 0; i < 3; i++) /* or it may be unrolled into three sites */
        clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    layer.record(0);
    clReleaseContext(context);
    ck_assert_uint_eq(layer.sites(&sites), 2);
    ck_assert_uint_eq(sites[0].first, 1);
    ck_assert_uint_eq(sites[0].last, 3);
    ck_assert_uint_eq(sites[1].first, 4);
    ck_assert_uint_eq(sites[1].last, 4);
    ck_assert_str_eq(sites[0].call, "clGetDeviceInfo");
    ck_assert(sites[0].hash != sites[1].hash);
    ck_assert_ptr_nonnull(strstr(sites[0].caller, "test-layer"));
}
END_TEST

/* In all pieces of a source, and across them. */
START_TEST(layer_compiles_something_else)
{
    static const char *pieces[] = {"__kernel void k(__global int *x) { x[0] = 1; x[1] = 1", "1; x[2] = 1; }junk"};
    static const int right[2][3] = {{1, 11, 1}, {1, 725, 1}};
    const size_t lengths[] = {0, strlen(pieces[1]) - 4}, one = 1;
    cl_device_id device;
    cl_int code;
    cl_context context = open_device(&device);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof right[0], NULL, &code);
    for (int i = 0; i < 2; i++) {
        int values[3];
        layer.spoil(i == 0 ? NULL : "11", "725");
        cl_program program = clCreateProgramWithSource(context, 2, pieces, lengths, &code);
        ck_assert_int_eq(clBuildProgram(program, 1, &device, "", NULL, NULL), CL_SUCCESS);
        ck_assert_uint_eq(layer.spoilt(), (unsigned)i);
        layer.spoil(NULL, NULL);
        cl_kernel kernel = clCreateKernel(program, "k", &code);
        clSetKernelArg(kernel, 0, sizeof buffer, &buffer);
        clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL);
        ck_assert_int_eq(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL), 0);
        ck_assert_mem_eq(values, right[i], sizeof values);
        clReleaseKernel(kernel);
        clReleaseProgram(program);
    }
    clReleaseMemObject(buffer);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer");
    TCase *tests = tcase_create("layer");
    tcase_add_unchecked_fixture(tests, load, NULL);
    tcase_add_test(tests, layer_counts_exactly);
    tcase_add_test(tests, layer_fails_the_nth_call);
    tcase_add_test(tests, layer_knows_call_sites);
    tcase_add_test(tests, layer_compiles_something_else);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
