/* SPDX-License-Identifier: Apache-2.0 */
/* Error chains: per thread and per owner (the id of a context; 0 for calls that have none), in fixed buffers, so that
 * they work when memory is gone. */
#ifndef NSC_CORE_ERROR_H
#define NSC_CORE_ERROR_H

#include <stdint.h>

#include <nascent/status.h>

#if defined(__GNUC__)
#define NSC_PRINTF(FORMAT, FIRST) __attribute__((format(printf, FORMAT, FIRST)))
#else
#define NSC_PRINTF(FORMAT, FIRST)
#endif

/* Starts a new chain with its cause. Returns status, so that callers can write return nsc_fail(...). */
nsc_status nsc_fail(uint64_t owner, nsc_status status, const char *format, ...) NSC_PRINTF(3, 4);
/* Adds a line that says what was being done. Returns status. */
nsc_status nsc_fail_while(uint64_t owner, nsc_status status, const char *format, ...) NSC_PRINTF(3, 4);
/* The chain of this thread; "" when there is none. Owner 0: of its latest failure, whoever owns that. */
const char *nsc_error_text(uint64_t owner);

#endif
