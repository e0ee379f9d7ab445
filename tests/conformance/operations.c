/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of expressions: what they are called, what they take, what they give in double precision, and how far a
 * device may be off (docs/conformance.md has the table). */
#include <math.h>

#include "conformance.h"

typedef struct operation {
    const char *name;
    uint32_t operands;
    double ulps;
} operation;

static const operation operations[] = {
    [NSC_OP_NEG] = {"neg", 1, 0},
    [NSC_OP_ABS] = {"abs", 1, 0},
    [NSC_OP_EXP] = {"exp", 1, 3},
    [NSC_OP_LOG] = {"log", 1, 3},
    [NSC_OP_SQRT] = {"sqrt", 1, 3},
    [NSC_OP_RSQRT] = {"rsqrt", 1, 2},
    [NSC_OP_TANH] = {"tanh", 1, 5},
    [NSC_OP_ERF] = {"erf", 1, 16},
    [NSC_OP_FLOOR] = {"floor", 1, 0},
    [NSC_OP_CEIL] = {"ceil", 1, 0},
    [NSC_OP_RINT] = {"rint", 1, 0},
    [NSC_OP_EXPM1] = {"expm1", 1, 3},
    [NSC_OP_LOG1P] = {"log1p", 1, 2},
    [NSC_OP_SIN] = {"sin", 1, 4},
    [NSC_OP_COS] = {"cos", 1, 4},
    [NSC_OP_ADD] = {"add", 2, 0.5},
    [NSC_OP_SUB] = {"sub", 2, 0.5},
    [NSC_OP_MUL] = {"mul", 2, 0.5},
    [NSC_OP_DIV] = {"div", 2, 2.5},
    [NSC_OP_MAX] = {"max", 2, 0},
    [NSC_OP_MIN] = {"min", 2, 0},
    [NSC_OP_POW] = {"pow", 2, 16},
    [NSC_OP_EQUAL] = {"equal", 2, 0},
    [NSC_OP_LESS] = {"less", 2, 0},
    [NSC_OP_LESS_EQUAL] = {"less_equal", 2, 0},
    [NSC_OP_SELECT] = {"select", 3, 0},
    [NSC_OP_FMA] = {"fma", 3, 0.5},
};

const char *op_name(uint16_t op)
{
    return op < sizeof operations / sizeof *operations ? operations[op].name : NULL;
}

uint32_t op_operands(uint16_t op)
{
    return op_name(op) ? operations[op].operands : 0;
}

double op_ulps(uint16_t op)
{
    return operations[op].ulps;
}

double op_value(uint16_t op, double a, double b, double c)
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
        return 1 / sqrt(a);
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
        return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    case NSC_OP_MIN:
        return isnan(a) || isnan(b) ? NAN : fmin(a, b);
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
    }
    return NAN;
}
