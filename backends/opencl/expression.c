/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions as OpenCL C: a postfix program becomes one function of single assignments. */
#include "opencl.h"

#include <string.h>

static int type_index(nsc_backend_dtype dtype)
{
    if (dtype.code == NSC_BACKEND_FLOAT && dtype.bits == 32)
        return 0;
    if (dtype.code == NSC_BACKEND_INT && dtype.bits == 32)
        return 1;
    if (dtype.code == NSC_BACKEND_UINT && dtype.bits == 32)
        return 2;
    if (dtype.code == NSC_BACKEND_UINT && dtype.bits == 8)
        return 3;
    return -1;
}

const char *nsc_cl_type_name(nsc_backend_dtype dtype)
{
    static const char *const names[] = {"float", "int", "uint", "uchar"};
    int index = type_index(dtype);
    return index < 0 ? NULL : names[index];
}

uint32_t nsc_cl_type_bytes(nsc_backend_dtype dtype)
{
    return dtype.bits / 8u;
}

static const char *unary(uint16_t op)
{
    switch (op) {
    case NSC_OP_NEG:
        return "-";
    case NSC_OP_ABS:
        return "fabs";
    case NSC_OP_EXP:
        return "nsc_exp";
    case NSC_OP_LOG:
        return "log";
    case NSC_OP_SQRT:
        return "sqrt";
    case NSC_OP_RSQRT:
        return "rsqrt";
    case NSC_OP_TANH:
        return "nsc_tanh";
    case NSC_OP_ERF:
        return "erf";
    case NSC_OP_FLOOR:
        return "nsc_floor";
    case NSC_OP_CEIL:
        return "nsc_ceil";
    case NSC_OP_RINT:
        return "nsc_rint";
    case NSC_OP_EXPM1:
        return "nsc_expm1";
    case NSC_OP_LOG1P:
        return "log1p";
    case NSC_OP_SIN:
        return "sin";
    case NSC_OP_COS:
        return "cos";
    default:
        return NULL;
    }
}

/* A form with the operands' numbers. */
static const char *binary(uint16_t op)
{
    switch (op) {
    case NSC_OP_ADD:
        return "v%d + v%d";
    case NSC_OP_SUB:
        return "v%d - v%d";
    case NSC_OP_MUL:
        return "v%d * v%d";
    case NSC_OP_DIV:
        return "v%d / v%d";
    case NSC_OP_MAX:
        return "nsc_max(v%d, v%d)";
    case NSC_OP_MIN:
        return "nsc_min(v%d, v%d)";
    case NSC_OP_POW:
        return "pow(v%d, v%d)";
    case NSC_OP_EQUAL:
        return "v%d == v%d ? 1.0f : 0.0f";
    case NSC_OP_LESS:
        return "v%d < v%d ? 1.0f : 0.0f";
    case NSC_OP_LESS_EQUAL:
        return "v%d <= v%d ? 1.0f : 0.0f";
    default:
        return NULL;
    }
}

bool nsc_cl_expression_known(const nsc_backend_expression *expression)
{
    nsc_backend_expression mine;
    if (!nsc_backend_take(&mine, NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth), expression) ||
        mine.version != 1)
        return false;
    for (uint32_t i = 0; i < expression->code_count; i++) {
        uint16_t op = expression->code[i].op;
        if (!(op >= NSC_OP_LOAD && op <= NSC_OP_GET) && !unary(op) && !binary(op) && op != NSC_OP_SELECT &&
            op != NSC_OP_FMA)
            return false;
    }
    return true;
}

static void emit_signature(nsc_cl_text *text, const nsc_backend_expression *expression,
                           const nsc_cl_expression_form *form)
{
    const char *comma = "";
    nsc_cl_text_format(text, "inline static %s NSC_ELEMENT(", form->outputs ? "void" : "float");
    for (uint32_t i = 0; i < expression->input_count; i++, comma = ", ") {
        if (form->first_is_value && i == 0)
            nsc_cl_text_add(text, "const float x0");
        else
            nsc_cl_text_format(text, "%s__global const %s *i%u", comma,
                               nsc_cl_type_name(form->inputs[i - (form->first_is_value ? 1 : 0)].dtype), i);
    }
    for (uint32_t i = 0; form->outputs && i < expression->output_count; i++, comma = ", ")
        nsc_cl_text_format(text, "%s__global %s *o%u", comma, nsc_cl_type_name(form->outputs[i].dtype), i);
    for (uint32_t i = 0; i < expression->scalar_count; i++, comma = ", ")
        nsc_cl_text_format(text, "%sconst float s%u", comma, i);
    nsc_cl_text_add(text, *comma ? ")\n{\n" : "void)\n{\n");
}

