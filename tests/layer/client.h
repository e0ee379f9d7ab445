/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the layer for a test: layer.h says what they do. */
#ifndef NSC_TESTS_LAYER_CLIENT_H
#define NSC_TESTS_LAYER_CLIENT_H

#include "layer.h"

typedef struct layer_client {
    int (*count)(const char *name, unsigned long long *value);
    void (*reset)(void);
    void (*set)(const nsc_layer_fault *fault);
    const char *(*failed)(void);
    void (*record)(int on);
    size_t (*sites)(const nsc_layer_site **sites);
    const char *(*held)(int index, long *count);
    void (*claim_gpu)(int on);
    void (*spoil)(const char *text, const char *instead);
    unsigned long (*spoilt)(void);
} layer_client;

/* Takes them from the file in OPENCL_LAYERS; a program without the layer ends here. */
void layer_find(layer_client *layer);
/* The value of a count. */
unsigned long long layer_counted(const layer_client *layer, const char *name);

#endif
