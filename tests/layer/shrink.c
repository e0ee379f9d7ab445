/* SPDX-License-Identifier: Apache-2.0 */
/* A smaller device: NSC_LAYER_SHRINK lowers what a device says of itself, and holds programs to it with the codes that
 * a real one of that size gives. NAME=VALUE pairs with commas between them:
 *
 *   group=N       work-items in a work-group, also in each dim and for each kernel
 *   local=BYTES   local memory
 *   alloc=BYTES   the largest buffer
 *   no=fp64       no double: the word is an error in a program, and constants are single
 *   no=int64      no atomics of 64 bits
 *   type=gpu      the device says that it is a GPU, and what is done on GPUs only is done
 *
 * The device's name says so too: then it has records of its own in every cache. NSC_LAYER_LOG names a file that gets a
 * line when the layer is taken in, and one for each call that broke a limit, also where the caller goes on without. */
#include "chain.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;
static size_t group = SIZE_MAX;
static cl_ulong local_bytes = UINT64_MAX, alloc_bytes = UINT64_MAX;
static bool no_fp64, no_int64, gpu;
static const char *wanted; /* the variable's text */

static void note(const char *call, const char *what, unsigned long long asked, unsigned long long allowed)
{
    const char *path = getenv("NSC_LAYER_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (!log)
        return;
    fprintf(log, "%s: %s: %llu, and %llu is the limit\n", call, what, asked, allowed);
    fclose(log);
}

/* ---- what the device says -------------------------------------------------------------------------------------- */

static void lower(void *value, size_t bytes, uint64_t limit)
{
    uint64_t has = 0; /* little-endian hosts only, as every OpenCL host is */
    memcpy(&has, value, bytes);
    if (has > limit)
        memcpy(value, &limit, bytes);
}

static cl_int give(const char *text, size_t capacity, void *value, size_t *bytes)
{
    const size_t length = strlen(text) + 1;
    if (value && capacity < length)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, text, length);
    if (bytes)
        *bytes = length;
    return CL_SUCCESS;
}

/* The driver's text without some words, or with something behind it. */
static cl_int changed_text(cl_device_id device, cl_device_info what, size_t capacity, void *value, size_t *bytes)
{
    char has[8192] = "", text[8192 + 256] = "";
    cl_int code = next->clGetDeviceInfo(device, what, sizeof has - 1, has, NULL);
    if (code != CL_SUCCESS)
        return code;
    if (what == CL_DEVICE_NAME)
        snprintf(text, sizeof text, "%s, shrunk: %s", has, wanted);
    char *rest = NULL;
    for (char *word = what == CL_DEVICE_EXTENSIONS ? strtok_r(has, " ", &rest) : NULL; word;
         word = strtok_r(NULL, " ", &rest))
        if (!(no_fp64 && strcmp(word, "cl_khr_fp64") == 0) && !(no_int64 && strncmp(word, "cl_khr_int64_", 13) == 0))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] ? " " : "", word);
    return give(text, capacity, value, bytes);
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info what, size_t capacity, void *value,
                                          size_t *bytes)
{
    const cl_device_type type = CL_DEVICE_TYPE_GPU;
    size_t length = 0;
    if (what == CL_DEVICE_NAME || what == CL_DEVICE_EXTENSIONS)
        return changed_text(device, what, capacity, value, bytes);
    const cl_int code = next->clGetDeviceInfo(device, what, capacity, value, &length);
    if (code == CL_SUCCESS && bytes)
        *bytes = length;
    if (code != CL_SUCCESS || !value)
        return code;
    switch (what) {
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        lower(value, sizeof(size_t), group);
        break;
    case CL_DEVICE_MAX_WORK_ITEM_SIZES:
        for (size_t d = 0; d < length / sizeof(size_t); d++)
            lower((size_t *)value + d, sizeof(size_t), group);
        break;
    case CL_DEVICE_LOCAL_MEM_SIZE:
        lower(value, sizeof(cl_ulong), local_bytes);
        break;
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
    case CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE:
        lower(value, sizeof(cl_ulong), alloc_bytes);
        break;
    case CL_DEVICE_DOUBLE_FP_CONFIG:
        lower(value, sizeof(cl_device_fp_config), no_fp64 ? 0 : UINT64_MAX);
        break;
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE:
        lower(value, sizeof(cl_uint), no_fp64 ? 0 : UINT32_MAX);
        break;
    case CL_DEVICE_TYPE:
        if (gpu)
            memcpy(value, &type, sizeof type);
        break;
    default:
        break;
    }
    return code;
}

