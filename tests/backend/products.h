/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices through the table, exact in f32, so that any wrong element shows. */
#ifndef NSC_TESTS_BACKEND_PRODUCTS_H
#define NSC_TESTS_BACKEND_PRODUCTS_H

#include "host.h"
#include "opencl.h"
#include "tests/layer/client.h"

/* c (m, n) = 2 a b + beta c. */
typedef struct product_sizes {
    int64_t m, n, k;
    bool ta, tb; /* the columns of a, of b are contiguous */
    float beta;
} product_sizes;

nsc_backend_gemm product_gemm(const product_sizes *sizes);

typedef struct product_operands {
    nsc_backend_binding bindings[3];
    float *host[3];
    size_t counts[3];
} product_operands;

/* Uploads. Where beta is 0, c is NaN before. The matrices lie behind a place that is not 0: products are given offsets. */
void product_make(test_bench *bench, product_operands *operands, const product_sizes *sizes);
/* Reads c and compares it, of a large product some rows. */
bool product_right(test_bench *bench, product_operands *operands, const product_sizes *sizes);
void product_free(test_bench *bench, product_operands *operands);
/* Prepares, launches and compares, all or the test fails; the step must be CLBlast's, or our own kernel's. A launch makes
 * no buffer and builds nothing, as the layer counts. */
void product_run(test_bench *bench, const layer_client *layer, const product_sizes *sizes, bool by_clblast);

#endif
