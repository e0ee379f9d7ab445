/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: an in-process cache by the unit's text, one build for all that is missing, and the program cache of the
 * host behind it. A binary is only a hint: whatever is wrong with it, the source is compiled. */
#include "opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any plan needs; a device that meets more starts over. Kernels in use keep their programs. */
#define NSC_CL_MAX_PROGRAMS 512

uint64_t nsc_cl_hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3u; /* FNV-1a */
    return hash;
}

static uint64_t unit_hash(const nsc_cl_text *unit)
{
    return nsc_cl_hash(NSC_CL_HASH_START, unit->data, unit->length);
}

static const nsc_cl_program *find(const nsc_backend_device *device, uint64_t hash, const char *source)
{
    for (size_t i = 0; i < device->program_count; i++)
        if (device->programs[i].hash == hash && strcmp(device->programs[i].source, source) == 0)
            return &device->programs[i];
    return NULL;
}

bool nsc_cl_program_known(const nsc_backend_device *device, const nsc_cl_text *unit)
{
    return find(device, unit_hash(unit), unit->data) != NULL;
}

void nsc_cl_programs_clear(nsc_backend_device *device)
{
    for (size_t i = 0; i < device->program_count; i++) {
        clReleaseProgram(device->programs[i].program);
        free(device->programs[i].source);
    }
    free(device->programs);
    device->programs = NULL;
    device->program_count = device->program_capacity = 0;
}

static const char *build_options(const nsc_backend_device *device)
{
    return device->fast_fma ? "-cl-std=CL1.2 -D NSC_FAST_FMA" : "-cl-std=CL1.2";
}

/* ---- the program cache of the host ---- */

static size_t cache_key(const nsc_backend_device *device, const nsc_cl_text *source, char *key, size_t capacity)
{
    uint64_t hash = nsc_cl_hash(NSC_CL_HASH_START, source->data, source->length);
    int length = snprintf(key, capacity, "opencl program 1\n%s\n%s\n%zu %016llx", device->identity,
                          build_options(device), source->length, (unsigned long long)hash);
    return length < 0 || (size_t)length >= capacity ? 0 : (size_t)length;
}

/* Kernels are created before the program is accepted: some drivers compile only then. */
static bool kernels_exist(cl_program program)
{
    cl_uint count = 0;
    if (clCreateKernelsInProgram(program, 0, NULL, &count) != CL_SUCCESS || count == 0)
        return false;
    cl_kernel *kernels = calloc(count, sizeof *kernels);
    if (!kernels)
        return false;
    bool made = clCreateKernelsInProgram(program, count, kernels, NULL) == CL_SUCCESS;
    for (cl_uint i = 0; made && i < count; i++)
        clReleaseKernel(kernels[i]);
    free(kernels);
    return made;
}

static cl_program load(nsc_backend_device *device, const char *key, size_t key_bytes)
{
    const nsc_backend_host *host = device->host;
    cl_int code, binary_code;
    cl_program program = NULL;
    uint64_t bytes = host->cache_get(host->context, key, key_bytes, NULL, 0);
    unsigned char *binary = bytes == 0 || bytes > SIZE_MAX ? NULL : malloc((size_t)bytes);
    if (!binary)
        return NULL;
    if (host->cache_get(host->context, key, key_bytes, binary, bytes) == bytes) {
        size_t length = (size_t)bytes;
        const unsigned char *pieces[1] = {binary};
        program = clCreateProgramWithBinary(device->context, 1, &device->id, &length, pieces, &binary_code, &code);
        if (program && (binary_code != CL_SUCCESS ||
                        clBuildProgram(program, 1, &device->id, build_options(device), NULL, NULL) != CL_SUCCESS ||
                        !kernels_exist(program))) {
            clReleaseProgram(program);
            program = NULL;
        }
        if (program) {
            device->loaded++;
        } else {
            device->refused++;
            nsc_cl_log(host, NSC_BACKEND_LOG_INFO, "the driver refused a cached program; compiling it again");
        }
    }
    free(binary);
    return program;
}

static void store(nsc_backend_device *device, cl_program program, const char *key, size_t key_bytes)
{
    const nsc_backend_host *host = device->host;
    size_t length = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof length, &length, NULL) != CL_SUCCESS || length == 0)
        return;
    unsigned char *binary = malloc(length);
    if (!binary)
        return;
    unsigned char *pieces[1] = {binary};
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof pieces, (void *)pieces, NULL) == CL_SUCCESS)
        host->cache_put(host->context, key, key_bytes, binary, length);
    free(binary);
}

/* ---- building ---- */

static nsc_backend_status build_failed(nsc_backend_device *device, cl_program program, cl_int code)
{
    size_t length = 0;
    clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &length);
    char *log = length ? calloc(1, length + 1) : NULL;
    if (log && clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, length, log, NULL) == CL_SUCCESS)
        nsc_cl_log(device->host, NSC_BACKEND_LOG_DEBUG, "build log: %s", log);
    if (log)
        log[strcspn(log, "\n")] = 0;
    nsc_backend_status status = nsc_cl_fail(device->host, "clBuildProgram", log ? log : "no log", code);
    free(log);
    return status;
}

static nsc_backend_status compile(nsc_backend_device *device, const nsc_cl_text *source, cl_program *program)
{
    cl_int code;
    const char *piece = source->data;
    cl_program made = clCreateProgramWithSource(device->context, 1, &piece, &source->length, &code);
    if (!made)
        return nsc_cl_fail(device->host, "clCreateProgramWithSource", NULL, code);
    code = clBuildProgram(made, 1, &device->id, build_options(device), NULL, NULL);
    if (code != CL_SUCCESS) {
        nsc_backend_status status = build_failed(device, made, code);
        clReleaseProgram(made);
        return status;
    }
    device->built++;
    *program = made;
    return NSC_BACKEND_OK;
}