static cl_int CL_API_CALL get_group_info(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what,
                                         size_t capacity, void *value, size_t *bytes)
{
    const cl_int code = next->clGetKernelWorkGroupInfo(kernel, device, what, capacity, value, bytes);
    if (code == CL_SUCCESS && value &&
        (what == CL_KERNEL_WORK_GROUP_SIZE || what == CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE))
        lower(value, sizeof(size_t), group);
    return code;
}

/* ---- what it holds programs to --------------------------------------------------------------------------------- */

static cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code)
{
    if (bytes <= alloc_bytes)
        return next->clCreateBuffer(context, flags, bytes, host, code);
    note("clCreateBuffer", "bytes", bytes, alloc_bytes);
    if (code)
        *code = CL_INVALID_BUFFER_SIZE;
    return NULL;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *offset,
                                 const size_t *global, const size_t *local, cl_uint count, const cl_event *wait,
                                 cl_event *event)
{
    const size_t ones[3] = {1, 1, 1}; /* the device chooses, and may */
    const size_t *chosen = local || group == SIZE_MAX || dims > 3 ? local : ones;
    size_t items = 1;
    cl_ulong used = 0;
    cl_device_id device = NULL;
    for (cl_uint d = 0; d < dims && chosen; d++) {
        items *= chosen[d];
        if (chosen[d] > group)
            return note("clEnqueueNDRangeKernel", "work-items in a dim", chosen[d], group), CL_INVALID_WORK_ITEM_SIZE;
    }
    if (items > group)
        return note("clEnqueueNDRangeKernel", "work-items", items, group), CL_INVALID_WORK_GROUP_SIZE;
    cl_int code = next->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    if (code == CL_SUCCESS)
        code = next->clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof used, &used, NULL);
    if (code == CL_SUCCESS && used > local_bytes)
        return note("clEnqueueNDRangeKernel", "bytes of local memory", used, local_bytes), CL_OUT_OF_RESOURCES;
    return next->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, chosen, count, wait, event);
}

/* ---- what its compiler does not know --------------------------------------------------------------------------- */

/* Stands in front of a program and behind the driver's own declarations. The compiler itself then finds the words, where
 * the preprocessor has left them; their names are in its log. */
#define NO_FP64 "nsc_layer_no_fp64"
#define NO_INT64 "nsc_layer_no_int64"
static const char without_fp64[] = "#undef cl_khr_fp64\n"
                                   "#define double " NO_FP64 "\n"
                                   "#define double2 " NO_FP64 "\n"
                                   "#define double3 " NO_FP64 "\n"
                                   "#define double4 " NO_FP64 "\n"
                                   "#define double8 " NO_FP64 "\n"
                                   "#define double16 " NO_FP64 "\n";
/* The same names have forms of 32 bits, which stay, as those that OpenCL 1.1 has: with 64, the array has no size. */
#define ATOM(NAME, MORE)                                                                                  \
    "#define atom_" NAME "(P" MORE ") (sizeof(struct { char " NO_INT64 "[sizeof *(P) == 8 ? -1 : 1]; })," \
    " atomic_" NAME "(P" MORE "))\n"
static const char without_int64[] =
    "#undef cl_khr_int64_base_atomics\n#undef cl_khr_int64_extended_atomics\n" ATOM("add", ", V") ATOM("sub", ", V")
        ATOM("xchg", ", V") ATOM("inc", "") ATOM("dec", "") ATOM("cmpxchg", ", C, V") ATOM("min", ", V")
            ATOM("max", ", V") ATOM("and", ", V") ATOM("or", ", V") ATOM("xor", ", V");

enum { IN_FRONT = 3 };

