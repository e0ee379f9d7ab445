/* SPDX-License-Identifier: Apache-2.0 */
/* See plans.h. */
#include "plans.h"

#include <stdlib.h>

#include <nascent/nascent.h>

#include "core/device/validate.h"
#include "unit.h"

nsc_context *context;
nsc_trace *trace;
nsc_plan *plan;

void open_context(const char *compose)
{
    nsc_context_options options = {.backend = "reference", .compose = compose};
    ck_assert_int_eq(nsc_context_create(&context, &options, sizeof options), NSC_OK);
}

void make_plan_of(nsc_block *net, const nsc_shape *shapes, size_t count)
{
    ck_assert_int_eq(nsc_infer_shapes(net, shapes, count), NSC_OK);
    ck_assert_int_eq(nsc_initialize(net, context, NULL), NSC_OK);
    ck_assert_int_eq(nsc_trace_make(context->id, net, NSC_INFERENCE, shapes, count, &trace), NSC_OK);
    ck_assert_int_eq(nsc_plan_make(context, trace, NULL, &plan), NSC_OK);
}

void make_plan(nsc_block *net, int rank, const int64_t *dims)
{
    nsc_shape shape = {.rank = rank};
    memcpy(shape.dims, dims, (size_t)rank * sizeof *dims);
    make_plan_of(net, &shape, 1);
}

void end_plan(void)
{
    nsc_plan_free(plan);
    nsc_trace_free(trace);
}

void end(nsc_block *net)
{
    end_plan();
    nsc_release(net);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}

/* ---- elements ----------------------------------------------------------------------------------------------------- */

typedef void (*each_byte)(uint64_t byte, void *user);

/* Every byte of a view, counted from the start of its storage. */
static void each(const nsc_backend_view *view, each_byte call, void *user)
{
    int64_t place[NSC_MAX_RANK] = {0};
    uint64_t size = view->dtype.bits / 8u;
    for (uint32_t i = 0; i < view->rank; i++)
        if (view->dims[i] == 0)
            return;
    for (;;) {
        int64_t at = view->offset;
        for (uint32_t i = 0; i < view->rank; i++)
            at += place[i] * view->strides[i];
        ck_assert_int_ge(at, 0);
        for (uint64_t b = 0; b < size; b++)
            call((uint64_t)at * size + b, user);
        uint32_t axis = view->rank;
        while (axis > 0 && ++place[axis - 1] == view->dims[axis - 1])
            place[--axis] = 0;
        if (axis == 0)
            return;
    }
}

/* Who wrote each byte last: 1 + the storage whose memory it is. */
typedef struct memory {
    uint32_t *arena;
    uint8_t *outputs[16];
    uint8_t *marks; /* of one step: bytes of the arena that it writes */
} memory;

typedef struct access {
    const memory *of;
    const nsc_storage *storage;
    size_t step;
    bool met;
} access;

static void mark(uint64_t byte, void *user)
{
    const access *by = user;
    ck_assert_uint_lt(byte, by->storage->bytes);
    by->of->marks[by->storage->offset + byte] = 1;
}

static void unmark(uint64_t byte, void *user)
{
    const access *by = user;
    by->of->marks[by->storage->offset + byte] = 0;
}

static void read_byte(uint64_t byte, void *user)
{
    access *by = user;
    ck_assert_uint_lt(byte, by->storage->bytes);
    uint32_t writer = by->of->arena[by->storage->offset + byte];
    ck_assert_msg(writer == by->storage->same + 1, "step %zu reads what storage %u wrote last, not %u", by->step,
                  writer - 1, by->storage->same);
    by->met = by->met || by->of->marks[by->storage->offset + byte];
}

static void write_byte(uint64_t byte, void *user)
{
    const access *by = user;
    by->of->arena[by->storage->offset + byte] = by->storage->same + 1;
}

static void write_output(uint64_t byte, void *user)
{
    const access *by = user;
    ck_assert_uint_lt(byte, by->storage->bytes);
    by->of->outputs[by->storage->index][byte] = 1;
}

static bool same_place(const nsc_backend_view *a, const nsc_backend_view *b)
{
    return a->rank == b->rank && a->offset == b->offset && a->dtype.bits == b->dtype.bits &&
           memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0 &&
           memcmp(a->strides, b->strides, a->rank * sizeof *a->strides) == 0;
}

