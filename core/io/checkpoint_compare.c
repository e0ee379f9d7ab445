/* SPDX-License-Identifier: Apache-2.0 */
/* What a file says against what a net knows: every disagreement is found before anything changes. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/context.h"
#include "core/io/checkpoint_load.h"
#include "core/param/initializer.h"
#include "core/param/random.h"
#include "core/tensor.h"

enum { ORIGIN = 256, REASON = 512 };

/* The size that the file gives a dimension which the net does not know. */
typedef struct new_size {
    int64_t size;
    const char *path;
    int axis;
} new_size;

typedef struct comparison {
    nsc_loader *load;
    nsc_map cells; /* root: its new size */
    new_size *sizes;
    size_t count, capacity;
} comparison;

static bool compare_axis(comparison *compare, nsc_load_target *target, int axis, int64_t size)
{
    nsc_loader *load = compare->load;
    nsc_parameter *parameter = target->parameter;
    char origin[ORIGIN];
    uint32_t index;
    if (parameter->rank < 0)
        return true;
    nsc_cell *root = nsc_cell_root(parameter->axes[axis]);
    if (root->size >= 0)
        return root->size == size ||
               nsc_loader_conflict(load, NSC_SHAPE_CONFLICT, target->path,
                                   "axis %d: %" PRId64 " (%s) against %" PRId64 " (%s)", axis, root->size,
                                   nsc_cell_origin(root, parameter->kind, origin, sizeof origin), size, load->origin);
    if (nsc_map_get(&compare->cells, root, &index)) {
        const new_size *first = &compare->sizes[index];
        return first->size == size ||
               nsc_loader_conflict(load, NSC_SHAPE_CONFLICT, target->path,
                                   "axis %d: %" PRId64 " (shared with %s, axis %d, %s) against %" PRId64 " (%s)", axis,
                                   first->size, first->path, first->axis, load->origin, size, load->origin);
    }
    if (!nsc_grow((void **)&compare->sizes, &compare->capacity, compare->count, sizeof *compare->sizes) ||
        !nsc_map_put(&compare->cells, root, (uint32_t)compare->count))
        return false;
    compare->sizes[compare->count++] = (new_size){.size = size, .path = target->path, .axis = axis};
    return true;
}

static bool compare_shape(comparison *compare, nsc_load_target *target)
{
    nsc_loader *load = compare->load;
    const nsc_load_source *source = target->source;
    const int rank = source->array != NULL ? source->array->rank : source->saved->rank;
    const int64_t *dims = source->array != NULL ? source->array->dims : source->saved->dims;
    nsc_shape_update *shape = &target->shape;
    shape->parameter = target->parameter;
    shape->rank = nsc_parameter_shape_locked(target->parameter, shape->dims);
    if (rank < 0)
        return true;
    if (shape->rank >= 0 && shape->rank != rank)
        return nsc_loader_conflict(load, NSC_SHAPE_CONFLICT, target->path, "rank %d (declared by %s) against %d (%s)",
                                   shape->rank, target->parameter->kind, rank, load->origin);
    for (int i = 0; i < rank; i++) {
        const bool known = shape->rank >= 0 && shape->dims[i] >= 0;
        if (dims[i] >= 0 && !compare_axis(compare, target, i, dims[i]))
            return false;
        if (!known) {
            shape->dims[i] = dims[i];
            shape->origins[i] = dims[i] >= 0 ? load->origin : NULL;
        }
    }
    shape->rank = rank;
    return true;
}

static bool compare_device(nsc_loader *load, const nsc_load_target *target)
{
    const nsc_parameter *parameter = target->parameter;
    const bool lives = parameter->value != NULL && parameter->value->context != load->context;
    const bool requested = parameter->request.context != 0 && parameter->request.context != load->owner;
    if ((target->source->array == NULL && !target->takes_request) || (!lives && !requested))
        return true;
    return nsc_loader_conflict(load, NSC_WRONG_DEVICE, target->path, "%s on another context than %s",
                               lives ? "is initialized" : "was requested", load->context->device.title);
}

/* What is to make the value later must be able to. */
static bool compare_request(nsc_loader *load, nsc_load_target *target)
{
    char reason[REASON];
    const nsc_parameter *parameter = target->parameter;
    const nsc_saved *saved = target->source->saved;
    const nsc_initializer *init = NULL;
    if (target->takes_request) {
        init = saved->init.kind != NSC_INIT_DEFAULT ? &saved->init : &parameter->init;
        target->request = (nsc_request){
            .context = load->owner, .seed = saved->seed, .stream = nsc_hash_path(saved->request_path), .init = *init};
    } else if (parameter->request.context != 0) {
        init = &parameter->request.init;
    }
    if (init == NULL || target->source->array != NULL || parameter->value != NULL)
        return true;
    if (init->kind == NSC_INIT_DEFAULT)
        return nsc_loader_conflict(load, NSC_INVALID, target->path,
                                   "the request in the file leaves the initialiser to the declaration, which has none");
    return nsc_initializer_suits(init, parameter->role, target->shape.rank, target->shape.dims, &parameter->fans,
                                 reason, sizeof reason) ||
           nsc_loader_conflict(load, NSC_SHAPE_CONFLICT, target->path, "%s", reason);
}

static bool compare_target(comparison *compare, nsc_load_target *target)
{
    nsc_loader *load = compare->load;
    const nsc_load_source *source = target->source;
    target->takes_request = load->context != NULL && source->saved != NULL && source->saved->requested &&
                            (source->array != NULL || target->parameter->value == NULL);
    if (source->array != NULL && source->array->dtype != target->parameter->dtype &&
        !nsc_loader_conflict(load, NSC_WRONG_DTYPE, target->path, "%s (declared by %s) against %s (%s)",
                             nsc_dtype_name(target->parameter->dtype), target->parameter->kind,
                             nsc_dtype_name(source->array->dtype), load->origin))
        return false;
    return compare_shape(compare, target) && compare_device(load, target) && compare_request(load, target);
}

nsc_status nsc_loader_compare(nsc_loader *load)
{
    comparison compare = {.load = load};
    bool good = true;
    nsc_parameters_lock();
    for (size_t i = 0; i < load->target_count && good; i++)
        if (load->targets[i].source != NULL)
            good = compare_target(&compare, &load->targets[i]);
    nsc_parameters_unlock();
    nsc_map_clear(&compare.cells);
    free(compare.sizes);
    return good ? NSC_OK : nsc_loader_no_memory(load);
}
