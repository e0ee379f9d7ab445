/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder: where events are kept, when they are forgotten, who may look at them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/device/call.h"
#include "core/device/profiler.h"
#include "core/memory.h"

/* Starting and stopping, one at a time in the process; taken first. */
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;

static atomic_uint threads;
static _Thread_local uint32_t this_thread;

static uint32_t thread_number(void)
{
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&threads, 1) + 1;
    return this_thread;
}

uint64_t nsc_profile_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + (now.tv_sec == 0 && now.tv_nsec == 0);
}

/* ---- events; the recorder's lock is held ------------------------------------------------------------------------ */

static nsc_event *event_at(nsc_profiler *profiler, size_t index)
{
    return &profiler->chunks[index / NSC_PROFILE_CHUNK][index % NSC_PROFILE_CHUNK];
}

/* Room for count events beyond those that are promised; false: not for all. */
static bool grow(nsc_profiler *profiler, size_t count)
{
    while (profiler->capacity - profiler->used < profiler->reserved + count) {
        size_t chunk = profiler->capacity / NSC_PROFILE_CHUNK;
        if (chunk == NSC_PROFILE_CHUNKS ||
            !(profiler->chunks[chunk] = calloc(NSC_PROFILE_CHUNK, sizeof *profiler->chunks[chunk])))
            return false;
        profiler->capacity += NSC_PROFILE_CHUNK;
    }
    return true;
}

static bool append(nsc_profiler *profiler, const nsc_event *event)
{
    bool room = grow(profiler, 1);
    if (room)
        *event_at(profiler, profiler->used++) = *event;
    else
        profiler->dropped++;
    return room;
}

/* ---- what is launched; the lock is held ------------------------------------------------------------------------- */

static bool same_work(const nsc_work *a, const nsc_work *b)
{
    return a->flops == b->flops && a->bytes_read == b->bytes_read && a->bytes_written == b->bytes_written &&
           strcmp(a->path, b->path) == 0 && strcmp(a->name, b->name) == 0 && strcmp(a->shape, b->shape) == 0 &&
           strcmp(a->block, b->block) == 0;
}

static nsc_work *copy_work(const nsc_work *work)
{
    size_t path = strlen(work->path) + 1, block = strlen(work->block) + 1;
    nsc_work *copy = malloc(sizeof *copy + path + block);
    if (!copy)
        return NULL;
    char *texts = (char *)(copy + 1);
    memcpy(texts, work->path, path);
    memcpy(texts + path, work->block, block);
    *copy = (nsc_work){.name = work->name,
                       .path = texts,
                       .block = texts + path,
                       .flops = work->flops,
                       .bytes_read = work->bytes_read,
                       .bytes_written = work->bytes_written};
    memcpy(copy->shape, work->shape, sizeof copy->shape);
    return copy;
}

/* Once for each work of a plan: a search is good enough. */
static void know(nsc_profiler *profiler, nsc_work *work)
{
    size_t at = 0;
    while (at < profiler->work_count && !same_work(profiler->works[at], work))
        at++;
    if (at == profiler->work_count) {
        void *works = profiler->works;
        bool room = nsc_grow(&works, &profiler->work_capacity, at, sizeof *profiler->works);
        profiler->works = works;
        if (!room || !(profiler->works[at] = copy_work(work)))
            return;
        profiler->work_count++;
    }
    atomic_store_explicit(&work->known, (uint_fast32_t)at + 1, memory_order_relaxed);
}

/* ---- launches --------------------------------------------------------------------------------------------------- */

void nsc_profiler_reserve(nsc_profiler *profiler, const nsc_launch *launches, size_t count)
{
    pthread_mutex_lock(&profiler->lock);
    grow(profiler, count);
    profiler->reserved += count;
    for (size_t i = 0; i < count; i++)
        if (launches[i].work && atomic_load_explicit(&launches[i].work->known, memory_order_relaxed) == 0)
            know(profiler, launches[i].work);
    pthread_mutex_unlock(&profiler->lock);
}

void nsc_profiler_unreserve(nsc_profiler *profiler, size_t count)
{
    pthread_mutex_lock(&profiler->lock);
    profiler->reserved -= count;
    pthread_mutex_unlock(&profiler->lock);
}

