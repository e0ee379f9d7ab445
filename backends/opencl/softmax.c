/* SPDX-License-Identifier: Apache-2.0 */
/* softmax: a work-item a row where rows are short and on CPUs, where a work-group is a thread; else several items a row
 * and, while there is room, several rows a work-group. */
#include "opencl.h"

#define NSC_CL_SHORT_ROW 32
#define NSC_CL_ROW_ITEMS 256 /* as parts[] in kernels/softmax.cl */

/* Few shapes of work-groups: a driver may compile a kernel once more for each. */
static size_t items_per_row(int64_t length)
{
    return length >= 1024 ? NSC_CL_ROW_ITEMS : length >= 128 ? 64 : 16;
}

nsc_backend_status nsc_cl_softmax_describe(nsc_backend_device *device, const nsc_backend_softmax *softmax,
                                           nsc_backend_step *step)
{
    const nsc_backend_view *input = &softmax->input, *output = &softmax->output;
    const uint32_t last = output->rank - 1;
    const int64_t length = output->dims[last];
    nsc_cl_geometry whole = {.rank = output->rank}, rows = {.rank = last};
    step->what = "softmax";
    if (softmax->logarithm > 1)
        return NSC_BACKEND_UNSUPPORTED;
    for (uint32_t d = 0; d <= last; d++)
        whole.dims[d] = rows.dims[d] = output->dims[d];
    nsc_cl_geometry_add(&whole, input->strides);
    nsc_cl_geometry_add(&whole, output->strides);
    nsc_cl_geometry_add(&rows, input->strides);
    nsc_cl_geometry_add(&rows, output->strides);
    nsc_cl_geometry_collapse(&rows);
    const bool wide = nsc_cl_geometry_wide(&whole) || nsc_cl_geometry_wide(&rows);
    const bool cpu = device->type & CL_DEVICE_TYPE_CPU;
    const bool tree = !cpu && length >= NSC_CL_SHORT_ROW && device->max_group > 1 &&
                      device->local_bytes >= NSC_CL_ROW_ITEMS * sizeof(float);
    const int64_t head[5] = {nsc_cl_geometry_count(&rows), length, input->strides[last], output->strides[last],
                             softmax->logarithm};
    nsc_cl_operand_add(step, input);
    nsc_cl_operand_add(step, output);
    nsc_cl_text_format(&step->unit, "#define NSC_INDEX %s\n#define NSC_TREE %d\n#define NSC_RANK %u\n",
                       wide ? "long" : "int", tree, rows.rank);
    nsc_cl_text_add(&step->unit, nsc_kernel_softmax);
    nsc_cl_text_add(&step->unit, "#undef NSC_INDEX\n#undef NSC_TREE\n#undef NSC_RANK\n");
    if (!nsc_cl_fixed_numbers(step, wide, head, 5) || !nsc_cl_fixed_numbers(step, wide, rows.dims, rows.rank) ||
        !nsc_cl_fixed_numbers(step, wide, rows.strides[0], rows.rank) ||
        !nsc_cl_fixed_numbers(step, wide, rows.strides[1], rows.rank))
        return nsc_cl_fail(device->host, "malloc", "softmax", CL_OUT_OF_HOST_MEMORY);
    step->items[0] = tree ? 1 : (size_t)head[0];
    step->items[1] = tree ? (size_t)head[0] : 1;
    step->group_per_item = tree;
    step->group[0] = tree ? items_per_row(length) : cpu ? 8 : 64;
    step->group[1] = tree ? NSC_CL_ROW_ITEMS / step->group[0] : 1;
    return NSC_BACKEND_OK;
}
