/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between Nascent and a backend. A backend is one shared object (or one set of sources built into the
 * library) that exports one function; everything it may call arrives in the host struct, so it links nothing of ours.
 *
 * Why it looks like this: only fixed-width integers, floats, pointers and arrays of those cross the boundary; every
 * struct that can grow starts with its own size, counted to the end of the last field that its writer knows; fields
 * are appended and never moved; a field its writer did not know reads as 0, and 0 always means "default" or "none".
 *
 * Rules for a backend:
 *  - Core has checked every argument at prepare, alloc, write and read. An entry may assume legal arguments.
 *  - An entry never exits, aborts, prints, or reads the environment. It says why it failed through host->fail.
 *  - Work on one queue runs in the order it was given. Unless NSC_BACKEND_QUEUES_CONCURRENT is set, core makes one call
 *    at a time per device; calls on different devices may run at once. enumerate and open are serialised.
 *  - An operation struct longer than the backend knows must have a zero tail, or the answer is
 *    NSC_BACKEND_UNSUPPORTED: nsc_backend_take does that test. The same holds for the expression in it. Core asks for
 *    it when it opens a device, and refuses a backend that answers otherwise.
 */
#ifndef NASCENT_BACKEND_H
#define NASCENT_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A plug-in with another major is refused. The minor number is for messages only: what is there is told by sizes. */
#define NSC_BACKEND_ABI_MAJOR 1u
#define NSC_BACKEND_ABI_MINOR 0u

#define NSC_BACKEND_MAX_RANK 8
#define NSC_BACKEND_MAX_INPUTS 8
#define NSC_BACKEND_MAX_OUTPUTS 4
#define NSC_BACKEND_MAX_STACK 16
#define NSC_BACKEND_MAX_TEMPS 8
#define NSC_BACKEND_MAX_IMMEDIATES 64
#define NSC_BACKEND_MAX_SCALARS 16
#define NSC_BACKEND_MAX_CODE 512

/* The size of TYPE up to the end of FIELD: what a writer puts in struct_size. */
#define NSC_BACKEND_SIZE_TO(TYPE, FIELD) ((uint32_t)(offsetof(TYPE, FIELD) + sizeof(((TYPE *)0)->FIELD)))

/* ---- status ------------------------------------------------------------------------------------------------- */

typedef int32_t nsc_backend_status;
#define NSC_BACKEND_OK 0
#define NSC_BACKEND_END 1         /* enumerate: no device at this index */
#define NSC_BACKEND_UNAVAILABLE 2 /* the platform, driver library or device is not here: the next choice may be tried */
#define NSC_BACKEND_UNSUPPORTED 3 /* legal, but not offered; given before any effect: core composes it */
#define NSC_BACKEND_NO_MEMORY 4
#define NSC_BACKEND_LOST 5   /* the device is gone for good */
#define NSC_BACKEND_FAILED 6 /* anything else; the text was given to host->fail */

/* ---- dtypes (DLPack: code, bits, lanes) ----------------------------------------------------------------------- */

typedef struct nsc_backend_dtype {
    uint8_t code; /* NSC_BACKEND_INT, ... */
    uint8_t bits;
    uint16_t lanes; /* always 1 */
} nsc_backend_dtype;
#define NSC_BACKEND_INT 0
#define NSC_BACKEND_UINT 1
#define NSC_BACKEND_FLOAT 2
#define NSC_BACKEND_BFLOAT 4

/* Bits of limits.storage_dtypes. The first four are required. */
#define NSC_BACKEND_HAS_F32 (1u << 0)
#define NSC_BACKEND_HAS_I32 (1u << 1)
#define NSC_BACKEND_HAS_U32 (1u << 2)
#define NSC_BACKEND_HAS_U8 (1u << 3)
#define NSC_BACKEND_HAS_F16 (1u << 4)
#define NSC_BACKEND_HAS_BF16 (1u << 5)
#define NSC_BACKEND_HAS_F64 (1u << 6)
#define NSC_BACKEND_HAS_I64 (1u << 7)

