/* SPDX-License-Identifier: Apache-2.0 */
/* In maximum and minimum the derivative of a tie goes to the first operand: a constant stands first where the derivative
 * at the border is 0. */
#include "core/graph/formula.h"

#include <math.h>

static nsc_term unary(nsc_expression *e, uint16_t op, nsc_term x)
{
    return nsc_term_apply(e, op, x, x, x);
}

static nsc_term binary(nsc_expression *e, uint16_t op, nsc_term a, nsc_term b)
{
    return nsc_term_apply(e, op, a, b, b);
}

static nsc_term number(nsc_expression *e, double value)
{
    return nsc_term_constant(e, (float)value);
}

static nsc_term select_term(nsc_expression *e, nsc_term condition, nsc_term a, nsc_term b)
{
    return nsc_term_apply(e, NSC_OP_SELECT, condition, a, b);
}

/* a where x > 0, else b; NaN takes b, where it stays NaN. */
static nsc_term where_positive(nsc_expression *e, nsc_term x, nsc_term a, nsc_term b)
{
    return select_term(e, binary(e, NSC_OP_LESS, number(e, 0), x), a, b);
}

static nsc_term write_constant(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)x;
    return nsc_term_constant(e, numbers[0]);
}

static nsc_term write_cast(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)e, (void)numbers;
    return x[0];
}

static nsc_term write_not_equal(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return select_term(e, binary(e, NSC_OP_EQUAL, x[0], x[1]), number(e, 0), number(e, 1));
}

static nsc_term write_clip(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return binary(e, NSC_OP_MIN, number(e, numbers[1]), binary(e, NSC_OP_MAX, number(e, numbers[0]), x[0]));
}

static nsc_term write_relu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return binary(e, NSC_OP_MAX, number(e, 0), x[0]);
}

/* Where exp overflows the result is 0, said apart, since the derivative would be 0 times an infinity. */
static nsc_term logistic(nsc_expression *e, nsc_term x)
{
    nsc_term divisor = binary(e, NSC_OP_ADD, unary(e, NSC_OP_EXP, unary(e, NSC_OP_NEG, x)), number(e, 1));
    return select_term(e, binary(e, NSC_OP_LESS, x, number(e, -88)), number(e, 0),
                       binary(e, NSC_OP_DIV, number(e, 1), divisor));
}

static nsc_term write_sigmoid(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return logistic(e, x[0]);
}

static nsc_term write_silu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return binary(e, NSC_OP_MUL, x[0], logistic(e, x[0]));
}

/* x/2 (1 + y) */
static nsc_term half_of(nsc_expression *e, nsc_term x, nsc_term y)
{
    return binary(e, NSC_OP_MUL, binary(e, NSC_OP_MUL, number(e, 0.5), x), binary(e, NSC_OP_ADD, number(e, 1), y));
}

static nsc_term write_gelu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return half_of(e, x[0], unary(e, NSC_OP_ERF, binary(e, NSC_OP_MUL, number(e, M_SQRT1_2), x[0])));
}

static nsc_term write_gelu_tanh(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    nsc_term y = write_clip(e, x, (const float[]){-10, 10}); /* beyond, tanh is 1, and the cube's derivative grows */
    nsc_term cube = binary(e, NSC_OP_MUL, binary(e, NSC_OP_MUL, y, y), binary(e, NSC_OP_MUL, y, number(e, 0.044715)));
    return half_of(e, x[0],
                   unary(e, NSC_OP_TANH,
                         binary(e, NSC_OP_MUL, binary(e, NSC_OP_ADD, y, cube), number(e, M_2_SQRTPI * M_SQRT1_2))));
}

static nsc_term write_leaky_relu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return where_positive(e, x[0], x[0], binary(e, NSC_OP_MUL, number(e, numbers[0]), x[0]));
}

static nsc_term write_prelu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return where_positive(e, x[0], x[0], binary(e, NSC_OP_MUL, x[1], x[0]));
}

static nsc_term write_elu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return where_positive(e, x[0], x[0], binary(e, NSC_OP_MUL, number(e, numbers[0]), unary(e, NSC_OP_EXPM1, x[0])));
}

