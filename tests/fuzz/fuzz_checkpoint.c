/* SPDX-License-Identifier: Apache-2.0 */
/* The state of parameters in a checkpoint, as JSON: refused with the file and the place, or states within their ranges
 * that are written in one way: what was written is read again, and gives the same text. */
#include "core/error.h"
#include "core/io/checkpoint.h"
#include "core/param/initializer.h"
#include "fuzz.h"

static void check_state(const nsc_saved *saved)
{
    char text[200];
    REQUIRE(saved->path != NULL && saved->rank >= -1 && saved->rank <= NSC_MAX_RANK);
    for (int i = 0; i < saved->rank; i++)
        REQUIRE(saved->dims[i] >= -1);
    REQUIRE(saved->role > NSC_ROLE_ANY && nsc_role_name(saved->role) != NULL);
    REQUIRE((unsigned)saved->gradient <= NSC_GRADIENT_NONE);
    REQUIRE(saved->learning_rate >= 0 && saved->weight_decay >= 0);
    REQUIRE(!saved->requested || saved->request_path != NULL);
    REQUIRE(nsc_saved_init_writable(&saved->init) && nsc_initializer_valid(&saved->init, text, sizeof text));
    for (size_t i = 0; i < saved->alias_count; i++)
        REQUIRE(saved->aliases[i] != NULL);
}

/* The text that the states of a text are written as; NULL: they are refused. Free it. */
static char *rewrite(const char *text)
{
    nsc_arena arena = {0};
    nsc_saved *items = NULL;
    size_t count = 0;
    char *written = NULL;
    if (nsc_saved_decode("bytes", text, &arena, &items, &count) == NSC_OK) {
        for (size_t i = 0; i < count; i++)
            check_state(&items[i]);
        REQUIRE(nsc_saved_encode(items, count, &written));
    } else {
        REQUIRE(strstr(nsc_error_text(0), "bytes") != NULL);
    }
    nsc_arena_clear(&arena);
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = 0;
    char *once = rewrite(text);
    if (once != NULL) {
        char *again = rewrite(once);
        REQUIRE(again != NULL && strcmp(once, again) == 0);
        free(again);
    }
    free(once);
    free(text);
    return 0;
}