/* ---- opaque objects of the backend ----------------------------------------------------------------------------- */

typedef struct nsc_backend_device nsc_backend_device;
typedef struct nsc_backend_buffer nsc_backend_buffer;
typedef struct nsc_backend_queue nsc_backend_queue;
typedef struct nsc_backend_step nsc_backend_step;

/* ---- views ------------------------------------------------------------------------------------------------------ */

/* A strided window on one of the buffers that launch will be given. Offset and strides count elements. Strides may be
 * 0 or overlap, and be negative, in sources only. A destination equal to a source, view for view, is allowed (in
 * place); any other overlap of the two is not. Closed: this struct never grows. */
typedef struct nsc_backend_view {
    uint32_t buffer; /* index into launch's bindings */
    uint32_t rank;   /* 0 to 8 */
    nsc_backend_dtype dtype;
    uint32_t reserved; /* 0 */
    int64_t offset;
    int64_t dims[NSC_BACKEND_MAX_RANK];
    int64_t strides[NSC_BACKEND_MAX_RANK];
} nsc_backend_view;

/* What launch binds to a view's buffer index. offset is in bytes and a multiple of limits.alignment. */
typedef struct nsc_backend_binding {
    nsc_backend_buffer *buffer;
    uint64_t offset;
} nsc_backend_binding;

/* ---- expressions (version 1) ------------------------------------------------------------------------------------ */

/* A postfix program over 32-bit floats, run once per element. LOAD converts what is stored to float; STORE converts
 * back: to integers it truncates toward zero and saturates, NaN gives 0. LOAD_RAW and STORE_RAW move the stored bits
 * (zero-extended) and are legal only as a pair between equal dtypes. NaN propagates through MAX and MIN; comparisons
 * give 1 or 0; SELECT takes its second operand where the first is not 0, else its third; subnormal results may be
 * flushed to zero; a multiplication and an addition may be contracted. FMA is one rounding, always. */
typedef struct nsc_backend_instruction {
    uint16_t op;
    uint16_t arg;
} nsc_backend_instruction;

/* Pinned as version 1: numbers are never reused. The comment gives the operands taken and the results pushed. */
#define NSC_OP_LOAD 1      /* 0 -> 1, arg = input */
#define NSC_OP_LOAD_RAW 2  /* 0 -> 1, arg = input */
#define NSC_OP_IMMEDIATE 3 /* 0 -> 1, arg = immediate */
#define NSC_OP_SCALAR 4    /* 0 -> 1, arg = run-time scalar */
#define NSC_OP_STORE 5     /* 1 -> 0, arg = output */
#define NSC_OP_STORE_RAW 6 /* 1 -> 0, arg = output */
#define NSC_OP_SET 7       /* 1 -> 1, arg = temporary: copies the top there */
#define NSC_OP_GET 8       /* 0 -> 1, arg = temporary, set before */
#define NSC_OP_NEG 16      /* 1 -> 1 from here */
#define NSC_OP_ABS 17
#define NSC_OP_EXP 18
#define NSC_OP_LOG 19
#define NSC_OP_SQRT 20
#define NSC_OP_RSQRT 21
#define NSC_OP_TANH 22
#define NSC_OP_ERF 23
#define NSC_OP_FLOOR 24
#define NSC_OP_CEIL 25
#define NSC_OP_RINT 26 /* to nearest, ties to even */
#define NSC_OP_EXPM1 27
#define NSC_OP_LOG1P 28
#define NSC_OP_SIN 29
#define NSC_OP_COS 30
#define NSC_OP_ADD 48 /* 2 -> 1 from here; the second operand is on top */
#define NSC_OP_SUB 49
#define NSC_OP_MUL 50
#define NSC_OP_DIV 51
#define NSC_OP_MAX 52
#define NSC_OP_MIN 53
#define NSC_OP_POW 54
#define NSC_OP_EQUAL 55
#define NSC_OP_LESS 56
#define NSC_OP_LESS_EQUAL 57
#define NSC_OP_SELECT 80 /* 3 -> 1 from here */
#define NSC_OP_FMA 81    /* a * b + c with c on top */

