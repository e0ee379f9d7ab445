/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a plan: a box for each step, and for each storage that is more than a way from step to step. */
#include <inttypes.h>
#include <string.h>

#include "graph_dot.h"
#include "units.h"
#include "values.h"

enum { TITLE = 1024 };

static int is_named(const nsc_storage_info *storage)
{
    return strcmp(storage->place, "arena") != 0;
}

static void add_storage(nsc_picture *picture, const nsc_graph_shown *shown, size_t number)
{
    const nsc_storage_info *storage = &shown->storages[number];
    char bytes[NSC_UNIT_TEXT], shape[128] = "";
    const char *heading = storage->name;
    const int input = strcmp(storage->place, "input") == 0, output = strcmp(storage->place, "output") == 0,
              parameter = strcmp(storage->place, "parameter") == 0;
    if (input || output) {
        const nsc_ports *ports = input ? &shown->ins : &shown->outs;
        const nsc_shape *s = input ? &shown->in_shapes[storage->index] : &shown->out_shapes[storage->index];
        heading = ports->names[storage->index];
        nsc_shape_text(s->rank, s->dims, shape, sizeof shape);
    } else if (parameter) {
        heading = nsc_graph_last_name(storage->name);
    }
    const nsc_box box = {
        .kind = 'm',
        .number = number,
        .look = input    ? NSC_LOOK_INPUT
                : output ? NSC_LOOK_OUTPUT
                         : NSC_LOOK_PARAMETER,
        .path = parameter ? storage->name : "",
        .path_length = parameter ? nsc_graph_owner(storage->name) : 0,
        .lines = nsc_picture_text(heading, (const char *[]){shape, nsc_bytes_text(storage->bytes, bytes), NULL})};
    nsc_picture_box(picture, &box);
}

static void add_step(nsc_picture *picture, const nsc_graph_shown *shown, size_t number)
{
    const nsc_step_info *step = &shown->steps[number];
    char heading[128], flops[NSC_UNIT_TEXT];
    snprintf(heading, sizeof heading, "%zu  %s", number, step->operation);
    const nsc_box box = {
        .kind = 's',
        .number = number,
        .look = NSC_LOOK_VALUE,
        .path = step->path,
        .path_length = strlen(step->path),
        .block = step->block,
        .lines = nsc_picture_text(heading,
                                  (const char *[]){step->text, step->shape, nsc_flops_text(step->flops, flops), NULL})};
    nsc_picture_box(picture, &box);
}

static int is_in(const size_t *list, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return 1;
    return 0;
}

/* Edges from the steps before `end` that made what is in a storage then: the last writer, and earlier ones up to one that
 * read it too and so holds what they wrote. */
static void edges_from_writers(nsc_picture *picture, const nsc_graph_shown *shown, size_t storage, size_t end,
                               char to_kind, size_t to)
{
    char label[128], bytes[NSC_UNIT_TEXT];
    const nsc_storage_info *s = &shown->storages[storage];
    snprintf(label, sizeof label, "%s, %s", s->name, nsc_bytes_text(s->bytes, bytes));
    for (size_t i = end; i-- > 0;) {
        const nsc_step_info *step = &shown->steps[i];
        if (!is_in(step->writes, step->write_count, storage))
            continue;
        nsc_picture_edge(picture, 's', i, to_kind, to, is_named(s) ? "" : label);
        if (is_in(step->reads, step->read_count, storage))
            break;
    }
}

static size_t last_writer(const nsc_graph_shown *shown, size_t storage, size_t end)
{
    while (end-- > 0)
        if (is_in(shown->steps[end].writes, shown->steps[end].write_count, storage))
            return end;
    return NSC_NO_INDEX;
}

/* The parameters that a step is the first to read stand below what makes the other values that it reads. */
static void arrange_step(nsc_picture *picture, const nsc_graph_shown *shown, size_t number)
{
    const nsc_step_info *step = &shown->steps[number];
    for (size_t r = 0; r < step->read_count; r++) {
        const size_t read = step->reads[r], writer = last_writer(shown, read, number);
        const int input = strcmp(shown->storages[read].place, "input") == 0;
        for (size_t p = 0; p < step->read_count && (input || writer != NSC_NO_INDEX); p++) {
            const nsc_storage_info *storage = &shown->storages[step->reads[p]];
            if (strcmp(storage->place, "parameter") == 0 && storage->first == number)
                nsc_picture_below(picture, input ? 'm' : 's', input ? read : writer, 'm', step->reads[p]);
        }
    }
}

void nsc_graph_draw_planned(nsc_picture *picture, const nsc_graph_shown *shown)
{
    char title[TITLE], arena[NSC_UNIT_TEXT], bound[NSC_UNIT_TEXT], flops[NSC_UNIT_TEXT], read[NSC_UNIT_TEXT],
        written[NSC_UNIT_TEXT];
    const nsc_device_info *device = nsc_context_device(shown->model.context);
    snprintf(title, sizeof title,
             "%s, as %s:%" PRIu32 " runs it (%s)\n%zu launches, %s, %s read, %s written\n"
             "intermediate values: %s at the most, bound %s, ratio %.3f",
             shown->model_file, device->backend, device->index, device->name, shown->sums.steps,
             nsc_flops_text(shown->sums.flops, flops), nsc_bytes_text(shown->sums.bytes_read, read),
             nsc_bytes_text(shown->sums.bytes_written, written), nsc_bytes_text(shown->sums.arena_bytes, arena),
             nsc_bytes_text(shown->sums.bound_bytes, bound), nsc_graph_ratio(shown));
    for (size_t i = 0; i < shown->sums.steps; i++)
        add_step(picture, shown, i);
    for (size_t i = 0; i < shown->sums.storages; i++)
        if (is_named(&shown->storages[i]))
            add_storage(picture, shown, i);
    nsc_picture_boxes(picture, title);
    for (size_t i = 0; i < shown->sums.steps; i++) {
        const nsc_step_info *step = &shown->steps[i];
        for (size_t r = 0; r < step->read_count; r++) {
            const nsc_storage_info *storage = &shown->storages[step->reads[r]];
            if (is_named(storage) && strcmp(storage->place, "output") != 0)
                nsc_picture_edge(picture, 'm', step->reads[r], 's', i, "");
            else
                edges_from_writers(picture, shown, step->reads[r], i, 's', i);
        }
    }
    for (size_t i = 0; i < shown->sums.steps; i++)
        arrange_step(picture, shown, i);
    for (size_t i = 0; i < shown->sums.storages; i++)
        if (strcmp(shown->storages[i].place, "output") == 0)
            edges_from_writers(picture, shown, i, shown->sums.steps, 'm', i);
}
