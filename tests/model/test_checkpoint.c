/* SPDX-License-Identifier: Apache-2.0 */
/* Nets in files: every state there and back. The aNN in names are the
 * numbers of the behaviour list that the deferred tests use too. */
#include "checkpoint.h"

static char *read_bytes(size_t *count)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *count = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*count + 1);
    ck_assert_uint_eq(fread(bytes, 1, *count, file), *count);
    fclose(file);
    return bytes;
}

/* ---- there and back --------------------------------------------------------------------------------------------- */

START_TEST(test_every_state_comes_back)
{
    nsc_context *context = model_context(_i);
    for (int state = 0; state < 4; state++) {
        nsc_block *net = two_layers(), *other = two_layers();
        if (state == 1 || state == 2)
            request(net, context, UINT64_MAX);
        if (state == 3) /* shapes alone */
            ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 3), 1));
        if (state == 2)
            run(net, context, 3);
        ASSERT_OK(nsc_save(net, path, NULL));
        ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
        assert_same(net, other);
        nsc_release(net);
        nsc_release(other);
    }
}
END_TEST

START_TEST(test_a38_pending_saved_and_committed_elsewhere_is_as_never_saved)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *other = two_layers();
    size_t size;
    request(net, context, 12345678901234567890u);
    ASSERT_OK(nsc_save(net, path, NULL));
    free(read_bytes(&size));
    ck_assert_uint_lt(size, 2048);
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    run(net, context, 20);
    run(other, context, 20);
    ASSERT_STATE(model_parameter(other, "0.weight"), NSC_INITIALIZED);
    assert_same(net, other);
    nsc_release(net);
    nsc_release(other);
}
END_TEST

START_TEST(test_every_initialiser_comes_back)
{
    nsc_context *context = model_context(_i);
    const nsc_initializer all[] = {nsc_constant(-0.0f),
                                   nsc_uniform(0.1f),
                                   nsc_normal(1e-7f),
                                   nsc_truncated_normal(0.3f),
                                   nsc_variance_scaling(NSC_DRAW_TRUNCATED_NORMAL, NSC_FAN_OUT, 1.7f),
                                   nsc_orthogonal(1.1f),
                                   nsc_identity_matrix(0.7f),
                                   nsc_sparse(0.3f, 0.2f)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        nsc_block *net = nsc_dense(5, .weight_init = all[i]), *other = nsc_dense(5);
        request(net, context, 3);
        ASSERT_OK(nsc_save(net, path, NULL));
        ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
        run(net, context, 7);
        run(other, context, 7);
        ck_assert(model_same_value(model_parameter(net, "weight"), model_parameter(other, "weight")));
        nsc_release(net);
        nsc_release(other);
    }
}
END_TEST

START_TEST(test_equal_states_give_equal_bytes)
{
    size_t first_size, size;
    nsc_block *net = two_layers();
    request(net, model_context(0), 5);
    run(net, model_context(0), 3);
    ASSERT_OK(nsc_save(net, path, NULL));
    char *first = read_bytes(&first_size);
    nsc_release(net);
    net = two_layers();
    request(net, model_context(_i), 5);
    run(net, model_context(_i), 3);
    ASSERT_OK(nsc_save(net, path, NULL));
    char *bytes = read_bytes(&size);
    ck_assert_uint_eq(size, first_size);
    ck_assert_mem_eq(bytes, first, size);
    free(first);
    free(bytes);
    nsc_release(net);
}
END_TEST

START_TEST(test_attributes_come_back)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *other = two_layers();
    ASSERT_OK(nsc_parameter_freeze(model_parameter(net, "0.weight"), 1));
    ASSERT_OK(nsc_parameter_set_multipliers(model_parameter(net, "0.bias"), 0.1f, 0));
    ASSERT_OK(nsc_parameter_request_gradient(model_parameter(net, "1.weight"), NSC_GRADIENT_ADD));
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    ck_assert_int_eq(nsc_parameter_frozen(model_parameter(other, "0.weight")), 1);
    ck_assert_int_eq(nsc_parameter_frozen(model_parameter(other, "0.bias")), 0);
    ck_assert_float_eq(nsc_parameter_learning_rate_multiplier(model_parameter(other, "0.bias")), 0.1f);
    ck_assert_float_eq(nsc_parameter_weight_decay_multiplier(model_parameter(other, "0.bias")), 0);
    ck_assert_int_eq(nsc_parameter_gradient_request(model_parameter(other, "1.weight")), NSC_GRADIENT_ADD);
    nsc_release(net);
    nsc_release(other);
}
END_TEST

