/* SPDX-License-Identifier: Apache-2.0 */
/* A backend in memory that does as it is told. */
#include "fake_backend.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

fake_state fake;

struct nsc_backend_device {
    const nsc_backend_host *host;
};
struct nsc_backend_buffer {
    uint64_t bytes;
    unsigned char *data;
};
struct nsc_backend_step {
    uint32_t kind;
};

static nsc_backend_status fails(const nsc_backend_host *host, const char *entry)
{
    if (!fake.entry || strcmp(entry, fake.entry) != 0)
        return NSC_BACKEND_OK;
    fake.calls++;
    if (fake.calls != fake.nth && !(fake.sticky && fake.calls > fake.nth))
        return NSC_BACKEND_OK;
    if (fake.said)
        host->fail(host->context, fake.said);
    return fake.result;
}

static nsc_backend_status fake_enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info)
{
    nsc_backend_status failed = fails(host, "enumerate");
    if (failed)
        return failed;
    if (index >= fake.devices) {
        if (fake.end == NSC_BACKEND_UNAVAILABLE)
            host->fail(host->context, "no fake platform");
        return fake.end;
    }
    info->kind = index == fake.gpu ? NSC_BACKEND_GPU : NSC_BACKEND_CPU;
    info->auto_rank = fake.rank ? fake.rank + (int32_t)index : 0;
    info->memory_bytes = 1 << 20;
    snprintf(info->name, sizeof info->name, "Fake Device %c", 'A' + (char)index);
    return NSC_BACKEND_OK;
}

static nsc_backend_status fake_open(const nsc_backend_open_args *args, nsc_backend_device **device,
                                    nsc_backend_limits *limits)
{
    nsc_backend_status failed = fails(args->host, "open");
    if (failed)
        return failed;
    *device = malloc(sizeof **device);
    (*device)->host = args->host;
    uint32_t size = limits->struct_size;
    *limits = fake.limits;
    limits->struct_size = fake.limits.struct_size ? fake.limits.struct_size : size;
    fake.opened++;
    return NSC_BACKEND_OK;
}

static void fake_close(nsc_backend_device *device)
{
    fake.opened--;
    free(device);
}

static nsc_backend_status fake_alloc(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    nsc_backend_status failed = fails(device->host, "alloc");
    if (failed)
        return failed;
    if (fake.byte_limit && fake.bytes + bytes > fake.byte_limit)
        return NSC_BACKEND_NO_MEMORY;
    *buffer = malloc(sizeof **buffer);
    **buffer = (nsc_backend_buffer){.bytes = bytes, .data = calloc(1, bytes)};
    fake.bytes += bytes;
    fake.buffers++;
    return NSC_BACKEND_OK;
}

static void fake_free(nsc_backend_device *device, nsc_backend_buffer *buffer)
{
    (void)device;
    fake.bytes -= buffer->bytes;
    fake.buffers--;
    free(buffer->data);
    free(buffer);
}

static nsc_backend_status fake_write(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                     uint64_t offset, uint64_t bytes, const void *source)
{
    (void)queue;
    nsc_backend_status failed = fails(device->host, "write");
    if (!failed)
        memcpy(buffer->data + offset, source, bytes);
    return failed;
}

static nsc_backend_status fake_read(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                    uint64_t offset, uint64_t bytes, void *target)
{
    (void)queue;
    nsc_backend_status failed = fails(device->host, "read");
    if (!failed)
        memcpy(target, buffer->data + offset, bytes);
    return failed;
}

/* Longer than what is known, and not 0 there. */
static bool has_tail(const void *given, uint32_t known)
{
    unsigned char mine[sizeof(nsc_backend_map)];
    return !nsc_backend_take(mine, known, given);
}

static bool has_unknown_tail(const nsc_backend_operation *operation)
{
    static const uint32_t known[] = {[NSC_BACKEND_MAP] = NSC_BACKEND_MAP_SIZE,
                                     [NSC_BACKEND_REDUCE] = NSC_BACKEND_REDUCE_SIZE,
                                     [NSC_BACKEND_GEMM] = NSC_BACKEND_GEMM_SIZE,
                                     [NSC_BACKEND_RANDOM] = NSC_BACKEND_RANDOM_SIZE,
                                     [NSC_BACKEND_GEMM_EPILOGUE] = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                     [NSC_BACKEND_GATHER] = NSC_BACKEND_GATHER_SIZE,
                                     [NSC_BACKEND_SOFTMAX] = NSC_BACKEND_SOFTMAX_SIZE};
    const void *whole = operation;
    const nsc_backend_map *map = whole;
    return has_tail(operation, known[operation->kind]) ||
           (operation->kind == NSC_BACKEND_MAP &&
            has_tail(map->expression, NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth)));
}

