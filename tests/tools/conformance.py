#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""conformance.py NASCENT SOURCE PLUGINS BUILTIN...: what nascent conformance runs, expects, writes and refuses.

PLUGINS holds backends that break a rule each; "good" breaks none, and computes nothing.
"""
import collections
import json
import os
import re
import tempfile
import sys
import unittest
import xml.etree.ElementTree

from support import Case, run

PLUGINS = sys.argv[3]
BUILTINS = sys.argv[4:]
GOOD = PLUGINS + "/libnascent-backend-good.so"
OPEN = "TO" "DO"  # the directive of TAP for a failure that is expected
CASES = run("conformance", "--list").stdout.split("\n")[:-1]


def tap(text):
    """(number, good, name, directive, reason, message) of each point; what is no TAP 13 is an error."""
    lines = text.split("\n")
    assert lines[0] == "TAP version 13" and lines[-1] == "", text
    points, plan, at = [], None, 1
    while at < len(lines) - 1:
        found = re.fullmatch(r"(not )?ok (\d+) - ([^#]*?)(?: # (SKIP|%s) (.+))?" % OPEN, lines[at])
        if lines[at].startswith("1.."):
            assert plan is None
            plan = int(lines[at][3:])
        else:
            assert found and plan is None, lines[at]
            message = None
            if lines[at + 1] == "  ---":
                message = re.fullmatch(r"  message: '(.*)'", lines[at + 2])[1].replace("''", "'")
                assert lines[at + 3] == "  ...", lines[at + 3]
                at += 3
            points.append((int(found[2]), not found[1], found[3], found[4], found[5], message))
        at += 1
    assert [point[0] for point in points] == list(range(1, len(points) + 1)) and plan == len(points), text[-200:]
    return points


class Cases(Case):
    def test_there_are_enough_and_they_differ(self):
        self.assertGreaterEqual(len(CASES), 3000)
        self.assertEqual(len(CASES), len(set(CASES)))
        for case in CASES:
            self.assertRegex(case, r"^[a-z_]+/[^ /]+$")
        whole = json.loads(self.good("conformance", "--list", "--json"))
        self.assertEqual((whole["cases"], whole["count"]), (CASES, len(CASES)))

    def test_what_the_others_rely_on_comes_first(self):
        families = list(dict.fromkeys(case.split("/")[0] for case in CASES))
        self.assertEqual(families[:3], ["harness", "table", "buffers"])
        # "good" has no id: the rest is not run, and no verdict is made up for it.
        done = run("conformance", "--backend", GOOD)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not run: table does not work, and all else relies on it", done.stdout)
        counts = re.search(r"(\d+) cases: (\d+) passed, (\d+) failed, 0 skipped, (\d+) not run\n", done.stdout)
        self.assertEqual(int(counts[1]), len(CASES))
        self.assertEqual(int(counts[2]) + int(counts[3]) + int(counts[4]), len(CASES))
        self.assertNotIn("map", done.stdout.split("not run:")[0])

    def test_several_patterns(self):
        listed = self.good("conformance", "--list", "--only", "gemm/nn.1x1x1.*,harness/*,,no*such,harness/p*").split()
        self.assertEqual(listed, [case for case in CASES if re.match(r"gemm/nn\.1x1x1\.|harness/", case)])

    def test_modes(self):
        for mode, composed, native in (["--native"], 0, 1), (["--composed"], 1, 0), ([], 1, 0), (["--both"], 1, 1):
            whole = json.loads(self.good("conformance", "--backend", "reference", "--only", "softmax/softmax.37x53.*",
                                         "--json", *mode, NASCENT_COMPOSE="all"))
            count = len({case["case"] for case in whole["cases"]})
            self.assertGreater(count, 3)
            self.assertEqual((whole["passed"], whole["skipped"]), (native * count, composed * count), mode)
            self.assertEqual(len(whole["runs"]), 2 if mode == ["--both"] else 1)

    def test_all(self):
        with tempfile.TemporaryDirectory() as empty:
            text = self.good("conformance", "--all", "--only", "map/add.*", OCL_ICD_VENDORS=empty)
        table = text.split("\n\n")[-1].split("\n")
        rows = {row.split("  ")[0]: row for row in table[1:-1]}
        self.assertRegex(rows["reference:0 native"], r"  passed +reference:0 'reference CPU'")
        if "opencl" in BUILTINS:
            self.assertRegex(rows["opencl native"], r"  not here +\S")
        # A plug-in that is refused is a row, and a failure.
        done = run("conformance", "--all", "--both", "--only", "harness/*", "--json", paths=[PLUGINS])
        self.assertEqual(done.returncode, 1, done.stderr)
        runs = {row["run"]: row for row in json.loads(done.stdout)["runs"]}
        self.assertEqual(runs["major native"]["verdict"], "does not open")
        self.assertIn("expected 1, found 99", runs["major native"]["problem"])
        for name in "reference:0 native", "reference:0 composed", "good:0 native", "good:0 composed":
            self.assertEqual((runs[name]["verdict"], runs[name]["problem"]), ("passed", None))


class Expected(Case):
    """With "good", on which every map fails."""

    def ask(self, lines, only="map_in_place/*", code=0, backend=GOOD):
        self.write("expect", lines)
        done = run("conformance", "--backend", backend, "--only", only, "--expect", "expect", "--json", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (code, ""))
        return json.loads(done.stdout)

    def test_a_failure_is_counted_apart(self):
        whole = self.ask("# what this one lacks\n\nmap_in_place/* it has no maps\n")
        count = sum(case.startswith("map_in_place/") for case in CASES)
        self.assertEqual((whole["expected"], whole["failed"], whole["passed"]), (count, 0, 0))
        self.assertEqual({case["verdict"] for case in whole["cases"]}, {"expected"})
        self.assertIn("it has no maps: the operation failed", whole["cases"][0]["text"])
        text = run("conformance", "--backend", GOOD, "--only", "map_in_place/*", "--expect", "expect", cwd=self.folder).stdout
        self.assertIn("EXPECTED map_in_place/", text)
        self.assertIn(", %d failed as expected\n" % count, text)

    def test_the_others_stay_failures(self):
        whole = self.ask("map_in_place/add.* reason\r\n", code=1)
        verdicts = collections.Counter(case["verdict"] for case in whole["cases"])
        self.assertEqual(set(verdicts), {"fail", "expected"})
        self.assertEqual(verdicts["expected"], sum(case.startswith("map_in_place/add.") for case in CASES))

    def test_one_that_passes_is_a_failure(self):
        whole = self.ask("gemm/nn.1x1x1.rows.float32 a reason\n", "gemm/nn.1x1x1.*", 1, "reference")
        self.assertEqual((whole["failed"], whole["passed"]), (1, 1))
        bad = [case for case in whole["cases"] if case["verdict"] != "pass"]
        self.assertEqual(bad[0]["verdict"], "unexpected")
        self.assertIn("expected to fail and passed; take it from the file of --expect: a reason", bad[0]["text"])

    def test_a_device_may_be_named(self):
        self.assertEqual(self.ask("good:0/map_in_place/* reason\n")["failed"], 0)
        self.assertEqual(self.ask("good:1/map_in_place/* reason\n", code=1)["expected"], 0)

    def test_an_implementation_may_be_named(self):
        """PLATFORM_DRIVER, with _ for what separates words."""
        made = json.loads(run("devices", "--json").stdout)["backends"][0]["devices"][0]
        name = ("%(platform)s_%(driver)s" % made).replace(" ", "_")
        self.assertNotIn(" ", name)
        whole = self.ask(name + "/gemm/nn.1x1x1.rows.float32 reason\n", "gemm/nn.1x1x1.rows.*", 1, "reference")
        self.assertEqual(whole["cases"][0]["verdict"], "unexpected")
        self.assertEqual(self.ask("other_1.0/gemm/* reason\n", "gemm/nn.1x1x1.*", 0, "reference")["expected"], 0)

    def test_what_may_fail_and_what_is_left_out(self):
        whole = self.ask("~map_in_place/* by chance\n~map_in_place/a* not reached\n")
        self.assertEqual((whole["expected"] > 0, whole["failed"]), (True, 0))
        self.assertEqual(self.ask("~gemm/nn.1x1x1.* by chance\n", "gemm/nn.1x1x1.*", 0, "reference")["passed"], 2)
        whole = self.ask("!map_in_place/add.* it ends the process\nmap_in_place/* reason\n")
        count = sum(case.startswith("map_in_place/add.") for case in CASES)
        self.assertEqual((whole["not_run"], whole["failed"]), (count, 0))
        left = [case for case in whole["cases"] if case["verdict"] == "not run"]
        self.assertEqual({case["text"] for case in left}, {"it ends the process"})
        text = run("conformance", "--backend", GOOD, "--only", "map_in_place/*", "--expect", "expect", cwd=self.folder).stdout
        self.assertRegex(text, r"NOT RUN map_in_place/add\.\S+ and others: it ends the process\n")
        self.assertIn(", %d not run\n" % count, text)

    def test_wrong_lines(self):
        for text, what in (("map/*\n", "expect: line 1: 'map/*' has no reason"),
                           ("# one\n\n  map/*  \t\n", "expect: line 3: 'map/*' has no reason"),
                           ("mop/* reason\n", "expect: line 1: no case matches 'mop/*'"),
                           ("good:0/mop/* reason", "expect: line 1: no case matches 'good:0/mop/*'"),
                           ("~map/*", "expect: line 1: 'map/*' has no reason"),
                           ("!mop/* reason", "expect: line 1: no case matches 'mop/*'")):
            self.write("expect", text)
            self.bad(2, [what, "--expect; "], "conformance", "--backend", "reference", "--expect", "expect")
        self.bad(1, ["nowhere: cannot be opened: No such file", "; give --expect a file"], "conformance", "--backend",
                 "reference", "--expect", "nowhere")
        self.bad(1, [".: reading stopped: Is a directory"], "conformance", "--backend", "reference", "--expect", ".")


class Written(Case):
    def test_tap(self):
        points = tap(self.good("conformance", "--backend", "reference", "--composed", "--tap", "--only", "[es]*/*softmax*.3*"))
        self.assertEqual([point[2] for point in points],
                         [case for case in CASES if re.match(r"[es].*/.*softmax.*\.3", case)])
        self.assertEqual({point[1:2] + point[3:] for point in points},
                         {(True, "SKIP", "the device does not offer softmax", None)})
        self.assertEqual([(p[1], p[3]) for p in tap(self.good("conformance", "--backend", "reference", "--tap", "--only",
                                                              "map/add.rank_1.*"))], [(True, None)] * 5)

    def test_tap_of_failures(self):
        self.write("expect", "map/add.* it's \"so\" # really\n")
        done = run("conformance", "--backend", GOOD, "--only", "map/[as]*.rank_2.rows.*", "--tap", "--expect", "expect",
                   cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        for _, good, name, directive, reason, message in tap(done.stdout):
            self.assertFalse(good)
            self.assertIn("the operation failed", message)
            self.assertEqual(directive, OPEN if name.startswith("map/add.") else None)
            self.assertEqual("it's \"so\" # really: " in message, name.startswith("map/add."))
            self.assertTrue(reason is None or reason.startswith("it's"))

    def test_tap_of_several_devices(self):
        with tempfile.TemporaryDirectory() as empty:
            done = run("conformance", "--all", "--only", "map/add.rank_1.rows.*", "--tap", paths=[PLUGINS],
                       OCL_ICD_VENDORS=empty)
        points = {name: (good, directive) for _, good, name, directive, _, _ in tap(done.stdout)}
        self.assertEqual(points["reference:0 native map/add.rank_1.rows.float32"], (True, None))
        self.assertEqual(points["good:0 native map/add.rank_1.rows.float32"], (False, None))
        self.assertEqual(points["major native opens"], (False, None))
        if "opencl" in BUILTINS:
            self.assertEqual(points["opencl native opens"], (True, "SKIP"))

    def junit(self, *arguments, code=0):
        done = run("conformance", "--junit", "made.xml", *arguments, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stderr)
        root = xml.etree.ElementTree.parse(self.place("made.xml")).getroot()
        self.assertEqual(root.tag, "testsuites")
        for suite in root:
            cases = suite.findall("testcase")
            self.assertEqual((suite.tag, int(suite.get("tests"))), ("testsuite", len(cases)))
            for word, element in ("failures", "failure"), ("skipped", "skipped"), ("errors", "error"):
                self.assertEqual(int(suite.get(word)), len(suite.findall("testcase/" + element)), word)
            self.assertAlmostEqual(float(suite.get("time")), sum(float(c.get("time", 0)) for c in cases), delta=1e-2)
            for told in suite.iter():
                self.assertTrue(told.tag not in ("failure", "skipped", "error") or told.get("message"))
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(set(os.listdir(self.folder)) | {"made.xml"}))
        return root, done

    def test_junit(self):
        root, done = self.junit("--backend", "reference", "--both", "--only", "gather/by_uint8.*")
        self.assertEqual([suite.get("name") for suite in root], ["reference native", "reference composed"])
        names = [case.split("/")[1] for case in CASES if case.startswith("gather/by_uint8.")]
        for suite in root:
            self.assertEqual([case.get("name") for case in suite], names)
            self.assertEqual({case.get("classname") for case in suite}, {"gather"})
        self.assertEqual([int(suite.get("skipped")) for suite in root], [0, len(names)])
        self.assertIn(" passed, 0 failed", done.stdout)

    def test_junit_of_failures(self):
        self.write("expect", "map/add.* <a> & \"b\"\n")
        root, _ = self.junit("--backend", GOOD, "--only", "map/[as]*.rank_1.*", "--expect", "expect", code=1)
        for case in root[0]:
            told = case[0]
            self.assertEqual(told.tag, "skipped" if case.get("name").startswith("add.") else "failure")
            self.assertIn("the operation failed", told.get("message"))
            self.assertEqual("<a> & \"b\": " in told.get("message"), told.tag == "skipped")

    def test_a_file_that_cannot_be_written(self):
        self.write("kept.xml", "old")
        for file, what in ("none/x.xml", "none: the folder cannot be used, --junit"), (".", "this is a folder, --junit"):
            self.bad(1, [what], "conformance", "--backend", "reference", "--only", "harness/*", "--junit", file)
        self.bad(77, ["no device '99'"], "conformance", "--backend", "reference:99", "--junit", "kept.xml")
        with open(self.place("kept.xml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")

    def test_rates(self):
        lines = self.good("conformance", "--backend", "reference", "--bench").split("\n")
        rates = {line[:24].rstrip(): line[24:].split() for line in lines[2:-1]}
        self.assertGreaterEqual(len(rates), 7)
        for name, (rate, unit, ratio) in rates.items():
            self.assertIn(unit, ("GB/s", "GFLOP/s"))
            self.assertGreater(float(rate), 0, name)
            self.assertGreater(float(ratio), 0, name)
        whole = json.loads(self.good("conformance", "--backend", "reference", "--composed", "--bench", "--json"))
        rows = {row["operation"]: row for row in whole["rates"]}
        self.assertEqual(set(rows), set(rates))
        self.assertIsNone(rows["softmax, rows of 1024"]["rate"])


class Wrong(Case):
    def test_options_that_exclude_each_other(self):
        for first, second in (("--backend", "--all"), ("--native", "--composed"), ("--native", "--both"),
                              ("--composed", "--both"), ("--tap", "--json"), ("--bench", "--tap"), ("--bench", "--junit"),
                              ("--bench", "--expect"), ("--list", "--tap"), ("--list", "--junit"), ("--list", "--expect")):
            words = []
            for word in first, second:
                words += [word, "reference"] if word in ("--backend", "--junit", "--expect") else [word]
            if "--backend" not in words and "--all" not in words:
                words += ["--backend", "reference"]
            self.bad(2, ["%s and %s exclude each other; give one" % (first, second)], "conformance", *words)

    def test_nothing_to_test(self):
        for more in [], ["--tap"], ["--both"], ["--bench"]:
            self.bad(2, ["--backend is missing; give --backend CHOICE", "or --all"], "conformance", *more)
        self.bad(2, ["--only no*such: no case matches; nascent conformance --list names them"], "conformance", "--all",
                 "--only", "no*such")
        self.bad(2, ["--expressions 1000001: this is too large"], "conformance", "--backend", "reference",
                 "--expressions", "1000001")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
