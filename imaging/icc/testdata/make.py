"""Makes matrix.icc and table.icc, and expected.json with what they turn colours
into. The matrix profile's colours are computed from the formulas of ISO 15076-1
(annex F) and IEC 61966-2-1 with NumPy, the table profile's with Pillow's ImageCms.

    pip install numpy pillow==13.0.0
    python make.py
"""
import io
import itertools
import json
import os
import struct

import numpy as np
import PIL
from PIL import Image, ImageCms

HERE = os.path.dirname(os.path.abspath(__file__))
D50 = (0.9642, 1.0, 0.8249)


def s15(v):
    return struct.pack(">i", round(v * 65536))


def xyz(v):
    return b"XYZ \0\0\0\0" + b"".join(s15(c) for c in v)


def curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def text(s):
    return b"text\0\0\0\0" + s.encode() + b"\0" * (4 - len(s) % 4)


def desc(s):
    b = s.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(b)) + b + b"\0" * (8 + 2 + 1 + 67)


def profile(cls, pcs, tags):
    body, table = b"", struct.pack(">I", len(tags))
    at = 128 + 4 + 12 * len(tags)
    for sig, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += sig + struct.pack(">II", at + len(body), len(data))
        body += data
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s6H4s4sI4s4sQI", size, b"\0\0\0\0", 0x02400000, cls, b"RGB ", pcs, 2026, 1, 1, 0, 0, 0,
                       b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", b"\0\0\0\0", 0, 0)
    head += b"".join(s15(c) for c in D50)
    head += b"\0" * (128 - len(head))
    return head + table + body


# A scanner with other primaries than sRGB and a gamma of 1.8 (1.8 is 0x1cd/256).
GAMMA = 0x1CD / 256
PRIMARIES = np.array([[0.52, 0.31, 0.1342], [0.24, 0.70, 0.06], [0.02, 0.10, 0.7049]]).T  # columns: XYZ of red, green, blue
matrix = profile(b"scnr", b"XYZ ", [(b"desc", desc("Longying test matrix")), (b"cprt", text("public domain")), (b"wtpt", xyz(D50)),
                                     (b"rXYZ", xyz(PRIMARIES[:, 0])), (b"gXYZ", xyz(PRIMARIES[:, 1])), (b"bXYZ", xyz(PRIMARIES[:, 2])),
                                     (b"rTRC", curve(GAMMA)), (b"gTRC", curve(GAMMA)), (b"bTRC", curve(GAMMA))])

# A table of 3 x 3 x 3 entries from RGB to Lab: the corners are skewed so that no matrix could do it.
grid = 3
clut = b""
for r, g, b in itertools.product(range(grid), repeat=3):
    l = 100 * (0.3 * r + 0.5 * g + 0.2 * b) / 2
    a = 30 * (r - g) + 5 * r * g
    bb = 25 * (g - b) - 6 * r * b
    clut += struct.pack(">HHH", *(int(max(0, min(65535, v))) for v in (l / 100 * 65280, (a + 128) * 256, (bb + 128) * 256)))
ramp = struct.pack(">HH", 0, 65535)
identity = b"".join(s15(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
lut16 = b"mft2\0\0\0\0" + bytes([3, 3, grid, 0]) + identity + struct.pack(">HH", 2, 2) + ramp * 3 + clut + ramp * 3
table = profile(b"scnr", b"Lab ", [(b"desc", desc("Longying test table")), (b"cprt", text("public domain")), (b"wtpt", xyz(D50)), (b"A2B0", lut16)])

colours = np.array(list(itertools.product((0, 1, 37, 90, 128, 200, 254, 255), repeat=3)), np.uint8)


def by_formula(rgb):
    xyz50 = (rgb / 255.0) ** GAMMA @ np.round(PRIMARIES * 65536).T / 65536
    # IEC 61966-2-1 primaries, adapted from D65 to D50 with Bradford's matrix (ISO 15076-1 annex E).
    prim = np.array([[0.64, 0.33, 0.03], [0.30, 0.60, 0.10], [0.15, 0.06, 0.79]]).T
    white = np.array([0.3127, 0.3290, 0.3583]) / 0.3290
    to65 = prim * np.linalg.solve(prim, white)
    brad = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    adapt = np.linalg.inv(brad) @ np.diag(brad @ np.array(D50) / (brad @ white)) @ brad
    lin = np.clip(xyz50 @ np.linalg.inv(adapt @ to65).T, 0, 1)
    out = np.where(lin <= 0.0031308, 12.92 * lin, 1.055 * lin ** (1 / 2.4) - 0.055)
    return np.round(out * 255).astype(int)


def by_pillow(icc):
    im = Image.fromarray(colours.reshape(1, -1, 3))
    t = ImageCms.buildTransform(io.BytesIO(icc), ImageCms.createProfile("sRGB"), "RGB", "RGB", renderingIntent=ImageCms.Intent.PERCEPTUAL)
    return np.asarray(ImageCms.applyTransform(im, t)).reshape(-1, 3).astype(int)


expected = {"tools": {"numpy": np.__version__, "pillow": PIL.__version__, "lcms": ImageCms.core.littlecms_version},
            "colours": colours.tolist(), "matrix": by_formula(colours.astype(float)).tolist(), "table": by_pillow(table).tolist()}
print("matrix profile, formula against Pillow:", np.abs(by_formula(colours.astype(float)) - by_pillow(matrix)).max())
for name, data in (("matrix.icc", matrix), ("table.icc", table), ("expected.json", (json.dumps(expected, separators=(",", ":")) + "\n").encode())):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)
