/* SPDX-License-Identifier: Apache-2.0 */
/* A whole backend: the least that passes `nascent conformance`. Its device is the host: memory is malloc's, and work is
 * done before launch returns, an element at a time. It offers nothing optional, so core composes everything else of map,
 * reduce and gemm. Copy the folder, rename it, and put your device in a part at a time (docs/write-a-backend.md). */
#include <nascent/backend.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-parameter" /* entries take more than a device without queues needs */

/* The opaque types are ours. Another device keeps handles of its driver here. A buffer needs no struct: it is memory. */
struct nsc_backend_device {
    const nsc_backend_host *host; /* all that we may call; lives until close has returned */
};

/* Copies of all that launch needs: what prepare was given is gone when it returns. */
struct nsc_backend_step {
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_reduce reduce;
        nsc_backend_gemm gemm;
    } operation;
    uint32_t code_count;
    nsc_backend_instruction code[NSC_BACKEND_MAX_CODE];
    float immediates[NSC_BACKEND_MAX_IMMEDIATES];
};

typedef struct value {
    union {
        float f;
        uint32_t bits;
    };
    int raw; /* stored bits, from LOAD_RAW to STORE_RAW */
} value;

/* Offset and strides of a view count elements, the offset of a binding bytes. Strides may be 0 or negative. */
static unsigned char *element(const nsc_backend_view *view, const nsc_backend_binding *bindings, const int64_t *index)
{
    int64_t at = view->offset;
    for (uint32_t d = 0; d < view->rank; d++) at += index[d] * view->strides[d];
    return (unsigned char *)bindings[view->buffer].buffer + bindings[view->buffer].offset + at * (view->dtype.bits / 8);
}

static value load(const nsc_backend_view *view, const unsigned char *from, int raw)
{
    value v = {.bits = *from, .raw = raw}; /* uint8; the other dtypes that open announces have 32 bits */
    if (view->dtype.bits == 32) memcpy(&v.bits, from, sizeof v.bits);
    if (!raw && view->dtype.code != NSC_BACKEND_FLOAT)
        v.f = view->dtype.code == NSC_BACKEND_INT ? (float)(int32_t)v.bits : (float)v.bits;
    return v;
}

/* To an integer: toward zero, saturated, NaN to 0. The bounds are exact in double; what is beyond, C leaves undefined. */
static void store(const nsc_backend_view *view, unsigned char *to, value v)
{
    if (!v.raw && view->dtype.code != NSC_BACKEND_FLOAT) {
        int negative = view->dtype.code == NSC_BACKEND_INT;
        double low = negative ? -0x1p31 : 0, high = negative ? 0x1p31 - 1 : view->dtype.bits == 8 ? 255 : 0x1p32 - 1;
        double x = isnan(v.f) ? 0 : v.f < low ? low : v.f > high ? high : v.f;
        v.bits = negative ? (uint32_t)(int32_t)x : (uint32_t)x;
    }
    if (view->dtype.bits == 32)
        memcpy(to, &v.bits, sizeof v.bits);
    else
        *to = (unsigned char)v.bits;
}

/* To the next index in row-major order; 0 after the last, with the index at its start again. Rank 0 has one index. */
static int next(int64_t *index, uint32_t rank, const int64_t *dims)
{
    while (rank-- > 0) {
        if (++index[rank] < dims[rank]) return 1;
        index[rank] = 0;
    }
    return 0;
}

/* What IEEE 754 does not round is computed in double and rounded once: within every bound of conformance. */
static double (*const functions[])(double) = {
    [NSC_OP_ABS] = fabs,    [NSC_OP_EXP] = exp,     [NSC_OP_LOG] = log,   [NSC_OP_SQRT] = sqrt, [NSC_OP_TANH] = tanh,
    [NSC_OP_ERF] = erf,     [NSC_OP_FLOOR] = floor, [NSC_OP_CEIL] = ceil, [NSC_OP_RINT] = rint, [NSC_OP_EXPM1] = expm1,
    [NSC_OP_LOG1P] = log1p, [NSC_OP_SIN] = sin,     [NSC_OP_COS] = cos};

static float compute(uint16_t op, float a, float b, float c)
{
    switch (op) {
    case NSC_OP_NEG: return -a;
    case NSC_OP_RSQRT: return (float)(1 / sqrt(a));
    case NSC_OP_ADD: return a + b;
    case NSC_OP_SUB: return a - b;
    case NSC_OP_MUL: return a * b;
    case NSC_OP_DIV: return a / b;
    case NSC_OP_MAX: return isnan(a) || a > b ? a : b; /* NaN of either side stays; fmaxf would drop it */
    case NSC_OP_MIN: return isnan(a) || a < b ? a : b;
    case NSC_OP_POW: return (float)pow(a, b);
    case NSC_OP_EQUAL: return a == b;
    case NSC_OP_LESS: return a < b;
    case NSC_OP_LESS_EQUAL: return a <= b;
    case NSC_OP_SELECT: return a != 0 ? b : c;
    case NSC_OP_FMA: return fmaf(a, b, c); /* rounds once, a * b + c twice */
    default: return (float)functions[op](a);
    }
}

