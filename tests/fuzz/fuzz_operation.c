/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of operation descriptors. What is accepted is looked at element by element, where it is small enough: no
 * element before the buffer, none written twice, none read that is written elsewhere. */
#include "fuzz_expression.h"

#define MAX_LOOK 4096

typedef union operation {
    nsc_backend_operation head;
    nsc_backend_map map;
    nsc_backend_reduce reduce;
    nsc_backend_gemm gemm;
    nsc_backend_random random;
    nsc_backend_gemm_epilogue epilogue;
    nsc_backend_gather gather;
    nsc_backend_softmax softmax;
} operation;

static nsc_backend_dtype read_dtype(fuzz_reader *reader)
{
    static const nsc_backend_dtype known[] = {{NSC_BACKEND_FLOAT, 32, 1}, {NSC_BACKEND_INT, 32, 1},
                                              {NSC_BACKEND_UINT, 32, 1},  {NSC_BACKEND_UINT, 8, 1},
                                              {NSC_BACKEND_FLOAT, 16, 1}, {NSC_BACKEND_FLOAT, 64, 1}};
    const size_t which = fuzz_byte(reader);
    if (which < sizeof known / sizeof known[0])
        return known[which];
    return (nsc_backend_dtype){fuzz_byte(reader), fuzz_byte(reader), fuzz_byte(reader)};
}

/* Strides of 239 and below are given; a first byte of 0 means row-major ones. */
static nsc_backend_view read_view(fuzz_reader *reader)
{
    nsc_backend_view view = {.buffer = (uint32_t)fuzz_number(reader)};
    view.dtype = read_dtype(reader);
    view.offset = fuzz_number(reader);
    view.rank = (uint32_t)fuzz_number(reader);
    const uint32_t rank = view.rank < NSC_BACKEND_MAX_RANK ? view.rank : NSC_BACKEND_MAX_RANK;
    for (uint32_t i = 0; i < rank; i++)
        view.dims[i] = fuzz_number(reader);
    const bool given = fuzz_byte(reader) != 0;
    uint64_t stride = 1;
    for (uint32_t i = rank; i-- > 0; stride *= (uint64_t)view.dims[i])
        view.strides[i] = given ? fuzz_number(reader) : (int64_t)stride;
    return view;
}

static void read_views(fuzz_reader *reader, nsc_backend_view *views, uint32_t count, uint32_t room)
{
    for (uint32_t i = 0; i < count && i < room; i++)
        views[i] = read_view(reader);
}

static void read_operation(fuzz_reader *reader, operation *o, const nsc_backend_expression *expression)
{
    static const uint32_t sizes[] = {
        sizeof(nsc_backend_operation), NSC_BACKEND_MAP_SIZE,     NSC_BACKEND_REDUCE_SIZE,
        NSC_BACKEND_GEMM_SIZE,         NSC_BACKEND_RANDOM_SIZE,  NSC_BACKEND_GEMM_EPILOGUE_SIZE,
        NSC_BACKEND_GATHER_SIZE,       NSC_BACKEND_SOFTMAX_SIZE, sizeof(operation)};
    enum { COUNT = sizeof sizes / sizeof sizes[0] - 1 };
    memset(o, 0, sizeof *o);
    o->head.kind = (uint32_t)fuzz_number(reader);
    const uint8_t other_size = fuzz_byte(reader);
    o->head.struct_size =
        other_size ? (uint32_t)fuzz_number(reader) : sizes[o->head.kind < COUNT ? o->head.kind : COUNT];
    switch (o->head.kind) {
    case NSC_BACKEND_MAP:
        o->map.expression = expression;
        o->map.input_count = (uint32_t)fuzz_number(reader);
        o->map.output_count = (uint32_t)fuzz_number(reader);
        read_views(reader, o->map.inputs, o->map.input_count, NSC_BACKEND_MAX_INPUTS);
        read_views(reader, o->map.outputs, o->map.output_count, NSC_BACKEND_MAX_OUTPUTS);
        break;
    case NSC_BACKEND_REDUCE:
        o->reduce.producer = expression;
        o->reduce.reduction = (uint32_t)fuzz_number(reader);
        o->reduce.reduced_rank = (uint32_t)fuzz_number(reader);
        o->reduce.input_count = (uint32_t)fuzz_number(reader);
        o->reduce.rank = (uint32_t)fuzz_number(reader);
        for (uint32_t i = 0; i < o->reduce.rank && i < NSC_BACKEND_MAX_RANK; i++)
            o->reduce.dims[i] = fuzz_number(reader);
        read_views(reader, o->reduce.inputs, o->reduce.input_count, NSC_BACKEND_MAX_INPUTS);
        o->reduce.output = read_view(reader);
        break;
    case NSC_BACKEND_GEMM:
        o->gemm.a = read_view(reader);
        o->gemm.b = read_view(reader);
        o->gemm.c = read_view(reader);
        break;
    case NSC_BACKEND_RANDOM:
        o->random.distribution = (uint32_t)fuzz_number(reader);
        o->random.first = (uint64_t)fuzz_number(reader);
        o->random.stream_scalars = (uint32_t)fuzz_number(reader);
        o->random.output = read_view(reader);
        break;
    case NSC_BACKEND_GATHER:
        o->gather.source = read_view(reader);
        o->gather.indices = read_view(reader);
        o->gather.output = read_view(reader);
        break;
    case NSC_BACKEND_SOFTMAX:
        o->softmax.logarithm = (uint32_t)fuzz_number(reader);
        o->softmax.reserved = (uint32_t)fuzz_number(reader);
        o->softmax.input = read_view(reader);
        o->softmax.output = read_view(reader);
        break;
    default:
        o->epilogue.expression = expression;
        o->epilogue.input_count = (uint32_t)fuzz_number(reader);
        o->epilogue.a = read_view(reader);
        o->epilogue.b = read_view(reader);
        o->epilogue.c = read_view(reader);
        read_views(reader, o->epilogue.inputs, o->epilogue.input_count, NSC_BACKEND_MAX_INPUTS);
        break;
    }
}

