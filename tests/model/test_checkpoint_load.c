/* SPDX-License-Identifier: Apache-2.0 */
/* Nets from files: which name is which parameter, what is refused, and that a refusal changes nothing. The aNN in names are the
 * numbers of the behaviour list that the deferred tests use too. */
#include "checkpoint.h"

/* ---- names ------------------------------------------------------------------------------------------------------ */

START_TEST(test_a_tied_parameter_is_saved_once)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(4)), *other = nsc_sequential(nsc_dense(4), nsc_dense(4));
    nsc_archive *archive;
    ASSERT_OK(nsc_parameter_tie(model_parameter(net, "1.weight"), model_parameter(net, "0.weight")));
    request(net, context, 2);
    run(net, context, 4);
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_archive_open(path, &archive));
    ck_assert_uint_eq(nsc_archive_count(archive), 3);
    ck_assert_ptr_nonnull(nsc_archive_find(archive, "0.weight"));
    ASSERT_SAYS(nsc_archive_metadata(archive, "nascent"), "\"aliases\":[\"1.weight\"]");
    nsc_archive_close(archive);
    /* A net that is not tied gets the value at both places. */
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    ck_assert(model_same_value(model_parameter(other, "1.weight"), model_parameter(net, "0.weight")));
    assert_same(net, other);
    nsc_release(net);
    nsc_release(other);
}
END_TEST

START_TEST(test_a_tied_parameter_gets_one_value)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(2, .no_bias = 1), nsc_dense(2, .no_bias = 1));
    static const float one[4] = {1, 2, 3, 4};
    nsc_load_report *report;
    ASSERT_OK(nsc_parameter_tie(model_parameter(net, "1.weight"), model_parameter(net, "0.weight")));
    write_arrays((nsc_array[]){ARRAY("0.weight", one, 2, 2), ARRAY("1.weight", zeros, 2, 2)}, 2, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, &report), NSC_SHAPE_CONFLICT);
    ck_assert_uint_eq(kinds(report, NSC_LOAD_CONFLICT), 1);
    ASSERT_SAYS(nsc_load_report_entry(report, 0)->text, "0.weight", "1.weight", "tied");
    nsc_load_report_release(report);
    write_arrays((nsc_array[]){ARRAY("0.weight", one, 2, 2), ARRAY("1.weight", one, 2, 2)}, 2, NULL);
    ASSERT_OK(nsc_load(net, context, path, NULL, NULL));
    nsc_release(net);
}
END_TEST

START_TEST(test_prefixes_and_renames)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *other = two_layers(), *third = two_layers();
    const nsc_save_options save = {.size = sizeof save, .prefix = "encoder."};
    const nsc_load_options load = {.size = sizeof load, .prefix = "encoder."};
    const nsc_rename rules[] = {{"encoder\\.([0-9]+)\\.(weight|bias)", "\\1.\\2"}, {".*", "never"}};
    const nsc_load_options renamed = {.size = sizeof renamed, .renames = rules, .rename_count = 2};
    request(net, context, 2);
    run(net, context, 3);
    ASSERT_OK(nsc_save(net, path, &save));
    ASSERT_OK(nsc_load(other, context, path, &load, NULL));
    assert_same(net, other);
    ASSERT_OK(nsc_load(third, context, path, &renamed, NULL));
    assert_same(net, third);
    nsc_release(net);
    nsc_release(other);
    nsc_release(third);
}
END_TEST

START_TEST(test_two_names_that_become_one_are_refused)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    const nsc_rename rule = {"[ab]", "weight"}, bad = {"(a", "weight"}, group = {"a", "\\1"};
    nsc_load_options options = {.size = sizeof options, .renames = &rule, .rename_count = 1};
    write_arrays((nsc_array[]){ARRAY("a", zeros, 4, 3), ARRAY("b", zeros, 4, 3)}, 2, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, &options, NULL), NSC_INVALID);
    ASSERT_SAYS(model_either(context), "a and b in the file both become weight");
    options.renames = &bad;
    ASSERT_STATUS(nsc_load(net, context, path, &options, NULL), NSC_INVALID);
    options.renames = &group;
    ASSERT_STATUS(nsc_load(net, context, path, &options, NULL), NSC_INVALID);
    ASSERT_STATE(model_parameter(net, "weight"), NSC_DECLARED);
    nsc_release(net);
}
END_TEST

