/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of the small values that variables and options may have. */
#include "core/settings.h"

#include <stdio.h>
#include <string.h>

#include <nascent/backend.h>

#include "core/device/validate.h"

#define MAX_THREADS 4096u

bool nsc_parse_log(const char *text, nsc_log_level *level, char *why, size_t capacity)
{
    static const struct {
        const char *name;
        nsc_log_level level;
    } names[] = {
        {"error", NSC_LOG_ERROR}, {"warning", NSC_LOG_WARNING}, {"info", NSC_LOG_INFO}, {"debug", NSC_LOG_DEBUG}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i].name) == 0) {
            *level = names[i].level;
            return true;
        }
    snprintf(why, capacity, "'%s' is none of error, warning, info, debug", text);
    return false;
}

/* The kind whose name is the first `length` bytes of text; 0: none. */
static uint32_t kind_of(const char *text, size_t length)
{
    const char *name;
    for (uint32_t kind = NSC_BACKEND_MAP; (name = nsc_kind_name(kind)) != NULL; kind++)
        if (strlen(name) == length && memcmp(name, text, length) == 0)
            return kind;
    return 0;
}

static uint32_t all_optional(void)
{
    uint32_t kinds = 0;
    for (uint32_t kind = NSC_BACKEND_GEMM + 1; nsc_kind_name(kind); kind++)
        kinds |= NSC_BACKEND_KIND_BIT(kind);
    return kinds;
}

static void explain_kinds(char *why, size_t capacity, const char *item, size_t length, const char *rule)
{
    int used = snprintf(why, capacity, "'%.*s' %s; say all, none, or any of", (int)length, item, rule);
    for (uint32_t kind = NSC_BACKEND_GEMM + 1; nsc_kind_name(kind) && used > 0 && (size_t)used < capacity; kind++)
        used += snprintf(why + used, capacity - (size_t)used, "%s %s", kind == NSC_BACKEND_GEMM + 1 ? "" : ",",
                         nsc_kind_name(kind));
}

bool nsc_parse_compose(const char *text, uint32_t *kinds, char *why, size_t capacity)
{
    *kinds = 0;
    if (strcmp(text, "none") == 0)
        return true;
    if (strcmp(text, "all") == 0) {
        *kinds = all_optional();
        return true;
    }
    for (const char *item = text;; item++) {
        size_t length = strcspn(item, ",");
        uint32_t kind = kind_of(item, length);
        if (kind == 0 || kind <= NSC_BACKEND_GEMM) {
            explain_kinds(why, capacity, item, length,
                          kind ? "is required of every backend and cannot be composed" : "is no optional kind");
            return false;
        }
        *kinds |= NSC_BACKEND_KIND_BIT(kind);
        item += length;
        if (*item == 0)
            return true;
    }
}

bool nsc_parse_threads(const char *text, uint32_t *threads, char *why, size_t capacity)
{
    uint32_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= MAX_THREADS; at++)
        value = value * 10 + (uint32_t)(*at - '0');
    if (*at == 0 && value >= 1 && value <= MAX_THREADS) {
        *threads = value;
        return true;
    }
    snprintf(why, capacity, "'%s' is no number from 1 to %u", text, MAX_THREADS);
    return false;
}

bool nsc_parse_cache_dir(const char *text, bool *off, char *why, size_t capacity)
{
    *off = strcmp(text, "off") == 0;
    if (*off || text[0] == '/')
        return true;
    snprintf(why, capacity, "'%s' is neither an absolute path nor off", text);
    return false;
}

#define TRACE_NUMBER 24 /* bytes for it, with its dot and the end */

bool nsc_parse_trace(const char *text, char *why, size_t capacity)
{
    size_t length = strlen(text);
    const char *rule = NULL;
    if (length == 0 || text[length - 1] == '/')
        rule = "names no file";
    else if (length > NSC_TRACE_BYTES - TRACE_NUMBER)
        rule = "is too long";
    if (rule)
        snprintf(why, capacity, "'%.200s' %s: say the path of a file", text, rule);
    return !rule;
}

void nsc_trace_name(const char *text, unsigned long n, char name[NSC_TRACE_BYTES])
{
    const char *slash = strrchr(text, '/'), *base = slash ? slash + 1 : text, *dot = strrchr(base, '.');
    size_t stem = dot && dot != base ? (size_t)(dot - text) : strlen(text);
    if (n <= 1)
        snprintf(name, NSC_TRACE_BYTES, "%s", text);
    else
        snprintf(name, NSC_TRACE_BYTES, "%.*s.%lu%s", (int)stem, text, n, text + stem);
}

size_t nsc_next_directory(const char *text, size_t *position, const char **start)
{
    const char *at = text + *position + strspn(text + *position, ":");
    size_t length = strcspn(at, ":");
    *start = at;
    *position = (size_t)(at - text) + length;
    return length;
}

bool nsc_parse_backend_path(const char *text, char *why, size_t capacity)
{
    size_t position = 0;
    const char *start;
    size_t length;
    while ((length = nsc_next_directory(text, &position, &start)) > 0)
        if (start[0] != '/') {
            snprintf(why, capacity, "'%.*s' is not an absolute path (directories are separated by colons)", (int)length,
                     start);
            return false;
        }
    return true;
}
