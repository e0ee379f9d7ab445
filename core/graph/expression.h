/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Element-wise expressions as graphs of terms. A term is made once: equal terms are shared, and constants are folded
 * where that changes no NaN, infinity or sign of zero. An expression is written as a program of backend.h at the end.
 * Not thread safe; a failure to get memory is remembered and every later call is a no-op.
 */
#ifndef NSC_CORE_GRAPH_EXPRESSION_H
#define NSC_CORE_GRAPH_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/graph/program.h"

typedef uint32_t nsc_term;

typedef struct nsc_term_node {
    uint16_t op;  /* NSC_OP_LOAD, NSC_OP_SCALAR, NSC_OP_IMMEDIATE, or an op that computes */
    uint32_t arg; /* of LOAD and SCALAR */
    float value;  /* of IMMEDIATE */
    nsc_term operands[3];
} nsc_term_node;

typedef struct nsc_expression {
    nsc_term_node *terms; /* operands come before their readers */
    size_t count, capacity;
    uint32_t *buckets; /* the table of equal terms */
    size_t bucket_count;
    bool failed; /* no host memory */
} nsc_expression;

void nsc_expression_clear(nsc_expression *expression);

/* How many operands an op takes: 0 to 3. */
unsigned nsc_op_arity(uint16_t op);

nsc_term nsc_term_input(nsc_expression *expression, uint32_t input);
nsc_term nsc_term_scalar(nsc_expression *expression, uint32_t scalar);
nsc_term nsc_term_constant(nsc_expression *expression, float value);
/* Operands beyond the op's arity are ignored. */
nsc_term nsc_term_apply(nsc_expression *expression, uint16_t op, nsc_term a, nsc_term b, nsc_term c);

/* The term of another expression (or of the same), with its input i replaced by inputs[i]; inputs from input_count on and
 * scalars keep their numbers. */
nsc_term nsc_term_substitute(nsc_expression *expression, const nsc_expression *from, nsc_term term,
                             const nsc_term *inputs, size_t input_count);

/* d term / d input, as a term of the same expression. Conventions where there is no derivative: |x| has 0 at 0; in max and
 * min a tie (or NaN) goes to the first operand; floor, ceil, rint and comparisons have 0; the condition of select passes
 * none; pow(a, b) has 0 with respect to a where b = 0, and with respect to b where a = 0. */
nsc_term nsc_term_derivative(nsc_expression *expression, nsc_term term, uint32_t input);

/* Arithmetic of one element, for those who weigh recomputing against storing: 1 an op, 8 a transcendental one; shared
 * terms count once. */
uint64_t nsc_term_cost(const nsc_expression *expression, nsc_term term);
/* The value in double precision; NaN and infinity as in backend.h. NaN without memory. */
double nsc_term_evaluate(const nsc_expression *expression, nsc_term term, const double *inputs, const double *scalars);

/* Appends the program that stores outputs[i] to output i. Terms used more than once go through temporaries while there
 * are some. false, and program->outgrown, when it does not fit: the program is as it was but for that mark. */
bool nsc_expression_write(const nsc_expression *expression, const nsc_term *outputs, uint32_t output_count,
                          nsc_program *program);

/* For people: "max(0, x0 * 2 + x1)", names[i] (or xi; names may be NULL) for input i, si for scalar i; shared terms once,
 * as "t0 = ...; ...". Cut at capacity, ended by 0. false, and "", without host memory. */
bool nsc_expression_print(const nsc_expression *expression, nsc_term term, const char *const *names, char *text,
                          size_t capacity);
/* Reads a program back into terms: outputs[i] is what it stores to output i (a raw copy reads as the input). false for a
 * program that does not verify, and without memory. */
bool nsc_expression_read(nsc_expression *expression, const nsc_backend_expression *program, nsc_term *outputs);

#endif
