/* SPDX-License-Identifier: Apache-2.0 */
/* Roles and initialisers in words. */
#include <inttypes.h>
#include <stdio.h>

#include <nascent/parameter.h>

#include "core/shape.h"

const char *nsc_role_name(nsc_role role)
{
    switch (role) {
    case NSC_ROLE_ANY:
        return "any";
    case NSC_ROLE_WEIGHT:
        return "weight";
    case NSC_ROLE_RECURRENT_WEIGHT:
        return "recurrent weight";
    case NSC_ROLE_BIAS:
        return "bias";
    case NSC_ROLE_SCALE:
        return "scale";
    case NSC_ROLE_OFFSET:
        return "offset";
    case NSC_ROLE_RUNNING_MEAN:
        return "running mean";
    case NSC_ROLE_RUNNING_VARIANCE:
        return "running variance";
    case NSC_ROLE_CONSTANT:
        return "constant";
    }
    return NULL;
}

static size_t scaling_describe(const nsc_initializer *init, char *text, size_t capacity)
{
    static const char *const draws[] = {"uniform", "normal", "truncated normal"};
    static const char *const factors[] = {"average fan", "fan-in", "fan-out"};
    const char *name = "variance scaling";
    if ((unsigned)init->draw > NSC_DRAW_TRUNCATED_NORMAL || (unsigned)init->factor > NSC_FAN_OUT)
        return (size_t)snprintf(text, capacity, "variance scaling (no such draw or factor)");
    if (init->draw == NSC_DRAW_UNIFORM && init->factor == NSC_FAN_AVERAGE && init->a == 3.0f)
        name = "xavier";
    if (init->draw == NSC_DRAW_NORMAL && init->factor == NSC_FAN_IN && init->a == 1.0f)
        name = "lecun";
    if (init->draw == NSC_DRAW_NORMAL && init->a == 2.0f)
        name = "he";
    return (size_t)snprintf(text, capacity, "%s (%s, %s, magnitude %g)", name, draws[init->draw], factors[init->factor],
                            (double)init->a);
}

size_t nsc_initializer_describe(const nsc_initializer *init, char *text, size_t capacity)
{
    char shape[NSC_SHAPE_TEXT];
    int length = 0;
    if (init == NULL)
        return (size_t)snprintf(text, capacity, "none");
    double a = (double)init->a, b = (double)init->b;
    switch (init->kind) {
    case NSC_INIT_DEFAULT:
        length = snprintf(text, capacity, "default");
        break;
    case NSC_INIT_CONSTANT:
        length = snprintf(text, capacity, "constant %g", a);
        break;
    case NSC_INIT_UNIFORM:
        length = snprintf(text, capacity, "uniform [%g, %g)", a, b);
        break;
    case NSC_INIT_NORMAL:
        length = snprintf(text, capacity, "normal (mean %g, deviation %g)", a, b);
        break;
    case NSC_INIT_TRUNCATED_NORMAL:
        length = snprintf(text, capacity, "truncated normal (mean %g, deviation %g)", a, b);
        break;
    case NSC_INIT_CALLBACK:
        length = snprintf(text, capacity, "callback");
        break;
    case NSC_INIT_VARIANCE_SCALING:
        return scaling_describe(init, text, capacity);
    case NSC_INIT_ORTHOGONAL:
        length = snprintf(text, capacity, "orthogonal (gain %g)", a);
        break;
    case NSC_INIT_IDENTITY:
        length = snprintf(text, capacity, "identity (gain %g)", a);
        break;
    case NSC_INIT_DIRAC:
        length = snprintf(text, capacity, "dirac (groups %" PRId64 ")", init->groups == 0 ? 1 : init->groups);
        break;
    case NSC_INIT_BILINEAR:
        length = snprintf(text, capacity, "bilinear");
        break;
    case NSC_INIT_LSTM_BIAS:
        length = snprintf(text, capacity, "lstm bias (forget %g)", a);
        break;
    case NSC_INIT_SPARSE:
        length = snprintf(text, capacity, "sparse (sparsity %g, deviation %g)", a, b);
        break;
    case NSC_INIT_ARRAY:
        nsc_shape_text(shape, init->rank > NSC_MAX_RANK ? NSC_UNKNOWN : init->rank, init->dims);
        length = snprintf(text, capacity, "array %s", shape);
        break;
    }
    return length == 0 ? (size_t)snprintf(text, capacity, "no initialiser: kind %d", (int)init->kind) : (size_t)length;
}