/* A verified program: it ends with an empty stack, every output is stored exactly once. Two expressions with equal
 * code, immediates and dtypes are the same program, whatever the sizes and strides. Core owns it; a backend that needs
 * it after prepare copies it. */
typedef struct nsc_backend_expression {
    uint32_t struct_size;
    uint32_t version; /* 1 */
    uint32_t code_count, immediate_count;
    const nsc_backend_instruction *code;
    const float *immediates;
    uint32_t input_count, output_count, scalar_count;
    uint32_t stack_depth; /* the deepest, at most 16 */
} nsc_backend_expression;

/* ---- operations ------------------------------------------------------------------------------------------------- */

#define NSC_BACKEND_MAP 1u    /* required */
#define NSC_BACKEND_REDUCE 2u /* required */
#define NSC_BACKEND_GEMM 3u   /* required */
#define NSC_BACKEND_RANDOM 4u /* optional, as all that follow: announced in limits.optional_kinds */
#define NSC_BACKEND_GEMM_EPILOGUE 5u
#define NSC_BACKEND_GATHER 6u
#define NSC_BACKEND_SOFTMAX 7u
#define NSC_BACKEND_KIND_BIT(KIND) (1u << (KIND))

/* The head that every operation starts with. */
typedef struct nsc_backend_operation {
    uint32_t struct_size, kind;
} nsc_backend_operation;

/* Element-wise: the expression at every index of the outputs' dims. All views have the same rank and dims (sources
 * broadcast by stride 0); all dims are positive. */
typedef struct nsc_backend_map {
    uint32_t struct_size, kind;
    const nsc_backend_expression *expression;
    uint32_t input_count, output_count;
    nsc_backend_view inputs[NSC_BACKEND_MAX_INPUTS];
    nsc_backend_view outputs[NSC_BACKEND_MAX_OUTPUTS];
} nsc_backend_map;
#define NSC_BACKEND_MAP_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_map, outputs)

#define NSC_BACKEND_SUM 1u
#define NSC_BACKEND_MAXIMUM 2u
#define NSC_BACKEND_MINIMUM 3u

/* Runs the producer (one output, STORE 0) over dims and reduces the last reduced_rank of them into output, whose dims
 * are the ones before. Sums accumulate in at least f32, in an order fixed for the device and the sizes. NaN wins in
 * maximum and minimum. All dims are positive; reduced_rank is 1 to rank. */
typedef struct nsc_backend_reduce {
    uint32_t struct_size, kind;
    const nsc_backend_expression *producer;
    uint32_t reduction, reduced_rank, input_count, rank;
    int64_t dims[NSC_BACKEND_MAX_RANK];
    nsc_backend_view inputs[NSC_BACKEND_MAX_INPUTS];
    nsc_backend_view output;
} nsc_backend_reduce;
#define NSC_BACKEND_REDUCE_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_reduce, output)

/* c = alpha * a b + beta * c in f32, with a (m, k), b (k, n), c (m, n). A transposed matrix is one whose first stride
 * is 1: in a and b one stride is 1 and the other (the leading dimension) at least as large as the dim it steps over;
 * in c the second stride is 1. Rank 3 adds a leading batch, only with NSC_BACKEND_BATCHED_GEMM. m, n, k > 0. With
 * beta = 0, c is not read. c overlaps neither a nor b. */
typedef struct nsc_backend_gemm {
    uint32_t struct_size, kind;
    float alpha, beta;
    nsc_backend_view a, b, c;
} nsc_backend_gemm;
#define NSC_BACKEND_GEMM_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_gemm, c)

/* c = expression(a b, inputs...): the expression's input 0 is the element of the product, its input i is inputs[i - 1],
 * a view of dims (m, n); it has one output. Otherwise as gemm, rank 2. */
