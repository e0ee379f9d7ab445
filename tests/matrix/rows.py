# SPDX-License-Identifier: Apache-2.0
"""The rows of the matrix: the OpenCL implementations that a Debian machine can have without hardware, the awkward forms of
them, and devices that the layer (tests/layer/shrink.c) makes smaller. Whatever else is in /etc/OpenCL/vendors is added
when the matrix runs.

Each row: its name; the package that it needs; the variables that reach it; and what may stand behind them:
  shrink   NSC_LAYER_SHRINK: the layer is loaded, and its log must show that no limit was broken
  device   the index of the device, where it is not the first
  log      the variable that names a log, which must be empty at the end: the exit status says nothing there
  absent   there is no device: what is said must hold these words
  every    the subset takes every nth case of each family: simulators and cold compilers are slow
  without  a pattern (re) of cases that the subset leaves out as too slow for the row
  always   a pattern of cases that the subset takes too: what was once wrong there
  expect   a file of --expect instead of what is known
  forms    of FORMS, those in the subset
"""
import os

VENDORS = "/etc/OpenCL/vendors"
OCLGRIND = next((path for path in ("/usr/lib/oclgrind/liboclgrind-rt-icd.so",
                                   "/usr/local/lib/oclgrind/liboclgrind-rt-icd.so") if os.path.exists(path)), None)
# The plug-in is the same sources, so that the two crossed forms say as much as all four.
BUILTIN_NATIVE, BUILTIN_COMPOSED, MODULE_NATIVE, MODULE_COMPOSED = FORMS = (
    "built-in native", "built-in composed", "module native", "module composed")
CROSSED = (BUILTIN_NATIVE, MODULE_COMPOSED)

# Without optimisation: its check of uninitialised values does not know the instructions that LLVM's makes.
CHECKED = {"OCL_ICD_VENDORS": OCLGRIND or "", "OCLGRIND_DATA_RACES": "1", "OCLGRIND_UNINITIALIZED": "1",
           "OCLGRIND_CHECK_API": "1", "OCLGRIND_UNIFORM_WRITES": "1", "OCLGRIND_BUILD_OPTIONS": "-cl-opt-disable",
           "NSC_LAYER_SHADOWS": "1"}  # tests/layer/shadows.c: or that check tells of what is not so
POCL = {"OCL_ICD_VENDORS": "pocl.icd"}
RUSTICL = {"OCL_ICD_VENDORS": "rusticl.icd", "RUSTICL_ENABLE": "llvmpipe"}
ALL = "all in one process"

# What tests/matrix/reproducers show, and of whom: the implementation as known.c names it. One that shows nothing any more
# is an error as long as the version is the one that was found wrong.
REPRODUCERS = {"fma_zero": ("rusticl_22.3.6", RUSTICL), "llvm_crash": ("rusticl_22.3.6", RUSTICL),
               "long_loop": ("rusticl_22.3.6", RUSTICL),
               "shadows": ("Oclgrind_Oclgrind_21.10", {"OCL_ICD_VENDORS": OCLGRIND or ""}),
               "two_threads": ("Oclgrind_Oclgrind_21.10", {"OCL_ICD_VENDORS": OCLGRIND or ""}),
               "zero_product": ("rusticl_22.3.6", RUSTICL)}
# On rusticl: the scale that it takes as 0, the clock that stands still, and what known.c says of it.
ONCE = r"^random/(normal|uniform)_subnormal\.1003|^life/profiled|^map_values/fma|^softmax/softmax\.100003"
# Of a simulator: what has many elements or many terms.
LARGE = r"^threads/|100000|100003|1000|997|free_while_busy|^models/|too_large"


def row(name, package, variables, every=40, forms=CROSSED, **more):
    return {"name": name, "package": package, "variables": variables, "every": every, "forms": forms, "shrink": None,
            "device": 0, "log": None, "absent": None, "without": None, "always": None, "expect": None, **more}


def shrunk(name, shrink, **more):
    return row("PoCL, " + name, "pocl-opencl-icd", POCL, shrink=shrink, every=120, forms=(BUILTIN_NATIVE,), **more)


def installed():
    """The ICD files of the machine, a vendor's too."""
    return sorted(name for name in os.listdir(VENDORS) if name.endswith(".icd")) if os.path.isdir(VENDORS) else []


def rows():
    known = [
        row("PoCL", "pocl-opencl-icd", POCL, every=60),
        row("PoCL, second of two devices", "pocl-opencl-icd", {**POCL, "POCL_DEVICES": "basic pthread"}, device=1,
            every=90),
        row("PoCL, two devices alike", "pocl-opencl-icd", {**POCL, "POCL_DEVICES": "pthread pthread"}, device=1,
            every=160),
        row("PoCL, work-groups of 32", "pocl-opencl-icd", {**POCL, "POCL_MAX_WORK_GROUP_SIZE": "32"}, every=100),
        row("rusticl as CPU", "mesa-opencl-icd", RUSTICL, every=30, always=ONCE),
        row("rusticl as GPU", "mesa-opencl-icd", {**RUSTICL, "RUSTICL_DEVICE_TYPE": "gpu"}, every=60,
            always=ONCE),
        row("Oclgrind, all checks", "oclgrind", CHECKED, log="OCLGRIND_LOG", every=60, without=LARGE),
        row("Oclgrind, shrunk", "oclgrind",
            {**CHECKED, "OCLGRIND_MAX_WGSIZE": "16", "OCLGRIND_LOCAL_MEM_SIZE": "1024"}, log="OCLGRIND_LOG",
            every=120, without=LARGE, forms=(BUILTIN_NATIVE,)),
        shrunk("work-groups of 1", "group=1,type=gpu"),
        shrunk("work-groups of 16", "group=16,type=gpu"),
        shrunk("work-groups of 64", "group=64,type=gpu"),
        shrunk("work-groups of 256", "group=256,type=gpu"),
        shrunk("128 bytes of local memory", "local=128,type=gpu"),
        shrunk("buffers of 1 MiB", "alloc=1048576,type=gpu"),
        shrunk("buffers of 256 KiB", "alloc=262144,type=gpu",
               expect="!table/largest_buffer a device must have 1 MiB; with less the rest must still hold\n"
                      "!buffers/free_while_busy.* it needs buffers of 800 KB\n"),
        shrunk("no fp64", "no=fp64"),
        shrunk("no atomics of 64 bits", "no=int64"),
        row("no platform", None, {"OCL_ICD_VENDORS": "{empty}"}, absent="no OpenCL platform", forms=FORMS),
        row("a platform without devices", "mesa-opencl-icd", {"OCL_ICD_VENDORS": "mesa.icd"},
            absent="but no device on any", forms=FORMS),
    ]
    others = [row("found here: " + name, None, {"OCL_ICD_VENDORS": os.path.join(VENDORS, name)},
                  every=20) for name in installed()
              if name not in ("pocl.icd", "rusticl.icd", "mesa.icd") and "oclgrind" not in name]
    return known + others


def missing(one):
    """Why the row cannot be run here; None: it can."""
    vendors = one["variables"]["OCL_ICD_VENDORS"]
    there = OCLGRIND if one["package"] == "oclgrind" else one["package"] is None or vendors in installed()
    return None if there else "without the package " + one["package"]
