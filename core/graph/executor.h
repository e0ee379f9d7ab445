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
} nsc_executor;

/* *refused_step is the index of a step whose optional kind the device turned down (the status is UNSUPPORTED then: plan
 * again without it), else SIZE_MAX. */
nsc_status nsc_executor_make(nsc_plan *plan, nsc_executor **executor, size_t *refused_step);
void nsc_executor_free(nsc_executor *executor);
/* Enqueues the whole run. Allocates, formats and looks up nothing. in and out are the plan's, already checked. */
nsc_status nsc_executor_run(nsc_executor *executor, const nsc_tensor *const *in, nsc_tensor *const *out);

#endif
