/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks: what a user declares, without input sizes.
 *
 * Constructors never return NULL: a failure gives an error block that carries status and text, and the first call that
 * takes a context reports it with its path. Containers own their children from the call on, also on failure. Blocks are
 * reference-counted; nsc_retain gives one more reference, for a block that is used twice.
 *
 * Options are designated initialisers, nsc_dense(256, .activation = NSC_RELU); in them 0 and NULL mean "not given", and
 * switches are off by default. C++ calls the functions behind the macros.
 *
 * Threads: a tree is declared and changed by one thread at a time. Then any number of threads may run it, also for the
 * first time: one commits, the others see it done.
 */
#ifndef NASCENT_BLOCK_H
#define NASCENT_BLOCK_H

#include <stdio.h>

#include <nascent/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- layers ----------------------------------------------------------------------------------------------------- */

/* y = activation(x weight^T + bias): weight (units, in_units), bias (units). The input (n, ...) is flattened to
 * (n, in_units) unless no_flatten; then the last axis is in_units. Axis 0 is the batch: a vector (n) counts as n rows of
 * width 1. */
typedef struct nsc_dense_options {
    int64_t units;             /* 1 or more, or NSC_DIM_ZERO */
    int64_t in_units;          /* inferred when not given */
    nsc_activation activation; /* after the bias, with its default alpha */
    int no_bias;
    int no_flatten;
    nsc_initializer weight_init; /* default: the net's */
    nsc_initializer bias_init;   /* default: zeros */
    const char *name;            /* default: the position in the container */
} nsc_dense_options;
NSC_API nsc_block *nsc_dense_create(const nsc_dense_options *options, size_t size);

typedef struct nsc_activation_options {
    nsc_activation activation;
    int axis; /* of the softmax kinds: 0 means the last; other values as in nsc_op_softmax */
    const char *name;
    float alpha; /* of leaky_relu, elu and celu; the default is in trace.h */
} nsc_activation_options;
NSC_API nsc_block *nsc_activation_create(const nsc_activation_options *options, size_t size);

/* (n, ...) -> (n, product of the rest). */
NSC_API nsc_block *nsc_flatten(void);
/* Gives its input: the straight branch of a residual connection. */
NSC_API nsc_block *nsc_identity(void);

/* ---- containers: arrays of blocks ended by NULL, which they own --------------------------------------------------- */

/* One after the other. An empty one is the identity. */
NSC_API nsc_block *nsc_sequential_create(nsc_block *const *blocks);
/* x + (one after the other of x), which broadcast; at least one block. He et al. 2016. */
NSC_API nsc_block *nsc_residual_create(nsc_block *const *blocks);
/* make(user, 0), make(user, 1), ... one after the other: count new blocks, at most 10,000, each with parameters of its
 * own. make is called during the call; NULL from it is an error. */
typedef nsc_block *(*nsc_make_function)(void *user, size_t index);
NSC_API nsc_block *nsc_repeat(size_t count, nsc_make_function make, void *user);
/* Every branch on the same input; the outputs are added, or joined along axis. */
NSC_API nsc_block *nsc_add_branches_create(nsc_block *const *branches);
NSC_API nsc_block *nsc_concat_branches_create(int axis, nsc_block *const *branches);

#ifndef __cplusplus
#define nsc_dense(...) nsc_dense_create(&(nsc_dense_options){.units = __VA_ARGS__}, sizeof(nsc_dense_options))
#define nsc_activate(...) \
    nsc_activation_create(&(nsc_activation_options){.activation = __VA_ARGS__}, sizeof(nsc_activation_options))
#define nsc_sequential(...) nsc_sequential_create((nsc_block *[]){__VA_ARGS__, NULL})
#define nsc_residual(...) nsc_residual_create((nsc_block *[]){__VA_ARGS__, NULL})
#define nsc_add_branches(...) nsc_add_branches_create((nsc_block *[]){__VA_ARGS__, NULL})
#define nsc_concat_branches(AXIS, ...) nsc_concat_branches_create((AXIS), (nsc_block *[]){__VA_ARGS__, NULL})
#endif

/* Names a block in the paths of its container; gives the block. */
NSC_API nsc_block *nsc_named(const char *name, nsc_block *block);

/* ---- custom blocks ---------------------------------------------------------------------------------------------- */

/* Composes the operations of operations.h: in (in_count values) to out (out_count places, to be filled). Pure: it may be
 * called many times and from several threads, must not run a net, and depends on nothing but user, the mode and shapes.
 * A result other than NSC_OK fails the trace; nsc_trace_fail adds words. */
