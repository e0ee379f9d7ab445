/* SPDX-License-Identifier: Apache-2.0 */
/* Saving: the parameters are collected, their values read, the file written. */
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/block/select.h"
#include "core/context.h"
#include "core/io/checkpoint.h"
#include "core/param/parameter.h"
#include "core/tensor.h"

enum { MAX_ALIASES = 1 << 16 }; /* blocks that share blocks that share blocks have exponentially many paths */

typedef struct saver {
    nsc_save_options options;
    nsc_selector selector;
    nsc_arena arena;
    nsc_saved *items;
    nsc_tensor **values; /* beside items; NULL: no value */
    size_t count, capacity, value_capacity;
    size_t aliases;
    nsc_map indices; /* of parameters */
    nsc_status status;
} saver;

static bool fail(saver *save, nsc_status status, const char *path, const char *words)
{
    save->status = nsc_fail(0, status, "%s: %s", path, words);
    return false;
}

static const char *prefixed(saver *save, const char *path)
{
    return nsc_arena_format(&save->arena, "%s%s", save->options.prefix == NULL ? "" : save->options.prefix, path);
}

/* With the lock held. A value comes with its request where a file can hold it; a request alone must be held. */
static bool take_request(saver *save, const char *path, const nsc_parameter *parameter, nsc_saved *item)
{
    const nsc_request *request = &parameter->request;
    const bool writable = nsc_saved_init_writable(&request->init);
    const bool constant = parameter->role == NSC_ROLE_CONSTANT; /* made from the declaration again */
    if (request->context == 0 || (parameter->value != NULL && !writable && !constant))
        return true;
    if (!writable && !constant)
        return fail(save, NSC_UNSUPPORTED, path,
                    "is to be filled by a callback or an array, which a file cannot hold: run the net, or set the "
                    "value, before saving");
    item->requested = true;
    item->seed = request->seed;
    item->request_path = nsc_arena_format(&save->arena, "%s", request->path);
    if (!constant)
        item->init = request->init;
    return item->request_path != NULL || fail(save, NSC_NO_MEMORY, path, "no host memory");
}

static bool take_state(saver *save, const char *path, nsc_parameter *parameter, nsc_saved *item)
{
    item->rank = nsc_parameter_shape_locked(parameter, item->dims);
    for (int i = 0; i < item->rank; i++) {
        const nsc_cell *root = nsc_cell_root(parameter->axes[i]);
        if (root->size >= 0 && root->origin != NULL &&
            (item->origins[i] = nsc_arena_format(&save->arena, "%s", root->origin)) == NULL)
            return fail(save, NSC_NO_MEMORY, path, "no host memory");
    }
    item->role = parameter->role;
    item->gradient = parameter->gradient;
    item->frozen = parameter->frozen;
    item->learning_rate = parameter->learning_rate;
    item->weight_decay = parameter->weight_decay;
    return take_request(save, path, parameter, item);
}

static bool take(void *user, const char *path, nsc_parameter *parameter)
{
    saver *save = user;
    if (!nsc_selector_matches(&save->selector, path, parameter))
        return true;
    if (!nsc_grow((void **)&save->items, &save->capacity, save->count, sizeof *save->items) ||
        !nsc_grow((void **)&save->values, &save->value_capacity, save->count, sizeof *save->values) ||
        !nsc_map_put(&save->indices, parameter, (uint32_t)save->count))
        return fail(save, NSC_NO_MEMORY, path, "no host memory");
    nsc_saved *item = &save->items[save->count];
    *item = (nsc_saved){.path = prefixed(save, path)};
    save->values[save->count++] = NULL;
    if (item->path == NULL)
        return fail(save, NSC_NO_MEMORY, path, "no host memory");
    nsc_parameters_lock();
    const bool good = take_state(save, path, parameter, item);
    if (good && parameter->value != NULL)
        save->values[save->count - 1] = nsc_tensor_retain(parameter->value);
    nsc_parameters_unlock();
    if (good && save->options.format == NSC_FORMAT_NPZ && save->values[save->count - 1] == NULL)
        return fail(save, NSC_UNSUPPORTED, path,
                    "has no value, and an npz holds values alone: run the net before, or save as safetensors");
    return good;
}

