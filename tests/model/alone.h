/* SPDX-License-Identifier: Apache-2.0 */
/* One operation on its own, native and composed, against the host's interpreter. */
#ifndef TESTS_MODEL_ALONE_H
#define TESTS_MODEL_ALONE_H

#include "graph.h"

/* A leaf: random values in [low, high), integers for an integer dtype (0: float32), or the values given. */
typedef struct leaf {
    nsc_dtype dtype;
    int rank;
    int64_t dims[NSC_MAX_RANK];
    double low, high;
    const double *values;
} leaf;

#define LEAF(...)                                                                                                      \
    {                                                                                                                  \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = {__VA_ARGS__}, .low = -2, .high = 2 \
    }
#define SCALAR               \
    {                        \
        .low = -2, .high = 2 \
    }

/* The operation of node on these leaves, on both contexts of a backend. */
void alone_check(int backend, graph_node node, const leaf *leaves, int count);
/* Shapes of every rank, with sizes 0 and 1 and primes; the last has rank -1. */
extern const leaf alone_shapes[];

#endif