static nsc_term write_celu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    nsc_term inner = unary(e, NSC_OP_EXPM1, binary(e, NSC_OP_DIV, x[0], number(e, numbers[0])));
    return where_positive(e, x[0], x[0], binary(e, NSC_OP_MUL, number(e, numbers[0]), inner));
}

/* The two numbers of the paper's appendix, to all digits that a float has. */
static nsc_term write_selu(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    const double alpha = 1.6732632423543772, scale = 1.0507009873554805;
    (void)numbers;
    return where_positive(e, x[0], binary(e, NSC_OP_MUL, number(e, scale), x[0]),
                          binary(e, NSC_OP_MUL, number(e, scale * alpha), unary(e, NSC_OP_EXPM1, x[0])));
}

/* log1p(exp(x)); beyond 20 that is x, and exp may overflow. */
static nsc_term softplus_of(nsc_expression *e, nsc_term x)
{
    return select_term(e, binary(e, NSC_OP_LESS, number(e, 20), x), x, unary(e, NSC_OP_LOG1P, unary(e, NSC_OP_EXP, x)));
}

static nsc_term write_softplus(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return softplus_of(e, x[0]);
}

static nsc_term write_log_sigmoid(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return unary(e, NSC_OP_NEG, softplus_of(e, unary(e, NSC_OP_NEG, x[0])));
}

static nsc_term write_mish(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return binary(e, NSC_OP_MUL, x[0], unary(e, NSC_OP_TANH, write_softplus(e, x, numbers)));
}

static nsc_term write_softsign(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return binary(e, NSC_OP_DIV, x[0], binary(e, NSC_OP_ADD, number(e, 1), unary(e, NSC_OP_ABS, x[0])));
}

static nsc_term write_hard_sigmoid(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    nsc_term line = binary(e, NSC_OP_ADD, binary(e, NSC_OP_MUL, number(e, 1.0 / 6), x[0]), number(e, 0.5));
    return write_clip(e, &line, (const float[]){0, 1});
}

static nsc_term write_hard_swish(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return binary(e, NSC_OP_MUL, x[0], write_hard_sigmoid(e, x, numbers));
}

static nsc_term write_hard_tanh(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    return write_clip(e, x, (const float[]){-1, 1});
}

/* What is dropped is 0, also where x is not finite. */
static nsc_term write_dropout(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return select_term(e, binary(e, NSC_OP_LESS, x[1], number(e, numbers[0])), number(e, 0),
                       binary(e, NSC_OP_MUL, number(e, numbers[1]), x[0]));
}

static nsc_term write_mean(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    return binary(e, NSC_OP_DIV, x[0], number(e, numbers[0]));
}

static nsc_term write_arg(nsc_expression *e, const nsc_term *x, const float *numbers)
{
    (void)numbers;
    nsc_term other = select_term(e, binary(e, NSC_OP_EQUAL, x[0], x[0]), number(e, 0x1p24), x[2]);
    return select_term(e, binary(e, NSC_OP_EQUAL, x[0], x[1]), x[2], other);
}

