/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the environment. No other file does. */
#include "core/env.h"

#include <stdlib.h>
#include <sys/auxv.h>

static const char *unless_empty(const char *value)
{
    return value && *value ? value : NULL;
}

void nsc_env_read(nsc_env *env)
{
    *env = (nsc_env){
        .backend = unless_empty(getenv("NASCENT_BACKEND")),
        .backend_path = unless_empty(secure_getenv("NASCENT_BACKEND_PATH")),
        .log = unless_empty(getenv("NASCENT_LOG")),
        .compose = unless_empty(getenv("NASCENT_COMPOSE")),
        .cache_dir = unless_empty(secure_getenv("NASCENT_CACHE_DIR")),
        .threads = unless_empty(getenv("NASCENT_THREADS")),
        .trace = unless_empty(secure_getenv("NASCENT_TRACE")),
        .cache_home = unless_empty(secure_getenv("XDG_CACHE_HOME")),
        .home = unless_empty(secure_getenv("HOME")),
        .elevated = getauxval(AT_SECURE) != 0,
    };
}
