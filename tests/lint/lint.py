#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lint.py SOURCE: the rules of the house that a search can hold. lint.py --self-test FOLDER: each rule finds a fault."""
import os
import re
import shutil
import subprocess
import sys

FOLDERS = ["backends", "bench", "core", "examples", "include", "kernels", "scripts", "tests", "tools"]
SOURCES = (".c", ".h", ".cl", ".cpp", ".py", ".sh", ".in")
LONGEST = 500
SHORT = {"backends/skeleton/skeleton.c": 299}  # what an author reads first
WHOLE = {"include/nascent/backend.h"}  # the interface to backends is one file, which stands alone

STRIP = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.M)


class File:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        # The code without comments and without what is in quotes; newlines stay, so that line numbers do.
        self.code = STRIP.sub(lambda m: '""' if m.group()[0] in "\"'" else re.sub(r"[^\n]", " ", m.group()), self.text)
        self.strings = re.findall(r'"((?:\\.|[^"\\\n])*)"', re.sub(r"/\*.*?\*/", "", self.text, flags=re.S))

    def inside(self, *folders):
        return self.path.split("/")[0] in folders

    def is_c(self):
        return self.path.endswith((".c", ".h", ".cpp"))

    def find(self, pattern, text, message):
        for match in re.finditer(pattern, text):
            yield "%s:%d: %s: %s" % (self.path, text.count("\n", 0, match.start()) + 1, match.group().strip(), message)


def spdx(file):
    if file.path.endswith(SOURCES) and "SPDX-License-Identifier: Apache-2.0" not in "".join(file.lines[:2]):
        yield "%s:1: no SPDX line in the first two" % file.path


def layout(file):
    longest = SHORT.get(file.path, LONGEST)
    if len(file.lines) - 1 > longest and file.path not in WHOLE:
        yield "%s:%d: longer than %d lines: it has more than one reason to change" % (file.path, longest, longest)
    if not file.text.endswith("\n"):
        yield "%s: no newline at its end" % file.path
    yield from file.find(r"\t", file.text, "a tab")
    yield from file.find(r"[ \r]+(?=\n)", file.text, "space at the end of a line")


def unfinished(file):
    yield from file.find(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", file.text, "unfinished: do it, or open an issue")


def calls(file):
    """No library code exits, aborts, prints, changes the environment or works before main. The one sink is core/log.c."""
    if not file.is_c() or not file.inside("core", "backends"):
        return
    yield from file.find(r"\b(exit|_exit|_Exit|quick_exit|abort|assert)\s*\(", file.code, "a library gives a status")
    yield from file.find(r"\b(setenv|putenv|unsetenv|clearenv)\s*\(", file.code, "the library never sets a variable")
    yield from file.find(r"__attribute__\s*\(\(\s*(con|de)structor", file.code, "nothing works outside of calls")
    if file.inside("core"):
        yield from file.find(r"\b(pthread_create|thrd_create|fork)\s*\(", file.code, "core starts no thread or process")
    if file.path != "core/log.c":
        yield from file.find(r"\b(printf|puts|putchar|perror|vprintf)\s*\(|\b(stdout|stderr)\b", file.code,
                             "a library does not print")


def clblast(file):
    """Its other entries make buffers of their own, and it ends the process when one fails (docs/decisions/0005)."""
    known = "" if file.path != "backends/opencl/blast.c" else \
        "(?!(SgemmWithTempBuffer|SGemmTempBufferSize|OverrideParameters|ClearCache)\\b)"
    if file.is_c() and file.inside("core", "backends"):
        yield from file.find(r"\bCLBlast%s\w+\s*\(" % known, file.code, "not among the four that blast.c may call")


def environment(file):
    if file.inside("core", "backends", "tools") and file.path not in ("core/env.c", "tools/terminal.c"):
        yield from file.find(r"\b(secure_)?getenv\b", file.text,
                             "only core/env.c reads the environment, and tools/terminal.c what a terminal is")


def includes(file):
    for name in INCLUDE.findall(file.text) if file.is_c() else []:
        ours = name.startswith("<nascent/")
        if file.inside("core"):
            good = ours or name.startswith('"core/') or (name[0] == "<" and not re.match(r"<(CL/|clblast)", name))
            rule = "core includes include/ and itself"
        elif file.inside("backends"):
            backend = file.path.split("/")[1]
            good = name in ("<nascent/backend.h>", "<nascent/opencl.h>") if ours else not re.match(
                r'"(core|backends)/|"\.\./', name)
            good = good and (backend == "opencl" or not re.match(r"<(CL/|clblast|nascent/opencl)", name))
            rule = "a backend includes <nascent/backend.h> and itself"
        elif file.inside("include"):
            good = name[0] == "<"
            good = good and (not file.path.endswith("/backend.h") or name in ("<stddef.h>", "<stdint.h>"))
            rule = "a public header includes public headers; backend.h only <stddef.h> and <stdint.h>"
        elif file.inside("examples", "tools"):
            good = not name.startswith('"core/')
            rule = "examples and tools use public headers"
        else:
            continue
        if not good:
            yield "%s: %s: %s" % (file.path, name, rule)


def names(files):
    """Core knows no backend by name."""
    backends = {f.path.split("/")[1] for f in files if f.path.startswith("backends/") and f.path.count("/") > 1}
    for file in files:
        if file.inside("core") and file.is_c():
            yield from file.find(r"(?i)\w*(opencl|clblast)\w*", file.code, "core names no backend")
            for text in set(file.strings) & (backends - {"cpu", "gpu"}):
                yield '%s: "%s": core names no backend' % (file.path, text)


def one_dlopen(files):
    users = [f.path for f in files if f.inside("core", "backends", "tools") and re.search(r"\bdlm?open\s*\(", f.code)]
    if len(users) > 1:
        yield "dlopen is called in more than one file: %s" % ", ".join(users)


def formatted(root, files):
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program or "version 14" not in subprocess.run([program, "--version"], capture_output=True, text=True,
                                                         check=False).stdout:
        print("the format was not checked: no clang-format 14")
        return
    paths = [f.path for f in files if f.is_c()]
    if not paths:
        return
    run = subprocess.run([program, "--dry-run", "-Werror", "--ferror-limit=1", *paths], cwd=root, capture_output=True,
                         text=True, check=False)
    if run.returncode != 0:
        for path in re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, re.M) or [run.stderr]:
            yield "%s: not formatted: clang-format -i it" % path


