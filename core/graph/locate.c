/* SPDX-License-Identifier: Apache-2.0 */
/* Where every stored value lies: views share the storage of what they show, the parts of a concatenation are computed
 * into it, an output into the caller's tensor. */
#include "core/graph/steps.h"

#include <stdlib.h>

static uint64_t bytes_of(const nsc_planner *planner, const nsc_value *value)
{
    return planner->values[value->id].count * nsc_dtype_size(value->dtype);
}

/* ---- concatenations ---------------------------------------------------------------------------------------------- */

static bool is_view(const nsc_value *value)
{
    return value->node == NSC_NODE_RESHAPE || value->node == NSC_NODE_TRANSPOSE || value->node == NSC_NODE_SLICE ||
           value->node == NSC_NODE_PART || value->node == NSC_NODE_BROADCAST;
}

/* The value in whose storage this one lies, as decided so far. */
static const nsc_value *home_of(const nsc_planner *planner, const nsc_value *value)
{
    for (;;) {
        const nsc_planned *planned = &planner->values[value->id];
        if (is_view(value))
            value = planned->operands[0];
        else if (planned->into != NULL)
            value = planned->into;
        else
            return value;
    }
}

/* Does computing value read what lies in home? A step may not read what its result is laid between. */
static bool reads_home(const nsc_planner *planner, const nsc_value *value, const nsc_value *home)
{
    const nsc_planned *planned = &planner->values[value->id];
    bool leaves = nsc_plan_hosts(value);
    size_t count = leaves ? planned->leaf_count : value->operand_count;
    for (size_t i = 0; i < count; i++) {
        const nsc_value *read = leaves ? planned->leaves[i] : planned->operands[i];
        bool inside = read == planned->product || planner->values[read->id].into == value;
        if (inside ? reads_home(planner, read, home) : home_of(planner, read) == home)
            return true;
    }
    return false;
}

static bool can_be_part(const nsc_planner *planner, const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    switch (value->node) {
    case NSC_NODE_ELEMENTWISE:
    case NSC_NODE_CONCAT:
    case NSC_NODE_REDUCE:
    case NSC_NODE_CUMULATIVE_SUM:
    case NSC_NODE_SOFTMAX:
    case NSC_NODE_GATHER:
    case NSC_NODE_PRODUCT:
        return planned->stored && planned->output == 0 && planned->into == NULL;
    default:
        return false;
    }
}

/* Is another operand of the concatenation a view of this value? It could not be copied to where it is. */
static bool seen_beside(const nsc_planner *planner, const nsc_value *concat, const nsc_value *value)
{
    size_t here = 0;
    for (size_t o = 0; o < concat->operand_count; o++) {
        const nsc_value *operand = planner->values[concat->id].operands[o];
        here += operand == value;
        if (operand != value && home_of(planner, operand) == value)
            return true;
    }
    return here > 1;
}

/* Does computing something that lies in home already read what lies in this concatenation, which would lie there too? */
static bool read_beside(const nsc_planner *planner, const nsc_value *concat, const nsc_value *home)
{
    for (size_t i = 0; i < planner->trace->value_count && concat->node == NSC_NODE_CONCAT; i++) {
        const nsc_value *value = planner->trace->values[i];
        if (planner->values[i].into != NULL && home_of(planner, value) == home && reads_home(planner, value, concat))
            return true;
    }
    return false;
}

/* The first concatenation that reads a value is the one it may lie in. Operands come before their readers, so going up by
 * values decides every operand of a value before the value. */