static cl_program CL_API_CALL create_program(cl_context context, cl_uint count, const char **pieces,
                                             const size_t *lengths, cl_int *code)
{
    const char **more = calloc((size_t)count + IN_FRONT, sizeof *more);
    size_t *sizes = calloc((size_t)count + IN_FRONT, sizeof *sizes);
    cl_program made = NULL;
    if (count == 0 || !pieces) {
        made = next->clCreateProgramWithSource(context, count, pieces, lengths, code);
    } else if (!more || !sizes) {
        if (code)
            *code = CL_OUT_OF_HOST_MEMORY;
    } else {
        more[0] = no_fp64 ? without_fp64 : "\n";
        more[1] = no_int64 ? without_int64 : "\n";
        more[2] = "#line 1\n";
        memcpy(more + IN_FRONT, pieces, count * sizeof *pieces);
        if (lengths)
            memcpy(sizes + IN_FRONT, lengths, count * sizeof *lengths);
        made = next->clCreateProgramWithSource(context, count + IN_FRONT, more, sizes, code);
    }
    free(more);
    free(sizes);
    return made;
}

static bool log_has(cl_program program, cl_device_id device, const char *word)
{
    char log[16384] = "";
    return next->clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL) ==
               CL_SUCCESS &&
           strstr(log, word);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
                                void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    static const char single[] = " -cl-single-precision-constant";
    const size_t length = options ? strlen(options) : 0;
    char *more = no_fp64 ? malloc(length + sizeof single) : NULL;
    if (more) {
        memcpy(more, options ? options : "", length);
        memcpy(more + length, single, sizeof single);
    }
    const cl_int code = next->clBuildProgram(program, count, devices, more ? more : options, notify, user);
    free(more);
    for (cl_uint d = 0; d < count && devices && code != CL_SUCCESS; d++) {
        if (log_has(program, devices[d], NO_FP64))
            note("clBuildProgram", "uses of double", 1, 0);
        if (log_has(program, devices[d], NO_INT64))
            note("clBuildProgram", "atomics of 64 bits", 1, 0);
    }
    return code;
}

/* ---- taking it in ---------------------------------------------------------------------------------------------- */

/* false: the variable says something that is not known. */
static bool read_pair(const char *name, const char *value)
{
    char *end;
    const unsigned long long number = strtoull(value, &end, 10);
    if (strcmp(name, "type") == 0 && strcmp(value, "gpu") == 0)
        gpu = true;
    else if (strcmp(name, "no") == 0 && strcmp(value, "fp64") == 0)
        no_fp64 = true;
    else if (strcmp(name, "no") == 0 && strcmp(value, "int64") == 0)
        no_int64 = true;
    else if (number == 0 || *end)
        return false;
    else if (strcmp(name, "group") == 0)
        group = (size_t)number;
    else if (strcmp(name, "local") == 0)
        local_bytes = number;
    else if (strcmp(name, "alloc") == 0)
        alloc_bytes = number;
    else
        return false;
    return true;
}

const struct _cl_icd_dispatch *nsc_layer_shrink(const struct _cl_icd_dispatch *target, cl_uint entries)
{
    char text[256], *rest = NULL;
    const char *path = getenv("NSC_LAYER_LOG");
    wanted = getenv("NSC_LAYER_SHRINK");
    if (!wanted || !*wanted)
        return target;
    snprintf(text, sizeof text, "%s", wanted);
    for (char *pair = strtok_r(text, ",", &rest); pair; pair = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(pair, '=');
        if (value)
            *value++ = 0;
        if (!value || !read_pair(pair, value)) {
            fprintf(stderr, "NSC_LAYER_SHRINK=%s: '%s' is not known; tests/layer/shrink.c has the list\n", wanted,
                    pair);
            abort(); /* a test that silently shrinks nothing proves nothing */
        }
    }
    FILE *log = path ? fopen(path, "a") : NULL;
    if (log) {
        fprintf(log, "shrunk: %s\n", wanted);
        fclose(log);
    }
    next = target;
    memcpy(&mine, target, entries * sizeof(void *));
    mine.clGetDeviceInfo = get_device_info;
    mine.clGetKernelWorkGroupInfo = get_group_info;
    mine.clCreateBuffer = create_buffer;
    mine.clCreateProgramWithSource = create_program;
    mine.clBuildProgram = build;
    mine.clEnqueueNDRangeKernel = launch;
    return &mine;
}
