/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of the OpenCL layer in this process. The loader opens the file that OPENCL_LAYERS names; opening the same
 * path again gives the same counters. */
#include "parts.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    void *library;
    int (*count)(const char *name, unsigned long long *value);
    void (*reset)(void);
} layer;

/* ISO C has no conversion from an object pointer to a function pointer; POSIX promises that the bytes are the same. */
static int find(const char *name, void *function)
{
    void *symbol = dlsym(layer.library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static int open_layer(void)
{
    const char *path = getenv("OPENCL_LAYERS");
    if (layer.library || !path || !*path)
        return layer.library != NULL;
    layer.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (layer.library && find("nsc_layer_count", &layer.count) && find("nsc_layer_reset", &layer.reset))
        return 1;
    fprintf(stderr, "OPENCL_LAYERS: %s is not the counting layer of the tests\n", path);
    if (layer.library)
        dlclose(layer.library);
    layer.library = NULL;
    return 0;
}

int layer_reset(void)
{
    if (!open_layer())
        return 0;
    layer.reset();
    return 1;
}

int layer_read(layer_counts *counts)
{
    /* 0 also when this process has not loaded OpenCL. */
    return layer.count("uploads", &counts->uploads) && layer.count("launches", &counts->launches) &&
           layer.count("builds", &counts->builds);
}
