/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the OpenCL backend. OpenCL 1.2 entry points only: what a newer one does on an older platform is not
 * an error but a hang. */
#ifndef NSC_BACKEND_OPENCL_H
#define NSC_BACKEND_OPENCL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <nascent/backend.h>

#include "text.h"

/* Our own caps below the device's limits: what every driver is known to do well. */
#define NSC_CL_MAX_GROUP 256
#define NSC_CL_MAX_LOCAL 16384
#define NSC_CL_ALIGNMENT 512
/* Offsets and matrices stay below 2^31 elements of f32: CLBlast counts in int. */
#define NSC_CL_MAX_BUFFER (((uint64_t)1 << 33) - NSC_CL_ALIGNMENT)
/* cl_khr_icd: the loader's word for "no platform". */
#define NSC_CL_PLATFORM_NOT_FOUND (-1001)
#define NSC_CL_MAX_VIEWS (NSC_BACKEND_MAX_INPUTS + NSC_BACKEND_MAX_OUTPUTS)

/* Sources from kernels/, as embedded texts. */
extern const char nsc_kernel_prelude[];
extern const char nsc_kernel_gather[];
extern const char nsc_kernel_gemm_block[];
extern const char nsc_kernel_gemm_tile[];
extern const char nsc_kernel_interpreter[];
extern const char nsc_kernel_random[];
extern const char nsc_kernel_softmax[];

/* ---- the device ------------------------------------------------------------------------------------------------ */

typedef struct nsc_cl_program {
    uint64_t hash;
    char *source; /* the unit's text: the identity */
    cl_program program;
} nsc_cl_program;

typedef enum nsc_cl_blast_state { NSC_CL_BLAST_UNTRIED, NSC_CL_BLAST_ON, NSC_CL_BLAST_OFF } nsc_cl_blast_state;

struct nsc_backend_device {
    const nsc_backend_host *host;
    pid_t pid; /* of the process that opened it: drivers do not survive a fork */
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    cl_device_type type;
    bool fast_fma;
    bool subnormals; /* operands below 2^-126 are not taken as 0 */
    bool compiler;   /* it has one */
    bool unified;    /* device and host share their memory */
    bool tiles;      /* the tiled GEMM fits: local memory and work-groups of 256 */
    bool blocks;     /* the blocked GEMM with large blocks suits: a CPU */
    uint32_t lanes;
    size_t max_group, max_items[3];
    size_t max_parameters;
    uint64_t max_buffer, local_bytes, memory_bytes, base_align;
    char identity[640]; /* platform, device, driver: the head of every cache key */
    cl_mem normal_table;
    uint32_t unflushed;
    /* program.c */
    nsc_cl_program *programs;
    size_t program_count, program_capacity;
    uint64_t built, loaded, refused;
    /* blast.c: the temporary buffer is shared by all GEMMs of the one in-order queue. */
    nsc_cl_blast_state blast;
    cl_mem blast_temp;
    size_t blast_temp_bytes;
    struct nsc_cl_timing *timing; /* timing.c; NULL: no launch is timed, and the queue has no profiling */
    char note[256];
};

struct nsc_backend_buffer {
    cl_mem memory;
    void *mapped; /* what the host sees, between map_host and unmap_host */
};

/* ---- steps ----------------------------------------------------------------------------------------------------- */

typedef struct nsc_cl_operand {
    uint32_t buffer;
    uint32_t bytes; /* of an element */
    int64_t offset; /* in elements */
} nsc_cl_operand;

typedef struct nsc_cl_matrix {
    bool transposed;
    size_t ld;
} nsc_cl_matrix;

/* A step with a kernel has the arguments: for each operand its memory and its offset (long, in elements), the run-time
 * scalars, and what is fixed at prepare. */
struct nsc_backend_step {
    const char *what; /* "map", ...: for error texts */
    nsc_cl_text unit; /* the program's text; freed once the kernel is there */
    cl_kernel kernel;
    uint32_t operand_count;
    nsc_cl_operand operands[NSC_CL_MAX_VIEWS];
    uint32_t scalar_count;
    bool scalars_packed; /* one float16 */
    bool stream_fixed;   /* random: the scalars are these, whatever launch is given */
    float stream[2];
    cl_mem table; /* a buffer of the step itself or of the device, bound after the scalars; not owned */
    bool table_has_offset;
    cl_mem program; /* the interpreter's, owned */
    unsigned char *fixed;
    size_t fixed_bytes;
    bool group_exact;    /* the kernel is written for exactly this work-group */
    bool group_per_item; /* items count work-groups */
    size_t items[2], group[2];
    size_t global[2];
    /* CLBlast */
    bool blast;
    nsc_cl_matrix a, b, c;
    size_t m, n, k;
    float alpha, beta;
};

/* ---- error.c --------------------------------------------------------------------------------------------------- */

