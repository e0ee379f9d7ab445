/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend says of a device, and that it can be opened, again and beside itself. */
#include <stdio.h>
#include <string.h>

#include "conformance.h"

static const nsc_device_info *info(const target *t)
{
    return nsc_context_device(t->context);
}

static void name(target *t, int number)
{
    const char *at = info(t)->backend;

    (void)number;
    if (!*at || strlen(at) > 64 || at[strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        fail(t, "the backend's name is '%s', expected 1 to 64 of a-z 0-9 _", at);
}

static void texts(target *t, int number)
{
    const char *const found[] = {info(t)->name, info(t)->id};
    static const char *const what[] = {"name", "id"};

    (void)number;
    for (int i = 0; i < 2; i++)
        if (!found[i] || !*found[i])
            fail(t, "the device has no %s", what[i]);
}

static void kind(target *t, int number)
{
    static const char *const kinds[] = {"cpu", "gpu", "accelerator", "other"};

    (void)number;
    for (int i = 0; i < 4; i++)
        if (strcmp(info(t)->kind, kinds[i]) == 0)
            return;
    fail(t, "the device's kind is '%s'", info(t)->kind);
}

static void alignment(target *t, int number)
{
    const uint32_t bytes = info(t)->alignment;

    (void)number;
    if (bytes == 0 || (bytes & (bytes - 1)) != 0)
        fail(t, "the alignment is %u, expected a power of two", bytes);
}

static void largest_buffer(target *t, int number)
{
    (void)number;
    if (info(t)->max_buffer_bytes < 1 << 20)
        fail(t, "the largest buffer has %llu bytes; models need more", (unsigned long long)info(t)->max_buffer_bytes);
}

static void optional_kinds(target *t, int number)
{
    const uint32_t known = NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM) | NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE) |
                           NSC_BACKEND_KIND_BIT(NSC_BACKEND_GATHER) | NSC_BACKEND_KIND_BIT(NSC_BACKEND_SOFTMAX);

    (void)number;
    if (info(t)->optional_kinds & ~known)
        fail(t, "optional kinds are %08x, of which %08x are none", info(t)->optional_kinds,
             info(t)->optional_kinds & ~known);
}

enum { NUMBERS = 4 };

/* What need not be stored: the bits of 1, -2, 96 and 0.5 (of 7 where there are integers alone). */
static const struct further {
    nsc_dtype dtype;
    uint64_t bits[NUMBERS];
} further[] = {
    {NSC_FLOAT16, {0x3c00, 0xc000, 0x5600, 0x3800}},
    {NSC_BFLOAT16, {0x3f80, 0xc000, 0x42c0, 0x3f00}},
    {NSC_FLOAT64, {0x3ff0000000000000, 0xc000000000000000, 0x4058000000000000, 0x3fe0000000000000}},
    {NSC_INT64, {1, 0xfffffffffffffffe, 96, 7}},
};

static bool convert(target *t, nsc_dtype from, nsc_dtype to, const void *in, void *out)
{
    const int64_t count = NUMBERS;
    nsc_tensor *operands[2] = {tensor(t, from, NUMBERS, in), tensor(t, to, NUMBERS, NULL)};
    expression e;

    expression_start(&e, 1, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, from, 1, &count);
    map.outputs[0] = view_of(1, to, 1, &count);
    return run(t, &map, operands, 2, NULL, 0) && read_back(t, operands[1], out);
}

static void convert_both_ways(target *t, const struct further *f)
{
    const float numbers[NUMBERS] = {1, -2, 96, f->dtype == NSC_INT64 ? 7 : 0.5f};
    const size_t size = nsc_dtype_size(f->dtype);
    unsigned char stored[NUMBERS * sizeof(uint64_t)], got[NUMBERS * sizeof(uint64_t)];
    float loaded[NUMBERS] = {0};

    for (int i = 0; i < NUMBERS; i++)
        memcpy(stored + (size_t)i * size, &f->bits[i], size); /* little-endian, as every host here */
    if (!convert(t, f->dtype, NSC_FLOAT32, stored, loaded))
        return;
    for (int i = 0; i < NUMBERS; i++)
        near(t, nsc_dtype_name(f->dtype), i, loaded[i], numbers[i], 0);
    if (convert(t, NSC_FLOAT32, f->dtype, numbers, got) && memcmp(stored, got, NUMBERS * size) != 0)
        fail(t, "%s is announced, and not stored right", nsc_dtype_name(f->dtype));
}

/* Whatever dtype is announced is also loaded and stored. */
static void dtypes_announced(target *t, int number)
{
    const int64_t count = NUMBERS;

    (void)number;
    for (size_t i = 0; i < sizeof further / sizeof *further; i++) {
        nsc_tensor *trial = NULL;
        const nsc_status status = nsc_tensor_create(t->context, further[i].dtype, 1, &count, &trial);

        nsc_tensor_release(trial);
        if (status == NSC_OK)
            convert_both_ways(t, &further[i]);
        else if (status != NSC_WRONG_DTYPE) /* it is not announced */
            fail(t, "no tensor of %s: %s", nsc_dtype_name(further[i].dtype), nsc_last_error(t->context));
    }
}

