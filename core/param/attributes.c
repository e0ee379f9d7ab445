/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a parameter and told to optimisers, whatever its state. */
#include <math.h>

#include "core/context.h"
#include "core/error.h"
#include "core/param/parameter.h"
#include "core/shape.h"
#include "core/tensor.h"

enum { EXPLAINED = 768 };

nsc_role nsc_parameter_role(const nsc_parameter *parameter)
{
    return parameter == NULL ? NSC_ROLE_ANY : nsc_parameter_resolve(parameter)->role;
}

nsc_status nsc_parameter_bytes(const nsc_parameter *parameter, uint64_t *bytes)
{
    int64_t dims[NSC_MAX_RANK];
    char text[EXPLAINED];
    uint64_t count;
    if (parameter == NULL || bytes == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_bytes: %s is NULL", parameter == NULL ? "parameter" : "bytes");
    nsc_status status = NSC_OK;
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_parameters_lock();
    int rank = nsc_parameter_shape_locked(meant, dims);
    if (!nsc_shape_known(rank, dims)) {
        nsc_parameter_missing_locked(meant, nsc_parameter_told_path(meant), text, sizeof text);
        status = nsc_fail(0, NSC_PENDING, "%s", text);
    } else if (!nsc_shape_count(rank, dims, &count) ||
               __builtin_mul_overflow(count, nsc_dtype_size(meant->dtype), bytes)) {
        status = nsc_fail(0, NSC_UNSUPPORTED, "%s: its bytes do not fit into 64 bits", nsc_parameter_told_path(meant));
    }
    nsc_parameters_unlock();
    return status;
}

nsc_context *nsc_parameter_context(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return NULL;
    nsc_parameters_lock();
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_context *context = meant->value == NULL ? NULL : meant->value->context;
    nsc_parameters_unlock();
    return context;
}

nsc_status nsc_parameter_value(const nsc_parameter *parameter, nsc_tensor **tensor)
{
    char text[EXPLAINED];
    if (tensor != NULL)
        *tensor = NULL;
    if (parameter == NULL || tensor == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_value: %s is NULL", parameter == NULL ? "parameter" : "tensor");
    nsc_status status = NSC_OK;
    nsc_parameters_lock();
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    *tensor = nsc_tensor_retain(meant->value);
    if (meant->value == NULL && meant->request.context == 0) {
        status = nsc_fail(0, NSC_NOT_REQUESTED, "%s (%s) has no value and none was requested: call nsc_initialize",
                          nsc_parameter_told_path(meant), meant->kind);
    } else if (meant->value == NULL) {
        nsc_parameter_missing_locked(meant, nsc_parameter_told_path(meant), text, sizeof text);
        status = nsc_fail(meant->request.context, NSC_PENDING, "%s", text);
    }
    nsc_parameters_unlock();
    return status;
}

/* ---- for optimisers ---------------------------------------------------------------------------------------------- */

static bool differentiable(nsc_role role)
{
    return role != NSC_ROLE_CONSTANT && role != NSC_ROLE_RUNNING_MEAN && role != NSC_ROLE_RUNNING_VARIANCE;
}

nsc_gradient_request nsc_parameter_gradient_request(const nsc_parameter *parameter)
{
    if (parameter == NULL || !differentiable(nsc_parameter_role(parameter)))
        return NSC_GRADIENT_NONE;
    nsc_parameters_lock();
    nsc_gradient_request request = nsc_parameter_resolve(parameter)->gradient;
    nsc_parameters_unlock();
    return request;
}

nsc_status nsc_parameter_request_gradient(nsc_parameter *parameter, nsc_gradient_request request)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_request_gradient: parameter is NULL");
    if ((unsigned)request > NSC_GRADIENT_NONE)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_request_gradient: %d is no gradient request", (int)request);
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    if (request != NSC_GRADIENT_NONE && !differentiable(meant->role))
        return nsc_fail(0, NSC_NO_GRADIENT, "%s is a %s: it has no gradient", nsc_parameter_path(parameter),
                        nsc_role_name(meant->role));
    nsc_parameters_lock();
    meant->gradient = request;
    nsc_parameters_unlock();
    return NSC_OK;
}

int nsc_parameter_frozen(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return 0;
    nsc_parameters_lock();
    int frozen = nsc_parameter_resolve(parameter)->frozen;
    nsc_parameters_unlock();
    return frozen;
}

nsc_status nsc_parameter_freeze(nsc_parameter *parameter, int frozen)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_freeze: parameter is NULL");
    nsc_parameters_lock();
    nsc_parameter_resolve(parameter)->frozen = frozen != 0;
    nsc_parameters_unlock();
    return NSC_OK;
}

float nsc_parameter_learning_rate_multiplier(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return 0.0f;
    nsc_parameters_lock();
    float factor = nsc_parameter_resolve(parameter)->learning_rate;
    nsc_parameters_unlock();
    return factor;
}

float nsc_parameter_weight_decay_multiplier(const nsc_parameter *parameter)
{
    if (parameter == NULL)
        return 0.0f;
    nsc_parameters_lock();
    float factor = nsc_parameter_resolve(parameter)->weight_decay;
    nsc_parameters_unlock();
    return factor;
}

nsc_status nsc_parameter_set_multipliers(nsc_parameter *parameter, float learning_rate, float weight_decay)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_set_multipliers: parameter is NULL");
    if (!isfinite(learning_rate) || learning_rate < 0.0f || !isfinite(weight_decay) || weight_decay < 0.0f)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_set_multipliers: %s: %g and %g; both are finite, 0 or more",
                        nsc_parameter_path(parameter), (double)learning_rate, (double)weight_decay);
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_parameters_lock();
    meant->learning_rate = learning_rate;
    meant->weight_decay = weight_decay;
    nsc_parameters_unlock();
    return NSC_OK;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

const char *nsc_parameter_event_name(nsc_parameter_event event)
{
    static const char *const names[] = {"shape",  "requested", "initialized", "set",
                                        "loaded", "moved",     "tied",        "forgotten"};
    return event >= NSC_EVENT_SHAPE && event <= NSC_EVENT_FORGOTTEN ? names[event - NSC_EVENT_SHAPE] : NULL;
}

nsc_status nsc_parameter_observe(nsc_parameter *parameter, nsc_observer observer, void *user)
{
    if (parameter == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameter_observe: parameter is NULL");
    nsc_parameter *meant = nsc_parameter_resolve(parameter);
    nsc_parameters_lock();
    meant->observer = observer;
    meant->observer_user = user;
    nsc_parameters_unlock();
    return NSC_OK;
}

void nsc_parameter_tell(nsc_parameter *parameter, nsc_parameter_event event)
{
    nsc_parameters_lock();
    nsc_observer observer = parameter->observer;
    void *user = parameter->observer_user;
    nsc_parameters_unlock();
    if (observer != NULL)
        observer(user, parameter, event);
}
