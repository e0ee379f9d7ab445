/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of model descriptions share: texts, and what is to come of them. */
#ifndef NSC_TESTS_MODEL_TEXT_H
#define NSC_TESTS_MODEL_TEXT_H

#include <nascent/nascent.h>

#define MODEL(NODES) "{\"nascent\": 1, \"nodes\": [" NODES "]}"
#define DENSE(UNITS) "{\"kind\": \"dense\", \"units\": " UNITS "}"
#define KINDS                                                                                                         \
    "sequential, graph, residual, repeat, add_branches, concat_branches, dense, activation, flatten, identity, add, " \
    "multiply, concat, stack, matmul, gather, reshape, transpose, slice, split, pad, expand_dims, squeeze, sum, "     \
    "mean, "                                                                                                          \
    "max, min, dropout, cast, one_hot"
#define NAMED(NAME) "{\"kind\": \"identity\", \"name\": \"" NAME "\"}"

/* The net that a good text gives. */
nsc_block *accepted(const char *text);
/* Refused with this status, and the text is the whole text, but for "m: ". */
void refused(const char *text, nsc_status status, const char *words);
/* There is a parameter of this path and shape. */
void has(nsc_block *net, const char *path, int rank, const int64_t *dims);

#endif