static void check_step(const memory *of, size_t s)
{
    const nsc_step *step = &plan->steps[s];
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    char text[256];
    ck_assert_msg(nsc_operation_valid(step->operation, &context->device.limits, text, sizeof text), "step %zu: %s", s,
                  text);
    size_t count = nsc_operation_views(step->operation, views), outputs = nsc_operation_outputs(step->operation);
    const nsc_backend_view *written = views[count - 1];
    access target = {of, &plan->storages[step->storages[written->buffer]], s, false};
    ck_assert_uint_eq(outputs, 1);
    ck_assert(target.storage->place == NSC_PLACE_ARENA || target.storage->place == NSC_PLACE_OUTPUT);
    if (target.storage->place == NSC_PLACE_ARENA)
        each(written, mark, &target);
    for (size_t v = 0; v + 1 < count; v++) {
        access source = {of, &plan->storages[step->storages[views[v]->buffer]], s, false};
        if (source.storage->place != NSC_PLACE_ARENA)
            continue;
        each(views[v], read_byte, &source);
        ck_assert_msg(!source.met || (step->operation->kind == NSC_BACKEND_MAP && same_place(views[v], written)),
                      "step %zu reads what it writes", s);
    }
    if (target.storage->place == NSC_PLACE_ARENA) {
        each(written, write_byte, &target);
        each(written, unmark, &target);
    } else {
        each(written, write_output, &target);
    }
}

static void *zeros(size_t bytes)
{
    void *made = calloc(bytes + 1, 1);
    if (made == NULL)
        abort();
    return made;
}

static void check_steps(void)
{
    memory of = {.arena = zeros(plan->arena_bytes * sizeof(uint32_t)), .marks = zeros(plan->arena_bytes)};
    uint64_t bytes[16];
    for (uint32_t i = 0; i < plan->output_count; i++) {
        bytes[i] = nsc_dtype_size(plan->outputs[i].dtype);
        for (int axis = 0; axis < plan->outputs[i].rank; axis++)
            bytes[i] *= (uint64_t)plan->outputs[i].dims[axis];
        of.outputs[i] = zeros(bytes[i]);
    }
    for (size_t s = 0; s < plan->step_count; s++)
        check_step(&of, s);
    for (uint32_t i = 0; i < plan->output_count; i++) {
        for (uint64_t b = 0; b < bytes[i]; b++)
            ck_assert_msg(of.outputs[i][b], "output %u is not written at byte %llu", i, (unsigned long long)b);
        free(of.outputs[i]);
    }
    free(of.marks);
    free(of.arena);
}

/* ---- storages ----------------------------------------------------------------------------------------------------- */

static bool in_arena(size_t storage)
{
    const nsc_storage *a = &plan->storages[storage];
    return a->place == NSC_PLACE_ARENA && a->used && a->same == storage;
}

void check_plan(void)
{
    uint64_t alignment = context->device.limits.alignment, peak = 0, end_of = 0;
    for (size_t i = 0; i < plan->storage_count; i++) {
        const nsc_storage *a = &plan->storages[i];
        if (!in_arena(i))
            continue;
        ck_assert_uint_eq(a->offset % alignment, 0);
        ck_assert_uint_le(a->first, a->last);
        ck_assert_uint_lt(a->last, plan->step_count);
        end_of = a->offset + a->bytes > end_of ? a->offset + a->bytes : end_of;
        for (size_t j = 0; j < i; j++) {
            const nsc_storage *b = &plan->storages[j];
            bool together = in_arena(j) && a->first <= b->last && b->first <= a->last;
            ck_assert(!together || a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
        }
    }
    for (size_t s = 0; s < plan->step_count; s++) {
        uint64_t live = 0;
        for (size_t i = 0; i < plan->storage_count; i++)
            if (in_arena(i) && plan->storages[i].first <= s && s <= plan->storages[i].last)
                live += plan->storages[i].bytes;
        peak = live > peak ? live : peak;
    }
    ck_assert_uint_eq(plan->arena_bytes, end_of);
    ck_assert_uint_eq(plan->bound_bytes, peak);
    ck_assert_uint_ge(plan->arena_bytes, peak);
    check_steps();
}

void check_arena(void)
{
    check_plan();
    ck_assert_uint_le(plan->arena_bytes, 2 * plan->bound_bytes);
}
