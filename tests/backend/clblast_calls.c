/* SPDX-License-Identifier: Apache-2.0 */
/* Notes and passes on. */
#include "clblast_calls.h"

#include <clblast_c.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CAPACITY = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static clblast_call calls[CAPACITY];
static size_t count;
static atomic_uint inside, most;
static atomic_bool lingering;

void clblast_calls_forget(void)
{
    pthread_mutex_lock(&lock);
    count = 0;
    pthread_mutex_unlock(&lock);
    atomic_store(&most, 0);
}

size_t clblast_calls(const clblast_call **all)
{
    *all = calls;
    return count;
}

unsigned clblast_calls_together(void)
{
    return atomic_load(&most);
}

void clblast_calls_linger(bool on)
{
    atomic_store(&lingering, on);
}

static clblast_call *enter(clblast_call call)
{
    const unsigned now = atomic_fetch_add(&inside, 1) + 1;
    unsigned seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        ;
    if (atomic_load(&lingering))
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    pthread_mutex_lock(&lock);
    if (count == CAPACITY)
        abort();
    clblast_call *noted = &calls[count++];
    *noted = call;
    pthread_mutex_unlock(&lock);
    return noted;
}

static CLBlastStatusCode leave(clblast_call *call, CLBlastStatusCode code)
{
    call->code = (int)code;
    atomic_fetch_sub(&inside, 1);
    return code;
}

static cl_device_id device_of(cl_command_queue queue)
{
    cl_device_id device = NULL;
    clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    return device;
}

/* In a matrix of rows x columns as it is stored, whose lines are ld apart. */
static size_t last_of(bool transposed, size_t rows, size_t columns, size_t ld, size_t offset)
{
    if (rows == 0 || columns == 0)
        return offset;
    return offset + ((transposed ? columns : rows) - 1) * ld + (transposed ? rows : columns) - 1;
}

#define LARGER(A, B) ((A) > (B) ? (A) : (B))

CLBlastStatusCode __real_CLBlastSgemmWithTempBuffer(const CLBlastLayout, const CLBlastTranspose, const CLBlastTranspose,
                                                    const size_t, const size_t, const size_t, const float, const cl_mem,
                                                    const size_t, const size_t, const cl_mem, const size_t,
                                                    const size_t, const float, cl_mem, const size_t, const size_t,
                                                    cl_command_queue *, cl_event *, cl_mem);
CLBlastStatusCode __real_CLBlastSGemmTempBufferSize(const CLBlastLayout, const CLBlastTranspose, const CLBlastTranspose,
                                                    const size_t, const size_t, const size_t, const size_t,
                                                    const size_t, const size_t, const size_t, const size_t,
                                                    const size_t, cl_command_queue *, size_t *);
CLBlastStatusCode __real_CLBlastOverrideParameters(const cl_device_id, const char *, const CLBlastPrecision,
                                                   const size_t, const char **, const size_t *);
CLBlastStatusCode __real_CLBlastClearCache(void);

CLBlastStatusCode __wrap_CLBlastSgemmWithTempBuffer(const CLBlastLayout layout, const CLBlastTranspose ta,
                                                    const CLBlastTranspose tb, const size_t m, const size_t n,
                                                    const size_t k, const float alpha, const cl_mem a,
                                                    const size_t a_offset, const size_t a_ld, const cl_mem b,
                                                    const size_t b_offset, const size_t b_ld, const float beta,
                                                    cl_mem c, const size_t c_offset, const size_t c_ld,
                                                    cl_command_queue *queue, cl_event *event, cl_mem temp);
CLBlastStatusCode __wrap_CLBlastSGemmTempBufferSize(const CLBlastLayout layout, const CLBlastTranspose ta,
                                                    const CLBlastTranspose tb, const size_t m, const size_t n,
                                                    const size_t k, const size_t a_offset, const size_t a_ld,
                                                    const size_t b_offset, const size_t b_ld, const size_t c_offset,
                                                    const size_t c_ld, cl_command_queue *queue, size_t *bytes);