static void add_unit(nsc_cl_text *source, const nsc_cl_text *unit)
{
    unsigned long long hash = unit_hash(unit);
    nsc_cl_text_format(source,
                       "#define NSC_KERNEL nsc_%016llx\n#define NSC_ELEMENT nsc_%016llx_element\n"
                       "#define NSC_GEOMETRY nsc_%016llx_geometry\n",
                       hash, hash, hash);
    nsc_cl_text_add(source, unit->data);
    nsc_cl_text_add(source, "\n#undef NSC_KERNEL\n#undef NSC_ELEMENT\n#undef NSC_GEOMETRY\n");
}

static nsc_backend_status build(nsc_backend_device *device, const nsc_cl_text *source, cl_program *program)
{
    char key[1024];
    nsc_backend_status status = NSC_BACKEND_OK;
    size_t key_bytes = cache_key(device, source, key, sizeof key);
    pthread_mutex_lock(&nsc_cl_process_lock);
    *program = key_bytes ? load(device, key, key_bytes) : NULL;
    if (!*program) {
        status = compile(device, source, program);
        if (status == NSC_BACKEND_OK && key_bytes && kernels_exist(*program))
            store(device, *program, key, key_bytes);
    }
    pthread_mutex_unlock(&nsc_cl_process_lock);
    return status;
}

/* One reference of program for each unit kept; the caller keeps its own. */
static nsc_backend_status keep(nsc_backend_device *device, const nsc_cl_text *unit, cl_program program)
{
    if (device->program_count == device->program_capacity) {
        size_t capacity = device->program_capacity * 2 + 16;
        nsc_cl_program *programs = realloc(device->programs, capacity * sizeof *programs);
        if (!programs)
            return nsc_cl_fail(device->host, "malloc", "program", CL_OUT_OF_HOST_MEMORY);
        device->programs = programs;
        device->program_capacity = capacity;
    }
    char *source = strdup(unit->data);
    if (!source)
        return nsc_cl_fail(device->host, "malloc", "program", CL_OUT_OF_HOST_MEMORY);
    cl_int code = clRetainProgram(program);
    if (code != CL_SUCCESS) {
        free(source);
        return nsc_cl_fail(device->host, "clRetainProgram", NULL, code);
    }
    device->programs[device->program_count++] =
        (nsc_cl_program){.hash = unit_hash(unit), .source = source, .program = program};
    return NSC_BACKEND_OK;
}

static nsc_backend_status build_missing(nsc_backend_device *device, const nsc_cl_text *const *missing, size_t count)
{
    nsc_cl_text source = {0};
    cl_program program = NULL;
    nsc_backend_status status;
    nsc_cl_text_add(&source, nsc_kernel_prelude);
    for (size_t i = 0; i < count; i++)
        add_unit(&source, missing[i]);
    status = source.failed ? nsc_cl_fail(device->host, "malloc", "program", CL_OUT_OF_HOST_MEMORY)
                           : build(device, &source, &program);
    for (size_t i = 0; i < count && status == NSC_BACKEND_OK; i++)
        status = keep(device, missing[i], program);
    if (program)
        clReleaseProgram(program);
    nsc_cl_text_free(&source);
    return status;
}

static bool listed(const nsc_cl_text *const *missing, size_t count, const nsc_cl_text *unit)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(missing[i]->data, unit->data) == 0)
            return true;
    return false;
}

static nsc_backend_status create_kernel(nsc_backend_device *device, nsc_backend_step *step)
{
    char name[32];
    cl_int code;
    uint64_t hash = unit_hash(&step->unit);
    const nsc_cl_program *program = find(device, hash, step->unit.data);
    if (!program)
        return nsc_cl_fail(device->host, "clCreateKernel", step->what, CL_INVALID_PROGRAM);
    snprintf(name, sizeof name, "nsc_%016llx", (unsigned long long)hash);
    step->kernel = clCreateKernel(program->program, name, &code);
    if (!step->kernel)
        return nsc_cl_fail(device->host, "clCreateKernel", step->what, code);
    nsc_cl_text_free(&step->unit);
    return NSC_BACKEND_OK;
}

nsc_backend_status nsc_cl_programs_ensure(nsc_backend_device *device, nsc_backend_step *const *steps, size_t count)
{
    nsc_backend_status status = NSC_BACKEND_OK;
    size_t missing_count = 0;
    const nsc_cl_text **missing = calloc(count ? count : 1, sizeof *missing);
    if (!missing)
        return nsc_cl_fail(device->host, "malloc", "program", CL_OUT_OF_HOST_MEMORY);
    if (device->program_count + count > NSC_CL_MAX_PROGRAMS)
        nsc_cl_programs_clear(device);
    for (size_t i = 0; i < count; i++) {
        if (!steps[i] || !steps[i]->unit.length)
            continue;
        if (!nsc_cl_program_known(device, &steps[i]->unit) && !listed(missing, missing_count, &steps[i]->unit))
            missing[missing_count++] = &steps[i]->unit;
    }
    if (missing_count)
        status = build_missing(device, missing, missing_count);
    for (size_t i = 0; i < count && status == NSC_BACKEND_OK; i++)
        if (steps[i] && steps[i]->unit.length)
            status = create_kernel(device, steps[i]);
    free(missing);
    return status;
}
