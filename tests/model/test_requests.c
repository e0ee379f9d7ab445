/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: selections, rules, values made again, parameters taken to another device. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nsc_block *two_layers(void)
{
    return nsc_sequential(nsc_dense(4, .in_units = 3), nsc_dense(2, .in_units = 4));
}

typedef struct path_list {
    char text[512];
} path_list;

static int note(void *user, const char *path, nsc_parameter *parameter)
{
    path_list *list = user;
    (void)parameter;
    size_t used = strlen(list->text);
    snprintf(list->text + used, sizeof list->text - used, "%s ", path);
    return 0;
}

static const char *selected(nsc_block *net, const nsc_selection *selection, path_list *list)
{
    list->text[0] = 0;
    ASSERT_OK(nsc_parameters_select(net, selection, note, list));
    return list->text;
}

START_TEST(test_selections)
{
    path_list list;
    nsc_block *net = two_layers();
    ck_assert_str_eq(selected(net, NULL, &list), "0.weight 0.bias 1.weight 1.bias ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.glob = "*.bias"}, &list), "0.bias 1.bias ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.regex = ".*weight"}, &list), "0.weight 1.weight ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.regex = "0.bias|1.bias"}, &list), "0.bias 1.bias ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.regex = "^1\\."}, &list), "1.weight 1.bias ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.role = NSC_ROLE_BIAS, .glob = "1*"}, &list), "1.bias ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.rank = 2}, &list), "0.weight 1.weight ");
    ck_assert_str_eq(selected(net, &(nsc_selection){.rank = NSC_DIM_ZERO}, &list), "");
    ASSERT_STATUS(nsc_parameters_select(net, &(nsc_selection){.regex = "("}, note, &list), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(NULL), "\"(\"", "nmatched");
    ASSERT_STATUS(nsc_parameters_select(net, &(nsc_selection){.role = 99}, note, &list), NSC_INVALID);
    ASSERT_STATUS(nsc_parameters_select(net, &(nsc_selection){.rank = -1}, note, &list), NSC_INVALID);
    nsc_release(net);
}
END_TEST

static int note_rule(void *user, size_t rule, const char *path, nsc_parameter *parameter, const nsc_initializer *init)
{
    path_list *list = user;
    char words[80];
    size_t used = strlen(list->text);
    (void)parameter;
    nsc_initializer_describe(init, words, sizeof words);
    snprintf(list->text + used, sizeof list->text - used, "%s=%d ", path == NULL ? "nothing" : path,
             rule == NSC_NO_RULE ? -1 : (int)rule);
    return 0;
}

START_TEST(test_rules_tell_what_they_hit)
{
    path_list list = {""};
    nsc_block *net = two_layers();
    const nsc_init_rule rules[] = {{.where = {.glob = "0.*", .rank = 2}, .init = nsc_ones()},
                                   {.where = {.regex = "gamma"}, .init = nsc_ones()},
                                   {.where = {.role = NSC_ROLE_BIAS}, .init = nsc_constant(2.0f)}};
    nsc_initialize_options options = {.size = sizeof options, .rules = rules, .rule_count = 3};
    ASSERT_OK(nsc_rules_each(net, &options, note_rule, &list));
    ck_assert_str_eq(list.text, "0.weight=0 0.bias=2 1.weight=-1 1.bias=2 nothing=1 ");
    ck_assert_int_eq(nsc_parameter_requested(model_parameter(net, "0.weight")), 0);
    FILE *file = tmpfile();
    char text[1024] = "";
    ck_assert_ptr_nonnull(file);
    ASSERT_OK(nsc_print_rules(net, &options, file));
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    ASSERT_SAYS(text, "0.weight  rule 0: 0.*, rank 2", "1.weight  default", "rule 1: regex gamma hits nothing");
    nsc_release(net);
}
END_TEST

/* Told once for each rule that hits nothing. */
static void count_line(void *user, nsc_log_level level, const char *text)
{
    int *lines = user;
    if (level == NSC_LOG_WARNING && strstr(text, "rule 0 (nobody.*) hits no parameter") != NULL)
        (*lines)++;
}

START_TEST(test_a_rule_without_a_hit_is_logged)
{
    int lines = 0;
    nsc_context *context = model_open(_i, &(nsc_context_options){.log = count_line, .log_user = &lines});
    nsc_block *net = two_layers();
    const nsc_init_rule rule = {.where = {.glob = "nobody.*"}, .init = nsc_ones()};
    nsc_initialize_options options = {.size = sizeof options, .rules = &rule, .rule_count = 1};
    ASSERT_OK(nsc_initialize(net, context, &options));
    ck_assert_int_eq(lines, 1);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_misfits_are_refused_when_requested_all_at_once)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2));
    const nsc_init_rule rule = {.where = {.role = NSC_ROLE_BIAS}, .init = nsc_xavier()};
    nsc_initialize_options options = {.size = sizeof options, .rules = &rule, .rule_count = 1};
    ASSERT_STATUS(nsc_initialize(net, context, &options), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "0.bias (4)", "1.bias (2)");
    ck_assert_int_eq(nsc_parameter_requested(model_parameter(net, "0.weight")), 0);
    nsc_release(net);
    net = nsc_dense(3, .bias_init = nsc_xavier());
    ASSERT_STATUS(nsc_initialize(net, context, NULL), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "bias_init");
    nsc_release(net);
}
END_TEST

