/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of NASCENT_BACKEND. Pure: no environment, no allocation.
 *
 *   list   = "auto" | choice {"," choice}
 *   choice = (name | path) [":" device]
 *   name   = one or more of a-z 0-9 _        path = /absolute/file.so
 *   device = index | "gpu" | "cpu" | text
 *
 * In a choice that starts with a slash the device starts after the last colon behind the last slash, in another one after
 * the first colon. */
#ifndef NSC_CORE_DEVICE_CHOICE_H
#define NSC_CORE_DEVICE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum nsc_choice_by {
    NSC_CHOICE_ANY, /* no device named */
    NSC_CHOICE_INDEX,
    NSC_CHOICE_GPU,
    NSC_CHOICE_CPU,
    NSC_CHOICE_TEXT
} nsc_choice_by;

/* Pointers into the text that was parsed; not ended by 0. */
typedef struct nsc_choice {
    unsigned position;  /* in the list, from 1 */
    const char *text;   /* the whole choice */
    size_t text_length; /* at most INT_MAX */
    const char *name;   /* name or path */
    size_t name_length;
    bool is_path;
    nsc_choice_by by;
    uint32_t index;
    const char *device; /* the device part; NULL: none */
    size_t device_length;
} nsc_choice;

/* Is this list "auto"? */
bool nsc_choice_is_auto(const char *list);
/* 1 to 64 of a-z 0-9 _ */
bool nsc_name_well_formed(const char *name, size_t length);
/* Every choice of the list follows the grammar; else false, and why names the position and the rule. */
bool nsc_choices_valid(const char *list, char *why, size_t capacity);
/* The next choice of a valid list that is not auto; false at the end. *position is 0 and *choice all zero at the
 * start. */
bool nsc_choice_next(const char *list, size_t *position, nsc_choice *choice);

#endif
