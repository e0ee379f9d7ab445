/* SPDX-License-Identifier: Apache-2.0 */
/* Whether values fit on a device, asked before the first of them is allocated. */
#ifndef NSC_CORE_PARAM_BUDGET_H
#define NSC_CORE_PARAM_BUDGET_H

#include <nascent/tensor.h>

typedef struct nsc_budget {
    nsc_context *context;
    uint64_t used;   /* when the check began */
    uint64_t needed; /* by the values that were added */
} nsc_budget;

nsc_budget nsc_budget_of(nsc_context *context);
/* Adds one value of a known shape; NO_MEMORY or UNSUPPORTED, with the words, for the first that does not fit. */
nsc_status nsc_budget_add(nsc_budget *budget, const char *path, nsc_dtype dtype, int rank, const int64_t *dims);

#endif
