/* SPDX-License-Identifier: Apache-2.0 */
/* A plan on the reference, and what holds of every plan. One at a time. */
#ifndef NSC_TESTS_PLANS_H
#define NSC_TESTS_PLANS_H

#include "core/context.h"
#include "core/graph/plan.h"

extern nsc_context *context;
extern nsc_trace *trace;
extern nsc_plan *plan;

/* compose: the kinds that the device shall not offer. */
void open_context(const char *compose);
/* A plan of net for inputs of these shapes. */
void make_plan_of(nsc_block *net, const nsc_shape *shapes, size_t count);
/* The same, for one input. */
void make_plan(nsc_block *net, int rank, const int64_t *dims);
void end_plan(void);
/* Also releases net and closes the context. */
void end(nsc_block *net);

/* Every step is one that the device may be given; what it reads in the arena was written before, and lies there still; it
 * writes nothing that it reads, but for a map that writes each element where it reads it; outputs are written whole. No two
 * storages that live at the same time overlap; the arena ends where the last one ends, and has at least bound_bytes. */
void check_plan(void);
/* And it is no larger than twice that. */
void check_arena(void);

#endif
