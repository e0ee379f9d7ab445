#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""models.py NASCENT SOURCE PLUGIN: every model below examples/ gives the same on the plug-in, which offers nothing optional, as
on the reference, up to rounding."""
import json
import os
import sys
import unittest

from support import Case, read_npy, run, write_npy

SOURCE, PLUGIN = sys.argv[2:4]
EPSILON = 2.0 ** -24
# Models do not say what they take; the first of these that one accepts is used.
SHAPES = [(3, 1, 28, 28), (3, 784), (3, 3, 32, 32)]


def models():
    for place, _, names in sorted(os.walk(os.path.join(SOURCE, "examples"))):
        for name in sorted(name for name in names if name.endswith(".json")):
            path = os.path.join(place, name)
            with open(path, encoding="utf-8") as file:
                if "nascent" in json.load(file):
                    yield path


class Models(Case):
    def shape_of(self, path):
        for shape in SHAPES:
            if run("summary", path, "--input", "x".join(map(str, shape))).returncode == 0:
                return shape
        self.fail("%s takes none of the shapes %s: add one" % (path, SHAPES))

    def forward(self, path, backend):
        self.good("forward", path, "--backend", backend, "--seed", "7", "--input", "x.npy", "--output", "y.npy",
                  "--check-finite")
        return read_npy(self.place("y.npy"))

    def depth(self, path, shape):
        """The roundings that meet in an element of the output, at most: a layer's sums have as many terms as its weight
        has columns, and as many again stand for their magnitudes, which are larger than the sums."""
        table = json.loads(self.good("summary", path, "--input", "x".join(map(str, shape)), "--json"))
        return sum(2 * parameter["shape"][-1] for parameter in table["parameters"] if parameter["shape"])

    def test_every_model(self):
        found = list(models())
        self.assertGreaterEqual(len(found), 2)
        for path in found:
            with self.subTest(path):
                shape = self.shape_of(path)
                count = 1
                for size in shape:
                    count *= size
                write_npy(self.place("x.npy"), shape, [((37 * i) % 101) / 50.0 - 1.0 for i in range(count)])
                want, got = self.forward(path, "reference"), self.forward(path, PLUGIN)
                self.assertEqual(want[0], got[0])
                largest = max(map(abs, want[1]))
                self.assertGreater(largest, 1e-6)
                bound = self.depth(path, shape) * EPSILON * largest
                for a, b in zip(want[1], got[1]):
                    self.assertLessEqual(abs(a - b), bound)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
