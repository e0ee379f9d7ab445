/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/device/profile.h"
#include "core/io/file.h"
#include "core/io/timeline.h"
#include "core/settings.h"

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static unsigned long contexts; /* of this process that were recorded so far; under the lock */

/* The program may change its folder before the end. */
static char *absolute(const char *name)
{
    char folder[NSC_TRACE_BYTES] = "", *path = NULL;
    if (name[0] == '/')
        return strdup(name);
    if (!getcwd(folder, sizeof folder) || asprintf(&path, "%s/%s", folder, name) < 0)
        return NULL;
    return path;
}

static nsc_status start(nsc_context *context, const char *name, uint64_t begin)
{
    char own[NSC_TRACE_BYTES];
    nsc_trace_name(name, contexts + 1, own);
    char *path = absolute(own);
    if (path == NULL)
        return nsc_fail(0, NSC_NO_MEMORY, "no host memory for the path of a file");
    nsc_status status = nsc_file_try(name);
    if (status == NSC_OK)
        status = nsc_file_try(path);
    if (status == NSC_OK) {
        status = nsc_profiler_start(&context->device, NSC_PROFILE_OF_TRACE, begin);
        if (status != NSC_OK)
            nsc_fail(0, status, "%s", nsc_error_text(context->id));
    }
    if (status != NSC_OK) {
        free(path);
        return status;
    }
    context->trace_file = path;
    contexts++;
    return NSC_OK;
}

nsc_status nsc_trace_file_open(nsc_context *context, const char *name, uint64_t begin)
{
    pthread_mutex_lock(&opening);
    nsc_status status = start(context, name, begin);
    pthread_mutex_unlock(&opening);
    if (status != NSC_OK)
        return nsc_fail_while(0, status, "NASCENT_TRACE is '%s'", name);
    nsc_profile_phase(&context->device, "open", begin);
    nsc_log_line(&context->log, NSC_LOG_INFO, "what %s does is recorded, and written to %s at the end",
                 context->device.title, context->trace_file);
    return NSC_OK;
}

void nsc_trace_file_close(nsc_context *context)
{
    nsc_profile_window window;
    const char *why;
    size_t events = 0;
    if (context->trace_file == NULL)
        return;
    nsc_status status = nsc_profiler_stop(&context->device, NSC_PROFILE_OF_TRACE);
    if (status != NSC_OK)
        nsc_log_line(&context->log, NSC_LOG_WARNING, "%s: the last work of the device failed: %s", context->trace_file,
                     nsc_error_text(context->id));
    status = NSC_FAILED;
    if (nsc_profiler_window(&context->device, NSC_PROFILE_OF_TRACE, &window, &why))
        status = nsc_timeline_write(&context->device, &window, context->trace_file, &events);
    if (status != NSC_OK)
        nsc_log_line(&context->log, NSC_LOG_ERROR, "NASCENT_TRACE: nothing was written: %s", nsc_error_text(0));
    else
        nsc_log_line(&context->log, window.dropped > 0 ? NSC_LOG_WARNING : NSC_LOG_INFO,
                     "%zu events were written to %s; %llu did not find room", events, context->trace_file,
                     (unsigned long long)window.dropped);
    free(context->trace_file);
    context->trace_file = NULL;
}
