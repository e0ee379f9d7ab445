/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation in double precision on the host, with a bound on what a float32 device may differ. The bound follows
 * from the operation, never from the backend: u = 2^-24 is the rounding of one float32 operation, and functions may be
 * off by what OpenCL allows its full profile (exp 3 ulp, tanh 5, erf 16, division 2.5; an ulp is at most 2 u). A result
 * may be flushed to zero below 2^-126. Bounds of operands are carried along, so whole nets can be checked. */
#ifndef TESTS_MODEL_ORACLE_H
#define TESTS_MODEL_ORACLE_H

#include "support.h"

typedef struct oracle {
    nsc_dtype dtype;
    int rank;
    int64_t dims[NSC_MAX_RANK];
    size_t count;
    double *value;
    double *bound;
} oracle;

/* A float32 array of zeros, without bounds. Every oracle is freed by oracle_free. */
oracle oracle_make(int rank, const int64_t *dims);
/* Exact: the values of a tensor or parameter. */
oracle oracle_tensor(const nsc_tensor *tensor);
oracle oracle_parameter(const nsc_parameter *parameter);
void oracle_free(oracle *array);

/* x (..., k) weight (units, k)^T + bias (units, or NULL). */
oracle oracle_linear(const oracle *x, const oracle *weight, const oracle *bias);
/* operation: '+', '-' or '*', with broadcasting. */
oracle oracle_binary(char operation, const oracle *a, const oracle *b);
/* All but softmax. */
oracle oracle_activation(const oracle *x, nsc_activation activation);
/* axis 0 to rank - 1. */
oracle oracle_softmax(const oracle *x, int axis);
oracle oracle_flatten(const oracle *x);
oracle oracle_concat(const oracle *parts, int count, int axis);

/* The shape and type are those of the oracle and every element is within its bound (INFINITY: anything); infinities and
 * NaN must be met exactly. */
void oracle_check(const oracle *expected, const nsc_tensor *got, const char *what);
/* The same; false, and what is different in text. */
int oracle_same(const oracle *expected, const nsc_tensor *got, char *text, size_t capacity);

#endif
