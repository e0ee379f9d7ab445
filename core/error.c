/* SPDX-License-Identifier: Apache-2.0 */
/* Error chains in fixed, thread-local buffers. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHAINS 4
#define CHAIN_BYTES 4096
#define LINE_BYTES 1280 /* a cause, the mark of a gap and a frame always fit into a chain */

typedef struct chain {
    uint64_t owner;
    uint64_t stamp; /* 0: unused; else the larger, the later it failed */
    size_t length;
    char text[CHAIN_BYTES + 8]; /* a gap may be longer than the line that it replaces */
} chain;

static _Thread_local chain chains[CHAINS];
static _Thread_local uint64_t last_stamp;

static const char gap[] = "...\n";
#define GAP_BYTES (sizeof(gap) - 1)

static chain *find(uint64_t owner)
{
    for (int i = 0; i < CHAINS; i++)
        if (chains[i].stamp != 0 && chains[i].owner == owner)
            return &chains[i];
    return NULL;
}

/* The chain of owner, or the one that failed longest ago, emptied for it. */
static chain *take(uint64_t owner)
{
    chain *found = find(owner);
    if (!found) {
        found = &chains[0];
        for (int i = 1; i < CHAINS; i++)
            if (chains[i].stamp < found->stamp)
                found = &chains[i];
        found->owner = owner;
        found->length = 0;
        found->text[0] = 0;
    }
    found->stamp = ++last_stamp;
    return found;
}

/* One line, whatever the arguments contained: control characters become spaces, an end that does not fit becomes
 * "...". */
static size_t format_line(char line[LINE_BYTES], const char *format, va_list arguments)
{
    int wanted = vsnprintf(line, LINE_BYTES, format, arguments);
    if (wanted < 0)
        wanted = snprintf(line, LINE_BYTES, "(this text cannot be formatted)");
    size_t length = (size_t)wanted;
    if (length >= LINE_BYTES) {
        length = LINE_BYTES - 1;
        memcpy(line + length - 3, "...", 3);
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    return length;
}

/* Takes the lines behind the cause out, the earliest first, until `wanted` more bytes fit; a gap line says so. */
static void make_room(chain *to, size_t wanted)
{
    char *cause_end;
    while (to->length + wanted >= CHAIN_BYTES && (cause_end = strchr(to->text, '\n')) != NULL) {
        char *frames = cause_end + 1;
        char *victim = strncmp(frames, gap, GAP_BYTES) == 0 ? frames + GAP_BYTES : frames;
        char *victim_end = strchr(victim, '\n');
        size_t left = victim_end ? to->length - (size_t)(victim_end + 1 - to->text) : 0;
        if (left > 0)
            memmove(frames + GAP_BYTES, victim_end + 1, left);
        memcpy(frames, gap, GAP_BYTES);
        to->length = (size_t)(frames - to->text) + GAP_BYTES + left;
        if (left == 0)
            to->length--; /* lines are joined by their ends */
        to->text[to->length] = 0;
    }
}

static void append(chain *to, const char *line, size_t length)
{
    make_room(to, length + 1);
    if (to->length > 0)
        to->text[to->length++] = '\n';
    memcpy(to->text + to->length, line, length);
    to->length += length;
    to->text[to->length] = 0;
}

nsc_status nsc_fail(uint64_t owner, nsc_status status, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_line(line, format, arguments);
    va_end(arguments);
    chain *to = take(owner);
    to->length = 0;
    append(to, line, length);
    return status;
}

nsc_status nsc_fail_while(uint64_t owner, nsc_status status, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_line(line, format, arguments);
    va_end(arguments);
    append(take(owner), line, length);
    return status;
}

const char *nsc_error_text(uint64_t owner)
{
    const chain *found = owner == 0 ? &chains[0] : find(owner);
    for (int i = 1; i < CHAINS && owner == 0; i++)
        if (chains[i].stamp > found->stamp)
            found = &chains[i];
    return found ? found->text : "";
}
