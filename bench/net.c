/* SPDX-License-Identifier: Apache-2.0 */
/* Steady forwards of a net through the public interface. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct forward {
    nsc_context *context;
    nsc_block *net;
    nsc_tensor *x, *y;
    int wait_each;
} forward;

static int run(void *user, unsigned count)
{
    forward *f = user;
    for (unsigned i = 0; i < count; i++)
        if (nsc_forward(f->net, f->x, &f->y) != NSC_OK || (f->wait_each && nsc_context_finish(f->context) != NSC_OK))
            return 1;
    return nsc_context_finish(f->context) != NSC_OK;
}

/* Owns the net. */
static int measure(nsc_context *context, nsc_block *net, int64_t rows, int64_t columns, int wait_each,
                   bench_times *times)
{
    forward f = {.context = context, .net = net, .wait_each = wait_each};
    float *data = bench_data((size_t)(rows * columns));
    int failed = !data || nsc_initialize(net, context, NULL) != NSC_OK ||
                 nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){rows, columns}, data, &f.x) != NSC_OK ||
                 bench_measure(run, &f, times) != 0;
    if (failed)
        fprintf(stderr, "bench: %s: %s\n", nsc_context_device(context)->backend,
                data ? nsc_last_error(context) : "no memory");
    nsc_tensor_release(f.x);
    nsc_tensor_release(f.y);
    nsc_release(net);
    nsc_context_trim(context);
    free(data);
    return failed;
}

int bench_product(nsc_context *context, const bench_size *size, bench_times *times)
{
    return measure(context, nsc_dense(size->n, .no_bias = 1), size->m, size->k, 1, times);
}

int bench_dense(nsc_context *context, const bench_size *size, bench_times *times)
{
    return measure(context, nsc_dense(size->n, .activation = NSC_RELU), size->m, size->k, 1, times);
}

int bench_book(nsc_context *context, int wait_each, bench_times *times)
{
    nsc_block *net = nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_dense(10));
    return measure(context, net, 2, 20, wait_each, times);
}
