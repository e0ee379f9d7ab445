/* SPDX-License-Identifier: Apache-2.0 */
/* Operations element by element. */
#include "core/graph/operation_parts.h"

#include <math.h>
#include <string.h>

#include <nascent/random.h>

enum { MAX_OPERANDS = 3 };

/* The dimension of one axis of the result, from those of the operands that have it. */
static void broadcast_axis(nsc_trace *trace, nsc_value *value, int axis)
{
    uint32_t terms[MAX_OPERANDS], count = 0;
    bool same = true;
    for (size_t i = 0; i < value->operand_count; i++) {
        const nsc_value *operand = value->operands[i];
        int own = axis - (value->rank - operand->rank);
        if (own < 0)
            continue;
        terms[count++] = operand->dims[own];
        same = same && terms[0] == operand->dims[own];
    }
    /* One operand, or the same dimension everywhere: nothing to find out. */
    if (same) {
        value->dims[axis] = terms[0];
        return;
    }
    value->dims[axis] = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
    nsc_dim_equation(trace, NSC_EQUATION_BROADCAST, value, axis, terms, count);
}

nsc_value *nsc_op_element(nsc_element element, const char *operation, nsc_value *const *operands, size_t count,
                          const float numbers[2])
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin(operation, operands, count, &broken);
    int rank = NSC_UNKNOWN;
    if (trace == NULL)
        return broken;
    for (size_t i = 0; i < count; i++)
        rank = operands[i]->rank > rank ? operands[i]->rank : rank;
    for (size_t i = 0; i < count && rank >= 0; i++)
        nsc_value_fix_rank(trace, operands[i], rank);
    for (size_t i = 0; i < count; i++)
        if (!nsc_op_rank_known(trace, operation, operands[i]) ||
            (element != NSC_ELEMENT_CAST && !nsc_op_float(trace, operation, operands[i])))
            return broken;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_ELEMENTWISE, operands, count, rank);
    if (trace->status != NSC_OK)
        return value;
    value->is.element = element;
    if (numbers != NULL)
        memcpy(value->is.numbers, numbers, sizeof value->is.numbers);
    for (int axis = 0; axis < rank; axis++)
        broadcast_axis(trace, value, axis);
    return value;
}

nsc_value *nsc_op_constant(nsc_trace *trace, float number)
{
    static nsc_value nowhere;
    if (trace == NULL)
        return &nowhere;
    nsc_value *value = nsc_trace_value(trace, NSC_NODE_ELEMENTWISE, NULL, 0, 0);
    if (trace->status == NSC_OK) {
        value->is.element = NSC_ELEMENT_CONSTANT;
        value->is.numbers[0] = number;
    }
    return value;
}

static nsc_value *one(nsc_element element, const char *operation, nsc_value *x)
{
    return nsc_op_element(element, operation, &x, 1, NULL);
}

static nsc_value *two(nsc_element element, const char *operation, nsc_value *a, nsc_value *b)
{
    return nsc_op_element(element, operation, (nsc_value *[]){a, b}, 2, NULL);
}

nsc_value *nsc_op_add(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_ADD, "nsc_op_add", a, b);
}

nsc_value *nsc_op_sub(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_SUB, "nsc_op_sub", a, b);
}

nsc_value *nsc_op_mul(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_MUL, "nsc_op_mul", a, b);
}

nsc_value *nsc_op_div(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_DIV, "nsc_op_div", a, b);
}

nsc_value *nsc_op_pow(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_POW, "nsc_op_pow", a, b);
}

nsc_value *nsc_op_maximum(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_MAXIMUM, "nsc_op_maximum", a, b);
}

nsc_value *nsc_op_minimum(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_MINIMUM, "nsc_op_minimum", a, b);
}

nsc_value *nsc_op_equal(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_EQUAL, "nsc_op_equal", a, b);
}

nsc_value *nsc_op_not_equal(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_NOT_EQUAL, "nsc_op_not_equal", a, b);
}

nsc_value *nsc_op_less(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_LESS, "nsc_op_less", a, b);
}

nsc_value *nsc_op_less_equal(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_LESS_EQUAL, "nsc_op_less_equal", a, b);
}

