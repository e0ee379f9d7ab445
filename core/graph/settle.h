/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that its device takes, with its steps prepared. */
#ifndef NSC_CORE_GRAPH_SETTLE_H
#define NSC_CORE_GRAPH_SETTLE_H

#include "core/graph/plan.h"

/* Plans; where the device turns a fused form down, again without that one. *steps are the plan's, prepared. */
nsc_status nsc_plan_settle(nsc_context *context, nsc_trace *trace, nsc_plan **plan, nsc_backend_step ***steps);

/* The steps of a plan once more, for another executor. */
nsc_status nsc_steps_prepare(const nsc_plan *plan, nsc_backend_step ***steps);
/* NULL is allowed. */
void nsc_steps_release(const nsc_plan *plan, nsc_backend_step **steps);

#endif