static bool take_alias(void *user, const char *path, nsc_parameter *parameter)
{
    saver *save = user;
    uint32_t index;
    if (!nsc_map_get(&save->indices, parameter, &index))
        return true;
    if (save->aliases++ == MAX_ALIASES)
        return fail(save, NSC_INVALID, path, "is one of more than 65536 further paths of shared parameters");
    nsc_saved *item = &save->items[index];
    const char *own = prefixed(save, path);
    const size_t count = item->alias_count;
    if ((count & (count - 1)) == 0) { /* full at 0, 1, 2, 4, ... */
        const char **more = nsc_arena_take(&save->arena, (count == 0 ? 1 : 2 * count) * sizeof *more);
        if (more == NULL)
            return fail(save, NSC_NO_MEMORY, path, "no host memory");
        if (count > 0)
            memcpy(more, item->aliases, count * sizeof *more);
        item->aliases = more;
    }
    item->aliases[item->alias_count++] = own;
    return own != NULL || fail(save, NSC_NO_MEMORY, path, "no host memory");
}

static nsc_status collect(saver *save, nsc_block *net)
{
    nsc_status status = nsc_block_walk(
        net, &(nsc_walk){
                 .user = save, .parameter = take, .alias = save->options.format == NSC_FORMAT_NPZ ? NULL : take_alias});
    if (save->status != NSC_OK)
        return save->status;
    return nsc_block_walk_failed(0, "nsc_save", status);
}

static nsc_status read_values(saver *save, nsc_array *arrays, size_t *count)
{
    for (size_t i = 0; i < save->count; i++) {
        nsc_tensor *value = save->values[i];
        if (value == NULL)
            continue;
        const size_t bytes = nsc_tensor_bytes(value);
        void *data = malloc(bytes + 1);
        if (data == NULL)
            return nsc_fail(0, NSC_NO_MEMORY, "nsc_save: no host memory for the %zu bytes of %s", bytes,
                            save->items[i].path);
        nsc_array *array = &arrays[(*count)++];
        *array = (nsc_array){.name = save->items[i].path,
                             .dtype = nsc_tensor_dtype(value),
                             .rank = nsc_tensor_rank(value),
                             .data = data,
                             .bytes = bytes};
        if (array->rank > 0)
            memcpy(array->dims, nsc_tensor_dims(value), (size_t)array->rank * sizeof *array->dims);
        const nsc_status status = nsc_tensor_read(value, data, bytes);
        if (status != NSC_OK)
            return nsc_fail_while(value->context->id, status, "reading the value of %s to save it",
                                  save->items[i].path);
    }
    return NSC_OK;
}

static nsc_status write_file(const saver *save, const char *file, const nsc_array *arrays, size_t count)
{
    char *text;
    if (save->options.format == NSC_FORMAT_NPZ)
        return nsc_npz_write(file, arrays, count);
    if (!nsc_saved_encode(save->items, save->count, &text))
        return nsc_fail(0, NSC_NO_MEMORY, "nsc_save: no host memory for the state of %zu parameters", save->count);
    const nsc_status status =
        nsc_safetensors_write(file, arrays, count, &(nsc_metadata){.key = NSC_CHECKPOINT_KEY, .text = text}, 1);
    free(text);
    return status;
}

nsc_status nsc_save(nsc_block *net, const char *file, const nsc_save_options *options)
{
    char text[768];
    saver save = {.status = NSC_OK};
    size_t count = 0;
    if (net == NULL || file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_save: %s is NULL", net == NULL ? "net" : "file");
    if (options != NULL && options->size < sizeof options->size)
        return nsc_fail(0, NSC_INVALID, "nsc_save: options->size is %zu; set it to sizeof(nsc_save_options)",
                        options->size);
    nsc_options_copy(&save.options, sizeof save.options, options, options == NULL ? 0 : options->size);
    if (save.options.format != NSC_FORMAT_SAFETENSORS && save.options.format != NSC_FORMAT_NPZ)
        return nsc_fail(0, NSC_INVALID, "nsc_save: %d is no format", (int)save.options.format);
    nsc_status status = nsc_block_check(net, text, sizeof text);
    if (status != NSC_OK)
        return nsc_fail(0, status, "%s", text);
    status = nsc_selector_make(&save.selector, &save.options.where, 0);
    if (status != NSC_OK)
        return status;
    status = collect(&save, net);
    nsc_array *arrays = calloc(save.count + 1, sizeof *arrays);
    if (status == NSC_OK && arrays == NULL)
        status = nsc_fail(0, NSC_NO_MEMORY, "nsc_save: no host memory");
    if (status == NSC_OK)
        status = read_values(&save, arrays, &count);
    if (status == NSC_OK)
        status = write_file(&save, file, arrays, count);
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)arrays[i].data); /* made by read_values */
    free(arrays);
    for (size_t i = 0; i < save.count; i++)
        nsc_tensor_release(save.values[i]);
    free(save.values);
    free(save.items);
    nsc_map_clear(&save.indices);
    nsc_arena_clear(&save.arena);
    nsc_selector_clear(&save.selector);
    return status;
}
