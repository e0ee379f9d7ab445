/* SPDX-License-Identifier: Apache-2.0 */
/* random: law 4 on the device. The stream's words are two scalars of the one program, also where they are fixed. */
#include "opencl.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* As nsc_random_arguments in kernels/random.cl. */
typedef struct arguments {
    uint64_t seed, first, count;
    uint32_t distribution;
    float scale, shift;
    uint32_t padding;
} arguments;

static bool subnormal(float x)
{
    return x != 0.0f && fabsf(x) < FLT_MIN;
}

/* A scale or shift that the device takes as 0 would give other bits than elsewhere: the host makes those. */
nsc_backend_status nsc_cl_random_describe(nsc_backend_device *device, const nsc_backend_random *random,
                                          nsc_backend_step *step)
{
    const uint64_t count = random->output.rank == 0 ? 1 : (uint64_t)random->output.dims[0];
    const arguments fixed = {.seed = random->seed,
                             .first = random->first,
                             .count = count,
                             .distribution = random->distribution,
                             .scale = random->scale,
                             .shift = random->shift};
    const uint32_t stream[2] = {(uint32_t)random->stream, (uint32_t)(random->stream >> 32)};
    step->what = "random";
    if (random->distribution < NSC_BACKEND_WORDS || random->distribution > NSC_BACKEND_TRUNCATED_NORMAL ||
        random->stream_scalars > 1 || (!device->subnormals && (subnormal(random->scale) || subnormal(random->shift))))
        return NSC_BACKEND_UNSUPPORTED;
    step->scalar_count = 2;
    step->stream_fixed = random->stream_scalars == 0;
    memcpy(step->stream, stream, sizeof stream);
    nsc_cl_operand_add(step, &random->output);
    step->table = device->normal_table;
    step->table_has_offset = true;
    step->items[0] = (size_t)((random->first + count - 1) / 4 - random->first / 4 + 1);
    step->items[1] = 1;
    step->group[0] = 64;
    step->group[1] = 1;
    nsc_cl_text_add(&step->unit, nsc_kernel_random);
    if (!nsc_cl_fixed_bytes(step, &fixed, sizeof fixed))
        return nsc_cl_fail(device->host, "malloc", "random", CL_OUT_OF_HOST_MEMORY);
    return NSC_BACKEND_OK;
}