static void place_parts(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    const nsc_value **wanted = calloc(trace->value_count + 1, sizeof *wanted);
    if (wanted == NULL) {
        nsc_plan_no_memory(planner);
        return;
    }
    for (size_t i = trace->value_count; i-- > 0;) {
        const nsc_value *concat = trace->values[i];
        if (concat->node != NSC_NODE_CONCAT || !planner->values[i].stored)
            continue;
        for (size_t o = concat->operand_count; o-- > 0;) {
            const nsc_value *part = planner->values[i].operands[o];
            wanted[part->id] = concat;
            planner->values[part->id].part = o;
        }
    }
    for (size_t i = 0; i < trace->value_count; i++) {
        const nsc_value *value = trace->values[i], *concat = wanted[i];
        if (concat != NULL && can_be_part(planner, value) && !seen_beside(planner, concat, value) &&
            !reads_home(planner, value, home_of(planner, concat)) &&
            !read_beside(planner, value, home_of(planner, concat)))
            planner->values[i].into = concat;
    }
    free(wanted);
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

/* *view becomes what the value shows of it; false when strides cannot say it. */
static bool derive(const nsc_planner *planner, const nsc_value *value, nsc_backend_view *view)
{
    const nsc_planned *planned = &planner->values[value->id];
    const nsc_attributes *is = &value->is;
    int64_t first;
    switch (value->node) {
    case NSC_NODE_RESHAPE:
        return nsc_view_reshape(view, value->rank, planned->dims);
    case NSC_NODE_TRANSPOSE:
        *view = nsc_view_permute(view, is->order);
        return true;
    case NSC_NODE_SLICE:
        nsc_slice_of(is, view->dims[is->axis], &first);
        view->offset += planned->count == 0 ? 0 : first * view->strides[is->axis];
        view->dims[is->axis] = planned->dims[is->axis];
        if (planned->dims[is->axis] > 1) /* a step beyond the axis is never taken, and may not fit */
            view->strides[is->axis] *= is->step;
        return true;
    case NSC_NODE_PART:
        view->offset += (int64_t)is->index * planned->dims[is->axis] * view->strides[is->axis];
        view->dims[is->axis] = planned->dims[is->axis];
        return true;
    default:
        *view = nsc_view_expand(view, value->rank, planned->dims);
        return true;
    }
}

nsc_backend_view nsc_concat_part(const nsc_planner *planner, const nsc_value *concat, size_t part)
{
    const nsc_planned *planned = &planner->values[concat->id];
    nsc_backend_view view = planned->view;
    int axis = concat->is.axis;
    for (size_t o = 0; o < part; o++)
        view.offset += planner->values[planned->operands[o]->id].dims[axis] * view.strides[axis];
    view.dims[axis] = planner->values[planned->operands[part]->id].dims[axis];
    return view;
}

/* A GEMM writes rows of neighbours, all leading axes as one: false where the place does not allow that. */
static bool suits_product(const nsc_planned *planned, const nsc_value *value, nsc_backend_view view)
{
    if (value->node != NSC_NODE_PRODUCT && planned->product == NULL)
        return true;
    uint32_t last = view.rank - 1;
    return (view.dims[last] == 1 || view.strides[last] == 1) && (planned->product == NULL || nsc_view_as_matrix(&view));
}

static void locate(nsc_planner *planner, const nsc_value *value);

static void locate_computed(nsc_planner *planner, const nsc_value *value)
{
    nsc_planned *planned = &planner->values[value->id];
    const nsc_value *concat = planned->into;
    if (concat != NULL) {
        locate(planner, concat);
        nsc_backend_view view = nsc_concat_part(planner, concat, planned->part);
        if (suits_product(planned, value, view)) {
            planned->view = view;
            planned->storage = planner->values[concat->id].storage;
            return;
        }
        planned->into = NULL;
    }
    planned->storage = nsc_plan_storage(planner, planned->output != 0 ? NSC_PLACE_OUTPUT : NSC_PLACE_ARENA,
                                        planned->output != 0 ? planned->output - 1 : 0, bytes_of(planner, value));
}

/* Once: a part may have asked for its concatenation before. */
static void locate(nsc_planner *planner, const nsc_value *value)
{
    nsc_planned *planned = &planner->values[value->id];
    if (planned->located)
        return;
    planned->located = true;
    planned->view = nsc_view_contiguous(value->dtype, value->rank, planned->dims);
    switch (value->node) {
    case NSC_NODE_INPUT:
    case NSC_NODE_PARAMETER:
        planned->storage =
            nsc_plan_storage(planner, value->node == NSC_NODE_INPUT ? NSC_PLACE_INPUT : NSC_PLACE_PARAMETER,
                             value->is.index, bytes_of(planner, value));
        break;
    case NSC_NODE_IOTA:
        planned->storage = nsc_plan_indices(planner, planned->count);
        break;
    case NSC_NODE_RESHAPE:
    case NSC_NODE_TRANSPOSE:
    case NSC_NODE_SLICE:
    case NSC_NODE_PART:
    case NSC_NODE_BROADCAST: {
        const nsc_planned *source = &planner->values[planned->operands[0]->id];
        nsc_backend_view view = source->view;
        if (derive(planner, value, &view)) {
            planned->view = view;
            planned->storage = source->storage;
            break;
        }
        planned->copied = true;
        locate_computed(planner, value);
        break;
    }
    default:
        locate_computed(planner, value);
        break;
    }
}

void nsc_plan_locate(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    place_parts(planner);
    for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK; i++)
        if (planner->values[i].stored)
            locate(planner, trace->values[i]);
}
