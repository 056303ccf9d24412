"""What SciPy and OpenCV make of made masks and boxes.

Usage: python3 make_shapes.py   (SciPy 1.17.1, opencv-python-headless 4.12.0.88)
Writes shapes.json: masks as strings of 0 and 1, slices after rows after columns.
"""
import json
import pathlib

import cv2
import numpy as np
from scipy import ndimage
from scipy.signal import windows
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform

RNG = np.random.default_rng(4)


def text(mask):
    return "".join("1" if v else "0" for v in np.asarray(mask, bool).ravel())


def blobs(shape, level):
    return ndimage.gaussian_filter(RNG.random(shape), 1.1) > level


masks = []
for shape, level in [((1, 17, 23), .5), ((7, 12, 15), .52), ((5, 9, 9), .47), ((1, 6, 5), 2), ((3, 4, 5), -1)]:
    m = blobs(shape, level)
    flat = m[0] if shape[0] == 1 else m
    labels, n = ndimage.label(flat)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    largest = labels == (1 + int(np.argmax(sizes))) if n else flat
    masks.append({"shape": shape, "mask": text(m), "parts": n, "largest": text(largest), "filled": text(ndimage.binary_fill_holes(flat))})

# Diameters by brute force: every pair of corners, and the longest perpendicular chord on a fine grid of lines.
diameters = []
for column, row in [(1.0, 1.0), (0.7, 0.7), (0.5, 0.8)]:
    best = None
    m = blobs((4, 30, 34), .53)
    labels, n = ndimage.label(m)
    m = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    for z in range(m.shape[0]):
        ys, xs = np.nonzero(m[z])
        if len(ys) == 0:
            continue
        c = np.unique(np.concatenate([np.stack([(xs + dx) * column, (ys + dy) * row], 1) for dx in (0, 1) for dy in (0, 1)]), axis=0)
        d = squareform(pdist(c))
        if best is None or d.max() > best[0]:
            i, j = np.unravel_index(d.argmax(), d.shape)
            u = (c[j] - c[i]) / d.max()
            hull = c[ConvexHull(c).vertices]
            t, s = hull @ u, hull @ np.array([-u[1], u[0]])
            chords = []
            for at in np.linspace(t.min(), t.max(), 20001):
                cuts = []
                for k in range(len(hull)):
                    a, b = k, (k + 1) % len(hull)
                    if (t[a] - at) * (t[b] - at) <= 0 and t[a] != t[b]:
                        cuts.append(s[a] + (at - t[a]) / (t[b] - t[a]) * (s[b] - s[a]))
                chords.append(max(cuts) - min(cuts) if cuts else 0)
            best = (d.max(), z, max(chords))
    diameters.append({"shape": m.shape, "mask": text(m), "column": column, "row": row, "longest": best[0], "slice": best[1], "perpendicular": best[2]})

n = 60
xy = RNG.random((n, 2)) * 80
wh = RNG.random((n, 2)) * 30 + 4
boxes = np.round(np.concatenate([xy, wh], 1), 3)
scores, classes = np.round(RNG.permutation(n) / n + .01, 4), RNG.integers(0, 3, n)
kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), classes.tolist(), 0.0, 0.4)
gauss = [windows.gaussian(k, k / 8) for k in (4, 6, 5)]
weights = np.maximum(gauss[0][:, None, None] * gauss[1][None, :, None] * gauss[2][None, None, :], 1e-3)
(pathlib.Path(__file__).parent / "shapes.json").write_text(json.dumps({
    "masks": masks, "diameters": diameters,
    "nms": {"boxes": boxes.tolist(), "scores": scores.tolist(), "classes": classes.tolist(), "most": 0.4, "kept": sorted(int(k) for k in kept)},
    "gaussian": {"size": [4, 6, 5], "weights": weights.ravel().tolist()}}) + "\n")
