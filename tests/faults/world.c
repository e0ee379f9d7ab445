/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <unistd.h>

#include "core/block/block.h"
#include "core/context.h"
#include "core/tensor.h"
#include "device.h"

void world_say(world_text *to, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int written = vsnprintf(to->text + to->length, WORLD_TEXT - to->length, format, list);
    va_end(list);
    to->length += (size_t)written;
    if (to->length >= WORLD_TEXT) /* check's own assertions take memory, which may be refused just now */
        abort();
}

void world_say_bytes(world_text *to, const char *name, const void *bytes, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    world_say(to, " %s=%zu:%016" PRIx64, name, count, hash);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/nascent-faults-XXXXXX";

bool world_open(world *w, const char *backend, bool device)
{
    memset(w, 0, sizeof *w);
    device_leave();
    const nsc_status status = nsc_context_open(&w->context, backend, .log_level = NSC_LOG_ERROR);
    if (status == NSC_UNAVAILABLE || status == NSC_INVALID) {
        printf("%s: not here\n", backend);
        return false;
    }
    ck_assert_int_eq(status, NSC_OK);
    ck_assert_int_eq(nsc_context_open(&w->other, backend, .log_level = NSC_LOG_ERROR), NSC_OK);
    strcpy(folder, "/tmp/nascent-faults-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    w->folder = folder;
    snprintf(w->file, sizeof w->file, "%s/file", folder);
    if (device) {
        device_take(w->context);
        device_take(w->other);
    }
    return true;
}

void world_close(world *w)
{
    world_clear(w);
    ck_assert_int_eq(rmdir(w->folder), 0);
    ck_assert_int_eq(nsc_context_close(w->context), NSC_OK);
    ck_assert_int_eq(nsc_context_close(w->other), NSC_OK);
}

void world_clear(world *w)
{
    char path[512];
    nsc_release(w->net);
    nsc_release(w->second);
    nsc_tensor_release(w->value);
    w->net = w->second = NULL;
    w->value = NULL;
    w->events.length = w->told.length = 0;
    w->events.text[0] = w->told.text[0] = 0;
    DIR *files = opendir(w->folder);
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", w->folder, file->d_name);
        if (file->d_name[0] != '.')
            unlink(path);
    }
    closedir(files);
    ck_assert_msg(atomic_load(&w->context->users) == 0 && atomic_load(&w->other->users) == 0,
                  "%zu and %zu tensors or executors are left", atomic_load(&w->context->users),
                  atomic_load(&w->other->users));
    nsc_context_trim(w->context); /* so that every life takes the same memory anew */
    nsc_context_trim(w->other);
}

/* ---- the net ---------------------------------------------------------------------------------------------------- */

static nsc_status scale_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_parameter **parameters = user;
    (void)in_count, (void)out_count;
    out[0] =
        nsc_op_add(nsc_op_mul(in[0], nsc_op_parameter(trace, parameters[0])), nsc_op_parameter(trace, parameters[1]));
    out[0] = nsc_op_add(out[0], nsc_op_parameter(trace, parameters[2]));
    return NSC_OK;
}

static nsc_block *scale(void)
{
    static const int64_t unknown[] = {NSC_UNKNOWN}, four[] = {4};
    static const char *const names[] = {"width"};
    static const float values[] = {1, 2, 3, 4};
    nsc_parameter **parameters = calloc(3, sizeof *parameters);
    ck_assert_ptr_nonnull(parameters);
    nsc_block *block = nsc_custom(scale_forward, .user = parameters, .destroy = free, .kind = "scale");
    parameters[0] = nsc_declare(block, "a", .rank = 1, .dims = unknown, .dim_names = names, .init = nsc_ones());
    parameters[1] = nsc_declare(block, "b", .rank = 1, .dims = unknown, .dim_names = names);
    parameters[2] = nsc_declare_constant(block, "c", 1, four, values);
    return block;
}

static void observe(void *user, nsc_parameter *parameter, nsc_parameter_event event)
{
    world *w = user;
    world_say(&w->events, "%s %s\n", nsc_parameter_path(parameter), nsc_parameter_event_name(event));
}

nsc_block *world_net(world *w, bool tied)
{
    (void)w;
    nsc_block *net = nsc_sequential(nsc_named("first", nsc_dense(4, .weight_init = nsc_orthogonal(1))), scale(),
                                    nsc_dense(4, .no_bias = 1), nsc_dense(4, .no_bias = 1),
                                    nsc_dense(3, .weight_init = nsc_normal(0.5f), .activation = NSC_TANH));
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    if (tied)
        ck_assert_int_eq(nsc_parameter_tie(nsc_find_parameter(net, "3.weight"), nsc_find_parameter(net, "2.weight")),
                         NSC_OK);
    return net;
}

void world_observe(world *w)
{
    ck_assert_int_eq(nsc_observe(w->net, observe, w), NSC_OK);
}

