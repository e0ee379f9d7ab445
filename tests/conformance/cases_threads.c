/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads on one device: each finds its own results, whatever the others do. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <nascent/block.h>

#include "conformance.h"

enum { THREADS = 4, COUNT = 1500, ROUNDS = 12 };

typedef struct worker {
    pthread_t thread;
    nsc_context *context;
    nsc_block *net;
    const char *backend, *compose;
    int number, sizes; /* sizes: the bytes of tensors change from round to round */
    char text[256];    /* empty: all was right */
} worker;

static bool note(worker *w, const char *what)
{
    snprintf(w->text, sizeof w->text, "thread %d: %s: %.180s", w->number, what, nsc_last_error(NULL));
    return false;
}

/* y = x * (number + 1) + round, on own tensors. */
static bool one_round(worker *w, int round)
{
    const int64_t count = w->sizes ? COUNT - 97 * round : COUNT;
    float in[COUNT], out[COUNT];
    const float scalars[2] = {(float)w->number + 1, (float)round};
    nsc_tensor *operands[2] = {NULL, NULL};
    expression e;
    bool good;

    for (int i = 0; i < count; i++)
        in[i] = (float)(i % 31);
    expression_start(&e, 1, 1, 2);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_SCALAR, 0);
    expression_add(&e, NSC_OP_SCALAR, 1);
    expression_add(&e, NSC_OP_FMA, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, &count);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, &count);
    good = nsc_tensor_from(w->context, NSC_FLOAT32, 1, &count, in, &operands[0]) == NSC_OK &&
           nsc_tensor_create(w->context, NSC_FLOAT32, 1, &count, &operands[1]) == NSC_OK &&
           nsc_operation_run(w->context, (const nsc_backend_operation *)(const void *)&map, operands, 2, scalars, 2) ==
               NSC_OK &&
           nsc_tensor_read(operands[1], out, (size_t)count * sizeof *out) == NSC_OK;
    if (!good)
        note(w, "an operation failed");
    for (int i = 0; good && i < count; i++)
        if (out[i] != in[i] * scalars[0] + scalars[1])
            good = note(w, "another thread's result was read");
    nsc_tensor_release(operands[0]);
    nsc_tensor_release(operands[1]);
    return good;
}

static void *run_operations(void *user)
{
    worker *w = user;

    for (int round = 0; round < ROUNDS && one_round(w, round); round++)
        ;
    return NULL;
}

/* A context of its own. */
static void *run_alone(void *user)
{
    worker *w = user;
    const nsc_context_options options = {.backend = w->backend, .compose = w->compose};

    if (nsc_context_create(&w->context, &options, sizeof options) != NSC_OK) {
        note(w, "no context");
        return NULL;
    }
    run_operations(w);
    if (nsc_context_close(w->context) != NSC_OK)
        note(w, "closing failed");
    return NULL;
}

/* The first run of a net commits its parameters, by one of the threads. All inputs are ones and all weights 0.5. */
static void *run_net(void *user)
{
    enum { WIDTH = 24, UNITS = 8 };
    worker *w = user;
    const int64_t dims[2] = {w->number + 1, WIDTH};
    float in[THREADS * WIDTH], out[THREADS * UNITS];

    for (int i = 0; i < THREADS * WIDTH; i++)
        in[i] = 1;
    for (int round = 0; round < ROUNDS && !w->text[0]; round++) {
        nsc_tensor *x = NULL, *y = NULL;

        if (nsc_tensor_from(w->context, NSC_FLOAT32, 2, dims, in, &x) != NSC_OK ||
            nsc_forward(w->net, x, &y) != NSC_OK ||
            nsc_tensor_read(y, out, (size_t)dims[0] * UNITS * sizeof *out) != NSC_OK)
            note(w, "a forward failed");
        for (int i = 0; !w->text[0] && i < dims[0] * UNITS; i++)
            if (out[i] != 0.5f * WIDTH)
                note(w, "a forward gave another result");
        nsc_tensor_release(x);
        nsc_tensor_release(y);
    }
    return NULL;
}

static void run_workers(target *t, void *(*work)(void *), nsc_block *net, int sizes)
{
    worker *workers = memory(t, THREADS * sizeof *workers);
    int started = 0;

    for (; started < THREADS; started++) {
        workers[started] = (worker){.context = t->context,
                                    .net = net,
                                    .backend = t->backend,
                                    .compose = t->compose,
                                    .number = started,
                                    .sizes = sizes};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    if (started < THREADS)
        fail(t, "thread %d could not be started", started);
    for (int i = 0; i < started; i++)
        if (workers[i].text[0])
            fail(t, "%s", workers[i].text);
}

static void operations(target *t, int sizes)
{
    run_workers(t, run_operations, NULL, sizes);
}

static void contexts(target *t, int number)
{
    (void)number;
    run_workers(t, run_alone, NULL, 0);
}

static void first_run(target *t, int number)
{
    nsc_block *net = nsc_sequential(nsc_dense(8, .weight_init = nsc_constant(0.5f)));

    (void)number;
    if (nsc_initialize(net, t->context, NULL) != NSC_OK)
        fail(t, "the request failed: %s", nsc_last_error(t->context));
    else
        run_workers(t, run_net, net, 0);
    nsc_release(net);
}

static const conformance_case cases[] = {
    {"threads", "operations", operations, 0},
    {"threads", "tensors_of_many_sizes", operations, 1},
    {"threads", "first_run_of_a_net", first_run, 0},
    {"threads", "contexts", contexts, 0},
    {0},
};

const conformance_group group_threads = {.cases = cases};
