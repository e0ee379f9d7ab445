/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that a device may offer as one, as nets: run with all that the device offers, and with all of it refused
 * and composed. Both keep the bound in double precision, and what moves bits or draws them is equal. */
#include <math.h>
#include <string.h>

#include <nascent/block.h>

#include "conformance.h"

enum {
    SOFTMAX,
    LOG_SOFTMAX,
    SOFTMAX_AWAY,
    LOG_SOFTMAX_AWAY,
    GATHER_I32,
    GATHER_U8,
    DROPOUT_LOW,
    DROPOUT_HIGH,
    LINEAR,
    LINEAR_RELU,
    LINEAR_ADDED
};
static const char *const operations[] = {"softmax",         "log_softmax",     "softmax_away", "log_softmax_away",
                                         "gather_by_int32", "gather_by_uint8", "dropout_0.1",  "dropout_0.75",
                                         "linear",          "linear_relu",     "linear_added", NULL};
static const struct shape {
    int rank;
    int64_t dims[4];
} shapes[] = {{1, {257}}, {2, {37, 53}}, {2, {3, 1024}}, {3, {4, 30, 17}}, {3, {1, 7, 65}}, {4, {2, 3, 4, 5}}};
static const char *const shape_names[] = {"257", "37x53", "3x1024", "4x30x17", "1x7x65", "2x3x4x5", NULL};
static const char *const axis_names[] = {"first_axis", "middle_axis", "last_axis", NULL};
enum { UNITS = 13, PICKED = 19 };

/* What the block is asked to do; its second input is of indices or of weights. */
typedef struct asked {
    int operation, axis, rank;
    int64_t outer, n, inner;
} asked;

static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    const asked *a = user;

    (void)trace;
    (void)in_count;
    (void)out_count;
    switch (a->operation) {
    case SOFTMAX:
    case SOFTMAX_AWAY:
        *out = nsc_op_softmax(in[0], a->axis);
        break;
    case LOG_SOFTMAX:
    case LOG_SOFTMAX_AWAY:
        *out = nsc_op_log_softmax(in[0], a->axis);
        break;
    case GATHER_I32:
    case GATHER_U8:
        *out = nsc_op_gather(in[0], in[1], a->axis);
        break;
    case DROPOUT_LOW:
    case DROPOUT_HIGH:
        *out = nsc_op_dropout(in[0], a->operation == DROPOUT_LOW ? 0.1f : 0.75f);
        break;
    default:
        *out = nsc_op_linear(in[0], in[1], NULL);
        if (a->operation == LINEAR_RELU)
            *out = nsc_op_relu(*out);
        else if (a->operation == LINEAR_ADDED)
            *out = nsc_op_add(*out, nsc_op_constant(trace, 0.5f));
    }
    return NSC_OK;
}

static bool has_second(int operation)
{
    return operation == GATHER_I32 || operation == GATHER_U8 || operation >= LINEAR;
}