/* The step's program for one element. Core has verified it: the stack neither overflows nor underflows. Results are kept
 * until the end, for an output may be an input in place that a later instruction loads again. */
static void evaluate(const nsc_backend_step *step, const nsc_backend_view *inputs, const nsc_backend_binding *bindings,
                     const float *scalars, const int64_t *index, value *results)
{
    value stack[NSC_BACKEND_MAX_STACK + 3] = {0}, temporaries[NSC_BACKEND_MAX_TEMPS], *top = stack; /* [0] is unused */
    for (uint32_t i = 0; i < step->code_count; i++) {
        uint16_t op = step->code[i].op, arg = step->code[i].arg;
        if (op == NSC_OP_LOAD || op == NSC_OP_LOAD_RAW)
            *++top = load(&inputs[arg], element(&inputs[arg], bindings, index), op == NSC_OP_LOAD_RAW);
        else if (op == NSC_OP_IMMEDIATE || op == NSC_OP_SCALAR)
            *++top = (value){.f = op == NSC_OP_SCALAR ? scalars[arg] : step->immediates[arg]};
        else if (op == NSC_OP_STORE || op == NSC_OP_STORE_RAW)
            results[arg] = *top--;
        else if (op == NSC_OP_SET)
            temporaries[arg] = *top;
        else if (op == NSC_OP_GET)
            *++top = temporaries[arg];
        else {
            top -= op < NSC_OP_ADD ? 0 : op < NSC_OP_SELECT ? 1 : 2; /* takes one, two or three, gives one */
            top->f = compute(op, top[0].f, top[1].f, top[2].f);
        }
    }
}

static void run_map(const nsc_backend_step *step, const nsc_backend_binding *bindings, const float *scalars)
{
    const nsc_backend_map *map = &step->operation.map;
    const nsc_backend_view *out = map->outputs;
    int64_t index[NSC_BACKEND_MAX_RANK] = {0};
    value results[NSC_BACKEND_MAX_OUTPUTS];
    do {
        evaluate(step, map->inputs, bindings, scalars, index, results);
        for (uint32_t i = 0; i < map->output_count; i++) store(&out[i], element(&out[i], bindings, index), results[i]);
    } while (next(index, out->rank, out->dims));
}

/* In row-major order, so that a sum has the same bits each time; in double, so that long ones keep them. */
static void run_reduce(const nsc_backend_step *step, const nsc_backend_binding *bindings, const float *scalars)
{
    const nsc_backend_reduce *reduce = &step->operation.reduce;
    uint32_t kept = reduce->rank - reduce->reduced_rank, kind = reduce->reduction;
    int64_t index[NSC_BACKEND_MAX_RANK] = {0};
    do {
        value x;
        double all = kind == NSC_BACKEND_SUM ? 0 : kind == NSC_BACKEND_MAXIMUM ? -INFINITY : INFINITY;
        do {
            evaluate(step, reduce->inputs, bindings, scalars, index, &x);
            all = kind == NSC_BACKEND_SUM
                      ? all + x.f
                      : compute(kind == NSC_BACKEND_MAXIMUM ? NSC_OP_MAX : NSC_OP_MIN, (float)all, x.f, 0);
        } while (next(index + kept, reduce->reduced_rank, reduce->dims + kept));
        store(&reduce->output, element(&reduce->output, bindings, index), (value){.f = (float)all});
    } while (next(index, kept, reduce->dims));
}

/* A transposed matrix is one with other strides: there is nothing to tell apart. */
static void run_gemm(const nsc_backend_step *step, const nsc_backend_binding *bindings, const float *scalars)
{
    const nsc_backend_gemm *gemm = &step->operation.gemm;
    const nsc_backend_view *a = &gemm->a, *b = &gemm->b, *c = &gemm->c;
    int64_t index[2] = {0};
    do {
        unsigned char *to = element(c, bindings, index);
        double sum = 0, old = gemm->beta != 0 ? load(c, to, 0).f : 0; /* with beta 0, c may hold anything, NaN too */
        for (int64_t p = 0; p < a->dims[1]; p++)
            sum += (double)load(a, element(a, bindings, (int64_t[]){index[0], p}), 0).f *
                   load(b, element(b, bindings, (int64_t[]){p, index[1]}), 0).f;
        store(c, to, (value){.f = (float)(gemm->alpha * sum + gemm->beta * old)});
    } while (next(index, 2, c->dims));
}

static void (*const run[])(const nsc_backend_step *, const nsc_backend_binding *, const float *) = {
    [NSC_BACKEND_MAP] = run_map, [NSC_BACKEND_REDUCE] = run_reduce, [NSC_BACKEND_GEMM] = run_gemm};

