/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions of any bytes: refused with a text, or a net whose parameters can be walked, whose shapes can be asked
 * for, and which is written as a text that gives the same text again. */
#include <nascent/graph.h>
#include <nascent/model.h>

#include "core/error.h"
#include "fuzz.h"

static int visit(void *user, const char *path, nsc_parameter *parameter)
{
    size_t *count = user;
    int64_t dims[NSC_MAX_RANK];
    const int rank = nsc_parameter_shape(parameter, dims);
    REQUIRE(path[0] != 0 && rank >= 0 && rank <= NSC_MAX_RANK);
    for (int i = 0; i < rank; i++)
        REQUIRE(dims[i] >= -1);
    ++*count;
    return 0;
}

static void check_writing(nsc_block *net)
{
    char *text = NULL, *again = NULL;
    nsc_block *read = NULL;
    const nsc_status status = nsc_model_format(net, &text);
    REQUIRE(status == NSC_OK || (status == NSC_UNSUPPORTED && text == NULL && nsc_error_text(0)[0] != 0));
    if (status != NSC_OK)
        return;
    REQUIRE(nsc_model_parse("written", text, strlen(text), &read) == NSC_OK);
    REQUIRE(nsc_model_format(read, &again) == NSC_OK && strcmp(text, again) == 0);
    free(text);
    free(again);
    nsc_release(read);
}

static void check(nsc_block *net)
{
    size_t count = 0;
    nsc_proposal *proposal = NULL;
    nsc_shape inputs[64];
    REQUIRE(nsc_input_count(net) <= 64);
    for (size_t i = 0; i < nsc_input_count(net); i++)
        inputs[i] = (nsc_shape){.rank = 2, .dims = {NSC_UNKNOWN, 5}};
    REQUIRE(nsc_block_check(net, NULL, 0) == NSC_OK);
    REQUIRE(nsc_parameters_each(net, visit, &count) == NSC_OK);
    if (nsc_propose(net, NSC_INFERENCE, inputs, nsc_input_count(net), &proposal) == NSC_OK)
        REQUIRE(nsc_proposal_parameter_count(proposal) == count);
    else
        REQUIRE(proposal == NULL && nsc_error_text(0)[0] != 0);
    nsc_proposal_release(proposal);
    check_writing(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nsc_block *net = NULL;
    /* A copy of exactly this size: what is read behind it is found. */
    char *text = malloc(size ? size : 1);
    REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    if (nsc_model_parse("fuzz", text, size, &net) == NSC_OK) {
        REQUIRE(net != NULL);
        check(net);
    } else {
        REQUIRE(net == NULL && strncmp(nsc_error_text(0), "fuzz: ", 6) == 0);
    }
    nsc_release(net);
    free(text);
    return 0;
}
