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

typedef struct found {
    const char *backend;
    uint32_t index;
    char id[64];
    unsigned count;
} found;

static int look(void *user, const nsc_device_info *device, const char *problem)
{
    found *f = user;

    (void)problem;
    if (device->index != f->count++)
        return 1;
    if (device->index == f->index)
        snprintf(f->id, sizeof f->id, "%s", device->id);
    return 0;
}

/* enumerate ends, counts from 0, and says the same each time. */
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
    {"table", "opened_twice", opened_twice, 0},
    {"table", "close_refused", close_refused, 0},
    {"table", "counted", counted, 0},
    {0},
};

const conformance_group group_table = {.cases = cases};
