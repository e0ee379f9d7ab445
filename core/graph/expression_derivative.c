/* SPDX-License-Identifier: Apache-2.0 */
/* Derivatives, forward: every term on the way gets its own, and what does not depend on the input gets none, so that no
 * 0 is ever multiplied with an infinity. */
#include <math.h>
#include <stdlib.h>

#include "core/graph/term.h"

typedef struct tangent {
    nsc_term term;
    bool some; /* false: it is 0, and no term */
} tangent;

/* A term, its node, and the tangents of its operands. */
typedef struct rule {
    nsc_expression *expression;
    nsc_term term;
    nsc_term_node node;
    tangent d[3];
} rule;

static nsc_term one(rule *r, uint16_t op, nsc_term a)
{
    return nsc_term_apply(r->expression, op, a, 0, 0);
}

static nsc_term two(rule *r, uint16_t op, nsc_term a, nsc_term b)
{
    return nsc_term_apply(r->expression, op, a, b, 0);
}

static nsc_term number(rule *r, float value)
{
    return nsc_term_constant(r->expression, value);
}

static nsc_term times(rule *r, nsc_term a, nsc_term b)
{
    return two(r, NSC_OP_MUL, a, b);
}

static nsc_term choose(rule *r, nsc_term condition, nsc_term a, nsc_term b)
{
    return nsc_term_apply(r->expression, NSC_OP_SELECT, condition, a, b);
}

static nsc_term value_of(rule *r, tangent t)
{
    return t.some ? t.term : number(r, 0.0f);
}

static nsc_term unary(rule *r)
{
    const nsc_term x = r->node.operands[0], d = r->d[0].term;
    switch (r->node.op) {
    case NSC_OP_NEG:
        return one(r, NSC_OP_NEG, d);
    case NSC_OP_ABS: { /* 0 at 0 */
        const nsc_term sign = choose(r, two(r, NSC_OP_LESS, x, number(r, 0.0f)), one(r, NSC_OP_NEG, d), d);
        return choose(r, x, sign, number(r, 0.0f));
    }
    case NSC_OP_EXP:
        return times(r, r->term, d);
    case NSC_OP_LOG:
        return two(r, NSC_OP_DIV, d, x);
    case NSC_OP_SQRT:
        return two(r, NSC_OP_DIV, times(r, d, number(r, 0.5f)), r->term);
    case NSC_OP_RSQRT:
        return times(r, times(r, two(r, NSC_OP_DIV, r->term, x), number(r, -0.5f)), d);
    case NSC_OP_TANH:
        return times(r, two(r, NSC_OP_SUB, number(r, 1.0f), times(r, r->term, r->term)), d);
    case NSC_OP_ERF: {
        const nsc_term bell = one(r, NSC_OP_EXP, one(r, NSC_OP_NEG, times(r, x, x)));
        return times(r, times(r, bell, number(r, (float)M_2_SQRTPI)), d);
    }
    case NSC_OP_EXPM1: /* not expm1(x) + 1, which is rounded to 0 early */
        return times(r, one(r, NSC_OP_EXP, x), d);
    case NSC_OP_LOG1P:
        return two(r, NSC_OP_DIV, d, two(r, NSC_OP_ADD, x, number(r, 1.0f)));
    case NSC_OP_SIN:
        return times(r, one(r, NSC_OP_COS, x), d);
    default: /* NSC_OP_COS */
        return one(r, NSC_OP_NEG, times(r, one(r, NSC_OP_SIN, x), d));
    }
}

/* d(a^b) = b a^(b-1) da + a^b log a db, with 0 for the first where b = 0, and for the second where a^b = 0 or a = 0. */
static tangent power(rule *r)
{
    const nsc_term a = r->node.operands[0], b = r->node.operands[1];
    const nsc_term zero = number(r, 0.0f), unit = number(r, 1.0f);
    tangent sum = {0};
    if (r->d[0].some) {
        const nsc_term lower = two(r, NSC_OP_POW, a, two(r, NSC_OP_SUB, b, unit));
        sum = (tangent){choose(r, b, times(r, times(r, lower, b), r->d[0].term), zero), true};
    }
    if (r->d[1].some) {
        const nsc_term log = one(r, NSC_OP_LOG, choose(r, a, a, unit));
        const nsc_term part = choose(r, r->term, times(r, times(r, r->term, log), r->d[1].term), zero);
        sum = (tangent){sum.some ? two(r, NSC_OP_ADD, sum.term, part) : part, true};
    }
    return sum;
}

