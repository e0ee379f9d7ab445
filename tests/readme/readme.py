#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""readme.py STAGE SOURCE PLACE WORK PAGE: runs a page, README.md for example, as a reader would.

A fenced block takes part when the line before it is a mark:
    <!-- file: NAME -->   is written to NAME
    <!-- run -->          is given to sh -eu, and must end 0 (<!-- run: ends 1 -->: 1)
    <!-- output -->       is what the run before it printed, line by line; "..." stands for any text in a line
A mark of its own, <!-- given: NAME 2x20 -->, stands for an npy file of ones that the reader makes.
"""
import os
import re
import shutil
import struct
import subprocess
import sys

GIVEN = re.compile(r"^<!-- given: (\S+) (\d+)x(\d+) -->$", re.M)
BLOCK = re.compile(r"^<!-- (file: (?P<name>\S+)|run(: ends (?P<end>\d+))?|output) -->\n```\w*\n(?P<text>.*?)^```$",
                   re.M | re.S)


def same_line(want, got):
    return re.fullmatch(".*".join(re.escape(part) for part in want.split("...")), got) is not None


def check_output(page, want, got):
    want, got = want.rstrip("\n").split("\n"), got.rstrip("\n").split("\n")
    if len(want) == len(got) and all(map(same_line, want, got)):
        return
    sys.exit("%s: the output differs\n-- written:\n%s\n-- printed:\n%s" % (page, "\n".join(want), "\n".join(got)))


def write_npy(path, rows, columns):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)
    header = header.ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<f", 1) * rows * columns)


def main():
    stage, source, place, work, page = sys.argv[1:6]
    subprocess.run([stage, source, place], check=True)
    with open(os.path.join(source, page), encoding="utf-8") as file:
        text_of_page = file.read()

    scratch = os.path.join(work, "scratch-" + os.path.basename(page))
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    prefix = os.path.join(place, "prefix")
    environment = dict(os.environ, LD_LIBRARY_PATH=prefix + "/lib", PKG_CONFIG_PATH=prefix + "/lib/pkgconfig",
                       PATH=prefix + "/bin:" + os.environ["PATH"])

    for name, rows, columns in GIVEN.findall(text_of_page):
        write_npy(os.path.join(scratch, name), int(rows), int(columns))
    files, runs, printed = 0, 0, None
    for block in BLOCK.finditer(text_of_page):
        mark, text = block.group(1), block.group("text")
        if block.group("name"):
            with open(os.path.join(scratch, block.group("name")), "w", encoding="utf-8") as file:
                file.write(text)
            files += 1
        elif mark.startswith("run"):
            run = subprocess.run(["sh", "-eu"], input=text, cwd=scratch, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if run.returncode != int(block.group("end") or 0):
                sys.exit("%s: this ended %d\n%s\n%s%s" % (page, run.returncode, text, run.stdout, run.stderr))
            printed = run.stdout
            runs += 1
        elif printed is None:
            sys.exit("%s: an output before the first run" % page)
        else:
            check_output(page, text, printed)
    if files == 0 or runs == 0 or printed is None:
        sys.exit("%s: no marked program or command: the marks are broken" % page)
    print("%d files, %d runs" % (files, runs))


main()