START_TEST(test_missing_and_extra_ones)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4);
    nsc_load_report *report;
    nsc_load_options options = {.size = sizeof options};
    write_arrays((nsc_array[]){ARRAY("weight", zeros, 4, 3), ARRAY("other", zeros, 4)}, 2, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, &options, &report), NSC_REFUSED);
    ASSERT_SAYS(model_either(context), path, "1 missing, 1 extra, 0 conflicting; nothing was loaded", "bias");
    ck_assert_uint_eq(nsc_load_report_count(report), 2);
    nsc_load_report_release(report);
    options.allow_missing = 1;
    ASSERT_STATUS(nsc_load(net, context, path, &options, NULL), NSC_REFUSED);
    ASSERT_SAYS(model_either(context), "other is not in the net");
    ASSERT_STATE(model_parameter(net, "weight"), NSC_DECLARED);
    options.allow_extra = 1;
    ASSERT_OK(nsc_load(net, context, path, &options, &report));
    ck_assert_uint_eq(kinds(report, NSC_LOAD_LOADED), 1);
    ck_assert_uint_eq(kinds(report, NSC_LOAD_MISSING), 1);
    ck_assert_uint_eq(kinds(report, NSC_LOAD_EXTRA), 1);
    char text[512] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    ASSERT_OK(nsc_print_load_report(report, file));
    fclose(file);
    ASSERT_SAYS(text, "extra     other\n", "missing   bias\n", "loaded    weight\n", "1 loaded, 1 missing, 1 extra");
    nsc_load_report_release(report);
    ASSERT_STATE(model_parameter(net, "weight"), NSC_INITIALIZED);
    ASSERT_STATE(model_parameter(net, "bias"), NSC_SHAPE_KNOWN);
    nsc_release(net);
}
END_TEST

START_TEST(test_a28_loading_one_layer_leaves_the_others)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *other = two_layers(), *untouched = two_layers();
    const nsc_load_options options = {.size = sizeof options, .where = {.glob = "0.*"}};
    request(net, context, 2);
    run(net, context, 3);
    ASSERT_OK(nsc_save(net, path, NULL));
    request(other, context, 9);
    request(untouched, context, 9);
    run(other, context, 3);
    run(untouched, context, 3);
    ASSERT_OK(nsc_load(other, context, path, &options, NULL));
    ck_assert(model_same_value(model_parameter(other, "0.weight"), model_parameter(net, "0.weight")));
    ck_assert(model_same_value(model_parameter(other, "1.weight"), model_parameter(untouched, "1.weight")));
    ck_assert(model_same_value(model_parameter(other, "1.bias"), model_parameter(untouched, "1.bias")));
    nsc_release(net);
    nsc_release(other);
    nsc_release(untouched);
}
END_TEST

/* ---- refusals --------------------------------------------------------------------------------------------------- */

START_TEST(test_a40_every_mismatch_is_reported_and_nothing_changes)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(5), nsc_dense(6));
    nsc_load_report *report;
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 20), 1));
    write_arrays((nsc_array[]){ARRAY("0.weight", zeros, 4, 30), ARRAY("0.bias", zeros, 7), ARRAY("1.weight", zeros, 5),
                               ARRAY("1.bias", zeros, 5), ARRAY("2.weight", zeros, 9, 8), ARRAY("2.bias", zeros, 6)},
                 6, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, &report), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(model_either(context), path, "0 missing, 0 extra, 5 conflicting; nothing was loaded. First: 0.weight");
    ck_assert_uint_eq(nsc_load_report_count(report), 5);
    ck_assert_uint_eq(kinds(report, NSC_LOAD_CONFLICT), 5);
    ck_assert_str_eq(nsc_load_report_entry(report, 0)->path, "0.weight");
    ASSERT_SAYS(nsc_load_report_entry(report, 0)->text, "axis 1: 20 (inferred by", "against 30 (loaded from", path);
    ASSERT_SAYS(nsc_load_report_entry(report, 2)->text, "rank 2", "against 1");
    ck_assert_ptr_null(nsc_load_report_entry(report, 5));
    nsc_load_report_release(report);
    ASSERT_STATE(model_parameter(net, "1.bias"), NSC_SHAPE_KNOWN);
    ASSERT_STATE(model_parameter(net, "2.bias"), NSC_SHAPE_KNOWN);
    nsc_release(net);
}
END_TEST

