#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""matrix.py [--full] [--row NAME]... NASCENT PLUGIN LAYER REPRODUCERS FOLDER: the conformance program on every OpenCL
implementation (rows.py) x {built in, module} x {native, composed}, one after the other.

PLUGIN is the OpenCL backend as a plug-in, LAYER the OpenCL layer, REPRODUCERS a folder of programs, FOLDER is for caches and
logs. Without --full it is a subset that is the same each time. Prints a row a combination, the variables that reach each
implementation, what was left out and why; ends 1 when a verdict was not as expected, a log was not empty, a limit was
broken, or a program died.
"""
import argparse
import json
import os
import re
import resource
import subprocess
import sys

import rows

HEAD = ("implementation", "form", "device", "passed", "failed", "expected", "skipped", "not run", "CPU s", "verdict")
COUNTS = ("passed", "failed", "expected", "skipped", "not_run")
WIDTHS = (34, 17, 44, 6, 6, 8, 7, 7, 5, 0)


def line(cells):
    print("  ".join(str(cell)[:width or 400].ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip(), flush=True)


def spent():
    """The seconds of processors that the programs took: a machine may be busy."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def sample(cases, every, without, always=None):
    """Every nth case of each family, and at least one: spread over its operations, shapes and strides; then those of a
    pattern."""
    families, wanted = {}, [case for case in cases if always and re.search(always, case)]
    for case in cases:
        if not (without and re.search(without, case)):
            families.setdefault(case.split("/")[0], []).append(case)
    return [case for family in families.values() for case in family[(every // 2) % len(family)::every]] + wanted


class Matrix:
    def __init__(self, arguments):
        self.arguments = arguments
        self.nascent = os.path.abspath(arguments.nascent)
        self.folder = os.path.abspath(arguments.folder)
        self.empty = os.path.join(self.folder, "empty")
        self.builtin = False
        self.problems, self.left, self.told, self.cases, self.ran = [], {}, [], 0, 0
        os.makedirs(self.empty, exist_ok=True)
        listed = self.run([self.nascent, "conformance", "--list"], {}, 60)
        self.names = listed.stdout.split()

    def variables(self, one, apart=""):
        """All that reaches a row, as it is set. What is built with other options has a cache of its own."""
        made = {name: value.replace("{empty}", self.empty) for name, value in one["variables"].items()}
        if one["shrink"] or "NSC_LAYER_SHADOWS" in made:
            made["OPENCL_LAYERS"] = os.path.abspath(self.arguments.layer)
        if one["shrink"]:
            made["NSC_LAYER_SHRINK"] = one["shrink"]
            made["NSC_LAYER_LOG"] = self.log(one, "limits", apart)
        if one["log"]:
            made[one["log"]] = self.log(one, "log", apart)
            made["NASCENT_CACHE_DIR"] = os.path.join(self.folder, "nascent-unoptimised")
        return made

    def log(self, one, kind, apart):
        return os.path.join(self.folder, re.sub(r"[^A-Za-z0-9]+", "-", one["name"] + apart) + "." + kind)

    def run(self, words, variables, seconds):
        """Drivers get no variable but those of the row, and caches. MALLOC_PERTURB_ would fill what their compilers take."""
        environment = {name: value for name, value in os.environ.items() if not re.match(
            "NASCENT_(BACKEND$|COMPOSE|LOG|TRACE)|OPENCL_|OCLGRIND_|POCL_|RUSTICL_|NSC_|MALLOC_PERTURB_", name)}
        for name, variable in (("pocl", "POCL_CACHE_DIR"), ("mesa", "MESA_SHADER_CACHE_DIR"),
                               ("nascent", "NASCENT_CACHE_DIR")):
            environment[variable] = os.environ.get(variable) or os.path.join(self.folder, name)
            os.makedirs(environment[variable], exist_ok=True)
        environment.update(variables)
        try:
            return subprocess.run(words, env=environment,
                                  capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, None, "", "not done after %d s" % seconds)

    def leave(self, why, count=1):
        self.left[why] = self.left.get(why, 0) + count

    def problem(self, one, form, what):
        self.problems.append("%s, %s: %s" % (one["name"], form, what))
        return what

    # ---- one combination ----

    def choice(self, one, form):
        place = self.arguments.plugin if form.startswith("module") else "opencl"
        return place if one["absent"] else "%s:%d" % (place, one["device"])

    def combination(self, one, form):
        begin = spent()
        variables = self.variables(one, form)
        words = [self.nascent, "conformance", "--json", "--backend", self.choice(one, form), "--" + form.split()[1],
                 "--expressions", "1000" if self.arguments.full and not one["log"] else "20"]
        if one["expect"]:
            words += ["--expect", self.log(one, "expect", form)]
            with open(words[-1], "w", encoding="utf-8") as file:
                file.write(one["expect"])
        name, counts, wrong = "-", [0] * 5, []
        for part in self.parts(one):
            told, bad = self.part(one, variables, words + (["--only", part] if part else []))
            name = told.get("device", {}).get("name", name)
            counts = [sum(pair) for pair in zip(counts, (told.get(key, 0) for key in COUNTS))]
            wrong += bad
        self.ran += 1
        self.cases += sum(counts[:4])
        for what in wrong:
            self.problem(one, form, what)
        line([one["name"], form, name, *counts,
              "%.0f" % (spent() - begin), "; ".join(wrong) if wrong else "as expected"])

    def parts(self, one):
        """The patterns of the processes that a combination takes. With a log nothing is given back (tests/layer/shadows.c):
        a family at a time, or memory gets short."""
        if one["absent"]:
            return [None]
        if not self.arguments.full:
            return [",".join(sample(self.names, one["every"], one["without"], one["always"]))]
        families = dict.fromkeys(case.split("/")[0] for case in self.names)
        return [family + "/*" for family in families] if one["log"] else [None]

    def part(self, one, variables, words):
        for name in variables:
            if name in (one["log"], "NSC_LAYER_LOG") and os.path.exists(variables[name]):
                os.remove(variables[name])
        done = self.run(words, variables, 6 * 3600 if self.arguments.full else 300)
        if one["absent"]:
            return {}, self.absent(one, variables, done)
        told, wrong = self.verdicts(done)
        return told, wrong + self.logs(one, variables)

    @staticmethod
    def verdicts(done):
        """What the program said, and what of it should not be."""
        if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
            end = done.stderr.strip().split("\n")[-3:]
            return {}, ["ended with %s: %s" % (done.returncode, " / ".join(end))]
        told = json.loads(done.stdout)
        bad = ["%s %s: %s" % (case["verdict"], case["case"], case["text"]) for case in told["cases"]
               if case["verdict"] in ("fail", "unexpected")]
        bad += ["%s: %s" % (run["run"], run["problem"]) for run in told["runs"]
                if run["problem"] and run["verdict"] != "not here"]
        return told, bad[:5] + (["and %d more" % (len(bad) - 5)] if len(bad) > 5 else [])

    @staticmethod
    def logs(one, variables):
        wrong = []
        if one["log"]:
            with open(variables[one["log"]], encoding="utf-8", errors="replace") as log:
                said = [text for text in log.read().split("\n") if text.strip()]
            wrong += ["its log has %d lines: %s" % (len(said), " / ".join(said[:4]))] if said else []
        if one["shrink"]:
            path = variables["NSC_LAYER_LOG"]
            said = open(path, encoding="utf-8").read().split("\n")[:-1] if os.path.exists(path) else []
            broken = [text for text in said if not text.startswith("shrunk: ")]
            wrong += [] if said else ["the layer was not taken in"]
            wrong += ["%d limits broken: %s" % (len(broken), " / ".join(sorted(set(broken))[:3]))] if broken else []
        return wrong

    def absent(self, one, variables, done):
        """Clear words and 77 from conformance; clear words, and another choice or an error, from devices."""
        wrong = []
        if done.returncode != 77 or one["absent"] not in done.stderr or done.stdout:
            wrong.append("conformance ended with %s: %s" % (done.returncode, done.stderr.strip()))
        for backend, code in ("opencl", 1), ("", 0):
            if not self.builtin and backend:
                continue
            asked = self.run([self.nascent, "devices"], {**variables, "NASCENT_BACKEND": backend}, 120)
            if asked.returncode != code or (self.builtin and one["absent"] not in asked.stdout + asked.stderr):
                wrong.append("devices with NASCENT_BACKEND='%s' ended with %s: %s" % (backend, asked.returncode,
                                                                                   asked.stderr.strip()))
        return wrong

    # ---- all of them ----

    def everything(self):
        told = json.loads(self.run([self.nascent, "devices", "--json"], {"OCL_ICD_VENDORS": self.empty}, 120).stdout)
        self.builtin = any(one["name"] == "opencl" and not one.get("file") for one in told["backends"])
        line(HEAD)
        for one in rows.rows():
            forms = [form for form in rows.FORMS if self.arguments.full or form in one["forms"]]
            if self.arguments.row and one["name"] not in self.arguments.row:
                self.leave("not asked for", len(rows.FORMS))
                continue
            why = rows.missing(one) or self.nothing(one)
            if why:
                line([one["name"], "left out", why])
                self.leave(why, len(rows.FORMS))
                continue
            self.leave("not in the subset", len(rows.FORMS) - len(forms))
            self.told.append((one["name"], self.variables(one), "--backend opencl:%d" % one["device"]))
            for form in forms:
                if form.startswith("built-in") and not self.builtin:
                    self.leave("this build has no OpenCL built in")
                else:
                    self.combination(one, form)

    def nothing(self, one):
        """Of an ICD that was found here: why there is nothing to test."""
        if not one["name"].startswith("found here"):
            return None
        done = self.run([self.nascent, "conformance", "--backend", self.choice(one, "module native"), "--only",
                         "harness/*"], self.variables(one), 300)
        return "found here, without a device" if done.returncode == 77 else None

    def together(self):
        """Every implementation in one process, as whoever runs nascent conformance --all has them."""
        begin, folder = spent(), os.path.join(self.folder, "vendors")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            os.remove(os.path.join(folder, name))
        for name in rows.installed():
            os.symlink(os.path.join(rows.VENDORS, name), os.path.join(folder, name))
        if rows.OCLGRIND:
            with open(os.path.join(folder, "oclgrind.icd"), "w", encoding="utf-8") as file:
                file.write(rows.OCLGRIND + "\n")
        variables = {"OCL_ICD_VENDORS": folder, "RUSTICL_ENABLE": "llvmpipe"}
        done = self.run([self.nascent, "conformance", "--all", "--json", "--native", "--expressions", "20", "--only",
                         ",".join(sample(self.names, 60, rows.LARGE))], variables, 600)
        told, wrong = self.verdicts(done)
        for run in told.get("runs", []):
            if run["run"].startswith("opencl:"):
                line([rows.ALL, run["run"], run["device"], run["passed"], run["failed"], *[""] * 4, run["verdict"]])
        for what in wrong:
            self.problem({"name": rows.ALL}, "", what)
        print("%s: %.0f s, %s" % (rows.ALL, spent() - begin, "; ".join(wrong) or "as expected"), flush=True)
        self.told.append((rows.ALL, variables, "--all"))

    def reproducers(self):
        known = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance", "known.c")
        with open(known, encoding="utf-8") as file:
            for name in set(re.findall(r"\((\w+)\.c\)", file.read())) - set(rows.REPRODUCERS):
                self.problems.append("known.c names the reproducer %s.c; put it into rows.py" % name)
        for name, (whose, variables) in sorted(rows.REPRODUCERS.items()):
            done = self.run([os.path.join(self.arguments.reproducers, name)], variables, 300)
            version = re.search(r", driver (.*)", done.stdout)
            same = version and whose.endswith(version[1].replace(" ", "_"))
            shows = {0: "does not show", 1: "shows", 77: "left out, no such device here"}.get(done.returncode)
            print("reproducer %s of %s: %s%s" % (name, whose, shows or "ended with %s" % done.returncode,
                                                 "" if same or not version else " on driver " + version[1]), flush=True)
            if shows is None or (shows == "does not show" and same):
                self.problems.append("%s: %s" % (name, shows or (done.stdout + done.stderr).strip()))

    def summary(self):
        print("\nthe variables that reach them:")
        for name, variables, words in self.told:
            print("  %s: %s nascent conformance %s" % (
                name, " ".join("%s=%s" % (key, "'%s'" % value if " " in value else value)
                               for key, value in variables.items()), words))
        for what in self.problems:
            print("UNEXPECTED", what)
        total = self.ran + sum(self.left.values())
        left = ", ".join("%d %s" % (count, why) for why, count in self.left.items() if count)
        print("matrix: %d of %d combinations run, %s cases, %d unexpected; left: %s" % (
            self.ran, total, format(self.cases, ","), len(self.problems), left or "none"))
        return 1 if self.problems else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--row", action="append", default=[], choices=[one["name"] for one in rows.rows()])
    for name in "nascent", "plugin", "layer", "reproducers", "folder":
        parser.add_argument(name)
    matrix = Matrix(parser.parse_args())
    matrix.everything()
    if not matrix.arguments.row:
        matrix.together()
        matrix.reproducers()
    return matrix.summary()


sys.exit(main())
