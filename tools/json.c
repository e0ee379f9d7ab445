/* SPDX-License-Identifier: Apache-2.0 */
/* JSON on standard output. */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "command.h"
#include "say.h"

cJSON *nsc_json_new(void)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "version", NASCENT_VERSION);
    return object;
}

void nsc_json_add_whole(cJSON *to, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddItemToObject(to, key, cJSON_CreateRaw(text));
}

void nsc_json_append_whole(cJSON *array, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddItemToArray(array, cJSON_CreateRaw(text));
}

void nsc_json_add_text(cJSON *to, const char *key, const char *text)
{
    cJSON_AddItemToObject(to, key, text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull());
}

cJSON *nsc_json_number(double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    return isfinite(value) ? cJSON_CreateRaw(text) : cJSON_CreateNull();
}

void nsc_json_add_device(cJSON *to, nsc_context *context)
{
    const nsc_device_info *info = nsc_context_device(context);
    cJSON *device = cJSON_AddObjectToObject(to, "device");
    cJSON_AddStringToObject(device, "backend", info->backend);
    nsc_json_add_whole(device, "index", info->index);
    cJSON_AddStringToObject(device, "name", info->name);
}

cJSON *nsc_json_shape(int rank, const int64_t *dims)
{
    if (rank < 0)
        return cJSON_CreateNull();
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < rank; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, dims[i]);
        cJSON_AddItemToArray(array, dims[i] < 0 ? cJSON_CreateNull() : cJSON_CreateRaw(text));
    }
    return array;
}

int nsc_json_print(cJSON *object)
{
    char *text = cJSON_Print(object);
    cJSON_Delete(object);
    if (text == NULL)
        return nsc_say_failed("no memory for the JSON of --json; free some, or leave --json out");
    printf("%s\n", text);
    cJSON_free(text);
    return NSC_EXIT_OK;
}
