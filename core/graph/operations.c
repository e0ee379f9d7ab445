/* SPDX-License-Identifier: Apache-2.0 */
/* The operations on symbolic values: what each asks of its operands, and the shape that it gives. */
#include "core/graph/trace.h"

/* The trace of the operands when all is well so far; else NULL and the placeholder in *broken. */
static nsc_trace *begin(const char *operation, nsc_value *const *operands, size_t count, nsc_value **broken)
{
    static nsc_value nowhere; /* only for calls that have no trace at all */
    nsc_trace *trace = NULL;
    for (size_t i = 0; i < count && trace == NULL; i++)
        trace = operands[i] == NULL ? NULL : operands[i]->trace;
    *broken = trace == NULL ? &nowhere : &trace->broken;
    if (trace == NULL || trace->status != NSC_OK)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (operands[i] == NULL || operands[i]->trace != trace) {
            nsc_trace_error(trace, NSC_INVALID, "%s: operand %zu is %s", operation, i,
                            operands[i] == NULL ? "NULL" : "a value of another trace");
            return NULL;
        }
    return trace;
}

/* A parameter of unknown rank fits only where another operand says the rank. */
static bool rank_known(nsc_trace *trace, const char *operation, const nsc_value *value)
{
    if (value->rank < 0)
        nsc_trace_error(trace, NSC_PENDING, "%s: the rank of %s is unknown here; set it, or add it to something first",
                        operation, nsc_value_describe(trace, value));
    return value->rank >= 0;
}

nsc_value *nsc_op_parameter(nsc_trace *trace, nsc_parameter *parameter)
{
    static nsc_value nowhere;
    uint32_t index = 0;
    if (trace == NULL)
        return &nowhere;
    if (trace->status != NSC_OK)
        return &trace->broken;
    if (parameter == NULL) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_parameter: parameter is NULL");
        return &trace->broken;
    }
    if (!nsc_map_get(&trace->parameter_index, nsc_parameter_resolve(parameter), &index)) {
        nsc_trace_error(trace, NSC_INVALID, "parameter %s belongs to no block of this net: declare or tie it there",
                        nsc_parameter_name(parameter));
        return &trace->broken;
    }
    if (trace->parameters[index].value != NULL)
        return trace->parameters[index].value;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_PARAMETER, NULL, 0, trace->parameters[index].rank);
    if (trace->status != NSC_OK)
        return value;
    value->index = index;
    for (int i = 0; i < value->rank; i++)
        value->dims[i] = trace->parameters[index].dims[i];
    trace->parameters[index].value = value;
    trace->parameters[index].frame = trace->frame;
    return value;
}

nsc_value *nsc_op_linear(nsc_value *x, nsc_value *weight, nsc_value *bias)
{
    nsc_value *operands[2] = {x, weight}, *broken;
    nsc_trace *trace = begin("nsc_op_linear", operands, 2, &broken);
    if (trace == NULL || !rank_known(trace, "nsc_op_linear", x))
        return broken;
    nsc_value_fix_rank(trace, weight, 2);
    if (x->rank < 1 || weight->rank != 2) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT,
                        "nsc_op_linear: %s has rank %d and %s has rank %d; 1 or more and 2 are needed",
                        nsc_value_describe(trace, x), x->rank, nsc_value_describe(trace, weight), weight->rank);
        return broken;
    }
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_LINEAR, operands, 2, x->rank);
    if (trace->status != NSC_OK)
        return value;
    nsc_dim_equal(trace, weight, 1, x, x->rank - 1);
    for (int i = 0; i < x->rank - 1; i++)
        value->dims[i] = x->dims[i];
    value->dims[x->rank - 1] = weight->dims[0];
    if (bias == NULL)
        return value;
    nsc_value *all[3] = {value, weight, bias};
    if (begin("nsc_op_linear", all, 3, &broken) == NULL)
        return broken;
    nsc_value_fix_rank(trace, bias, 1);
    if (bias->rank != 1) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_linear: the bias, %s, has rank %d; 1 is needed",
                        nsc_value_describe(trace, bias), bias->rank);
        return broken;
    }
    nsc_dim_equal(trace, bias, 0, weight, 0);
    return nsc_op_add(value, bias);
}

static nsc_value *elementwise(nsc_element element, const char *operation, nsc_value *const *operands, size_t count)
{
    nsc_value *broken;
    nsc_trace *trace = begin(operation, operands, count, &broken);
    int rank = 0;
    if (trace == NULL)
        return broken;
    for (size_t i = 0; i < count; i++)
        rank = operands[i]->rank > rank ? operands[i]->rank : rank;
    if (count == 2 && (operands[0]->rank >= 0 || operands[1]->rank >= 0))
        for (size_t i = 0; i < count; i++)
            nsc_value_fix_rank(trace, operands[i], rank);
    for (size_t i = 0; i < count; i++)
        if (!rank_known(trace, operation, operands[i]))
            return broken;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_ELEMENTWISE, operands, count, rank);
    if (trace->status != NSC_OK)
        return value;
    value->element = element;
    for (int axis = 0; axis < rank; axis++) {
        uint32_t terms[2], term_count = 0;
        for (size_t i = 0; i < count; i++) {
            int own = axis - (rank - operands[i]->rank);
            if (own >= 0)
                terms[term_count++] = operands[i]->dims[own];
        }
        /* One operand, or the same dimension on both sides: nothing to find out. */
        if (term_count == 1 || terms[0] == terms[1]) {
            value->dims[axis] = terms[0];
        } else {
            value->dims[axis] = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
            nsc_dim_equation(trace, NSC_EQUATION_BROADCAST, value, axis, terms, term_count);
        }
    }
    return value;
}