typedef nsc_status (*nsc_forward_function)(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count,
                                           nsc_value **out, size_t out_count);
typedef struct nsc_custom_options {
    nsc_forward_function forward;
    void *user;
    void (*destroy)(void *user); /* called once, when the block is freed; also when its construction failed */
    const char *kind;            /* for messages; default "custom" */
    size_t inputs;               /* default 1 */
    size_t outputs;              /* default 1 */
    const char *name;
} nsc_custom_options;
NSC_API nsc_block *nsc_custom_create(const nsc_custom_options *options, size_t size);

/* A parameter of a custom block. Unknown sizes are NSC_UNKNOWN; unknown sizes of one block that carry the same name in
 * dim_names are one dimension. */
typedef struct nsc_parameter_options {
    const char *name;             /* required, without dots */
    int rank;                     /* 0 to NSC_MAX_RANK, or NSC_UNKNOWN */
    const int64_t *dims;          /* rank sizes, here also 0 */
    const char *const *dim_names; /* NULL, or rank names, each may be NULL */
    nsc_dtype dtype;              /* NSC_FLOAT32, the default; others are refused in this version */
    nsc_initializer init;         /* default: the net's */
    nsc_role role;                /* default: a weight */
    nsc_fans fans;
} nsc_parameter_options;
/* The handle belongs to the block (retain it to keep it longer). A failure turns the block into an error block and gives
 * NULL, which nsc_op_parameter accepts. */
NSC_API nsc_parameter *nsc_declare_create(nsc_block *block, const nsc_parameter_options *options, size_t size);
/* A constant: values (row-major float32, copied) that rules and defaults do not reach, saved, loaded and settable like a
 * parameter, without a gradient. It too has a value on the device only after nsc_initialize. */
NSC_API nsc_parameter *nsc_declare_constant(nsc_block *block, const char *name, int rank, const int64_t *dims,
                                            const float *values);
/* A child of a custom block, which owns it from the call on; gives child. name NULL: the position. A failure turns block
 * into an error block; NULL, which nsc_op_call accepts, where child could not be kept (it would contain itself, or memory
 * is gone). */
NSC_API nsc_block *nsc_add_child(nsc_block *block, const char *name, nsc_block *child);

#ifndef __cplusplus
#define nsc_custom(...) nsc_custom_create(&(nsc_custom_options){.forward = __VA_ARGS__}, sizeof(nsc_custom_options))
#define nsc_declare(BLOCK, ...) \
    nsc_declare_create((BLOCK), &(nsc_parameter_options){.name = __VA_ARGS__}, sizeof(nsc_parameter_options))
#endif

/* ---- any block -------------------------------------------------------------------------------------------------- */

NSC_API nsc_block *nsc_retain(nsc_block *block);
/* Gives one reference back; the last one frees the tree. NULL is allowed. */
NSC_API void nsc_release(nsc_block *block);

/* NSC_OK, or why this block, or the first block below it, is an error block; text may be NULL, else it receives the
 * words, with the path. */
NSC_API nsc_status nsc_block_check(const nsc_block *block, char *text, size_t capacity);

/* Visits every parameter once, in order of declaration (own ones first, then children), with its path from this root.
 * Stops when visit returns other than 0. */
typedef int (*nsc_parameter_visit)(void *user, const char *path, nsc_parameter *parameter);
NSC_API nsc_status nsc_parameters_each(nsc_block *net, nsc_parameter_visit visit, void *user);
/* The parameter at a path from this root, not retained; NULL when there is none. */
NSC_API nsc_parameter *nsc_find_parameter(nsc_block *net, const char *path);
/* A line for each parameter: path, shape, dtype, state. */
NSC_API nsc_status nsc_print_parameters(nsc_block *net, FILE *file);

/* ---- the life of a net ------------------------------------------------------------------------------------------ */

/* Parameters, by all that is given: a glob over the whole path (fnmatch(3), without flags: * also matches dots), a POSIX
 * extended regular expression (regcomp(3)) found anywhere in the path unless anchored, a role, a rank. Nothing given
 * selects all. */
typedef struct nsc_selection {
    const char *glob;
    const char *regex;
    nsc_role role;
    int64_t rank; /* 0: any; NSC_DIM_ZERO: scalars. An unknown rank matches no number */
} nsc_selection;
/* Visits what is selected, as nsc_parameters_each; selection may be NULL. Errors: INVALID (a regular expression that
 * cannot be read: the text has its reason). */
NSC_API nsc_status nsc_parameters_select(nsc_block *net, const nsc_selection *selection, nsc_parameter_visit visit,
                                         void *user);

