/* SPDX-License-Identifier: Apache-2.0 */
/* Initialisers in a model description. Callbacks and arrays cannot be written there. */
#include "core/io/model.h"
#include "core/words.h"

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
