/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a context. */
#ifndef NSC_CORE_CONTEXT_H
#define NSC_CORE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include <nascent/context.h>

#include "core/device/gateway.h"
#include "core/log.h"

struct nsc_context {
    uint64_t id; /* owner of the error chains, never reused */
    nsc_log log;
    nsc_device device;
    nsc_device_info info;
    char *report;
    char *trace_file; /* of NASCENT_TRACE, absolute; NULL: none */
    /* Held while a net is traced, committed and planned: one thread at a time changes parameters on this context. It
     * checks for errors, so that a custom block that runs a forward is told so. */
    pthread_mutex_t slow_path;
    atomic_uint_fast64_t commits, plans, executors;
    atomic_size_t users; /* tensors, parameter values, executors and plan views alive */
};

#endif