START_TEST(test_a6_a_wrong_dtype_leaves_the_dimension_unknown)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    nsc_array array = ARRAY("weight", zeros, 4, 3);
    array.dtype = NSC_INT32;
    write_arrays(&array, 1, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, NULL), NSC_WRONG_DTYPE);
    ASSERT_SAYS(model_either(context), "float32", "int32", "weight");
    ASSERT_SHAPE(model_parameter(net, "weight"), 4, -1);
    nsc_release(net);
}
END_TEST

START_TEST(test_a7_another_device_leaves_the_dimension_unknown)
{
    nsc_context *context = model_context(_i), *elsewhere = model_open(_i, NULL);
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    request(net, context, 1);
    write_arrays((nsc_array[]){ARRAY("weight", zeros, 4, 3)}, 1, NULL);
    ASSERT_STATUS(nsc_load(net, elsewhere, path, NULL, NULL), NSC_WRONG_DEVICE);
    ASSERT_SAYS(model_either(elsewhere), "weight", "another context");
    ASSERT_SHAPE(model_parameter(net, "weight"), 4, -1);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(elsewhere));
}
END_TEST

START_TEST(test_a23_a_size_that_was_declared_is_kept)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    write_arrays((nsc_array[]){ARRAY("weight", zeros, 99, 3)}, 1, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, NULL), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(model_either(context), "weight", "axis 0: 4 (declared by dense) against 99");
    ASSERT_SHAPE(model_parameter(net, "weight"), 4, -1);
    nsc_release(net);
}
END_TEST

static nsc_status unused(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                         size_t out_count)
{
    (void)trace, (void)user, (void)in, (void)in_count, (void)out, (void)out_count;
    return NSC_UNSUPPORTED;
}

START_TEST(test_a_shared_dimension_gets_one_size)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_custom(unused);
    nsc_declare(net, "a", .rank = 1, .dims = (int64_t[]){-1}, .dim_names = (const char *[]){"width"});
    nsc_declare(net, "b", .rank = 2, .dims = (int64_t[]){2, -1}, .dim_names = (const char *[]){NULL, "width"});
    write_arrays((nsc_array[]){ARRAY("a", zeros, 3), ARRAY("b", zeros, 2, 5)}, 2, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, NULL), NSC_SHAPE_CONFLICT);
    ASSERT_SAYS(model_either(context), "b, axis 1: 3 (shared with a, axis 0", "against 5");
    ASSERT_SHAPE(model_parameter(net, "a"), -1);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_pending_file_leaves_values_and_wins_over_requests)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *valued = two_layers(), *pending = two_layers(), *kept = two_layers();
    request(net, context, 1);
    ASSERT_OK(nsc_save(net, path, NULL));
    run(net, context, 3);
    request(valued, context, 2);
    request(kept, context, 2);
    run(valued, context, 3);
    run(kept, context, 3);
    ASSERT_OK(nsc_load(valued, context, path, NULL, NULL));
    assert_same(kept, valued);
    request(pending, context, 2);
    ASSERT_OK(nsc_load(pending, context, path, NULL, NULL));
    run(pending, context, 3);
    assert_same(net, pending);
    nsc_release(net);
    nsc_release(valued);
    nsc_release(pending);
    nsc_release(kept);
}
END_TEST

START_TEST(test_a39_an_empty_file_is_refused)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4);
    nsc_load_report *report;
    write_arrays(NULL, 0, NULL);
    ASSERT_STATUS(nsc_load(net, context, path, NULL, &report), NSC_REFUSED);
    ASSERT_SAYS(model_either(context), path, "holds no arrays");
    ck_assert_ptr_null(report);
    nsc_release(net);
}
END_TEST

