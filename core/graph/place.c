/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: which storages share a place, and where each lies in the arena. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/graph/plan.h"

static bool same_view(const nsc_backend_view *a, const nsc_backend_view *b)
{
    return a->dtype.bits == b->dtype.bits && a->rank == b->rank && a->offset == b->offset &&
           memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0 &&
           memcmp(a->strides, b->strides, a->rank * sizeof *a->strides) == 0;
}

/* A map may write over an operand that nobody reads afterwards, if it reads each element just where it writes it. */
static void share_in_place(nsc_plan *plan)
{
    for (size_t s = 0; s < plan->step_count; s++) {
        const nsc_step *step = &plan->steps[s];
        const nsc_backend_map *map = (const nsc_backend_map *)step->operation;
        if (step->operation->kind != NSC_BACKEND_MAP)
            continue;
        nsc_storage *target = &plan->storages[step->storages[map->outputs[0].buffer]];
        if (target->place != NSC_PLACE_ARENA || target->first != s ||
            target->same != step->storages[map->outputs[0].buffer])
            continue;
        for (uint32_t i = 0; i < map->input_count; i++) {
            uint32_t id = plan->storages[step->storages[map->inputs[i].buffer]].same;
            nsc_storage *source = &plan->storages[id];
            bool alike = source->place == NSC_PLACE_ARENA && source != target && source->bytes == target->bytes &&
                         source->last == s;
            for (uint32_t j = 0; alike && j < map->input_count; j++)
                if (map->inputs[j].buffer == map->inputs[i].buffer)
                    alike = same_view(&map->inputs[j], &map->outputs[0]);
            if (alike) {
                target->same = id;
                source->last = target->last;
                break;
            }
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const nsc_storage *x = *(nsc_storage *const *)a, *y = *(nsc_storage *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Largest first, each at the lowest offset that is free as long as it lives; false when that is beyond 63 bits. */
static bool give_offsets(nsc_plan *plan, nsc_storage **order, size_t count, uint64_t alignment)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t offset = 0;
        bool moved = true;
        while (moved) {
            moved = false;
            for (size_t j = 0; j < i; j++) {
                const nsc_storage *other = order[j];
                if (other->last < order[i]->first || other->first > order[i]->last ||
                    offset >= other->offset + other->bytes || offset + order[i]->bytes <= other->offset)
                    continue;
                offset = (other->offset + other->bytes + alignment - 1) / alignment * alignment;
                moved = true;
            }
        }
        if (offset > INT64_MAX || order[i]->bytes > INT64_MAX - offset)
            return false;
        order[i]->offset = offset;
        plan->arena_bytes = offset + order[i]->bytes > plan->arena_bytes ? offset + order[i]->bytes : plan->arena_bytes;
    }
    return true;
}

/* What no arrangement can undercut: at each step, the bytes of all that lives there. */
static uint64_t lower_bound(const nsc_plan *plan, nsc_storage *const *order, size_t count)
{
    uint64_t most = 0;
    for (size_t s = 0; s < plan->step_count; s++) {
        uint64_t live = 0;
        for (size_t i = 0; i < count; i++)
            if (order[i]->first <= s && s <= order[i]->last)
                live += order[i]->bytes;
        most = live > most ? live : most;
    }
    return most;
}

void nsc_plan_place(nsc_planner *planner)
{
    nsc_plan *plan = planner->plan;
    const nsc_backend_limits *limits = &planner->context->device.limits;
    size_t count = 0;
    nsc_storage **order = malloc((plan->storage_count + 1) * sizeof(nsc_storage *));
    if (order == NULL) {
        nsc_plan_no_memory(planner);
        return;
    }
    share_in_place(plan);
    for (size_t i = 0; i < plan->storage_count; i++)
        if (plan->storages[i].place == NSC_PLACE_ARENA && plan->storages[i].used && plan->storages[i].same == i)
            order[count++] = &plan->storages[i];
    plan->bound_bytes = lower_bound(plan, order, count);
    qsort(order, count, sizeof *order, by_size);
    if (!give_offsets(plan, order, count, limits->alignment))
        planner->status = nsc_fail(planner->context->id, NSC_UNSUPPORTED,
                                   "the bytes of the intermediate values at once do not fit into 63 bits: use a "
                                   "smaller batch");
    else if (plan->arena_bytes > limits->max_buffer_bytes)
        planner->status = nsc_fail(planner->context->id, NSC_UNSUPPORTED,
                                   "the intermediate values need %" PRIu64 " bytes at once, %s allows %" PRIu64
                                   " in one buffer: use a smaller batch",
                                   plan->arena_bytes, planner->context->device.title, limits->max_buffer_bytes);
    for (size_t i = 0; i < plan->storage_count; i++)
        plan->storages[i].offset = plan->storages[plan->storages[i].same].offset;
    free(order);
}
