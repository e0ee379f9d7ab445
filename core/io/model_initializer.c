/* SPDX-License-Identifier: Apache-2.0 */
/* Initialisers in a model description. Callbacks and arrays cannot be written there. */
#include <math.h>

#include "core/io/model.h"

static const char *const names[] = {
    "zeros", "ones",       "constant", "uniform", "normal",   "truncated_normal", "variance_scaling", "xavier", "he",
    "lecun", "orthogonal", "identity", "dirac",   "bilinear", "lstm_bias",        "sparse",           NULL};
enum {
    ZEROS,
    ONES,
    CONSTANT,
    UNIFORM,
    NORMAL,
    TRUNCATED_NORMAL,
    VARIANCE_SCALING,
    XAVIER,
    HE,
    LECUN,
    ORTHOGONAL,
    IDENTITY,
    DIRAC,
    BILINEAR,
    LSTM_BIAS,
    SPARSE
};

#define KIND                   \
    {                          \
        "kind", NSC_MODEL_TEXT \
    }
#define NUMBER(NAME)           \
    {                          \
        NAME, NSC_MODEL_NUMBER \
    }
#define END                  \
    {                        \
        NULL, NSC_MODEL_TEXT \
    }
/* In the order of names. */
static const nsc_model_key keys[][5] = {
    {KIND, END},
    {KIND, END},
    {KIND, NUMBER("value"), END},
    {KIND, NUMBER("scale"), END},
    {KIND, NUMBER("sigma"), END},
    {KIND, NUMBER("sigma"), END},
    {KIND, {"draw", NSC_MODEL_TEXT}, {"factor", NSC_MODEL_TEXT}, NUMBER("magnitude"), END},
    {KIND, END},
    {KIND, {"factor", NSC_MODEL_TEXT}, NUMBER("slope"), END},
    {KIND, END},
    {KIND, NUMBER("gain"), END},
    {KIND, NUMBER("gain"), END},
    {KIND, {"groups", NSC_MODEL_INTEGER}, END},
    {KIND, END},
    {KIND, NUMBER("forget"), END},
    {KIND, NUMBER("sparsity"), NUMBER("sigma"), END}};

/* In the order of nsc_draw and nsc_factor. */
static const char *const draws[] = {"uniform", "normal", "truncated_normal", NULL};
static const char *const factors[] = {"average", "in", "out", NULL};

/* One of a few words, *index where it is left out. */
static nsc_status read_word(const nsc_model_place *at, const cJSON *json, const char *key, const char *const *words,
                            int *index)
{
    const char *word = nsc_model_string(json, key);
    char advice[160];
    if (word == NULL)
        return NSC_OK;
    *index = nsc_words_find(word, words);
    if (*index >= 0)
        return NSC_OK;
    const nsc_model_place place = nsc_model_key_place(at, key);
    return nsc_model_fail(&place, NSC_INVALID, "is \"%s\"; %s", word,
                          nsc_words_advice(word, words, advice, sizeof advice));
}

static nsc_initializer make(int kind, const cJSON *json, nsc_draw draw, nsc_factor factor)
{
    switch (kind) {
    case ONES:
        return nsc_ones();
    case CONSTANT:
        return nsc_constant(nsc_model_number(json, "value", 0));
    case UNIFORM:
        return nsc_uniform(nsc_model_number(json, "scale", 0));
    case NORMAL:
        return nsc_normal(nsc_model_number(json, "sigma", 0));
    case TRUNCATED_NORMAL:
        return nsc_truncated_normal(nsc_model_number(json, "sigma", 0));
    case VARIANCE_SCALING:
        return nsc_variance_scaling(draw, factor, nsc_model_number(json, "magnitude", 1));
    case XAVIER:
        return nsc_xavier();
    case HE:
        return nsc_he(factor, nsc_model_number(json, "slope", 0));
    case LECUN:
        return nsc_lecun();
    case ORTHOGONAL:
        return nsc_orthogonal(nsc_model_number(json, "gain", 1));
    case IDENTITY:
        return nsc_identity_matrix(nsc_model_number(json, "gain", 1));
    case DIRAC:
        return nsc_dirac(nsc_model_integer(json, "groups", 1));
    case BILINEAR:
        return nsc_bilinear();
    case LSTM_BIAS:
        return nsc_lstm_bias(nsc_model_number(json, "forget", 1));
    case SPARSE:
        return nsc_sparse(nsc_model_number(json, "sparsity", 0), nsc_model_number(json, "sigma", 0));
    default:
        return nsc_zeros();
    }
}