static const nsc_formula formulas[NSC_ELEMENT_COUNT] = {
    [NSC_ELEMENT_CONSTANT] = {"constant", 0, 1, 1, false, 0, write_constant},
    [NSC_ELEMENT_CAST] = {"cast", 1, 0, 2, false, 0, write_cast},
    [NSC_ELEMENT_ADD] = {"add", 2, 0, 3, false, NSC_OP_ADD, NULL},
    [NSC_ELEMENT_SUB] = {"sub", 2, 0, 3, false, NSC_OP_SUB, NULL},
    [NSC_ELEMENT_MUL] = {"mul", 2, 0, 3, false, NSC_OP_MUL, NULL},
    [NSC_ELEMENT_DIV] = {"div", 2, 0, 3, false, NSC_OP_DIV, NULL},
    [NSC_ELEMENT_POW] = {"pow", 2, 0, 3, true, NSC_OP_POW, NULL},
    [NSC_ELEMENT_MAXIMUM] = {"maximum", 2, 0, 3, false, NSC_OP_MAX, NULL},
    [NSC_ELEMENT_MINIMUM] = {"minimum", 2, 0, 3, false, NSC_OP_MIN, NULL},
    [NSC_ELEMENT_EQUAL] = {"equal", 2, 0, 3, false, NSC_OP_EQUAL, NULL},
    [NSC_ELEMENT_NOT_EQUAL] = {"not_equal", 2, 0, 4, false, 0, write_not_equal},
    [NSC_ELEMENT_LESS] = {"less", 2, 0, 3, false, NSC_OP_LESS, NULL},
    [NSC_ELEMENT_LESS_EQUAL] = {"less_equal", 2, 0, 3, false, NSC_OP_LESS_EQUAL, NULL},
    [NSC_ELEMENT_WHERE] = {"where", 3, 0, 4, false, NSC_OP_SELECT, NULL},
    [NSC_ELEMENT_CLIP] = {"clip", 1, 2, 5, false, 0, write_clip},
    [NSC_ELEMENT_NEG] = {"neg", 1, 0, 2, false, NSC_OP_NEG, NULL},
    [NSC_ELEMENT_ABS] = {"abs", 1, 0, 2, false, NSC_OP_ABS, NULL},
    [NSC_ELEMENT_EXP] = {"exp", 1, 0, 2, true, NSC_OP_EXP, NULL},
    [NSC_ELEMENT_EXPM1] = {"expm1", 1, 0, 2, true, NSC_OP_EXPM1, NULL},
    [NSC_ELEMENT_LOG] = {"log", 1, 0, 2, true, NSC_OP_LOG, NULL},
    [NSC_ELEMENT_LOG1P] = {"log1p", 1, 0, 2, true, NSC_OP_LOG1P, NULL},
    [NSC_ELEMENT_SQRT] = {"sqrt", 1, 0, 2, false, NSC_OP_SQRT, NULL},
    [NSC_ELEMENT_RSQRT] = {"rsqrt", 1, 0, 2, false, NSC_OP_RSQRT, NULL},
    [NSC_ELEMENT_ERF] = {"erf", 1, 0, 2, true, NSC_OP_ERF, NULL},
    [NSC_ELEMENT_SIN] = {"sin", 1, 0, 2, true, NSC_OP_SIN, NULL},
    [NSC_ELEMENT_COS] = {"cos", 1, 0, 2, true, NSC_OP_COS, NULL},
    [NSC_ELEMENT_FLOOR] = {"floor", 1, 0, 2, false, NSC_OP_FLOOR, NULL},
    [NSC_ELEMENT_CEIL] = {"ceil", 1, 0, 2, false, NSC_OP_CEIL, NULL},
    [NSC_ELEMENT_RINT] = {"rint", 1, 0, 2, false, NSC_OP_RINT, NULL},
    [NSC_ELEMENT_RELU] = {"relu", 1, 0, 3, false, 0, write_relu},
    [NSC_ELEMENT_SIGMOID] = {"sigmoid", 1, 0, 7, true, 0, write_sigmoid},
    [NSC_ELEMENT_TANH] = {"tanh", 1, 0, 2, true, NSC_OP_TANH, NULL},
    [NSC_ELEMENT_GELU] = {"gelu", 1, 0, 10, true, 0, write_gelu},
    [NSC_ELEMENT_GELU_TANH] = {"gelu_tanh", 1, 0, 16, true, 0, write_gelu_tanh},
    [NSC_ELEMENT_LEAKY_RELU] = {"leaky_relu", 1, 1, 8, false, 0, write_leaky_relu},
    [NSC_ELEMENT_ELU] = {"elu", 1, 1, 9, true, 0, write_elu},
    [NSC_ELEMENT_SELU] = {"selu", 1, 0, 11, true, 0, write_selu},
    [NSC_ELEMENT_CELU] = {"celu", 1, 1, 11, true, 0, write_celu},
    [NSC_ELEMENT_SILU] = {"silu", 1, 0, 8, true, 0, write_silu},
    [NSC_ELEMENT_MISH] = {"mish", 1, 0, 12, true, 0, write_mish},
    [NSC_ELEMENT_SOFTPLUS] = {"softplus", 1, 0, 9, true, 0, write_softplus},
    [NSC_ELEMENT_SOFTSIGN] = {"softsign", 1, 0, 6, false, 0, write_softsign},
    [NSC_ELEMENT_LOG_SIGMOID] = {"log_sigmoid", 1, 0, 9, true, 0, write_log_sigmoid},
    [NSC_ELEMENT_HARD_SIGMOID] = {"hard_sigmoid", 1, 0, 9, false, 0, write_hard_sigmoid},
    [NSC_ELEMENT_HARD_SWISH] = {"hard_swish", 1, 0, 11, false, 0, write_hard_swish},
    [NSC_ELEMENT_HARD_TANH] = {"hard_tanh", 1, 0, 5, false, 0, write_hard_tanh},
    [NSC_ELEMENT_PRELU] = {"prelu", 2, 0, 8, false, 0, write_prelu},
    [NSC_ELEMENT_DROPOUT] = {"dropout", 2, 2, 8, false, 0, write_dropout},
    [NSC_ELEMENT_MEAN] = {"mean", 1, 1, 3, false, 0, write_mean},
    [NSC_ELEMENT_ARG] = {"arg", 3, 0, 8, false, 0, write_arg},
};

