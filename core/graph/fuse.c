/* SPDX-License-Identifier: Apache-2.0 */
/* Fusion: a chain of element-wise operations that nobody else reads is one program, and it may ride on the GEMM that
 * feeds it. */
#include "core/graph/plan.h"

#include "core/shape.h"

const nsc_value *nsc_plan_source(const nsc_value *value)
{
    while (value->node == NSC_NODE_FLATTEN)
        value = value->operands[0];
    return value;
}

static void mark_live(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->output_count; i++) {
        planner->values[trace->outputs[i]->id].live = true;
        planner->values[nsc_plan_source(trace->outputs[i])->id].uses++;
    }
    /* Operands come before their readers, so one pass from the end reaches everything. */
    for (size_t i = trace->value_count; i-- > 0;) {
        const nsc_value *value = trace->values[i];
        if (!planner->values[i].live)
            continue;
        for (size_t o = 0; o < value->operand_count; o++) {
            const nsc_value *source = nsc_plan_source(value->operands[o]);
            planner->values[value->operands[o]->id].live = true;
            if (value->node == NSC_NODE_FLATTEN)
                continue; /* its readers are counted at its source */
            planner->values[source->id].uses++;
            planner->values[source->id].reader = source == value->operands[o] ? value : NULL;
        }
    }
}

/* A linear value inside the chain that ends at root, read by nobody else, of root's own shape, whose fused form nobody
 * refused. */
static const nsc_value *find_linear(const nsc_planner *planner, const nsc_value *root, const nsc_value *value)
{
    for (size_t o = 0; o < value->operand_count; o++) {
        const nsc_value *operand = value->operands[o];
        const nsc_planned *planned = &planner->values[operand->id];
        const nsc_value *found = NULL;
        if (operand->node == NSC_NODE_LINEAR && planned->uses == 1 && operand->rank == root->rank &&
            nsc_shape_equal(root->rank, planned->dims, planner->values[root->id].dims))
            return operand;
        if (operand->node == NSC_NODE_ELEMENTWISE && !planned->stored)
            found = find_linear(planner, root, operand);
        if (found != NULL)
            return found;
    }
    return NULL;
}

void nsc_plan_fuse(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    mark_live(planner);
    for (size_t i = 0; i < trace->value_count; i++) {
        const nsc_value *value = trace->values[i];
        nsc_planned *planned = &planner->values[i];
        bool chained = value->node == NSC_NODE_ELEMENTWISE && planned->uses == 1 && planned->reader != NULL &&
                       planned->reader->node == NSC_NODE_ELEMENTWISE;
        planned->stored = planned->live && value->node != NSC_NODE_FLATTEN && !chained;
    }
    for (size_t i = 0; i < trace->value_count; i++) {
        const nsc_value *value = trace->values[i];
        if (value->node != NSC_NODE_ELEMENTWISE || !planner->values[i].stored)
            continue;
        const nsc_value *linear = find_linear(planner, value, value);
        if (linear != NULL) {
            planner->values[linear->id].absorbed = true;
            planner->values[linear->id].stored = false;
        }
    }
}
