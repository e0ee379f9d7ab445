/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder of a device: events in chunks that are taken in advance, so that a run allocates nothing in it. A device
 * has none until it is profiled for the first time; then it stays until the device is closed, since a run of another
 * thread may be inside.
 *
 * Two may want it, each with its own end: the file of NASCENT_TRACE, for the whole life of a context, and the profile of
 * the program, a window of the same events.
 */
#ifndef NSC_CORE_DEVICE_PROFILE_H
#define NSC_CORE_DEVICE_PROFILE_H

#include <nascent/profile.h>

#include "core/device/gateway.h"
#include "core/device/work.h"

/* ---- hooks: one comparison each where nothing is recorded ------------------------------------------------------- */

static inline bool nsc_profiling(nsc_device *device)
{
    return atomic_load_explicit(&device->profiling, memory_order_acquire);
}

/* Nanoseconds of CLOCK_MONOTONIC; never 0. */
uint64_t nsc_profile_now(void);

/* When something began: 0 where nothing is recorded. */
static inline uint64_t nsc_profile_begin(nsc_device *device)
{
    return nsc_profiling(device) ? nsc_profile_now() : 0;
}

/* What began ends now. name lives as long as the process. The first takes begin = 0 and does nothing then. */
void nsc_profile_phase(nsc_device *device, const char *name, uint64_t begin);
void nsc_profile_prepared(nsc_device *device, uint64_t begin, size_t operations, const nsc_backend_stats *before);
/* upload, download, wait; with the device's times of the launches that are done now, where it has waited. */
void nsc_profile_transfer(nsc_device *device, nsc_profile_kind kind, uint64_t begin, uint64_t bytes);
void nsc_profile_memory(nsc_device *device, uint64_t in_use, uint64_t held);
/* nsc_device_run, recorded. */
nsc_status nsc_profile_run(nsc_device *device, const nsc_launch *launches, size_t count);

/* ---- the recorder ----------------------------------------------------------------------------------------------- */

typedef enum nsc_profile_user { NSC_PROFILE_OF_PROGRAM, NSC_PROFILE_OF_TRACE } nsc_profile_user;

/* origin is the 0 of all times where nothing was recorded; else the moment. */
nsc_status nsc_profiler_start(nsc_device *device, nsc_profile_user user, uint64_t origin);
nsc_status nsc_profiler_stop(nsc_device *device, nsc_profile_user user);
/* Frees it; the device is open still, and no call into it is under way. */
void nsc_profiler_free(nsc_device *device);

/* What a user may look at once it has stopped; false with the reason in why. */
typedef struct nsc_profile_window {
    size_t first, end;
    uint64_t origin, duration;
    uint64_t dropped;
    uint32_t serial;
} nsc_profile_window;
bool nsc_profiler_window(nsc_device *device, nsc_profile_user user, nsc_profile_window *window, const char **why);
/* false: no event begins and ends there. *work is the number of what a launch launches, below nsc_profiler_works;
 * SIZE_MAX: no launch, or one that was not told. */
bool nsc_profiler_record(nsc_device *device, const nsc_profile_window *window, size_t index, nsc_profile_record *record,
                         size_t *work);
size_t nsc_profiler_works(nsc_device *device);

#endif
