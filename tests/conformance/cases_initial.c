/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a parameter on this device, on every way to a value, and the bits of that value: those of the host. */
#include <string.h>

#include <nascent/block.h>
#include <nascent/parameter.h>

#include "conformance.h"

static const int64_t shapes[][2] = {{1, 1}, {33, 20}, {7, 129}, {257, 64}};
static const char *const shape_names[] = {"1x1", "33x20", "7x129", "257x64", NULL};
static const char *const initializers[] = {"zeros", "ones", "constant", "uniform", "normal", "truncated_normal", NULL};
static const char *const ways[] = {"given",  "from_data",     "inferred",   "forgotten_and_again",
                                   "forced", "set_and_again", "set_before", "not_requested",
                                   NULL};
enum { GIVEN, FROM_DATA, INFERRED, FORGOTTEN, FORCED, SET_AND_AGAIN, SET_BEFORE, NOT_REQUESTED };

static nsc_initializer initializer_of(int which)
{
    switch (which) {
    case 0:
        return nsc_zeros();
    case 1:
        return nsc_ones();
    case 2:
        return nsc_constant(-0.75f);
    case 3:
        return nsc_uniform(0.3f);
    case 4:
        return nsc_normal(0.02f);
    default:
        return nsc_truncated_normal(0.5f);
    }
}

static void host_values(target *t, int which, size_t count, float *want)
{
    const nsc_initializer init = initializer_of(which);

    if (init.kind == NSC_INIT_CONSTANT)
        for (size_t i = 0; i < count; i++)
            want[i] = init.a;
    else if (init.kind == NSC_INIT_UNIFORM)
        nsc_random_fill(NSC_RANDOM_UNIFORM, t->seed, "0.weight", 0, count, init.b - init.a, init.a, want);
    else
        nsc_random_fill(init.kind == NSC_INIT_NORMAL ? NSC_RANDOM_NORMAL : NSC_RANDOM_TRUNCATED_NORMAL, t->seed,
                        "0.weight", 0, count, init.b, init.a, want);
}

typedef struct life {
    target *t;
    nsc_block *net;
    nsc_parameter *weight;
    int64_t units, width;
    nsc_initialize_options options;
    size_t count;
} life;

static bool good(const life *l, nsc_status status, const char *what)
{
    if (status != NSC_OK)
        fail(l->t, "%s failed: %s", what, nsc_last_error(l->t->context));
    return status == NSC_OK;
}

static bool is(const life *l, nsc_parameter_state state, const char *when)
{
    const nsc_parameter_state found = nsc_parameter_get_state(l->weight);

    if (found != state)
        fail(l->t, "%s the parameter is %s, expected %s", when, nsc_parameter_state_name(found),
             nsc_parameter_state_name(state));
    return found == state;
}

static bool has(const life *l, const float *want, const char *when)
{
    float *got = memory(l->t, l->count * sizeof *got);

    if (!is(l, NSC_INITIALIZED, when) ||
        !good(l, nsc_parameter_read(l->weight, got, l->count * sizeof *got), "reading"))
        return false;
    for (size_t i = 0; i < l->count; i++)
        if (bits_of(got[i]) != bits_of(want[i])) {
            fail(l->t, "%s element %zu is %08x, expected %08x", when, i, bits_of(got[i]), bits_of(want[i]));
            return false;
        }
    return true;
}

static nsc_status forward(const life *l)
{
    const int64_t dims[2] = {2, l->width};
    float *data = numbers(l->t, 0, 2 * l->width, -1, 1);
    nsc_tensor *x = NULL, *y = NULL;
    nsc_status status = nsc_tensor_from(l->t->context, NSC_FLOAT32, 2, dims, data, &x);

    if (status == NSC_OK)
        status = nsc_forward(l->net, x, &y);
    if (status == NSC_OK)
        status = nsc_context_finish(l->t->context);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    return status;
}

static bool set(const life *l, const float *values)
{
    const int64_t dims[2] = {l->units, l->width};
    nsc_tensor *value = NULL;
    const bool made = good(l, nsc_tensor_from(l->t->context, NSC_FLOAT32, 2, dims, values, &value), "a tensor");
    const bool done = made && good(l, nsc_parameter_set(l->weight, value), "nsc_parameter_set");

    nsc_tensor_release(value);
    return done;
}

static bool request(const life *l)
{
    return good(l, nsc_initialize(l->net, l->t->context, &l->options), "nsc_initialize");
}

static void not_requested(const life *l)
{
    const nsc_status status = forward(l);

    if (status != NSC_NOT_REQUESTED)
        fail(l->t, "a forward of what nobody requested gave %s", nsc_status_name(status));
}

/* What follows the first value. */
static void again(life *l, int way, const float *want, const float *other)
{
    if (way == FORGOTTEN) {
        if (good(l, nsc_forget(l->net), "nsc_forget") && is(l, NSC_DECLARED, "forgotten,") &&
            good(l, forward(l), "a forward"))
            has(l, want, "forgotten and run,");
    } else if (way == FORCED) {
        l->options.force = 1;
        if (set(l, other) && has(l, other, "set,") && request(l))
            has(l, want, "forced,");
    } else if (way == SET_AND_AGAIN) {
        if (set(l, other) && has(l, other, "set,") && good(l, nsc_reinitialize(l->net, NULL), "nsc_reinitialize"))
            has(l, want, "reinitialized,");
    }
}

static void live(life *l, int way, const float *want, const float *other)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, l->width}};

    if (!is(l, way == GIVEN ? NSC_SHAPE_KNOWN : NSC_DECLARED, "declared,"))
        return;
    if (way == NOT_REQUESTED) {
        not_requested(l);
        return;
    }
    if (way == SET_BEFORE) { /* a request leaves a value alone */
        if (set(l, other) && request(l) && good(l, forward(l), "a forward"))
            has(l, other, "set and requested,");
        return;
    }
    if (way == INFERRED &&
        !(good(l, nsc_infer_shapes(l->net, &shape, 1), "nsc_infer_shapes") && is(l, NSC_SHAPE_KNOWN, "inferred,")))
        return;
    if (!request(l) || !is(l, way == GIVEN || way == INFERRED ? NSC_INITIALIZED : NSC_DECLARED, "requested,"))
        return;
    if (good(l, forward(l), "the first forward") && has(l, want, "run,"))
        again(l, way, want, other);
}

static void initial(target *t, const int *class)
{
    const int64_t *shape = shapes[class[SHAPE]];
    life l = {.t = t, .units = shape[0], .width = shape[1], .count = (size_t)(shape[0] * shape[1])};
    const nsc_initializer init = initializer_of(class[OPERATION]);

    l.options = (nsc_initialize_options){.size = sizeof l.options, .seed = t->seed};
    l.net = class[STRIDES] == GIVEN ? nsc_sequential(nsc_dense(l.units, .weight_init = init, .in_units = l.width))
                                    : nsc_sequential(nsc_dense(l.units, .weight_init = init));
    l.weight = nsc_find_parameter(l.net, "0.weight");
    float *want = memory(t, l.count * sizeof *want), *other = numbers(t, 1, (int64_t)l.count, 2, 3);

    host_values(t, class[OPERATION], l.count, want);
    if (l.weight)
        live(&l, class[STRIDES], want, other);
    else
        fail(t, "there is no parameter 0.weight");
    nsc_release(l.net);
}

static const conformance_table tables[] = {
    {"parameters", initial, {initializers, shape_names, ways, float32_name}, NULL},
    {0},
};

const conformance_group group_initial = {.tables = tables};
