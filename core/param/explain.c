/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter in one paragraph: what it is, what it lacks, what supplies it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/param/parameter.h"
#include "core/shape.h"
#include "core/tensor.h"

/* A text that grows in a fixed place and counts what did not fit. */
typedef struct paragraph {
    char *text;
    size_t capacity, length;
} paragraph;

static void say(paragraph *to, const char *format, ...) NSC_PRINTF(2, 3);
static void say(paragraph *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool room = to->length < to->capacity;
    int written =
        vsnprintf(room ? to->text + to->length : NULL, room ? to->capacity - to->length : 0, format, arguments);
    va_end(arguments);
    to->length += written < 0 ? 0 : (size_t)written;
}

static void say_sizes(paragraph *to, const nsc_parameter *parameter, int rank, const int64_t *dims)
{
    char words[128];
    for (int i = 0; i < rank; i++)
        if (dims[i] >= 0)
            say(to, "%s axis %d: %" PRId64 ", %s", i == 0 ? "" : ";", i, dims[i],
                nsc_cell_origin(nsc_cell_root(parameter->axes[i]), parameter->kind, words, sizeof words));
        else
            say(to, "%s axis %d: unknown", i == 0 ? "" : ";", i);
    if (rank > 0)
        say(to, ".");
}

static void say_remedy(paragraph *to, const nsc_parameter *parameter, bool known)
{
    bool requested = parameter->request.context != 0;
    const char *block = parameter->kind;
    if (parameter->value != NULL)
        return;
    if (!requested)
        say(to, " No value was requested: call nsc_initialize.");
    if (known && requested)
        say(to,
            " Its shape is known; another parameter of the request is not, or no forward was made yet: the first "
            "forward "
            "through its block (%s), or nsc_initialize again, makes the value.",
            block);
    if (!known) {
        say(to,
            " What is unknown follows from the input of its block (%s): a forward, nsc_infer_shapes or "
            "nsc_parameter_set supplies it, or a file (nsc_load).",
            block);
        if (parameter->remedy != NULL)
            say(to, " To leave nothing to infer, declare %s.", parameter->remedy);
        else
            say(to, " To leave nothing to infer, give its sizes where it is declared.");
    }
}

size_t nsc_parameter_explain_at(const nsc_parameter *parameter, const char *path, char *text, size_t capacity)
{
    paragraph to = {text, text == NULL ? 0 : capacity, 0};
    char shape[NSC_SHAPE_TEXT], init[160];
    int64_t dims[NSC_MAX_RANK] = {0};
    nsc_parameters_lock();
    const nsc_parameter *meant = nsc_parameter_resolve(parameter);
    int rank = nsc_parameter_shape_locked(meant, dims);
    const nsc_initializer *chosen = meant->request.context != 0 ? &meant->request.init : &meant->init;
    say(&to, "%s is a %s of a %s block, %s %s, %s.", path == NULL ? nsc_parameter_told_path(meant) : path,
        nsc_role_name(meant->role), meant->kind, nsc_shape_text(shape, rank, dims), nsc_dtype_name(meant->dtype),
        nsc_parameter_state_name(nsc_parameter_state_locked(meant)));
    if (rank < 0)
        say(&to, " Its rank is unknown.");
    say_sizes(&to, meant, rank, dims);
    if (parameter != meant)
        say(&to, " It is tied: %s is the same parameter.", parameter->name);
    if (chosen->kind == NSC_INIT_DEFAULT) {
        say(&to, " Its initialiser is the net's default.");
    } else {
        nsc_initializer_describe(chosen, init, sizeof init);
        say(&to, " Its initialiser is %s", init);
        if (meant->request.context != 0)
            say(&to, ", requested with seed %" PRIu64, meant->request.seed);
        say(&to, ".");
    }
    say_remedy(&to, meant, nsc_shape_known(rank, dims));
    nsc_parameters_unlock();
    return to.length;
}

size_t nsc_parameter_explain(const nsc_parameter *parameter, char *text, size_t capacity)
{
    if (parameter != NULL)
        return nsc_parameter_explain_at(parameter, NULL, text, capacity);
    paragraph to = {text, text == NULL ? 0 : capacity, 0};
    say(&to, "There is no parameter.");
    return to.length;
}
