/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for the log of a context. */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES 1280

static const char *level_name(nsc_log_level level)
{
    switch (level) {
    case NSC_LOG_ERROR:
        return "error";
    case NSC_LOG_WARNING:
        return "warning";
    case NSC_LOG_DEBUG:
        return "debug";
    default:
        return "info";
    }
}

void nsc_log_to_stderr(void *user, nsc_log_level level, const char *text)
{
    (void)user;
    fprintf(stderr, "nascent: %s: %s\n", level_name(level), text);
}

void nsc_log_line(const nsc_log *log, nsc_log_level level, const char *format, ...)
{
    if (level > log->level)
        return;
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        line[0] = 0;
    va_end(arguments);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    log->sink(log->user, level, line);
}
