/* SPDX-License-Identifier: Apache-2.0 */
/* Solving shapes: equal dimensions are joined, products, sums and broadcasts wait until enough is known. Information
 * flows both ways, and the result does not depend on the order in which blocks were visited. */
#include "core/graph/trace.h"

#include <inttypes.h>
#include <string.h>

static const uint32_t no_dim = 0;

uint32_t nsc_dim_new(nsc_trace *trace, int64_t size, const char *origin)
{
    if (trace->dim_count >= UINT32_MAX ||
        !nsc_grow((void **)&trace->dims, &trace->dim_capacity, trace->dim_count, sizeof *trace->dims)) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return no_dim; /* exists from the start, nobody looks at it after an error */
    }
    trace->dims[trace->dim_count] = (nsc_dim){(uint32_t)trace->dim_count, size, origin};
    return (uint32_t)trace->dim_count++;
}

static nsc_dim *dim_root(nsc_trace *trace, uint32_t dim)
{
    nsc_dim *dims = trace->dims;
    while (dims[dim].parent != dim) {
        dims[dim].parent = dims[dims[dim].parent].parent;
        dim = dims[dim].parent;
    }
    return &dims[dim];
}

int64_t nsc_dim_size(nsc_trace *trace, uint32_t dim)
{
    return dim_root(trace, dim)->size;
}

const char *nsc_dim_origin(nsc_trace *trace, uint32_t dim)
{
    const char *origin = dim_root(trace, dim)->origin;
    return origin == NULL ? "unknown" : origin;
}

void nsc_trace_conflict(nsc_trace *trace, const char *text)
{
    for (size_t i = 0; text != NULL && i < trace->conflict_count; i++)
        if (strcmp(trace->conflicts[i], text) == 0)
            return;
    if (text == NULL || !nsc_grow((void **)&trace->conflicts, &trace->conflict_capacity, trace->conflict_count,
                                  sizeof *trace->conflicts)) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return;
    }
    trace->conflicts[trace->conflict_count++] = text;
}

static void conflict(nsc_trace *trace, const char *what, int axis, uint32_t a, uint32_t b)
{
    nsc_trace_conflict(trace, nsc_arena_format(&trace->arena, "%s, axis %d: %" PRId64 " (%s) against %" PRId64 " (%s)",
                                               what, axis, nsc_dim_size(trace, a), nsc_dim_origin(trace, a),
                                               nsc_dim_size(trace, b), nsc_dim_origin(trace, b)));
}

/* false when both are known and differ. */
static bool join(nsc_trace *trace, uint32_t a, uint32_t b)
{
    nsc_dim *root_a = dim_root(trace, a), *root_b = dim_root(trace, b);
    if (root_a == root_b)
        return true;
    if (root_a->size >= 0 && root_b->size >= 0 && root_a->size != root_b->size)
        return false;
    if (root_b->size < 0) {
        root_b->size = root_a->size;
        root_b->origin = root_a->origin;
    }
    root_a->parent = root_b->parent;
    return true;
}

void nsc_dim_equal(nsc_trace *trace, const nsc_value *a, int axis_a, const nsc_value *b, int axis_b)
{
    if (trace->status != NSC_OK || join(trace, a->dims[axis_a], b->dims[axis_b]))
        return;
    /* The user knows parameters and inputs by name, so the conflict is told from their side. */
    if (b->node == NSC_NODE_PARAMETER && a->node != NSC_NODE_PARAMETER)
        conflict(trace, nsc_value_describe(trace, b), axis_b, b->dims[axis_b], a->dims[axis_a]);
    else
        conflict(trace, nsc_value_describe(trace, a), axis_a, a->dims[axis_a], b->dims[axis_b]);
}

static bool solve_one(nsc_trace *trace, nsc_equation *equation);

void nsc_dim_is(nsc_trace *trace, const nsc_value *value, int axis, int64_t size, const char *origin)
{
    uint32_t dim = nsc_dim_new(trace, size, origin);
    if (trace->status == NSC_OK && !join(trace, value->dims[axis], dim))
        conflict(trace, nsc_value_describe(trace, value), axis, value->dims[axis], dim);
}

