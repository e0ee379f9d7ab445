/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the other variables: every parser on every text. */
#include "core/settings.h"

#include <nascent/backend.h>

#include "fuzz.h"

#define WHY 256

static void check_threads(const char *text)
{
    char why[WHY] = "", again[16];
    uint32_t threads = 0;
    if (!nsc_parse_threads(text, &threads, why, sizeof why)) {
        fuzz_refused(why, sizeof why);
        return;
    }
    REQUIRE(threads >= 1 && threads <= 4096);
    snprintf(again, sizeof again, "%u", (unsigned)threads);
    REQUIRE(strcmp(text + strspn(text, "0"), again) == 0);
}

static void check_compose(const char *text)
{
    const uint32_t required = NSC_BACKEND_KIND_BIT(NSC_BACKEND_MAP) | NSC_BACKEND_KIND_BIT(NSC_BACKEND_REDUCE) |
                              NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM);
    char why[WHY] = "", cut[12] = "";
    uint32_t kinds = 0;
    const bool valid = nsc_parse_compose(text, &kinds, why, sizeof why);
    if (valid) {
        REQUIRE(kinds != 0 && (kinds & required) == 0);
        return;
    }
    fuzz_refused(why, sizeof why);
    REQUIRE(!nsc_parse_compose(text, &kinds, cut, sizeof cut));
    fuzz_refused(cut, sizeof cut);
}

static void check_log(const char *text)
{
    char why[WHY] = "";
    nsc_log_level level = NSC_LOG_NONE;
    if (nsc_parse_log(text, &level, why, sizeof why))
        REQUIRE(level >= NSC_LOG_ERROR && level <= NSC_LOG_DEBUG);
    else
        fuzz_refused(why, sizeof why);
}

static void check_cache_dir(const char *text)
{
    char why[WHY] = "";
    bool off = false;
    if (nsc_parse_cache_dir(text, &off, why, sizeof why))
        REQUIRE(off == (text[0] != '/'));
    else
        fuzz_refused(why, sizeof why);
}

/* The directories are what lies between the colons, in order. */
static void check_backend_path(const char *text)
{
    char why[WHY] = "";
    const bool valid = nsc_parse_backend_path(text, why, sizeof why);
    bool absolute = true;
    size_t position = 0, length;
    const char *start, *at = text;
    while ((length = nsc_next_directory(text, &position, &start)) > 0) {
        at += strspn(at, ":");
        REQUIRE(start == at && strcspn(start, ":") == length);
        absolute = absolute && start[0] == '/';
        at += length;
    }
    REQUIRE(at[strspn(at, ":")] == 0);
    REQUIRE(valid == absolute);
    if (!valid)
        fuzz_refused(why, sizeof why);
}

/* The name of a further file differs from the first only by its number, and stays in the folder. */
static void check_trace(const char *text)
{
    char why[WHY] = "", first[NSC_TRACE_BYTES], second[NSC_TRACE_BYTES];
    if (!nsc_parse_trace(text, why, sizeof why)) {
        fuzz_refused(why, sizeof why);
        return;
    }
    nsc_trace_name(text, 1, first);
    nsc_trace_name(text, 4294967297u, second);
    REQUIRE(strcmp(first, text) == 0);
    REQUIRE(strlen(second) == strlen(text) + 11);
    size_t same = 0;
    while (text[same] != 0 && text[same] == second[same])
        same++;
    while (same > 0 && strncmp(second + same, ".4294967297", 11) != 0)
        same--; /* the text may go on as the number begins */
    REQUIRE(strncmp(second + same, ".4294967297", 11) == 0 && strcmp(second + same + 11, text + same) == 0);
    REQUIRE(strchr(text + same, '/') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    check_threads(text);
    check_compose(text);
    check_log(text);
    check_cache_dir(text);
    check_backend_path(text);
    check_trace(text);
    free(text);
    return 0;
}
