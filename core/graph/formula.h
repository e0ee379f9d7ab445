/* SPDX-License-Identifier: Apache-2.0 */
/* The element-wise operations: each is an expression of its operands, so that any chain of them is one program, and the
 * derivative of each is an expression too. */
#ifndef NSC_CORE_GRAPH_FORMULA_H
#define NSC_CORE_GRAPH_FORMULA_H

#include <nascent/trace.h>

#include "core/graph/expression.h"

/* The comment gives the numbers that go with a value, where there are some. */
typedef enum nsc_element {
    NSC_ELEMENT_CONSTANT, /* the value; no operand */
    NSC_ELEMENT_CAST,     /* the types of operand and result do the work */
    NSC_ELEMENT_ADD,
    NSC_ELEMENT_SUB,
    NSC_ELEMENT_MUL,
    NSC_ELEMENT_DIV,
    NSC_ELEMENT_POW,
    NSC_ELEMENT_MAXIMUM,
    NSC_ELEMENT_MINIMUM,
    NSC_ELEMENT_EQUAL,
    NSC_ELEMENT_NOT_EQUAL,
    NSC_ELEMENT_LESS,
    NSC_ELEMENT_LESS_EQUAL,
    NSC_ELEMENT_WHERE,
    NSC_ELEMENT_CLIP, /* low, high */
    NSC_ELEMENT_NEG,
    NSC_ELEMENT_ABS,
    NSC_ELEMENT_EXP,
    NSC_ELEMENT_EXPM1,
    NSC_ELEMENT_LOG,
    NSC_ELEMENT_LOG1P,
    NSC_ELEMENT_SQRT,
    NSC_ELEMENT_RSQRT,
    NSC_ELEMENT_ERF,
    NSC_ELEMENT_SIN,
    NSC_ELEMENT_COS,
    NSC_ELEMENT_FLOOR,
    NSC_ELEMENT_CEIL,
    NSC_ELEMENT_RINT,
    NSC_ELEMENT_RELU,
    NSC_ELEMENT_SIGMOID,
    NSC_ELEMENT_TANH,
    NSC_ELEMENT_GELU,
    NSC_ELEMENT_GELU_TANH,
    NSC_ELEMENT_LEAKY_RELU, /* alpha */
    NSC_ELEMENT_ELU,        /* alpha */
    NSC_ELEMENT_SELU,
    NSC_ELEMENT_CELU, /* alpha */
    NSC_ELEMENT_SILU,
    NSC_ELEMENT_MISH,
    NSC_ELEMENT_SOFTPLUS,
    NSC_ELEMENT_SOFTSIGN,
    NSC_ELEMENT_LOG_SIGMOID,
    NSC_ELEMENT_HARD_SIGMOID,
    NSC_ELEMENT_HARD_SWISH,
    NSC_ELEMENT_HARD_TANH,
    NSC_ELEMENT_PRELU,   /* x, slope */
    NSC_ELEMENT_DROPOUT, /* x, uniform; rate, 1 / (1 - rate) */
    NSC_ELEMENT_MEAN,    /* a sum; the plan knows how many elements went into it */
    NSC_ELEMENT_ARG,     /* x, its extreme, the index: the index where x is the extreme or NaN, else 2^24 */
    NSC_ELEMENT_COUNT
} nsc_element;

typedef struct nsc_formula {
    const char *name; /* as users know it */
    uint8_t operands;
    uint8_t numbers;
    uint8_t terms; /* about how many ops it takes */
    bool heavy;    /* has an op that is much slower than an addition: rather stored than computed twice */
    uint16_t op;   /* the op of backend.h that it is; 0: `write` makes it of several */
    nsc_term (*write)(nsc_expression *expression, const nsc_term *x, const float *numbers);
} nsc_formula;

const nsc_formula *nsc_formula_of(nsc_element element);
/* The term of one value, x its operands. */
nsc_term nsc_formula_write(nsc_expression *expression, nsc_element element, const nsc_term *x, const float *numbers);

/* The element of an activation with its default alpha in numbers; false for identity, softmax and what is no activation. */
bool nsc_activation_element(nsc_activation activation, nsc_element *element, float numbers[2]);

#endif
