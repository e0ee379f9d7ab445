/* SPDX-License-Identifier: Apache-2.0 */
/* How map addresses and converts: ranks, strides, broadcasting, dtypes, in place, several outputs, temporaries, scalars. */
#include <math.h>
#include <string.h>

#include "conformance.h"

/* out = a - b over the given views: checked element by element at the views' own addresses. */
static void subtract(target *t, const nsc_backend_view *a, const nsc_backend_view *b, const nsc_backend_view *out,
                     int64_t room)
{
    float *x = numbers(t, 0, room, -4, 4), *y = numbers(t, 1, room, -4, 4), *z = numbers(t, 2, room, 100, 200);
    float *got = memory(t, (size_t)room * sizeof *got);
    nsc_tensor *operands[3] = {tensor(t, NSC_FLOAT32, room, x), tensor(t, NSC_FLOAT32, room, y),
                               tensor(t, NSC_FLOAT32, room, z)};
    expression e;

    expression_start(&e, 2, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_LOAD, 1);
    expression_add(&e, NSC_OP_SUB, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = *a;
    map.inputs[1] = *b;
    map.outputs[0] = *out;
    if (!run(t, &map, operands, 3, NULL, 0) || !read_back(t, operands[2], got))
        return;
    for (int64_t i = 0; i < element_count(out->rank, out->dims); i++)
        z[element_at(out, i)] = x[element_at(a, i)] - y[element_at(b, i)];
    for (int64_t i = 0; i < room; i++)
        if (!near(t, "subtract", i, got[i], z[i], 0))
            return;
}

static const int64_t small_dims[8] = {3, 2, 5, 1, 4, 2, 3, 2};

/* The second source is stored in the reverse order of its dims. */
static void ranks(target *t, int rank)
{
    nsc_backend_view a = view_of(0, NSC_FLOAT32, (uint32_t)rank, small_dims), b = a, out = a;
    int64_t stride = 1;

    b.buffer = 1;
    out.buffer = 2;
    for (int d = 0; d < rank; d++) {
        b.strides[d] = stride;
        stride *= small_dims[d];
    }
    subtract(t, &a, &b, &out, 2000);
}

/* The second source has stride 0 in the dims whose bit is set. */
static void broadcast(target *t, int bits)
{
    const int64_t dims[3] = {17, 23, 9};
    nsc_backend_view a = view_of(0, NSC_FLOAT32, 3, dims), b = a, out = a;

    b.buffer = 1;
    out.buffer = 2;
    for (int d = 0; d < 3; d++)
        if (bits & 1 << d)
            b.strides[d] = 0;
    subtract(t, &a, &b, &out, 17 * 23 * 9);
}

static void negative_strides(target *t, int number)
{
    const int64_t dims[2] = {31, 19};
    nsc_backend_view a = view_of(0, NSC_FLOAT32, 2, dims), b = a, out = a;

    (void)number;
    b.buffer = 1;
    out.buffer = 2;
    a.offset = 31 * 19 - 1;
    a.strides[0] = -19;
    a.strides[1] = -1;
    b.offset = 18;
    b.strides[1] = -1;
    subtract(t, &a, &b, &out, 31 * 19);
}

/* Sources overlap themselves, the destination has gaps. */
static void windows(target *t, int number)
{
    const int64_t dims[2] = {40, 7};
    nsc_backend_view a = view_of(0, NSC_FLOAT32, 2, dims), b = a, out = a;

    (void)number;
    a.strides[0] = 1;
    b.buffer = 1;
    b.strides[0] = 3;
    b.strides[1] = 2;
    b.offset = 5;
    out.buffer = 2;
    out.strides[0] = 23;
    out.strides[1] = 3;
    out.offset = 2;
    subtract(t, &a, &b, &out, 1000);
}

static void sizes(target *t, int count)
{
    const int64_t dims[1] = {count};
    nsc_backend_view a = view_of(0, NSC_FLOAT32, 1, dims), b = view_of(1, NSC_FLOAT32, 1, dims);
    nsc_backend_view out = view_of(2, NSC_FLOAT32, 1, dims);

    subtract(t, &a, &b, &out, count);
}

static void copy_through(target *t, nsc_dtype from, nsc_dtype to, bool raw, int count, const void *in, void *out)
{
    int64_t dims[1] = {count};
    nsc_tensor *operands[2] = {tensor(t, from, count, in), tensor(t, to, count, NULL)};
    expression e;

    expression_start(&e, 1, 1, 0);
    expression_add(&e, raw ? NSC_OP_LOAD_RAW : NSC_OP_LOAD, 0);
    expression_add(&e, raw ? NSC_OP_STORE_RAW : NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, from, 1, dims);
    map.outputs[0] = view_of(1, to, 1, dims);
    if (run(t, &map, operands, 2, NULL, 0))
        read_back(t, operands[1], out);
}

static const nsc_dtype dtypes[4] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};

