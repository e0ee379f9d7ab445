/* SPDX-License-Identifier: Apache-2.0 */
/* Fusion: an element-wise value that nobody else reads, or that is cheap, is computed inside its readers, be they
 * element-wise too or reductions; a chain of them may ride on the product that feeds it. */
#include "core/graph/plan.h"

#include "core/context.h"
#include "core/shape.h"

/* A program has 512 instructions; formulas with shared terms take more than their ops. */
enum { MAX_WEIGHT = 240, MAX_CHEAP = 6 };

static bool is_constant(const nsc_value *value)
{
    return value->node == NSC_NODE_ELEMENTWISE && value->is.element == NSC_ELEMENT_CONSTANT;
}

bool nsc_plan_inlined(const nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    return is_constant(value) || (value->node == NSC_NODE_ELEMENTWISE && !planned->stored);
}

bool nsc_plan_hosts(const nsc_value *value)
{
    return value->node == NSC_NODE_ELEMENTWISE ||
           (value->node == NSC_NODE_REDUCE && value->is.reduction != NSC_REDUCE_PROD);
}

/* An extreme is looked for among the very numbers that it was taken from: computed twice, they may be rounded otherwise. */
static bool is_compared(const nsc_value *reader)
{
    return reader->node == NSC_NODE_ELEMENTWISE && reader->is.element == NSC_ELEMENT_ARG;
}

static void use(nsc_planner *planner, const nsc_value *value, const nsc_value *reader)
{
    nsc_planned *planned = &planner->values[value->id];
    planned->live = true;
    planned->elsewhere = planned->elsewhere || reader == NULL || !nsc_plan_hosts(reader) || is_compared(reader);
    if (planned->uses > 0 && planned->reader == reader && reader != NULL)
        return; /* the same reader once more */
    planned->uses++;
    planned->reader = reader;
}

/* The value that an output is computed by: a reshape of a whole value moves nothing. */
static const nsc_value *computed(const nsc_planner *planner, const nsc_value *value)
{
    value = planner->values[value->id].same;
    while (value->node == NSC_NODE_RESHAPE)
        value = planner->values[value->id].operands[0];
    return value;
}

static bool computes(const nsc_value *value)
{
    switch (value->node) {
    case NSC_NODE_ELEMENTWISE:
    case NSC_NODE_CONCAT:
    case NSC_NODE_REDUCE:
    case NSC_NODE_CUMULATIVE_SUM:
    case NSC_NODE_SOFTMAX:
    case NSC_NODE_GATHER:
    case NSC_NODE_PRODUCT:
        return true;
    default:
        return false;
    }
}

static void mark_live(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->output_count; i++) {
        const nsc_value *value = planner->values[trace->outputs[i]->id].same;
        nsc_planned *source = &planner->values[computed(planner, value)->id];
        use(planner, value, NULL);
        if (!computes(computed(planner, value)))
            source = &planner->values[value->id]; /* a reshape that has to be copied */
        if (source->output == 0)
            source->output = (uint32_t)i + 1;
    }
    /* Operands come before their readers, so one pass from the end reaches everything. */
    for (size_t i = trace->value_count; i-- > 0;)
        for (size_t o = 0; planner->values[i].live && o < trace->values[i]->operand_count; o++)
            use(planner, planner->values[i].operands[o], trace->values[i]);
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

static bool may_inline(const nsc_planner *planner, const nsc_value *reader, const nsc_value *operand)
{
    const nsc_planned *planned = &planner->values[operand->id];
    if (is_constant(operand))
        return operand->dtype == NSC_FLOAT32;
    if (operand->node != NSC_NODE_ELEMENTWISE || operand->dtype != NSC_FLOAT32 || planned->elsewhere ||
        planned->output != 0 || planned->forced || (planned->uses != 1 && !planned->cheap))
        return false;
    /* Broadcast, it would be computed again for every repetition. */
    return !planned->heavy || reader->node == NSC_NODE_REDUCE || planned->count >= planner->values[reader->id].count;
}

static bool add_leaf(nsc_planned *root, const nsc_value *leaf)
{
    for (uint32_t i = 0; i < root->leaf_count; i++)
        if (root->leaves[i] == leaf)
            return true;
    if (root->leaf_count == NSC_BACKEND_MAX_INPUTS)
        return false;
    root->leaves[root->leaf_count++] = leaf;
    return true;
}

/* The leaves and the weight of value when the operands in the mask are inlined; false when that is too much. */
static bool gather_leaves(nsc_planner *planner, const nsc_value *value, uint32_t inlined)
{
    nsc_planned *planned = &planner->values[value->id];
    const nsc_formula *formula = value->node == NSC_NODE_ELEMENTWISE ? nsc_formula_of(value->is.element) : NULL;
    planned->leaf_count = 0;
    planned->weight = formula == NULL ? 1 : formula->terms;
    planned->heavy = formula != NULL && formula->heavy;
    for (size_t o = 0; o < value->operand_count; o++) {
        const nsc_planned *operand = &planner->values[planned->operands[o]->id];
        bool fits = true;
        if (!(inlined >> o & 1)) {
            planned->weight++;
            fits = add_leaf(planned, planned->operands[o]);
        } else {
            planned->weight += operand->weight;
            planned->heavy = planned->heavy || operand->heavy;
            for (uint32_t i = 0; i < operand->leaf_count && fits; i++)
                fits = add_leaf(planned, operand->leaves[i]);
        }
        if (!fits)
            return false;
    }
    return planned->weight <= MAX_WEIGHT;
}

