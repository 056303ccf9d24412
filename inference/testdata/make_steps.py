"""Reference tensors for the steps of resizing, cropping, grey levels, stains and
volumes, made with numpy, SciPy, Pillow, OpenCV, nibabel and torchstain.

Usage: python3 make_steps.py   (numpy 2.4.6, SciPy 1.17.1, Pillow 13.0.0,
opencv-python-headless 4.12.0.88, nibabel 5.3.2, torchstain 1.4.1)
Writes more.json and the arrays beside this file, as make_reference.py does.
"""
import json
import pathlib

import cv2
import nibabel as nib
import numpy as np
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform
from PIL import Image
from scipy.ndimage import map_coordinates
from torchstain.numpy.normalizers.macenko import NumpyMacenkoNormalizer

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20261125)
F = np.float32
VALUES, RGB = {"step": "modality-values"}, {"step": "rgb"}
CASES = []

g16 = np.fromfile(HERE / "grey16.u16", "<u2").reshape(41, 23)
s16 = np.fromfile(HERE / "signed16.i16", "<i2").reshape(19, 17)
rgb = np.fromfile(HERE / "colour.u8", np.uint8).reshape(21, 26, 3)


def he(rows, columns):
    """A picture with two stains, glass, and noise."""
    y, x = np.mgrid[0:rows, 0:columns]
    h = np.clip(1.4 * np.sin(x / 3.1) * np.cos(y / 2.7), 0, None) + .05 * RNG.random((rows, columns))
    e = np.clip(.9 * np.cos(x / 5.3) + .3, 0, None) + .05 * RNG.random((rows, columns))
    od = h[..., None] * [.65, .70, .29] + e[..., None] * [.07, .99, .11]
    return np.clip(240 * np.exp(-od) - 1 + RNG.integers(-2, 3, od.shape), 0, 255).astype(np.uint8)


stained = he(30, 33)
stained.tofile(HERE / "stained.u8")


def save(name, tensor, pixels, rows, columns, samples, steps, tolerance, photometric, spacing=None, volume=None):
    tensor = np.ascontiguousarray(tensor, F)
    tensor.astype("<f4").tofile(HERE / f"{name}.f32")
    CASES.append({"name": name, "pixels": pixels, "rows": rows, "columns": columns, "samples": samples, "photometric": photometric,
                  "spacing": spacing, "volume": volume, "steps": steps, "tensor": f"{name}.f32", "shape": list(tensor.shape), "tolerance": tolerance})


def grey(name, array, steps, tensor, tolerance=0.0, spacing=None):
    file = "grey16.u16" if array is g16 else "signed16.i16"
    save(name, tensor[None, None], file, *array.shape, 1, [VALUES, *steps, {"step": "layout", "order": "NCHW"}], tolerance, "MONOCHROME2", spacing)


def resize(w, h, how, antialias):
    return {"step": "resize", "width": w, "height": h, "interpolation": how, "antialias": antialias}


def pillow(x, w, h, how):
    one = Image.fromarray(np.ascontiguousarray(x, F))
    return np.asarray(one.resize((w, x.shape[0]), how).resize((w, h), how))


R = Image.Resampling
grey("resize-bicubic", g16, [resize(9, 50, "bicubic", True)], pillow(g16, 9, 50, R.BICUBIC))
grey("resize-nearest", g16, [resize(9, 50, "nearest", False)], np.asarray(Image.fromarray(g16.astype(F)).resize((9, 50), R.NEAREST)))
# OpenCV computes in float32 and caches its weights: equal to a few units of float32's last place.
for name, size in (("smaller", (11, 13)), ("larger", (40, 66)), ("mixed", (50, 12))):
    grey(f"resize-plain-bilinear-{name}", g16, [resize(*size, "bilinear", False)], cv2.resize(g16.astype(F), size, interpolation=cv2.INTER_LINEAR), 2e-2)
    grey(f"resize-plain-bicubic-{name}", g16, [resize(*size, "bicubic", False)], cv2.resize(g16.astype(F), size, interpolation=cv2.INTER_CUBIC), 4e-2)
grey("pad-centre", s16, [{"step": "pad", "width": 20, "height": 24, "value": -3.5, "place": "centre"}],
     np.pad(s16.astype(F), ((2, 3), (1, 2)), constant_values=F(-3.5)))
grey("pad-corner", s16, [{"step": "pad", "width": 20, "height": 24, "value": 7, "place": "corner"}], np.pad(s16.astype(F), ((0, 5), (0, 3)), constant_values=F(7)))
grey("center-crop", s16, [{"step": "center-crop", "width": 12, "height": 10}], s16[4:14, 2:14].astype(F))
grey("window", s16, [{"step": "window", "window_center": 40.5, "window_width": 333, "low": -1, "high": 2}],
     (np.clip((s16.astype(np.float64) - 40.5) / 333 + .5, 0, 1) * 3 - 1).astype(F))
lo, hi = np.percentile(g16.astype(F).astype(np.float64), [1.3, 98.7])
grey("percentile-clip", g16, [{"step": "percentile-clip", "low": 1.3, "high": 98.7}], np.clip(g16.astype(F), F(lo), F(hi)))
masked = np.where(s16 > 0, s16, 0).astype(np.float64)
m = masked[masked != 0]
grey("z-score-nonzero", s16, [{"step": "clip", "low": 0, "high": 32767}, {"step": "z-score", "mask": "nonzero"}],
     np.where(masked != 0, (masked - m.mean()) / m.std(), 0), 1e-6)
