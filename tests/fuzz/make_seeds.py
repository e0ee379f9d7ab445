#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_seeds.py: writes the seeds of the fuzz targets, seeds/TARGET/NAME. Python's standard library only."""
import gzip
import os
import struct
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")

CHOICE = {
    "auto": "auto", "name": "reference", "list": "opencl:gpu,opencl:cpu,reference", "index": "opencl:0",
    "large": "opencl:4294967295", "too_large": "opencl:4294967296", "text": "opencl:Radeon RX 7900",
    "path": "/opt/nascent/libnascent-backend-x.so", "path_device": "/opt/a:b/x.so:2", "comma": "/opt/a,b/x.so",
    "empty_choice": "a,,b", "spaces": "a, b",
}
SETTINGS = {
    "all": "all", "kinds": "random,gemm_epilogue", "gather": "gather,random", "softmax": "softmax,gather", "required": "random,gemm", "log": "warning", "threads": "4096",
    "too_many": "4097", "off": "off", "directory": "/var/cache/nascent", "path": "/opt/a::/opt/b:", "relative": "/a:b",
}


def idx(kind, dims, data):
    return struct.pack(">HBB", 0, kind, len(dims)) + b"".join(struct.pack(">I", d) for d in dims) + data


IDX = {
    "labels": idx(8, [5], bytes(range(5))), "images": idx(8, [2, 3, 4], bytes(range(24))),
    "rank4": idx(8, [1, 2, 1, 3], bytes(6)), "empty": idx(8, [0, 28, 28], b""), "floats": idx(13, [1], bytes(4)),
    "short": idx(8, [6], bytes(5)), "long": idx(8, [4], bytes(5)), "huge": idx(8, [0xffffffff, 0xffffffff], bytes(9)),
    "gzip": gzip.compress(idx(8, [2, 3, 4], bytes(range(24))), 9, mtime=0),
    "gzip_cut": gzip.compress(idx(8, [2, 3, 4], bytes(range(24))), 9, mtime=0)[:-6],
}


def expression(inputs, outputs, code, depth, scalars=0, immediates=0):
    return bytes([0, inputs, outputs, scalars, immediates, depth, len(code)] + [v for pair in code for v in pair])


LOAD, LOAD_RAW, IMMEDIATE, SCALAR, STORE, STORE_RAW, SET, GET = range(1, 9)
ADD, MUL, MAX, SELECT, FMA, TANH = 48, 50, 52, 80, 81, 22
COPY = expression(1, 1, [(LOAD, 0), (STORE, 0)], 1)
RAW = expression(1, 1, [(LOAD_RAW, 0), (STORE_RAW, 0)], 1)
SUM = expression(2, 1, [(LOAD, 0), (LOAD, 1), (ADD, 0), (STORE, 0)], 2)
RELU = expression(2, 1, [(LOAD, 0), (LOAD, 1), (ADD, 0), (IMMEDIATE, 0), (MAX, 0), (STORE, 0)], 2, 0, 1)
EXPRESSION = {
    "copy": COPY, "raw": RAW, "sum": SUM, "relu": RELU,
    "temporaries": expression(1, 2, [(LOAD, 0), (TANH, 0), (SET, 3), (GET, 3), (MUL, 0), (STORE, 1), (GET, 3),
                                     (STORE, 0)], 2),
    "scalars": expression(1, 1, [(LOAD, 0), (SCALAR, 0), (SCALAR, 1), (FMA, 0), (STORE, 0)], 3, 2),
    "select": expression(3, 1, [(LOAD, 0), (LOAD, 1), (LOAD, 2), (SELECT, 0), (STORE, 0)], 3),
    "deep": expression(1, 1, [(LOAD, 0)] * 16 + [(ADD, 0)] * 15 + [(STORE, 0)], 16),
    "too_deep": expression(1, 1, [(LOAD, 0)] * 17 + [(ADD, 0)] * 16 + [(STORE, 0)], 17),
}

F32, I32, U8 = 0, 1, 3


def view(buffer, dims, strides=None, offset=0, dtype=F32):
    tail = [0] if strides is None else [1] + strides[::-1]
    return bytes([buffer, dtype, offset, len(dims)] + dims + tail)


