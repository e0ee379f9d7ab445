/* SPDX-License-Identifier: Apache-2.0 */
/* The native generator: the same bits as the host's, whole or in slices, its stream fixed or given at launch. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"
#include "philox.h"

static const struct fill {
    nsc_distribution distribution;
    float scale, shift;
} fills[] = {{NSC_RANDOM_WORDS, 1, 0},
             {NSC_RANDOM_UNIFORM, 1, 0},
             {NSC_RANDOM_UNIFORM, 0.14f, -0.07f},
             {NSC_RANDOM_UNIFORM, 1e-38f, 0},
             {NSC_RANDOM_NORMAL, 1, 0},
             {NSC_RANDOM_NORMAL, 0.01f, 0.5f},
             {NSC_RANDOM_NORMAL, 1e-38f, 0},
             {NSC_RANDOM_TRUNCATED_NORMAL, 1, 0},
             {NSC_RANDOM_TRUNCATED_NORMAL, 0.01f, 0.5f},
             {NSC_RANDOM_TRUNCATED_NORMAL, 1e-38f, 0}};
static const char *const operations[] = {"words",
                                         "uniform",
                                         "uniform_scaled",
                                         "uniform_subnormal",
                                         "normal",
                                         "normal_scaled",
                                         "normal_subnormal",
                                         "truncated_normal",
                                         "truncated_normal_scaled",
                                         "truncated_normal_subnormal",
                                         NULL};
static const int64_t counts[] = {1, 2, 3, 4, 5, 1003, 100000};
static const char *const shape_names[] = {"1", "2", "3", "4", "5", "1003", "100000", NULL};
/* The first element, and where it goes. */
static const struct slice {
    uint64_t first;
    int64_t offset;
} slices[] = {{0, 0}, {1, 3}, {2, 1}, {3, 7}, {(UINT64_C(1) << 34) + 2, 0}};
static const char *const slice_names[] = {"whole", "from_1", "from_2", "from_3", "far", NULL};

/* What the generator, written once more for this program, says of the bits of a word or of a uniform number. */
static bool agrees(target *t, const nsc_backend_random *operation, int64_t i, uint32_t got)
{
    const uint32_t word = philox_word(operation->seed, operation->stream, operation->first + (uint64_t)i);
    uint32_t want = word;

    if (operation->distribution == NSC_BACKEND_UNIFORM) {
        const float number = fmaf((float)(word >> 8) * 0x1p-24f, operation->scale, operation->shift);

        want = fabsf(number) < 0x1p-126f ? 0 : bits_of(number);
    }
    if (operation->distribution <= NSC_BACKEND_UNIFORM && got != want)
        fail(t, "element %lld is %08x, Philox gives %08x", (long long)i, got, want);
    return t->verdict == VERDICT_PASS;
}

static void native(target *t, const int *class)
{
    const struct fill *f = &fills[class[OPERATION]];
    const struct slice *s = &slices[class[STRIDES]];
    const int64_t count = counts[class[SHAPE]], room = count + s->offset + 5;
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
                                    .first = s->first,
                                    .scale = f->scale,
                                    .shift = f->shift,
                                    .output = view_of(0, dtype, 1, &count)};

    operation.output.offset = s->offset;
    if (!run(t, &operation, operands, 1, NULL, 0) || !read_back(t, operands[0], got))
        return;
    nsc_random_fill(f->distribution, t->seed, t->name, s->first, (size_t)count, f->scale, f->shift, want + s->offset);
    for (int64_t i = 0; i < room; i++) {
        const bool inside = i >= s->offset && i < s->offset + count;

        if (inside && !agrees(t, &operation, i - s->offset, got[i]))
            return;
        if (got[i] != want[i]) {
            fail(t, "element %lld is %08x, expected %08x", (long long)i, got[i], want[i]);
            return;
        }
    }
}

