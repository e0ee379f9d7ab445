/* SPDX-License-Identifier: Apache-2.0 */
/* softmax and log-softmax against double precision, within the bound that docs/conformance.md derives; nothing else
 * written. */
#include <math.h>
#include <string.h>

#include "conformance.h"

static const struct shape {
    uint32_t rank;
    int64_t dims[8];
} shapes[] = {{1, {1}},
              {1, {5003}},
              {2, {37, 53}},
              {2, {5003, 10}},
              {2, {67, 1000}},
              {3, {5, 7, 131}},
              {4, {2, 3, 4, 5}},
              {2, {3, 1}},
              {2, {3, 31}},
              {2, {3, 32}},
              {2, {300, 33}},
              {2, {5, 127}},
              {2, {6, 128}},
              {2, {3, 1023}},
              {2, {2, 1024}},
              {2, {2, 5000}},
              {8, {2, 1, 3, 2, 1, 2, 3, 5}},
              {3, {1, 41, 67}},
              {1, {100003}}};

typedef enum filling {
    NARROW,   /* -5 to 5 */
    WIDE,     /* -200 to 200: most powers are 0 */
    AWAY,     /* around 1e6: powers of x itself overflow */
    INFINITE, /* rows with NaN, with +infinity, with -infinity, of -infinity */
    IN_PLACE  /* as NARROW, on one view */
} filling;

static const char *const operations[] = {"softmax",
                                         "log_softmax",
                                         "softmax_wide",
                                         "log_softmax_wide",
                                         "softmax_away",
                                         "log_softmax_away",
                                         "softmax_infinite",
                                         "log_softmax_infinite",
                                         "softmax_in_place",
                                         "log_softmax_in_place",
                                         NULL};
static const char *const shape_names[] = {"1",      "5003",   "37x53",  "5003x10", "67x1000", "5x7x131", "2x3x4x5",
                                          "3x1",    "3x31",   "3x32",   "300x33",  "5x127",   "6x128",   "3x1023",
                                          "2x1024", "2x5000", "rank_8", "1x41x67", "100003",  NULL};
static const struct layouts {
    layout input, output;
} layouts[] = {{LAYOUT_ROWS, LAYOUT_ROWS},       {LAYOUT_PADDED, LAYOUT_PADDED}, {LAYOUT_REORDERED, LAYOUT_REORDERED},
               {LAYOUT_REVERSED, LAYOUT_SPACED}, {LAYOUT_REPEATED, LAYOUT_ROWS}, {LAYOUT_FAR, LAYOUT_FAR},
               {LAYOUT_REORDERED, LAYOUT_PADDED}};
static const char *const layout_names[] = {"rows",     "padded", "reordered", "reversed",
                                           "repeated", "far",    "crossed",   NULL};

/* Puts what is no number into a part of the rows. */
static void spoil(float *x, const nsc_backend_view *view, int64_t rows, int64_t length)
{
    for (int64_t row = 0; row < rows; row++) {
        float *first = &x[element_at(view, row * length)], *middle = &x[element_at(view, row * length + length / 2)];

        if (row % 6 == 1 || row % 6 == 5)
            *middle = NAN;
        if (row % 6 == 2 || row % 6 == 5)
            *first = INFINITY;
        if (row % 6 == 3)
            for (int64_t i = 0; i < length; i++)
                x[element_at(view, row * length + i)] = -INFINITY;
        if (row % 6 == 4)
            *middle = -INFINITY;
    }
}

/* What an element's bound is made of, for one row. */
typedef struct row_sums {
    double top, sum, distance; /* the maximum; sum exp(d); sum p |d|, with |d| at most 104 */
} row_sums;

static row_sums sums_of(const float *x, const nsc_backend_view *view, int64_t start, int64_t length)
{
    row_sums s = {.top = -INFINITY};

    for (int64_t i = start; i < start + length; i++) {
        double value = x[element_at(view, i)];

        if (value > s.top || isnan(value))
            s.top = value;
    }
    for (int64_t i = start; i < start + length; i++) {
        double d = x[element_at(view, i)] - s.top;

        s.sum += exp(d);
        s.distance += exp(d) * fmin(fabs(d), 104);
    }
    s.distance /= s.sum;
    return s;
}

