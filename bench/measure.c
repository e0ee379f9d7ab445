/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a piece of work, and the lines of a table. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SHORTEST 0.01 /* of a sample, in seconds */
#define BUDGET 0.5
#define LEAST 3
#define MOST 51

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int bench_measure(bench_work work, void *user, bench_times *times)
{
    double samples[MOST], used = 0;
    unsigned count = 1;
    size_t taken = 0;
    if (work(user, 1) != 0)
        return 1;
    for (;;) { /* as many calls as make a sample long enough */
        const double start = now();
        if (work(user, count) != 0)
            return 1;
        if (now() - start >= SHORTEST || count >= 1u << 20)
            break;
        count *= 2;
    }
    while (taken < LEAST || (used < BUDGET && taken < MOST)) {
        const double start = now();
        if (work(user, count) != 0)
            return 1;
        const double sample = now() - start;
        used += sample;
        samples[taken++] = sample / count;
    }
    qsort(samples, taken, sizeof *samples, ascending);
    *times = (bench_times){samples[0], samples[taken / 2], samples[taken - 1]};
    return 0;
}

void bench_head(const char *title)
{
    printf("\n%-26s %12s %12s %12s %9s %10s %10s\n", title, "min us", "median us", "max us", "GFLOP/s", "x OpenBLAS",
           "x CLBlast");
}

static void ratio(double peer, double mine)
{
    if (peer > 0)
        printf(" %10.3f", peer / mine);
    else
        printf(" %10s", "-");
}

void bench_row(const char *who, const bench_times *times, double operations, double blas, double clblast)
{
    printf("  %-24s %12.1f %12.1f %12.1f", who, 1e6 * times->minimum, 1e6 * times->median, 1e6 * times->maximum);
    if (operations > 0)
        printf(" %9.2f", 1e-9 * operations / times->median);
    else
        printf(" %9s", "-");
    ratio(blas, times->median);
    ratio(clblast, times->median);
    printf("\n");
    fflush(stdout);
}

float *bench_data(size_t count)
{
    float *data = malloc(count * sizeof *data);
    uint32_t state = 1;
    for (size_t i = 0; data && i < count; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (float)(state >> 8) * 0x1p-24f - 0.5f;
    }
    return data;
}
