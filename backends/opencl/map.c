/* SPDX-License-Identifier: Apache-2.0 */
/* map: one work-item an element of the collapsed dims; the innermost dim is the first of the range. */
#include "opencl.h"

/* A map prepared alone over at most this many elements, whose program the device does not have, is interpreted: such a
 * step comes from a single operation, not from a plan, and would cost a build for next to no work. */
#define NSC_CL_INTERPRET_ELEMENTS 1024

/* A quarter of the smallest limit on kernel arguments is left for what drivers add. */
static bool fits_parameters(const nsc_backend_device *device, const nsc_backend_map *map,
                            const nsc_cl_geometry *geometry, bool wide)
{
    size_t views = map->input_count + map->output_count;
    size_t numbers = geometry->rank * (views + 1) + 2;
    size_t bytes = views * 16 + map->expression->scalar_count * 4 + numbers * (wide ? 8 : 4);
    return bytes <= device->max_parameters - device->max_parameters / 4;
}

static void emit_call(nsc_cl_text *text, const nsc_backend_map *map, bool unit)
{
    const char *comma = "";
    uint32_t views = map->input_count + map->output_count;
    nsc_cl_text_add(text, "NSC_ELEMENT(");
    for (uint32_t v = 0; v < views; v++, comma = ", ")
        nsc_cl_text_format(text, unit ? "%sq%u + x" : "%sq%u + x * g.s[%u * NSC_RANK + NSC_LAST]", comma, v, v);
    for (uint32_t i = 0; i < map->expression->scalar_count; i++, comma = ", ")
        nsc_cl_text_format(text, "%ss%u", comma, i);
    nsc_cl_text_add(text, ");\n");
}

/* One-dimensional arrays only: rusticl mistakes the size of a struct with others. */
static void emit(nsc_cl_text *text, const nsc_backend_map *map, uint32_t rank, bool wide)
{
    const nsc_cl_expression_form form = {.inputs = map->inputs, .outputs = map->outputs};
    uint32_t views = map->input_count + map->output_count;
    nsc_cl_text_format(text, "#define NSC_INDEX %s\n#define NSC_RANK %u\n#define NSC_LAST %u\n", wide ? "long" : "int",
                       rank, rank - 1);
    nsc_cl_expression_emit(text, map->expression, &form);
    nsc_cl_text_format(text, "typedef struct { NSC_INDEX d[%u], rows, unit, s[%u]; } NSC_GEOMETRY;\n", rank,
                       views * rank);
    nsc_cl_text_add(text, "__kernel void NSC_KERNEL(");
    for (uint32_t v = 0; v < views; v++) {
        bool input = v < map->input_count;
        const nsc_backend_view *view = input ? &map->inputs[v] : &map->outputs[v - map->input_count];
        nsc_cl_text_format(text, "__global %s%s *p%u, const long f%u,\n", input ? "const " : "",
                           nsc_cl_type_name(view->dtype), v, v);
    }
    for (uint32_t i = 0; i < map->expression->scalar_count; i++)
        nsc_cl_text_format(text, "const float s%u, ", i);
    nsc_cl_text_add(text, "const NSC_GEOMETRY g)\n{\n"
                          "const NSC_INDEX x = (NSC_INDEX)get_global_id(0);\n"
                          "NSC_INDEX y = (NSC_INDEX)get_global_id(1);\n"
                          "if (x >= g.d[NSC_LAST] || y >= g.rows)\nreturn;\n");
    for (uint32_t d = rank - 1; d-- > 0;)
        if (d > 0)
            nsc_cl_text_format(text, "const NSC_INDEX y%u = y %% g.d[%u];\ny /= g.d[%u];\n", d, d, d);
        else
            nsc_cl_text_add(text, "const NSC_INDEX y0 = y;\n");
    for (uint32_t v = 0; v < views; v++) {
        bool input = v < map->input_count;
        const nsc_backend_view *view = input ? &map->inputs[v] : &map->outputs[v - map->input_count];
        nsc_cl_text_format(text, "__global %s%s *q%u = p%u + f%u", input ? "const " : "", nsc_cl_type_name(view->dtype),
                           v, v, v);
        for (uint32_t d = 0; d + 1 < rank; d++)
            nsc_cl_text_format(text, " + y%u * g.s[%u]", d, v * rank + d);
        nsc_cl_text_add(text, ";\n");
    }
    /* Both ways in one program: strides are no part of its identity, and unit strides make vectors. */
    nsc_cl_text_add(text, "if (g.unit)\n");
    emit_call(text, map, true);
    nsc_cl_text_add(text, "else\n");
    emit_call(text, map, false);
    nsc_cl_text_add(text, "}\n#undef NSC_INDEX\n#undef NSC_RANK\n#undef NSC_LAST\n");
}

