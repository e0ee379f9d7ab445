#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wrong.py NASCENT: every wrong use of every subcommand. Each message names what is wrong, where, and what to do."""
import json
import os
import subprocess
import sys
import unittest

from support import NASCENT, Case, run, write_npy

COMMANDS = {c["name"]: c for c in json.loads(run("help", "--json").stdout)["commands"]}
# A command line of each that is right: the wrong ones below differ in one thing.
RIGHT = {
    "devices": [],
    "summary": ["mlp.json"],
    "graph": ["mlp.json", "--input", "2x20"],
    "explain": ["mlp.json", "0.weight"],
    "init": ["mlp.json", "--output", "made"],
    "forward": ["mlp.json", "--seed", "1", "--input", "x.npy"],
    "conformance": ["--list"],
    "help": [],
}
VALUES = {"flag": None, "text": "reference", "file": "x.npy", "whole number": "7", "shape": "2x20"}
NAN, INFINITY = float("nan"), float("inf")


class Wrong(Case):
    def setUp(self):
        super().setUp()
        write_npy(self.place("x.npy"), (2, 20), [0.5] * 40)
        os.mkdir(self.place("folder"))

    def options(self, *kinds):
        for command in COMMANDS.values():
            for option in command["options"]:
                if not kinds or option["kind"] in kinds:
                    yield command["name"], option, "--" + option["name"]


