#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model.py NASCENT SOURCE HOSTILE BUILTIN...: runs nascent summary, explain and init as a user would."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from support import Case, run

SOURCE = os.path.abspath(sys.argv[2])
BUILTINS = sys.argv[4:]
MLP = os.path.join(SOURCE, "examples", "data", "mlp.json")
NESTED = os.path.join(SOURCE, "examples", "data", "nested.json")
SCHEMA = os.path.join(SOURCE, "docs", "model.schema.json")
READER = os.path.join(SOURCE, "scripts", "read_safetensors.py")
PATHS = ["0.weight", "0.bias", "1.weight", "1.bias"]


def has_opencl():
    done = run("devices", "--json", NASCENT_BACKEND="opencl")
    return any(b["name"] == "opencl" and b.get("devices") for b in json.loads(done.stdout)["backends"])


class Summary(Case):
    def test_before(self):
        text = self.good("summary", MLP)
        for path in PATHS:
            self.assertIn(path, text)
        self.assertIn("(256, -1)", text)
        self.assertEqual(text.rstrip("\n").split("\n")[-1], "4 parameters, 266 elements, 1064 bytes, and 2 of unknown "
                         "shape: give --input")

    def test_after(self):
        text = self.good("summary", MLP, "--input", "2x20")
        for part in "dense", "(2, 256)", "(2, 10)", "7946":
            self.assertIn(part, text)

    def test_json(self):
        whole = json.loads(self.good("summary", MLP, "--json"))
        self.assertEqual((whole["model"], whole["inputs"], whole["outputs"]), (MLP, [], []))
        rows = {row["path"]: row for row in whole["parameters"]}
        self.assertEqual(list(rows), PATHS)
        self.assertEqual(rows["0.weight"], {"path": "0.weight", "shape": [256, None], "dtype": "float32",
                                            "role": "weight", "state": "declared", "requested": False, "bytes": None})
        self.assertEqual((rows["0.bias"]["shape"], rows["0.bias"]["bytes"], rows["0.bias"]["state"]),
                         ([256], 1024, "shape-known"))
        self.assertEqual(whole["totals"], {"parameters": 4, "elements": 266, "bytes": 1064, "unknown": 2})

        whole = json.loads(self.good("summary", MLP, "--json", "--input", "?x20"))
        self.assertEqual((whole["inputs"], whole["outputs"]), ([[None, 20]], [[None, 10]]))
        rows = {row["path"]: row for row in whole["parameters"]}
        self.assertEqual((rows["0.weight"]["shape"], rows["1.weight"]["shape"]), ([256, 20], [10, 256]))
        self.assertEqual({row["state"] for row in rows.values()}, {"shape-known"})
        self.assertEqual(whole["totals"], {"parameters": 4, "elements": 7946, "bytes": 31784, "unknown": 0})
        self.assertEqual(json.loads(self.good("summary", MLP, "--json", "--input", "-1x20")), whole)

    def test_a_nested_model(self):
        whole = json.loads(self.good("summary", NESTED, "--json", "--input", "5x3x4"))
        rows = {row["path"]: row["shape"] for row in whole["parameters"]}
        self.assertEqual(rows, {"features.wide.weight": [64, 12], "features.wide.bias": [64],
                                "features.narrow.weight": [32, 64], "classes.weight": [10, 32], "classes.bias": [10]})
        self.assertEqual(whole["outputs"], [[5, 10]])

    def test_weights(self):
        self.good("init", MLP, "--input", "2x20", "--backend", "reference", "--output", self.place("w"))
        whole = json.loads(self.good("summary", MLP, "--weights", self.place("w"), "--backend", "reference", "--json"))
        self.assertEqual({row["state"] for row in whole["parameters"]}, {"initialized"})
        self.bad(1, ["features.wide.weight"], "summary", NESTED, "--weights", self.place("w"), "--backend", "reference")

    def test_a_conflict(self):
        self.write("m.json", '{"nascent": 1, "nodes": [{"kind": "dense", "units": 3, "in_units": 7}]}')
        self.bad(1, ["7", "20"], "summary", "m.json", "--input", "2x20")


