/* SPDX-License-Identifier: Apache-2.0 */
/* The layer as the loader has loaded it: the same object again, by its path. */
#include "client.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void layer_find(layer_client *layer)
{
    const struct {
        const char *name;
        void *function;
    } entries[] = {{"nsc_layer_count", &layer->count},   {"nsc_layer_reset", &layer->reset},
                   {"nsc_layer_fail", &layer->set},      {"nsc_layer_failed", &layer->failed},
                   {"nsc_layer_record", &layer->record}, {"nsc_layer_sites", &layer->sites},
                   {"nsc_layer_held", &layer->held},     {"nsc_layer_claim_gpu", &layer->claim_gpu},
                   {"nsc_layer_spoil", &layer->spoil},   {"nsc_layer_spoilt", &layer->spoilt}};
    const char *path = getenv("OPENCL_LAYERS");
    void *object = path ? dlopen(path, RTLD_NOW) : NULL;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *found = object ? dlsym(object, entries[i].name) : NULL;
        if (!found) {
            fprintf(stderr, "%s: %s\n", path ? path : "OPENCL_LAYERS is not set", path ? dlerror() : "no layer");
            exit(EXIT_FAILURE);
        }
        *(void **)entries[i].function = found;
    }
}

unsigned long long layer_counted(const layer_client *layer, const char *name)
{
    unsigned long long value = 0;
    ck_assert_msg(layer->count(name, &value), "the layer has no count of %s, or is not loaded", name);
    return value;
}
