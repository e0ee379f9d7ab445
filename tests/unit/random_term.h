/* SPDX-License-Identifier: Apache-2.0 */
/* Random expressions, the same for the same seed. */
#ifndef NSC_TESTS_RANDOM_TERM_H
#define NSC_TESTS_RANDOM_TERM_H

#include "core/graph/expression.h"

static const uint16_t all_ops[] = {
    NSC_OP_NEG, NSC_OP_ABS,   NSC_OP_EXP,  NSC_OP_LOG,        NSC_OP_SQRT,   NSC_OP_RSQRT, NSC_OP_TANH,
    NSC_OP_ERF, NSC_OP_FLOOR, NSC_OP_CEIL, NSC_OP_RINT,       NSC_OP_EXPM1,  NSC_OP_LOG1P, NSC_OP_SIN,
    NSC_OP_COS, NSC_OP_ADD,   NSC_OP_SUB,  NSC_OP_MUL,        NSC_OP_DIV,    NSC_OP_MAX,   NSC_OP_MIN,
    NSC_OP_POW, NSC_OP_EQUAL, NSC_OP_LESS, NSC_OP_LESS_EQUAL, NSC_OP_SELECT, NSC_OP_FMA};
enum { ALL_OPS = sizeof all_ops / sizeof *all_ops, RANDOM_INPUTS = 3, RANDOM_SCALARS = 2 };

/* SplitMix64. */
static inline uint32_t draw(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

/* In [-4, 4), off the points where an op has a corner. */
static inline double draw_number(uint64_t *state)
{
    return (draw(state, 1u << 20) + 0.37) / (1 << 17) - 4;
}

/* Of `size` ops over RANDOM_INPUTS inputs, RANDOM_SCALARS scalars and small constants; terms are used again. */
static inline nsc_term random_term(nsc_expression *e, uint64_t *state, uint32_t size)
{
    static const float constants[] = {0, 1, -1, 2, 0.5f, -3, -0.0f, 1.7f};
    nsc_term made[128], term = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < RANDOM_INPUTS; i++)
        made[count++] = nsc_term_input(e, i);
    for (uint32_t i = 0; i < RANDOM_SCALARS; i++)
        made[count++] = nsc_term_scalar(e, i);
    for (uint32_t i = 0; i < 2; i++)
        made[count++] = nsc_term_constant(e, constants[draw(state, 8)]);
    for (uint32_t i = 0; i < size; i++) {
        /* The newest terms most of the time, so that the result depends on many. */
        nsc_term o[3];
        for (int k = 0; k < 3; k++)
            o[k] = made[draw(state, 3) ? count - 1 - draw(state, count < 4 ? count : 4) : draw(state, count)];
        made[count++] = term = nsc_term_apply(e, all_ops[draw(state, ALL_OPS)], o[0], o[1], o[2]);
    }
    return term;
}

#endif
