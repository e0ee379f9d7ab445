/* SPDX-License-Identifier: Apache-2.0 */
/* Common values: two with the same operation, attributes and operands are computed once. */
#include <stdlib.h>
#include <string.h>

#include "core/graph/plan.h"

static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_of(const nsc_planner *planner, const nsc_value *value)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), &value->node, sizeof value->node);
    hash = mix(hash, &value->dtype, sizeof value->dtype);
    hash = mix(hash, &value->is, sizeof value->is);
    for (size_t o = 0; o < value->operand_count; o++)
        hash = mix(hash, &planner->values[value->id].operands[o]->id, sizeof(uint32_t));
    return hash;
}

/* Equal sizes are asked for because some operations (reshape, broadcast, the part of a split) have them as arguments. */
static bool equal(const nsc_planner *planner, const nsc_value *a, const nsc_value *b)
{
    const nsc_planned *x = &planner->values[a->id], *y = &planner->values[b->id];
    return a->node == b->node && a->dtype == b->dtype && a->rank == b->rank && a->operand_count == b->operand_count &&
           memcmp(&a->is, &b->is, sizeof a->is) == 0 &&
           memcmp(x->operands, y->operands, a->operand_count * sizeof *x->operands) == 0 &&
           memcmp(x->dims, y->dims, sizeof x->dims) == 0;
}

void nsc_plan_share(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    size_t slots = 16;
    while (slots < trace->value_count * 2)
        slots *= 2;
    const nsc_value **table = calloc(slots, sizeof *table);
    if (table == NULL)
        nsc_plan_no_memory(planner);
    for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK; i++) {
        const nsc_value *value = trace->values[i];
        nsc_planned *planned = &planner->values[i];
        planned->operands =
            nsc_arena_take(&planner->plan->arena, (value->operand_count + 1) * sizeof *planned->operands);
        if (planned->operands == NULL) {
            nsc_plan_no_memory(planner);
            break;
        }
        for (size_t o = 0; o < value->operand_count; o++)
            planned->operands[o] = planner->values[value->operands[o]->id].same;
        size_t at = hash_of(planner, value) & (slots - 1);
        while (table[at] != NULL && !equal(planner, table[at], value))
            at = (at + 1) & (slots - 1);
        if (table[at] == NULL)
            table[at] = value;
        planned->same = table[at];
    }
    free(table);
}
