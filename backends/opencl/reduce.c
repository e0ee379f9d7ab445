/* SPDX-License-Identifier: Apache-2.0 */
/* reduce: a work-group a result where many elements meet, one work-item a result elsewhere. Partial sums of 64 keep the
 * error of a long sum small; every order is fixed by the sizes and the device. */
#include "opencl.h"

#define NSC_CL_TREE_ELEMENTS 256 /* fewer are summed by one work-item */
#define NSC_CL_TREE_GROUP 64

static const char plain_kernel[] = "const NSC_INDEX o = (NSC_INDEX)get_global_id(0);\n"
                                   "if (o >= g.results)\nreturn;\n"
                                   "NSC_OUTER\n"
                                   "float total = NSC_START;\n"
                                   "for (NSC_INDEX j0 = 0; j0 < g.elements; j0 += 64) {\n"
                                   "const NSC_INDEX end = min(j0 + 64, g.elements);\n"
                                   "float part = NSC_START;\n"
                                   "for (NSC_INDEX j = j0; j < end; j++)\n"
                                   "part = NSC_JOIN(part, NSC_AT(j));\n"
                                   "total = NSC_JOIN(total, part);\n"
                                   "}\n"
                                   "NSC_PUT(total);\n}\n";

static const char tree_kernel[] = "__local float parts[256];\n"
                                  "const NSC_INDEX o = (NSC_INDEX)get_group_id(0);\n"
                                  "const int item = (int)get_local_id(0), items = (int)get_local_size(0);\n"
                                  "NSC_OUTER\n"
                                  "float total = NSC_START;\n"
                                  "for (NSC_INDEX j0 = item; j0 < g.elements; j0 += 64 * items) {\n"
                                  "const NSC_INDEX end = min(j0 + 64 * items, g.elements);\n"
                                  "float part = NSC_START;\n"
                                  "for (NSC_INDEX j = j0; j < end; j += items)\n"
                                  "part = NSC_JOIN(part, NSC_AT(j));\n"
                                  "total = NSC_JOIN(total, part);\n"
                                  "}\n"
                                  "parts[item] = total;\n"
                                  "barrier(CLK_LOCAL_MEM_FENCE);\n"
                                  "for (int half_way = items / 2; half_way > 0; half_way /= 2) {\n"
                                  "if (item < half_way)\n"
                                  "parts[item] = NSC_JOIN(parts[item], parts[item + half_way]);\n"
                                  "barrier(CLK_LOCAL_MEM_FENCE);\n"
                                  "}\n"
                                  "if (item == 0)\nNSC_PUT(parts[0]);\n}\n";

/* prefix_D = the indices of the linear one over dims with names array. */
static void emit_split(nsc_cl_text *text, uint32_t rank, const char *linear, const char *dims, char prefix)
{
    nsc_cl_text_format(text, "NSC_INDEX %cr = %s;\\\n", prefix, linear);
    for (uint32_t d = rank; d-- > 1;)
        nsc_cl_text_format(text, "const NSC_INDEX %c%u = %cr %% g.%s[%u]; %cr /= g.%s[%u];\\\n", prefix, d, prefix,
                           dims, d, prefix, dims, d);
    nsc_cl_text_format(text, "const NSC_INDEX %c0 = %cr;\\\n", prefix, prefix);
}