/* Cheap; opens nothing. auto_rank stays 0: who does not name this backend does not get it. */
static nsc_backend_status enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info)
{
    info->kind = NSC_BACKEND_CPU;
    strcpy(info->name, "skeleton CPU");
    strcpy(info->driver, "plain C");
    strcpy(info->id, "skeleton-0");
    return index == 0 ? NSC_BACKEND_OK : NSC_BACKEND_END;
}

static nsc_backend_status open_device(const nsc_backend_open_args *args, nsc_backend_device **device,
                                      nsc_backend_limits *limits)
{
    nsc_backend_open_args mine;
    if (!nsc_backend_take(&mine, NSC_BACKEND_OPEN_ARGS_SIZE, args) || mine.native_kind != 0)
        return NSC_BACKEND_UNSUPPORTED;
    if (mine.index > 0 || !(*device = malloc(sizeof **device)))
        return mine.index > 0 ? NSC_BACKEND_UNAVAILABLE : NSC_BACKEND_NO_MEMORY;
    (*device)->host = mine.host;
    limits->storage_dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8;
    limits->expression_version = 1;
    limits->max_rank = NSC_BACKEND_MAX_RANK;
    limits->alignment = _Alignof(max_align_t); /* malloc's */
    limits->memory_bytes = limits->max_buffer_bytes =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return NSC_BACKEND_OK;
}

static void close_device(nsc_backend_device *device) { free(device); }

static nsc_backend_status alloc_buffer(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer)
{
    if ((*buffer = malloc((size_t)bytes))) return NSC_BACKEND_OK;
    device->host->fail(device->host->context, "malloc has no more memory"); /* core adds what it was for */
    return NSC_BACKEND_NO_MEMORY;
}

/* A device that works on its own keeps the memory until its queue is done with it. */
static void free_buffer(nsc_backend_device *device, nsc_backend_buffer *buffer) { free(buffer); }

static nsc_backend_status write_buffer(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                       uint64_t offset, uint64_t bytes, const void *source)
{
    memcpy((unsigned char *)buffer + offset, source, (size_t)bytes);
    return NSC_BACKEND_OK;
}

static nsc_backend_status read_buffer(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                      uint64_t offset, uint64_t bytes, void *target)
{
    memcpy(target, (unsigned char *)buffer + offset, (size_t)bytes);
    return NSC_BACKEND_OK;
}

/* A newer core's kinds, tails and reductions are turned down, never guessed; it composes them then. */
static int take(nsc_backend_step *step, const nsc_backend_operation *given)
{
    static const uint32_t known[] = {0, NSC_BACKEND_MAP_SIZE, NSC_BACKEND_REDUCE_SIZE, NSC_BACKEND_GEMM_SIZE};
    if (given->kind > NSC_BACKEND_GEMM || !nsc_backend_take(&step->operation, known[given->kind], given) ||
        (given->kind == NSC_BACKEND_REDUCE && step->operation.reduce.reduction > NSC_BACKEND_MINIMUM))
        return 0;
    if (given->kind == NSC_BACKEND_GEMM) return 1;
    nsc_backend_expression mine;
    const void *expression = step->operation.map.expression; /* a reduce has its producer in the same place */
    if (!nsc_backend_take(&mine, NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth), expression)) return 0;
    if (mine.version != 1) return 0;
    step->code_count = mine.code_count;
    memcpy(step->code, mine.code, mine.code_count * sizeof *mine.code);
    for (uint32_t i = 0; i < mine.immediate_count; i++) step->immediates[i] = mine.immediates[i];
    return 1;
}

static nsc_backend_status prepare(nsc_backend_device *device, const nsc_backend_operation *given,
                                  nsc_backend_step **step)
{
    nsc_backend_step *made = malloc(sizeof *made);
    if (!made) return NSC_BACKEND_NO_MEMORY;
    if (!take(made, given)) {
        free(made);
        return NSC_BACKEND_UNSUPPORTED;
    }
    *step = made;
    return NSC_BACKEND_OK;
}

static nsc_backend_status launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count)
{
    run[step->operation.head.kind](step, bindings, scalars);
    return NSC_BACKEND_OK;
}

static void release(nsc_backend_device *device, nsc_backend_step *step) { free(step); }

static nsc_backend_status finish(nsc_backend_device *device, nsc_backend_queue *queue) { return NSC_BACKEND_OK; }

static const nsc_backend_table table = {.struct_size = NSC_BACKEND_TABLE_REQUIRED, /* nothing behind finish */
                                        .abi_major = NSC_BACKEND_ABI_MAJOR,
                                        .abi_minor = NSC_BACKEND_ABI_MINOR,
                                        .name = "skeleton",
                                        .version = "1",
                                        .build_tag = NSC_BACKEND_BUILD_TAG,
                                        .enumerate = enumerate,
                                        .open = open_device,
                                        .close = close_device,
                                        .alloc = alloc_buffer,
                                        .free = free_buffer,
                                        .write = write_buffer,
                                        .read = read_buffer,
                                        .prepare = prepare,
                                        .launch = launch,
                                        .release = release,
                                        .finish = finish};

NSC_BACKEND_QUERY(skeleton)(const nsc_backend_host *host) { return &table; }
