/* SPDX-License-Identifier: Apache-2.0 */
/* The program of a chain: one expression of everything that is computed inside its root, written with shared terms. */
#include "core/context.h"
#include "core/graph/steps.h"

static nsc_term term_of(nsc_planner *planner, nsc_expression *expression, const nsc_value *root,
                        const nsc_value *value);

static nsc_term leaf_term(const nsc_planner *planner, nsc_expression *expression, const nsc_value *root,
                          const nsc_value *leaf)
{
    const nsc_planned *planned = &planner->values[root->id];
    uint32_t at = 0;
    while (at + 1 < planned->leaf_count && planned->leaves[at] != leaf)
        at++;
    return nsc_term_input(expression, at);
}

static nsc_term element_term(nsc_planner *planner, nsc_expression *expression, const nsc_value *root,
                             const nsc_value *value)
{
    const nsc_planned *planned = &planner->values[value->id];
    nsc_term operands[3] = {0, 0, 0};
    float numbers[2] = {value->is.numbers[0], value->is.numbers[1]};
    for (size_t o = 0; o < value->operand_count; o++)
        operands[o] = term_of(planner, expression, root, planned->operands[o]);
    if (value->is.element == NSC_ELEMENT_MEAN) { /* its operand is a sum */
        const nsc_value *sum = planned->operands[0];
        const nsc_planned *summed = &planner->values[planner->values[sum->id].operands[0]->id];
        uint64_t sums = planner->values[sum->id].count;
        numbers[0] = sums == 0 ? 0 : (float)(summed->count / sums);
    }
    return nsc_formula_write(expression, value->is.element, operands, numbers);
}

/* A value that is read twice inside one program is one term of it. */
static nsc_term term_of(nsc_planner *planner, nsc_expression *expression, const nsc_value *root, const nsc_value *value)
{
    nsc_planned *planned = &planner->values[value->id];
    if (!nsc_plan_inlined(planner, value) || planned->absorbed)
        return leaf_term(planner, expression, root, value);
    if (planned->term_of == planner->program)
        return planned->term;
    nsc_term term = element_term(planner, expression, root, value);
    planned->term = term;
    planned->term_of = planner->program;
    return term;
}

bool nsc_chain_write(nsc_planner *planner, const nsc_value *root)
{
    nsc_planned *planned = &planner->values[root->id];
    nsc_expression expression = {0};
    nsc_program program = {0};
    planner->program++;
    nsc_term term = root->node == NSC_NODE_REDUCE ? term_of(planner, &expression, root, planned->operands[0])
                                                  : element_term(planner, &expression, root, root);
    bool fits = nsc_expression_write(&expression, &term, 1, &program);
    bool failed = expression.failed;
    nsc_expression_clear(&expression);
    planned->expression = NULL;
    if (fits && !failed)
        planned->expression = nsc_program_finish(&program, &planner->plan->arena, planned->leaf_count, 1);
    if (failed || (fits && planned->expression == NULL))
        nsc_plan_no_memory(planner);
    return planned->expression != NULL;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* A leaf seen with the dims of the root; the buffer is set. A product that was put where the result goes is read there. */
static nsc_backend_view leaf_view(const nsc_planner *planner, const nsc_value *root, const nsc_value *leaf,
                                  nsc_step *step)
{
    const nsc_planned *planned = &planner->values[root->id];
    const nsc_planned *from = leaf == planned->product ? planned : &planner->values[leaf->id];
    nsc_backend_view view = nsc_view_expand(&from->view, root->rank, planned->dims);
    view.buffer = nsc_step_storage(step, from->storage);
    return view;
}

static void lower_map(nsc_planner *planner, const nsc_value *root)
{
    const nsc_planned *planned = &planner->values[root->id];
    nsc_step step = {.value = root->id};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = planned->expression,
                           .input_count = planned->leaf_count,
                           .output_count = 1};
    for (uint32_t i = 0; i < planned->leaf_count; i++)
        map.inputs[i] = leaf_view(planner, root, planned->leaves[i], &step);
    map.outputs[0] = planned->view;
    map.outputs[0].buffer = nsc_step_storage(&step, planned->storage);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

/* false when the chain cannot ride on the product: not offered, refused, nothing to sum, or a leaf that is no matrix. */
static bool lower_epilogue(nsc_planner *planner, const nsc_value *root)
{
    const nsc_planned *planned = &planner->values[root->id];
    nsc_product product;
    if (!nsc_device_offers(&planner->context->device, NSC_BACKEND_GEMM_EPILOGUE) ||
        (planner->refused != NULL && planner->refused[root->id]))
        return false;
    nsc_step step = {.value = root->id};
    nsc_backend_gemm_epilogue gemm = {.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                      .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                      .expression = planned->expression,
                                      .input_count = planned->leaf_count - 1};
    for (uint32_t i = 1; i < planned->leaf_count; i++) {
        gemm.inputs[i - 1] = leaf_view(planner, root, planned->leaves[i], &step);
        if (!nsc_view_as_matrix(&gemm.inputs[i - 1]))
            return false;
    }
    if (!nsc_product_of(planner, planned->product, planned, &product))
        return false;
    nsc_product_bind(&product, &step, &gemm.a, &gemm.b, &gemm.c);
    nsc_plan_add_step(planner, &step, &gemm, NSC_BACKEND_GEMM_EPILOGUE_SIZE);
    return true;
}

void nsc_lower_element(nsc_planner *planner, const nsc_value *root)
{
    const nsc_planned *planned = &planner->values[root->id];
    if (planned->product != NULL && lower_epilogue(planner, root))
        return;
    if (planned->product != NULL)
        nsc_lower_product(planner, planned->product, planned);
    lower_map(planner, root);
}
