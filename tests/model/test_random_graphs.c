/* SPDX-License-Identifier: Apache-2.0 */
/* Random graphs on every backend, native and composed, against the host's interpreter: whatever is shared, fused, laid
 * into a concatenation, written over or moved by a view, the values are those of the operations one by one. A graph that
 * fails is printed as small as it can be made. NASCENT_GRAPHS=first:count runs other seeds. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 1500, OPENCL_GRAPHS = 150, SIZE = 14 };

static int fails(graph *of, void *user)
{
    char text[1024];
    return !graph_run(of, user, text, sizeof text, NULL, NULL);
}

static void check_graph(nsc_context *context, uint64_t seed, size_t *checked, size_t *all)
{
    char text[1024];
    graph *of = graph_random(seed, SIZE);
    if (!graph_run(of, context, text, sizeof text, checked, all)) {
        graph *small = graph_shrink(of, fails, context);
        graph_print(small, stderr);
        graph_run(small, context, text, sizeof text, NULL, NULL);
        ck_abort_msg("graph %llu: %s", (unsigned long long)seed, text);
    }
    graph_free(of);
}

static void check_all(nsc_context *context, uint64_t count)
{
    size_t checked = 0, all = 0;
    unsigned long long first = 0, given = count;
    const char *range = getenv("NASCENT_GRAPHS");
    if (range != NULL && sscanf(range, "%llu:%llu", &first, &given) < 1)
        ck_abort_msg("NASCENT_GRAPHS is first:count");
    for (uint64_t i = 0; i < given; i++)
        check_graph(context, first + i, &checked, &all);
    ck_assert_msg(given < 100 || checked * 100 >= all * 97, "only %zu of %zu elements were compared", checked, all);
}

static uint64_t count_for(int backend)
{
    return strcmp(model_backend_name(backend), "reference") == 0 ? GRAPHS : OPENCL_GRAPHS;
}

START_TEST(graphs_give_what_their_operations_give)
{
    check_all(model_context(_i), count_for(_i));
}
END_TEST

START_TEST(graphs_give_it_composed_too)
{
    check_all(model_composed(_i), count_for(_i));
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("graphs");
    EACH_BACKEND(tests, graphs_give_what_their_operations_give);
    EACH_BACKEND(tests, graphs_give_it_composed_too);
    return model_end();
}