const char *nsc_cl_error_name(cl_int code);
/* Says "CALL(what): NAME" through host->fail and gives the status for it. what may be NULL. */
nsc_backend_status nsc_cl_fail(const nsc_backend_host *host, const char *call, const char *what, cl_int code);
nsc_backend_status nsc_cl_fail_text(const nsc_backend_host *host, nsc_backend_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void nsc_cl_log(const nsc_backend_host *host, int32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* OK in the process that opened the device, else FAILED. */
nsc_backend_status nsc_cl_alive(const nsc_backend_device *device);
/* The lock around program builds and every CLBlast call in this process: neither is safe in all drivers. */
extern pthread_mutex_t nsc_cl_process_lock;

/* ---- platform.c ------------------------------------------------------------------------------------------------ */

nsc_backend_status nsc_cl_enumerate(const nsc_backend_host *host, uint32_t index, nsc_backend_info *info);
/* The device at a global index over platforms and devices. END behind the last one. */
nsc_backend_status nsc_cl_find(const nsc_backend_host *host, uint32_t index, cl_platform_id *platform,
                               cl_device_id *device, uint32_t *ordinal);
/* Both cut what does not fit; text is "" after a failure. */
nsc_backend_status nsc_cl_platform_text(const nsc_backend_host *host, cl_platform_id platform, cl_platform_info what,
                                        char *text, size_t capacity);
nsc_backend_status nsc_cl_device_text(const nsc_backend_host *host, cl_device_id device, cl_device_info what,
                                      char *text, size_t capacity);

/* ---- device.c, check.c ----------------------------------------------------------------------------------------- */

nsc_backend_status nsc_cl_open(const nsc_backend_open_args *args, nsc_backend_device **device,
                               nsc_backend_limits *limits);
void nsc_cl_close(nsc_backend_device *device);
void nsc_cl_note(nsc_backend_device *device, const char *text);
/* The generator and the map path against the host; what is wrong leaves *kinds or fails the open. */
nsc_backend_status nsc_cl_check_device(nsc_backend_device *device, uint32_t *kinds);

/* ---- buffer.c -------------------------------------------------------------------------------------------------- */

nsc_backend_status nsc_cl_alloc(nsc_backend_device *device, uint64_t bytes, nsc_backend_buffer **buffer);
void nsc_cl_free(nsc_backend_device *device, nsc_backend_buffer *buffer);
nsc_backend_status nsc_cl_write(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                uint64_t offset, uint64_t bytes, const void *source);
nsc_backend_status nsc_cl_read(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                               uint64_t offset, uint64_t bytes, void *target);
nsc_backend_status nsc_cl_map_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer,
                                   uint64_t offset, uint64_t bytes, const void **pointer);
nsc_backend_status nsc_cl_unmap_host(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_buffer *buffer);
nsc_backend_status nsc_cl_finish(nsc_backend_device *device, nsc_backend_queue *queue);

/* ---- program.c ------------------------------------------------------------------------------------------------- */

/* Gives every step that has a unit its kernel: the units that the device does not have yet are built as one program. */
nsc_backend_status nsc_cl_programs_ensure(nsc_backend_device *device, nsc_backend_step *const *steps, size_t count);
bool nsc_cl_program_known(const nsc_backend_device *device, const nsc_cl_text *unit);
void nsc_cl_programs_clear(nsc_backend_device *device);
uint64_t nsc_cl_hash(uint64_t hash, const void *data, size_t bytes);
#define NSC_CL_HASH_START 0xcbf29ce484222325u

/* ---- geometry.c ------------------------------------------------------------------------------------------------ */

/* Dims with the strides of several views, collapsed: sizes of 1 are gone, neighbours that step as one are one. */
typedef struct nsc_cl_geometry {
    uint32_t rank, views;
    int64_t dims[NSC_BACKEND_MAX_RANK];
    int64_t strides[NSC_CL_MAX_VIEWS + 1][NSC_BACKEND_MAX_RANK];
} nsc_cl_geometry;

void nsc_cl_geometry_add(nsc_cl_geometry *geometry, const int64_t *strides);
void nsc_cl_geometry_collapse(nsc_cl_geometry *geometry);
int64_t nsc_cl_geometry_count(const nsc_cl_geometry *geometry);
/* Does any index or offset need more than 31 bits? */
bool nsc_cl_geometry_wide(const nsc_cl_geometry *geometry);
/* Appends numbers to a step's fixed argument, as int or long. false: no memory. */
bool nsc_cl_fixed_numbers(nsc_backend_step *step, bool wide, const int64_t *numbers, size_t count);
bool nsc_cl_fixed_bytes(nsc_backend_step *step, const void *data, size_t bytes);
/* The width of a work-group of at most 256 over items[0] x items[1], from few: a driver may compile a kernel once more
 * for each shape. */
size_t nsc_cl_group_width(const size_t items[2]);
void nsc_cl_operand_add(nsc_backend_step *step, const nsc_backend_view *view);

/* ---- expression.c ---------------------------------------------------------------------------------------------- */

const char *nsc_cl_type_name(nsc_backend_dtype dtype); /* NULL: not offered */
uint32_t nsc_cl_type_bytes(nsc_backend_dtype dtype);
bool nsc_cl_expression_known(const nsc_backend_expression *expression);
typedef struct nsc_cl_expression_form {
    const nsc_backend_view *inputs;
    const nsc_backend_view *outputs; /* NULL: the stored value is returned as float */
    bool first_is_value;             /* input 0 is the float argument x0; inputs[0] is input 1 */
} nsc_cl_expression_form;
/* The function NSC_ELEMENT: pointers to the element of each input and output (i0, o0, ...), then the scalars (s0...). */
void nsc_cl_expression_emit(nsc_cl_text *text, const nsc_backend_expression *expression,
                            const nsc_cl_expression_form *form);

/* ---- the kinds: each fills a step, without touching the device ---------------------------------------------------- */

nsc_backend_status nsc_cl_map_describe(nsc_backend_device *device, const nsc_backend_map *map, bool alone,
                                       nsc_backend_step *step);
nsc_backend_status nsc_cl_interpreter_describe(nsc_backend_device *device, const nsc_backend_map *map,
                                               nsc_backend_step *step);
nsc_backend_status nsc_cl_reduce_describe(nsc_backend_device *device, const nsc_backend_reduce *reduce,
                                          nsc_backend_step *step);
nsc_backend_status nsc_cl_gemm_describe(nsc_backend_device *device, const nsc_backend_gemm *gemm,
                                        nsc_backend_step *step);
nsc_backend_status nsc_cl_epilogue_describe(nsc_backend_device *device, const nsc_backend_gemm_epilogue *gemm,
                                            nsc_backend_step *step);
nsc_backend_status nsc_cl_random_describe(nsc_backend_device *device, const nsc_backend_random *random,
                                          nsc_backend_step *step);
nsc_backend_status nsc_cl_gather_describe(nsc_backend_device *device, const nsc_backend_gather *gather,
                                          nsc_backend_step *step);
nsc_backend_status nsc_cl_softmax_describe(nsc_backend_device *device, const nsc_backend_softmax *softmax,
                                           nsc_backend_step *step);

/* ---- blast.c --------------------------------------------------------------------------------------------------- */

/* Routes a GEMM to CLBlast if it can take it: then step->blast is set; else our own kernel must. The first call on a device
 * sets CLBlast's parameters, builds its program and compares both of its paths with the host. LOST is the only failure. */
nsc_backend_status nsc_cl_blast_describe(nsc_backend_device *device, const nsc_backend_gemm *gemm,
                                         nsc_backend_step *step);
/* event: of the last kernel; may be NULL. */
nsc_backend_status nsc_cl_blast_launch(nsc_backend_device *device, const nsc_backend_step *step,
                                       const nsc_backend_binding *bindings, cl_event *event);
void nsc_cl_blast_open(void);
void nsc_cl_blast_close(nsc_backend_device *device);

/* ---- generator.c: the words and variates on the host, for the self-check --------------------------------------------- */

void nsc_cl_philox(uint64_t seed, uint64_t stream, uint64_t block, uint32_t words[4]);
float nsc_cl_normal(uint32_t word, const int32_t *table);
/* The word whose normal variate is the truncated one of this word. */
uint32_t nsc_cl_truncated(uint32_t word);

/* ---- step.c ---------------------------------------------------------------------------------------------------- */

nsc_backend_status nsc_cl_prepare(nsc_backend_device *device, const nsc_backend_operation *operation,
                                  nsc_backend_step **step);
nsc_backend_status nsc_cl_prepare_many(nsc_backend_device *device, uint32_t count,
                                       const nsc_backend_operation *const *operations, nsc_backend_step **steps,
                                       nsc_backend_status *statuses);
nsc_backend_status nsc_cl_launch(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                 const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars,
                                 uint32_t scalar_count);
/* launch without the look at the process. event is set where a kernel was enqueued; may be NULL. */
nsc_backend_status nsc_cl_enqueue(nsc_backend_device *device, nsc_backend_step *step,
                                  const nsc_backend_binding *bindings, const float *scalars, cl_event *event);
void nsc_cl_release(nsc_backend_device *device, nsc_backend_step *step);

/* ---- timing.c -------------------------------------------------------------------------------------------------- */

nsc_backend_status nsc_cl_profile_start(nsc_backend_device *device, uint32_t capacity);
nsc_backend_status nsc_cl_launch_timed(nsc_backend_device *device, nsc_backend_queue *queue, nsc_backend_step *step,
                                       const nsc_backend_binding *bindings, uint32_t binding_count,
                                       const float *scalars, uint32_t scalar_count, uint64_t tag);
nsc_backend_status nsc_cl_profile_read(nsc_backend_device *device, nsc_backend_time *times, uint32_t *count);
void nsc_cl_profile_stop(nsc_backend_device *device);
void nsc_cl_timing_free(nsc_backend_device *device);

#endif