nsc_value *nsc_op_greater(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_LESS, "nsc_op_greater", b, a);
}

nsc_value *nsc_op_greater_equal(nsc_value *a, nsc_value *b)
{
    return two(NSC_ELEMENT_LESS_EQUAL, "nsc_op_greater_equal", b, a);
}

nsc_value *nsc_op_where(nsc_value *condition, nsc_value *a, nsc_value *b)
{
    return nsc_op_element(NSC_ELEMENT_WHERE, "nsc_op_where", (nsc_value *[]){condition, a, b}, 3, NULL);
}

nsc_value *nsc_op_clip(nsc_value *x, float low, float high)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_clip", &x, 1, &broken);
    if (trace == NULL)
        return broken;
    if (!(low <= high)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_clip: low is %g and high is %g; low <= high is needed", (double)low,
                        (double)high);
        return broken;
    }
    return nsc_op_element(NSC_ELEMENT_CLIP, "nsc_op_clip", &x, 1, (const float[]){low, high});
}

nsc_value *nsc_op_neg(nsc_value *x)
{
    return one(NSC_ELEMENT_NEG, "nsc_op_neg", x);
}

nsc_value *nsc_op_abs(nsc_value *x)
{
    return one(NSC_ELEMENT_ABS, "nsc_op_abs", x);
}

nsc_value *nsc_op_exp(nsc_value *x)
{
    return one(NSC_ELEMENT_EXP, "nsc_op_exp", x);
}

nsc_value *nsc_op_expm1(nsc_value *x)
{
    return one(NSC_ELEMENT_EXPM1, "nsc_op_expm1", x);
}

nsc_value *nsc_op_log(nsc_value *x)
{
    return one(NSC_ELEMENT_LOG, "nsc_op_log", x);
}

nsc_value *nsc_op_log1p(nsc_value *x)
{
    return one(NSC_ELEMENT_LOG1P, "nsc_op_log1p", x);
}

nsc_value *nsc_op_sqrt(nsc_value *x)
{
    return one(NSC_ELEMENT_SQRT, "nsc_op_sqrt", x);
}

nsc_value *nsc_op_rsqrt(nsc_value *x)
{
    return one(NSC_ELEMENT_RSQRT, "nsc_op_rsqrt", x);
}

nsc_value *nsc_op_erf(nsc_value *x)
{
    return one(NSC_ELEMENT_ERF, "nsc_op_erf", x);
}

nsc_value *nsc_op_sin(nsc_value *x)
{
    return one(NSC_ELEMENT_SIN, "nsc_op_sin", x);
}

nsc_value *nsc_op_cos(nsc_value *x)
{
    return one(NSC_ELEMENT_COS, "nsc_op_cos", x);
}

nsc_value *nsc_op_floor(nsc_value *x)
{
    return one(NSC_ELEMENT_FLOOR, "nsc_op_floor", x);
}

nsc_value *nsc_op_ceil(nsc_value *x)
{
    return one(NSC_ELEMENT_CEIL, "nsc_op_ceil", x);
}

nsc_value *nsc_op_rint(nsc_value *x)
{
    return one(NSC_ELEMENT_RINT, "nsc_op_rint", x);
}

nsc_value *nsc_op_relu(nsc_value *x)
{
    return one(NSC_ELEMENT_RELU, "nsc_op_relu", x);
}

nsc_value *nsc_op_sigmoid(nsc_value *x)
{
    return one(NSC_ELEMENT_SIGMOID, "nsc_op_sigmoid", x);
}

nsc_value *nsc_op_tanh(nsc_value *x)
{
    return one(NSC_ELEMENT_TANH, "nsc_op_tanh", x);
}

nsc_value *nsc_op_gelu(nsc_value *x)
{
    return one(NSC_ELEMENT_GELU, "nsc_op_gelu", x);
}

nsc_value *nsc_op_prelu(nsc_value *x, nsc_value *slope)
{
    return two(NSC_ELEMENT_PRELU, "nsc_op_prelu", x, slope);
}

