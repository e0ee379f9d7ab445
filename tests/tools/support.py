# SPDX-License-Identifier: Apache-2.0
"""What the tests of the nascent command share: the command (the first argument of each), and npy files."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest

NASCENT = os.path.abspath(sys.argv[1])
MLP = """{"nascent": 1, "nodes": [{"kind": "dense", "units": 256, "activation": "relu"}, {"kind": "dense", "units": 10}]}
"""


def run(*arguments, paths=(), cwd=None, **variables):
    """The finished process. Of NASCENT_BACKEND_PATH the test's own directories stay."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NASCENT_BACKEND", "NO_COLOR")}
    own = environment.get("NASCENT_BACKEND_PATH")
    path = ":".join(([own] if own else []) + list(paths))
    if path:
        environment["NASCENT_BACKEND_PATH"] = path
    environment.update(variables)
    return subprocess.run([NASCENT, *arguments], env=environment, capture_output=True, text=True, cwd=cwd,
                          stdin=subprocess.DEVNULL, timeout=300, check=False)


def write_npy(path, shape, values, descr="<f4", code="f"):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (descr, "".join("%d," % n for n in shape))
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%d%s" % (len(values), code), *values))


def read_npy(path):
    """(shape, values) of float32."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:10 + length], {})  # a literal that the command wrote
    assert (header["descr"], header["fortran_order"]) == ("<f4", False), header
    return header["shape"], list(struct.unpack("<%df" % ((len(data) - 10 - length) // 4), data[10 + length:]))


class Case(unittest.TestCase):
    """A folder of its own, with mlp.json; commands run in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("mlp.json", MLP)

    def place(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.place(name), "w", encoding="utf-8") as file:
            file.write(text)

    def good(self, *arguments, **variables):
        done = run(*arguments, cwd=self.folder, **variables)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotIn("\033", done.stdout)
        return done.stdout

    def bad(self, code, parts, *arguments, **variables):
        """Nothing on standard output; on standard error one line "nascent SUBCOMMAND: what, where; what to do", and perhaps
        indented ones behind it. parts stand in it."""
        done = run(*arguments, cwd=self.folder, **variables)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        lines = done.stderr.split("\n")
        self.assertRegex(lines[0], r"^nascent( %s)?: \S.*; \S" % (arguments[0] if arguments else ""), done.stderr)
        self.assertEqual(lines[-1], "")
        for line in lines[1:-1]:
            self.assertRegex(line, r"^  \S")
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertNotIn("\033", done.stderr)
        return done.stderr
