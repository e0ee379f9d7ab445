#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_corpus.py FORMAT FILE: a corpus of at least 5,000 broken safetensors, npy or npz files in one container (name
length, name, must-be-refused, length, bytes), the same at every run. corpus.c reads it."""
import io
import json
import random
import struct
import sys
import zipfile

WANTED = 5200


def header(entries, data, pad=True, length=None):
    text = entries if isinstance(entries, bytes) else json.dumps(entries, separators=(",", ":")).encode()
    if pad:
        text += b" " * (-(8 + len(text)) % 64)
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    good = {"__metadata__": {"a": "b"}, "w": entry("F32", [2, 3], 0, 24), "b": entry("U8", [4], 24, 28)}
    whole = header(good, bytes(range(28)))
    yield "good", False, whole
    for n in range(len(whole)):
        yield f"cut at {n}", True, whole[:n]
    for n in range(1, 65):
        yield f"{n} bytes more", True, whole + bytes(n)
    for n in list(range(0, 200)) + [2**k for k in range(8, 64)] + [2**64 - 1, 2**63 - 1]:
        if n != struct.unpack("<Q", whole[:8])[0]:
            yield f"header length {n}", True, struct.pack("<Q", n) + whole[8:]
    for begin in range(0, 40):
        for end in range(0, 40):
            if (begin, end) != (0, 24):
                yield f"w at {begin} to {end}", True, header({**good, "w": entry("F32", [2, 3], begin, end)}, bytes(28))
    for value in [-1, 0.5, 2**53, 2**63, 2**64, 1e300, -0.5, "2", None, True, [], {}]:
        for place in range(2):
            shape = [2, 3]
            shape[place] = value
            yield f"size {value!r} at {place}", True, header({**good, "w": entry("F32", shape, 0, 24)}, bytes(28))
            offsets = [0, 24]
            offsets[place] = value
            yield f"offset {value!r} at {place}", True, header(
                {**good, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": offsets}}, bytes(28))
        for key in ("dtype", "shape", "data_offsets"):
            yield f"{key} {value!r}", True, header({**good, "w": {**good["w"], key: value}}, bytes(28))
        yield f"entry {value!r}", True, header({**good, "w": value}, bytes(28))
        yield f"metadata {value!r}", value != {}, header({**good, "__metadata__": value}, bytes(28))
        if not isinstance(value, str):
            yield f"metadata of {value!r}", True, header({**good, "__metadata__": {"a": value}}, bytes(28))
    for dtype in ["F16", "BF16", "F64", "I64", "BOOL", "I8", "U16", "F8_E4M3", "f32", "", "F32 ", "X" * 1000]:
        yield f"dtype {dtype[:20]}", True, header({**good, "w": entry(dtype, [2, 3], 0, 24)}, bytes(28))
    for rank in range(9, 40):
        yield f"rank {rank}", True, header({**good, "w": entry("F32", [1] * (rank - 2) + [2, 3], 0, 24)}, bytes(28))
    for depth in range(9, 200):
        for pair in (b"[]", b"{}"):
            yield f"depth {depth} of {pair.decode()}", True, header(b'{"w":' + pair[:1] * depth + pair[1:] * depth + b"}",
                                                                   bytes(28))
    text = json.dumps(good, separators=(",", ":")).encode()
    yield "w twice", True, header(text[:-1] + b',"w":' + json.dumps(good["w"]).encode() + b"}", bytes(28))
    yield "metadata twice", True, header(text[:-1] + b',"__metadata__":{}}', bytes(28))
    yield "metadata key twice", True, header(text.replace(b'"a":"b"', b'"a":"b","a":"c"'), bytes(28))
    yield "key twice", True, header(text.replace(b'"dtype":"F32"', b'"dtype":"F32","dtype":"F32"'), bytes(28))
    yield "unknown key", True, header(text.replace(b'"dtype":"F32"', b'"dtype":"F32","x":1'), bytes(28))
    yield "no name", True, header(text.replace(b'"w"', b'""'), bytes(28))
    for at in range(len(text)):
        yield f"NUL at {at}", True, header(text[:at] + b"\0" + text[at + 1:], bytes(28))
        yield f"escaped NUL at {at}", False, header(text[:at] + b"\\u0000" + text[at + 1:], bytes(28))
        yield f"header without byte {at}", False, header(text[:at] + text[at + 1:], bytes(28))
        for quote in (b'"', b"{", b"}", b"[", b"]", b",", b":"):
            if text[at:at + 1] != quote:
                yield f"{quote.decode()} at {at}", False, header(text[:at] + quote + text[at + 1:], bytes(28))
    for gap in range(1, 60):
        yield f"gap of {gap}", True, header({"w": entry("U8", [4], 0, 4), "b": entry("U8", [4], 4 + gap, 8 + gap)},
                                            bytes(8 + gap))


def npy(descr="'<f4'", order="False", shape="(2, 3)", data=24, version=(1, 0), text=None, length=None, end=b"\n"):
    text = text if text is not None else f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    start = 10 if version[0] == 1 else 12
    text += b" " * (-(start + len(text) + 1) % 64) + end
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + text + bytes(data)


def npy_files():
    whole = npy()
    yield "good", False, whole
    yield "good version 2", False, npy(version=(2, 0))
    for n in range(len(whole)):
        yield f"cut at {n}", True, whole[:n]
    for n in range(1, 200):
        yield f"{n} bytes more", True, whole + bytes(n)
    for n in range(0, 65536, 29):
        if n != struct.unpack("<H", whole[8:10])[0]:
            yield f"header length {n}", True, npy(length=n)
    for n in [2**k for k in range(8, 32)] + [2**32 - 1]:
        yield f"header length {n} of version 2", True, npy(version=(2, 0), length=n)
    for major in range(256):
        for minor in (0, 1, 255):
            if major not in (1, 2, 3) or minor:
                yield f"version {major}.{minor}", True, whole[:6] + bytes((major, minor)) + whole[8:]
    for descr in ["'>f4'", "'=f4'", "'<f8'", "'<f2'", "'|b1'", "'<i8'", "'O'", "'|O'", "'<U4'", "'f4'", "<f4", "'<f4", "''",
                  "[('a', '<f4')]", "None", "1", "'<f4\\x00'", "'" + "x" * 300 + "'"]:
        yield f"descr {descr[:24]}", True, npy(descr=descr)
    for order in ["True", "None", "0", "", "true", "Falsee"]:
        yield f"order {order}", True, npy(order=order)
    shapes = ["2, 3", "(2, 3", "(2 3)", "(2,, 3)", "(-2, -3)", "(2.0, 3)", "(2L, 3)", "('2', 3)", "(2, 3,,)", "[2, 3]", "()",
              "(6)", "None", "(6)", "(0x6,)", "(2, 3) + (1,)", "(" + "1, " * 9 + ")", "(9223372036854775807, 2)",
              "(99999999999999999999,)", "(4294967296, 4294967296)"]
    for shape in shapes:
        yield f"shape {shape[:40]}", True, npy(shape=shape)
    for a in range(0, 30):
        for b in range(0, 30):
            if a * b != 6:
                yield f"shape ({a}, {b})", True, npy(shape=f"({a}, {b})")
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    for at in range(len(text)):
        yield f"NUL at {at}", True, npy(text=text[:at] + b"\0" + text[at + 1:])
        yield f"header without byte {at}", False, npy(text=text[:at] + text[at + 1:])
        for c in b"'\"(){}[],:#\\ 09aZ\xff":
            if text[at] != c:
                yield f"{c} at {at}", False, npy(text=text[:at] + bytes([c]) + text[at + 1:])
    for key in ("descr", "fortran_order", "shape"):
        yield f"without {key}", True, npy(text=text.replace(key.encode(), b"other"))
        yield f"{key} twice", True, npy(text=text[:-1] + f"'{key}': False}}".encode())


def npz(members, **extra):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", extra.get("method", zipfile.ZIP_STORED)) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = extra.get("method", zipfile.ZIP_STORED)
            archive.writestr(info, data)
    return out.getvalue()


def npz_files():
    import warnings
    warnings.simplefilter("ignore")
    members = [("w.npy", npy()), ("b.npy", npy(descr="'|u1'", shape="(4,)", data=4))]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        whole = npz(members, method=method)
        yield f"good {method}", False, whole
        for n in range(len(whole)):
            yield f"cut at {n} of method {method}", True, whole[:n]
        for n in range(len(whole)):
            for bit in (0, 3, 7):
                flipped = bytearray(whole)
                flipped[n] ^= 1 << bit
                yield f"bit {bit} of byte {n} of method {method}", False, bytes(flipped)
    for n in range(1, 100):
        yield f"{n} bytes more", False, npz(members) + bytes(n)
    yield "a member twice", True, npz(members + members[:1])
    yield "no npy file", True, npz(members + [("readme.txt", b"hello")])
    yield "no name", True, npz([(".npy", npy())])
    yield "a bomb", True, npz([("w.npy", bytes(1 << 20))], method=zipfile.ZIP_DEFLATED)
    count = 0
    for name, must, data in npy_files():
        if must and count < 1500:
            count += 1
            yield f"member: {name}", True, npz([("w.npy", data)])


def main():
    generate = {"safetensors": safetensors, "npy": npy_files, "npz": npz_files}[sys.argv[1]]
    files = list(generate())
    rng = random.Random(20261124)
    whole = files[0][2]
    for number in range(max(0, WANTED - sum(must for _, must, _ in files))):
        cut = bytearray(whole[:rng.randrange(len(whole))])  # never whole, whatever else changes
        for _ in range(rng.randrange(4)):
            if cut:
                cut[rng.randrange(len(cut))] = rng.randrange(256)
        files.append((f"random {number}", False, bytes(cut)))
    with open(sys.argv[2], "wb") as out:
        for name, must, data in files:
            name = name.encode("ascii", "replace")
            out.write(struct.pack("<I", len(name)) + name + bytes([must]) + struct.pack("<I", len(data)) + data)


if __name__ == "__main__":
    main()
