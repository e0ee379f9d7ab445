/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of operation with one thing wrong is refused before the device sees it; the same operation put right gives
 * the same bits as before. */
#include <stdio.h>
#include <string.h>

#include "conformance.h"

enum { SIDE = 12, COUNT = SIDE * SIDE, OPERANDS = 3 };

/* An operation of one kind, and the views in it. */
typedef struct attempt {
    expression program;
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_reduce reduce;
        nsc_backend_gemm gemm;
        nsc_backend_gemm_epilogue epilogue;
        nsc_backend_random random;
        nsc_backend_gather gather;
        nsc_backend_softmax softmax;
    } is;
    nsc_backend_view *views[4]; /* the last one is written */
    int view_count;
} attempt;

static const char *const operations[] = {"map", "reduce", "gemm", "random", "gemm_epilogue", "gather", "softmax", NULL};
static const char *const defects[] = {"no_such_buffer",
                                      "past_the_end",
                                      "negative_offset",
                                      "rank_9",
                                      "no_such_dtype",
                                      "no_elements",
                                      "struct_size_0",
                                      "no_such_kind",
                                      "operand_is_null",
                                      "one_operand_less",
                                      "a_scalar_more",
                                      "result_overlaps",
                                      NULL};
enum {
    NO_BUFFER,
    PAST_END,
    NEGATIVE,
    RANK_9,
    NO_DTYPE,
    NO_ELEMENTS,
    NO_SIZE,
    NO_KIND,
    NULL_OPERAND,
    LESS,
    SCALAR_MORE,
    OVERLAPS
};

static void copy_program(expression *e, uint32_t inputs)
{
    expression_start(e, inputs, 1, 0);
    for (uint16_t i = 0; i < inputs; i++)
        expression_add(e, NSC_OP_LOAD, i);
    if (inputs == 2)
        expression_add(e, NSC_OP_ADD, 0);
    expression_add(e, NSC_OP_STORE, 0);
}

/* Fills what is of the kind; every view is a matrix at first. */
static void make(attempt *a, uint32_t kind)
{
    const int64_t square[2] = {SIDE, SIDE}, cube[3] = {1, SIDE, SIDE}, flat[1] = {COUNT}, line[1] = {SIDE};
    nsc_backend_view in = view_of(0, NSC_FLOAT32, 2, square), out = view_of(2, NSC_FLOAT32, 2, square);

    memset(a, 0, sizeof *a);
    copy_program(&a->program, kind == NSC_BACKEND_GEMM_EPILOGUE ? 2 : 1);
    switch (kind) {
    case NSC_BACKEND_MAP:
        a->is.map = map_of(&a->program);
        a->views[a->view_count++] = &a->is.map.inputs[0];
        a->views[a->view_count++] = &a->is.map.outputs[0];
        break;
    case NSC_BACKEND_REDUCE:
        a->is.reduce = (nsc_backend_reduce){.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                            .producer = &a->program.head,
                                            .reduction = NSC_BACKEND_SUM,
                                            .reduced_rank = 1,
                                            .input_count = 1,
                                            .rank = 2,
                                            .dims = {SIDE, SIDE}};
        out = view_of(2, NSC_FLOAT32, 1, line);
        a->views[a->view_count++] = &a->is.reduce.inputs[0];
        a->views[a->view_count++] = &a->is.reduce.output;
        break;
    case NSC_BACKEND_GEMM:
        a->is.gemm = (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE, .alpha = 1};
        a->is.gemm.b = in;
        a->views[a->view_count++] = &a->is.gemm.a;
        a->views[a->view_count++] = &a->is.gemm.c;
        break;
    case NSC_BACKEND_GEMM_EPILOGUE:
        a->is.epilogue = (nsc_backend_gemm_epilogue){
            .struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE, .expression = &a->program.head, .input_count = 1};
        a->is.epilogue.b = a->is.epilogue.inputs[0] = in;
        a->views[a->view_count++] = &a->is.epilogue.a;
        a->views[a->view_count++] = &a->is.epilogue.c;
        break;
    case NSC_BACKEND_RANDOM:
        a->is.random = (nsc_backend_random){
            .struct_size = NSC_BACKEND_RANDOM_SIZE, .distribution = NSC_BACKEND_UNIFORM, .scale = 1};
        out = view_of(2, NSC_FLOAT32, 1, flat);
        a->views[a->view_count++] = &a->is.random.output;
        break;
    case NSC_BACKEND_GATHER:
        a->is.gather = (nsc_backend_gather){.struct_size = NSC_BACKEND_GATHER_SIZE};
        a->is.gather.indices = view_of(1, NSC_INT32, 1, line);
        in = view_of(0, NSC_FLOAT32, 3, cube);
        out = view_of(2, NSC_FLOAT32, 3, cube);
        a->views[a->view_count++] = &a->is.gather.source;
        a->views[a->view_count++] = &a->is.gather.output;
        break;
    default:
        a->is.softmax = (nsc_backend_softmax){.struct_size = NSC_BACKEND_SOFTMAX_SIZE};
        a->views[a->view_count++] = &a->is.softmax.input;
        a->views[a->view_count++] = &a->is.softmax.output;
    }
    a->is.head.kind = kind;
    *a->views[0] = in;
    *a->views[a->view_count - 1] = out;
}

