/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *nsc_shape_text(char text[NSC_SHAPE_TEXT], int rank, const int64_t *dims)
{
    size_t used = 0;
    if (rank < 0)
        return strcpy(text, "(?)");
    used += (size_t)snprintf(text, NSC_SHAPE_TEXT, "(");
    for (int i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, NSC_SHAPE_TEXT - used, "%s%" PRId64, i == 0 ? "" : ", ", dims[i]);
    snprintf(text + used, NSC_SHAPE_TEXT - used, ")");
    return text;
}

bool nsc_shape_count(int rank, const int64_t *dims, uint64_t *count)
{
    uint64_t product = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return false;
        empty = empty || dims[i] == 0;
        if (dims[i] > 0 && __builtin_mul_overflow(product, (uint64_t)dims[i], &product))
            return false;
    }
    *count = empty ? 0 : product;
    return product <= INT64_MAX;
}

bool nsc_shape_known(int rank, const int64_t *dims)
{
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0)
            return false;
    return rank >= 0;
}

bool nsc_shape_equal(int rank, const int64_t *a, const int64_t *b)
{
    return rank <= 0 || memcmp(a, b, (size_t)rank * sizeof *a) == 0;
}

void nsc_shape_strides(int rank, const int64_t *dims, int64_t *strides)
{
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = step;
        step *= dims[i] > 0 ? dims[i] : 1;
    }
}
