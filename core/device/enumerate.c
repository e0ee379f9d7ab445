/* SPDX-License-Identifier: Apache-2.0 */
/* Listing and picking devices. */
#include "core/device/enumerate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/device/call.h"

#define MAX_DEVICES 1024

static pthread_mutex_t backends = PTHREAD_MUTEX_INITIALIZER;

void nsc_backends_lock(void)
{
    pthread_mutex_lock(&backends);
}

void nsc_backends_unlock(void)
{
    pthread_mutex_unlock(&backends);
}

static void end_text(char *text, size_t size)
{
    text[size - 1] = 0;
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

static void end_texts(nsc_backend_info *info)
{
    end_text(info->name, sizeof info->name);
    end_text(info->vendor, sizeof info->vendor);
    end_text(info->platform, sizeof info->platform);
    end_text(info->driver, sizeof info->driver);
    end_text(info->id, sizeof info->id);
}

/* What an answer other than OK means for the whole list. */
static nsc_status end_of_list(const nsc_device_list *list, const nsc_backend_table *table, nsc_backend_status result,
                              char *why, size_t capacity)
{
    const char *said = nsc_host_said();
    bool over = result == NSC_BACKEND_END || result == NSC_BACKEND_UNAVAILABLE;
    if (over && list->count > 0)
        return NSC_OK;
    if (over)
        snprintf(why, capacity, "%s has no device here%s%s", table->name, *said ? ": " : "", said);
    else
        snprintf(why, capacity, "%s cannot list its devices: %s", table->name, *said ? said : "it gave no reason");
    if (over)
        return NSC_UNAVAILABLE;
    return result == NSC_BACKEND_NO_MEMORY ? NSC_NO_MEMORY : result == NSC_BACKEND_LOST ? NSC_DEVICE_LOST : NSC_FAILED;
}

nsc_status nsc_devices_list(nsc_device_list *list, const nsc_backend_table *table, const nsc_log *log, char *why,
                            size_t capacity)
{
    *list = (nsc_device_list){0};
    nsc_status status = NSC_OK;
    nsc_host_log_to(log);
    for (;;) {
        nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE};
        nsc_host_say("");
        nsc_backend_status result = table->enumerate(&nsc_process_host, list->count, &info);
        if (result != NSC_BACKEND_OK) {
            status = end_of_list(list, table, result, why, capacity);
            break;
        }
        if (list->count == MAX_DEVICES) {
            snprintf(why, capacity, "%s is refused: enumerate has no end after %d devices", table->name, MAX_DEVICES);
            status = NSC_REFUSED;
            break;
        }
        nsc_backend_info *infos = realloc(list->infos, (list->count + 1) * sizeof *infos);
        if (!infos) {
            snprintf(why, capacity, "no host memory for the devices of %s", table->name);
            status = NSC_NO_MEMORY;
            break;
        }
        list->infos = infos;
        end_texts(&info);
        list->infos[list->count++] = info;
    }
    nsc_host_log_to(NULL);
    if (status)
        nsc_devices_clear(list);
    return status;
}

void nsc_devices_clear(nsc_device_list *list)
{
    free(list->infos);
    *list = (nsc_device_list){0};
}

static bool matches(const nsc_backend_info *info, uint32_t index, const nsc_choice *choice)
{
    switch (choice->by) {
    case NSC_CHOICE_INDEX:
        return index == choice->index;
    case NSC_CHOICE_GPU:
        return info->kind == NSC_BACKEND_GPU;
    case NSC_CHOICE_CPU:
        return info->kind == NSC_BACKEND_CPU;
    case NSC_CHOICE_TEXT:
        for (const char *at = info->name; strlen(at) >= choice->device_length; at++)
            if (strncasecmp(at, choice->device, choice->device_length) == 0)
                return true;
        return false;
    default:
        return true;
    }
}

/* "0 'name', 1 'name'" of the devices that match (all: NULL); ends with "..." when they do not fit. */
static void tell(const nsc_device_list *list, const nsc_choice *choice, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (choice && !matches(&list->infos[i], i, choice))
            continue;
        if (capacity - used < sizeof list->infos->name + 24) {
            snprintf(text + used, capacity - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, capacity - used, "%s%u '%s'", used ? ", " : "", i, list->infos[i].name);
    }
}

nsc_status nsc_devices_pick(const nsc_device_list *list, const nsc_choice *choice, uint32_t *index, char *why,
                            size_t capacity)
{
    uint32_t found = 0;
    *index = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!matches(&list->infos[i], i, choice))
            continue;
        bool better = choice->by == NSC_CHOICE_ANY && list->infos[i].auto_rank > list->infos[*index].auto_rank;
        if (found++ == 0 || better)
            *index = i;
    }
    char devices[600];
    if (found == 0) {
        tell(list, NULL, devices, sizeof devices);
        snprintf(why, capacity, "no device '%.*s' (devices: %s)", (int)choice->device_length, choice->device, devices);
        return NSC_UNAVAILABLE;
    }
    if (found > 1 && choice->by == NSC_CHOICE_TEXT) {
        tell(list, choice, devices, sizeof devices);
        snprintf(why, capacity, "'%.*s' is in the names of %u devices: %s; say an index, or more of the name",
                 (int)choice->device_length, choice->device, found, devices);
        return NSC_INVALID;
    }
    return NSC_OK;
}
