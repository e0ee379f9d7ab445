#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pages.py NASCENT SOURCE HOSTILE BUILTIN...: what is made from the tables of the subcommands: help, manual pages, completion;
and the keys of --json that docs/command.md promises."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from support import NASCENT, Case, run, write_npy

SOURCE = os.path.abspath(sys.argv[2])
COMMANDS = json.loads(run("help", "--json").stdout)["commands"]


def words(text):
    return " ".join(text.split())


class Help(Case):
    def test_every_part_of_the_table(self):
        whole = self.good("--help")
        self.assertEqual(whole, self.good("help"))
        self.assertEqual(whole, self.good("-h"))
        for command in COMMANDS:
            self.assertIn("  %s " % command["name"], whole)
            self.assertIn(command["purpose"], words(whole))
            text = self.good(command["name"], "--help")
            self.assertEqual(text, self.good("help", command["name"]))
            self.assertEqual(text, self.good(command["name"], "--json", "-h"))
            self.assertTrue(text.startswith("usage: nascent %s " % command["name"]))
            usage = words(text.split("\n\n")[0])
            for argument in command["arguments"]:
                self.assertIn(argument["name"] if argument["required"] else "[%s]" % argument["name"], usage)
                self.assertIn("  %s " % argument["name"], text)
                self.assertIn(argument["help"], words(text))
            for option in command["options"]:
                shown = "--" + option["name"] + (" " + option["argument"] if option["argument"] else "")
                more = " ..." if option["most"] > 1 else ""
                self.assertIn(shown + more if option["required"] else "[%s%s]" % (shown, more), usage)
                self.assertRegex(text, r"\n  %s\s" % re.escape(shown))
                self.assertIn(option["help"], words(text))
            for code in command["exit_codes"]:
                self.assertRegex(text, r"\n  %d +\w" % code)
            for part in "\noptions:\n", "\nexamples:\n", "\nexit codes:\n", "\nenvironment:\n":
                self.assertIn(part, text)
            for line in text.split("\n"):
                self.assertTrue(len(line) <= 80 or line.startswith("  nascent "), line)

    def test_every_example_works(self):
        """In the order of the subcommands: init makes what forward reads."""
        write_npy(self.place("x.npy"), (2, 20), [0.25] * 40)
        self.good("init", "mlp.json", "--input", "2x20", "--output", "w.safetensors", "--backend", "reference")
        os.symlink(NASCENT, self.place("nascent"))
        environment = dict(os.environ, PATH=self.folder + ":" + os.environ["PATH"])
        environment.pop("NASCENT_BACKEND", None)
        for command in COMMANDS:
            self.assertGreaterEqual(len(command["examples"]), 2)
            for example in command["examples"]:
                done = subprocess.run(["bash", "-euc", example], cwd=self.folder, env=environment, capture_output=True,
                                      text=True, check=False, timeout=300)
                quiet = re.sub(r"nascent: NASCENT_BACKEND.*\n", "", done.stderr)
                self.assertEqual(done.returncode, 0, example + "\n" + done.stderr)
                self.assertNotIn("\nnascent ", "\n" + quiet, example)
                if example.endswith("--json"):
                    json.loads(done.stdout)

    def test_version(self):
        self.assertEqual(self.good("--version"), "nascent %s\n" % json.loads(self.good("help", "--json"))["version"])


