/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device/work.h"

#include <stdio.h>
#include <string.h>

#include "core/device/validate.h"

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t elements(uint32_t rank, const int64_t *dims)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < rank; i++)
        count = multiply(count, (uint64_t)dims[i]);
    return count;
}

/* Of the distinct elements. A view that overlaps itself covers no more than it spans. */
static uint64_t bytes_of(const nsc_backend_view *view)
{
    uint64_t distinct = 1;
    int64_t lowest, highest;
    for (uint32_t i = 0; i < view->rank; i++)
        if (view->strides[i] != 0 || view->dims[i] == 0)
            distinct = multiply(distinct, (uint64_t)view->dims[i]);
    if (distinct > 0 && nsc_view_extent(view, &lowest, &highest) && (uint64_t)(highest - lowest) + 1 < distinct)
        distinct = (uint64_t)(highest - lowest) + 1;
    return multiply(distinct, view->dtype.bits / 8);
}

static uint64_t bytes_of_all(const nsc_backend_view *views, uint32_t count)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes = add(bytes, bytes_of(&views[i]));
    return bytes;
}

/* For one element. */
static uint64_t flops_of(const nsc_backend_expression *expression)
{
    uint64_t flops = 0;
    for (uint32_t i = 0; i < expression->code_count; i++)
        if (expression->code[i].op >= NSC_OP_NEG)
            flops += expression->code[i].op == NSC_OP_FMA ? 2 : 1;
    return flops;
}

static uint64_t flops_of_product(const nsc_backend_view *a, const nsc_backend_view *c)
{
    return multiply(multiply(2, elements(c->rank, c->dims)), (uint64_t)a->dims[a->rank - 1]);
}

/* ---- shapes ----------------------------------------------------------------------------------------------------- */

typedef struct writer {
    char *text;
    size_t used;
} writer;

static void say(writer *to, const char *piece)
{
    for (; *piece && to->used < NSC_WORK_SHAPE - 1; piece++)
        to->text[to->used++] = *piece;
    if (*piece)
        memcpy(to->text + NSC_WORK_SHAPE - 4, "...", 3);
    to->text[to->used] = 0;
}

static void say_dims(writer *to, uint32_t rank, const int64_t *dims)
{
    char number[32];
    say(to, "(");
    for (uint32_t i = 0; i < rank; i++) {
        snprintf(number, sizeof number, i == 0 ? "%lld" : ",%lld", (long long)dims[i]);
        say(to, number);
    }
    say(to, ")");
}

static void say_pair(writer *to, const nsc_backend_view *a, const char *between, const nsc_backend_view *b)
{
    say_dims(to, a->rank, a->dims);
    say(to, between);
    say_dims(to, b->rank, b->dims);
}

/* ---- the kinds -------------------------------------------------------------------------------------------------- */

static void describe_map(nsc_work *work, writer *shape, const nsc_backend_map *map)
{
    const nsc_backend_view *first = &map->outputs[0];
    work->flops = multiply(flops_of(map->expression), elements(first->rank, first->dims));
    work->bytes_read = bytes_of_all(map->inputs, map->input_count);
    work->bytes_written = bytes_of_all(map->outputs, map->output_count);
    say_dims(shape, first->rank, first->dims);
}

static void describe_reduce(nsc_work *work, writer *shape, const nsc_backend_reduce *reduce)
{
    uint64_t count = elements(reduce->rank, reduce->dims);
    uint64_t results = elements(reduce->output.rank, reduce->output.dims);
    work->flops = add(multiply(flops_of(reduce->producer), count), count - results);
    work->bytes_read = bytes_of_all(reduce->inputs, reduce->input_count);
    work->bytes_written = bytes_of(&reduce->output);
    say_dims(shape, reduce->rank, reduce->dims);
    say(shape, "->");
    say_dims(shape, reduce->output.rank, reduce->output.dims);
}

static void describe_gemm(nsc_work *work, writer *shape, const nsc_backend_gemm *gemm)
{
    work->flops = flops_of_product(&gemm->a, &gemm->c);
    work->bytes_read = add(bytes_of(&gemm->a), bytes_of(&gemm->b));
    work->bytes_written = bytes_of(&gemm->c);
    if (gemm->beta != 0)
        work->bytes_read = add(work->bytes_read, work->bytes_written);
    say_pair(shape, &gemm->a, "x", &gemm->b);
}

static void describe_epilogue(nsc_work *work, writer *shape, const nsc_backend_gemm_epilogue *gemm)
{
    uint64_t results = elements(gemm->c.rank, gemm->c.dims);
    work->flops = add(flops_of_product(&gemm->a, &gemm->c), multiply(flops_of(gemm->expression), results));
    work->bytes_read = add(add(bytes_of(&gemm->a), bytes_of(&gemm->b)), bytes_of_all(gemm->inputs, gemm->input_count));
    work->bytes_written = bytes_of(&gemm->c);
    say_pair(shape, &gemm->a, "x", &gemm->b);
}

static void describe_random(nsc_work *work, writer *shape, const nsc_backend_random *random)
{
    uint64_t count = elements(random->output.rank, random->output.dims);
    work->flops = random->distribution == NSC_BACKEND_WORDS ? 0 : multiply(2, count);
    work->bytes_written = bytes_of(&random->output);
    say_dims(shape, random->output.rank, random->output.dims);
}

static void describe_gather(nsc_work *work, writer *shape, const nsc_backend_gather *gather)
{
    /* No more of the source than is taken. */
    uint64_t source = bytes_of(&gather->source), taken = bytes_of(&gather->output);
    work->bytes_read = add(source < taken ? source : taken, bytes_of(&gather->indices));
    work->bytes_written = taken;
    say_dims(shape, gather->source.rank, gather->source.dims);
    say(shape, "[");
    say_dims(shape, gather->indices.rank, gather->indices.dims);
    say(shape, "]");
}

static void describe_softmax(nsc_work *work, writer *shape, const nsc_backend_softmax *softmax)
{
    work->flops = multiply(5, elements(softmax->output.rank, softmax->output.dims));
    work->bytes_read = bytes_of(&softmax->input);
    work->bytes_written = bytes_of(&softmax->output);
    say_dims(shape, softmax->output.rank, softmax->output.dims);
}

void nsc_work_describe(nsc_work *work, const nsc_backend_operation *operation)
{
    const void *whole = operation;
    const char *name = nsc_kind_name(operation->kind);
    writer shape = {.text = work->shape};
    work->name = name ? name : "operation";
    work->shape[0] = 0;
    work->flops = work->bytes_read = work->bytes_written = 0;
    atomic_init(&work->known, 0);
    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        describe_map(work, &shape, whole);
        break;
    case NSC_BACKEND_REDUCE:
        describe_reduce(work, &shape, whole);
        break;
    case NSC_BACKEND_GEMM:
        describe_gemm(work, &shape, whole);
        break;
    case NSC_BACKEND_GEMM_EPILOGUE:
        describe_epilogue(work, &shape, whole);
        break;
    case NSC_BACKEND_RANDOM:
        describe_random(work, &shape, whole);
        break;
    case NSC_BACKEND_GATHER:
        describe_gather(work, &shape, whole);
        break;
    case NSC_BACKEND_SOFTMAX:
        describe_softmax(work, &shape, whole);
        break;
    }
}
