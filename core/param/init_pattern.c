/* SPDX-License-Identifier: Apache-2.0 */
/* Initialisers whose values follow from the indices alone. */
#include <math.h>

#include "core/param/initializer.h"

static float identity_at(const nsc_fill_job *job, const int64_t *at)
{
    return at[0] == at[1] ? nsc_flushed(job->init->a) : 0.0f;
}

/* In every group of outputs, output i gives input i back: the kernel's centre is 1 there. */
static float dirac_at(const nsc_fill_job *job, const int64_t *at)
{
    int64_t groups = job->init->groups == 0 ? 1 : job->init->groups;
    if (at[0] % (job->dims[0] / groups) != at[1])
        return 0.0f;
    for (int i = 2; i < job->rank; i++)
        if (at[i] != job->dims[i] / 2)
            return 0.0f;
    return 1.0f;
}

static float bilinear_at(const nsc_fill_job *job, const int64_t *at)
{
    int64_t half = job->dims[3] / 2 + job->dims[3] % 2;
    double f = (double)half, c = (2.0 * f - 1.0 - (double)(half % 2)) / (2.0 * f);
    return nsc_flushed((float)((1.0 - fabs((double)at[3] / f - c)) * (1.0 - fabs((double)at[2] / f - c))));
}

static float lstm_bias_at(const nsc_fill_job *job, const int64_t *at)
{
    int64_t quarter = job->dims[0] / 4;
    return at[0] >= quarter && at[0] < 2 * quarter ? nsc_flushed(job->init->a) : 0.0f;
}

void nsc_fill_pattern(const nsc_fill_job *job, size_t count, float *values)
{
    int64_t at[NSC_MAX_RANK] = {0};
    uint64_t rest = job->first;
    float (*value_at)(const nsc_fill_job *, const int64_t *) = job->init->kind == NSC_INIT_IDENTITY   ? identity_at
                                                               : job->init->kind == NSC_INIT_DIRAC    ? dirac_at
                                                               : job->init->kind == NSC_INIT_BILINEAR ? bilinear_at
                                                                                                      : lstm_bias_at;
    if (count == 0)
        return;
    for (int i = job->rank - 1; i >= 0; i--) {
        at[i] = (int64_t)(rest % (uint64_t)job->dims[i]);
        rest /= (uint64_t)job->dims[i];
    }
    for (size_t k = 0; k < count; k++) {
        values[k] = value_at(job, at);
        for (int i = job->rank - 1; i >= 0 && ++at[i] == job->dims[i]; i--)
            at[i] = 0;
    }
}
