/* SPDX-License-Identifier: Apache-2.0 */
/* Every change of parameters, with the nth request for host memory refused, and with the nth call into the device
 * failing: an error, nothing changed, and the next try works. */
#include "device.h"
#include "memory.h"
#include "scenario.h"

/* ---- worlds ------------------------------------------------------------------------------------------------------ */

static void prepare_declared(world *w)
{
    w->net = world_net(w, true);
    world_observe(w);
}

static void prepare_untied(world *w)
{
    w->net = world_net(w, false);
    world_observe(w);
}

static void prepare_tie(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH}};
    w->net = world_net(w, false);
    w->second = world_net(w, false);
    ck_assert_int_eq(nsc_infer_shapes(w->second, &shape, 1), NSC_OK);
    world_request(w, w->net, 7);
    world_observe(w);
}

static void prepare_known(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH}};
    prepare_declared(w);
    ck_assert_int_eq(nsc_infer_shapes(w->net, &shape, 1), NSC_OK);
}

static void prepare_pending(world *w)
{
    prepare_declared(w);
    world_request(w, w->net, 7);
}

static void prepare_initialized(world *w)
{
    prepare_pending(w);
    world_run(w, w->net);
}

/* Values that did not come from the request. */
static void prepare_set(world *w)
{
    static const int64_t dims[] = {4};
    static const float data[] = {4, 3, 2, 1};
    prepare_initialized(w);
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 1, dims, data, &w->value), NSC_OK);
    ck_assert_int_eq(nsc_parameter_set(nsc_find_parameter(w->net, "1.b"), w->value), NSC_OK);
}

static void prepare_value(world *w)
{
    static const int64_t dims[] = {4};
    static const float data[] = {4, 3, 2, 1};
    prepare_pending(w);
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 1, dims, data, &w->value), NSC_OK);
}

static void prepare_nothing(world *w)
{
    (void)w;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static nsc_status pass(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                       size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

static nsc_status act_declare(world *w)
{
    static const float values[] = {1, 2};
    static const int64_t dims[] = {2}, unknown[] = {NSC_UNKNOWN, 3};
    static const char *const names[] = {"n", NULL};
    nsc_block *block = nsc_custom(pass, .kind = "late", .name = "own");
    nsc_declare_constant(block, "c", 1, dims, values);
    nsc_declare(block, "d", .rank = 2, .dims = unknown, .dim_names = names, .init = nsc_ones());
    nsc_add_child(block, "inner", nsc_sequential(nsc_dense(4), nsc_flatten(), nsc_identity()));
    /* A constructor has no error of its own: the first call that takes a context reports it. */
    const nsc_status status = nsc_initialize(block, w->context, NULL);
    if (status == NSC_OK)
        w->net = block;
    else
        nsc_release(block);
    return status;
}

static nsc_status act_infer(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH}};
    return nsc_infer_shapes(w->net, &shape, 1);
}

static nsc_status act_infer_wrongly(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {WORLD_ROWS, WORLD_WIDTH + 1}};
    return nsc_infer_shapes(w->net, &shape, 1);
}

static const nsc_init_rule rules[] = {
    {.where = {.regex = "^4[.]weight$"}, .init = {.kind = NSC_INIT_ORTHOGONAL, .a = 2}},
    {.where = {.regex = "weight$", .rank = 2}, .init = {.kind = NSC_INIT_SPARSE, .a = 0.5f, .b = 1}},
    {.where = {.glob = "nothing"}, .init = {.kind = NSC_INIT_CONSTANT, .a = 3}}};

static nsc_status act_request_by_rules(world *w)
{
    const nsc_initialize_options options = {
        .size = sizeof options, .seed = 9, .rules = rules, .rule_count = 3, .where = {.regex = "weight|bias|[abc]$"}};
    return nsc_initialize(w->net, w->context, &options);
}

static nsc_status act_request_by_force(world *w)
{
    const nsc_initialize_options options = {
        .size = sizeof options, .seed = 9, .force = 1, .rules = rules, .rule_count = 3};
    return nsc_initialize(w->net, w->context, &options);
}

static nsc_status act_request_a_misfit(world *w)
{
    const nsc_init_rule rule = {.where = {.glob = "*.weight"}, .init = nsc_dirac(1)};
    const nsc_initialize_options options = {.size = sizeof options, .seed = 9, .rules = &rule, .rule_count = 1};
    return nsc_initialize(w->net, w->context, &options);
}

static nsc_status act_forward(world *w)
{
    static const int64_t dims[] = {WORLD_ROWS, WORLD_WIDTH};
    static const float data[WORLD_ROWS * WORLD_WIDTH] = {1, 2, 3, 4, 5, -1};
    nsc_tensor *x = NULL;
    nsc_status status = nsc_tensor_from(w->context, NSC_FLOAT32, 2, dims, data, &x);
    if (status == NSC_OK)
        status = nsc_forward(w->net, x, &w->value);
    nsc_tensor_release(x);
    return status;
}

