/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering of chains of element-wise values: one program, alone or riding on the GEMM that feeds it. */
#include <math.h>

#include "core/context.h"
#include "core/graph/steps.h"

/* The program of one chain. A linear value that rides along is input 0. */
typedef struct nsc_chain {
    nsc_planner *planner;
    const nsc_value *root, *linear;
    nsc_program program;
    const nsc_value *leaves[NSC_BACKEND_MAX_INPUTS];
    uint32_t leaf_count;
} nsc_chain;

static void emit_value(nsc_chain *chain, const nsc_value *value);

static void emit_leaf(nsc_chain *chain, const nsc_value *value)
{
    uint32_t at = 0;
    while (at < chain->leaf_count && chain->leaves[at] != value)
        at++;
    if (at == chain->leaf_count) {
        if (at == NSC_BACKEND_MAX_INPUTS) {
            chain->program.outgrown = true;
            return;
        }
        chain->leaves[chain->leaf_count++] = value;
    }
    nsc_program_emit(&chain->program, NSC_OP_LOAD, at);
}

static void emit_element(nsc_chain *chain, const nsc_value *value)
{
    static const uint16_t binary[] = {
        [NSC_ELEMENT_ADD] = NSC_OP_ADD, [NSC_ELEMENT_SUB] = NSC_OP_SUB, [NSC_ELEMENT_MUL] = NSC_OP_MUL};
    nsc_program *program = &chain->program;
    switch (value->element) {
    case NSC_ELEMENT_ADD:
    case NSC_ELEMENT_SUB:
    case NSC_ELEMENT_MUL:
        emit_value(chain, value->operands[0]);
        emit_value(chain, value->operands[1]);
        nsc_program_emit(program, binary[value->element], 0);
        break;
    case NSC_ELEMENT_RELU:
        emit_value(chain, value->operands[0]);
        nsc_program_immediate(program, 0.0f);
        nsc_program_emit(program, NSC_OP_MAX, 0);
        break;
    case NSC_ELEMENT_SIGMOID:
        nsc_program_immediate(program, 1.0f);
        emit_value(chain, value->operands[0]);
        nsc_program_emit(program, NSC_OP_NEG, 0);
        nsc_program_emit(program, NSC_OP_EXP, 0);
        nsc_program_immediate(program, 1.0f);
        nsc_program_emit(program, NSC_OP_ADD, 0);
        nsc_program_emit(program, NSC_OP_DIV, 0);
        break;
    case NSC_ELEMENT_TANH:
        emit_value(chain, value->operands[0]);
        nsc_program_emit(program, NSC_OP_TANH, 0);
        break;
    case NSC_ELEMENT_GELU: /* temporary 0 is free again once it was read */
        emit_value(chain, value->operands[0]);
        nsc_program_emit(program, NSC_OP_SET, 0);
        nsc_program_immediate(program, (float)M_SQRT1_2);
        nsc_program_emit(program, NSC_OP_MUL, 0);
        nsc_program_emit(program, NSC_OP_ERF, 0);
        nsc_program_immediate(program, 1.0f);
        nsc_program_emit(program, NSC_OP_ADD, 0);
        nsc_program_emit(program, NSC_OP_GET, 0);
        nsc_program_immediate(program, 0.5f);
        nsc_program_emit(program, NSC_OP_MUL, 0);
        nsc_program_emit(program, NSC_OP_MUL, 0);
        break;
    }
}

static void emit_value(nsc_chain *chain, const nsc_value *value)
{
    const nsc_value *source = nsc_plan_source(value);
    if (chain->program.outgrown)
        return;
    if (value == chain->linear)
        nsc_program_emit(&chain->program, NSC_OP_LOAD, 0);
    else if (source != value || chain->planner->values[value->id].stored)
        emit_leaf(chain, value);
    else
        emit_element(chain, value);
}

