/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of a source, and of a product of two. A sum of n terms may be wrong by gamma(n + 1) times the sum of
 * magnitudes, which covers every order of f32 additions, the rounding of each product and of each integer that becomes a
 * float; maximum and minimum by that one rounding. */
#include <math.h>
#include <string.h>

#include "samples.h"

static const struct shape {
    uint32_t rank, reduced;
    int64_t dims[8];
} shapes[] = {{1, 1, {1}},        {1, 1, {257}},        {1, 1, {100003}},        {2, 1, {37, 53}},
              {2, 2, {37, 53}},   {3, 1, {4, 300, 10}}, {3, 2, {5, 7, 611}},     {4, 3, {2, 3, 4, 5}},
              {2, 1, {5000, 10}}, {2, 1, {3, 1}},       {2, 1, {3, 64}},         {2, 1, {5, 65}},
              {2, 1, {2, 4097}},  {3, 3, {17, 19, 23}}, {5, 1, {2, 3, 2, 5, 7}}, {8, 4, {2, 1, 3, 2, 2, 3, 1, 5}}};
static const char *const shape_names[] = {"1",         "257",        "100003",      "37x(53)", "(37x53)", "4x300x(10)",
                                          "5x(7x611)", "2x(3x4x5)",  "5000x(10)",   "3x(1)",   "3x(64)",  "5x(65)",
                                          "2x(4097)",  "(17x19x23)", "2x3x2x5x(7)", "rank_8",  NULL};

enum { PLAIN, PRODUCT, WITH_NAN, WITH_INFINITY, WAYS };
static const char *const operations[] = {"sum",     "sum_of_products",     "sum_with_nan",     "sum_with_infinity",
                                         "maximum", "maximum_of_products", "maximum_with_nan", "maximum_with_infinity",
                                         "minimum", "minimum_of_products", "minimum_with_nan", "minimum_with_infinity",
                                         NULL};

/* Integers need more than 24 bits now and then; the floats of a row differ in size. */
static void *make_source(target *t, int dtype, int64_t room)
{
    unsigned char *data = memory(t, (size_t)room * 4);
    uint64_t state = t->seed * 7 + nsc_hash_path(t->name);

    for (int64_t i = 0; i < room; i++) {
        const float number = (float)((int)draw(&state, 3 << 20) - (1 << 20)) * 0x1p-20f;
        const uint32_t word = draw(&state, 9) ? draw(&state, 2000) - (dtype == I32 ? 1000 : 0) : draw(&state, 1u << 30);

        if (dtype == U8)
            data[i] = (unsigned char)word;
        else
            memcpy(data + 4 * i, dtype == F32 ? (const void *)&number : (const void *)&word, 4);
    }
    return data;
}

static double element(const void *data, int dtype, int64_t at)
{
    switch (dtype) {
    case F32:
        return ((const float *)data)[at];
    case I32:
        return ((const int32_t *)data)[at];
    case U32:
        return ((const uint32_t *)data)[at];
    default:
        return ((const uint8_t *)data)[at];
    }
}

typedef struct sources {
    const void *x;
    const float *y; /* NULL: x alone */
    int dtype;
    const nsc_backend_reduce *operation;
} sources;

static bool check_row(target *t, const sources *s, int64_t row, int64_t length, double got)
{
    const uint32_t reduction = s->operation->reduction;
    double want = reduction == NSC_BACKEND_SUM ? 0 : reduction == NSC_BACKEND_MAXIMUM ? -INFINITY : INFINITY;
    double magnitudes = 0, largest = 0;

    for (int64_t i = row * length; i < (row + 1) * length; i++) {
        double value = element(s->x, s->dtype, element_at(&s->operation->inputs[0], i));

        if (s->y)
            value *= s->y[element_at(&s->operation->inputs[1], i)];
        if (reduction == NSC_BACKEND_SUM)
            want += value;
        else if (isnan(value) || (reduction == NSC_BACKEND_MAXIMUM && value > want) ||
                 (reduction == NSC_BACKEND_MINIMUM && value < want))
            want = isnan(want) ? want : value;
        magnitudes += fabs(value);
        if (isfinite(value))
            largest = fmax(largest, fabs(value));
    }
    return near(t, "reduce", row, got, want,
                (reduction == NSC_BACKEND_SUM ? gamma_of((double)length + 1) * magnitudes : EPSILON * largest) +
                    SMALLEST);
}

