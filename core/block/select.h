/* SPDX-License-Identifier: Apache-2.0 */
/* A selection made ready to match: its regular expression is compiled once. */
#ifndef NSC_CORE_BLOCK_SELECT_H
#define NSC_CORE_BLOCK_SELECT_H

#include <regex.h>
#include <stdbool.h>

#include <nascent/block.h>

typedef struct nsc_selector {
    nsc_selection what; /* its texts stay the caller's */
    bool compiled;
    regex_t regex;
} nsc_selector;

/* selection may be NULL: everything. INVALID, with the reason in the chain of owner. */
nsc_status nsc_selector_make(nsc_selector *selector, const nsc_selection *selection, uint64_t owner);
/* parameter is resolved. Ranks are compared with the declared one. */
bool nsc_selector_matches(const nsc_selector *selector, const char *path, const nsc_parameter *parameter);
/* A zeroed selector is allowed. */
void nsc_selector_clear(nsc_selector *selector);

#endif
