/* SPDX-License-Identifier: Apache-2.0 */
/* nascent conformance: runs the cases on one device and reports. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "conformance.h"
#include "json.h"
#include "model.h"
#include "progress.h"
#include "say.h"
#include "terminal.h"

static const conformance_case *const tables[] = {cases_buffers, cases_map_operations, cases_map,      cases_expressions,
                                                 cases_reduce,  cases_gemm,           cases_epilogue, cases_random,
                                                 cases_gather,  cases_softmax,        cases_life,     cases_parameters};
#define TABLES (sizeof tables / sizeof *tables)

enum { BACKEND, ONLY, SEED, EXPRESSIONS, LIST, JSON };

typedef struct options {
    const char *backend, *only;
    uint64_t seed;
    unsigned expressions;
    cJSON *cases;    /* NULL: not --json */
    unsigned wanted; /* cases */
    bool answered;   /* there is something to be printed, whatever the exit code */
} options;

typedef struct counts {
    unsigned passed, failed, skipped;
} counts;

static void report(const options *o, const target *t)
{
    static const char *const names[] = {"pass", "fail", "skip"};

    if (o->cases) {
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "case", t->name);
        cJSON_AddStringToObject(row, "verdict", names[t->verdict]);
        cJSON_AddStringToObject(row, "text", t->text);
        cJSON_AddItemToArray(o->cases, row);
        return;
    }
    if (t->verdict == VERDICT_PASS)
        return;
    nsc_progress_end();
    if (t->verdict == VERDICT_FAIL)
        printf("%sFAIL%s %s: %s\n     again: nascent conformance --backend '%s' --only '%s' --seed %llu\n",
               nsc_red(stdout), nsc_plain(stdout), t->name, t->text, o->backend, t->name, (unsigned long long)o->seed);
    else
        printf("SKIP %s: %s\n", t->name, t->text);
    fflush(stdout);
}

static void run_case(const options *o, target *t, const conformance_case *c, counts *count, unsigned number)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", c->family, c->name);
    nsc_progress("case %u of %u: %s", number, o->wanted, name);
    t->name = name;
    t->verdict = VERDICT_PASS;
    t->text[0] = 0;
    c->run(t, c->number);
    end_case(t);
    *(t->verdict == VERDICT_PASS ? &count->passed : t->verdict == VERDICT_FAIL ? &count->failed : &count->skipped) += 1;
    report(o, t);
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
    if (o->cases || c.passed + c.failed + c.skipped == 0)
        return;
    nsc_progress_end();
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

            run_case(o, t, c, &family, all.passed + all.failed + all.skipped + 1);
            all.passed += family.passed - before.passed;
            all.failed += family.failed - before.failed;
            all.skipped += family.skipped - before.skipped;
        }
    }
    if (!stopped)
        print_family(o, name, family);
    else if (!o->cases)
        printf("buffers do not work, and all else relies on them: the rest was not run\n");
    return all;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* How many random expressions, and how telling they were. */
static void print_tally(const options *o, cJSON *whole, const tally *c)
{
    cJSON *json = o->cases && c->expressions > 0 ? cJSON_AddObjectToObject(whole, "expressions") : NULL;

    if (json) {
        nsc_json_add_whole(json, "alone", c->expressions);
        nsc_json_add_whole(json, "together", c->together);
        nsc_json_add_whole(json, "maps", c->maps);
        nsc_json_add_whole(json, "programs_alone", c->built_alone);
        nsc_json_add_whole(json, "programs_together", c->built_together);
        nsc_json_add_whole(json, "values", c->values);
        cJSON_AddNumberToObject(json, "tight", percent(c->tight, c->values));
        cJSON_AddNumberToObject(json, "undecided", percent(c->torn, c->values));
    } else if (c->expressions > 0) {
        printf("expressions: %llu alone, %llu of them also together, in %llu maps (%llu and %llu programs built); %llu "
               "values, "
               "%.1f %% tightly bounded, %.2f %% behind an undecided comparison\n",
               (unsigned long long)c->expressions, (unsigned long long)c->together, (unsigned long long)c->maps,
               (unsigned long long)c->built_alone, (unsigned long long)c->built_together, (unsigned long long)c->values,
               percent(c->tight, c->values), percent(c->torn, c->values));
    }
}

static int no_case(const options *o)
{
    return nsc_say_usage("--only %s: no case matches; nascent conformance --list names them", o->only);
}

static unsigned count_wanted(const options *o)
{
    unsigned count = 0;

    for (size_t i = 0; i < TABLES; i++)
        for (const conformance_case *c = tables[i]; c->family; c++)
            count += wanted(o, c);
    return count;
}

static void list(options *o)
{
    o->answered = true;
    for (size_t i = 0; i < TABLES; i++)
        for (const conformance_case *c = tables[i]; c->family; c++) {
            char name[128];

            snprintf(name, sizeof name, "%s/%s", c->family, c->name);
            if (wanted(o, c) && o->cases)
                cJSON_AddItemToArray(o->cases, cJSON_CreateString(name));
            else if (wanted(o, c))
                printf("%s\n", name);
        }
}