/* Any bits of any dtype: raw copies keep them. */
static void raw_copy(target *t, int dtype)
{
    enum { COUNT = 1003 };
    uint32_t in[COUNT], out[COUNT] = {0};
    size_t bytes = COUNT * nsc_dtype_size(dtypes[dtype]);

    nsc_random_fill(NSC_RANDOM_WORDS, t->seed, t->name, 0, COUNT, 1, 0, in);
    in[0] = 0x7fc12345; /* a NaN with a payload, a subnormal */
    in[1] = 0x00000001;
    copy_through(t, dtypes[dtype], dtypes[dtype], true, COUNT, in, out);
    if (t->verdict == VERDICT_PASS && memcmp(in, out, bytes) != 0)
        fail(t, "a raw copy changed bits");
}

/* Integers to float: the nearest float. */
static void load_integers(target *t, int dtype)
{
    static const uint32_t words[8] = {0, 1, 255, 0x7fffffff, 0x80000000, 0xffffffff, 16777217, 0x04030281};
    float out[8] = {0};
    int count = dtypes[dtype] == NSC_UINT8 ? 32 : 8;
    float bytes[32] = {0}, *got = count == 32 ? bytes : out;

    copy_through(t, dtypes[dtype], NSC_FLOAT32, false, count, words, got);
    for (int i = 0; i < count && t->verdict == VERDICT_PASS; i++) {
        unsigned char byte;
        int32_t number;

        memcpy(&byte, (const unsigned char *)words + i, 1);
        memcpy(&number, words + i % 8, 4);
        near(t, "load", i, got[i],
             dtypes[dtype] == NSC_UINT8   ? byte
             : dtypes[dtype] == NSC_INT32 ? (float)number
                                          : (float)words[i % 8],
             0);
    }
}

/* Float to integers: toward zero, saturated, NaN gives 0. */
static void store_integers(target *t, int dtype)
{
    static const float in[] = {0,        -0.9f,     0.9f, 1.5f,          -1.5f,         254.9f,        255.5f,
                               256,      -7,        3e9f, -3e9f,         5e9f,          1e30f,         -1e30f,
                               INFINITY, -INFINITY, NAN,  2147483520.0f, 2147483648.0f, -2147483648.0f};
    enum { COUNT = sizeof in / sizeof *in };
    uint32_t words[COUNT] = {0};
    double low = dtypes[dtype] == NSC_INT32 ? -2147483648.0 : 0;
    double high = dtypes[dtype] == NSC_INT32 ? 2147483647.0 : dtypes[dtype] == NSC_UINT8 ? 255 : 4294967295.0;

    copy_through(t, NSC_FLOAT32, dtypes[dtype], false, COUNT, in, words);
    for (int i = 0; i < COUNT && t->verdict == VERDICT_PASS; i++) {
        double want = isnan(in[i]) ? 0 : fmin(fmax(trunc(in[i]), low), high);
        double got = dtypes[dtype] == NSC_INT32   ? (double)(int32_t)words[i]
                     : dtypes[dtype] == NSC_UINT8 ? ((const unsigned char *)words)[i]
                                                  : words[i];

        if (got != want)
            fail(t, "store of %g as %s gave %.17g, expected %.17g", in[i], nsc_dtype_name(dtypes[dtype]), got, want);
    }
}

