/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products and what they should give, for cases_gemm.c and cases_epilogue.c. */
#ifndef NASCENT_CONFORMANCE_PRODUCTS_H
#define NASCENT_CONFORMANCE_PRODUCTS_H

#include "conformance.h"

/* The classes of SHAPE, and of STRIDES: without gaps, or with offsets and larger leading dimensions. */
extern const char *const product_shapes[], *const product_strides[];
/* m n k of a shape: what a product of it costs. */
int64_t product_cost(int shape);

typedef struct product {
    nsc_backend_view a, b, c;
    float *x, *y, *before, *after;
    int64_t batch, m, n, k, room;
    nsc_tensor *operands[4]; /* a and b are there; the caller makes the rest */
} product;

/* transposes: 1 for a, 2 for b. batch 0: rank 2. */
void product_make(target *t, product *p, int shape, int transposes, bool padded, int64_t batch);
/* The exact element (row, column) of one of the products, and the sum of the magnitudes of its terms. */
double product_element(const product *p, int64_t of, int64_t row, int64_t column, double *magnitudes);
/* Elements of c's buffer that are not in c must be as they were. */
void product_gaps(target *t, const product *p);

#endif
