/* SPDX-License-Identifier: Apache-2.0 */
/* What a root that was run holds: its plans, the last one used first, and the random numbers' place. */
#ifndef NSC_CORE_BLOCK_NET_H
#define NSC_CORE_BLOCK_NET_H

#include <pthread.h>

#include "core/block/block.h"
#include "core/graph/executor.h"

struct nsc_net {
    pthread_mutex_t lock; /* of everything below, and of the plans' lists of executors */
    nsc_plan *plans;
    size_t max_plans;
    uint64_t max_bytes;
    uint64_t seed, step; /* of random numbers: the next run that draws some takes this step */
};

/* That of a block, made when it is first asked for; NULL without memory. */
nsc_net *nsc_net_of(nsc_block *block);

/* A plan for these inputs moves to the front and counts as borrowed; NULL when there is none that still holds. *executor is
 * an idle one of it, or NULL. The comparison with the front is all that a steady run does here. */
nsc_plan *nsc_net_borrow(nsc_net *net, nsc_mode mode, const nsc_tensor *const *in, size_t in_count,
                         nsc_executor **executor);
/* A further executor of a borrowed plan; its memory counts at once. */
nsc_status nsc_net_executor(nsc_net *net, nsc_plan *plan, nsc_executor **executor);
/* executor may be NULL: none was made. */
void nsc_net_give_back(nsc_net *net, nsc_plan *plan, nsc_executor *executor);
/* A new plan, in front, borrowed. What passes the bounds goes, that used longest ago first; the front stays. */
void nsc_net_keep(nsc_net *net, nsc_plan *plan);

#endif