class Explain(Case):
    def test_before_and_after(self):
        before = self.good("explain", MLP, "0.weight")
        self.assertIn("0.weight", before)
        self.assertIn("declared", before)
        self.assertRegex(before, r"\nfilled by: uniform.*0\.07")
        after = self.good("explain", MLP, "0.weight", "--input", "2x20")
        self.assertIn("20", after)
        self.assertNotEqual(before, after)
        for line in (before + after).split("\n"):
            self.assertLessEqual(len(line), 80)
        self.assertRegex(self.good("explain", NESTED, "features.wide.weight"), r"\nfilled by: he\b")

    def test_json(self):
        whole = json.loads(self.good("explain", MLP, "0.weight", "--json"))
        text = " ".join(self.good("explain", MLP, "0.weight").split())
        self.assertEqual((whole["path"], whole["shape"], whole["state"], whole["requested"]),
                         ("0.weight", [256, None], "declared", False))
        self.assertEqual((whole["origins"][0] is None, whole["origins"][1]), (False, None))
        self.assertEqual(text, "%s filled by: %s" % (" ".join(whole["text"].split()), whole["filled_by"]))
        known = json.loads(self.good("explain", MLP, "0.weight", "--json", "--input", "2x20"))
        self.assertEqual((known["shape"], known["state"]), ([256, 20], "shape-known"))
        self.assertIn("(2, 20)", known["origins"][1])

    def test_no_such_parameter(self):
        self.bad(1, ["0.wieght", "0.weight"], "explain", MLP, "0.wieght")


