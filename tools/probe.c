/* SPDX-License-Identifier: Apache-2.0 */
/* nascent probe: what happens in the child processes of `nascent devices`. The answers are JSON, on a descriptor of the
 * parent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/device.h>

#include "child.h"
#include "command.h"
#include "json.h"
#include "say.h"

/* The kinds that a device offers beyond the required ones, in the words of NASCENT_COMPOSE. */
static cJSON *kinds_by_name(uint32_t kinds)
{
    static const char *const names[32] = {[NSC_BACKEND_RANDOM] = "random",
                                          [NSC_BACKEND_GEMM_EPILOGUE] = "gemm_epilogue",
                                          [NSC_BACKEND_GATHER] = "gather",
                                          [NSC_BACKEND_SOFTMAX] = "softmax"};
    cJSON *array = cJSON_CreateArray();
    for (unsigned kind = 0; kind < 32; kind++) {
        char number[16];
        snprintf(number, sizeof number, "kind %u", kind);
        if (kinds & NSC_BACKEND_KIND_BIT(kind))
            cJSON_AddItemToArray(array, cJSON_CreateString(names[kind] != NULL ? names[kind] : number));
    }
    return array;
}

static cJSON *describe(const nsc_device_info *info, const char *problem)
{
    cJSON *device = cJSON_CreateObject();
    cJSON_AddStringToObject(device, "backend", info->backend);
    if (info->file)
        cJSON_AddStringToObject(device, "file", info->file);
    nsc_json_add_whole(device, "index", info->index);
    cJSON_AddStringToObject(device, "kind", info->kind);
    cJSON_AddStringToObject(device, "name", info->name);
    cJSON_AddStringToObject(device, "vendor", info->vendor);
    cJSON_AddStringToObject(device, "platform", info->platform);
    cJSON_AddStringToObject(device, "driver", info->driver);
    cJSON_AddStringToObject(device, "id", info->id);
    cJSON_AddNumberToObject(device, "auto_rank", info->auto_rank);
    nsc_json_add_whole(device, "memory_bytes", info->memory_bytes);
    if (problem) {
        cJSON_AddStringToObject(device, "problem", problem);
        return device;
    }
    nsc_json_add_whole(device, "max_buffer_bytes", info->max_buffer_bytes);
    nsc_json_add_whole(device, "local_memory_bytes", info->local_memory_bytes);
    nsc_json_add_whole(device, "max_work_group", info->max_work_group);
    nsc_json_add_whole(device, "alignment", info->alignment);
    cJSON_AddItemToObject(device, "optional_kinds", kinds_by_name(info->optional_kinds));
    nsc_json_add_whole(device, "threads", info->threads);
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
    return written ? NSC_EXIT_OK : NSC_EXIT_FAILED;
}

/* {"status", "error", "devices": [...]} of one backend. */
static int probe_backend(const char *name, FILE *to)
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

/* {"status", "error": [...], "report": [...], "device": {...}} of what would be chosen. */
static int probe_choice(FILE *to)
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

static int run(const nsc_arguments *arguments)
{
    const char *name = arguments->operands[0];
    FILE *to = fdopen(NSC_CHILD_ANSWER, "w");
    if (to == NULL)
        return nsc_say_usage("this is for the use of nascent devices alone; say nascent devices");
    const int code = name != NULL ? probe_backend(name, to) : probe_choice(to);
    fclose(to);
    return code;
}

const nsc_command nsc_command_probe = {
    .name = "probe",
    .operands = (const nsc_operand[]){{.name = "NAME", .optional = 1}, {.name = NULL}},
    .options = (const nsc_option[]){{.name = NULL}},
    .examples = (const nsc_example[]){{NULL, NULL}},
    .description = "For the use of nascent devices alone.",
    .run = run,
};
