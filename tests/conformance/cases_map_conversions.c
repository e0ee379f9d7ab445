/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of every dtype to every other, and their bits, on every kind of strides. */
#include <string.h>

#include "samples.h"

static const struct shape {
    uint32_t rank;
    int64_t dims[4];
} shapes[] = {{0, {0}}, {1, {1}}, {1, {4099}}, {2, {37, 53}}, {4, {3, 5, 7, 2}}};
static const char *const shape_names[] = {"scalar", "1", "4099", "37x53", "3x5x7x2", NULL};
static const char *const target_names[] = {"to_float32", "to_int32", "to_uint32", "to_uint8", "bits", NULL};
enum { BITS = 4 };

/* An element as float, as LOAD has it: integers are rounded once. */
static float loaded(const unsigned char *data, int dtype, int64_t at)
{
    uint32_t word = data[at];
    float number;

    if (dtype != U8)
        memcpy(&word, data + 4 * at, 4);
    memcpy(&number, &word, 4);
    return dtype == F32 ? number : dtype == I32 ? (float)(int32_t)word : (float)word;
}

/* What is stored is integral for integers, so a double holds it. */
static double stored(const unsigned char *data, int dtype, int64_t at)
{
    uint32_t word = data[at];

    if (dtype == F32 || dtype == U8)
        return loaded(data, dtype, at);
    memcpy(&word, data + 4 * at, 4);
    return dtype == I32 ? (double)(int32_t)word : (double)word;
}

/* Words whose low and high bytes both matter; floats that integers hold, and some that they do not. */
static unsigned char *source_data(target *t, int dtype, int64_t room)
{
    unsigned char *data = memory(t, (size_t)room * 4);
    uint64_t state = t->seed * 17 + nsc_hash_path(t->name);

    for (int64_t i = 0; i < room; i++) {
        float number = draw(&state, 4) ? draw_float(&state) * (draw(&state, 2) ? 100.0f : 1e9f) : draw_float(&state);
        uint32_t word = draw(&state, 2) ? draw(&state, 300) - (dtype == I32 ? 150 : 0)
                                        : draw(&state, 65536) << 16 | draw(&state, 65536);

        if (dtype == U8)
            data[i] = (unsigned char)word;
        else
            memcpy(data + 4 * i, dtype == F32 ? (const void *)&number : (const void *)&word, 4);
    }
    return data;
}

static void check(target *t, const nsc_backend_map *map, int from, int to, bool raw, const unsigned char *source,
                  const unsigned char *before, const unsigned char *got, int64_t room)
{
    const nsc_backend_view *in = &map->inputs[0], *out = &map->outputs[0];
    const size_t size = nsc_dtype_size(stored_dtypes[to]);
    unsigned char *written = memory(t, (size_t)room);

    for (int64_t i = 0; i < element_count(out->rank, out->dims); i++) {
        const int64_t a = element_at(in, i), b = element_at(out, i);
        const range r = range_stored(range_of(loaded(source, from, a)), stored_dtypes[to]);

        written[b] = 1;
        if (raw ? memcmp(got + (size_t)b * size, source + (size_t)a * size, size) != 0
                : !range_has(&r, stored(got, to, b))) {
            fail(t, "element %lld, %.17g, became %.17g", (long long)i, stored(source, from, a), stored(got, to, b));
            return;
        }
    }
    for (int64_t i = 0; i < room; i++)
        if (!written[i] && memcmp(got + (size_t)i * size, before + (size_t)i * size, size) != 0) {
            fail(t, "element %lld of the buffer was written, and is none of the output", (long long)i);
            return;
        }
}

static void convert(target *t, const int *class)
{
    const struct shape *s = &shapes[class[SHAPE]];
    const bool raw = class[OPERATION] == BITS;
    const int from = class[DTYPE], to = raw ? from : class[OPERATION];
    const layout source = (layout) class[STRIDES], destination = source < LAYOUT_REVERSED ? source : LAYOUT_SPACED;
    expression e;

    expression_start(&e, 1, 1, 0);
    expression_add(&e, raw ? NSC_OP_LOAD_RAW : NSC_OP_LOAD, 0);
    expression_add(&e, raw ? NSC_OP_STORE_RAW : NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, stored_dtypes[from], s->rank, s->dims);
    map.outputs[0] = view_of(1, stored_dtypes[to], s->rank, s->dims);
    const int64_t in_room = lay_out(&map.inputs[0], source), room = lay_out(&map.outputs[0], destination);
    unsigned char *data = source_data(t, from, in_room), *before = memory(t, (size_t)room * 4);
    unsigned char *got = memory(t, (size_t)room * 4);

    memset(before, 0x5A, (size_t)room * 4);
    nsc_tensor *operands[2] = {tensor(t, stored_dtypes[from], in_room, data),
                               tensor(t, stored_dtypes[to], room, before)};

    if (run(t, &map, operands, 2, NULL, 0) && read_back(t, operands[1], got))
        check(t, &map, from, to, raw, data, before, got, room);
}

static bool is_case(const int *class)
{
    const uint32_t rank = shapes[class[SHAPE]].rank;

    return class[STRIDES] == LAYOUT_ROWS || rank > 1 ||
           (rank == 1 && class[STRIDES] != LAYOUT_REORDERED && class[STRIDES] != LAYOUT_WINDOWS);
}

static const conformance_table tables[] = {
    {"map_convert", convert, {target_names, shape_names, source_layouts, stored_dtype_names}, is_case},
    {0},
};

const conformance_group group_map_conversions = {.tables = tables};
