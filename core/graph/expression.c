/* SPDX-License-Identifier: Apache-2.0 */
/* Terms: made once, found again by a table over their contents. */
#include "core/graph/expression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/graph/term.h"

void nsc_expression_clear(nsc_expression *expression)
{
    free(expression->terms);
    free(expression->buckets);
    *expression = (nsc_expression){0};
}

unsigned nsc_op_arity(uint16_t op)
{
    if (op >= NSC_OP_NEG && op <= NSC_OP_COS)
        return 1;
    if (op >= NSC_OP_ADD && op <= NSC_OP_LESS_EQUAL)
        return 2;
    return op == NSC_OP_SELECT || op == NSC_OP_FMA ? 3 : 0;
}

static uint32_t value_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* x + y and y + x are one term, written as it was met first. */
static bool same(const nsc_term_node *a, const nsc_term_node *b)
{
    const nsc_term *o = a->operands, *p = b->operands;
    return a->op == b->op && a->arg == b->arg && value_bits(a->value) == value_bits(b->value) && o[2] == p[2] &&
           ((o[0] == p[0] && o[1] == p[1]) || (nsc_op_commutes(a->op) && o[0] == p[1] && o[1] == p[0]));
}

/* The bucket of node, or the empty one where it belongs. bucket_count is a power of two, at most half full. */
static uint32_t *bucket_of(const nsc_expression *expression, const nsc_term_node *node)
{
    const nsc_term *o = node->operands;
    const bool swap = nsc_op_commutes(node->op) && o[0] > o[1];
    const uint32_t words[] = {node->op, node->arg, value_bits(node->value), o[swap], o[!swap], o[2]};
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u, hash ^= hash >> 29;
    for (size_t at = hash & (expression->bucket_count - 1);; at = (at + 1) & (expression->bucket_count - 1))
        if (expression->buckets[at] == 0 || same(&expression->terms[expression->buckets[at] - 1], node))
            return &expression->buckets[at];
}

static bool make_room(nsc_expression *expression)
{
    if (expression->count == UINT32_MAX - 1 ||
        !nsc_grow((void **)&expression->terms, &expression->capacity, expression->count, sizeof *expression->terms))
        return false;
    if ((expression->count + 1) * 2 <= expression->bucket_count)
        return true;
    size_t wanted = expression->bucket_count == 0 ? 32 : expression->bucket_count * 2;
    uint32_t *buckets = calloc(wanted, sizeof *buckets);
    if (buckets == NULL)
        return false;
    free(expression->buckets);
    expression->buckets = buckets;
    expression->bucket_count = wanted;
    for (size_t i = 0; i < expression->count; i++)
        *bucket_of(expression, &expression->terms[i]) = (uint32_t)i + 1;
    return true;
}

nsc_term nsc_term_intern(nsc_expression *expression, nsc_term_node node)
{
    if (expression->failed || !make_room(expression)) {
        expression->failed = true;
        return 0;
    }
    uint32_t *bucket = bucket_of(expression, &node);
    if (*bucket == 0) {
        expression->terms[expression->count++] = node;
        *bucket = (uint32_t)expression->count;
    }
    return *bucket - 1;
}

nsc_term nsc_term_input(nsc_expression *expression, uint32_t input)
{
    return nsc_term_intern(expression, (nsc_term_node){.op = NSC_OP_LOAD, .arg = input});
}

nsc_term nsc_term_scalar(nsc_expression *expression, uint32_t scalar)
{
    return nsc_term_intern(expression, (nsc_term_node){.op = NSC_OP_SCALAR, .arg = scalar});
}

nsc_term nsc_term_constant(nsc_expression *expression, float value)
{
    /* NaNs are all the same: no rule of backend.h tells them apart. */
    return nsc_term_intern(expression,
                           (nsc_term_node){.op = NSC_OP_IMMEDIATE, .value = isnan(value) ? (float)NAN : value});
}

nsc_term nsc_term_apply(nsc_expression *expression, uint16_t op, nsc_term a, nsc_term b, nsc_term c)
{
    const unsigned arity = nsc_op_arity(op);
    nsc_term_node node = {.op = op, .operands = {arity > 0 ? a : 0, arity > 1 ? b : 0, arity > 2 ? c : 0}};
    nsc_term folded;
    if (expression->failed)
        return 0;
    return nsc_term_fold(expression, &node, &folded) ? folded : nsc_term_intern(expression, node);
}

bool *nsc_term_reach(const nsc_expression *expression, nsc_term term)
{
    if (expression->failed || term >= expression->count)
        return NULL;
    bool *reached = calloc((size_t)term + 1, sizeof *reached);
    if (reached == NULL)
        return NULL;
    reached[term] = true;
    for (size_t i = (size_t)term + 1; i-- > 0;)
        for (unsigned o = 0; reached[i] && o < nsc_op_arity(expression->terms[i].op); o++)
            reached[expression->terms[i].operands[o]] = true;
    return reached;
}

nsc_term nsc_term_substitute(nsc_expression *expression, const nsc_expression *from, nsc_term term,
                             const nsc_term *inputs, size_t input_count)
{
    bool *reached = expression->failed ? NULL : nsc_term_reach(from, term);
    nsc_term *copies = reached == NULL ? NULL : calloc((size_t)term + 1, sizeof *copies);
    nsc_term result = 0;
    if (copies == NULL)
        expression->failed = true;
    for (size_t i = 0; copies != NULL && i <= term; i++) {
        if (!reached[i])
            continue;
        const nsc_term_node node = from->terms[i]; /* from may be expression, whose terms move */
        const nsc_term *o = node.operands;
        if (node.op == NSC_OP_LOAD && node.arg < input_count)
            copies[i] = inputs[node.arg];
        else if (nsc_op_is_leaf(node.op))
            copies[i] = nsc_term_intern(expression, node);
        else
            copies[i] = nsc_term_apply(expression, node.op, copies[o[0]], copies[o[1]], copies[o[2]]);
        result = copies[i];
    }
    free(copies);
    free(reached);
    return expression->failed ? 0 : result;
}

unsigned nsc_op_cost(uint16_t op)
{
    return op == NSC_OP_EXP || op == NSC_OP_LOG || op == NSC_OP_TANH || op == NSC_OP_ERF || op == NSC_OP_EXPM1 ||
                   op == NSC_OP_LOG1P || op == NSC_OP_SIN || op == NSC_OP_COS || op == NSC_OP_POW
               ? 8
               : 1;
}

uint64_t nsc_term_cost(const nsc_expression *expression, nsc_term term)
{
    bool *reached = nsc_term_reach(expression, term);
    uint64_t cost = 0;
    for (size_t i = 0; reached != NULL && i <= term; i++)
        if (reached[i] && !nsc_op_is_leaf(expression->terms[i].op))
            cost += nsc_op_cost(expression->terms[i].op);
    free(reached);
    return cost;
}
