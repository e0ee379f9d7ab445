/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of buffers at every alignment, with guards around them; memory that is given back while it is in use, that is
 * empty, and that is more than there is. */
#include <string.h>

#include "conformance.h"

static const int64_t counts[] = {1, 3, 255, 1031};
static const char *const count_names[] = {"1", "3", "255", "1031", NULL};
static const int64_t offsets[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 33, 63, 64, 127};
static const char *const offset_names[] = {"at_0",  "at_1",  "at_2",  "at_3",  "at_4",  "at_5",  "at_7",   "at_8",
                                           "at_15", "at_16", "at_31", "at_33", "at_63", "at_64", "at_127", NULL};
static const char *const operations[] = {"read_window", "written_window", NULL};
enum { GUARD = 70 };

/* The bits of a window of one buffer become those of a window of another; one of them is at the offset. */
static void window(target *t, const int *class)
{
    const nsc_dtype dtype = stored_dtypes[class[DTYPE]];
    const size_t size = nsc_dtype_size(dtype);
    const int64_t count = counts[class[SHAPE]], room = count + offsets[class[STRIDES]] + GUARD;
    const int64_t from = class[OPERATION] == 0 ? offsets[class[STRIDES]] : 6,
                  to = class[OPERATION] == 1 ? offsets[class[STRIDES]] : 6;
    unsigned char *in = memory(t, (size_t)room * size), *want = memory(t, (size_t)room * size);
    unsigned char *got = memory(t, (size_t)room * size);
    expression e;

    for (size_t i = 0; i < (size_t)room * size; i++) {
        in[i] = (unsigned char)(i * 37 + i / 256 + t->seed);
        want[i] = (unsigned char)(0xA5 ^ i);
    }
    nsc_tensor *operands[2] = {tensor(t, dtype, room, in), tensor(t, dtype, room, want)};

    expression_start(&e, 1, 1, 0);
    expression_add(&e, NSC_OP_LOAD_RAW, 0);
    expression_add(&e, NSC_OP_STORE_RAW, 0);
    nsc_backend_map map = map_of(&e);

    map.inputs[0] = view_of(0, dtype, 1, &count);
    map.outputs[0] = view_of(1, dtype, 1, &count);
    map.inputs[0].offset = from;
    map.outputs[0].offset = to;
    if (!run(t, &map, operands, 2, NULL, 0) || !read_back(t, operands[1], got))
        return;
    memcpy(want + (size_t)to * size, in + (size_t)from * size, (size_t)count * size);
    for (size_t i = 0; i < (size_t)room * size; i++)
        if (got[i] != want[i]) {
            fail(t, "byte %zu of element %zu of the buffer is %02x, expected %02x", i % size, i / size, got[i],
                 want[i]);
            return;
        }
}

static nsc_backend_map doubling(expression *e, const int64_t *count)
{
    expression_start(e, 1, 1, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    expression_add(e, NSC_OP_ADD, 0);
    expression_add(e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, count);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, count);
    return map;
}

/* A chain of maps, each of whose operands goes while the device may still work on it, and whose memory others get. */
static void free_while_busy(target *t, int length)
{
    const int64_t count = 200003;
    float *data = memory(t, (size_t)count * sizeof *data), *got = memory(t, (size_t)count * sizeof *got);
    nsc_tensor *last = NULL;
    expression e;

    for (int64_t i = 0; i < count; i++)
        data[i] = (float)(i % 13);
    const nsc_backend_map map = doubling(&e, &count);

    if (nsc_tensor_from(t->context, NSC_FLOAT32, 1, &count, data, &last) != NSC_OK)
        fail(t, "no tensor: %s", nsc_last_error(t->context));
    for (int i = 0; i < length && t->verdict == VERDICT_PASS; i++) {
        nsc_tensor *operands[2] = {last, NULL};

        if (nsc_tensor_create(t->context, NSC_FLOAT32, 1, &count, &operands[1]) != NSC_OK)
            fail(t, "no tensor: %s", nsc_last_error(t->context));
        run(t, &map, operands, 2, NULL, 0);
        nsc_tensor_release(last);
        last = operands[1];
        tensor(t, NSC_FLOAT32, count, got); /* perhaps in the place of what has just gone */
        release_tensors(t);
    }
    if (t->verdict == VERDICT_PASS && read_back(t, last, got))
        for (int64_t i = 0; i < count; i++)
            if (got[i] != data[i] * (float)(1 << length)) {
                fail(t, "element %lld is %g, expected %g", (long long)i, got[i], data[i] * (float)(1 << length));
                break;
            }
    nsc_tensor_release(last);
}

/* No bytes: legal to make, write and read. */
static void no_elements(target *t, int dtype)
{
    const int64_t dims[3] = {2, 0, 3};
    nsc_tensor *held = NULL;
    unsigned char byte = 7;

    if (nsc_tensor_create(t->context, stored_dtypes[dtype], 3, dims, &held) != NSC_OK)
        fail(t, "a tensor without elements cannot be made: %s", nsc_last_error(t->context));
    else if (nsc_tensor_bytes(held) != 0 || nsc_tensor_write(held, &byte, 0) != NSC_OK ||
             nsc_tensor_read(held, &byte, 0) != NSC_OK || byte != 7)
        fail(t, "a tensor without elements cannot be written and read: %s", nsc_last_error(t->context));
    nsc_tensor_release(held);
}

/* More than a buffer may have, or than there is, is refused; what is there stays. number: the power of two of the bytes. */
static void too_large(target *t, int number)
{
    const uint64_t most = nsc_context_device(t->context)->max_buffer_bytes;
    const int64_t count = number ? INT64_C(1) << number : (int64_t)(most / 4) + 1;
    const int32_t in[4] = {1, 2, 3, 4};
    int32_t out[4] = {0};
    nsc_tensor *own = tensor(t, NSC_INT32, 4, in), *huge = NULL;
    const nsc_status status = nsc_tensor_create(t->context, NSC_FLOAT32, 1, &count, &huge);

    nsc_tensor_release(huge);
    if (status == NSC_OK && (uint64_t)count <= most / 4)
        return;
    if (status != NSC_NO_MEMORY && status != NSC_UNSUPPORTED && status != NSC_INVALID)
        fail(t, "%lld elements gave %s", (long long)count, nsc_status_name(status));
    if (read_back(t, own, out) && memcmp(in, out, sizeof in) != 0)
        fail(t, "a refused allocation changed another tensor");
}

static const conformance_case cases[] = {
    {"buffers", "free_while_busy.1", free_while_busy, 1},
    {"buffers", "free_while_busy.12", free_while_busy, 12},
    {"buffers", "no_elements.float32", no_elements, F32},
    {"buffers", "no_elements.int32", no_elements, I32},
    {"buffers", "no_elements.uint32", no_elements, U32},
    {"buffers", "no_elements.uint8", no_elements, U8},
    {"buffers", "too_large.one_more", too_large, 0},
    {"buffers", "too_large.2^44", too_large, 44},
    {"buffers", "too_large.2^60", too_large, 60},
    {"buffers", "too_large.2^62", too_large, 62},
    {0},
};

static const conformance_table tables[] = {
    {"buffers", window, {operations, count_names, offset_names, stored_dtype_names}, NULL},
    {0},
};

const conformance_group group_windows = {.cases = cases, .tables = tables};
