/* SPDX-License-Identifier: Apache-2.0 */
/* The native generator: the same bits as the host's, whole or in slices, its stream fixed or given at launch. */
#include <stdio.h>
#include <string.h>

#include "conformance.h"

static const struct fill {
    nsc_distribution distribution;
    uint64_t first;
    int64_t count, offset;
    float scale, shift;
} fills[] = {
    {NSC_RANDOM_WORDS, 0, 1, 0, 1, 0},
    {NSC_RANDOM_WORDS, 3, 1030, 7, 1, 0},
    {NSC_RANDOM_WORDS, (UINT64_C(1) << 34) + 2, 4099, 0, 1, 0},
    {NSC_RANDOM_UNIFORM, 0, 100000, 0, 1, 0},
    {NSC_RANDOM_UNIFORM, 5, 1001, 3, 0.14f, -0.07f},
    {NSC_RANDOM_UNIFORM, 0, 4096, 0, 1e-38f, 0},
    {NSC_RANDOM_NORMAL, 0, 100000, 0, 1, 0},
    {NSC_RANDOM_NORMAL, 2, 1001, 1, 0.01f, 0.5f},
    {NSC_RANDOM_NORMAL, 0, 4096, 0, 1e-38f, 0},
    {NSC_RANDOM_NORMAL, (UINT64_C(1) << 34) + 1, 4099, 0, 0.02f, 0},
    {NSC_RANDOM_TRUNCATED_NORMAL, 0, 100000, 0, 1, 0},
    {NSC_RANDOM_TRUNCATED_NORMAL, 2, 1001, 1, 0.01f, 0.5f},
    {NSC_RANDOM_TRUNCATED_NORMAL, 0, 4096, 0, 1e-38f, 0},
    {NSC_RANDOM_TRUNCATED_NORMAL, (UINT64_C(1) << 34) + 1, 4099, 0, 0.02f, 0},
};

static void native(target *t, int number)
{
    const struct fill *f = &fills[number];
    int64_t room = f->count + f->offset + 5;
    uint32_t *want = memory(t, (size_t)room * 4), *got = memory(t, (size_t)room * 4);
    nsc_dtype dtype = f->distribution == NSC_RANDOM_WORDS ? NSC_UINT32 : NSC_FLOAT32;

    if (!offers(t, NSC_BACKEND_RANDOM)) {
        skip(t, "the device does not offer random");
        return;
    }
    memset(want, 0x5A, (size_t)room * 4);
    nsc_tensor *operands[1] = {tensor(t, dtype, room, want)};
    nsc_backend_random operation = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                    .kind = NSC_BACKEND_RANDOM,
                                    .distribution = f->distribution,
                                    .seed = t->seed,
                                    .stream = nsc_hash_path(t->name),
                                    .first = f->first,
                                    .scale = f->scale,
                                    .shift = f->shift,
                                    .output = view_of(0, dtype, 1, &f->count)};

    operation.output.offset = f->offset;
    if (!run(t, &operation, operands, 1, NULL, 0) || !read_back(t, operands[0], got))
        return;
    nsc_random_fill(f->distribution, t->seed, t->name, f->first, (size_t)f->count, f->scale, f->shift,
                    want + f->offset);
    for (int64_t i = 0; i < room; i++)
        if (got[i] != want[i]) {
            fail(t, "element %lld is %08x, expected %08x", (long long)i, got[i], want[i]);
            return;
        }
}

/* number: the distribution. The same operation with the streams of several paths, as the bits of two scalars. */
static void streams(target *t, int number)
{
    enum { COUNT = 1003, OFFSET = 3, ROOM = COUNT + 2 * OFFSET, PATHS = 6 };
    const int64_t count = COUNT;
    nsc_dtype dtype = number == NSC_RANDOM_WORDS ? NSC_UINT32 : NSC_FLOAT32;
    nsc_statistics before = {0}, after = {0};
    nsc_backend_random operation = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                    .kind = NSC_BACKEND_RANDOM,
                                    .distribution = (uint32_t)number,
                                    .seed = t->seed,
                                    .first = 7,
                                    .scale = 0.5f,
                                    .shift = 0.25f,
                                    .stream_scalars = 1,
                                    .output = view_of(0, dtype, 1, &count)};
    uint32_t want[ROOM], got[ROOM];

    operation.output.offset = OFFSET;
    if (!offers(t, NSC_BACKEND_RANDOM)) {
        skip(t, "the device does not offer random");
        return;
    }
    for (int i = 0; i < PATHS; i++) {
        char path[160];

        snprintf(path, sizeof path, "%s.%d", t->name, i);
        const uint64_t stream = nsc_hash_path(path);
        const uint32_t words[2] = {(uint32_t)stream, (uint32_t)(stream >> 32)};
        float scalars[2];

        memcpy(scalars, words, sizeof scalars);
        memset(want, 0x5A, sizeof want);
        nsc_tensor *operands[1] = {tensor(t, dtype, ROOM, want)};

        if (!run(t, &operation, operands, 1, scalars, 2) || !read_back(t, operands[0], got))
            return;
        nsc_random_fill((nsc_distribution)number, t->seed, path, operation.first, COUNT, operation.scale,
                        operation.shift, want + OFFSET);
        for (int at = 0; at < ROOM; at++)
            if (got[at] != want[at]) {
                fail(t, "stream %d: element %d is %08x, expected %08x", i, at, got[at], want[at]);
                return;
            }
        nsc_context_statistics(t->context, &after, sizeof after);
        if (i > 0 && after.programs_built != before.programs_built)
            fail(t, "stream %d was built for", i);
        before = after;
    }
}

const conformance_case cases_random[] = {
    {"random", "words_one", native, 0},
    {"random", "words_slice", native, 1},
    {"random", "words_far", native, 2},
    {"random", "uniform", native, 3},
    {"random", "uniform_scaled", native, 4},
    {"random", "uniform_subnormal", native, 5},
    {"random", "normal", native, 6},
    {"random", "normal_scaled", native, 7},
    {"random", "normal_subnormal", native, 8},
    {"random", "normal_far", native, 9},
    {"random", "truncated_normal", native, 10},
    {"random", "truncated_normal_scaled", native, 11},
    {"random", "truncated_normal_subnormal", native, 12},
    {"random", "truncated_normal_far", native, 13},
    {"random", "words_streams", streams, NSC_RANDOM_WORDS},
    {"random", "uniform_streams", streams, NSC_RANDOM_UNIFORM},
    {"random", "normal_streams", streams, NSC_RANDOM_NORMAL},
    {"random", "truncated_normal_streams", streams, NSC_RANDOM_TRUNCATED_NORMAL},
    {0},
};