/* NSC_OUTER finds the result's place; nsc_at gives the producer's value at one reduced index. */
static void emit_places(nsc_cl_text *text, const nsc_backend_reduce *reduce, uint32_t outer, uint32_t inner)
{
    nsc_cl_text_add(text, "#define NSC_OUTER ");
    emit_split(text, outer, "o", "od", 'y');
    for (uint32_t v = 0; v <= reduce->input_count; v++) {
        const bool input = v < reduce->input_count;
        nsc_cl_text_format(text, "__global %s%s *q%u = p%u + f%u", input ? "const " : "",
                           nsc_cl_type_name(input ? reduce->inputs[v].dtype : reduce->output.dtype), v, v, v);
        for (uint32_t d = 0; d < outer; d++)
            nsc_cl_text_format(text, " + y%u * g.os[%u]", d, v * outer + d);
        nsc_cl_text_add(text, ";\\\n");
    }
    nsc_cl_text_add(text, "\ninline static float NSC_CONCAT(NSC_ELEMENT, _at)(NSC_INDEX j, const NSC_GEOMETRY g");
    for (uint32_t v = 0; v < reduce->input_count; v++)
        nsc_cl_text_format(text, ", __global const %s *q%u", nsc_cl_type_name(reduce->inputs[v].dtype), v);
    for (uint32_t i = 0; i < reduce->producer->scalar_count; i++)
        nsc_cl_text_format(text, ", const float s%u", i);
    nsc_cl_text_add(text, ")\n{\n");
    for (uint32_t d = inner; d-- > 1;)
        nsc_cl_text_format(text, "const NSC_INDEX x%u = j %% g.id[%u]; j /= g.id[%u];\n", d, d, d);
    nsc_cl_text_add(text, "return NSC_ELEMENT(");
    const char *comma = "";
    for (uint32_t v = 0; v < reduce->input_count; v++, comma = ", ") {
        nsc_cl_text_format(text, "%sq%u + j * g.is[%u]", comma, v, v * inner);
        for (uint32_t d = 1; d < inner; d++)
            nsc_cl_text_format(text, " + x%u * g.is[%u]", d, v * inner + d);
    }
    for (uint32_t i = 0; i < reduce->producer->scalar_count; i++, comma = ", ")
        nsc_cl_text_format(text, "%ss%u", comma, i);
    nsc_cl_text_add(text, ");\n}\n#define NSC_AT(J) NSC_CONCAT(NSC_ELEMENT, _at)(J, g");
    for (uint32_t v = 0; v < reduce->input_count; v++)
        nsc_cl_text_format(text, ", q%u", v);
    for (uint32_t i = 0; i < reduce->producer->scalar_count; i++)
        nsc_cl_text_format(text, ", s%u", i);
    nsc_cl_text_add(text, ")\n");
}

static void emit(nsc_cl_text *text, const nsc_backend_reduce *reduce, uint32_t outer, uint32_t inner, bool wide,
                 bool tree)
{
    static const char *const start[] = {"0.0f", "-INFINITY", "INFINITY"};
    static const char *const join[] = {"((A) + (B))", "nsc_max(A, B)", "nsc_min(A, B)"};
    const nsc_cl_expression_form form = {.inputs = reduce->inputs};
    const char *type = nsc_cl_type_name(reduce->output.dtype);
    const uint32_t views = reduce->input_count + 1;
    nsc_cl_text_format(text, "#define NSC_INDEX %s\n#define NSC_START %s\n#define NSC_JOIN(A, B) %s\n",
                       wide ? "long" : "int", start[reduce->reduction - 1], join[reduce->reduction - 1]);
    nsc_cl_text_format(text, "#define NSC_PUT(X) *q%u = %s%s(X)\n", reduce->input_count,
                       type[0] == 'f' ? "" : "nsc_to_", type[0] == 'f' ? "" : type);
    nsc_cl_expression_emit(text, reduce->producer, &form);
    nsc_cl_text_format(text,
                       "typedef struct { NSC_INDEX results, elements, od[%u], id[%u], os[%u], is[%u]; } "
                       "NSC_GEOMETRY;\n",
                       outer, inner, views * outer, views * inner);
    emit_places(text, reduce, outer, inner);
    nsc_cl_text_add(text, "__kernel void NSC_KERNEL(");
    for (uint32_t v = 0; v < views; v++) {
        const bool input = v < reduce->input_count;
        nsc_cl_text_format(text, "__global %s%s *p%u, const long f%u,\n", input ? "const " : "",
                           nsc_cl_type_name(input ? reduce->inputs[v].dtype : reduce->output.dtype), v, v);
    }
    for (uint32_t i = 0; i < reduce->producer->scalar_count; i++)
        nsc_cl_text_format(text, "const float s%u, ", i);
    nsc_cl_text_add(text, "const NSC_GEOMETRY g)\n{\n");
    nsc_cl_text_add(text, tree ? tree_kernel : plain_kernel);
    nsc_cl_text_add(text, "#undef NSC_INDEX\n#undef NSC_START\n#undef NSC_JOIN\n#undef NSC_PUT\n#undef NSC_OUTER\n"
                          "#undef NSC_AT\n");
}

