/* SPDX-License-Identifier: Apache-2.0 */
/* Initialisers: checks when they are requested, and the filling of tensors, on the device wherever it can. */
#ifndef NSC_CORE_PARAM_INITIALIZER_H
#define NSC_CORE_PARAM_INITIALIZER_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/parameter.h>

typedef struct nsc_fill_job {
    nsc_tensor *tensor; /* float32 */
    const nsc_initializer *init;
    const char *path;
    uint64_t seed, stream, first;
} nsc_fill_job;

/* false, and why, for an initialiser that can fill nothing. NSC_INIT_DEFAULT is legal. */
bool nsc_initializer_valid(const nsc_initializer *init, char *text, size_t capacity);

/* Whether it can fill a parameter of which this much is known: rank -1 or dims[i] -1 are unknown, and pass. false: text
 * names what does not fit and what to do. `init` is valid; fans may be NULL (the common layout). */
bool nsc_initializer_suits(const nsc_initializer *init, nsc_role role, int rank, const int64_t *dims,
                           const nsc_fans *fans, char *text, size_t capacity);

/* Fills all of them; enqueues without waiting, callbacks run now. All jobs' programs are built at once. */
nsc_status nsc_fill_tensors(nsc_context *context, const nsc_fill_job *jobs, size_t count);

#endif