nsc_value *nsc_op_add(nsc_value *a, nsc_value *b)
{
    return elementwise(NSC_ELEMENT_ADD, "nsc_op_add", (nsc_value *[]){a, b}, 2);
}

nsc_value *nsc_op_sub(nsc_value *a, nsc_value *b)
{
    return elementwise(NSC_ELEMENT_SUB, "nsc_op_sub", (nsc_value *[]){a, b}, 2);
}

nsc_value *nsc_op_mul(nsc_value *a, nsc_value *b)
{
    return elementwise(NSC_ELEMENT_MUL, "nsc_op_mul", (nsc_value *[]){a, b}, 2);
}

nsc_value *nsc_op_relu(nsc_value *x)
{
    return elementwise(NSC_ELEMENT_RELU, "nsc_op_relu", &x, 1);
}

nsc_value *nsc_op_sigmoid(nsc_value *x)
{
    return elementwise(NSC_ELEMENT_SIGMOID, "nsc_op_sigmoid", &x, 1);
}

nsc_value *nsc_op_tanh(nsc_value *x)
{
    return elementwise(NSC_ELEMENT_TANH, "nsc_op_tanh", &x, 1);
}

nsc_value *nsc_op_gelu(nsc_value *x)
{
    return elementwise(NSC_ELEMENT_GELU, "nsc_op_gelu", &x, 1);
}

nsc_value *nsc_op_activation(nsc_value *x, nsc_activation activation)
{
    nsc_value *broken;
    switch (activation) {
    case NSC_IDENTITY:
        return x;
    case NSC_RELU:
        return nsc_op_relu(x);
    case NSC_SIGMOID:
        return nsc_op_sigmoid(x);
    case NSC_TANH:
        return nsc_op_tanh(x);
    case NSC_GELU:
        return nsc_op_gelu(x);
    case NSC_SOFTMAX:
        return nsc_op_softmax(x, -1);
    }
    nsc_trace *trace = begin("nsc_op_activation", &x, 1, &broken);
    if (trace != NULL)
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_activation: %d is no activation", (int)activation);
    return broken;
}

/* axis as written, or from the end; false and an error when there is no such axis. */
static bool resolve_axis(nsc_trace *trace, const char *operation, int rank, int *axis)
{
    int resolved = *axis < 0 ? *axis + rank : *axis;
    if (resolved < 0 || resolved >= rank) {
        nsc_trace_error(trace, NSC_INVALID, "%s: axis %d of a value of rank %d", operation, *axis, rank);
        return false;
    }
    *axis = resolved;
    return true;
}

nsc_value *nsc_op_softmax(nsc_value *x, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_softmax", &x, 1, &broken);
    if (trace == NULL || !rank_known(trace, "nsc_op_softmax", x) ||
        !resolve_axis(trace, "nsc_op_softmax", x->rank, &axis))
        return broken;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_SOFTMAX, &x, 1, x->rank);
    if (trace->status != NSC_OK)
        return value;
    value->axis = axis;
    for (int i = 0; i < x->rank; i++)
        value->dims[i] = x->dims[i];
    return value;
}

nsc_value *nsc_op_flatten(nsc_value *x)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_flatten", &x, 1, &broken);
    if (trace == NULL || !rank_known(trace, "nsc_op_flatten", x))
        return broken;
    if (x->rank < 1) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_flatten: %s is a scalar, it has no axis 0",
                        nsc_value_describe(trace, x));
        return broken;
    }
    if (x->rank == 2)
        return x;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_FLATTEN, &x, 1, 2);
    if (trace->status != NSC_OK)
        return value;
    value->dims[0] = x->dims[0];
    value->dims[1] = nsc_dim_new(trace, x->rank == 1 ? 1 : NSC_UNKNOWN, x->rank == 1 ? "flattening rank 1" : NULL);
    if (x->rank > 1)
        nsc_dim_equation(trace, NSC_EQUATION_PRODUCT, value, 1, x->dims + 1, (uint32_t)x->rank - 1);
    return value;
}

nsc_value *nsc_op_concat(nsc_value *const *values, size_t count, int axis)
{
    nsc_value *broken;
    nsc_trace *trace = begin("nsc_op_concat", values, values == NULL ? 0 : count, &broken);
    if (trace == NULL)
        return broken;
    int rank = values[0]->rank;
    for (size_t i = 0; i < count; i++)
        if (!rank_known(trace, "nsc_op_concat", values[i]))
            return broken;
    if (!resolve_axis(trace, "nsc_op_concat", rank, &axis))
        return broken;
    for (size_t i = 1; i < count; i++)
        if (values[i]->rank != rank) {
            nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_concat: %s has rank %d, %s has rank %d",
                            nsc_value_describe(trace, values[0]), rank, nsc_value_describe(trace, values[i]),
                            values[i]->rank);
            return broken;
        }
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_CONCAT, values, count, rank);
    uint32_t *terms = nsc_arena_take(&trace->arena, count * sizeof *terms);
    if (trace->status != NSC_OK || terms == NULL) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return &trace->broken;
    }
    value->axis = axis;
    for (int i = 0; i < rank; i++)
        value->dims[i] = i == axis ? nsc_dim_new(trace, NSC_UNKNOWN, NULL) : values[0]->dims[i];
    for (size_t i = 0; i < count; i++)
        terms[i] = values[i]->dims[axis];
    nsc_dim_equation(trace, NSC_EQUATION_SUM, value, axis, terms, (uint32_t)count);
    for (size_t i = 1; i < count; i++)
        for (int a = 0; a < rank; a++)
            if (a != axis)
                nsc_dim_equal(trace, values[i], a, values[0], a);
    return value;
}
