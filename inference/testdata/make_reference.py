"""Reference tensors for the preprocessing steps, made with numpy and Pillow.

Usage: python3 make_reference.py   (numpy 2.4.6, Pillow 13.0.0, pydicom 3.0.2)
Writes steps.json and the arrays beside this file: .u8/.u16/.i16 stored pixels,
.f32 tensors, all little-endian.
"""
import json
import pathlib

import numpy as np
from PIL import Image
from pydicom.pixels import convert_color_space

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20240229)
F = np.float32
CASES = []


def smooth(rows, columns, top, dtype):
    y, x = np.mgrid[0:rows, 0:columns]
    v = 0.5 + 0.3 * np.sin(x / 3.0) * np.cos(y / 4.0) + 0.15 * RNG.random((rows, columns))
    return (v * top).astype(dtype)


PIXELS = {
    "grey8": smooth(29, 37, 255, np.uint8),
    "grey16": smooth(41, 23, 4095, np.uint16),
    "signed16": (smooth(19, 17, 2400, np.int32) - 1000).astype(np.int16),
    "large16": (smooth(260, 256, 60000, np.int32) - 30000).astype(np.int16),  # more pixels than a 16-bit table has entries
    "colour": np.stack([smooth(21, 26, 255, np.uint8) for _ in range(3)], -1),
}
SUFFIX = {np.dtype(np.uint8): "u8", np.dtype(np.uint16): "u16", np.dtype(np.int16): "i16"}


def pillow(x, width, height):
    # Pass by pass, the horizontal one first: Pillow 13 began to choose the order by
    # the sizes, which changes the last bit of the result; the step has one order.
    one = lambda p: np.asarray(Image.fromarray(np.ascontiguousarray(p, F))
                               .resize((width, p.shape[0]), Image.Resampling.BILINEAR)
                               .resize((width, height), Image.Resampling.BILINEAR))
    return one(x) if x.ndim == 2 else np.stack([one(x[..., c]) for c in range(x.shape[-1])], -1)


def case(name, pixels, photometric, steps, tensor, tolerance=0.0, slope=0, intercept=0, table=None):
    a = PIXELS[pixels]
    if tensor.ndim == 2:
        tensor = tensor[..., None]
    order = steps[-1]["order"]
    if order == "NCHW":
        tensor = tensor.transpose(2, 0, 1)
    tensor = np.ascontiguousarray(tensor[None], F)
    tensor.astype("<f4").tofile(HERE / f"{name}.f32")
    CASES.append({
        "name": name, "pixels": f"{pixels}.{SUFFIX[a.dtype]}", "rows": a.shape[0], "columns": a.shape[1],
        "samples": 1 if a.ndim == 2 else 3, "photometric": photometric,
        "slope": slope, "intercept": intercept, "table": table,
        "steps": steps, "tensor": f"{name}.f32", "shape": list(tensor.shape), "tolerance": tolerance,
    })


def resize(w, h):
    return {"step": "resize", "width": w, "height": h, "interpolation": "bilinear", "antialias": True}


VALUES, RGB = {"step": "modality-values"}, {"step": "rgb"}
NCHW, NHWC = {"step": "layout", "order": "NCHW"}, {"step": "layout", "order": "NHWC"}

for n, a in PIXELS.items():
    a.astype(a.dtype.newbyteorder("<")).tofile(HERE / f"{n}.{SUFFIX[a.dtype]}")
g8, g16, s16, big, rgb = (PIXELS[k] for k in ("grey8", "grey16", "signed16", "large16", "colour"))

case("values-stored", "grey8", "MONOCHROME2", [VALUES, NCHW], g8.astype(F))
case("values-rescaled", "signed16", "MONOCHROME2", [VALUES, NCHW], (s16.astype(np.float64) * 1.7 - 1024.3).astype(F), slope=1.7, intercept=-1024.3)
case("values-large", "large16", "MONOCHROME2", [VALUES, resize(9, 8), NCHW],
     pillow((big.astype(np.float64) * 0.25 - 7).astype(F), 9, 8), slope=0.25, intercept=-7)
