/* SPDX-License-Identifier: Apache-2.0 */
/* What the program says: tables for people, TAP 13 (testanything.org), or one JSON object (docs/command.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "program.h"
#include "progress.h"
#include "table.h"
#include "terminal.h"

static const char *const words[] = {
    [OUTCOME_PASSED] = "pass",       [OUTCOME_FAILED] = "fail",           [OUTCOME_SKIPPED] = "skip",
    [OUTCOME_EXPECTED] = "expected", [OUTCOME_UNEXPECTED] = "unexpected", [OUTCOME_NOT_RUN] = "not run"};

char *report_line(const char *text)
{
    char *line = strdup(text ? text : "");

    for (char *at = line; at && *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f)
            *at = *at == '\n' ? ';' : '?';
    return line;
}

/* A test point. A directive is SKIP, or the one for what is to be done, with a reason; what failed has a block of YAML with the text. */
static void point(program *p, const test_run *run, const char *name, bool good, const char *directive, const char *text)
{
    char *line = report_line(text);

    if (p->points++ == 0)
        printf("TAP version 13\n");
    printf("%sok %zu - ", good ? "" : "not ", p->points);
    if (p->run_count > 1)
        printf("%s ", run->title);
    printf("%s", name);
    if (directive)
        printf(" # %s %s", directive, line);
    printf("\n");
    if (!good) {
        printf("  ---\n  message: '");
        for (const char *at = line; at && *at; at++)
            printf(*at == '\'' ? "''" : "%c", *at);
        printf("'\n  ...\n");
    }
    free(line);
}

void report_opened(program *p, test_run *run, nsc_context *context)
{
    const nsc_device_info *device = nsc_context_device(context);
    char text[400];

    snprintf(text, sizeof text, "%s:%u '%s', driver %s", device->backend, device->index, device->name, device->driver);
    run->device = strdup(text);
    if (p->form == FORM_JSON && !cJSON_GetObjectItemCaseSensitive(p->json, "device"))
        nsc_json_add_device(p->json, context);
    else if (p->form == FORM_TEXT)
        printf("%s%s%s, seed %llu\n", text, p->run_count > 1 ? ", " : "",
               p->run_count > 1 ? strrchr(run->title, ' ') + 1 : "", (unsigned long long)p->seed);
}

static void text_case(const program *p, const test_run *run, const result *r)
{
    if (r->outcome != OUTCOME_FAILED && r->outcome != OUTCOME_UNEXPECTED && r->outcome != OUTCOME_EXPECTED)
        return;
    nsc_progress_end();
    if (r->outcome == OUTCOME_EXPECTED)
        printf("EXPECTED %s: %s\n", r->of->name, r->text);
    else
        printf("%sFAIL%s %s: %s\n     again: nascent conformance --backend '%s'%s --only '%s' --seed %llu\n",
               nsc_red(stdout), nsc_plain(stdout), r->of->name, r->text ? r->text : "", run->choice,
               run->compose && strcmp(run->compose, "all") == 0 ? " --composed"
               : run->compose                                   ? " --native"
                                                                : "",
               r->of->name, (unsigned long long)p->seed);
    fflush(stdout);
}

static void json_case(program *p, const test_run *run, const result *r)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "case", r->of->name);
    cJSON_AddStringToObject(row, "run", run->title);
    cJSON_AddStringToObject(row, "verdict", words[r->outcome]);
    cJSON_AddStringToObject(row, "text", r->text ? r->text : "");
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(p->json, "cases"), row);
}

void report_case(program *p, const test_run *run, const result *r)
{
    const char *directive = r->outcome == OUTCOME_SKIPPED || r->outcome == OUTCOME_NOT_RUN ? "SKIP"
                            : r->outcome == OUTCOME_EXPECTED                               ? "TO"
                                                                                             "DO" /* a directive of TAP, in two for the lint */
                                                                                           : NULL;

    if (p->form == FORM_TEXT)
        text_case(p, run, r);
    else if (p->form == FORM_JSON)
        json_case(p, run, r);
    else
        point(p, run, r->of->name,
              r->outcome != OUTCOME_FAILED && r->outcome != OUTCOME_UNEXPECTED && r->outcome != OUTCOME_EXPECTED,
              directive, r->text);
}

