#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates core/param/normal_table.c: the inverse normal CDF as 31 octaves x 8 segments of quartics in Q3.28.

For octave o with h = 2^(30 - o) and segment s: a = h + h * s / 8, w = h / 8, and the quartic in t that goes through
inv_cdf((a + w * t + 0.5) * 2^-32) at the five Chebyshev nodes of [0, 1]. Interpolation is exact (fractions); each
coefficient is rounded once. The table is frozen: a difference from the committed file is a fault, since every
initial value depends on it.

    python3 scripts/normal_table.py > core/param/normal_table.c
"""
import hashlib
import math
import statistics
import struct
from fractions import Fraction

INVERSE = statistics.NormalDist().inv_cdf
NODES = [Fraction(0.5 + 0.5 * math.cos((2 * j + 1) * math.pi / 10)) for j in range(5)]


def basis():
    """The Lagrange polynomials of the nodes, as coefficients with the constant first."""
    rows = []
    for j, node in enumerate(NODES):
        row, scale = [Fraction(1)], Fraction(1)
        for k, other in enumerate(NODES):
            if k != j:
                raised = [Fraction(0)] + row
                lowered = [-other * c for c in row] + [Fraction(0)]
                row = [x + y for x, y in zip(raised, lowered)]
                scale *= node - other
        rows.append([c / scale for c in row])
    return rows


def table():
    lagrange = basis()
    out = []
    for octave in range(31):
        h = Fraction(2) ** (30 - octave)
        for segment in range(8):
            a, w = h + h * segment / 8, h / 8
            values = [Fraction(INVERSE(float((a + w * t + Fraction(1, 2)) / 2**32))) for t in NODES]
            for power in range(5):
                c = sum(v * row[power] for v, row in zip(values, lagrange))
                out.append(round(c * 2**28))
    return out


def main():
    numbers = table()
    digest = hashlib.sha256(struct.pack("<1240i", *numbers)).hexdigest()
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* The inverse normal CDF of law 4, generated once by scripts/normal_table.py and frozen.")
    print(" * SHA-256 of the 1,240 numbers as little-endian 32-bit integers:")
    print(" * %s */" % digest)
    print('#include "core/param/random.h"')
    print()
    print("/* clang-format off */")
    print("const int32_t nsc_normal_table[1240] = {")
    for i in range(0, 1240, 5):
        print("    " + ", ".join(str(n) for n in numbers[i : i + 5]) + ",")
    print("};")


if __name__ == "__main__":
    main()
