/* SPDX-License-Identifier: Apache-2.0 */
/* What the conformance cases share: the device under test, checked calls, data, expressions, error bounds. Public headers
 * only. A case runs to its end or returns early; its verdict is the first failure or skip it recorded, else pass. */
#ifndef NASCENT_CONFORMANCE_H
#define NASCENT_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/backend.h>
#include <nascent/context.h>
#include <nascent/device.h>
#include <nascent/random.h>
#include <nascent/tensor.h>

#define EPSILON 0x1p-24 /* half a unit in the last place of 1.0f: the error of one rounding */
#define SMALLEST 0x1p-126

typedef enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP } verdict;

/* What was done with random expressions. */
typedef struct tally {
    uint64_t expressions, together;       /* compared; those compared in both forms */
    uint64_t maps;                        /* they came in */
    uint64_t built_alone, built_together; /* programs built or loaded for each form */
    uint64_t values, tight, torn;         /* compared; range_tight; torn */
} tally;

typedef struct target {
    const char *backend; /* the choice that opens it */
    const char *compose; /* as in the options of a context */
    nsc_context *context;
    uint64_t seed;
    unsigned expressions; /* how many random ones are wanted */
    tally tally;
    /* Of the running case. */
    const char *name;
    verdict verdict;
    char text[512];
    nsc_tensor *tensors[32];
    size_t tensor_count;
    void *memory[32];
    size_t memory_count;
} target;

/* A single case. */
typedef struct conformance_case {
    const char *family, *name; /* family NULL: the end of a table */
    void (*run)(target *t, int number);
    int number; /* what the case wants to know about itself */
} conformance_case;

/* A case for each combination of classes along the axes: family/operation.shape.strides.dtype. */
enum { OPERATION, SHAPE, STRIDES, DTYPE, AXES };
typedef struct conformance_table {
    const char *family; /* NULL: the end of an array of tables */
    void (*run)(target *t, const int *class);
    const char *const
        *names[AXES]; /* of the classes of an axis, ended by NULL; NULL: the axis is not there, its class 0 */
    bool (*is_case)(const int *class); /* NULL: every combination is one */
} conformance_table;

/* A part of a family; either is NULL. */
typedef struct conformance_group {
    const conformance_case *cases;
    const conformance_table *tables;
} conformance_group;

extern const conformance_group group_harness, group_table, group_buffers, group_windows, group_self_check, group_map,
    group_map_operations, group_map_values, group_map_conversions, group_expressions, group_reduce, group_gemm,
    group_epilogue, group_random, group_gather, group_softmax, group_composed, group_plans, group_runs,
    group_parameters, group_initial, group_models, group_errors, group_threads, group_life;

/* target.c. The checked calls record a failure and give false or NULL; tensors and memory live until the case ends. A
 * device may turn an operation of an optional kind down: run records a skip then. */
void fail(target *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void skip(target *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool offers(const target *t, uint32_t kind);
/* Another context on the same device; NULL and recorded where it does not open. The caller closes it with close_again. */
nsc_context *open_again(target *t, const char *compose);
void close_again(target *t, nsc_context *context);
nsc_tensor *tensor(target *t, nsc_dtype dtype, int64_t count, const void *data);
bool run(target *t, const void *operation, nsc_tensor *const *operands, uint32_t count, const float *scalars,
         uint32_t scalar_count);
bool read_back(target *t, nsc_tensor *from, void *data);
void *memory(target *t, size_t bytes);
/* Before the end of a case, for one that makes many. */
void release_tensors(target *t);
void end_case(target *t);

/* data.c */
/* count floats uniform in [low, high), the same for the same seed, case and stream. */
float *numbers(target *t, int stream, int64_t count, float low, float high);
uint32_t bits_of(float value);
/* Fails unless |got - want| <= bound, NaN where NaN is wanted; infinities must be equal. Gives false at a failure. */
bool near(target *t, const char *what, int64_t index, double got, double want, double bound);
/* The distance between floats around want. */
double ulp(double want);
/* The relative error of n roundings in sequence. */
double gamma_of(double n);

/* operations.c: of an op that computes. */
const char *op_name(uint16_t op); /* NULL: there is none */
uint32_t op_operands(uint16_t op);
double op_ulps(uint16_t op);
double op_value(uint16_t op, double a, double b, double c);

/* ranges.c: every value that a device may get for one element, given the error that each op is allowed. lo and hi are
 * its ends when number; lo == hi is one exact float, with its sign when it is zero. */
typedef struct range {
    double lo, hi;
    bool number; /* a number or infinity is among them */
    bool nan;    /* NaN is among them */
    bool torn;   /* a comparison on the way may come out either way */
} range;

range range_of(float value);
range range_apply(uint16_t op, const range *operands);
/* As stored to dtype: toward zero and saturated for integers. */
range range_stored(range stored, nsc_dtype dtype);
bool range_has(const range *r, double got);
/* So narrow that a wrong result would hardly be inside. */
bool range_tight(const range *r);

/* expressions.c */
typedef struct expression {
    nsc_backend_expression head;
    nsc_backend_instruction code[NSC_BACKEND_MAX_CODE];
    float immediates[NSC_BACKEND_MAX_IMMEDIATES];
} expression;

void expression_start(expression *e, uint32_t inputs, uint32_t outputs, uint32_t scalars);
void expression_add(expression *e, uint16_t op, uint16_t arg);
void expression_immediate(expression *e, float value);
/* Row-major on buffer. */
nsc_backend_view view_of(uint32_t buffer, nsc_dtype dtype, uint32_t rank, const int64_t *dims);
nsc_backend_map map_of(const expression *e);
/* Where the elements of a view lie in its buffer. Destinations: only what comes before LAYOUT_REVERSED, and LAYOUT_FAR. */
typedef enum layout {
    LAYOUT_ROWS,
    LAYOUT_PADDED,    /* gaps behind each line of every dim */
    LAYOUT_REORDERED, /* the first dim innermost */
    LAYOUT_SPACED,    /* no stride is 1 */
    LAYOUT_REVERSED,  /* negative strides */
    LAYOUT_REPEATED,  /* stride 0 in the first dim */
    LAYOUT_WINDOWS,   /* the first dim steps by 1: elements are shared */
    LAYOUT_FAR        /* a first stride that needs 64 bits; the first dim is 1 */
} layout;
/* Names of the layouts that sources may have, and of those that destinations may have, in this order. */
extern const char *const source_layouts[], *const destination_layouts[];
/* The first dtypes are those that every device stores; names in the same order. */
enum { F32, I32, U32, U8 };
extern const nsc_dtype stored_dtypes[];
extern const char *const stored_dtype_names[];
/* Of float32 alone. */
extern const char *const float32_name[];
/* Lays a view out; the result is the elements that its buffer has, guards on both sides included. */
int64_t lay_out(nsc_backend_view *view, layout how);
int64_t element_count(uint32_t rank, const int64_t *dims);
/* The offset of the index-th element (row-major) of a view. */
int64_t element_at(const nsc_backend_view *view, int64_t index);

#endif
