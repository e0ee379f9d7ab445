/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing one device of a loaded backend. */
#ifndef NSC_CORE_DEVICE_OPEN_H
#define NSC_CORE_DEVICE_OPEN_H

#include "core/device/gateway.h"

/* What a device is opened with. */
typedef struct nsc_device_settings {
    uint64_t owner; /* of the error chains */
    const nsc_log *log;
    uint32_t refused_kinds; /* NASCENT_COMPOSE */
    uint32_t threads;
    const char *cache_dir; /* NULL: no program cache */
} nsc_device_settings;

/* Fills *device, which must not move until it is closed, from a table, a path (NULL: built in; copied) and what
 * enumerate said. On failure nothing is left open, and why has the reason; UNAVAILABLE means that the next choice may be
 * tried. Calls of it must be serialised. */
nsc_status nsc_device_open(nsc_device *device, const nsc_backend_table *table, const char *file, uint32_t index,
                           const nsc_backend_info *info, const nsc_device_settings *settings, char *why,
                           size_t capacity);
/* Closes the pool, then the device. Memory and steps are gone before. */
void nsc_device_close(nsc_device *device);

/* Is what open filled usable? else the rule in why (limits.c). */
bool nsc_limits_valid(const nsc_backend_limits *limits, char *why, size_t capacity);
/* Does the backend turn down what it cannot know? UNSUPPORTED: it does. OK: it does not, or another failure: prepare does not
 * work at all; both with the reason in why. The device's handle is open (tails.c). */
nsc_backend_status nsc_tails_refused(nsc_device *device, uint32_t optional_kinds, char *why, size_t capacity);
/* The public form; texts are borrowed from device. */
void nsc_device_describe(const nsc_device *device, nsc_device_info *info);
/* The part of it that needs no open device. */
void nsc_info_describe(const nsc_backend_info *found, const char *backend, const char *file, uint32_t index,
                       nsc_device_info *info);
/* "opencl:0 'name'" */
void nsc_device_title(char *title, size_t capacity, const char *backend, uint32_t index, const nsc_backend_info *info);

#endif