uint64_t nsc_profiler_open(nsc_profiler *profiler, const nsc_work *work)
{
    uint64_t tag = NSC_PROFILE_NO_TAG;
    uint32_t known = work ? (uint32_t)atomic_load_explicit(&work->known, memory_order_relaxed) : 0;
    pthread_mutex_lock(&profiler->lock);
    profiler->reserved--;
    if (profiler->used < profiler->capacity) {
        tag = (uint64_t)profiler->serial << 32 | profiler->used;
        *event_at(profiler, profiler->used++) =
            (nsc_event){.thread = thread_number(), .work = known ? known - 1 : UINT32_MAX};
    } else {
        profiler->dropped++;
    }
    pthread_mutex_unlock(&profiler->lock);
    return tag;
}

void nsc_profiler_close(nsc_profiler *profiler, uint64_t tag, bool done, uint64_t start, uint64_t end)
{
    if (tag == NSC_PROFILE_NO_TAG || !done)
        return;
    pthread_mutex_lock(&profiler->lock);
    if (tag >> 32 == profiler->serial) {
        nsc_event *event = event_at(profiler, (uint32_t)tag);
        event->kind = NSC_PROFILE_LAUNCH;
        event->start = start;
        event->duration = end - start;
    }
    pthread_mutex_unlock(&profiler->lock);
}

bool nsc_profiler_can_time(const nsc_device *device)
{
    const nsc_backend_table *table = &device->table;
    return table->profile_start && table->launch_timed && table->profile_read && table->profile_stop;
}

void nsc_profiler_collect(nsc_device *device)
{
    nsc_profiler *profiler = device->profiler;
    nsc_backend_time times[64];
    const uint32_t capacity = sizeof times / sizeof times[0];
    uint32_t count;
    do {
        count = capacity;
        if (device->table.profile_read(device->handle, times, &count) != NSC_BACKEND_OK)
            count = 0; /* what is missing is told as not known */
        pthread_mutex_lock(&profiler->lock);
        for (uint32_t i = 0; i < count && i < capacity; i++) {
            uint32_t index = (uint32_t)times[i].tag;
            if (times[i].tag >> 32 != profiler->serial || index >= profiler->used || times[i].end < times[i].start)
                continue;
            event_at(profiler, index)->more.device.start = times[i].start;
            event_at(profiler, index)->more.device.end = times[i].end;
        }
        pthread_mutex_unlock(&profiler->lock);
    } while (count == capacity);
    atomic_store(&profiler->pending, 0);
}

/* ---- the other events ------------------------------------------------------------------------------------------- */

static void record(nsc_device *device, nsc_event event, uint64_t begin)
{
    nsc_profiler *profiler = device->profiler;
    event.thread = thread_number();
    event.start = begin;
    event.duration = nsc_profile_now() - begin;
    pthread_mutex_lock(&profiler->lock);
    append(profiler, &event);
    pthread_mutex_unlock(&profiler->lock);
}

void nsc_profile_phase(nsc_device *device, const char *name, uint64_t begin)
{
    if (begin != 0)
        record(device, (nsc_event){.kind = NSC_PROFILE_PHASE, .name = name}, begin);
}

void nsc_profile_prepared(nsc_device *device, uint64_t begin, size_t operations, const nsc_backend_stats *before)
{
    nsc_backend_stats now;
    nsc_device_stats(device, &now);
    record(device,
           (nsc_event){.kind = NSC_PROFILE_PHASE,
                       .name = "prepare",
                       .more.numbers = {operations, now.programs_built - before->programs_built,
                                        now.programs_loaded - before->programs_loaded}},
           begin);
}

void nsc_profile_transfer(nsc_device *device, nsc_profile_kind kind, uint64_t begin, uint64_t bytes)
{
    static const char *const names[] = {
        [NSC_PROFILE_UPLOAD] = "upload", [NSC_PROFILE_DOWNLOAD] = "download", [NSC_PROFILE_WAIT] = "wait"};
    nsc_profiler *profiler = device->profiler;
    record(device, (nsc_event){.kind = (uint8_t)kind, .name = names[kind], .more.numbers = {bytes}}, begin);
    if (kind == NSC_PROFILE_UPLOAD || atomic_load(&profiler->pending) == 0)
        return;
    nsc_call_lock(device);
    if (atomic_load(&profiler->timed))
        nsc_profiler_collect(device);
    nsc_call_end(device);
}

