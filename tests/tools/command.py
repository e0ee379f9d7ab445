#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""command.py NASCENT PLUGINS HOSTILE RANKED VERSION BUILTIN...: runs nascent devices and conformance as a user would.

PLUGINS holds backends that break a rule each, HOSTILE those that hang, crash and write where they must not, RANKED one
whose rank is above every other.
"""
import json
import os
import re
import sys
import tempfile
import time
import unittest

from support import run

PLUGINS, HOSTILE, RANKED, VERSION = sys.argv[2:6]
BUILTINS = sys.argv[6:]
SECONDS = 5  # enough for a sound backend under a sanitizer on a busy machine
LIMITS = ["limits", "largest buffer", "alignment", "local memory", "work group", "threads", "optional kinds"]
KINDS = {"cpu", "gpu", "accelerator", "other"}


def size_text(size):
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    unit = 0
    while size >= 1024 and unit < 4:
        size /= 1024
        unit += 1
    return ("%.1f %s" if unit else "%.0f %s") % (size, units[unit])


class Table:
    """Rows of aligned columns: every cell starts where its head does, behind two spaces."""

    def __init__(self, test, lines):
        head = lines[0]
        starts = [m.start() for m in re.finditer(r"\S+( \S+)*", head)]
        self.rows = []
        for line in lines[1:]:
            for start in starts[1:]:
                test.assertEqual(line[start - 2:start], "  ", line)
            ends = starts[1:] + [None]
            cells = [line[a:b].rstrip() for a, b in zip(starts, ends)]
            test.assertFalse(any(cell.startswith(" ") for cell in cells), line)
            self.rows.append(cells)


def tables(test, text):
    """The backends, the devices, the limits and remarks, and what was chosen."""
    parts = [part.split("\n") for part in text.rstrip("\n").split("\n\n")]
    test.assertEqual(len(parts), 4, text)
    test.assertEqual(parts[0][0].split(), ["backend", "from", "state"])
    test.assertEqual(parts[1][0].split(), ["device", "kind", "name", "platform", "driver", "memory", "rank"])
    remarks = [line for line in parts[2] if re.match(r"\S+:\d+  (cannot be used|note): ", line)]
    limits = parts[2][:len(parts[2]) - len(remarks)]
    test.assertEqual(re.split("  +", limits[0]), LIMITS)
    return Table(test, parts[0]).rows, Table(test, parts[1]).rows, Table(test, limits).rows, remarks, parts[3]


class Devices(unittest.TestCase):
    def survey(self, *arguments, code=0, **options):
        done = run("devices", "--json", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        whole = json.loads(done.stdout)
        return whole, {backend["name"]: backend for backend in whole["backends"]}

    def test_json_has_every_field(self):
        whole, backends = self.survey()
        self.assertEqual(whole["version"], VERSION)
        self.assertLessEqual(set(BUILTINS), set(backends))
        reference = backends["reference"]
        self.assertEqual((reference["status"], reference["installed"]), ("NSC_OK", True))
        self.assertNotIn("error", reference)
        self.assertNotIn("file", reference)
        for backend in backends.values():
            for index, device in enumerate(backend["devices"]):
                self.assertEqual((device["backend"], device["index"]), (backend["name"], index))
                self.assertIn(device["kind"], KINDS)
                for key in ("name", "vendor", "platform", "driver", "id"):
                    self.assertIsInstance(device[key], str)
                self.assertTrue(device["name"])
                self.assertNotIn("problem", device)
                self.assertGreater(device["max_buffer_bytes"], 0)
                self.assertEqual(device["alignment"] & (device["alignment"] - 1), 0)
                for key in ("auto_rank", "memory_bytes", "local_memory_bytes", "max_work_group", "threads"):
                    self.assertIsInstance(device[key], int)
                self.assertLessEqual(set(device["optional_kinds"]), {"random", "gemm_epilogue", "gather", "softmax"})
                self.assertIsInstance(device["note"], str)
        chosen = whole["choice"]["device"]
        self.assertEqual(whole["choice"]["status"], "NSC_OK")
        self.assertIn(chosen["id"], [d["id"] for d in backends[chosen["backend"]]["devices"]])
        self.assertGreater(chosen["auto_rank"], 0)
        self.assertTrue(any("is used" in line for line in whole["choice"]["report"]))

    def test_table_has_the_facts_of_json(self):
        whole, backends = self.survey(paths=[PLUGINS])
        done = run("devices", paths=[PLUGINS])
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\033", done.stdout)
        self.assertEqual(done.stderr, "")
        names, devices, limits, remarks, choice = tables(self, done.stdout)
        self.assertEqual(names, [[b["name"], b.get("file", "built in"), b.get("error", "usable")]
                                 for b in whole["backends"]])
        listed = [d for b in whole["backends"] for d in b.get("devices", [])]
        self.assertEqual(devices, [["%s:%d" % (d["backend"], d["index"]), d["kind"], d["name"], d["platform"],
                                    d["driver"], size_text(d["memory_bytes"]), str(d["auto_rank"])] for d in listed])
        usable = [d for d in listed if "problem" not in d]
        self.assertEqual(limits, [["%s:%d" % (d["backend"], d["index"]), size_text(d["max_buffer_bytes"]),
                                   str(d["alignment"]),
                                   size_text(d["local_memory_bytes"]) if d["local_memory_bytes"] else "-",
                                   str(d["max_work_group"] or "-"), str(d["threads"] or "-"),
                                   ", ".join(d["optional_kinds"]) or "-"] for d in usable])
        self.assertEqual(remarks, ["%s:%d  %s" % (d["backend"], d["index"], text) for d in listed
                                   for text in (["cannot be used: " + d["problem"]] if "problem" in d else
                                                ["note: " + d["note"]] if d["note"] else [])])
        self.assertTrue(remarks)
        used = whole["choice"]["device"]
        self.assertEqual(choice[0], "chosen: %s:%d '%s'" % (used["backend"], used["index"], used["name"]))
        self.assertEqual([line.strip() for line in choice[1:]], whole["choice"]["report"])

        self.assertEqual(backends["good"]["file"], PLUGINS + "/libnascent-backend-good.so")
        self.assertIs(backends["good"]["installed"], False)
        self.assertIn("expected 1, found 99", backends["major"]["error"])
        self.assertEqual(backends["major"]["status"], "NSC_REFUSED")
        self.assertEqual(backends["needy"]["status"], "NSC_UNAVAILABLE")
        self.assertIn("alignment", backends["limits"]["devices"][0]["problem"])

    def test_a_typo_lists_everything_and_says_what_could_have_been_said(self):
        done = run("devices", NASCENT_BACKEND="opncl")
        self.assertEqual(done.returncode, 1)
        names, _, _, _, choice = tables(self, done.stdout)
        self.assertLessEqual(set(BUILTINS), {row[0] for row in names})
        self.assertEqual(choice[0], "chosen: none")
        self.assertIn("there is no backend 'opncl'", choice[1])
        for name in BUILTINS:
            self.assertIn(name, choice[1].split("say one of:")[1])
        whole, backends = self.survey(code=1, NASCENT_BACKEND="opncl")
        self.assertLessEqual(set(BUILTINS), set(backends))
        self.assertEqual(whole["choice"]["status"], "NSC_INVALID")
        self.assertNotIn("device", whole["choice"])
        self.assertEqual([line.strip() for line in choice[1:]], whole["choice"]["error"])

    @unittest.skipUnless("opencl" in BUILTINS, "no OpenCL in this build")
    def test_no_driver_of_opencl(self):
        with tempfile.TemporaryDirectory() as empty:
            only, backends = self.survey(code=1, OCL_ICD_VENDORS=empty, NASCENT_BACKEND="opencl")
            self.assertEqual(backends["opencl"]["status"], "NSC_UNAVAILABLE")
            self.assertEqual(only["choice"]["status"], "NSC_UNAVAILABLE")
            self.assertIn("opencl has no device here", only["choice"]["error"][0])
            self.assertEqual(len(only["choice"]["error"]), 1)
            both, _ = self.survey(OCL_ICD_VENDORS=empty, NASCENT_BACKEND="opencl,reference")
            self.assertEqual(both["choice"]["device"]["backend"], "reference")
            report = "\n".join(both["choice"]["report"])
            self.assertRegex(report, "choice 1, 'opencl': opencl has no device here: ..+\n")
            self.assertRegex(report, "choice 2, 'reference': .* is used")
            done = run("conformance", "--backend", "opencl", OCL_ICD_VENDORS=empty)
            self.assertEqual(done.returncode, 77)
            self.assertIn("opencl has no device here", done.stderr)

    def test_a_plug_in_of_the_path_is_used_only_by_name(self):
        whole, backends = self.survey(paths=[RANKED])
        self.assertEqual(backends["ranked"]["devices"][0]["auto_rank"], 1000)
        self.assertNotEqual(whole["choice"]["device"]["backend"], "ranked")
        self.assertFalse([line for line in whole["choice"]["report"] if line.startswith("ranked:")])
        for choice in "ranked", RANKED + "/libnascent-backend-ranked.so":
            whole, _ = self.survey(paths=[RANKED], NASCENT_BACKEND=choice)
            self.assertEqual(whole["choice"]["device"]["backend"], "ranked")
        whole, _ = self.survey(code=1, NASCENT_BACKEND="ranked")
        self.assertEqual(whole["choice"]["status"], "NSC_INVALID")

    def test_a_refused_plug_in_stops_with_its_reason(self):
        for choice in "major,reference", PLUGINS + "/libnascent-backend-major.so,reference":
            whole, backends = self.survey(code=1, paths=[PLUGINS], NASCENT_BACKEND=choice)
            self.assertEqual(whole["choice"]["status"], "NSC_REFUSED")
            self.assertIn(PLUGINS + "/libnascent-backend-major.so", whole["choice"]["error"][0])
            self.assertIn("ABI major: expected 1, found 99", whole["choice"]["error"][0])
            self.assertEqual(backends["reference"]["status"], "NSC_OK")

    def test_a_name_that_is_taken(self):
        whole, backends = self.survey(paths=[PLUGINS, RANKED])
        self.assertEqual(backends["good"]["file"], PLUGINS + "/libnascent-backend-good.so")
        refused = [line for line in whole["choice"]["report"] if line.startswith(RANKED + "/libnascent-backend-good.so: ")]
        self.assertEqual(len(refused), 1)
        self.assertIn("name: expected one that is not taken, found 'good'", refused[0])

    def test_the_settings_it_cannot_read(self):
        done = run("devices", NASCENT_BACKEND_PATH="relative")
        self.assertEqual(done.returncode, 1)
        self.assertIn("NASCENT_BACKEND_PATH", done.stdout + done.stderr)


class Hostile(unittest.TestCase):
    """What must not take the command with it."""

    def ask(self, *arguments, choice=""):
        with tempfile.TemporaryDirectory() as empty:
            begin = time.monotonic()
            done = run("devices", "--timeout", str(SECONDS), *arguments, paths=[HOSTILE, PLUGINS],
                       OCL_ICD_VENDORS=empty, **({"NASCENT_BACKEND": choice} if choice else {}))
        return done, time.monotonic() - begin

    def test_each_is_told_and_the_rest_is_listed(self):
        done, seconds = self.ask("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(seconds, SECONDS)
        self.assertNotIn("talks", done.stdout)
        whole = json.loads(done.stdout)
        backends = {backend["name"]: backend for backend in whole["backends"]}
        self.assertEqual(backends["hang"]["error"], "no answer within %d seconds: the driver hangs" % SECONDS)
        self.assertRegex(backends["abort"]["error"], r"^the driver ended the process with signal 6 \(.+\)$")
        # A sanitizer makes an exit of it.
        self.assertRegex(backends["crash"]["error"],
                         r"^the driver ended the process with (signal 11 \(.+\)|exit code \d+)$")
        for name in ("hang", "abort", "crash"):
            self.assertEqual(backends[name]["status"], "NSC_FAILED")
            self.assertEqual(backends[name]["file"], "%s/libnascent-backend-%s.so" % (HOSTILE, name))
        for name in ("chatter", "good", "reference"):
            self.assertEqual((backends[name]["status"], len(backends[name]["devices"])), ("NSC_OK", 1))
        self.assertEqual(whole["choice"]["device"]["backend"], "reference")

        names, devices, _, _, choice = tables(self, self.ask()[0].stdout)
        states = {row[0]: row[2] for row in names}
        self.assertIn("the driver hangs", states["hang"])
        self.assertIn("signal 6", states["abort"])
        self.assertEqual((states["chatter"], states["reference"]), ("usable", "usable"))
        self.assertFalse({"hang:0", "abort:0", "crash:0"} & {row[0] for row in devices})
        self.assertTrue(choice[0].startswith("chosen: reference:0"))

    def test_chosen_by_name(self):
        for name, text in ("hang", "the driver hangs"), ("abort", "signal 6"), ("crash", "the driver ended"):
            done, _ = self.ask("--json", choice=name + ",reference")
            self.assertEqual(done.returncode, 1)
            whole = json.loads(done.stdout)
            self.assertEqual(whole["choice"]["status"], "NSC_FAILED")
            self.assertEqual(len(whole["choice"]["error"]), 1)
            self.assertIn(text, whole["choice"]["error"][0])
            self.assertIn("reference", [backend["name"] for backend in whole["backends"]])

    def test_no_child_is_left(self):
        # Other tests run hostile plug-ins at the same time: ours are told by a variable of theirs.
        mark = "TEST_OF=%d.%d" % (os.getpid(), time.monotonic_ns())
        os.environ["TEST_OF"] = mark.split("=")[1]
        try:
            self.ask()
        finally:
            del os.environ["TEST_OF"]
        left = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if mark.encode() in file.read().split(b"\0"):
                        left.append(pid)
            except OSError:
                pass
        self.assertEqual(left, [])


class Conformance(unittest.TestCase):
    def test_list(self):
        cases = run("conformance", "--list").stdout.split("\n")[:-1]
        self.assertGreater(len(cases), 50)
        self.assertEqual(len(cases), len(set(cases)))
        gemm = run("conformance", "--list", "--only", "gemm/*").stdout.split("\n")[:-1]
        self.assertEqual(gemm, [case for case in cases if case.startswith("gemm/")])
        self.assertTrue(gemm)
        self.assertEqual(json.loads(run("conformance", "--list", "--only", "gemm/*", "--json").stdout)["cases"], gemm)

    def test_only(self):
        wanted = run("conformance", "--list", "--only", "gemm/*").stdout.split()
        done = run("conformance", "--backend", "reference", "--only", "gemm/*", "--json", "--seed", "7")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        whole = json.loads(done.stdout)
        self.assertEqual((whole["device"]["backend"], whole["seed"], whole["failed"]), ("reference", 7, 0))
        self.assertEqual([case["case"] for case in whole["cases"]], wanted)
        verdicts = [case["verdict"] for case in whole["cases"]]
        self.assertLessEqual(set(verdicts), {"pass", "skip"})
        self.assertEqual((verdicts.count("pass"), verdicts.count("skip")), (whole["passed"], whole["skipped"]))
        self.assertTrue(all(case["text"] for case in whole["cases"] if case["verdict"] == "skip"))

        text = run("conformance", "--backend", "reference", "--only", "gemm/*")
        self.assertEqual(text.returncode, 0)
        self.assertNotIn("\033", text.stdout)
        self.assertIn("seed 1", text.stdout.split("\n")[0])
        self.assertEqual(text.stdout.rstrip("\n").split("\n")[-1], "%d cases: %d passed, 0 failed, %d skipped"
                         % (len(wanted), whole["passed"], whole["skipped"]))

    def test_a_failure_says_how_to_repeat_it(self):
        backend = PLUGINS + "/libnascent-backend-good.so"
        done = run("conformance", "--backend", backend, "--only", "map/*")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        again = re.search(r"again: nascent conformance --backend '(.*)' --only '(.*)' --seed (\d+)", done.stdout)
        self.assertEqual((again[1], again[3]), (backend, "1"))
        once = run("conformance", "--backend", again[1], "--only", again[2], "--seed", again[3])
        self.assertEqual(once.returncode, 1)
        self.assertIn("1 cases: 0 passed, 1 failed", once.stdout)
        whole = json.loads(run("conformance", "--backend", again[1], "--only", again[2], "--json").stdout)
        self.assertEqual((whole["passed"], whole["failed"], whole["cases"][0]["verdict"]), (0, 1, "fail"))
        self.assertIn(whole["cases"][0]["text"], once.stdout)

    def test_a_plug_in_that_breaks_a_rule(self):
        done = run("conformance", "--backend", PLUGINS + "/libnascent-backend-major.so")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("expected 1, found 99", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
