/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be tested: one choice, or every backend and device that is here, each in one mode or in two. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "command.h"
#include "program.h"
#include "say.h"

/* A backend that has not told its devices by then hangs. */
#define SECONDS 120

static test_run *add_run(program *p, const char *choice, const char *mode)
{
    test_run *runs = realloc(p->runs, (p->run_count + 1) * sizeof *runs);
    char title[512];

    if (!runs)
        return NULL;
    p->runs = runs;
    test_run *run = &runs[p->run_count];

    snprintf(title, sizeof title, "%s %s", choice, mode ? mode : "native");
    *run = (test_run){.choice = strdup(choice),
                      .title = strdup(title),
                      .compose = !mode                           ? NULL
                                 : strcmp(mode, "composed") == 0 ? "all"
                                                                 : "none",
                      .results = calloc(p->list.count ? p->list.count : 1, sizeof *run->results)};
    if (!run->choice || !run->title || !run->results)
        return NULL;
    p->run_count++;
    return run;
}

int targets_one(program *p, const char *backend, const char *const *modes, size_t mode_count)
{
    for (size_t i = 0; i < mode_count; i++)
        if (!add_run(p, backend, modes[i]))
            return nsc_say_failed("no memory for the results; free some");
    return NSC_EXIT_OK;
}

typedef struct survey {
    program *p;
    const char *const *modes;
    size_t mode_count;
    bool full;
} survey;

static void add_devices(survey *s, const char *name, const cJSON *devices)
{
    const cJSON *device;

    cJSON_ArrayForEach(device, devices)
    {
        const cJSON *index = cJSON_GetObjectItemCaseSensitive(device, "index");
        char choice[128];

        snprintf(choice, sizeof choice, "%s:%.0f", name, cJSON_IsNumber(index) ? index->valuedouble : 0.0);
        for (size_t i = 0; i < s->mode_count; i++)
            s->full |= !add_run(s->p, choice, s->modes[i]);
    }
}

/* One row says why nothing of it is tested. */
static void add_problem(survey *s, const char *name, const char *problem, bool absent)
{
    test_run *run = add_run(s->p, name, s->modes[0]);

    if (!run) {
        s->full = true;
        return;
    }
    run->problem = strdup(problem);
    run->absent = absent;
}

static int add_backend(void *user, const char *name, const char *file, int installed)
{
    survey *s = user;
    char why[256];
    cJSON *answer = nsc_ask(name, SECONDS, why, sizeof why);
    const char *status = nsc_ask_text(answer, "status");

    (void)file;
    (void)installed;
    if (!answer)
        add_problem(s, name, why, false);
    else if (strcmp(status, nsc_status_name(NSC_OK)) != 0)
        add_problem(s, name, nsc_ask_text(answer, "error"), strcmp(status, nsc_status_name(NSC_UNAVAILABLE)) == 0);
    else
        add_devices(s, name, cJSON_GetObjectItemCaseSensitive(answer, "devices"));
    cJSON_Delete(answer);
    return s->full;
}

int targets_all(program *p, const char *const *modes, size_t mode_count)
{
    survey s = {.p = p, .modes = modes, .mode_count = mode_count};

    if (nsc_backends_each(add_backend, &s) != NSC_OK)
        return nsc_say_refused("nascent devices lists what is here");
    return s.full ? nsc_say_failed("no memory for the results; free some") : NSC_EXIT_OK;
}

bool is_bad(const test_run *run)
{
    return run->counts[OUTCOME_FAILED] > 0 || run->counts[OUTCOME_UNEXPECTED] > 0 || (run->problem && !run->absent);
}

void targets_free(program *p)
{
    for (size_t i = 0; i < p->run_count; i++) {
        test_run *run = &p->runs[i];

        for (size_t r = 0; r < run->count; r++)
            free(run->results[r].text);
        free(run->results);
        free(run->choice);
        free(run->title);
        free(run->problem);
        free(run->device);
    }
    free(p->runs);
    p->runs = NULL;
    p->run_count = 0;
}
