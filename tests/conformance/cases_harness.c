/* SPDX-License-Identifier: Apache-2.0 */
/* What every other case is judged by: the generator, the comparison, the ranges. They are tried before any device is. */
#include <math.h>
#include <string.h>

#include "conformance.h"
#include "philox.h"

/* The known answers that come with Random123 1.14.0, the authors' own implementation: counter, key, words. */
static const uint32_t published[][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                          0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                                          0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};

static void generator(target *t, int number)
{
    const uint32_t *row = published[number];
    uint32_t words[4];

    philox(row, row + 4, words);
    for (int i = 0; i < 4; i++)
        if (words[i] != row[6 + i])
            fail(t, "word %d is %08x, published is %08x", i, words[i], row[6 + i]);
}

/* One wrong value is found, and what is inside its bound is not. */
static void comparison(target *t, int number)
{
    static const struct {
        double got, want, bound;
        bool good;
    } rows[] = {{1, 1, 0, true},
                {1, 1.25, 0.25, true},
                {1, 1.25, 0.2499, false},
                {NAN, NAN, 0, true},
                {NAN, 1, 1e9, false},
                {1, NAN, 1e9, false},
                {INFINITY, INFINITY, 0, true},
                {-INFINITY, INFINITY, 1, false},
                {1e30, INFINITY, 1, false}};

    (void)number;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        target probe = {.verdict = VERDICT_PASS};
        const bool good = near(&probe, "probe", 0, rows[i].got, rows[i].want, rows[i].bound);

        if (good != rows[i].good || good != (probe.verdict == VERDICT_PASS))
            fail(t, "%g beside %g within %g was taken to be %s", rows[i].got, rows[i].want, rows[i].bound,
                 good ? "right" : "wrong");
    }
}

/* The exact result of every op is in its range, and one that is further off than the error is not. */
static void ranges(target *t, int number)
{
    static const float values[3] = {1.5f, 0.75f, 2.25f};

    (void)number;
    for (uint16_t op = 0; op <= NSC_OP_FMA; op++) {
        if (!op_name(op))
            continue;
        const range operands[3] = {range_of(values[0]), range_of(values[1]), range_of(values[2])};
        const range r = range_apply(op, operands);
        const double exact = op_value(op, values[0], values[1], values[2]), unit = ulp(exact);
        const double off = (2 * op_ulps(op) + 1) * unit;

        if (!range_has(&r, (float)exact) || range_has(&r, exact + off) || range_has(&r, exact - off) ||
            range_has(&r, NAN))
            fail(t, "%s: the range of %.9g is [%.9g, %.9g]", op_name(op), exact, r.lo, r.hi);
    }
}

/* A data stream is the same for the same seed, and another for another. */
static void data(target *t, int number)
{
    enum { COUNT = 100 };
    const float *first = numbers(t, 0, COUNT, -1, 1), *again = numbers(t, 0, COUNT, -1, 1);
    const float *other = numbers(t, 1, COUNT, -1, 1);

    (void)number;
    if (memcmp(first, again, COUNT * sizeof *first) != 0 || memcmp(first, other, COUNT * sizeof *first) == 0)
        fail(t, "data do not follow from seed and stream");
    for (int i = 0; i < COUNT; i++)
        if (!(first[i] >= -1 && first[i] < 1))
            fail(t, "element %d of the data is %g", i, first[i]);
}

static const conformance_case cases[] = {
    {"harness", "philox_of_zeros", generator, 0},
    {"harness", "philox_of_ones", generator, 1},
    {"harness", "philox_of_pi", generator, 2},
    {"harness", "comparison", comparison, 0},
    {"harness", "ranges", ranges, 0},
    {"harness", "data", data, 0},
    {0},
};

const conformance_group group_harness = {.cases = cases};
