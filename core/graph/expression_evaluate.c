/* SPDX-License-Identifier: Apache-2.0 */
/* The ops of backend.h on the host, in double precision. */
#include <math.h>
#include <stdlib.h>

#include "core/graph/term.h"

double nsc_op_evaluate(uint16_t op, double a, double b, double c)
{
    switch (op) {
    case NSC_OP_NEG:
        return -a;
    case NSC_OP_ABS:
        return fabs(a);
    case NSC_OP_EXP:
        return exp(a);
    case NSC_OP_LOG:
        return log(a);
    case NSC_OP_SQRT:
        return sqrt(a);
    case NSC_OP_RSQRT:
        return 1.0 / sqrt(a);
    case NSC_OP_TANH:
        return tanh(a);
    case NSC_OP_ERF:
        return erf(a);
    case NSC_OP_FLOOR:
        return floor(a);
    case NSC_OP_CEIL:
        return ceil(a);
    case NSC_OP_RINT:
        return rint(a);
    case NSC_OP_EXPM1:
        return expm1(a);
    case NSC_OP_LOG1P:
        return log1p(a);
    case NSC_OP_SIN:
        return sin(a);
    case NSC_OP_COS:
        return cos(a);
    case NSC_OP_ADD:
        return a + b;
    case NSC_OP_SUB:
        return a - b;
    case NSC_OP_MUL:
        return a * b;
    case NSC_OP_DIV:
        return a / b;
    case NSC_OP_MAX:
        return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    case NSC_OP_MIN:
        return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    case NSC_OP_POW:
        return pow(a, b);
    case NSC_OP_EQUAL:
        return a == b;
    case NSC_OP_LESS:
        return a < b;
    case NSC_OP_LESS_EQUAL:
        return a <= b;
    case NSC_OP_SELECT:
        return a != 0 ? b : c;
    case NSC_OP_FMA:
        return fma(a, b, c);
    default:
        return NAN;
    }
}

double nsc_term_evaluate(const nsc_expression *expression, nsc_term term, const double *inputs, const double *scalars)
{
    bool *reached = nsc_term_reach(expression, term);
    double *values = reached == NULL ? NULL : calloc((size_t)term + 1, sizeof *values);
    double result = NAN;
    for (size_t i = 0; values != NULL && i <= term; i++) {
        const nsc_term_node *node = &expression->terms[i];
        const nsc_term *o = node->operands;
        if (!reached[i])
            continue;
        values[i] = node->op == NSC_OP_LOAD     ? inputs[node->arg]
                    : node->op == NSC_OP_SCALAR ? scalars[node->arg]
                    : node->op == NSC_OP_IMMEDIATE
                        ? (double)node->value
                        : nsc_op_evaluate(node->op, values[o[0]], values[o[1]], values[o[2]]);
        result = values[i];
    }
    free(values);
    free(reached);
    return result;
}
