/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks whose forward is the user's. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/memory.h"
#include "core/param/initializer.h"
#include "core/shape.h"

enum { MAX_OUTPUTS = 64 };

/* An unknown dimension that parameters of this block share by name. */
typedef struct named_dim {
    char *name;
    nsc_cell *cell;
} named_dim;

typedef struct custom {
    nsc_block base;
    nsc_forward_function forward;
    void *user;
    void (*destroy)(void *user);
    char *kind;
    named_dim *dims;
    size_t dim_count, dim_capacity;
} custom;

static nsc_status custom_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                 nsc_value **out, size_t out_count)
{
    const custom *self = (const custom *)block;
    return self->forward(trace, self->user, in, in_count, out, out_count);
}

static void custom_destroy(nsc_block *block)
{
    custom *self = (custom *)block;
    nsc_parameters_lock();
    for (size_t i = 0; i < self->dim_count; i++) {
        free(self->dims[i].name);
        nsc_cell_release(self->dims[i].cell);
    }
    nsc_parameters_unlock();
    free(self->dims);
    free(self->kind);
    if (self->destroy != NULL)
        self->destroy(self->user);
}

static const nsc_block_class custom_class = {.kind = "custom", .forward = custom_forward, .destroy = custom_destroy};

nsc_block *nsc_custom_create(const nsc_custom_options *options, size_t size)
{
    nsc_custom_options o;
    nsc_options_copy(&o, sizeof o, options, size);
    nsc_block *block = nsc_block_new(sizeof(custom), &custom_class);
    if (nsc_block_static(block)) {
        if (o.destroy != NULL)
            o.destroy(o.user);
        return block;
    }
    custom *self = (custom *)block;
    self->forward = o.forward;
    self->user = o.user;
    self->destroy = o.destroy;
    if (o.name != NULL)
        nsc_named(o.name, block);
    if (o.kind != NULL) {
        self->kind = strdup(o.kind);
        if (self->kind == NULL)
            return nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for a custom block");
        block->kind = self->kind;
    }
    block->inputs = o.inputs == 0 ? 1 : o.inputs;
    block->outputs = o.outputs == 0 ? 1 : o.outputs;
    if (block->outputs > MAX_OUTPUTS)
        return nsc_block_fail(block, NSC_INVALID, "%zu outputs; a block has at most %d", block->outputs,
                              (int)MAX_OUTPUTS);
    if (o.forward == NULL)
        return nsc_block_fail(block, NSC_INVALID, "a custom block needs a forward function");
    return block;
}

/* The cell of a named dimension, made at its first use; NULL where memory is gone. */
static nsc_cell *named_cell(custom *self, const char *name)
{
    for (size_t i = 0; i < self->dim_count; i++)
        if (strcmp(self->dims[i].name, name) == 0)
            return self->dims[i].cell;
    if (!nsc_grow((void **)&self->dims, &self->dim_capacity, self->dim_count, sizeof *self->dims))
        return NULL;
    named_dim dim = {strdup(name), nsc_cell_new(NSC_UNKNOWN)};
    if (dim.name == NULL || dim.cell == NULL) {
        free(dim.name);
        nsc_cell_release(dim.cell);
        return NULL;
    }
    self->dims[self->dim_count++] = dim;
    return dim.cell;
}

static bool declaration_valid(nsc_block *block, const nsc_parameter_options *o)
{
    char text[160];
    if (o->name == NULL || !nsc_name_valid(o->name)) {
        nsc_block_fail(block, NSC_INVALID, "\"%s\" cannot name a parameter: 1 to 128 characters, no dot, no space",
                       o->name == NULL ? "" : o->name);
        return false;
    }
    for (size_t i = 0; i < block->parameter_count; i++)
        if (strcmp(block->parameters[i]->name, o->name) == 0) {
            nsc_block_fail(block, NSC_INVALID, "two parameters are named \"%s\"", o->name);
            return false;
        }
    if (o->rank < NSC_UNKNOWN || o->rank > NSC_MAX_RANK || (o->rank > 0 && o->dims == NULL)) {
        nsc_block_fail(block, NSC_INVALID,
                       "parameter %s: rank %d%s; it is 0 to %d with that many sizes, or NSC_UNKNOWN", o->name, o->rank,
                       o->rank > 0 && o->dims == NULL ? " without sizes" : "", NSC_MAX_RANK);
        return false;
    }
    for (int i = 0; i < o->rank; i++)
        if (o->dims[i] < NSC_UNKNOWN) {
            nsc_block_fail(block, NSC_INVALID, "parameter %s: size %" PRId64 " of axis %d; unknown is NSC_UNKNOWN",
                           o->name, o->dims[i], i);
            return false;
        }
    /* Sizes that cannot go together, whatever the unknown ones turn out to be. */
    int64_t known[NSC_MAX_RANK];
    uint64_t count;
    for (int i = 0; i < o->rank; i++)
        known[i] = o->dims[i] <= 0 ? 1 : o->dims[i];
    if (!nsc_shape_count(o->rank, known, &count) || count > INT64_MAX / sizeof(float)) {
        nsc_block_fail(block, NSC_INVALID, "parameter %s: its sizes multiply to more than 63 bits of bytes", o->name);
        return false;
    }
    if (o->dtype != 0 && o->dtype != NSC_FLOAT32) {
        const char *name = nsc_dtype_name(o->dtype);
        nsc_block_fail(block, NSC_WRONG_DTYPE, "parameter %s: %s; parameters are float32 in this version", o->name,
                       name == NULL ? "no element type" : name);
        return false;
    }
    if (!nsc_initializer_valid(&o->init, text, sizeof text)) {
        nsc_block_fail(block, NSC_INVALID, "parameter %s: %s", o->name, text);
        return false;
    }
    if (nsc_role_name(o->role) == NULL) {
        nsc_block_fail(block, NSC_INVALID, "parameter %s: %d is no role", o->name, (int)o->role);
        return false;
    }
    if (!nsc_initializer_suits(&o->init, o->role, o->rank, o->dims, &o->fans, text, sizeof text)) {
        nsc_block_fail(block, NSC_INVALID, "parameter %s: %s", o->name, text);
        return false;
    }
    return true;
}