void nsc_profile_memory(nsc_device *device, uint64_t in_use, uint64_t held)
{
    record(device, (nsc_event){.kind = NSC_PROFILE_MEMORY, .name = "memory", .more.numbers = {in_use, held}},
           nsc_profile_now());
}

/* ---- start and stop --------------------------------------------------------------------------------------------- */

static nsc_profiler *profiler_of(nsc_device *device)
{
    if (device->profiler)
        return device->profiler;
    nsc_profiler *made = calloc(1, sizeof *made);
    if (!made || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return NULL;
    }
    device->profiler = made;
    return made;
}

/* Asks the backend for the device's times; without them, those of the host are all there is. */
static nsc_status start_timing(nsc_device *device)
{
    if (!nsc_profiler_can_time(device))
        return NSC_OK;
    nsc_status status = nsc_device_finish(device);
    if (!status)
        status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = device->table.profile_start(device->handle, NSC_PROFILE_TIMED);
    atomic_store(&device->profiler->timed, result == NSC_BACKEND_OK);
    atomic_store(&device->profiler->pending, 0);
    nsc_call_end(device);
    if (result == NSC_BACKEND_OK || result == NSC_BACKEND_UNSUPPORTED)
        return NSC_OK;
    return nsc_call_failed(device, result);
}

static nsc_status start(nsc_device *device, nsc_profile_user user, uint64_t origin)
{
    nsc_profiler *profiler = profiler_of(device);
    if (!profiler)
        return nsc_fail(device->owner, NSC_NO_MEMORY, "no host memory for a profile");
    if (profiler->users[user].on)
        return nsc_fail(device->owner, NSC_INVALID, "the profile of %s is on already: stop it first", device->title);
    bool first = !profiler->users[!user].on;
    nsc_status status = first ? start_timing(device) : NSC_OK;
    if (status)
        return nsc_fail_while(device->owner, status, "starting a profile on %s", device->title);
    pthread_mutex_lock(&profiler->lock);
    if (first) {
        profiler->used = 0;
        profiler->dropped = 0;
        profiler->serial++;
        for (int i = 0; i < 2; i++)
            profiler->users[i].made = false;
    }
    profiler->users[user].on = true;
    profiler->users[user].made = false;
    profiler->users[user].first = profiler->used;
    profiler->users[user].dropped = profiler->dropped;
    profiler->users[user].start = first ? origin : nsc_profile_now();
    pthread_mutex_unlock(&profiler->lock);
    atomic_store(&device->profiling, true);
    return NSC_OK;
}

nsc_status nsc_profiler_start(nsc_device *device, nsc_profile_user user, uint64_t origin)
{
    pthread_mutex_lock(&control);
    nsc_status status = start(device, user, origin);
    pthread_mutex_unlock(&control);
    return status;
}

static nsc_status stop(nsc_device *device, nsc_profile_user user)
{
    nsc_profiler *profiler = device->profiler;
    if (!profiler || !profiler->users[user].on)
        return nsc_fail(device->owner, NSC_INVALID, "the profile of %s is not on: start it first", device->title);
    nsc_status status = nsc_device_finish(device);
    bool last = !profiler->users[!user].on;
    if (last)
        atomic_store(&device->profiling, false);
    if (last && atomic_load(&profiler->timed)) {
        nsc_call_lock(device);
        atomic_store(&profiler->timed, false);
        device->table.profile_stop(device->handle);
        nsc_call_end(device);
    }
    pthread_mutex_lock(&profiler->lock);
    profiler->users[user].on = false;
    profiler->users[user].made = true;
    profiler->users[user].end = profiler->used;
    profiler->users[user].stop = nsc_profile_now();
    profiler->users[user].dropped = profiler->dropped - profiler->users[user].dropped;
    pthread_mutex_unlock(&profiler->lock);
    return status;
}

nsc_status nsc_profiler_stop(nsc_device *device, nsc_profile_user user)
{
    pthread_mutex_lock(&control);
    nsc_status status = stop(device, user);
    pthread_mutex_unlock(&control);
    return status;
}

