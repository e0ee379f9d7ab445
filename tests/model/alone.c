/* SPDX-License-Identifier: Apache-2.0 */
/* See alone.h. */
#include "alone.h"

#include <math.h>

const leaf alone_shapes[] = {
    SCALAR,
    LEAF(1),
    LEAF(0),
    LEAF(1031),
    LEAF(5, 7),
    LEAF(3, 0),
    LEAF(1, 13),
    LEAF(13, 1),
    LEAF(3, 5, 7),
    LEAF(2, 0, 3),
    LEAF(2, 3, 5, 2),
    LEAF(2, 1, 3, 2, 5),
    LEAF(2, 3, 1, 2, 1, 3),
    LEAF(1, 2, 2, 3, 1, 2, 2),
    LEAF(2, 1, 3, 1, 2, 1, 2, 3),
    {.rank = -1},
};

static oracle filled(const leaf *from, uint64_t seed)
{
    oracle value = oracle_make(from->rank, from->dims);
    value.dtype = from->dtype == 0 ? NSC_FLOAT32 : from->dtype;
    for (size_t i = 0; i < value.count; i++) {
        float random = model_random_float(&seed, (float)from->low, (float)from->high);
        value.value[i] = from->values != NULL ? from->values[i] : (double)random;
        value.value[i] = value.dtype == NSC_FLOAT32 ? (double)(float)value.value[i] : floor(value.value[i]);
    }
    return value;
}

void alone_check(int backend, graph_node node, const leaf *leaves, int count)
{
    graph *of = graph_new();
    for (int i = 0; i < count; i++)
        node.operands[node.operand_count++] = graph_add_leaf(of, G_INPUT, filled(&leaves[i], (uint64_t)i + 1));
    of->outputs[of->output_count++] = graph_add(of, node);
    graph_evaluate(of);
    graph_check(of, model_context(backend), model_backend_name(backend));
    graph_check(of, model_composed(backend), "composed");
    graph_free(of);
}
