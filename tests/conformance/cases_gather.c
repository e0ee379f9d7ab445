/* SPDX-License-Identifier: Apache-2.0 */
/* Lines by index: the bits of the source, wherever its elements and the indices lie, and nothing else written. */
#include <string.h>

#include "conformance.h"

static const struct shape {
    int64_t outer, n, count, inner;
} shapes[] = {{1, 1, 1, 1}, {3, 17, 31, 13}, {1, 5003, 997, 1}, {2, 1009, 61, 129}, {5003, 10, 1, 1}, {1, 7, 4099, 3}};

/* Indices from below 0 to behind n - 1 where the dtype has them, and its ends. */
static void fill_indices(nsc_dtype dtype, uint32_t *words, int64_t count, int64_t n)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t word = words[i];

        words[i] = word % (uint32_t)(n + 4) - (dtype == NSC_INT32 ? 2 : 0);
        if (word % 11 == 0)
            words[i] = word % 2 ? 0x80000000u : dtype == NSC_INT32 ? 0x7fffffffu : 0xffffffffu;
    }
}

static int64_t index_of(nsc_dtype dtype, const void *indices, int64_t at, int64_t n)
{
    int64_t index;

    if (dtype == NSC_UINT8)
        index = ((const uint8_t *)indices)[at];
    else if (dtype == NSC_UINT32)
        index = ((const uint32_t *)indices)[at];
    else
        index = ((const int32_t *)indices)[at];
    return index < 0 ? 0 : index >= n ? n - 1 : index;
}

static uint32_t *words_of(target *t, int stream, int64_t count)
{
    uint32_t *made = memory(t, (size_t)count * sizeof *made);

    nsc_random_fill(NSC_RANDOM_WORDS, t->seed + (uint64_t)stream, t->name, 0, (size_t)count, 0, 0, made);
    return made;
}

static const char *const shape_names[] = {"1x1x1x1",    "3x17x31x13", "1x5003x997x1", "2x1009x61x129", "5003x10x1x1",
                                          "1x7x4099x3", NULL};
/* The layouts of the source and of the output. */
static const struct layouts {
    layout source, output;
} layouts[] = {{LAYOUT_ROWS, LAYOUT_ROWS},       {LAYOUT_PADDED, LAYOUT_PADDED},
               {LAYOUT_REORDERED, LAYOUT_ROWS},  {LAYOUT_REVERSED, LAYOUT_REORDERED},
               {LAYOUT_REPEATED, LAYOUT_PADDED}, {LAYOUT_SPACED, LAYOUT_SPACED},
               {LAYOUT_FAR, LAYOUT_FAR}};
static const char *const layout_names[] = {"rows",     "padded", "reordered", "reversed",
                                           "repeated", "spaced", "far",       NULL};
static const char *const operations[] = {"by_int32", "by_uint32", "by_uint8", NULL};

static void gather(target *t, const int *class)
{
    const struct shape *s = &shapes[class[SHAPE]];
    const nsc_dtype dtype = stored_dtypes[class[DTYPE]], index_dtype = stored_dtypes[class[OPERATION] + 1];
    const int64_t from[3] = {s->outer, s->n, s->inner}, to[3] = {s->outer, s->count, s->inner};
    const size_t size = nsc_dtype_size(dtype);
    const layout how = layouts[class[STRIDES]].source;
    nsc_backend_gather operation = {.struct_size = NSC_BACKEND_GATHER_SIZE,
                                    .kind = NSC_BACKEND_GATHER,
                                    .source = view_of(0, dtype, 3, from),
                                    .indices = view_of(1, index_dtype, 1, &s->count),
                                    .output = view_of(2, dtype, 3, to)};

    if (!offers(t, NSC_BACKEND_GATHER)) {
        skip(t, "the device does not offer gather");
        return;
    }
    int64_t source_room = lay_out(&operation.source, how),
            room = lay_out(&operation.output, layouts[class[STRIDES]].output);
    int64_t index_room =
        lay_out(&operation.indices, how == LAYOUT_REVERSED || how == LAYOUT_REPEATED ? how : LAYOUT_PADDED);
    unsigned char *source = (unsigned char *)words_of(t, 0, source_room);
    uint32_t *indices = words_of(t, 1, index_room);
    unsigned char *want = memory(t, (size_t)room * size), *got = memory(t, (size_t)room * size);

    fill_indices(index_dtype, indices, index_room, s->n);
    memset(want, 0x5A, (size_t)room * size);
    nsc_tensor *operands[3] = {tensor(t, dtype, source_room, source), tensor(t, index_dtype, index_room, indices),
                               tensor(t, dtype, room, want)};

    if (!run(t, &operation, operands, 3, NULL, 0) || !read_back(t, operands[2], got))
        return;
    for (int64_t at = 0; at < s->outer * s->count * s->inner; at++) {
        int64_t i = at % s->inner, c = at / s->inner % s->count, o = at / s->inner / s->count;
        int64_t j = index_of(index_dtype, indices, element_at(&operation.indices, c), s->n);

        memcpy(want + (size_t)element_at(&operation.output, at) * size,
               source + (size_t)element_at(&operation.source, (o * s->n + j) * s->inner + i) * size, size);
    }
    for (size_t at = 0; at < (size_t)room * size; at++)
        if (got[at] != want[at]) {
            fail(t, "byte %zu of element %zu of the buffer is %02x, expected %02x", at % size, at / size, got[at],
                 want[at]);
            return;
        }
}

/* Far strides need an outer dim of 1. The largest shape is of two dtypes alone. */
static bool is_case(const int *class)
{
    return (layouts[class[STRIDES]].source != LAYOUT_FAR || shapes[class[SHAPE]].outer == 1) &&
           (shapes[class[SHAPE]].n != 1009 || class[DTYPE] == F32 || class[DTYPE] == U8);
}

static const conformance_table tables[] = {
    {"gather", gather, {operations, shape_names, layout_names, stored_dtype_names}, is_case},
    {0},
};

const conformance_group group_gather = {.tables = tables};
