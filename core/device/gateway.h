/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway to an open device: every call into a backend goes through here. It checks (once, at prepare), locks where
 * the device's queues may not be used concurrently, counts, and translates errors. A lost device is sticky. */
#ifndef NSC_CORE_DEVICE_GATEWAY_H
#define NSC_CORE_DEVICE_GATEWAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/backend.h>
#include <nascent/context.h>

#include "core/log.h"

typedef struct nsc_pool nsc_pool;
typedef struct nsc_profiler nsc_profiler;
typedef struct nsc_work nsc_work;

typedef struct nsc_device_counters {
    atomic_uint_fast64_t launches, prepared, uploads, upload_bytes, downloads, download_bytes, finishes, allocations;
} nsc_device_counters;

typedef struct nsc_device {
    uint64_t owner; /* of the error chains */
    const nsc_log *log;
    nsc_backend_table table; /* the common prefix of the backend's table, the rest zero */
    nsc_backend_device *handle;
    nsc_backend_host host;
    nsc_backend_info info;
    nsc_backend_limits limits;
    uint32_t kinds; /* optional kinds that may be used natively: offered and not refused by NASCENT_COMPOSE */
    uint32_t index;
    char title[192]; /* opencl:0 'device name' */
    char *file;      /* the plug-in's path, or NULL */
    char *cache_dir; /* of the program cache, or NULL */
    pthread_mutex_t lock;
    pthread_mutex_t view_lock; /* of opening and ending host views; taken before lock */
    atomic_bool lost;
    atomic_bool cache_failed; /* the program cache could not be written, and the log was told */
    nsc_device_counters counters;
    nsc_pool *pool;
    atomic_bool profiling; /* events are recorded; profiler is there then */
    nsc_profiler *profiler;
} nsc_device;

/* A prepared step with what it is bound to; the array of them is what a run walks. */
typedef struct nsc_launch {
    nsc_backend_step *step;
    const nsc_backend_binding *bindings;
    uint32_t binding_count;
    uint32_t scalar_count;
    const float *scalars;
    nsc_work *work; /* for a profile; NULL: not told */
} nsc_launch;

/* Memory on the device, taken from the pool (pool.c). */
typedef struct nsc_memory {
    nsc_backend_buffer *buffer; /* NULL when bytes is 0 */
    uint64_t bytes;             /* as asked for */
    uint64_t capacity;          /* of the size class */
    nsc_device *device;
    struct nsc_memory *next; /* pool: idle list */
    /* host_view.c */
    atomic_size_t views; /* open host views: while there is one, nothing writes the memory */
    const void *host;    /* what they see */
    bool map_stuck;      /* the backend could not end the last of them: the pool frees the buffer */
} nsc_memory;

/* Raw entries, with checks, lock, counters and error texts. */
nsc_status nsc_device_alloc(nsc_device *device, uint64_t bytes, nsc_backend_buffer **buffer);
void nsc_device_free(nsc_device *device, nsc_backend_buffer *buffer);
nsc_status nsc_device_write(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                            const void *source);
nsc_status nsc_device_read(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                           void *target);
nsc_status nsc_device_map(nsc_device *device, nsc_backend_buffer *buffer, uint64_t offset, uint64_t bytes,
                          const void **pointer);
nsc_status nsc_device_unmap(nsc_device *device, nsc_backend_buffer *buffer);
nsc_status nsc_device_finish(nsc_device *device);
void nsc_device_trim(nsc_device *device);
void nsc_device_stats(nsc_device *device, nsc_backend_stats *stats);

/* Is the optional kind offered natively? The three required kinds always are. */
bool nsc_device_offers(const nsc_device *device, uint32_t kind);

/* Checks every operation (validate.c), then prepares all of them, with prepare_many where the backend has it.
 * unsupported[i] is set where the backend answered UNSUPPORTED for an optional kind (steps[i] is NULL then); for a
 * required kind that is a failure. On failure no step is left. unsupported may be NULL: then every UNSUPPORTED fails. */
nsc_status nsc_device_prepare(nsc_device *device, size_t count, const nsc_backend_operation *const *operations,
                              nsc_backend_step **steps, bool *unsupported);
void nsc_device_release(nsc_device *device, nsc_backend_step *step);

/* Launches in order. Allocates, formats and looks up nothing unless a launch fails. */
nsc_status nsc_device_run(nsc_device *device, const nsc_launch *launches, size_t count);

/* Host views of memory: the first maps and waits, the last unmaps; between them all have one pointer. The memory must
 * not be given back before; NULL where it has no bytes. */
nsc_status nsc_memory_view(nsc_memory *memory, const void **pointer);
/* false: none is open. Else it has ended, also where *status is the backend's failure. */
bool nsc_memory_end_view(nsc_memory *memory, nsc_status *status);

/* The pool. bytes may be 0. give is legal while work on the memory is pending, and allows NULL. */
nsc_status nsc_pool_open(nsc_device *device);
void nsc_pool_close(nsc_device *device);
nsc_status nsc_pool_take(nsc_device *device, uint64_t bytes, nsc_memory **memory);
void nsc_pool_give(nsc_memory *memory);
/* Frees idle blocks. */
void nsc_pool_trim(nsc_device *device);
/* Bytes in use, the peak of it, and bytes held (in use or idle). */
void nsc_pool_usage(const nsc_device *device, uint64_t *in_use, uint64_t *peak, uint64_t *held);

#endif