static bool check_row(target *t, const nsc_backend_softmax *operation, int64_t start, int64_t length, const float *x,
                      const float *got)
{
    const row_sums s = sums_of(x, &operation->input, start, length);

    for (int64_t i = start; i < start + length; i++) {
        double d = x[element_at(&operation->input, i)] - s.top, want, bound;

        if (operation->logarithm) {
            want = d - log(s.sum);
            bound = gamma_of((double)length + 7 + s.distance) + gamma_of(8) * fabs(want) + SMALLEST;
        } else {
            want = exp(d) / s.sum;
            bound = gamma_of((double)length + 17 + fmin(fabs(d), 104) + s.distance) * want + SMALLEST;
        }
        if (!near(t, operation->logarithm ? "log-softmax" : "softmax", i, got[element_at(&operation->output, i)], want,
                  bound))
            return false;
    }
    return true;
}

/* Every element of the buffer that the view does not have is as before. */
static void check_rest(target *t, const nsc_backend_view *view, int64_t count, const float *before, const float *got,
                       int64_t room)
{
    unsigned char *written = memory(t, (size_t)room);

    for (int64_t i = 0; i < count; i++)
        written[element_at(view, i)] = 1;
    for (int64_t i = 0; i < room; i++)
        if (!written[i] && bits_of(before[i]) != bits_of(got[i])) {
            fail(t, "element %lld of the buffer was written, and is none of the output", (long long)i);
            return;
        }
}

static void softmax(target *t, const int *class)
{
    static const float ranges[][2] = {{-5, 5}, {-200, 200}, {1e6f, 1000016}, {-5, 5}, {-5, 5}};
    const struct shape *s = &shapes[class[SHAPE]];
    const filling with = (filling)(class[OPERATION] / 2);
    const struct layouts *how = &layouts[class[STRIDES]];
    const int64_t length = s->dims[s->rank - 1], count = element_count(s->rank, s->dims);
    nsc_backend_softmax operation = {.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                     .kind = NSC_BACKEND_SOFTMAX,
                                     .logarithm = (uint32_t) class[OPERATION] % 2,
                                     .input = view_of(0, NSC_FLOAT32, s->rank, s->dims),
                                     .output = view_of(1, NSC_FLOAT32, s->rank, s->dims)};

    if (!offers(t, NSC_BACKEND_SOFTMAX)) {
        skip(t, "the device does not offer softmax");
        return;
    }
    int64_t input_room = lay_out(&operation.input, how->input);
    int64_t room = lay_out(&operation.output, how->output);
    float *x = numbers(t, 0, input_room, ranges[with][0], ranges[with][1]);
    float *before = numbers(t, 1, room, 2, 3), *got = memory(t, (size_t)room * sizeof *got);

    if (with == INFINITE)
        spoil(x, &operation.input, count / length, length);
    if (with == IN_PLACE) {
        operation.input = operation.output;
        operation.input.buffer = operation.output.buffer = 0;
        before = x = numbers(t, 0, room, ranges[with][0], ranges[with][1]);
    }
    nsc_tensor *input = with == IN_PLACE ? NULL : tensor(t, NSC_FLOAT32, input_room, x);
    nsc_tensor *output = tensor(t, NSC_FLOAT32, room, before), *operands[2] = {input ? input : output, output};

    if (!run(t, &operation, operands, with == IN_PLACE ? 1 : 2, NULL, 0) || !read_back(t, output, got))
        return;
    for (int64_t start = 0; start < count; start += length)
        if (!check_row(t, &operation, start, length, x, got))
            return;
    check_rest(t, &operation.output, count, before, got, room);
}

/* Far strides need a first dim of 1, in place the layout of a destination. */
static bool is_case(const int *class)
{
    const filling with = (filling)(class[OPERATION] / 2);
    const struct layouts *how = &layouts[class[STRIDES]];
    const struct shape *s = &shapes[class[SHAPE]];

    if (how->input == LAYOUT_FAR)
        return s->rank > 1 && s->dims[0] == 1 && with == NARROW;
    if (s->rank == 1 && how->input == LAYOUT_REORDERED)
        return false;
    if (how->input == LAYOUT_REORDERED && how->output != how->input)
        return with == NARROW;
    return with == NARROW || with == IN_PLACE || how->input == LAYOUT_ROWS || how->input == LAYOUT_REVERSED;
}

static const conformance_table tables[] = {
    {"softmax", softmax, {operations, shape_names, layout_names, float32_name}, is_case},
    {0},
};

const conformance_group group_softmax = {.tables = tables};