static bool pack(nsc_backend_step *step, const nsc_cl_geometry *outer, const nsc_cl_geometry *inner, bool wide)
{
    const int64_t head[2] = {nsc_cl_geometry_count(outer), nsc_cl_geometry_count(inner)};
    if (!nsc_cl_fixed_numbers(step, wide, head, 2) || !nsc_cl_fixed_numbers(step, wide, outer->dims, outer->rank) ||
        !nsc_cl_fixed_numbers(step, wide, inner->dims, inner->rank))
        return false;
    for (uint32_t v = 0; v < outer->views; v++)
        if (!nsc_cl_fixed_numbers(step, wide, outer->strides[v], outer->rank))
            return false;
    for (uint32_t v = 0; v < inner->views; v++)
        if (!nsc_cl_fixed_numbers(step, wide, inner->strides[v], inner->rank))
            return false;
    return true;
}

nsc_backend_status nsc_cl_reduce_describe(nsc_backend_device *device, const nsc_backend_reduce *reduce,
                                          nsc_backend_step *step)
{
    static const int64_t none[NSC_BACKEND_MAX_RANK] = {0};
    const uint32_t split = reduce->rank - reduce->reduced_rank;
    nsc_cl_geometry outer = {.rank = split}, inner = {.rank = reduce->reduced_rank}, whole = {.rank = reduce->rank};
    step->what = "reduce";
    if (!nsc_cl_expression_known(reduce->producer) || reduce->reduction < NSC_BACKEND_SUM ||
        reduce->reduction > NSC_BACKEND_MINIMUM || !nsc_cl_type_name(reduce->output.dtype))
        return NSC_BACKEND_UNSUPPORTED;
    for (uint32_t d = 0; d < reduce->rank; d++)
        whole.dims[d] = *(d < split ? &outer.dims[d] : &inner.dims[d - split]) = reduce->dims[d];
    for (uint32_t i = 0; i < reduce->input_count; i++) {
        if (!nsc_cl_type_name(reduce->inputs[i].dtype))
            return NSC_BACKEND_UNSUPPORTED;
        nsc_cl_geometry_add(&outer, reduce->inputs[i].strides);
        nsc_cl_geometry_add(&inner, reduce->inputs[i].strides + split);
        nsc_cl_geometry_add(&whole, reduce->inputs[i].strides);
        nsc_cl_operand_add(step, &reduce->inputs[i]);
    }
    nsc_cl_geometry_add(&outer, reduce->output.strides);
    nsc_cl_geometry_add(&inner, none);
    nsc_cl_operand_add(step, &reduce->output);
    nsc_cl_geometry_collapse(&outer);
    nsc_cl_geometry_collapse(&inner);
    const bool wide = nsc_cl_geometry_wide(&whole) || nsc_cl_geometry_wide(&outer);
    const bool tree =
        nsc_cl_geometry_count(&inner) >= NSC_CL_TREE_ELEMENTS && device->local_bytes >= 1024 && device->max_group > 1;
    emit(&step->unit, reduce, outer.rank, inner.rank, wide, tree);
    step->scalar_count = reduce->producer->scalar_count;
    if (!pack(step, &outer, &inner, wide))
        return nsc_cl_fail(device->host, "malloc", "reduce", CL_OUT_OF_HOST_MEMORY);
    step->group[0] = NSC_CL_TREE_GROUP;
    step->group[1] = 1;
    step->items[0] = (size_t)nsc_cl_geometry_count(&outer);
    step->items[1] = 1;
    step->group_per_item = tree;
    return NSC_BACKEND_OK;
}
