/* SPDX-License-Identifier: Apache-2.0 */
/* Whole nets of dense layers, each activation, against double precision. The error of a layer's input is carried through
 * its product, |W| times it, and through the activation, whose slope is at most 1.13; both add their own. */
#include <math.h>
#include <string.h>

#include <nascent/block.h>

#include "conformance.h"

enum { LAYERS = 4 };
static const struct net {
    int layers;
    int64_t batch, widths[LAYERS + 1];
} nets[] = {
    {1, 1, {1, 1}}, {2, 2, {20, 33, 10}}, {2, 17, {64, 128, 5}}, {4, 3, {7, 19, 31, 23, 11}}, {1, 64, {129, 65}}};
static const char *const net_names[] = {"1x1-1", "2x20-33-10", "17x64-128-5", "3x7-19-31-23-11", "64x129-65", NULL};
static const char *const ways[] = {"shapes_given", "shapes_from_data", "reused_output", NULL};
/* Every activation but the softmax kinds, which have a family of their own. */
static const nsc_activation activations[] = {
    NSC_IDENTITY,   NSC_RELU,     NSC_SIGMOID,     NSC_TANH,         NSC_GELU,       NSC_GELU_TANH,
    NSC_LEAKY_RELU, NSC_ELU,      NSC_SELU,        NSC_CELU,         NSC_SILU,       NSC_MISH,
    NSC_SOFTPLUS,   NSC_SOFTSIGN, NSC_LOG_SIGMOID, NSC_HARD_SIGMOID, NSC_HARD_SWISH, NSC_HARD_TANH};
static const char *const activation_names[] = {"identity",     "relu",       "sigmoid",   "tanh",     "gelu",
                                               "gelu_tanh",    "leaky_relu", "elu",       "selu",     "celu",
                                               "silu",         "mish",       "softplus",  "softsign", "log_sigmoid",
                                               "hard_sigmoid", "hard_swish", "hard_tanh", NULL};

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double activated(nsc_activation activation, double x)
{
    switch (activation) {
    case NSC_RELU:
        return fmax(x, 0);
    case NSC_SIGMOID:
        return sigmoid(x);
    case NSC_TANH:
        return tanh(x);
    case NSC_GELU:
        return x / 2 * (1 + erf(x / sqrt(2)));
    case NSC_GELU_TANH:
        return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case NSC_LEAKY_RELU:
        return x > 0 ? x : 0.01 * x;
    case NSC_ELU:
    case NSC_CELU:
        return x > 0 ? x : expm1(x);
    case NSC_SELU:
        return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
    case NSC_SILU:
        return x * sigmoid(x);
    case NSC_MISH:
        return x * tanh(softplus(x));
    case NSC_SOFTPLUS:
        return softplus(x);
    case NSC_SOFTSIGN:
        return x / (1 + fabs(x));
    case NSC_LOG_SIGMOID:
        return -softplus(-x);
    case NSC_HARD_SIGMOID:
        return fmin(fmax(x / 6 + 0.5, 0), 1);
    case NSC_HARD_SWISH:
        return x * fmin(fmax(x / 6 + 0.5, 0), 1);
    case NSC_HARD_TANH:
        return fmin(fmax(x, -1), 1);
    default:
        return x;
    }
}

/* The largest slope; that of selu is 1.76 below 0, of hard_swish 1.5 up to 3. */
static double slope_of(nsc_activation activation)
{
    return activation == NSC_SELU ? 1.76 : activation == NSC_HARD_SWISH ? 1.5 : 1.13;
}

