/* SPDX-License-Identifier: Apache-2.0 */
/* One life of a net on a device, from open to close, in steps that a fault may strike. */
#ifndef TESTS_FAULTS_LIFE_H
#define TESTS_FAULTS_LIFE_H

#include <stdbool.h>

#include <nascent/device.h>
#include <nascent/nascent.h>

enum { LIFE_ROWS = 3, LIFE_WIDTH = 5, LIFE_OUTPUTS = 4, LIFE_RESULT = LIFE_ROWS * LIFE_OUTPUTS, LIFE_RESULTS = 4 };

/* Where it is lived. */
typedef struct life_place {
    const char *backend, *compose, *cache_dir; /* of nsc_context_options */
    bool blast; /* with a product that is large enough for the indirect path of CLBlast */
} life_place;

/* How it may go wrong: strike arms the fault, struck tells whether it came, check is given what a step said then: NULL, or
 * what is wrong with that. */
typedef struct life_fault {
    const char *name;
    void *user;
    void (*strike)(void *user);
    bool (*struck)(void *user);
    void (*disarm)(void *user);
    const char *(*check)(void *user, nsc_status status, const char *text);
} life_fault;

typedef struct life_outcome {
    const char *where; /* the step in which it struck, "close" behind the last; NULL: it did not */
    bool noticed;      /* a step failed */
    bool warned;       /* the log had a warning */
    bool lost;         /* the device; the life ended there */
    float results[LIFE_RESULTS][LIFE_RESULT]; /* of the forwards and the single operation, but for a lost device */
} life_outcome;

/* Lives once; by NULL: undisturbed. Asserts that a step that fails does so with a reason that fits, that every parameter is
 * in a legal state then, that the step can be done again (unless the device is lost, when everything can be released and
 * closed), and that nothing is left at the end. */
void life_live(const life_place *place, const life_fault *by, life_outcome *outcome);
/* The results of two lives are the same, but for bound; those of a lost device are not compared. */
void life_check_results(const life_outcome *got, const life_outcome *whole, float bound, const char *name);

#endif
