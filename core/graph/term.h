/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of expression.h share. */
#ifndef NSC_CORE_GRAPH_TERM_H
#define NSC_CORE_GRAPH_TERM_H

#include "core/graph/expression.h"

/* The one term equal to node, which is made when it is new. No folding. */
nsc_term nsc_term_intern(nsc_expression *expression, nsc_term_node node);
/* true: node is equal to the simpler *folded, for every value of its inputs. false: node is as simple as it gets, with a
 * constant behind what it commutes with. */
bool nsc_term_fold(nsc_expression *expression, nsc_term_node *node, nsc_term *folded);
/* Which of the terms 0 to `term` it is computed from, itself among them. The caller frees it; NULL without memory. */
bool *nsc_term_reach(const nsc_expression *expression, nsc_term term);
/* An op on numbers, in double precision. */
double nsc_op_evaluate(uint16_t op, double a, double b, double c);
/* 8 for a transcendental op, 1 for another. */
unsigned nsc_op_cost(uint16_t op);

static inline bool nsc_op_is_leaf(uint16_t op)
{
    return op == NSC_OP_LOAD || op == NSC_OP_SCALAR || op == NSC_OP_IMMEDIATE;
}

/* Ops whose first two operands may be exchanged without a trace. Not MAX and MIN: of two zeros they give the second. */
static inline bool nsc_op_commutes(uint16_t op)
{
    return op == NSC_OP_ADD || op == NSC_OP_MUL || op == NSC_OP_EQUAL || op == NSC_OP_FMA;
}

static inline bool nsc_op_compares(uint16_t op)
{
    return op == NSC_OP_EQUAL || op == NSC_OP_LESS || op == NSC_OP_LESS_EQUAL;
}

#endif