/* The net's output in this context, and how many elements it has; NULL where that was recorded. */
static float *run_in(target *t, const char *compose, asked *a, const struct shape *s, const float *x,
                     const void *second, int64_t *count)
{
    const int64_t picked = PICKED, weights[2] = {UNITS, s->dims[s->rank - 1]};
    nsc_context *context = open_again(t, compose);
    nsc_block *net = nsc_custom(forward, .user = a, .inputs = has_second(a->operation) ? 2 : 1, .kind = "conformance");
    nsc_tensor *in[2] = {NULL, NULL}, *out = NULL;
    float *got = NULL;

    if (!context) {
        nsc_release(net);
        return NULL;
    }
    nsc_status status = nsc_tensor_from(context, NSC_FLOAT32, s->rank, s->dims, x, &in[0]);

    if (!status && has_second(a->operation))
        status = a->operation >= LINEAR ? nsc_tensor_from(context, NSC_FLOAT32, 2, weights, second, &in[1])
                                        : nsc_tensor_from(context, a->operation == GATHER_U8 ? NSC_UINT8 : NSC_INT32, 1,
                                                          &picked, second, &in[1]);
    if (!status)
        status = nsc_initialize(net, context, NULL);
    if (!status)
        status = nsc_set_random(net, t->seed, 3);
    if (!status)
        status = nsc_run(net, NSC_TRAINING, (const nsc_tensor *const *)in, has_second(a->operation) ? 2 : 1, &out, 1);
    if (!status) {
        *count = (int64_t)(nsc_tensor_bytes(out) / sizeof *got);
        got = memory(t, nsc_tensor_bytes(out));
        status = nsc_tensor_read(out, got, nsc_tensor_bytes(out));
    }
    if (status)
        fail(t, "%s, it does not run: %s", compose, nsc_last_error(context));
    nsc_tensor_release(in[0]);
    nsc_tensor_release(in[1]);
    nsc_tensor_release(out);
    nsc_release(net);
    close_again(t, context);
    return status ? NULL : got;
}

/* As in cases_softmax.c, docs/conformance.md. */
static void check_softmax(target *t, const char *form, const asked *a, const float *x, const float *got)
{
    for (int64_t row = 0; row < a->outer * a->inner; row++) {
        const int64_t start = row / a->inner * a->n * a->inner + row % a->inner;
        double top = -INFINITY, sum = 0, distance = 0;

        for (int64_t i = 0; i < a->n; i++)
            top = fmax(top, x[start + i * a->inner]);
        for (int64_t i = 0; i < a->n; i++) {
            const double d = x[start + i * a->inner] - top;

            sum += exp(d);
            distance += exp(d) * fabs(d);
        }
        for (int64_t i = 0; i < a->n; i++) {
            const int64_t at = start + i * a->inner;
            const double d = x[at] - top, p = exp(d) / sum, y = d - log(sum), n = (double)a->n + distance / sum;

            if (a->operation == SOFTMAX || a->operation == SOFTMAX_AWAY
                    ? !near(t, form, at, got[at], p, gamma_of(n + 17 + fabs(d)) * p + SMALLEST)
                    : !near(t, form, at, got[at], y, gamma_of(n + 7) + gamma_of(8) * fabs(y) + SMALLEST))
                return;
        }
    }
}

static void check_gather(target *t, const char *form, const asked *a, const float *x, const void *indices,
                         const float *got)
{
    for (int64_t at = 0; at < a->outer * PICKED * a->inner; at++) {
        const int64_t c = at / a->inner % PICKED;
        int64_t j = a->operation == GATHER_U8 ? ((const uint8_t *)indices)[c] : ((const int32_t *)indices)[c];

        j = j < 0 ? 0 : j >= a->n ? a->n - 1 : j;
        const float want = x[(at / a->inner / PICKED * a->n + j) * a->inner + at % a->inner];

        if (bits_of(want) != bits_of(got[at])) {
            fail(t, "%s, element %lld is %g, expected %g", form, (long long)at, got[at], want);
            return;
        }
    }
}

/* Elements are 0 or x / (1 - rate); how many are 0 is within six standard deviations. */
static void check_dropout(target *t, const char *form, const asked *a, const float *x, const float *got, int64_t count)
{
    const double rate = a->operation == DROPOUT_LOW ? 0.1f : 0.75f, usual = rate * (double)count;
    int64_t dropped = 0;

    for (int64_t i = 0; i < count; i++)
        if (got[i] == 0)
            dropped++;
        else if (!near(t, form, i, got[i], x[i] / (1 - rate), 4 * EPSILON * fabs(x[i] / (1 - rate))))
            return;
    if (fabs((double)dropped - usual) > 6 * sqrt(usual * (1 - rate)) + 1)
        fail(t, "%s, %lld of %lld elements were dropped", form, (long long)dropped, (long long)count);
}

