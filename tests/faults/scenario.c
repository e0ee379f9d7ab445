/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

enum { MANY = 20000 };

static world_text before, after, whole, answer; /* too large for a stack */
static long chances;

static nsc_status act(world *w, const scenario *one)
{
    w->told.length = 0;
    w->told.text[0] = 0;
    w->wrong = NULL;
    return one->act(w);
}

static void check_words(const scenario *one, const fault *by, long n, nsc_status status)
{
    const char *text = nsc_last_error(NULL);
    ck_assert_msg(status == by->answer, "%s, %s %ld: %s, not %s: %s", one->name, by->name, n, nsc_status_name(status),
                  nsc_status_name(by->answer), text);
    ck_assert_msg(strstr(text, "is NULL") == NULL, "%s, %s %ld: words of another error: %s", one->name, by->name, n,
                  text);
    ck_assert_msg(by->words == NULL || strcasestr(text, by->words) != NULL, "%s, %s %ld: no \"%s\" in: %s", one->name,
                  by->name, n, by->words, text);
}

static void check_same(const scenario *one, const fault *by, long n, const char *when, const world_text *a,
                       const world_text *b)
{
    ck_assert_msg(strcmp(a->text, b->text) == 0, "%s, %s %ld: %s\n%s\n--- but was\n%s", one->name, by->name, n, when,
                  b->text, a->text);
}

/* false: the chance did not come. */
static bool live(world *w, const scenario *one, const fault *by, long n)
{
    world_clear(w);
    one->prepare(w);
    world_show(w, &before);
    nsc_initialize(NULL, w->context, NULL); /* words that must be gone later */
    nsc_initialize(NULL, w->other, NULL);
    nsc_parameter_read(NULL, NULL, 0);
    by->arm(n);
    nsc_status status = act(w, one);
    const bool hit = by->hit();
    by->arm(0);
    ck_assert_msg(w->wrong == NULL, "%s, %s %ld: %s", one->name, by->name, n, w->wrong);
    if (status != one->want) {
        ck_assert_msg(hit, "%s: %s though nothing failed: %s", one->name, nsc_status_name(status),
                      nsc_last_error(NULL));
        check_words(one, by, n, status);
        world_show(w, &after);
        check_same(one, by, n, "a failure changed something; before:", &after, &before);
        status = act(w, one);
        ck_assert_msg(status == one->want, "%s, again after %s %ld: %s: %s", one->name, by->name, n,
                      nsc_status_name(status), nsc_last_error(NULL));
    }
    world_show(w, &after);
    if (n == 0) {
        whole = after;
        answer = w->told;
    } else {
        check_same(one, by, n, "it ends differently; undisturbed:", &after, &whole);
        check_same(one, by, n, "it answers differently; undisturbed:", &w->told, &answer);
    }
    return hit;
}

void scenario_run(world *w, const scenario *one, const fault *by)
{
    long n = 1;
    live(w, one, by, 0);
    while (live(w, one, by, n)) {
        n++;
        ck_assert_int_lt(n, MANY);
    }
    chances += n - 1;
}

void scenario_run_all(world *w, const scenario *scenarios, size_t count, const fault *faults, size_t fault_count)
{
    for (size_t i = 0; i < fault_count; i++) {
        chances = 0;
        for (size_t j = 0; j < count; j++)
            scenario_run(w, &scenarios[j], &faults[i]);
        printf("%s: %s: %ld failures in %zu calls\n", nsc_context_device(w->context)->backend, faults[i].name, chances,
               count);
        ck_assert_int_gt(chances, 0);
    }
}
