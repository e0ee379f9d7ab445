/* SPDX-License-Identifier: Apache-2.0 */
/* gemm and gemm_epilogue on our own kernels: blocks on CPUs and on devices with small limits, tiles elsewhere. */
#include "opencl.h"

/* On a GPU a product of at least this many multiplications is CLBlast's: its extra launch and the map behind it cost
 * less than our plain tiles lose. CPU devices always fuse: there our blocks are the faster kernel. */
#define NSC_CL_EPILOGUE_LARGE ((double)(1u << 27))

typedef struct product {
    const nsc_backend_view *a, *b, *c;
    const nsc_backend_expression *expression; /* NULL: alpha and beta */
    const nsc_backend_view *inputs;           /* of the expression, from its input 1 on */
    uint32_t input_count;
} product;

static void emit_finish(nsc_cl_text *text, const product *p)
{
    if (!p->expression) {
        nsc_cl_text_add(text, "#define NSC_PARAMETERS\n"
                              "#define NSC_FINISH(C, SUM, ROW, COLUMN) \\\n"
                              "*(C) = g.beta == 0.0f ? g.alpha * (SUM) : g.alpha * (SUM) + g.beta * *(C)\n");
        return;
    }
    const nsc_cl_expression_form form = {.inputs = p->inputs, .outputs = p->c, .first_is_value = true};
    nsc_cl_expression_emit(text, p->expression, &form);
    nsc_cl_text_add(text, "#define NSC_PARAMETERS ");
    for (uint32_t i = 0; i < p->input_count; i++)
        nsc_cl_text_format(text, ", __global const %s *p%u, const long f%u", nsc_cl_type_name(p->inputs[i].dtype), i,
                           i);
    for (uint32_t i = 0; i < p->expression->scalar_count; i++)
        nsc_cl_text_format(text, ", const float s%u", i);
    nsc_cl_text_add(text, "\n#define NSC_FINISH(C, SUM, ROW, COLUMN) NSC_ELEMENT(SUM");
    for (uint32_t i = 0; i < p->input_count; i++)
        nsc_cl_text_format(text, ", p%u + f%u + (ROW) * g.e[%u] + (COLUMN) * g.e[%u]", i, i, 2 * i, 2 * i + 1);
    nsc_cl_text_add(text, ", C");
    for (uint32_t i = 0; i < p->expression->scalar_count; i++)
        nsc_cl_text_format(text, ", s%u", i);
    nsc_cl_text_add(text, ")\n");
}

static void emit(const nsc_backend_device *device, nsc_cl_text *text, const product *p, bool wide)
{
    nsc_cl_text_format(text, "#define NSC_INDEX %s\n", wide ? "long" : "int");
    emit_finish(text, p);
    nsc_cl_text_format(text,
                       "typedef struct { NSC_INDEX m, n, k, a[2], b[2], c[2], e[%u]; float alpha, beta; } "
                       "NSC_GEOMETRY;\n",
                       p->input_count ? 2 * p->input_count : 2);
    if (device->tiles && !device->blocks) {
        nsc_cl_text_add(text, nsc_kernel_gemm_tile);
    } else {
        nsc_cl_text_format(text,
                           "#define NSC_FLOATV float%u\n#define NSC_LANES %u\n#define NSC_BLOCK_M %d\n"
                           "#define NSC_BLOCK_K %d\n",
                           (unsigned)device->lanes, (unsigned)device->lanes, device->blocks ? 128 : 8,
                           device->blocks ? 128 : 16);
        nsc_cl_text_add(text, nsc_kernel_gemm_block);
        nsc_cl_text_add(text, "#undef NSC_FLOATV\n#undef NSC_LANES\n#undef NSC_BLOCK_M\n#undef NSC_BLOCK_K\n");
    }
    nsc_cl_text_add(text, "#undef NSC_INDEX\n#undef NSC_PARAMETERS\n#undef NSC_FINISH\n");
}

static size_t ceiling(int64_t count, size_t by)
{
    return ((size_t)count + by - 1) / by;
}

