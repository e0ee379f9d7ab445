/* SPDX-License-Identifier: Apache-2.0 */
/* Steps: prepare in three passes (describe, build what is missing at once, set what is fixed), launch, release. Each step
 * has a kernel object of its own, since arguments belong to the object. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Work is handed to the device when this many launches have gathered; read and finish do it too. */
#define NSC_CL_BATCH 16

typedef union operation {
    nsc_backend_map map;
    nsc_backend_reduce reduce;
    nsc_backend_gemm gemm;
    nsc_backend_random random;
    nsc_backend_gemm_epilogue epilogue;
    nsc_backend_gather gather;
    nsc_backend_softmax softmax;
} operation;

static nsc_backend_status describe(nsc_backend_device *device, const nsc_backend_operation *given, bool alone,
                                   nsc_backend_step *step)
{
    operation mine;
    switch (given->kind) {
    case NSC_BACKEND_MAP:
        if (!nsc_backend_take(&mine.map, NSC_BACKEND_MAP_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_map_describe(device, &mine.map, alone, step);
    case NSC_BACKEND_REDUCE:
        if (!nsc_backend_take(&mine.reduce, NSC_BACKEND_REDUCE_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_reduce_describe(device, &mine.reduce, step);
    case NSC_BACKEND_GEMM:
        if (!nsc_backend_take(&mine.gemm, NSC_BACKEND_GEMM_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_gemm_describe(device, &mine.gemm, step);
    case NSC_BACKEND_RANDOM:
        if (!nsc_backend_take(&mine.random, NSC_BACKEND_RANDOM_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_random_describe(device, &mine.random, step);
    case NSC_BACKEND_GEMM_EPILOGUE:
        if (!nsc_backend_take(&mine.epilogue, NSC_BACKEND_GEMM_EPILOGUE_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_epilogue_describe(device, &mine.epilogue, step);
    case NSC_BACKEND_GATHER:
        if (!nsc_backend_take(&mine.gather, NSC_BACKEND_GATHER_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_gather_describe(device, &mine.gather, step);
    case NSC_BACKEND_SOFTMAX:
        if (!nsc_backend_take(&mine.softmax, NSC_BACKEND_SOFTMAX_SIZE, given))
            return NSC_BACKEND_UNSUPPORTED;
        return nsc_cl_softmax_describe(device, &mine.softmax, step);
    default:
        return NSC_BACKEND_UNSUPPORTED;
    }
}

nsc_backend_status nsc_cl_describe(nsc_backend_device *device, const nsc_backend_operation *given, bool alone,
                                   nsc_backend_step **step)
{
    nsc_backend_step *made = calloc(1, sizeof *made);
    *step = NULL;
    if (!made)
        return nsc_cl_fail(device->host, "malloc", "step", CL_OUT_OF_HOST_MEMORY);
    nsc_backend_status status = describe(device, given, alone, made);
    if (status == NSC_BACKEND_OK && made->unit.failed)
        status = nsc_cl_fail(device->host, "malloc", made->what, CL_OUT_OF_HOST_MEMORY);
    if (status != NSC_BACKEND_OK)
        nsc_cl_release(device, made);
    else
        *step = made;
    return status;
}

/* The arguments behind the operands and the scalars, and the range. *too_small: the kernel cannot have the work-group
 * that it is written for. */
static nsc_backend_status settle(nsc_backend_device *device, nsc_backend_step *step, bool *too_small)
{
    size_t limit = 0;
    cl_int code = CL_SUCCESS;
    *too_small = false;
    if (step->blast)
        return NSC_BACKEND_OK;
    code = clGetKernelWorkGroupInfo(step->kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof limit, &limit, NULL);
    if (code != CL_SUCCESS)
        return nsc_cl_fail(device->host, "clGetKernelWorkGroupInfo", step->what, code);
    if (limit > device->max_group)
        limit = device->max_group;
    if (step->group_exact && step->group[0] * step->group[1] > limit) {
        *too_small = true;
        return NSC_BACKEND_OK;
    }
    while (step->group[0] > device->max_items[0])
        step->group[0] /= 2;
    while (step->group[1] > device->max_items[1])
        step->group[1] /= 2;
    while (step->group[0] * step->group[1] > limit && step->group[0] * step->group[1] > 1)
        step->group[step->group[1] > 1 ? 1 : 0] /= 2;
    for (int d = 0; d < 2; d++)
        step->global[d] = d == 0 && step->group_per_item
                              ? step->items[d] * step->group[d]
                              : (step->items[d] + step->group[d] - 1) / step->group[d] * step->group[d];
    cl_uint at = step->operand_count * 2 + (step->scalars_packed ? 1 : step->scalar_count);
    if (step->table)
        code = clSetKernelArg(step->kernel, at++, sizeof step->table, &step->table);
    if (code == CL_SUCCESS && step->table_has_offset) {
        const cl_long start = 0;
        code = clSetKernelArg(step->kernel, at++, sizeof start, &start);
    }
    if (code == CL_SUCCESS && step->fixed_bytes)
        code = clSetKernelArg(step->kernel, at, step->fixed_bytes, step->fixed);
    free(step->fixed);
    step->fixed = NULL;
    return code == CL_SUCCESS ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clSetKernelArg", step->what, code);
}

/* A kernel written for 256 items may be granted fewer, which is known only now: the blocked form has no such need. */
static nsc_backend_status settle_again(nsc_backend_device *device, const nsc_backend_operation *given,
                                       nsc_backend_step **step)
{
    bool too_small;
    nsc_cl_release(device, *step);
    device->tiles = false;
    nsc_backend_status status = nsc_cl_describe(device, given, false, step);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_programs_ensure(device, step, 1);
    return status == NSC_BACKEND_OK ? settle(device, *step, &too_small) : status;
}

nsc_backend_status nsc_cl_prepare_many(nsc_backend_device *device, uint32_t count,
                                       const nsc_backend_operation *const *operations, nsc_backend_step **steps,
                                       nsc_backend_status *statuses)
{
    nsc_backend_status status = nsc_cl_alive(device);
    for (uint32_t i = 0; i < count; i++) {
        steps[i] = NULL;
        statuses[i] = status;
    }
    for (uint32_t i = 0; i < count && status == NSC_BACKEND_OK; i++) {
        statuses[i] = nsc_cl_describe(device, operations[i], count == 1, &steps[i]);
        if (statuses[i] != NSC_BACKEND_UNSUPPORTED)
            status = statuses[i];
    }
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_programs_ensure(device, steps, count);
    for (uint32_t i = 0; i < count && status == NSC_BACKEND_OK; i++) {
        bool too_small = false;
        if (steps[i])
            status = statuses[i] = settle(device, steps[i], &too_small);
        if (too_small)
            status = statuses[i] = settle_again(device, operations[i], &steps[i]);
    }
    for (uint32_t i = 0; i < count && status != NSC_BACKEND_OK; i++) {
        if (steps[i])
            nsc_cl_release(device, steps[i]);
        steps[i] = NULL;
        if (statuses[i] == NSC_BACKEND_OK)
            statuses[i] = status;
    }
    return status;
}

nsc_backend_status nsc_cl_prepare(nsc_backend_device *device, const nsc_backend_operation *given,
                                  nsc_backend_step **step)
{
    nsc_backend_status mine = NSC_BACKEND_OK;
    nsc_backend_status status = nsc_cl_prepare_many(device, 1, &given, step, &mine);
    return status == NSC_BACKEND_OK ? mine : status;
}

static cl_int set_arguments(nsc_backend_step *step, const nsc_backend_binding *bindings, const float *scalars)
{
    cl_uint at = 0;
    cl_int code = CL_SUCCESS;
    if (step->stream_fixed)
        scalars = step->stream;
    for (uint32_t i = 0; i < step->operand_count && code == CL_SUCCESS; i++) {
        const nsc_cl_operand *operand = &step->operands[i];
        const nsc_backend_binding *binding = &bindings[operand->buffer];
        const cl_long offset = (cl_long)(binding->offset / operand->bytes) + operand->offset;
        code = clSetKernelArg(step->kernel, at++, sizeof(cl_mem), &binding->buffer->memory);
        if (code == CL_SUCCESS)
            code = clSetKernelArg(step->kernel, at++, sizeof offset, &offset);
    }
    if (step->scalars_packed && code == CL_SUCCESS) {
        cl_float16 packed = {{0}};
        if (step->scalar_count)
            memcpy(&packed, scalars, step->scalar_count * sizeof *scalars);
        return clSetKernelArg(step->kernel, at, sizeof packed, &packed);
    }
    for (uint32_t i = 0; i < step->scalar_count && code == CL_SUCCESS; i++)
        code = clSetKernelArg(step->kernel, at++, sizeof *scalars, &scalars[i]);
    return code;
}

nsc_backend_status nsc_cl_enqueue(nsc_backend_device *device, nsc_backend_step *step,
                                  const nsc_backend_binding *bindings, const float *scalars, cl_event *event)
{
    if (step->blast) {
        nsc_backend_status status = nsc_cl_blast_launch(device, step, bindings, event);
        if (status != NSC_BACKEND_OK)
            return status;
    } else {
        cl_int code = set_arguments(step, bindings, scalars);
        if (code != CL_SUCCESS)
            return nsc_cl_fail(device->host, "clSetKernelArg", step->what, code);
        code = clEnqueueNDRangeKernel(device->queue, step->kernel, 2, NULL, step->global, step->group, 0, NULL, event);
        if (code != CL_SUCCESS)
            return nsc_cl_fail(device->host, "clEnqueueNDRangeKernel", step->what, code);
    }
    if (++device->unflushed == NSC_CL_BATCH) {
        device->unflushed = 0;
        cl_int code = clFlush(device->queue);
        if (code != CL_SUCCESS)
            return nsc_cl_fail(device->host, "clFlush", NULL, code);
    }
    return NSC_BACKEND_OK;
}

nsc_backend_status nsc_cl_launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count)
{
    (void)queue;
    (void)binding_count;
    (void)scalar_count;
    nsc_backend_status status = nsc_cl_alive(device);
    return status == NSC_BACKEND_OK ? nsc_cl_enqueue(device, step, bindings, scalars, NULL) : status;
}

/* The driver keeps kernels and memory that enqueued work still uses. */
void nsc_cl_release(nsc_backend_device *device, nsc_backend_step *step)
{
    if (device->pid == getpid()) {
        if (step->kernel)
            clReleaseKernel(step->kernel);
        if (step->program)
            clReleaseMemObject(step->program);
    }
    nsc_cl_text_free(&step->unit);
    free(step->fixed);
    free(step);
}
