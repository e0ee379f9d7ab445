/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding. Every rule holds for each float there is, NaN, infinities and both zeros among them, and for the roundings
 * of the result; so x * 0, x + 0 (-0 + 0 is 0), 0 - x, x - x and x / x stay what they are. Constants are computed with
 * one rounding, which every backend's bound allows.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/graph/term.h"

/* The rule's work space: the node, its operands' nodes, and what is constant among them. */
typedef struct folder {
    nsc_expression *expression;
    nsc_term_node *node;
    nsc_term_node of[3]; /* copies: the terms move when new ones are made */
    unsigned arity;
    nsc_term *result;
} folder;

static bool is_constant(const nsc_term_node *node)
{
    return node->op == NSC_OP_IMMEDIATE;
}

static bool is(const nsc_term_node *node, float value)
{
    return is_constant(node) && memcmp(&node->value, &value, sizeof value) == 0;
}

static bool is_zero(const nsc_term_node *node)
{
    return is_constant(node) && node->value == 0;
}

static bool is_negative(const nsc_term_node *node)
{
    return is_constant(node) && signbit(node->value) && !isnan(node->value);
}

static bool become(folder *f, nsc_term term)
{
    *f->result = term;
    return true;
}

static bool become_constant(folder *f, float value)
{
    return become(f, nsc_term_constant(f->expression, value));
}

static bool become_op(folder *f, uint16_t op, nsc_term a, nsc_term b, nsc_term c)
{
    return become(f, nsc_term_apply(f->expression, op, a, b, c));
}

static nsc_term constant(folder *f, float value)
{
    return nsc_term_constant(f->expression, value);
}

static bool integral(uint16_t op)
{
    return op == NSC_OP_FLOOR || op == NSC_OP_CEIL || op == NSC_OP_RINT || nsc_op_compares(op);
}

/* -(a * -b) is a * b, and -(a * 3) is a * -3. */
static bool fold_negated_product(folder *f)
{
    const nsc_term_node *product = &f->of[0];
    for (int i = 0; product->op == NSC_OP_MUL && i < 2; i++) {
        const nsc_term_node factor = f->expression->terms[product->operands[i]];
        const nsc_term other = product->operands[1 - i];
        if (factor.op == NSC_OP_NEG)
            return become_op(f, NSC_OP_MUL, other, factor.operands[0], 0);
        if (is_constant(&factor))
            return become_op(f, NSC_OP_MUL, other, constant(f, -factor.value), 0);
    }
    return false;
}

static bool fold_unary(folder *f)
{
    const nsc_term_node *a = &f->of[0];
    switch (f->node->op) {
    case NSC_OP_NEG:
        if (a->op == NSC_OP_NEG)
            return become(f, a->operands[0]);
        return fold_negated_product(f);
    case NSC_OP_ABS:
        if (a->op == NSC_OP_NEG)
            return become_op(f, NSC_OP_ABS, a->operands[0], 0, 0);
        return (a->op == NSC_OP_ABS || a->op == NSC_OP_EXP || nsc_op_compares(a->op)) &&
               become(f, f->node->operands[0]);
    case NSC_OP_FLOOR:
    case NSC_OP_CEIL:
    case NSC_OP_RINT:
        return integral(a->op) && become(f, f->node->operands[0]);
    default:
        return false;
    }
}

static bool fold_add(folder *f)
{
    const nsc_term_node *a = &f->of[0], *b = &f->of[1];
    const nsc_term *o = f->node->operands;
    if (is(b, -0.0f))
        return become(f, o[0]);
    if (b->op == NSC_OP_NEG)
        return become_op(f, NSC_OP_SUB, o[0], b->operands[0], 0);
    if (a->op == NSC_OP_NEG)
        return become_op(f, NSC_OP_SUB, o[1], a->operands[0], 0);
    return is_negative(b) && become_op(f, NSC_OP_SUB, o[0], constant(f, -b->value), 0);
}