/* Computed again in each reader, it reads no more memory than it would if it were stored: one leaf of its own size at the
 * most. A product is rather computed along with it. */
static bool is_cheap(const nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    int large = 0;
    for (uint32_t i = 0; i < planned->leaf_count; i++) {
        const nsc_value *leaf = planned->leaves[i];
        if (leaf->node == NSC_NODE_PRODUCT && planner->values[leaf->id].uses == 1)
            return false;
        large += planner->values[leaf->id].count >= planned->count;
    }
    return !planned->heavy && planned->weight <= MAX_CHEAP && large <= 1;
}

/* Decides for the operands of one value; where all together are too much, the one with most behind it is stored. false when
 * that is one that other readers have taken for computed inside them: all has to be decided anew. */
static bool grow(nsc_planner *planner, const nsc_value *value)
{
    nsc_planned *planned = &planner->values[value->id];
    uint32_t inlined = 0;
    bool agreed = true;
    for (size_t o = 0; o < value->operand_count && nsc_plan_hosts(value); o++)
        if (may_inline(planner, value, planned->operands[o]))
            inlined |= 1u << o;
    while (nsc_plan_hosts(value) && !gather_leaves(planner, value, inlined)) {
        size_t largest = 0;
        uint32_t most = 0;
        for (size_t o = 0; o < value->operand_count; o++) {
            const nsc_planned *operand = &planner->values[planned->operands[o]->id];
            uint32_t size = operand->weight + operand->leaf_count * (MAX_WEIGHT / NSC_BACKEND_MAX_INPUTS);
            if ((inlined >> o & 1) && size > most) {
                largest = o;
                most = size;
            }
        }
        inlined &= ~(1u << largest);
        nsc_planned *stored = &planner->values[planned->operands[largest]->id];
        if (stored->uses > 1 && !is_constant(planned->operands[largest])) {
            stored->forced = true;
            agreed = false;
        }
    }
    planned->cheap = value->node == NSC_NODE_ELEMENTWISE && is_cheap(planner, value);
    for (size_t o = 0; o < value->operand_count; o++)
        if (o >= 32 || !(inlined >> o & 1))
            planner->values[planned->operands[o]->id].stored = true;
    return agreed;
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* One GEMM, whose rows may be all leading axes: the right operand is one matrix. */
static bool one_matrix(const nsc_planner *planner, const nsc_value *product)
{
    const nsc_value *b = planner->values[product->id].operands[1];
    for (int i = 0; i < b->rank - 2; i++)
        if (planner->values[b->id].dims[i] != 1)
            return false;
    return true;
}

static void absorb(nsc_planner *planner, const nsc_value *root)
{
    nsc_planned *planned = &planner->values[root->id];
    planned->product = NULL;
    for (uint32_t i = 0; i < planned->leaf_count && planned->product == NULL; i++) {
        const nsc_value *leaf = planned->leaves[i];
        nsc_planned *product = &planner->values[leaf->id];
        if (leaf->node != NSC_NODE_PRODUCT || product->uses != 1 || product->output != 0 || leaf->rank != root->rank ||
            root->dtype != NSC_FLOAT32 || !nsc_shape_equal(root->rank, product->dims, planned->dims) ||
            !one_matrix(planner, leaf))
            continue;
        planned->leaves[i] = planned->leaves[0];
        planned->leaves[0] = planned->product = leaf;
        product->absorbed = true;
        product->stored = false;
    }
}

static void forget_decisions(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->value_count; i++)
        planner->values[i].stored = planner->values[i].absorbed = false;
    for (size_t i = 0; i < trace->output_count; i++)
        planner->values[planner->values[trace->outputs[i]->id].same->id].stored = true;
}

/* The largest inlined operand of a root whose program outgrew its limits. */
static bool force_largest(nsc_planner *planner, const nsc_value *root)
{
    nsc_planned *largest = NULL;
    for (const nsc_value *value = root; value != NULL && largest == NULL;) {
        const nsc_value *next = NULL;
        for (size_t o = 0; o < value->operand_count; o++) {
            const nsc_value *operand = planner->values[value->id].operands[o];
            nsc_planned *planned = &planner->values[operand->id];
            if (is_constant(operand) || !nsc_plan_inlined(planner, operand))
                continue;
            next = operand;
            if (largest == NULL || planned->weight > largest->weight)
                largest = planned;
        }
        value = next;
    }
    if (largest != NULL)
        largest->forced = true;
    else /* one operation with nothing inside it */
        planner->status = nsc_fail(planner->context->id, NSC_UNSUPPORTED, "%s does not fit into a program",
                                   nsc_value_describe(planner->trace, root));
    return largest != NULL;
}

void nsc_plan_fuse(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    bool again;
    mark_live(planner);
    do {
        again = false;
        forget_decisions(planner);
        for (size_t i = 0; i < trace->value_count; i++)
            if (planner->values[i].live)
                again = !grow(planner, trace->values[i]) || again;
        for (size_t i = 0; i < trace->value_count && !again; i++)
            if (trace->values[i]->node == NSC_NODE_ELEMENTWISE && planner->values[i].stored)
                absorb(planner, trace->values[i]);
        for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK && !again; i++)
            if (planner->values[i].stored && nsc_plan_hosts(trace->values[i]) &&
                !nsc_chain_write(planner, trace->values[i]) && planner->status == NSC_OK)
                again = force_largest(planner, trace->values[i]);
    } while (again && planner->status == NSC_OK);
}
