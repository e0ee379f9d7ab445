/* SPDX-License-Identifier: Apache-2.0 */
/* The ways back: a parameter, or one of its dimensions, as it was declared. */
#include <stdlib.h>

#include "core/error.h"
#include "core/param/parameter.h"
#include "core/tensor.h"

/* Gives up the value; its axes are no longer held by it. */
static void drop_value(nsc_parameter *parameter)
{
    for (int i = 0; parameter->value != NULL && i < parameter->rank; i++)
        nsc_cell_root(parameter->axes[i])->values--;
    nsc_tensor_release(parameter->value);
    parameter->value = NULL;
    atomic_fetch_add(&parameter->generation, 1);
}

static void forget_size(nsc_cell *root)
{
    root->size = root->declared;
    free(root->origin);
    root->origin = NULL;
}

void nsc_parameter_forget_locked(nsc_parameter *parameter)
{
    drop_value(parameter);
    for (int i = 0; i < parameter->rank; i++) {
        nsc_cell *root = nsc_cell_root(parameter->axes[i]);
        if (root->values == 0) /* else a value elsewhere has this size */
            forget_size(root);
    }
    if (parameter->declared_rank < 0) {
        for (int i = 0; i < parameter->rank; i++) {
            nsc_cell_release(parameter->axes[i]);
            parameter->axes[i] = NULL;
        }
        parameter->rank = -1;
    }
}

nsc_status nsc_parameter_forget(nsc_parameter *parameter)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_forget: parameter is NULL");
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_parameters_lock();
    nsc_parameter_forget_locked(meant);
    nsc_parameters_unlock();
    nsc_parameter_tell(meant, NSC_EVENT_FORGOTTEN);
    return NSC_OK;
}

nsc_status nsc_parameter_forget_dimension(nsc_parameter *parameter, int axis)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_forget_dimension: parameter is NULL");
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_status status = NSC_OK;
    nsc_parameters_lock();
    const char *path = nsc_parameter_told_path(meant);
    nsc_cell *root = axis >= 0 && axis < meant->rank ? nsc_cell_root(meant->axes[axis]) : NULL;
    size_t own = 0;
    for (int i = 0; root != NULL && meant->value != NULL && i < meant->rank; i++)
        own += nsc_cell_root(meant->axes[i]) == root;
    if (root == NULL)
        status = nsc_fail(0, NSC_INVALID, "nsc_parameter_forget_dimension: %s has no axis %d", path, axis);
    else if (root->declared >= 0)
        status =
            nsc_fail(0, NSC_INVALID, "nsc_parameter_forget_dimension: %s, axis %d is declared: it cannot be forgotten",
                     path, axis);
    else if (root->values > own)
        status =
            nsc_fail(0, NSC_INVALID,
                     "nsc_parameter_forget_dimension: %s, axis %d is also a dimension of another parameter's value: "
                     "forget that one first",
                     path, axis);
    if (status == NSC_OK) {
        drop_value(meant);
        forget_size(root);
    }
    nsc_parameters_unlock();
    if (status == NSC_OK)
        nsc_parameter_tell(meant, NSC_EVENT_FORGOTTEN);
    return status;
}
