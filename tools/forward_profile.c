/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a run took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "forward.h"
#include "progress.h"
#include "say.h"
#include "table.h"

int nsc_forward_profile_start(nsc_forward_run *run)
{
    if (nsc_profile_start(run->model.context) == NSC_OK)
        return 1;
    nsc_say_refused("leave --profile out, or name another device with --backend");
    return 0;
}

/* Not 0: no memory. */
static int keep(void *user, const nsc_profile_total *total)
{
    nsc_forward_profile *profile = user;
    if (profile->count == profile->capacity) {
        const size_t capacity = profile->capacity > 0 ? profile->capacity * 2 : 32;
        nsc_profile_total *grown = realloc(profile->totals, capacity * sizeof *grown);
        if (grown == NULL)
            return 1;
        profile->totals = grown;
        profile->capacity = capacity;
    }
    profile->totals[profile->count++] = *total;
    return 0;
}

/* The plan is that of the runs: the inputs and the device are. */
static nsc_status look_at_plan(nsc_forward_run *run)
{
    nsc_plan_view *plan = NULL;
    nsc_status status = nsc_plan_view_create(run->proposal, run->model.context, &plan);
    if (status == NSC_OK)
        status = nsc_plan_view_info(plan, &run->profile.plan, sizeof run->profile.plan);
    nsc_plan_view_release(plan);
    return status;
}

int nsc_forward_profile_stop(nsc_forward_run *run, uint64_t runs)
{
    nsc_forward_profile *profile = &run->profile;
    nsc_context *context = run->model.context;
    nsc_status status = nsc_profile_stop(context);
    if (status == NSC_OK)
        status = nsc_profile_summarize(context, &profile->sums, sizeof profile->sums);
    if (status == NSC_OK)
        status = nsc_profile_totals(context, keep, profile);
    nsc_progress("looking at the plan");
    if (status == NSC_OK)
        status = look_at_plan(run);
    nsc_progress_end();
    if (status != NSC_OK)
        return nsc_say_refused("leave --profile out, or name another device with --backend"), 0;
    uint64_t launches = 0;
    for (size_t i = 0; i < profile->count; i++)
        launches += profile->totals[i].launches;
    if (launches != profile->sums.launches)
        return nsc_say_failed("no memory for the profile of --profile; free some, or leave it out"), 0;
    profile->on_device = launches > 0 && profile->sums.launches_timed == launches;
    profile->runs = runs;
    return 1;
}

static int64_t time_of(const nsc_forward_profile *profile, const nsc_profile_total *total)
{
    return profile->on_device ? total->device_ns : total->host_ns;
}

/* "-" where there is no time. A number a nanosecond is 10^9 a second. */
static const char *rate_text(char text[32], uint64_t amount, int64_t nanoseconds)
{
    if (nanoseconds > 0)
        snprintf(text, 32, "%.3g", (double)amount / (double)nanoseconds);
    else
        snprintf(text, 32, "-");
    return text;
}

static int add_row(nsc_table *table, const nsc_forward_profile *profile, const nsc_profile_total *total)
{
    char launches[32], time[32], share[32], flops[32], bytes[32];
    const int64_t nanoseconds = time_of(profile, total);
    snprintf(launches, sizeof launches, "%" PRIu64, total->launches);
    snprintf(time, sizeof time, "%.3f", 1e-6 * (double)nanoseconds);
    snprintf(share, sizeof share, "%.1f %%", 100 * total->share);
    const char *cells[] = {total->name,
                           *total->path != 0 ? total->path : "-",
                           total->shape,
                           launches,
                           time,
                           share,
                           rate_text(flops, total->flops, nanoseconds),
                           rate_text(bytes, total->bytes_read + total->bytes_written, nanoseconds)};
    return nsc_table_row(table, cells);
}

int nsc_forward_profile_table(const nsc_forward_run *run)
{
    const nsc_forward_profile *profile = &run->profile;
    nsc_table table = {.columns = 8};
    const char *head[] = {"step",  "block",   "shape", "launches", profile->on_device ? "device ms" : "host ms",
                          "share", "GFLOP/s", "GB/s"};
    int good = nsc_table_row(&table, head);
    for (size_t i = 0; i < profile->count && good; i++)
        good = add_row(&table, profile, &profile->totals[i]);
    printf("\n");
    nsc_table_print(&table, stdout, "");
    if (!good)
        return nsc_say_failed("no memory for the table of --profile; free some, or leave it out");
    printf("profiled runs: %" PRIu64 ", %" PRIu64 " launches", profile->runs, profile->sums.launches);
    if (profile->sums.dropped > 0)
        printf(", and %" PRIu64 " events that found no room", profile->sums.dropped);
    printf("\na run: %zu launches; intermediate values: %" PRIu64 " bytes at the most, lower bound %" PRIu64 "\n",
           profile->plan.steps, profile->plan.arena_bytes, profile->plan.bound_bytes);
    return NSC_EXIT_OK;
}

static void add_rate(cJSON *to, const char *key, uint64_t amount, int64_t nanoseconds)
{
    cJSON_AddItemToObject(to, key,
                          nanoseconds > 0 ? nsc_json_number((double)amount / (double)nanoseconds) : cJSON_CreateNull());
}

static cJSON *total_json(const nsc_forward_profile *profile, const nsc_profile_total *total)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "operation", total->name);
    cJSON_AddStringToObject(object, "path", total->path);
    cJSON_AddStringToObject(object, "block", total->block);
    cJSON_AddStringToObject(object, "shape", total->shape);
    nsc_json_add_whole(object, "launches", total->launches);
    nsc_json_add_whole(object, "flops", total->flops);
    nsc_json_add_whole(object, "bytes_read", total->bytes_read);
    nsc_json_add_whole(object, "bytes_written", total->bytes_written);
    cJSON_AddItemToObject(object, "host", nsc_json_number(1e-9 * (double)total->host_ns));
    cJSON_AddItemToObject(object, "device",
                          total->device_ns >= 0 ? nsc_json_number(1e-9 * (double)total->device_ns)
                                                : cJSON_CreateNull());
    cJSON_AddItemToObject(object, "share", nsc_json_number(total->share));
    add_rate(object, "gflops", total->flops, time_of(profile, total));
    add_rate(object, "gbytes", total->bytes_read + total->bytes_written, time_of(profile, total));
    return object;
}

cJSON *nsc_forward_profile_json(const nsc_forward_run *run)
{
    const nsc_forward_profile *profile = &run->profile;
    cJSON *object = cJSON_CreateObject();
    nsc_json_add_whole(object, "runs", profile->runs);
    nsc_json_add_whole(object, "launches", profile->sums.launches);
    nsc_json_add_whole(object, "dropped", profile->sums.dropped);
    cJSON_AddStringToObject(object, "clock", profile->on_device ? "device" : "host");
    cJSON *steps = cJSON_AddArrayToObject(object, "steps");
    for (size_t i = 0; i < profile->count; i++)
        cJSON_AddItemToArray(steps, total_json(profile, &profile->totals[i]));
    cJSON *plan = cJSON_AddObjectToObject(object, "plan");
    nsc_json_add_whole(plan, "launches", profile->plan.steps);
    nsc_json_add_whole(plan, "arena_bytes", profile->plan.arena_bytes);
    nsc_json_add_whole(plan, "bound_bytes", profile->plan.bound_bytes);
    return object;
}
