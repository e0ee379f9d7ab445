#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""again.py LOG: names, one a line, of the failed tests of a testlog.json in which LeakSanitizer itself crashed, which says
nothing about the test. again.py LOG NEWER: what NEWER says of a test replaces what LOG says of it."""
import json
import sys

CRASH = "LeakSanitizer has encountered a fatal error"


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    tests = load(sys.argv[1])
    if len(sys.argv) > 2:
        newer = {test["name"]: test for test in load(sys.argv[2])}
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            for test in tests:
                file.write(json.dumps(newer.get(test["name"], test)) + "\n")
        return
    for test in tests:
        said = (test.get("stdout") or "") + (test.get("stderr") or "")
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and CRASH in said:
            print(test["name"].split(" / ", 1)[-1])


main()
