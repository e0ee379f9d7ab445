/* SPDX-License-Identifier: Apache-2.0 */
/* nascent conformance: runs the cases on one device, or on all, and reports. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "program.h"
#include "progress.h"
#include "say.h"

enum { BACKEND, ALL, ONLY, EXPECT, NATIVE, COMPOSED, BOTH, SEED, EXPRESSIONS, LIST, BENCH, TAP, JUNIT, JSON };

/* The first two of these options that are given together. 0: said. */
static int exclusive(const nsc_arguments *arguments, const size_t *options, size_t count)
{
    const char *first = NULL;

    for (size_t i = 0; i < count; i++) {
        const char *name = arguments->command->options[options[i]].name;

        if (!nsc_is_given(arguments, options[i]))
            continue;
        if (first)
            return nsc_say_usage("--%s and --%s exclude each other; give one", first, name), 0;
        first = name;
    }
    return 1;
}

/* 0: said. */
static int check(const nsc_arguments *arguments)
{
    static const size_t targets[] = {BACKEND, ALL}, modes[] = {NATIVE, COMPOSED, BOTH}, forms[] = {TAP, JSON};
    static const size_t verdicts[] = {TAP, JUNIT, EXPECT};

    if (!exclusive(arguments, targets, 2) || !exclusive(arguments, modes, 3) || !exclusive(arguments, forms, 2))
        return 0;
    for (size_t i = 0; i < 3; i++) { /* what gives no verdict has none to write or to expect */
        const size_t with_list[] = {LIST, verdicts[i]}, with_bench[] = {BENCH, verdicts[i]};

        if (!exclusive(arguments, with_list, 2) || !exclusive(arguments, with_bench, 2))
            return 0;
    }
    if (!nsc_is_given(arguments, LIST) && !nsc_is_given(arguments, BACKEND) && !nsc_is_given(arguments, ALL))
        return nsc_say_usage(
                   "--backend is missing; give --backend CHOICE, what to test, as in NASCENT_BACKEND, or --all"),
               0;
    return 1;
}

static int list(program *p)
{
    for (size_t i = 0; i < p->list.count; i++)
        if (p->form == FORM_JSON)
            cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(p->json, "cases"),
                                 cJSON_CreateString(p->list.cases[i].name));
        else
            printf("%s\n", p->list.cases[i].name);
    if (p->form == FORM_JSON)
        nsc_json_add_whole(p->json, "count", p->list.count);
    return NSC_EXIT_OK;
}

static int find_targets(program *p, const nsc_arguments *arguments)
{
    static const char *const as_it_is[] = {NULL}, *const both[] = {"native", "composed"};
    const char *const *modes = nsc_is_given(arguments, NATIVE) || nsc_is_given(arguments, BOTH) ? both
                               : nsc_is_given(arguments, COMPOSED)                              ? both + 1
                                                                                                : as_it_is;
    const size_t count = nsc_is_given(arguments, BOTH) ? 2 : 1;

    return nsc_is_given(arguments, ALL) ? targets_all(p, modes, count)
                                        : targets_one(p, nsc_text_given(arguments, BACKEND), modes, count);
}

/* The one device that was asked for does not open: nothing is printed but why. */
static int refuse(const nsc_context_options *choice)
{
    nsc_context *context = NULL;
    const nsc_status status = nsc_context_create(&context, choice, sizeof *choice);

    if (status == NSC_OK)
        return nsc_context_close(context), NSC_EXIT_OK;
    nsc_say_refused("nascent devices lists what can be tested");
    return status == NSC_UNAVAILABLE ? NSC_EXIT_UNAVAILABLE : status == NSC_INVALID ? NSC_EXIT_USAGE : NSC_EXIT_FAILED;
}

static int test(program *p, const char *junit, bool all)
{
    int code = NSC_EXIT_OK;

    if (!all && (code = refuse(&(nsc_context_options){.backend = p->runs[0].choice, .compose = p->runs[0].compose})))
        return code;
    for (size_t i = 0; i < p->run_count; i++) {
        test_run *run = &p->runs[i];

        if (!run->problem)
            run_device(p, run);
        if (is_bad(run))
            code = NSC_EXIT_FAILED;
        if (run->problem && !all)
            nsc_say_failed("%s: %s; this is a fault of the device, or of nascent: please report it", run->title,
                           run->problem);
    }
    nsc_progress_end();
    report_end(p);
    const int written = junit ? junit_write(p, junit) : NSC_EXIT_OK;

    return code != NSC_EXIT_OK ? code : written;
}

