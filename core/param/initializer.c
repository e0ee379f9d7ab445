/* SPDX-License-Identifier: Apache-2.0 */
/* The initialisers as values: what each function of parameter.h puts where. */
#include "core/param/initializer.h"

#include <math.h>

nsc_initializer nsc_zeros(void)
{
    return nsc_constant(0.0f);
}

nsc_initializer nsc_ones(void)
{
    return nsc_constant(1.0f);
}

nsc_initializer nsc_constant(float value)
{
    return (nsc_initializer){.kind = NSC_INIT_CONSTANT, .a = value};
}

nsc_initializer nsc_uniform(float scale)
{
    return (nsc_initializer){.kind = NSC_INIT_UNIFORM, .a = -scale, .b = scale};
}

nsc_initializer nsc_normal(float sigma)
{
    return (nsc_initializer){.kind = NSC_INIT_NORMAL, .a = 0.0f, .b = sigma};
}

nsc_initializer nsc_truncated_normal(float sigma)
{
    return (nsc_initializer){.kind = NSC_INIT_TRUNCATED_NORMAL, .a = 0.0f, .b = sigma};
}

nsc_initializer nsc_variance_scaling(nsc_draw draw, nsc_factor factor, float magnitude)
{
    return (nsc_initializer){.kind = NSC_INIT_VARIANCE_SCALING, .a = magnitude, .draw = draw, .factor = factor};
}

nsc_initializer nsc_xavier(void)
{
    return nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_AVERAGE, 3.0f);
}

/* A slope that is not finite makes a magnitude that is refused. */
nsc_initializer nsc_he(nsc_factor factor, float slope)
{
    double square = (double)slope * slope;
    return nsc_variance_scaling(NSC_DRAW_NORMAL, factor, isfinite(slope) ? (float)(2.0 / (1.0 + square)) : NAN);
}

nsc_initializer nsc_lecun(void)
{
    return nsc_variance_scaling(NSC_DRAW_NORMAL, NSC_FAN_IN, 1.0f);
}

nsc_initializer nsc_orthogonal(float gain)
{
    return (nsc_initializer){.kind = NSC_INIT_ORTHOGONAL, .a = gain};
}

nsc_initializer nsc_identity_matrix(float gain)
{
    return (nsc_initializer){.kind = NSC_INIT_IDENTITY, .a = gain};
}

nsc_initializer nsc_dirac(int64_t groups)
{
    return (nsc_initializer){.kind = NSC_INIT_DIRAC, .groups = groups};
}

nsc_initializer nsc_bilinear(void)
{
    return (nsc_initializer){.kind = NSC_INIT_BILINEAR};
}

nsc_initializer nsc_lstm_bias(float forget)
{
    return (nsc_initializer){.kind = NSC_INIT_LSTM_BIAS, .a = forget};
}

nsc_initializer nsc_sparse(float sparsity, float sigma)
{
    return (nsc_initializer){.kind = NSC_INIT_SPARSE, .a = sparsity, .b = sigma};
}

nsc_initializer nsc_array_values(int rank, const int64_t *dims, const float *values)
{
    nsc_initializer init = {.kind = NSC_INIT_ARRAY, .values = values, .rank = rank};
    if (dims == NULL && rank > 0)
        init.rank = NSC_UNKNOWN; /* refused where it is used */
    for (int i = 0; dims != NULL && rank <= NSC_MAX_RANK && i < rank; i++)
        init.dims[i] = dims[i];
    return init;
}

nsc_initializer nsc_callback(nsc_fill_function fill, void *user)
{
    return (nsc_initializer){.kind = NSC_INIT_CALLBACK, .fill = fill, .user = user};
}
