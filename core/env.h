/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment says: the only door to it. docs/environment.md documents the variables. */
#ifndef NSC_CORE_ENV_H
#define NSC_CORE_ENV_H

#include <stdbool.h>

/* NULL: not set, or empty, or withheld from an elevated process. The texts belong to the environment: use them before
 * returning to the application. */
typedef struct nsc_env {
    const char *backend;      /* NASCENT_BACKEND */
    const char *backend_path; /* NASCENT_BACKEND_PATH; withheld */
    const char *log;          /* NASCENT_LOG */
    const char *compose;      /* NASCENT_COMPOSE */
    const char *cache_dir;    /* NASCENT_CACHE_DIR; withheld */
    const char *threads;      /* NASCENT_THREADS */
    const char *trace;        /* NASCENT_TRACE; withheld */
    const char *cache_home;   /* XDG_CACHE_HOME; withheld */
    const char *home;         /* HOME; withheld */
    bool elevated;            /* set-user-ID and the like: no path from the environment is trusted */
} nsc_env;

void nsc_env_read(nsc_env *env);

#endif