static nsc_backend_status describe(const nsc_backend_device *device, const product *p, float alpha, float beta,
                                   nsc_backend_step *step)
{
    const int64_t m = p->c->dims[0], n = p->c->dims[1], k = p->a->dims[1];
    nsc_cl_geometry sizes[3] = {{.rank = 2, .dims = {m, k}}, {.rank = 2, .dims = {k, n}}, {.rank = 2, .dims = {m, n}}};
    nsc_cl_geometry_add(&sizes[0], p->a->strides);
    nsc_cl_geometry_add(&sizes[1], p->b->strides);
    nsc_cl_geometry_add(&sizes[2], p->c->strides);
    for (uint32_t i = 0; i < p->input_count; i++)
        nsc_cl_geometry_add(&sizes[2], p->inputs[i].strides);
    const bool wide =
        nsc_cl_geometry_wide(&sizes[0]) || nsc_cl_geometry_wide(&sizes[1]) || nsc_cl_geometry_wide(&sizes[2]);
    const int64_t head[3] = {m, n, k}, nothing[2] = {0, 0};
    bool packed = nsc_cl_fixed_numbers(step, wide, head, 3) && nsc_cl_fixed_numbers(step, wide, p->a->strides, 2) &&
                  nsc_cl_fixed_numbers(step, wide, p->b->strides, 2) &&
                  nsc_cl_fixed_numbers(step, wide, p->c->strides, 2);
    for (uint32_t i = 0; i < p->input_count && packed; i++)
        packed = nsc_cl_fixed_numbers(step, wide, p->inputs[i].strides, 2);
    if (p->input_count == 0)
        packed = packed && nsc_cl_fixed_numbers(step, wide, nothing, 2);
    packed = packed && nsc_cl_fixed_bytes(step, &alpha, sizeof alpha) && nsc_cl_fixed_bytes(step, &beta, sizeof beta);
    if (!packed)
        return nsc_cl_fail(device->host, "malloc", step->what, CL_OUT_OF_HOST_MEMORY);
    emit(device, &step->unit, p, wide);
    nsc_cl_operand_add(step, p->a);
    nsc_cl_operand_add(step, p->b);
    nsc_cl_operand_add(step, p->c);
    for (uint32_t i = 0; i < p->input_count; i++)
        nsc_cl_operand_add(step, &p->inputs[i]);
    if (device->tiles && !device->blocks) {
        step->items[0] = ceiling(n, 64) * 16;
        step->items[1] = ceiling(m, 64) * 16;
        step->group[0] = step->group[1] = 16;
        step->group_exact = true;
    } else {
        step->items[0] = ceiling(n, 2 * (size_t)device->lanes);
        step->items[1] = ceiling(m, device->blocks ? 128 : 8);
        step->group[0] = step->group[1] = 1;
    }
    return NSC_BACKEND_OK;
}

nsc_backend_status nsc_cl_gemm_describe(nsc_backend_device *device, const nsc_backend_gemm *gemm,
                                        nsc_backend_step *step)
{
    const product p = {.a = &gemm->a, .b = &gemm->b, .c = &gemm->c};
    step->what = "gemm";
    if (gemm->c.rank != 2)
        return NSC_BACKEND_UNSUPPORTED;
    /* Not on a CPU: there our blocks are several times faster than CLBlast (PoCL 3.1, 2 cores, 10,000 x 256 x 784: 136
     * against 12 GFLOP/s), and CLBlast's first build takes many seconds. */
    nsc_backend_status status = device->blocks ? NSC_BACKEND_OK : nsc_cl_blast_describe(device, gemm, step);
    if (status != NSC_BACKEND_OK || step->blast)
        return status;
    return describe(device, &p, gemm->alpha, gemm->beta, step);
}

nsc_backend_status nsc_cl_epilogue_describe(nsc_backend_device *device, const nsc_backend_gemm_epilogue *gemm,
                                            nsc_backend_step *step)
{
    const product p = {.a = &gemm->a,
                       .b = &gemm->b,
                       .c = &gemm->c,
                       .expression = gemm->expression,
                       .inputs = gemm->inputs,
                       .input_count = gemm->input_count};
    step->what = "gemm_epilogue";
    if (gemm->c.rank != 2 || !nsc_cl_expression_known(gemm->expression) || !nsc_cl_type_name(gemm->c.dtype))
        return NSC_BACKEND_UNSUPPORTED;
    for (uint32_t i = 0; i < gemm->input_count; i++)
        if (!nsc_cl_type_name(gemm->inputs[i].dtype))
            return NSC_BACKEND_UNSUPPORTED;
    if ((device->type & CL_DEVICE_TYPE_GPU) && device->blast != NSC_CL_BLAST_OFF &&
        (double)gemm->c.dims[0] * (double)gemm->c.dims[1] * (double)gemm->a.dims[1] >= NSC_CL_EPILOGUE_LARGE)
        return NSC_BACKEND_UNSUPPORTED;
    step->scalar_count = gemm->expression->scalar_count;
    return describe(device, &p, 1.0f, 0.0f, step);
}
