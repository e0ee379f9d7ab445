/* SPDX-License-Identifier: Apache-2.0 */
/* Whether initial values follow their distributions. Seeds are fixed, so each test gives one answer for ever. A bound
 * is what a right generator would pass but once in a thousand choices of seeds (two-sided), for the whole family where
 * there are many comparisons. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <nascent/random.h>

#include "unit.h"

#define COUNT 50000
#define ONE_IN_1000 3.2905    /* normal deviations with 0.001 outside */
#define KOLMOGOROV 1.9495     /* sqrt(-ln(0.001 / 2) / 2) */
#define TWO_TAIL 0.0227501319 /* cdf(-2) */

static float values[COUNT];

static double normal_cdf(double z)
{
    return erfc(-z / sqrt(2.0)) / 2.0;
}

static double uniform_cdf(double u)
{
    return u;
}

static double truncated_cdf(double z)
{
    return (normal_cdf(z) - TWO_TAIL) / (1.0 - 2.0 * TWO_TAIL);
}

static const struct law {
    nsc_distribution distribution;
    double (*cdf)(double);
    double mean, variance, kurtosis;
} laws[] = {
    {NSC_RANDOM_UNIFORM, uniform_cdf, 0.5, 1.0 / 12.0, 1.8},
    {NSC_RANDOM_NORMAL, normal_cdf, 0.0, 1.0, 3.0},
    /* With d = density(2) / (1 - 2 cdf(-2)): variance 1 - 4d, fourth moment 3 (1 - 4d) - 16d. */
    {NSC_RANDOM_TRUNCATED_NORMAL, truncated_cdf, 0.0, 0.7737413, 2.365537},
};
static const uint64_t seeds[] = {0, 1, 2024, UINT64_C(0xFEDCBA9876543210)};

static void draw(const struct law *law, uint64_t seed, const char *path, size_t count, float *out)
{
    ck_assert_int_eq(nsc_random_fill(law->distribution, seed, path, 0, count, 1, 0, out), NSC_OK);
}

START_TEST(moments)
{
    const struct law *law = &laws[_i];
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        double sum = 0, square = 0;
        draw(law, seeds[s], "0.weight", COUNT, values);
        for (int i = 0; i < COUNT; i++) {
            double off = (double)values[i] - law->mean;
            sum += off;
            square += off * off;
        }
        double mean_bound = ONE_IN_1000 * sqrt(law->variance / COUNT);
        double variance_bound = ONE_IN_1000 * law->variance * sqrt((law->kurtosis - 1.0) / COUNT);
        ck_assert_double_le(fabs(sum / COUNT), mean_bound);
        ck_assert_double_le(fabs(square / COUNT - law->variance), variance_bound);
    }
}
END_TEST

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

START_TEST(kolmogorov_smirnov)
{
    const struct law *law = &laws[_i];
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        double distance = 0;
        draw(law, seeds[s], "1.weight", COUNT, values);
        qsort(values, COUNT, sizeof *values, compare_floats);
        for (int i = 0; i < COUNT; i++) {
            double p = law->cdf((double)values[i]);
            distance = fmax(distance, fmax(p - (double)i / COUNT, (double)(i + 1) / COUNT - p));
        }
        ck_assert_double_le(distance, KOLMOGOROV / sqrt(COUNT));
    }
}
END_TEST

START_TEST(truncated_stays_within_two)
{
    float least = 3, most = -3;
    draw(&laws[2], 5, "bounds", COUNT, values);
    for (int i = 0; i < COUNT; i++) {
        least = fminf(least, values[i]);
        most = fmaxf(most, values[i]);
    }
    ck_assert(least >= -2.0f && most <= 2.0f);
    ck_assert(least < -1.99f && most > 1.99f);
}
END_TEST

/* Of centred variates of this variance. */
static double correlation(const struct law *law, const float *a, const float *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += ((double)a[i] - law->mean) * ((double)b[i] - law->mean);
    return sum / (count * law->variance);
}

/* Ten paths that differ little, under five seeds that do: 1225 pairs of streams. */
START_TEST(paths_and_seeds_are_independent)
{
    enum { PATHS = 10, SEEDS = 5, STREAMS = PATHS * SEEDS, LENGTH = 2000 };
    static float streams[STREAMS][LENGTH];
    const struct law *law = &laws[_i];
    const double bound = 4.94 / sqrt(LENGTH); /* normal deviations with 0.001 / 1225 outside, rounded up */
    char path[32];
    for (int i = 0; i < STREAMS; i++) {
        snprintf(path, sizeof path, "%d.weight", i % PATHS);
        draw(law, (uint64_t)(i / PATHS), path, LENGTH, streams[i]);
    }
    for (int i = 0; i < STREAMS; i++)
        for (int j = 0; j < i; j++)
            ck_assert_double_le(fabs(correlation(law, streams[i], streams[j], LENGTH)), bound);
}
END_TEST

/* Neighbours, the words of one block and the next blocks. */
START_TEST(elements_are_independent)
{
    const struct law *law = &laws[_i];
    const double bound = 4.27; /* normal deviations with 0.001 / 48 outside, rounded up: 16 lags of 3 laws */
    draw(law, 77, "2.weight", COUNT, values);
    for (int lag = 1; lag <= 16; lag++)
        ck_assert_double_le(fabs(correlation(law, values, values + lag, COUNT - lag)), bound / sqrt(COUNT - lag));
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_loop_test(to, moments, 0, 3);
    tcase_add_loop_test(to, kolmogorov_smirnov, 0, 3);
    tcase_add_test(to, truncated_stays_within_two);
    tcase_add_loop_test(to, paths_and_seeds_are_independent, 0, 3);
    tcase_add_loop_test(to, elements_are_independent, 0, 3);
}