/* *answered: there is something to be printed, whatever the exit code. */
static int work(program *p, const nsc_arguments *arguments, bool *answered)
{
    const char *only = nsc_text_given(arguments, ONLY), *expect = nsc_text_given(arguments, EXPECT);
    const char *junit = nsc_text_given(arguments, JUNIT);
    int code;

    if (!list_cases(&p->list, only))
        return nsc_say_failed("no memory for the list of cases; free some");
    if (p->list.count == 0)
        return nsc_say_usage("--only %s: no case matches; nascent conformance --list names them", only);
    if (nsc_is_given(arguments, LIST)) {
        *answered = true;
        return list(p);
    }
    if (junit && !nsc_say_writable("junit", junit))
        return NSC_EXIT_FAILED;
    if ((code = expect_read(p, expect)) != NSC_EXIT_OK)
        return code;
    if ((code = find_targets(p, arguments)) != NSC_EXIT_OK)
        return code;
    code = test(p, junit, nsc_is_given(arguments, ALL));
    for (size_t i = 0; i < p->run_count; i++)
        *answered |= p->runs[i].device != NULL || nsc_is_given(arguments, ALL);
    return code;
}

static int run_command(const nsc_arguments *arguments)
{
    program p = {.seed = nsc_whole_given(arguments, SEED),
                 .expressions = (unsigned)nsc_whole_given(arguments, EXPRESSIONS),
                 .bench = nsc_is_given(arguments, BENCH),
                 .form = nsc_is_given(arguments, JSON)  ? FORM_JSON
                         : nsc_is_given(arguments, TAP) ? FORM_TAP
                                                        : FORM_TEXT};
    bool answered = false;

    if (!check(arguments))
        return NSC_EXIT_USAGE;
    if (p.form == FORM_JSON) {
        p.json = nsc_json_new();
        cJSON_AddArrayToObject(p.json, "cases");
    }
    int code = work(&p, arguments, &answered);

    targets_free(&p);
    expect_free(&p.expected);
    list_free(&p.list);
    const int printed = answered && p.json ? nsc_json_print(p.json) : NSC_EXIT_OK;

    if (!answered)
        cJSON_Delete(p.json);
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
                                 "path of a plug-in; required, except with --all and --list"},
            [ALL] = {.name = "all", .help = "every backend and device that is here, and a table of them at the end"},
            [ONLY] = {.name = "only",
                      .argument = "GLOB",
                      .kind = NSC_OPTION_TEXT,
                      .help = "the cases whose family/name matches, for example 'gemm/*'; several with commas "
                              "between them"},
            [EXPECT] = {.name = "expect",
                        .argument = "FILE",
                        .kind = NSC_OPTION_FILE,
                        .help = "failures that are expected, in lines GLOB reason; one that passes is a failure; "
                                "if not given, what is known of the implementations"},
            [NATIVE] = {.name = "native", .help = "with all that the device offers, whatever NASCENT_COMPOSE says"},
            [COMPOSED] = {.name = "composed", .help = "every optional kind is refused and composed"},
            [BOTH] = {.name = "both", .help = "native, then composed"},
            [SEED] = {.name = "seed",
                      .argument = "N",
                      .kind = NSC_OPTION_WHOLE,
                      .initial = 1,
                      .help = "of the data, a whole number below 2^64; 1 if not given"},
            [EXPRESSIONS] = {.name = "expressions",
                             .argument = "N",
                             .kind = NSC_OPTION_WHOLE,
                             .high = 1000000,
                             .initial = 1000,
                             .help = "how many random expressions, at most 1000000; 1000 if not given"},
            [LIST] = {.name = "list", .help = "name the cases and run none"},
            [BENCH] = {.name = "bench", .help = "rates of the operations instead of the cases, beside the reference"},
            [TAP] = {.name = "tap", .help = "TAP 13 on standard output, and nothing else there"},
            [JUNIT] = {.name = "junit",
                       .argument = "FILE",
                       .kind = NSC_OPTION_FILE,
                       .help = "writes the verdicts there as JUnit XML too"},
            [JSON] = NSC_JSON_OPTION,
            {.name = NULL}},
    .examples =
        (const nsc_example[]){
            {"nascent conformance --backend reference", "every case on the reference"},
            {"nascent conformance --backend reference --only 'gemm/*' --json", "the products alone, for a program"},
            {"nascent conformance --backend reference --only 'softmax/*' --both", "one family, natively and composed"},
            {"nascent conformance --list", "what there is to test"},
            {NULL, NULL}},
    .done = "no case failed",
    .failed = "a case failed, or a device could not be opened",
    .unavailable = "the device is not on this machine",
    .uses_device = 1,
    .run = run_command,
};
