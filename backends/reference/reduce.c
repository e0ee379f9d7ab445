/* SPDX-License-Identifier: Apache-2.0 */
/* reduce: the producer over blocks of the whole index space, in order; one accumulator in double precision, given to
 * the output each time a row of reduced elements is complete. */
#include "reference.h"

static double combine(uint32_t reduction, double accumulated, double value)
{
    if (reduction == NSC_BACKEND_SUM || accumulated != accumulated || value != value)
        return accumulated + value; /* NaN in one of them gives NaN */
    if (reduction == NSC_BACKEND_MAXIMUM)
        return value > accumulated ? value : accumulated;
    return value < accumulated ? value : accumulated;
}

void reference_reduce(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_reduce *reduce = &step->operation.reduce;
    uint32_t kept = reduce->rank - reduce->reduced_rank;
    int64_t rows = reference_elements(kept, reduce->dims);
    int64_t length = reference_elements(reduce->reduced_rank, reduce->dims + kept), total = rows * length;
    reference_block block = {.rank = reduce->rank, .dims = reduce->dims};
    reference_block result = {.rank = kept, .dims = reduce->dims, .count = 1};
    reference_input inputs[NSC_BACKEND_MAX_INPUTS] = {0};
    reference_lane values, row;
    double accumulated = 0.0;
    int64_t within = 0;

    for (uint32_t i = 0; i < reduce->input_count; i++)
        inputs[i].view = &reduce->inputs[i];
    for (; block.start < total; block.start += block.count) {
        block.count = total - block.start < REFERENCE_BLOCK ? (uint32_t)(total - block.start) : REFERENCE_BLOCK;
        reference_evaluate(&step->program, launch, inputs, &block, &values);
        for (uint32_t i = 0; i < block.count; i++) {
            accumulated = within == 0 ? values.f[i] : combine(reduce->reduction, accumulated, values.f[i]);
            if (++within < length)
                continue;
            row.f[0] = (float)accumulated;
            reference_store(launch, &reduce->output, &result, false, &row);
            result.start++;
            within = 0;
        }
    }
}
