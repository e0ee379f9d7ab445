/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a step is: what a profile tells of it, kept with the plan. */
#include "core/graph/steps.h"

nsc_work *nsc_step_work(nsc_planner *planner, uint32_t value, const nsc_backend_operation *operation)
{
    nsc_arena *arena = &planner->plan->arena;
    const nsc_frame *frame = planner->trace->values[value]->frame;
    nsc_work *work = nsc_arena_take(arena, sizeof *work);
    if (work == NULL)
        return NULL;
    nsc_work_describe(work, operation);
    work->path = nsc_arena_format(arena, "%s", frame == NULL ? "" : frame->path);
    work->block = nsc_arena_format(arena, "%s", frame == NULL ? "" : frame->block->kind);
    return work->path == NULL || work->block == NULL ? NULL : work;
}
