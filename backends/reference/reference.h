/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the reference backend: plain C, one thread, sums in double precision. It is what other backends are
 * compared with, so clarity comes before speed. Nothing is written in launch but the outputs: any number of threads may
 * call in. */
#ifndef NSC_REFERENCE_H
#define NSC_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/backend.h>

/* Expressions run over this many elements at a time. */
#define REFERENCE_BLOCK 256

struct nsc_backend_device {
    nsc_backend_host host;
};

struct nsc_backend_buffer {
    unsigned char *data;
};

/* A copy of an expression: steps outlive what they were prepared from. */
typedef struct reference_program {
    uint32_t code_count;
    nsc_backend_instruction code[NSC_BACKEND_MAX_CODE];
    float immediates[NSC_BACKEND_MAX_IMMEDIATES];
} reference_program;

struct nsc_backend_step {
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_reduce reduce;
        nsc_backend_gemm gemm;
        nsc_backend_gemm_epilogue epilogue;
        nsc_backend_random random;
        nsc_backend_gather gather;
        nsc_backend_softmax softmax;
    } operation;
    reference_program program;
};

/* What a launch was given. */
typedef struct reference_launch {
    const nsc_backend_device *device;
    const nsc_backend_binding *bindings;
    const float *scalars;
} reference_launch;

/* One value of each element of a block: a float, or the stored bits that LOAD_RAW and STORE_RAW move. */
typedef union reference_lane {
    float f[REFERENCE_BLOCK];
    uint32_t raw[REFERENCE_BLOCK];
} reference_lane;

/* An index space and a block of it: count indices from start, counted row-major. */
typedef struct reference_block {
    uint32_t rank;
    const int64_t *dims;
    int64_t start;
    uint32_t count;
} reference_block;

/* An input of an expression: a view, or values that are already there. */
typedef struct reference_input {
    const nsc_backend_view *view; /* NULL: lane */
    const reference_lane *lane;
} reference_input;

/* buffer.c */
nsc_backend_status reference_alloc(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer);
void reference_free(nsc_backend_device *device, nsc_backend_buffer *buffer);
nsc_backend_status reference_write(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void *source);
nsc_backend_status reference_read(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                  uint64_t offset, uint64_t bytes, void *target);
nsc_backend_status reference_map_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                      uint64_t offset, uint64_t bytes, const void **pointer);
nsc_backend_status reference_unmap_host(nsc_backend_device *device, nsc_backend_queue *queue,
                                        nsc_backend_buffer *buffer);

/* view.c: between a view and the lanes of a block. LOAD and STORE convert, the raw forms do not. */
void *reference_data(const reference_launch *launch, const nsc_backend_view *view);
void reference_load(const reference_launch *launch, const nsc_backend_view *view, const reference_block *block,
                    bool raw, reference_lane *lane);
void reference_store(const reference_launch *launch, const nsc_backend_view *view, const reference_block *block,
                     bool raw, const reference_lane *lane);
int64_t reference_elements(uint32_t rank, const int64_t *dims);

/* expression.c */
nsc_backend_status reference_program_copy(reference_program *program, const nsc_backend_expression *expression);
bool reference_program_has(const reference_program *program, uint16_t op);
/* Runs the program over a block; outputs[i] is what was stored to output i. */
void reference_evaluate(const reference_program *program, const reference_launch *launch, const reference_input *inputs,
                        const reference_block *block, reference_lane *outputs);

/* arithmetic.c: out[i] = op(a[i], b[i], c[i]) for the operations that compute. */
void reference_apply(uint16_t op, uint32_t count, const float *a, const float *b, const float *c, float *out);

/* map.c, reduce.c, gemm.c, random.c, gather.c, softmax.c */
void reference_map(const nsc_backend_step *step, const reference_launch *launch);
void reference_reduce(const nsc_backend_step *step, const reference_launch *launch);
void reference_gemm(const nsc_backend_step *step, const reference_launch *launch);
void reference_gemm_epilogue(const nsc_backend_step *step, const reference_launch *launch);
void reference_random(const nsc_backend_step *step, const reference_launch *launch);
void reference_gather(const nsc_backend_step *step, const reference_launch *launch);
void reference_softmax(const nsc_backend_step *step, const reference_launch *launch);

#endif
