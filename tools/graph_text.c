/* SPDX-License-Identifier: Apache-2.0 */
/* A graph or a plan as tables. */
#include <inttypes.h>
#include <string.h>

#include "graph.h"
#include "say.h"
#include "table.h"
#include "values.h"

enum { CELL = 1024 };

const char *nsc_graph_ports_text(const nsc_ports *ports, const nsc_shape *shapes, char *text, size_t capacity)
{
    char shape[128];
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < ports->count && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%s %s", i > 0 ? ", " : "", ports->names[i],
                                 nsc_shape_text(shapes[i].rank, shapes[i].dims, shape, sizeof shape));
    return text;
}

double nsc_graph_ratio(const nsc_graph_shown *shown)
{
    return shown->sums.bound_bytes > 0 ? (double)shown->sums.arena_bytes / (double)shown->sums.bound_bytes : 1;
}

size_t nsc_graph_owner(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? (size_t)(dot - path) : 0;
}

static const char *or_dash(const char *text)
{
    return *text != 0 ? text : "-";
}

static int no_memory(void)
{
    return nsc_say_failed("no memory for a table; free some, or take a smaller model");
}

/* ---- what was declared ----------------------------------------------------------------------------------------------- */

/* "3 4": numbers, separated by spaces; cut where they are too many. */
static const char *numbers_text(const size_t *numbers, size_t count, char text[CELL])
{
    size_t used = 0;
    snprintf(text, CELL, "-");
    for (size_t i = 0; i < count && used < CELL; i++)
        used += (size_t)snprintf(text + used, CELL - used, "%s%zu", i > 0 ? " " : "", numbers[i]);
    return text;
}

static int add_node(nsc_table *table, const nsc_graph_shown *shown, size_t i)
{
    const nsc_node_info *node = &shown->nodes[i];
    char number[24], shape[128], of[CELL];
    snprintf(number, sizeof number, "%zu", i);
    const char *cells[] = {number,
                           node->operation,
                           or_dash(node->text),
                           nsc_shape_text(node->shape.rank, node->shape.dims, shape, sizeof shape),
                           nsc_dtype_name(node->shape.dtype),
                           numbers_text(node->operands, node->operand_count, of),
                           or_dash(node->path),
                           or_dash(node->block)};
    return nsc_table_row(table, cells);
}

static int print_declared(const nsc_graph_shown *shown)
{
    nsc_table table = {.columns = 8};
    const char *head[] = {"value", "operation", "with", "shape", "dtype", "of", "path", "block"};
    char text[CELL];
    uint64_t elements, bytes;
    size_t unknown;
    int good = nsc_table_row(&table, head);
    for (size_t i = 0; i < shown->node_count && good; i++)
        good = add_node(&table, shown, i);
    nsc_table_print(&table, stdout, "");
    if (!good)
        return no_memory();
    printf("\ninputs: %s\n", nsc_graph_ports_text(&shown->ins, shown->in_shapes, text, sizeof text));
    printf("outputs:");
    for (size_t i = 0; i < shown->outs.count; i++)
        printf("%s %s (value %zu)", i > 0 ? "," : "", shown->outs.names[i], shown->out_nodes[i]);
    nsc_proposal_totals(shown->proposal, &elements, &bytes, &unknown);
    printf("\n%zu values, %zu parameters, %" PRIu64 " elements, %" PRIu64 " bytes", shown->node_count,
           nsc_proposal_parameter_count(shown->proposal), elements, bytes);
    if (unknown > 0)
        printf("; %zu of unknown shape are not counted", unknown);
    printf("\n");
    return NSC_EXIT_OK;
}

/* ---- what a device would run ------------------------------------------------------------------------------------------ */

static const char *names_text(const nsc_graph_shown *shown, const size_t *numbers, size_t count, char text[CELL])
{
    size_t used = 0;
    snprintf(text, CELL, "-");
    for (size_t i = 0; i < count && used < CELL; i++)
        used += (size_t)snprintf(text + used, CELL - used, "%s%s", i > 0 ? ", " : "", shown->storages[numbers[i]].name);
    return text;
}

static int add_step(nsc_table *table, const nsc_graph_shown *shown, size_t i)
{
    const nsc_step_info *step = &shown->steps[i];
    char number[24], flops[24], reads[CELL], writes[CELL];
    snprintf(number, sizeof number, "%zu", i);
    snprintf(flops, sizeof flops, "%" PRIu64, step->flops);
    const char *cells[] = {number,
                           step->operation,
                           or_dash(step->path),
                           step->shape,
                           flops,
                           names_text(shown, step->reads, step->read_count, reads),
                           names_text(shown, step->writes, step->write_count, writes),
                           or_dash(step->text)};
    return nsc_table_row(table, cells);
}

static int add_storage(nsc_table *table, const nsc_graph_shown *shown, size_t i)
{
    const nsc_storage_info *storage = &shown->storages[i];
    char bytes[24], offset[24] = "-", steps[48];
    const int arena = strcmp(storage->place, "arena") == 0 || strcmp(storage->place, "random") == 0;
    snprintf(bytes, sizeof bytes, "%" PRIu64, storage->bytes);
    if (arena)
        snprintf(offset, sizeof offset, "%" PRIu64, storage->offset);
    snprintf(steps, sizeof steps, storage->first == storage->last ? "%zu" : "%zu to %zu", storage->first,
             storage->last);
    const char *cells[] = {storage->name, storage->place,
                           bytes,         offset,
                           steps,         storage->shares == i ? "-" : shown->storages[storage->shares].name};
    return nsc_table_row(table, cells);
}

static int print_planned(const nsc_graph_shown *shown)
{
    nsc_table steps = {.columns = 8}, storages = {.columns = 6};
    const char *step_head[] = {"step", "operation", "block", "shape", "FLOPs", "reads", "writes", "computes"};
    const char *storage_head[] = {"storage", "place", "bytes", "offset", "steps", "written over"};
    const nsc_device_info *device = nsc_context_device(shown->model.context);
    int good = nsc_table_row(&steps, step_head) && nsc_table_row(&storages, storage_head);
    for (size_t i = 0; i < shown->sums.steps && good; i++)
        good = add_step(&steps, shown, i);
    for (size_t i = 0; i < shown->sums.storages && good; i++)
        good = add_storage(&storages, shown, i);
    nsc_table_print(&steps, stdout, "");
    printf("\n");
    nsc_table_print(&storages, stdout, "");
    if (!good)
        return no_memory();
    printf("\n%s:%" PRIu32 " '%s': %zu launches, %" PRIu64 " FLOPs, %" PRIu64 " bytes read, %" PRIu64 " written\n",
           device->backend, device->index, device->name, shown->sums.steps, shown->sums.flops, shown->sums.bytes_read,
           shown->sums.bytes_written);
    printf("intermediate values: %" PRIu64 " bytes at the most, lower bound %" PRIu64 ", ratio %.3f\n",
           shown->sums.arena_bytes, shown->sums.bound_bytes, nsc_graph_ratio(shown));
    return NSC_EXIT_OK;
}

int nsc_graph_text(const nsc_graph_shown *shown)
{
    return shown->plan != NULL ? print_planned(shown) : print_declared(shown);
}
