/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of single parameters: a value from the caller, a tie. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/device/work.h"
#include "core/error.h"
#include "core/param/commit.h"
#include "core/param/parameter.h"
#include "core/shape.h"
#include "core/tensor.h"

/* A line for every axis on which the two disagree; false when there is one. The lock is held. */
static bool shape_agrees(const nsc_parameter *parameter, const nsc_tensor *value, char *text, size_t capacity)
{
    char own[NSC_SHAPE_TEXT], other[NSC_SHAPE_TEXT], words[128];
    int64_t dims[NSC_MAX_RANK];
    size_t used = 0;
    text[0] = 0;
    int rank = nsc_parameter_shape_locked(parameter, dims);
    if (rank >= 0 && rank != value->rank) {
        snprintf(text, capacity, "%s: rank %d %s (declared by %s) against rank %d %s (the value to set)",
                 nsc_parameter_told_path(parameter), rank, nsc_shape_text(own, rank, dims), parameter->kind,
                 value->rank, nsc_shape_text(other, value->rank, value->dims));
        return false;
    }
    for (int i = 0; i < rank; i++) {
        const nsc_cell *root = nsc_cell_root(parameter->axes[i]);
        const char *origin = nsc_cell_origin(root, parameter->kind, words, sizeof words);
        int64_t size = root->size;
        for (int j = 0; j < i && size < 0; j++)
            if (nsc_cell_root(parameter->axes[j]) == root) { /* one dimension twice: the value must repeat itself */
                size = value->dims[j];
                origin = "the same dimension of the value to set";
            }
        if (size >= 0 && size != value->dims[i] && used < capacity)
            used += (size_t)snprintf(text + used, capacity - used,
                                     "%s%s, axis %d: %" PRId64 " (%s) against %" PRId64 " (the value to set, %s)",
                                     used == 0 ? "" : "; ", nsc_parameter_told_path(parameter), i, size, origin,
                                     value->dims[i], nsc_shape_text(other, value->rank, value->dims));
    }
    return text[0] == 0;
}

/* A copy on the device: the caller's tensor stays the caller's. */
static nsc_status copy_tensor(const nsc_tensor *source, nsc_tensor **copy)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD_RAW, 0}, {NSC_OP_STORE_RAW, 0}};
    nsc_context *context = source->context;
    nsc_status status = nsc_tensor_create(context, source->dtype, source->rank, source->dims, copy);
    if (status != NSC_OK || source->bytes == 0)
        return status;
    nsc_backend_expression expression = {.struct_size = sizeof expression,
                                         .version = 1,
                                         .code = code,
                                         .code_count = 2,
                                         .input_count = 1,
                                         .output_count = 1,
                                         .stack_depth = 1};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = 1,
                           .output_count = 1};
    nsc_backend_view view = {.rank = 1, .dtype = nsc_dtype_to_backend(source->dtype)};
    view.dims[0] = (int64_t)(source->bytes / nsc_dtype_size(source->dtype));
    view.strides[0] = 1;
    map.inputs[0] = map.outputs[0] = view;
    map.outputs[0].buffer = 1;
    const nsc_backend_operation *operation = (const nsc_backend_operation *)&map;
    nsc_backend_binding bindings[2] = {{source->memory->buffer, 0}, {(*copy)->memory->buffer, 0}};
    nsc_backend_step *step = NULL;
    status = nsc_device_prepare(&context->device, 1, &operation, &step, NULL);
    if (status == NSC_OK) {
        nsc_work work = {.path = "", .block = ""};
        nsc_work_describe(&work, operation);
        status = nsc_device_run(
            &context->device, &(nsc_launch){.step = step, .bindings = bindings, .binding_count = 2, .work = &work}, 1);
        nsc_device_release(&context->device, step);
    }
    if (status == NSC_OK)
        status = nsc_device_finish(&context->device);
    if (status != NSC_OK) {
        nsc_tensor_release(*copy);
        *copy = NULL;
    }
    return status;
}

