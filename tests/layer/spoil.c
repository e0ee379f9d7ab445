/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that compiles something else than it was given: one text in every source becomes another. What is replaced is
 * set by nsc_layer_spoil, or for programs that know nothing of the layer by NSC_LAYER_SPOIL=TEXT=>OTHER. */
#include "chain.h"
#include "layer.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;

/* What follows is guarded by it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[256], other[256]; /* text "": nothing is replaced */
static unsigned long spoilt;

EXPORT void nsc_layer_spoil(const char *given, const char *instead)
{
    pthread_mutex_lock(&lock);
    snprintf(text, sizeof text, "%s", given ? given : "");
    snprintf(other, sizeof other, "%s", given ? instead : "");
    spoilt = 0;
    pthread_mutex_unlock(&lock);
}

EXPORT unsigned long nsc_layer_spoilt(void)
{
    pthread_mutex_lock(&lock);
    const unsigned long count = spoilt;
    pthread_mutex_unlock(&lock);
    return count;
}

static char *join(cl_uint count, const char **pieces, const size_t *lengths)
{
    size_t total = 0;
    for (cl_uint i = 0; i < count; i++)
        total += lengths && lengths[i] ? lengths[i] : strlen(pieces[i]);
    char *whole = malloc(total + 1), *at = whole;
    for (cl_uint i = 0; whole && i < count; i++) {
        const size_t length = lengths && lengths[i] ? lengths[i] : strlen(pieces[i]);
        memcpy(at, pieces[i], length);
        at += length;
    }
    if (whole)
        *at = 0;
    return whole;
}

/* A new text, to be freed; NULL: no memory. */
static char *replace(const char *source)
{
    char *made = malloc(strlen(source) + (strlen(source) / strlen(text) + 1) * strlen(other) + 1), *to = made;
    while (made && *source) {
        if (strncmp(source, text, strlen(text)) == 0) {
            memcpy(to, other, strlen(other));
            to += strlen(other);
            source += strlen(text);
            spoilt++;
        } else {
            *to++ = *source++;
        }
    }
    if (made)
        *to = 0;
    return made;
}

static cl_program CL_API_CALL create(cl_context context, cl_uint count, const char **pieces, const size_t *lengths,
                                     cl_int *code)
{
    char *whole = NULL, *changed = NULL;
    pthread_mutex_lock(&lock);
    if (*text && (whole = join(count, pieces, lengths)) != NULL)
        changed = replace(whole);
    pthread_mutex_unlock(&lock);
    const char *piece = changed;
    cl_program program = changed ? next->clCreateProgramWithSource(context, 1, &piece, NULL, code)
                                 : next->clCreateProgramWithSource(context, count, pieces, lengths, code);
    free(whole);
    free(changed);
    return program;
}

const struct _cl_icd_dispatch *nsc_layer_spoils(const struct _cl_icd_dispatch *target, cl_uint entries)
{
    const char *said = getenv("NSC_LAYER_SPOIL"), *arrow = said ? strstr(said, "=>") : NULL;
    next = target;
    memcpy(&mine, target, entries * sizeof(void *));
    mine.clCreateProgramWithSource = create;
    if (arrow) {
        snprintf(text, sizeof text, "%.*s", (int)(arrow - said), said);
        snprintf(other, sizeof other, "%s", arrow + 2);
    }
    return &mine;
}