nsc_parameter *nsc_declare_create(nsc_block *block, const nsc_parameter_options *options, size_t size)
{
    nsc_parameter_options o;
    nsc_cell *cells[NSC_MAX_RANK] = {NULL};
    nsc_options_copy(&o, sizeof o, options, size);
    if (block == NULL || nsc_block_static(block))
        return NULL;
    if (block->class != &custom_class) {
        nsc_block_fail(block, NSC_INVALID, "parameters are declared on custom blocks only");
        return NULL;
    }
    if (!declaration_valid(block, &o))
        return NULL;
    for (int i = 0; i < o.rank && o.dim_names != NULL; i++)
        if (o.dims[i] == NSC_UNKNOWN && o.dim_names[i] != NULL &&
            (cells[i] = named_cell((custom *)block, o.dim_names[i])) == NULL) {
            nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for dimension %s", o.dim_names[i]);
            return NULL;
        }
    size_t before = block->parameter_count;
    nsc_block_own(block, nsc_parameter_new(&(nsc_parameter_declaration){.name = o.name,
                                                                        .kind = block->kind,
                                                                        .dtype = NSC_FLOAT32,
                                                                        .rank = o.rank,
                                                                        .dims = o.dims,
                                                                        .cells = cells,
                                                                        .init = o.init,
                                                                        .role = o.role,
                                                                        .fans = o.fans}));
    return block->parameter_count > before ? block->parameters[before] : NULL;
}

nsc_parameter *nsc_declare_constant(nsc_block *block, const char *name, int rank, const int64_t *dims,
                                    const float *values)
{
    uint64_t count = 0;
    if (block == NULL || nsc_block_static(block))
        return NULL;
    if (rank < 0 || rank > NSC_MAX_RANK || (rank > 0 && dims == NULL) || !nsc_shape_count(rank, dims, &count) ||
        count > SIZE_MAX / 2 / sizeof(float) || (values == NULL && count > 0)) {
        nsc_block_fail(block, NSC_INVALID,
                       "constant %s: it needs a rank of 0 to %d, that many sizes of 0 or more, and values",
                       name == NULL ? "" : name, NSC_MAX_RANK);
        return NULL;
    }
    float *copy = malloc(count == 0 ? 1 : (size_t)count * sizeof *copy);
    if (copy == NULL) {
        nsc_block_fail(block, NSC_NO_MEMORY, "no host memory for constant %s", name == NULL ? "" : name);
        return NULL;
    }
    if (count > 0)
        memcpy(copy, values, (size_t)count * sizeof *copy);
    nsc_parameter *parameter = nsc_declare_create(block,
                                                  &(nsc_parameter_options){.name = name,
                                                                           .rank = rank,
                                                                           .dims = dims,
                                                                           .init = nsc_array_values(rank, dims, copy),
                                                                           .role = NSC_ROLE_CONSTANT},
                                                  sizeof(nsc_parameter_options));
    if (parameter == NULL)
        free(copy);
    else
        parameter->constant = copy; /* freed with the parameter, which its block may not outlive */
    return parameter;
}

nsc_block *nsc_add_child(nsc_block *block, const char *name, nsc_block *child)
{
    if (block == NULL) {
        nsc_release(child);
        return NULL;
    }
    if (block->class != &custom_class)
        nsc_block_fail(block, NSC_INVALID, "children are added to custom blocks only");
    return nsc_block_adopt(block, name, child) ? child : NULL;
}
