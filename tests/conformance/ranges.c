/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interval arithmetic over the errors that backend.h and docs/conformance.md allow: what comes out of range_apply holds
 * every result that a conforming device may give for any operands in the ranges that went in. Ends are doubles, which
 * are far finer than the errors. A product keeps its exact value in range, so that a contraction is inside too; whatever
 * may be subnormal may be a zero of either sign.
 */
#include <float.h>
#include <math.h>

#include "conformance.h"

static range point(double value)
{
    return (range){.lo = value, .hi = value, .number = !isnan(value), .nan = isnan(value)};
}

range range_of(float value)
{
    range r = point(value);

    if (r.number && value != 0 && fabsf(value) < FLT_MIN)
        r.lo = fmin(value, -0.0), r.hi = fmax(value, 0.0);
    return r;
}

static bool is_point(const range *r)
{
    return r->lo == r->hi && signbit(r->lo) == signbit(r->hi);
}

static bool holds(const range *r, double value)
{
    return r->number && r->lo <= value && value <= r->hi;
}

static bool holds_infinity(const range *r)
{
    return r->number && (isinf(r->lo) || isinf(r->hi));
}

static void everything(range *r)
{
    r->lo = -INFINITY;
    r->hi = INFINITY;
}

/* One unit in the last place of a float near value; with room for the errors of double precision. */
static double unit(double value)
{
    int exponent;

    frexp(value, &exponent);
    return ldexp(1 + 0x1p-20, exponent - 24 < -149 ? -149 : exponent - 24);
}

/* The result of an op, from its exact range. */
static range rounded(range r, double ulps)
{
    const bool exact = is_point(&r);

    if (!r.number)
        return r;
    if (ulps > 0 && !(ulps <= 0.5 && exact && (double)(float)r.lo == r.lo)) {
        /* Inside a range that crosses a power of two the unit doubles. */
        if (isfinite(r.lo))
            r.lo -= ulps * unit(r.lo) * (r.lo > 0 && !exact ? 2 : 1);
        if (isfinite(r.hi))
            r.hi += ulps * unit(r.hi) * (r.hi < 0 && !exact ? 2 : 1);
    }
    if (r.hi > FLT_MAX)
        r.lo = isfinite(r.lo) ? fmin(r.lo, FLT_MAX) : r.lo, r.hi = INFINITY;
    if (r.lo < -FLT_MAX)
        r.hi = isfinite(r.hi) ? fmax(r.hi, -FLT_MAX) : r.hi, r.lo = -INFINITY;
    if (r.lo < FLT_MIN && r.hi > -FLT_MIN && !(r.lo == 0 && is_point(&r))) {
        r.lo = r.lo >= 0 ? -0.0 : r.lo;
        r.hi = r.hi <= 0 ? 0.0 : r.hi;
    }
    return r;
}

/* The hull of one more value; one that is NaN says that the ends do not tell: anything. */
static void reach(range *r, double value)
{
    if (isnan(value)) {
        everything(r);
        return;
    }
    if (value < r->lo || (value == r->lo && signbit(value)))
        r->lo = value;
    if (value > r->hi || (value == r->hi && !signbit(value)))
        r->hi = value;
}

/* An increasing function of operands in [low, infinity]: NaN below. */
static void increasing(range *r, uint16_t op, const range *a, double low)
{
    r->nan = a->nan || a->lo < low;
    r->number = a->hi >= low;
    if (!r->number)
        return;
    r->lo = op_value(op, a->lo < low ? low : a->lo, 0, 0);
    r->hi = op_value(op, a->hi, 0, 0);
}

static void rsqrt_of(range *r, const range *a)
{
    increasing(r, NSC_OP_SQRT, a, 0);
    if (!r->number)
        return;
    if (!is_point(a) && a->lo <= 0)
        r->lo = -INFINITY, r->hi = INFINITY; /* a zero of either sign */
    else
        r->lo = op_value(NSC_OP_RSQRT, a->hi, 0, 0), r->hi = op_value(NSC_OP_RSQRT, a->lo, 0, 0);
}

/* sin and cos change no faster than their operand. */
static void wave(range *r, uint16_t op, const range *a)
{
    const double low = isinf(a->lo) ? -FLT_MAX : a->lo, high = isinf(a->hi) ? FLT_MAX : a->hi;

    r->nan = a->nan || holds_infinity(a);
    r->number = !(isinf(a->lo) && is_point(a));
    r->lo = -1;
    r->hi = 1;
    if (is_point(a)) {
        r->lo = r->hi = op_value(op, a->lo, 0, 0);
    } else if (high - low < 4) {
        const double middle = op_value(op, low + (high - low) / 2, 0, 0), away = (high - low) * (0.5 + 0x1p-20);
        r->lo = fmax(-1, middle - away);
        r->hi = fmin(1, middle + away);
    }
}

