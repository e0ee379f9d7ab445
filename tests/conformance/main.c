/* SPDX-License-Identifier: Apache-2.0 */
/* nascent conformance: runs the cases on one device and reports. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"
#include "tools.h"

static const conformance_case *const tables[] = {cases_buffers, cases_map_operations, cases_map,      cases_expressions,
                                                 cases_reduce,  cases_gemm,           cases_epilogue, cases_random,
                                                 cases_life,    cases_parameters};
#define TABLES (sizeof tables / sizeof *tables)

typedef struct options {
    const char *backend, *only;
    uint64_t seed;
    unsigned expressions;
    bool list, json;
} options;

typedef struct counts {
    unsigned passed, failed, skipped;
} counts;

static void help(FILE *to)
{
    fprintf(to, "usage: nascent conformance --backend NAME[:device]|/abs/plugin.so [--only GLOB] [--seed N]\n"
                "                           [--expressions N] [--json]\n"
                "       nascent conformance --list\n"
                "  --backend  what to test, as in NASCENT_BACKEND\n"
                "  --only     cases whose family/name matches, for example 'gemm/*'\n"
                "  --seed     of the data (default 1)\n"
                "  --expressions  how many random expressions (default 1000)\n"
                "  --list     names the cases and runs none\n"
                "  --json     one JSON object on standard output instead of the table\n"
                "exit codes: 0 no case failed, 1 one did, 2 the command line is wrong, 77 the device is not here\n");
}

/* 1: go on. Else the exit code, negated, of what was already said. */
static int parse(int argc, char **argv, options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
            help(stdout);
            return NSC_TOOL_OK;
        }
        if (strcmp(name, "--list") == 0) {
            o->list = true;
            continue;
        }
        if (strcmp(name, "--json") == 0) {
            o->json = true;
            continue;
        }
        char *end = NULL;

        i++;
        if (value && strcmp(name, "--backend") == 0)
            o->backend = value;
        else if (value && strcmp(name, "--only") == 0)
            o->only = value;
        else if (value && *value && strcmp(name, "--seed") == 0 && (o->seed = strtoull(value, &end, 0), *end == 0))
            continue;
        else if (value && *value >= '0' && *value <= '9' && strcmp(name, "--expressions") == 0 &&
                 (o->expressions = (unsigned)strtoul(value, &end, 10), *end == 0))
            continue;
        else {
            fprintf(stderr, "nascent conformance: '%s' is not understood here\n", name);
            help(stderr);
            return -NSC_TOOL_USAGE;
        }
    }
    if (!o->list && !o->backend) {
        fprintf(stderr, "nascent conformance: say what to test with --backend\n");
        return -NSC_TOOL_USAGE;
    }
    return 1;
}

static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void report(const options *o, const target *t, bool first)
{
    static const char *const names[] = {"pass", "fail", "skip"};

    if (o->json) {
        printf("%s\n    {\"case\": \"%s\", \"verdict\": \"%s\", \"text\": ", first ? "" : ",", t->name,
               names[t->verdict]);
        print_json_text(t->text);
        printf("}");
    } else if (t->verdict == VERDICT_FAIL) {
        printf("FAIL %s: %s\n     again: nascent conformance --backend '%s' --only '%s' --seed %llu\n", t->name,
               t->text, o->backend, t->name, (unsigned long long)o->seed);
    } else if (t->verdict == VERDICT_SKIP) {
        printf("SKIP %s: %s\n", t->name, t->text);
    }
    fflush(stdout);
}

static void run_case(const options *o, target *t, const conformance_case *c, counts *count, bool first)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", c->family, c->name);
    t->name = name;
    t->verdict = VERDICT_PASS;
    t->text[0] = 0;
    c->run(t, c->number);
    end_case(t);
    *(t->verdict == VERDICT_PASS ? &count->passed : t->verdict == VERDICT_FAIL ? &count->failed : &count->skipped) += 1;
    report(o, t, first);
    t->name = NULL;
}

static bool wanted(const options *o, const conformance_case *c)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", c->family, c->name);
    return !o->only || fnmatch(o->only, name, 0) == 0;
}

static void print_family(const options *o, const char *family, counts c)
{
    if (!o->json && c.passed + c.failed + c.skipped > 0)
        printf("%-14s %5u passed %5u failed %5u skipped\n", family, c.passed, c.failed, c.skipped);
}

