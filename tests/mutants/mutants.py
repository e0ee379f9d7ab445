#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutants.py SOURCE SCRATCH [NAME...]: proves that `nascent conformance` can fail.

Each mutant of *.txt beside this file is planted alone into a copy of the sources under SCRATCH; the conformance cases
that it names have to fail then, and to pass without it. NAME...: only these mutants. Ends 1 when one is not caught, does not
compile or is not written for these sources, or when an unmutated case fails.

A mutant in a list is

    mutant NAME
    what   the defect, in a few words
    in     TARGET [OPTION...]    the backend that is tested, "skeleton" for the plug-in; options of nascent conformance
    with   NAME=VALUE...         only where it is needed: the environment; $LAYER is the OpenCL layer of tests/layer
    caught GLOB                  the cases that are run, as --only has them
    ends   refused               only where it holds: the device must be refused when it is opened
    file   PATH
    -lines to be replaced by
    +these lines

Lines behind - must be in the file exactly once, one after the other. Several such pairs in one file are several places.
A list may begin with a patch, in the same form, that every mutant of it comes with.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LISTS = ("skeleton.txt", "core.txt", "opencl_checked.txt", "opencl.txt", "opencl_gpu.txt")
NEEDED = ("meson.build", "meson_options.txt", "backends", "core", "docs", "include", "kernels", "tests/conformance",
          "tools")
TOOL = "tools/nascent"
PLUGIN = "backends/libnascent-backend-skeleton.so"
KEYS = ("what", "in", "caught", "file")


class Broken(Exception):
    """The test itself, or a mutant, is wrong."""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def parse(path):
    mutants = []
    current = patch = sign = None
    for number, line in enumerate(read(path).split("\n"), 1):
        if line[:1] in ("-", "+"):
            if line[0] == "-" and sign != "-":
                current["places"].append(([], []))
            sign = line[0]
            current["places"][-1][sign == "+"].append(line[1:])
            continue
        sign = None
        if not line or line[0] == "#":
            continue
        key, _, value = line.partition(" ")
        if key in ("mutant", "patch"):
            current = {"mutant": value.strip(), "ends": "failures", "with": "", "patch": patch, "places": []}
            if key == "patch":
                patch = current
            else:
                mutants.append(current)
        elif current and key in KEYS + ("ends", "with"):
            current[key] = value.strip()
        else:
            raise Broken("%s:%d: what is %s?" % (path, number, key))
    for mutant in mutants:
        for key in KEYS:
            if key not in mutant:
                raise Broken("%s: %s has no line '%s'" % (path, mutant["mutant"], key))
    return mutants


def planted(mutant, text):
    """The text of its file with the defect in it."""
    for old, new in mutant["places"]:
        old, new = ("".join(line + "\n" for line in lines) for lines in (old, new))
        if ("\n" + text).count("\n" + old) != 1:
            raise Broken("%s: not exactly once in %s:\n%s" % (mutant["mutant"], mutant["file"], old))
        text = text.replace(old, new)
    if not mutant["places"]:
        raise Broken("%s plants nothing" % mutant["mutant"])
    return text


def changed(source, mutant):
    """The files that are not as they were, with their texts; of a mutant without a file those of its patch."""
    texts = {}
    for part in filter(None, (mutant["patch"], mutant["file"] and mutant)):
        text = texts.get(part["file"]) or read(os.path.join(source, part["file"]))
        texts[part["file"]] = planted(part, text)
    return texts