static range unary(uint16_t op, const range *a)
{
    range r = {.number = true, .nan = a->nan};

    switch (op) {
    case NSC_OP_NEG:
        r.lo = -a->hi;
        r.hi = -a->lo;
        break;
    case NSC_OP_ABS:
        r.lo = holds(a, 0) ? 0 : fmin(fabs(a->lo), fabs(a->hi));
        r.hi = fmax(fabs(a->lo), fabs(a->hi));
        break;
    case NSC_OP_LOG:
    case NSC_OP_SQRT:
        increasing(&r, op, a, 0);
        break;
    case NSC_OP_LOG1P:
        increasing(&r, op, a, -1);
        break;
    case NSC_OP_RSQRT:
        rsqrt_of(&r, a);
        break;
    case NSC_OP_SIN:
    case NSC_OP_COS:
        wave(&r, op, a);
        break;
    default:
        increasing(&r, op, a, -INFINITY);
    }
    return r;
}

/* Operations whose extremes lie in the corners. */
static void corners(range *r, uint16_t op, const range *a, const range *b)
{
    const double x[2] = {a->lo, a->hi}, y[2] = {b->lo, b->hi};

    r->lo = INFINITY;
    r->hi = -INFINITY;
    for (int i = 0; i < 4; i++)
        reach(r, op_value(op, x[i & 1], y[i >> 1], 0));
}

static void sum(range *r, uint16_t op, const range *a, range b)
{
    if (op == NSC_OP_SUB) {
        const double low = b.lo;
        b.lo = -b.hi;
        b.hi = -low;
    }
    r->nan = (holds(a, INFINITY) && holds(&b, -INFINITY)) || (holds(a, -INFINITY) && holds(&b, INFINITY));
    r->lo = a->lo + b.lo;
    r->hi = a->hi + b.hi;
    if (isnan(r->lo) || isnan(r->hi))
        everything(r);
}

static bool product_nan(const range *a, const range *b)
{
    return (holds(a, 0) && holds_infinity(b)) || (holds(b, 0) && holds_infinity(a));
}

/* x^y has its extremes in the corners while x is positive, or x keeps its sign and y is one integer. */
static void power(range *r, const range *a, const range *b)
{
    const bool integer = is_point(b) && isfinite(b->lo) && b->lo == rint(b->lo);

    if (a->lo > 0 || (is_point(a) && is_point(b)) || (integer && (a->hi < 0))) {
        corners(r, NSC_OP_POW, a, b);
    } else if (integer && b->lo >= 0) {
        corners(r, NSC_OP_POW, a, b);
        reach(r, op_value(NSC_OP_POW, 0, b->lo, 0));
    } else {
        everything(r);
        r->nan = a->lo < 0 && !integer;
        r->number = !(a->hi < 0 && isfinite(b->hi) && isfinite(a->lo) && floor(b->hi) < b->lo);
    }
}

/* 1, 0, or undecided. */
static range comparison(uint16_t op, const range *a, const range *b)
{
    bool always, never;

    if (op == NSC_OP_EQUAL) {
        always = a->lo == a->hi && b->lo == b->hi && a->lo == b->lo;
        never = a->hi < b->lo || b->hi < a->lo;
    } else {
        always = op == NSC_OP_LESS ? a->hi < b->lo : a->hi <= b->lo;
        never = op == NSC_OP_LESS ? a->lo >= b->hi : a->lo > b->hi;
    }
    if (!a->number || !b->number)
        always = false, never = true;
    else if (a->nan || b->nan)
        always = false;
    range r = point(always ? 1 : 0);

    if (!always && !never)
        r.hi = 1, r.torn = true;
    return r;
}

static range binary(uint16_t op, const range *a, const range *b)
{
    range r = {.number = true};

    switch (op) {
    case NSC_OP_ADD:
    case NSC_OP_SUB:
        sum(&r, op, a, *b);
        break;
    case NSC_OP_MUL:
        corners(&r, op, a, b);
        r.nan = product_nan(a, b);
        break;
    case NSC_OP_DIV:
        if (holds(b, 0) && !is_point(b))
            everything(&r);
        else
            corners(&r, op, a, b);
        if (!is_point(a) && holds(a, 0) && is_point(b) && b->lo == 0)
            everything(&r);
        r.nan = (holds(a, 0) && holds(b, 0)) || (holds_infinity(a) && holds_infinity(b));
        break;
    case NSC_OP_POW:
        power(&r, a, b);
        break;
    default: /* of two zeros either may come */
        r.lo = op_value(op, a->lo, b->lo, 0);
        r.hi = op_value(op, a->hi, b->hi, 0);
        if (holds(a, 0) && holds(b, 0) && !(is_point(a) && is_point(b) && signbit(a->lo) == signbit(b->lo))) {
            r.lo = r.lo == 0 ? -0.0 : r.lo;
            r.hi = r.hi == 0 ? 0.0 : r.hi;
        }
    }
    /* Two exact operands say it all. */
    if (is_point(a) && is_point(b) && isnan(op_value(op, a->lo, b->lo, 0)))
        r.nan = true, r.number = false;
    return r;
}

