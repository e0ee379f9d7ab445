/* SPDX-License-Identifier: Apache-2.0 */
/* Made, run and compared with double precision. */
#include "products.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};

static float sample(size_t i, uint32_t salt)
{
    return (float)((int)((i * 2654435761u + salt) >> 9 & 7) - 3); /* small integers: every sum is exact */
}

static nsc_backend_view matrix(uint32_t buffer, int64_t rows, int64_t columns, bool transposed)
{
    const int64_t dims[2] = {rows, columns};
    nsc_backend_view view = test_view(buffer, f32, 2, dims);
    if (transposed) {
        view.strides[0] = 1;
        view.strides[1] = rows;
    }
    return view;
}

nsc_backend_gemm product_gemm(const product_sizes *s)
{
    return (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE,
                              .kind = NSC_BACKEND_GEMM,
                              .alpha = 2.0f,
                              .beta = s->beta,
                              .a = matrix(0, s->m, s->k, s->ta),
                              .b = matrix(1, s->k, s->n, s->tb),
                              .c = matrix(2, s->m, s->n, false)};
}

/* What of a row of c is wrong. Where beta is 0, c was NaN. */
static bool row_right(const product_sizes *s, const float *a, const float *b, const float *c, int64_t i)
{
    for (int64_t j = 0; j < s->n; j++) {
        double sum = 0;
        for (int64_t p = 0; p < s->k; p++)
            sum += (double)a[s->ta ? p * s->m + i : i * s->k + p] * (double)b[s->tb ? j * s->k + p : p * s->n + j];
        const size_t at = (size_t)(i * s->n + j);
        if ((double)c[at] != 2 * sum + (s->beta == 0.0f ? 0 : (double)s->beta * (double)sample(at, 2)))
            return false;
    }
    return true;
}

void product_make(test_bench *bench, product_operands *x, const product_sizes *s)
{
    const size_t counts[3] = {(size_t)(s->m * s->k), (size_t)(s->k * s->n), (size_t)(s->m * s->n)};
    memcpy(x->counts, counts, sizeof counts);
    for (uint32_t i = 0; i < 3; i++) {
        x->host[i] = malloc((counts[i] + 1) * sizeof(float));
        for (size_t j = 0; j < counts[i]; j++)
            x->host[i][j] = i == 2 && s->beta == 0.0f ? (float)NAN : sample(j, i);
        x->bindings[i].offset = bench->limits.alignment;
        ck_assert_int_eq(bench->table->alloc(bench->device, bench->limits.alignment + (counts[i] + 1) * sizeof(float),
                                             &x->bindings[i].buffer),
                         NSC_BACKEND_OK);
        ck_assert_int_eq(bench->table->write(bench->device, NULL, x->bindings[i].buffer, x->bindings[i].offset,
                                             counts[i] * sizeof(float), x->host[i]),
                         NSC_BACKEND_OK);
    }
}

bool product_right(test_bench *bench, product_operands *x, const product_sizes *s)
{
    ck_assert_int_eq(bench->table->read(bench->device, NULL, x->bindings[2].buffer, x->bindings[2].offset,
                                        x->counts[2] * sizeof(float), x->host[2]),
                     NSC_BACKEND_OK);
    bool right = true;
    for (int64_t i = 0; i < s->m && right; i += s->m < 100 ? 1 : 37)
        right = row_right(s, x->host[0], x->host[1], x->host[2], i);
    return right && row_right(s, x->host[0], x->host[1], x->host[2], s->m - 1);
}

void product_free(test_bench *bench, product_operands *x)
{
    for (int i = 0; i < 3; i++) {
        bench->table->free(bench->device, x->bindings[i].buffer);
        free(x->host[i]);
    }
}

void product_run(test_bench *bench, const layer_client *layer, const product_sizes *s, bool by_clblast)
{
    const nsc_backend_gemm gemm = product_gemm(s);
    product_operands x;
    nsc_backend_step *step = NULL;
    product_make(bench, &x, s);
    int status = bench->table->prepare(bench->device, (const nsc_backend_operation *)&gemm, &step);
    ck_assert_msg(status == NSC_BACKEND_OK, "prepare: %d %s", status, bench->host->failure);
    ck_assert_int_eq(step->blast, by_clblast);
    layer->reset();
    status = bench->table->launch(bench->device, NULL, step, x.bindings, 3, NULL, 0);
    ck_assert_msg(status == NSC_BACKEND_OK, "launch: %d %s", status, bench->host->failure);
    ck_assert_uint_eq(layer_counted(layer, "buffers"), 0);
    ck_assert_uint_eq(layer_counted(layer, "builds"), 0);
    bench->table->release(bench->device, step);
    ck_assert_msg(product_right(bench, &x, s), "%lldx%lldx%lld%s%s is wrong", (long long)s->m, (long long)s->n,
                  (long long)s->k, s->ta ? " ta" : "", s->tb ? " tb" : "");
    product_free(bench, &x);
}