void nsc_dim_equation(nsc_trace *trace, nsc_equation_kind kind, const nsc_value *value, int axis, const uint32_t *terms,
                      uint32_t count)
{
    nsc_dim_equation_for(trace, kind, value, axis, value->dims[axis], terms, count);
}

void nsc_dim_equation_for(nsc_trace *trace, nsc_equation_kind kind, const nsc_value *value, int axis, uint32_t result,
                          const uint32_t *terms, uint32_t count)
{
    uint32_t *copy = nsc_arena_take(&trace->arena, (count + 1) * sizeof *copy);
    if (trace->status != NSC_OK)
        return;
    if (copy == NULL || !nsc_grow((void **)&trace->equations, &trace->equation_capacity, trace->equation_count,
                                  sizeof *trace->equations)) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return;
    }
    memcpy(copy, terms, count * sizeof *copy);
    trace->equations[trace->equation_count] =
        (nsc_equation){.kind = kind, .value = value, .axis = axis, .result = result, .count = count, .terms = copy};
    solve_one(trace, &trace->equations[trace->equation_count++]); /* what is known already may be asked for */
}

static void set_dim(nsc_trace *trace, const nsc_equation *equation, uint32_t dim, int64_t size, uint32_t because)
{
    const char *origin = nsc_arena_format(&trace->arena, "%s, computed from %s",
                                          nsc_value_describe(trace, equation->value), nsc_dim_origin(trace, because));
    uint32_t known = nsc_dim_new(trace, size, origin);
    if (trace->status == NSC_OK && !join(trace, dim, known))
        conflict(trace, nsc_value_describe(trace, equation->value), equation->axis, dim, known);
}

/* result = f(terms) with one unknown at most, for f a product or a sum. */
static bool solve_arithmetic(nsc_trace *trace, nsc_equation *equation)
{
    bool product = equation->kind == NSC_EQUATION_PRODUCT;
    int64_t total = product ? 1 : 0, result = nsc_dim_size(trace, equation->result);
    uint32_t unknown = 0, unknowns = 0, because = equation->result;
    bool zero = false, fits = true;
    for (uint32_t i = 0; i < equation->count; i++) {
        int64_t size = nsc_dim_size(trace, equation->terms[i]);
        if (size < 0) {
            unknown = equation->terms[i];
            unknowns++;
            continue;
        }
        if (!zero)
            because = equation->terms[i];
        zero = zero || (product && size == 0);
        if (product ? __builtin_mul_overflow(total, size, &total) : __builtin_add_overflow(total, size, &total))
            fits = false;
    }
    if (zero) {
        total = 0;
    } else if (!fits && product && unknowns > 0) {
        return false; /* one of them may be 0 */
    } else if (!fits) {
        nsc_trace_error(trace, NSC_UNSUPPORTED, "a size of %s does not fit into 63 bits",
                        nsc_value_describe(trace, equation->value));
        return false;
    }
    if (unknowns == 0 || zero) { /* a product with 0 in it is 0, whatever the rest is */
        equation->done = true;
        set_dim(trace, equation, equation->result, total, because);
        return true;
    }
    if (unknowns > 1 || result < 0)
        return false;
    equation->done = true;
    int64_t missing = product ? result / total : result - total;
    if (missing < 0 || (product && missing * total != result)) {
        nsc_trace_conflict(
            trace, nsc_arena_format(&trace->arena, "%s, axis %d: %" PRId64 " (%s) cannot be %s %" PRId64 " (%s)",
                                    nsc_value_describe(trace, equation->value), equation->axis, result,
                                    nsc_dim_origin(trace, equation->result), product ? "a multiple of" : "joined from",
                                    total, nsc_dim_origin(trace, because)));
        return true;
    }
    set_dim(trace, equation, unknown, missing, equation->result);
    return true;
}

