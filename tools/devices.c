/* SPDX-License-Identifier: Apache-2.0 */
/* nascent devices: every backend and device, what would be chosen and why, what was refused and why. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/device.h>

#include "child.h"
#include "probe.h"
#include "table.h"
#include "tools.h"

#define DEFAULT_SECONDS 60
#define MAX_SECONDS 86400

static void help(void)
{
    printf("usage: nascent devices [--json] [--timeout SECONDS]\n\n"
           "Lists every backend that can be named, its devices, and what would be chosen and why.\n"
           "Each backend is asked in a process of its own.\n\n"
           "  --json     one JSON object on standard output instead of the tables\n"
           "  --timeout  the longest that a backend may take: 1 to %d seconds (default %d)\n\n"
           "exit codes: 0 a device would be chosen, 1 none would (the text says why), 2 the command line is wrong\n",
           MAX_SECONDS, DEFAULT_SECONDS);
}

/* Asks a child, as `nascent devices OPTION [VALUE]`. NULL, with the reason in why: there is no answer. */
static cJSON *ask(const char *option, const char *value, unsigned seconds, char *why, size_t capacity)
{
    char *command[] = {strdup("nascent"), strdup("devices"), strdup(option), value ? strdup(value) : NULL, NULL};
    char *text = nsc_child_ask(command, seconds, why, capacity);
    for (size_t i = 0; i < 4; i++)
        free(command[i]);
    cJSON *object = text ? cJSON_Parse(text) : NULL;
    if (text && !object)
        snprintf(why, capacity, "the child process gave no answer that can be read");
    free(text);
    return object;
}

/* What stands in the place of an answer that did not come. The error has the type that it has in the answer. */
static cJSON *no_answer(cJSON *error, cJSON *devices)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "status", nsc_status_name(NSC_FAILED));
    cJSON_AddItemToObject(object, "error", error);
    if (devices)
        cJSON_AddItemToObject(object, "devices", devices);
    return object;
}

static cJSON *ask_backend(const char *name, unsigned seconds)
{
    char why[256];
    cJSON *answer = ask("--probe", name, seconds, why, sizeof why);
    return answer ? answer : no_answer(cJSON_CreateString(why), cJSON_CreateArray());
}

static cJSON *ask_choice(unsigned seconds)
{
    char why[256];
    cJSON *answer = ask("--choose", NULL, seconds, why, sizeof why);
    const char *line = why;
    return answer ? answer : no_answer(cJSON_CreateStringArray(&line, 1), NULL);
}

typedef struct survey {
    cJSON *backends;
    unsigned seconds;
} survey;

static int add_backend(void *user, const char *name, const char *file, int installed)
{
    survey *all = user;
    cJSON *backend = ask_backend(name, all->seconds);
    cJSON_AddStringToObject(backend, "name", name);
    if (file)
        cJSON_AddStringToObject(backend, "file", file);
    cJSON_AddBoolToObject(backend, "installed", installed);
    cJSON_AddItemToArray(all->backends, backend);
    return 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static const char *size_text(char text[24], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, 24, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

static void print_device_row(nsc_table *table, const cJSON *device)
{
    char title[96], memory[24], rank[16];
    snprintf(title, sizeof title, "%s:%.0f", text_of(device, "backend"), number_of(device, "index"));
    snprintf(rank, sizeof rank, "%.0f", number_of(device, "auto_rank"));
    const char *cells[] = {title,
                           text_of(device, "kind"),
                           text_of(device, "name"),
                           text_of(device, "platform"),
                           text_of(device, "driver"),
                           size_text(memory, number_of(device, "memory_bytes")),
                           rank};
    nsc_table_row(table, cells);
}

static void print_limits(const cJSON *device)
{
    char buffer[24], local[24];
    const char *problem = text_of(device, "problem"), *note = text_of(device, "note");
    printf("  %s:%.0f  ", text_of(device, "backend"), number_of(device, "index"));
    if (*problem) {
        printf("%scannot be used%s: %s\n", nsc_red(stdout), nsc_plain(stdout), problem);
        return;
    }
    printf("largest buffer %s, alignment %.0f", size_text(buffer, number_of(device, "max_buffer_bytes")),
           number_of(device, "alignment"));
    /* 0 is what a backend says where the word means nothing. */
    if (number_of(device, "local_memory_bytes") > 0)
        printf(", local memory %s", size_text(local, number_of(device, "local_memory_bytes")));
    if (number_of(device, "max_work_group") > 0)
        printf(", work group %.0f", number_of(device, "max_work_group"));
    if (number_of(device, "threads") > 0)
        printf(", threads %.0f", number_of(device, "threads"));
    printf("\n");
    if (*note)
        printf("       note: %s\n", note);
}

static void print_backends(const cJSON *backends)
{
    const cJSON *backend, *device;
    nsc_table names = {.columns = 3}, devices = {.columns = 7};
    const char *names_head[] = {"backend", "from", "state"};
    const char *devices_head[] = {"device", "kind", "name", "platform", "driver", "memory", "rank"};
    nsc_table_row(&names, names_head);
    nsc_table_row(&devices, devices_head);
    cJSON_ArrayForEach(backend, backends)
    {
        const char *file = text_of(backend, "file"), *error = text_of(backend, "error");
        const char *cells[] = {text_of(backend, "name"), *file ? file : "built in", *error ? error : "usable"};
        nsc_table_row(&names, cells);
        cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(backend, "devices"))
            print_device_row(&devices, device);
    }
    nsc_table_print(&names, stdout, "");
    printf("\n");
    nsc_table_print(&devices, stdout, "");
    printf("\nlimits\n");
    cJSON_ArrayForEach(backend, backends)
        cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(backend, "devices")) print_limits(device);
}