/* x becomes the layer's output, with its errors. */
static bool layer(target *t, nsc_block *net, int index, const struct net *n, nsc_activation activation, double **x,
                  double **errors)
{
    static const char *const weights[] = {"0.weight", "1.weight", "2.weight", "3.weight"};
    static const char *const biases[] = {"0.bias", "1.bias", "2.bias", "3.bias"};
    const int64_t width = n->widths[index], units = n->widths[index + 1];
    float *w = memory(t, (size_t)(width * units) * sizeof *w), *b = memory(t, (size_t)units * sizeof *b);
    double *y = memory(t, (size_t)(n->batch * units) * sizeof *y),
           *e = memory(t, (size_t)(n->batch * units) * sizeof *e);

    if (nsc_parameter_read(nsc_find_parameter(net, weights[index]), w, (size_t)(width * units) * sizeof *w) != NSC_OK ||
        nsc_parameter_read(nsc_find_parameter(net, biases[index]), b, (size_t)units * sizeof *b) != NSC_OK) {
        fail(t, "the parameters cannot be read: %s", nsc_last_error(t->context));
        return false;
    }
    for (int64_t i = 0; i < n->batch * units; i++) {
        const float *row = w + i % units * width;
        double sum = b[i % units], magnitudes = fabs(sum), carried = 0;

        for (int64_t k = 0; k < width; k++) {
            const int64_t at = i / units * width + k;
            const double term = row[k] * (*x)[at];

            sum += term;
            magnitudes += fabs(term);
            carried += fabs(row[k]) * (*errors)[at];
        }
        y[i] = activated(activation, sum);
        /* 40 roundings are more than any activation has; they are relative to what it is made of, which may cancel. */
        e[i] = slope_of(activation) * (gamma_of((double)width + 3) * (magnitudes + carried) + carried) +
               gamma_of(40) *
                   (fabs(y[i]) + (activation == NSC_IDENTITY || activation == NSC_RELU ? 0 : fmin(fabs(sum) + 1, 2))) +
               SMALLEST;
    }
    *x = y;
    *errors = e;
    return true;
}

static void check(target *t, nsc_block *net, const struct net *n, nsc_activation activation, const float *data,
                  const nsc_tensor *output)
{
    const int64_t inputs = n->batch * n->widths[0], outputs = n->batch * n->widths[n->layers];
    double *x = memory(t, (size_t)inputs * sizeof *x), *errors = memory(t, (size_t)inputs * sizeof *errors);
    float *got = memory(t, (size_t)outputs * sizeof *got);

    for (int64_t i = 0; i < inputs; i++)
        x[i] = data[i];
    for (int i = 0; i < n->layers; i++)
        if (!layer(t, net, i, n, activation, &x, &errors))
            return;
    if (nsc_tensor_read(output, got, (size_t)outputs * sizeof *got) != NSC_OK)
        fail(t, "the output cannot be read: %s", nsc_last_error(t->context));
    for (int64_t i = 0; i < outputs && t->verdict == VERDICT_PASS; i++)
        near(t, "output", i, got[i], x[i], errors[i]);
}

static void model(target *t, const int *class)
{
    const struct net *n = &nets[class[SHAPE]];
    const nsc_activation activation = activations[class[OPERATION]];
    const int64_t dims[2] = {n->batch, n->widths[0]};
    const nsc_initialize_options options = {.size = sizeof options, .seed = t->seed, .init = nsc_uniform(0.5f)};
    float *data = numbers(t, 0, n->batch * n->widths[0], -2, 2), *first = numbers(t, 1, n->batch * n->widths[0], -2, 2);
    nsc_block *blocks[LAYERS + 1] = {NULL};
    nsc_tensor *x = NULL, *y = NULL;

    for (int i = 0; i < n->layers; i++)
        blocks[i] = nsc_dense(n->widths[i + 1], .activation = activation, .bias_init = nsc_uniform(0.25f),
                              .in_units = class[STRIDES] == 0 ? n->widths[i] : 0);
    nsc_block *net = nsc_sequential_create(blocks);
    const bool twice = class[STRIDES] == 2;

    /* Where the output is used again, another input comes first. */
    if (nsc_initialize(net, t->context, &options) != NSC_OK ||
        nsc_tensor_from(t->context, NSC_FLOAT32, 2, dims, twice ? first : data, &x) != NSC_OK ||
        nsc_forward(net, x, &y) != NSC_OK ||
        (twice && (nsc_tensor_write(x, data, nsc_tensor_bytes(x)) != NSC_OK || nsc_forward(net, x, &y) != NSC_OK)))
        fail(t, "the net does not run: %s", nsc_last_error(t->context));
    else
        check(t, net, n, activation, data, y);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}

static const conformance_table tables[] = {
    {"models", model, {activation_names, net_names, ways, float32_name}, NULL},
    {0},
};

const conformance_group group_models = {.tables = tables};
