/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in host memory, of any type that tensors have, as nascent forward looks at them. */
#ifndef NASCENT_TOOLS_ARRAY_H
#define NASCENT_TOOLS_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

typedef struct nsc_array_facts {
    uint64_t finite, nan, infinite; /* how many elements are so */
    double min, mean, max;          /* of the finite ones; 0 where there are none */
} nsc_array_facts;
nsc_array_facts nsc_array_look(const void *values, nsc_dtype dtype, size_t count);
double nsc_array_value(const void *values, nsc_dtype dtype, size_t at);

/* 1: all elements are finite. 0: the first that is not was said, as an element of what is in `place`. */
int nsc_array_is_finite(const char *place, const void *values, nsc_dtype dtype, int rank, const int64_t *dims);

/* Reads a file with one npy array. The caller closes *archive, which owns the array. NULL: said. */
const nsc_array *nsc_array_open(const char *file, nsc_archive **archive);

#endif
