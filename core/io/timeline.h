/* SPDX-License-Identifier: Apache-2.0 */
/* A profile as trace events in JSON ("Trace Event Format", Google, 2016), as Perfetto and Chrome read them. */
#ifndef NSC_CORE_IO_TIMELINE_H
#define NSC_CORE_IO_TIMELINE_H

#include "core/device/profile.h"

/* *events gets their number; may be NULL. Errors, of owner 0: IO, NO_MEMORY. */
nsc_status nsc_timeline_write(nsc_device *device, const nsc_profile_window *window, const char *path, size_t *events);

#endif