typedef struct nsc_backend_gemm_epilogue {
    uint32_t struct_size, kind;
    const nsc_backend_expression *expression;
    uint32_t input_count; /* views in inputs: the expression's input_count less 1 */
    uint32_t reserved;    /* 0 */
    nsc_backend_view a, b, c;
    nsc_backend_view inputs[NSC_BACKEND_MAX_INPUTS];
} nsc_backend_gemm_epilogue;
#define NSC_BACKEND_GEMM_EPILOGUE_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_gemm_epilogue, inputs)

#define NSC_BACKEND_WORDS 1u   /* u32: the generator's words */
#define NSC_BACKEND_UNIFORM 2u /* f32: fma((float)(word >> 8) * 2^-24, scale, shift) */
#define NSC_BACKEND_NORMAL 3u  /* f32: fma(inverse normal CDF in fixed point, scale, shift) */
/* f32: as normal, cut at two standard deviations: the low 31 bits v of the word, the tail mass, become
 * 97711073 + (v * (2^31 - 97711073) >> 31) in 64 bits, 97711073 = round(2^32 * CDF(-2)). UNSUPPORTED is legal. */
#define NSC_BACKEND_TRUNCATED_NORMAL 4u

/* Elements first to first + count - 1 of a stream, into output (rank 1, stride 1). Word i is word i mod 4 of
 * Philox4x32-10 (Salmon et al., SC'11) with key = seed and counter = (i / 4, stream), low words first. The normal
 * transform is described at host->normal_table. f32 results below 2^-126 in magnitude are +0. With stream_scalars 1 a
 * launch has two scalars, whose bits (not their values as floats) are the low and the high word of the stream, and
 * stream is 0: one step gives another stream at every launch. Else a launch has none. */
typedef struct nsc_backend_random {
    uint32_t struct_size, kind;
    uint32_t distribution;
    uint32_t reserved; /* 0 */
    uint64_t seed, stream, first;
    float scale, shift;
    nsc_backend_view output;
    uint32_t stream_scalars; /* 0 or 1 */
    uint32_t reserved2;      /* 0 */
} nsc_backend_random;
#define NSC_BACKEND_RANDOM_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_random, reserved2)

/* output(o, c, i) = source(o, j, i), j = the index c clamped to 0 and n - 1, for source (outer, n, inner), indices
 * (count) and output (outer, count, inner). The stored bits move: source and output have the same dtype, any that is
 * stored. Indices are int32, uint32 (never negative) or uint8. All dims are positive; output overlaps neither. */
typedef struct nsc_backend_gather {
    uint32_t struct_size, kind;
    nsc_backend_view source, indices, output;
} nsc_backend_gather;
#define NSC_BACKEND_GATHER_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_gather, output)

/* Over the last dim, in f32: exp(x - m) / s, or with logarithm 1 x - m - log(s), m the maximum and s the sum of
 * exp(x - m), which accumulates in at least f32, in an order fixed for the device and the sizes. input and output have
 * the same dims, all positive, and a rank of at least 1; in place is legal. An element of -infinity gives 0, or
 * -infinity. A row with NaN or +infinity in it, or of -infinity alone, is all NaN. */
typedef struct nsc_backend_softmax {
    uint32_t struct_size, kind;
    uint32_t logarithm; /* 0 or 1 */
    uint32_t reserved;  /* 0 */
    nsc_backend_view input, output;
} nsc_backend_softmax;
#define NSC_BACKEND_SOFTMAX_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_softmax, output)

/* ---- devices ---------------------------------------------------------------------------------------------------- */

#define NSC_BACKEND_CPU 1u
#define NSC_BACKEND_GPU 2u
#define NSC_BACKEND_ACCELERATOR 3u
#define NSC_BACKEND_OTHER 4u

/* Filled by enumerate. Texts are UTF-8, ended by 0. */
typedef struct nsc_backend_info {
    uint32_t struct_size; /* set by core */
    uint32_t kind;        /* NSC_BACKEND_CPU, ... */
    int32_t auto_rank;    /* the highest is the default device; 0: never chosen by default */
    uint32_t reserved;
    uint64_t memory_bytes;
    char name[128], vendor[128], platform[128], driver[128];
    char id[64]; /* the same device has the same id on the next day */
} nsc_backend_info;
#define NSC_BACKEND_INFO_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_info, id)