nsc_status nsc_model_initializer(const nsc_model_place *at, const cJSON *json, nsc_initializer *init)
{
    static const char *const required[][2] = {[CONSTANT] = {"value"},
                                              [UNIFORM] = {"scale"},
                                              [NORMAL] = {"sigma"},
                                              [TRUNCATED_NORMAL] = {"sigma"},
                                              [SPARSE] = {"sparsity", "sigma"}};
    char advice[512];
    *init = (nsc_initializer){0};
    if (json == NULL)
        return NSC_OK;
    const char *name = nsc_model_string(json, "kind");
    const int kind = name != NULL ? nsc_words_find(name, names) : -1;
    if (kind < 0)
        return nsc_model_fail(at, name != NULL ? NSC_UNSUPPORTED : NSC_INVALID, "%s%s%s; %s",
                              name != NULL ? "has kind \"" : "has no kind", name != NULL ? name : "",
                              name != NULL ? "\", which is no initialiser" : "",
                              nsc_words_advice(name != NULL ? name : "", names, advice, sizeof advice));
    nsc_status status = nsc_model_keys(at, name, json, keys[kind]);
    for (int i = 0; i < 2 && status == NSC_OK; i++)
        if (required[kind][i] != NULL && nsc_model_item(json, required[kind][i]) == NULL)
            status = nsc_model_fail(at, NSC_INVALID, "has no %s, which %s needs", required[kind][i], name);
    int draw = NSC_DRAW_UNIFORM, factor = kind == HE ? NSC_FAN_IN : NSC_FAN_AVERAGE;
    if (status == NSC_OK)
        status = read_word(at, json, "draw", draws, &draw);
    if (status == NSC_OK)
        status = read_word(at, json, "factor", factors, &factor);
    if (status == NSC_OK)
        *init = make(kind, json, (nsc_draw)draw, (nsc_factor)factor);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void put_number(nsc_model_writer *writer, cJSON *node, const char *key, float value)
{
    nsc_model_put(writer, node, key, cJSON_CreateNumber(nsc_model_decimal(value)));
}

static bool same(const nsc_initializer *a, const nsc_initializer *b)
{
    return a->kind == b->kind && a->a == b->a && signbit(a->a) == signbit(b->a) && a->b == b->b && a->draw == b->draw &&
           a->factor == b->factor && a->groups == b->groups;
}

/* The name with which it is written, or -1: it has none. */
static int name_of(const nsc_initializer *init)
{
    const nsc_initializer named[] = {[ZEROS] = nsc_zeros(),
                                     [ONES] = nsc_ones(),
                                     [XAVIER] = nsc_xavier(),
                                     [LECUN] = nsc_lecun(),
                                     [HE] = nsc_he(init->factor, 0.0f)};
    static const int short_names[] = {ZEROS, ONES, XAVIER, LECUN, HE};
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++)
        if (same(init, &named[short_names[i]]))
            return short_names[i];
    switch (init->kind) {
    case NSC_INIT_CONSTANT:
        return CONSTANT;
    case NSC_INIT_UNIFORM:
        return init->a == -init->b ? UNIFORM : -1;
    case NSC_INIT_NORMAL:
        return init->a == 0.0f ? NORMAL : -1;
    case NSC_INIT_TRUNCATED_NORMAL:
        return init->a == 0.0f ? TRUNCATED_NORMAL : -1;
    case NSC_INIT_VARIANCE_SCALING:
        return VARIANCE_SCALING;
    case NSC_INIT_ORTHOGONAL:
        return ORTHOGONAL;
    case NSC_INIT_IDENTITY:
        return IDENTITY;
    case NSC_INIT_DIRAC:
        return DIRAC;
    case NSC_INIT_BILINEAR:
        return BILINEAR;
    case NSC_INIT_LSTM_BIAS:
        return LSTM_BIAS;
    case NSC_INIT_SPARSE:
        return SPARSE;
    default:
        return -1;
    }
}

static void put_arguments(nsc_model_writer *writer, int name, const nsc_initializer *init, cJSON *node)
{
    switch (name) {
    case CONSTANT:
        put_number(writer, node, "value", init->a);
        break;
    case UNIFORM:
        put_number(writer, node, "scale", init->b);
        break;
    case NORMAL:
    case TRUNCATED_NORMAL:
        put_number(writer, node, "sigma", init->b);
        break;
    case VARIANCE_SCALING:
        if (init->draw != NSC_DRAW_UNIFORM)
            nsc_model_put(writer, node, "draw", cJSON_CreateString(draws[init->draw]));
        if (init->factor != NSC_FAN_AVERAGE)
            nsc_model_put(writer, node, "factor", cJSON_CreateString(factors[init->factor]));
        if (init->a != 1.0f)
            put_number(writer, node, "magnitude", init->a);
        break;
    case HE:
        if (init->factor != NSC_FAN_IN)
            nsc_model_put(writer, node, "factor", cJSON_CreateString(factors[init->factor]));
        break;
    case ORTHOGONAL:
    case IDENTITY:
        if (init->a != 1.0f)
            put_number(writer, node, "gain", init->a);
        break;
    case DIRAC:
        if (init->groups != 1)
            nsc_model_put(writer, node, "groups", cJSON_CreateNumber((double)init->groups));
        break;
    case LSTM_BIAS:
        if (init->a != 1.0f)
            put_number(writer, node, "forget", init->a);
        break;
    case SPARSE:
        put_number(writer, node, "sparsity", init->a);
        put_number(writer, node, "sigma", init->b);
        break;
    default:
        break;
    }
}

nsc_status nsc_model_write_initializer(nsc_model_writer *writer, const char *key, const nsc_initializer *init,
                                       cJSON *node)
{
    char text[160];
    if (init->kind == NSC_INIT_DEFAULT)
        return NSC_OK;
    const int name = name_of(init);
    if (name < 0) {
        nsc_initializer_describe(init, text, sizeof text);
        return nsc_model_refuse(writer, "%s is the initialiser \"%s\", which a description cannot hold", key, text);
    }
    if (!isfinite(init->a) || !isfinite(init->b))
        return nsc_model_refuse(writer, "%s has a value that is not finite, which JSON cannot hold", key);
    cJSON *object = cJSON_CreateObject();
    nsc_model_put(writer, object, "kind", cJSON_CreateString(names[name]));
    put_arguments(writer, name, init, object);
    nsc_model_put(writer, node, key, object);
    return NSC_OK;
}