def load(root):
    files = []
    for folder in FOLDERS:
        for place, folders, leaves in os.walk(os.path.join(root, folder)):
            folders[:] = [f for f in folders if not f.startswith(("build", "__pycache__", "."))]
            files += [File(root, os.path.relpath(os.path.join(place, leaf), root)) for leaf in sorted(leaves)
                      if leaf.endswith(SOURCES) or leaf == "meson.build"]
    return files


def check(root):
    files = load(root)
    found = {}
    for rule in (spdx, layout, unfinished, calls, clblast, environment, includes):
        found[rule.__name__] = [fault for file in files for fault in rule(file)]
    found["names"] = list(names(files))
    found["one_dlopen"] = list(one_dlopen(files))
    found["formatted"] = list(formatted(root, files))
    return len(files), found


def self_test(root):
    planted = {
        "spdx": ("core/a.c", "int a;\n"),
        "layout": ("core/b.c", "int\tb; \n"),
        "unfinished": ("core/c.c", "/* TO" "DO */\n"),
        "calls": ("core/d.c", 'void d(void)\n{\n    printf("");\n}\n'),
        "clblast": ("backends/opencl/blast.c", "int k = CLBlastSgemm(0);\n"),
        "environment": ("tools/e.c", "/* get" "env */\n"),
        "includes": ("core/f.c", "#include <CL/cl.h>\n"),
        "names": ("core/g.c", 'const char *g = "fancy";\n'),
        "one_dlopen": ("core/h.c", "void *h = dlopen(0, 0);\n"),
        "formatted": ("core/i.c", "int   i ;\n"),
    }
    shutil.rmtree(root, ignore_errors=True)
    more = {"core/j.c": "void *j = dlopen(0, 0);\n", "backends/fancy/fancy.c": "int fancy;\n"}
    for path, text in list(planted.values()) + list(more.items()):
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(root, ".clang-format"), "w", encoding="utf-8") as file:
        file.write("BasedOnStyle: LLVM\nIndentWidth: 4\n")
    found = check(root)[1]
    can_format = shutil.which("clang-format") or shutil.which("clang-format-14")
    return ["%s does not find %s" % (rule, path) for rule, (path, _) in planted.items()
            if not any(path in fault for fault in found[rule]) and (rule != "formatted" or can_format)]


def main():
    if sys.argv[1] == "--self-test":
        faults = self_test(sys.argv[2])
    else:
        count, found = check(sys.argv[1])
        faults = sorted(set(fault for rule in found.values() for fault in rule))
        print("%d files" % count)
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
