/* SPDX-License-Identifier: Apache-2.0 */
/* map: the expression over every block of the index space. */
#include "reference.h"

static bool stores_raw(const reference_program *program, uint32_t output)
{
    for (uint32_t i = 0; i < program->code_count; i++)
        if (program->code[i].op == NSC_OP_STORE_RAW && program->code[i].arg == output)
            return true;
    return false;
}

void reference_map(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_map *map = &step->operation.map;
    reference_block block = {.rank = map->outputs[0].rank, .dims = map->outputs[0].dims};
    int64_t total = reference_elements(block.rank, block.dims);
    reference_input inputs[NSC_BACKEND_MAX_INPUTS] = {0};
    reference_lane outputs[NSC_BACKEND_MAX_OUTPUTS];
    bool raw[NSC_BACKEND_MAX_OUTPUTS];

    for (uint32_t i = 0; i < map->input_count; i++)
        inputs[i].view = &map->inputs[i];
    for (uint32_t i = 0; i < map->output_count; i++)
        raw[i] = stores_raw(&step->program, i);
    for (; block.start < total; block.start += block.count) {
        block.count = total - block.start < REFERENCE_BLOCK ? (uint32_t)(total - block.start) : REFERENCE_BLOCK;
        reference_evaluate(&step->program, launch, inputs, &block, outputs);
        for (uint32_t i = 0; i < map->output_count; i++)
            reference_store(launch, &map->outputs[i], &block, raw[i], &outputs[i]);
    }
}
