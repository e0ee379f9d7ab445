/* SPDX-License-Identifier: Apache-2.0 */
/* gather: lines of the source by index. */
#include <string.h>

#include "reference.h"

/* An index of any of the three dtypes, into 0 to last. */
static int64_t index_at(const nsc_backend_view *view, const unsigned char *data, int64_t element, int64_t last)
{
    int64_t index;

    if (view->dtype.bits == 8)
        index = data[element];
    else if (view->dtype.code == NSC_BACKEND_INT)
        index = ((const int32_t *)(const void *)data)[element];
    else
        index = ((const uint32_t *)(const void *)data)[element];
    return index < 0 ? 0 : index > last ? last : index;
}

void reference_gather(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_gather *gather = &step->operation.gather;
    const nsc_backend_view *source = &gather->source, *indices = &gather->indices, *output = &gather->output;
    const unsigned char *from = reference_data(launch, source), *places = reference_data(launch, indices);
    unsigned char *to = reference_data(launch, output);
    size_t size = source->dtype.bits / 8;

    for (int64_t o = 0; o < output->dims[0]; o++) {
        for (int64_t c = 0; c < output->dims[1]; c++) {
            int64_t index = index_at(indices, places, c * indices->strides[0], source->dims[1] - 1);
            int64_t read = o * source->strides[0] + index * source->strides[1];
            int64_t written = o * output->strides[0] + c * output->strides[1];

            for (int64_t i = 0; i < output->dims[2]; i++)
                memcpy(to + (written + i * output->strides[2]) * (int64_t)size,
                       from + (read + i * source->strides[2]) * (int64_t)size, size);
        }
    }
}
