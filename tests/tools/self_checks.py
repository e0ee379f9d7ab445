#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""self_checks.py NASCENT: what the command says of a device whose driver compiles something else than it was given (the
layer in OPENCL_LAYERS does that), and that results on it are right all the same."""
import json
import re
import sys
import unittest

from support import Case, run

SOFTMAX = "to[i * g.out] /= sum=>to[i * g.out] /= 2.0f * sum"
CLBLAST = "AXPBY(result, alpha, c_value, beta,=>AXPBY(result, alpha, c_value, alpha,"
MAP = "if (x >= g.d[NSC_LAST]=>if (x + 1 >= g.d[NSC_LAST]"


class SelfChecks(Case):
    def spoilt(self, spoil, *arguments, **variables):
        return run(*arguments, NSC_LAYER_SPOIL=spoil, NASCENT_CACHE_DIR=self.place("cache"), **variables)

    def device(self, spoil, **variables):
        """The device as JSON, after the text has the same note."""
        text = self.spoilt(spoil, "devices", **variables).stdout
        found = json.loads(self.spoilt(spoil, "devices", "--json", **variables).stdout)
        device = next(b for b in found["backends"] if b["name"] == "opencl")["devices"][0]
        if device.get("note"):
            self.assertIn("opencl:0  note: " + device["note"], text)
        else:
            self.assertNotIn("note:", text)
        return device, text

    def conformance(self, spoil, only, **variables):
        """Passed and skipped; nothing may fail."""
        done = self.spoilt(spoil, "conformance", "--backend", "opencl", "--only", only, **variables)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        return [int(re.search(r"(\d+) %s" % word, done.stdout)[1]) for word in ("passed", "skipped")]

    def test_nothing_is_off(self):
        device, _ = self.device("")
        self.assertFalse(device.get("note"))
        self.assertEqual(sorted(device["optional_kinds"]), ["gather", "gemm_epilogue", "random", "softmax"])

    def test_wrong_softmax_is_off_and_composed(self):
        device, _ = self.device(SOFTMAX)
        self.assertRegex(device["note"], r"^softmax off: its result 0 is 0\.\d+, not 0\.\d+$")
        self.assertEqual(sorted(device["optional_kinds"]), ["gather", "gemm_epilogue", "random"])
        passed, skipped = self.conformance(SOFTMAX, "composed/*softmax*")
        self.assertGreater(passed, 20)
        self.assertEqual(skipped, 0)
        passed, skipped = self.conformance(SOFTMAX, "softmax/*")
        self.assertGreater(skipped, 100)
        self.assertEqual(passed, 0)

    def test_wrong_clblast_is_off_and_our_kernel_multiplies(self):
        device, _ = self.device(CLBLAST, NSC_LAYER_SHRINK="type=gpu")
        self.assertEqual(device["note"], "CLBlast off: its direct GEMM fails or is wrong on this device")
        passed, skipped = self.conformance(CLBLAST, "gemm/*", NSC_LAYER_SHRINK="type=gpu")
        self.assertGreater(passed, 500)
        self.assertEqual(skipped, 0)

    def test_a_wrong_map_ends_the_device(self):
        device, text = self.device(MAP)
        self.assertIn("self-check: this device computes map wrong: its result 23 is", device["problem"])
        self.assertIn("cannot be used", text)
        done = self.spoilt(MAP, "conformance", "--backend", "opencl", "--only", "map/*")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("computes map wrong", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
