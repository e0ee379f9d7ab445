/* SPDX-License-Identifier: Apache-2.0 */
/* The layer as a smaller device (the Meson file says how small): what it tells of itself, and what it refuses. Each
 * refusal is a line in the log; what is within the limits is none. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cl_device_id device;
static cl_context context;
static cl_command_queue queue;

/* The lines of the log that hold the word. */
static int lines(const char *word)
{
    char line[256];
    int count = 0;
    FILE *log = fopen(getenv("NSC_LAYER_LOG"), "r");
    while (log && fgets(line, sizeof line, log))
        count += strstr(line, word) != NULL;
    if (log)
        fclose(log);
    return count;
}

static void setup(void)
{
    cl_platform_id platform;
    cl_int code;
    ck_assert_msg(getenv("NSC_LAYER_LOG") && getenv("NSC_LAYER_SHRINK"), "see tests/layer/meson.build");
    remove(getenv("NSC_LAYER_LOG"));
    ck_assert_int_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    ck_assert_int_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), CL_SUCCESS);
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    queue = clCreateCommandQueue(context, device, 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
}

static void teardown(void)
{
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
}

/* NULL: it does not build. */
static cl_kernel kernel_of(const char *source)
{
    cl_int code;
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    code = clBuildProgram(program, 1, &device, "", NULL, NULL);
    cl_kernel kernel = code == CL_SUCCESS ? clCreateKernel(program, "k", &code) : NULL;
    ck_assert_int_eq(code, kernel ? CL_SUCCESS : CL_BUILD_PROGRAM_FAILURE);
    clReleaseProgram(program);
    return kernel;
}

static cl_int launch(cl_kernel kernel, size_t x, size_t y)
{
    const size_t global[2] = {64, 64}, local[2] = {x, y};
    cl_int code = clEnqueueNDRangeKernel(queue, kernel, 2, NULL, global, x ? local : NULL, 0, NULL, NULL);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    return code;
}

START_TEST(shrink_tells)
{
    char text[8192] = "";
    size_t group = 0, items[3] = {0};
    cl_ulong local = 0, alloc = 0, fp64 = 1;
    cl_device_type type = 0;
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL), 0);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, NULL), 0);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL), 0);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof alloc, &alloc, NULL), 0);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof fp64, &fp64, NULL), 0);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL), 0);
    ck_assert(group == 16 && items[0] == 16 && items[2] == 16 && local == 1024 && alloc == 65536 && fp64 == 0);
    ck_assert(type == CL_DEVICE_TYPE_GPU);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof text, text, NULL), 0);
    ck_assert_ptr_null(strstr(text, "fp64"));
    ck_assert_ptr_null(strstr(text, "int64_"));
    ck_assert_ptr_nonnull(strstr(text, "cl_khr_byte_addressable_store"));
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof text, text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text, "shrunk: group=16,"));
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_NAME, 4, text, NULL), CL_INVALID_VALUE);
    ck_assert_int_eq(lines("shrunk"), 1);
}
END_TEST

START_TEST(shrink_holds_launches)
{
    size_t limit = 0;
    cl_kernel plain = kernel_of("__kernel void k(void) {}");
    cl_kernel local = kernel_of("__kernel void k(__global int *x) { __local int y[512]; y[get_local_id(0)] = x[0];"
                                " barrier(CLK_LOCAL_MEM_FENCE); x[1] = y[0]; }");
    ck_assert(plain && local);
    ck_assert_int_eq(clGetKernelWorkGroupInfo(plain, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof limit, &limit, NULL),
                     CL_SUCCESS);
    ck_assert_uint_eq(limit, 16);
    ck_assert_int_eq(launch(plain, 4, 4), CL_SUCCESS);
    ck_assert_int_eq(launch(plain, 16, 1), CL_SUCCESS);
    ck_assert_int_eq(launch(plain, 0, 0), CL_SUCCESS);
    ck_assert_int_eq(lines("limit"), 0);
    ck_assert_int_eq(launch(plain, 8, 4), CL_INVALID_WORK_GROUP_SIZE);
    ck_assert_int_eq(launch(plain, 32, 1), CL_INVALID_WORK_ITEM_SIZE);
    ck_assert_int_eq(launch(local, 1, 1), CL_OUT_OF_RESOURCES);
    ck_assert_int_eq(lines("limit"), 3);
    clReleaseKernel(plain);
    clReleaseKernel(local);
}
END_TEST

START_TEST(shrink_holds_buffers)
{
    cl_int code;
    cl_mem fits = clCreateBuffer(context, CL_MEM_READ_WRITE, 65536, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert_ptr_null(clCreateBuffer(context, CL_MEM_READ_WRITE, 65537, NULL, &code));
    ck_assert_int_eq(code, CL_INVALID_BUFFER_SIZE);
    ck_assert_int_eq(lines("65537, and 65536"), 1);
    clReleaseMemObject(fits);
}
END_TEST

START_TEST(shrink_holds_programs)
{
    static const char *const refused[] = {
        "__kernel void k(__global float *x) { double y = x[0]; x[1] = (float)(y * y); }",
        "#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n"
        "__kernel void k(__global long *x) { atom_add(x, 1l); }"};
    static const char *const taken[] = {
        "__kernel void k(__global float *x) { x[1] = (float)(x[0] * 0.1); }",
        "#ifdef cl_khr_fp64\n__kernel void k(__global double *x) {}\n#else\n__kernel void k(void) {}\n#endif\n",
        "__kernel void k(__global int *x) { atom_add(x, 1); atom_inc(x); atom_cmpxchg(x, 1, 2); }"};
    for (int i = 0; i < 2; i++)
        ck_assert_msg(!kernel_of(refused[i]), "%s", refused[i]);
    ck_assert_int_eq(lines("double"), 1);
    ck_assert_int_eq(lines("64 bits"), 1);
    for (int i = 0; i < 3; i++) {
        cl_kernel kernel = kernel_of(taken[i]);
        ck_assert_msg(kernel != NULL, "%s", taken[i]);
        clReleaseKernel(kernel);
    }
    ck_assert_int_eq(lines("limit"), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shrink");
    TCase *tests = tcase_create("shrink");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, shrink_tells);
    tcase_add_test(tests, shrink_holds_launches);
    tcase_add_test(tests, shrink_holds_buffers);
    tcase_add_test(tests, shrink_holds_programs);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