static nsc_backend_status fake_prepare(nsc_backend_device *device, const nsc_backend_operation *operation,
                                       nsc_backend_step **step)
{
    if (!fake.takes_tails && has_unknown_tail(operation))
        return NSC_BACKEND_UNSUPPORTED;
    nsc_backend_status failed = fails(device->host, "prepare");
    if (failed)
        return failed;
    if (operation->kind == fake.unsupported_kind)
        return NSC_BACKEND_UNSUPPORTED;
    *step = malloc(sizeof **step);
    (*step)->kind = operation->kind;
    fake.steps++;
    return NSC_BACKEND_OK;
}

/* As a backend should: what was made is released again when one of them fails. */
static nsc_backend_status fake_prepare_many(nsc_backend_device *device, uint32_t count,
                                            const nsc_backend_operation *const *operations, nsc_backend_step **steps,
                                            nsc_backend_status *statuses)
{
    fake.batches++;
    for (uint32_t i = 0; i < count; i++) {
        statuses[i] = fake_prepare(device, operations[i], &steps[i]);
        if (statuses[i] == NSC_BACKEND_OK || statuses[i] == NSC_BACKEND_UNSUPPORTED)
            continue;
        for (uint32_t made = 0; made < i; made++) {
            fake.steps -= steps[made] != NULL;
            free(steps[made]);
            steps[made] = NULL;
        }
        return statuses[i];
    }
    if (fake.broken > 0 && fake.broken <= count) {
        fake.steps--;
        free(steps[fake.broken - 1]);
        steps[fake.broken - 1] = NULL;
    }
    return NSC_BACKEND_OK;
}

static void fake_stats(nsc_backend_device *device, nsc_backend_stats *stats)
{
    (void)device;
    stats->programs_built = 3;
    stats->programs_loaded = 2;
    stats->programs_refused = 1;
}

static void fake_trim(nsc_backend_device *device)
{
    (void)device;
    fake.trims++;
}

static nsc_backend_status fake_map_host(nsc_backend_device *device, nsc_backend_queue *queue,
                                        nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                                        const void **pointer)
{
    (void)queue, (void)bytes;
    nsc_backend_status failed = fails(device->host, "map_host");
    if (failed)
        return failed;
    fake.mapped++;
    if (fake.mapped > fake.most_mapped)
        fake.most_mapped = fake.mapped;
    *pointer = fake.no_pointer ? NULL : buffer->data + offset;
    return NSC_BACKEND_OK;
}

static nsc_backend_status fake_unmap_host(nsc_backend_device *device, nsc_backend_queue *queue,
                                          nsc_backend_buffer *buffer)
{
    (void)queue, (void)buffer;
    nsc_backend_status failed = fails(device->host, "unmap_host");
    fake.mapped -= !failed;
    return failed;
}

static void wait_for_another(void)
{
    const time_t end = time(NULL) + 10;
    while (atomic_load(&fake.overlaps) == 0 && time(NULL) < end)
        sched_yield();
}

static nsc_backend_status fake_launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                      const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                      uint32_t scalar_count)
{
    (void)queue, (void)step, (void)bindings, (void)binding_count, (void)scalars, (void)scalar_count;
    if (atomic_fetch_add(&fake.inside, 1) > 0)
        atomic_fetch_add(&fake.overlaps, 1);
    if (fake.meet)
        wait_for_another();
    sched_yield();
    nsc_backend_status failed = fails(device->host, "launch");
    fake.launches += !failed;
    atomic_fetch_sub(&fake.inside, 1);
    return failed;
}

static void fake_release(nsc_backend_device *device, nsc_backend_step *step)
{
    (void)device;
    fake.steps--;
    free(step);
}

static nsc_backend_status fake_finish(nsc_backend_device *device, nsc_backend_queue *queue)
{
    (void)queue;
    return fails(device->host, "finish");
}

nsc_backend_table fake_table = {
    .struct_size = NSC_BACKEND_TABLE_SIZE,
    .abi_major = NSC_BACKEND_ABI_MAJOR,
    .name = "fake",
    .version = "1",
    .build_tag = "",
    .enumerate = fake_enumerate,
    .open = fake_open,
    .close = fake_close,
    .alloc = fake_alloc,
    .free = fake_free,
    .write = fake_write,
    .read = fake_read,
    .prepare = fake_prepare,
    .launch = fake_launch,
    .release = fake_release,
    .finish = fake_finish,
};

void fake_offer_optional(int offered)
{
    fake_table.prepare_many = offered ? fake_prepare_many : NULL;
    fake_table.stats = offered ? fake_stats : NULL;
    fake_table.trim = offered ? fake_trim : NULL;
    fake_table.map_host = offered ? fake_map_host : NULL;
    fake_table.unmap_host = offered ? fake_unmap_host : NULL;
}

void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.devices = 1;
    fake.gpu = UINT32_MAX;
    fake.rank = 1;
    fake.end = NSC_BACKEND_END;
    fake.limits = (nsc_backend_limits){
        .storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8,
        .optional_kinds = NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM),
        .expression_version = 1,
        .max_rank = 8,
        .alignment = 64,
        .memory_bytes = 1 << 20,
        .max_buffer_bytes = 1 << 20,
    };
}
