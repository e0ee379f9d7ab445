/* SPDX-License-Identifier: Apache-2.0 */
/* NASCENT_TRACE: the timeline of a context, from its opening to its end, in a file. */
#ifndef NSC_CORE_TRACE_FILE_H
#define NSC_CORE_TRACE_FILE_H

#include "core/context.h"

/* Starts to record into the file that the variable names; begin is when the context began to be opened. The first context
 * of a process gets the file of that name, each further one a number in it. Errors, of owner 0: IO (nothing can be written
 * there), NO_MEMORY, and those of nsc_profiler_start. */
nsc_status nsc_trace_file_open(nsc_context *context, const char *name, uint64_t begin);
/* Writes it. A failure is an error in the log: the context is closed nevertheless. */
void nsc_trace_file_close(nsc_context *context);

#endif
