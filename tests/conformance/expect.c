/* SPDX-License-Identifier: Apache-2.0 */
/* What is expected to go wrong: a file with lines "GLOB reason"; empty lines and those that begin with # say nothing. "~GLOB"
 * may fail or pass, as the data have it, "!GLOB" is not run. Without a file, what is known of implementations (known.c)
 * holds. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "program.h"
#include "say.h"

/* A device is named by the backend, "opencl:0", or by the implementation, "rusticl_22.3.6". */
static bool matches(const char *glob, const nsc_device_info *device, const char *name)
{
    char chosen[256], made[256];

    snprintf(chosen, sizeof chosen, "%s:%u/%s", device->backend, device->index, name);
    snprintf(made, sizeof made, "%s_%s/%s", device->platform, device->driver, name);
    for (char *at = made; *at && *at != '/'; at++)
        if (*at == ' ')
            *at = '_';
    return fnmatch(glob, name, 0) == 0 || fnmatch(glob, chosen, 0) == 0 || fnmatch(glob, made, 0) == 0;
}

/* Of any device: what stands before the first slash is one where more than a name follows, or where no family is called
 * so. */
static bool matches_any(const case_list *list, const char *glob)
{
    const size_t head = strcspn(glob, "/");
    const bool family = strspn(glob, "abcdefghijklmnopqrstuvwxyz_*?[]") >= head;
    const char *rest = glob[head] && (!family || strchr(glob + head + 1, '/')) ? glob + head : NULL;

    for (size_t i = 0; i < list->count; i++)
        if (fnmatch(glob, list->cases[i].name, 0) == 0 || (rest && fnmatch(rest + 1, list->cases[i].name, 0) == 0))
            return true;
    return false;
}

static int read_line(program *p, const case_list *all, const char *file, size_t number, char *line)
{
    char *glob = line + strspn(line, " \t"), *reason = glob + strcspn(glob, " \t\r\n");
    expectation row = {.kind = EXPECT_FAIL}, *rows;

    if (*glob == '#' || *glob == '\n' || *glob == '\r' || *glob == 0)
        return NSC_EXIT_OK;
    if (*reason)
        *reason++ = 0;
    reason += strspn(reason, " \t");
    reason[strcspn(reason, "\r\n")] = 0;
    if (*glob == '~' || *glob == '!')
        row.kind = *glob++ == '!' ? EXPECT_LEFT_OUT : EXPECT_MAYBE;
    if (*reason == 0)
        return nsc_say_usage("%s: line %zu: '%s' has no reason, --expect; write GLOB reason", file, number, glob);
    if (!matches_any(all, glob))
        return nsc_say_usage("%s: line %zu: no case matches '%s', --expect; nascent conformance --list names them",
                             file, number, glob);
    rows = realloc(p->expected.rows, (p->expected.count + 1) * sizeof *rows);
    if (!rows)
        return nsc_say_failed("%s: no memory for its lines, --expect; free some", file);
    p->expected.rows = rows;
    row.glob = strdup(glob);
    row.reason = strdup(reason);
    rows[p->expected.count++] = row;
    return row.glob && row.reason ? NSC_EXIT_OK
                                  : nsc_say_failed("%s: no memory for its lines, --expect; free some", file);
}

static int read_lines(program *p, const char *file, FILE *from)
{
    case_list all;
    char *line = NULL;
    size_t capacity = 0;
    int code = NSC_EXIT_OK;

    if (!list_cases(&all, NULL))
        code = nsc_say_failed("no memory for the list of cases; free some");
    errno = 0;
    for (size_t number = 1; code == NSC_EXIT_OK && getline(&line, &capacity, from) >= 0; number++)
        code = read_line(p, &all, file, number, line);
    if (code == NSC_EXIT_OK && ferror(from))
        code = nsc_say_failed("%s: reading stopped: %s; give --expect a file with lines GLOB reason", file,
                              strerror(errno));
    free(line);
    list_free(&all);
    return code;
}

int expect_read(program *p, const char *file)
{
    char *known = file ? NULL : strdup(expect_known);
    FILE *from = file ? fopen(file, "r") : known ? fmemopen(known, strlen(known), "r") : NULL;
    int code;

    if (from) {
        code = read_lines(p, file ? file : "known.c", from);
        fclose(from);
    } else {
        code = nsc_say_failed("%s: cannot be opened: %s; give --expect a file with lines GLOB reason",
                              file ? file : "known.c", strerror(errno));
    }
    free(known);
    return code;
}

const expectation *expect_find(const program *p, const nsc_device_info *device, const char *name)
{
    for (size_t i = 0; i < p->expected.count; i++)
        if (matches(p->expected.rows[i].glob, device, name))
            return &p->expected.rows[i];
    return NULL;
}

void expect_free(expectations *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->rows[i].glob);
        free(e->rows[i].reason);
    }
    free(e->rows);
    *e = (expectations){0};
}