class Manual(Case):
    def pages(self):
        yield None, self.good("help", "--man")
        for command in COMMANDS:
            yield command, self.good("help", command["name"], "--man")

    def test_every_part_of_the_table(self):
        for command, page in self.pages():
            plain = words(re.sub(r"\\f[BIR]", "", page).replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", '"')
                          .replace("\\&", "").replace("\\ ", " "))
            sections = re.findall(r"^\.SH (.*)$", page, re.M)
            if command is None:
                self.assertEqual(sections, ["NAME", "SYNOPSIS", "DESCRIPTION", "SUBCOMMANDS", "EXIT STATUS",
                                            "ENVIRONMENT", "SEE ALSO"])
                for other in COMMANDS:
                    self.assertIn(other["purpose"], plain)
                    self.assertIn("nascent-" + other["name"] + " (1)", plain)
                continue
            self.assertEqual(sections, ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT",
                                        "EXAMPLES", "SEE ALSO"])
            self.assertIn("nascent-%s - %s" % (command["name"], command["purpose"]), plain)
            for option in command["options"]:
                self.assertIn(" --%s" % option["name"], plain)
                self.assertIn(option["help"], plain)
            for example in command["examples"]:
                self.assertIn(words(example), plain)

    def test_the_syntax(self):
        """Without a formatter: only requests that man(7) has, fonts that end, no line that starts by accident."""
        known = set("TH SH PP TP B I BR RS RE nf fi nh ad br".split())
        for _, page in self.pages():
            self.assertRegex(page.split("\n")[1], r'^\.TH NASCENT\S* 1 "" "nascent \S+" "Nascent"$')
            for line in page.rstrip("\n").split("\n")[1:]:
                self.assertTrue(line.strip(), "an empty line")
                self.assertNotEqual(line[0], "'")
                if line[0] == ".":
                    self.assertIn(line[1:].split(" ")[0], known, line)
                fonts = re.findall(r"\\f(.)", line)
                self.assertEqual(fonts[1::2], ["R"] * (len(fonts) // 2), line)
                self.assertEqual(len(fonts) % 2, 0, line)
                self.assertEqual(re.sub(r"\\(f[BIR]|[-&e ]|\(aq|\(dq)", "", line).count("\\"), 0, line)

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_it_is_formatted_without_a_warning(self):
        for command, page in self.pages():
            done = subprocess.run(["groff", "-man", "-ww", "-Tascii"], input=page, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            plain = words(re.sub("\033\\[[0-9;]*m|.\b", "", done.stdout))
            for option in command["options"] if command else []:
                self.assertIn("--" + option["name"], plain)

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "no man here")
    def test_man_shows_it(self):
        for command, page in self.pages():
            name = "nascent-%s" % command["name"] if command else "nascent"
            self.write(name + ".1", page)
            done = subprocess.run(["man", "-l", "--warnings", "-P", "cat", self.place(name + ".1")], check=False,
                                  capture_output=True, text=True, env=dict(os.environ, LC_ALL="C", MANWIDTH="80"))
            if "No such file" in done.stderr or "minimized" in done.stdout + done.stderr:
                self.skipTest("man does not work here: " + done.stderr)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(name.upper() + "(1)", done.stdout)


class Completion(Case):
    def bash(self, *line):
        """What bash offers for the last word of this line."""
        script = '. ./complete; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nascent; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", script, "bash", "nascent", *line], cwd=self.folder, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash(self):
        self.write("complete", self.good("help", "--completion", "bash"))
        write_npy(self.place("x.npy"), (1,), [0.0])
        names = [c["name"] for c in COMMANDS]
        self.assertEqual(self.bash(""), names + ["--help", "--version"])
        self.assertEqual(self.bash("su"), ["summary"])
        self.assertEqual(self.bash("help", ""), names)
        for command in COMMANDS:
            options = ["--" + o["name"] for o in command["options"]] + ["--help"]
            self.assertEqual(self.bash(command["name"], "-"), options)
            for option in command["options"]:
                self.assertIn("--" + option["name"], self.bash(command["name"], "--" + option["name"][:2]))
                offered = self.bash(command["name"], "--" + option["name"], "")
                if option["kind"] == "file":
                    self.assertEqual(sorted(offered), ["complete", "mlp.json", "x.npy"])
                elif option["name"] == "completion":
                    self.assertEqual(offered, ["bash", "zsh"])
                elif option["kind"] != "flag":
                    self.assertEqual(offered, [])
        for name in "summary", "graph", "explain", "init", "forward":
            self.assertEqual(self.bash(name, "m"), ["mlp.json"])

    def test_zsh(self):
        text = self.good("help", "--completion", "zsh")
        self.assertTrue(text.startswith("#compdef nascent\n"))
        self.assertEqual(text.replace("'\\''", "").count("'") % 2, 0)
        for command in COMMANDS:
            self.assertIn("'%s:%s'" % (command["name"], command["purpose"].replace(":", "\\:")), text)
            part = re.search(r"\n    %s\)\n(.*?) ;;\n" % command["name"], text, re.S)[1]
            for option in command["options"]:
                self.assertRegex(part, r"'\*?--%s%s\[[^\n]*\]" % (option["name"], "=" if option["argument"] else ""))
                if option["kind"] == "file":
                    self.assertRegex(part, r"--%s=[^\n]*:_files'" % option["name"])
        if shutil.which("zsh"):
            self.write("_nascent", text)
            done = subprocess.run(["zsh", "-n", self.place("_nascent")], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


def keys_of(value, path, found):
    """Every path to a value that is no object: "a.b", "a[].b"; of arrays of plain values "a"."""
    if isinstance(value, dict):
        for key, inner in value.items():
            keys_of(inner, path + "." + key if path else key, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            keys_of(inner, path + "[]", found)
    elif value != []:  # whose elements are not known
        found.add(path)


class Json(Case):
    def documented(self):
        with open(os.path.join(SOURCE, "docs", "command.md"), encoding="utf-8") as file:
            text = file.read()
        part = text.split("\n## JSON\n")[1].split("\n## ")[0]
        return {name: re.findall(r"^\| `([^`]+)` \|", rest, re.M)
                for name, rest in re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", part, re.M | re.S)}

    def test_the_keys_are_those_of_the_document(self):
        write_npy(self.place("x.npy"), (2, 20), [0.25] * 40)
        runs = {
            "devices": [[]],
            "summary": [["mlp.json"], ["mlp.json", "--input", "?x20"]],
            "graph": [["mlp.json", "--input", "2x20"],
                      ["mlp.json", "--input", "2x20", "--planned", "--backend", "reference"]],
            "explain": [["mlp.json", "0.weight"]],
            "init": [["mlp.json", "--output", "w", "--backend", "reference"]],
            "forward": [["mlp.json", "--seed", "1", "--input", "x.npy"],
                        ["mlp.json", "--seed", "1", "--input", "x.npy", "--repeat", "1", "--profile"]],
            "conformance": [["--backend", "reference", "--only", "buffers/*"], ["--list", "--only", "table/*"],
                            ["--backend", "reference", "--only", "expressions/random.0"],
                            ["--backend", "reference", "--bench"]],
            "help": [[]],
        }
        documented = self.documented()
        self.assertEqual(set(documented), set(runs))
        for name, lines in runs.items():
            found = set()
            for line in lines:
                keys_of(json.loads(self.good(name, *line, "--json")), "", found)
            if name == "devices":
                failed = run("devices", "--json", NASCENT_BACKEND="opncl", paths=[])
                keys_of(json.loads(failed.stdout)["choice"], "choice", found)
                # Plug-ins and devices that do not open are not on every machine: command.py has them.
                found |= {"backends[].file", "backends[].error", "backends[].devices[].file",
                          "backends[].devices[].problem"}
                self.assertIn("choice.device.name", found)
                found = {key for key in found if not key.startswith("choice.device.")} | {"choice.device"}
            if name == "forward":
                self.assertLess({"times", "profile"}, found)
            self.assertEqual(sorted(found), sorted(documented[name]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