void nsc_profiler_free(nsc_device *device)
{
    nsc_profiler *profiler = device->profiler;
    if (!profiler)
        return;
    for (size_t i = 0; i < NSC_PROFILE_CHUNKS; i++)
        free(profiler->chunks[i]);
    for (size_t i = 0; i < profiler->work_count; i++)
        free(profiler->works[i]);
    free(profiler->works);
    pthread_mutex_destroy(&profiler->lock);
    free(profiler);
    device->profiler = NULL;
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

bool nsc_profiler_window(nsc_device *device, nsc_profile_user user, nsc_profile_window *window, const char **why)
{
    bool made = false;
    *why = "no profile was made: call nsc_profile_start, and nsc_profile_stop";
    pthread_mutex_lock(&control);
    nsc_profiler *profiler = device->profiler;
    if (profiler) {
        pthread_mutex_lock(&profiler->lock);
        made = profiler->users[user].made;
        if (profiler->users[user].on)
            *why = "the profile is still on: call nsc_profile_stop first";
        *window = (nsc_profile_window){.first = profiler->users[user].first,
                                       .end = profiler->users[user].end,
                                       .origin = profiler->users[user].start,
                                       .duration = profiler->users[user].stop - profiler->users[user].start,
                                       .dropped = profiler->users[user].dropped,
                                       .serial = profiler->serial};
        pthread_mutex_unlock(&profiler->lock);
    }
    pthread_mutex_unlock(&control);
    return made;
}

/* Of one event, copied under the lock. */
static void fill_record(const nsc_profiler *profiler, const nsc_event *event, const nsc_profile_window *window,
                        nsc_profile_record *out)
{
    *out = (nsc_profile_record){.kind = (nsc_profile_kind)event->kind,
                                .thread = event->thread,
                                .name = event->name,
                                .path = "",
                                .block = "",
                                .shape = "",
                                .start_ns = (int64_t)(event->start - window->origin),
                                .duration_ns = (int64_t)event->duration,
                                .device_start_ns = NSC_PROFILE_UNKNOWN,
                                .device_duration_ns = NSC_PROFILE_UNKNOWN};
    const uint64_t *numbers = event->more.numbers;
    switch (out->kind) {
    case NSC_PROFILE_LAUNCH:
        out->name = "launch";
        if (event->work != UINT32_MAX) {
            const nsc_work *work = profiler->works[event->work];
            out->name = work->name;
            out->path = work->path;
            out->block = work->block;
            out->shape = work->shape;
            out->flops = work->flops;
            out->bytes_read = work->bytes_read;
            out->bytes_written = work->bytes_written;
        }
        if (event->more.device.end != 0) {
            out->device_start_ns = (int64_t)(event->more.device.start - window->origin);
            out->device_duration_ns = (int64_t)(event->more.device.end - event->more.device.start);
        }
        break;
    case NSC_PROFILE_PHASE:
        out->operations = numbers[0];
        out->programs_built = numbers[1];
        out->programs_loaded = numbers[2];
        break;
    case NSC_PROFILE_UPLOAD:
        out->bytes_written = numbers[0];
        break;
    case NSC_PROFILE_DOWNLOAD:
        out->bytes_read = numbers[0];
        break;
    case NSC_PROFILE_WAIT:
        break;
    case NSC_PROFILE_MEMORY:
        out->bytes_in_use = numbers[0];
        out->bytes_held = numbers[1];
        break;
    }
}

bool nsc_profiler_record(nsc_device *device, const nsc_profile_window *window, size_t index, nsc_profile_record *out,
                         size_t *work)
{
    nsc_profiler *profiler = device->profiler;
    pthread_mutex_lock(&profiler->lock);
    bool there = profiler->serial == window->serial && index < profiler->used;
    const nsc_event *event = there ? event_at(profiler, index) : NULL;
    there = there && event->kind != 0 && event->start >= window->origin;
    if (there) {
        fill_record(profiler, event, window, out);
        *work = event->kind == NSC_PROFILE_LAUNCH && event->work != UINT32_MAX ? event->work : SIZE_MAX;
    }
    pthread_mutex_unlock(&profiler->lock);
    return there;
}

size_t nsc_profiler_works(nsc_device *device)
{
    pthread_mutex_lock(&device->profiler->lock);
    size_t count = device->profiler->work_count;
    pthread_mutex_unlock(&device->profiler->lock);
    return count;
}