/* A rule sets the initialiser of every parameter that it selects. The first rule that matches wins over what the layer
 * declared and over the default. Ranks of rules are compared with the declared rank, so that what is declared and what
 * is deferred get the same values. */
typedef struct nsc_init_rule {
    nsc_selection where;
    nsc_initializer init;
} nsc_init_rule;

typedef struct nsc_initialize_options {
    size_t size;                /* sizeof(nsc_initialize_options) */
    uint64_t seed;              /* 0 is a seed like any other */
    nsc_initializer init;       /* for parameters declared without one; default nsc_uniform(0.07) */
    const nsc_init_rule *rules; /* copied */
    size_t rule_count;
    nsc_selection where; /* the parameters that are asked for; default: all */
    int force;           /* parameters that have a value are filled again */
} nsc_initialize_options;

#define NSC_NO_RULE ((size_t)-1)
/* What the rules would do, without doing it: once for each parameter, then once for each rule that hits nothing, with
 * path and parameter NULL. rule is an index, or NSC_NO_RULE: init is then the declared one or the default. Stops when
 * visit returns other than 0. Errors: as nsc_initialize for the options. */
typedef int (*nsc_rule_visit)(void *user, size_t rule, const char *path, nsc_parameter *parameter,
                              const nsc_initializer *init);
NSC_API nsc_status nsc_rules_each(nsc_block *net, const nsc_initialize_options *options, nsc_rule_visit visit,
                                  void *user);
/* The same as a table, and a line for each rule that hits nothing. */
NSC_API nsc_status nsc_print_rules(nsc_block *net, const nsc_initialize_options *options, FILE *file);

/* Requests initialisation of the selected parameters of net on the context's device; options may be NULL. Commits at once when
 * every parameter in the net is shape-known, else records: the first forward commits. A second request replaces the
 * first, path and seed included, for parameters that are still without a value; initialized ones keep theirs and are
 * not asked again. Paths are relative to this net, and frozen by the request. Errors: INVALID (an error block, a path hash collision, a bad initialiser),
 * WRONG_DEVICE (initialized on another context), and those of a commit. Nothing changes on failure.
 * A rule that hits nothing is logged as a warning. "Every parameter in the net" above means every selected one. With
 * force, initialized parameters are requested anew and refilled; they stay on their device, so context must be theirs. */
NSC_API nsc_status nsc_initialize(nsc_block *net, nsc_context *context, const nsc_initialize_options *options);
/* Fills the selected initialized parameters again from the request that each one remembers: seed, path, initialiser and
 * device stay, so the bits are those of the first time, also after a set or a load. Errors: NOT_REQUESTED (one of them
 * was never requested), and those of a commit. Nothing changes on failure. */
NSC_API nsc_status nsc_reinitialize(nsc_block *net, const nsc_selection *where);
/* Takes the selected parameters, values and requests, to another device or backend: the same bits. All or nothing.
 * Errors: NO_MEMORY, DEVICE_LOST and those of the two devices. */
NSC_API nsc_status nsc_move(nsc_block *net, const nsc_selection *where, nsc_context *context);
/* nsc_parameter_observe for all. */
NSC_API nsc_status nsc_observe(nsc_block *net, nsc_observer observer, void *user);

/* A shape for a trace: -1 is an unknown size (a symbolic batch). */
typedef struct nsc_shape {
    int rank;
    int64_t dims[NSC_MAX_RANK];
    nsc_dtype dtype; /* 0: float32 */
} nsc_shape;

/* What a trace would give, without data, device or change. */
typedef struct nsc_proposal nsc_proposal;
/* Errors: SHAPE_CONFLICT (all conflicts at once), INVALID, UNSUPPORTED (a size beyond 63 bits), or what a custom block
 * returned. The caller owns *proposal. */
NSC_API nsc_status nsc_propose(nsc_block *net, nsc_mode mode, const nsc_shape *inputs, size_t input_count,
                               nsc_proposal **proposal);
NSC_API void nsc_proposal_release(nsc_proposal *proposal);
NSC_API size_t nsc_proposal_output_count(const nsc_proposal *proposal);
NSC_API nsc_status nsc_proposal_output(const nsc_proposal *proposal, size_t index, nsc_shape *shape);
/* The inputs as solved: backward information may have made an unknown size known. */
NSC_API nsc_status nsc_proposal_input(const nsc_proposal *proposal, size_t index, nsc_shape *shape);
NSC_API size_t nsc_proposal_parameter_count(const nsc_proposal *proposal);
/* path is owned by the proposal. */
NSC_API nsc_status nsc_proposal_parameter(const nsc_proposal *proposal, size_t index, const char **path,
                                          nsc_shape *shape);
