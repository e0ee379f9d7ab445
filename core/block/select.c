/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing parameters by path, role and rank. */
#include "core/block/select.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/block/block.h"

nsc_status nsc_selector_make(nsc_selector *selector, const nsc_selection *selection, uint64_t owner)
{
    char text[160];
    *selector = (nsc_selector){.compiled = false};
    if (selection == NULL)
        return NSC_OK;
    selector->what = *selection;
    if (nsc_role_name(selection->role) == NULL)
        return nsc_fail(owner, NSC_INVALID, "%d is no role", (int)selection->role);
    if (selection->rank != NSC_DIM_ZERO && (selection->rank < 0 || selection->rank > NSC_MAX_RANK))
        return nsc_fail(owner, NSC_INVALID, "rank %" PRId64 " cannot be selected: 1 to %d, or NSC_DIM_ZERO for scalars",
                        selection->rank, NSC_MAX_RANK);
    if (selection->regex == NULL)
        return NSC_OK;
    int code = regcomp(&selector->regex, selection->regex, REG_EXTENDED | REG_NOSUB);
    if (code == 0) {
        selector->compiled = true;
        return NSC_OK;
    }
    regerror(code, &selector->regex, text, sizeof text);
    return nsc_fail(owner, code == REG_ESPACE ? NSC_NO_MEMORY : NSC_INVALID,
                    "the regular expression \"%s\" cannot be used: %s", selection->regex, text);
}

bool nsc_selector_matches(const nsc_selector *selector, const char *path, const nsc_parameter *parameter)
{
    const nsc_selection *what = &selector->what;
    if (what->glob != NULL && fnmatch(what->glob, path, 0) != 0)
        return false;
    if (selector->compiled && regexec(&selector->regex, path, 0, NULL, 0) != 0)
        return false;
    if (what->role != NSC_ROLE_ANY && what->role != parameter->role)
        return false;
    return what->rank == 0 || (what->rank == NSC_DIM_ZERO ? 0 : what->rank) == parameter->declared_rank;
}

void nsc_selector_clear(nsc_selector *selector)
{
    if (selector->compiled)
        regfree(&selector->regex);
    selector->compiled = false;
}

typedef struct select_state {
    nsc_selector selector;
    nsc_parameter_visit visit;
    void *user;
} select_state;

static int visit_selected(void *user, const char *path, nsc_parameter *parameter)
{
    select_state *state = user;
    return nsc_selector_matches(&state->selector, path, parameter) ? state->visit(state->user, path, parameter) : 0;
}

nsc_status nsc_parameters_select(nsc_block *net, const nsc_selection *selection, nsc_parameter_visit visit, void *user)
{
    select_state state = {.visit = visit, .user = user};
    if (net == NULL || visit == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_parameters_select: %s is NULL", net == NULL ? "net" : "visit");
    nsc_status status = nsc_selector_make(&state.selector, selection, 0);
    if (status == NSC_OK)
        status = nsc_parameters_each(net, visit_selected, &state);
    nsc_selector_clear(&state.selector);
    return status;
}

nsc_status nsc_observe(nsc_block *net, nsc_observer observer, void *user)
{
    nsc_parameter_list list;
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_observe: net is NULL");
    const nsc_status status = nsc_block_parameters(net, "nsc_observe", &list);
    if (status != NSC_OK)
        return status;
    for (size_t i = 0; i < list.count; i++)
        nsc_parameter_observe(list.items[i], observer, user);
    free(list.items);
    return NSC_OK;
}