static void producer_of(expression *e, bool product)
{
    expression_start(e, product ? 2 : 1, 1, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    if (product) {
        expression_add(e, NSC_OP_LOAD, 1);
        expression_add(e, NSC_OP_MUL, 0);
    }
    expression_add(e, NSC_OP_STORE, 0);
}

static void reduce(target *t, const int *class)
{
    const struct shape *s = &shapes[class[SHAPE]];
    const int way = class[OPERATION] % WAYS, dtype = class[DTYPE];
    const uint32_t kept = s->rank - s->reduced;
    const int64_t rows = element_count(kept, s->dims), length = element_count(s->reduced, s->dims + kept);
    expression e;

    producer_of(&e, way == PRODUCT);
    nsc_backend_reduce operation = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                    .kind = NSC_BACKEND_REDUCE,
                                    .producer = &e.head,
                                    .reduction = (uint32_t)(class[OPERATION] / WAYS) + NSC_BACKEND_SUM,
                                    .reduced_rank = s->reduced,
                                    .input_count = way == PRODUCT ? 2 : 1,
                                    .rank = s->rank};

    memcpy(operation.dims, s->dims, sizeof operation.dims);
    operation.inputs[0] = view_of(0, stored_dtypes[dtype], s->rank, s->dims);
    operation.inputs[1] = view_of(1, NSC_FLOAT32, s->rank, s->dims);
    operation.output = view_of(2, NSC_FLOAT32, kept, s->dims);
    const int64_t room = lay_out(&operation.inputs[0], (layout) class[STRIDES]);
    const int64_t other_room = lay_out(&operation.inputs[1], LAYOUT_PADDED),
                  out_room = lay_out(&operation.output, LAYOUT_PADDED);
    void *x = make_source(t, dtype, room);
    float *y = numbers(t, 1, other_room, 1, 2), *before = numbers(t, 2, out_room, 5, 6);
    float *got = memory(t, (size_t)out_room * sizeof *got);
    unsigned char *written = memory(t, (size_t)out_room);

    if (way == WITH_NAN || way == WITH_INFINITY)
        ((float *)x)[element_at(&operation.inputs[0], (rows - 1) * length + length / 2)] =
            way == WITH_NAN ? NAN : INFINITY;
    nsc_tensor *operands[3] = {tensor(t, stored_dtypes[dtype], room, x), tensor(t, NSC_FLOAT32, other_room, y),
                               tensor(t, NSC_FLOAT32, out_room, before)};
    const sources from = {.x = x, .y = way == PRODUCT ? y : NULL, .dtype = dtype, .operation = &operation};

    if (!run(t, &operation, operands, 3, NULL, 0) || !read_back(t, operands[2], got))
        return;
    for (int64_t row = 0; row < rows; row++) {
        written[element_at(&operation.output, row)] = 1;
        if (!check_row(t, &from, row, length, got[element_at(&operation.output, row)]))
            return;
    }
    for (int64_t i = 0; i < out_room; i++)
        if (!written[i] && bits_of(got[i]) != bits_of(before[i])) {
            fail(t, "element %lld of the buffer was written, and is no result", (long long)i);
            return;
        }
}

static bool is_case(const int *class)
{
    const int way = class[OPERATION] % WAYS, how = class[STRIDES];
    const bool flat = shapes[class[SHAPE]].rank == 1;

    if (flat && (how == LAYOUT_REORDERED || how == LAYOUT_WINDOWS))
        return false;
    if (way == WITH_NAN || way == WITH_INFINITY)
        return class[DTYPE] == F32 && how == LAYOUT_ROWS;
    return class[DTYPE] == F32 || (way == PLAIN && (how == LAYOUT_ROWS || how == LAYOUT_SPACED));
}

static const conformance_table tables[] = {
    {"reduce", reduce, {operations, shape_names, source_layouts, stored_dtype_names}, is_case},
    {0},
};

const conformance_group group_reduce = {.tables = tables};