START_TEST(test_hostile_states_are_refused)
{
#define ONE(REST) "{\"version\":1,\"parameters\":{\"weight\":{" REST "}}}"
    static const char *const texts[][2] = {
        {"", "empty"},
        {"[]", "must be an object"},
        {"{", "JSON"},
        {"{\"version\":1}", "needs version and parameters"},
        {"{\"version\":2,\"parameters\":{}}", "version 2"},
        {"{\"version\":1,\"parameters\":{},\"more\":1}", "more"},
        {ONE("\"role\":\"weight\""), "shape"},
        {ONE("\"shape\":[4,5],\"role\":\"weight\""), "shape"},
        {ONE("\"shape\":[4,-2],\"role\":\"weight\""), "element 1"},
        {ONE("\"shape\":[4,1e300],\"role\":\"weight\""), "element 1"},
        {ONE("\"shape\":[4,2.5],\"role\":\"weight\""), "element 1"},
        {ONE("\"shape\":[1,1,1,1,1,1,1,1,1],\"role\":\"weight\""), "more than 8"},
        {ONE("\"shape\":[4,3]"), "role"},
        {ONE("\"shape\":[4,3],\"role\":\"king\""), "king"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"evil\":1"), "evil"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"role\":\"bias\""), "twice"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"origins\":[null]"), "origins"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":1,\"path\":\"w\"}"), "seed"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":\"-1\",\"path\":\"w\"}"), "seed"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":\"18446744073709551616\",\"path\":\"w\"}"),
         "seed"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":\"1\"}"), "path"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":\"1\",\"path\":\"w\",\"init\":{}}"), "init"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"request\":{\"seed\":\"1\",\"path\":\"w\","
             "\"init\":{\"kind\":\"callback\"}}"),
         "init"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"multipliers\":[1]"), "multipliers"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"multipliers\":[1,-1]"), "multipliers"},
        {ONE("\"shape\":[4,3],\"role\":\"weight\",\"aliases\":[1]"), "aliases"},
        {"{\"version\":1,\"parameters\":{}}", "0 of 1 arrays"},
    };
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nsc_load_report *report;
        write_arrays((nsc_array[]){ARRAY("weight", zeros, 4, 3)}, 1, texts[i][0]);
        const nsc_status status = nsc_load(net, context, path, NULL, &report);
        ck_assert_msg(status == NSC_INVALID || status == NSC_IO || status == NSC_UNSUPPORTED, "%s gives %s",
                      texts[i][0], nsc_status_name(status));
        ASSERT_SAYS(model_either(context), path, texts[i][1]);
        ck_assert_ptr_null(report);
        ASSERT_SHAPE(model_parameter(net, "weight"), 4, -1);
    }
    nsc_release(net);
}
END_TEST

START_TEST(test_wrong_calls)
{
    nsc_block *net = nsc_dense(4);
    const nsc_save_options format = {.size = sizeof format, .format = (nsc_file_format)7};
    const nsc_load_options none = {.size = 0};
    ASSERT_STATUS(nsc_save(NULL, path, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_save(net, NULL, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_save(net, path, &format), NSC_INVALID);
    ASSERT_STATUS(nsc_save(net, "/nowhere/at/all", NULL), NSC_IO);
    ASSERT_STATUS(nsc_load(NULL, NULL, path, NULL, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_load(net, NULL, NULL, NULL, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_load(net, NULL, path, &none, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_load(net, NULL, "/nowhere/at/all", NULL, NULL), NSC_IO);
    ASSERT_STATUS(nsc_print_load_report(NULL, stdout), NSC_INVALID);
    nsc_load_report_release(NULL);
    ck_assert_uint_eq(nsc_load_report_count(NULL), 0);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("checkpoint load");
    tcase_add_checked_fixture(tests, setup, teardown);
    EACH_BACKEND(tests, test_a_tied_parameter_is_saved_once);
    EACH_BACKEND(tests, test_a_tied_parameter_gets_one_value);
    EACH_BACKEND(tests, test_prefixes_and_renames);
    EACH_BACKEND(tests, test_two_names_that_become_one_are_refused);
    EACH_BACKEND(tests, test_missing_and_extra_ones);
    EACH_BACKEND(tests, test_a28_loading_one_layer_leaves_the_others);
    EACH_BACKEND(tests, test_a40_every_mismatch_is_reported_and_nothing_changes);
    EACH_BACKEND(tests, test_a6_a_wrong_dtype_leaves_the_dimension_unknown);
    EACH_BACKEND(tests, test_a7_another_device_leaves_the_dimension_unknown);
    EACH_BACKEND(tests, test_a23_a_size_that_was_declared_is_kept);
    EACH_BACKEND(tests, test_a_shared_dimension_gets_one_size);
    EACH_BACKEND(tests, test_a_pending_file_leaves_values_and_wins_over_requests);
    EACH_BACKEND(tests, test_a39_an_empty_file_is_refused);
    EACH_BACKEND(tests, test_hostile_states_are_refused);
    tcase_add_test(tests, test_wrong_calls);
    return model_end();
}
