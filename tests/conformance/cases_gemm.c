/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products. Each element of the result may be wrong by gamma(k + 3) times |alpha| |A| |B| + |beta| |C|, which covers
 * every order of f32 additions. */
#include <math.h>

#include "products.h"

/* What alpha and beta are; where beta is 0 the result is NaN before, which must not be read. */
static const struct scaling {
    float alpha, beta;
} scalings[] = {{1, 0}, {-1.5f, 0}, {1, 1}, {1, 0.75f}, {-1.5f, 0.75f}, {0, 0.5f}};
static const char *const operations[] = {"nn",
                                         "tn",
                                         "nt",
                                         "tt",
                                         "nn_alpha",
                                         "tn_alpha",
                                         "nt_alpha",
                                         "tt_alpha",
                                         "nn_added",
                                         "tn_added",
                                         "nt_added",
                                         "tt_added",
                                         "nn_beta",
                                         "tn_beta",
                                         "nt_beta",
                                         "tt_beta",
                                         "nn_alpha_beta",
                                         "tn_alpha_beta",
                                         "nt_alpha_beta",
                                         "tt_alpha_beta",
                                         "nn_alpha_0",
                                         "tn_alpha_0",
                                         "nt_alpha_0",
                                         "tt_alpha_0",
                                         NULL};

static void check(target *t, const product *p, const struct scaling *s)
{
    const int64_t each = p->m * p->n;

    for (int64_t i = 0; i < each * (p->batch ? p->batch : 1); i++) {
        const int64_t at = element_at(&p->c, i);
        const double old = s->beta == 0 ? 0 : (double)s->beta * p->before[at];
        double magnitudes, want = s->alpha * product_element(p, i / each, i % each / p->n, i % p->n, &magnitudes);
        const double bound = gamma_of((double)p->k + 3) * (fabs(s->alpha) * magnitudes + fabs(old)) + SMALLEST;

        if (!near(t, "gemm", i, p->after[at], want + old, bound))
            return;
    }
    product_gaps(t, p);
}

static void multiply(target *t, const int *class, int64_t batch)
{
    const struct scaling *s = &scalings[class[OPERATION] / 4];
    product p;

    product_make(t, &p, class[SHAPE], class[OPERATION] % 4, class[STRIDES] != 0, batch);
    if (s->beta == 0)
        for (int64_t i = 0; i < element_count(p.c.rank, p.c.dims); i++)
            p.before[element_at(&p.c, i)] = NAN;
    p.operands[2] = tensor(t, NSC_FLOAT32, p.room, p.before);
    const nsc_backend_gemm operation = {.struct_size = NSC_BACKEND_GEMM_SIZE,
                                        .kind = NSC_BACKEND_GEMM,
                                        .alpha = s->alpha,
                                        .beta = s->beta,
                                        .a = p.a,
                                        .b = p.b,
                                        .c = p.c};

    if (run(t, &operation, p.operands, 3, NULL, 0) && read_back(t, p.operands[2], p.after))
        check(t, &p, s);
}

static void gemm(target *t, const int *class)
{
    multiply(t, class, 0);
}

static bool is_case(const int *class)
{
    return class[OPERATION] < 4 || product_cost(class[SHAPE]) < 300000;
}

/* A device that takes no batches refuses them before it does anything. */
static void batched(target *t, const int *class)
{
    const int64_t dims[3] = {1, 1, 1};
    const nsc_backend_gemm smallest = {.struct_size = NSC_BACKEND_GEMM_SIZE,
                                       .kind = NSC_BACKEND_GEMM,
                                       .alpha = 1,
                                       .a = view_of(0, NSC_FLOAT32, 3, dims),
                                       .b = view_of(1, NSC_FLOAT32, 3, dims),
                                       .c = view_of(2, NSC_FLOAT32, 3, dims)};
    nsc_tensor *one[3];

    for (int i = 0; i < 3; i++)
        if (!(one[i] = tensor(t, NSC_FLOAT32, 1, NULL)))
            return;
    const nsc_status status =
        nsc_operation_run(t->context, (const nsc_backend_operation *)(const void *)&smallest, one, 3, NULL, 0);

    if (status == NSC_INVALID) /* core refuses what the device did not announce */
        skip(t, "the device takes no batches of products");
    else if (status == NSC_OK)
        multiply(t, class, 3);
    else
        fail(t, "the smallest batch failed: %s", nsc_last_error(t->context));
}

static bool is_batched_case(const int *class)
{
    return class[OPERATION] < 4 && product_cost(class[SHAPE]) < 60000;
}

static const conformance_table tables[] = {
    {"gemm", gemm, {operations, product_shapes, product_strides, float32_name}, is_case},
    {"gemm_batched", batched, {operations, product_shapes, product_strides, float32_name}, is_batched_case},
    {0},
};

const conformance_group group_gemm = {.tables = tables};
