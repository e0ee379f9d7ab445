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

/* number: shape + 10 * layout of the source + 100 * layout of the output + 1000 * dtype + 10000 * dtype of the indices,
 * both as places in dtypes. */
static void gather(target *t, int number)
{
    static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
    const struct shape *s = &shapes[number % 10];
    const nsc_dtype dtype = dtypes[number / 1000 % 10], index_dtype = dtypes[number / 10000];
    const int64_t from[3] = {s->outer, s->n, s->inner}, to[3] = {s->outer, s->count, s->inner};
    const size_t size = nsc_dtype_size(dtype);
    const layout how = (layout)(number / 10 % 10);
    nsc_backend_gather operation = {.struct_size = NSC_BACKEND_GATHER_SIZE,
                                    .kind = NSC_BACKEND_GATHER,
                                    .source = view_of(0, dtype, 3, from),
                                    .indices = view_of(1, index_dtype, 1, &s->count),
                                    .output = view_of(2, dtype, 3, to)};

    if (!offers(t, NSC_BACKEND_GATHER)) {
        skip(t, "the device does not offer gather");
        return;
    }
    int64_t source_room = lay_out(&operation.source, how), room = lay_out(&operation.output, number / 100 % 10);
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

enum { F32, I32, U32, U8 };
#define CASE(NAME, SHAPE, SOURCE, OUTPUT, DTYPE, INDEX)                                           \
    {                                                                                             \
        "gather", NAME, gather, SHAPE + 10 * SOURCE + 100 * OUTPUT + 1000 * DTYPE + 10000 * INDEX \
    }
#define EACH_SHAPE(NAME, SOURCE, OUTPUT, DTYPE, INDEX)                                                                 \
    CASE(NAME "_1x1x1x1", 0, SOURCE, OUTPUT, DTYPE, INDEX), CASE(NAME "_3x17x31x13", 1, SOURCE, OUTPUT, DTYPE, INDEX), \
        CASE(NAME "_1x5003x997x1", 2, SOURCE, OUTPUT, DTYPE, INDEX),                                                   \
        CASE(NAME "_2x1009x61x129", 3, SOURCE, OUTPUT, DTYPE, INDEX),                                                  \
        CASE(NAME "_5003x10x1x1", 4, SOURCE, OUTPUT, DTYPE, INDEX),                                                    \
        CASE(NAME "_1x7x4099x3", 5, SOURCE, OUTPUT, DTYPE, INDEX)

const conformance_case cases_gather[] = {
    EACH_SHAPE("f32_i32", LAYOUT_ROWS, LAYOUT_ROWS, F32, I32),
    EACH_SHAPE("f32_u32", LAYOUT_PADDED, LAYOUT_PADDED, F32, U32),
    EACH_SHAPE("u8_u8", LAYOUT_REORDERED, LAYOUT_ROWS, U8, U8),
    EACH_SHAPE("f32_i32_reversed", LAYOUT_REVERSED, LAYOUT_REORDERED, F32, I32),
    EACH_SHAPE("i32_u32_repeated", LAYOUT_REPEATED, LAYOUT_PADDED, I32, U32),
    CASE("u32_i32", 1, LAYOUT_REORDERED, LAYOUT_PADDED, U32, I32),
    CASE("u32_u8", 1, LAYOUT_PADDED, LAYOUT_ROWS, U32, U8),
    CASE("i32_u8", 3, LAYOUT_ROWS, LAYOUT_REORDERED, I32, U8),
    CASE("u8_i32", 3, LAYOUT_REVERSED, LAYOUT_PADDED, U8, I32),
    CASE("u8_u32", 5, LAYOUT_REPEATED, LAYOUT_ROWS, U8, U32),
    CASE("f32_i32_far", 2, LAYOUT_FAR, LAYOUT_FAR, F32, I32),
    CASE("f32_u32_far", 5, LAYOUT_FAR, LAYOUT_FAR, F32, U32),
    CASE("u8_u8_far", 5, LAYOUT_FAR, LAYOUT_ROWS, U8, U8),
    {0},
};
