/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NSC_CORE_GRAPH_PLAN_VIEW_H
#define NSC_CORE_GRAPH_PLAN_VIEW_H

#include <nascent/plan.h>

#include "core/graph/plan.h"

struct nsc_plan_view {
    nsc_context *context;
    nsc_plan *plan;
    nsc_arena arena; /* of everything below */
    nsc_plan_info info;
    nsc_step_info *steps;
    nsc_storage_info *storages;
};

/* Fills what a plan is asked for (plan_tell.c). false: no host memory. */
bool nsc_plan_view_tell(nsc_plan_view *view, const nsc_trace *trace);

#endif
