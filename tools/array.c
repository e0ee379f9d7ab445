/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about arrays. */
#include "array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "say.h"
#include "values.h"

double nsc_array_value(const void *values, nsc_dtype dtype, size_t at)
{
    switch (dtype) {
    case NSC_INT32:
        return ((const int32_t *)values)[at];
    case NSC_UINT32:
        return ((const uint32_t *)values)[at];
    case NSC_UINT8:
        return ((const uint8_t *)values)[at];
    default: /* no tensor has another type yet */
        return (double)((const float *)values)[at];
    }
}

nsc_array_facts nsc_array_look(const void *values, nsc_dtype dtype, size_t count)
{
    nsc_array_facts facts = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double value = nsc_array_value(values, dtype, i);
        if (isnan(value)) {
            facts.nan++;
        } else if (isinf(value)) {
            facts.infinite++;
        } else {
            facts.min = facts.finite == 0 || value < facts.min ? value : facts.min;
            facts.max = facts.finite == 0 || value > facts.max ? value : facts.max;
            facts.finite++;
            sum += value;
        }
    }
    facts.mean = facts.finite > 0 ? sum / (double)facts.finite : 0;
    return facts;
}

int nsc_array_is_finite(const char *place, const void *values, nsc_dtype dtype, int rank, const int64_t *dims)
{
    int64_t index[NSC_MAX_RANK];
    char text[256];
    size_t count = 1, at = 0;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    while (at < count && isfinite(nsc_array_value(values, dtype, at)))
        at++;
    if (at == count)
        return 1;
    size_t rest = at;
    for (int i = rank - 1; i >= 0; i--) {
        index[i] = (int64_t)(rest % (size_t)dims[i]);
        rest /= (size_t)dims[i];
    }
    const double wrong = nsc_array_value(values, dtype, at);
    const char *value = isnan(wrong) ? "nan" : wrong < 0 ? "-inf" : "inf";
    nsc_say_failed(
        "%s: the element at %s is %s, and --check-finite is given; make it finite, or leave --check-finite out", place,
        nsc_shape_text(rank, index, text, sizeof text), value);
    return 0;
}

const nsc_array *nsc_array_open(const char *file, nsc_archive **archive)
{
    if (nsc_archive_open(file, archive) != NSC_OK) {
        nsc_say_refused("give --input an npy file of float32, as numpy.save(file, x.astype('float32')) writes it");
        return NULL;
    }
    if (strcmp(nsc_archive_format(*archive), "npy") == 0)
        return nsc_archive_array(*archive, 0);
    nsc_say_failed("%s: this is a file of named arrays (%s), --input; give an npy file, with one array", file,
                   nsc_archive_format(*archive));
    return NULL;
}