class EveryCommand(Wrong):
    def test_the_list_is_whole(self):
        self.assertEqual(set(COMMANDS), set(RIGHT))

    def test_a_subcommand_that_is_none(self):
        for word, near in ("sumary", "summary"), ("devcies", "devices"), ("forwrad", "forward"), ("inti", "init"):
            self.bad(2, ["there is no subcommand '%s'" % word, "; did you mean %s?" % near, "nascent --help"], word)
        for word in "xyzzy", "--json", "", "-x", "a" * 200:
            self.bad(2, ["there is no subcommand '%s'" % word, "; the subcommands are listed by --help"], word)
        done = run()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: nascent SUBCOMMAND", done.stderr)

    def test_an_option_that_is_none(self):
        for name, right in RIGHT.items():
            for word in "--xyzzy", "--x", "-x", "-j", "--xyzzy=3":
                self.bad(2, ["there is no option %s;" % word.split("=")[0], "; the options are listed by --help",
                             "nascent %s --help" % name], name, *right, word)

    def test_a_misspelt_option_gets_a_suggestion(self):
        for name, option, word in self.options():
            wrong = "--" + word[3] + word[2] + word[4:]  # two neighbours exchanged
            self.bad(2, ["there is no option %s" % wrong, "; did you mean %s?" % word], name, wrong, "1")
        self.bad(2, ["did you mean --help?"], "summary", "--hlep")

    def test_no_value(self):
        for name, option, word in self.options("text", "file", "whole number", "shape"):
            right = [] if option["required"] else RIGHT[name]
            self.bad(2, [word + " needs a value", "the command line ends there; give " + option["argument"]], name,
                     *right, word)
            self.bad(2, [word + " needs a value", "'--json' follows; give " + option["argument"], word + "=--json"],
                     name, word, "--json")

    def test_a_value_of_a_flag(self):
        for name, _, word in self.options("flag"):
            self.bad(2, [word + " takes no value", "'yes' was given; leave it out"], name, *RIGHT[name], word + "=yes")

    def test_an_option_twice(self):
        for name, option, word in self.options():
            if option["most"] == 1:
                value = "bash" if word == "--completion" else VALUES[option["kind"]]
                once = [word] if value is None else [word, value]
                self.bad(2, [word + " is given twice", "; give it once"], name, *once, *once)
            else:
                value = ["%s=%s" % (word, VALUES[option["kind"]])] * (option["most"] + 1)
                self.bad(2, [word + " is given more than %d times" % option["most"], "; leave some out"], name, *value)

    def test_no_whole_number(self):
        for name, _, word in self.options("whole number"):
            for value in "", "-1", "7x", "x", " 7", "7 ", "+7", "0x7", "1.5", "1e3":
                self.bad(2, ["%s %s: this is no whole number; say " % (word, value)], name, *word_and(word, value))
            self.bad(2, ["this is too large; say "], name, word, "18446744073709551616")
            self.bad(2, ["this is too large; say "], name, word, "9" * 40)
        for name, word, values in ("devices", "--timeout", ["0", "86401"]), ("forward", "--repeat", ["0", "1000001"]):
            for value, size in zip(values, ("small", "large")):
                self.bad(2, ["%s %s: this is too %s; say 1 to %s" % (word, value, size, int(values[1]) - 1)], name, word,
                         value)

    def test_no_shape(self):
        for name, _, word in self.options("shape"):
            for value, what in (("", "the shape is empty"), ("x", "a size is missing before an x"),
                                ("x2", "a size is missing before an x"), ("2x", "the last size is missing"),
                                ("2xx3", "a size is missing before an x"), ("2 x20", "' x20' stands where an x or"),
                                ("2x-2", "'-2' begins no size"), ("20y", "'y' stands where an x or the end"),
                                ("2x 3", "' 3' begins no size"), ("2X20", "'X20' stands where"),
                                ("2,20", "',20' stands where"), ("(2, 20)", "'(2, 20)' begins no size"),
                                ("1x1x1x1x1x1x1x1x1", "at most 8 sizes"),
                                ("99999999999999999999", "is larger than 2^63 - 1")):
                self.bad(2, ["%s %s: " % (word, value), what, "; say 2x20, or ?x20 where a size is unknown"], name,
                         *RIGHT[name], word, value)

    def test_no_file_name(self):
        for name, _, word in self.options("file"):
            self.bad(2, [word + ": the name of a file is empty; give one"], name, word, "")

    def test_words(self):
        for name, right in RIGHT.items():
            if name != "help":
                self.bad(2, ["'more' is one word too many; leave it out"], name, *right, "more")
            for place, argument in enumerate(COMMANDS[name]["arguments"]):
                if argument["required"]:
                    self.bad(2, [argument["name"] + " is missing; give " + argument["help"]], name, *right[:place])
                    self.bad(2, [argument["name"] + " is empty; give "], name, *right[:place], "")
        self.bad(2, ["'more' is one word too many"], "help", "init", "more")
        self.bad(2, ["'--json' is one word too many"], "summary", "mlp.json", "--", "--json")
        self.bad(2, ["--output is missing; give --output FILE"], "init", "mlp.json")
        self.bad(2, ["--input is missing; give --input [NAME=]FILE"], "forward", "mlp.json", "--seed", "1")
        self.bad(2, ["--backend is missing; give --backend CHOICE"], "conformance")

    def test_standard_output_that_takes_nothing(self):
        for name, right in RIGHT.items():
            for form in ([], ["--json"]):
                for to, why in ("/dev/full", "No space left on device"), ("&-", "Bad file descriptor"):
                    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >%s' % to, NASCENT, name, *right, *form],
                                          cwd=self.folder, capture_output=True, text=True, check=False, timeout=300)
                    self.assertEqual(done.returncode, 1, (name, form, to, done.stderr))
                    self.assertRegex(done.stderr, "^nascent %s: standard output cannot be written.*; give it a place"
                                     % name)
                    self.assertTrue(why in done.stderr or "written;" in done.stderr, done.stderr)
        self.assertTrue(os.path.getsize(self.place("made")) > 500)

    def test_a_closed_stream_is_not_written_into_a_file(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&- 2>&-', NASCENT, "init", "mlp.json", "--output", "w"],
                              cwd=self.folder, check=False, timeout=300)
        self.assertEqual(done.returncode, 1)
        with open(self.place("w"), "rb") as file:
            self.assertNotIn(b"parameters,", file.read())


def word_and(word, value):
    return [word + "=" + value] if value.startswith("-") else [word, value]