CLBlastStatusCode __wrap_CLBlastOverrideParameters(const cl_device_id device, const char *kernel,
                                                   const CLBlastPrecision precision, const size_t number,
                                                   const char **names, const size_t *values);
CLBlastStatusCode __wrap_CLBlastClearCache(void);

CLBlastStatusCode __wrap_CLBlastSgemmWithTempBuffer(const CLBlastLayout layout, const CLBlastTranspose ta,
                                                    const CLBlastTranspose tb, const size_t m, const size_t n,
                                                    const size_t k, const float alpha, const cl_mem a,
                                                    const size_t a_offset, const size_t a_ld, const cl_mem b,
                                                    const size_t b_offset, const size_t b_ld, const float beta,
                                                    cl_mem c, const size_t c_offset, const size_t c_ld,
                                                    cl_command_queue *queue, cl_event *event, cl_mem temp)
{
    const size_t last_a = last_of(ta == CLBlastTransposeYes, m, k, a_ld, a_offset),
                 last_b = last_of(tb == CLBlastTransposeYes, k, n, b_ld, b_offset),
                 last_c = last_of(false, m, n, c_ld, c_offset);
    clblast_call *call = enter((clblast_call){.entry = CLBLAST_GEMM,
                                              .device = device_of(*queue),
                                              .m = m,
                                              .n = n,
                                              .k = k,
                                              .last = LARGER(last_a, LARGER(last_b, last_c))});
    clGetMemObjectInfo(temp, CL_MEM_SIZE, sizeof call->given, &call->given, NULL);
    __real_CLBlastSGemmTempBufferSize(layout, ta, tb, m, n, k, a_offset, a_ld, b_offset, b_ld, c_offset, c_ld, queue,
                                      &call->needed);
    return leave(call, __real_CLBlastSgemmWithTempBuffer(layout, ta, tb, m, n, k, alpha, a, a_offset, a_ld, b, b_offset,
                                                         b_ld, beta, c, c_offset, c_ld, queue, event, temp));
}

CLBlastStatusCode __wrap_CLBlastSGemmTempBufferSize(const CLBlastLayout layout, const CLBlastTranspose ta,
                                                    const CLBlastTranspose tb, const size_t m, const size_t n,
                                                    const size_t k, const size_t a_offset, const size_t a_ld,
                                                    const size_t b_offset, const size_t b_ld, const size_t c_offset,
                                                    const size_t c_ld, cl_command_queue *queue, size_t *bytes)
{
    clblast_call *call =
        enter((clblast_call){.entry = CLBLAST_TEMP, .device = device_of(*queue), .m = m, .n = n, .k = k});
    return leave(call, __real_CLBlastSGemmTempBufferSize(layout, ta, tb, m, n, k, a_offset, a_ld, b_offset, b_ld,
                                                         c_offset, c_ld, queue, bytes));
}

CLBlastStatusCode __wrap_CLBlastOverrideParameters(const cl_device_id device, const char *kernel,
                                                   const CLBlastPrecision precision, const size_t number,
                                                   const char **names, const size_t *values)
{
    clblast_call call = {.entry = CLBLAST_OVERRIDE, .device = device, .gemmk = SIZE_MAX};
    strncpy(call.kernel, precision == CLBlastPrecisionSingle ? kernel : "?", sizeof call.kernel - 1);
    for (size_t i = 0; i < number; i++)
        if (strcmp(names[i], "GEMMK") == 0)
            call.gemmk = values[i];
    return leave(enter(call), __real_CLBlastOverrideParameters(device, kernel, precision, number, names, values));
}

CLBlastStatusCode __wrap_CLBlastClearCache(void)
{
    return leave(enter((clblast_call){.entry = CLBLAST_CLEAR}), __real_CLBlastClearCache());
}