#define NSC_BACKEND_QUEUES_CONCURRENT (1u << 0) /* entries may be called from several threads at once */
#define NSC_BACKEND_BATCHED_GEMM (1u << 1)

/* Filled by open. */
typedef struct nsc_backend_limits {
    uint32_t struct_size; /* set by core */
    uint32_t flags;
    uint32_t storage_dtypes;     /* NSC_BACKEND_HAS_... */
    uint32_t optional_kinds;     /* NSC_BACKEND_KIND_BIT(kind) for each optional kind offered */
    uint32_t expression_version; /* 1 */
    uint32_t max_rank;           /* 8 */
    uint32_t alignment;          /* bytes, a power of two: core aligns every binding to it */
    uint32_t threads;            /* threads that the backend owns while open; 0: none */
    uint64_t memory_bytes, max_buffer_bytes;
    uint32_t max_work_group; /* for people; 0 where the word means nothing */
    uint32_t reserved;
    uint64_t local_memory_bytes; /* for people */
    char note[256];              /* what a self-check switched off, "KIND off: why", "; " between; empty: nothing */
} nsc_backend_limits;
#define NSC_BACKEND_LIMITS_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_limits, note)

/* Counters since open, filled by stats. */
typedef struct nsc_backend_stats {
    uint32_t struct_size; /* set by core */
    uint32_t reserved;
    uint64_t programs_built;   /* compiled from source */
    uint64_t programs_loaded;  /* taken from the program cache */
    uint64_t programs_refused; /* found in the cache but not accepted, so compiled again */
} nsc_backend_stats;
#define NSC_BACKEND_STATS_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_stats, programs_refused)

/* When the device worked on a launch: ns of the host's CLOCK_MONOTONIC; both 0 where that is not known. Closed. */
typedef struct nsc_backend_time {
    uint64_t tag, start, end; /* tag: as given to launch_timed */
} nsc_backend_time;

#define NSC_BACKEND_LOG_ERROR 1
#define NSC_BACKEND_LOG_WARNING 2
#define NSC_BACKEND_LOG_INFO 3
#define NSC_BACKEND_LOG_DEBUG 4

#define NSC_BACKEND_NORMAL_TABLE_COUNT 1240

/* What a backend may call and read. Owned by core. The one given to query and enumerate lives as long as the process,
 * the one given to open until close has returned. Its functions may be called from any thread that core called in on;
 * log also from a thread of the backend. */
typedef struct nsc_backend_host {
    uint32_t struct_size, abi_major;
    void *context; /* first argument of the functions below */
    void (*log)(void *context, int32_t level, const char *text);
    /* The cause of a failure, before returning it. One line, no full stop; core adds what was being done. */
    void (*fail)(void *context, const char *text);
    /* The program cache. get copies at most capacity bytes and returns the size of the entry (0: none, or its checksum
     * does not hold). Bytes that come back are the bytes that were put. */
    uint64_t (*cache_get)(void *context, const void *key, uint64_t key_bytes, void *out, uint64_t capacity);
    void (*cache_put)(void *context, const void *key, uint64_t key_bytes, const void *data, uint64_t bytes);
    /* 31 octaves x 8 segments x 5 coefficients (Q3.28) of the inverse normal CDF, constant term first. For a word x:
     * v = x & 0x7fffffff, z0 = clz(v | 1), m = v << z0, t = (int32)((m << 4) >> 1) (Q0.31),
     * T = table + 5 * ((z0 - 1) * 8 + ((m >> 28) & 7)), z = T[4], then z = 2 * mul_hi(z, t) + T[j] for j = 3, 2, 1, 0;
     * v = 0 gives z = -1701332580. The variate is (float)(x >> 31 ? -z : z) * 2^-28. */
    const int32_t *normal_table;
    uint32_t threads; /* how many threads the user allows; 0: the backend decides */
    uint32_t reserved;
} nsc_backend_host;
#define NSC_BACKEND_HOST_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_host, reserved)

