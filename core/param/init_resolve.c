/* SPDX-License-Identifier: Apache-2.0 */
/* From an initialiser, a shape and fans to the primitive fill that makes the values: the one place that knows fans. Of
 * the mathematical library only sqrt is used, which every machine rounds alike. */
#include <float.h>
#include <math.h>

#include "core/param/initializer.h"

float nsc_flushed(float value)
{
    return fabsf(value) < FLT_MIN ? 0.0f : value;
}

/* The sizes of the axes in the mask; 0: all but `except`, the common layout. */
static double fan(uint32_t axes, int except, int64_t divisor, int rank, const int64_t *dims)
{
    int64_t product = 1; /* fits, as the parameter's elements can be counted */
    for (int i = 0; i < rank; i++)
        if (axes == 0 ? i != except : (axes >> i & 1) != 0)
            product *= dims[i];
    return (double)product / (double)(divisor == 0 ? 1 : divisor);
}

static float scale_of(const nsc_initializer *init, int rank, const int64_t *dims, const nsc_fans *fans)
{
    double in = fan(fans->in_axes, 0, fans->in_divisor, rank, dims);
    double out = fan(fans->out_axes, 1, fans->out_divisor, rank, dims);
    double factor = init->factor == NSC_FAN_IN ? in : (init->factor == NSC_FAN_OUT ? out : (in + out) / 2.0);
    return (float)sqrt((double)init->a / factor);
}

/* U[low, high). */
static nsc_fill_rule uniform_rule(float low, float high)
{
    return (nsc_fill_rule){NSC_FILL_UNIFORM, nsc_flushed(high - low), nsc_flushed(low)};
}

nsc_fill_rule nsc_fill_resolve(const nsc_initializer *init, int rank, const int64_t *dims, const nsc_fans *fans)
{
    float scale;
    switch (init->kind) {
    case NSC_INIT_CONSTANT:
        return (nsc_fill_rule){NSC_FILL_CONSTANT, 0.0f, nsc_flushed(init->a)};
    case NSC_INIT_UNIFORM:
        return uniform_rule(init->a, init->b);
    case NSC_INIT_NORMAL:
        return (nsc_fill_rule){NSC_FILL_NORMAL, nsc_flushed(init->b), nsc_flushed(init->a)};
    case NSC_INIT_TRUNCATED_NORMAL:
        return (nsc_fill_rule){NSC_FILL_TRUNCATED_NORMAL, nsc_flushed(init->b), nsc_flushed(init->a)};
    case NSC_INIT_VARIANCE_SCALING:
        scale = scale_of(init, rank, dims, fans);
        if (init->draw == NSC_DRAW_UNIFORM)
            return uniform_rule(-scale, scale);
        return (nsc_fill_rule){init->draw == NSC_DRAW_NORMAL ? NSC_FILL_NORMAL : NSC_FILL_TRUNCATED_NORMAL,
                               nsc_flushed(scale), 0.0f};
    default:
        return (nsc_fill_rule){.kind = NSC_FILL_ON_HOST};
    }
}