class Init(Case):
    def bytes_of(self, name, *arguments):
        line = self.good("init", *arguments, "--output", self.place(name))
        self.assertEqual(line.count("\n"), 1)
        self.assertTrue(line.startswith(self.place(name) + ": "))
        with open(self.place(name), "rb") as file:
            return file.read(), line

    def read(self, name):
        done = subprocess.run([sys.executable, READER, "--json", self.place(name)], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_the_same_bytes_again_and_other_bytes_for_another_seed(self):
        first, line = self.bytes_of("a", MLP, "--input", "2x20", "--seed", "7", "--backend", "reference")
        self.assertIn("4 parameters, 31784 bytes of values, seed 7, reference:0 '", line)
        whole = json.loads(self.good("init", MLP, "--input", "2x20", "--seed", "18446744073709551615", "--backend",
                                     "reference", "--output", self.place("j"), "--json"))
        self.assertEqual((whole["output"], whole["seed"], whole["parameters"], whole["bytes"], whole["pending"]),
                         (self.place("j"), 2 ** 64 - 1, 4, 31784, 0))
        self.assertEqual(whole["device"]["backend"], "reference")
        self.assertGreater(len(first), 31784)
        again, _ = self.bytes_of("b", MLP, "--input", "100x20", "--seed", "7", "--backend", "reference")
        other, _ = self.bytes_of("c", MLP, "--input", "2x20", "--seed", "8", "--backend", "reference")
        self.assertEqual(self.read("a")["tensors"], self.read("b")["tensors"])
        self.assertEqual(len(first), len(other))
        self.assertNotEqual(first, other)

    @unittest.skipUnless("opencl" in BUILTINS and has_opencl(), "no OpenCL device here")
    def test_the_same_bytes_on_every_backend(self):
        for model, shape in (MLP, "2x20"), (NESTED, "2x12"):
            one, _ = self.bytes_of("r", model, "--input", shape, "--seed", "7", "--backend", "reference")
            two, line = self.bytes_of("o", model, "--input", shape, "--seed", "7", "--backend", "opencl")
            self.assertIn(" opencl:", line)
            self.assertTrue(one == two)
        one, _ = self.bytes_of("r", MLP, "--seed", "7", "--backend", "reference")
        two, _ = self.bytes_of("o", MLP, "--seed", "7", "--backend", "opencl")
        self.assertTrue(one == two)

    def test_another_reader_agrees(self):
        self.bytes_of("w", MLP, "--input", "2x20", "--seed", "7", "--backend", "reference")
        whole = self.read("w")
        self.assertIn("nascent", whole["metadata"])
        json.loads(whole["metadata"]["nascent"])
        ours = json.loads(self.good("summary", MLP, "--weights", self.place("w"), "--backend", "reference", "--json"))
        self.assertEqual({t["name"]: (t["shape"], t["bytes"]) for t in whole["tensors"]},
                         {p["path"]: (p["shape"], p["bytes"]) for p in ours["parameters"]})
        tensors = {t["name"]: t for t in whole["tensors"]}
        self.assertEqual({t["dtype"] for t in whole["tensors"]}, {"F32"})
        self.assertEqual(tensors["0.bias"]["first"], [0, 0, 0, 0])
        self.assertTrue(all(-0.07 <= v < 0.07 and v != 0 for v in tensors["0.weight"]["first"]))
        text = subprocess.run([sys.executable, READER, self.place("w")], capture_output=True, text=True, check=True)
        for name, tensor in tensors.items():
            self.assertTrue(any(line.startswith(name + " ") and "crc32 " + tensor["crc32"] in line
                                for line in text.stdout.split("\n")), text.stdout)

    def test_the_other_reader_refuses(self):
        content, _ = self.bytes_of("w", MLP, "--input", "2x20", "--backend", "reference")
        for broken, words in (content[:-1], "ends at"), (content + b"x", "belong to no tensor"), (b"", "shorter"), \
                (b"\xff" * 8 + content[8:], "the header has"), (content.replace(b"F32", b"F99", 1), "unknown type"):
            with open(self.place("broken"), "wb") as file:
                file.write(broken)
            done = subprocess.run([sys.executable, READER, self.place("broken")], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(words, done.stderr)

    def test_pending(self):
        content, line = self.bytes_of("p", MLP, "--seed", "7", "--backend", "reference")
        self.assertLess(len(content), 2048)
        self.assertIn("4 pending: their request is saved", line)
        self.assertEqual(self.read("p")["tensors"], [])
        whole = json.loads(self.good("summary", MLP, "--weights", self.place("p"), "--backend", "reference", "--json"))
        self.assertEqual({row["requested"] for row in whole["parameters"]}, {True})

    def test_nothing_is_left_where_it_cannot_be_written(self):
        self.bad(1, [self.place("none/w")], "init", MLP, "--input", "2x20", "--backend", "reference", "--output",
                 self.place("none/w"))
        self.assertEqual(os.listdir(self.folder), ["mlp.json"])


class Schema(unittest.TestCase):
    """The schema names the keys and words that the reader names."""

    def test_it_agrees_with_the_reader(self):
        with open(SCHEMA, encoding="utf-8") as file:
            parts = json.load(file)["$defs"]
        kinds = {}
        for part in parts["node"]["oneOf"]:
            kinds.setdefault(part["properties"]["kind"]["const"], set()).update(part["properties"])
        for kind, keys in kinds.items():
            text = self.refusal('{"kind": "%s", "x-unknown-x": 1}' % kind)
            self.assertEqual(set(re.search("say one of: (.*)", text)[1].split(", ")), keys)
        self.assertEqual(set(re.search("say one of: (.*)", self.refusal("{}"))[1].split(", ")), set(kinds))
        functions = self.refusal('{"kind": "activation", "activation": "x-unknown-x"}')
        self.assertEqual(re.search("say one of: (.*)", functions)[1].split(", "), parts["function"]["enum"])
        inits = {}
        for part in parts["initializer"]["oneOf"]:
            kind = part["properties"]["kind"]
            for name in kind.get("enum", [kind.get("const")]):
                inits[name] = set(part["properties"])
        dense = '{"kind": "dense", "units": 1, "weight_init": %s}'
        self.assertEqual(set(re.search("say one of: (.*)", self.refusal(dense % "{}"))[1].split(", ")), set(inits))
        for name, keys in inits.items():
            text = self.refusal(dense % ('{"kind": "%s", "x-unknown-x": 1}' % name))
            self.assertEqual(set(re.search("say (?:one of: )?(.*)", text)[1].split(", ")), keys)

    def refusal(self, node):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"nascent": 1, "nodes": [%s]}' % node)
            file.flush()
            done = run("summary", file.name)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr.rstrip("\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
