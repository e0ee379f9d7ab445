/* SPDX-License-Identifier: Apache-2.0 */
/* gather: one work-item an element. */
#include "opencl.h"

static bool wide_view(const nsc_backend_view *view)
{
    nsc_cl_geometry geometry = {.rank = view->rank};
    for (uint32_t d = 0; d < view->rank; d++)
        geometry.dims[d] = view->dims[d];
    nsc_cl_geometry_add(&geometry, view->strides);
    return nsc_cl_geometry_wide(&geometry);
}

nsc_backend_status nsc_cl_gather_describe(nsc_backend_device *device, const nsc_backend_gather *gather,
                                          nsc_backend_step *step)
{
    const nsc_backend_view *source = &gather->source, *indices = &gather->indices, *output = &gather->output;
    const int64_t head[5] = {output->dims[0], output->dims[1] * output->dims[2], output->dims[2], source->dims[1] - 1,
                             indices->strides[0]};
    const bool wide = wide_view(source) || wide_view(indices) || wide_view(output);
    step->what = "gather";
    if (!nsc_cl_type_name(source->dtype) || !nsc_cl_type_name(indices->dtype))
        return NSC_BACKEND_UNSUPPORTED;
    nsc_cl_operand_add(step, source);
    nsc_cl_operand_add(step, indices);
    nsc_cl_operand_add(step, output);
    nsc_cl_text_format(&step->unit, "#define NSC_INDEX %s\n#define NSC_BITS %s\n#define NSC_PLACE %s\n",
                       wide ? "long" : "int", nsc_cl_type_bytes(source->dtype) == 1 ? "uchar" : "uint",
                       nsc_cl_type_name(indices->dtype));
    nsc_cl_text_add(&step->unit, nsc_kernel_gather);
    nsc_cl_text_add(&step->unit, "#undef NSC_INDEX\n#undef NSC_BITS\n#undef NSC_PLACE\n");
    if (!nsc_cl_fixed_numbers(step, wide, head, 5) || !nsc_cl_fixed_numbers(step, wide, source->strides, 3) ||
        !nsc_cl_fixed_numbers(step, wide, output->strides, 3))
        return nsc_cl_fail(device->host, "malloc", "gather", CL_OUT_OF_HOST_MEMORY);
    step->items[0] = (size_t)head[1];
    step->items[1] = (size_t)head[0];
    step->group[0] = nsc_cl_group_width(step->items);
    step->group[1] = NSC_CL_MAX_GROUP / step->group[0];
    return NSC_BACKEND_OK;
}
