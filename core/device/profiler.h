/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a recorder: profile.c keeps the events, profile_run.c makes those of a run. */
#ifndef NSC_CORE_DEVICE_PROFILER_H
#define NSC_CORE_DEVICE_PROFILER_H

#include <pthread.h>

#include "core/device/profile.h"

enum {
    NSC_PROFILE_CHUNK = 1024,
    NSC_PROFILE_CHUNKS = 1024,
    NSC_PROFILE_TIMED = 4096 /* launches whose times the backend keeps at most, between two reads */
};

typedef struct nsc_event {
    uint8_t kind; /* nsc_profile_kind; 0: begun, or came to nothing */
    uint32_t thread;
    uint32_t work;    /* of a launch */
    const char *name; /* of all others */
    uint64_t start, duration;
    union {
        uint64_t numbers[3];
        struct {
            uint64_t start, end; /* 0: not known */
        } device;
    } more;
} nsc_event;

struct nsc_profiler {
    pthread_mutex_t lock; /* of all below; taken last */
    nsc_event *chunks[NSC_PROFILE_CHUNKS];
    size_t used, capacity;
    size_t reserved; /* by runs that are under way */
    uint64_t dropped;
    uint32_t serial; /* moves when the events are forgotten */
    uint64_t origin;
    struct {
        bool on, made;
        size_t first, end;
        uint64_t start, stop, dropped;
    } users[2];
    nsc_work **works; /* what was launched: copies, with their texts */
    size_t work_count, work_capacity;
    atomic_bool timed;     /* launch_timed is to be called */
    atomic_size_t pending; /* launches that the backend keeps the times of */
};

#define NSC_PROFILE_NO_TAG UINT64_MAX

/* Room for count further events that are about to be launched, and a number for each of their works. Where memory is gone
 * there is less room: what finds none is counted. */
void nsc_profiler_reserve(nsc_profiler *profiler, const nsc_launch *launches, size_t count);
void nsc_profiler_unreserve(nsc_profiler *profiler, size_t count);
/* Takes a reserved place; NSC_PROFILE_NO_TAG: there is none. */
uint64_t nsc_profiler_open(nsc_profiler *profiler, const nsc_work *work);
/* done: it was launched; else the event came to nothing. */
void nsc_profiler_close(nsc_profiler *profiler, uint64_t tag, bool done, uint64_t start, uint64_t end);
bool nsc_profiler_can_time(const nsc_device *device);
/* Waits, and takes the times that the backend kept. The caller is inside a call into the device. */
void nsc_profiler_collect(nsc_device *device);

#endif