static void check_linear(target *t, const char *form, const asked *a, const float *x, const float *w, const float *got,
                         int64_t count)
{
    const int64_t k = a->n;

    for (int64_t i = 0; i < count; i++) {
        double want = 0, magnitudes = 0;

        for (int64_t q = 0; q < k; q++) {
            const double term = (double)x[i / UNITS * k + q] * w[i % UNITS * k + q];

            want += term;
            magnitudes += fabs(term);
        }
        if (a->operation == LINEAR_ADDED)
            want += 0.5, magnitudes += 0.5;
        if (!near(t, form, i, got[i], a->operation == LINEAR_RELU ? fmax(want, 0) : want,
                  gamma_of((double)k + 3) * magnitudes + SMALLEST))
            return;
    }
}

static void check(target *t, const char *form, const asked *a, const float *x, const void *second, const float *got,
                  int64_t count)
{
    if (a->operation <= LOG_SOFTMAX_AWAY)
        check_softmax(t, form, a, x, got);
    else if (a->operation <= GATHER_U8)
        check_gather(t, form, a, x, second, got);
    else if (a->operation <= DROPOUT_HIGH)
        check_dropout(t, form, a, x, got, count);
    else
        check_linear(t, form, a, x, second, got, count);
}

static int axis_of(const int *class)
{
    const int rank = shapes[class[SHAPE]].rank;

    return class[STRIDES] == 0 ? 0 : class[STRIDES] == 2 ? rank - 1 : rank / 2;
}

static void compare(target *t, const int *class)
{
    const struct shape *s = &shapes[class[SHAPE]];
    asked a = {.operation = class[OPERATION], .axis = axis_of(class), .rank = s->rank};
    const int64_t count = element_count((uint32_t)s->rank, s->dims);
    /* Away from 0, powers of x itself overflow. */
    const bool away = a.operation == SOFTMAX_AWAY || a.operation == LOG_SOFTMAX_AWAY;
    float *x = away ? numbers(t, 0, count, 1000, 1016) : numbers(t, 0, count, 0.5f, 4);
    int64_t native_count = 0, composed_count = 0;
    void *second = NULL;

    a.outer = element_count((uint32_t)a.axis, s->dims);
    a.n = s->dims[a.axis];
    a.inner = count / a.outer / a.n;
    if (a.operation >= LINEAR) {
        second = numbers(t, 1, UNITS * a.n, -1, 1);
    } else if (has_second(a.operation)) {
        int32_t *indices = second = memory(t, PICKED * sizeof *indices);

        for (int i = 0; i < PICKED; i++)
            if (a.operation == GATHER_U8)
                ((uint8_t *)second)[i] = (uint8_t)(i * 29);
            else
                indices[i] = i * 7 - 3; /* from before the first, and past the last where they are few */
    }
    const float *native = run_in(t, "none", &a, s, x, second, &native_count);
    const float *composed = native ? run_in(t, "all", &a, s, x, second, &composed_count) : NULL;

    if (!composed)
        return;
    check(t, "native", &a, x, second, native, native_count);
    check(t, "composed", &a, x, second, composed, composed_count);
    if (native_count != composed_count || (a.operation >= GATHER_I32 && a.operation <= DROPOUT_HIGH &&
                                           memcmp(native, composed, (size_t)native_count * sizeof *native) != 0))
        fail(t, "native and composed give different bits");
}

/* Only what has axes is tried along each; the others have one way. */
static bool is_case(const int *class)
{
    const int rank = shapes[class[SHAPE]].rank;

    if (class[OPERATION] > GATHER_U8)
        return class[STRIDES] == 2;
    return class[STRIDES] == 2 || (rank > 1 && class[STRIDES] == 0) || (rank > 2 && class[STRIDES] == 1);
}

static const conformance_table tables[] = {
    {"composed", compare, {operations, shape_names, axis_names, float32_name}, is_case},
    {0},
};

const conformance_group group_composed = {.tables = tables};
