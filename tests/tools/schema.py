#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py NASCENT SOURCE: docs/model.schema.json accepts what the reader accepts, and refuses what is broken."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

NASCENT, SOURCE = sys.argv[1:3]
with open(os.path.join(SOURCE, "docs", "model.schema.json"), encoding="utf-8") as schema_file:
    SCHEMA = json.load(schema_file)
NOTES = {"$schema", "$defs", "title", "description"}


def is_a(value, name):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"object": isinstance(value, dict), "array": isinstance(value, list), "string": isinstance(value, str),
            "boolean": isinstance(value, bool), "number": number, "integer": number and value == int(value)}[name]


def same(a, b):
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def number(value):
    return is_a(value, "number")


# What each keyword of JSON Schema asks of a value; a keyword that is not here is an error of the test.
RULES = {
    "type": lambda s, v: is_a(v, s["type"]),
    "const": lambda s, v: same(v, s["const"]),
    "enum": lambda s, v: any(same(v, e) for e in s["enum"]),
    "$ref": lambda s, v: valid(SCHEMA["$defs"][s["$ref"].removeprefix("#/$defs/")], v),
    "allOf": lambda s, v: all(valid(e, v) for e in s["allOf"]),
    "anyOf": lambda s, v: any(valid(e, v) for e in s["anyOf"]),
    "oneOf": lambda s, v: sum(valid(e, v) for e in s["oneOf"]) == 1,
    "not": lambda s, v: not valid(s["not"], v),
    "required": lambda s, v: not isinstance(v, dict) or set(s["required"]) <= set(v),
    "properties": lambda s, v: not isinstance(v, dict) or all(valid(s["properties"][k], e) for k, e in v.items()
                                                              if k in s["properties"]),
    "additionalProperties": lambda s, v: not isinstance(v, dict) or set(v) <= set(s["properties"]),
    "items": lambda s, v: not isinstance(v, list) or (len(v) <= len(s["prefixItems"]) if s["items"] is False else
                                                      all(valid(s["items"], e) for e in v)),
    "prefixItems": lambda s, v: not isinstance(v, list) or all(map(valid, s["prefixItems"], v)),
    "minItems": lambda s, v: not isinstance(v, list) or len(v) >= s["minItems"],
    "maxItems": lambda s, v: not isinstance(v, list) or len(v) <= s["maxItems"],
    "minLength": lambda s, v: not isinstance(v, str) or len(v) >= s["minLength"],
    "maxLength": lambda s, v: not isinstance(v, str) or len(v) <= s["maxLength"],
    "pattern": lambda s, v: not isinstance(v, str) or re.search(s["pattern"], v) is not None,
    "minimum": lambda s, v: not number(v) or v >= s["minimum"],
    "maximum": lambda s, v: not number(v) or v <= s["maximum"],
    "exclusiveMaximum": lambda s, v: not number(v) or v < s["exclusiveMaximum"],
}


def valid(schema, value):
    return all(RULES[key](schema, value) for key in schema if key not in NOTES)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def texts():
    """Every description in the repository."""
    for pattern in "examples/models/*.json", "examples/data/*.json", "tests/fuzz/seeds/model/*":
        for path in sorted(glob.glob(os.path.join(SOURCE, pattern))):
            yield os.path.relpath(path, SOURCE), read(path)
    for name in "README.md", "docs/model.md", "docs/model-examples.md":
        for block in re.findall(r"```json\n(.*?)```", read(os.path.join(SOURCE, name)), re.S):
            yield name, block