/* Opened once more beside itself: the same id, and neither disturbs the other. */
static void opened_twice(target *t, int number)
{
    const int32_t in[3] = {1, -2, 3};
    int32_t out[3] = {0};
    const int64_t count = 3;
    nsc_context *other = open_again(t, t->compose);
    nsc_tensor *held = NULL;

    (void)number;
    if (!other)
        return;
    if (strcmp(nsc_context_device(other)->id, info(t)->id) != 0)
        fail(t, "opened again, the id '%s' is '%s'", info(t)->id, nsc_context_device(other)->id);
    nsc_tensor *own = tensor(t, NSC_INT32, 3, in);

    if (nsc_tensor_from(other, NSC_INT32, 1, &count, in, &held) != NSC_OK)
        fail(t, "no tensor beside: %s", nsc_last_error(other));
    nsc_tensor_release(held);
    close_again(t, other);
    if (read_back(t, own, out) && memcmp(in, out, sizeof in) != 0)
        fail(t, "closing one context changed a tensor of another");
}

/* What is alive keeps a context from closing, and it still works then. */
static void close_refused(target *t, int number)
{
    const int64_t count = 5;
    nsc_context *other = open_again(t, t->compose);
    nsc_tensor *held = NULL;

    (void)number;
    if (!other)
        return;
    if (nsc_tensor_create(other, NSC_FLOAT32, 1, &count, &held) != NSC_OK)
        fail(t, "no tensor: %s", nsc_last_error(other));
    else if (nsc_context_close(other) != NSC_INVALID)
        fail(t, "a context with a tensor was closed");
    nsc_tensor_release(held);
    close_again(t, other);
}

enum { MOST_IDS = 64 };

typedef struct found {
    uint32_t index;
    char id[64], ids[MOST_IDS][64];
    unsigned count;
    bool twice;
} found;

static int look(void *user, const nsc_device_info *device, const char *problem)
{
    found *f = user;

    (void)problem;
    if (device->index != f->count++)
        return 1;
    /* An id is of one device. */
    for (unsigned i = 0; i + 1 < f->count && i < MOST_IDS; i++)
        f->twice = f->twice || strcmp(f->ids[i], device->id) == 0;
    if (f->count <= MOST_IDS)
        snprintf(f->ids[f->count - 1], sizeof f->ids[0], "%s", device->id);
    if (device->index == f->index)
        snprintf(f->id, sizeof f->id, "%s", device->id);
    return 0;
}

/* enumerate ends, counts from 0, gives each device an id of its own, and says the same each time. */
static void enumerated(target *t, int number)
{
    const char *of = info(t)->file ? info(t)->file : info(t)->backend;

    (void)number;
    for (int round = 0; round < 3; round++) {
        found f = {.index = info(t)->index};

        if (nsc_devices_each(of, 0, look, &f) != NSC_OK)
            fail(t, "the devices are not listed: %s", nsc_last_error(NULL));
        else if (f.count <= info(t)->index || strcmp(f.id, info(t)->id) != 0)
            fail(t, "device %u of %u is '%s', opened it is '%s'", info(t)->index, f.count, f.id, info(t)->id);
        else if (f.twice)
            fail(t, "two of %u devices have the same id", f.count);
    }
}

/* Counters only grow, and count what was done. */
static void counted(target *t, int number)
{
    nsc_statistics before = {0}, after = {0};
    const float in[4] = {1, 2, 3, 4};
    float out[4];

    (void)number;
    nsc_context_statistics(t->context, &before, sizeof before);
    read_back(t, tensor(t, NSC_FLOAT32, 4, in), out);
    nsc_context_statistics(t->context, &after, sizeof after);
    if (after.upload_bytes - before.upload_bytes != sizeof in ||
        after.download_bytes - before.download_bytes != sizeof out)
        fail(t, "16 bytes were written and read, and %llu and %llu were counted",
             (unsigned long long)(after.upload_bytes - before.upload_bytes),
             (unsigned long long)(after.download_bytes - before.download_bytes));
    if (after.programs_built < before.programs_built || after.programs_loaded < before.programs_loaded)
        fail(t, "the counters of programs went down");
}

static const conformance_case cases[] = {
    {"table", "name", name, 0},
    {"table", "texts", texts, 0},
    {"table", "kind", kind, 0},
    {"table", "alignment", alignment, 0},
    {"table", "largest_buffer", largest_buffer, 0},
    {"table", "optional_kinds", optional_kinds, 0},
    {"table", "enumerated", enumerated, 0},
    {"table", "dtypes_announced", dtypes_announced, 0},
    {"table", "opened_twice", opened_twice, 0},
    {"table", "close_refused", close_refused, 0},
    {"table", "counted", counted, 0},
    {0},
};

const conformance_group group_table = {.cases = cases};
