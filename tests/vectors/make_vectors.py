#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the published vectors of the random generator, without any of the library's code.

    make_vectors.py          writes philox.txt, fnv1a.txt, random.txt, dense_rows.txt and initializers.txt beside
                             this script
    make_vectors.py --check  compares them with the committed ones; exit 1 on a difference

Only Python's standard library is used. Floats are computed with exact fractions and rounded once. The table of the
normal transform is data (core/param/normal_table.c): it is read, its checksum compared, and every normal value is
checked against statistics.NormalDist.
"""
import hashlib
import math
import pathlib
import re
import statistics
import struct
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
TABLE_FILE = HERE.parent.parent / "core" / "param" / "normal_table.c"
TABLE_SHA256 = "4684164900901969ed376651eb714b46946daafdbdbbf0517b6ffd08179e8595"
MASK = 0xFFFFFFFF

# Random123 1.14, tests/kat_vectors: philox4x32 10 (counter, key, result).
PHILOX_PUBLISHED = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
# draft-eastlake-fnv, FNV-1a 64.
FNV_PUBLISHED = [("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8")]


def philox(counter, key):
    x, k = list(counter), list(key)
    for _ in range(10):
        p0, p2 = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(p2 >> 32) ^ x[1] ^ k[0], p2 & MASK, (p0 >> 32) ^ x[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return x


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def words(seed, path, first, count):
    stream = fnv1a(path)
    out = []
    for block in range(first // 4, (first + count + 3) // 4):
        out += philox((block & MASK, block >> 32, stream & MASK, stream >> 32), (seed & MASK, seed >> 32))
    skip = first % 4
    return out[skip : skip + count]


def round_even(numerator, denominator):
    q, r = divmod(numerator, denominator)
    return q + (1 if 2 * r > denominator or (2 * r == denominator and q % 2) else 0)


def float_bits(value):
    """The bits of the float nearest to a fraction (ties to even); magnitudes under 2^-126 are +0."""
    if value == 0:
        return 0
    n, d = abs(value.numerator), value.denominator
    exponent = n.bit_length() - d.bit_length()
    if n * 2 ** max(0, -exponent) < d * 2 ** max(0, exponent):
        exponent -= 1
    shift = 23 - exponent
    mantissa = round_even(n * 2 ** max(0, shift), d * 2 ** max(0, -shift))
    if mantissa == 1 << 24:
        mantissa, exponent = 1 << 23, exponent + 1
    if exponent > 127:
        raise ValueError("overflow")
    if exponent < -126:
        return 0
    return (0x80000000 if value < 0 else 0) | (exponent + 127) << 23 | (mantissa - (1 << 23))


def exact(bits):
    return Fraction(struct.unpack("<f", struct.pack("<I", bits))[0])


def bits_of(number):
    return struct.unpack("<I", struct.pack("<f", number))[0]


def read_table():
    body = TABLE_FILE.read_text().split("{", 1)[1]
    numbers = [int(n) for n in re.findall(r"-?\d+", body)]
    if hashlib.sha256(struct.pack("<1240i", *numbers)).hexdigest() != TABLE_SHA256:
        sys.exit("%s: the table is not the frozen one" % TABLE_FILE)
    return numbers


TABLE = read_table()
NORMAL = statistics.NormalDist()


def normal(word):
    v = word & 0x7FFFFFFF
    zeros = 32 - (v | 1).bit_length()
    m = v << zeros & MASK
    t = (m << 4 & MASK) >> 1
    c = TABLE[5 * ((zeros - 1) * 8 + (m >> 28 & 7)) :][:5]
    z = c[4]
    for power in (3, 2, 1, 0):
        z = 2 * (z * t >> 32) + c[power]
    if v == 0:
        z = -1701332580
    if abs(z / 2**28 - NORMAL.inv_cdf((v + 0.5) / 2**32)) > 5e-8:
        sys.exit("the normal transform is wrong at word %08x" % word)
    return exact(float_bits(Fraction(-z if word >> 31 else z))) / 2**28


TAIL = round(2**32 * NORMAL.cdf(-2))


def truncated_normal(word):
    v = word & 0x7FFFFFFF
    z = normal(word & 0x80000000 | TAIL + (v * (2**31 - TAIL) >> 31))
    if abs(z) > 2:
        sys.exit("the truncated normal passes two deviations at word %08x" % word)
    return z


TRANSFORMS = {"normal": normal, "truncated": truncated_normal, "uniform": lambda w: Fraction(w >> 8, 2**24)}


def fill(distribution, seed, path, first, count, scale, shift):
    drawn = words(seed, path, first, count)
    if distribution == "words":
        return drawn
    transform = TRANSFORMS[distribution]
    return [float_bits(transform(w) * exact(scale) + exact(shift)) for w in drawn]


def fill_line(distribution, seed, path, first, count, scale=1.0, shift=0.0):
    """One line: the fill, the SHA-256 of its little-endian bytes, and the bits of its first elements."""
    scale, shift = bits_of(scale), bits_of(shift)
    values = fill(distribution, seed, path, first, count, scale, shift)
    digest = hashlib.sha256(struct.pack("<%dI" % count, *values)).hexdigest()
    head = "%s %016x %s %d %d %08x %08x %s" % (distribution, seed, path, first, count, scale, shift, digest)
    return " ".join([head] + ["%08x" % v for v in values[:32]])


FILL_HEADER = "# distribution seed path first count scale shift sha256 then the bits of the first (at most 32) elements"
# Elements of the stream "rare" under seed 1 whose words begin with 12 to 32 zeros after the sign: far tails.
RARE = [
    6233, 749, 10271, 42962, 45987, 10735, 18339, 793090, 628509, 2054305, 4677733, 4845727, 2805332, 21533010,
    1375522, 146736992, 415982282, 128569005, 2026250821, 1182766711, 2144811553,
]


def random_lines():
    lines = [FILL_HEADER]
    for distribution in ("words", "uniform", "normal"):
        for seed in (0, 7, 0xFEDCBA9876543210):
            for path in ("0.weight", "encoder.2.attention.query.weight"):
                for first in (0, 1, 4096 + 3, 2**34 + 2):
                    lines.append(fill_line(distribution, seed, path, first, 9))
        lines.append(fill_line(distribution, 42, "large", 5, 50000))
    for scale, shift in ((0.14, -0.07), (2.0, -1.0), (-3.5, 0.25), (1e-38, 0.0), (0.0, 1.0), (1e30, 0.0)):
        lines.append(fill_line("uniform", 7, "scaled", 3, 32, scale, shift))
    for scale, shift in ((0.01, 0.0), (0.5, 1.5), (-1.0, 0.0), (1e-38, 0.0), (0.0, -2.0), (0.3, 0.3)):
        lines.append(fill_line("normal", 7, "scaled", 3, 32, scale, shift))
    lines.append(fill_line("normal", 7, "scaled", 0, 20000, 0.02, 0.1))
    lines += [fill_line(d, 1, "rare", first, 1) for first in RARE for d in ("words", "normal")]
    for seed in (0, 7, 0xFEDCBA9876543210):
        for first in (0, 1, 4096 + 3, 2**34 + 2):
            lines.append(fill_line("truncated", seed, "0.weight", first, 9))
    for scale, shift in ((0.01, 0.0), (0.5, 1.5), (-1.0, 0.0), (1e-38, 0.0)):
        lines.append(fill_line("truncated", 7, "scaled", 3, 32, scale, shift))
    lines.append(fill_line("truncated", 42, "large", 5, 20000))
    lines += [fill_line("truncated", 1, "rare", first, 1) for first in RARE]
    return lines


def dense_lines():
    """Three dense layers of 4, 5, 6 units on width 3 with seed 7, uniform on [-0.07, 0.07); a slice of a larger one."""
    lines = [FILL_HEADER]
    for i, (rows, columns) in enumerate(((4, 3), (5, 4), (6, 5))):
        lines.append(fill_line("uniform", 7, "%d.weight" % i, 0, rows * columns, 0.14, -0.07))
    lines.append(fill_line("uniform", 7, "0.weight", 0, 64 * 20, 0.14, -0.07))
    lines.append(fill_line("uniform", 7, "0.weight", 10 * 20, 10 * 20, 0.14, -0.07))
    return lines


def fans(shape):
    """Fan-in and fan-out of the common layout (out, in, ...)."""
    rest = math.prod(shape[2:])
    return shape[1] * rest, shape[0] * rest


def scaled(distribution, factor, magnitude):
    """Variance scaling: the scale in double precision, rounded to float once."""

    def values(seed, path, shape):
        fan_in, fan_out = fans(shape)
        over = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[factor]
        s = exact(float_bits(Fraction(math.sqrt(magnitude / over))))
        scale, shift = (2 * s, -s) if distribution == "uniform" else (s, Fraction(0))
        return fill(distribution, seed, path, 0, math.prod(shape), float_bits(scale), float_bits(shift))

    return values


def sparse(seed, path, shape):
    """Sparsity 0.1, deviation 0.5: in each column, the tenth of the rows with the smallest words is 0."""
    rows, columns = shape[:2]
    values = fill("normal", seed, path, 0, rows * columns, bits_of(0.5), 0)
    drawn = words(seed, path + "#sparse", 0, rows * columns)
    for j in range(columns):
        order = sorted(range(rows), key=lambda i: (drawn[i * columns + j], i))
        for i in order[: -(-rows // 10)]:
            values[i * columns + j] = 0
    return values


def orthogonal(seed, path, shape):
    """Gain 1.5: Householder's QR in Python's floats, column by column, each sum from the diagonal down."""
    height, width = shape[0], math.prod(shape[1:])
    drawn = [float(exact(b)) for b in fill("normal", seed, path, 0, height * width, bits_of(1.0), 0)]
    wide = width > height
    m, n = max(height, width), min(height, width)
    columns = [[drawn[j * width + i] if wide else drawn[i * width + j] for i in range(m)] for j in range(n)]
    reflections = []

    def reflect(column, k, tau, v):
        dot = column[k]
        for i in range(k + 1, m):
            dot += v[i] * column[i]
        dot *= tau
        column[k] -= dot
        for i in range(k + 1, m):
            column[i] -= v[i] * dot

    for k in range(n):
        head, square = columns[k][k], 0.0
        for i in range(k, m):
            square += columns[k][i] * columns[k][i]
        diagonal = -math.sqrt(square) if head > 0 else math.sqrt(square)
        tau = (diagonal - head) / diagonal
        v = [0.0] * (k + 1) + [columns[k][i] / (head - diagonal) for i in range(k + 1, m)]
        for j in range(k + 1, n):
            reflect(columns[j], k, tau, v)
        reflections.append((k, tau, v, -1.0 if diagonal < 0 else 1.0))
    out = [0] * (height * width)
    for j in range(n):
        q = [1.0 if i == j else 0.0 for i in range(m)]
        for k, tau, v, _ in reversed(reflections[: j + 1]):
            reflect(q, k, tau, v)
        for i in range(m):
            value = float_bits(Fraction(q[i] * reflections[j][3] * 1.5))
            out[j * width + i if wide else i * width + j] = value
    return out


HE_LEAKY = float(exact(bits_of(2 / (1 + 0.25 * 0.25))))
INITIALIZERS = [
    ("xavier", scaled("uniform", "average", 3.0), [(64, 100), (16, 3, 5, 5)]),
    ("lecun", scaled("normal", "in", 1.0), [(64, 100), (16, 3, 5, 5)]),
    ("he", scaled("normal", "in", 2.0), [(64, 100), (16, 3, 5, 5)]),
    ("he_leaky", scaled("normal", "average", HE_LEAKY), [(64, 100)]),
    ("truncated_scaled", scaled("truncated", "out", 2.0), [(64, 100), (16, 3, 5, 5)]),
    ("sparse", sparse, [(30, 20), (11, 3)]),
    ("orthogonal", orthogonal, [(20, 12), (12, 20), (6, 2, 3, 2)]),
]


def initializer_lines():
    lines = ["# initialiser seed path rank sizes (4, padded with 1) sha256 then the bits of the first (at most 32) elements"]
    for name, make, shapes in INITIALIZERS:
        for shape in shapes:
            values = make(7, "0.weight", shape)
            digest = hashlib.sha256(struct.pack("<%dI" % len(values), *values)).hexdigest()
            sizes = "x".join(str(d) for d in shape + (1,) * (4 - len(shape)))
            head = "%s %016x 0.weight %d %s %s" % (name, 7, len(shape), sizes, digest)
            lines.append(" ".join([head] + ["%08x" % v for v in values[:32]]))
    return lines


def philox_lines():
    lines = ["# counter (4 words) key (2) result (4)"]
    for counter, key, result in PHILOX_PUBLISHED:
        made = philox([int(w, 16) for w in counter.split()], [int(w, 16) for w in key.split()])
        if " ".join("%08x" % w for w in made) != result:
            sys.exit("this script's philox does not give the published vector " + result)
        lines.append("%s %s %s" % (counter, key, result))
    for i in range(4):
        counter, key = [i, 2**31 + i, 0x89ABCDEF * (i + 1) & MASK, MASK - i], [7 + i, 0x01234567 << i & MASK]
        lines.append(" ".join("%08x" % w for w in counter + key + philox(counter, key)))
    return lines


def fnv_lines():
    lines = ["# hash, then the text up to the end of the line"]
    for text, result in FNV_PUBLISHED:
        if "%016x" % fnv1a(text) != result:
            sys.exit("this script's FNV-1a does not give the published vector of '%s'" % text)
    texts = [t for t, _ in FNV_PUBLISHED] + ["0.weight", "0.bias", "1.weight", "encoder.2.attention.query.weight", "größe"]
    return lines + ["%016x %s" % (fnv1a(t), t) for t in texts]


def main():
    files = {
        "philox.txt": philox_lines(),
        "fnv1a.txt": fnv_lines(),
        "random.txt": random_lines(),
        "dense_rows.txt": dense_lines(),
        "initializers.txt": initializer_lines(),
    }
    wrong = 0
    for name, lines in files.items():
        text = "\n".join(lines) + "\n"
        path = HERE / name
        if sys.argv[1:] == ["--check"]:
            if path.read_bytes() != text.encode():
                print("%s differs from what this script makes" % path)
                wrong = 1
        else:
            path.write_bytes(text.encode())
    return wrong


if __name__ == "__main__":
    sys.exit(main())
