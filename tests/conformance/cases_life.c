/* SPDX-License-Identifier: Apache-2.0 */
/* Open, close, and what an error leaves behind: a device that still works. */
#include <nascent/profile.h>

#include "conformance.h"

static nsc_backend_map add_one(expression *e, int64_t count)
{
    expression_start(e, 1, 1, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    expression_immediate(e, 1.0f);
    expression_add(e, NSC_OP_ADD, 0);
    expression_add(e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(e);

    map.inputs[0] = view_of(0, NSC_FLOAT32, 1, &count);
    map.outputs[0] = view_of(1, NSC_FLOAT32, 1, &count);
    return map;
}

static void works(target *t)
{
    const float in[3] = {1, 2, 3};
    float out[3] = {0};
    expression e;
    nsc_backend_map map = add_one(&e, 3);
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, 3, in), tensor(t, NSC_FLOAT32, 3, NULL)};

    if (run(t, &map, operands, 2, NULL, 0) && read_back(t, operands[1], out) && out[2] != 4.0f)
        fail(t, "1 + 3 gave %g", out[2]);
}

static void open_close(target *t, int times)
{
    nsc_context *own = t->context;

    for (int i = 0; i < times && t->verdict == VERDICT_PASS; i++) {
        if (!(t->context = open_again(t, t->compose)))
            break;
        works(t);
        release_tensors(t);
        close_again(t, t->context);
    }
    t->context = own;
}

/* A view past the end of its tensor is refused before the device sees it. */
static void wrong_operation(target *t, int number)
{
    expression e;
    nsc_backend_map map = add_one(&e, 1000);

    (void)number;
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, 3, NULL), tensor(t, NSC_FLOAT32, 3, NULL)};

    if (operands[0] && operands[1] &&
        nsc_operation_run(t->context, (const nsc_backend_operation *)&map, operands, 2, NULL, 0) == NSC_OK)
        fail(t, "a view of 1000 elements on a tensor of 3 was accepted");
    works(t);
}

static void unknown_kind(target *t, int number)
{
    nsc_backend_operation operation = {.struct_size = sizeof operation, .kind = 31};

    (void)number;
    if (nsc_operation_run(t->context, &operation, NULL, 0, NULL, 0) == NSC_OK)
        fail(t, "an operation of an unknown kind was accepted");
    works(t);
}

static void huge_allocation(target *t, int number)
{
    const int64_t dims[2] = {INT64_C(1) << 22, INT64_C(1) << 22};
    nsc_tensor *huge = NULL;
    nsc_status status = nsc_tensor_create(t->context, NSC_FLOAT32, 2, dims, &huge);

    (void)number;
    nsc_tensor_release(huge);
    if (status != NSC_NO_MEMORY && status != NSC_UNSUPPORTED)
        fail(t, "64 TiB of memory gave %s, expected NSC_NO_MEMORY or NSC_UNSUPPORTED", nsc_status_name(status));
    works(t);
}

/* Where the device gives times of launches, they follow each other as the launches do. */
typedef struct timed {
    target *t;
    int64_t end;
    int launches, timed;
} timed;

static int look(void *user, const nsc_profile_record *record)
{
    timed *seen = user;

    if (record->kind != NSC_PROFILE_LAUNCH)
        return 0;
    seen->launches++;
    if (record->device_duration_ns == NSC_PROFILE_UNKNOWN)
        return 0;
    if (seen->timed++ > 0 && record->device_start_ns < seen->end)
        fail(seen->t, "launch %d began on the device before the one before it had ended", seen->launches);
    if (record->device_duration_ns < 0)
        fail(seen->t, "launch %d lasted %lld ns on the device", seen->launches, (long long)record->device_duration_ns);
    seen->end = record->device_start_ns + record->device_duration_ns;
    return 0;
}

/* It computes the same while it is profiled, and afterwards. */
static void profiled(target *t, int launches)
{
    timed seen = {.t = t};

    if (nsc_profile_start(t->context) != NSC_OK) {
        fail(t, "nsc_profile_start failed: %s", nsc_last_error(t->context));
        return;
    }
    for (int i = 0; i < launches && t->verdict == VERDICT_PASS; i++)
        works(t);
    if (nsc_profile_stop(t->context) != NSC_OK)
        fail(t, "nsc_profile_stop failed: %s", nsc_last_error(t->context));
    else if (nsc_profile_each(t->context, look, &seen) != NSC_OK || seen.launches != launches)
        fail(t, "%d launches were recorded, expected %d", seen.launches, launches);
    else if (seen.timed != 0 && seen.timed != launches)
        fail(t, "the device gave times of %d launches of %d", seen.timed, launches);
    works(t);
}

static const conformance_case cases[] = {
    {"life", "open_close_20", open_close, 20}, {"life", "wrong_operation", wrong_operation, 0},
    {"life", "unknown_kind", unknown_kind, 0}, {"life", "huge_allocation", huge_allocation, 0},
    {"life", "profiled", profiled, 12},        {0},
};

const conformance_group group_life = {.cases = cases};