c = rgb.astype(F)
save("rgb-to-grey", ((F(.299) * c[..., 0] + F(.587) * c[..., 1]) + F(.114) * c[..., 2])[None, None], "colour.u8", 21, 26, 3,
     [RGB, {"step": "rgb-to-grey"}, {"step": "layout", "order": "NCHW"}], 0.0, "RGB")


def sampled(x, axis, spacing, to, linear):
    """One axis of x at another spacing, by SciPy."""
    n = x.shape[axis]
    out = max(1, int(np.floor(n * spacing / to + .5)))
    at = (np.arange(out) + .5) * to / spacing
    if not linear:
        return np.take(x, np.clip(np.floor(at).astype(int), 0, n - 1), axis)
    grid = np.meshgrid(*[np.clip(at - .5, 0, n - 1) if a == axis else np.arange(k) for a, k in enumerate(x.shape)], indexing="ij")
    return map_coordinates(x.astype(np.float64), grid, order=1, mode="nearest").astype(F)


for linear in (True, False):
    y = sampled(sampled(g16.astype(F), 1, .7, 1.1, linear), 0, .9, .5, linear)
    grey(f"resample-{'linear' if linear else 'nearest'}", g16, [{"step": "resample-spacing", "x": 1.1, "y": .5, "interpolation": "linear" if linear else "nearest"}],
         y, 1e-3 if linear else 0.0, [.7, .9])

# Macenko, as torchstain computes it; its result is cut to whole numbers, ours is not.
norm = NumpyMacenkoNormalizer()
whole = norm.normalize(stained, Io=240, alpha=1, beta=.15, stains=False)[0]


def macenko(picture, io=240, alpha=1, beta=.15):
    """torchstain's own steps without the last one."""
    HE, C, most = norm._NumpyMacenkoNormalizer__compute_matrices(picture, io, alpha, beta)
    C2 = C / (most / norm.maxCRef)[:, None]
    out = np.minimum(io * np.exp(-norm.HERef.dot(C2)), 255).T.reshape(picture.shape)
    assert np.array_equal(out.astype(np.uint8), whole)
    return out


save("stain-normalise", macenko(stained).transpose(2, 0, 1)[None], "stained.u8", 30, 33, 3,
     [RGB, {"step": "stain-normalise", "method": "macenko", "target": norm.HERef.tolist(), "max_concentrations": norm.maxCRef.tolist(),
            "io": 240, "alpha": 1, "beta": .15}, {"step": "layout", "order": "NCHW"}], 1e-3, "RGB")

# Volumes: voxels [slice, row, column] of DICOM's patient, x to the left, y to the back, z to the head.
vol = (RNG.random((5, 7, 6)) * 2000 - 1000).astype(np.int16)
vol.astype("<i2").tofile(HERE / "volume.i16")


def volume(name, directions, spacing, steps, tensor, tolerance=0.0, order="NCDHW"):
    tensor = np.asarray(tensor)
    tensor = tensor[None, None] if order == "NCDHW" else tensor[None, ..., None]
    save(name, tensor, "volume.i16", 7, 6, 1, [VALUES, *steps, {"step": "layout", "order": order}], tolerance, "MONOCHROME2",
         volume={"slices": 5, "spacing": spacing, "directions": directions})


AXIAL = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
CORONAL = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
TILTED = [[.98, .1, -.17], [-.05, .97, .24], [.2, -.22, -.95]]
volume("volume-as-it-is", AXIAL, [1, 1, 2], [], vol)
volume("volume-channels-last", AXIAL, [1, 1, 2], [], vol, order="NDHWC")
for label, directions in (("axial", AXIAL), ("coronal", CORONAL), ("tilted", TILTED)):
    for axes in ("RAS", "LPS", "SAR"):
        d = np.asarray(directions, float).T          # columns: where i, j, k lead in LPS
        affine = np.diag([-1, -1, 1, 1.]) @ np.block([[d, np.zeros((3, 1))], [np.zeros((1, 3)), 1]])  # nibabel is RAS+
        ornt = ornt_transform(io_orientation(affine), axcodes2ornt(tuple(axes)))
        turned = nib.orientations.apply_orientation(vol.transpose(2, 1, 0), ornt)  # [i, j, k]
        volume(f"reorient-{label}-{axes}", directions, [1, 1, 2], [{"step": "reorient", "axes": axes}], turned.transpose(2, 1, 0))
y = sampled(sampled(sampled(vol.astype(F), 2, .8, 1, True), 1, .8, 1, True), 0, 2.5, 1, True)
volume("volume-resample", AXIAL, [.8, .8, 2.5], [{"step": "resample-spacing", "x": 1, "y": 1, "z": 1, "interpolation": "linear"}], y, 1e-3)
volume("crop-or-pad", AXIAL, [1, 1, 2], [{"step": "crop-or-pad", "width": 9, "height": 4, "depth": 8, "value": -5}],
       np.pad(vol[:, 1:5, :].astype(F), ((1, 2), (0, 0), (1, 2)), constant_values=F(-5)))

(HERE / "more.json").write_text(json.dumps(CASES, indent=1) + "\n")
print(len(CASES), "cases")