nsc_status nsc_parameter_set(nsc_parameter *parameter, const nsc_tensor *value)
{
    char text[1024];
    if (parameter == NULL || value == NULL)
        return nsc_fail(value == NULL ? 0 : value->context->id, NSC_INVALID, "nsc_parameter_set: %s is NULL",
                        parameter == NULL ? "parameter" : "value");
    nsc_context *context = value->context;
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_status status = NSC_OK;
    nsc_parameters_lock();
    uint64_t home = meant->value != NULL ? meant->value->context->id : meant->request.context;
    if (value->dtype != meant->dtype)
        status = nsc_fail(context->id, NSC_WRONG_DTYPE, "nsc_parameter_set: %s is %s, the value is %s",
                          nsc_parameter_told_path(meant), nsc_dtype_name(meant->dtype), nsc_dtype_name(value->dtype));
    else if (home != 0 && home != context->id)
        status = nsc_fail(context->id, NSC_WRONG_DEVICE,
                          "nsc_parameter_set: %s belongs to another context than the value (%s)",
                          nsc_parameter_told_path(meant), context->device.title);
    else if (!shape_agrees(meant, value, text, sizeof text))
        status = nsc_fail(context->id, NSC_SHAPE_CONFLICT, "%s", text);
    nsc_parameters_unlock();
    if (status != NSC_OK)
        return status;

    nsc_commit_item item = {.shape = {.parameter = meant, .rank = value->rank}, .event = NSC_EVENT_SET};
    for (int i = 0; i < value->rank; i++) {
        item.shape.dims[i] = value->dims[i];
        item.shape.origins[i] = "set by the caller";
    }
    status = copy_tensor(value, &item.value);
    if (status == NSC_OK && (status = nsc_commit_values(context, &item, 1)) != NSC_OK)
        nsc_tensor_release(item.value);
    return status == NSC_OK ? NSC_OK : nsc_fail_while(context->id, status, "setting %s", nsc_parameter_path(parameter));
}

/* Cells that a tie would join, as a forest of its own, so that a conflict is found before anything is joined. */
typedef struct tie_trial {
    nsc_cell *cells[2 * NSC_MAX_RANK];
    int parent[2 * NSC_MAX_RANK];
    int64_t size[2 * NSC_MAX_RANK];
    int count;
} tie_trial;

static int trial_find(tie_trial *trial, nsc_cell *root)
{
    int at = 0;
    while (at < trial->count && trial->cells[at] != root)
        at++;
    if (at == trial->count) {
        trial->cells[at] = root;
        trial->parent[at] = at;
        trial->size[at] = root->size;
        trial->count++;
    }
    while (trial->parent[at] != at)
        at = trial->parent[at];
    return at;
}

static bool tie_agrees(const nsc_parameter *a, const nsc_parameter *b, char *text, size_t capacity)
{
    tie_trial trial = {.count = 0};
    char words[2][128];
    size_t used = 0;
    text[0] = 0;
    if (a->rank >= 0 && b->rank >= 0 && a->rank != b->rank) {
        snprintf(text, capacity, "%s: rank %d (declared by %s) against rank %d of %s (declared by %s)",
                 nsc_parameter_told_path(a), a->rank, a->kind, b->rank, nsc_parameter_told_path(b), b->kind);
        return false;
    }
    for (int i = 0; i < a->rank && i < b->rank; i++) {
        nsc_cell *root_a = nsc_cell_root(a->axes[i]), *root_b = nsc_cell_root(b->axes[i]);
        int at_a = trial_find(&trial, root_a), at_b = trial_find(&trial, root_b);
        int64_t size_a = trial.size[at_a], size_b = trial.size[at_b];
        if (size_a >= 0 && size_b >= 0 && size_a != size_b && used < capacity) {
            used += (size_t)snprintf(
                text + used, capacity - used, "%s%s, axis %d: %" PRId64 " (%s) against %" PRId64 " (%s, %s)",
                used == 0 ? "" : "; ", nsc_parameter_told_path(a), i, size_a,
                nsc_cell_origin(root_a, a->kind, words[0], sizeof words[0]), size_b, nsc_parameter_told_path(b),
                nsc_cell_origin(root_b, b->kind, words[1], sizeof words[1]));
        } else {
            trial.parent[at_a] = at_b;
            trial.size[at_b] = size_b >= 0 ? size_b : size_a;
        }
    }
    return used == 0;
}

