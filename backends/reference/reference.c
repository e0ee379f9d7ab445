/* SPDX-License-Identifier: Apache-2.0 */
/* The reference backend's table: its one device, and prepare and launch by kind. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reference.h"

static uint64_t memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_C(1) << 30;
}

static nsc_backend_status enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info)
{
    (void)host;
    if (index > 0)
        return NSC_BACKEND_END;
    info->kind = NSC_BACKEND_CPU;
    info->auto_rank = 100;
    info->memory_bytes = memory_bytes();
    snprintf(info->name, sizeof info->name, "reference CPU");
    snprintf(info->vendor, sizeof info->vendor, "Nascent");
    snprintf(info->platform, sizeof info->platform, "host");
    snprintf(info->driver, sizeof info->driver, "C, double accumulation");
    snprintf(info->id, sizeof info->id, "reference-0");
    return NSC_BACKEND_OK;
}

static nsc_backend_status open_device(const nsc_backend_open_args *args, nsc_backend_device **device,
                                      nsc_backend_limits *limits)
{
    nsc_backend_open_args taken;

    if (!nsc_backend_take(&taken, NSC_BACKEND_OPEN_ARGS_SIZE, args) || taken.native_kind != 0)
        return NSC_BACKEND_UNSUPPORTED;
    if (taken.index > 0) {
        taken.host->fail(taken.host->context, "the reference backend has one device, 0");
        return NSC_BACKEND_UNAVAILABLE;
    }
    nsc_backend_device *made = calloc(1, sizeof *made);

    if (!made)
        return NSC_BACKEND_NO_MEMORY;
    /* A newer host may have more to offer: what is not known here is left alone. */
    (void)nsc_backend_take(&made->host, NSC_BACKEND_HOST_SIZE, taken.host);
    limits->flags = NSC_BACKEND_QUEUES_CONCURRENT | NSC_BACKEND_BATCHED_GEMM;
    limits->storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8;
    limits->optional_kinds = NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM) |
                             NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE) |
                             NSC_BACKEND_KIND_BIT(NSC_BACKEND_GATHER) | NSC_BACKEND_KIND_BIT(NSC_BACKEND_SOFTMAX);
    limits->expression_version = 1;
    limits->max_rank = NSC_BACKEND_MAX_RANK;
    limits->alignment = 64;
    limits->memory_bytes = memory_bytes();
    limits->max_buffer_bytes = memory_bytes();
    *device = made;
    return NSC_BACKEND_OK;
}

static void close_device(nsc_backend_device *device)
{
    free(device);
}

static nsc_backend_status take(const nsc_backend_operation *operation, nsc_backend_step *step)
{
    nsc_backend_status status = NSC_BACKEND_UNSUPPORTED;

    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        if (nsc_backend_take(&step->operation.map, NSC_BACKEND_MAP_SIZE, operation))
            status = reference_program_copy(&step->program, step->operation.map.expression);
        break;
    case NSC_BACKEND_REDUCE:
        if (nsc_backend_take(&step->operation.reduce, NSC_BACKEND_REDUCE_SIZE, operation) &&
            step->operation.reduce.reduction <= NSC_BACKEND_MINIMUM)
            status = reference_program_copy(&step->program, step->operation.reduce.producer);
        break;
    case NSC_BACKEND_GEMM:
        if (nsc_backend_take(&step->operation.gemm, NSC_BACKEND_GEMM_SIZE, operation))
            status = NSC_BACKEND_OK;
        break;
    case NSC_BACKEND_GEMM_EPILOGUE:
        if (nsc_backend_take(&step->operation.epilogue, NSC_BACKEND_GEMM_EPILOGUE_SIZE, operation))
            status = reference_program_copy(&step->program, step->operation.epilogue.expression);
        break;
    case NSC_BACKEND_RANDOM:
        if (nsc_backend_take(&step->operation.random, NSC_BACKEND_RANDOM_SIZE, operation) &&
            step->operation.random.distribution <= NSC_BACKEND_TRUNCATED_NORMAL &&
            step->operation.random.stream_scalars <= 1)
            status = NSC_BACKEND_OK;
        break;
    case NSC_BACKEND_GATHER:
        if (nsc_backend_take(&step->operation.gather, NSC_BACKEND_GATHER_SIZE, operation))
            status = NSC_BACKEND_OK;
        break;
    case NSC_BACKEND_SOFTMAX:
        if (nsc_backend_take(&step->operation.softmax, NSC_BACKEND_SOFTMAX_SIZE, operation) &&
            step->operation.softmax.logarithm <= 1)
            status = NSC_BACKEND_OK;
        break;
    }
    return status;
}

static nsc_backend_status prepare(nsc_backend_device *device, const nsc_backend_operation *operation,
                                  nsc_backend_step **step)
{
    (void)device;
    nsc_backend_step *made = calloc(1, sizeof *made);

    if (!made)
        return NSC_BACKEND_NO_MEMORY;
    nsc_backend_status status = take(operation, made);

    /* A value that is reduced or computed with has no stored bits to move. */
    if (status == NSC_BACKEND_OK && operation->kind != NSC_BACKEND_MAP &&
        reference_program_has(&made->program, NSC_OP_STORE_RAW))
        status = NSC_BACKEND_UNSUPPORTED;
    if (status != NSC_BACKEND_OK) {
        free(made);
        return status;
    }
    *step = made;
    return NSC_BACKEND_OK;
}

static nsc_backend_status launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count)
{
    const reference_launch given = {.device = device, .bindings = bindings, .scalars = scalars};

    (void)queue;
    (void)binding_count;
    (void)scalar_count;
    switch (step->operation.head.kind) {
    case NSC_BACKEND_MAP:
        reference_map(step, &given);
        break;
    case NSC_BACKEND_REDUCE:
        reference_reduce(step, &given);
        break;
    case NSC_BACKEND_GEMM:
        reference_gemm(step, &given);
        break;
    case NSC_BACKEND_GEMM_EPILOGUE:
        reference_gemm_epilogue(step, &given);
        break;
    case NSC_BACKEND_RANDOM:
        reference_random(step, &given);
        break;
    case NSC_BACKEND_GATHER:
        reference_gather(step, &given);
        break;
    case NSC_BACKEND_SOFTMAX:
        reference_softmax(step, &given);
        break;
    }
    return NSC_BACKEND_OK;
}

static void release(nsc_backend_device *device, nsc_backend_step *step)
{
    (void)device;
    free(step);
}

static nsc_backend_status finish(nsc_backend_device *device, nsc_backend_queue *queue)
{
    (void)device;
    (void)queue;
    return NSC_BACKEND_OK;
}

static const nsc_backend_table table = {
    .struct_size = NSC_BACKEND_TABLE_SIZE,
    .abi_major = NSC_BACKEND_ABI_MAJOR,
    .abi_minor = NSC_BACKEND_ABI_MINOR,
    .name = "reference",
    .version = "1",
    .build_tag = NSC_BACKEND_BUILD_TAG,
    .enumerate = enumerate,
    .open = open_device,
    .close = close_device,
    .alloc = reference_alloc,
    .free = reference_free,
    .write = reference_write,
    .read = reference_read,
    .prepare = prepare,
    .launch = launch,
    .release = release,
    .finish = finish,
    .map_host = reference_map_host,
    .unmap_host = reference_unmap_host,
};

NSC_BACKEND_QUERY(reference)(const nsc_backend_host *host)
{
    (void)host;
    return &table;
}