static void emit_load(nsc_cl_text *text, const nsc_cl_expression_form *form, uint16_t input, bool raw, int result)
{
    if (form->first_is_value && input == 0) {
        nsc_cl_text_format(text, raw ? "const uint v%d = as_uint(x0);\n" : "const float v%d = x0;\n", result);
        return;
    }
    int type = type_index(form->inputs[input - (form->first_is_value ? 1 : 0)].dtype);
    if (raw)
        nsc_cl_text_format(text,
                           type == 3 ? "const uint v%d = *i%u;\n" : "const uint v%d = *(__global const uint *)i%u;\n",
                           result, (unsigned)input);
    else
        nsc_cl_text_format(text, "const float v%d = (float)*i%u;\n", result, (unsigned)input);
}

static void emit_store(nsc_cl_text *text, const nsc_cl_expression_form *form, uint16_t output, bool raw, int value)
{
    static const char *const convert[] = {"", "nsc_to_int", "nsc_to_uint", "nsc_to_uchar"};
    if (!form->outputs) {
        nsc_cl_text_format(text, raw ? "const float result = as_float(v%d);\n" : "const float result = v%d;\n", value);
        return;
    }
    int type = type_index(form->outputs[output].dtype);
    if (raw)
        nsc_cl_text_format(text, type == 3 ? "*o%u = (uchar)v%d;\n" : "*(__global uint *)o%u = v%d;\n",
                           (unsigned)output, value);
    else
        nsc_cl_text_format(text, "*o%u = %s(v%d);\n", (unsigned)output, convert[type], value);
}

void nsc_cl_expression_emit(nsc_cl_text *text, const nsc_backend_expression *expression,
                            const nsc_cl_expression_form *form)
{
    int stack[NSC_BACKEND_MAX_STACK + 2] = {0}, temps[NSC_BACKEND_MAX_TEMPS] = {0};
    int top = 0, next = 0; /* values are v0, v1, ... */
    int stored[NSC_BACKEND_MAX_OUTPUTS] = {0};
    bool stored_raw[NSC_BACKEND_MAX_OUTPUTS] = {false};
    emit_signature(text, expression, form);
    for (uint32_t i = 0; i < expression->code_count; i++) {
        const uint16_t op = expression->code[i].op, arg = expression->code[i].arg;
        uint32_t bits;
        switch (op) {
        case NSC_OP_LOAD:
        case NSC_OP_LOAD_RAW:
            emit_load(text, form, arg, op == NSC_OP_LOAD_RAW, next);
            stack[top++] = next++;
            break;
        case NSC_OP_IMMEDIATE:
            memcpy(&bits, &expression->immediates[arg], sizeof bits);
            nsc_cl_text_format(text, "const float v%d = as_float(0x%08xu);\n", next, (unsigned)bits);
            stack[top++] = next++;
            break;
        case NSC_OP_SCALAR:
            nsc_cl_text_format(text, "const float v%d = s%u;\n", next, (unsigned)arg);
            stack[top++] = next++;
            break;
        case NSC_OP_STORE:
        case NSC_OP_STORE_RAW:
            stored[arg] = stack[--top];
            stored_raw[arg] = op == NSC_OP_STORE_RAW;
            break;
        case NSC_OP_SET:
            temps[arg] = stack[top - 1];
            break;
        case NSC_OP_GET:
            stack[top++] = temps[arg];
            break;
        case NSC_OP_SELECT:
        case NSC_OP_FMA:
            top -= 2;
            nsc_cl_text_format(text,
                               op == NSC_OP_FMA ? "const float v%d = fma(v%d, v%d, v%d);\n"
                                                : "const float v%d = v%d != 0.0f ? v%d : v%d;\n",
                               next, stack[top - 1], stack[top], stack[top + 1]);
            stack[top - 1] = next++;
            break;
        default:
            nsc_cl_text_format(text, "const float v%d = ", next);
            if (binary(op)) {
                top--;
                nsc_cl_text_format(text, binary(op), stack[top - 1], stack[top]);
                nsc_cl_text_add(text, ";\n");
            } else {
                nsc_cl_text_format(text, "%s(v%d);\n", unary(op), stack[top - 1]);
            }
            stack[top - 1] = next++;
        }
    }
    /* After every load: an output may lie on an input. */
    for (uint32_t i = 0; i < expression->output_count; i++)
        emit_store(text, form, (uint16_t)i, stored_raw[i], stored[i]);
    nsc_cl_text_add(text, form->outputs ? "}\n" : "return result;\n}\n");
}
