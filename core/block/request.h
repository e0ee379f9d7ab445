/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of a request come to for each parameter. */
#ifndef NSC_CORE_BLOCK_REQUEST_H
#define NSC_CORE_BLOCK_REQUEST_H

#include "core/block/select.h"

typedef struct nsc_rule_table {
    const nsc_initialize_options *options;
    nsc_selector where;
    nsc_selector *rules; /* rule_count */
    size_t *hits;        /* rule_count */
} nsc_rule_table;

/* Checks the options and makes them ready; options stays the caller's. On failure nothing is left. */
nsc_status nsc_rule_table_make(nsc_rule_table *table, const nsc_initialize_options *options, uint64_t owner,
                               const char *call);
void nsc_rule_table_clear(nsc_rule_table *table);
/* The first rule that matches (counted), what was declared, the net's default, U(-0.07, 0.07); a constant's is its own.
 * *rule is the index, or NSC_NO_RULE. */
const nsc_initializer *nsc_rule_table_choose(nsc_rule_table *table, const char *path, const nsc_parameter *parameter,
                                             size_t *rule);
/* A rule in words: "*.bias", "regex ^0", "role bias". */
void nsc_selection_text(const nsc_selection *selection, char *text, size_t capacity);

#endif
