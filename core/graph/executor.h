/* SPDX-License-Identifier: Apache-2.0 */
/* An executor: a plan with its arena, its prepared steps and what they are bound to. One thread uses it at a time. */
#ifndef NSC_CORE_GRAPH_EXECUTOR_H
#define NSC_CORE_GRAPH_EXECUTOR_H

#include "core/graph/plan.h"

/* A binding that changes with every run. */
typedef struct nsc_patch {
    nsc_backend_binding *binding;
    bool output;
    uint32_t index;
} nsc_patch;

typedef struct nsc_executor {
    struct nsc_executor *next; /* idle list of the plan */
    nsc_plan *plan;
    nsc_memory *memory;
    nsc_backend_step **steps;
    nsc_launch *launches;
    nsc_backend_binding *bindings;
    nsc_patch *patches;
    size_t patch_count;
    float (*streams)[2]; /* of plan->randoms, as the device takes them */
    float *drawn;        /* room for what the host draws; NULL: it draws nothing */
} nsc_executor;

/* What the random numbers of one run are a function of, beside their keys. */
typedef struct nsc_random_at {
    uint64_t seed, step;
} nsc_random_at;
/* The stream of the generator, whose seed is 0: the finaliser of SplitMix64 (Steele, Lea, Flood 2014) spreads seed and
 * step over all bits. */
uint64_t nsc_random_stream(nsc_random_at at, uint64_t key);

/* Takes the plan's steps (core/graph/settle.h), also when it fails. */
nsc_status nsc_executor_make(nsc_plan *plan, nsc_backend_step **steps, nsc_executor **executor);
void nsc_executor_free(nsc_executor *executor);
/* Enqueues the whole run. Allocates, formats and looks up nothing. in and out are the plan's, already checked; at counts
 * where the plan draws random numbers. */
nsc_status nsc_executor_run(nsc_executor *executor, const nsc_tensor *const *in, nsc_tensor *const *out,
                            nsc_random_at at);

#endif
