/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend found wrong itself when the device was opened, and does not offer any more: it would be a gap here, for the
 * cases of that kind are skipped, and it is a failure of the device. */
#include <string.h>

#include "conformance.h"

static const char *const kinds[] = {"random", "gemm_epilogue", "gather", "softmax"};

/* The note has parts "KIND off: why" with "; " between them. */
static void offered(target *t, int number)
{
    const char *kind = kinds[number];

    for (const char *part = nsc_context_device(t->context)->note; part && *part; part = strstr(part, "; ")) {
        part += strspn(part, "; ");
        if (strncmp(part, kind, strlen(kind)) == 0 && strncmp(part + strlen(kind), " off", 4) == 0) {
            fail(t, "a self-check switched it off: %s", part);
            return;
        }
    }
}

static const conformance_case cases[] = {
    {"self_check", "random", offered, 0},
    {"self_check", "gemm_epilogue", offered, 1},
    {"self_check", "gather", offered, 2},
    {"self_check", "softmax", offered, 3},
    {0},
};

const conformance_group group_self_check = {.cases = cases};
