/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of cases_plans.c do not have: a plan that runs on one tensor after another, several outputs, element types
 * of several sizes side by side, random numbers beside other values. */
#include <math.h>
#include <string.h>

#include <nascent/block.h>

#include "conformance.h"

enum { MOST = 3 };

/* A net without parameters, and what it is run on. */
typedef struct runs {
    nsc_forward_function forward;
    size_t outputs;
    nsc_mode mode;
    nsc_tensor *in, *out[MOST];
} runs;

static void run_net(target *t, nsc_block *net, runs *r)
{
    if (t->verdict == VERDICT_PASS && nsc_run(net, r->mode, (const nsc_tensor *const *)&r->in, 1, r->out, r->outputs))
        fail(t, "the net does not run: %s", nsc_last_error(t->context));
}

static nsc_block *make_net(target *t, const runs *r)
{
    nsc_block *net = nsc_custom(r->forward, .outputs = r->outputs, .kind = "conformance");

    if (nsc_initialize(net, t->context, NULL) != NSC_OK || nsc_set_random(net, t->seed, 7) != NSC_OK)
        fail(t, "the request failed: %s", nsc_last_error(t->context));
    return net;
}

static void end_run(runs *r)
{
    for (int i = 0; i < MOST; i++)
        nsc_tensor_release(r->out[i]);
}

/* ---- one tensor after another ------------------------------------------------------------------------------------ */

static nsc_status forward_sums(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    (void)user;
    (void)in_count;
    (void)out_count;
    *out = nsc_op_mul(nsc_op_cumulative_sum(in[0], 1), nsc_op_constant(trace, 3));
    return NSC_OK;
}

/* Each run has tensors of its own, and all are read at the end. */
static void other_tensors(target *t, int number)
{
    enum { RUNS = 4, ROWS = 5, WIDTH = 6 };
    static const int64_t dims[] = {ROWS, WIDTH};
    runs all[RUNS];
    nsc_block *net = NULL;

    (void)number;
    for (int i = 0; i < RUNS; i++) {
        float x[ROWS * WIDTH];

        for (int k = 0; k < ROWS * WIDTH; k++)
            x[k] = (float)(k % 7 + 10 * i);
        all[i] = (runs){.forward = forward_sums, .outputs = 1, .mode = NSC_INFERENCE};
        if (nsc_tensor_from(t->context, NSC_FLOAT32, 2, dims, x, &all[i].in) != NSC_OK)
            fail(t, "no tensor: %s", nsc_last_error(t->context));
        if (!net)
            net = make_net(t, &all[i]);
        run_net(t, net, &all[i]);
    }
    for (int i = 0; i < RUNS; i++) {
        float got[ROWS * WIDTH] = {0};
        double sum = 0;

        for (int k = 0; k < ROWS * WIDTH && read_back(t, all[i].out[0], got); k++) {
            sum = (k % WIDTH ? sum : 0) + k % 7 + 10 * i;
            near(t, "a run of its own tensors, element", k, got[k], 3 * sum, 0);
        }
        nsc_tensor_release(all[i].in);
        end_run(&all[i]);
    }
    nsc_release(net);
}

/* ---- several outputs --------------------------------------------------------------------------------------------- */

static nsc_status forward_twice(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_value *sums = nsc_op_cumulative_sum(in[0], 0);

    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = sums;
    out[1] = nsc_op_slice(sums, 0, -1, NSC_END, -1);
    out[2] = sums;
    return NSC_OK;
}

/* A value that is two outputs and seen by a third. */
static void same_output_twice(target *t, int number)
{
    enum { COUNT = 37 };
    const int64_t count = COUNT;
    float x[COUNT], got[COUNT];
    runs r = {.forward = forward_twice, .outputs = 3, .mode = NSC_INFERENCE};
    nsc_block *net = make_net(t, &r);

    (void)number;
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i % 5 - 1);
    r.in = tensor(t, NSC_FLOAT32, count, x);
    run_net(t, net, &r);
    for (int o = 0; o < 3 && r.out[o] && read_back(t, r.out[o], got); o++) {
        double sum = 0;

        for (int i = 0; i < COUNT; i++) {
            sum += x[i];
            near(t, "output", i, got[o == 1 ? COUNT - 1 - i : i], sum, 0);
        }
    }
    end_run(&r);
    nsc_release(net);
}

/* ---- bytes beside floats ----------------------------------------------------------------------------------------- */

enum { BYTES = 1021, FLOATS = 100 };

static nsc_status forward_bytes(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_value *bytes = nsc_op_cast(in[0], NSC_UINT8),
              *sums = nsc_op_cumulative_sum(nsc_op_slice(in[0], 0, 0, FLOATS, 1), 0);
    nsc_value *const both[] = {bytes, nsc_op_slice(bytes, 0, -1, NSC_END, -1)};

    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_concat(both, 2, 0);
    out[1] = nsc_op_cumulative_sum(sums, 0);
    return NSC_OK;
}

