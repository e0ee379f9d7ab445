/* SPDX-License-Identifier: Apache-2.0 */
/* The counting layer, seen from a program that makes a known number of OpenCL calls. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <check.h>
#include <dlfcn.h>
#include <stdlib.h>

typedef int (*count_function)(const char *name, unsigned long long *value);
typedef void (*reset_function)(void);

static count_function layer_count;
static reset_function layer_reset;

static void load(void)
{
    const char *path = getenv("OPENCL_LAYERS");
    ck_assert_msg(path != NULL, "OPENCL_LAYERS is not set");
    void *layer = dlopen(path, RTLD_NOW);
    ck_assert_msg(layer != NULL, "%s", dlerror());
    *(void **)&layer_count = dlsym(layer, "nsc_layer_count");
    *(void **)&layer_reset = dlsym(layer, "nsc_layer_reset");
    ck_assert(layer_count && layer_reset);
}

static unsigned long long counted(const char *name)
{
    unsigned long long value = 0;
    ck_assert_msg(layer_count(name, &value), "no count of %s", name);
    return value;
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
    ck_assert(!layer_count("buffers", &none)); /* no OpenCL call yet: the loader has not read the layer */
    ck_assert_int_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    ck_assert_int_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), CL_SUCCESS);
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert(!layer_count("nonsense", &none));
    layer_reset();
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
    layer_reset();
    ck_assert_uint_eq(counted("launches"), 0);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
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
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
