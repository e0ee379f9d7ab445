/* SPDX-License-Identifier: Apache-2.0 */
/* Six threads make the first forward of a fresh net at once: one commits, the others see it done, and all outputs are
 * those of a single thread, bit for bit. 1,000 rounds a backend; an argument gives another number. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 6, ROWS = 5, WIDTH = 7, UNITS = 4 };

static int rounds = 1000;

/* A custom initialiser that takes its time: up to 200 us, by a fixed seed. Only the thread that commits calls it. */
typedef struct slow {
    uint64_t random;
    int calls;
} slow;

static nsc_status fill_slowly(void *user, const nsc_fill *fill)
{
    slow *own = user;
    own->calls++;
    usleep((useconds_t)model_random_int(&own->random, 0, 201));
    uint64_t values = fill->seed;
    for (size_t i = 0; i < fill->count; i++)
        fill->values[i] = model_random_float(&values, -1.0f, 1.0f);
    return NSC_OK;
}

static nsc_block *fresh_net(slow *own)
{
    return nsc_sequential(nsc_dense(9, .activation = NSC_TANH, .weight_init = nsc_callback(fill_slowly, own)),
                          nsc_dense(8, .activation = NSC_RELU),
                          nsc_dense(UNITS, .bias_init = nsc_callback(fill_slowly, own)));
}

typedef struct worker {
    pthread_t id;
    pthread_barrier_t *start;
    nsc_block *net;
    const nsc_tensor *x;
    uint64_t random;
    nsc_status status;
    char text[256];
    float y[ROWS * UNITS];
} worker;

static void *forward_once(void *argument)
{
    worker *own = argument;
    nsc_tensor *y = NULL;
    pthread_barrier_wait(own->start);
    int64_t delay = model_random_int(&own->random, 0, 100);
    if (delay >= 50) /* half of them come late, the others all at once */
        usleep((useconds_t)delay);
    own->status = nsc_forward(own->net, own->x, &y);
    if (own->status == NSC_OK)
        own->status = nsc_tensor_read(y, own->y, sizeof own->y);
    if (own->status != NSC_OK)
        strncpy(own->text, nsc_last_error(nsc_tensor_context(own->x)), sizeof own->text - 1);
    nsc_tensor_release(y);
    return NULL;
}

START_TEST(test_a34_six_threads_make_the_first_forward)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, ROWS, WIDTH);
    slow own = {.random = 34};
    nsc_block *single = fresh_net(&own);
    ASSERT_OK(nsc_initialize(single, context, NULL));
    size_t count;
    float *expected = model_forward(single, x, &count);
    ck_assert_uint_eq(count, ROWS * UNITS);
    nsc_release(single);

    pthread_barrier_t start;
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (int round = 0; round < rounds; round++) {
        own.calls = 0;
        nsc_block *net = fresh_net(&own);
        ASSERT_OK(nsc_initialize(net, context, NULL));
        nsc_statistics before, after;
        ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
        worker workers[THREADS];
        memset(workers, 0, sizeof workers);
        for (int i = 0; i < THREADS; i++) {
            workers[i] = (worker){.start = &start, .net = net, .x = x, .random = (uint64_t)(round * THREADS + i)};
            ck_assert_int_eq(pthread_create(&workers[i].id, NULL, forward_once, &workers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_join(workers[i].id, NULL), 0);
        for (int i = 0; i < THREADS; i++) {
            ck_assert_msg(workers[i].status == NSC_OK, "round %d, thread %d: %s", round, i, workers[i].text);
            ck_assert_mem_eq(workers[i].y, expected, sizeof workers[i].y);
        }
        ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
        ck_assert_uint_eq(after.commits - before.commits, 1);
        ck_assert_int_eq(own.calls, 2);
        ck_assert_uint_eq(nsc_parameter_generation(model_parameter(net, "0.weight")), 1);
        nsc_release(net);
    }
    pthread_barrier_destroy(&start);
    free(expected);
    nsc_tensor_release(x);
}
END_TEST

/* The same net is run by all threads many times, with two batch sizes: executors are lent, never shared. */
typedef struct runner {
    pthread_t id;
    nsc_block *net;
    const nsc_tensor *x[2];
    const float *expected[2];
    int wrong;
} runner;

static void *run_often(void *argument)
{
    runner *own = argument;
    nsc_tensor *y[2] = {NULL, NULL};
    float values[ROWS * UNITS];
    for (int i = 0; i < 100 && own->wrong == 0; i++) {
        int k = i % 2;
        size_t bytes = (size_t)(ROWS - k) * UNITS * sizeof(float);
        own->wrong = nsc_forward(own->net, own->x[k], &y[k]) != NSC_OK ||
                     nsc_tensor_read(y[k], values, bytes) != NSC_OK || memcmp(values, own->expected[k], bytes) != 0;
    }
    nsc_tensor_release(y[0]);
    nsc_tensor_release(y[1]);
    return NULL;
}

START_TEST(test_threads_run_one_net_steadily)
{
    nsc_context *context = model_context(_i);
    slow own = {.random = 1};
    nsc_block *net = fresh_net(&own);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_tensor *x[2] = {INPUT(context, 1, ROWS, WIDTH), INPUT(context, 2, ROWS - 1, WIDTH)};
    float *expected[2] = {model_forward(net, x[0], NULL), model_forward(net, x[1], NULL)};
    runner runners[THREADS];
    for (int i = 0; i < THREADS; i++) {
        runners[i] = (runner){.net = net, .x = {x[0], x[1]}, .expected = {expected[0], expected[1]}};
        ck_assert_int_eq(pthread_create(&runners[i].id, NULL, run_often, &runners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(runners[i].id, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(runners[i].wrong, 0);
    for (int i = 0; i < 2; i++) {
        free(expected[i]);
        nsc_tensor_release(x[i]);
    }
    nsc_release(net);
}
END_TEST

/* An error chain belongs to the thread that failed. */
static void *fail_elsewhere(void *argument)
{
    const nsc_tensor *x = argument;
    nsc_block *net = nsc_dense(4, .name = "elsewhere");
    nsc_tensor *y = NULL;
    nsc_status status = nsc_forward(net, x, &y);
    nsc_release(net);
    return status == NSC_NOT_REQUESTED && nsc_last_error(nsc_tensor_context(x))[0] != '\0' ? argument : NULL;
}

START_TEST(test_error_chains_belong_to_threads)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    pthread_t id;
    void *result = NULL;
    ck_assert_int_eq(pthread_create(&id, NULL, fail_elsewhere, x), 0);
    ck_assert_int_eq(pthread_join(id, &result), 0);
    ck_assert_ptr_eq(result, x);
    ck_assert_str_eq(nsc_last_error(context), "");
    nsc_tensor_release(x);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = atoi(argv[1]);
    TCase *tests = model_begin("threads");
    EACH_BACKEND(tests, test_a34_six_threads_make_the_first_forward);
    EACH_BACKEND(tests, test_threads_run_one_net_steadily);
    EACH_BACKEND(tests, test_error_chains_belong_to_threads);
    return model_end();
}