const nsc_formula *nsc_formula_of(nsc_element element)
{
    return &formulas[element];
}

nsc_term nsc_formula_write(nsc_expression *expression, nsc_element element, const nsc_term *x, const float *numbers)
{
    const nsc_formula *formula = &formulas[element];
    if (formula->op == 0)
        return formula->write(expression, x, numbers);
    unsigned last = formula->operands - 1u;
    return nsc_term_apply(expression, formula->op, x[0], x[last < 1 ? last : 1], x[last]);
}

typedef struct activation_row {
    const char *name;
    nsc_element element; /* NSC_ELEMENT_COUNT: none */
    float alpha;
} activation_row;

static const activation_row activations[] = {
    [NSC_IDENTITY] = {"identity", NSC_ELEMENT_COUNT, 0},
    [NSC_RELU] = {"relu", NSC_ELEMENT_RELU, 0},
    [NSC_SIGMOID] = {"sigmoid", NSC_ELEMENT_SIGMOID, 0},
    [NSC_TANH] = {"tanh", NSC_ELEMENT_TANH, 0},
    [NSC_GELU] = {"gelu", NSC_ELEMENT_GELU, 0},
    [NSC_SOFTMAX] = {"softmax", NSC_ELEMENT_COUNT, 0},
    [NSC_LOG_SOFTMAX] = {"log_softmax", NSC_ELEMENT_COUNT, 0},
    [NSC_GELU_TANH] = {"gelu_tanh", NSC_ELEMENT_GELU_TANH, 0},
    [NSC_LEAKY_RELU] = {"leaky_relu", NSC_ELEMENT_LEAKY_RELU, 0.01f},
    [NSC_ELU] = {"elu", NSC_ELEMENT_ELU, 1},
    [NSC_SELU] = {"selu", NSC_ELEMENT_SELU, 0},
    [NSC_CELU] = {"celu", NSC_ELEMENT_CELU, 1},
    [NSC_SILU] = {"silu", NSC_ELEMENT_SILU, 0},
    [NSC_MISH] = {"mish", NSC_ELEMENT_MISH, 0},
    [NSC_SOFTPLUS] = {"softplus", NSC_ELEMENT_SOFTPLUS, 0},
    [NSC_SOFTSIGN] = {"softsign", NSC_ELEMENT_SOFTSIGN, 0},
    [NSC_LOG_SIGMOID] = {"log_sigmoid", NSC_ELEMENT_LOG_SIGMOID, 0},
    [NSC_HARD_SIGMOID] = {"hard_sigmoid", NSC_ELEMENT_HARD_SIGMOID, 0},
    [NSC_HARD_SWISH] = {"hard_swish", NSC_ELEMENT_HARD_SWISH, 0},
    [NSC_HARD_TANH] = {"hard_tanh", NSC_ELEMENT_HARD_TANH, 0},
};
enum { ACTIVATIONS = sizeof activations / sizeof activations[0] };

const char *nsc_activation_name(nsc_activation activation)
{
    return (unsigned)activation < ACTIVATIONS ? activations[activation].name : NULL;
}

bool nsc_activation_element(nsc_activation activation, nsc_element *element, float numbers[2])
{
    if ((unsigned)activation >= ACTIVATIONS || activations[activation].element == NSC_ELEMENT_COUNT)
        return false;
    *element = activations[activation].element;
    numbers[0] = activations[activation].alpha;
    return true;
}
