/* SPDX-License-Identifier: Apache-2.0 */
/* From a file or a built-in function to a table that keeps every rule of backend.h. */
#ifndef NSC_CORE_DEVICE_LOADER_H
#define NSC_CORE_DEVICE_LOADER_H

#include <stddef.h>

#include <nascent/backend.h>
#include <nascent/status.h>

/* The rules in the order in which they are checked; why names the file, the rule, what was expected and found.
 *
 *  1 the path is absolute             6 the table's ABI major is ours
 *  2 it is a whole regular file       7 struct_size reaches the end of the required entries
 *  3 the dynamic loader takes it      8 every required entry is set
 *  4 it has the query symbol          9 the name is well-formed, and the file's when found by name
 *  5 query gives a table             10 the build tag fits      11 name and version are sane texts
 *
 * *table gets what both sides know of the plug-in's table, the rest zero. Of a refused plug-in nothing stays but its
 * mapping; an accepted one stays mapped for good. expected is the name that the file must give, or NULL.
 * Errors: INVALID (1, and 2 where there is no such file), UNAVAILABLE (3 where a library that it needs is missing),
 * REFUSED. On an error *table keeps what it had. */
nsc_status nsc_load_file(const char *path, const char *expected, nsc_backend_table *table, char *why, size_t capacity);
/* The same from rule 5 on. */
nsc_status nsc_load_builtin(nsc_backend_query_function query, nsc_backend_table *table, char *why, size_t capacity);

#endif
