#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_digests.py: prints digests.txt: the SHA-256 of every initial parameter of examples/fashion_mnist, made without
any of the library's code (tests/vectors/make_vectors.py has the generator)."""
import hashlib
import pathlib
import struct
import sys
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "vectors"))
import make_vectors

SEED = 1
UNITS = [128, 64, 10]
SETS = {"fashion-mnist": 28 * 28, "digits": 8 * 8}
SHIFT = -Fraction(*struct.unpack("<f", struct.pack("<f", 0.07))[0].as_integer_ratio())


def weight_bytes(path, count):
    """Uniform in [-0.07, 0.07): fma(u, 2 * 0.07f, -0.07f), rounded once."""
    return b"".join(
        struct.pack("<I", make_vectors.float_bits(Fraction(word >> 8, 1 << 24) * -2 * SHIFT + SHIFT))
        for word in make_vectors.words(SEED, path, 0, count))


def main():
    print("# made by make_digests.py: set, parameter, SHA-256 of its initial bytes (float32, little-endian)")
    for name, inputs in SETS.items():
        for layer, (k, units) in enumerate(zip([inputs] + UNITS, UNITS)):
            for kind, data in (("weight", weight_bytes("%d.weight" % layer, k * units)), ("bias", bytes(4 * units))):
                print(name, "%d.%s" % (layer, kind), hashlib.sha256(data).hexdigest())


main()