OPERATION = {
    "map": SUM + bytes([1, 0, 2, 1]) + view(0, [2, 3]) + view(1, [2, 3], [0, 1]) + view(2, [2, 3]),
    "in_place": COPY + bytes([1, 0, 1, 1]) + view(0, [4, 5]) + view(0, [4, 5]),
    "raw": RAW + bytes([1, 0, 1, 1]) + view(0, [7], dtype=U8) + view(1, [7], dtype=U8),
    "overlap": COPY + bytes([1, 0, 1, 1]) + view(0, [4]) + view(0, [4], None, 2),
    "reduce": COPY + bytes([2, 0, 1, 1, 1, 2, 3, 4]) + view(0, [3, 4]) + view(1, [3]),
    "gemm": COPY + bytes([3, 0]) + view(0, [2, 3]) + view(1, [3, 4], [1, 3]) + view(2, [2, 4]),
    "batched": COPY + bytes([3, 0]) + view(0, [2, 2, 3]) + view(1, [2, 3, 4]) + view(2, [2, 2, 4]),
    "random": COPY + bytes([4, 0, 2, 8, 0]) + view(0, [20]),
    "streams": COPY + bytes([4, 0, 3, 8, 1]) + view(0, [20]),
    "epilogue": RELU + bytes([5, 0, 1]) + view(0, [2, 3]) + view(1, [3, 4], [1, 3]) + view(2, [2, 4])
                + view(3, [2, 4], [0, 1]),
    "gather": COPY + bytes([6, 0]) + view(0, [2, 5, 3]) + view(1, [4], dtype=I32) + view(2, [2, 4, 3]),
    "gather_bytes": COPY + bytes([6, 0]) + view(0, [2, 5, 3], [0, 3, 1], dtype=U8) + view(1, [4], [0], dtype=U8)
                    + view(2, [2, 4, 3], [1, 6, 2], dtype=U8),
    "softmax": COPY + bytes([7, 0, 0, 0]) + view(0, [3, 4], [0, 1]) + view(1, [3, 4]),
    "log_softmax": COPY + bytes([7, 0, 1, 0]) + view(0, [2, 3, 4], None, 5) + view(0, [2, 3, 4], None, 5),
}


def entry(first, space=b"fuzz", key=b"the key\0", data=b"data", magic=b"nsccache", version=1):
    head = struct.pack("<8sIIQQQ", magic, version, len(space), len(key), len(data), 0)
    return bytes([first]) + head + space + key + data


CACHE = {  # the target mends the checksum where bit 0 of the first byte is set
    "whole": entry(0x81), "no_room": entry(0x03), "wrong_sum": entry(0x80), "other_key": entry(0x81, key=b"the kez\0"),
    "other_space": entry(0x81, space=b"fuza"), "version": entry(0x81, version=2), "empty": entry(0x81, data=b""),
    "magic": entry(0x81, magic=b"nsccachf"), "cut": entry(0x81)[:30],
}

