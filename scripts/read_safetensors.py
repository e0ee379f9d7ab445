#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""read_safetensors.py FILE: a line for each tensor of a safetensors file, in the order of the data: name, type, shape,
bytes, CRC-32 of the data, first values. Python's standard library only, and nothing of Nascent: a second reading of the
format. What breaks it is told, and ends the program with 1.

With --json, one JSON object instead: "metadata" and "tensors".
"""
import json
import struct
import sys
import zlib

FORMS = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "I16": "h", "I8": "b", "U64": "Q", "U32": "I", "U16": "H",
         "U8": "B", "BOOL": "?", "F16": "e"}
FIRST = 4  # values that are shown


class Broken(Exception):
    """What the file does not keep."""


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise Broken("a key stands twice: %s" % sorted(n for n in names if names.count(n) > 1)[0])
    return dict(pairs)


def is_size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def check_tensor(name, entry):
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise Broken("%s: expected dtype, shape and data_offsets" % name)
    if entry["dtype"] not in FORMS:
        raise Broken("%s: unknown type %r" % (name, entry["dtype"]))
    for key in "shape", "data_offsets":
        if not isinstance(entry[key], list) or not all(map(is_size, entry[key])):
            raise Broken("%s: %s must be sizes" % (name, key))
    if len(entry["data_offsets"]) != 2:
        raise Broken("%s: data_offsets must be two" % name)
    size = struct.calcsize("<" + FORMS[entry["dtype"]])
    for dim in entry["shape"]:
        size *= dim
    begin, end = entry["data_offsets"]
    if end - begin != size:
        raise Broken("%s: its shape has %d bytes, its offsets %d" % (name, size, end - begin))


def read(content):
    """(metadata, tensors in the order of the data); each byte of the data belongs to one tensor."""
    if len(content) < 8:
        raise Broken("shorter than the length of the header")
    length = struct.unpack_from("<Q", content)[0]
    if length > len(content) - 8:
        raise Broken("the header has %d bytes, the file %d" % (length, len(content)))
    try:
        header = json.loads(content[8:8 + length].decode("utf-8"), object_pairs_hook=unique)
    except ValueError as error:
        raise Broken("the header is no JSON: %s" % error) from None
    if not isinstance(header, dict):
        raise Broken("the header is no object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise Broken("__metadata__ must hold texts")
    for name, entry in header.items():
        check_tensor(name, entry)
    data, at, tensors = content[8 + length:], 0, []
    for name, entry in sorted(header.items(), key=lambda item: (item[1]["data_offsets"], item[0])):
        begin, end = entry["data_offsets"]
        if begin != at:
            raise Broken("%s: begins at %d of the data, the one before it ends at %d" % (name, begin, at))
        at = end
        if end > len(data):
            raise Broken("%s: ends at %d of the data, which has %d bytes" % (name, end, len(data)))
        form = FORMS[entry["dtype"]]
        shown = min(FIRST, (end - begin) // struct.calcsize("<" + form))
        tensors.append({"name": name, "dtype": entry["dtype"], "shape": entry["shape"], "bytes": end - begin,
                        "crc32": "%08x" % zlib.crc32(data[begin:end]),
                        "first": list(struct.unpack_from("<%d%s" % (shown, form), data, begin))})
    if at != len(data):
        raise Broken("%d bytes of data belong to no tensor" % (len(data) - at))
    return metadata, tensors


def main(arguments):
    as_json = "--json" in arguments
    files = [argument for argument in arguments if argument != "--json"]
    if len(files) != 1:
        print("usage: read_safetensors.py [--json] FILE", file=sys.stderr)
        return 2
    try:
        with open(files[0], "rb") as file:
            metadata, tensors = read(file.read())
    except (OSError, Broken) as error:
        print("%s: %s" % (files[0], error), file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"metadata": metadata, "tensors": tensors}))
        return 0
    for tensor in tensors:
        print("%-24s %-4s %-14s %8d bytes  crc32 %s  %s" % (
            tensor["name"], tensor["dtype"], "(%s)" % ", ".join(map(str, tensor["shape"])), tensor["bytes"],
            tensor["crc32"], " ".join("%.9g" % value for value in tensor["first"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
