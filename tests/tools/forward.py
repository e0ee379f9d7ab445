#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""forward.py NASCENT SOURCE HOSTILE BUILTIN...: runs nascent forward on npy files, and compares with the same in double precision."""
import json
import os
import re
import struct
import sys
import unittest

from support import Case, read_npy, run, write_npy

BUILTINS = sys.argv[4:]
EPSILON = 2.0 ** -24


def has_opencl():
    done = run("devices", "--json", NASCENT_BACKEND="opencl")
    return any(b["name"] == "opencl" and b.get("devices") for b in json.loads(done.stdout)["backends"])


def tensors(path):
    """A safetensors file: name -> (shape, values)."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + at for at in entry["data_offsets"])
            found[name] = entry["shape"], struct.unpack("<%df" % ((end - begin) // 4), data[begin:end])
    return found


def dense(rows, weight, bias):
    """Products in double precision, and for each a bound: (k + 2) roundings of the sum of magnitudes."""
    (units, k), values = weight
    out = []
    for row, errors in rows:
        sums, bounds = [], []
        for unit in range(units):
            terms = [x * w for x, w in zip(row, values[unit * k:unit * k + k])]
            carried = sum(e * abs(w) for e, w in zip(errors, values[unit * k:unit * k + k]))
            sums.append(sum(terms) + bias[1][unit])
            bounds.append(carried + 1.01 * (k + 2) * EPSILON * (sum(map(abs, terms)) + carried + abs(bias[1][unit])))
        out.append((sums, bounds))
    return out


def mlp(w, shape, x):
    rows = [(x[i * shape[1]:(i + 1) * shape[1]], [0.0] * shape[1]) for i in range(shape[0])]
    hidden = [([max(v, 0.0) for v in row], e) for row, e in dense(rows, w["0.weight"], w["0.bias"])]
    return dense(hidden, w["1.weight"], w["1.bias"])


class Forward(Case):
    def setUp(self):
        super().setUp()
        self.x = [((37 * i) % 101) / 50.0 - 1.0 for i in range(60)]
        self.x = list(struct.unpack("<60f", struct.pack("<60f", *self.x)))
        write_npy(self.place("x.npy"), (3, 20), self.x)
        self.good("init", "mlp.json", "--input", "3x20", "--seed", "7", "--backend", "reference", "--output", "w")

    def forward(self, *more, backend="reference", weights=("--weights", "w")):
        return self.good("forward", "mlp.json", "--backend", backend, *weights, "--input", "x.npy", *more)

    def check_against_double(self, backend):
        whole = json.loads(self.forward("--output", "y.npy", "--json", backend=backend))
        shape, y = read_npy(self.place("y.npy"))
        self.assertEqual(shape, (3, 10))
        want = mlp(tensors(self.place("w")), (3, 20), self.x)
        for i, value in enumerate(y):
            sums, bounds = want[i // 10]
            self.assertLessEqual(abs(value - sums[i % 10]), bounds[i % 10] + 2.0 ** -126)
        self.assertGreater(max(map(abs, y)), 1e-3)
        output = whole["outputs"][0]
        self.assertEqual((output["name"], output["file"], output["shape"], output["dtype"]),
                         ("output", "y.npy", [3, 10], "float32"))
        self.assertEqual((output["min"], output["max"], output["first"]), (min(y), max(y), y[:4]))
        self.assertAlmostEqual(output["mean"], sum(y) / 30, delta=1e-12)
        self.assertEqual((output["nan"], output["infinite"], whole["times"]), (0, 0, None))
        self.assertEqual(whole["device"]["backend"], backend)
        self.assertEqual(whole["inputs"], [{"name": "input", "file": "x.npy", "shape": [3, 20], "dtype": "float32"}])
        return y

    def test_reference(self):
        self.check_against_double("reference")

    @unittest.skipUnless("opencl" in BUILTINS and has_opencl(), "no OpenCL device here")
    def test_opencl(self):
        self.check_against_double("opencl")

    def test_the_ways_to_values_agree(self):
        """A checkpoint with values, one that is pending, and --seed."""
        y = self.check_against_double("reference")
        self.good("init", "mlp.json", "--seed", "7", "--backend", "reference", "--output", "pending")
        self.forward("--output", "p.npy", weights=["--weights", "pending"])
        self.assertEqual(read_npy(self.place("p.npy"))[1], y)
        whole = json.loads(self.forward("--output=output=s.npy", "--json", weights=["--seed", "7"]))
        self.assertEqual((whole["seed"], whole["weights"]), (7, None))
        self.assertEqual(read_npy(self.place("s.npy"))[1], y)
        self.forward("--output", "o.npy", weights=["--seed", "8"])
        self.assertNotEqual(read_npy(self.place("o.npy"))[1], y)

    def test_named_and_odd_files(self):
        y = self.check_against_double("reference")
        os.rename(self.place("x.npy"), self.place("a=b.npy"))
        for name in "input=a=b.npy", "./a=b.npy", "input=./a=b.npy":
            self.good("forward", "mlp.json", "--weights", "w", "--input", name, "--output", "z.npy", "--check-finite")
            self.assertEqual(read_npy(self.place("z.npy"))[1], y)

    def test_the_table(self):
        whole = json.loads(self.forward("--json"))["outputs"][0]
        lines = self.forward().rstrip("\n").split("\n")
        self.assertEqual(lines[0].split(), "output shape dtype min mean max first values file".split())
        cells = re.split("  +", lines[1])
        self.assertEqual(cells[:3] + cells[-1:], ["output", "(3, 10)", "float32", "-"])
        self.assertEqual(cells[3:6], ["%.6g" % whole[key] for key in ("min", "mean", "max")])
        self.assertEqual(cells[6], " ".join("%.6g" % v for v in whole["first"]) + " ...")
        self.assertEqual(len(lines), 2)
        for column in "shape", "dtype", "min", "mean", "max", "first", "file":
            self.assertEqual(lines[1][lines[0].index(column) - 1], " ")
        self.assertEqual(sorted(os.listdir(self.folder)), ["mlp.json", "w", "x.npy"])

    def test_repeat(self):
        times = json.loads(self.forward("--repeat", "9", "--json"))["times"]
        self.assertEqual(times["repeat"], 9)
        self.assertTrue(0 < times["min"] <= times["median"])
        self.assertGreater(times["first"], 0)
        text = self.forward("--repeat", "2").rstrip("\n").split("\n")[-1]
        self.assertRegex(text, r"^first run \d+\.\d+ ms; 2 more: min \d+\.\d+ ms, median \d+\.\d+ ms$")

    def test_what_is_not_finite_is_counted(self):
        bad = self.x[:]
        bad[5], bad[45] = float("nan"), float("inf")
        write_npy(self.place("x.npy"), (3, 20), bad)
        whole = json.loads(self.forward("--json"))["outputs"][0]
        self.assertGreaterEqual(whole["nan"], 10)
        self.assertEqual(whole["first"], [None] * 4)
        self.assertTrue(whole["min"] <= whole["mean"] <= whole["max"])
        self.assertIn("output: %d elements are nan, %d infinite" % (whole["nan"], whole["infinite"]), self.forward())

    def test_no_rows(self):
        write_npy(self.place("x.npy"), (0, 20), [])
        output = json.loads(self.forward("--json", "--output", "y.npy"))["outputs"][0]
        self.assertEqual((output["shape"], output["min"], output["first"]), ([0, 10], None, []))
        self.assertEqual(read_npy(self.place("y.npy")), ((0, 10), []))

    def test_a_model_without_parameters(self):
        self.write("relu.json", '{"nascent": 1, "nodes": [{"kind": "activation", "activation": "relu"}]}')
        self.good("forward", "relu.json", "--input", "x.npy", "--output", "y.npy")
        self.assertEqual(read_npy(self.place("y.npy")), ((3, 20), [max(v, 0.0) for v in self.x]))

    def test_the_environment_names_the_device(self):
        done = run("forward", "mlp.json", "--weights", "w", "--input", "x.npy", "--json", cwd=self.folder,
                   NASCENT_BACKEND="reference")
        self.assertEqual((done.returncode, json.loads(done.stdout)["device"]["backend"]), (0, "reference"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