LAYER = '{"kind": "dense", "units": 3}'
MODEL = {
    "chain": '{"nascent": 1, "nodes": [%s, %s]}' % (LAYER, LAYER), "empty": '{"nascent": 1, "nodes": []}',
    "edges": '{"nascent": 1, "nodes": [%s, {"kind": "flatten", "name": "f"}], "edges": [["f", "0"], ["input", "f"], '
             '["0", "output"]]}' % LAYER,
    "circle": '{"nascent": 1, "nodes": [%s], "edges": [["0", "0"], ["input", "output"]]}' % LAYER,
    "nested": '{"nascent": 1, "nodes": [{"kind": "sequential", "name": "a", "nodes": [%s]}]}' % LAYER,
    "initializers": '{"nascent": 1, "nodes": [{"kind": "dense", "units": 2, "in_units": 5, "bias": true, "flatten": '
                    'false, "activation": "gelu", "weight_init": {"kind": "he", "factor": "out", "slope": 0.5}, '
                    '"bias_init": {"kind": "constant", "value": -1e-3}}]}',
    "softmax": '{"nascent": 1, "nodes": [{"kind": "activation", "activation": "softmax", "axis": -1}]}',
    "duplicate": '{"nascent": 1, "nodes": [], "nodes": []}', "version": '{"nascent": 2}', "deep": "[" * 70,
    "zero": '{"nascent": 1, "nodes": [{"kind": "identity", "name": "\\u0000"}]}',
    "escapes": '{"nascent": 1, "nodes": [{"kind": "identity", "name": "\\u00e4\\\\\\""}]}',
    "graph": '{"nascent": 1, "name": "g", "inputs": ["x", "y"], "outputs": ["a", "b"], "nodes": [%s, {"kind": "split", '
             '"axis": 1, "count": 3, "name": "s"}, {"kind": "add", "name": "+"}, {"kind": "concat", "axis": -1}], '
             '"edges": [["x", "0"], ["0", "s"], ["s:1", "+"], ["y", "+"], ["s", "+"], ["+", "3"], ["s:2", "3"], ["3", '
             '"a"], ["x", "b"]]}' % LAYER,
    "single": '{"nascent": 1, "block": {"kind": "graph", "inputs": ["input"], "nodes": [{"kind": "matmul", "name": "m"}], '
              '"edges": [["input", "m"], ["input", "m"], ["m", "output"]]}}',
    "repeat": '{"nascent": 1, "nodes": [{"kind": "repeat", "count": 3, "block": {"kind": "residual", "nodes": [%s]}}]}'
              % LAYER,
    "branches": '{"nascent": 1, "nodes": [{"kind": "add_branches", "nodes": [%s, {"kind": "flatten"}]}, {"kind": '
                '"concat_branches", "axis": 1, "nodes": [{"kind": "identity"}]}]}' % LAYER,
    "shapes": '{"nascent": 1, "nodes": [{"kind": "reshape", "dims": ["same", -1, 1]}, {"kind": "transpose", "axes": [0, 2, '
              '1]}, {"kind": "squeeze", "axis": 1}, {"kind": "slice", "axis": 1, "start": -1, "stop": 0, "step": -2}, '
              '{"kind": "pad", "before": [0, 1], "after": [2, 0], "mode": "edge", "value": 0.5}, {"kind": "expand_dims", '
              '"axis": -1}, {"kind": "mean", "axes": [-1], "keep": true}, {"kind": "max"}]}',
    "elements": '{"nascent": 1, "nodes": [{"kind": "dropout", "rate": 0.5}, {"kind": "activation", "activation": "elu", '
                '"alpha": 2}, {"kind": "cast", "dtype": "int32"}, {"kind": "one_hot", "depth": 3}]}',
    "unused": '{"nascent": 1, "nodes": [%s, %s], "edges": [["input", "0"], ["input", "1"], ["0", "output"]]}'
              % (LAYER, LAYER),
    "port": '{"nascent": 1, "nodes": [%s], "edges": [["input:1", "0"], ["0", "output"]]}' % LAYER,
    "alone": '{"nascent": 1, "nodes": [{"kind": "stack", "axis": 0}]}',
    "many": '{"nascent": 1, "nodes": [{"kind": "repeat", "count": 10000, "block": {"kind": "repeat", "count": 10000, '
            '"block": %s}}]}' % LAYER,
}


def state(rest, path="0.weight"):
    return '{"version":1,"parameters":{"%s":{%s}}}' % (path, rest)


CHECKPOINT = {
    "empty": '{"version":1,"parameters":{}}', "declared": state('"shape":[4,-1],"role":"weight"'),
    "rank": state('"shape":null,"role":"offset","gradient":"none","frozen":true'),
    "origins": state('"shape":[4,3],"origins":[null,"inferred by 0 (dense) from input 0 (2, 3)"],"role":"weight"'),
    "request": state('"shape":[4,-1],"role":"weight","request":{"seed":"18446744073709551615","path":"0.weight","init":'
                     '{"kind":"variance_scaling","a":3,"draw":"normal","factor":"in"}}'),
    "tied": state('"shape":[4,4],"role":"weight","aliases":["1.weight","2.weight"],"multipliers":[0.100000001,-0],'
                  '"gradient":"add"'),
    "sparse": state('"shape":[4,4],"role":"weight","request":{"seed":"0","path":"w","init":{"kind":"sparse","a":0.5,'
                    '"b":1}}'), "version": '{"version":2,"parameters":{}}', "callback":
    state('"shape":[4,4],"role":"weight","request":{"seed":"0","path":"w","init":{"kind":"callback"}}'),
}


