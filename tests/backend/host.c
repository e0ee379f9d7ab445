/* SPDX-License-Identifier: Apache-2.0 */
/* The host and the bench of the table tests. */
#include "host.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/param/random.h"

static void host_log(void *context, int32_t level, const char *text)
{
    test_host *host = context;
    if (level <= NSC_BACKEND_LOG_WARNING) {
        host->warnings++;
        fprintf(stderr, "log: %s\n", text);
    }
}

static void host_fail(void *context, const char *text)
{
    test_host *host = context;
    snprintf(host->failure, sizeof host->failure, "%s", text);
}

static test_entry *find(test_host *host, const void *key, uint64_t key_bytes)
{
    for (unsigned i = 0; i < host->entry_count; i++)
        if (host->entries[i].key_bytes == key_bytes && memcmp(host->entries[i].key, key, key_bytes) == 0)
            return &host->entries[i];
    return NULL;
}

static uint64_t host_get(void *context, const void *key, uint64_t key_bytes, void *out, uint64_t capacity)
{
    const test_entry *entry = find(context, key, key_bytes);
    if (!entry)
        return 0;
    if (capacity)
        memcpy(out, entry->data, capacity < entry->bytes ? capacity : entry->bytes);
    return entry->bytes;
}

static void host_put(void *context, const void *key, uint64_t key_bytes, const void *data, uint64_t bytes)
{
    test_host *host = context;
    test_entry *entry = find(host, key, key_bytes);
    if (!entry) {
        if (host->entry_count == TEST_HOST_ENTRIES)
            return; /* a cache may forget */
        entry = &host->entries[host->entry_count++];
        entry->key = malloc(key_bytes);
        memcpy(entry->key, key, key_bytes);
        entry->key_bytes = key_bytes;
        entry->data = NULL;
    }
    free(entry->data);
    entry->data = malloc(bytes);
    memcpy(entry->data, data, bytes);
    entry->bytes = bytes;
}

void test_host_init(test_host *host)
{
    *host = (test_host){.host = {.struct_size = NSC_BACKEND_HOST_SIZE,
                                 .abi_major = NSC_BACKEND_ABI_MAJOR,
                                 .context = host,
                                 .log = host_log,
                                 .fail = host_fail,
                                 .cache_get = host_get,
                                 .cache_put = host_put,
                                 .normal_table = nsc_normal_table}};
}

void test_host_free(test_host *host)
{
    for (unsigned i = 0; i < host->entry_count; i++) {
        free(host->entries[i].key);
        free(host->entries[i].data);
    }
    host->entry_count = 0;
}

void test_host_forget(test_host *host, const char *begin)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < host->entry_count; i++) {
        test_entry *entry = &host->entries[i];
        if (entry->key_bytes < strlen(begin) || memcmp(entry->key, begin, strlen(begin)) != 0) {
            host->entries[kept++] = *entry;
            continue;
        }
        free(entry->key);
        free(entry->data);
    }
    host->entry_count = kept;
}

nsc_backend_view test_view(uint32_t buffer, nsc_backend_dtype dtype, uint32_t rank, const int64_t *dims)
{
    nsc_backend_view view = {.buffer = buffer, .rank = rank, .dtype = dtype};
    int64_t stride = 1;
    for (uint32_t d = rank; d-- > 0;) {
        view.dims[d] = dims[d];
        view.strides[d] = stride;
        stride *= dims[d];
    }
    return view;
}

nsc_backend_status test_bench_try(test_bench *bench, test_host *host)
{
    return test_bench_try_at(bench, host, 0);
}

nsc_backend_status test_bench_try_at(test_bench *bench, test_host *host, uint32_t index)
{
    const nsc_backend_open_args args = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .index = index, .host = &host->host};
    *bench = (test_bench){.host = host, .limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE}};
    bench->table = nsc_backend_query_opencl(&host->host);
    return bench->table->open(&args, &bench->device, &bench->limits);
}

void test_bench_open(test_bench *bench, test_host *host)
{
    int status = test_bench_try(bench, host);
    ck_assert_msg(status == NSC_BACKEND_OK, "open: %d %s", status, host->failure);
}

void test_bench_close(test_bench *bench)
{
    bench->table->close(bench->device);
    bench->device = NULL;
}

void test_bench_launch(test_bench *bench, nsc_backend_step *step, const test_operand *operands, uint32_t count,
                       const float *scalars, uint32_t scalar_count)
{
    nsc_backend_binding bindings[16] = {{NULL, 0}};
    const nsc_backend_table *t = bench->table;
    const uint64_t offset = bench->limits.alignment; /* never 0, so that an offset left out is seen */
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(t->alloc(bench->device, offset + operands[i].bytes, &bindings[i].buffer), NSC_BACKEND_OK);
        bindings[i].offset = offset;
        if (operands[i].before)
            ck_assert_int_eq(
                t->write(bench->device, NULL, bindings[i].buffer, offset, operands[i].bytes, operands[i].before),
                NSC_BACKEND_OK);
    }
    int status = t->launch(bench->device, NULL, step, bindings, count, scalars, scalar_count);
    ck_assert_msg(status == NSC_BACKEND_OK, "launch: %d %s", status, bench->host->failure);
    t->release(bench->device, step);
    for (uint32_t i = 0; i < count; i++) {
        if (operands[i].after)
            ck_assert_int_eq(
                t->read(bench->device, NULL, bindings[i].buffer, offset, operands[i].bytes, operands[i].after),
                NSC_BACKEND_OK);
        t->free(bench->device, bindings[i].buffer);
    }
}

void test_bench_run(test_bench *bench, const nsc_backend_operation *operation, const test_operand *operands,
                    uint32_t count, const float *scalars, uint32_t scalar_count)
{
    nsc_backend_step *step = NULL;
    int status = bench->table->prepare(bench->device, operation, &step);
    ck_assert_msg(status == NSC_BACKEND_OK, "prepare: %d %s", status, bench->host->failure);
    test_bench_launch(bench, step, operands, count, scalars, scalar_count);
}

nsc_backend_stats test_bench_stats(test_bench *bench)
{
    nsc_backend_stats stats = {.struct_size = NSC_BACKEND_STATS_SIZE};
    bench->table->stats(bench->device, &stats);
    return stats;
}

static uint64_t state = 0x9e3779b97f4a7c15u;

uint32_t test_word(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

float test_float(float low, float high)
{
    return low + (high - low) * (float)(test_word() >> 8) * 0x1p-24f;
}