/* Who fixed the sizes that `with` learns by the tie: "tied to 0.weight (declared by dense)". false: no memory, and the
 * caller frees what is there. */
static bool tie_origins(const nsc_parameter *parameter, const nsc_parameter *with, char *origins[NSC_MAX_RANK])
{
    char words[128], text[512];
    for (int i = 0; i < parameter->rank; i++) {
        const nsc_cell *root = nsc_cell_root(parameter->axes[i]);
        if (root->size < 0 || (with->rank >= 0 && nsc_cell_root(with->axes[i])->size >= 0))
            continue;
        snprintf(text, sizeof text, "tied to %s (%s)", nsc_parameter_told_path(parameter),
                 nsc_cell_origin(root, parameter->kind, words, sizeof words));
        origins[i] = strdup(text);
        if (origins[i] == NULL)
            return false;
    }
    return true;
}

/* *origin is taken over when b learns its size from a. */
static void join_cells(nsc_cell *a, nsc_cell *b, char **origin)
{
    a = nsc_cell_root(a);
    b = nsc_cell_root(b);
    if (a == b)
        return;
    if (b->size < 0) {
        b->size = a->size;
        free(b->origin);
        b->origin = *origin;
        *origin = NULL;
    }
    if (b->declared < 0)
        b->declared = a->declared;
    b->values += a->values;
    a->joined = nsc_cell_retain(b);
}

nsc_status nsc_parameter_tie(nsc_parameter *parameter, nsc_parameter *with)
{
    char text[1024], *origins[NSC_MAX_RANK] = {NULL};
    if (parameter == NULL || with == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_tie: %s is NULL", parameter == NULL ? "parameter" : "with");
    nsc_parameter *a = nsc_parameter_resolve(parameter), *b = nsc_parameter_resolve(with);
    nsc_status status = NSC_OK;
    if (a == b)
        return NSC_OK;
    nsc_parameters_lock();
    if (a->value != NULL)
        status = nsc_fail(0, NSC_INVALID, "nsc_parameter_tie: %s is initialized; tie it before, or swap the two",
                          nsc_parameter_told_path(a));
    else if (a->dtype != b->dtype)
        status = nsc_fail(0, NSC_WRONG_DTYPE, "nsc_parameter_tie: %s is %s, %s is %s", nsc_parameter_told_path(a),
                          nsc_dtype_name(a->dtype), nsc_parameter_told_path(b), nsc_dtype_name(b->dtype));
    else if (!tie_agrees(a, b, text, sizeof text))
        status = nsc_fail(0, NSC_SHAPE_CONFLICT, "%s", text);
    else if (!tie_origins(a, b, origins))
        status = nsc_fail(0, NSC_NO_MEMORY, "nsc_parameter_tie: no host memory");
    if (status != NSC_OK) {
        nsc_parameters_unlock();
        for (int i = 0; i < NSC_MAX_RANK; i++)
            free(origins[i]);
        return nsc_fail_while(0, status, "tying %s to %s", nsc_parameter_name(parameter), nsc_parameter_name(with));
    }
    if (b->rank < 0 && a->rank >= 0) {
        b->rank = a->rank;
        b->declared_rank = a->declared_rank;
        for (int i = 0; i < a->rank; i++)
            b->axes[i] = nsc_cell_retain(a->axes[i]);
    }
    for (int i = 0; i < a->rank; i++)
        join_cells(a->axes[i], b->axes[i], &origins[i]);
    if (b->value == NULL && b->request.context == 0) {
        nsc_request taken = a->request;
        a->request = (nsc_request){0};
        free(b->request.path);
        b->request = taken;
    }
    a->tied = nsc_parameter_retain(b);
    if (b->observer == NULL) {
        b->observer = a->observer;
        b->observer_user = a->observer_user;
    }
    atomic_fetch_add(&a->generation, 1);
    nsc_parameters_unlock();
    for (int i = 0; i < NSC_MAX_RANK; i++)
        free(origins[i]);
    nsc_parameter_tell(b, NSC_EVENT_TIED);
    return NSC_OK;
}
