/* SPDX-License-Identifier: Apache-2.0 */
/* <nascent/profile.h>: the profile of a program. */
#include <nascent/profile.h>

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/device/profile.h"
#include "core/io/timeline.h"

nsc_status nsc_profile_start(nsc_context *context)
{
    if (context == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_profile_start: no context");
    return nsc_profiler_start(&context->device, NSC_PROFILE_OF_PROGRAM, nsc_profile_now());
}

nsc_status nsc_profile_stop(nsc_context *context)
{
    if (context == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_profile_stop: no context");
    return nsc_profiler_stop(&context->device, NSC_PROFILE_OF_PROGRAM);
}

static nsc_status find_window(nsc_context *context, const char *function, bool whole, nsc_profile_window *window)
{
    const char *why;
    if (context == NULL || !whole)
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "%s: %s", function,
                        context == NULL ? "no context" : "an argument is NULL or empty");
    if (nsc_profiler_window(&context->device, NSC_PROFILE_OF_PROGRAM, window, &why))
        return NSC_OK;
    return nsc_fail(context->id, NSC_INVALID, "%s: %s", function, why);
}

nsc_status nsc_profile_each(nsc_context *context, nsc_profile_visit visit, void *user)
{
    nsc_profile_window window;
    nsc_status status = find_window(context, "nsc_profile_each", visit != NULL, &window);
    if (status != NSC_OK)
        return status;
    for (size_t i = window.first; i < window.end; i++) {
        nsc_profile_record record;
        size_t work;
        if (nsc_profiler_record(&context->device, &window, i, &record, &work) && visit(user, &record) != 0)
            break;
    }
    return NSC_OK;
}

/* ---- totals ----------------------------------------------------------------------------------------------------- */

typedef struct sums {
    nsc_profile_total *totals; /* one for each work, and one for launches that were not told */
    size_t *order;             /* of their first launches */
    size_t count;
    bool timed; /* every launch was */
    int64_t host_ns, device_ns;
} sums;

static void add_record(sums *to, size_t at, const nsc_profile_record *record)
{
    nsc_profile_total *total = &to->totals[at];
    bool timed = record->device_duration_ns >= 0;
    if (total->launches++ == 0) {
        to->order[to->count++] = at;
        total->name = record->name;
        total->path = record->path;
        total->block = record->block;
        total->shape = record->shape;
    }
    total->flops += record->flops;
    total->bytes_read += record->bytes_read;
    total->bytes_written += record->bytes_written;
    total->host_ns += record->duration_ns;
    to->host_ns += record->duration_ns;
    to->timed = to->timed && timed;
    if (!timed)
        total->device_ns = NSC_PROFILE_UNKNOWN;
    if (total->device_ns >= 0) {
        total->device_ns += record->device_duration_ns;
        to->device_ns += record->device_duration_ns;
    }
}

nsc_status nsc_profile_totals(nsc_context *context, nsc_profile_total_visit visit, void *user)
{
    nsc_profile_window window;
    nsc_status status = find_window(context, "nsc_profile_totals", visit != NULL, &window);
    if (status != NSC_OK)
        return status;
    size_t works = nsc_profiler_works(&context->device);
    sums all = {.timed = true};
    all.totals = calloc(works + 1, sizeof *all.totals);
    all.order = calloc(works + 1, sizeof *all.order);
    if (all.totals == NULL || all.order == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "nsc_profile_totals: no host memory");
    for (size_t i = window.first; status == NSC_OK && i < window.end; i++) {
        nsc_profile_record record;
        size_t work;
        if (nsc_profiler_record(&context->device, &window, i, &record, &work) && record.kind == NSC_PROFILE_LAUNCH)
            add_record(&all, work < works ? work : works, &record);
    }
    int64_t whole = all.timed ? all.device_ns : all.host_ns;
    for (size_t i = 0; status == NSC_OK && i < all.count; i++) {
        nsc_profile_total *total = &all.totals[all.order[i]];
        int64_t part = all.timed ? total->device_ns : total->host_ns;
        total->share = whole > 0 ? (double)part / (double)whole : 0;
        if (visit(user, total) != 0)
            break;
    }
    free(all.order);
    free(all.totals);
    return status;
}

nsc_status nsc_profile_summarize(nsc_context *context, nsc_profile_summary *summary, size_t size)
{
    nsc_profile_window window;
    nsc_status status = find_window(context, "nsc_profile_summarize", summary != NULL && size > 0, &window);
    if (status != NSC_OK)
        return status;
    nsc_profile_summary all = {.dropped = window.dropped, .duration_ns = (int64_t)window.duration};
    for (size_t i = window.first; i < window.end; i++) {
        nsc_profile_record record;
        size_t work;
        if (!nsc_profiler_record(&context->device, &window, i, &record, &work))
            continue;
        all.records++;
        all.launches += record.kind == NSC_PROFILE_LAUNCH;
        all.launches_timed += record.device_duration_ns >= 0;
    }
    memset(summary, 0, size);
    memcpy(summary, &all, size < sizeof all ? size : sizeof all);
    return NSC_OK;
}

nsc_status nsc_profile_write(nsc_context *context, const char *path)
{
    nsc_profile_window window;
    nsc_status status = find_window(context, "nsc_profile_write", path != NULL && path[0] != 0, &window);
    return status == NSC_OK ? nsc_timeline_write(&context->device, &window, path, NULL) : status;
}
