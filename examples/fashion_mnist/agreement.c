/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the outputs of two devices may lie apart. For one layer z = W x + b with k inputs, float32 arithmetic in any
 * order gives |computed - z| <= g (|W| |x| + |b|) with g = n u / (1 - n u), n = k + 2, u = 2^-24 (Higham, Accuracy and
 * Stability of Numerical Algorithms, 2nd ed., section 3.5). An error e of x adds (1 + g) |W| e; relu adds
 * nothing, and gives exactly 0 where z is further below 0 than its error. So the bound is carried through the layers
 * beside the values, both in double precision, image by image.
 */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDEST 1024 /* inputs or units of a layer */

typedef struct state {
    double x[WIDEST];
    double e[WIDEST];
} state;

/* One layer; the last one has no relu. weight is (units, k). */
static void layer(const value *weight, const value *bias, int last, const state *in, state *out)
{
    size_t units = (size_t)weight->dims[0], k = (size_t)weight->dims[1];
    double n = (double)k + 2, u = ldexp(1, -24), g = n * u / (1 - n * u);
    for (size_t i = 0; i < units; i++) {
        const float *row = weight->elements + i * k;
        double z = bias->elements[i], magnitude = fabs(z), carried = 0;
        for (size_t j = 0; j < k; j++) {
            double w = row[j], product = w * in->x[j];
            z += product;
            magnitude += fabs(product);
            carried += fabs(w) * in->e[j];
        }
        double e = g * magnitude + (1 + g) * carried;
        out->x[i] = last || z > 0 ? z : 0;
        out->e[i] = last || z > -e ? e : 0;
    }
}

/* The widest difference and the part of the bound that it takes, kept for each pair and for each device. */
typedef struct widest {
    double difference, bound, part;
} widest;

static void widen(widest *w, double difference, double bound)
{
    double part = bound > 0 ? difference / bound : difference > 0 ? INFINITY : 0;
    if (!(part <= w->part)) /* a NaN counts */
        w->part = part;
    if (!(difference <= w->difference))
        w->difference = difference;
    w->bound = fmax(w->bound, bound);
}

static int tell(const char *a, const char *b, const widest *w)
{
    int good = w->part <= 1;
    printf("  %s and %s: max |difference| %.2e, at most %.2g%% of its bound (which is up to %.2e)%s\n", a, b,
           w->difference, 100 * w->part, w->bound, good ? "" : " TOO FAR APART");
    return good;
}

int agreement_check(const images *set, const pass *passes, size_t count)
{
    const values *p = &passes[0].parameters;
    size_t layers = p->count / 2, inputs = (size_t)(set->height * set->width);
    float *pixels = malloc(inputs * sizeof *pixels);
    state *at = malloc(2 * sizeof *at);
    widest *to_double = calloc(count, sizeof *to_double), *to_first = calloc(count, sizeof *to_first);
    int good = pixels && at && to_double && to_first && inputs <= WIDEST;
    for (int64_t image = 0; good && image < set->count; image++) {
        images_batch(set, image, 1, pixels);
        for (size_t i = 0; i < inputs; i++) {
            at[0].x[i] = pixels[i];
            at[0].e[i] = 0;
        }
        for (size_t l = 0; l < layers; l++)
            layer(&p->each[2 * l], &p->each[2 * l + 1], l + 1 == layers, &at[l % 2], &at[(l + 1) % 2]);
        const state *y = &at[layers % 2];
        for (size_t d = 0; d < count; d++)
            for (size_t i = 0; i < CLASSES; i++) {
                float first = passes[0].outputs[image * CLASSES + (int64_t)i];
                float other = passes[d].outputs[image * CLASSES + (int64_t)i];
                widen(&to_double[d], fabs(other - y->x[i]), y->e[i]);
                widen(&to_first[d], fabs((double)other - first), 2 * y->e[i]);
            }
        progress("double precision", image + 1, set->count);
    }
    if (!good)
        fprintf(stderr, "agreement: no memory, or the net is too wide\n");
    else
        printf("agreement: per layer (k + 2) 2^-24 (|W| |x| + |b|), carried through the layers\n");
    for (size_t d = 0; good && d < count; d++)
        good = tell(passes[d].title, "double precision", &to_double[d]);
    for (size_t d = 1; good && d < count; d++)
        good = tell(passes[d].title, passes[0].title, &to_first[d]);
    free(pixels);
    free(at);
    free(to_double);
    free(to_first);
    return good;
}