def table(head=0, size=b"\0", name=b"npu", version=b"1", tag=b"", missing=(0, 0, 0)):
    """As fuzz_table.c reads it; texts are bytes, or a length above 160 for one without end, or 255 for none."""
    texts = b"".join(bytes([t]) if isinstance(t, int) else bytes([len(t)]) + t for t in (name, version, tag))
    return bytes([head]) + size + texts + (bytes([3]) + b"npu" if head & 4 else b"") + bytes(missing)


TABLE = {
    "required": table(), "whole": table(size=bytes([96])), "longer": table(size=bytes([130])),
    "cut": table(size=bytes([4])), "short": table(1, b"\x48"), "nothing": table(1, b"\0"),
    "huge": table(1, b"\xf3\xff\xff\xff\xff"), "major": table(2, b"\0\2"), "zero": table(2, b"\0\0"),
    "named": table(4), "other": table(4, name=b"gpu"), "bad_name": table(name=b"Bad Name"), "no_name": table(name=255),
    "endless": table(name=200, version=200, tag=200), "no_version": table(version=255), "tag": table(tag=b"memory"),
    "no_tag": table(tag=255), "missing": table(missing=(4, 0, 0)), "finish": table(missing=(0, 4, 0)),
}


def elf(segments, sections=(0, 0), size=600):
    """A shared object of 64 bits: (offset, bytes) of what is loaded; offset and count of the section headers."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, sections[0], 0, 64, 56,
                                                      len(segments), 64, sections[1], 0)
    head += b"".join(struct.pack("<IIQQQQQQ", 1, 5, at, at, at, count, count, 4096) for at, count in segments)
    return head.ljust(size, b"\0")[:size]


ELF = {
    "whole": elf([(0, 200), (400, 200)], (536, 1)), "cut": elf([(0, 200), (400, 201)]), "no_sections": elf([(0, 600)]),
    "sections": elf([(0, 200)], (537, 1)), "none": elf([]), "beyond": elf([(2 ** 64 - 1, 2)]), "head": elf([], size=40),
    "table": elf([(0, 64)] * 9, size=300), "other": b"\x7fELF\1\1\1" + bytes(60), "text": b"#!/bin/sh\nexit 1\n" * 5,
}

# Archives: a few whole ones of each format; make_corpus.py has the broken ones.
sys.path.insert(0, HERE)
import make_corpus  # noqa: E402

SAFETENSORS = {"whole": make_corpus.header({"__metadata__": {"a": "b"}, "w": make_corpus.entry("F32", [2, 3], 0, 24),
                                            "b": make_corpus.entry("U8", [4], 24, 28)}, bytes(range(28))),
               "empty": make_corpus.header({}, b""),
               "scalar": make_corpus.header({"s": make_corpus.entry("I32", [], 0, 4)}, bytes(4)),
               "nothing": make_corpus.header({"z": make_corpus.entry("U32", [0, 5], 0, 0)}, b"")}
NPY = {"whole": make_corpus.npy(), "version2": make_corpus.npy(version=(2, 0)),
       "bytes": make_corpus.npy(descr="'|u1'", shape="(4,)", data=4), "scalar": make_corpus.npy(shape="()", data=4)}
NPZ = {"stored": make_corpus.npz([("w.npy", make_corpus.npy())]),
       "deflated": make_corpus.npz([("w.npy", make_corpus.npy()), ("b.npy", make_corpus.npy())], method=8),
       "member": b"\xf0" + make_corpus.npy()}


def main():
    for target, seeds in (("choice", CHOICE), ("settings", SETTINGS), ("idx", IDX), ("expression", EXPRESSION),
                          ("operation", OPERATION), ("cache", CACHE), ("model", MODEL), ("checkpoint", CHECKPOINT),
                          ("safetensors", SAFETENSORS), ("npy", NPY), ("npz", NPZ), ("table", TABLE), ("elf", ELF)):
        os.makedirs(os.path.join(HERE, target), exist_ok=True)
        for name, data in seeds.items():
            with open(os.path.join(HERE, target, name), "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)


main()
