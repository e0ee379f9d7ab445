/* SPDX-License-Identifier: Apache-2.0 */
/* What a newer core will write must be turned down by a backend that does not know it, never ignored. That is asked once,
 * when a device is opened, with operations that end in a field that no backend knows. */
#include <stdio.h>
#include <string.h>

#include "core/device/call.h"
#include "core/device/open.h"
#include "core/device/validate.h"

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1}, i32 = {NSC_BACKEND_INT, 32, 1};

enum { TAIL = sizeof(uint64_t) };

/* An operation on single elements, legal but for its tail. */
typedef struct probe {
    struct {
        nsc_backend_expression is;
        uint64_t room;
    } expression;
    struct {
        union {
            nsc_backend_operation head;
            nsc_backend_map map;
            nsc_backend_reduce reduce;
            nsc_backend_gemm gemm;
            nsc_backend_random random;
            nsc_backend_gemm_epilogue epilogue;
            nsc_backend_gather gather;
            nsc_backend_softmax softmax;
        } is;
        uint64_t room;
    } operation;
} probe;

static nsc_backend_view element(uint32_t buffer, uint32_t rank, nsc_backend_dtype dtype)
{
    nsc_backend_view view = {.buffer = buffer, .rank = rank, .dtype = dtype};
    for (uint32_t i = 0; i < rank; i++)
        view.dims[i] = view.strides[i] = 1;
    return view;
}

/* Writes a tail that is not 0 behind the last known field. */
static void lengthen(void *whole, uint32_t *size)
{
    memset((unsigned char *)whole + *size, 1, TAIL);
    *size += TAIL;
}

static void fill(probe *p, uint32_t kind)
{
    static const nsc_backend_instruction constant[] = {{NSC_OP_IMMEDIATE, 0}, {NSC_OP_STORE, 0}};
    static const nsc_backend_instruction copy[] = {{NSC_OP_LOAD, 0}, {NSC_OP_STORE, 0}};
    static const float one = 1.0f;
    const bool of_product = kind == NSC_BACKEND_GEMM_EPILOGUE;
    memset(p, 0, sizeof *p);
    p->expression.is = (nsc_backend_expression){.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                                .version = 1,
                                                .code_count = 2,
                                                .immediate_count = of_product ? 0 : 1,
                                                .code = of_product ? copy : constant,
                                                .immediates = &one,
                                                .input_count = of_product ? 1 : 0,
                                                .output_count = 1,
                                                .stack_depth = 1};
    switch (kind) {
    case NSC_BACKEND_MAP:
        p->operation.is.map = (nsc_backend_map){.expression = &p->expression.is, .output_count = 1};
        p->operation.is.map.outputs[0] = element(0, 1, f32);
        break;
    case NSC_BACKEND_REDUCE:
        p->operation.is.reduce = (nsc_backend_reduce){.producer = &p->expression.is,
                                                      .reduction = NSC_BACKEND_SUM,
                                                      .reduced_rank = 1,
                                                      .rank = 1,
                                                      .dims = {1},
                                                      .output = element(0, 0, f32)};
        break;
    case NSC_BACKEND_GEMM:
        p->operation.is.gemm = (nsc_backend_gemm){
            .alpha = 1.0f, .a = element(0, 2, f32), .b = element(1, 2, f32), .c = element(2, 2, f32)};
        break;
    case NSC_BACKEND_RANDOM:
        p->operation.is.random =
            (nsc_backend_random){.distribution = NSC_BACKEND_UNIFORM, .scale = 1.0f, .output = element(0, 1, f32)};
        break;
    case NSC_BACKEND_GEMM_EPILOGUE:
        p->operation.is.epilogue = (nsc_backend_gemm_epilogue){
            .expression = &p->expression.is, .a = element(0, 2, f32), .b = element(1, 2, f32), .c = element(2, 2, f32)};
        break;
    case NSC_BACKEND_GATHER:
        p->operation.is.gather = (nsc_backend_gather){
            .source = element(0, 3, f32), .indices = element(1, 1, i32), .output = element(2, 3, f32)};
        break;
    default:
        p->operation.is.softmax = (nsc_backend_softmax){.input = element(0, 1, f32), .output = element(1, 1, f32)};
    }
    p->operation.is.head = (nsc_backend_operation){nsc_kind_size(kind), kind};
}

/* The answer to the probe; a step that it made is gone. */
static nsc_backend_status ask(nsc_device *device, const probe *p)
{
    nsc_backend_step *step = NULL;
    nsc_host_say("");
    nsc_backend_status result = device->table.prepare(device->handle, &p->operation.is.head, &step);
    if (result == NSC_BACKEND_OK && step)
        device->table.release(device->handle, step);
    return result;
}

nsc_backend_status nsc_tails_refused(nsc_device *device, uint32_t optional_kinds, char *why, size_t capacity)
{
    const char *what = NULL;
    nsc_backend_status result = NSC_BACKEND_UNSUPPORTED;
    probe p;
    fill(&p, NSC_BACKEND_MAP);
    lengthen(&p.expression, &p.expression.is.struct_size);
    result = ask(device, &p);
    if (result != NSC_BACKEND_UNSUPPORTED)
        what = "an expression";
    for (uint32_t kind = NSC_BACKEND_MAP; !what && nsc_kind_name(kind); kind++) {
        if (kind > NSC_BACKEND_GEMM && !(optional_kinds & NSC_BACKEND_KIND_BIT(kind)))
            continue;
        fill(&p, kind);
        lengthen(&p.operation, &p.operation.is.head.struct_size);
        result = ask(device, &p);
        if (result != NSC_BACKEND_UNSUPPORTED)
            what = nsc_kind_name(kind);
    }
    if (result == NSC_BACKEND_OK)
        snprintf(why, capacity,
                 "prepare: expected UNSUPPORTED for %s with a tail that no backend knows (nsc_backend_take tells), "
                 "found OK",
                 what);
    else if (what)
        snprintf(why, capacity, "%s", *nsc_host_said() ? nsc_host_said() : "prepare fails, and gave no reason");
    return what ? result : NSC_BACKEND_UNSUPPORTED;
}
