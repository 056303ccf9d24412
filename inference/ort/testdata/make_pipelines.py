"""Small ONNX graphs for each pipeline, and what ONNX Runtime, numpy, SciPy and
Pillow make of them: pipeline-*.onnx and pipelines.json, for pipelines_test.go.

Usage: python3 make_pipelines.py   (numpy 2.2.6, scipy 1.17.1, pillow 13.0.0, onnx 1.23.2, onnxruntime 1.32.0)

Nothing here is taken over from the program: steps, windows, suppression, masks and
sizes are written anew with the libraries' own functions. Cards are models/testdata/
film.json with other inputs and outputs.
"""
import base64
import copy
import hashlib
import itertools
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T, helper as h, numpy_helper
from PIL import Image
from scipy import ndimage

HERE = pathlib.Path(__file__).parent
FILM = json.loads((HERE / "../../../models/testdata/film.json").read_text())
CODE = {"value": "27925004", "scheme": "SCT", "meaning": "Nodule"}
SEGMENT = {"category": {"value": "49755003", "scheme": "SCT", "meaning": "Morphologically abnormal structure"}, "type": CODE}
cases = []


def text(s):
    return {"zh": "中文 " + s, "en": s}


def save(name, nodes, inputs, outputs, constants):
    graph = h.make_graph(
        nodes, name, [h.make_tensor_value_info("image", T.FLOAT, inputs)],
        [h.make_tensor_value_info(n, T.FLOAT, s) for n, s in outputs.items()],
        [numpy_helper.from_array(np.asarray(v, np.int64 if k.startswith("axes") else np.float32), k) for k, v in constants.items()])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="longying tests")
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    (HERE / f"pipeline-{name}.onnx").write_bytes(data)
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, o, providers=["CPUExecutionProvider"]), hashlib.sha256(data).hexdigest()


def card(name, sha, task, tensor, order, steps, outputs, **more):
    c = copy.deepcopy(FILM)
    c["id"], c["task"], c["file"]["sha256"] = name, task, sha
    for k in ("age_years", "max_aspect"):
        c["input"].pop(k, None)
    c["input"] |= {"views": [], "body_parts": [], "modalities": [], "photometric": [], "preprocess": steps,
                   "tensor": {"name": "image", "shape": tensor, "order": order}}
    c["outputs"] = outputs
    c["input"] |= more.pop("input", {})
    c |= more
    c["evidence"].pop("operating_point", None)
    return c