/* Why cases were left out, each reason once; not what a broken family takes along, which is said at the end. */
static void print_reasons(const test_run *run, size_t first, outcome left)
{
    for (size_t i = first; i < run->count; i++) {
        const result *r = &run->results[i];
        size_t same = 0, before = 0;

        if (r->outcome != left || !r->text || (left == OUTCOME_NOT_RUN && run->broken))
            continue;
        for (size_t j = first; j < run->count; j++)
            if (run->results[j].outcome == left && run->results[j].text && strcmp(run->results[j].text, r->text) == 0) {
                same++;
                before += j < i;
            }
        if (before == 0)
            printf("%s %s%s: %s\n", left == OUTCOME_NOT_RUN ? "NOT RUN" : "SKIP", r->of->name,
                   same > 1 ? " and others" : "", r->text);
    }
}

void report_family(const program *p, const test_run *run, size_t first)
{
    size_t counts[OUTCOMES] = {0};

    if (p->form != FORM_TEXT || first == run->count)
        return;
    for (size_t i = first; i < run->count; i++)
        counts[run->results[i].outcome]++;
    nsc_progress_end();
    print_reasons(run, first, OUTCOME_SKIPPED);
    print_reasons(run, first, OUTCOME_NOT_RUN);
    if (counts[OUTCOME_NOT_RUN] == run->count - first)
        return;
    printf("%-14s %5zu passed %5zu failed %5zu skipped", run->results[first].of->family, counts[OUTCOME_PASSED],
           counts[OUTCOME_FAILED] + counts[OUTCOME_UNEXPECTED], counts[OUTCOME_SKIPPED]);
    if (counts[OUTCOME_EXPECTED])
        printf(" %5zu failed as expected", counts[OUTCOME_EXPECTED]);
    printf("\n");
    fflush(stdout);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* How many random expressions, and how telling they were. */
static void json_tally(program *p, const tally *c)
{
    cJSON *json = cJSON_AddObjectToObject(p->json, "expressions");

    nsc_json_add_whole(json, "alone", c->expressions);
    nsc_json_add_whole(json, "together", c->together);
    nsc_json_add_whole(json, "maps", c->maps);
    nsc_json_add_whole(json, "programs_alone", c->built_alone);
    nsc_json_add_whole(json, "programs_together", c->built_together);
    nsc_json_add_whole(json, "values", c->values);
    cJSON_AddNumberToObject(json, "tight", percent(c->tight, c->values));
    cJSON_AddNumberToObject(json, "undecided", percent(c->torn, c->values));
}

static void print_counts(const size_t *counts, size_t count)
{
    const size_t failed = counts[OUTCOME_FAILED] + counts[OUTCOME_UNEXPECTED];

    printf("%zu cases: %s%zu passed%s, %s%zu failed%s, %zu skipped", count, nsc_green(stdout), counts[OUTCOME_PASSED],
           nsc_plain(stdout), failed ? nsc_red(stdout) : "", failed, failed ? nsc_plain(stdout) : "",
           counts[OUTCOME_SKIPPED]);
    if (counts[OUTCOME_EXPECTED])
        printf(", %zu failed as expected", counts[OUTCOME_EXPECTED]);
    if (counts[OUTCOME_NOT_RUN])
        printf(", %zu not run", counts[OUTCOME_NOT_RUN]);
    printf("\n");
}

void report_run(program *p, const test_run *run, const tally *c)
{
    if (p->form == FORM_JSON && c->expressions > 0 && !cJSON_GetObjectItemCaseSensitive(p->json, "expressions"))
        json_tally(p, c);
    if (p->form != FORM_TEXT)
        return;
    if (run->broken)
        printf("%s\n", run->results[run->count - 1].text);
    if (c->expressions > 0)
        printf("expressions: %llu alone, %llu of them also together, in %llu maps (%llu and %llu programs built); %llu "
               "values, %.1f %% tightly bounded, %.2f %% behind an undecided comparison\n",
               (unsigned long long)c->expressions, (unsigned long long)c->together, (unsigned long long)c->maps,
               (unsigned long long)c->built_alone, (unsigned long long)c->built_together, (unsigned long long)c->values,
               percent(c->tight, c->values), percent(c->torn, c->values));
    print_counts(run->counts, run->count);
}

static const char *verdict_of(const test_run *run)
{
    return run->problem ? (run->absent ? "not here" : "does not open") : is_bad(run) ? "failed" : "passed";
}

static void print_table(const program *p)
{
    nsc_table table = {.columns = 8};
    const char *const head[] = {"device",   "passed",  "failed",  "skipped",
                                "expected", "not run", "verdict", "what it is"};

    nsc_table_row(&table, head);
    for (size_t i = 0; i < p->run_count; i++) {
        const test_run *run = &p->runs[i];
        char numbers[5][24];
        const size_t counts[] = {
            run->counts[OUTCOME_PASSED], run->counts[OUTCOME_FAILED] + run->counts[OUTCOME_UNEXPECTED],
            run->counts[OUTCOME_SKIPPED], run->counts[OUTCOME_EXPECTED], run->counts[OUTCOME_NOT_RUN]};
        char *line = report_line(run->problem ? run->problem : run->device);

        for (int n = 0; n < 5; n++)
            snprintf(numbers[n], sizeof numbers[n], "%zu", counts[n]);
        const char *const cells[] = {run->title, numbers[0], numbers[1],      numbers[2],
                                     numbers[3], numbers[4], verdict_of(run), line ? line : ""};

        nsc_table_row(&table, cells);
        free(line);
    }
    printf("\n");
    nsc_table_print(&table, stdout, "");
}

static void json_end(program *p, const size_t *all)
{
    cJSON *runs = cJSON_AddArrayToObject(p->json, "runs");

    for (size_t i = 0; i < p->run_count; i++) {
        const test_run *run = &p->runs[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "run", run->title);
        cJSON_AddStringToObject(row, "verdict", verdict_of(run));
        nsc_json_add_text(row, "problem", run->problem);
        nsc_json_add_text(row, "device", run->device);
        nsc_json_add_whole(row, "passed", run->counts[OUTCOME_PASSED]);
        nsc_json_add_whole(row, "failed", run->counts[OUTCOME_FAILED] + run->counts[OUTCOME_UNEXPECTED]);
        cJSON_AddItemToArray(runs, row);
    }
    nsc_json_add_whole(p->json, "seed", p->seed);
    nsc_json_add_whole(p->json, "passed", all[OUTCOME_PASSED]);
    nsc_json_add_whole(p->json, "failed", all[OUTCOME_FAILED] + all[OUTCOME_UNEXPECTED]);
    nsc_json_add_whole(p->json, "skipped", all[OUTCOME_SKIPPED]);
    nsc_json_add_whole(p->json, "expected", all[OUTCOME_EXPECTED]);
    nsc_json_add_whole(p->json, "not_run", all[OUTCOME_NOT_RUN]);
}

void report_end(program *p)
{
    size_t all[OUTCOMES] = {0};

    for (size_t i = 0; i < p->run_count; i++) {
        const test_run *run = &p->runs[i];

        for (int o = 0; o < OUTCOMES; o++)
            all[o] += run->counts[o];
        if (run->problem && p->form == FORM_TAP)
            point(p, run, "opens", run->absent, run->absent ? "SKIP" : NULL, run->problem);
    }
    if (p->form == FORM_TAP)
        printf("1..%zu\n", p->points);
    else if (p->form == FORM_JSON)
        json_end(p, all);
    else if (p->run_count > 1 && !p->bench)
        print_table(p);
}
