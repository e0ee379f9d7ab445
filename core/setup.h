/* SPDX-License-Identifier: Apache-2.0 */
/* What a context is made with: options in code, else the environment, else the defaults; checked. */
#ifndef NSC_CORE_SETUP_H
#define NSC_CORE_SETUP_H

#include <limits.h>
#include <stdint.h>

#include "core/env.h"
#include "core/log.h"

typedef struct nsc_setup {
    nsc_env env;
    nsc_log log;
    const char *choice; /* NULL: the default */
    bool choice_from_env;
    uint32_t refused_kinds;
    uint32_t threads;
    char cache_dir[PATH_MAX]; /* "": no program cache */
    const char *trace;        /* of the environment; NULL: nothing is recorded */
} nsc_setup;

/* options may be NULL. Errors: INVALID, in the chain of owner 0, naming the variable or option, its value and what could
 * have been said. */
nsc_status nsc_setup_read(nsc_setup *setup, const nsc_context_options *options);

#endif