/* The smallest and the largest have all of the range alone. */
static bool is_case(const int *class)
{
    return class[STRIDES] < 4 || class[SHAPE] > 2;
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

/* What was published, or computed in exact arithmetic by tests/vectors/make_vectors.py: bits of seed 0, path "0.weight". */
static const struct vector {
    nsc_distribution distribution;
    uint32_t bits[9];
} vectors[] = {
    {NSC_RANDOM_WORDS,
     {0xbf9174cc, 0x1c37a6e1, 0x9a36b5e1, 0xc12df2c9, 0x6ad8b80c, 0x642453fd, 0x413d5475, 0x5d2eb7de, 0x233a71e1}},
    {NSC_RANDOM_UNIFORM,
     {0x3f3f9174, 0x3de1bd30, 0x3f1a36b5, 0x3f412df2, 0x3ed5b170, 0x3ec848a6, 0x3e827aa8, 0x3eba5d6e, 0x3e0ce9c4}},
    {NSC_RANDOM_NORMAL,
     {0x3f2e07da, 0xbf9cd7d6, 0x3fa24e21, 0x3f28f9c1, 0xbe55a28d, 0xbe8d7033, 0xbf28c9d3, 0xbeb21338, 0xbf8ba9bf}},
    {NSC_RANDOM_TRUNCATED_NORMAL,
     {0x3f24e1c4, 0xbf916b74, 0x3f961616, 0x3f202a7e, 0xbe4bc831, 0xbe86d91e, 0xbf1ffdbf, 0xbea9a95d, 0xbf826ee3}},
};

static void published(target *t, int number)
{
    enum { COUNT = 9 };
    const struct vector *v = &vectors[number];
    const nsc_dtype dtype = v->distribution == NSC_RANDOM_WORDS ? NSC_UINT32 : NSC_FLOAT32;
    const int64_t count = COUNT;
    uint32_t host[COUNT], got[COUNT] = {0};
    const nsc_backend_random operation = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                          .kind = NSC_BACKEND_RANDOM,
                                          .distribution = v->distribution,
                                          .stream = nsc_hash_path("0.weight"),
                                          .scale = 1,
                                          .output = view_of(0, dtype, 1, &count)};

    nsc_random_fill(v->distribution, 0, "0.weight", 0, COUNT, 1, 0, host);
    if (memcmp(host, v->bits, sizeof host) != 0)
        fail(t, "the host's first element is %08x, expected %08x", host[0], v->bits[0]);
    if (!offers(t, NSC_BACKEND_RANDOM))
        return; /* the device takes the host's */
    nsc_tensor *operands[1] = {tensor(t, dtype, COUNT, NULL)};

    if (!run(t, &operation, operands, 1, NULL, 0) || !read_back(t, operands[0], got))
        return;
    for (int i = 0; i < COUNT; i++)
        if (got[i] != v->bits[i])
            fail(t, "element %d is %08x, expected %08x", i, got[i], v->bits[i]);
}

/* The generator's published answer to a counter and a key of zeros. */
static void zeros(target *t, int number)
{
    static const uint32_t want[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    const int64_t count = 4;
    uint32_t got[4] = {0};
    const nsc_backend_random operation = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                          .kind = NSC_BACKEND_RANDOM,
                                          .distribution = NSC_BACKEND_WORDS,
                                          .output = view_of(0, NSC_UINT32, 1, &count)};

    (void)number;
    if (!offers(t, NSC_BACKEND_RANDOM)) {
        skip(t, "the device does not offer random");
        return;
    }
    nsc_tensor *operands[1] = {tensor(t, NSC_UINT32, 4, NULL)};

    if (run(t, &operation, operands, 1, NULL, 0) && read_back(t, operands[0], got) &&
        memcmp(got, want, sizeof want) != 0)
        fail(t, "the first word is %08x, published is %08x", got[0], want[0]);
}

static const conformance_case cases[] = {
    {"random", "philox_of_zeros", zeros, 0},
    {"random", "words_vector", published, 0},
    {"random", "uniform_vector", published, 1},
    {"random", "normal_vector", published, 2},
    {"random", "truncated_normal_vector", published, 3},
    {"random", "words_streams", streams, NSC_RANDOM_WORDS},
    {"random", "uniform_streams", streams, NSC_RANDOM_UNIFORM},
    {"random", "normal_streams", streams, NSC_RANDOM_NORMAL},
    {"random", "truncated_normal_streams", streams, NSC_RANDOM_TRUNCATED_NORMAL},
    {0},
};

static const conformance_table tables[] = {
    {"random", native, {operations, shape_names, slice_names, NULL}, is_case},
    {0},
};

const conformance_group group_random = {.cases = cases, .tables = tables};