void world_request(const world *w, nsc_block *net, uint64_t seed)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = seed};
    ck_assert_int_eq(nsc_initialize(net, w->context, &options), NSC_OK);
}

void world_run(const world *w, nsc_block *net)
{
    static const int64_t dims[] = {WORLD_ROWS, WORLD_WIDTH};
    static const float data[WORLD_ROWS * WORLD_WIDTH] = {1, 2, 3, 4, 5, -1};
    nsc_tensor *x = NULL, *y = NULL;
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 2, dims, data, &x), NSC_OK);
    ck_assert_msg(nsc_forward(net, x, &y) == NSC_OK, "%s", nsc_last_error(w->context));
    nsc_tensor_release(x);
    nsc_tensor_release(y);
}

/* ---- what is to be seen ------------------------------------------------------------------------------------------ */

typedef struct show_state {
    const world *w;
    world_text *to;
} show_state;

static const char *place_of(const world *w, uint64_t id)
{
    return id == 0 ? "none" : (id == w->context->id ? "here" : (id == w->other->id ? "there" : "?"));
}

static void show_value(const show_state *show, const nsc_parameter *parameter)
{
    unsigned char bytes[1024];
    const size_t count = nsc_tensor_bytes(parameter->value);
    ck_assert_uint_le(count, sizeof bytes);
    ck_assert_msg(nsc_parameter_read(parameter, bytes, count) == NSC_OK, "%s", nsc_last_error(NULL));
    world_say(show->to, " on %s", place_of(show->w, parameter->value->context->id));
    world_say_bytes(show->to, "value", bytes, count);
}

static bool show_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    const show_state *show = user;
    world_text *to = show->to;
    char init[160];
    int64_t dims[NSC_MAX_RANK];
    const int rank = nsc_parameter_shape(parameter, dims);
    bool known = rank >= 0;
    world_say(to, "%s %s rank %d (", path, nsc_parameter_state_name(nsc_parameter_get_state(parameter)), rank);
    for (int i = 0; i < rank; i++) {
        const nsc_cell *root = nsc_cell_root(parameter->axes[i]);
        known = known && dims[i] >= 0;
        world_say(to, "%s%" PRId64 " [%s, held by %zu]", i == 0 ? "" : ", ", dims[i],
                  root->origin == NULL ? "declared" : root->origin, root->values);
    }
    ck_assert_msg(known == (nsc_parameter_get_state(parameter) != NSC_DECLARED), "%s: a state against its shape", path);
    nsc_initializer_describe(&parameter->request.init, init, sizeof init);
    world_say(to, ") asked %s as %s seed %" PRIu64 " %s; gradient %d frozen %d rates %g %g observed %d moved %" PRIu64,
              place_of(show->w, parameter->request.context),
              parameter->request.path == NULL ? "-" : parameter->request.path, parameter->request.seed, init,
              (int)parameter->gradient, parameter->frozen, (double)parameter->learning_rate,
              (double)parameter->weight_decay, parameter->observer != NULL, nsc_parameter_generation(parameter));
    if (parameter->value != NULL)
        show_value(show, parameter);
    world_say(to, "\n");
    return true;
}

static bool show_alias(void *user, const char *path, nsc_parameter *parameter)
{
    const show_state *show = user;
    world_say(show->to, "%s is %s\n", path, nsc_parameter_name(parameter));
    return true;
}

static void show_net(const world *w, nsc_block *net, world_text *to)
{
    show_state show = {w, to};
    if (net == NULL) {
        world_say(to, "no net\n");
        return;
    }
    ck_assert_int_eq(nsc_block_walk(net, &(nsc_walk){.user = &show, .parameter = show_parameter, .alias = show_alias}),
                     NSC_OK);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void show_files(const world *w, world_text *to)
{
    struct dirent **entries;
    char path[512];
    static unsigned char bytes[1 << 16];
    const int count = scandir(w->folder, &entries, visible, alphasort);
    ck_assert_int_ge(count, 0);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", w->folder, entries[i]->d_name);
        FILE *file = fopen(path, "rb");
        ck_assert_ptr_nonnull(file);
        const size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        world_say(to, "file");
        world_say_bytes(to, entries[i]->d_name, bytes, length);
        world_say(to, "\n");
        free(entries[i]);
    }
    free(entries);
}

static void show_tensor(const world *w, world_text *to)
{
    unsigned char bytes[1024];
    if (w->value == NULL)
        return;
    ck_assert_uint_le(nsc_tensor_bytes(w->value), sizeof bytes);
    ck_assert_int_eq(nsc_tensor_read(w->value, bytes, nsc_tensor_bytes(w->value)), NSC_OK);
    world_say_bytes(to, "tensor", bytes, nsc_tensor_bytes(w->value));
    world_say(to, "\n");
}

void world_show(const world *w, world_text *text)
{
    text->length = 0;
    show_net(w, w->net, text);
    world_say(text, "second:\n");
    show_net(w, w->second, text);
    world_say(text, "%s", w->events.text);
    show_tensor(w, text);
    show_files(w, text);
}