static range fused(const range *a, const range *b, const range *c)
{
    range r = {.lo = INFINITY, .hi = -INFINITY, .number = true}, product = {.number = true}, dry = {0};

    corners(&product, NSC_OP_MUL, a, b);
    sum(&dry, NSC_OP_ADD, &product, *c);
    r.nan = dry.nan || product_nan(a, b);
    for (int i = 0; i < 8; i++)
        reach(&r, fma(i & 1 ? a->hi : a->lo, i & 2 ? b->hi : b->lo, i & 4 ? c->hi : c->lo));
    if (is_point(a) && is_point(b) && is_point(c) && isnan(fma(a->lo, b->lo, c->lo)))
        r.number = false;
    return r;
}

static range selection(const range *o)
{
    const bool zero = holds(&o[0], 0), other = o[0].nan || (o[0].number && (o[0].lo != 0 || o[0].hi != 0));
    range r = other ? o[1] : o[2];

    r.torn = r.torn || o[0].torn;
    if (!zero || !other)
        return r;
    r = o[1];
    if (r.number && o[2].number) {
        reach(&r, o[2].lo);
        reach(&r, o[2].hi);
    } else if (o[2].number) {
        r.lo = o[2].lo;
        r.hi = o[2].hi;
    }
    r.number = r.number || o[2].number;
    r.nan = r.nan || o[2].nan;
    r.torn = true;
    return r;
}

/* x + -0 is x. */
static bool adds_nothing(const range *r)
{
    return r->number && !r->nan && r->lo == 0 && is_point(r) && signbit(r->lo);
}

range range_apply(uint16_t op, const range *o)
{
    const uint32_t count = op_operands(op);
    range r;
    bool number = true, nan = false, torn = false;

    for (uint32_t i = 0; i < count; i++) {
        number = number && o[i].number;
        nan = nan || o[i].nan;
        torn = torn || o[i].torn;
    }
    if (op == NSC_OP_SELECT)
        return selection(o);
    if (op == NSC_OP_ADD && (adds_nothing(&o[0]) || adds_nothing(&o[1]))) {
        r = adds_nothing(&o[0]) ? o[1] : o[0];
        r.torn = torn;
        return r;
    }
    if (op == NSC_OP_EQUAL || op == NSC_OP_LESS || op == NSC_OP_LESS_EQUAL) {
        r = comparison(op, &o[0], &o[1]);
    } else if (op == NSC_OP_POW && (!number || nan)) {
        /* 1 for a power of 0 and for a base of 1, NaN or not. */
        r = (range){.lo = -INFINITY, .hi = INFINITY, .number = true, .nan = true};
        if (is_point(&o[1]) && o[1].number && !o[1].nan)
            r = o[1].lo == 0 ? point(1) : o[0].number ? r : point(NAN);
        else if (!holds(&o[0], 1) && !holds(&o[1], 0) && !number)
            r = point(NAN);
    } else if (!number) {
        r = point(NAN);
    } else {
        r = count == 1 ? unary(op, &o[0]) : count == 2 ? binary(op, &o[0], &o[1]) : fused(&o[0], &o[1], &o[2]);
        r.nan = r.nan || nan;
    }
    r.torn = r.torn || torn;
    return rounded(r, op_ulps(op));
}

range range_stored(range r, nsc_dtype dtype)
{
    const double low = dtype == NSC_INT32 ? -2147483648.0 : 0;
    const double high = dtype == NSC_INT32 ? 2147483647.0 : dtype == NSC_UINT8 ? 255 : 4294967295.0;

    if (dtype == NSC_FLOAT32)
        return r;
    r.lo = r.number ? fmin(fmax(trunc(r.lo), low), high) : 0;
    r.hi = r.number ? fmin(fmax(trunc(r.hi), low), high) : 0;
    if (r.nan)
        r.lo = fmin(r.lo, 0), r.hi = fmax(r.hi, 0);
    r.lo += 0.0; /* not -0 */
    r.hi += 0.0;
    r.number = true;
    r.nan = false;
    return r;
}

bool range_has(const range *r, double got)
{
    if (got == 0 && r->number && r->lo == 0 && is_point(r))
        return signbit(got) == signbit(r->lo);
    return isnan(got) ? r->nan : holds(r, got);
}

bool range_tight(const range *r)
{
    if (!r->number || !r->nan)
        return !r->number || r->lo == r->hi || r->hi - r->lo <= 1e-3 * fmax(fabs(r->lo), fabs(r->hi)) + 2 * SMALLEST;
    return false;
}
