/* SPDX-License-Identifier: Apache-2.0 */
/* How fast each kind of operation is on a device, and on the backend "reference" beside it in the same run. The best of
 * several rounds, of which each waits once. No verdict comes of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "json.h"
#include "program.h"
#include "progress.h"

enum { COUNT = 1 << 20, ROWS = 1024, SIDE = 256, ROUNDS = 5 };

/* An operation, and what it does in one launch. */
typedef struct measured {
    const char *name, *unit;
    double amount; /* bytes, or floating point operations */
    expression program;
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_reduce reduce;
        nsc_backend_gemm gemm;
        nsc_backend_softmax softmax;
        nsc_backend_gather gather;
        nsc_backend_random random;
    } operation;
} measured;

static const int64_t row_dims[2] = {ROWS, COUNT / ROWS}, count_dims[1] = {COUNT}, side_dims[2] = {SIDE, SIDE};

static void unary_program(expression *e, uint16_t op)
{
    expression_start(e, 1, 1, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    if (op)
        expression_add(e, op, 0);
    expression_add(e, NSC_OP_STORE, 0);
}

static void make_map(measured *m, const char *name, uint16_t op)
{
    m->name = name;
    m->amount = 8.0 * COUNT;
    unary_program(&m->program, op);
    m->operation.map = map_of(&m->program);
    m->operation.map.inputs[0] = view_of(0, NSC_FLOAT32, 1, count_dims);
    m->operation.map.outputs[0] = view_of(2, NSC_FLOAT32, 1, count_dims);
}

static void make_reduce(measured *m)
{
    m->name = "reduce, sums of rows";
    m->amount = 4.0 * COUNT;
    unary_program(&m->program, 0);
    m->operation.reduce = (nsc_backend_reduce){.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                               .kind = NSC_BACKEND_REDUCE,
                                               .producer = &m->program.head,
                                               .reduction = NSC_BACKEND_SUM,
                                               .reduced_rank = 1,
                                               .input_count = 1,
                                               .rank = 2,
                                               .dims = {row_dims[0], row_dims[1]}};
    m->operation.reduce.inputs[0] = view_of(0, NSC_FLOAT32, 2, row_dims);
    m->operation.reduce.output = view_of(2, NSC_FLOAT32, 1, row_dims);
}

static void make_gemm(measured *m)
{
    m->name = "gemm, 256 x 256 x 256";
    m->unit = "GFLOP/s";
    m->amount = 2.0 * SIDE * SIDE * SIDE;
    m->operation.gemm = (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE,
                                           .kind = NSC_BACKEND_GEMM,
                                           .alpha = 1,
                                           .a = view_of(0, NSC_FLOAT32, 2, side_dims),
                                           .b = view_of(0, NSC_FLOAT32, 2, side_dims),
                                           .c = view_of(2, NSC_FLOAT32, 2, side_dims)};
}

static void make_optional(measured *m, uint32_t kind)
{
    m->amount = 8.0 * COUNT;
    if (kind == NSC_BACKEND_SOFTMAX) {
        m->name = "softmax, rows of 1024";
        m->operation.softmax = (nsc_backend_softmax){.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                                     .kind = kind,
                                                     .input = view_of(0, NSC_FLOAT32, 2, row_dims),
                                                     .output = view_of(2, NSC_FLOAT32, 2, row_dims)};
    } else if (kind == NSC_BACKEND_GATHER) {
        const int64_t source[3] = {1, ROWS, COUNT / ROWS};

        m->name = "gather, lines of 1024";
        m->operation.gather = (nsc_backend_gather){.struct_size = NSC_BACKEND_GATHER_SIZE,
                                                   .kind = kind,
                                                   .source = view_of(0, NSC_FLOAT32, 3, source),
                                                   .indices = view_of(1, NSC_INT32, 1, row_dims),
                                                   .output = view_of(2, NSC_FLOAT32, 3, source)};
    } else {
        m->name = "random, normal";
        m->amount = 4.0 * COUNT;
        m->operation.random = (nsc_backend_random){.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                                   .kind = kind,
                                                   .distribution = NSC_BACKEND_NORMAL,
                                                   .scale = 1,
                                                   .output = view_of(2, NSC_FLOAT32, 1, count_dims)};
    }
}

enum { COPY, EXPONENTIAL, REDUCE, GEMM, SOFTMAX, GATHER, RANDOM, OPERATIONS };

static void make(measured *m, int which)
{
    static const uint32_t kinds[] = {
        [SOFTMAX] = NSC_BACKEND_SOFTMAX, [GATHER] = NSC_BACKEND_GATHER, [RANDOM] = NSC_BACKEND_RANDOM};

    memset(m, 0, sizeof *m);
    m->unit = "GB/s";
    if (which == COPY || which == EXPONENTIAL)
        make_map(m, which == COPY ? "map, copy" : "map, exp", which == COPY ? 0 : NSC_OP_EXP);
    else if (which == REDUCE)
        make_reduce(m);
    else if (which == GEMM)
        make_gemm(m);
    else
        make_optional(m, kinds[which]);
}

static double now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* Launches in one round: enough for 20 ms, at least 1. The rate in 1e9 a second; NAN: it does not run there. */
static double rate(nsc_context *context, const measured *m, nsc_tensor *const *operands)
{
    double best = INFINITY, begin;
    int launches = 1;

    for (int round = -2; round < ROUNDS;) {
        begin = now();
        for (int i = 0; i < launches; i++)
            if (nsc_operation_run(context, &m->operation.head, operands, 3, NULL, 0) != NSC_OK)
                return NAN;
        if (nsc_context_finish(context) != NSC_OK)
            return NAN;
        const double each = (now() - begin) / launches;

        if (++round > 0)
            best = fmin(best, each);
        else if (round == 0 && each < 0.02)
            launches = each > 2e-5 ? (int)(0.02 / each) : 1000;
    }
    return m->amount / best * 1e-9;
}

static bool make_operands(nsc_context *context, nsc_tensor **operands)
{
    float *data = calloc(COUNT, sizeof *data);
    int32_t *indices = calloc(ROWS, sizeof *indices);
    const int64_t rows = ROWS;
    bool made = data && indices;

    for (int i = 0; made && i < ROWS; i++)
        indices[i] = i * 389 % ROWS;
    made = made && nsc_random_fill(NSC_RANDOM_UNIFORM, 1, "bench", 0, COUNT, 2, -1, data) == NSC_OK &&
           nsc_tensor_from(context, NSC_FLOAT32, 1, count_dims, data, &operands[0]) == NSC_OK &&
           nsc_tensor_from(context, NSC_INT32, 1, &rows, indices, &operands[1]) == NSC_OK &&
           nsc_tensor_create(context, NSC_FLOAT32, 1, count_dims, &operands[2]) == NSC_OK;
    free(data);
    free(indices);
    return made;
}

/* The rates of all operations; NAN where one does not run. false: there is no memory for it. */
static bool measure(nsc_context *context, const char *title, double rates[OPERATIONS])
{
    nsc_tensor *operands[3] = {NULL};
    const bool made = make_operands(context, operands);
    measured *m = malloc(sizeof *m);

    for (int i = 0; made && m && i < OPERATIONS; i++) {
        make(m, i);
        nsc_progress("%s: %s", title, m->name);
        rates[i] = rate(context, m, operands);
    }
    nsc_progress_end();
    free(m);
    for (int i = 0; i < 3; i++)
        nsc_tensor_release(operands[i]);
    return made && m;
}

static void text_of(char text[24], double number)
{
    if (isnan(number))
        snprintf(text, 24, "-");
    else
        snprintf(text, 24, "%.2f", number);
}

static void tell(program *p, const test_run *run, const measured *m, double own, double reference)
{
    if (p->form == FORM_JSON) {
        cJSON *rows = cJSON_GetObjectItemCaseSensitive(p->json, "rates"), *row = cJSON_CreateObject();

        if (!rows)
            rows = cJSON_AddArrayToObject(p->json, "rates");
        cJSON_AddStringToObject(row, "run", run->title);
        cJSON_AddStringToObject(row, "operation", m->name);
        cJSON_AddStringToObject(row, "unit", m->unit);
        cJSON_AddItemToObject(row, "rate", nsc_json_number(own));
        cJSON_AddItemToObject(row, "ratio", nsc_json_number(own / reference));
        cJSON_AddItemToArray(rows, row);
    } else {
        char rate_text[24], ratio[24];

        text_of(rate_text, own);
        text_of(ratio, own / reference);
        printf("%-24s %10s %-8s %10s\n", m->name, rate_text, m->unit, ratio);
    }
}

void bench_device(program *p, test_run *run, target *t)
{
    const nsc_context_options beside = {.backend = "reference", .compose = run->compose};
    double own[OPERATIONS], reference[OPERATIONS];
    nsc_context *context = NULL;
    measured *m = malloc(sizeof *m);

    for (int i = 0; i < OPERATIONS; i++)
        own[i] = reference[i] = NAN;
    if (nsc_context_create(&context, &beside, sizeof beside) == NSC_OK) /* else there is nothing to compare with */
        measure(context, "reference", reference);
    nsc_context_close(context);
    if (!m || !measure(t->context, run->title, own))
        run->problem = strdup(nsc_last_error(NULL));
    else if (p->form == FORM_TEXT)
        printf("%-24s %10s %-8s %10s\n", "operation", "rate", "", "x reference");
    for (int i = 0; m && !run->problem && i < OPERATIONS; i++) {
        make(m, i);
        tell(p, run, m, own[i], reference[i]);
    }
    free(m);
}