static bool pack(nsc_backend_step *step, const nsc_cl_geometry *geometry, bool wide)
{
    const uint32_t last = geometry->rank - 1;
    int64_t tail[2] = {nsc_cl_geometry_count(geometry) / geometry->dims[last], 1};
    for (uint32_t v = 0; v < geometry->views; v++)
        if (geometry->strides[v][last] != 1)
            tail[1] = 0;
    if (!nsc_cl_fixed_numbers(step, wide, geometry->dims, geometry->rank) || !nsc_cl_fixed_numbers(step, wide, tail, 2))
        return false;
    for (uint32_t v = 0; v < geometry->views; v++)
        if (!nsc_cl_fixed_numbers(step, wide, geometry->strides[v], geometry->rank))
            return false;
    step->items[0] = (size_t)geometry->dims[last];
    step->items[1] = (size_t)tail[0];
    return true;
}

nsc_backend_status nsc_cl_map_describe(nsc_backend_device *device, const nsc_backend_map *map, bool alone,
                                       nsc_backend_step *step)
{
    nsc_cl_geometry geometry = {.rank = map->outputs[0].rank};
    step->what = "map";
    if (!nsc_cl_expression_known(map->expression))
        return NSC_BACKEND_UNSUPPORTED;
    for (uint32_t d = 0; d < geometry.rank; d++)
        geometry.dims[d] = map->outputs[0].dims[d];
    for (uint32_t i = 0; i < map->input_count + map->output_count; i++) {
        const nsc_backend_view *view = i < map->input_count ? &map->inputs[i] : &map->outputs[i - map->input_count];
        if (!nsc_cl_type_name(view->dtype))
            return NSC_BACKEND_UNSUPPORTED;
        nsc_cl_geometry_add(&geometry, view->strides);
    }
    nsc_cl_geometry_collapse(&geometry);
    const bool wide = nsc_cl_geometry_wide(&geometry);
    if (!fits_parameters(device, map, &geometry, wide))
        return nsc_cl_interpreter_describe(device, map, step);
    emit(&step->unit, map, geometry.rank, wide);
    if (alone && nsc_cl_geometry_count(&geometry) <= NSC_CL_INTERPRET_ELEMENTS && !step->unit.failed &&
        !nsc_cl_program_known(device, &step->unit)) {
        nsc_cl_text_free(&step->unit);
        return nsc_cl_interpreter_describe(device, map, step);
    }
    for (uint32_t i = 0; i < map->input_count; i++)
        nsc_cl_operand_add(step, &map->inputs[i]);
    for (uint32_t i = 0; i < map->output_count; i++)
        nsc_cl_operand_add(step, &map->outputs[i]);
    step->scalar_count = map->expression->scalar_count;
    if (!pack(step, &geometry, wide))
        return nsc_cl_fail(device->host, "malloc", "map", CL_OUT_OF_HOST_MEMORY);
    step->group[0] = nsc_cl_group_width(step->items);
    step->group[1] = NSC_CL_MAX_GROUP / step->group[0];
    return NSC_BACKEND_OK;
}