static nsc_status act_set(world *w)
{
    return nsc_parameter_set(nsc_find_parameter(w->net, "1.a"), w->value);
}

static nsc_status act_set_wrongly(world *w)
{
    return nsc_parameter_set(nsc_find_parameter(w->net, "4.bias"), w->value);
}

static nsc_status act_tie(world *w)
{
    return nsc_parameter_tie(nsc_find_parameter(w->net, "first.weight"), nsc_find_parameter(w->second, "first.weight"));
}

static nsc_status act_move(world *w)
{
    return nsc_move(w->net, NULL, w->other);
}

static nsc_status act_move_selected(world *w)
{
    return nsc_move(w->net, &(nsc_selection){.regex = "^[0-9]"}, w->other);
}

static nsc_status act_reinitialize(world *w)
{
    return nsc_reinitialize(w->net, NULL);
}

static nsc_status act_reinitialize_selected(world *w)
{
    return nsc_reinitialize(w->net, &(nsc_selection){.regex = "b$|first", .role = NSC_ROLE_WEIGHT});
}

static int tell_rule(void *user, size_t rule, const char *path, nsc_parameter *parameter, const nsc_initializer *init)
{
    (void)parameter;
    world_say(user, "%zu %s %d\n", rule, path == NULL ? "-" : path, (int)init->kind);
    return 0;
}

static nsc_status act_tell_rules(world *w)
{
    const nsc_initialize_options options = {.size = sizeof options, .rules = rules, .rule_count = 3};
    return nsc_rules_each(w->net, &options, tell_rule, &w->told);
}

/* What a call prints, into what was told. */
static nsc_status print(world *w, nsc_status (*call)(world *w, FILE *file))
{
    FILE *file = fmemopen(w->told.text, WORLD_TEXT, "w");
    const nsc_status status = call(w, file);
    fclose(file);
    w->told.length = strlen(w->told.text);
    return status;
}

static nsc_status print_rules(world *w, FILE *file)
{
    const nsc_initialize_options options = {.size = sizeof options, .rules = rules, .rule_count = 3};
    return nsc_print_rules(w->net, &options, file);
}

static nsc_status act_print_rules(world *w)
{
    return print(w, print_rules);
}

static nsc_status print_parameters(world *w, FILE *file)
{
    return nsc_print_parameters(w->net, file);
}

static nsc_status act_print_parameters(world *w)
{
    return print(w, print_parameters);
}

static nsc_status print_proposal(world *w, FILE *file)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH}};
    nsc_proposal *proposal;
    nsc_status status = nsc_propose(w->net, NSC_INFERENCE, &shape, 1, &proposal);
    if (status == NSC_OK)
        status = nsc_check_budget(proposal, w->context);
    if (status == NSC_OK)
        status = nsc_print_summary(proposal, file);
    nsc_proposal_release(proposal);
    return status;
}

static nsc_status act_propose(world *w)
{
    return print(w, print_proposal);
}

static nsc_status tell_plan(world *w, const nsc_plan_view *plan)
{
    nsc_plan_info info;
    nsc_step_info step;
    nsc_storage_info storage;
    nsc_status status = nsc_plan_view_info(plan, &info, sizeof info);
    for (size_t i = 0; status == NSC_OK && i < info.steps; i++)
        if ((status = nsc_plan_view_step(plan, i, &step, sizeof step)) == NSC_OK)
            world_say(&w->told, "%s %s %s\n", step.operation, step.path, step.text);
    for (size_t i = 0; status == NSC_OK && i < info.storages; i++)
        if ((status = nsc_plan_view_storage(plan, i, &storage, sizeof storage)) == NSC_OK)
            world_say(&w->told, "%s %zu\n", storage.name, (size_t)storage.bytes);
    return status;
}

static nsc_status act_look(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {3, WORLD_WIDTH}};
    nsc_proposal *proposal = NULL;
    nsc_plan_view *plan = NULL;
    nsc_node_info node;
    nsc_status status = nsc_propose(w->net, NSC_INFERENCE, &shape, 1, &proposal);
    for (size_t i = 0; status == NSC_OK && i < nsc_proposal_node_count(proposal); i++)
        if ((status = nsc_proposal_node(proposal, i, &node, sizeof node)) == NSC_OK)
            world_say(&w->told, "%s %s %s\n", node.operation, node.text, node.path);
    if (status == NSC_OK)
        status = nsc_plan_view_create(proposal, w->context, &plan);
    if (status == NSC_OK)
        status = tell_plan(w, plan);
    nsc_plan_view_release(plan);
    nsc_proposal_release(proposal);
    return status;
}

static nsc_status act_explain(world *w)
{
    const nsc_status status = nsc_explain(w->net, "2.weight", w->told.text, WORLD_TEXT);
    w->told.length = strlen(w->told.text);
    return status;
}

