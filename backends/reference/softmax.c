/* SPDX-License-Identifier: Apache-2.0 */
/* softmax and log-softmax over the last dim, row by row, in double precision. */
#include <math.h>

#include "reference.h"

/* The next block of a row that has `left` elements to go. */
static void next_block(reference_block *block, int64_t left)
{
    block->start += block->count;
    block->count = left < REFERENCE_BLOCK ? (uint32_t)left : REFERENCE_BLOCK;
}

/* NaN wins. */
static double largest(const nsc_backend_softmax *softmax, const reference_launch *launch, reference_block row)
{
    double largest = -INFINITY;
    reference_lane lane;

    for (int64_t left = row.dims[row.rank - 1]; left > 0; left -= row.count) {
        next_block(&row, left);
        reference_load(launch, &softmax->input, &row, false, &lane);
        for (uint32_t i = 0; i < row.count; i++)
            if (lane.f[i] > largest || lane.f[i] != lane.f[i])
                largest = lane.f[i];
    }
    return largest;
}

static double sum_of_powers(const nsc_backend_softmax *softmax, const reference_launch *launch, reference_block row,
                            double shift)
{
    double sum = 0;
    reference_lane lane;

    for (int64_t left = row.dims[row.rank - 1]; left > 0; left -= row.count) {
        next_block(&row, left);
        reference_load(launch, &softmax->input, &row, false, &lane);
        for (uint32_t i = 0; i < row.count; i++)
            sum += exp(lane.f[i] - shift);
    }
    return sum;
}

void reference_softmax(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_softmax *softmax = &step->operation.softmax;
    reference_block row = {.rank = softmax->output.rank, .dims = softmax->output.dims};
    int64_t length = row.dims[row.rank - 1], total = reference_elements(row.rank, row.dims);
    reference_lane lane;

    for (; row.start < total; row.start += length) {
        double shift = largest(softmax, launch, row), sum = sum_of_powers(softmax, launch, row, shift);
        double logarithm = log(sum);
        reference_block part = row;

        for (int64_t left = length; left > 0; left -= part.count) {
            next_block(&part, left);
            reference_load(launch, &softmax->input, &part, false, &lane);
            for (uint32_t i = 0; i < part.count; i++) {
                double below = lane.f[i] - shift;

                lane.f[i] = (float)(softmax->logarithm ? below - logarithm : exp(below) / sum);
            }
            reference_store(launch, &softmax->output, &part, false, &lane);
        }
    }
}