def copy(source, target):
    """Only what differs, so that little is built again."""
    paths = []
    for needed in NEEDED:
        top = os.path.join(source, needed)
        paths += [needed] if os.path.isfile(top) else [
            os.path.relpath(os.path.join(place, leaf), source) for place, _, leaves in os.walk(top) for leaf in leaves]
    for path in paths:
        to = os.path.join(target, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if not os.path.exists(to) or open(to, "rb").read() != open(os.path.join(source, path), "rb").read():
            shutil.copy(os.path.join(source, path), to)


class Tree:
    def __init__(self, source, scratch):
        self.original = source
        self.source = os.path.join(scratch, "source")
        self.changed = {}
        self.build = os.path.join(scratch, "build")
        copy(source, self.source)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            shutil.rmtree(self.build, ignore_errors=True)
            self.call("meson", "setup", self.build, self.source, "--buildtype=plain", "-Dc_args=-O1", "-Dtests=false",
                      "-Dexamples=false", "-Dbackends=builtin")
        self.make(TOOL, PLUGIN)

    def call(self, *command):
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if ran.returncode != 0:
            raise Broken("%s:\n%s" % (" ".join(command), ran.stdout[-4000:]))

    def make(self, *targets):
        self.call("ninja", "-C", self.build, "-j", "2", *targets)

    def change(self, texts):
        """Makes these files so, and all others as they were; only what differs is written, so that little is built."""
        for path in set(self.changed) - set(texts):
            texts = dict(texts, **{path: read(os.path.join(self.original, path))})
        for path, text in texts.items():
            if text != read(os.path.join(self.source, path)):
                with open(os.path.join(self.source, path), "w", encoding="utf-8") as file:
                    file.write(text)
        self.changed = texts

    def conformance(self, mutant):
        """Exit status, what was written, and how many points of TAP passed and failed."""
        name, *options = mutant["in"].split()
        variables = dict(os.path.expandvars(pair).split("=", 1) for pair in mutant["with"].split())
        backend = os.path.join(self.build, PLUGIN) if name == "skeleton" else name
        # A cache of its own: no program of another run.
        with tempfile.TemporaryDirectory(prefix="nascent-mutants-") as cache:
            try:
                ran = subprocess.run(
                    [os.path.join(self.build, TOOL), "conformance", "--tap", "--backend", backend, "--only",
                     mutant["caught"], *options],
                    env=dict(os.environ, NASCENT_CACHE_DIR=cache, **variables), stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300, check=False)
            except subprocess.TimeoutExpired:
                return None, "it took too long", 0, 0
        return (ran.returncode, ran.stdout, len(re.findall(r"(?m)^ok (?!.* # SKIP)", ran.stdout)),
                len(re.findall(r"(?m)^not ok ", ran.stdout)))


def end_of(text):
    return "\n".join("    " + line for line in text.rstrip().split("\n")[-12:])


def where(mutant):
    return (mutant["in"] + " " + mutant["with"]).rstrip()


def unmutated(source, tree, mutants):
    """Where there is no such device, what fails without a mutant, and how many pairs of a target and cases there are.
    The patch of a list is in then: what it does must not be taken for a mutant's doing."""
    absent = {where(mutant) for mutant in mutants if "$LAYER" in mutant["with"] and "LAYER" not in os.environ}
    wrong, seen = [], set()
    for mutant in mutants:
        pair = where(mutant), mutant["caught"], str(mutant["patch"])
        if pair[0] in absent or pair in seen:
            continue
        seen.add(pair)
        tree.change(changed(source, dict(mutant, file=None)))
        tree.make(TOOL)
        status, text, passed, failed = tree.conformance(mutant)
        if status == 77 or "there is no backend" in text:
            absent.add(pair[0])
        elif status != 0 or not passed or failed:
            wrong.append("%s on %s without a mutant: status %s\n%s" % (pair[1], pair[0], status, end_of(text)))
    return absent, wrong, len([target for target, _, _ in seen if target not in absent])


def run(tree, mutant):
    """The number of cases that caught it, and of all; None and why where none did."""
    status, text, passed, failed = tree.conformance(mutant)
    if mutant["ends"] == "refused":
        if status == 1 and re.search(r"\bis refused: ", text) and not passed:
            return "refused", None
    elif status == 1 and failed:
        return "%d of %d" % (failed, passed + failed), None
    return None, "status %s\n%s" % (status, end_of(text))


def main():
    source, scratch, names = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
    start = time.monotonic()
    mutants = [mutant for name in LISTS for mutant in parse(os.path.join(HERE, name))
               if not names or mutant["mutant"] in names]
    if len({mutant["mutant"] for mutant in mutants}) != len(mutants):
        raise Broken("two mutants have the same name")
    for mutant in mutants:
        changed(source, mutant)
    tree = Tree(source, scratch)
    built = time.monotonic()
    absent, wrong, count = unmutated(source, tree, mutants)
    for text in wrong:
        print(text)
    print("unmutated: %d of %d pairs of target and cases pass; built in %.0f s, run in %.0f s" %
          (count - len(wrong), count, built - start, time.monotonic() - built))
    for target in sorted(absent):
        print("left out: %s is not here" % target)
    mutants = [mutant for mutant in mutants if where(mutant) not in absent]
    caught = others = 0
    escaped = []
    print("%-36s %-34s %-38s %s" % ("mutant", "where", "expected to be caught by", "caught by"))
    for mutant in mutants:
        tree.change(changed(source, mutant))
        try:
            tree.make(PLUGIN if mutant["in"].startswith("skeleton") else TOOL)
            by, why = run(tree, mutant)
        except Broken as error:
            by, why = None, "it does not compile\n%s" % error
        expected = "%s (%s)" % (mutant["caught"], mutant["in"])
        print("%-36s %-34s %-38s %s" % (mutant["mutant"], mutant["file"], expected, by or "NOT CAUGHT: " + why),
              flush=True)
        if by is None:
            escaped.append(mutant["mutant"])
        caught += by is not None
        others += by is not None and by != "refused" and not mutant["caught"].startswith("models/")
    tree.change({})
    if escaped:
        print("not caught: " + " ".join(escaped))
    print("it took %.0f s" % (time.monotonic() - start))
    print("mutants: %d of %d caught, %d of them by cases other than whole models" % (caught, len(mutants), others))
    return 0 if caught == len(mutants) and not wrong and mutants else 1


try:
    sys.exit(main())
except Broken as problem:
    print(problem)
    print("mutants: the test is broken")
    sys.exit(1)
