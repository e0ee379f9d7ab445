/* SPDX-License-Identifier: Apache-2.0 */
/* Between strided views and the lanes of a block, with the conversions of LOAD and STORE. */
#include <string.h>

#include "reference.h"

int64_t reference_elements(uint32_t rank, const int64_t *dims)
{
    int64_t count = 1;

    for (uint32_t d = 0; d < rank; d++)
        count *= dims[d];
    return count;
}

static size_t element_size(const nsc_backend_view *view)
{
    return view->dtype.bits / 8;
}

void *reference_data(const reference_launch *launch, const nsc_backend_view *view)
{
    const nsc_backend_binding *binding = &launch->bindings[view->buffer];

    return binding->buffer->data + binding->offset + view->offset * (int64_t)element_size(view);
}

/* A walk over the elements of a block in runs along the last dim. */
typedef struct walk {
    const reference_block *block;
    const int64_t *strides;
    int64_t position[NSC_BACKEND_MAX_RANK];
    int64_t offset; /* of the element at position */
    uint32_t done;
} walk;

static walk walk_start(const reference_block *block, const int64_t *strides)
{
    walk w = {.block = block, .strides = strides};
    int64_t rest = block->start;

    for (uint32_t d = block->rank; d-- > 0;) {
        w.position[d] = rest % block->dims[d];
        rest /= block->dims[d];
        w.offset += w.position[d] * strides[d];
    }
    return w;
}

/* The length and stride of the next run, which starts at *offset; 0 at the end. */
static uint32_t walk_next(walk *w, int64_t *offset, int64_t *stride)
{
    uint32_t left = w->block->count - w->done;

    *offset = w->offset;
    *stride = 0;
    if (left == 0 || w->block->rank == 0) {
        w->done = w->block->count;
        return left;
    }
    uint32_t d = w->block->rank - 1;
    int64_t room = w->block->dims[d] - w->position[d];
    uint32_t run = room < left ? (uint32_t)room : left;

    *stride = w->strides[d];
    w->done += run;
    w->position[d] += run;
    w->offset += run * w->strides[d];
    while (d > 0 && w->position[d] == w->block->dims[d]) {
        w->offset -= w->position[d] * w->strides[d];
        w->position[d] = 0;
        d--;
        w->position[d]++;
        w->offset += w->strides[d];
    }
    return run;
}

static void load_run(const nsc_backend_view *view, const unsigned char *data, int64_t stride, uint32_t count,
                     float *out)
{
    if (view->dtype.code == NSC_BACKEND_FLOAT) {
        const float *source = (const float *)(const void *)data;

        for (uint32_t i = 0; i < count; i++)
            out[i] = source[i * stride];
    } else if (view->dtype.code == NSC_BACKEND_INT) {
        const int32_t *source = (const int32_t *)(const void *)data;

        for (uint32_t i = 0; i < count; i++)
            out[i] = (float)source[i * stride];
    } else if (view->dtype.bits == 32) {
        const uint32_t *source = (const uint32_t *)(const void *)data;

        for (uint32_t i = 0; i < count; i++)
            out[i] = (float)source[i * stride];
    } else {
        for (uint32_t i = 0; i < count; i++)
            out[i] = (float)data[i * stride];
    }
}

/* Truncated toward zero, saturated, 0 for NaN. */
static int32_t to_int32(float value)
{
    if (value != value)
        return 0;
    if (value >= 0x1p31f)
        return INT32_MAX;
    if (value < -0x1p31f)
        return INT32_MIN;
    return (int32_t)value;
}

static uint32_t to_uint32(float value, float end, uint32_t last)
{
    if (!(value > 0.0f))
        return 0;
    if (value >= end)
        return last;
    return (uint32_t)value;
}

static void store_run(const nsc_backend_view *view, unsigned char *data, int64_t stride, uint32_t count,
                      const float *in)
{
    if (view->dtype.code == NSC_BACKEND_FLOAT) {
        float *target = (float *)(void *)data;

        for (uint32_t i = 0; i < count; i++)
            target[i * stride] = in[i];
    } else if (view->dtype.code == NSC_BACKEND_INT) {
        int32_t *target = (int32_t *)(void *)data;

        for (uint32_t i = 0; i < count; i++)
            target[i * stride] = to_int32(in[i]);
    } else if (view->dtype.bits == 32) {
        uint32_t *target = (uint32_t *)(void *)data;

        for (uint32_t i = 0; i < count; i++)
            target[i * stride] = to_uint32(in[i], 0x1p32f, UINT32_MAX);
    } else {
        for (uint32_t i = 0; i < count; i++)
            data[i * stride] = (unsigned char)to_uint32(in[i], 256.0f, 255);
    }
}

void reference_load(const reference_launch *launch, const nsc_backend_view *view, const reference_block *block,
                    bool raw, reference_lane *lane)
{
    const unsigned char *data = reference_data(launch, view);
    int64_t size = (int64_t)element_size(view), offset, stride;
    walk w = walk_start(block, view->strides);
    uint32_t at = 0;

    for (uint32_t run; (run = walk_next(&w, &offset, &stride)) > 0; at += run) {
        const unsigned char *source = data + offset * size;

        if (!raw) {
            load_run(view, source, stride, run, lane->f + at);
            continue;
        }
        for (uint32_t i = 0; i < run; i++) {
            if (size == 1)
                lane->raw[at + i] = source[i * stride];
            else
                memcpy(&lane->raw[at + i], source + i * stride * size, 4);
        }
    }
}

void reference_store(const reference_launch *launch, const nsc_backend_view *view, const reference_block *block,
                     bool raw, const reference_lane *lane)
{
    unsigned char *data = reference_data(launch, view);
    int64_t size = (int64_t)element_size(view), offset, stride;
    walk w = walk_start(block, view->strides);
    uint32_t at = 0;

    for (uint32_t run; (run = walk_next(&w, &offset, &stride)) > 0; at += run) {
        unsigned char *target = data + offset * size;

        if (!raw) {
            store_run(view, target, stride, run, lane->f + at);
            continue;
        }
        for (uint32_t i = 0; i < run; i++) {
            if (size == 1)
                target[i * stride] = (unsigned char)lane->raw[at + i];
            else
                memcpy(target + i * stride * size, &lane->raw[at + i], 4);
        }
    }
}
