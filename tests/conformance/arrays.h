/* SPDX-License-Identifier: Apache-2.0 */
/* A value of a net beside what it has to be: each function makes an operation of the net, and does the same on the host.
 * Numbers are small integers or powers of two, so that float32 and double hold them exactly in every order. */
#ifndef NASCENT_CONFORMANCE_ARRAYS_H
#define NASCENT_CONFORMANCE_ARRAYS_H

#include <nascent/operations.h>

#include "conformance.h"

enum { ARRAY_RANK = 4 };

typedef struct array {
    int rank;
    int64_t dims[ARRAY_RANK];
    double *data; /* row-major */
} array;

typedef struct pair {
    nsc_value *value;
    array want;
} pair;

/* Where the arrays of one trace lie. */
typedef struct desk {
    target *t;
    nsc_trace *trace;
    double *room;
    size_t used, capacity;
} desk;

array array_make(desk *d, int rank, const int64_t *dims);
int64_t array_count(const array *a);

pair pair_transpose(desk *d, pair x, const int *order);
/* start and stop are inside; backwards: from the last element to the first. */
pair pair_slice(desk *d, pair x, int axis, int64_t start, int64_t stop, int64_t step);
pair pair_backwards(desk *d, pair x, int axis);
pair pair_reshape(desk *d, pair x, int rank, const int64_t *dims);
pair pair_broadcast(desk *d, pair x, int rank, const int64_t *dims);
void pair_split(desk *d, pair x, int axis, int count, pair *parts);
pair pair_concat(desk *d, const pair *parts, int count, int axis);

pair pair_add(desk *d, pair a, pair b);
pair pair_sub(desk *d, pair a, pair b);
pair pair_mul(desk *d, pair a, pair b);
pair pair_scale(desk *d, pair x, float factor);

typedef enum folding { FOLD_SUM, FOLD_MEAN, FOLD_MAX, FOLD_MIN, FOLD_PROD } folding;
/* Over the axes whose bit is set. */
pair pair_reduce(desk *d, folding how, pair x, unsigned axes, bool keep);
/* The index of the first largest or smallest, as float32. */
pair pair_arg(desk *d, pair x, int axis, bool largest);
pair pair_cumulative(desk *d, pair x, int axis);
pair pair_gather(desk *d, pair x, pair indices, int axis);
/* Both have the same rank, or b has rank 2. */
pair pair_matmul(desk *d, pair a, pair b);
/* bias.value may be NULL. */
pair pair_linear(desk *d, pair x, pair weight, pair bias);

#endif
