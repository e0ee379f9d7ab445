/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with an initialiser, alone and for a parameter, as far as it can be told before any batch. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/param/initializer.h"
#include "core/shape.h"

static const char *array_wrong(const nsc_initializer *init)
{
    uint64_t count;
    if (init->rank < 0 || init->rank > NSC_MAX_RANK)
        return "an array initialiser needs a rank of 0 to 8 and that many sizes";
    if (!nsc_shape_count(init->rank, init->dims, &count) || count > INT64_MAX / sizeof(float))
        return "an array initialiser needs sizes of 0 or more that multiply to less than 63 bits of bytes";
    return init->values == NULL && count > 0 ? "an array initialiser needs values, they are NULL" : NULL;
}

static bool deviation_right(float deviation)
{
    return isfinite(deviation) && deviation >= 0.0f;
}

static const char *wrong_with(const nsc_initializer *init)
{
    switch (init->kind) {
    case NSC_INIT_DEFAULT:
    case NSC_INIT_CONSTANT:
    case NSC_INIT_BILINEAR:
        return NULL;
    case NSC_INIT_UNIFORM:
        if (!isfinite(init->a) || !isfinite(init->b) || !isfinite(init->b - init->a) || init->a > init->b)
            return "a uniform initialiser needs finite ends, the lower one first";
        return NULL;
    case NSC_INIT_NORMAL:
    case NSC_INIT_TRUNCATED_NORMAL:
        if (!isfinite(init->a) || !deviation_right(init->b))
            return "a normal initialiser needs a finite mean and a finite deviation of 0 or more";
        return NULL;
    case NSC_INIT_CALLBACK:
        return init->fill == NULL ? "a callback initialiser needs a function" : NULL;
    case NSC_INIT_VARIANCE_SCALING:
        if (!isfinite(init->a) || init->a < 0.0f)
            return "variance scaling needs a finite magnitude of 0 or more";
        if ((unsigned)init->draw > NSC_DRAW_TRUNCATED_NORMAL)
            return "variance scaling draws uniform, normal or truncated normal: use one of nsc_draw";
        return (unsigned)init->factor > NSC_FAN_OUT ? "variance scaling needs a factor: use one of nsc_factor" : NULL;
    case NSC_INIT_ORTHOGONAL:
    case NSC_INIT_IDENTITY:
        return isfinite(init->a) ? NULL : "an orthogonal or identity initialiser needs a finite gain";
    case NSC_INIT_DIRAC:
        return init->groups < 0 ? "a dirac initialiser needs 1 group or more (0 counts as 1)" : NULL;
    case NSC_INIT_LSTM_BIAS:
        return isfinite(init->a) ? NULL : "an LSTM bias initialiser needs a finite forget bias";
    case NSC_INIT_SPARSE:
        if (!(init->a >= 0.0f && init->a <= 1.0f))
            return "a sparse initialiser needs a sparsity of 0 to 1";
        return deviation_right(init->b) ? NULL : "a sparse initialiser needs a finite deviation of 0 or more";
    case NSC_INIT_ARRAY:
        return array_wrong(init);
    }
    return "";
}

bool nsc_initializer_valid(const nsc_initializer *init, char *text, size_t capacity)
{
    const char *wrong = wrong_with(init);
    if (wrong != NULL && wrong[0] == '\0')
        snprintf(text, capacity, "%d is no kind of initialiser", (int)init->kind);
    else if (wrong != NULL)
        snprintf(text, capacity, "%s", wrong);
    return wrong == NULL;
}

/* The parameter in question, and where to say what does not fit. */
typedef struct question {
    const nsc_initializer *init;
    const char *role;
    int rank;
    const int64_t *dims;
    char *text;
    size_t capacity;
} question;

/* Says "xavier (...) needs ..., this weight ...: remedy". Gives false. */
static bool unsuited(const question *q, const char *need, const char *what, const char *remedy)
{
    char name[160];
    nsc_initializer_describe(q->init, name, sizeof name);
    snprintf(q->text, q->capacity, "%s needs %s, this %s has %s: %s", name, need, q->role, what, remedy);
    return false;
}