/* Elements and bytes of all parameters; *unknown counts those whose shape is not known, or so large that
 * the sum would pass 64 bits (not in the sums). */
NSC_API void nsc_proposal_totals(const nsc_proposal *proposal, uint64_t *elements, uint64_t *bytes, size_t *unknown);
/* NSC_OK when what the parameters of the proposal still need fits on the context's device; else NO_MEMORY or UNSUPPORTED
 * (larger than a buffer may be), PENDING (a shape is unknown), and the text names the first that would not fit, its
 * bytes, and what is free. A commit makes the same check before it allocates anything. */
NSC_API nsc_status nsc_check_budget(const nsc_proposal *proposal, nsc_context *context);
/* The paragraph of nsc_parameter_explain for the parameter at path from this root. Errors: INVALID: no such path (the text
 * names near ones). */
NSC_API nsc_status nsc_explain(nsc_block *net, const char *path, char *text, size_t capacity);
/* A call of a block that has parameters of its own or no children. Later versions append fields. */
typedef struct nsc_layer_info {
    const char *path;  /* "" for the root */
    const char *kind;  /* "dense" */
    nsc_shape output;  /* its first */
    size_t parameters; /* of the block's own; a parameter counts at the first call that uses it */
    size_t unknown;    /* of these, without a known shape: not in the next two */
    uint64_t elements, bytes;
    const char *state; /* of these parameters: nsc_parameter_state_name's, or "mixed"; "" without parameters */
} nsc_layer_info;
/* Return other than 0 to stop. The texts are owned by the proposal. */
typedef int (*nsc_layer_visit)(void *user, const nsc_layer_info *layer);
/* Visits the layers in the order in which they are computed. Errors: INVALID. */
NSC_API nsc_status nsc_layers_each(const nsc_proposal *proposal, nsc_layer_visit visit, void *user);
/* One row a layer: path, kind, output shape, parameters, bytes, state; then the totals. */
NSC_API nsc_status nsc_print_summary(const nsc_proposal *proposal, FILE *file);

/* Fixes the shapes that these inputs give: parameters become shape-known, nothing is allocated or filled. */
NSC_API nsc_status nsc_infer_shapes(nsc_block *net, const nsc_shape *inputs, size_t input_count);

/* One input, one output, NSC_INFERENCE: infers, commits and plans what is still missing, then runs. *y is NULL (a tensor
 * is made, owned by the caller) or a tensor of the right shape and dtype, which is reused. Does not wait: reading y
 * does. Errors: NOT_REQUESTED, SHAPE_CONFLICT, PENDING, WRONG_DEVICE, WRONG_DTYPE, NO_MEMORY, DEVICE_LOST, FAILED.
 * x may be released at once: the device works in order. */
NSC_API nsc_status nsc_forward(nsc_block *net, const nsc_tensor *x, nsc_tensor **y);
/* The form with several inputs and outputs. Errors: as nsc_forward, and INVALID: counts that are not the net's, an output
 * that is an input, another output, the value of a parameter, or viewed (nsc_tensor_view). */
NSC_API nsc_status nsc_run(nsc_block *net, nsc_mode mode, const nsc_tensor *const *in, size_t in_count,
                           nsc_tensor **out, size_t out_count);

/* What dropout draws from in the runs of this root in NSC_TRAINING: seed, and step, which every run that draws raises by 1.
 * Both are 0 at first. The same seed and step give the same masks, on every device. Any thread may call it. Errors: INVALID,
 * NO_MEMORY. */
NSC_API nsc_status nsc_set_random(nsc_block *net, uint64_t seed, uint64_t step);

/* A root keeps its plans, one for each mode and combination of input shapes and types, with the memory of their
 * intermediate values; beyond so many plans or bytes (0: the default, 32 and 2^30) the one used longest ago goes. The last
 * one used stays, however large. Any thread may call it. Errors: INVALID, NO_MEMORY. */
NSC_API nsc_status nsc_set_plan_bounds(nsc_block *net, size_t plans, uint64_t bytes);
/* How many there are, and their bytes on host and device; each may be NULL. */
NSC_API nsc_status nsc_plan_usage(nsc_block *net, size_t *plans, uint64_t *bytes);

/* The one way back: every parameter of net returns to its declaration and loses its value; requests and seeds stay. A
 * dimension shared with a parameter outside net that has a value keeps its size. */
NSC_API nsc_status nsc_forget(nsc_block *net);

#ifdef __cplusplus
}
#endif

#endif