/* a * b + c */
static tangent product(rule *r, tangent c)
{
    tangent sum = c;
    for (int i = 0; i < 2; i++) {
        const nsc_term other = r->node.operands[1 - i];
        if (!r->d[i].some)
            continue;
        if (!sum.some)
            sum.term = times(r, r->d[i].term, other);
        else if (r->node.op == NSC_OP_FMA)
            sum.term = nsc_term_apply(r->expression, NSC_OP_FMA, r->d[i].term, other, sum.term);
        else
            sum.term = two(r, NSC_OP_ADD, sum.term, times(r, r->d[i].term, other));
        sum.some = true;
    }
    return sum;
}

/* (da - (a/b) db) / b */
static nsc_term quotient(rule *r)
{
    nsc_term top = r->d[0].term;
    if (r->d[1].some) {
        const nsc_term part = times(r, r->term, r->d[1].term);
        top = r->d[0].some ? two(r, NSC_OP_SUB, top, part) : one(r, NSC_OP_NEG, part);
    }
    return two(r, NSC_OP_DIV, top, r->node.operands[1]);
}

static tangent differentiate(rule *r)
{
    const nsc_term *o = r->node.operands;
    switch (r->node.op) {
    case NSC_OP_ADD:
        if (!r->d[0].some || !r->d[1].some)
            return r->d[0].some ? r->d[0] : r->d[1];
        return (tangent){two(r, NSC_OP_ADD, r->d[0].term, r->d[1].term), true};
    case NSC_OP_SUB:
        if (!r->d[1].some)
            return r->d[0];
        return (tangent){
            r->d[0].some ? two(r, NSC_OP_SUB, r->d[0].term, r->d[1].term) : one(r, NSC_OP_NEG, r->d[1].term), true};
    case NSC_OP_MUL:
        return product(r, (tangent){0});
    case NSC_OP_FMA:
        return product(r, r->d[2]);
    case NSC_OP_DIV:
        return (tangent){quotient(r), true};
    case NSC_OP_MAX: /* a tie and NaN go to the first operand */
        return (tangent){choose(r, two(r, NSC_OP_LESS, o[0], o[1]), value_of(r, r->d[1]), value_of(r, r->d[0])), true};
    case NSC_OP_MIN:
        return (tangent){choose(r, two(r, NSC_OP_LESS, o[1], o[0]), value_of(r, r->d[1]), value_of(r, r->d[0])), true};
    case NSC_OP_POW:
        return power(r);
    case NSC_OP_SELECT: /* the condition passes none */
        if (!r->d[1].some && !r->d[2].some)
            return (tangent){0};
        return (tangent){choose(r, o[0], value_of(r, r->d[1]), value_of(r, r->d[2])), true};
    case NSC_OP_FLOOR:
    case NSC_OP_CEIL:
    case NSC_OP_RINT:
    case NSC_OP_EQUAL:
    case NSC_OP_LESS:
    case NSC_OP_LESS_EQUAL:
        return (tangent){0};
    default:
        return (tangent){unary(r), true};
    }
}

nsc_term nsc_term_derivative(nsc_expression *expression, nsc_term term, uint32_t input)
{
    bool *reached = nsc_term_reach(expression, term);
    tangent *tangents = reached == NULL ? NULL : calloc((size_t)term + 1, sizeof *tangents);
    tangent last = {0};
    if (tangents == NULL)
        expression->failed = true;
    for (size_t i = 0; tangents != NULL && i <= term; i++) {
        rule r = {.expression = expression, .term = (nsc_term)i};
        bool depends = false;
        if (!reached[i])
            continue;
        r.node = expression->terms[i];
        for (unsigned o = 0; o < nsc_op_arity(r.node.op); o++) {
            r.d[o] = tangents[r.node.operands[o]];
            depends = depends || r.d[o].some;
        }
        if (depends)
            tangents[i] = differentiate(&r);
        else if (r.node.op == NSC_OP_LOAD && r.node.arg == input)
            tangents[i] = (tangent){nsc_term_constant(expression, 1.0f), true};
        last = tangents[i];
    }
    free(tangents);
    free(reached);
    return last.some ? last.term : nsc_term_constant(expression, 0.0f);
}
