/* SPDX-License-Identifier: Apache-2.0 */
/* The state of parameters as JSON: written compactly and always in the same order, read strictly. Floats are written
 * with nine digits, which give the same float again; seeds as texts, since a JSON number does not hold 64 bits. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/checkpoint.h"
#include "core/io/model.h"
#include "core/param/initializer.h"
#include "core/words.h"

/* In the order of nsc_initializer_kind; NULL: cannot be written. */
static const char *const kinds[] = {
    "", /* the default is no initialiser */
    "constant",   "uniform",  "normal", "callback", "truncated_normal", "variance_scaling",
    "orthogonal", "identity", "dirac",  "bilinear", "lstm_bias",        "sparse",
    NULL};
static const char *const draws[] = {"uniform", "normal", "truncated_normal", NULL};
static const char *const factors[] = {"average", "in", "out", NULL};
static const char *const gradients[] = {"write", "add", "none", NULL};

bool nsc_saved_init_writable(const nsc_initializer *init)
{
    return init->kind != NSC_INIT_CALLBACK && init->kind != NSC_INIT_ARRAY;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* cJSON writes the decimal point of JSON in every locale, but -0 as 0. */
static cJSON *make_float(float value)
{
    char text[32];
    if (value == 0)
        return cJSON_CreateRaw(signbit(value) ? "-0" : "0");
    snprintf(text, sizeof text, "%.9g", (double)value);
    return cJSON_CreateNumber(strtod(text, NULL));
}

/* Nothing for +0, which is what a key left out stands for. */
static bool add_float(cJSON *object, const char *key, float value)
{
    if (value == 0 && !signbit(value))
        return true;
    cJSON *item = make_float(value);
    if (item != NULL && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_integer(cJSON *object, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

static bool append(cJSON *array, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool write_shape(cJSON *object, const nsc_saved *saved)
{
    char text[32];
    bool good = true, told = false;
    if (saved->rank < 0)
        return cJSON_AddNullToObject(object, "shape") != NULL;
    cJSON *shape = cJSON_AddArrayToObject(object, "shape");
    for (int i = 0; shape != NULL && i < saved->rank; i++) {
        snprintf(text, sizeof text, "%" PRId64, saved->dims[i]);
        good = append(shape, cJSON_CreateRaw(text)) && good;
        told = told || saved->origins[i] != NULL;
    }
    if (shape == NULL || !good || !told)
        return shape != NULL && good;
    cJSON *origins = cJSON_AddArrayToObject(object, "origins");
    for (int i = 0; origins != NULL && i < saved->rank; i++)
        good =
            append(origins, saved->origins[i] != NULL ? cJSON_CreateString(saved->origins[i]) : cJSON_CreateNull()) &&
            good;
    return origins != NULL && good;
}

static bool write_init(cJSON *object, const nsc_initializer *init)
{
    return cJSON_AddStringToObject(object, "kind", kinds[init->kind]) != NULL && add_float(object, "a", init->a) &&
           add_float(object, "b", init->b) &&
           (init->draw == 0 || cJSON_AddStringToObject(object, "draw", draws[init->draw]) != NULL) &&
           (init->factor == 0 || cJSON_AddStringToObject(object, "factor", factors[init->factor]) != NULL) &&
           (init->groups == 0 || add_integer(object, "groups", init->groups));
}

static bool write_request(cJSON *object, const nsc_saved *saved)
{
    char seed[32];
    cJSON *request = cJSON_AddObjectToObject(object, "request");
    snprintf(seed, sizeof seed, "%" PRIu64, saved->seed);
    if (request == NULL || cJSON_AddStringToObject(request, "seed", seed) == NULL ||
        cJSON_AddStringToObject(request, "path", saved->request_path) == NULL)
        return false;
    if (saved->init.kind == NSC_INIT_DEFAULT)
        return true;
    cJSON *init = cJSON_AddObjectToObject(request, "init");
    return init != NULL && write_init(init, &saved->init);
}

static bool write_attributes(cJSON *object, const nsc_saved *saved)
{
    if (saved->gradient != NSC_GRADIENT_WRITE &&
        cJSON_AddStringToObject(object, "gradient", gradients[saved->gradient]) == NULL)
        return false;
    if (saved->frozen && cJSON_AddTrueToObject(object, "frozen") == NULL)
        return false;
    if (saved->learning_rate == 1 && saved->weight_decay == 1)
        return true;
    cJSON *pair = cJSON_AddArrayToObject(object, "multipliers");
    return pair != NULL && append(pair, make_float(saved->learning_rate)) &&
           append(pair, make_float(saved->weight_decay));
}

static bool write_parameter(cJSON *object, const nsc_saved *saved)
{
    bool good = write_shape(object, saved) &&
                cJSON_AddStringToObject(object, "role", nsc_role_name(saved->role)) != NULL &&
                (!saved->requested || write_request(object, saved)) && write_attributes(object, saved);
    if (!good || saved->alias_count == 0)
        return good;
    cJSON *aliases = cJSON_AddArrayToObject(object, "aliases");
    for (size_t i = 0; aliases != NULL && i < saved->alias_count; i++)
        good = append(aliases, cJSON_CreateString(saved->aliases[i])) && good;
    return aliases != NULL && good;
}

bool nsc_saved_encode(const nsc_saved *items, size_t count, char **text)
{
    cJSON *root = cJSON_CreateObject();
    bool good = root != NULL && add_integer(root, "version", NSC_CHECKPOINT_VERSION);
    cJSON *parameters = good ? cJSON_AddObjectToObject(root, "parameters") : NULL;
    good = parameters != NULL;
    for (size_t i = 0; i < count && good; i++) {
        cJSON *object = cJSON_AddObjectToObject(parameters, items[i].path);
        good = object != NULL && write_parameter(object, &items[i]);
    }
    *text = good ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return *text != NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

#define END                  \
    {                        \
        NULL, NSC_MODEL_TEXT \
    }

static nsc_status no_memory(const nsc_model_place *at)
{
    return nsc_model_fail(at, NSC_NO_MEMORY, "no host memory");
}

/* A word of a list, *index unchanged where it is left out. */
static nsc_status read_word(const nsc_model_place *at, const cJSON *object, const char *key, const char *const *words,
                            int *index)
{
    char advice[512];
    const char *word = nsc_model_string(object, key);
    if (word == NULL)
        return NSC_OK;
    *index = nsc_words_find(word, words);
    if (*index >= 0)
        return NSC_OK;
    const nsc_model_place place = nsc_model_key_place(at, key);
    return nsc_model_fail(&place, NSC_INVALID, "is \"%s\"; %s", word,
                          nsc_words_advice(word, words, advice, sizeof advice));
}

static nsc_status read_shape(const nsc_model_place *at, const cJSON *object, nsc_saved *saved)
{
    const double most = 9007199254740991.0; /* up to here a double is one integer */
    const cJSON *shape = nsc_model_item(object, "shape"), *item;
    const nsc_model_place place = nsc_model_key_place(at, "shape");
    saved->rank = -1;
    if (shape == NULL)
        return nsc_model_fail(at, NSC_INVALID, "has no shape; write null for an unknown rank");
    if (cJSON_IsNull(shape))
        return NSC_OK;
    if (!cJSON_IsArray(shape))
        return nsc_model_fail(&place, NSC_INVALID, "must be an array, or null for an unknown rank");
    if (cJSON_GetArraySize(shape) > NSC_MAX_RANK)
        return nsc_model_fail(&place, NSC_INVALID, "has more than %d sizes", NSC_MAX_RANK);
    saved->rank = 0;
    cJSON_ArrayForEach(item, shape)
    {
        const double size = cJSON_IsNumber(item) ? item->valuedouble : -2;
        if (!(size >= -1 && size <= most) || (double)(int64_t)size != size)
            return nsc_model_fail(&place, NSC_INVALID, "element %d must be a size, or -1 where it is unknown",
                                  saved->rank);
        saved->dims[saved->rank++] = (int64_t)size;
    }
    return NSC_OK;
}

static nsc_status read_origins(const nsc_model_place *at, const cJSON *object, nsc_arena *arena, nsc_saved *saved)
{
    const cJSON *origins = nsc_model_item(object, "origins"), *item;
    const nsc_model_place place = nsc_model_key_place(at, "origins");
    int axis = 0;
    if (origins == NULL)
        return NSC_OK;
    if (cJSON_GetArraySize(origins) != saved->rank)
        return nsc_model_fail(&place, NSC_INVALID, "must have an element for each size of the shape");
    cJSON_ArrayForEach(item, origins)
    {
        if (!cJSON_IsNull(item) && !cJSON_IsString(item))
            return nsc_model_fail(&place, NSC_INVALID, "element %d must be a text or null", axis);
        if (cJSON_IsString(item) && saved->dims[axis] < 0)
            return nsc_model_fail(&place, NSC_INVALID, "element %d tells of a size that is unknown", axis);
        if (cJSON_IsString(item) && (saved->origins[axis] = nsc_arena_format(arena, "%s", item->valuestring)) == NULL)
            return no_memory(&place);
        axis++;
    }
    return NSC_OK;
}

static nsc_status read_init(const nsc_model_place *at, const cJSON *object, nsc_initializer *init)
{
    static const nsc_model_key keys[] = {{"kind", NSC_MODEL_TEXT},
                                         {"a", NSC_MODEL_NUMBER},
                                         {"b", NSC_MODEL_NUMBER},
                                         {"draw", NSC_MODEL_TEXT},
                                         {"factor", NSC_MODEL_TEXT},
                                         {"groups", NSC_MODEL_INTEGER},
                                         END};
    char text[512];
    int kind = NSC_INIT_DEFAULT, draw = NSC_DRAW_UNIFORM, factor = NSC_FAN_AVERAGE;
    nsc_status status = nsc_model_keys(at, "an initialiser", object, keys);
    if (status == NSC_OK)
        status = read_word(at, object, "kind", kinds, &kind);
    if (status == NSC_OK)
        status = read_word(at, object, "draw", draws, &draw);
    if (status == NSC_OK)
        status = read_word(at, object, "factor", factors, &factor);
    if (status != NSC_OK)
        return status;
    if (kind == NSC_INIT_DEFAULT || kind == NSC_INIT_CALLBACK)
        return nsc_model_fail(at, NSC_INVALID, "names no initialiser that a file can hold");
    *init = (nsc_initializer){.kind = (nsc_initializer_kind)kind,
                              .a = nsc_model_number(object, "a", 0),
                              .b = nsc_model_number(object, "b", 0),
                              .draw = (nsc_draw)draw,
                              .factor = (nsc_factor)factor,
                              .groups = nsc_model_integer(object, "groups", 0)};
    if (!nsc_initializer_valid(init, text, sizeof text))
        return nsc_model_fail(at, NSC_INVALID, "%s", text);
    return NSC_OK;
}

static bool read_seed(const char *text, uint64_t *seed)
{
    char again[32];
    errno = 0;
    *seed = strtoull(text, NULL, 10);
    snprintf(again, sizeof again, "%" PRIu64, *seed);
    return errno == 0 && strcmp(again, text) == 0; /* no sign, no spaces, nothing behind it */
}

static nsc_status read_request(const nsc_model_place *parent, const cJSON *object, nsc_arena *arena, nsc_saved *saved)
{
    static const nsc_model_key keys[] = {
        {"seed", NSC_MODEL_TEXT}, {"path", NSC_MODEL_TEXT}, {"init", NSC_MODEL_OBJECT}, END};
    const cJSON *request = nsc_model_item(object, "request");
    if (request == NULL)
        return NSC_OK;
    const nsc_model_place at = nsc_model_key_place(parent, "request");
    nsc_status status = nsc_model_keys(&at, "a request", request, keys);
    if (status != NSC_OK)
        return status;
    const char *seed = nsc_model_string(request, "seed"), *path = nsc_model_string(request, "path");
    if (seed == NULL || path == NULL || !read_seed(seed, &saved->seed))
        return nsc_model_fail(&at, NSC_INVALID,
                              "needs a path, and a seed: the digits of an integer under 2^64, as text");
    saved->requested = true;
    saved->request_path = nsc_arena_format(arena, "%s", path);
    if (saved->request_path == NULL)
        return no_memory(&at);
    const cJSON *init = nsc_model_item(request, "init");
    const nsc_model_place place = nsc_model_key_place(&at, "init");
    return init == NULL ? NSC_OK : read_init(&place, init, &saved->init);
}

static nsc_status read_attributes(const nsc_model_place *at, const cJSON *object, nsc_saved *saved)
{
    int gradient = NSC_GRADIENT_WRITE;
    const nsc_status status = read_word(at, object, "gradient", gradients, &gradient);
    const cJSON *pair = nsc_model_item(object, "multipliers");
    saved->gradient = (nsc_gradient_request)gradient;
    saved->frozen = nsc_model_bool(object, "frozen", false);
    saved->learning_rate = saved->weight_decay = 1;
    if (status != NSC_OK || pair == NULL)
        return status;
    const cJSON *rate = cJSON_GetArrayItem(pair, 0), *decay = cJSON_GetArrayItem(pair, 1);
    const nsc_model_place place = nsc_model_key_place(at, "multipliers");
    if (cJSON_GetArraySize(pair) != 2 || !cJSON_IsNumber(rate) || !cJSON_IsNumber(decay) ||
        !(rate->valuedouble >= 0 && rate->valuedouble <= 3.4028234663852886e38) ||
        !(decay->valuedouble >= 0 && decay->valuedouble <= 3.4028234663852886e38))
        return nsc_model_fail(&place, NSC_INVALID, "must be two finite numbers, 0 or more");
    saved->learning_rate = (float)rate->valuedouble;
    saved->weight_decay = (float)decay->valuedouble;
    return NSC_OK;
}

static nsc_status read_aliases(const nsc_model_place *at, const cJSON *object, nsc_arena *arena, nsc_saved *saved)
{
    const cJSON *aliases = nsc_model_item(object, "aliases"), *item;
    const nsc_model_place place = nsc_model_key_place(at, "aliases");
    if (aliases == NULL)
        return NSC_OK;
    saved->aliases = nsc_arena_take(arena, ((size_t)cJSON_GetArraySize(aliases) + 1) * sizeof *saved->aliases);
    if (saved->aliases == NULL)
        return no_memory(&place);
    cJSON_ArrayForEach(item, aliases)
    {
        if (!cJSON_IsString(item))
            return nsc_model_fail(&place, NSC_INVALID, "element %zu must be a text", saved->alias_count);
        const char *own = nsc_arena_format(arena, "%s", item->valuestring);
        if (own == NULL)
            return no_memory(&place);
        saved->aliases[saved->alias_count++] = own;
    }
    return NSC_OK;
}

static nsc_status read_role(const nsc_model_place *at, const cJSON *object, nsc_saved *saved)
{
    const char *words[NSC_ROLE_CONSTANT + 1] = {NULL};
    int index = -1;
    for (int i = 0; i < NSC_ROLE_CONSTANT; i++)
        words[i] = nsc_role_name((nsc_role)(i + 1));
    const nsc_status status = read_word(at, object, "role", words, &index);
    if (status == NSC_OK && index < 0)
        return nsc_model_fail(at, NSC_INVALID, "has no role");
    saved->role = (nsc_role)(index + 1);
    return status;
}

static nsc_status read_parameter(const nsc_model_place *parent, const cJSON *json, nsc_arena *arena, nsc_saved *saved)
{
    static const nsc_model_key keys[] = {
        {"shape", NSC_MODEL_ANY},      {"role", NSC_MODEL_TEXT},         {"origins", NSC_MODEL_ARRAY},
        {"request", NSC_MODEL_OBJECT}, {"aliases", NSC_MODEL_ARRAY},     {"gradient", NSC_MODEL_TEXT},
        {"frozen", NSC_MODEL_BOOL},    {"multipliers", NSC_MODEL_ARRAY}, END};
    const nsc_model_place at = nsc_model_key_place(parent, json->string);
    if (!cJSON_IsObject(json))
        return nsc_model_fail(&at, NSC_INVALID, "must be an object");
    saved->path = nsc_arena_format(arena, "%s", json->string);
    if (saved->path == NULL)
        return no_memory(&at);
    nsc_status status = nsc_model_keys(&at, "a parameter", json, keys);
    if (status == NSC_OK)
        status = read_shape(&at, json, saved);
    if (status == NSC_OK)
        status = read_origins(&at, json, arena, saved);
    if (status == NSC_OK)
        status = read_role(&at, json, saved);
    if (status == NSC_OK)
        status = read_request(&at, json, arena, saved);
    if (status == NSC_OK)
        status = read_attributes(&at, json, saved);
    if (status == NSC_OK)
        status = read_aliases(&at, json, arena, saved);
    return status;
}

nsc_status nsc_saved_decode(const char *file, const char *text, nsc_arena *arena, nsc_saved **items, size_t *count)
{
    static const nsc_model_key keys[] = {{"version", NSC_MODEL_INTEGER}, {"parameters", NSC_MODEL_OBJECT}, END};
    size_t nodes = 0;
    cJSON *root = NULL;
    nsc_model_place at = {.file = file, .text = NSC_CHECKPOINT_KEY, .nodes = &nodes};
    *count = 0;
    nsc_status status = nsc_model_text(file, text, strlen(text), &root);
    if (status != NSC_OK)
        return nsc_fail_while(0, status, "reading the state of the parameters (key " NSC_CHECKPOINT_KEY ")");
    if (!cJSON_IsObject(root))
        status = nsc_model_fail(&at, NSC_INVALID, "must be an object");
    if (status == NSC_OK)
        status = nsc_model_keys(&at, "a checkpoint", root, keys);
    const cJSON *parameters = nsc_model_item(root, "parameters"), *json;
    if (status == NSC_OK && (parameters == NULL || nsc_model_item(root, "version") == NULL))
        status = nsc_model_fail(&at, NSC_INVALID, "needs version and parameters");
    if (status == NSC_OK && nsc_model_integer(root, "version", 0) != NSC_CHECKPOINT_VERSION)
        status = nsc_model_fail(&at, NSC_UNSUPPORTED, "has version %lld; this library reads version %d",
                                (long long)nsc_model_integer(root, "version", 0), NSC_CHECKPOINT_VERSION);
    if (status == NSC_OK) {
        at = nsc_model_key_place(&at, "parameters");
        *items = nsc_arena_take(arena, ((size_t)cJSON_GetArraySize(parameters) + 1) * sizeof **items);
        status = *items == NULL ? no_memory(&at) : NSC_OK;
    }
    for (json = status == NSC_OK ? parameters->child : NULL; json != NULL && status == NSC_OK; json = json->next)
        status = read_parameter(&at, json, arena, &(*items)[(*count)++]);
    cJSON_Delete(root);
    return status;
}