static bool solve_broadcast(nsc_trace *trace, nsc_equation *equation)
{
    bool progress = false;
    uint32_t ones = 0, unknowns = 0, last_unknown = 0;
    for (uint32_t i = 0; i < equation->count; i++) {
        int64_t size = nsc_dim_size(trace, equation->terms[i]);
        ones += size == 1;
        if (size < 0) {
            unknowns++;
            last_unknown = equation->terms[i];
        } else if (size != 1 && dim_root(trace, equation->terms[i]) != dim_root(trace, equation->result)) {
            if (!join(trace, equation->terms[i], equation->result)) {
                conflict(trace, nsc_value_describe(trace, equation->value), equation->axis, equation->terms[i],
                         equation->result);
                equation->done = true;
                return true;
            }
            progress = true;
        }
    }
    int64_t result = nsc_dim_size(trace, equation->result);
    if (ones == equation->count) {
        equation->done = true;
        set_dim(trace, equation, equation->result, 1, equation->terms[0]);
        return true;
    }
    if (unknowns == 0) {
        equation->done = true;
        return true;
    }
    /* All others are 1: the size of the result can only come from this one. A result of 1 makes everything 1. */
    if (result == 1 || (unknowns == 1 && ones == equation->count - 1)) {
        if (result != 1) {
            equation->done = true;
            return join(trace, last_unknown, equation->result);
        }
        for (uint32_t i = 0; i < equation->count; i++)
            if (nsc_dim_size(trace, equation->terms[i]) < 0)
                join(trace, equation->terms[i], equation->result);
        return true;
    }
    return progress;
}

/* Forward only: many sizes leave the same slice. */
static bool solve_slice(nsc_trace *trace, nsc_equation *equation)
{
    int64_t size = nsc_dim_size(trace, equation->terms[0]);
    if (size < 0)
        return false;
    equation->done = true;
    set_dim(trace, equation, equation->result, nsc_slice_of(&equation->value->is, size, NULL), equation->terms[0]);
    return true;
}

static bool solve_one(nsc_trace *trace, nsc_equation *equation)
{
    switch (equation->kind) {
    case NSC_EQUATION_BROADCAST:
        return solve_broadcast(trace, equation);
    case NSC_EQUATION_SLICE:
        return solve_slice(trace, equation);
    case NSC_EQUATION_PRODUCT:
    case NSC_EQUATION_SUM:
        break;
    }
    return solve_arithmetic(trace, equation);
}

/* An operand of unknown size is taken to be as large as the result, not 1. All results known by now decide at once, and
 * results that are not known only when no known one is left: no order of the equations shows. */
static bool apply_defaults(nsc_trace *trace)
{
    bool any = false, known = false;
    for (size_t i = 0; i < trace->equation_count; i++) {
        nsc_equation *equation = &trace->equations[i];
        if (equation->kind != NSC_EQUATION_BROADCAST || equation->done)
            continue;
        equation->decides = nsc_dim_size(trace, equation->result) >= 0;
        known = known || equation->decides;
        any = true;
    }
    for (size_t i = 0; i < trace->equation_count; i++) {
        nsc_equation *equation = &trace->equations[i];
        if (equation->kind != NSC_EQUATION_BROADCAST || equation->done || equation->decides != known)
            continue;
        for (uint32_t t = 0; t < equation->count; t++)
            if (nsc_dim_size(trace, equation->terms[t]) < 0)
                join(trace, equation->terms[t], equation->result);
        equation->done = !known; /* a known one is looked at once more: two may have decided the same operand */
    }
    return any;
}

void nsc_trace_solve(nsc_trace *trace)
{
    bool progress = true;
    while (trace->status == NSC_OK && progress) {
        progress = false;
        for (size_t i = 0; i < trace->equation_count && trace->status == NSC_OK; i++)
            if (!trace->equations[i].done && solve_one(trace, &trace->equations[i]))
                progress = true;
        if (!progress)
            progress = apply_defaults(trace);
    }
}
