#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""graph.py NASCENT SOURCE HOSTILE BUILTIN...: nascent graph as a user would run it. The text, the picture and the JSON are
compared with each other, and the numbers with what a run launches."""
import html
import json
import os
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

from support import Case, read_npy, run, write_npy

SOURCE = os.path.abspath(sys.argv[2])
NESTED = os.path.join(SOURCE, "examples", "data", "nested.json")
RESIDUAL = os.path.join(SOURCE, "examples", "data", "residual.json")
TWO = """{"nascent": 1, "inputs": ["image", "mask"],
 "nodes": [{"name": "a", "kind": "dense", "units": 4, "activation": "relu"}, {"name": "both", "kind": "multiply"}],
 "edges": [["image", "a"], ["a", "both"], ["mask", "both"], ["both", "scores"], ["a", "code"]],
 "outputs": ["scores", "code"]}"""
PICKED = """{"nascent": 1, "inputs": ["table", "rows"],
 "nodes": [{"name": "pick", "kind": "gather", "axis": 0}, {"name": "whole", "kind": "cast", "dtype": "int32"}],
 "edges": [["table", "pick"], ["rows", "pick"], ["pick", "whole"], ["whole", "numbers"]],
 "outputs": ["numbers"]}"""


def backends():
    done = run("devices", "--json", NASCENT_BACKEND="reference")
    usable = {b["name"] for b in json.loads(done.stdout)["backends"] if b.get("devices")}
    return [name for name in ("reference", "opencl") if name in usable]


def owner(path):
    return path.rpartition(".")[0]


class Graph(Case):
    def setUp(self):
        super().setUp()
        self.write("two.json", TWO)
        self.write("picked.json", PICKED)

    def models(self):
        yield "mlp.json", ["--input", "6x20"]
        yield NESTED, ["--input", "5x3x4"]
        yield RESIDUAL, ["--input", "8x20"]
        yield "two.json", ["--input", "3x5", "--input", "3x4"]

    def shown(self, model, *arguments):
        """(JSON, DOT text) of one command line."""
        whole = json.loads(self.good("graph", model, *arguments, "--json", "--dot", "g.dot"))
        self.assertEqual((whole["dot"], whole["svg"]), ("g.dot", None))
        with open(self.place("g.dot"), encoding="utf-8") as file:
            return whole, file.read()


class Text(Graph):
    def test_what_was_declared(self):
        lines = self.good("graph", "mlp.json", "--input", "-1x20").split("\n")
        self.assertEqual(lines, self.good("graph", "mlp.json", "--input", "?x20").split("\n"))
        self.assertEqual(lines[0].split(), ["value", "operation", "with", "shape", "dtype", "of", "path", "block"])
        self.assertEqual(re.split("  +", lines[1]), ["0", "input", "0", "(-1, 20)", "float32", "-", "-", "-"])
        self.assertEqual(re.split("  +", lines[2]), ["1", "parameter", "-", "(256, 20)", "float32", "-", "0.weight",
                                                     "dense"])
        self.assertEqual(lines[-4:], ["inputs: input (-1, 20)", "outputs: output (value 11)",
                                      "12 values, 4 parameters, 7946 elements, 31784 bytes", ""])

    def test_what_would_run(self):
        for backend in backends():
            arguments = ["graph", RESIDUAL, "--input", "8x20", "--planned", "--backend", backend]
            text, plan = self.good(*arguments), json.loads(self.good(*arguments, "--json"))["plan"]
            steps, storages, totals = text.split("\n\n")
            names = [s["name"] for s in plan["storages"]]
            rows = [re.split("  +", line) for line in steps.split("\n")[1:]]
            self.assertEqual(rows, [[str(i), s["operation"], s["path"] or "-", s["shape"], str(s["flops"]),
                                     ", ".join(names[r] for r in s["reads"]) or "-",
                                     ", ".join(names[w] for w in s["writes"]), s["text"] or "-"]
                                    for i, s in enumerate(plan["steps"])])
            rows = [re.split("  +", line) for line in storages.split("\n")[1:]]
            self.assertEqual([row[:3] for row in rows], [[s["name"], s["place"], str(s["bytes"])]
                                                         for s in plan["storages"]])
            self.assertIn("%d launches, %d FLOPs, %d bytes read, %d written\n" % (
                plan["launches"], plan["flops"], plan["bytes_read"], plan["bytes_written"]), totals)
            self.assertIn("%d bytes at the most, lower bound %d, ratio %.3f\n" % (
                plan["arena_bytes"], plan["bound_bytes"], plan["arena_bytes"] / plan["bound_bytes"]), totals)


class Picture(Graph):
    """The boxes and edges of the picture are those of the JSON."""

    def boxes(self, dot):
        """{id: (words, clusters around it)}"""
        found, around = {}, []
        for line in dot.split("\n"):
            if line.startswith("  subgraph"):
                around.append(None)
            elif line == "  }":
                around.pop()
            elif line.startswith("  label="):
                around[-1] = re.search("<b>(.*?)</b>", line)[1]
            match = re.match(r"  ([a-z]\d+) \[label=<(.*?)>(, .*)?\];$", line)
            if match:
                words = [html.unescape(part) for part in re.split("<.*?>", match[2]) if part]
                self.assertNotIn(match[1], found)
                found[match[1]] = (words, ".".join(around))
        self.assertEqual(around, [])
        return found

    def edges(self, dot):
        return sorted(re.findall(r"^  ([a-z]\d+) -> ([a-z]\d+)(?: \[label=<&#160;(.*)>\])?;$", dot, re.M))

    def test_what_was_declared(self):
        for model, inputs in self.models():
            whole, dot = self.shown(model, *inputs)
            self.assertIsNone(whole["plan"])
            boxes, nodes = self.boxes(dot), whole["nodes"]
            self.assertEqual(set(boxes), {"n%d" % i for i in range(len(nodes))} |
                             {"o%d" % i for i in range(len(whole["outputs"]))})
            for i, node in enumerate(nodes):
                words, around = boxes["n%d" % i]
                shape = "(%s%s)" % (", ".join(map(str, node["shape"])), "," if len(node["shape"]) == 1 else "")
                self.assertIn(shape, words)
                if node["operation"] == "parameter":
                    self.assertEqual((words[0], around), (node["path"].split(".")[-1], owner(node["path"])))
                elif node["operation"] == "input":
                    self.assertEqual((words[0], around), (whole["inputs"][int(node["text"])]["name"], ""))
                else:
                    self.assertEqual((words[0], around), (node["operation"], node["path"]))
                    self.assertTrue(node["text"] in words or node["text"] == "")
            want = [("n%d" % o, "n%d" % i, "") for i, node in enumerate(nodes) for o in node["operands"]]
            want += [("n%d" % output["node"], "o%d" % i, "") for i, output in enumerate(whole["outputs"])]
            self.assertEqual(self.edges(dot), sorted(want))
            for i, output in enumerate(whole["outputs"]):
                self.assertEqual(boxes["o%d" % i][0][0], output["name"])
                self.assertEqual(output["shape"], nodes[output["node"]]["shape"])

    def test_what_would_run(self):
        for backend in backends():
            for model, inputs in self.models():
                whole, dot = self.shown(model, *inputs, "--planned", "--backend", backend)
                plan, boxes = whole["plan"], self.boxes(dot)
                self.assertEqual(plan["device"]["backend"], backend)
                for key in "flops", "bytes_read", "bytes_written":
                    self.assertEqual(plan[key], sum(step[key] for step in plan["steps"]))
                self.assertEqual(plan["launches"], len(plan["steps"]))
                self.assertIn("%d launches, " % plan["launches"], dot)
                self.assertIn("ratio %.3f" % (plan["arena_bytes"] / plan["bound_bytes"] if plan["bound_bytes"] else 1), dot)
                named = {i for i, s in enumerate(plan["storages"]) if s["place"] != "arena"}
                self.assertEqual(set(boxes), {"s%d" % i for i in range(len(plan["steps"]))} | {"m%d" % i for i in named})
                for i, step in enumerate(plan["steps"]):
                    words, around = boxes["s%d" % i]
                    self.assertEqual((words[0], around), ("%d  %s" % (i, step["operation"]), step["path"]))
                    self.assertIn(step["shape"], words)
                    self.assertTrue(("".join(words).replace(" ", "")).find(step["text"].replace(" ", "")[:60]) > 0 or
                                    step["text"] == "")
                self.check_edges(plan, self.edges(dot), named)

    def check_edges(self, plan, edges, named):
        """Each read comes from the last step before that wrote it, or from its own box."""
        lines = {(a, b): label for a, b, label in edges}
        for i, step in enumerate(plan["steps"]):
            for r in step["reads"]:
                storage = plan["storages"][r]
                writers = [w for w in range(i) if r in plan["steps"][w]["writes"]]
                if r in named and storage["place"] != "output":
                    self.assertEqual(lines.pop(("m%d" % r, "s%d" % i)), "")
                else:
                    label = lines["s%d" % writers[-1], "s%d" % i]
                    self.assertTrue(r in named or label.startswith(storage["name"] + ", ") or len(step["reads"]) > 1)
        for r in named:
            if plan["storages"][r]["place"] == "output":
                last = max(w for w, step in enumerate(plan["steps"]) if r in step["writes"])
                self.assertIn(("s%d" % last, "m%d" % r), lines)
        for a, b in lines:  # nothing else
            self.assertTrue(a[0] == "s" and (b[0] == "s" and int(b[1:]) > int(a[1:]) or int(b[1:]) in named), (a, b))

    def test_symbols_in_names(self):
        self.write("odd.json", '{"nascent": 1, "nodes": [{"name": "a<b>&\\"c", "kind": "dense", "units": 3}]}')
        done = run("graph", "odd.json", "--input", "2x4", "--dot", "odd.dot", cwd=self.folder)
        if done.returncode == 0:
            with open(self.place("odd.dot"), encoding="utf-8") as file:
                self.assertIn("<b>a&lt;b&gt;&amp;&quot;c</b>", file.read())
        else:
            self.assertIn("name", done.stderr)  # the format of models refuses it

    @unittest.skipUnless(shutil.which("dot"), "no Graphviz here")
    def test_svg(self):
        for more in [], ["--planned", "--backend", "reference"]:
            whole = json.loads(self.good("graph", RESIDUAL, "--input", "8x20", *more, "--svg", "g.svg", "--dot", "g.dot",
                                         "--json"))
            self.assertEqual((whole["svg"], whole["dot"]), ("g.svg", "g.dot"))
            space = "{http://www.w3.org/2000/svg}"
            root = xml.etree.ElementTree.parse(self.place("g.svg")).getroot()
            kinds = {kind: sorted(g.find(space + "title").text for g in root.iter(space + "g") if g.get("class") == kind)
                     for kind in ("node", "edge")}
            with open(self.place("g.dot"), encoding="utf-8") as file:
                dot = file.read()
            self.assertEqual(kinds["node"], sorted(self.boxes(dot)))
            self.assertEqual(kinds["edge"], sorted("%s->%s" % (a, b) for a, b, _ in self.edges(dot)))
        self.assertEqual(self.good("graph", "mlp.json", "--input", "2x20", "--svg", "g.svg"),
                         "g.svg: the picture, as SVG\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["g.dot", "g.svg", "mlp.json", "picked.json", "two.json"])


class Graphviz(Graph):
    """Where dot is missing, or fails."""

    def files(self):
        return sorted(set(os.listdir(self.folder)) - {"mlp.json", "two.json", "picked.json", "empty", "bin"})

    def ask(self, code, *more, path):
        done = run("graph", "mlp.json", "--input", "2x20", "--svg", "g.svg", *more, cwd=self.folder, PATH=path)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_missing(self):
        os.mkdir(self.place("empty"))
        done = self.ask(0, path=self.place("empty"))
        self.assertEqual(done.stderr, "nascent graph: there is no dot in PATH, so g.svg.dot has the picture as DOT text, "
                         "and g.svg is not written; install graphviz\n")
        self.assertEqual(done.stdout, "g.svg.dot: the picture, as DOT text\n")
        self.assertEqual(self.files(), ["g.svg.dot"])
        done = self.ask(0, "--dot", "own.dot", "--json", path=self.place("empty"))
        self.assertIn("so own.dot has the picture", done.stderr)
        whole = json.loads(done.stdout)
        self.assertEqual((whole["svg"], whole["dot"]), (None, "own.dot"))
        self.assertEqual(self.files(), ["g.svg.dot", "own.dot"])

    def fake(self, text):
        os.makedirs(self.place("bin"), exist_ok=True)
        self.write("bin/dot", "#!/bin/sh\n" + text)
        os.chmod(self.place("bin/dot"), 0o755)
        return self.place("bin") + ":/bin:/usr/bin"

    def test_failing(self):
        self.write("g.svg", "old")
        for text, why in (("echo no fonts >&2; echo half; exit 3", "dot ended the process with exit code 3"),
                          ("kill -9 $$", "dot ended the process with signal 9")):
            done = self.ask(1, "--dot", "g.dot", path=self.fake(text))
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, r"^nascent graph: g.svg: dot made no picture, --svg: %s.*; mend Graphviz, or give "
                             r"--dot FILE\n" % re.escape(why))
            self.assertEqual("\n  no fonts\n" in done.stderr, "fonts" in text)
            self.assertEqual(self.files(), ["g.svg"])
            with open(self.place("g.svg"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "old")

    def test_what_it_is_given_and_gives(self):
        done = self.ask(0, "--dot", "g.dot", path=self.fake('echo "$@"; cat'))
        self.assertEqual(done.stderr, "")
        with open(self.place("g.svg"), encoding="utf-8") as svg, open(self.place("g.dot"), encoding="utf-8") as dot:
            self.assertEqual(svg.read(), "-Tsvg\n" + dot.read())


class Wrong(Graph):
    def test_graph(self):
        for name in "none.json", "two.json":
            self.bad(1 if name == "none.json" else 2, ["none.json: cannot be opened" if name == "none.json" else
                                                       "--input: there is no shape for mask; give --input mask=SHAPE"],
                     "graph", name, "--input", "2x20")
        self.bad(2, ["--input is missing; give --input [NAME=]SHAPE"], "graph", "mlp.json")
        self.bad(2, ["--planned needs every size, and there is input (-1, 20); give --input a number in place of ?"],
                 "graph", "mlp.json", "--input", "?x20", "--planned", "--backend", "reference")
        self.bad(2, ["--input img=2x20: the model has no input of that name; say one of: image, mask"], "graph",
                 "two.json", "--input", "img=2x20")
        self.bad(2, ["--input image=3x3: image has a shape already, 2x20; give one"], "graph", "two.json", "--input",
                 "2x20", "--input", "image=3x3")
        self.bad(2, ["--input image=2x: the last size is missing"], "graph", "two.json", "--input", "image=2x")
        self.bad(1, ["axis 1", "; give --input a shape"], "graph", "two.json", "--input", "2x20", "--input", "2x5")
        self.bad(2, ["there is no backend 'refrence'"], "graph", "mlp.json", "--input", "2x20", "--planned", "--backend",
                 "refrence")
        self.bad(1, ["; give --weights a checkpoint"], "graph", "mlp.json", "--input", "2x20", "--weights", "mlp.json",
                 "--backend", "reference")

    def test_outputs(self):
        os.mkdir(self.place("folder"))
        for option in "--svg", "--dot":
            self.bad(1, ["none: the folder cannot be used, %s none/g" % option, "No such file", "; make it"], "graph",
                     "mlp.json", "--input", "2x20", option, "none/g")
            self.bad(1, ["folder: this is a folder, %s; name a file in it" % option], "graph", "mlp.json", "--input",
                     "2x20", option, "folder")
        self.assertEqual(sorted(os.listdir(self.folder)), ["folder", "mlp.json", "picked.json", "two.json"])


class SeveralInputs(Graph):
    """Of the other subcommands as well."""

    def test_shapes(self):
        by_order = self.good("summary", "two.json", "--input", "3x5", "--input", "3x4", "--json")
        for line in ["mask=3x4", "3x5"], ["mask=3x4", "image=3x5"], ["image=3x5", "3x4"]:
            self.assertEqual(self.good("summary", "two.json", "--input", line[0], "--input", line[1], "--json"), by_order)
        whole = json.loads(by_order)
        self.assertEqual((whole["inputs"], whole["outputs"]), ([[3, 5], [3, 4]], [[3, 4], [3, 4]]))
        self.assertEqual([(row["path"], row["kind"], row["output"], row["parameters"], row["elements"], row["unknown"],
                           row["state"]) for row in whole["layers"]],
                         [("a", "dense", [3, 4], 2, 24, 0, "shape-known"),
                          ("both", "multiply", [3, 4], 0, 0, 0, None)])
        self.good("init", "two.json", "--input", "mask=3x4", "--input", "3x5", "--output", "w", "--backend", "reference")
        self.assertIn("a.weight", self.good("explain", "two.json", "a.weight", "--input", "3x5", "--input", "3x4"))

    def test_layers_are_those_of_the_table(self):
        for model, inputs in self.models():
            lines = self.good("summary", model, *inputs).rstrip("\n").split("\n")
            layers = json.loads(self.good("summary", model, *inputs, "--json"))["layers"]
            self.assertEqual([re.split("  +", line)[:2] for line in lines[1:-1]],
                             [[layer["path"], layer["kind"]] for layer in layers])
            self.assertEqual([int(re.split("  +", line)[4]) for line in lines[1:-1]],
                             [layer["bytes"] for layer in layers])
        self.assertEqual(json.loads(self.good("summary", "mlp.json", "--json"))["layers"], [])

    def test_forward(self):
        image, mask = [0.25 * i - 1 for i in range(15)], [float(i % 3) for i in range(12)]
        write_npy(self.place("i.npy"), (3, 5), image)
        write_npy(self.place("m.npy"), (3, 4), mask)
        for backend in backends():
            whole = json.loads(self.good("forward", "two.json", "--seed", "3", "--backend", backend, "--input", "mask=m.npy",
                                         "--input", "i.npy", "--output", "code=c.npy", "--output", "s.npy", "--json"))
            self.assertEqual([(i["name"], i["file"]) for i in whole["inputs"]], [("image", "i.npy"), ("mask", "m.npy")])
            self.assertEqual([(o["name"], o["file"]) for o in whole["outputs"]], [("scores", "s.npy"), ("code", "c.npy")])
            (shape, scores), (_, code) = read_npy(self.place("s.npy")), read_npy(self.place("c.npy"))
            self.assertEqual(shape, (3, 4))
            self.assertEqual(scores, [c * m for c, m in zip(code, mask)])
            self.assertTrue(any(code))
        self.bad(2, ["--input: there is no file for mask; give --input mask=FILE"], "forward", "two.json", "--seed", "3",
                 "--input", "i.npy")

    def test_other_types(self):
        write_npy(self.place("t.npy"), (3, 2), [1, 2, 3, 4, 5, 6])
        write_npy(self.place("r.npy"), (4,), [2, 0, 1, 2], "<i4", "i")
        for backend in backends():
            whole = json.loads(self.good("forward", "picked.json", "--input", "t.npy", "--input", "r.npy", "--backend",
                                         backend, "--output", "n.npy", "--check-finite", "--json"))
            output = whole["outputs"][0]
            self.assertEqual((output["dtype"], output["shape"], output["first"], output["min"], output["max"],
                              output["mean"]), ("int32", [4, 2], [5, 6, 1, 2], 1, 6, 4))
            with open(self.place("n.npy"), "rb") as file:
                data = file.read()
            self.assertIn(b"'descr': '<i4'", data)
            self.assertEqual(data[-32:], b"".join(n.to_bytes(4, "little") for n in (5, 6, 1, 2, 3, 4, 5, 6)))


class Profile(Graph):
    def test_table_and_json(self):
        write_npy(self.place("x.npy"), (8, 20), [0.25] * 160)
        for backend in backends():
            for repeat in 0, 3:
                arguments = ["forward", RESIDUAL, "--seed", "1", "--input", "x.npy", "--backend", backend, "--profile"]
                arguments += ["--repeat", str(repeat)] if repeat else []
                whole = json.loads(self.good(*arguments, "--json"))
                profile, runs = whole["profile"], repeat or 1
                self.assertEqual(profile["runs"], runs)
                self.assertEqual(whole["times"] is None, repeat == 0)
                plan = json.loads(self.good("graph", RESIDUAL, "--input", "8x20", "--planned", "--backend", backend,
                                            "--json"))["plan"]
                self.assertEqual(profile["plan"], {key: plan[key] for key in ("launches", "arena_bytes", "bound_bytes")})
                self.assertEqual(profile["launches"], runs * plan["launches"])
                self.assertEqual([(s["operation"], s["path"], s["block"], s["shape"], s["launches"], s["flops"],
                                   s["bytes_read"], s["bytes_written"]) for s in profile["steps"]],
                                 [(s["operation"], s["path"], s["block"], s["shape"], runs, runs * s["flops"],
                                   runs * s["bytes_read"], runs * s["bytes_written"]) for s in plan["steps"]])
                self.assertAlmostEqual(sum(s["share"] for s in profile["steps"]), 1)
                clock = profile["clock"]
                whole_time = sum(s[clock] for s in profile["steps"])
                for step in profile["steps"]:
                    self.assertEqual(step["device"] is None, clock == "host")
                    self.assertAlmostEqual(step["share"], step[clock] / whole_time)
                    if step[clock] > 0:
                        self.assertAlmostEqual(step["gflops"] * step[clock] * 1e9 / step["flops"], 1)
                        self.assertAlmostEqual(step["gbytes"] * step[clock] * 1e9 /
                                               (step["bytes_read"] + step["bytes_written"]), 1)
                lines = self.good(*arguments).rstrip("\n").split("\n")
                begin = lines.index("")
                self.assertEqual(re.split("  +", lines[begin + 1]), ["step", "block", "shape", "launches", clock + " ms",
                                                                    "share", "GFLOP/s", "GB/s"])
                self.assertEqual([re.split("  +", line)[:4] for line in lines[begin + 2:-2]],
                                 [[s["operation"], s["path"], s["shape"], str(runs)] for s in plan["steps"]])
                self.assertEqual(lines[-2:], [
                    "profiled runs: %d, %d launches" % (runs, runs * plan["launches"]),
                    "a run: %d launches; intermediate values: %d bytes at the most, lower bound %d" % (
                        plan["launches"], plan["arena_bytes"], plan["bound_bytes"])])

    def test_without_steps(self):
        write_npy(self.place("none.npy"), (0, 20), [])
        profile = json.loads(self.good("forward", "mlp.json", "--seed", "1", "--input", "none.npy", "--profile",
                                       "--backend", "reference", "--json"))["profile"]
        self.assertEqual((profile["steps"], profile["launches"], profile["plan"]["launches"]), ([], 0, 0))
        self.assertIsNone(json.loads(self.good("forward", "mlp.json", "--seed", "1", "--input", "none.npy", "--backend",
                                               "reference", "--json"))["profile"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
