#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""summary.py [--broken N] TESTLOG...: what meson's testlog.json files say, added up: "N passed, N failed, N skipped" on
the last line, before it each failed test with the end of its output, and what tests say of cases, expressions,
faults, mutants and the matrix. N rows that could not be built or run count as failed. Ends 1 when something failed."""
import json
import re
import sys

PASSED = ("OK", "EXPECTEDFAIL")
SKIPPED = ("SKIP", "IGNORED")
# Lines of tests that say how much was tried: "7579 cases: ...", "expressions: ...", ...
TOLD = re.compile(r"\d+ cases: |(expressions|faults injected|mutants): ")


def main():
    paths = sys.argv[1:]
    passed = failed = skipped = 0
    said = {}
    if paths[:1] == ["--broken"]:
        failed = int(paths[1])
        paths = paths[2:]
    for path in paths:
        with open(path, encoding="utf-8") as log:
            for test in map(json.loads, log):
                if test["name"].endswith("/ matrix"):  # its rows, and the variables that reach them
                    print((test.get("stdout") or "").rstrip())
                for line in (test.get("stdout") or "").split("\n"):
                    if TOLD.match(line):
                        said["%s: %s" % (test["name"], line)] = True
                if test["result"] in PASSED:
                    passed += 1
                elif test["result"] in SKIPPED:
                    skipped += 1
                else:
                    failed += 1
                    output = (test.get("stdout") or "") + (test.get("stderr") or "")
                    print("-- %s: %s" % (test["name"], test["result"]))
                    print("\n".join(output.rstrip().split("\n")[-40:]))
    if said:
        print("\n".join(said))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


sys.exit(main())
