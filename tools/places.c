/* SPDX-License-Identifier: Apache-2.0 */
/* Values by order or by name. */
#include "places.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

int nsc_ports_of(const nsc_block *net, const char *option, const char *thing, nsc_ports *ports)
{
    const int inputs = strcmp(option, "input") == 0;
    *ports = (nsc_ports){.option = option, .thing = thing};
    const size_t count = inputs ? nsc_input_count(net) : nsc_output_count(net);
    if (count > NSC_MOST_GIVEN)
        return nsc_say_failed("MODEL has %zu %ss, and at most %d can be given; use the library", count, option,
                              NSC_MOST_GIVEN),
               0;
    for (; ports->count < count; ports->count++) {
        const char *name = inputs ? nsc_input_name(net, ports->count) : nsc_output_name(net, ports->count);
        ports->names[ports->count] = name != NULL ? name : option;
    }
    return 1;
}

/* The length of NAME in NAME=VALUE; 0: there is none. */
static size_t name_length(const char *text)
{
    const size_t length = strcspn(text, "=/");
    return text[length] == '=' ? length : 0;
}

const char *nsc_behind_name(const char *text)
{
    const size_t length = name_length(text);
    return length > 0 ? text + length + 1 : text;
}

/* Of the name (length bytes), or the first place that is free where there is no name. ports->count: none. */
static size_t find(const nsc_ports *ports, const char *name, size_t length, const nsc_value_given *const *placed)
{
    size_t i = 0;
    while (i < ports->count &&
           (length > 0 ? strlen(ports->names[i]) != length || memcmp(ports->names[i], name, length) != 0
                       : placed[i] != NULL))
        i++;
    return i;
}

static void list(const nsc_ports *ports, char *text, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; i < ports->count && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%s", i > 0 ? ", " : "", ports->names[i]);
}

static int is_of_files(const nsc_ports *ports)
{
    return strcmp(ports->thing, "file") == 0;
}

static int no_such_port(const nsc_ports *ports, const char *text, const char *known)
{
    if (is_of_files(ports))
        return nsc_say_usage(
            "--%s %s: the model has no %s of that name; say one of: %s (or ./%s for a file of that name)",
            ports->option, text, ports->option, known, text);
    return nsc_say_usage("--%s %s: the model has no %s of that name; say one of: %s", ports->option, text,
                         ports->option, known);
}

int nsc_places(const nsc_ports *ports, const nsc_given *given, const nsc_value_given **placed)
{
    char known[256] = "";
    list(ports, known, sizeof known);
    for (size_t i = 0; i < ports->count; i++)
        placed[i] = NULL;
    for (size_t i = 0; i < given->count; i++) {
        const char *text = given->values[i].text;
        const size_t length = name_length(text), place = find(ports, text, length, placed);
        if (place == ports->count && length > 0)
            return no_such_port(ports, text, known), 0;
        if (place == ports->count)
            return nsc_say_usage("--%s %s: the model has no further %s; it has: %s", ports->option, text, ports->option,
                                 known),
                   0;
        if (placed[place] != NULL)
            return nsc_say_usage("--%s %s: %s has a %s already, %s; give one of them", ports->option, text,
                                 ports->names[place], ports->thing, nsc_behind_name(placed[place]->text)),
                   0;
        placed[place] = &given->values[i];
        if (*nsc_behind_name(text) == 0)
            return nsc_say_usage("--%s %s: the name of a file is empty; give one", ports->option, text), 0;
    }
    return 1;
}

int nsc_say_unplaced(const nsc_ports *ports, size_t port)
{
    return nsc_say_usage("--%s: there is no %s for %s; give --%s %s=%s", ports->option, ports->thing,
                         ports->names[port], ports->option, ports->names[port], is_of_files(ports) ? "FILE" : "SHAPE");
}