static const nsc_value *absorbed_linear(const nsc_planner *planner, const nsc_value *value)
{
    for (size_t o = 0; o < value->operand_count; o++) {
        const nsc_value *operand = value->operands[o];
        const nsc_value *found = NULL;
        if (operand->node == NSC_NODE_LINEAR && planner->values[operand->id].absorbed)
            return operand;
        if (operand->node == NSC_NODE_ELEMENTWISE && !planner->values[operand->id].stored)
            found = absorbed_linear(planner, operand);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static nsc_backend_view leaf_view(const nsc_chain *chain, const nsc_value *leaf)
{
    const nsc_planned *root = &chain->planner->values[chain->root->id];
    return nsc_view_broadcast(chain->root->rank, root->dims, leaf->rank, chain->planner->values[leaf->id].dims);
}

static void write_program(nsc_chain *chain, const nsc_value *linear)
{
    chain->linear = linear;
    chain->program = (nsc_program){0};
    chain->leaf_count = 0;
    if (linear != NULL)
        chain->leaves[chain->leaf_count++] = linear;
    emit_element(chain, chain->root);
    nsc_program_emit(&chain->program, NSC_OP_STORE, 0);
}

/* Values computed inside the chain that ends at value; counting stops at the limit. */
static size_t chain_size(const nsc_planner *planner, const nsc_value *value, size_t limit)
{
    size_t size = 1;
    for (size_t o = 0; o < value->operand_count && size < limit; o++)
        if (value->operands[o]->node == NSC_NODE_ELEMENTWISE && !planner->values[value->operands[o]->id].stored)
            size += chain_size(planner, value->operands[o], limit - size);
    return size;
}

/* Stores the first part, on the way down the larger operands, that fits into a program by itself. */
static bool cut_chain(nsc_planner *planner, const nsc_value *root)
{
    const nsc_value *part = NULL;
    for (const nsc_value *value = root; value != NULL;) {
        const nsc_value *largest = NULL;
        size_t most = 0;
        for (size_t o = 0; o < value->operand_count; o++) {
            const nsc_value *operand = value->operands[o];
            if (operand->node != NSC_NODE_ELEMENTWISE || planner->values[operand->id].stored)
                continue;
            size_t size = chain_size(planner, operand, NSC_BACKEND_MAX_CODE);
            if (size > most) {
                largest = operand;
                most = size;
            }
        }
        if (largest == NULL)
            break;
        part = largest;
        nsc_chain chain = {.planner = planner, .root = part};
        write_program(&chain, absorbed_linear(planner, part));
        value = chain.program.outgrown ? part : NULL;
    }
    if (part != NULL)
        planner->values[part->id].stored = true;
    return part != NULL;
}

static void lower_map(nsc_chain *chain)
{
    nsc_planner *planner = chain->planner;
    const nsc_planned *root = &planner->values[chain->root->id];
    nsc_step step = {.value = chain->root->id};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression =
                               nsc_program_finish(&chain->program, &planner->plan->arena, chain->leaf_count, 1),
                           .input_count = chain->leaf_count,
                           .output_count = 1};
    if (map.expression == NULL)
        nsc_plan_no_memory(planner);
    for (uint32_t i = 0; i < chain->leaf_count; i++) {
        const nsc_value *leaf = chain->leaves[i];
        map.inputs[i] = leaf_view(chain, leaf);
        /* A linear value in front of the map was put where the result goes: the map works in place. */
        map.inputs[i].buffer =
            nsc_step_storage(&step, leaf == chain->linear ? root->storage : nsc_plan_storage_of(planner, leaf));
    }
    map.outputs[0] = nsc_view_contiguous(chain->root->rank, root->dims);
    map.outputs[0].buffer = nsc_step_storage(&step, root->storage);
    nsc_plan_add_step(planner, &step, &map, NSC_BACKEND_MAP_SIZE);
}

/* false when the chain cannot ride on the GEMM: not offered, refused, nothing to sum, or a leaf that is no matrix. */
static bool lower_gemm_epilogue(nsc_chain *chain, const nsc_value *linear)
{
    nsc_planner *planner = chain->planner;
    const nsc_planned *root = &planner->values[chain->root->id];
    if (!nsc_device_offers(&planner->context->device, NSC_BACKEND_GEMM_EPILOGUE) ||
        (planner->refused != NULL && planner->refused[chain->root->id]) || nsc_linear_inner(planner, linear) == 0)
        return false;
    nsc_step step = {.value = chain->root->id};
    nsc_backend_gemm_epilogue gemm = {.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                      .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                      .input_count = chain->leaf_count - 1};
    nsc_gemm_views(planner, linear, &step, root->storage, &gemm.a, &gemm.b, &gemm.c);
    for (uint32_t i = 1; i < chain->leaf_count; i++) {
        gemm.inputs[i - 1] = leaf_view(chain, chain->leaves[i]);
        if (!nsc_view_as_matrix(&gemm.inputs[i - 1]))
            return false;
        gemm.inputs[i - 1].buffer = nsc_step_storage(&step, nsc_plan_storage_of(planner, chain->leaves[i]));
    }
    gemm.expression = nsc_program_finish(&chain->program, &planner->plan->arena, chain->leaf_count, 1);
    if (gemm.expression == NULL)
        nsc_plan_no_memory(planner);
    nsc_plan_add_step(planner, &step, &gemm, NSC_BACKEND_GEMM_EPILOGUE_SIZE);
    return true;
}

void nsc_lower_elementwise(nsc_planner *planner, const nsc_value *root)
{
    const nsc_value *linear = absorbed_linear(planner, root);
    nsc_chain chain = {.planner = planner, .root = root};
    write_program(&chain, linear);
    if (linear != NULL && !lower_gemm_epilogue(&chain, linear)) {
        nsc_lower_gemm(planner, linear, planner->values[root->id].storage);
        lower_map(&chain);
    } else if (linear == NULL) {
        lower_map(&chain);
    }
}

void nsc_chain_fit(nsc_planner *planner, const nsc_value *root)
{
    nsc_chain chain = {.planner = planner, .root = root};
    do
        write_program(&chain, absorbed_linear(planner, root));
    while (chain.program.outgrown && cut_chain(planner, root));
}
