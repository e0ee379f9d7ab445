/* SPDX-License-Identifier: Apache-2.0 */
/* The log of one context: a level, a sink, one line a call. */
#ifndef NSC_CORE_LOG_H
#define NSC_CORE_LOG_H

#include <nascent/context.h>

#include "core/error.h"

typedef struct nsc_log {
    nsc_log_function sink; /* never NULL */
    void *user;
    nsc_log_level level;
} nsc_log;

/* Standard error, one line a call. */
void nsc_log_to_stderr(void *user, nsc_log_level level, const char *text);
void nsc_log_line(const nsc_log *log, nsc_log_level level, const char *format, ...) NSC_PRINTF(3, 4);

#endif
