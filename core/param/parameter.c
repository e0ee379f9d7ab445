/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters as objects: cells, handles, what can be asked of them. */
#include "core/param/parameter.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/error.h"
#include "core/shape.h"
#include "core/tensor.h"

enum { MAX_EXPLAINED_PATH = 160 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void nsc_parameters_lock(void)
{
    pthread_mutex_lock(&lock);
}

void nsc_parameters_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

nsc_cell *nsc_cell_new(int64_t declared)
{
    nsc_cell *cell = calloc(1, sizeof *cell);
    if (cell == NULL)
        return NULL;
    cell->references = 1;
    cell->declared = cell->size = declared;
    return cell;
}

nsc_cell *nsc_cell_root(nsc_cell *cell)
{
    while (cell->joined != NULL)
        cell = cell->joined;
    return cell;
}

nsc_cell *nsc_cell_retain(nsc_cell *cell)
{
    cell->references++;
    return cell;
}

void nsc_cell_release(nsc_cell *cell)
{
    while (cell != NULL && --cell->references == 0) {
        nsc_cell *joined = cell->joined;
        free(cell->origin);
        free(cell);
        cell = joined;
    }
}

const char *nsc_cell_origin(const nsc_cell *root, const char *kind, char *text, size_t capacity)
{
    if (root->origin != NULL)
        return root->origin;
    snprintf(text, capacity, "declared by %s", kind);
    return text;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static void parameter_free(nsc_parameter *parameter)
{
    for (int i = 0; i < NSC_MAX_RANK; i++) {
        if (parameter->value != NULL && i < parameter->rank)
            nsc_cell_root(parameter->axes[i])->values--;
        nsc_cell_release(parameter->axes[i]);
    }
    free(parameter->name);
    free(parameter->kind_owned);
    free(parameter->request.path);
    free(parameter->constant);
    nsc_tensor_release(parameter->value);
    free(parameter);
}

nsc_parameter *nsc_parameter_new(const nsc_parameter_declaration *declaration)
{
    const int rank = declaration->rank;
    nsc_parameter *parameter = calloc(1, sizeof *parameter);
    if (parameter == NULL)
        return NULL;
    atomic_init(&parameter->references, 1);
    parameter->name = strdup(declaration->name);
    parameter->kind_owned = strdup(declaration->kind);
    parameter->kind = parameter->kind_owned;
    parameter->remedy = declaration->remedy;
    parameter->dtype = declaration->dtype;
    parameter->rank = parameter->declared_rank = rank;
    parameter->init = declaration->init;
    parameter->role = declaration->role == NSC_ROLE_ANY ? NSC_ROLE_WEIGHT : declaration->role;
    parameter->fans = declaration->fans;
    parameter->learning_rate = parameter->weight_decay = 1.0f;
    bool complete = parameter->name != NULL && parameter->kind != NULL;
    for (int i = 0; i < rank; i++) {
        nsc_cell *shared = declaration->cells == NULL ? NULL : declaration->cells[i];
        parameter->axes[i] = shared != NULL ? nsc_cell_retain(shared) : nsc_cell_new(declaration->dims[i]);
        complete = complete && parameter->axes[i] != NULL;
    }
    if (!complete) {
        parameter_free(parameter);
        return NULL;
    }
    return parameter;
}

nsc_parameter *nsc_parameter_retain(nsc_parameter *parameter)
{
    if (parameter != NULL)
        atomic_fetch_add_explicit(&parameter->references, 1, memory_order_relaxed);
    return parameter;
}

void nsc_parameter_release(nsc_parameter *parameter)
{
    while (parameter != NULL && atomic_fetch_sub_explicit(&parameter->references, 1, memory_order_acq_rel) == 1) {
        nsc_parameter *tied = parameter->tied;
        nsc_parameters_lock(); /* cells may be shared with parameters that live on */
        parameter_free(parameter);
        nsc_parameters_unlock();
        parameter = tied;
    }
}

nsc_parameter *nsc_parameter_resolve(const nsc_parameter *parameter)
{
    while (parameter->tied != NULL)
        parameter = parameter->tied;
    /* The handle is the caller's own; const only promises that asking changes nothing. */
    return (nsc_parameter *)(uintptr_t)parameter;
}

const char *nsc_parameter_told_path(const nsc_parameter *parameter)
{
    return parameter->request.path != NULL ? parameter->request.path : parameter->name;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

int nsc_parameter_shape_locked(const nsc_parameter *parameter, int64_t dims[NSC_MAX_RANK])
{
    for (int i = 0; i < parameter->rank; i++)
        dims[i] = nsc_cell_root(parameter->axes[i])->size;
    return parameter->rank;
}

nsc_parameter_state nsc_parameter_state_locked(const nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK] = {0};
    if (parameter->value != NULL)
        return NSC_INITIALIZED;
    return nsc_shape_known(nsc_parameter_shape_locked(parameter, dims), dims) ? NSC_SHAPE_KNOWN : NSC_DECLARED;
}

void nsc_parameter_missing_locked(const nsc_parameter *parameter, const char *path, char *text, size_t capacity)
{
    int64_t dims[NSC_MAX_RANK] = {0};
    char shape[NSC_SHAPE_TEXT];
    int rank = nsc_parameter_shape_locked(parameter, dims);
    size_t length = strlen(path);
    bool cut = length > MAX_EXPLAINED_PATH; /* the end tells more, and the reason behind it must fit */
    snprintf(text, capacity, "%s%s %s: ", cut ? "..." : "", cut ? path + length - MAX_EXPLAINED_PATH : path,
             nsc_shape_text(shape, rank, dims));
    size_t used = strlen(text);
    if (rank < 0) {
        snprintf(text + used, capacity - used, "its rank is unknown");
    } else if (nsc_shape_known(rank, dims)) {
        snprintf(text + used, capacity - used, "its shape is known, its value is not made yet");
    } else {
        const char *separator = "axis ";
        int unknown = 0;
        for (int i = 0; i < rank && used < capacity; i++)
            if (dims[i] < 0) {
                used += (size_t)snprintf(text + used, capacity - used, "%s%d", separator, i);
                separator = ", ";
                unknown++;
            }
        if (used < capacity)
            snprintf(text + used, capacity - used, " %s unknown", unknown == 1 ? "is" : "are");
    }
    used = strlen(text);
    snprintf(text + used, capacity - used, "; a forward through its block (%s) supplies it, or nsc_parameter_set%s%s",
             parameter->kind, parameter->remedy == NULL ? "" : ", or declare ",
             parameter->remedy == NULL ? "" : parameter->remedy);
}

nsc_parameter_state nsc_parameter_get_state(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return NSC_DECLARED;
    nsc_parameters_lock();
    nsc_parameter_state state = nsc_parameter_state_locked(nsc_parameter_resolve(parameter));
    nsc_parameters_unlock();
    return state;
}

const char *nsc_parameter_state_name(nsc_parameter_state state)
{
    static const char *const names[] = {"declared", "shape-known", "initialized"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "?";
}

int nsc_parameter_requested(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return 0;
    nsc_parameters_lock();
    int requested = nsc_parameter_resolve(parameter)->request.context != 0;
    nsc_parameters_unlock();
    return requested;
}

const char *nsc_parameter_name(const nsc_parameter *parameter)
{
    return parameter == NULL ? "" : parameter->name;
}

const char *nsc_parameter_path(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return "";
    nsc_parameters_lock();
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    const char *path = meant->request.path != NULL ? meant->request.path : meant->name;
    nsc_parameters_unlock();
    return path;
}

nsc_dtype nsc_parameter_dtype(const nsc_parameter *parameter)
{
    return parameter == NULL ? (nsc_dtype)0 : nsc_parameter_resolve(parameter)->dtype;
}

int nsc_parameter_shape(const nsc_parameter *parameter, int64_t dims[NSC_MAX_RANK])
{
    int64_t unused[NSC_MAX_RANK];
    if (parameter == NULL)
        return NSC_UNKNOWN;
    nsc_parameters_lock();
    int rank = nsc_parameter_shape_locked(nsc_parameter_resolve(parameter), dims == NULL ? unused : dims);
    nsc_parameters_unlock();
    return rank;
}

uint64_t nsc_parameter_generation(const nsc_parameter *parameter)
{
    return parameter == NULL ? 0 : atomic_load(&nsc_parameter_resolve(parameter)->generation);
}

size_t nsc_parameter_origin(const nsc_parameter *parameter, int axis, char *text, size_t capacity)
{
    char words[128];
    const char *origin = "";
    if (text == NULL)
        capacity = 0;
    nsc_parameters_lock();
    const nsc_parameter *meant = parameter == NULL ? NULL : nsc_parameter_resolve(parameter);
    if (meant != NULL && axis >= 0 && axis < meant->rank && nsc_cell_root(meant->axes[axis])->size >= 0)
        origin = nsc_cell_origin(nsc_cell_root(meant->axes[axis]), meant->kind, words, sizeof words);
    int length = snprintf(text, capacity, "%s", origin);
    nsc_parameters_unlock();
    return (size_t)length;
}

nsc_status nsc_parameter_read(const nsc_parameter *parameter, void *data, size_t bytes)
{
    char text[512];
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_read: parameter is NULL");
    nsc_parameters_lock();
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    const char *path = meant->request.path != NULL ? meant->request.path : meant->name;
    nsc_tensor *value = nsc_tensor_retain(meant->value);
    uint64_t context = meant->request.context;
    nsc_status status = NSC_OK;
    if (value == NULL && context == 0)
        status = nsc_fail(0, NSC_NOT_REQUESTED, "%s (%s) has no value and none was requested: call nsc_initialize",
                          path, meant->kind);
    if (value == NULL && context != 0) {
        nsc_parameter_missing_locked(meant, path, text, sizeof text);
        status = nsc_fail(context, NSC_PENDING, "%s", text);
    }
    nsc_parameters_unlock();
    if (value != NULL && (status = nsc_tensor_read(value, data, bytes)) != NSC_OK)
        nsc_fail_while(value->context->id, status, "reading %s", nsc_parameter_path(parameter));
    nsc_tensor_release(value);
    return status;
}
