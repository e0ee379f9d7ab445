/* SPDX-License-Identifier: Apache-2.0 */
/* The values that variables and options may have, as text. Pure: false, with the reason in why, for a value that breaks
 * its rule. The reason names the value and what could have been said. */
#ifndef NSC_CORE_SETTINGS_H
#define NSC_CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/context.h>

/* error, warning, info or debug. */
bool nsc_parse_log(const char *text, nsc_log_level *level, char *why, size_t capacity);
/* all, or a comma list of optional kinds; *kinds gets NSC_BACKEND_KIND_BIT of each. */
bool nsc_parse_compose(const char *text, uint32_t *kinds, char *why, size_t capacity);
/* 1 to 4096. */
bool nsc_parse_threads(const char *text, uint32_t *threads, char *why, size_t capacity);
/* off, or an absolute path; *off tells which. */
bool nsc_parse_cache_dir(const char *text, bool *off, char *why, size_t capacity);
/* The path of a file, shorter than NSC_TRACE_BYTES less what a number in its name takes. */
enum { NSC_TRACE_BYTES = 4096 };
bool nsc_parse_trace(const char *text, char *why, size_t capacity);
/* The file of the nth context of a process: as given for the first, else with the number before the extension of its name
 * (file.2.json). */
void nsc_trace_name(const char *text, unsigned long n, char name[NSC_TRACE_BYTES]);
/* Absolute directories with colons between them; empty ones are skipped. */
bool nsc_parse_backend_path(const char *text, char *why, size_t capacity);
/* The next directory of such a list from *position on: its length, its start in *start; 0 at the end. */
size_t nsc_next_directory(const char *text, size_t *position, const char **start);

#endif