/* A device by index, or made from handles of the application (native_kind not 0; UNSUPPORTED where that is unknown). */
typedef struct nsc_backend_open_args {
    uint32_t struct_size, index;
    const nsc_backend_host *host;
    uint32_t native_kind, native_bytes;
    const void *native;
} nsc_backend_open_args;
#define NSC_BACKEND_OPEN_ARGS_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_open_args, native)

/* ---- the table -------------------------------------------------------------------------------------------------- */

typedef struct nsc_backend_table {
    uint32_t struct_size, abi_major, abi_minor;
    uint32_t flags;        /* 0 */
    const char *name;      /* [a-z0-9_]+, as in libnascent-backend-NAME.so */
    const char *version;   /* any text */
    const char *build_tag; /* "", "address" or "thread": the sanitizer that it was built with */

    /* Required. A queue of NULL is the device's default queue. */

    /* Describes the device at index; END after the last, UNAVAILABLE without a platform. Cheap: opens nothing. */
    nsc_backend_status (*enumerate)(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info);
    nsc_backend_status (*open)(const nsc_backend_open_args *args, nsc_backend_device **device,
                               nsc_backend_limits *limits);
    /* Waits for the device's work, then frees all of it. Buffers and steps are gone before. */
    void (*close)(nsc_backend_device *device);
    /* Contents are undefined. bytes is 1 to limits.max_buffer_bytes. */
    nsc_backend_status (*alloc)(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer);
    /* Legal while work on it is pending: the backend keeps the memory until then. */
    void (*free)(nsc_backend_device *device, nsc_backend_buffer *buffer);
    /* After the queue's earlier work; source may be reused on return. */
    nsc_backend_status (*write)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                uint64_t offset, uint64_t bytes, const void *source);
    /* After the queue's earlier work; waits until target is filled. */
    nsc_backend_status (*read)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                               uint64_t offset, uint64_t bytes, void *target);
    /* Makes a step and builds whatever it needs. Nothing of operation is needed after the return. */
    nsc_backend_status (*prepare)(nsc_backend_device *device, const nsc_backend_operation *operation,
                                  nsc_backend_step **step);
    /* Enqueues a step. bindings has an element for each buffer index of its views. Builds and allocates nothing. */
    nsc_backend_status (*launch)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count);
    /* Legal while launches of it are pending. */
    void (*release)(nsc_backend_device *device, nsc_backend_step *step);
    /* Waits for the queue; reports a failure of earlier work. */
    nsc_backend_status (*finish)(nsc_backend_device *device, nsc_backend_queue *queue);

    /* Optional: NULL where not offered. The comment says what core does then. */
    /* A further in-order queue. Absent: all work goes to the default queue. */
    nsc_backend_status (*queue_open)(nsc_backend_device *device, nsc_backend_queue **queue);
    void (*queue_close)(nsc_backend_device *device, nsc_backend_queue *queue);
    /* prepare for count operations, with all missing programs built at once. statuses[i] and steps[i] belong to
     * operations[i]; the result is OK when every status is OK or UNSUPPORTED, else steps is all NULL. Absent: prepare
     * in a loop. */
    nsc_backend_status (*prepare_many)(nsc_backend_device *device, uint32_t count,
                                       const nsc_backend_operation *const *operations, nsc_backend_step **steps,
                                       nsc_backend_status *statuses);
    /* Absent: zeros. */
    void (*stats)(nsc_backend_device *device, nsc_backend_stats *stats);
    /* Gives idle memory back. Absent: nothing. */
    void (*trim)(nsc_backend_device *device);
    /* Shows the host the bytes of a buffer, to be read only, after the queue's earlier work (it waits). The device's own
     * memory: where the host cannot reach that without a copy, UNSUPPORTED. A buffer is mapped at most once at a time;
     * until unmap_host, launches and reads may read it and nothing writes it. Offered only with unmap_host. Absent: as
     * UNSUPPORTED, which the user is told; core makes no copy instead. */
    nsc_backend_status (*map_host)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void **pointer);
    /* Ends that; pointer is not used any more. A buffer for which it fails is freed, which must be legal. */
    nsc_backend_status (*unmap_host)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer);
    /* Times of launches: all four or none. Absent, or start UNSUPPORTED: none. start and stop come when all work is done
     * (the default queue may change); between them launch_timed keeps the times of `capacity` launches, else it is launch.
     * read waits, then gives and forgets at most *count of them, in any order; it sets *count, less if none is left. */
    nsc_backend_status (*profile_start)(nsc_backend_device *device, uint32_t capacity);
    nsc_backend_status (*launch_timed)(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                       const nsc_backend_binding *bindings, uint32_t binding_count,
                                       const float *scalars, uint32_t scalar_count, uint64_t tag);
    nsc_backend_status (*profile_read)(nsc_backend_device *device, nsc_backend_time *times, uint32_t *count);
    void (*profile_stop)(nsc_backend_device *device);
} nsc_backend_table;
#define NSC_BACKEND_TABLE_REQUIRED NSC_BACKEND_SIZE_TO(nsc_backend_table, finish)
#define NSC_BACKEND_TABLE_SIZE NSC_BACKEND_SIZE_TO(nsc_backend_table, profile_stop)