/* ---- what was accepted ---- */

/* The elements of a view in row-major order; the result is their number, 0: too many to look at. */
static size_t elements(const nsc_backend_view *view, int64_t list[MAX_LOOK])
{
    REQUIRE(view->rank <= NSC_BACKEND_MAX_RANK && view->buffer < 64);
    int64_t count = 1;
    for (uint32_t i = 0; i < view->rank; i++) {
        REQUIRE(view->dims[i] > 0);
        if (view->dims[i] > MAX_LOOK || (count *= view->dims[i]) > MAX_LOOK)
            return 0;
    }
    for (int64_t n = 0; n < count; n++) {
        int64_t rest = n;
        list[n] = view->offset;
        for (uint32_t i = view->rank; i-- > 0; rest /= view->dims[i])
            list[n] += rest % view->dims[i] * view->strides[i]; /* UBSan sees an overflow that got through */
        REQUIRE(list[n] >= 0);
    }
    return (size_t)count;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void check_destination(const nsc_backend_view *view)
{
    static int64_t list[MAX_LOOK];
    const size_t count = elements(view, list);
    qsort(list, count, sizeof *list, ascending);
    for (size_t i = 1; i < count; i++)
        REQUIRE(list[i - 1] != list[i]);
}

/* A source may be the destination itself, element by element, where that is allowed; else they share no byte. */
static void check_source(const nsc_backend_view *source, const nsc_backend_view *target, bool may_be_same)
{
    static int64_t read[MAX_LOOK], written[MAX_LOOK];
    const size_t reads = elements(source, read), writes = elements(target, written);
    const int64_t read_bytes = source->dtype.bits / 8, written_bytes = target->dtype.bits / 8;
    if (source->buffer != target->buffer || reads * writes > MAX_LOOK * 16)
        return;
    if (may_be_same && reads == writes && read_bytes == written_bytes &&
        memcmp(read, written, reads * sizeof *read) == 0)
        return;
    for (size_t i = 0; i < reads; i++)
        for (size_t j = 0; j < writes; j++)
            REQUIRE((read[i] + 1) * read_bytes <= written[j] * written_bytes ||
                    (written[j] + 1) * written_bytes <= read[i] * read_bytes);
}

static void check_operation(const operation *o)
{
    switch (o->head.kind) {
    case NSC_BACKEND_MAP:
        fuzz_expression_run(o->map.expression);
        for (uint32_t i = 0; i < o->map.output_count; i++) {
            check_destination(&o->map.outputs[i]);
            for (uint32_t j = 0; j < i; j++)
                check_source(&o->map.outputs[j], &o->map.outputs[i], false);
            for (uint32_t j = 0; j < o->map.input_count; j++)
                check_source(&o->map.inputs[j], &o->map.outputs[i], true);
        }
        break;
    case NSC_BACKEND_REDUCE:
        fuzz_expression_run(o->reduce.producer);
        REQUIRE(o->reduce.reduced_rank >= 1 && o->reduce.output.rank + o->reduce.reduced_rank == o->reduce.rank);
        check_destination(&o->reduce.output);
        for (uint32_t j = 0; j < o->reduce.input_count; j++)
            check_source(&o->reduce.inputs[j], &o->reduce.output, false);
        break;
    case NSC_BACKEND_GEMM:
        check_destination(&o->gemm.c);
        check_source(&o->gemm.a, &o->gemm.c, false);
        check_source(&o->gemm.b, &o->gemm.c, false);
        break;
    case NSC_BACKEND_RANDOM:
        REQUIRE(o->random.stream_scalars <= 1);
        check_destination(&o->random.output);
        break;
    case NSC_BACKEND_GATHER:
        REQUIRE(o->gather.source.rank == 3 && o->gather.indices.rank == 1 && o->gather.output.rank == 3);
        REQUIRE(o->gather.output.dims[1] == o->gather.indices.dims[0]);
        check_destination(&o->gather.output);
        check_source(&o->gather.source, &o->gather.output, false);
        check_source(&o->gather.indices, &o->gather.output, false);
        break;
    case NSC_BACKEND_SOFTMAX:
        REQUIRE(o->softmax.logarithm <= 1 && o->softmax.reserved == 0 && o->softmax.output.rank >= 1);
        check_destination(&o->softmax.output);
        check_source(&o->softmax.input, &o->softmax.output, true);
        break;
    default:
        fuzz_expression_run(o->epilogue.expression);
        check_destination(&o->epilogue.c);
        check_source(&o->epilogue.a, &o->epilogue.c, false);
        check_source(&o->epilogue.b, &o->epilogue.c, false);
        for (uint32_t j = 0; j < o->epilogue.input_count; j++)
            check_source(&o->epilogue.inputs[j], &o->epilogue.c, true);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const nsc_backend_limits limits = {.struct_size = NSC_BACKEND_LIMITS_SIZE,
                                              .flags = NSC_BACKEND_BATCHED_GEMM,
                                              .storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 |
                                                                NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8,
                                              .expression_version = 1,
                                              .max_rank = 8};
    fuzz_reader reader = {data, data + size};
    char why[256] = "";
    fuzz_expression made;
    operation o;
    fuzz_expression_read(&reader, &made);
    read_operation(&reader, &o, &made.expression);
    if (nsc_operation_valid(&o.head, &limits, why, sizeof why))
        check_operation(&o);
    else
        fuzz_refused(why, sizeof why);
    fuzz_expression_free(&made);
    return 0;
}
