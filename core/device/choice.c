/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of NASCENT_BACKEND. */
#include "core/device/choice.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAME 64
#define MAX_SHOWN 80

bool nsc_choice_is_auto(const char *list)
{
    return strcmp(list, "auto") == 0;
}

bool nsc_name_well_formed(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
            return false;
    return length >= 1 && length <= MAX_NAME;
}

static bool span_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* The colon before the device part; NULL: there is none. */
static const char *device_colon(const char *text, size_t length)
{
    if (text[0] != '/')
        return memchr(text, ':', length);
    for (size_t i = length; i-- > 0 && text[i] != '/';)
        if (text[i] == ':')
            return text + i;
    return NULL;
}

/* Digits only are an index. NULL, or the rule that the device part breaks. */
static const char *parse_device(nsc_choice *choice)
{
    const char *text = choice->device;
    size_t length = choice->device_length;
    if (length == 0)
        return "has nothing after the colon: say an index, gpu, cpu, or a part of the device's name";
    if (strspn(text, "0123456789") >= length) {
        uint64_t index = 0;
        for (size_t i = 0; i < length && index <= UINT32_MAX; i++)
            index = index * 10 + (uint64_t)(text[i] - '0');
        if (index > UINT32_MAX)
            return "has a device index that is too large";
        choice->by = NSC_CHOICE_INDEX;
        choice->index = (uint32_t)index;
    } else if (span_is(text, length, "gpu")) {
        choice->by = NSC_CHOICE_GPU;
    } else if (span_is(text, length, "cpu")) {
        choice->by = NSC_CHOICE_CPU;
    } else {
        choice->by = NSC_CHOICE_TEXT;
    }
    return NULL;
}

/* Splits the choice whose text is set. NULL, or the broken rule. */
static const char *parse_choice(nsc_choice *choice)
{
    if (choice->text_length == 0)
        return "is empty";
    if (choice->text_length > INT_MAX / 2)
        return "is too long";
    const char *colon = device_colon(choice->text, choice->text_length);
    choice->name = choice->text;
    choice->name_length = colon ? (size_t)(colon - choice->text) : choice->text_length;
    choice->is_path = choice->text[0] == '/';
    choice->by = NSC_CHOICE_ANY;
    choice->index = 0;
    choice->device = colon ? colon + 1 : NULL;
    choice->device_length = colon ? choice->text_length - choice->name_length - 1 : 0;
    if (choice->is_path) {
        if (choice->name_length < 5 || memcmp(choice->name + choice->name_length - 3, ".so", 3) != 0)
            return "is a path that does not end in .so (a path can hold no comma)";
    } else if (span_is(choice->name, choice->name_length, "auto")) {
        return "says auto, which must stand alone";
    } else if (memchr(choice->name, '/', choice->name_length)) {
        return "is a path that is not absolute: write the absolute path";
    } else if (choice->name_length > 3 && memcmp(choice->name + choice->name_length - 3, ".so", 3) == 0) {
        return "is the name of a file: write the absolute path";
    } else if (!nsc_name_well_formed(choice->name, choice->name_length)) {
        return "has no well-formed name: only a-z, 0-9 and _, at most 64 of them, without spaces";
    }
    return colon ? parse_device(choice) : NULL;
}

/* Steps to the next choice; false at the end. *rule is NULL, or what this choice breaks. */
static bool step(const char *list, size_t *position, nsc_choice *choice, const char **rule)
{
    if (choice->position > 0) {
        if (list[*position] == 0)
            return false;
        ++*position; /* the comma */
    }
    choice->position++;
    choice->text = list + *position;
    choice->text_length = strcspn(choice->text, ",");
    *position += choice->text_length;
    *rule = parse_choice(choice);
    return true;
}

bool nsc_choices_valid(const char *list, char *why, size_t capacity)
{
    if (nsc_choice_is_auto(list))
        return true;
    size_t position = 0;
    nsc_choice choice = {0};
    const char *rule;
    while (step(list, &position, &choice, &rule))
        if (rule) {
            int shown = choice.text_length > MAX_SHOWN ? MAX_SHOWN : (int)choice.text_length;
            snprintf(why, capacity, "choice %u, '%.*s', %s", choice.position, shown, choice.text, rule);
            return false;
        }
    return true;
}

bool nsc_choice_next(const char *list, size_t *position, nsc_choice *choice)
{
    const char *rule;
    return step(list, position, choice, &rule);
}
