/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions: the file, and the outermost object. */
#include "core/io/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

nsc_model_place nsc_model_key_place(const nsc_model_place *at, const char *key)
{
    nsc_model_place place = *at;
    const size_t used = strlen(place.text);
    snprintf(place.text + used, sizeof place.text - used, "%s%s", used ? "." : "", key);
    return place;
}

nsc_model_place nsc_model_element_place(const nsc_model_place *at, const char *key, size_t index)
{
    nsc_model_place place = nsc_model_key_place(at, key);
    const size_t used = strlen(place.text);
    snprintf(place.text + used, sizeof place.text - used, "[%zu]", index);
    return place;
}

nsc_status nsc_model_fail(const nsc_model_place *at, nsc_status status, const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return nsc_fail(0, status, "%s: %s%s%s", at->file, at->text, at->text[0] ? " " : "", text);
}

/* The outermost object: one block, or what a container has, without a kind. */
static nsc_status read_net(const nsc_model_place *at, const cJSON *tree, nsc_block **net)
{
    const char *name = nsc_model_string(tree, "name");
    const cJSON *single = nsc_model_item(tree, "block");
    const nsc_model_place place = nsc_model_key_place(at, single != NULL ? "block" : "name");
    nsc_status status;
    if (name != NULL && !nsc_name_valid(name))
        return nsc_model_fail(&place, NSC_INVALID, "cannot name a block: 1 to 128 characters, no dot, no space");
    if (single == NULL) {
        status = nsc_model_nodes(at, NULL, tree, NULL, net);
    } else {
        static const char *const others[] = {"name", "nodes", "edges", "inputs", "outputs"};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            if (nsc_model_item(tree, others[i]) != NULL)
                return nsc_model_fail(&place, NSC_INVALID, "stands beside %s: it is a whole net, with keys of its own",
                                      others[i]);
        name = nsc_model_string(single, "name");
        status = nsc_model_node(&place, single, 1, net);
    }
    if (status == NSC_OK && name != NULL)
        nsc_named(name, *net);
    if (status == NSC_OK && (*net)->status != NSC_OK)
        status = nsc_model_fail(at, (*net)->status, "cannot be made: %s", nsc_model_block_text(*net));
    if (status != NSC_OK) {
        nsc_release(*net);
        *net = NULL;
    }
    return status;
}

static nsc_status read_tree(const char *name, const cJSON *tree, nsc_block **net)
{
    static const nsc_model_key keys[] = {{"nascent", NSC_MODEL_INTEGER}, {"name", NSC_MODEL_TEXT},
                                         {"inputs", NSC_MODEL_ARRAY},    {"outputs", NSC_MODEL_ARRAY},
                                         {"nodes", NSC_MODEL_ARRAY},     {"edges", NSC_MODEL_ARRAY},
                                         {"block", NSC_MODEL_OBJECT},    {NULL, 0}};
    size_t nodes = 0, edges = 0;
    const nsc_model_place whole = {.file = name, .nodes = &nodes, .edges = &edges};
    const cJSON *version = cJSON_IsObject(tree) ? nsc_model_item(tree, "nascent") : NULL;
    if (!cJSON_IsNumber(version))
        return nsc_model_fail(&whole, NSC_INVALID,
                              "is no model description: its outermost object has no \"nascent\": %d",
                              NSC_MODEL_VERSION);
    /* Before the keys: another version may have others. */
    if (version->valuedouble != NSC_MODEL_VERSION)
        return nsc_model_fail(&whole, NSC_UNSUPPORTED, "has version %g; this library reads version %d",
                              version->valuedouble, NSC_MODEL_VERSION);
    const nsc_status status = nsc_model_keys(&whole, "a model", tree, keys);
    return status == NSC_OK ? read_net(&whole, tree, net) : status;
}

nsc_status nsc_model_parse(const char *name, const char *text, size_t length, nsc_block **net)
{
    cJSON *tree = NULL;
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_parse: net is NULL: give room for the result");
    *net = NULL;
    if (name == NULL || text == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_parse: %s is NULL", name == NULL ? "name" : "text");
    nsc_status status = nsc_model_text(name, text, length, &tree);
    if (status == NSC_OK)
        status = read_tree(name, tree, net);
    cJSON_Delete(tree);
    return status;
}

/* The bytes of a regular file; malloc'ed. */
static nsc_status read_file(const char *file, int fd, char **text, size_t *length)
{
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return nsc_fail(0, NSC_IO, "%s: cannot be opened: %s", file, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return nsc_fail(0, NSC_IO, "%s: expected a regular file, found %s", file,
                        S_ISDIR(info.st_mode) ? "a directory" : "something else");
    if (info.st_size > NSC_MODEL_MAX_BYTES)
        return nsc_fail(0, NSC_IO, "%s: has %lld bytes; a model description has at most %d", file,
                        (long long)info.st_size, NSC_MODEL_MAX_BYTES);
    const size_t size = (size_t)info.st_size;
    *text = malloc(size + 1);
    if (*text == NULL)
        return nsc_fail(0, NSC_NO_MEMORY, "%s: no memory for %zu bytes", file, size);
    while (*length < size) {
        const ssize_t n = read(fd, *text + *length, size - *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nsc_fail(0, NSC_IO, "%s: reading stopped at byte %zu: %s", file, *length, strerror(errno));
        if (n == 0)
            break;
        *length += (size_t)n;
    }
    return NSC_OK;
}

nsc_status nsc_model_read(const char *file, nsc_block **net)
{
    char *text = NULL;
    size_t length = 0;
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_read: net is NULL: give room for the result");
    *net = NULL;
    if (file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_model_read: file is NULL: give the name of a file");
    const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    nsc_status status = read_file(file, fd, &text, &length);
    if (fd >= 0)
        close(fd);
    if (status == NSC_OK)
        status = nsc_model_parse(file, text, length, net);
    free(text);
    return status;
}
