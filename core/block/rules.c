/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: which initialiser a parameter gets, and how to see that before anything is done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/block.h"
#include "core/block/request.h"
#include "core/param/initializer.h"
#include "core/shape.h"

void nsc_selection_text(const nsc_selection *selection, char *text, size_t capacity)
{
    size_t used = 0;
    const char *separator = "";
    text[0] = 0;
    if (selection->glob != NULL) {
        used += (size_t)snprintf(text, capacity, "%s", selection->glob);
        separator = ", ";
    }
    if (selection->regex != NULL && used < capacity) {
        used += (size_t)snprintf(text + used, capacity - used, "%sregex %s", separator, selection->regex);
        separator = ", ";
    }
    if (selection->role != NSC_ROLE_ANY && used < capacity) {
        used += (size_t)snprintf(text + used, capacity - used, "%srole %s", separator, nsc_role_name(selection->role));
        separator = ", ";
    }
    if (selection->rank != 0 && used < capacity)
        used += (size_t)snprintf(text + used, capacity - used, "%srank %" PRId64, separator,
                                 selection->rank == NSC_DIM_ZERO ? 0 : selection->rank);
    if (used == 0)
        snprintf(text, capacity, "everything");
}

nsc_status nsc_rule_table_make(nsc_rule_table *table, const nsc_initialize_options *options, uint64_t owner,
                               const char *call)
{
    char text[160], where[160];
    *table = (nsc_rule_table){.options = options};
    if (!nsc_initializer_valid(&options->init, text, sizeof text))
        return nsc_fail(owner, NSC_INVALID, "%s: %s", call, text);
    if (options->rules == NULL && options->rule_count > 0)
        return nsc_fail(owner, NSC_INVALID, "%s: rules is NULL", call);
    nsc_status status = nsc_selector_make(&table->where, &options->where, owner);
    if (status != NSC_OK)
        return nsc_fail_while(owner, status, "%s: reading where", call);
    table->rules = calloc(options->rule_count + 1, sizeof *table->rules);
    table->hits = calloc(options->rule_count + 1, sizeof *table->hits);
    if (table->rules == NULL || table->hits == NULL)
        status = nsc_fail(owner, NSC_NO_MEMORY, "%s: no host memory for %zu rules", call, options->rule_count);
    for (size_t i = 0; i < options->rule_count && status == NSC_OK; i++) {
        const nsc_init_rule *rule = &options->rules[i];
        status = nsc_selector_make(&table->rules[i], &rule->where, owner);
        if (status != NSC_OK) {
            nsc_fail_while(owner, status, "%s: reading rule %zu", call, i);
            break;
        }
        nsc_selection_text(&rule->where, where, sizeof where);
        if (rule->init.kind == NSC_INIT_DEFAULT)
            status = nsc_fail(owner, NSC_INVALID, "%s: rule %zu (%s) has no initialiser", call, i, where);
        else if (!nsc_initializer_valid(&rule->init, text, sizeof text))
            status = nsc_fail(owner, NSC_INVALID, "%s: rule %zu (%s): %s", call, i, where, text);
    }
    if (status != NSC_OK)
        nsc_rule_table_clear(table);
    return status;
}

void nsc_rule_table_clear(nsc_rule_table *table)
{
    for (size_t i = 0; table->rules != NULL && i < table->options->rule_count; i++)
        nsc_selector_clear(&table->rules[i]);
    nsc_selector_clear(&table->where);
    free(table->rules);
    free(table->hits);
    *table = (nsc_rule_table){.rules = NULL};
}

const nsc_initializer *nsc_rule_table_choose(nsc_rule_table *table, const char *path, const nsc_parameter *parameter,
                                             size_t *rule)
{
    static const nsc_initializer fallback = {.kind = NSC_INIT_UNIFORM, .a = -0.07f, .b = 0.07f};
    const nsc_initialize_options *options = table->options;
    *rule = NSC_NO_RULE;
    if (parameter->role == NSC_ROLE_CONSTANT)
        return &parameter->init;
    for (size_t i = 0; i < options->rule_count; i++)
        if (nsc_selector_matches(&table->rules[i], path, parameter)) {
            table->hits[i]++;
            *rule = i;
            return &options->rules[i].init;
        }
    if (parameter->init.kind != NSC_INIT_DEFAULT)
        return &parameter->init;
    return options->init.kind != NSC_INIT_DEFAULT ? &options->init : &fallback;
}