static void print_lines(const cJSON *object, const char *key)
{
    const cJSON *lines = cJSON_GetObjectItemCaseSensitive(object, key), *line;
    cJSON_ArrayForEach(line, lines) printf("  %s\n", cJSON_GetStringValue(line));
}

static void print_choice(const cJSON *choice, int chosen)
{
    if (chosen) {
        const cJSON *device = cJSON_GetObjectItemCaseSensitive(choice, "device");
        printf("\n%schosen: %s:%.0f '%s'%s\n", nsc_green(stdout), text_of(device, "backend"),
               number_of(device, "index"), text_of(device, "name"), nsc_plain(stdout));
        print_lines(choice, "report");
    } else {
        printf("\n%schosen: none%s\n", nsc_red(stdout), nsc_plain(stdout));
        print_lines(choice, "error");
    }
}

static int survey_all(int json, unsigned seconds)
{
    survey all = {.backends = cJSON_CreateArray(), .seconds = seconds};
    nsc_status status = nsc_backends_each(add_backend, &all);
    if (status) {
        fprintf(stderr, "nascent: %s\n", nsc_last_error(NULL));
        cJSON_Delete(all.backends);
        return NSC_TOOL_FAILED;
    }
    cJSON *choice = ask_choice(seconds);
    int chosen = strcmp(text_of(choice, "status"), nsc_status_name(NSC_OK)) == 0;
    cJSON *whole = cJSON_CreateObject();
    cJSON_AddStringToObject(whole, "version", NASCENT_VERSION);
    cJSON_AddItemToObject(whole, "backends", all.backends);
    cJSON_AddItemToObject(whole, "choice", choice);
    if (json) {
        char *text = cJSON_Print(whole);
        printf("%s\n", text ? text : "{}");
        cJSON_free(text);
    } else {
        print_backends(all.backends);
        print_choice(choice, chosen);
    }
    cJSON_Delete(whole);
    return chosen ? NSC_TOOL_OK : NSC_TOOL_FAILED;
}

/* The two forms in which this program calls itself. */
static int answer_parent(const char *option, const char *name)
{
    FILE *to = fdopen(NSC_CHILD_ANSWER, "w");
    if (!to) {
        fprintf(stderr, "nascent devices: %s is for this program's own use\n", option);
        return NSC_TOOL_USAGE;
    }
    int code = name ? nsc_probe_backend(name, to) : nsc_probe_choice(to);
    fclose(to);
    return code;
}

int nsc_tool_devices(int argc, char **argv)
{
    int json = 0;
    unsigned long seconds = DEFAULT_SECONDS;
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help();
            return NSC_TOOL_OK;
        }
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
        } else if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc &&
                   (seconds = strtoul(argv[i + 1], &end, 10)) >= 1 && seconds <= MAX_SECONDS && *end == 0) {
            i++;
        } else if (strcmp(argv[i], "--probe") == 0 && i + 2 == argc) {
            return answer_parent(argv[i], argv[i + 1]);
        } else if (strcmp(argv[i], "--choose") == 0 && argc == 2) {
            return answer_parent(argv[i], NULL);
        } else {
            fprintf(stderr, "nascent devices: '%s' is not understood; nascent devices --help tells more\n", argv[i]);
            return NSC_TOOL_USAGE;
        }
    }
    return survey_all(json, (unsigned)seconds);
}