/* The one exported symbol. Pure: opens, allocates and starts nothing. NULL refuses; host->fail has the reason. */
typedef const nsc_backend_table *(*nsc_backend_query_function)(const nsc_backend_host *host);
#define NSC_BACKEND_SYMBOL "nsc_backend_query"

/* NSC_BACKEND_QUERY(name)(const nsc_backend_host *host) { ... } defines it: the exported symbol in a plug-in, and
 * nsc_backend_query_name where the same source is built into the library with -DNSC_BACKEND_BUILTIN. */
#ifdef __cplusplus
#define NSC_BACKEND_LINKAGE extern "C"
#else
#define NSC_BACKEND_LINKAGE extern
#endif
#ifdef NSC_BACKEND_BUILTIN
#define NSC_BACKEND_QUERY(NAME)                                                                      \
    NSC_BACKEND_LINKAGE const nsc_backend_table *nsc_backend_query_##NAME(const nsc_backend_host *); \
    const nsc_backend_table *nsc_backend_query_##NAME
#else
#define NSC_BACKEND_QUERY(NAME)                                                                            \
    NSC_BACKEND_LINKAGE __attribute__((visibility("default"))) const nsc_backend_table *nsc_backend_query( \
        const nsc_backend_host *);                                                                         \
    const nsc_backend_table *nsc_backend_query
#endif

/* The sanitizer of this translation unit, for build_tag. */
#if defined(__SANITIZE_ADDRESS__)
#define NSC_BACKEND_BUILD_TAG "address"
#elif defined(__SANITIZE_THREAD__)
#define NSC_BACKEND_BUILD_TAG "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NSC_BACKEND_BUILD_TAG "address"
#elif __has_feature(thread_sanitizer)
#define NSC_BACKEND_BUILD_TAG "thread"
#else
#define NSC_BACKEND_BUILD_TAG ""
#endif
#else
#define NSC_BACKEND_BUILD_TAG ""
#endif

/* The tail rule. Copies a struct from core into `mine`, of which the backend knows `known` bytes: what an older core did
 * not write is 0. The result is 0 when a newer core wrote something after them: answer NSC_BACKEND_UNSUPPORTED. */
static inline int nsc_backend_take(void *mine, uint32_t known, const void *given)
{
    const unsigned char *source = (const unsigned char *)given;
    unsigned char *target = (unsigned char *)mine;
    uint32_t size = *(const uint32_t *)given;
    for (uint32_t i = 0; i < known; i++)
        target[i] = i < size ? source[i] : 0;
    for (uint32_t i = known; i < size; i++)
        if (source[i] != 0)
            return 0;
    return 1;
}

#ifdef __cplusplus
}
#endif

#endif
