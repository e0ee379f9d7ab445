/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of a product of two sources. A sum of n terms may be wrong by gamma(n + 1) times the sum of magnitudes,
 * which covers every order of f32 additions and the rounding of each product; maximum and minimum by that rounding. */
#include <math.h>

#include "conformance.h"

static const struct shape {
    uint32_t rank, reduced;
    int64_t dims[4];
} shapes[] = {{1, 1, {1}},          {1, 1, {257}},       {1, 1, {100003}},     {2, 1, {37, 53}},   {2, 2, {37, 53}},
              {3, 1, {4, 300, 10}}, {3, 2, {5, 7, 611}}, {4, 3, {2, 3, 4, 5}}, {2, 1, {5000, 10}}, {2, 1, {3, 1}}};

enum { PLAIN = 0, WITH_NAN = 1000, TRANSPOSED = 2000 };

/* number: reduction + 10 * shape + what to do. */
static void reduce(target *t, int number)
{
    uint32_t reduction = (uint32_t)number % 10;
    const struct shape *s = &shapes[number / 10 % 100];
    uint32_t kept = s->rank - s->reduced;
    int64_t rows = element_count(kept, s->dims), length = element_count(s->reduced, s->dims + kept);
    float *x = numbers(t, 0, rows * length, -1, 2), *y = numbers(t, 1, rows * length, 1, 2);
    float *got = memory(t, (size_t)rows * sizeof *got);
    expression e;

    if (number / 1000 * 1000 == WITH_NAN)
        x[(rows - 1) * length + length / 2] = NAN;
    nsc_tensor *operands[3] = {tensor(t, NSC_FLOAT32, rows * length, x), tensor(t, NSC_FLOAT32, rows * length, y),
                               tensor(t, NSC_FLOAT32, rows, NULL)};

    expression_start(&e, 2, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_LOAD, 1);
    expression_add(&e, NSC_OP_MUL, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_reduce operation = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                    .kind = NSC_BACKEND_REDUCE,
                                    .producer = &e.head,
                                    .reduction = reduction,
                                    .reduced_rank = s->reduced,
                                    .input_count = 2,
                                    .rank = s->rank};

    for (uint32_t d = 0; d < s->rank; d++)
        operation.dims[d] = s->dims[d];
    operation.inputs[0] = view_of(0, NSC_FLOAT32, s->rank, s->dims);
    operation.inputs[1] = view_of(1, NSC_FLOAT32, s->rank, s->dims);
    if (number / 1000 * 1000 == TRANSPOSED) { /* rank 2: stored column by column */
        operation.inputs[0].strides[0] = 1;
        operation.inputs[0].strides[1] = s->dims[0];
    }
    operation.output = view_of(2, NSC_FLOAT32, kept, s->dims);
    if (!run(t, &operation, operands, 3, NULL, 0) || !read_back(t, operands[2], got))
        return;
    for (int64_t row = 0; row < rows; row++) {
        double want = 0, magnitudes = 0, largest = 0;

        for (int64_t i = row * length; i < (row + 1) * length; i++) {
            double value = (double)x[element_at(&operation.inputs[0], i)] * y[i];

            if (i == row * length || (reduction == NSC_BACKEND_MAXIMUM && value > want) ||
                (reduction == NSC_BACKEND_MINIMUM && value < want) || isnan(value) || isnan(want))
                want = i == row * length ? value : isnan(want) || isnan(value) ? NAN : value;
            else if (reduction == NSC_BACKEND_SUM)
                want += value;
            magnitudes += fabs(value);
            largest = fmax(largest, fabs(value));
        }
        double bound =
            (reduction == NSC_BACKEND_SUM ? gamma_of((double)length + 1) * magnitudes : EPSILON * largest) + SMALLEST;

        if (!near(t, "reduce", row, got[row], want, bound))
            return;
    }
}

#define EACH_SHAPE(NAME, OP)                                                                                  \
    {"reduce", NAME "_1", reduce, OP}, {"reduce", NAME "_257", reduce, OP + 10},                              \
        {"reduce", NAME "_100003", reduce, OP + 20}, {"reduce", NAME "_rows_37x53", reduce, OP + 30},         \
        {"reduce", NAME "_all_37x53", reduce, OP + 40}, {"reduce", NAME "_last_4x300x10", reduce, OP + 50},   \
        {"reduce", NAME "_two_5x7x611", reduce, OP + 60}, {"reduce", NAME "_three_2x3x4x5", reduce, OP + 70}, \
        {"reduce", NAME "_rows_5000x10", reduce, OP + 80}, {"reduce", NAME "_length_1", reduce, OP + 90},     \
        {"reduce", NAME "_transposed", reduce, OP + 30 + TRANSPOSED},                                         \
    {                                                                                                         \
        "reduce", NAME "_nan", reduce, OP + 30 + WITH_NAN                                                     \
    }

const conformance_case cases_reduce[] = {
    EACH_SHAPE("sum", NSC_BACKEND_SUM),
    EACH_SHAPE("maximum", NSC_BACKEND_MAXIMUM),
    EACH_SHAPE("minimum", NSC_BACKEND_MINIMUM),
    {0},
};
