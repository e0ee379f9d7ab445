/* SPDX-License-Identifier: Apache-2.0 */
/* Collapsing of dims, and packing of kernel arguments that are fixed at prepare. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

void nsc_cl_geometry_add(nsc_cl_geometry *geometry, const int64_t *strides)
{
    memcpy(geometry->strides[geometry->views++], strides, geometry->rank * sizeof *strides);
}

/* Can dim d - 1 and dim d be walked as one by every view? */
static bool joins(const nsc_cl_geometry *geometry, uint32_t d)
{
    for (uint32_t v = 0; v < geometry->views; v++)
        if (geometry->strides[v][d - 1] != geometry->strides[v][d] * geometry->dims[d])
            return false;
    return true;
}

static void drop(nsc_cl_geometry *geometry, uint32_t d)
{
    geometry->rank--;
    for (uint32_t i = d; i < geometry->rank; i++) {
        geometry->dims[i] = geometry->dims[i + 1];
        for (uint32_t v = 0; v < geometry->views; v++)
            geometry->strides[v][i] = geometry->strides[v][i + 1];
    }
}

void nsc_cl_geometry_collapse(nsc_cl_geometry *geometry)
{
    for (uint32_t d = geometry->rank; d-- > 0;)
        if (geometry->dims[d] == 1)
            drop(geometry, d);
    for (uint32_t d = geometry->rank; d-- > 1;)
        if (joins(geometry, d)) {
            geometry->dims[d] *= geometry->dims[d - 1];
            drop(geometry, d - 1);
        }
    if (geometry->rank == 0) {
        geometry->rank = 1;
        geometry->dims[0] = 1;
        for (uint32_t v = 0; v < geometry->views; v++)
            geometry->strides[v][0] = 1;
    }
}

int64_t nsc_cl_geometry_count(const nsc_cl_geometry *geometry)
{
    int64_t count = 1;
    for (uint32_t d = 0; d < geometry->rank; d++)
        count *= geometry->dims[d];
    return count;
}

bool nsc_cl_geometry_wide(const nsc_cl_geometry *geometry)
{
    const int64_t limit = INT32_MAX - 65536; /* work-items are rounded up */
    if (nsc_cl_geometry_count(geometry) > limit)
        return true;
    for (uint32_t v = 0; v < geometry->views; v++) {
        int64_t reach = 0;
        for (uint32_t d = 0; d < geometry->rank; d++) {
            int64_t stride = geometry->strides[v][d];
            reach += (geometry->dims[d] - 1) * (stride < 0 ? -stride : stride);
            if (stride > limit || stride < -limit || reach > limit)
                return true;
        }
    }
    return false;
}

bool nsc_cl_fixed_bytes(nsc_backend_step *step, const void *data, size_t bytes)
{
    unsigned char *fixed = realloc(step->fixed, step->fixed_bytes + bytes);
    if (!fixed)
        return false;
    memcpy(fixed + step->fixed_bytes, data, bytes);
    step->fixed = fixed;
    step->fixed_bytes += bytes;
    return true;
}

bool nsc_cl_fixed_numbers(nsc_backend_step *step, bool wide, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t narrow = (int32_t)numbers[i];
        if (!(wide ? nsc_cl_fixed_bytes(step, &numbers[i], 8) : nsc_cl_fixed_bytes(step, &narrow, 4)))
            return false;
    }
    return true;
}

size_t nsc_cl_group_width(const size_t items[2])
{
    const size_t inner = items[0];
    return items[1] == 1 || inner >= 192 ? 256 : inner >= 48 ? 64 : inner >= 8 ? 16 : 4;
}

void nsc_cl_operand_add(nsc_backend_step *step, const nsc_backend_view *view)
{
    step->operands[step->operand_count++] =
        (nsc_cl_operand){.buffer = view->buffer, .bytes = nsc_cl_type_bytes(view->dtype), .offset = view->offset};
}
