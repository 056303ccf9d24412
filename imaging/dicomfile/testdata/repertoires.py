"""Writes repertoires.json: what Python's codecs, which pydicom uses, make of
every code of every character set, for TestEveryRepertoireIsWhole.

    python repertoires.py > repertoires.json

A single-byte set is the text of the codes A0 to FF, U+FFFD where there is none.
A multi-byte set is a bitmap of its defined cells, row by row from 21/21 or from
A1/A1, and the SHA-256 of the characters in them.
"""
import hashlib
import json
import sys

SINGLE = {"100": "latin_1", "101": "iso8859_2", "109": "iso8859_3", "110": "iso8859_4", "144": "iso8859_5",
          "127": "iso8859_6", "126": "iso8859_7", "138": "iso8859_8", "148": "iso8859_9", "203": "iso8859_15",
          "166": "iso8859_11", "13": "shift_jis"}


def one(data, codec):
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return "\ufffd"


def cells(codec, first, wrap=lambda b: b, lead=0xA1, rows=94, columns=94):
    bits, text = [], ""
    for row in range(rows):
        for column in range(columns):
            c = one(wrap(bytes([lead + row, first + column])), codec)
            ok = len(c) == 1 and c != "\ufffd" and not "\ue766" <= c <= "\ue864"  # unassigned in GB18030
            bits.append("1" if ok else "0")
            text += c if ok else ""
    return {"cells": "%x" % int("1" + "".join(bits), 2), "sha256": hashlib.sha256(text.encode()).hexdigest(), "count": bits.count("1")}


json.dump({
    "python": sys.version.split()[0],
    "single": {k: "".join(one(bytes([b]), v) for b in range(0xA0, 0x100)) for k, v in SINGLE.items()},
    "multi": {
        "ISO 2022 IR 87": cells("iso2022_jp", 0x21, lambda b: b"\x1b$B" + b + b"\x1b(B", lead=0x21),
        "ISO 2022 IR 159": cells("iso2022_jp_2", 0x21, lambda b: b"\x1b$(D" + b + b"\x1b(B", lead=0x21),
        "ISO 2022 IR 149": cells("euc_kr", 0xA1),
        "ISO 2022 IR 58": cells("gb2312", 0xA1),
        "GB18030": cells("gb18030", 0x80, lead=0x81, rows=126, columns=127),
        "GBK": cells("gbk", 0x80, lead=0x81, rows=126, columns=127),
    },
}, sys.stdout, ensure_ascii=False, indent=0, sort_keys=True)
