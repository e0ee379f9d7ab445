/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/timeline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io/file.h"
#include "core/memory.h"

enum { DEVICE_TRACK = 1000000 }; /* beyond every thread */

typedef struct timeline {
    char *bytes;
    size_t length, capacity;
    bool failed; /* no memory */
    long process;
    size_t events;
    uint64_t launches, timed;
    uint32_t *threads; /* seen so far */
    size_t thread_count, thread_capacity;
} timeline;

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void put(timeline *to, const char *bytes, size_t length)
{
    if (to->failed)
        return;
    if (to->capacity - to->length < length) {
        size_t capacity = (to->length + length) * 2 + 4096;
        char *larger = realloc(to->bytes, capacity);
        if (larger == NULL) {
            to->failed = true;
            return;
        }
        to->bytes = larger;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

/* Of at most 256 bytes. */
static void say(timeline *to, const char *format, ...) NSC_PRINTF(2, 3);
static void say(timeline *to, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        put(to, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* The length of the UTF-8 character at text; 0: it is none. */
static size_t character(const unsigned char *text)
{
    if (text[0] < 0x80)
        return 1;
    size_t length = text[0] >= 0xc2 && text[0] < 0xe0   ? 2
                    : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
                    : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
                                                        : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

/* The inside of a JSON string. Names of devices come from drivers: what is no UTF-8 becomes a question mark. */
static void quote(timeline *to, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
        size_t length = character(at);
        if (length == 0)
            put(to, "?", 1);
        else if (*at < 0x20)
            say(to, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            say(to, "\\%c", *at);
        else
            put(to, (const char *)at, length);
        at += length == 0 ? 1 : length;
    }
}

/* Nanoseconds as the microseconds of the format. Two clocks that are aligned may give one a little below 0. */
static void say_time(timeline *to, const char *key, int64_t time)
{
    long long size = time < 0 ? -(long long)time : time;
    say(to, ",\"%s\":%s%lld.%03lld", key, time < 0 ? "-" : "", size / 1000, size % 1000);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void begin_event(timeline *to, const char *phase, uint32_t track, int64_t start)
{
    say(to, "%s{\"ph\":\"%s\",\"pid\":%ld,\"tid\":%u", to->events++ == 0 ? "\n" : ",\n", phase, to->process, track);
    say_time(to, "ts", start);
}

/* A track's or the process's name: before and text. */
static void name_track(timeline *to, const char *what, uint32_t track, const char *before, const char *text)
{
    begin_event(to, "M", track, 0);
    say(to, ",\"name\":\"%s\",\"args\":{\"name\":\"%s", what, before);
    quote(to, text);
    say(to, "\"}}");
}

static void see_thread(timeline *to, uint32_t thread)
{
    char number[16];
    void *threads = to->threads;
    for (size_t i = 0; i < to->thread_count; i++)
        if (to->threads[i] == thread)
            return;
    if (!nsc_grow(&threads, &to->thread_capacity, to->thread_count, sizeof *to->threads)) {
        to->failed = true;
        return;
    }
    to->threads = threads;
    to->threads[to->thread_count++] = thread;
    snprintf(number, sizeof number, "%u", thread);
    name_track(to, "thread_name", thread, "thread ", number);
}

/* "gemm 0 (dense) (2,20)x(20,256)" */
static void say_launch(timeline *to, const nsc_profile_record *record)
{
    say(to, ",\"name\":\"%s", record->name);
    if (record->path[0] != 0) {
        put(to, " ", 1);
        quote(to, record->path);
    }
    if (record->block[0] != 0) {
        put(to, " (", 2);
        quote(to, record->block);
        put(to, ")", 1);
    }
    if (record->shape[0] != 0)
        say(to, " %s", record->shape);
    say(to, "\",\"args\":{\"launch\":%llu,\"flops\":%llu,\"bytes read\":%llu,\"bytes written\":%llu",
        (unsigned long long)to->launches, (unsigned long long)record->flops, (unsigned long long)record->bytes_read,
        (unsigned long long)record->bytes_written);
}

static void launch_event(timeline *to, const nsc_profile_record *record)
{
    to->launches++;
    begin_event(to, "X", record->thread, record->start_ns);
    say_time(to, "dur", record->duration_ns);
    say(to, ",\"cat\":\"launch\"");
    say_launch(to, record);
    say(to, "}}");
    if (record->device_duration_ns < 0)
        return;
    to->timed++;
    begin_event(to, "X", DEVICE_TRACK, record->device_start_ns);
    say_time(to, "dur", record->device_duration_ns);
    say(to, ",\"cat\":\"device\"");
    say_launch(to, record);
    if (record->device_duration_ns > 0)
        say(to, ",\"GFLOP/s\":%.3f,\"GB/s\":%.3f", (double)record->flops / (double)record->device_duration_ns,
            (double)(record->bytes_read + record->bytes_written) / (double)record->device_duration_ns);
    say(to, "}}");
}

static void host_event(timeline *to, const nsc_profile_record *record)
{
    bool phase = record->kind == NSC_PROFILE_PHASE;
    begin_event(to, "X", record->thread, record->start_ns);
    say_time(to, "dur", record->duration_ns);
    say(to, ",\"cat\":\"%s\",\"name\":\"%s\",\"args\":{", phase ? "phase" : "transfer", record->name);
    if (record->operations > 0)
        say(to, "\"operations\":%llu,\"programs built\":%llu,\"programs loaded\":%llu",
            (unsigned long long)record->operations, (unsigned long long)record->programs_built,
            (unsigned long long)record->programs_loaded);
    if (record->bytes_read + record->bytes_written > 0)
        say(to, "\"bytes\":%llu", (unsigned long long)(record->bytes_read + record->bytes_written));
    say(to, "}}");
}

static void memory_event(timeline *to, const nsc_profile_record *record)
{
    begin_event(to, "C", record->thread, record->start_ns);
    say(to, ",\"cat\":\"memory\",\"name\":\"pool, bytes\",\"args\":{\"in use\":%llu,\"held\":%llu}}",
        (unsigned long long)record->bytes_in_use, (unsigned long long)record->bytes_held);
}

static void write_events(timeline *to, nsc_device *device, const nsc_profile_window *window)
{
    for (size_t i = window->first; i < window->end && !to->failed; i++) {
        nsc_profile_record record;
        size_t work;
        if (!nsc_profiler_record(device, window, i, &record, &work))
            continue;
        see_thread(to, record.thread);
        if (record.kind == NSC_PROFILE_LAUNCH)
            launch_event(to, &record);
        else if (record.kind == NSC_PROFILE_MEMORY)
            memory_event(to, &record);
        else
            host_event(to, &record);
    }
}

nsc_status nsc_timeline_write(nsc_device *device, const nsc_profile_window *window, const char *path, size_t *events)
{
    timeline made = {.process = (long)getpid()};
    say(&made, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    name_track(&made, "process_name", 0, "nascent on ", device->title);
    write_events(&made, device, window);
    if (made.timed > 0)
        name_track(&made, "thread_name", DEVICE_TRACK, "device ", device->title);
    say(&made,
        "\n],\"otherData\":{\"launches\":\"%llu\",\"launches with device times\":\"%llu\",\"dropped\":\"%llu\"}}\n",
        (unsigned long long)made.launches, (unsigned long long)made.timed, (unsigned long long)window->dropped);
    nsc_status status = made.failed ? nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for a timeline", path)
                                    : nsc_file_write(path, &(nsc_file_part){made.bytes, made.length}, 1);
    if (events != NULL)
        *events = made.events;
    free(made.threads);
    free(made.bytes);
    return status;
}
