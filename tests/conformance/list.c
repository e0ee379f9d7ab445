/* SPDX-License-Identifier: Apache-2.0 */
/* The list of cases, made from the tables of the families. */
#include "list.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the harness relies on comes first. */
static const struct {
    const conformance_group *group;
    bool relied_on;
} groups[] = {{&group_harness, true},
              {&group_table, true},
              {&group_buffers, true},
              {&group_windows, true},
              {&group_self_check, false},
              {&group_map, false},
              {&group_map_operations, false},
              {&group_map_values, false},
              {&group_map_conversions, false},
              {&group_expressions, false},
              {&group_reduce, false},
              {&group_gemm, false},
              {&group_epilogue, false},
              {&group_random, false},
              {&group_gather, false},
              {&group_softmax, false},
              {&group_composed, false},
              {&group_plans, false},
              {&group_runs, false},
              {&group_parameters, false},
              {&group_initial, false},
              {&group_models, false},
              {&group_errors, false},
              {&group_threads, false},
              {&group_life, false}};

/* One of the patterns, between which commas stand. */
static bool is_wanted(const char *only, const char *name)
{
    while (only && *only) {
        const size_t length = strcspn(only, ",");
        char *glob = strndup(only, length);
        const bool matches = glob && fnmatch(glob, name, 0) == 0;

        free(glob);
        if (matches)
            return true;
        only += length + (only[length] == ',');
    }
    return !only;
}

/* Takes the case unless its name does not match. */
static bool add(case_list *list, const char *only, const char *name, const listed_case *made)
{
    if (!is_wanted(only, name))
        return true;
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 1024;
        listed_case *cases = realloc(list->cases, capacity * sizeof *cases);

        if (!cases)
            return false;
        list->cases = cases;
        list->capacity = capacity;
    }
    listed_case *c = &list->cases[list->count];

    *c = *made;
    c->name = strdup(name);
    list->count += c->name != NULL;
    return c->name != NULL;
}

static bool add_combination(case_list *list, const char *only, const conformance_table *table, const listed_case *made)
{
    char name[160];
    int length = snprintf(name, sizeof name, "%s", table->family);

    if (table->is_case && !table->is_case(made->class))
        return true;
    for (int axis = 0; axis < AXES; axis++)
        if (table->names[axis])
            length += snprintf(name + length, sizeof name - (size_t)length, "%c%s", axis == OPERATION ? '/' : '.',
                               table->names[axis][made->class[axis]]);
    return add(list, only, name, made);
}

static bool add_table(case_list *list, const char *only, const conformance_table *table, bool relied_on)
{
    listed_case made = {.family = table->family, .relied_on = relied_on, .table = table};

    for (;;) {
        int axis = AXES - 1;

        if (!add_combination(list, only, table, &made))
            return false;
        /* The next combination, the last axis first. */
        while (axis >= 0 && (!table->names[axis] || !table->names[axis][++made.class[axis]]))
            made.class[axis--] = 0;
        if (axis < 0)
            return true;
    }
}

static bool add_group(case_list *list, const char *only, const conformance_group *group, bool relied_on)
{
    for (const conformance_case *c = group->cases; c && c->family; c++) {
        const listed_case made = {.family = c->family, .relied_on = relied_on, .one = c};
        char name[160];

        snprintf(name, sizeof name, "%s/%s", c->family, c->name);
        if (!add(list, only, name, &made))
            return false;
    }
    for (const conformance_table *table = group->tables; table && table->family; table++)
        if (!add_table(list, only, table, relied_on))
            return false;
    return true;
}

bool list_cases(case_list *list, const char *only)
{
    *list = (case_list){0};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (!add_group(list, only, groups[i].group, groups[i].relied_on)) {
            list_free(list);
            return false;
        }
    return true;
}

void list_free(case_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->cases[i].name);
    free(list->cases);
    *list = (case_list){0};
}

void list_run(target *t, const listed_case *c)
{
    if (c->one)
        c->one->run(t, c->one->number);
    else
        c->table->run(t, c->class);
}
