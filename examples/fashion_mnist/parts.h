/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the example: images, one pass on one device, the checks. Every function that can fail prints why and
 * returns 0; success is 1. */
#ifndef EXAMPLES_FASHION_MNIST_PARTS_H
#define EXAMPLES_FASHION_MNIST_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

#define CLASSES 10
#define MAX_PARAMETERS 8
#define BATCH 500

/* ---- data.c ------------------------------------------------------------------------------------------------------ */

typedef struct images {
    const char *name; /* "fashion-mnist" or "digits": the key of the committed digests */
    int64_t count, height, width;
    float white; /* the largest pixel value */
    nsc_idx *file;
} images;

int images_load(images *set);
void images_free(images *set);
/* Pixels first to first + count - 1 as numbers from 0 to 1. */
void images_batch(const images *set, int64_t first, int64_t count, float *out);

/* ---- digests.c --------------------------------------------------------------------------------------------------- */

/* One parameter as read back from a device. */
typedef struct value {
    char path[64];
    int rank;
    int64_t dims[NSC_MAX_RANK];
    size_t count;
    float *elements;
    char digest[65];
} value;

typedef struct values {
    size_t count;
    int failed; /* the walk stopped early */
    value each[MAX_PARAMETERS];
} values;

int values_read(nsc_block *net, values *all);
void values_free(values *all);
/* Compares with examples/data/digests.txt and prints each digest. */
int values_check(const values *all, const char *set_name);
int values_equal(const values *a, const values *b);

/* ---- layer.c ----------------------------------------------------------------------------------------------------- */

/* What the OpenCL layer named by OPENCL_LAYERS has counted since the last reset. */
typedef struct layer_counts {
    unsigned long long uploads, launches, builds;
} layer_counts;

/* 0 when no such layer is in this process. */
int layer_reset(void);
int layer_read(layer_counts *counts);

/* ---- pass.c ------------------------------------------------------------------------------------------------------ */

/* What one device gave. */
typedef struct pass {
    char title[192];
    values parameters;
    float *outputs;        /* (images, CLASSES) */
    double first, seconds; /* the first batch, which also plans and builds kernels, and all the others */
    int64_t steady_images; /* of all the others */
} pass;

/* choice is as in NASCENT_BACKEND, or NULL for what the environment says. tell is 1 to print the net's states. */
int pass_run(const char *choice, const images *set, int tell, pass *result);
void pass_free(pass *result);

/* ---- agreement.c ------------------------------------------------------------------------------------------------- */

/* The net in double precision with the largest error that float32 may make, compared with every pass. */
int agreement_check(const images *set, const pass *passes, size_t count);

/* A line that replaces itself on a terminal; elsewhere one line for each quarter. */
void progress(const char *what, int64_t done, int64_t total);
double seconds_now(void);

#endif
