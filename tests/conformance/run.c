/* SPDX-License-Identifier: Apache-2.0 */
/* All cases on one device, in order. When one that the harness relies on fails, the rest is not run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "program.h"
#include "progress.h"

static double now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* What a verdict comes to, given what was expected. */
static void judge(result *r, const target *t, const expectation *expected)
{
    static const outcome plain[] = {
        [VERDICT_PASS] = OUTCOME_PASSED, [VERDICT_FAIL] = OUTCOME_FAILED, [VERDICT_SKIP] = OUTCOME_SKIPPED};
    char text[sizeof t->text + 256];

    r->outcome = plain[t->verdict];
    if (expected && expected->kind == EXPECT_FAIL && t->verdict == VERDICT_PASS) {
        r->outcome = OUTCOME_UNEXPECTED;
        snprintf(text, sizeof text, "expected to fail and passed; take it from the file of --expect: %s",
                 expected->reason);
    } else if (expected && t->verdict == VERDICT_FAIL) {
        r->outcome = OUTCOME_EXPECTED;
        snprintf(text, sizeof text, "%s: %s", expected->reason, t->text);
    } else {
        snprintf(text, sizeof text, "%s", t->text);
    }
    r->text = text[0] ? strdup(text) : NULL;
}

static void leave_out(program *p, test_run *run, const listed_case *c, const char *text)
{
    result *r = &run->results[run->count++];

    *r = (result){.of = c, .outcome = OUTCOME_NOT_RUN, .text = strdup(text)};
    run->counts[r->outcome]++;
    report_case(p, run, r);
}

static void run_case(program *p, test_run *run, target *t, const listed_case *c)
{
    const expectation *expected = expect_find(p, nsc_context_device(t->context), c->name);
    const double begin = now();

    if (expected && expected->kind == EXPECT_LEFT_OUT) {
        leave_out(p, run, c, expected->reason);
        return;
    }
    result *r = &run->results[run->count++];

    nsc_progress("case %zu of %zu%s%s: %s", run->count, p->list.count, p->run_count > 1 ? " on " : "",
                 p->run_count > 1 ? run->title : "", c->name);
    t->name = c->name;
    t->verdict = VERDICT_PASS;
    t->text[0] = 0;
    list_run(t, c);
    end_case(t);
    t->name = NULL;
    *r = (result){.of = c, .seconds = now() - begin};
    judge(r, t, expected);
    run->counts[r->outcome]++;
    report_case(p, run, r);
}

static void run_cases(program *p, test_run *run, target *t)
{
    char text[160];
    size_t first = 0;

    for (size_t i = 0; i < p->list.count; i++) {
        const listed_case *c = &p->list.cases[i];

        if (i > 0 && strcmp(c->family, p->list.cases[i - 1].family) != 0) {
            report_family(p, run, first);
            first = run->count;
            if (!run->broken && p->list.cases[i - 1].relied_on && run->counts[OUTCOME_FAILED] > 0)
                run->broken = p->list.cases[i - 1].family;
        }
        if (run->broken) {
            snprintf(text, sizeof text, "not run: %s does not work, and all else relies on it", run->broken);
            leave_out(p, run, c, text);
        } else {
            run_case(p, run, t, c);
        }
    }
    report_family(p, run, first);
    nsc_progress_end();
}

void run_device(program *p, test_run *run)
{
    target t = {.backend = run->choice, .compose = run->compose, .seed = p->seed, .expressions = p->expressions};
    const nsc_context_options options = {.backend = run->choice, .compose = run->compose};
    const nsc_status status = nsc_context_create(&t.context, &options, sizeof options);

    if (status != NSC_OK) {
        run->problem = strdup(nsc_last_error(NULL));
        run->absent = status == NSC_UNAVAILABLE;
        return;
    }
    report_opened(p, run, t.context);
    if (p->bench) {
        bench_device(p, run, &t);
    } else {
        run_cases(p, run, &t);
        report_run(p, run, &t.tally);
    }
    if (nsc_context_close(t.context) != NSC_OK)
        run->problem = strdup(nsc_last_error(NULL));
}
