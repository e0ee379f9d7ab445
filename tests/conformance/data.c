/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers to compute with, and the comparison with bounds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"

float *numbers(target *t, int stream, int64_t count, float low, float high)
{
    char path[160];
    float *made = memory(t, (size_t)count * sizeof *made);

    snprintf(path, sizeof path, "%s.%d", t->name, stream);
    if (nsc_random_fill(NSC_RANDOM_UNIFORM, t->seed, path, 0, (size_t)count, high - low, low, made) != NSC_OK)
        fail(t, "no data: %s", nsc_last_error(NULL));
    return made;
}

uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

double ulp(double want)
{
    float size = fabsf((float)want);

    if (!(size < INFINITY))
        return 0x1p104;
    return size < SMALLEST ? 0x1p-149 : (double)nextafterf(size, INFINITY) - size;
}

double gamma_of(double n)
{
    return n * EPSILON / (1 - n * EPSILON);
}

bool near(target *t, const char *what, int64_t index, double got, double want, double bound)
{
    if (isnan(want) ? isnan(got) : got == (double)(float)want || fabs(got - want) <= bound)
        return true;
    fail(t, "%s: element %lld is %.9g, expected %.9g within %.3g", what, (long long)index, got, want, bound);
    return false;
}