/* x is both source and destination; it is read after the first output was stored. */
static void in_place(target *t, int number)
{
    enum { COUNT = 3001 };
    const int64_t dims[1] = {COUNT};
    float *x = numbers(t, 0, COUNT, -2, 2), *got = memory(t, COUNT * sizeof *got);
    nsc_tensor *operands[1] = {tensor(t, NSC_FLOAT32, COUNT, x)};
    expression e;

    (void)number;
    expression_start(&e, 1, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_ADD, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = map.outputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 1, NULL, 0) || !read_back(t, operands[0], got))
        return;
    for (int i = 0; i < COUNT; i++)
        if (!near(t, "in place", i, got[i], 2 * x[i], 0))
            return;
}

/* The first output lies on the source, which the second is computed from. */
static void in_place_two_outputs(target *t, int count)
{
    const int64_t dims[1] = {count};
    float *x = numbers(t, 0, count, -2, 2), *first = memory(t, (size_t)count * sizeof *first),
          *second = memory(t, (size_t)count * sizeof *second);
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, count, x), tensor(t, NSC_FLOAT32, count, NULL)};
    expression e;

    expression_start(&e, 1, 2, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_NEG, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_immediate(&e, 4.0f);
    expression_add(&e, NSC_OP_MUL, 0);
    expression_add(&e, NSC_OP_STORE, 1);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = map.outputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    map.outputs[1] = view_of(1, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 2, NULL, 0) || !read_back(t, operands[0], first) || !read_back(t, operands[1], second))
        return;
    for (int i = 0; i < count; i++)
        if (!near(t, "in place", i, first[i], -x[i], 0) || !near(t, "computed beside", i, second[i], 4 * x[i], 0))
            return;
}

/* As many as a launch may have: the sum of 2^i scalar i. */
static void scalars_16(target *t, int number)
{
    enum { COUNT = 300 };
    const int64_t dims[1] = {COUNT};
    float *x = numbers(t, 0, COUNT, -2, 2), *got = memory(t, COUNT * sizeof *got);
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, COUNT, x), tensor(t, NSC_FLOAT32, COUNT, NULL)};
    float given[NSC_BACKEND_MAX_SCALARS];
    double sum = 0;
    expression e;

    (void)number;
    expression_start(&e, 1, 1, NSC_BACKEND_MAX_SCALARS);
    expression_immediate(&e, 0.0f);
    for (uint16_t i = 0; i < NSC_BACKEND_MAX_SCALARS; i++) {
        given[i] = (float)(i % 5 + 1);
        sum += ldexp(given[i], i);
        expression_add(&e, NSC_OP_SCALAR, i);
        expression_immediate(&e, ldexpf(1, i));
        expression_add(&e, NSC_OP_MUL, 0);
        expression_add(&e, NSC_OP_ADD, 0);
    }
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 2, given, NSC_BACKEND_MAX_SCALARS) || !read_back(t, operands[1], got))
        return;
    for (int i = 0; i < COUNT; i++)
        if (!near(t, "sixteen scalars", i, got[i], sum, 0))
            return;
}

