/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: made from a setup, closed when nothing is left on them. */
#include "core/context.h"

#include <stdlib.h>
#include <string.h>

#include "core/device/profile.h"
#include "core/device/registry.h"
#include "core/error.h"
#include "core/setup.h"
#include "core/trace_file.h"

static atomic_uint_fast64_t last_id;

/* Reads stop at the given size; what a newer program says beyond what is known here must be nothing. */
static nsc_status take_options(nsc_context_options *options, const nsc_context_options *given, size_t size)
{
    *options = (nsc_context_options){0};
    if (!given)
        return NSC_OK;
    if (size < sizeof given->backend)
        return nsc_fail(0, NSC_INVALID, "a size of %zu is too small: say sizeof(nsc_context_options)", size);
    const unsigned char *bytes = (const void *)given;
    for (size_t i = sizeof *options; i < size; i++)
        if (bytes[i] != 0)
            return nsc_fail(0, NSC_INVALID, "the options hold something that this library does not know");
    memcpy(options, given, size < sizeof *options ? size : sizeof *options);
    return NSC_OK;
}

static bool make_slow_path(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0)
        return false;
    bool made = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK) == 0 &&
                pthread_mutex_init(mutex, &attributes) == 0;
    pthread_mutexattr_destroy(&attributes);
    return made;
}

/* The lines of the report join the error chain behind the cause, but for those that the cause holds. */
static void tell_report(nsc_status status, const nsc_report *report)
{
    for (const char *line = report->text; line;) {
        size_t length = strcspn(line, "\n");
        const char *cause = nsc_error_text(0);
        if (!memmem(cause, strcspn(cause, "\n"), line, length))
            nsc_fail_while(0, status, "load report: %.*s", (int)length, line);
        line = line[length] ? line + length + 1 : NULL;
    }
}

/* Opens the device that the setup asks for, and tells the log. */
static nsc_status choose(nsc_context *context, const nsc_setup *setup)
{
    nsc_registry_request request = {
        .choice = setup->choice,
        .source = setup->choice_from_env ? "NASCENT_BACKEND" : "the backend asked for",
        .backend_path = setup->env.backend_path,
        .plugin_dir = NSC_PLUGIN_DIR,
        .names_only = setup->env.elevated && setup->choice_from_env,
        .settings = {.owner = context->id,
                     .log = &context->log,
                     .refused_kinds = setup->refused_kinds,
                     .threads = setup->threads,
                     .cache_dir = setup->cache_dir[0] ? setup->cache_dir : NULL},
    };
    nsc_report report = {0};
    if (!setup->choice)
        nsc_report_line(&report, "no backend is named: the default is chosen");
    else
        nsc_report_line(&report, "%s is '%s'", request.source, setup->choice);
    if (setup->choice && !setup->choice_from_env && setup->env.backend)
        nsc_report_line(&report, "it is stronger than NASCENT_BACKEND, which is '%s'", setup->env.backend);
    nsc_status status = nsc_registry_choose(&request, &context->device, &report);
    if (!status && !report.text)
        nsc_device_close(&context->device);
    if (!report.text && !status)
        status = nsc_fail(0, NSC_NO_MEMORY, "no host memory for a load report");
    if (status) {
        tell_report(status, &report);
        free(report.text);
        return status;
    }
    context->report = report.text;
    nsc_log_line(&context->log, setup->choice_from_env ? NSC_LOG_WARNING : NSC_LOG_INFO, "%s is used, %s%s",
                 context->device.title,
                 !setup->choice           ? "by default"
                 : setup->choice_from_env ? "as NASCENT_BACKEND says: "
                                          : "as the program asked: ",
                 setup->choice ? setup->choice : "");
    return NSC_OK;
}