static void print_counts(const options *o, cJSON *whole, counts all)
{
    if (!o->cases) {
        printf("%u cases: %s%u passed%s, %s%u failed%s, %u skipped\n", all.passed + all.failed + all.skipped,
               nsc_green(stdout), all.passed, nsc_plain(stdout), all.failed ? nsc_red(stdout) : "", all.failed,
               all.failed ? nsc_plain(stdout) : "", all.skipped);
        return;
    }
    nsc_json_add_whole(whole, "passed", all.passed);
    nsc_json_add_whole(whole, "failed", all.failed);
    nsc_json_add_whole(whole, "skipped", all.skipped);
}

/* The wanted cases on an open device. The exit code. */
static int test_device(options *o, target *t, cJSON *whole)
{
    const nsc_device_info *device = nsc_context_device(t->context);

    if (o->cases) {
        nsc_json_add_device(whole, t->context);
        nsc_json_add_whole(whole, "seed", o->seed);
    } else {
        printf("%s:%u '%s', driver %s, seed %llu\n", device->backend, device->index, device->name, device->driver,
               (unsigned long long)o->seed);
    }
    counts all = run_all(o, t);

    nsc_progress_end();
    print_tally(o, whole, &t->tally);
    print_counts(o, whole, all);
    o->answered = true;
    return all.failed ? NSC_EXIT_FAILED : NSC_EXIT_OK;
}

static int open_and_test(options *o, cJSON *whole)
{
    target t = {.backend = o->backend, .seed = o->seed, .expressions = o->expressions};
    const nsc_context_options choice = {.backend = o->backend};
    const nsc_status status = nsc_context_create(&t.context, &choice, sizeof choice);

    if (status != NSC_OK) {
        nsc_say_refused("nascent devices lists what can be tested");
        return status == NSC_UNAVAILABLE ? NSC_EXIT_UNAVAILABLE
               : status == NSC_INVALID   ? NSC_EXIT_USAGE
                                         : NSC_EXIT_FAILED;
    }
    int code = test_device(o, &t, whole);

    if (nsc_context_close(t.context) != NSC_OK)
        code = nsc_say_refused("this is a fault of the device, or of nascent; please report it");
    return code;
}

static int run_command(const nsc_arguments *arguments)
{
    cJSON *whole = nsc_is_given(arguments, JSON) ? nsc_json_new() : NULL;
    options o = {.backend = nsc_text_given(arguments, BACKEND),
                 .only = nsc_text_given(arguments, ONLY),
                 .seed = nsc_whole_given(arguments, SEED),
                 .expressions = (unsigned)nsc_whole_given(arguments, EXPRESSIONS),
                 .cases = whole ? cJSON_AddArrayToObject(whole, "cases") : NULL};
    int code = NSC_EXIT_OK;

    o.wanted = count_wanted(&o);
    if (!nsc_is_given(arguments, LIST) && !o.backend)
        code = nsc_say_usage("--backend is missing; give --backend CHOICE, what to test, as in NASCENT_BACKEND");
    else if (nsc_whole_given(arguments, EXPRESSIONS) > 1000000)
        code = nsc_say_usage("--expressions: 1000000 are the most");
    else if (o.wanted == 0)
        code = no_case(&o);
    else if (nsc_is_given(arguments, LIST))
        list(&o);
    else
        code = open_and_test(&o, whole);
    const int printed = o.answered && whole ? nsc_json_print(whole) : NSC_EXIT_OK;

    if (!o.answered)
        cJSON_Delete(whole);
    return printed != NSC_EXIT_OK ? printed : code;
}

const nsc_command nsc_command_conformance = {
    .name = "conformance",
    .purpose = "test a backend on a device against double precision",
    .description =
        "Runs the same cases on any device and compares with a reference in double precision on the host, within "
        "bounds that follow from each operation (docs/conformance.md). A case that fails prints the command that "
        "repeats it.",
    .operands = (const nsc_operand[]){{.name = NULL}},
    .options =
        (const nsc_option[]){
            [BACKEND] = {.name = "backend",
                         .argument = "CHOICE",
                         .kind = NSC_OPTION_TEXT,
                         .help = "what to test, as in NASCENT_BACKEND: a name, or the absolute "
                                 "path of a plug-in; required, except with --list"},
            [ONLY] = {.name = "only",
                      .argument = "GLOB",
                      .kind = NSC_OPTION_TEXT,
                      .help = "the cases whose family/name matches, for example 'gemm/*'"},
            [SEED] = {.name = "seed",
                      .argument = "N",
                      .kind = NSC_OPTION_WHOLE,
                      .initial = 1,
                      .help = "of the data, a whole number below 2^64; 1 if not given"},
            [EXPRESSIONS] = {.name = "expressions",
                             .argument = "N",
                             .kind = NSC_OPTION_WHOLE,
                             .initial = 1000,
                             .help = "how many random expressions, at most 1000000; 1000 if not given"},
            [LIST] = {.name = "list", .help = "name the cases and run none"},
            [JSON] = NSC_JSON_OPTION,
            {.name = NULL}},
    .examples = (const nsc_example[]){{"nascent conformance --backend reference", "every case on the reference"},
                                      {"nascent conformance --backend reference --only 'gemm/*' --json",
                                       "the products alone, for a program"},
                                      {"nascent conformance --list", "what there is to test"},
                                      {NULL, NULL}},
    .done = "no case failed",
    .failed = "a case failed, or the device could not be opened",
    .unavailable = "the device is not on this machine",
    .uses_device = 1,
    .run = run_command,
};