case("values-table", "grey8", "MONOCHROME2", [VALUES, NCHW],
     np.asarray([i * i % 999 for i in range(100)], F)[np.clip(g8.astype(int) - 60, 0, 99)],
     table={"first": 60, "entries": [i * i % 999 for i in range(100)]})
case("invert-monochrome1", "grey16", "MONOCHROME1", [VALUES, {"step": "invert-monochrome1"}, NCHW], g16.max().astype(F) + g16.min().astype(F) - g16.astype(F))
case("invert-leaves-monochrome2", "grey16", "MONOCHROME2", [VALUES, {"step": "invert-monochrome1"}, NCHW], g16.astype(F))
case("grey-to-rgb", "grey8", "MONOCHROME2", [VALUES, {"step": "grey-to-rgb"}, NHWC], np.repeat(g8.astype(F)[..., None], 3, -1))
case("rgb", "colour", "RGB", [RGB, NCHW], rgb.astype(F))
# pydicom inverts the matrix of C.7.6.3.1.2 numerically: one grey level of rounding apart at most.
case("rgb-from-ybr", "colour", "YBR_FULL", [RGB, NCHW], convert_color_space(rgb, "YBR_FULL", "RGB").astype(F), tolerance=1.0)
case("resize-reduces", "grey16", "MONOCHROME2", [VALUES, resize(8, 7), NCHW], pillow(g16, 8, 7))
case("resize-enlarges", "grey8", "MONOCHROME2", [VALUES, resize(50, 61), NCHW], pillow(g8, 50, 61))
case("resize-one-side", "grey8", "MONOCHROME2", [VALUES, resize(37, 10), NCHW], pillow(g8, 37, 10))
case("resize-both-ways", "grey8", "MONOCHROME2", [VALUES, resize(90, 5), NCHW], pillow(g8, 90, 5))
case("resize-to-one", "grey8", "MONOCHROME2", [VALUES, resize(1, 1), NCHW], pillow(g8, 1, 1))
case("resize-colour", "colour", "RGB", [RGB, resize(11, 9), NHWC], pillow(rgb, 11, 9))
case("clip", "signed16", "MONOCHROME2", [VALUES, {"step": "clip", "low": -200.5, "high": 300.25}, NCHW], np.clip(s16.astype(F), F(-200.5), F(300.25)))
case("rescale", "grey8", "MONOCHROME2", [VALUES, {"step": "rescale", "scale": 1 / 255, "offset": -0.3}, NCHW], g8.astype(F) * F(1 / 255) + F(-0.3))
x = g16.astype(F)
case("min-max", "grey16", "MONOCHROME2", [VALUES, {"step": "min-max", "low": -1, "high": 3}, NCHW],
     (x - x.min()) / (x.max() - x.min()) * (F(3) - F(-1)) + F(-1))
x = g16.astype(np.float64)
case("z-score", "grey16", "MONOCHROME2", [VALUES, {"step": "z-score"}, NCHW], (x - x.mean()) / x.std(), tolerance=1e-6)
x = rgb.astype(np.float64)
case("z-score-colour", "colour", "RGB", [RGB, {"step": "z-score"}, NCHW], (x - x.mean()) / x.std(), tolerance=1e-6)
mean, std = [120.5, 100.1, 90.3], [50.5, 60.1, 40.7]
case("mean-std", "colour", "RGB", [RGB, {"step": "mean-std", "mean": mean, "std": std}, NHWC], (rgb.astype(F) - np.asarray(mean, F)) / np.asarray(std, F))
case("chest-film", "grey16", "MONOCHROME1", [VALUES, {"step": "invert-monochrome1"}, resize(16, 16), {"step": "z-score"}, NCHW],
     (lambda y: (y - y.mean()) / y.std())(pillow(g16.max().astype(F) + g16.min().astype(F) - g16.astype(F), 16, 16).astype(np.float64)), tolerance=1e-6)

(HERE / "steps.json").write_text(json.dumps(CASES, indent=1) + "\n")
