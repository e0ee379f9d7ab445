/* SPDX-License-Identifier: Apache-2.0 */
/* What every call into a backend has in common, and what a backend may call back. */
#ifndef NSC_CORE_DEVICE_CALL_H
#define NSC_CORE_DEVICE_CALL_H

#include "core/device/gateway.h"
#include "core/error.h"

/* Takes the device's lock where it needs one. */
void nsc_call_lock(nsc_device *device);
/* Fails where the device is lost, else forgets what was said before and takes the lock. */
nsc_status nsc_call_begin(nsc_device *device);
/* Gives the lock back. */
void nsc_call_end(nsc_device *device);
/* Translates a result that is not OK; what the backend said starts a new error chain. */
nsc_status nsc_call_failed(nsc_device *device, nsc_backend_status result);
/* The end of a run, after the lock was given back: done of count launches are counted, the next one gave result. */
nsc_status nsc_call_launched(nsc_device *device, nsc_backend_status result, size_t done, size_t count);

/* The host of query and enumerate: its fail and log work, its cache is empty. It lives as long as the process. */
extern const nsc_backend_host nsc_process_host;
/* Where log lines given to that host on this thread go; NULL: nowhere. */
void nsc_host_log_to(const nsc_log *log);
/* Fills the host of a device whose title, log and cache directory are set before anything is opened. */
void nsc_host_fill(nsc_device *device, uint32_t threads);

/* What this thread's last call said through host->fail; "" for nothing. */
const char *nsc_host_said(void);
/* Says it, as a backend does; "" forgets. */
void nsc_host_say(const char *text);

#endif