START_TEST(test_only_what_is_selected_is_requested)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_dense(2, .in_units = 4));
    nsc_initialize_options options = {.size = sizeof options, .where = {.glob = "1.*"}};
    ASSERT_OK(nsc_initialize(net, context, &options));
    ASSERT_STATE(model_parameter(net, "1.weight"), NSC_INITIALIZED); /* every selected shape is known */
    ck_assert_int_eq(nsc_parameter_requested(model_parameter(net, "0.weight")), 0);
    nsc_release(net);
}
END_TEST

START_TEST(test_a10_force_replaces_request_and_value_and_stays_on_the_device)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers(), *same = two_layers();
    nsc_initialize_options first = {.size = sizeof first, .seed = 1}, second = {.size = sizeof second, .seed = 2};
    ASSERT_OK(nsc_initialize(net, context, &first));
    uint64_t before = nsc_parameter_generation(model_parameter(net, "0.weight"));
    ASSERT_OK(nsc_initialize(net, context, &second)); /* initialized ones keep what they have */
    ck_assert_uint_eq(nsc_parameter_generation(model_parameter(net, "0.weight")), before);
    second.force = 1;
    ASSERT_OK(nsc_initialize(net, context, &second));
    ASSERT_OK(nsc_initialize(same, context, &second));
    ck_assert(model_same_value(model_parameter(net, "0.weight"), model_parameter(same, "0.weight")));
    ck_assert_ptr_eq(nsc_parameter_context(model_parameter(net, "0.weight")), context);
    nsc_context *other = model_open(_i, NULL);
    ASSERT_STATUS(nsc_initialize(net, other, &second), NSC_WRONG_DEVICE);
    ASSERT_OK(nsc_context_close(other));
    nsc_release(net);
    nsc_release(same);
}
END_TEST

START_TEST(test_a9_a29_values_are_made_again_from_what_was_requested)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = two_layers();
    nsc_initialize_options options = {.size = sizeof options, .seed = 7};
    ASSERT_OK(nsc_initialize(net, context, &options));
    nsc_parameter *weight = model_parameter(net, "0.weight"), *other = model_parameter(net, "1.weight");
    float *first = model_read_parameter(weight);
    nsc_tensor *value = INPUT(context, 3, 4, 3);
    ASSERT_OK(nsc_parameter_set(weight, value));
    uint64_t untouched = nsc_parameter_generation(other);
    ASSERT_OK(nsc_reinitialize(net, &(nsc_selection){.glob = "0.weight"}));
    float *again = model_read_parameter(weight);
    ck_assert_mem_eq(first, again, 12 * sizeof(float));
    ck_assert_uint_eq(nsc_parameter_generation(other), untouched);
    ck_assert_ptr_eq(nsc_parameter_context(weight), context);
    ASSERT_OK(nsc_reinitialize(net, NULL));
    ck_assert_uint_eq(nsc_parameter_generation(other), untouched + 1); /* filled once */
    free(first);
    free(again);
    nsc_release(net);
    net = two_layers(); /* a value that nobody requested */
    weight = model_parameter(net, "0.weight");
    ASSERT_OK(nsc_parameter_set(weight, value));
    ASSERT_STATUS(nsc_reinitialize(net, NULL), NSC_NOT_REQUESTED);
    ASSERT_SAYS(nsc_last_error(NULL), "0.weight");
    nsc_tensor_release(value);
    nsc_release(net);
}
END_TEST

START_TEST(test_a29_a_tied_parameter_is_made_again_once)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_sequential(nsc_dense(3, .in_units = 3), nsc_dense(3));
    ASSERT_OK(nsc_parameter_tie(model_parameter(net, "1.weight"), model_parameter(net, "0.weight")));
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_parameter *weight = model_parameter(net, "1.weight");
    uint64_t before = nsc_parameter_generation(weight);
    ASSERT_OK(nsc_reinitialize(net, NULL));
    ck_assert_uint_eq(nsc_parameter_generation(weight), before + 1);
    nsc_release(net);
}
END_TEST

START_TEST(test_a12_a_second_request_replaces_the_first_while_pending)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_dense(4), *same = nsc_dense(4, .in_units = 3);
    nsc_initialize_options options = {.size = sizeof options, .seed = 1};
    ASSERT_OK(nsc_initialize(net, context, &options));
    options.seed = 9;
    ASSERT_OK(nsc_initialize(net, context, &options));
    ASSERT_OK(nsc_initialize(same, context, &options));
    nsc_tensor *x = INPUT(context, 1, 2, 3);
    free(model_forward(net, x, NULL));
    ck_assert(model_same_value(model_parameter(net, "weight"), model_parameter(same, "weight")));
    nsc_tensor_release(x);
    nsc_release(net);
    nsc_release(same);
}
END_TEST