static bool fold_sub(folder *f)
{
    const nsc_term_node *a = &f->of[0], *b = &f->of[1];
    const nsc_term *o = f->node->operands;
    if (is(b, 0.0f))
        return become(f, o[0]);
    if (is(a, -0.0f))
        return become_op(f, NSC_OP_NEG, o[1], 0, 0);
    if (b->op == NSC_OP_NEG)
        return become_op(f, NSC_OP_ADD, o[0], b->operands[0], 0);
    return is_negative(b) && become_op(f, NSC_OP_ADD, o[0], constant(f, -b->value), 0);
}

/* A power of two whose reciprocal is one too: dividing by it is multiplying by that. */
static bool exact_reciprocal(const nsc_term_node *node)
{
    int exponent;
    return is_constant(node) && isfinite(node->value) && fabsf(frexpf(node->value, &exponent)) == 0.5f &&
           fabsf(node->value) >= FLT_MIN && fabsf(1.0f / node->value) >= FLT_MIN;
}

static bool fold_mul_div(folder *f)
{
    const nsc_term_node *a = &f->of[0], *b = &f->of[1];
    const nsc_term *o = f->node->operands;
    if (is(b, 1.0f))
        return become(f, o[0]);
    if (is(b, -1.0f))
        return become_op(f, NSC_OP_NEG, o[0], 0, 0);
    if (a->op == NSC_OP_NEG && b->op == NSC_OP_NEG)
        return become_op(f, f->node->op, a->operands[0], b->operands[0], 0);
    if (a->op == NSC_OP_NEG && is_constant(b))
        return become_op(f, f->node->op, a->operands[0], constant(f, -b->value), 0);
    return f->node->op == NSC_OP_DIV && exact_reciprocal(b) &&
           become_op(f, NSC_OP_MUL, o[0], constant(f, 1.0f / b->value), 0);
}

/* max(c, max(d, x)) and max(max(x, d), c): the larger constant does. Zeros of both signs are left alone. */
static bool fold_bounds(folder *f)
{
    const nsc_term *o = f->node->operands;
    const bool max = f->node->op == NSC_OP_MAX;
    for (int at = 0; at < 2; at++) { /* where the constant stands */
        const nsc_term_node *outer = &f->of[at], *inner = &f->of[1 - at];
        if (!is_constant(outer))
            continue;
        if (is(outer, max ? -INFINITY : INFINITY))
            return become(f, o[1 - at]);
        if (inner->op != f->node->op || !is_constant(&f->expression->terms[inner->operands[at]]))
            continue;
        const float c = outer->value, d = f->expression->terms[inner->operands[at]].value;
        if (max ? c < d : c > d)
            return become(f, o[1 - at]);
        if (c == d && signbit(c) == signbit(d))
            return become(f, o[1 - at]);
        if (max ? c > d : c < d)
            return become_op(f, f->node->op, at == 0 ? o[0] : inner->operands[0], at == 0 ? inner->operands[1] : o[1],
                             0);
    }
    return o[0] == o[1] && become(f, o[0]);
}

static bool fold_pow(folder *f)
{
    const nsc_term_node *a = &f->of[0], *b = &f->of[1];
    const nsc_term *o = f->node->operands;
    if (is(b, 1.0f))
        return become(f, o[0]);
    if (is(b, 2.0f))
        return become_op(f, NSC_OP_MUL, o[0], o[0], 0);
    if (is(b, -1.0f))
        return become_op(f, NSC_OP_DIV, constant(f, 1.0f), o[0], 0);
    /* 1 even for NaN, as in C. */
    return (is_zero(b) || is(a, 1.0f)) && become_constant(f, 1.0f);
}

