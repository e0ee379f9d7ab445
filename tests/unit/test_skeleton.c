/* SPDX-License-Identifier: Apache-2.0 */
/* The skeleton beside cores that are older and newer than it: what conformance, built with the same header, cannot show. */
#include <stdio.h>
#include <string.h>

#include "core/device/loader.h"
#include "unit.h"

static nsc_backend_table table;
static nsc_backend_device *device;
static char said[128];

static void keep(void *context, const char *text)
{
    (void)context;
    snprintf(said, sizeof said, "%s", text);
}

static const nsc_backend_host host = {
    .struct_size = NSC_BACKEND_HOST_SIZE, .abi_major = NSC_BACKEND_ABI_MAJOR, .fail = keep};

static nsc_backend_status open_with(const nsc_backend_open_args *args)
{
    nsc_backend_limits limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE};
    nsc_backend_status status = table.open(args, &device, &limits);
    if (status == NSC_BACKEND_OK) {
        ck_assert_uint_eq(limits.struct_size, NSC_BACKEND_LIMITS_SIZE);
        ck_assert_uint_eq(limits.optional_kinds, 0);
    }
    return status;
}

static void open_device(void)
{
    char why[512];
    nsc_backend_open_args args = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .host = &host};
    ck_assert_msg(nsc_load_file(SKELETON, "skeleton", &table, why, sizeof why) == NSC_OK, "%s", why);
    ck_assert_int_eq(open_with(&args), NSC_BACKEND_OK);
}

/* An operation with room for what a newer core would append. */
typedef union operation {
    nsc_backend_operation head;
    nsc_backend_map map;
    nsc_backend_reduce reduce;
    nsc_backend_gemm gemm;
    unsigned char bytes[sizeof(nsc_backend_map) + 64];
} operation;

static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0}, {NSC_OP_NEG, 0}, {NSC_OP_STORE, 0}};

/* As a newer core would have it. */
static union {
    nsc_backend_expression known;
    unsigned char bytes[sizeof(nsc_backend_expression) + 16];
} negate;

static uint32_t size_of(uint32_t kind)
{
    return kind == NSC_BACKEND_MAP      ? NSC_BACKEND_MAP_SIZE
           : kind == NSC_BACKEND_REDUCE ? NSC_BACKEND_REDUCE_SIZE
                                        : NSC_BACKEND_GEMM_SIZE;
}

static operation make(uint32_t kind)
{
    const nsc_backend_view row = {.rank = 1, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {4}, .strides = {1}};
    const nsc_backend_view one = {.rank = 2, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {1, 1}, .strides = {1, 1}};
    operation o = {.head = {0}};
    memset(&negate, 0, sizeof negate);
    negate.known = (nsc_backend_expression){
        .struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
        .version = 1,
        .code_count = 3,
        .code = code,
        .input_count = 1,
        .output_count = 1,
        .stack_depth = 1,
    };
    if (kind == NSC_BACKEND_MAP) {
        o.map.expression = &negate.known;
        o.map.input_count = o.map.output_count = 1;
        o.map.inputs[0] = o.map.outputs[0] = row;
    } else if (kind == NSC_BACKEND_REDUCE) {
        o.reduce.producer = &negate.known;
        o.reduce.reduction = NSC_BACKEND_SUM;
        o.reduce.reduced_rank = o.reduce.input_count = o.reduce.rank = 1;
        o.reduce.dims[0] = 4;
        o.reduce.inputs[0] = row;
        o.reduce.output = (nsc_backend_view){.dtype = row.dtype};
    } else {
        o.gemm.a = o.gemm.b = o.gemm.c = one;
        o.gemm.alpha = 1;
    }
    o.head = (nsc_backend_operation){.struct_size = size_of(kind), .kind = kind};
    return o;
}

static nsc_backend_status prepare(operation *o)
{
    nsc_backend_step *step = NULL;
    nsc_backend_status status = table.prepare(device, &o->head, &step);
    ck_assert((status == NSC_BACKEND_OK) == (step != NULL));
    if (step)
        table.release(device, step);
    return status;
}