/* Four outputs from one temporary and an immediate: v = x + 0.5; v, -v, v * v, |v|. */
static void outputs_and_temporaries(target *t, int number)
{
    enum { COUNT = 777 };
    static const uint16_t tail[4] = {0, NSC_OP_NEG, NSC_OP_MUL, NSC_OP_ABS};
    const int64_t dims[1] = {COUNT};
    float *x = numbers(t, 0, COUNT, -2, 2), *got = memory(t, COUNT * sizeof *got);
    nsc_tensor *operands[5] = {tensor(t, NSC_FLOAT32, COUNT, x)};
    expression e;

    (void)number;
    expression_start(&e, 1, 4, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_immediate(&e, 0.5f);
    expression_add(&e, NSC_OP_ADD, 0);
    expression_add(&e, NSC_OP_SET, 7);
    for (uint16_t i = 0; i < 4; i++) {
        if (i > 0)
            expression_add(&e, NSC_OP_GET, 7);
        if (tail[i] == NSC_OP_MUL)
            expression_add(&e, NSC_OP_GET, 7);
        if (tail[i])
            expression_add(&e, tail[i], 0);
        expression_add(&e, NSC_OP_STORE, i);
        operands[i + 1] = tensor(t, NSC_FLOAT32, COUNT, NULL);
    }
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    for (uint32_t i = 0; i < 4; i++)
        map.outputs[i] = view_of(i + 1, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 5, NULL, 0))
        return;
    for (int o = 0; o < 4; o++) {
        if (!read_back(t, operands[o + 1], got))
            return;
        for (int i = 0; i < COUNT; i++) {
            float v = x[i] + 0.5f;
            double want = o == 0 ? v : o == 1 ? -v : o == 2 ? (double)v * v : fabsf(v);

            if (!near(t, "output", i, got[i], want, o == 2 ? 0.5 * ulp(want) + 0x1p-149 : 0))
                return;
        }
    }
}

/* The same operation with other scalars gives other results. */
static void scalars(target *t, int number)
{
    enum { COUNT = 300 };
    const int64_t dims[1] = {COUNT};
    float *x = numbers(t, 0, COUNT, -2, 2), *got = memory(t, COUNT * sizeof *got);
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, COUNT, x), tensor(t, NSC_FLOAT32, COUNT, NULL)};
    expression e;

    (void)number;
    expression_start(&e, 1, 1, 2);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_SCALAR, 0);
    expression_add(&e, NSC_OP_SCALAR, 1);
    expression_add(&e, NSC_OP_FMA, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, dims);
    for (int round = 0; round < 3; round++) {
        const float given[2] = {1.25f + (float)round, 3.0f - (float)round};

        if (!run(t, &map, operands, 2, given, 2) || !read_back(t, operands[1], got))
            return;
        for (int i = 0; i < COUNT; i++)
            if (!near(t, "scalars", i, got[i], fmaf(x[i], given[0], given[1]), 0))
                return;
    }
}

static const conformance_case cases[] = {
    {"map", "rank_0", ranks, 0},
    {"map", "rank_1", ranks, 1},
    {"map", "rank_2", ranks, 2},
    {"map", "rank_3", ranks, 3},
    {"map", "rank_4", ranks, 4},
    {"map", "rank_5", ranks, 5},
    {"map", "rank_6", ranks, 6},
    {"map", "rank_7", ranks, 7},
    {"map", "rank_8", ranks, 8},
    {"map", "broadcast_rows", broadcast, 1},
    {"map", "broadcast_middle", broadcast, 2},
    {"map", "broadcast_columns", broadcast, 4},
    {"map", "broadcast_all", broadcast, 7},
    {"map", "negative_strides", negative_strides, 0},
    {"map", "windows", windows, 0},
    {"map", "size_1", sizes, 1},
    {"map", "size_257", sizes, 257},
    {"map", "size_1000003", sizes, 1000003},
    {"map", "raw_copy_float32", raw_copy, 0},
    {"map", "raw_copy_int32", raw_copy, 1},
    {"map", "raw_copy_uint32", raw_copy, 2},
    {"map", "raw_copy_uint8", raw_copy, 3},
    {"map", "load_int32", load_integers, 1},
    {"map", "load_uint32", load_integers, 2},
    {"map", "load_uint8", load_integers, 3},
    {"map", "store_int32", store_integers, 1},
    {"map", "store_uint32", store_integers, 2},
    {"map", "store_uint8", store_integers, 3},
    {"map", "in_place", in_place, 0},
    {"map", "in_place_two_outputs_601", in_place_two_outputs, 601},
    {"map", "in_place_two_outputs_3001", in_place_two_outputs, 3001},
    {"map", "outputs_and_temporaries", outputs_and_temporaries, 0},
    {"map", "scalars", scalars, 0},
    {"map", "scalars_16", scalars_16, 0},
    {0},
};

const conformance_group group_map = {.cases = cases};
