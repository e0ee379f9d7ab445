/* SPDX-License-Identifier: Apache-2.0 */
/* map without a build: the expression, its geometry and its types travel in a buffer (kernels/interpreter.cl). */
#include "opencl.h"

#include <string.h>

/* Places in the buffer, as in kernels/interpreter.cl. */
#define RANK 0
#define COUNT 1
#define CODE_COUNT 2
#define OUTPUTS 3
#define DTYPE 4
#define DIMS 16
#define STRIDES 24
#define IMMEDIATES 120
#define CODE 184
#define WORDS (CODE + NSC_BACKEND_MAX_CODE)

static int64_t type_number(nsc_backend_dtype dtype)
{
    return dtype.bits == 8 ? 3 : dtype.code == NSC_BACKEND_UINT ? 2 : dtype.code == NSC_BACKEND_INT ? 1 : 0;
}

static void fill(int64_t *words, const nsc_backend_map *map, const nsc_cl_geometry *geometry)
{
    const nsc_backend_expression *expression = map->expression;
    words[RANK] = geometry->rank;
    words[COUNT] = nsc_cl_geometry_count(geometry);
    words[CODE_COUNT] = expression->code_count;
    words[OUTPUTS] = map->output_count;
    memcpy(words + DIMS, geometry->dims, geometry->rank * sizeof *words);
    for (uint32_t v = 0; v < geometry->views; v++) {
        const bool input = v < map->input_count;
        const uint32_t slot = input ? v : NSC_BACKEND_MAX_INPUTS + v - map->input_count;
        const nsc_backend_view *view = input ? &map->inputs[v] : &map->outputs[v - map->input_count];
        words[DTYPE + slot] = type_number(view->dtype);
        memcpy(words + STRIDES + slot * NSC_BACKEND_MAX_RANK, geometry->strides[v], geometry->rank * sizeof *words);
    }
    for (uint32_t i = 0; i < expression->immediate_count; i++) {
        uint32_t bits;
        memcpy(&bits, &expression->immediates[i], sizeof bits);
        words[IMMEDIATES + i] = bits;
    }
    for (uint32_t i = 0; i < expression->code_count; i++)
        words[CODE + i] = (int64_t)(expression->code[i].op | (uint32_t)expression->code[i].arg << 16);
}

nsc_backend_status nsc_cl_interpreter_describe(nsc_backend_device *device, const nsc_backend_map *map,
                                               nsc_backend_step *step)
{
    int64_t words[WORDS] = {0};
    nsc_cl_geometry geometry = {.rank = map->outputs[0].rank};
    cl_int code;
    memcpy(geometry.dims, map->outputs[0].dims, geometry.rank * sizeof *geometry.dims);
    for (uint32_t i = 0; i < map->input_count; i++)
        nsc_cl_geometry_add(&geometry, map->inputs[i].strides);
    for (uint32_t i = 0; i < map->output_count; i++)
        nsc_cl_geometry_add(&geometry, map->outputs[i].strides);
    nsc_cl_geometry_collapse(&geometry);
    fill(words, map, &geometry);
    for (uint32_t i = 0; i < NSC_BACKEND_MAX_INPUTS; i++) /* a slot without a view is bound, and never touched */
        nsc_cl_operand_add(step, i < map->input_count ? &map->inputs[i] : &map->outputs[0]);
    for (uint32_t i = 0; i < NSC_BACKEND_MAX_OUTPUTS; i++)
        nsc_cl_operand_add(step, i < map->output_count ? &map->outputs[i] : &map->outputs[0]);
    step->scalar_count = map->expression->scalar_count;
    step->scalars_packed = true;
    step->items[0] = (size_t)words[COUNT];
    step->items[1] = 1;
    step->group[0] = 64;
    step->group[1] = 1;
    nsc_cl_text_add(&step->unit, nsc_kernel_interpreter);
    step->program =
        clCreateBuffer(device->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof words, words, &code);
    step->table = step->program;
    return step->program ? NSC_BACKEND_OK : nsc_cl_fail(device->host, "clCreateBuffer", "interpreter", code);
}
