/* SPDX-License-Identifier: Apache-2.0 */
/* A host for driving a backend's table without core: it keeps the last failure, counts log lines, and has a program
 * cache in memory that a test may spoil. */
#ifndef NSC_TESTS_BACKEND_HOST_H
#define NSC_TESTS_BACKEND_HOST_H

#include <stdbool.h>

#include <nascent/backend.h>

#define TEST_HOST_ENTRIES 128

typedef struct test_entry {
    unsigned char *key, *data;
    uint64_t key_bytes, bytes;
} test_entry;

typedef struct test_host {
    nsc_backend_host host;
    char failure[512];
    unsigned warnings;
    test_entry entries[TEST_HOST_ENTRIES];
    unsigned entry_count;
} test_host;

void test_host_init(test_host *host);
void test_host_free(test_host *host);
/* Forgets what the cache has under keys that begin so. */
void test_host_forget(test_host *host, const char *begin);

const nsc_backend_table *nsc_backend_query_opencl(const nsc_backend_host *host);

/* A row-major view; a dtype from its three numbers. */
nsc_backend_view test_view(uint32_t buffer, nsc_backend_dtype dtype, uint32_t rank, const int64_t *dims);

/* One operand of an operation: what is uploaded before (NULL: nothing) and read into afterwards (NULL: not read). */
typedef struct test_operand {
    const void *before;
    void *after;
    uint64_t bytes;
} test_operand;

typedef struct test_bench {
    const nsc_backend_table *table;
    nsc_backend_device *device;
    test_host *host;
    nsc_backend_limits limits;
} test_bench;

/* Opens device 0, or that at an index; test_bench_open fails the test when that fails. */
nsc_backend_status test_bench_try(test_bench *bench, test_host *host);
nsc_backend_status test_bench_try_at(test_bench *bench, test_host *host, uint32_t index);
void test_bench_open(test_bench *bench, test_host *host);
void test_bench_close(test_bench *bench);
/* Uploads, launches a prepared step once, reads, and releases the step. */
void test_bench_launch(test_bench *bench, nsc_backend_step *step, const test_operand *operands, uint32_t count,
                       const float *scalars, uint32_t scalar_count);
/* prepare alone, then test_bench_launch. Fails the test on any status but OK. */
void test_bench_run(test_bench *bench, const nsc_backend_operation *operation, const test_operand *operands,
                    uint32_t count, const float *scalars, uint32_t scalar_count);
nsc_backend_stats test_bench_stats(test_bench *bench);

/* Reproducible numbers. */
uint32_t test_word(void);
float test_float(float low, float high);

#endif
