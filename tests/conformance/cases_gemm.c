/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products, with and without an epilogue. Each element of the result may be wrong by gamma(k + 3) times
 * |alpha| |A| |B| + |beta| |C|, which covers every order of f32 additions. */
#include <math.h>
#include <string.h>

#include "conformance.h"

static const int64_t sizes[][3] = {{1, 1, 1},     {2, 3, 5},     {17, 31, 13}, {64, 64, 64},
                                   {127, 61, 97}, {1, 257, 300}, {301, 1, 7},  {130, 129, 515}};

enum { TRANSPOSE_A = 1, TRANSPOSE_B = 2, PADDED = 4, SCALED = 8, SIZE = 16 };

/* A matrix in a buffer: row-major or transposed, with a larger leading dimension and an offset when padded. */
static nsc_backend_view matrix(uint32_t buffer, int64_t rows, int64_t columns, bool transposed, bool padded)
{
    const int64_t dims[2] = {rows, columns};
    nsc_backend_view view = view_of(buffer, NSC_FLOAT32, 2, dims);
    int64_t leading = (transposed ? rows : columns) + (padded ? 3 : 0);

    view.offset = padded ? 5 : 0;
    view.strides[0] = transposed ? 1 : leading;
    view.strides[1] = transposed ? leading : 1;
    return view;
}

static int64_t room_of(const nsc_backend_view *view)
{
    return view->offset + (view->dims[0] - 1) * view->strides[0] + (view->dims[1] - 1) * view->strides[1] + 1;
}

typedef struct product {
    nsc_backend_view a, b, c;
    float *x, *y, *before, *after;
    int64_t room;
    nsc_tensor *operands[4];
} product;

static void make_product(target *t, int number, product *p)
{
    const int64_t *size = sizes[number / SIZE];
    bool padded = number & PADDED;

    p->a = matrix(0, size[0], size[2], number & TRANSPOSE_A, padded);
    p->b = matrix(1, size[2], size[1], number & TRANSPOSE_B, padded);
    p->c = matrix(2, size[0], size[1], false, padded);
    p->x = numbers(t, 0, room_of(&p->a), -1, 1);
    p->y = numbers(t, 1, room_of(&p->b), -1, 1);
    p->room = room_of(&p->c) + 4;
    p->before = numbers(t, 2, p->room, -1, 1);
    p->after = memory(t, (size_t)p->room * sizeof(float));
    p->operands[0] = tensor(t, NSC_FLOAT32, room_of(&p->a), p->x);
    p->operands[1] = tensor(t, NSC_FLOAT32, room_of(&p->b), p->y);
}

/* The exact element i of a b and the sum of the magnitudes of its terms. */
static double element(const product *p, int64_t i, double *magnitudes)
{
    int64_t n = p->c.dims[1], k = p->a.dims[1];
    double sum = 0;

    *magnitudes = 0;
    for (int64_t q = 0; q < k; q++) {
        double term = (double)p->x[element_at(&p->a, i / n * k + q)] * p->y[element_at(&p->b, q * n + i % n)];

        sum += term;
        *magnitudes += fabs(term);
    }
    return sum;
}

/* Elements of c's buffer that are not in c must be as they were. */
static void check_gaps(target *t, const product *p, unsigned char *written)
{
    for (int64_t i = 0; i < p->room; i++)
        if (!written[i] && bits_of(p->after[i]) != bits_of(p->before[i])) {
            fail(t, "the result's buffer was changed outside of the result, at %lld", (long long)i);
            return;
        }
}

static void gemm(target *t, int number)
{
    product p;
    float alpha = number & SCALED ? -1.5f : 1.0f, beta = number & SCALED ? 0.75f : 0.0f;

    make_product(t, number, &p);
    unsigned char *written = memory(t, (size_t)p.room);
    int64_t count = p.c.dims[0] * p.c.dims[1];

    if (beta == 0)
        for (int64_t i = 0; i < count; i++)
            p.before[element_at(&p.c, i)] = NAN; /* must not be read */
    p.operands[2] = tensor(t, NSC_FLOAT32, p.room, p.before);
    nsc_backend_gemm operation = {.struct_size = NSC_BACKEND_GEMM_SIZE,
                                  .kind = NSC_BACKEND_GEMM,
                                  .alpha = alpha,
                                  .beta = beta,
                                  .a = p.a,
                                  .b = p.b,
                                  .c = p.c};

    if (!run(t, &operation, p.operands, 3, NULL, 0) || !read_back(t, p.operands[2], p.after))
        return;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = element_at(&p.c, i);
        double magnitudes, want = alpha * element(&p, i, &magnitudes), old = beta == 0 ? 0 : beta * p.before[at];
        double bound = gamma_of((double)p.a.dims[1] + 3) * (fabs(alpha) * magnitudes + fabs(old)) + SMALLEST;

        written[at] = 1;
        if (!near(t, "gemm", i, p.after[at], want + old, bound))
            return;
    }
    check_gaps(t, &p, written);
}