START_TEST(test_a_file_fixes_shapes_without_data)
{
    nsc_block *net = two_layers(), *other = two_layers();
    char origin[256];
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 20), 1));
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_load(other, NULL, path, NULL, NULL));
    ASSERT_SHAPE(model_parameter(other, "0.weight"), 256, 20);
    nsc_parameter_origin(model_parameter(other, "0.weight"), 1, origin, sizeof origin);
    ASSERT_SAYS(origin, "loaded from", path);
    nsc_release(net);
    nsc_release(other);
}
END_TEST

START_TEST(test_values_need_a_context)
{
    nsc_block *net = nsc_dense(4);
    write_arrays((nsc_array[]){ARRAY("weight", zeros, 4, 3), ARRAY("bias", zeros, 4)}, 2, NULL);
    ASSERT_STATUS(nsc_load(net, NULL, path, NULL, NULL), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(NULL), "context");
    nsc_release(net);
}
END_TEST

START_TEST(test_npz_holds_values_alone)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *other = two_layers();
    const nsc_save_options options = {.size = sizeof options, .format = NSC_FORMAT_NPZ};
    request(net, context, 5);
    ASSERT_STATUS(nsc_save(net, path, &options), NSC_UNSUPPORTED);
    ASSERT_SAYS(nsc_last_error(NULL), "0.weight", "no value");
    run(net, context, 3);
    const nsc_status status = nsc_save(net, path, &options);
    if (status != NSC_UNSUPPORTED) { /* a build without libzip */
        ck_assert_int_eq(status, NSC_OK);
        ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
        ck_assert(model_same_value(model_parameter(net, "0.weight"), model_parameter(other, "0.weight")));
    }
    nsc_release(net);
    nsc_release(other);
}
END_TEST

static nsc_status fill_one(void *user, const nsc_fill *fill)
{
    (void)user;
    for (size_t i = 0; i < fill->count; i++)
        fill->values[i] = 1;
    return NSC_OK;
}

START_TEST(test_a_callback_is_saved_only_as_its_value)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4, .weight_init = nsc_callback(fill_one, NULL)), *other = nsc_dense(4);
    request(net, context, 1);
    ASSERT_STATUS(nsc_save(net, path, NULL), NSC_UNSUPPORTED);
    ASSERT_SAYS(nsc_last_error(NULL), "weight", "callback");
    run(net, context, 3);
    ASSERT_OK(nsc_save(net, path, NULL));
    ASSERT_OK(nsc_load(other, context, path, NULL, NULL));
    ck_assert(model_same_value(model_parameter(net, "weight"), model_parameter(other, "weight")));
    nsc_release(net);
    nsc_release(other);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("checkpoint");
    tcase_add_checked_fixture(tests, setup, teardown);
    EACH_BACKEND(tests, test_every_state_comes_back);
    EACH_BACKEND(tests, test_a38_pending_saved_and_committed_elsewhere_is_as_never_saved);
    EACH_BACKEND(tests, test_every_initialiser_comes_back);
    EACH_BACKEND(tests, test_equal_states_give_equal_bytes);
    EACH_BACKEND(tests, test_attributes_come_back);
    tcase_add_test(tests, test_a_file_fixes_shapes_without_data);
    tcase_add_test(tests, test_values_need_a_context);
    EACH_BACKEND(tests, test_npz_holds_values_alone);
    EACH_BACKEND(tests, test_a_callback_is_saved_only_as_its_value);
    return model_end();
}
