/* SPDX-License-Identifier: Apache-2.0 */
/* One call after the other with its nth chance to fail taken, until none is left. */
#ifndef TESTS_FAULTS_SCENARIO_H
#define TESTS_FAULTS_SCENARIO_H

#include "world.h"

/* A way to fail. */
typedef struct fault {
    const char *name;
    void (*arm)(long n); /* the nth chance from now on; 0: none */
    bool (*hit)(void);   /* has it come? */
    nsc_status answer;   /* what a call must then say */
    const char *words;   /* in its text, or NULL */
} fault;

typedef struct scenario {
    const char *name;
    void (*prepare)(world *w); /* never disturbed */
    nsc_status (*act)(world *w);
    nsc_status want; /* of an undisturbed act */
} scenario;

/* For n = 1, 2, ...: a fresh world in which the nth chance fails. If the call says so, it says it clearly, the world is
 * as before, and the next try ends like an undisturbed one; else it ends like one at once. */
void scenario_run(world *w, const scenario *one, const fault *by);
/* All of them with each fault; prints how often it failed. */
void scenario_run_all(world *w, const scenario *scenarios, size_t count, const fault *faults, size_t fault_count);

#endif
