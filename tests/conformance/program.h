/* SPDX-License-Identifier: Apache-2.0 */
/* What the program does with the cases: which devices, what is expected, and how it is told. */
#ifndef NASCENT_CONFORMANCE_PROGRAM_H
#define NASCENT_CONFORMANCE_PROGRAM_H

#include <cjson/cJSON.h>

#include "list.h"

/* What became of a case. */
typedef enum outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,
    OUTCOME_SKIPPED,
    OUTCOME_EXPECTED,   /* failed, as --expect says */
    OUTCOME_UNEXPECTED, /* passed, and --expect says that it fails: as bad as a failure */
    OUTCOME_NOT_RUN,    /* what it relies on had failed, or --expect leaves it out */
    OUTCOMES
} outcome;

typedef struct result {
    const listed_case *of;
    outcome outcome;
    char *text; /* NULL: there is nothing to say */
    double seconds;
} result;

/* All cases on one device in one mode. */
typedef struct test_run {
    char *choice, *title; /* as in --backend; "opencl:0 native" */
    const char *compose;
    char *problem; /* why there are no results: the device does not open */
    bool absent;   /* because it is not on this machine */
    size_t counts[OUTCOMES];
    result *results; /* room for every case */
    size_t count;
    char *device;       /* "'name', driver ..." once it is open */
    const char *broken; /* the family that failed, on which the rest relies */
} test_run;

typedef enum form { FORM_TEXT, FORM_TAP, FORM_JSON } form;

typedef struct expectation {
    enum { EXPECT_FAIL, EXPECT_MAYBE, EXPECT_LEFT_OUT } kind;
    char *glob, *reason;
} expectation;

typedef struct expectations {
    expectation *rows;
    size_t count;
} expectations;

typedef struct program {
    case_list list;
    expectations expected;
    uint64_t seed;
    unsigned expressions; /* how many random ones are wanted */
    const char *mode;     /* the option that a repetition needs, with a space before it, or "" */
    form form;
    bool bench;
    test_run *runs;
    size_t run_count;
    size_t points; /* of TAP so far */
    cJSON *json;   /* with --json */
    tally tally;   /* of all runs */
} program;

/* expect.c: the file of --expect, NULL: known.c. The exit code; what is wrong with it was said. */
int expect_read(program *p, const char *file);
/* What is expected of this case on a device; NULL: that it passes. */
const expectation *expect_find(const program *p, const nsc_device_info *device, const char *name);
void expect_free(expectations *e);
/* known.c: lines as in a file of --expect. */
extern const char expect_known[];

/* targets.c: the devices and modes to be tested. The exit code. */
int targets_one(program *p, const char *backend, const char *const *modes, size_t mode_count);
int targets_all(program *p, const char *const *modes, size_t mode_count);
void targets_free(program *p);
bool is_bad(const test_run *run);

/* run.c: all cases on one device. */
void run_device(program *p, test_run *run);

/* report.c: what is told while it goes on, and at its end. */
void report_opened(program *p, test_run *run, nsc_context *context);
void report_case(program *p, const test_run *run, const result *r);
void report_family(const program *p, const test_run *run, size_t first);
void report_run(program *p, const test_run *run, const tally *t);
void report_end(program *p);
/* In one line, without control characters; freed by the caller. */
char *report_line(const char *text);
/* junit.c. The exit code. */
int junit_write(const program *p, const char *file);

/* bench.c: rates of the operations; never a verdict, but for what fails. */
void bench_device(program *p, test_run *run, target *t);

#endif
