/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: what is written is read, and nothing else is touched. Everything else relies on it. */
#include <string.h>

#include "conformance.h"

static void round_trip(target *t, int bytes)
{
    unsigned char *out = memory(t, (size_t)bytes), *back = memory(t, (size_t)bytes);

    for (int i = 0; i < bytes; i++)
        out[i] = (unsigned char)(i * 31 + i / 256 + 1);
    nsc_tensor *held = tensor(t, NSC_UINT8, bytes, out);

    if (!read_back(t, held, back))
        return;
    if (memcmp(out, back, (size_t)bytes) != 0)
        fail(t, "%d bytes came back changed", bytes);
    memset(out, 0xA5, (size_t)bytes);
    if (nsc_tensor_write(held, out, (size_t)bytes) != NSC_OK)
        fail(t, "writing failed: %s", nsc_last_error(t->context));
    memset(back, 0, (size_t)bytes);
    if (read_back(t, held, back) && memcmp(out, back, (size_t)bytes) != 0)
        fail(t, "%d bytes written a second time came back changed", bytes);
}

/* Many tensors at once, each with its own bytes: none shares memory with another. */
static void neighbours(target *t, int number)
{
    enum { COUNT = 24, BYTES = 1021 };
    nsc_tensor *held[COUNT];
    unsigned char data[BYTES];

    (void)number;
    for (int i = 0; i < COUNT; i++) {
        memset(data, i + 1, sizeof data);
        held[i] = tensor(t, NSC_UINT8, BYTES - i, data);
    }
    for (int i = 0; i < COUNT; i++) {
        if (!read_back(t, held[i], data))
            return;
        for (int j = 0; j < BYTES - i; j++)
            if (data[j] != i + 1) {
                fail(t, "tensor %d: byte %d is %d, expected %d", i, j, data[j], i + 1);
                return;
            }
    }
}

/* The view of the host, or NULL where the case ends. */
static const void *view(target *t, nsc_tensor *from)
{
    const void *seen = NULL;
    nsc_status status = from ? nsc_tensor_view(from, &seen) : NSC_FAILED;

    if (from && status == NSC_UNSUPPORTED)
        skip(t, "the host does not see the device's memory");
    else if (from && status != NSC_OK)
        fail(t, "viewing failed: %s", nsc_last_error(t->context));
    return status == NSC_OK ? seen : NULL;
}

static void end_view(target *t, nsc_tensor *from)
{
    if (nsc_tensor_end_view(from) != NSC_OK)
        fail(t, "ending a view failed: %s", nsc_last_error(t->context));
}

/* A view has the bytes that a read gives, also after another write; a read works beside it. */
static void view_of_a_write(target *t, int bytes)
{
    unsigned char *out = memory(t, (size_t)bytes), *back = memory(t, (size_t)bytes);
    nsc_tensor *held = tensor(t, NSC_UINT8, bytes, out);

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < bytes; i++)
            out[i] = (unsigned char)(i * 29 + i / 256 + round + 1);
        if (held && nsc_tensor_write(held, out, (size_t)bytes) != NSC_OK)
            fail(t, "writing failed: %s", nsc_last_error(t->context));
        const void *seen = view(t, held);

        if (!seen)
            return;
        if (memcmp(seen, out, (size_t)bytes) != 0)
            fail(t, "a view shows other bytes than the %d written in round %d", bytes, round);
        if (read_back(t, held, back) && memcmp(out, back, (size_t)bytes) != 0)
            fail(t, "%d bytes read beside a view came back changed", bytes);
        end_view(t, held);
    }
}

/* A view waits for the operations before it, and operations after it read what it shows. */
static void view_of_a_result(target *t, int count)
{
    int64_t dims[1] = {count};
    float *in = numbers(t, 0, count, -1.0f, 1.0f), *back = memory(t, (size_t)count * sizeof *back);
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, count, in), tensor(t, NSC_FLOAT32, count, NULL)};
    expression e;

    expression_start(&e, 1, 1, 0);
    expression_add(&e, NSC_OP_LOAD, 0);
    expression_add(&e, NSC_OP_NEG, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 2, NULL, 0))
        return;
    const float *seen = view(t, operands[1]);

    for (int i = 0; seen && i < count; i++)
        if (seen[i] != -in[i]) {
            fail(t, "a view shows %g at element %d of a result, expected %g", seen[i], i, -in[i]);
            break;
        }
    if (!seen)
        return;
    nsc_tensor *twice[2] = {operands[1], tensor(t, NSC_FLOAT32, count, NULL)};

    if (run(t, &map, twice, 2, NULL, 0) && read_back(t, twice[1], back) &&
        memcmp(back, in, (size_t)count * sizeof *back) != 0)
        fail(t, "an operation on a viewed tensor gave another result");
    end_view(t, operands[1]);
}

/* A map into a window of a larger buffer leaves the rest alone. */
static void guards(target *t, int count)
{
    enum { GUARD = 67 };
    int64_t dims[1] = {count}, all = count + 2 * GUARD;
    float *data = memory(t, (size_t)all * sizeof *data);
    expression e;

    for (int64_t i = 0; i < all; i++)
        data[i] = -5.0f;
    nsc_tensor *operands[1] = {tensor(t, NSC_FLOAT32, all, data)};

    expression_start(&e, 0, 1, 0);
    expression_immediate(&e, 3.0f);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    map.outputs[0] = view_of(0, NSC_FLOAT32, 1, dims);
    map.outputs[0].offset = GUARD;
    if (!run(t, &map, operands, 1, NULL, 0) || !read_back(t, operands[0], data))
        return;
    for (int64_t i = 0; i < all; i++) {
        float want = i >= GUARD && i < GUARD + count ? 3.0f : -5.0f;

        if (data[i] != want) {
            fail(t, "element %lld is %g, expected %g", (long long)i, data[i], want);
            return;
        }
    }
}

static const conformance_case cases[] = {
    {"buffers", "round_trip_1", round_trip, 1},
    {"buffers", "round_trip_3", round_trip, 3},
    {"buffers", "round_trip_64", round_trip, 64},
    {"buffers", "round_trip_511", round_trip, 511},
    {"buffers", "round_trip_4097", round_trip, 4097},
    {"buffers", "round_trip_1000003", round_trip, 1000003},
    {"buffers", "round_trip_16777216", round_trip, 1 << 24},
    {"buffers", "neighbours", neighbours, 0},
    {"buffers", "view_of_a_write_1", view_of_a_write, 1},
    {"buffers", "view_of_a_write_4097", view_of_a_write, 4097},
    {"buffers", "view_of_a_write_1000003", view_of_a_write, 1000003},
    {"buffers", "view_of_a_result_1031", view_of_a_result, 1031},
    {"buffers", "guards_1", guards, 1},
    {"buffers", "guards_255", guards, 255},
    {"buffers", "guards_1031", guards, 1031},
    {0},
};

const conformance_group group_buffers = {.cases = cases};
