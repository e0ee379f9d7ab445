/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and products. */
#include "core/graph/operation_parts.h"

#include <string.h>

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
    value->is.index = index;
    for (int i = 0; i < value->rank; i++)
        value->dims[i] = trace->parameters[index].dims[i];
    trace->parameters[index].value = value;
    trace->parameters[index].frame = trace->frame;
    return value;
}

/* (..., m, k) (..., k, n), both of rank 2 or more. */
static nsc_value *product(nsc_trace *trace, nsc_value *a, nsc_value *b)
{
    int rank = a->rank > b->rank ? a->rank : b->rank;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_PRODUCT, (nsc_value *[]){a, b}, 2, rank);
    if (trace->status != NSC_OK)
        return value;
    value->dims[rank - 2] = a->dims[a->rank - 2];
    value->dims[rank - 1] = b->dims[b->rank - 1];
    for (int axis = 0; axis < rank - 2; axis++) {
        int in_a = axis - (rank - a->rank), in_b = axis - (rank - b->rank);
        if (in_a < 0 || in_b < 0 || a->dims[in_a] == b->dims[in_b]) {
            value->dims[axis] = in_a >= 0 ? a->dims[in_a] : b->dims[in_b];
            continue;
        }
        uint32_t terms[2] = {a->dims[in_a], b->dims[in_b]};
        value->dims[axis] = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
        nsc_dim_equation(trace, NSC_EQUATION_BROADCAST, value, axis, terms, 2);
    }
    return value;
}

nsc_value *nsc_op_linear(nsc_value *x, nsc_value *weight, nsc_value *bias)
{
    nsc_value *operands[2] = {x, weight}, *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_linear", operands, 2, &broken);
    if (trace == NULL || !nsc_op_rank_known(trace, "nsc_op_linear", x) || !nsc_op_float(trace, "nsc_op_linear", x) ||
        !nsc_op_float(trace, "nsc_op_linear", weight))
        return broken;
    nsc_value_fix_rank(trace, weight, 2);
    if (x->rank < 1 || weight->rank != 2) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT,
                        "nsc_op_linear: %s has rank %d and %s has rank %d; 1 or more and 2 are needed",
                        nsc_value_describe(trace, x), x->rank, nsc_value_describe(trace, weight), weight->rank);
        return broken;
    }
    nsc_dim_equal(trace, weight, 1, x, x->rank - 1);
    nsc_value *value = product(trace, x->rank == 1 ? nsc_op_expand_dims(x, 0) : x, nsc_op_transpose(weight, NULL));
    if (x->rank == 1)
        value = nsc_op_squeeze(value, 0);
    if (bias == NULL || trace->status != NSC_OK)
        return value;
    nsc_value *all[3] = {value, weight, bias};
    if (nsc_op_begin("nsc_op_linear", all, 3, &broken) == NULL)
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

nsc_value *nsc_op_matmul(nsc_value *a, nsc_value *b)
{
    nsc_value *operands[2] = {a, b}, *broken;
    nsc_trace *trace = nsc_op_begin_float("nsc_op_matmul", operands, 2, &broken);
    if (trace == NULL)
        return broken;
    if (a->rank < 1 || b->rank < 1) {
        nsc_trace_error(trace, NSC_SHAPE_CONFLICT, "nsc_op_matmul: %s is a scalar: multiply with nsc_op_mul",
                        nsc_value_describe(trace, a->rank < 1 ? a : b));
        return broken;
    }
    nsc_dim_equal(trace, b, b->rank == 1 ? 0 : b->rank - 2, a, a->rank - 1);
    bool row = a->rank == 1, column = b->rank == 1;
    nsc_value *value = product(trace, row ? nsc_op_expand_dims(a, 0) : a, column ? nsc_op_expand_dims(b, 1) : b);
    if (column)
        value = nsc_op_squeeze(value, -1);
    if (row)
        value = nsc_op_squeeze(value, column ? -1 : -2);
    return value;
}
