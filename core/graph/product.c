/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of products: to one GEMM where the right operand is one matrix, to batches, or to a GEMM for each matrix. */
#include "core/graph/steps.h"

#include <string.h>

#include "core/context.h"

/* The last two dims as a GEMM takes them: one stride is 1, the other steps over a whole line. Sizes of 1 have any stride,
 * so theirs are made to fit. */
static bool matrix_fits(nsc_backend_view *view)
{
    int64_t *dims = view->dims + view->rank - 2, *strides = view->strides + view->rank - 2;
    if (dims[1] == 1)
        strides[1] = 1;
    if (dims[0] == 1)
        strides[0] = strides[1] == 1 ? dims[1] : 1;
    return (strides[1] == 1 && strides[0] >= dims[1]) || (strides[0] == 1 && strides[1] >= dims[0]);
}

static nsc_backend_view matrices_of(nsc_planner *planner, const nsc_value *product, const nsc_value *operand,
                                    uint32_t *storage)
{
    const nsc_planned *planned = &planner->values[operand->id];
    nsc_backend_view view = planned->view;
    *storage = planned->storage;
    if (!matrix_fits(&view)) {
        view = nsc_lower_contiguous(planner, product->id, &planned->view, storage);
        matrix_fits(&view);
    }
    return view;
}

/* The leading axes of an operand repeated as the result's are. */
static nsc_backend_view expand_batch(const nsc_backend_view *view, const nsc_backend_view *result)
{
    int64_t dims[NSC_MAX_RANK];
    memcpy(dims, result->dims, sizeof dims);
    memcpy(dims + result->rank - 2, view->dims + view->rank - 2, 2 * sizeof *dims);
    nsc_backend_view wide = nsc_view_expand(view, (int)result->rank, dims);
    memcpy(wide.strides + result->rank - 2, view->strides + view->rank - 2, 2 * sizeof *dims);
    return wide;
}

static bool empty_sum(const nsc_planner *planner, const nsc_value *value)
{
    const nsc_value *a = planner->values[value->id].operands[0];
    return planner->values[a->id].dims[a->rank - 1] == 0;
}

static bool one_right_matrix(const nsc_backend_view *b)
{
    for (uint32_t i = 0; i + 2 < b->rank; i++)
        if (b->dims[i] != 1)
            return false;
    return true;
}

bool nsc_product_of(nsc_planner *planner, const nsc_value *value, const nsc_planned *target, nsc_product *product)
{
    const nsc_value *left = planner->values[value->id].operands[0], *right = planner->values[value->id].operands[1];
    const nsc_planned *a = &planner->values[left->id], *b = &planner->values[right->id];
    nsc_backend_view rows = a->view, c = target->view;
    if (empty_sum(planner, value) || !one_right_matrix(&b->view) || !nsc_view_as_matrix(&c) || !matrix_fits(&c) ||
        c.strides[1] != 1)
        return false;
    *product = (nsc_product){.c = c, .a_storage = a->storage, .c_storage = target->storage};
    /* All leading axes of the left operand are rows; where they do not step evenly, a copy's do. */
    if (!nsc_view_as_matrix(&rows) || !matrix_fits(&rows)) {
        rows = nsc_lower_contiguous(planner, value->id, &a->view, &product->a_storage);
        nsc_view_as_matrix(&rows);
        matrix_fits(&rows);
    }
    product->a = rows;
    product->b = matrices_of(planner, value, right, &product->b_storage);
    nsc_backend_view last = product->b;
    product->b = (nsc_backend_view){.rank = 2, .dtype = last.dtype, .offset = last.offset};
    memcpy(product->b.dims, last.dims + last.rank - 2, 2 * sizeof *last.dims);
    memcpy(product->b.strides, last.strides + last.rank - 2, 2 * sizeof *last.strides);
    return true;
}

void nsc_product_bind(const nsc_product *product, nsc_step *step, nsc_backend_view *a, nsc_backend_view *b,
                      nsc_backend_view *c)
{
    *a = product->a;
    *b = product->b;
    *c = product->c;
    a->buffer = nsc_step_storage(step, product->a_storage);
    b->buffer = nsc_step_storage(step, product->b_storage);
    c->buffer = nsc_step_storage(step, product->c_storage);
}

static void add_gemm(nsc_planner *planner, uint32_t value, const nsc_product *product)
{
    nsc_step step = {.value = value};
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1.0f};
    nsc_product_bind(product, &step, &gemm.a, &gemm.b, &gemm.c);
    nsc_plan_add_step(planner, &step, &gemm, NSC_BACKEND_GEMM_SIZE);
}

/* Merges leading axes that step evenly in all three, so that as few as possible are left. */
static void merge_batches(nsc_product *product)
{
    for (uint32_t axis = 0; axis + 3 < product->c.rank;) {
        nsc_product merged = *product;
        if (nsc_view_merge(&merged.a, axis, axis + 2) && nsc_view_merge(&merged.b, axis, axis + 2) &&
            nsc_view_merge(&merged.c, axis, axis + 2))
            *product = merged;
        else
            axis++;
    }
}

/* View with its first axis fixed. */
static nsc_backend_view matrix_at(const nsc_backend_view *view, int64_t index)
{
    nsc_backend_view inner = {.rank = view->rank - 1, .dtype = view->dtype};
    inner.offset = view->offset + index * view->strides[0];
    memcpy(inner.dims, view->dims + 1, inner.rank * sizeof *inner.dims);
    memcpy(inner.strides, view->strides + 1, inner.rank * sizeof *inner.strides);
    return inner;
}

static void add_batches(nsc_planner *planner, uint32_t value, const nsc_product *product)
{
    bool batched = planner->context->device.limits.flags & NSC_BACKEND_BATCHED_GEMM;
    if (product->c.rank == 2 || (batched && product->c.rank == 3)) {
        add_gemm(planner, value, product);
        return;
    }
    for (int64_t i = 0; i < product->c.dims[0] && planner->status == NSC_OK; i++) {
        nsc_product inner = *product;
        inner.a = matrix_at(&product->a, i);
        inner.b = matrix_at(&product->b, i);
        inner.c = matrix_at(&product->c, i);
        add_batches(planner, value, &inner);
    }
}

void nsc_lower_product(nsc_planner *planner, const nsc_value *value, const nsc_planned *target)
{
    const nsc_planned *planned = &planner->values[value->id];
    nsc_product product;
    if (empty_sum(planner, value)) {
        nsc_lower_fill(planner, value->id, 0.0f, target->storage, target->view);
        return;
    }
    if (nsc_product_of(planner, value, target, &product)) {
        add_gemm(planner, value->id, &product);
        return;
    }
    product = (nsc_product){.c = target->view, .c_storage = target->storage};
    matrix_fits(&product.c);
    nsc_backend_view a = matrices_of(planner, value, planned->operands[0], &product.a_storage);
    nsc_backend_view b = matrices_of(planner, value, planned->operands[1], &product.b_storage);
    product.a = expand_batch(&a, &product.c);
    product.b = expand_batch(&b, &product.c);
    merge_batches(&product);
    add_batches(planner, value->id, &product);
}