class Unique(dict):
    """An object in which no key stands twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        if len(self) != len(pairs):
            raise ValueError("a key stands twice")


def parsed(text):
    try:
        return json.loads(text, object_pairs_hook=Unique)
    except (ValueError, RecursionError):
        return None


def accepted(folder, text):
    path = os.path.join(folder, "m.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([NASCENT, "summary", path], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60, check=False)
    assert done.returncode in (0, 1), done
    return done.returncode == 0, done.stderr


# What only the reader can know: see the description of the schema.
BEYOND = re.compile(r"cannot be made: (node|the nodes|nobody|output|\"|rank|\d+ inputs?;|size -1)|stands twice|two nodes"
                    r"|form no chain|which is no node|, an (in|out)put|nested deeper|too many|not input or output"
                    r"|within the range of float32|\\\\u0000")


def objects(value):
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from objects(child)


def broken(model):
    """The model with one thing changed that no reader may overlook, in every object of it."""
    for index, there in enumerate(objects(model)):
        def changed(change):
            mine = copy.deepcopy(model)
            change(list(objects(mine))[index])
            return mine
        yield changed(lambda o: o.update({"x-unknown-x": 1}))
        for key in there:
            if key in ("kind", "nascent", "units", "rate", "dims", "count", "block", "nodes", "depth", "dtype"):
                yield changed(lambda o, k=key: o.pop(k))
            yield changed(lambda o, k=key: o.update({k: None}))
            yield changed(lambda o, k=key: o.update({k: {"x-unknown-x": 1}}))
        if "kind" in there:
            yield changed(lambda o: o.update(kind="x-unknown-x"))
            yield changed(lambda o: o.update(name="a.b"))


class Schema(unittest.TestCase):
    def test_it_accepts_what_the_reader_accepts(self):
        counts = {True: 0, False: 0}
        with tempfile.TemporaryDirectory() as folder:
            for name, text in texts():
                model = parsed(text)
                good, words = accepted(folder, text)
                counts[good] += 1
                self.assertTrue(good or name.startswith("tests/"), name + ": " + words)
                if model is None:
                    self.assertFalse(good, name)
                elif good or not BEYOND.search(words):
                    self.assertEqual(valid(SCHEMA, model), good, name + ": " + words)
        self.assertGreater(counts[True], 20)
        self.assertGreater(counts[False], 5)

    def test_it_refuses_what_is_broken(self):
        count = 0
        with tempfile.TemporaryDirectory() as folder:
            for name, text in texts():
                model = parsed(text)
                if model is None or name.startswith("tests/") or not valid(SCHEMA, model):
                    continue
                for other in broken(model):
                    self.assertFalse(valid(SCHEMA, other), json.dumps(other))
                    count += 1
                    if count % 10 == 0:  # the reader takes a process
                        self.assertFalse(accepted(folder, json.dumps(other))[0], json.dumps(other))
        self.assertGreater(count, 500)

    def test_limits(self):
        def node(**keys):
            return valid(SCHEMA, {"nascent": 1, "nodes": [keys]})
        self.assertTrue(node(kind="activation", activation="softmax", axis=-1))
        self.assertTrue(node(kind="reshape", dims=["same", 0, -1]))
        for keys in ({"kind": "activation", "activation": "softmax", "axis": 0},
                     {"kind": "activation", "activation": "relu", "axis": 1},
                     {"kind": "activation", "activation": "relu", "alpha": 1},
                     {"kind": "activation", "activation": "elu", "alpha": 0},
                     {"kind": "reshape", "dims": [-2]}, {"kind": "reshape", "dims": [1] * 9},
                     {"kind": "dense", "units": -1}, {"kind": "dense", "units": 1.5}, {"kind": "dense", "units": True},
                     {"kind": "dropout", "rate": 1}, {"kind": "split", "axis": 0, "count": 65},
                     {"kind": "slice", "axis": 8}, {"kind": "slice", "axis": 0, "step": 0},
                     {"kind": "residual", "nodes": []}, {"kind": "identity", "name": "input"},
                     {"kind": "repeat", "count": 2, "block": {"kind": "identity", "name": "a"}}):
            self.assertFalse(node(**keys), keys)
            with tempfile.TemporaryDirectory() as folder:
                self.assertFalse(accepted(folder, json.dumps({"nascent": 1, "nodes": [keys]}))[0], keys)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
