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
# Models do not say what they take; the first of these, an array an input, that one accepts is used.
SHAPES = [[(3, 1, 28, 28)], [(3, 784)], [(3, 3, 32, 32)], [(3, 784), (3, 20)]]


def models():
    for place, _, names in sorted(os.walk(os.path.join(SOURCE, "examples"))):
        for name in sorted(name for name in names if name.endswith(".json")):
            path = os.path.join(place, name)
            with open(path, encoding="utf-8") as file:
                if "nascent" in json.load(file):
                    yield path


class Models(Case):
    @staticmethod
    def shapes_text(shapes):
        return [word for shape in shapes for word in ("--input", "x".join(map(str, shape)))]

    def shapes_of(self, path):
        for shapes in SHAPES:
            if run("summary", path, *self.shapes_text(shapes)).returncode == 0:
                return shapes
        self.fail("%s takes none of the shapes %s: add one" % (path, SHAPES))

    def forward(self, path, backend, inputs):
        with open(path, encoding="utf-8") as file:
            outputs = len(json.load(file).get("outputs", ["output"]))
        words = [word for i in range(inputs) for word in ("--input", "x%d.npy" % i)]
        words += [word for i in range(outputs) for word in ("--output", "y%d.npy" % i)]
        self.good("forward", path, "--backend", backend, "--seed", "7", "--check-finite", *words)
        return [read_npy(self.place("y%d.npy" % i)) for i in range(outputs)]

    def depth(self, path, shapes):
        """The roundings that meet in an element of the output, at most: a layer's sums have as many terms as its weight
        has columns, and as many again stand for their magnitudes, which are larger than the sums."""
        table = json.loads(self.good("summary", path, *self.shapes_text(shapes), "--json"))
        return sum(2 * parameter["shape"][-1] for parameter in table["parameters"] if parameter["shape"])

    def test_every_model(self):
        found = list(models())
        self.assertGreaterEqual(len(found), 2)
        for path in found:
            with self.subTest(path):
                shapes = self.shapes_of(path)
                for i, shape in enumerate(shapes):
                    count = 1
                    for size in shape:
                        count *= size
                    write_npy(self.place("x%d.npy" % i), shape, [((37 * k) % 101) / 50.0 - 1.0 for k in range(count)])
                depth = self.depth(path, shapes)
                wanted, given = (self.forward(path, backend, len(shapes)) for backend in ("reference", PLUGIN))
                for want, got in zip(wanted, given):
                    self.assertEqual(want[0], got[0])
                    largest = max(map(abs, want[1]))
                    self.assertGreater(largest, 1e-6)
                    for a, b in zip(want[1], got[1]):
                        self.assertLessEqual(abs(a - b), depth * EPSILON * largest)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
