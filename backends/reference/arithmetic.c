/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of expressions. Add, subtract, multiply, divide, square root and fma round once by IEEE 754; the
 * others are computed in double precision and rounded to float once. */
#include <math.h>

#include "reference.h"

static float maximum(float a, float b)
{
    if (a != a || b != b)
        return a + b;
    return a > b ? a : b;
}

static float minimum(float a, float b)
{
    if (a != a || b != b)
        return a + b;
    return a < b ? a : b;
}

#define EACH(VALUE)                        \
    for (uint32_t i = 0; i < count; i++) { \
        out[i] = (VALUE);                  \
    }                                      \
    break

void reference_apply(uint16_t op, uint32_t count, const float *a, const float *b, const float *c, float *out)
{
    switch (op) {
    case NSC_OP_NEG:
        EACH(-a[i]);
    case NSC_OP_ABS:
        EACH(fabsf(a[i]));
    case NSC_OP_EXP:
        EACH((float)exp(a[i]));
    case NSC_OP_LOG:
        EACH((float)log(a[i]));
    case NSC_OP_SQRT:
        EACH(sqrtf(a[i]));
    case NSC_OP_RSQRT:
        EACH((float)(1.0 / sqrt(a[i])));
    case NSC_OP_TANH:
        EACH((float)tanh(a[i]));
    case NSC_OP_ERF:
        EACH((float)erf(a[i]));
    case NSC_OP_FLOOR:
        EACH(floorf(a[i]));
    case NSC_OP_CEIL:
        EACH(ceilf(a[i]));
    case NSC_OP_RINT:
        EACH(rintf(a[i]));
    case NSC_OP_EXPM1:
        EACH((float)expm1(a[i]));
    case NSC_OP_LOG1P:
        EACH((float)log1p(a[i]));
    case NSC_OP_SIN:
        EACH((float)sin(a[i]));
    case NSC_OP_COS:
        EACH((float)cos(a[i]));
    case NSC_OP_ADD:
        EACH(a[i] + b[i]);
    case NSC_OP_SUB:
        EACH(a[i] - b[i]);
    case NSC_OP_MUL:
        EACH(a[i] * b[i]);
    case NSC_OP_DIV:
        EACH(a[i] / b[i]);
    case NSC_OP_MAX:
        EACH(maximum(a[i], b[i]));
    case NSC_OP_MIN:
        EACH(minimum(a[i], b[i]));
    case NSC_OP_POW:
        EACH((float)pow(a[i], b[i]));
    case NSC_OP_EQUAL:
        EACH(a[i] == b[i] ? 1.0f : 0.0f);
    case NSC_OP_LESS:
        EACH(a[i] < b[i] ? 1.0f : 0.0f);
    case NSC_OP_LESS_EQUAL:
        EACH(a[i] <= b[i] ? 1.0f : 0.0f);
    case NSC_OP_SELECT:
        EACH(a[i] != 0.0f ? b[i] : c[i]);
    case NSC_OP_FMA:
        EACH(fmaf(a[i], b[i], c[i]));
    }
}
