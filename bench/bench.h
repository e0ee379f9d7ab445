/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the benchmark program. */
#ifndef NSC_BENCH_H
#define NSC_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

/* Seconds a call, over the samples. */
typedef struct bench_times {
    double minimum, median, maximum;
} bench_times;

/* Does the work `count` times and waits for it; 0: done. */
typedef int (*bench_work)(void *user, unsigned count);

/* One call to warm up; then samples of at least 10 ms: at least 3, and until half a second is used. 0: done. */
int bench_measure(bench_work work, void *user, bench_times *times);

/* One line of a table: who, what was measured, and how many times as fast as each peer; a peer's median of 0: none. */
void bench_head(const char *title);
void bench_row(const char *who, const bench_times *times, double operations, double blas, double clblast);

/* C (m, n) = A (m, k) B (n, k)^T in f32: the product of a dense layer. */
typedef struct bench_size {
    int64_t m, n, k;
} bench_size;

/* Small numbers that are no pattern; the caller frees them. NULL: no memory. */
float *bench_data(size_t count);

/* OpenBLAS on the host. "" for its name: it was not built in. */
const char *bench_blas_name(void);
int bench_blas(const bench_size *size, bench_times *times);
/* CLBlast with the parameters of its own database, on the OpenCL device of this index, counted over all platforms in the
 * loader's order. To be called before the OpenCL backend has its first product: parameters are the process's. */
int bench_clblast_known(void);
int bench_clblast(uint32_t device, const bench_size *size, bench_times *times);

/* Nets on a context. */
int bench_product(nsc_context *context, const bench_size *size, bench_times *times);
/* Dense with bias and relu. */
int bench_dense(nsc_context *context, const bench_size *size, bench_times *times);
/* The book's net, 256 relu and 10, on (2, 20): waited for after each forward, or once at the end. */
int bench_book(nsc_context *context, int wait_each, bench_times *times);

#endif