/* Every wanted case, a family after the other; the counts of all of them. */
static counts run_all(const options *o, target *t)
{
    counts all = {0}, family = {0};
    const char *name = "";
    bool stopped = false;

    for (size_t i = 0; i < TABLES && !stopped; i++) {
        for (const conformance_case *c = tables[i]; c->family && !stopped; c++) {
            if (strcmp(name, c->family) != 0) {
                print_family(o, name, family);
                family = (counts){0};
                stopped = strcmp(name, "buffers") == 0 && all.failed > 0;
                name = c->family;
            }
            if (stopped || !wanted(o, c))
                continue;
            counts before = family;

            run_case(o, t, c, &family, all.passed + all.failed + all.skipped == 0);
            all.passed += family.passed - before.passed;
            all.failed += family.failed - before.failed;
            all.skipped += family.skipped - before.skipped;
        }
    }
    if (!stopped)
        print_family(o, name, family);
    else if (!o->json)
        printf("buffers do not work, and all else relies on them: the rest was not run\n");
    return all;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* How many random expressions, and how telling they were. */
static void print_tally(const options *o, const target *t)
{
    const tally *c = &t->tally;
    const char *const form =
        o->json ? ", \"expressions\": {\"alone\": %llu, \"together\": %llu, \"maps\": %llu, \"programs_alone\": %llu, "
                  "\"programs_together\": %llu, \"values\": %llu, \"tight\": %.1f, \"undecided\": %.2f}"
                : "expressions: %llu alone, %llu of them also together, in %llu maps (%llu and %llu programs built); "
                  "%llu values, %.1f %% tightly bounded, %.2f %% behind an undecided comparison\n";

    if (c->expressions > 0)
        printf(form, (unsigned long long)c->expressions, (unsigned long long)c->together, (unsigned long long)c->maps,
               (unsigned long long)c->built_alone, (unsigned long long)c->built_together, (unsigned long long)c->values,
               percent(c->tight, c->values), percent(c->torn, c->values));
}

static void list(const options *o)
{
    for (size_t i = 0; i < TABLES; i++)
        for (const conformance_case *c = tables[i]; c->family; c++)
            if (wanted(o, c))
                printf("%s/%s\n", c->family, c->name);
}

int nsc_tool_conformance(int argc, char **argv)
{
    options o = {.seed = 1, .expressions = 1000};
    int parsed = parse(argc, argv, &o);

    if (parsed != 1)
        return -parsed;
    if (o.list) {
        list(&o);
        return NSC_TOOL_OK;
    }
    target t = {.backend = o.backend, .seed = o.seed, .expressions = o.expressions};
    nsc_status status = nsc_context_open(&t.context, o.backend);

    if (status != NSC_OK) {
        fprintf(stderr, "nascent conformance: %s\n", nsc_last_error(NULL));
        return status == NSC_UNAVAILABLE ? NSC_TOOL_UNAVAILABLE
               : status == NSC_INVALID   ? NSC_TOOL_USAGE
                                         : NSC_TOOL_FAILED;
    }
    const nsc_device_info *device = nsc_context_device(t.context);

    if (o.json) {
        printf("{\"backend\": ");
        print_json_text(device->backend);
        printf(", \"device\": ");
        print_json_text(device->name);
        printf(", \"seed\": %llu, \"cases\": [", (unsigned long long)o.seed);
    } else {
        printf("%s:%u '%s', driver %s, seed %llu\n", device->backend, device->index, device->name, device->driver,
               (unsigned long long)o.seed);
    }
    counts all = run_all(&o, &t);
    unsigned total = all.passed + all.failed + all.skipped;

    if (o.json)
        printf("],\n \"passed\": %u, \"failed\": %u, \"skipped\": %u", all.passed, all.failed, all.skipped);
    print_tally(&o, &t);
    if (o.json)
        printf("}\n");
    else
        printf("%u cases: %u passed, %u failed, %u skipped\n", total, all.passed, all.failed, all.skipped);
    if (nsc_context_close(t.context) != NSC_OK) {
        fprintf(stderr, "nascent conformance: closing failed: %s\n", nsc_last_error(t.context));
        return NSC_TOOL_FAILED;
    }
    if (total == 0) {
        fprintf(stderr, "nascent conformance: no case matches '%s'; --list names them\n", o.only ? o.only : "");
        return NSC_TOOL_USAGE;
    }
    return all.failed ? NSC_TOOL_FAILED : NSC_TOOL_OK;
}
