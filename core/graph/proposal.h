/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NSC_CORE_GRAPH_PROPOSAL_H
#define NSC_CORE_GRAPH_PROPOSAL_H

#include "core/graph/trace.h"

struct nsc_proposal {
    nsc_block *net; /* counted: the trace points into it */
    nsc_trace *trace;
};

#endif