nsc_value *nsc_op_activation(nsc_value *x, nsc_activation activation)
{
    nsc_value *broken;
    nsc_element element;
    float numbers[2] = {0, 0};
    nsc_trace *trace = nsc_op_begin("nsc_op_activation", &x, 1, &broken);
    if (trace == NULL)
        return broken;
    if (activation == NSC_IDENTITY)
        return x;
    if (activation == NSC_SOFTMAX)
        return nsc_op_softmax(x, -1);
    if (activation == NSC_LOG_SOFTMAX)
        return nsc_op_log_softmax(x, -1);
    if (nsc_activation_element(activation, &element, numbers))
        return nsc_op_element(element, "nsc_op_activation", &x, 1, numbers);
    nsc_trace_error(trace, NSC_INVALID, "nsc_op_activation: %d is no activation", (int)activation);
    return broken;
}

nsc_value *nsc_op_activation_alpha(nsc_value *x, nsc_activation activation, float alpha)
{
    nsc_value *broken;
    nsc_element element = NSC_ELEMENT_COUNT;
    float numbers[2] = {0, 0};
    nsc_trace *trace = nsc_op_begin("nsc_op_activation_alpha", &x, 1, &broken);
    if (trace == NULL)
        return broken;
    bool known = nsc_activation_element(activation, &element, numbers) && nsc_formula_of(element)->numbers == 1;
    if (!known || !isfinite(alpha) || (activation == NSC_CELU && alpha == 0)) {
        const char *name = nsc_activation_name(activation);
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_activation_alpha: %s does not take an alpha of %g",
                        name == NULL ? "what is no activation" : name, (double)alpha);
        return broken;
    }
    return nsc_op_element(element, "nsc_op_activation_alpha", &x, 1, (const float[]){alpha, 0});
}

nsc_value *nsc_op_cast(nsc_value *x, nsc_dtype dtype)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin("nsc_op_cast", &x, 1, &broken);
    if (trace == NULL)
        return broken;
    if (dtype != NSC_FLOAT32 && dtype != NSC_INT32 && dtype != NSC_UINT32 && dtype != NSC_UINT8) {
        const char *name = nsc_dtype_name(dtype);
        nsc_trace_error(trace, NSC_WRONG_DTYPE, "nsc_op_cast: to %s; float32, int32, uint32 and uint8 are possible",
                        name == NULL ? "what is no element type" : name);
        return broken;
    }
    if (dtype == x->dtype)
        return x;
    nsc_value *value = nsc_op_element(NSC_ELEMENT_CAST, "nsc_op_cast", &x, 1, NULL);
    if (trace->status == NSC_OK)
        value->dtype = dtype;
    return value;
}

/* The path of the block and the number of the call in it, so that what other blocks do changes nothing here. */
static uint64_t random_key(nsc_trace *trace)
{
    size_t before = 0;
    for (size_t i = 0; i < trace->value_count; i++)
        before +=
            trace->values[i]->node == NSC_NODE_RANDOM && strcmp(trace->values[i]->frame->path, trace->frame->path) == 0;
    const char *name = nsc_arena_format(&trace->arena, "%s#random.%zu", trace->frame->path, before);
    if (name == NULL)
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
    return nsc_hash_path(name);
}

nsc_value *nsc_op_dropout(nsc_value *x, float rate)
{
    nsc_value *broken;
    nsc_trace *trace = nsc_op_begin_float("nsc_op_dropout", &x, 1, &broken);
    if (trace == NULL)
        return broken;
    if (!(rate >= 0 && rate < 1)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_dropout: the rate is %g; it is 0 or more, and less than 1",
                        (double)rate);
        return broken;
    }
    if (trace->mode != NSC_TRAINING || rate == 0)
        return x;
    uint64_t key = random_key(trace);
    nsc_value *uniform = nsc_trace_value(trace, NSC_NODE_RANDOM, NULL, 0, x->rank);
    if (trace->status != NSC_OK)
        return uniform;
    uniform->is.key = key;
    memcpy(uniform->dims, x->dims, sizeof uniform->dims);
    return nsc_op_element(NSC_ELEMENT_DROPOUT, "nsc_op_dropout", (nsc_value *[]){x, uniform}, 2,
                          (const float[]){rate, 1 / (1 - rate)});
}