static bool rank_suits(const question *q, int least, int most)
{
    char need[64], what[32];
    if (q->rank < 0 || (q->rank >= least && q->rank <= most))
        return true;
    snprintf(need, sizeof need, least == most ? "rank %d" : "rank %d or more", least);
    snprintf(what, sizeof what, "rank %d", q->rank);
    return unsuited(q, need, what, "give it another initialiser");
}

static bool scaling_suits(const question *q, const nsc_fans *fans)
{
    bool in = q->init->factor != NSC_FAN_OUT, out = q->init->factor != NSC_FAN_IN;
    char what[96];
    uint32_t axes = (in ? fans->in_axes : 0) | (out ? fans->out_axes : 0);
    if ((in && fans->in_divisor < 0) || (out && fans->out_divisor < 0))
        return unsuited(q, "divisors of fans of 1 or more", "a negative one", "declare its fans anew");
    if (q->rank < 0)
        return true;
    if (axes >> q->rank != 0) {
        snprintf(what, sizeof what, "rank %d and fans that name axes beyond it", q->rank);
        return unsuited(q, "fans of axes that are there", what, "declare its fans anew");
    }
    if (q->rank >= 2 || ((!in || fans->in_axes != 0) && (!out || fans->out_axes != 0)))
        return true;
    snprintf(what, sizeof what, "rank %d", q->rank);
    return unsuited(q, "rank 2 or more, or declared fans", what, "declare its fans or give it another initialiser");
}

static bool dirac_suits(const question *q)
{
    char what[64], need[64];
    int64_t groups = q->init->groups == 0 ? 1 : q->init->groups;
    if (!rank_suits(q, 3, NSC_MAX_RANK))
        return false;
    if (q->rank < 0 || q->dims[0] < 0 || q->dims[0] % groups == 0)
        return true;
    snprintf(need, sizeof need, "axis 0 to be a multiple of %" PRId64, groups);
    snprintf(what, sizeof what, "%" PRId64 " there", q->dims[0]);
    return unsuited(q, need, what, "change the groups or the size");
}

static bool array_suits(const question *q)
{
    char own[NSC_SHAPE_TEXT], wanted[NSC_SHAPE_TEXT], need[NSC_SHAPE_TEXT + 8], what[NSC_SHAPE_TEXT + 8];
    const nsc_initializer *init = q->init;
    bool same = q->rank < 0 || q->rank == init->rank;
    for (int i = 0; same && i < q->rank; i++)
        same = q->dims[i] < 0 || q->dims[i] == init->dims[i];
    if (same)
        return true;
    snprintf(need, sizeof need, "shape %s", nsc_shape_text(wanted, init->rank, init->dims));
    snprintf(what, sizeof what, "shape %s", nsc_shape_text(own, q->rank, q->dims));
    return unsuited(q, need, what, "give an array of the parameter's shape");
}

bool nsc_initializer_suits(const nsc_initializer *init, nsc_role role, int rank, const int64_t *dims,
                           const nsc_fans *fans, char *text, size_t capacity)
{
    static const nsc_fans common = {0};
    const char *name = role == NSC_ROLE_ANY ? NULL : nsc_role_name(role);
    const question q = {init, name == NULL ? "parameter" : name, rank, dims, text, capacity};
    switch (init->kind) {
    case NSC_INIT_VARIANCE_SCALING:
        return scaling_suits(&q, fans == NULL ? &common : fans);
    case NSC_INIT_ORTHOGONAL:
        return rank_suits(&q, 2, NSC_MAX_RANK);
    case NSC_INIT_IDENTITY:
    case NSC_INIT_SPARSE:
        return rank_suits(&q, 2, 2);
    case NSC_INIT_DIRAC:
        return dirac_suits(&q);
    case NSC_INIT_BILINEAR:
        return rank_suits(&q, 4, 4);
    case NSC_INIT_LSTM_BIAS:
        return rank_suits(&q, 1, 1);
    case NSC_INIT_ARRAY:
        return array_suits(&q);
    default:
        return true;
    }
}
