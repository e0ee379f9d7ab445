/* SPDX-License-Identifier: Apache-2.0 */
/* The memory pool of a device: blocks come in size classes, four to a power of two; a block given back is kept for the
 * next of its class. One in-order queue makes that legal while work on the block is pending. */
#include <pthread.h>
#include <stdlib.h>

#include "core/device/gateway.h"
#include "core/device/profile.h"
#include "core/error.h"

#define SMALLEST_BITS 9 /* 512 bytes */
#define CLASSES ((64 - SMALLEST_BITS) * 4)

struct nsc_pool {
    pthread_mutex_t lock;
    nsc_memory *idle[CLASSES];
    uint64_t in_use, peak, held;
};

/* The class of bytes > 0 and its size; sizes stop at `largest`, which is at least bytes. */
static unsigned class_of(uint64_t bytes, uint64_t largest, uint64_t *capacity)
{
    unsigned bits = SMALLEST_BITS;
    while (bits < 63 && ((uint64_t)1 << (bits + 1)) <= bytes)
        bits++;
    uint64_t base = (uint64_t)1 << bits, quarter = base / 4;
    unsigned part = bytes <= base ? 0 : (unsigned)((bytes - base + quarter - 1) / quarter);
    unsigned index = (bits - SMALLEST_BITS) * 4 + part;
    *capacity = base + part * quarter;
    if (*capacity < bytes || *capacity > largest)
        *capacity = largest;
    return index < CLASSES ? index : CLASSES - 1;
}

/* The lock is held, so that the numbers come in order. */
static void changed(nsc_device *device)
{
    if (nsc_profiling(device))
        nsc_profile_memory(device, device->pool->in_use, device->pool->held);
}

nsc_status nsc_pool_open(nsc_device *device)
{
    nsc_pool *pool = calloc(1, sizeof *pool);
    if (!pool || pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return nsc_fail(device->owner, NSC_NO_MEMORY, "no host memory for the pool of %s", device->title);
    }
    device->pool = pool;
    return NSC_OK;
}

void nsc_pool_close(nsc_device *device)
{
    if (!device->pool)
        return;
    nsc_pool_trim(device);
    pthread_mutex_destroy(&device->pool->lock);
    free(device->pool);
    device->pool = NULL;
}

void nsc_pool_trim(nsc_device *device)
{
    nsc_pool *pool = device->pool;
    nsc_memory *idle = NULL;
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < CLASSES; i++)
        while (pool->idle[i]) {
            nsc_memory *memory = pool->idle[i];
            pool->idle[i] = memory->next;
            pool->held -= memory->capacity;
            memory->next = idle;
            idle = memory;
        }
    if (idle)
        changed(device);
    pthread_mutex_unlock(&pool->lock);
    while (idle) {
        nsc_memory *next = idle->next;
        nsc_device_free(device, idle->buffer);
        free(idle);
        idle = next;
    }
}

static nsc_memory *take_idle(nsc_pool *pool, unsigned index)
{
    nsc_memory *memory = pool->idle[index];
    if (memory)
        pool->idle[index] = memory->next;
    return memory;
}

static void count_in(nsc_pool *pool, uint64_t capacity, uint64_t newly_held)
{
    pool->in_use += capacity;
    pool->held += newly_held;
    if (pool->in_use > pool->peak)
        pool->peak = pool->in_use;
}

/* A new block from the backend; when that has no memory, idle blocks go back to it and it is asked once more. */
static nsc_status take_new(nsc_device *device, nsc_memory *memory)
{
    nsc_status status = nsc_device_alloc(device, memory->capacity, &memory->buffer);
    if (status == NSC_NO_MEMORY) {
        nsc_pool_trim(device);
        nsc_device_trim(device);
        status = nsc_device_alloc(device, memory->capacity, &memory->buffer);
    }
    if (status != NSC_NO_MEMORY)
        return status;
    uint64_t in_use, peak, held;
    nsc_pool_usage(device, &in_use, &peak, &held);
    return nsc_fail_while(
        device->owner, status, "taking %llu bytes from the pool of %s, which has %llu in use and %llu held",
        (unsigned long long)memory->bytes, device->title, (unsigned long long)in_use, (unsigned long long)held);
}

nsc_status nsc_pool_take(nsc_device *device, uint64_t bytes, nsc_memory **memory)
{
    *memory = NULL;
    nsc_pool *pool = device->pool;
    uint64_t capacity = 0;
    unsigned index = 0;
    nsc_memory *found = NULL;
    if (bytes > device->limits.max_buffer_bytes)
        return nsc_fail(device->owner, NSC_UNSUPPORTED, "%llu bytes at once are more than the %llu that %s allows",
                        (unsigned long long)bytes, (unsigned long long)device->limits.max_buffer_bytes, device->title);
    if (bytes > 0) {
        index = class_of(bytes, device->limits.max_buffer_bytes, &capacity);
        pthread_mutex_lock(&pool->lock);
        found = take_idle(pool, index);
        if (found) {
            count_in(pool, found->capacity, 0);
            changed(device);
        }
        pthread_mutex_unlock(&pool->lock);
    }
    if (found) {
        found->bytes = bytes;
        found->next = NULL;
        *memory = found;
        return NSC_OK;
    }
    found = malloc(sizeof *found);
    if (!found)
        return nsc_fail(device->owner, NSC_NO_MEMORY, "no host memory for a block of %llu bytes on %s",
                        (unsigned long long)bytes, device->title);
    *found = (nsc_memory){.bytes = bytes, .capacity = capacity, .device = device};
    if (bytes > 0) {
        nsc_status status = take_new(device, found);
        if (status) {
            free(found);
            return status;
        }
        pthread_mutex_lock(&pool->lock);
        count_in(pool, capacity, capacity);
        changed(device);
        pthread_mutex_unlock(&pool->lock);
    }
    *memory = found;
    return NSC_OK;
}

void nsc_pool_give(nsc_memory *memory)
{
    if (!memory)
        return;
    if (!memory->buffer) {
        free(memory);
        return;
    }
    nsc_pool *pool = memory->device->pool;
    uint64_t capacity;
    unsigned index = class_of(memory->bytes, memory->device->limits.max_buffer_bytes, &capacity);
    bool kept = !memory->map_stuck; /* nobody may write what is mapped */
    pthread_mutex_lock(&pool->lock);
    pool->in_use -= memory->capacity;
    if (kept) {
        memory->next = pool->idle[index];
        pool->idle[index] = memory;
    } else {
        pool->held -= memory->capacity;
    }
    changed(memory->device);
    pthread_mutex_unlock(&pool->lock);
    if (!kept) {
        nsc_device_free(memory->device, memory->buffer);
        free(memory);
    }
}

void nsc_pool_usage(const nsc_device *device, uint64_t *in_use, uint64_t *peak, uint64_t *held)
{
    nsc_pool *pool = device->pool;
    pthread_mutex_lock(&pool->lock);
    *in_use = pool->in_use;
    *peak = pool->peak;
    *held = pool->held;
    pthread_mutex_unlock(&pool->lock);
}