/* Makes one thing wrong, in the view that is written where it is of a view. */
static void spoil(attempt *a, int defect, nsc_tensor **operands, uint32_t *count, uint32_t *scalars)
{
    nsc_backend_view *out = a->views[a->view_count - 1];

    switch (defect) {
    case NO_BUFFER:
        out->buffer = OPERANDS;
        break;
    case PAST_END:
        out->offset = 1;
        for (uint32_t d = 0; d < out->rank; d++)
            if (out->rank == 1 && out->dims[d] == SIDE)
                out->offset = COUNT - SIDE + 1;
        break;
    case NEGATIVE:
        out->offset = -1;
        break;
    case RANK_9:
        out->rank = NSC_BACKEND_MAX_RANK + 1;
        break;
    case NO_DTYPE:
        out->dtype.bits = 7;
        break;
    case NO_ELEMENTS:
        out->dims[out->rank - 1] = 0;
        break;
    case NO_SIZE:
        a->is.head.struct_size = 0;
        break;
    case NO_KIND:
        a->is.head.kind = 31;
        break;
    case NULL_OPERAND:
        operands[2] = NULL;
        break;
    case LESS:
        *count = OPERANDS - 1;
        break;
    case SCALAR_MORE:
        *scalars = 1;
        break;
    default: /* the result lies on what is read, shifted by an element */
        out->buffer = 0;
        out->offset = out->rank == 1 ? 1 : 0;
        out->strides[out->rank - 1] = 1;
        for (uint32_t d = 0; d + 1 < out->rank; d++)
            out->strides[d] = d + 2 == out->rank ? SIDE - 1 : out->strides[d];
    }
}

static void refused(target *t, const int *class)
{
    static const uint32_t kinds[] = {NSC_BACKEND_MAP,    NSC_BACKEND_REDUCE,        NSC_BACKEND_GEMM,
                                     NSC_BACKEND_RANDOM, NSC_BACKEND_GEMM_EPILOGUE, NSC_BACKEND_GATHER,
                                     NSC_BACKEND_SOFTMAX};
    const uint32_t kind = kinds[class[OPERATION]];
    attempt *good = memory(t, sizeof *good), *bad = memory(t, sizeof *bad);
    const int32_t indices[SIDE] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
    const float scalar = 1;
    float first[COUNT] = {0}, again[COUNT] = {0};
    nsc_tensor *operands[OPERANDS] = {tensor(t, NSC_FLOAT32, COUNT, numbers(t, 0, COUNT, -1, 1)),
                                      tensor(t, NSC_INT32, SIDE, indices),
                                      tensor(t, NSC_FLOAT32, COUNT, numbers(t, 1, COUNT, 5, 6))};
    nsc_tensor *wrong[OPERANDS] = {operands[0], operands[1], operands[2]};
    uint32_t count = OPERANDS, scalars = 0;

    if (kind > NSC_BACKEND_GEMM && !offers(t, kind)) {
        skip(t, "the device does not offer %s", operations[class[OPERATION]]);
        return;
    }
    make(good, kind);
    if (!run(t, &good->is, operands, OPERANDS, NULL, 0) || !read_back(t, operands[2], first))
        return;
    make(bad, kind);
    spoil(bad, class[SHAPE], wrong, &count, &scalars);
    if (nsc_operation_run(t->context, &bad->is.head, wrong, count, &scalar, scalars) == NSC_OK)
        fail(t, "it was accepted");
    else if (!*nsc_last_error(t->context))
        fail(t, "it was refused without a word");
    if (!run(t, &good->is, operands, OPERANDS, NULL, 0) || !read_back(t, operands[2], again))
        return;
    if (memcmp(first, again, sizeof first) != 0)
        fail(t, "after the refusal the right operation gives another result");
}

/* A random fill reads nothing. */
static bool is_case(const int *class)
{
    return class[OPERATION] != 3 || class[SHAPE] != OVERLAPS;
}

static const conformance_table tables[] = {
    {"errors", refused, {operations, defects, NULL, NULL}, is_case},
    {0},
};

const conformance_group group_errors = {.tables = tables};
