#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py NASCENT SOURCE HOSTILE BUILTIN...: what the command does on a terminal, and does not do elsewhere."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from support import NASCENT, Case, write_npy

HOSTILE = sys.argv[3]
PIPE = subprocess.PIPE


def on_terminal(*arguments, cwd, both=True, width=80, **variables):
    """(exit code, what the terminal shows, what standard output got). Standard error is a terminal, and standard output too
    when both is set."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NASCENT_BACKEND", "NO_COLOR")}
    environment.update({"TERM": "xterm"}, **variables)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    child = subprocess.Popen([NASCENT, *arguments], env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stderr=theirs,
                             stdout=theirs if both else PIPE)
    os.close(theirs)
    shown, printed = b"", b""
    streams = [ours] + ([] if both else [child.stdout.fileno()])
    while streams:
        for stream in select.select(streams, [], [], 300)[0]:
            try:
                data = os.read(stream, 65536)
            except OSError:  # a terminal whose other end is closed
                data = b""
            if not data:
                streams.remove(stream)
            elif stream == ours:
                shown += data
            else:
                printed += data
    os.close(ours)
    if child.stdout:
        child.stdout.close()
    return child.wait(300), shown.decode(), printed.decode()


class Colour(Case):
    def test_only_on_a_terminal(self):
        for arguments, code in (["devices"], 0), (["--help"], 0), (["init", "--help"], 0), (["sumary"], 2):
            got, shown, _ = on_terminal(*arguments, cwd=self.folder)
            self.assertEqual(got, code)
            self.assertRegex(shown, "\033\\[(1|31|32)m")
            self.assertEqual(shown.count("\033[1m") + shown.count("\033[31m") + shown.count("\033[32m"),
                             shown.count("\033[0m"))
            for off in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
                self.assertNotRegex(on_terminal(*arguments, cwd=self.folder, **off)[1], "\033\\[[0-9]+m")
            self.assertRegex(on_terminal(*arguments, cwd=self.folder, NO_COLOR="")[1], "\033\\[(1|31|32)m")
            _, _, printed = on_terminal(*arguments, cwd=self.folder, both=False)
            self.assertNotIn("\033", printed)

    def test_words_are_wrapped_to_the_width(self):
        shown = on_terminal("init", "--help", cwd=self.folder, width=60, NO_COLOR="1")[1]
        lines = shown.replace("\r", "").split("\n")
        self.assertTrue(all(len(line) <= 60 for line in lines if not line.startswith("  nascent ")))
        self.assertGreater(len(lines), len(on_terminal("init", "--help", cwd=self.folder, width=120,
                                                       NO_COLOR="1")[1].split("\n")))


class Progress(Case):
    def test_it_is_shown_and_taken_away(self):
        write_npy(self.place("x.npy"), (2, 20), [0.25] * 40)
        for words, arguments in (("case 1 of ", ["conformance", "--backend", "reference", "--only", "buffers/*"]),
                                 ("making the values of 4 parameters, 31784 bytes",
                                  ["init", "mlp.json", "--input", "2x20", "--output", "w"]),
                                 ("reading x.npy", ["forward", "mlp.json", "--seed", "1", "--input", "x.npy", "--repeat", "5000"]),
                                 ("asking reference", ["devices"])):
            for more in [], ["--json"]:
                code, shown, printed = on_terminal(*arguments, *more, cwd=self.folder, both=False)
                self.assertEqual(code, 0, shown)
                self.assertIn("\r", shown)
                self.assertTrue(shown.endswith("\r\033[K"), repr(shown))
                self.assertNotIn("\r", printed)
                self.assertNotIn("\033", printed)
                self.assertRegex(shown, r"\r[^\r]* \.\.\. \d+ s\033\[K", arguments)
                self.assertTrue(shown.startswith("\r" + words), repr(shown))
        self.assertEqual(on_terminal("init", "mlp.json", "--output", "w", cwd=self.folder, both=False, TERM="dumb")[1], "")

    def test_the_seconds_count_up(self):
        with tempfile.TemporaryDirectory() as empty:
            _, shown, _ = on_terminal("devices", "--timeout", "3", cwd=self.folder, both=False,
                                      NASCENT_BACKEND_PATH=HOSTILE, OCL_ICD_VENDORS=empty)
        self.assertIn("asking hang, for at most 3 s ... 0 s", shown)
        self.assertRegex(shown, r"asking hang, for at most 3 s \.\.\. [1-9]\d* s")


if __name__ == "__main__":
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as reason:
        print("skipped: this machine gives no terminals: %s" % reason)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
