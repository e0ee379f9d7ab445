/* SPDX-License-Identifier: Apache-2.0 */
#include "model_text.h"

#include <string.h>

#include <check.h>

nsc_block *accepted(const char *text)
{
    nsc_block *net = NULL;
    ck_assert_msg(nsc_model_parse("m", text, strlen(text), &net) == NSC_OK, "%s: %s", text, nsc_last_error(NULL));
    ck_assert_ptr_nonnull(net);
    return net;
}

void refused(const char *text, nsc_status status, const char *words)
{
    nsc_block *net = (nsc_block *)&status;
    const nsc_status got = nsc_model_parse("m", text, strlen(text), &net);
    ck_assert_msg(got == status, "%s: %s instead of %s", text, nsc_status_name(got), nsc_status_name(status));
    ck_assert_ptr_null(net);
    ck_assert_int_eq(strncmp(nsc_last_error(NULL), "m: ", 3), 0);
    ck_assert_str_eq(nsc_last_error(NULL) + 3, words);
}

void has(nsc_block *net, const char *path, int rank, const int64_t *dims)
{
    int64_t got[NSC_MAX_RANK];
    nsc_parameter *parameter = nsc_find_parameter(net, path);
    ck_assert_msg(parameter != NULL, "%s", path);
    ck_assert_int_eq(nsc_parameter_shape(parameter, got), rank);
    for (int i = 0; i < rank; i++)
        ck_assert_int_eq(got[i], dims[i]);
}
