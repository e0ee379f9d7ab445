/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters on this device: declared, requested, initialized by the first forward; their bits are the host's, whether the
 * shapes were known before or not. */
#include <math.h>
#include <string.h>

#include <nascent/block.h>
#include <nascent/parameter.h>

#include "conformance.h"

enum { BATCH = 2, WIDTH = 20, HIDDEN = 33, OUT = 10 };

/* The parameter at path has this state; NULL and a failure otherwise. */
static nsc_parameter *parameter_in(target *t, nsc_block *net, const char *path, nsc_parameter_state state)
{
    nsc_parameter *found = nsc_find_parameter(net, path);

    if (!found)
        fail(t, "there is no parameter %s", path);
    else if (nsc_parameter_get_state(found) != state)
        fail(t, "%s is %s, expected %s", path, nsc_parameter_state_name(nsc_parameter_get_state(found)),
             nsc_parameter_state_name(state));
    else
        return found;
    return NULL;
}

static float *check_weight(target *t, nsc_block *net, const char *path, size_t count)
{
    nsc_parameter *weight = parameter_in(t, net, path, NSC_INITIALIZED);
    float *got = memory(t, count * sizeof *got), *want = memory(t, count * sizeof *want);

    if (!weight)
        return NULL;
    if (nsc_parameter_read(weight, got, count * sizeof *got) != NSC_OK) {
        fail(t, "%s cannot be read: %s", path, nsc_last_error(t->context));
        return NULL;
    }
    nsc_random_fill(NSC_RANDOM_UNIFORM, t->seed, path, 0, count, 2 * 0.07f, -0.07f, want);
    for (size_t i = 0; i < count; i++) {
        if (bits_of(got[i]) != bits_of(want[i])) {
            fail(t, "%s element %zu is %08x, expected %08x", path, i, bits_of(got[i]), bits_of(want[i]));
            return NULL;
        }
    }
    return got;
}

/* y = w1 relu(w0 x), within the bound of two products. */
static void check_output(target *t, const nsc_tensor *y, const float *x, const float *w0, const float *w1)
{
    float got[BATCH * OUT];

    if (nsc_tensor_bytes(y) != sizeof got || nsc_tensor_read(y, got, sizeof got) != NSC_OK) {
        fail(t, "the output cannot be read: %s", nsc_last_error(t->context));
        return;
    }
    for (int i = 0; i < BATCH * OUT; i++) {
        double want = 0, magnitudes = 0;

        for (int h = 0; h < HIDDEN; h++) {
            double sum = 0, sizes = 0, w = w1[i % OUT * HIDDEN + h];

            for (int k = 0; k < WIDTH; k++) {
                double term = (double)x[i / OUT * WIDTH + k] * w0[h * WIDTH + k];

                sum += term;
                sizes += fabs(term);
            }
            want += w * fmax(sum, 0);
            magnitudes += fabs(w) * sizes;
        }
        if (!near(t, "output", i, got[i], want, gamma_of(WIDTH + HIDDEN + 6) * magnitudes + SMALLEST))
            return;
    }
}

static void live(target *t, nsc_block *net, bool deferred)
{
    nsc_initialize_options options = {.size = sizeof options, .seed = t->seed, .init = nsc_uniform(0.07f)};
    const int64_t dims[2] = {BATCH, WIDTH};
    float *data = numbers(t, 0, BATCH * WIDTH, -1, 1);
    nsc_tensor *x = NULL, *y = NULL;

    if (!parameter_in(t, net, "0.weight", deferred ? NSC_DECLARED : NSC_SHAPE_KNOWN))
        return;
    if (nsc_initialize(net, t->context, &options) != NSC_OK) {
        fail(t, "the request failed: %s", nsc_last_error(t->context));
        return;
    }
    if (!parameter_in(t, net, "0.weight", deferred ? NSC_DECLARED : NSC_INITIALIZED))
        return;
    if (nsc_tensor_from(t->context, NSC_FLOAT32, 2, dims, data, &x) != NSC_OK || nsc_forward(net, x, &y) != NSC_OK) {
        fail(t, "the forward failed: %s", nsc_last_error(t->context));
    } else {
        const float *w0 = check_weight(t, net, "0.weight", HIDDEN * WIDTH);
        const float *w1 = check_weight(t, net, "1.weight", OUT * HIDDEN);

        if (w0 && w1)
            check_output(t, y, data, w0, w1);
    }
    nsc_tensor_release(x);
    nsc_tensor_release(y);
}

static void net_life(target *t, int deferred)
{
    nsc_block *net = deferred ? nsc_sequential(nsc_dense(HIDDEN, .activation = NSC_RELU), nsc_dense(OUT))
                              : nsc_sequential(nsc_dense(HIDDEN, .activation = NSC_RELU, .in_units = WIDTH),
                                               nsc_dense(OUT, .in_units = HIDDEN));

    live(t, net, deferred);
    nsc_release(net);
}

static const conformance_case cases[] = {
    {"parameters", "shapes_given", net_life, 0},
    {"parameters", "shapes_from_data", net_life, 1},
    {0},
};

const conformance_group group_parameters = {.cases = cases};