static bool fold_select(folder *f)
{
    const nsc_term_node *a = &f->of[0];
    const nsc_term *o = f->node->operands;
    if (is_constant(a))
        return become(f, a->value != 0 ? o[1] : o[2]);
    if (o[1] == o[2])
        return become(f, o[1]);
    if (nsc_op_compares(a->op) && is(&f->of[1], 1.0f) && is(&f->of[2], 0.0f))
        return become(f, o[0]);
    return a->op == NSC_OP_EQUAL && is_zero(&f->expression->terms[a->operands[1]]) &&
           become_op(f, NSC_OP_SELECT, a->operands[0], o[2], o[1]);
}

static bool fold_fma(folder *f)
{
    const nsc_term_node *a = &f->of[0], *b = &f->of[1];
    const nsc_term *o = f->node->operands;
    if (is(b, 1.0f))
        return become_op(f, NSC_OP_ADD, o[0], o[2], 0);
    if (is(b, -1.0f))
        return become_op(f, NSC_OP_SUB, o[2], o[0], 0);
    if (is(&f->of[2], -0.0f))
        return become_op(f, NSC_OP_MUL, o[0], o[1], 0);
    if (a->op == NSC_OP_NEG && b->op == NSC_OP_NEG)
        return become_op(f, NSC_OP_FMA, a->operands[0], b->operands[0], o[2]);
    if (a->op == NSC_OP_NEG && is_constant(b))
        return become_op(f, NSC_OP_FMA, a->operands[0], constant(f, -b->value), o[2]);
    if (!is_constant(a) || !is_constant(b))
        return false;
    const double product = (double)a->value * (double)b->value; /* exact */
    return (double)(float)product == product && isfinite((float)product) &&
           become_op(f, NSC_OP_ADD, constant(f, (float)product), o[2], 0);
}

/* An arithmetic op with a NaN among its operands is NaN. */
static bool spreads_nan(uint16_t op)
{
    return (op >= NSC_OP_ADD && op <= NSC_OP_MIN) || op == NSC_OP_FMA;
}

static bool fold_constants(folder *f)
{
    float value[3] = {0};
    bool nan = false, all = f->arity > 0;
    for (unsigned i = 0; i < f->arity; i++) {
        value[i] = f->of[i].value;
        all = all && is_constant(&f->of[i]);
        nan = nan || (is_constant(&f->of[i]) && isnan(value[i]));
    }
    if (all)
        return become_constant(f, f->node->op == NSC_OP_FMA
                                      ? fmaf(value[0], value[1], value[2])
                                      : (float)nsc_op_evaluate(f->node->op, value[0], value[1], value[2]));
    if (nan && spreads_nan(f->node->op))
        return become_constant(f, (float)NAN);
    return nan && nsc_op_compares(f->node->op) && become_constant(f, 0.0f);
}

bool nsc_term_fold(nsc_expression *expression, nsc_term_node *node, nsc_term *folded)
{
    folder f = {.expression = expression, .node = node, .arity = nsc_op_arity(node->op), .result = folded};
    nsc_term *o = node->operands;
    if (nsc_op_commutes(node->op) && is_constant(&expression->terms[o[0]])) { /* rules look for it behind */
        const nsc_term first = o[0];
        o[0] = o[1];
        o[1] = first;
    }
    for (unsigned i = 0; i < f.arity; i++)
        f.of[i] = expression->terms[o[i]];
    if (fold_constants(&f))
        return true;
    switch (node->op) {
    case NSC_OP_ADD:
        return fold_add(&f);
    case NSC_OP_SUB:
        return fold_sub(&f);
    case NSC_OP_MUL:
    case NSC_OP_DIV:
        return fold_mul_div(&f);
    case NSC_OP_MAX:
    case NSC_OP_MIN:
        return fold_bounds(&f);
    case NSC_OP_POW:
        return fold_pow(&f);
    case NSC_OP_LESS:
        return o[0] == o[1] && become_constant(&f, 0.0f);
    case NSC_OP_SELECT:
        return fold_select(&f);
    case NSC_OP_FMA:
        return fold_fma(&f);
    default:
        return fold_unary(&f);
    }
}