def case(name, c, pixels, expected, **more):
    cases.append({"name": name, "card": c, "type": str(pixels.dtype), "shape": list(pixels.shape),
                  "pixels": base64.b64encode(pixels.tobytes()).decode(), "expected": expected} | more)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def softmax(x, axis=-1):
    e = np.exp(np.asarray(x, np.float64) - np.max(x, axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def class_(key, threshold=0.5, **more):
    return {"key": key, "label": text(key), "proposes": True, "code": CODE, "threshold": threshold} | more


# ---- several heads, one that hangs on another, and measurements

rng = np.random.default_rng(5)
stored = rng.integers(0, 4096, (9, 12), np.uint16)
session, sha = save("heads", [
    h.make_node("Reshape", ["image", "axes_flat"], ["flat"]),
    h.make_node("Gemm", ["flat", "w_finding", "b_finding"], ["finding"]),
    h.make_node("Gemm", ["flat", "w_kind", "b_kind"], ["kind"]),
    h.make_node("Gemm", ["flat", "w_size", "b_size"], ["size"]),
], ["N", 1, 9, 12], {"finding": ["N", 2], "kind": ["N", 3], "size": ["N", 2]}, {
    "axes_flat": [-1, 108],
    "w_finding": rng.normal(0, 0.3, (108, 2)), "b_finding": [2.5, -2.0],
    "w_kind": rng.normal(0, 0.2, (108, 3)), "b_kind": [0, 0.4, -0.3],
    "w_size": rng.normal(0, 0.02, (108, 2)), "b_size": [1.2, 0.4],
})
hu = (stored.astype(np.float64) * 0.5 - 1000).astype(np.float32)
tensor = np.float32(np.clip(hu, np.float32(-1000), np.float32(400)) * np.float32(0.001)) + np.float32(0.3)
out = dict(zip(["finding", "kind", "size"], session.run(["finding", "kind", "size"], {"image": tensor[None, None]})))
finding, kind = sigmoid(out["finding"][0] / 1.5), softmax(out["kind"][0])
order = ["effusion", "nodule"]
expected = []
for i in range(2):
    if finding[i] >= 0.5:
        expected.append({"outcome": "proposed", "class": order[i], "probability": finding[i]})
assert [e["class"] for e in expected] == ["effusion"], finding
top = int(kind.argmax())
expected.append({"outcome": "proposed", "class": ["solid", "cystic", "mixed"][top], "probability": kind[top]})
expected.append({"outcome": "proposed", "class": "diameter", "values": [["mm", float(out["size"][0][0]) * 10 + 0.5]]})
expected.append({"outcome": "refused", "reason": "implausible"})
heads = [
    {"name": "finding", "kind": "logits", "activation": "sigmoid", "temperature": 1.5, "exclusive": False,
     "classes": [class_("effusion"), class_("nodule")]},
    {"name": "kind", "kind": "logits", "activation": "softmax", "exclusive": True, "only_if": "effusion",
     "classes": [class_(k, 0) for k in ("solid", "cystic", "mixed")]},
    {"name": "size", "kind": "measurement", "exclusive": False, "only_if": "effusion", "measurements": [
        {"key": "diameter", "label": text("diameter"), "code": CODE, "unit": "mm", "scale": 10, "offset": 0.5},
        {"key": "depth", "label": text("depth"), "code": CODE, "unit": "mm", "scale": 10, "offset": 0, "plausible": {"min": 200, "max": 300}}]},
]
steps = [{"step": "modality-values"}, {"step": "center-crop", "width": 12, "height": 9}, {"step": "clip", "low": -1000, "high": 400}, {"step": "rescale", "scale": 0.001, "offset": 0.3},
         {"step": "layout", "order": "NCHW"}]
c = card("heads", sha, "classification", [-1, 1, 9, 12], "NCHW", steps, heads)
case("heads", c, stored, expected, slope=0.5, intercept=-1000)
silent = copy.deepcopy(c)
silent["outputs"][1]["only_if"] = silent["outputs"][2]["only_if"] = "nodule"
case("heads that hang on what is not proposed", silent, stored, expected[:1], slope=0.5, intercept=-1000)

# the same on a crop about a marked region of a larger image
large = rng.integers(0, 4096, (60, 80), np.uint16)
large[20:29, 33:45] = stored
crop = copy.deepcopy(c)
crop["task"] = "region"
crop["input"] |= {"marked_region": True, "region_crop": {"width": 12, "height": 9}}
region = [36, 22.5, 42.0, 26.5]  # middle 39, 24.5: columns 33.., rows 20..
case("a crop about a marked region", crop, large, [e | {"region": region + ["drawn"]} for e in expected], slope=0.5, intercept=-1000, region=region)

# ---- boxes of two scales

rgb = rng.integers(0, 256, (48, 64), np.uint8)
resized = np.asarray(Image.fromarray(rgb.astype(np.float32), "F").resize((32, 24), Image.Resampling.BILINEAR))
tensor = np.full((32, 32), 10, np.float32)
tensor[:24] = resized
fine = np.array([[.30, .30, .20, .25], [.31, .31, .20, .25], [.70, .20, .10, .10], [.98, .70, .20, .20], [.5, .5, .02, .02], [.5, .95, .1, .1]])
coarse = np.array([[.32, .29, .22, .24], [.72, .22, .12, .12], [.15, .6, .1, .1]])
nodes, constants, outputs = [h.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=1),
                             h.make_node("Reshape", ["mean", "axes_mean"], ["m"]),
                             h.make_node("Mul", ["m", "small"], ["shift"])], {"axes_mean": [-1, 1, 1], "small": 1e-4}, {}
logits = {"fine": [[2.0, -3], [1.5, -3], [-3, 1.0], [0.2, -3], [-3, -2.6], [-3, 3.0]], "coarse": [[1.9, 0.3], [-3, 1.4], [0.8, -3]]}
for group, boxes in (("fine", fine), ("coarse", coarse)):
    constants[f"b_{group}"], constants[f"s_{group}"] = boxes[None], np.array(logits[group])[None]
    nodes += [h.make_node("Add", ["shift", f"b_{group}"], [f"boxes_{group}"]), h.make_node("Add", ["shift", f"s_{group}"], [f"scores_{group}"])]
    outputs |= {f"boxes_{group}": ["N", len(boxes), 4], f"scores_{group}": ["N", len(boxes), 2]}
session, sha = save("boxes", nodes, ["N", 1, 32, 32], outputs, constants)
out = dict(zip(outputs, session.run(list(outputs), {"image": tensor[None, None]})))
found = []
for group in ("fine", "coarse"):
    for b, s in zip(out[f"boxes_{group}"][0].astype(np.float64), sigmoid(out[f"scores_{group}"][0])):
        cx, cy, w, hh = b * 32
        for k in range(2):
            if s[k] >= 0.1:
                found.append((s[k], k, np.array([cx - w / 2, cy - hh / 2, cx + w / 2, cy + hh / 2])))


def iou(a, b):
    w, hh = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = max(w, 0) * max(hh, 0)
    area = lambda r: (r[2] - r[0]) * (r[3] - r[1])
    return shared / (area(a) + area(b) - shared)


kept = []
for s, k, b in sorted(found, key=lambda f: -f[0]):
    if all(k != kk or iou(b, bb) <= 0.45 for _, kk, bb in kept):
        kept.append((s, k, b))
expected = []
for s, k, b in kept:
    r = np.clip(b * [64 / 32, 48 / 24, 64 / 32, 48 / 24], 0, [64, 48, 64, 48])
    if r[2] > r[0] and r[3] > r[1] and s >= (0.5, 0.45)[k]:
        outcome = "unsure" if k == 1 and 0.45 <= s < 0.75 else "proposed"
        expected.append({"outcome": outcome, "class": ("mass", "calcification")[k], "probability": s, "region": [*r, "detected-box"]})
assert len(expected) == 5 and any(e["outcome"] == "unsure" for e in expected) and any(e["region"][2] == 64 for e in expected), expected
steps = [{"step": "modality-values"}, {"step": "resize", "width": 32, "height": 24, "interpolation": "bilinear", "antialias": True},
         {"step": "pad", "width": 32, "height": 32, "value": 10, "place": "corner"}, {"step": "layout", "order": "NCHW"}]
classes = [class_("mass", index=0), class_("calcification", 0.5, index=1, unsure=[0.45, 0.75])]
detection = []
for group in ("fine", "coarse"):
    detection += [{"name": f"boxes_{group}", "kind": "boxes", "exclusive": False, "group": group},
                  {"name": f"scores_{group}", "kind": "scores", "exclusive": False, "activation": "sigmoid", "group": group}]
detection[1]["classes"] = classes
c = card("boxes", sha, "detection", [-1, 1, 32, 32], "NCHW", steps, detection,
         detection={"box_format": "cxcywh", "box_unit": "normalised", "score_threshold": 0.1, "nms_iou": 0.45, "maximum_boxes": 100})
case("boxes of two scales", c, rgb, expected)
none = copy.deepcopy(c)
for k in none["outputs"][1]["classes"]:
    k["threshold"] = 0.99
    k.pop("unsure", None)
best = max(found, key=lambda f: f[0])
case("no box at the threshold", none, rgb, [{"outcome": "below_threshold", "class": ("mass", "calcification")[best[1]], "probability": best[0]}])

# ---- masks


def weights(size):
    axes = [np.exp(-(((np.arange(n) - (n - 1) / 2) / (n / 8)) ** 2) / 2) for n in size]
    w = axes[0]
    for a in axes[1:]:
        w = w[..., None] * a
    return np.maximum(w, 1e-3)


def slide(session, name, x, size, overlap, gaussian):
    """x is [C, ...]; what is smaller than a window is padded at its end."""
    pad = [max(s - n, 0) for s, n in zip(size, x.shape[1:])]
    padded = np.pad(x, [(0, 0)] + [(0, p) for p in pad])
    step = [max(int(s * (1 - overlap)), 1) for s in size]
    starts = []
    for n, s, st in zip(padded.shape[1:], size, step):
        at = list(range(0, n - s, st)) + [n - s]
        starts.append(sorted(set(at)))
    w = weights(size) if gaussian else np.ones(size)
    total, count, windows = 0, np.zeros(padded.shape[1:]), 0
    for at in itertools.product(*starts):
        where = tuple(slice(a, a + s) for a, s in zip(at, size))
        y = session.run([name], {"image": padded[(slice(None), *where)][None]})[0][0].astype(np.float64)
        if np.isscalar(total):
            total = np.zeros((y.shape[0], *padded.shape[1:]))
        total[(slice(None), *where)] += y * w
        count[where] += w
        windows += 1
    return (total / count)[(slice(None), *[slice(0, n) for n in x.shape[1:]])], windows


def after(mask, largest, fill, least):
    if largest:
        labels, n = ndimage.label(mask)
        if n:
            mask = labels == 1 + np.argmax(ndimage.sum_labels(mask, labels, range(1, n + 1)))
    if fill:
        mask = ndimage.binary_fill_holes(mask)
    labels, n = ndimage.label(mask)
    for k in range(1, n + 1):
        if (labels == k).sum() < least:
            mask = mask & (labels != k)
    return mask


def diameters(mask, dy, dx):
    """Longest distance between corners of pixels in one slice, and the width of the
    hull across it, by trying chords at many heights."""
    best = None
    for z in range(mask.shape[0]):
        ys, xs = np.nonzero(mask[z])
        if not len(ys):
            continue
        p = np.unique(np.concatenate([np.stack([(xs + i) * dx, (ys + j) * dy], 1) for i in (0, 1) for j in (0, 1)]), axis=0)
        d = np.linalg.norm(p[:, None] - p[None], axis=-1)
        i, j = np.unravel_index(d.argmax(), d.shape)
        if best is None or d[i, j] > best[0] + 1e-12:
            best = (d[i, j], z, p, p[i], p[j])
    longest, z, p, a, b = best
    from scipy.spatial import ConvexHull
    hull = p[ConvexHull(p).vertices]
    u = (b - a) / longest
    t, s = hull @ u, hull @ np.array([-u[1], u[0]])
    across = 0
    for at in np.concatenate([t, np.linspace(t.min(), t.max(), 4001)]):
        side = []
        for k in range(len(hull)):
            t0, t1, s0, s1 = t[k], t[k - 1], s[k], s[k - 1]
            if min(t0, t1) - 1e-12 <= at <= max(t0, t1) + 1e-12:
                side += [s0, s1] if abs(t1 - t0) < 1e-12 else [s0 + (at - t0) / (t1 - t0) * (s1 - s0)]
        if side:
            across = max(across, max(side) - min(side))
    ys, xs = np.nonzero(mask[z])
    return longest, across, z, [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1]


def bits(mask):
    return base64.b64encode(np.packbits(mask.reshape(-1), bitorder="little").tobytes()).decode()


# an image of blobs with a hole and crumbs, 40 x 30 pixels of 0.5 x 0.8 mm
y, x = np.mgrid[0:30, 0:40]
blobs = 2000.0 * (((y - 12) / 8) ** 2 + ((x - 14) / 10) ** 2 < 1) - 1800.0 * (((y - 12) ** 2 + (x - 15) ** 2) < 9)
blobs += 1500.0 * (((y - 20) ** 2 + (x - 33) ** 2) < 10) + 1700.0 * ((y == 3) & (x > 35)) + rng.normal(0, 60, y.shape) + 300
film = np.clip(blobs, 0, 4095).astype(np.uint16)
kernel = np.zeros((3, 1, 3, 3), np.float32)
kernel[1], kernel[2, 0] = 1 / 9, [[0, -.2, 0], [-.2, 1.8, -.2], [0, -.2, 0]]
session, sha = save("mask", [h.make_node("Conv", ["image", "k", "b"], ["mask"], pads=[1, 1, 1, 1])],
                    ["N", 1, 16, 16], {"mask": ["N", 3, 16, 16]}, {"k": kernel * 4, "b": [1.2, -0.6, -1.0]})
v = film.astype(np.float32)
tensor = (v - v.min()) / np.float32(v.max() - v.min())
raw, windows = slide(session, "mask", tensor[None], (16, 16), 0.5, True)
p = softmax(raw, 0)
label = raw.argmax(0)
lesion = (label == 1) & (p[1] >= 0.4)
assert 0 < lesion.sum() and ndimage.label(lesion)[1] > 1
lesion = after(lesion, True, True, 0)
bright = after((label == 2), False, False, np.ceil(1.9 / 0.4))
expected = []
for key, mask in (("lesion", lesion), ("bright", bright)):
    if not mask.any():
        expected.append({"outcome": "below_threshold", "class": key})
        continue
    longest, across, _, box = diameters(mask[None], 0.8, 0.5)
    expected.append({"outcome": "proposed", "class": key, "mask": bits(mask), "region": [*box, "mask"],
                     "values": [["mm2", float(mask.sum() * 0.4)], ["mm", longest], ["mm", across]]})
classes = [class_("lesion", 0.4, index=1, segment=SEGMENT, post_processing={"largest_component": True, "fill_holes": True}),
           class_("bright", 0, index=2, segment=SEGMENT, post_processing={"minimum_mm2": 1.9})]
steps = [{"step": "modality-values"}, {"step": "min-max", "low": 0, "high": 1}, {"step": "layout", "order": "NCHW"}]
c = card("mask", sha, "segmentation", [-1, 1, 16, 16], "NCHW", steps,
         [{"name": "mask", "kind": "segmentation", "activation": "softmax", "exclusive": True, "classes": classes}],
         input={"sliding_window": {"size": [16, 16], "overlap": 0.5, "gaussian": True}})
case("masks of an image by windows", c, film, expected, spacing=[0.5, 0.8, 0], windows=windows)
c = copy.deepcopy(c)
c["outputs"][0] |= {"activation": "sigmoid", "exclusive": False}
c["outputs"][0]["classes"] = [class_("lesion", 0.6, index=1, segment=SEGMENT, unsure=[0.5, 0.999]), class_("bright", 0.97, index=2, segment=SEGMENT)]
c["input"]["sliding_window"] |= {"gaussian": False, "overlap": 0.25}
raw, windows = slide(session, "mask", tensor[None], (16, 16), 0.25, False)
p = sigmoid(raw)
expected = []
for key, mask, most in (("lesion", p[1] >= 0.6, p[1].max()), ("bright", p[2] >= 0.97, 1)):
    outcome = "below_threshold"
    e = {}
    if mask.any():
        outcome = "proposed"
        longest, across, _, box = diameters(mask[None], 0.8, 0.5)
        e = {"mask": bits(mask), "region": [*box, "mask"], "values": [["mm2", float(mask.sum() * 0.4)], ["mm", longest], ["mm", across]]}
    if key == "lesion" and 0.5 <= most < 0.999:
        outcome = "unsure"
    expected.append({"outcome": outcome, "class": key} | e)
case("masks that may overlap", c, film, expected, spacing=[0.5, 0.8, 0], windows=windows)

# ---- a volume: [z, y, x] of 11 x 18 x 21 voxels of 0.9 x 0.9 x 2.4 mm, axial with rows to
# the left, columns to the back, slices to the head: LPS; the model wants RAS of 1.2 mm.
z, y, x = np.mgrid[0:11, 0:18, 0:21]
body = 900.0 * ((((z - 5) * 2.4) ** 2 + ((y - 8) * .9) ** 2 + ((x - 10) * .9) ** 2) < 62) - 2400.0 * ((((z - 5) * 2.4) ** 2 + ((y - 8) * .9) ** 2 + ((x - 10) * .9) ** 2) < 6)
body += 900.0 * ((np.abs(z - 9) < 1) & (np.abs(y - 15) < 2) & (np.abs(x - 17) < 2)) + rng.normal(0, 20, z.shape) - 500
volume = np.round(np.clip(body, -3000, 1000)).astype(np.float32)
turned = volume[:, ::-1, ::-1]  # LPS to RAS: columns and rows turned
size = [max(1, int(np.floor(n * s / 1.2 + 0.5))) for n, s in zip(turned.shape, (2.4, .9, .9))]
at = np.meshgrid(*[np.clip((np.arange(m) + 0.5) * 1.2 / s - 0.5, 0, n - 1) for m, n, s in zip(size, turned.shape, (2.4, .9, .9))], indexing="ij")
resampled = ndimage.map_coordinates(turned.astype(np.float64), at, order=1, mode="nearest").astype(np.float32)
mean, std = resampled.astype(np.float64).mean(), resampled.astype(np.float64).std()
tensor = ((resampled - mean) / std).astype(np.float32)
kernel = np.zeros((2, 1, 3, 3, 3), np.float32)
kernel[1] = 1 / 27
session, sha = save("volume", [h.make_node("Conv", ["image", "k", "b"], ["mask"], pads=[1] * 6)],
                    ["N", 1, 12, 10, 10], {"mask": ["N", 2, 12, 10, 10]}, {"k": kernel * 3, "b": [0.6, 0.0]})
raw, windows = slide(session, "mask", tensor[None], (12, 10, 10), 0.5, True)
label = raw.argmax(0) == 1
nearest = [np.clip(np.floor(((np.arange(n) + 0.5) * s / 1.2 - 0.5) + 0.5), -1, m) for n, s, m in zip(turned.shape, (2.4, .9, .9), size)]
inside = np.ix_(*[np.clip(k, 0, m - 1).astype(int) for k, m in zip(nearest, size)])
source = label[inside]
for axis, (k, m) in enumerate(zip(nearest, size)):
    shape = [1, 1, 1]
    shape[axis] = -1
    source = source & ((k >= 0) & (k < m)).reshape(shape)
mask = after(source[:, ::-1, ::-1], False, True, np.ceil(0.1 / (2.4 * .9 * .9 / 1000)))
assert ndimage.label(source)[1] > 1 and (mask & ~source[:, ::-1, ::-1]).any() and (source[:, ::-1, ::-1] & ~mask).any()
longest, across, at_slice, box = diameters(mask, .9, .9)
expected = [{"outcome": "proposed", "class": "organ", "mask": bits(mask), "slice": at_slice, "region": [*box, "mask"],
             "values": [["mL", float(mask.sum() * 2.4 * .9 * .9 / 1000)], ["mm", longest], ["mm", across]]}]
steps = [{"step": "modality-values"}, {"step": "reorient", "axes": "RAS"},
         {"step": "resample-spacing", "x": 1.2, "y": 1.2, "z": 1.2, "interpolation": "linear"}, {"step": "z-score"}, {"step": "layout", "order": "NCDHW"}]
c = card("volume", sha, "segmentation", [-1, 1, 12, 10, 10], "NCDHW", steps,
         [{"name": "mask", "kind": "segmentation", "activation": "softmax", "exclusive": True, "classes": [
             class_("organ", 0, index=1, segment=SEGMENT, post_processing={"fill_holes": True, "minimum_ml": 0.1})]}],
         input={"sliding_window": {"size": [12, 10, 10], "overlap": 0.5, "gaussian": True}})
case("the mask of a volume by windows", c, volume, expected, spacing=[.9, .9, 2.4], windows=windows)

(HERE / "pipelines.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")
for c in cases:
    print(c["name"], [(e["outcome"], e.get("class"), e.get("probability"), e.get("values"), e.get("region")) for e in c["expected"]])