nsc_status nsc_context_create(nsc_context **context, const nsc_context_options *options, size_t size)
{
    if (!context)
        return nsc_fail(0, NSC_INVALID, "nsc_context_create: no place for the context");
    *context = NULL;
    nsc_context_options known;
    nsc_setup setup;
    nsc_status status = take_options(&known, options, size);
    if (!status)
        status = nsc_setup_read(&setup, &known);
    if (status)
        return status;
    uint64_t begin = nsc_profile_now();
    nsc_context *made = calloc(1, sizeof *made);
    if (!made)
        return nsc_fail(0, NSC_NO_MEMORY, "no host memory for a context");
    made->id = atomic_fetch_add(&last_id, 1) + 1;
    made->log = setup.log;
    if (!make_slow_path(&made->slow_path)) {
        free(made);
        return nsc_fail(0, NSC_NO_MEMORY, "no mutex for a context");
    }
    status = choose(made, &setup);
    if (!status && setup.trace && (status = nsc_trace_file_open(made, setup.trace, begin)) != NSC_OK)
        nsc_device_close(&made->device);
    if (status) {
        free(made->report);
        pthread_mutex_destroy(&made->slow_path);
        free(made);
        return status;
    }
    nsc_device_describe(&made->device, &made->info);
    *context = made;
    return NSC_OK;
}

nsc_status nsc_context_close(nsc_context *context)
{
    if (!context)
        return NSC_OK;
    size_t users = atomic_load(&context->users);
    if (users > 0)
        return nsc_fail(
            context->id, NSC_INVALID,
            "the context on %s is still used by %zu tensors, parameters, executors or plans: release them first",
            context->device.title, users);
    nsc_trace_file_close(context);
    nsc_device_close(&context->device);
    pthread_mutex_destroy(&context->slow_path);
    free(context->report);
    free(context);
    return NSC_OK;
}

nsc_status nsc_context_finish(nsc_context *context)
{
    if (!context)
        return nsc_fail(0, NSC_INVALID, "nsc_context_finish: no context");
    return nsc_device_finish(&context->device);
}

void nsc_context_trim(nsc_context *context)
{
    if (!context)
        return;
    nsc_pool_trim(&context->device);
    nsc_device_trim(&context->device);
}

const char *nsc_last_error(const nsc_context *context)
{
    return nsc_error_text(context ? context->id : 0);
}

const char *nsc_context_report(const nsc_context *context)
{
    return context ? context->report : "";
}

const nsc_device_info *nsc_context_device(const nsc_context *context)
{
    return context ? &context->info : NULL;
}

nsc_status nsc_context_statistics(const nsc_context *context, nsc_statistics *statistics, size_t size)
{
    if (!context || !statistics || size == 0)
        return nsc_fail(context ? context->id : 0, NSC_INVALID,
                        "nsc_context_statistics: no context, or nothing to fill");
    nsc_device *device = context->device.host.context;
    nsc_device_counters *counters = &device->counters;
    nsc_backend_stats backend;
    nsc_device_stats(device, &backend);
    nsc_statistics now = {
        .launches = atomic_load(&counters->launches),
        .prepared = atomic_load(&counters->prepared),
        .uploads = atomic_load(&counters->uploads),
        .upload_bytes = atomic_load(&counters->upload_bytes),
        .downloads = atomic_load(&counters->downloads),
        .download_bytes = atomic_load(&counters->download_bytes),
        .finishes = atomic_load(&counters->finishes),
        .allocations = atomic_load(&counters->allocations),
        .commits = atomic_load(&context->commits),
        .plans = atomic_load(&context->plans),
        .executors = atomic_load(&context->executors),
        .programs_built = backend.programs_built,
        .programs_loaded = backend.programs_loaded,
        .programs_refused = backend.programs_refused,
    };
    nsc_pool_usage(device, &now.bytes_in_use, &now.bytes_peak, &now.bytes_held);
    memset(statistics, 0, size);
    memcpy(statistics, &now, size < sizeof now ? size : sizeof now);
    return NSC_OK;
}