START_TEST(a_tail_that_it_does_not_know)
{
    open_device();
    for (uint32_t kind = NSC_BACKEND_MAP; kind <= NSC_BACKEND_GEMM; kind++) {
        const uint32_t known = size_of(kind);
        operation o = make(kind);
        ck_assert_int_eq(prepare(&o), NSC_BACKEND_OK);
        o.head.struct_size = known + 16;
        ck_assert_int_eq(prepare(&o), NSC_BACKEND_OK); /* a newer core that asks for nothing new */
        for (uint32_t at = known; at < known + 16; at++) {
            o.bytes[at] = 1;
            ck_assert_int_eq(prepare(&o), NSC_BACKEND_UNSUPPORTED);
            o.bytes[at] = 0;
        }
        o.head.struct_size = known;
        o.bytes[known] = 1; /* behind the end that is told: not there */
        ck_assert_int_eq(prepare(&o), NSC_BACKEND_OK);
    }
    table.close(device);
}
END_TEST

START_TEST(words_that_it_does_not_know)
{
    open_device();
    operation o = make(NSC_BACKEND_REDUCE);
    o.reduce.reduction = NSC_BACKEND_MINIMUM + 1;
    ck_assert_int_eq(prepare(&o), NSC_BACKEND_UNSUPPORTED);
    for (uint32_t kind = 0; kind < 64; kind++) {
        o = make(NSC_BACKEND_MAP);
        o.head.kind = kind;
        if (kind < NSC_BACKEND_MAP || kind > NSC_BACKEND_GEMM)
            ck_assert_int_eq(prepare(&o), NSC_BACKEND_UNSUPPORTED);
    }
    o = make(NSC_BACKEND_MAP);
    negate.known.version = 2;
    ck_assert_int_eq(prepare(&o), NSC_BACKEND_UNSUPPORTED);
    negate.known.version = 1;
    negate.known.struct_size += 8;
    ck_assert_int_eq(prepare(&o), NSC_BACKEND_OK);
    negate.bytes[sizeof negate.known] = 1;
    ck_assert_int_eq(prepare(&o), NSC_BACKEND_UNSUPPORTED);
    table.close(device);
}
END_TEST

START_TEST(open_arguments)
{
    struct {
        nsc_backend_open_args known;
        uint64_t tail;
    } args = {.known = {.struct_size = NSC_BACKEND_OPEN_ARGS_SIZE, .host = &host, .index = 1}};
    open_device();
    table.close(device);
    ck_assert_int_eq(open_with(&args.known), NSC_BACKEND_UNAVAILABLE);
    args.known.index = 0;
    args.known.native_kind = 7;
    ck_assert_int_eq(open_with(&args.known), NSC_BACKEND_UNSUPPORTED);
    args.known.native_kind = 0;
    args.known.struct_size += 8;
    args.tail = 1;
    ck_assert_int_eq(open_with(&args.known), NSC_BACKEND_UNSUPPORTED);
    args.tail = 0;
    ck_assert_int_eq(open_with(&args.known), NSC_BACKEND_OK);
    table.close(device);
    args.known.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_open_args, host); /* older: before native handles */
    ck_assert_int_eq(open_with(&args.known), NSC_BACKEND_OK);
    table.close(device);
}
END_TEST

START_TEST(memory_that_is_not_there)
{
    nsc_backend_buffer *buffer;
    open_device();
    said[0] = 0;
    ck_assert_int_eq(table.alloc(device, UINT64_C(1) << 62, &buffer), NSC_BACKEND_NO_MEMORY);
    ck_assert_str_ne(said, "");
    ck_assert_int_eq(table.alloc(device, 1, &buffer), NSC_BACKEND_OK);
    table.free(device, buffer);
    table.close(device);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_tail_that_it_does_not_know);
    tcase_add_test(to, words_that_it_does_not_know);
    tcase_add_test(to, open_arguments);
    tcase_add_test(to, memory_that_is_not_there);
}