/* c = max(a b + bias, 0) with the bias broadcast over rows. */
static void epilogue(target *t, int number)
{
    product p;
    expression e;

    if (!offers(t, NSC_BACKEND_GEMM_EPILOGUE)) {
        skip(t, "the device does not offer gemm_epilogue");
        return;
    }
    make_product(t, number, &p);
    unsigned char *written = memory(t, (size_t)p.room);
    float *bias = numbers(t, 3, p.c.dims[1], -1, 1);

    p.operands[2] = tensor(t, NSC_FLOAT32, p.room, p.before);
    p.operands[3] = tensor(t, NSC_FLOAT32, p.c.dims[1], bias);
    expression_start(&e, 2, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_LOAD, 1);
    expression_add(&e, NSC_OP_ADD, 0);
    expression_immediate(&e, 0.0f);
    expression_add(&e, NSC_OP_MAX, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_gemm_epilogue operation = {.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                           .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                           .expression = &e.head,
                                           .input_count = 1,
                                           .a = p.a,
                                           .b = p.b,
                                           .c = p.c};

    operation.inputs[0] = view_of(3, NSC_FLOAT32, 2, p.c.dims);
    operation.inputs[0].strides[0] = 0;
    if (!run(t, &operation, p.operands, 4, NULL, 0) || !read_back(t, p.operands[2], p.after))
        return;
    for (int64_t i = 0; i < p.c.dims[0] * p.c.dims[1]; i++) {
        int64_t at = element_at(&p.c, i);
        float b = bias[i % p.c.dims[1]];
        double magnitudes, want = element(&p, i, &magnitudes) + b;

        written[at] = 1;
        if (!near(t, "gemm_epilogue", i, p.after[at], fmax(want, 0),
                  gamma_of((double)p.a.dims[1] + 3) * (magnitudes + fabs(b)) + SMALLEST))
            return;
    }
    check_gaps(t, &p, written);
}

#define EACH_LAYOUT(FAMILY, RUN, NAME, NUMBER)                                                        \
    {FAMILY, NAME "_nn", RUN, SIZE * NUMBER}, {FAMILY, NAME "_tn", RUN, SIZE * NUMBER + TRANSPOSE_A}, \
        {FAMILY, NAME "_nt", RUN, SIZE * NUMBER + TRANSPOSE_B},                                       \
        {FAMILY, NAME "_tt", RUN, SIZE * NUMBER + TRANSPOSE_A + TRANSPOSE_B},                         \
        {FAMILY, NAME "_nn_padded", RUN, SIZE * NUMBER + PADDED},                                     \
    {                                                                                                 \
        FAMILY, NAME "_tt_padded", RUN, SIZE *NUMBER + TRANSPOSE_A + TRANSPOSE_B + PADDED             \
    }
#define EACH_SCALED(NAME, NUMBER)                                                            \
    {"gemm", NAME "_nt_scaled", gemm, SIZE * NUMBER + TRANSPOSE_B + SCALED},                 \
    {                                                                                        \
        "gemm", NAME "_tn_padded_scaled", gemm, SIZE *NUMBER + TRANSPOSE_A + PADDED + SCALED \
    }

const conformance_case cases_gemm[] = {
    EACH_LAYOUT("gemm", gemm, "1x1x1", 0),
    EACH_LAYOUT("gemm", gemm, "2x3x5", 1),
    EACH_LAYOUT("gemm", gemm, "17x31x13", 2),
    EACH_LAYOUT("gemm", gemm, "64x64x64", 3),
    EACH_LAYOUT("gemm", gemm, "127x61x97", 4),
    EACH_LAYOUT("gemm", gemm, "1x257x300", 5),
    EACH_LAYOUT("gemm", gemm, "301x1x7", 6),
    EACH_LAYOUT("gemm", gemm, "130x129x515", 7),
    EACH_SCALED("17x31x13", 2),
    EACH_SCALED("64x64x64", 3),
    EACH_SCALED("127x61x97", 4),
    {0},
};

const conformance_case cases_epilogue[] = {
    EACH_LAYOUT("gemm_epilogue", epilogue, "1x1x1", 0),
    EACH_LAYOUT("gemm_epilogue", epilogue, "17x31x13", 2),
    EACH_LAYOUT("gemm_epilogue", epilogue, "127x61x97", 4),
    EACH_LAYOUT("gemm_epilogue", epilogue, "130x129x515", 7),
    {0},
};
