/* SPDX-License-Identifier: Apache-2.0 */
/* Options, the environment, defaults: in this order. */
#include "core/setup.h"

#include <stdio.h>

#include "core/settings.h"

typedef struct setting {
    const char *text;   /* NULL: not given */
    const char *source; /* for texts */
} setting;

static setting first_of(const char *option, const char *option_name, const char *variable, const char *variable_name)
{
    if (option && *option)
        return (setting){option, option_name};
    return (setting){variable, variable_name};
}

static nsc_status refuse(const char *source, const char *why)
{
    return nsc_fail(0, NSC_INVALID, "%s: %s", source, why);
}

/* The directory of the program cache: off, the one given, or the one that the desktop convention gives. */
static nsc_status set_cache_dir(nsc_setup *setup, setting given)
{
    bool off = false;
    char why[512];
    int length = 0;
    setup->cache_dir[0] = 0;
    if (given.text && !nsc_parse_cache_dir(given.text, &off, why, sizeof why))
        return refuse(given.source, why);
    if (given.text && !off)
        length = snprintf(setup->cache_dir, sizeof setup->cache_dir, "%s", given.text);
    else if (!off && setup->env.cache_home && setup->env.cache_home[0] == '/')
        length = snprintf(setup->cache_dir, sizeof setup->cache_dir, "%s/nascent", setup->env.cache_home);
    else if (!off && setup->env.home && setup->env.home[0] == '/')
        length = snprintf(setup->cache_dir, sizeof setup->cache_dir, "%s/.cache/nascent", setup->env.home);
    if (length >= (int)sizeof setup->cache_dir) {
        setup->cache_dir[0] = 0;
        return given.text ? refuse(given.source, "the path is too long") : NSC_OK;
    }
    return NSC_OK;
}

static nsc_status set_log(nsc_setup *setup, const nsc_context_options *options)
{
    char why[512];
    setup->log = (nsc_log){
        .sink = options->log ? options->log : nsc_log_to_stderr, .user = options->log_user, .level = NSC_LOG_WARNING};
    if (options->log_level < NSC_LOG_NONE || options->log_level > NSC_LOG_DEBUG)
        return nsc_fail(0, NSC_INVALID, "options.log_level: %d is no level", (int)options->log_level);
    if (setup->env.log && !nsc_parse_log(setup->env.log, &setup->log.level, why, sizeof why))
        return refuse("NASCENT_LOG", why);
    if (options->log_level != NSC_LOG_NONE)
        setup->log.level = options->log_level;
    return NSC_OK;
}

nsc_status nsc_setup_read(nsc_setup *setup, const nsc_context_options *options)
{
    const nsc_context_options none = {0};
    char why[512];
    options = options ? options : &none;
    nsc_env_read(&setup->env);
    setup->refused_kinds = 0;
    setup->threads = 0;
    nsc_status status = set_log(setup, options);
    if (status)
        return status;
    setup->choice_from_env = !(options->backend && *options->backend) && setup->env.backend;
    setup->choice = first_of(options->backend, "", setup->env.backend, "").text;
    if (setup->env.backend_path && !nsc_parse_backend_path(setup->env.backend_path, why, sizeof why))
        return refuse("NASCENT_BACKEND_PATH", why);
    setting compose = first_of(options->compose, "options.compose", setup->env.compose, "NASCENT_COMPOSE");
    if (compose.text && !nsc_parse_compose(compose.text, &setup->refused_kinds, why, sizeof why))
        return refuse(compose.source, why);
    if (options->threads > 0)
        setup->threads = options->threads;
    else if (setup->env.threads && !nsc_parse_threads(setup->env.threads, &setup->threads, why, sizeof why))
        return refuse("NASCENT_THREADS", why);
    if (setup->env.trace && !nsc_parse_trace(setup->env.trace, why, sizeof why))
        return refuse("NASCENT_TRACE", why);
    setup->trace = setup->env.trace;
    return set_cache_dir(setup,
                         first_of(options->cache_dir, "options.cache_dir", setup->env.cache_dir, "NASCENT_CACHE_DIR"));
}
