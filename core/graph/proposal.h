/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NSC_CORE_GRAPH_PROPOSAL_H
#define NSC_CORE_GRAPH_PROPOSAL_H

#include <nascent/plan.h>

#include "core/graph/trace.h"

struct nsc_proposal {
    nsc_block *net; /* counted: the trace points into it */
    nsc_trace *trace;
    nsc_node_info *nodes; /* in the trace's memory; NULL: nobody asked for one yet */
};

/* The sizes of a parameter, as far as they are known; the rank. */
int nsc_proposal_dims(nsc_trace *trace, const nsc_trace_parameter *parameter, int64_t dims[NSC_MAX_RANK]);
/* Adds one parameter to the sums; false when its shape is not known, or is too large for a sum. */
bool nsc_proposal_add(nsc_trace *trace, const nsc_trace_parameter *parameter, uint64_t *elements, uint64_t *bytes);

#endif