/* ---- seen beforehand --------------------------------------------------------------------------------------------- */

typedef struct rules_state {
    nsc_rule_table table;
    nsc_rule_visit visit;
    void *user;
    bool stopped;
} rules_state;

static int visit_rule(void *user, const char *path, nsc_parameter *parameter)
{
    rules_state *state = user;
    size_t rule;
    if (!nsc_selector_matches(&state->table.where, path, parameter))
        return 0;
    const nsc_initializer *init = nsc_rule_table_choose(&state->table, path, parameter, &rule);
    state->stopped = state->visit(state->user, rule, path, parameter, init) != 0;
    return state->stopped;
}

nsc_status nsc_rules_each(nsc_block *net, const nsc_initialize_options *options, nsc_rule_visit visit, void *user)
{
    nsc_initialize_options known;
    rules_state state = {.visit = visit, .user = user};
    if (net == NULL || visit == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_rules_each: %s is NULL", net == NULL ? "net" : "visit");
    nsc_options_copy(&known, sizeof known, options, options == NULL ? 0 : options->size);
    nsc_status status = nsc_rule_table_make(&state.table, &known, 0, "nsc_rules_each");
    if (status != NSC_OK)
        return status;
    status = nsc_parameters_each(net, visit_rule, &state);
    for (size_t i = 0; i < known.rule_count && status == NSC_OK && !state.stopped; i++)
        if (state.table.hits[i] == 0)
            state.stopped = visit(user, i, NULL, NULL, &known.rules[i].init) != 0;
    nsc_rule_table_clear(&state.table);
    return status;
}

typedef struct rules_print {
    const nsc_initialize_options *options;
    FILE *file;
    int path_width, source_width;
    bool measured, failed;
} rules_print;

static int print_rule(void *user, size_t rule, const char *path, nsc_parameter *parameter, const nsc_initializer *init)
{
    rules_print *print = user;
    char source[96] = "default", words[160], where[64];
    if (rule != NSC_NO_RULE) {
        nsc_selection_text(&print->options->rules[rule].where, where, sizeof where);
        snprintf(source, sizeof source, "rule %zu: %s", rule, where);
    } else if (parameter->init.kind != NSC_INIT_DEFAULT) {
        snprintf(source, sizeof source, "declared");
    }
    if (!print->measured) {
        int width = path == NULL ? 0 : (int)strlen(path);
        print->path_width = width > print->path_width ? width : print->path_width;
        width = path == NULL ? 0 : (int)strlen(source);
        print->source_width = width > print->source_width ? width : print->source_width;
        return 0;
    }
    nsc_initializer_describe(init, words, sizeof words);
    print->failed = (path == NULL ? fprintf(print->file, "%s hits nothing\n", source)
                                  : fprintf(print->file, "%-*s  %-*s  %s\n", print->path_width, path,
                                            print->source_width, source, words)) < 0;
    return print->failed;
}

nsc_status nsc_print_rules(nsc_block *net, const nsc_initialize_options *options, FILE *file)
{
    nsc_initialize_options known;
    if (net == NULL || file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_print_rules: %s is NULL", net == NULL ? "net" : "file");
    nsc_options_copy(&known, sizeof known, options, options == NULL ? 0 : options->size);
    known.size = sizeof known;
    rules_print print = {.options = &known, .file = file};
    nsc_status status = nsc_rules_each(net, &known, print_rule, &print);
    print.measured = true;
    if (status == NSC_OK)
        status = nsc_rules_each(net, &known, print_rule, &print);
    return status == NSC_OK && print.failed
               ? nsc_fail(0, NSC_IO, "nsc_print_rules: the table could not be written whole")
               : status;
}
