/* SPDX-License-Identifier: Apache-2.0 */
/* nascent devices: every backend and device, what would be chosen and why, what was refused and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/device.h>

#include "ask.h"
#include "command.h"
#include "json.h"
#include "say.h"
#include "table.h"
#include "terminal.h"

enum { TIMEOUT, JSON };

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
    cJSON *answer = nsc_ask(name, seconds, why, sizeof why);
    return answer ? answer : no_answer(cJSON_CreateString(why), cJSON_CreateArray());
}

static cJSON *ask_choice(unsigned seconds)
{
    char why[256];
    cJSON *answer = nsc_ask(NULL, seconds, why, sizeof why);
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
    snprintf(title, sizeof title, "%s:%.0f", nsc_ask_text(device, "backend"), number_of(device, "index"));
    snprintf(rank, sizeof rank, "%.0f", number_of(device, "auto_rank"));
    const char *cells[] = {title,
                           nsc_ask_text(device, "kind"),
                           nsc_ask_text(device, "name"),
                           nsc_ask_text(device, "platform"),
                           nsc_ask_text(device, "driver"),
                           size_text(memory, number_of(device, "memory_bytes")),
                           rank};
    nsc_table_row(table, cells);
}

/* 0 is what a backend says where the word means nothing. */
static const char *count_text(char text[24], double number)
{
    if (number > 0)
        snprintf(text, 24, "%.0f", number);
    else
        snprintf(text, 24, "-");
    return text;
}

static void print_limits_row(nsc_table *table, const cJSON *device)
{
    char title[96], buffer[24], alignment[24], local[24], group[24], threads[24], kinds[160] = "";
    const cJSON *kind;
    size_t used = 0;
    snprintf(title, sizeof title, "%s:%.0f", nsc_ask_text(device, "backend"), number_of(device, "index"));
    cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(device, "optional_kinds")) if (used < sizeof kinds)
        used +=
        (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%s", used > 0 ? ", " : "", cJSON_GetStringValue(kind));
    const double bytes = number_of(device, "local_memory_bytes");
    const char *cells[] = {title,
                           size_text(buffer, number_of(device, "max_buffer_bytes")),
                           count_text(alignment, number_of(device, "alignment")),
                           bytes > 0 ? size_text(local, bytes) : "-",
                           count_text(group, number_of(device, "max_work_group")),
                           count_text(threads, number_of(device, "threads")),
                           *kinds ? kinds : "-"};
    nsc_table_row(table, cells);
}

/* What is wrong with a device, and what a self-check switched off. */
static void print_remarks(const cJSON *device)
{
    const char *problem = nsc_ask_text(device, "problem"), *note = nsc_ask_text(device, "note");
    if (*problem)
        printf("%s:%.0f  %scannot be used%s: %s\n", nsc_ask_text(device, "backend"), number_of(device, "index"),
               nsc_red(stdout), nsc_plain(stdout), problem);
    if (*note)
        printf("%s:%.0f  note: %s\n", nsc_ask_text(device, "backend"), number_of(device, "index"), note);
}

static void print_backends(const cJSON *backends)
{
    const cJSON *backend, *device;
    nsc_table names = {.columns = 3}, devices = {.columns = 7}, limits = {.columns = 7};
    const char *names_head[] = {"backend", "from", "state"};
    const char *devices_head[] = {"device", "kind", "name", "platform", "driver", "memory", "rank"};
    const char *limits_head[] = {"limits",     "largest buffer", "alignment",     "local memory",
                                 "work group", "threads",        "optional kinds"};
    nsc_table_row(&names, names_head);
    nsc_table_row(&devices, devices_head);
    nsc_table_row(&limits, limits_head);
    cJSON_ArrayForEach(backend, backends)
    {
        const char *file = nsc_ask_text(backend, "file"), *error = nsc_ask_text(backend, "error");
        const char *cells[] = {nsc_ask_text(backend, "name"), *file ? file : "built in", *error ? error : "usable"};
        nsc_table_row(&names, cells);
        cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(backend, "devices"))
        {
            print_device_row(&devices, device);
            if (*nsc_ask_text(device, "problem") == 0)
                print_limits_row(&limits, device);
        }
    }
    nsc_table_print(&names, stdout, "");
    printf("\n");
    nsc_table_print(&devices, stdout, "");
    printf("\n");
    nsc_table_print(&limits, stdout, "");
    cJSON_ArrayForEach(backend, backends)
        cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(backend, "devices")) print_remarks(device);
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
        printf("\n%schosen: %s:%.0f '%s'%s\n", nsc_green(stdout), nsc_ask_text(device, "backend"),
               number_of(device, "index"), nsc_ask_text(device, "name"), nsc_plain(stdout));
        print_lines(choice, "report");
    } else {
        printf("\n%schosen: none%s\n", nsc_red(stdout), nsc_plain(stdout));
        print_lines(choice, "error");
    }
}

static int run(const nsc_arguments *arguments)
{
    survey all = {.backends = cJSON_CreateArray(), .seconds = (unsigned)nsc_whole_given(arguments, TIMEOUT)};
    if (nsc_backends_each(add_backend, &all) != NSC_OK) {
        cJSON_Delete(all.backends);
        return nsc_say_refused("mend the variable, or unset it");
    }
    cJSON *choice = ask_choice(all.seconds), *whole = nsc_json_new();
    const int chosen = strcmp(nsc_ask_text(choice, "status"), nsc_status_name(NSC_OK)) == 0;
    cJSON_AddItemToObject(whole, "backends", all.backends);
    cJSON_AddItemToObject(whole, "choice", choice);
    if (nsc_is_given(arguments, JSON)) {
        const int code = nsc_json_print(whole);
        return code == NSC_EXIT_OK && !chosen ? NSC_EXIT_FAILED : code;
    }
    print_backends(all.backends);
    print_choice(choice, chosen);
    cJSON_Delete(whole);
    return chosen ? NSC_EXIT_OK : NSC_EXIT_FAILED;
}

const nsc_command nsc_command_devices = {
    .name = "devices",
    .purpose = "list every backend and device, what would be chosen, and why",
    .description =
        "Lists every backend that can be named, its devices with their limits, and what would be chosen with the "
        "environment as it is, and why. Each backend is asked in a process of its own, so that a driver that "
        "hangs or aborts is told and the rest is listed all the same.",
    .operands = (const nsc_operand[]){{.name = NULL}},
    .options = (const nsc_option[]){[TIMEOUT] = {.name = "timeout",
                                                 .argument = "SECONDS",
                                                 .kind = NSC_OPTION_WHOLE,
                                                 .low = 1,
                                                 .high = 86400,
                                                 .initial = 60,
                                                 .help = "the longest that a backend may take, 1 to 86400; 60 if not "
                                                         "given"},
                                    [JSON] = NSC_JSON_OPTION,
                                    {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent devices", "what is here"},
                                      {"NASCENT_BACKEND=opencl:gpu,reference nascent devices",
                                       "what this choice would come to"},
                                      {"nascent devices --json", "the same for a program"},
                                      {NULL, NULL}},
    .done = "a device would be chosen",
    .failed = "none would be chosen; the last lines say why",
    .uses_device = 1,
    .run = run,
};