static nsc_status act_explain_wrongly(world *w)
{
    return nsc_explain(w->net, "9.weight", w->told.text, WORLD_TEXT);
}

static int tell_path(void *user, const char *path, nsc_parameter *parameter)
{
    (void)parameter;
    world_say(user, "%s\n", path);
    return 0;
}

static nsc_status act_select(world *w)
{
    return nsc_parameters_select(w->net, &(nsc_selection){.regex = "weight"}, tell_path, &w->told);
}

static void ignore(void *user, nsc_parameter *parameter, nsc_parameter_event event)
{
    (void)user, (void)parameter, (void)event;
}

static nsc_status act_observe(world *w)
{
    return nsc_observe(w->second, ignore, w);
}

static void prepare_unobserved(world *w)
{
    w->second = world_net(w, true);
}

static nsc_status act_forget(world *w)
{
    return nsc_forget(w->net);
}

static nsc_status act_forget_one(world *w)
{
    return nsc_parameter_forget(nsc_find_parameter(w->net, "first.weight"));
}

static nsc_status act_forget_dimension(world *w)
{
    return nsc_parameter_forget_dimension(nsc_find_parameter(w->net, "first.weight"), 1);
}

static nsc_status act_fill(world *w)
{
    static const int64_t dims[] = {6, 4}, half[] = {12};
    const nsc_fill_scope scope = {.seed = 3, .path = "weight", .rank = 2, .dims = dims};
    const nsc_initializer all[] = {nsc_orthogonal(1), nsc_sparse(0.5f, 1), nsc_normal(1), nsc_ones()};
    float values[12];
    nsc_tensor *slice;
    nsc_status status = nsc_tensor_create(w->context, NSC_FLOAT32, 1, half, &slice);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == NSC_OK; i++) {
        status = nsc_initializer_fill(&all[i], &scope, 6, slice);
        if (status == NSC_OK)
            status = nsc_tensor_read(slice, values, sizeof values);
        if (status == NSC_OK)
            world_say_bytes(&w->told, "slice", values, sizeof values);
    }
    nsc_tensor_release(slice);
    return status;
}

static const scenario scenarios[] = {
    {"declaring", prepare_nothing, act_declare, NSC_OK},
    {"inferring shapes", prepare_declared, act_infer, NSC_OK},
    {"inferring shapes again", prepare_known, act_infer, NSC_OK},
    {"inferring other shapes", prepare_known, act_infer_wrongly, NSC_SHAPE_CONFLICT},
    {"requesting by rules", prepare_declared, act_request_by_rules, NSC_OK},
    {"requesting again", prepare_pending, act_request_by_rules, NSC_OK},
    {"requesting what is known", prepare_known, act_request_by_rules, NSC_OK},
    {"requesting what is initialized", prepare_initialized, act_request_by_rules, NSC_OK},
    {"requesting by force", prepare_set, act_request_by_force, NSC_OK},
    {"requesting a misfit", prepare_declared, act_request_a_misfit, NSC_INVALID},
    {"a first forward", prepare_pending, act_forward, NSC_OK},
    {"setting while pending", prepare_value, act_set, NSC_OK},
    {"setting again", prepare_set, act_set, NSC_OK},
    {"setting what does not fit", prepare_value, act_set_wrongly, NSC_SHAPE_CONFLICT},
    {"tying", prepare_tie, act_tie, NSC_OK},
    {"moving values", prepare_set, act_move, NSC_OK},
    {"moving requests", prepare_pending, act_move, NSC_OK},
    {"moving what is selected", prepare_initialized, act_move_selected, NSC_OK},
    {"initialising again", prepare_set, act_reinitialize, NSC_OK},
    {"initialising again what is selected", prepare_set, act_reinitialize_selected, NSC_OK},
    {"telling rules", prepare_untied, act_tell_rules, NSC_OK},
    {"printing rules", prepare_pending, act_print_rules, NSC_OK},
    {"printing parameters", prepare_initialized, act_print_parameters, NSC_OK},
    {"proposing", prepare_pending, act_propose, NSC_OK},
    {"looking at a graph and a plan", prepare_pending, act_look, NSC_OK},
    {"explaining", prepare_pending, act_explain, NSC_OK},
    {"explaining what is not there", prepare_pending, act_explain_wrongly, NSC_INVALID},
    {"selecting", prepare_declared, act_select, NSC_OK},
    {"observing", prepare_unobserved, act_observe, NSC_OK},
    {"forgetting", prepare_initialized, act_forget, NSC_OK},
    {"forgetting one", prepare_initialized, act_forget_one, NSC_OK},
    {"forgetting a dimension", prepare_initialized, act_forget_dimension, NSC_OK},
    {"filling slices", prepare_nothing, act_fill, NSC_OK},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

#include "main.h"
