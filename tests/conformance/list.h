/* SPDX-License-Identifier: Apache-2.0 */
/* The cases in the order in which they run. */
#ifndef NASCENT_CONFORMANCE_LIST_H
#define NASCENT_CONFORMANCE_LIST_H

#include "conformance.h"

typedef struct listed_case {
    char *name;                  /* family/... */
    const char *family;          /* the same without what follows */
    bool relied_on;              /* the others rely on its family: when one of these fails the rest is not run */
    const conformance_case *one; /* or */
    const conformance_table *table;
    int class[AXES];
} listed_case;

typedef struct case_list {
    listed_case *cases;
    size_t count, capacity;
} case_list;

/* Every case whose name matches only (NULL: all). false: there is no memory. The caller owns what is in it. */
bool list_cases(case_list *list, const char *only);
void list_free(case_list *list);
void list_run(target *t, const listed_case *c);

#endif
