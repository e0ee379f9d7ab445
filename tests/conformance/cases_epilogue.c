/* SPDX-License-Identifier: Apache-2.0 */
/* Products with an epilogue. What it computes adds a few roundings to those of the product, and none of it makes errors
 * larger. */
#include <math.h>

#include "products.h"

enum { BIAS, BIAS_RELU, RESIDUAL, SCALED };
static const char *const operations[] = {
    "nn_bias",      "tn_bias",     "nt_bias",     "tt_bias",     "nn_bias_relu", "tn_bias_relu", "nt_bias_relu",
    "tt_bias_relu", "nn_residual", "tn_residual", "nt_residual", "tt_residual",  "nn_scaled",    "tn_scaled",
    "nt_scaled",    "tt_scaled",   NULL};

/* b is broadcast over rows, over columns, or a whole matrix stored by columns. */
static int64_t lay_out_input(nsc_backend_view *view, int what)
{
    if (what == RESIDUAL) {
        view->strides[0] = 1;
        view->strides[1] = view->dims[0];
        return view->dims[0] * view->dims[1];
    }
    view->strides[0] = what == SCALED ? 1 : 0;
    view->strides[1] = what == SCALED ? 0 : 1;
    return view->dims[what == SCALED ? 0 : 1];
}

static void program_of(expression *e, int what)
{
    expression_start(e, 2, 1, 0);
    expression_add(e, NSC_OP_LOAD, 0);
    expression_add(e, NSC_OP_LOAD, 1);
    expression_add(e, what == SCALED ? NSC_OP_MUL : NSC_OP_ADD, 0);
    if (what == BIAS_RELU) {
        expression_immediate(e, 0.0f);
        expression_add(e, NSC_OP_MAX, 0);
    }
    expression_add(e, NSC_OP_STORE, 0);
}

static void check(target *t, const product *p, int what, const nsc_backend_view *view, const float *input)
{
    for (int64_t i = 0; i < p->m * p->n; i++) {
        const double b = input[element_at(view, i)];
        double magnitudes, want = product_element(p, 0, i / p->n, i % p->n, &magnitudes);

        want = what == SCALED ? want * b : want + b;
        magnitudes = what == SCALED ? magnitudes * fabs(b) : magnitudes + fabs(b);
        if (what == BIAS_RELU)
            want = fmax(want, 0);
        if (!near(t, "gemm_epilogue", i, p->after[element_at(&p->c, i)], want,
                  gamma_of((double)p->k + 3) * magnitudes + SMALLEST))
            return;
    }
    product_gaps(t, p);
}

static void epilogue(target *t, const int *class)
{
    const int what = class[OPERATION] / 4;
    product p;
    expression e;

    if (!offers(t, NSC_BACKEND_GEMM_EPILOGUE)) {
        skip(t, "the device does not offer gemm_epilogue");
        return;
    }
    product_make(t, &p, class[SHAPE], class[OPERATION] % 4, class[STRIDES] != 0, 0);
    for (int64_t i = 0; i < p.m * p.n; i++)
        p.before[element_at(&p.c, i)] = NAN; /* must not be read */
    program_of(&e, what);
    nsc_backend_gemm_epilogue operation = {.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                           .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                           .expression = &e.head,
                                           .input_count = 1,
                                           .a = p.a,
                                           .b = p.b,
                                           .c = p.c};

    operation.inputs[0] = view_of(3, NSC_FLOAT32, 2, p.c.dims);
    const int64_t room = lay_out_input(&operation.inputs[0], what);
    float *input = numbers(t, 3, room, -1, 1);

    p.operands[2] = tensor(t, NSC_FLOAT32, p.room, p.before);
    p.operands[3] = tensor(t, NSC_FLOAT32, room, input);
    if (run(t, &operation, p.operands, 4, NULL, 0) && read_back(t, p.operands[2], p.after))
        check(t, &p, what, &operation.inputs[0], input);
}

static bool is_case(const int *class)
{
    return class[OPERATION] < 8 || product_cost(class[SHAPE]) < 300000;
}

static const conformance_table tables[] = {
    {"gemm_epilogue", epilogue, {operations, product_shapes, product_strides, float32_name}, is_case},
    {0},
};

const conformance_group group_epilogue = {.tables = tables};