/* An odd number of bytes lies beside float32 in the memory of the run. */
static void bytes_beside_floats(target *t, int number)
{
    const int64_t count = BYTES;
    float *x = memory(t, BYTES * sizeof *x), *sums = memory(t, FLOATS * sizeof *sums);
    unsigned char *bytes = memory(t, 2 * BYTES);
    runs r = {.forward = forward_bytes, .outputs = 2, .mode = NSC_INFERENCE};
    nsc_block *net = make_net(t, &r);
    double sum = 0, all = 0;

    (void)number;
    for (int i = 0; i < BYTES; i++)
        x[i] = (float)(i % 251);
    r.in = tensor(t, NSC_FLOAT32, count, x);
    run_net(t, net, &r);
    if (t->verdict == VERDICT_PASS && read_back(t, r.out[0], bytes) && read_back(t, r.out[1], sums)) {
        for (int i = 0; i < 2 * BYTES; i++)
            near(t, "byte", i, bytes[i], x[i < BYTES ? i : 2 * BYTES - 1 - i], 0);
        for (int i = 0; i < FLOATS; i++) {
            sum += x[i];
            all += sum;
            near(t, "sum", i, sums[i], all, 0);
        }
    }
    end_run(&r);
    nsc_release(net);
}

/* ---- random numbers beside other values -------------------------------------------------------------------------- */

enum { SIDE = 64 };

static nsc_status forward_dropout(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                  size_t out_count)
{
    nsc_value *sums = nsc_op_cumulative_sum(in[0], 1);

    (void)trace;
    (void)user;
    (void)in_count;
    (void)out_count;
    out[0] = nsc_op_dropout(nsc_op_slice(sums, 0, 0, SIDE / 2, 1), 0.5f);
    out[1] = nsc_op_dropout(nsc_op_slice(sums, 0, SIDE / 2, SIDE, 1), 0.5f);
    out[2] = nsc_op_cumulative_sum(sums, 0);
    return NSC_OK;
}

/* Two masks, each of its own numbers; half of the elements are dropped, within six standard deviations, and the others
 * doubled. */
static void dropout_beside(target *t, int number)
{
    enum { COUNT = SIDE / 2 * SIDE };
    static const int64_t dims[] = {SIDE, SIDE};
    float *x = memory(t, 2 * COUNT * sizeof *x), *sums = memory(t, 2 * COUNT * sizeof *sums);
    float *half = memory(t, 2 * COUNT * sizeof *half);
    double *want = memory(t, 2 * COUNT * sizeof *want);
    runs r = {.forward = forward_dropout, .outputs = 3, .mode = NSC_TRAINING};
    nsc_block *net = make_net(t, &r);
    int dropped = 0, alike = 0;

    (void)number;
    for (int i = 0; i < 2 * COUNT; i++) {
        x[i] = (float)(i % 3 + 1);
        want[i] = x[i] + (i % SIDE ? want[i - 1] : 0);
    }
    if (nsc_tensor_from(t->context, NSC_FLOAT32, 2, dims, x, &r.in) != NSC_OK)
        fail(t, "no tensor: %s", nsc_last_error(t->context));
    run_net(t, net, &r);
    if (t->verdict == VERDICT_PASS && read_back(t, r.out[0], half) && read_back(t, r.out[1], half + COUNT) &&
        read_back(t, r.out[2], sums)) {
        for (int i = 0; i < 2 * COUNT; i++) {
            dropped += half[i] == 0;
            if (half[i] != 0)
                near(t, "what is kept", i, half[i], 2 * want[i], 0);
            alike += i < COUNT && (half[i] == 0) == (half[i + COUNT] == 0);
        }
        for (int i = SIDE; i < 2 * COUNT; i++)
            want[i] += want[i - SIDE];
        for (int i = 0; i < 2 * COUNT; i++)
            near(t, "a sum beside", i, sums[i], want[i], 0);
        if (fabs(dropped - (double)COUNT) > 6 * sqrt(COUNT / 2.0))
            fail(t, "%d of %d elements were dropped", dropped, 2 * COUNT);
        if (fabs(alike - COUNT / 2.0) > 6 * sqrt(COUNT / 4.0))
            fail(t, "%d of %d elements have the same fate in two masks", alike, (int)COUNT);
    }
    nsc_tensor_release(r.in);
    end_run(&r);
    nsc_release(net);
}

static const conformance_case cases[] = {
    {"plans", "other_tensors", other_tensors, 0},
    {"plans", "same_output_twice", same_output_twice, 0},
    {"plans", "bytes_beside_floats", bytes_beside_floats, 0},
    {"plans", "dropout_beside", dropout_beside, 0},
    {0},
};

const conformance_group group_runs = {.cases = cases};