class Models(Wrong):
    """What is wrong with MODEL, --weights, --backend and --input, of every subcommand that takes them."""

    def each(self, code, parts, model="mlp.json", **changes):
        for name in ("summary", "explain", "init", "forward"):
            rest = {"summary": [], "explain": ["0.weight"], "init": ["--output", "made"],
                    "forward": ["--seed", "1", "--input", "x.npy"]}[name]
            more = changes.get("more", [])
            if "--weights" in more and name == "forward":
                rest = rest[2:]
            if not ("--weights" in more and name == "init"):
                self.bad(code, parts, name, model, *rest, *more)
        self.assertFalse(os.path.exists(self.place("made")))

    def test_files(self):
        self.each(1, ["nowhere.json: cannot be opened: No such file", "; give MODEL the description"], "nowhere.json")
        self.each(1, ["folder: expected a regular file, found a directory", "; give MODEL"], "folder")
        self.each(1, ["/dev/null: expected a regular file", "; give MODEL"], "/dev/null")
        self.write("empty.json", "")
        self.write("cut.json", '{"nascent": 1, "nodes": [')
        self.each(1, ["empty.json: ", "; give MODEL"], "empty.json")
        self.each(1, ["cut.json: line 1: is no JSON", "; give MODEL"], "cut.json")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_files_that_must_not_be_read(self):
        os.chmod(self.place("mlp.json"), 0)
        self.each(1, ["mlp.json: cannot be opened: Permission denied", "; give MODEL"])

    def test_descriptions(self):
        for nodes, where in (('{"kind": "dense", "unit": 3}', "nodes[0].unit is not a key of dense; say units"),
                             ('{"kind": "dnse"}', 'nodes[0].kind is "dnse", which this version does not know; say dense'),
                             ('{"kind": "dense"}', "nodes[0] has no units"),
                             ('{"kind": "dense", "units": "3"}', "nodes[0].units"),
                             ('{"kind": "dense", "units": 3, "units": 3}', "nodes[0].units")):
            self.write("m.json", '{"nascent": 1, "nodes": [%s]}' % nodes)
            self.each(1, ["m.json: " + where], "m.json")

    def test_weights(self):
        for file, what in (("nowhere", "nowhere: cannot be opened: No such file"), ("folder", "folder: is a folder"),
                           ("mlp.json", "mlp.json: byte 0"), ("x.npy", "")):
            self.each(1, [what, "; give --weights a checkpoint of this model"], more=["--weights", file])
        self.write("other.json", '{"nascent": 1, "nodes": [{"kind": "dense", "units": 3}]}')
        self.good("init", "other.json", "--input", "2x20", "--output", "other", "--backend", "reference")
        self.each(1, ["other: 2 missing, 0 extra, 2 conflicting", "  conflict  0.weight: ", "  missing   1.weight\n",
                      "; give --weights"], more=["--weights", "other", "--backend", "reference"])

    def test_an_unreadable_file(self):
        """Opens, and fails when it is read."""
        self.bad(1, ["/proc/self/mem: reading stopped", "; give --weights"], "summary", "mlp.json", "--weights",
                 "/proc/self/mem")
        self.bad(1, ["/proc/self/mem: reading stopped", "; give --input"], "forward", "mlp.json", "--seed", "1",
                 "--input", "/proc/self/mem")

    def test_backends(self):
        for name, right in ("init", ["mlp.json", "--output", "made"]), ("forward", RIGHT["forward"]), \
                ("conformance", []):
            for choice, what in (("refrence", "there is no backend 'refrence'; say one of: reference"),
                                 ("reference,", "; "), ("reference:", "; "), ("/nowhere/x.so", "/nowhere/x.so")):
                self.bad(2, [what], name, *right, "--backend", choice)
        for name in "init", "forward":
            # The variable is no part of the command line; a device that is not here is no wrong use.
            self.bad(1, ["NASCENT_BACKEND is 'opncl': there is no backend 'opncl'; say one of:"], name, *RIGHT[name],
                     NASCENT_BACKEND="opncl")
            self.bad(1, ["no device '99'", "; nascent devices lists"], name, *RIGHT[name], "--backend", "reference:99")
        self.bad(77, ["no device '99'", "; nascent devices lists"], "conformance", "--backend", "reference:99")
        self.bad(1, ["NASCENT_BACKEND_PATH: 'relative' is not an absolute path"], "devices",
                 NASCENT_BACKEND_PATH="relative")

    def test_inputs(self):
        self.write("fixed.json", '{"nascent": 1, "nodes": [{"kind": "dense", "units": 3, "in_units": 7}]}')
        for name, rest in ("summary", []), ("explain", ["0.weight"]), ("init", ["--output", "made"]):
            self.bad(1, ["7 (declared by", "20 (input 0 (2, 20))", "; give --input a shape"], name, "fixed.json", *rest,
                     "--input", "2x20")
            self.bad(2, ["--input 2x20: the model has no further input; it has: input"], name, "mlp.json", *rest, "--input", "2x20",
                     "--input", "2x20")
        self.bad(1, ["there is no parameter 0.wieght; near it: 0.weight"], "explain", "mlp.json", "0.wieght")

    def test_outputs(self):
        for name, right in ("init", ["mlp.json"]), ("forward", RIGHT["forward"]):
            self.bad(1, ["none: the folder cannot be used, --output none/w", "No such file", "; make it"], name, *right,
                     "--output", "none/w")
            self.bad(1, ["folder: this is a folder, --output; name a file in it"], name, *right, "--output", "folder")
            self.bad(1, ["mlp.json: this is no folder, --output mlp.json/w; name a file in a folder"], name, *right,
                     "--output", "mlp.json/w")
            os.mkfifo(self.place("pipe"))
            self.bad(1, ["pipe: this is a device or a pipe, --output; name a file"], name, *right, "--output", "pipe")
            os.unlink(self.place("pipe"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["folder", "mlp.json", "x.npy"])


class Forward(Wrong):
    def setUp(self):
        super().setUp()
        self.good("init", "mlp.json", "--input", "2x20", "--output", "w", "--backend", "reference")

    def refused(self, code, parts, *more, file="x.npy", weights="w"):
        self.bad(code, parts, "forward", "mlp.json", "--weights", weights, "--backend", "reference", "--input", file,
                 "--output", "y.npy", *more)
        self.assertFalse(os.path.exists(self.place("y.npy")))

    def test_no_values(self):
        self.bad(2, ["mlp.json has 4 parameters without values, and --weights is missing; make a checkpoint with nascent "
                     "init mlp.json --output FILE, or give --seed N"], "forward", "mlp.json", "--input", "x.npy")
        self.refused(2, ["--weights and --seed exclude each other", "; give one"], "--seed", "1")

    def test_files(self):
        self.refused(1, ["none.npy: cannot be opened: No such file", "; give --input an npy file"], file="none.npy")
        self.refused(1, ["folder: is a folder", "; give --input an npy file"], file="folder")
        self.refused(1, ["w: this is a file of named arrays (safetensors), --input; give an npy file"], file="w")
        self.refused(1, ["mlp.json: byte 0", "; give --input an npy file"], file="mlp.json")
        with open(self.place("x.npy"), "rb") as file:
            content = file.read()
        with open(self.place("cut.npy"), "wb") as file:
            file.write(content[:-1])
        self.refused(1, ["cut.npy: byte 128", "; give --input an npy file"], file="cut.npy")

    def test_types_and_shapes(self):
        write_npy(self.place("f8.npy"), (2, 20), [0.5] * 40, "<f8", "d")
        self.refused(1, ["f8.npy: ", "<f8 is not stored here", "astype('float32')"], file="f8.npy")
        write_npy(self.place("i4.npy"), (2, 20), [1] * 40, "<i4", "i")
        self.refused(1, ["int32", "given was i4.npy (2, 20) int32"], file="i4.npy")
        write_npy(self.place("wide.npy"), (2, 21), [0.5] * 42)
        self.refused(1, ["0.weight, axis 1: 20 (loaded from w) against 21", "; given was wide.npy (2, 21) float32"],
                     file="wide.npy")
        write_npy(self.place("scalar.npy"), (), [0.5])
        self.refused(1, ["scalar", "; given was scalar.npy () float32"], file="scalar.npy")

    def test_names(self):
        self.refused(2, ["--input b=x.npy: the model has no input of that name; say one of: input", "./b=x.npy"],
                     file="b=x.npy")
        self.refused(2, ["--input x.npy: the model has no further input; it has: input"], "--input", "x.npy")
        self.refused(2, ["--input input=x.npy: input has a file already, x.npy; give one"], "--input", "input=x.npy")
        self.refused(2, ["--output z.npy: the model has no further output; it has: output"], "--output", "z.npy")
        self.refused(2, ["--output o=z.npy: the model has no output of that name; say one of: output"], "--output",
                     "o=z.npy")
        self.refused(2, ["--input input=: the name of a file is empty; give one"], file="input=")

    def test_not_finite(self):
        for value, word in (NAN, "nan"), (INFINITY, "inf"), (-INFINITY, "-inf"):
            write_npy(self.place("bad.npy"), (2, 20), [0.5] * 23 + [value] + [0.5] * 16)
            self.refused(1, ["bad.npy: the element at (1, 3) is %s, and --check-finite is given; make it finite" % word],
                         "--check-finite", file="bad.npy")
        write_npy(self.place("huge.npy"), (2, 20), [3e38] * 40)
        with open(self.place("w"), "rb") as file:
            content = file.read()
        for at, where, word, bits in (4 * (3 * 20 + 7), "0.weight: the element at (3, 7)", "nan", b"\0\0\xc0\x7f"), \
                (4 * (256 * 20 + 5), "0.bias: the element at (5,)", "inf", b"\0\0\x80\x7f"):
            begin = len(content) - self.value_bytes() + at
            with open(self.place("bad"), "wb") as file:
                file.write(content[:begin] + bits + content[begin + 4:])
            self.refused(1, ["bad: %s is %s, and --check-finite is given; make it finite" % (where, word)],
                         "--check-finite", weights="bad")
        self.write("ones.json", '{"nascent": 1, "nodes": [{"kind": "dense", "units": 3, "weight_init": {"kind": '
                   '"ones"}}]}')
        self.bad(1, ["output output of ones.json: the element at (0, 0) is inf, and --check-finite is given; make it"],
                 "forward", "ones.json", "--seed", "1", "--backend", "reference", "--input", "huge.npy", "--output",
                 "y.npy", "--check-finite")
        self.assertFalse(os.path.exists(self.place("y.npy")))

    def value_bytes(self):
        return json.loads(self.good("summary", "mlp.json", "--weights", "w", "--json"))["totals"]["bytes"]


class Others(Wrong):
    def test_conformance(self):
        for form in [], ["--list"], ["--json"], ["--list", "--json"]:
            done = run("conformance", "--backend", "reference", "--only", "nothing/*", *form)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--only nothing/*: no case matches; nascent conformance --list names them", done.stderr)

    def test_help(self):
        self.bad(2, ["there is no subcommand 'int', SUBCOMMAND; nascent help lists them"], "help", "int")
        self.bad(2, ["there is no subcommand 'probe'"], "help", "probe")
        self.bad(2, ["--completion fish: there is no such word; say one of: bash, zsh"], "help", "--completion", "fish")
        self.bad(2, ["exclude each other; give one"], "help", "--man", "--json")
        self.bad(2, ["--completion is of all subcommands, and 'init' was given; leave it out"], "help", "init",
                 "--completion", "bash")
        self.bad(2, ["for the use of nascent devices alone; say nascent devices"], "probe")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
