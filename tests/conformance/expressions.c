/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions and views, spelled short. */
#include <string.h>

#include "conformance.h"

void expression_start(expression *e, uint32_t inputs, uint32_t outputs, uint32_t scalars)
{
    memset(e, 0, sizeof *e);
    e->head = (nsc_backend_expression){.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                       .version = 1,
                                       .code = e->code,
                                       .immediates = e->immediates,
                                       .input_count = inputs,
                                       .output_count = outputs,
                                       .scalar_count = scalars};
}

/* The depth of the stack after every instruction so far. */
static uint32_t depth_of(const expression *e)
{
    int depth = 0;

    for (uint32_t i = 0; i < e->head.code_count; i++) {
        uint16_t op = e->code[i].op;

        if (op == NSC_OP_STORE || op == NSC_OP_STORE_RAW || (op >= NSC_OP_ADD && op < NSC_OP_SELECT))
            depth--;
        else if (op >= NSC_OP_SELECT)
            depth -= 2;
        else if (op < NSC_OP_NEG && op != NSC_OP_SET)
            depth++;
    }
    return (uint32_t)depth;
}

void expression_add(expression *e, uint16_t op, uint16_t arg)
{
    e->code[e->head.code_count++] = (nsc_backend_instruction){op, arg};
    uint32_t depth = depth_of(e);

    e->head.stack_depth = depth > e->head.stack_depth ? depth : e->head.stack_depth;
}

void expression_immediate(expression *e, float value)
{
    e->immediates[e->head.immediate_count] = value;
    expression_add(e, NSC_OP_IMMEDIATE, (uint16_t)e->head.immediate_count++);
}

nsc_backend_view view_of(uint32_t buffer, nsc_dtype dtype, uint32_t rank, const int64_t *dims)
{
    nsc_backend_view view = {.buffer = buffer,
                             .rank = rank,
                             .dtype = {.code = (uint8_t)(dtype >> 8), .bits = (uint8_t)(dtype & 0xff), .lanes = 1}};
    int64_t stride = 1;

    for (uint32_t d = rank; d-- > 0;) {
        view.dims[d] = dims[d];
        view.strides[d] = stride;
        stride *= dims[d];
    }
    return view;
}

nsc_backend_map map_of(const expression *e)
{
    return (nsc_backend_map){.struct_size = NSC_BACKEND_MAP_SIZE,
                             .kind = NSC_BACKEND_MAP,
                             .expression = &e->head,
                             .input_count = e->head.input_count,
                             .output_count = e->head.output_count};
}

const char *const source_layouts[] = {"rows", "padded", "reordered", "spaced", "reversed", "repeated", "windows", NULL};
const char *const destination_layouts[] = {"rows", "padded", "reordered", "spaced", NULL};
const nsc_dtype stored_dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
const char *const stored_dtype_names[] = {"float32", "int32", "uint32", "uint8", NULL};
const char *const float32_name[] = {"float32", NULL};

int64_t lay_out(nsc_backend_view *view, layout how)
{
    enum { GUARD = 5 };
    int64_t stride = how == LAYOUT_SPACED ? 3 : 1, low = 0, high = 0;

    for (uint32_t n = 0; n < view->rank; n++) {
        uint32_t d = how == LAYOUT_REORDERED ? n : view->rank - 1 - n;

        view->strides[d] = how == LAYOUT_REVERSED ? -stride : stride;
        stride = stride * view->dims[d] + (how == LAYOUT_PADDED ? 3 : 0);
    }
    if (view->rank > 0 && (how == LAYOUT_REPEATED || how == LAYOUT_FAR))
        view->strides[0] = how == LAYOUT_FAR ? INT64_C(1) << 40 : 0;
    if (view->rank > 1 && how == LAYOUT_WINDOWS)
        view->strides[0] = 1;
    for (uint32_t d = 0; d < view->rank; d++)
        *(view->strides[d] < 0 ? &low : &high) += (view->dims[d] - 1) * view->strides[d];
    view->offset = GUARD - low;
    return high - low + 1 + 2 * GUARD;
}

int64_t element_count(uint32_t rank, const int64_t *dims)
{
    int64_t count = 1;

    for (uint32_t d = 0; d < rank; d++)
        count *= dims[d];
    return count;
}

int64_t element_at(const nsc_backend_view *view, int64_t index)
{
    int64_t offset = view->offset;

    for (uint32_t d = view->rank; d-- > 0;) {
        offset += index % view->dims[d] * view->strides[d];
        index /= view->dims[d];
    }
    return offset;
}
