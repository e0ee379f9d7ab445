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

/* number: shape + 100 * layout of the input + 1000 * layout of the output + 10000 * filling + 100000 * logarithm. */
static void softmax(target *t, int number)
{
    static const float ranges[][2] = {{-5, 5}, {-200, 200}, {1e6f, 1000016}, {-5, 5}, {-5, 5}};
    const struct shape *s = &shapes[number % 100];
    const filling with = (filling)(number / 10000 % 10);
    const int64_t length = s->dims[s->rank - 1], count = element_count(s->rank, s->dims);
    nsc_backend_softmax operation = {.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                     .kind = NSC_BACKEND_SOFTMAX,
                                     .logarithm = (uint32_t)(number / 100000),
                                     .input = view_of(0, NSC_FLOAT32, s->rank, s->dims),
                                     .output = view_of(1, NSC_FLOAT32, s->rank, s->dims)};

    if (!offers(t, NSC_BACKEND_SOFTMAX)) {
        skip(t, "the device does not offer softmax");
        return;
    }
    int64_t input_room = lay_out(&operation.input, (layout)(number / 100 % 10));
    int64_t room = lay_out(&operation.output, (layout)(number / 1000 % 10));
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

#define BOTH(NAME, SHAPE, INPUT, OUTPUT, WITH)                                                       \
    {"softmax", NAME, softmax, SHAPE + 100 * INPUT + 1000 * OUTPUT + 10000 * WITH},                  \
    {                                                                                                \
        "softmax", "log_" NAME, softmax, SHAPE + 100 * INPUT + 1000 * OUTPUT + 10000 * WITH + 100000 \
    }

const conformance_case cases_softmax[] = {
    BOTH("1", 0, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("5003", 1, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("37x53", 2, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("5003x10", 3, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("67x1000", 4, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("5x7x131", 5, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("2x3x4x5", 6, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("3x1", 7, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("3x31", 8, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("3x32", 9, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("300x33", 10, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("5x127", 11, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("6x128", 12, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("3x1023", 13, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("2x1024", 14, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("2x5000", 15, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("rank_8", 16, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("100003", 18, LAYOUT_ROWS, LAYOUT_ROWS, NARROW),
    BOTH("37x53_wide", 2, LAYOUT_ROWS, LAYOUT_ROWS, WIDE),
    BOTH("67x1000_wide", 4, LAYOUT_ROWS, LAYOUT_ROWS, WIDE),
    BOTH("37x53_away", 2, LAYOUT_ROWS, LAYOUT_ROWS, AWAY),
    BOTH("2x5000_away", 15, LAYOUT_ROWS, LAYOUT_ROWS, AWAY),
    BOTH("37x53_infinite", 2, LAYOUT_ROWS, LAYOUT_ROWS, INFINITE),
    BOTH("5003x10_infinite", 3, LAYOUT_ROWS, LAYOUT_ROWS, INFINITE),
    BOTH("67x1000_infinite", 4, LAYOUT_ROWS, LAYOUT_ROWS, INFINITE),
    BOTH("5003x10_in_place", 3, LAYOUT_ROWS, LAYOUT_ROWS, IN_PLACE),
    BOTH("67x1000_in_place", 4, LAYOUT_ROWS, LAYOUT_PADDED, IN_PLACE),
    BOTH("5x7x131_in_place", 5, LAYOUT_ROWS, LAYOUT_REORDERED, IN_PLACE),
    BOTH("37x53_padded", 2, LAYOUT_PADDED, LAYOUT_PADDED, NARROW),
    BOTH("5003x10_reordered", 3, LAYOUT_REORDERED, LAYOUT_ROWS, NARROW),
    BOTH("67x1000_reordered", 4, LAYOUT_ROWS, LAYOUT_REORDERED, NARROW),
    BOTH("5x7x131_reordered", 5, LAYOUT_REORDERED, LAYOUT_PADDED, NARROW),
    BOTH("rank_8_reordered", 16, LAYOUT_REORDERED, LAYOUT_PADDED, NARROW),
    BOTH("37x53_reversed", 2, LAYOUT_REVERSED, LAYOUT_ROWS, NARROW),
    BOTH("5x7x131_reversed", 5, LAYOUT_REVERSED, LAYOUT_REORDERED, INFINITE),
    BOTH("67x1000_repeated", 4, LAYOUT_REPEATED, LAYOUT_ROWS, NARROW),
    BOTH("5003_repeated", 1, LAYOUT_REPEATED, LAYOUT_ROWS, NARROW),
    BOTH("41x67_far", 17, LAYOUT_FAR, LAYOUT_FAR, NARROW),
    {0},
};
