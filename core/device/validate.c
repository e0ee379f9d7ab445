/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of operation descriptors. */
#include "core/device/validate.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

#define MAX_BINDINGS 64

typedef struct checker {
    const nsc_backend_limits *limits;
    const char *kind;
    char *text;
    size_t capacity;
} checker;

static const char *const kind_names[] = {
    [NSC_BACKEND_MAP] = "map",
    [NSC_BACKEND_REDUCE] = "reduce",
    [NSC_BACKEND_GEMM] = "gemm",
    [NSC_BACKEND_RANDOM] = "random",
    [NSC_BACKEND_GEMM_EPILOGUE] = "gemm_epilogue",
    [NSC_BACKEND_GATHER] = "gather",
    [NSC_BACKEND_SOFTMAX] = "softmax",
};

const char *nsc_kind_name(uint32_t kind)
{
    return kind < sizeof kind_names / sizeof kind_names[0] ? kind_names[kind] : NULL;
}

static bool NSC_PRINTF(2, 3) refuse(const checker *c, const char *format, ...)
{
    char rule[192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    snprintf(c->text, c->capacity, "%s: %s", c->kind, rule);
    return false;
}

/* The bit of limits.storage_dtypes; 0: no dtype. */
static uint32_t dtype_bit(nsc_backend_dtype dtype)
{
    switch (dtype.lanes == 1 ? dtype.code << 8 | dtype.bits : 0) {
    case NSC_BACKEND_FLOAT << 8 | 32:
        return NSC_BACKEND_HAS_F32;
    case NSC_BACKEND_INT << 8 | 32:
        return NSC_BACKEND_HAS_I32;
    case NSC_BACKEND_UINT << 8 | 32:
        return NSC_BACKEND_HAS_U32;
    case NSC_BACKEND_UINT << 8 | 8:
        return NSC_BACKEND_HAS_U8;
    case NSC_BACKEND_FLOAT << 8 | 16:
        return NSC_BACKEND_HAS_F16;
    case NSC_BACKEND_BFLOAT << 8 | 16:
        return NSC_BACKEND_HAS_BF16;
    case NSC_BACKEND_FLOAT << 8 | 64:
        return NSC_BACKEND_HAS_F64;
    case NSC_BACKEND_INT << 8 | 64:
        return NSC_BACKEND_HAS_I64;
    default:
        return 0;
    }
}

static bool same_dtype(nsc_backend_dtype a, nsc_backend_dtype b)
{
    return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

static bool is_dtype(nsc_backend_dtype dtype, uint8_t code, uint8_t bits)
{
    return dtype.code == code && dtype.bits == bits && dtype.lanes == 1;
}

static bool dims_valid(const checker *c, const char *what, uint32_t rank, const int64_t *dims)
{
    if (rank > NSC_BACKEND_MAX_RANK || rank > c->limits->max_rank)
        return refuse(c, "%s has rank %u, and %u is the highest", what, rank, c->limits->max_rank);
    int64_t elements = 1;
    for (uint32_t i = 0; i < rank; i++) {
        if (dims[i] <= 0)
            return refuse(c, "%s has a dim %u of %lld: dims are positive", what, i, (long long)dims[i]);
        if (__builtin_mul_overflow(elements, dims[i], &elements))
            return refuse(c, "%s has more elements than can be counted", what);
    }
    return true;
}

static bool view_valid(const checker *c, const char *what, const nsc_backend_view *view)
{
    uint32_t bit = dtype_bit(view->dtype);
    if (!bit)
        return refuse(c, "%s has a dtype (%u, %u, %u) that does not exist", what, view->dtype.code, view->dtype.bits,
                      view->dtype.lanes);
    if (!(c->limits->storage_dtypes & bit))
        return refuse(c, "%s has a dtype (%u, %u, 1) that the device does not store", what, view->dtype.code,
                      view->dtype.bits);
    if (view->buffer >= MAX_BINDINGS)
        return refuse(c, "%s is on buffer %u, and %d is the last", what, view->buffer, MAX_BINDINGS - 1);
    if (view->reserved != 0)
        return refuse(c, "%s has a reserved field that is not 0", what);
    if (!dims_valid(c, what, view->rank, view->dims))
        return false;
    int64_t lowest, highest;
    if (!nsc_view_extent(view, &lowest, &highest))
        return refuse(c, "%s reaches beyond 64 bits", what);
    return lowest >= 0 || refuse(c, "%s starts before its buffer, at %lld", what, (long long)lowest);
}

/* Sorted by stride, each dim steps over all that is inside it: no element is met twice. Windows that are interleaved
 * and yet disjoint do not pass; core makes none. */
static bool disjoint(const nsc_backend_view *view)
{
    bool used[NSC_BACKEND_MAX_RANK] = {false};
    int64_t inside = 0; /* the last element of the dims taken so far */
    for (uint32_t n = 0; n < view->rank; n++) {
        uint32_t next = view->rank;
        for (uint32_t i = 0; i < view->rank; i++)
            if (!used[i] && (next == view->rank || view->strides[i] < view->strides[next]))
                next = i;
        used[next] = true;
        if (view->dims[next] == 1)
            continue;
        if (view->strides[next] <= inside)
            return false;
        inside += (view->dims[next] - 1) * view->strides[next];
    }
    return true;
}

static bool same_dims(uint32_t rank, const int64_t *dims, const nsc_backend_view *view)
{
    return view->rank == rank && memcmp(dims, view->dims, rank * sizeof *dims) == 0;
}

static bool same_view(const nsc_backend_view *a, const nsc_backend_view *b)
{
    return a->buffer == b->buffer && a->offset == b->offset && same_dtype(a->dtype, b->dtype) &&
           same_dims(a->rank, a->dims, b) && memcmp(a->strides, b->strides, a->rank * sizeof *a->strides) == 0;
}

/* Do their spans of bytes meet? Views that interleave without sharing an element count as overlapping. */
static bool overlap(const nsc_backend_view *a, const nsc_backend_view *b)
{
    if (a->buffer != b->buffer)
        return false;
    int64_t a_low, a_high, b_low, b_high;
    nsc_view_extent(a, &a_low, &a_high);
    nsc_view_extent(b, &b_low, &b_high);
    int64_t a_size = a->dtype.bits / 8, b_size = b->dtype.bits / 8;
    return a_low * a_size < (b_high + 1) * b_size && b_low * b_size < (a_high + 1) * a_size;
}

static bool destination_valid(const checker *c, const char *what, const nsc_backend_view *view)
{
    if (!view_valid(c, what, view))
        return false;
    for (uint32_t i = 0; i < view->rank; i++)
        if (view->dims[i] > 1 && view->strides[i] <= 0)
            return refuse(c, "%s is written with stride %lld", what, (long long)view->strides[i]);
    return disjoint(view) || refuse(c, "%s overlaps itself", what);
}

/* A source and the destination are the same view, or apart. */
static bool apart(const checker *c, const char *what, const nsc_backend_view *source, const nsc_backend_view *target)
{
    return same_view(source, target) || !overlap(source, target) ||
           refuse(c, "the destination overlaps %s without being the same view", what);
}

static bool raw_pairs_valid(const checker *c, const nsc_backend_expression *e, const nsc_backend_view *inputs,
                            const nsc_backend_view *outputs)
{
    for (uint32_t i = 0; i + 1 < e->code_count; i++)
        if (e->code[i].op == NSC_OP_LOAD_RAW &&
            !same_dtype(inputs[e->code[i].arg].dtype, outputs[e->code[i + 1].arg].dtype))
            return refuse(c, "raw bits of input %u go to output %u of another dtype", e->code[i].arg,
                          e->code[i + 1].arg);
    return true;
}

static const char *numbered(char text[32], const char *word, uint32_t index)
{
    snprintf(text, 32, "%s %u", word, index);
    return text;
}

static bool expression_valid(const checker *c, const nsc_backend_expression *e)
{
    char rule[192];
    if (!nsc_expression_valid(e, rule, sizeof rule))
        return refuse(c, "%s", rule);
    return c->limits->expression_version >= e->version ||
           refuse(c, "the device knows expressions up to version %u", c->limits->expression_version);
}

static bool map_valid(const checker *c, const nsc_backend_map *map)
{
    if (!expression_valid(c, map->expression))
        return false;
    if (map->input_count != map->expression->input_count || map->output_count != map->expression->output_count)
        return refuse(c, "the expression has %u inputs and %u outputs, the operation %u and %u",
                      map->expression->input_count, map->expression->output_count, map->input_count, map->output_count);
    char what[32], other[32];
    const nsc_backend_view *first = &map->outputs[0];
    for (uint32_t i = 0; i < map->output_count; i++) {
        if (!destination_valid(c, numbered(what, "output", i), &map->outputs[i]))
            return false;
        if (!same_dims(first->rank, first->dims, &map->outputs[i]))
            return refuse(c, "%s has other dims than output 0", what);
        for (uint32_t j = 0; j < i; j++)
            if (overlap(&map->outputs[i], &map->outputs[j]))
                return refuse(c, "%s overlaps %s", what, numbered(other, "output", j));
    }
    for (uint32_t i = 0; i < map->input_count; i++) {
        if (!view_valid(c, numbered(what, "input", i), &map->inputs[i]))
            return false;
        if (!same_dims(first->rank, first->dims, &map->inputs[i]))
            return refuse(c, "%s has other dims than output 0", what);
        for (uint32_t j = 0; j < map->output_count; j++)
            if (!apart(c, what, &map->inputs[i], &map->outputs[j]))
                return false;
    }
    return raw_pairs_valid(c, map->expression, map->inputs, map->outputs);
}

static bool reduce_valid(const checker *c, const nsc_backend_reduce *reduce)
{
    if (!expression_valid(c, reduce->producer))
        return false;
    if (reduce->input_count != reduce->producer->input_count || reduce->producer->output_count != 1)
        return refuse(c, "the producer has %u inputs and %u outputs, the operation %u and 1",
                      reduce->producer->input_count, reduce->producer->output_count, reduce->input_count);
    for (uint32_t i = 0; i < reduce->producer->code_count; i++)
        if (reduce->producer->code[i].op == NSC_OP_LOAD_RAW)
            return refuse(c, "raw bits cannot be reduced");
    if (reduce->reduction < NSC_BACKEND_SUM || reduce->reduction > NSC_BACKEND_MINIMUM)
        return refuse(c, "there is no reduction %u", reduce->reduction);
    if (!dims_valid(c, "the whole", reduce->rank, reduce->dims))
        return false;
    if (reduce->reduced_rank < 1 || reduce->reduced_rank > reduce->rank)
        return refuse(c, "%u of %u dims are reduced", reduce->reduced_rank, reduce->rank);
    if (!destination_valid(c, "the output", &reduce->output))
        return false;
    if (!same_dims(reduce->rank - reduce->reduced_rank, reduce->dims, &reduce->output))
        return refuse(c, "the output has other dims than those that are left");
    char what[32];
    for (uint32_t i = 0; i < reduce->input_count; i++) {
        if (!view_valid(c, numbered(what, "input", i), &reduce->inputs[i]))
            return false;
        if (!same_dims(reduce->rank, reduce->dims, &reduce->inputs[i]))
            return refuse(c, "%s has other dims than the whole", what);
        if (overlap(&reduce->inputs[i], &reduce->output))
            return refuse(c, "the output overlaps %s", what);
    }
    return true;
}

/* One stride is 1 and the other steps over the whole line. */
static bool matrix_valid(const checker *c, const char *what, const nsc_backend_view *view)
{
    if (!view_valid(c, what, view))
        return false;
    if (!is_dtype(view->dtype, NSC_BACKEND_FLOAT, 32))
        return refuse(c, "%s is not float32", what);
    uint32_t row = view->rank - 2, column = view->rank - 1;
    bool plain = view->strides[column] == 1 && view->strides[row] >= view->dims[column];
    bool transposed = view->strides[row] == 1 && view->strides[column] >= view->dims[row];
    return plain || transposed ||
           refuse(c, "%s has strides (%lld, %lld): one must be 1, the other at least the dim it steps over", what,
                  (long long)view->strides[row], (long long)view->strides[column]);
}

static bool product_valid(const checker *c, const nsc_backend_view *a, const nsc_backend_view *b,
                          const nsc_backend_view *out, bool batched)
{
    if (a->rank != out->rank || b->rank != out->rank || (out->rank != 2 && !(batched && out->rank == 3)))
        return refuse(c, "ranks %u, %u and %u: all must be 2%s", a->rank, b->rank, out->rank,
                      batched ? ", or all 3" : "");
    if (out->rank == 3 && !(c->limits->flags & NSC_BACKEND_BATCHED_GEMM))
        return refuse(c, "the device does not offer batches");
    if (!matrix_valid(c, "a", a) || !matrix_valid(c, "b", b) || !matrix_valid(c, "c", out) ||
        !destination_valid(c, "c", out))
        return false;
    uint32_t row = out->rank - 2, column = out->rank - 1;
    if (out->strides[column] != 1)
        return refuse(c, "c has a second stride of %lld, and it must be 1", (long long)out->strides[column]);
    if (a->dims[row] != out->dims[row] || b->dims[column] != out->dims[column] || a->dims[column] != b->dims[row] ||
        (out->rank == 3 && (a->dims[0] != out->dims[0] || b->dims[0] != out->dims[0])))
        return refuse(c, "(%lld, %lld) times (%lld, %lld) is not (%lld, %lld)", (long long)a->dims[row],
                      (long long)a->dims[column], (long long)b->dims[row], (long long)b->dims[column],
                      (long long)out->dims[row], (long long)out->dims[column]);
    if (overlap(a, out) || overlap(b, out))
        return refuse(c, "c overlaps %s", overlap(a, out) ? "a" : "b");
    return true;
}

static bool epilogue_valid(const checker *c, const nsc_backend_gemm_epilogue *gemm)
{
    if (!expression_valid(c, gemm->expression) || !product_valid(c, &gemm->a, &gemm->b, &gemm->c, false))
        return false;
    if (gemm->reserved != 0)
        return refuse(c, "a reserved field is not 0");
    if (gemm->expression->output_count != 1 || gemm->expression->input_count < 1 ||
        gemm->input_count != gemm->expression->input_count - 1)
        return refuse(c, "the expression has %u inputs and %u outputs, the operation %u and the product, and 1",
                      gemm->expression->input_count, gemm->expression->output_count, gemm->input_count);
    for (uint32_t i = 0; i < gemm->expression->code_count; i++)
        if (gemm->expression->code[i].op == NSC_OP_LOAD_RAW && gemm->expression->code[i].arg == 0)
            return refuse(c, "a product has no raw bits");
    char what[32];
    nsc_backend_view inputs[NSC_BACKEND_MAX_INPUTS];
    inputs[0] = gemm->c;
    for (uint32_t i = 0; i < gemm->input_count; i++) {
        if (!view_valid(c, numbered(what, "input", i), &gemm->inputs[i]))
            return false;
        if (!same_dims(gemm->c.rank, gemm->c.dims, &gemm->inputs[i]))
            return refuse(c, "%s has other dims than c", what);
        if (!apart(c, what, &gemm->inputs[i], &gemm->c))
            return false;
        inputs[i + 1] = gemm->inputs[i];
    }
    return raw_pairs_valid(c, gemm->expression, inputs, &gemm->c);
}

static bool random_valid(const checker *c, const nsc_backend_random *random)
{
    if (random->distribution < NSC_BACKEND_WORDS || random->distribution > NSC_BACKEND_TRUNCATED_NORMAL)
        return refuse(c, "there is no distribution %u", random->distribution);
    if (random->reserved != 0 || random->reserved2 != 0)
        return refuse(c, "a reserved field is not 0");
    if (random->stream_scalars > 1)
        return refuse(c, "stream_scalars is %u, and must be 0 or 1", random->stream_scalars);
    if (random->stream_scalars == 1 && random->stream != 0)
        return refuse(c, "the stream is given twice: with stream_scalars it must be 0");
    if (!destination_valid(c, "the output", &random->output))
        return false;
    if (random->output.rank != 1 || (random->output.strides[0] != 1 && random->output.dims[0] > 1))
        return refuse(c, "the output has not rank 1 and stride 1");
    bool words = random->distribution == NSC_BACKEND_WORDS;
    if (!is_dtype(random->output.dtype, words ? NSC_BACKEND_UINT : NSC_BACKEND_FLOAT, 32))
        return refuse(c, "the output is not %s", words ? "uint32" : "float32");
    return random->first <= UINT64_MAX - (uint64_t)random->output.dims[0] ||
           refuse(c, "the slice reaches beyond the stream");
}

static bool gather_valid(const checker *c, const nsc_backend_gather *gather)
{
    const nsc_backend_view *source = &gather->source, *indices = &gather->indices, *output = &gather->output;
    if (!view_valid(c, "the source", source) || !view_valid(c, "indices", indices) ||
        !destination_valid(c, "the output", output))
        return false;
    if (source->rank != 3 || indices->rank != 1 || output->rank != 3)
        return refuse(c, "source, indices and output have ranks %u, %u and %u: they must be 3, 1 and 3", source->rank,
                      indices->rank, output->rank);
    if (!same_dtype(source->dtype, output->dtype))
        return refuse(c, "the output has another dtype than the source");
    if (!is_dtype(indices->dtype, NSC_BACKEND_INT, 32) && !is_dtype(indices->dtype, NSC_BACKEND_UINT, 32) &&
        !is_dtype(indices->dtype, NSC_BACKEND_UINT, 8))
        return refuse(c, "indices are neither int32 nor uint32 nor uint8");
    if (output->dims[0] != source->dims[0] || output->dims[1] != indices->dims[0] || output->dims[2] != source->dims[2])
        return refuse(c, "the output is (%lld, %lld, %lld), and should be (%lld, %lld, %lld)",
                      (long long)output->dims[0], (long long)output->dims[1], (long long)output->dims[2],
                      (long long)source->dims[0], (long long)indices->dims[0], (long long)source->dims[2]);
    if (overlap(source, output) || overlap(indices, output))
        return refuse(c, "the output overlaps %s", overlap(source, output) ? "the source" : "indices");
    return true;
}

static bool softmax_valid(const checker *c, const nsc_backend_softmax *softmax)
{
    const nsc_backend_view *input = &softmax->input, *output = &softmax->output;
    if (softmax->logarithm > 1)
        return refuse(c, "logarithm is %u, and must be 0 or 1", softmax->logarithm);
    if (softmax->reserved != 0)
        return refuse(c, "a reserved field is not 0");
    if (!view_valid(c, "the input", input) || !destination_valid(c, "the output", output))
        return false;
    if (output->rank < 1)
        return refuse(c, "the output has rank 0, and at least 1 is needed");
    if (!same_dims(output->rank, output->dims, input))
        return refuse(c, "the input has other dims than the output");
    if (!is_dtype(input->dtype, NSC_BACKEND_FLOAT, 32) || !is_dtype(output->dtype, NSC_BACKEND_FLOAT, 32))
        return refuse(c, "input and output are not both float32");
    return apart(c, "the input", input, output);
}

uint32_t nsc_kind_size(uint32_t kind)
{
    switch (kind) {
    case NSC_BACKEND_MAP:
        return NSC_BACKEND_MAP_SIZE;
    case NSC_BACKEND_REDUCE:
        return NSC_BACKEND_REDUCE_SIZE;
    case NSC_BACKEND_GEMM:
        return NSC_BACKEND_GEMM_SIZE;
    case NSC_BACKEND_RANDOM:
        return NSC_BACKEND_RANDOM_SIZE;
    case NSC_BACKEND_GATHER:
        return NSC_BACKEND_GATHER_SIZE;
    case NSC_BACKEND_SOFTMAX:
        return NSC_BACKEND_SOFTMAX_SIZE;
    default:
        return NSC_BACKEND_GEMM_EPILOGUE_SIZE;
    }
}

bool nsc_operation_valid(const nsc_backend_operation *operation, const nsc_backend_limits *limits, char *text,
                         size_t capacity)
{
    if (!operation) {
        snprintf(text, capacity, "there is no operation");
        return false;
    }
    if (operation->struct_size < sizeof *operation) {
        snprintf(text, capacity, "an operation of %u bytes has no head", operation->struct_size);
        return false;
    }
    checker c = {.limits = limits, .kind = nsc_kind_name(operation->kind), .text = text, .capacity = capacity};
    if (!c.kind) {
        snprintf(text, capacity, "there is no operation of kind %u", operation->kind);
        return false;
    }
    uint32_t known = nsc_kind_size(operation->kind);
    if (operation->struct_size != known)
        return refuse(&c, "struct_size is %u, and should be %u", operation->struct_size, known);
    const void *whole = operation;
    const nsc_backend_gemm *gemm = whole;
    switch (operation->kind) {
    case NSC_BACKEND_MAP:
        return map_valid(&c, whole);
    case NSC_BACKEND_REDUCE:
        return reduce_valid(&c, whole);
    case NSC_BACKEND_GEMM:
        return product_valid(&c, &gemm->a, &gemm->b, &gemm->c, true);
    case NSC_BACKEND_RANDOM:
        return random_valid(&c, whole);
    case NSC_BACKEND_GATHER:
        return gather_valid(&c, whole);
    case NSC_BACKEND_SOFTMAX:
        return softmax_valid(&c, whole);
    default:
        return epilogue_valid(&c, whole);
    }
}
