/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --junit: the XML that Jenkins, GitLab and others read. A suite for each device and mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "program.h"
#include "say.h"
#include "write.h"

static void attribute(FILE *to, const char *name, const char *text)
{
    char *line = report_line(text);

    fprintf(to, " %s=\"", name);
    for (const char *at = line; at && *at; at++)
        switch (*at) {
        case '<':
            fputs("&lt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc(*at, to);
        }
    fputc('"', to);
    free(line);
}

static void write_result(FILE *to, const result *r)
{
    const char *const elements[] = {
        [OUTCOME_FAILED] = "failure",  [OUTCOME_UNEXPECTED] = "failure", [OUTCOME_SKIPPED] = "skipped",
        [OUTCOME_NOT_RUN] = "skipped", [OUTCOME_EXPECTED] = "skipped",   [OUTCOME_PASSED] = NULL};

    fputs("    <testcase", to);
    attribute(to, "classname", r->of->family);
    attribute(to, "name", strchr(r->of->name, '/') + 1);
    fprintf(to, " time=\"%.6f\"", r->seconds);
    if (elements[r->outcome]) {
        fprintf(to, "><%s", elements[r->outcome]);
        attribute(to, "message", r->text);
        fputs("/></testcase>\n", to);
    } else {
        fputs("/>\n", to);
    }
}

static void write_run(FILE *to, const test_run *run)
{
    double seconds = 0;

    for (size_t i = 0; i < run->count; i++)
        seconds += run->results[i].seconds;
    fputs("  <testsuite", to);
    attribute(to, "name", run->title);
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\" time=\"%.6f\">\n",
            run->count + (run->problem != NULL), run->counts[OUTCOME_FAILED] + run->counts[OUTCOME_UNEXPECTED],
            run->problem && !run->absent,
            run->counts[OUTCOME_SKIPPED] + run->counts[OUTCOME_NOT_RUN] + run->counts[OUTCOME_EXPECTED] + run->absent,
            seconds);
    if (run->problem) {
        fprintf(to, "    <testcase classname=\"device\" name=\"opens\"><%s", run->absent ? "skipped" : "error");
        attribute(to, "message", run->problem);
        fputs("/></testcase>\n", to);
    }
    for (size_t i = 0; i < run->count; i++)
        write_result(to, &run->results[i]);
    fputs("  </testsuite>\n", to);
}

int junit_write(const program *p, const char *file)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);

    if (!to)
        return nsc_say_failed("%s: no memory for its text, --junit; free some", file);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"nascent conformance\">\n", to);
    for (size_t i = 0; i < p->run_count; i++)
        write_run(to, &p->runs[i]);
    fputs("</testsuites>\n", to);
    const bool whole = fclose(to) == 0;
    const int code = whole ? nsc_write_file("junit", file, text, length)
                           : nsc_say_failed("%s: no memory for its text, --junit; free some", file);

    free(text);
    return code;
}
