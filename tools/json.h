/* SPDX-License-Identifier: Apache-2.0 */
/* What --json prints. docs/command.md has the keys. */
#ifndef NASCENT_TOOLS_JSON_H
#define NASCENT_TOOLS_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include <nascent/nascent.h>

/* An object that begins with the version of the program. */
cJSON *nsc_json_new(void);
/* Exact: cJSON's own numbers are doubles. */
void nsc_json_add_whole(cJSON *to, const char *key, uint64_t value);
void nsc_json_append_whole(cJSON *array, uint64_t value);
/* null for NULL. */
void nsc_json_add_text(cJSON *to, const char *key, const char *text);
/* With all digits that make it this double; null where it is not finite, which JSON has no word for. */
cJSON *nsc_json_number(double value);
/* "device": {"backend", "index", "name"}. */
void nsc_json_add_device(cJSON *to, nsc_context *context);
/* An array of sizes, null where a size is unknown; null for an unknown rank. */
cJSON *nsc_json_shape(int rank, const int64_t *dims);
/* Prints the object on standard output and frees it. The exit code. */
int nsc_json_print(cJSON *object);

#endif