START_TEST(test_move_takes_the_same_bits_there_and_back)
{
    nsc_context *from = model_context(_i);
    for (int i = 0; i < model_backend_count(); i++) {
        nsc_context *to = model_open(i, NULL);
        nsc_block *net = two_layers(), *pending = nsc_sequential(nsc_dense(4), nsc_dense(2));
        nsc_initialize_options options = {.size = sizeof options, .seed = 7};
        ASSERT_OK(nsc_initialize(net, from, &options));
        ASSERT_OK(nsc_initialize(pending, from, &options));
        nsc_parameter *weight = model_parameter(net, "0.weight");
        ASSERT_OK(nsc_parameter_request_gradient(weight, NSC_GRADIENT_ADD));
        float *before = model_read_parameter(weight);
        ASSERT_OK(nsc_move(net, NULL, to));
        ASSERT_OK(nsc_move(pending, NULL, to));
        ck_assert_ptr_eq(nsc_parameter_context(weight), to);
        ck_assert_int_eq(nsc_parameter_gradient_request(weight), NSC_GRADIENT_ADD); /* a11: attributes stay */
        float *after = model_read_parameter(weight);
        ck_assert_mem_eq(before, after, 12 * sizeof(float));
        nsc_tensor *x = INPUT(to, 1, 2, 3);
        free(model_forward(net, x, NULL));
        free(model_forward(pending, x, NULL)); /* the request went along */
        ck_assert(model_same_value(weight, model_parameter(pending, "0.weight")));
        ASSERT_OK(nsc_reinitialize(net, NULL));
        ck_assert(model_same_value(weight, model_parameter(pending, "0.weight")));
        ASSERT_OK(nsc_move(net, NULL, from));
        ASSERT_OK(nsc_move(net, NULL, from)); /* already there */
        ck_assert_ptr_eq(nsc_parameter_context(weight), from);
        free(before);
        free(after);
        nsc_tensor_release(x);
        nsc_release(net);
        nsc_release(pending);
        ASSERT_OK(nsc_context_close(to));
    }
}
END_TEST

static void note_event(void *user, nsc_parameter *parameter, nsc_parameter_event event)
{
    path_list *list = user;
    size_t used = strlen(list->text);
    if (strcmp(nsc_parameter_name(parameter), "weight") == 0) /* asking from here must not block */
        snprintf(list->text + used, sizeof list->text - used, "%s ", nsc_parameter_event_name(event));
}

START_TEST(test_observers_are_told_in_order)
{
    nsc_context *context = model_context(_i), *other = model_open(_i, NULL);
    path_list list = {""};
    nsc_block *net = nsc_dense(4);
    ASSERT_OK(nsc_observe(net, note_event, &list));
    nsc_parameter *weight = model_parameter(net, "weight");
    nsc_tensor *x = INPUT(context, 1, 2, 3), *value = INPUT(context, 1, 4, 3);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    free(model_forward(net, x, NULL));
    ASSERT_OK(nsc_parameter_set(weight, value));
    ASSERT_STATUS(nsc_parameter_set(weight, x), NSC_SHAPE_CONFLICT); /* nothing happened, nothing is told */
    ASSERT_OK(nsc_reinitialize(net, NULL));
    ASSERT_OK(nsc_move(net, NULL, other));
    ASSERT_OK(nsc_forget(net));
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(2, 3), 1));
    ck_assert_str_eq(list.text, "requested shape initialized set initialized moved forgotten shape ");
    ASSERT_OK(nsc_observe(net, NULL, NULL));
    ASSERT_OK(nsc_forget(net));
    ck_assert_str_eq(list.text, "requested shape initialized set initialized moved forgotten shape ");
    nsc_tensor_release(x);
    nsc_tensor_release(value);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(other));
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("requests");
    tcase_add_test(tests, test_selections);
    tcase_add_test(tests, test_rules_tell_what_they_hit);
    EACH_BACKEND(tests, test_a_rule_without_a_hit_is_logged);
    EACH_BACKEND(tests, test_misfits_are_refused_when_requested_all_at_once);
    EACH_BACKEND(tests, test_only_what_is_selected_is_requested);
    EACH_BACKEND(tests, test_a10_force_replaces_request_and_value_and_stays_on_the_device);
    EACH_BACKEND(tests, test_a9_a29_values_are_made_again_from_what_was_requested);
    EACH_BACKEND(tests, test_a29_a_tied_parameter_is_made_again_once);
    EACH_BACKEND(tests, test_a12_a_second_request_replaces_the_first_while_pending);
    EACH_BACKEND(tests, test_move_takes_the_same_bits_there_and_back);
    EACH_BACKEND(tests, test_observers_are_told_in_order);
    return model_end();
}
