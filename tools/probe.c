/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in the child processes of `nascent devices`. */
#include "probe.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/device.h>

#include "tools.h"

/* Not cJSON's numbers, which are doubles: sizes are exact. */
static void add_size(cJSON *to, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    cJSON_AddRawToObject(to, key, text);
}

static cJSON *describe(const nsc_device_info *info, const char *problem)
{
    cJSON *device = cJSON_CreateObject();
    cJSON_AddStringToObject(device, "backend", info->backend);
    if (info->file)
        cJSON_AddStringToObject(device, "file", info->file);
    add_size(device, "index", info->index);
    cJSON_AddStringToObject(device, "kind", info->kind);
    cJSON_AddStringToObject(device, "name", info->name);
    cJSON_AddStringToObject(device, "vendor", info->vendor);
    cJSON_AddStringToObject(device, "platform", info->platform);
    cJSON_AddStringToObject(device, "driver", info->driver);
    cJSON_AddStringToObject(device, "id", info->id);
    cJSON_AddNumberToObject(device, "auto_rank", info->auto_rank);
    add_size(device, "memory_bytes", info->memory_bytes);
    if (problem) {
        cJSON_AddStringToObject(device, "problem", problem);
        return device;
    }
    add_size(device, "max_buffer_bytes", info->max_buffer_bytes);
    add_size(device, "local_memory_bytes", info->local_memory_bytes);
    add_size(device, "max_work_group", info->max_work_group);
    add_size(device, "alignment", info->alignment);
    add_size(device, "optional_kinds", info->optional_kinds);
    add_size(device, "threads", info->threads);
    cJSON_AddStringToObject(device, "note", info->note ? info->note : "");
    return device;
}

static int add_device(void *user, const nsc_device_info *info, const char *problem)
{
    cJSON_AddItemToArray(user, describe(info, problem));
    return 0;
}

/* Lines become an array. */
static void add_lines(cJSON *to, const char *key, const char *text)
{
    cJSON *lines = cJSON_AddArrayToObject(to, key);
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length);
        if (line)
            cJSON_AddItemToArray(lines, cJSON_CreateString(line));
        free(line);
        text += length + (text[length] == '\n');
    }
}

static int answer(cJSON *object, FILE *to)
{
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    int written = text && fprintf(to, "%s\n", text) > 0 && fflush(to) == 0;
    cJSON_free(text);
    return written ? NSC_TOOL_OK : NSC_TOOL_FAILED;
}

int nsc_probe_backend(const char *name, FILE *to)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *devices = cJSON_CreateArray();
    nsc_status status = nsc_devices_each(name, 1, add_device, devices);
    cJSON_AddStringToObject(object, "status", nsc_status_name(status));
    if (status)
        cJSON_AddStringToObject(object, "error", nsc_last_error(NULL));
    cJSON_AddItemToObject(object, "devices", devices);
    return answer(object, to);
}

static void no_log(void *user, nsc_log_level level, const char *text)
{
    (void)user, (void)level, (void)text;
}

int nsc_probe_choice(FILE *to)
{
    const nsc_context_options options = {.log = no_log};
    nsc_context *context;
    nsc_status status = nsc_context_create(&context, &options, sizeof options);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "status", nsc_status_name(status));
    if (status) {
        add_lines(object, "error", nsc_last_error(NULL));
        return answer(object, to);
    }
    add_lines(object, "report", nsc_context_report(context));
    cJSON_AddItemToObject(object, "device", describe(nsc_context_device(context), NULL));
    nsc_context_close(context);
    return answer(object, to);
}
