/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/operation_parts.h"

nsc_trace *nsc_op_begin(const char *operation, nsc_value *const *operands, size_t count, nsc_value **broken)
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

nsc_trace *nsc_op_begin_float(const char *operation, nsc_value *const *operands, size_t count, nsc_value **broken)
{
    nsc_trace *trace = nsc_op_begin(operation, operands, count, broken);
    for (size_t i = 0; trace != NULL && i < count; i++)
        if (!nsc_op_float(trace, operation, operands[i]) || !nsc_op_rank_known(trace, operation, operands[i]))
            return NULL;
    return trace;
}

bool nsc_op_rank_known(nsc_trace *trace, const char *operation, const nsc_value *value)
{
    if (value->rank < 0)
        nsc_trace_error(trace, NSC_PENDING, "%s: the rank of %s is unknown here; set it, or add it to something first",
                        operation, nsc_value_describe(trace, value));
    return value->rank >= 0;
}

bool nsc_op_float(nsc_trace *trace, const char *operation, const nsc_value *value)
{
    if (value->dtype != NSC_FLOAT32)
        nsc_trace_error(trace, NSC_WRONG_DTYPE, "%s: %s is %s, and float32 is needed: convert it with nsc_op_cast",
                        operation, nsc_value_describe(trace, value), nsc_dtype_name(value->dtype));
    return value->dtype == NSC_FLOAT32;
}

bool nsc_op_index(nsc_trace *trace, const char *operation, const nsc_value *value)
{
    bool integer = value->dtype == NSC_INT32 || value->dtype == NSC_UINT32 || value->dtype == NSC_UINT8;
    if (!integer)
        nsc_trace_error(trace, NSC_WRONG_DTYPE,
                        "%s: the indices, %s, are %s; int32, uint32 or uint8 is needed: convert them with nsc_op_cast",
                        operation, nsc_value_describe(trace, value), nsc_dtype_name(value->dtype));
    return integer;
}

bool nsc_op_axis(nsc_trace *trace, const char *operation, int rank, int *axis)
{
    int resolved = *axis < 0 ? *axis + rank : *axis;
    if (resolved < 0 || resolved >= rank) {
        nsc_trace_error(trace, NSC_INVALID, "%s: axis %d of a value of rank %d", operation, *axis, rank);
        return false;
    }
    *axis = resolved;
    return true;
}
