/* SPDX-License-Identifier: Apache-2.0 */
/* Plug-ins that break one rule each, and some that break none: one source, compiled once for each BAD_ macro. */
#include <nascent/backend.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BAD_NAME
#define BAD_NAME "good"
#endif
#ifndef BAD_TAG
#define BAD_TAG ""
#endif
#ifndef BAD_MAJOR
#define BAD_MAJOR NSC_BACKEND_ABI_MAJOR
#endif
#ifndef BAD_SIZE
#define BAD_SIZE NSC_BACKEND_TABLE_SIZE
#endif
#ifndef BAD_RANK
#define BAD_RANK 0
#endif
#ifndef BAD_ALIGNMENT
#define BAD_ALIGNMENT 64
#endif

struct nsc_backend_buffer {
    unsigned char *data;
};

static nsc_backend_status enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info)
{
    (void)host;
#ifdef BAD_HANG
    for (;;)
        pause();
#endif
#ifdef BAD_CRASH
    raise(SIGSEGV);
#endif
#ifdef BAD_CHATTER
    puts("a driver that talks on standard output");
    fflush(stdout);
#endif
    if (index > 0)
        return NSC_BACKEND_END;
    info->kind = NSC_BACKEND_CPU;
    info->auto_rank = BAD_RANK;
    memcpy(info->name, "plug-in", sizeof "plug-in");
    return NSC_BACKEND_OK;
}

static nsc_backend_status open_device(const nsc_backend_open_args *args, nsc_backend_device **device,
                                      nsc_backend_limits *limits)
{
    (void)args;
    *device = malloc(1);
    limits->storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8;
    limits->expression_version = 1;
    limits->max_rank = 8;
    limits->alignment = BAD_ALIGNMENT;
    limits->max_buffer_bytes = 1 << 20;
    return *device ? NSC_BACKEND_OK : NSC_BACKEND_NO_MEMORY;
}

static void close_device(nsc_backend_device *device)
{
    free(device);
}

static nsc_backend_status alloc_buffer(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    (void)device;
    *buffer = malloc(sizeof **buffer);
    if (!*buffer)
        return NSC_BACKEND_NO_MEMORY;
    (*buffer)->data = malloc(bytes);
    return NSC_BACKEND_OK;
}

static void free_buffer(nsc_backend_device *device, nsc_backend_buffer *buffer)
{
    (void)device;
    free(buffer->data);
    free(buffer);
}

static nsc_backend_status write_buffer(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                       uint64_t offset, uint64_t bytes, const void *source)
{
    (void)device, (void)queue;
    memcpy(buffer->data + offset, source, bytes);
    return NSC_BACKEND_OK;
}

static nsc_backend_status read_buffer(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                      uint64_t offset, uint64_t bytes, void *target)
{
    (void)device, (void)queue;
    memcpy(target, buffer->data + offset, bytes);
    return NSC_BACKEND_OK;
}

static nsc_backend_status prepare(nsc_backend_device *device, const nsc_backend_operation *operation,
                                  nsc_backend_step **step)
{
    (void)device, (void)operation, (void)step;
    return NSC_BACKEND_UNSUPPORTED;
}

static nsc_backend_status launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count)
{
    (void)device, (void)queue, (void)step, (void)bindings, (void)binding_count, (void)scalars, (void)scalar_count;
    return NSC_BACKEND_FAILED;
}

static void release(nsc_backend_device *device, nsc_backend_step *step)
{
    (void)device, (void)step;
}

#ifndef BAD_NULL_ENTRY
static nsc_backend_status finish(nsc_backend_device *device, nsc_backend_queue *queue)
{
    (void)device, (void)queue;
    return NSC_BACKEND_OK;
}
#define FINISH finish
#else
#define FINISH NULL
#endif

#ifdef BAD_BEHIND
/* Behind the end that the table tells: what lies there is none of core's business either. */
static nsc_backend_status map_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void **pointer)
{
    (void)device, (void)queue, (void)buffer, (void)offset, (void)bytes, (void)pointer;
    return NSC_BACKEND_FAILED;
}
#endif

/* Longer than any table of this major: the tail is not core's business. */
static const struct {
    nsc_backend_table table;
    unsigned char tail[64];
} longer = {.table = {.struct_size = BAD_SIZE,
                      .abi_major = BAD_MAJOR,
                      .name = BAD_NAME,
                      .version = "1",
                      .build_tag = BAD_TAG,
                      .enumerate = enumerate,
                      .open = open_device,
                      .close = close_device,
                      .alloc = alloc_buffer,
                      .free = free_buffer,
                      .write = write_buffer,
                      .read = read_buffer,
                      .prepare = prepare,
                      .launch = launch,
                      .release = release,
                      .finish = FINISH,
#ifdef BAD_BEHIND
                      .map_host = map_host
#endif
            },
            .tail = {1, 2, 3}};

#ifdef BAD_NEEDS
extern int gone;
#endif

#ifdef BAD_SYMBOL
#define nsc_backend_query another_name
#endif

NSC_BACKEND_QUERY(bad)(const nsc_backend_host *host)
{
    const nsc_backend_table *table = &longer.table;
#ifdef BAD_ABORT
    abort();
#endif
#ifdef BAD_NEEDS
    if (!gone)
        return NULL;
#endif
#ifdef BAD_QUERY
    host->fail(host->context, "the moon is not full");
    table = NULL;
#else
    (void)host;
#endif
    return table;
}
