"""What the training scripts of the shipped models share: a small residual
network in TensorFlow, its optimiser, its export to ONNX by hand, statistics with a
bootstrap over people (or source groups), and the card and test writers.

Everything is seeded, but threads add floating-point numbers in any order, so a
second run ends at slightly different weights. The metrics are always those of
the weights written in the same run.
"""
import hashlib
import json
import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime as ort
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

EPS = 1e-5


# ---------------------------------------------------------------- network --
# A network is a list of layers (name, kernel, stride, channels out, skip).
# skip names an earlier layer whose output is added before the ReLU. Each
# layer is convolution, batch norm, ReLU. Then: a 1 x 1 convolution to one map
# per class, and its mean over the picture is the class's logit. That is a
# class-activation map by construction.

def init(layers, channels_in, classes, seed):
    rng = np.random.default_rng(seed)
    params, state, cin = {}, {}, channels_in
    width = {}
    for name, k, s, cout, skip in layers:
        std = np.sqrt(2.0 / (k * k * cin))
        gamma = np.ones(cout, np.float32)
        if skip:
            assert width[skip] == cout
            gamma *= 0.2
        params[name] = {"w": rng.normal(0, std, (k, k, cin, cout)).astype(np.float32),
                        "g": gamma, "b": np.zeros(cout, np.float32)}
        state[name] = {"m": np.zeros(cout, np.float32), "v": np.ones(cout, np.float32)}
        width[name] = cin = cout
    params["head"] = {"w": rng.normal(0, 0.01, (cin, classes)).astype(np.float32),
                      "b": np.zeros(classes, np.float32)}
    return params, state


def centre_of(side, cells):
    """The middle cells of a map's side, or all of them where cells is 0."""
    return (0, side) if not cells else ((side - cells) // 2, (side - cells) // 2 + cells)


def forward(layers, params, state, x, train, seed=None, drop=0.0, centre=0):
    """Returns class maps [N,h,w,classes] without bias, logits, new state. The
    logits are means over the map, or over its middle centre x centre cells."""
    new, kept = {}, {}
    for name, k, s, cout, skip in layers:
        p, q = params[name], k // 2
        y = tf.nn.conv2d(x, p["w"], s, [[0, 0], [q, q], [q, q], [0, 0]])
        if train:
            y, m, v = tf.compat.v1.nn.fused_batch_norm(y, p["g"], p["b"], epsilon=EPS, is_training=True)
            new[name] = {"m": 0.95 * state[name]["m"] + 0.05 * tf.stop_gradient(m),
                         "v": 0.95 * state[name]["v"] + 0.05 * tf.stop_gradient(v)}
        else:
            scale = p["g"] / np.sqrt(state[name]["v"] + EPS)
            y = y * scale + (p["b"] - state[name]["m"] * scale)
        if skip:
            y = y + kept[skip]
        x = kept[name] = tf.nn.relu(y)
    if train and drop:
        keep = tf.random.stateless_uniform((tf.shape(x)[0], 1, 1, x.shape[3]), seed) >= drop
        x = x * tf.cast(keep, tf.float32) / (1 - drop)
    maps = tf.einsum("nhwc,ck->nhwk", x, params["head"]["w"])
    low, high = centre_of(maps.shape[1], centre)
    return maps, tf.reduce_mean(maps[:, low:high, low:high], (1, 2)) + params["head"]["b"], new


def train(layers, params, state, loss_fn, make_batch, n_train, *, epochs, batch, lr,
          weight_decay, drop, seed, validate, log, centre=0):
    """AdamW with a one-cycle cosine rate and an exponential mean of weights.

    make_batch(index array, rng) -> (x, y) is called on two threads ahead of
    the step, each batch with its own seeded generator, so that the order in
    which threads finish changes nothing. Returns the mean of weights and of the
    batch statistics, as numpy.
    """
    nest = tf.nest
    steps_per = n_train // batch
    total = steps_per * epochs
    variable = lambda t: nest.map_structure(tf.Variable, t)
    mean_p, mean_s = variable(params), variable(state)
    params, state = variable(params), variable(state)
    flat = nest.flatten(params)
    mu, nu = [tf.Variable(tf.zeros_like(v)) for v in flat], [tf.Variable(tf.zeros_like(v)) for v in flat]
    warm = max(1.0, 0.05 * total)

    @tf.function(reduce_retracing=True)
    def step(x, y, i):
        with tf.GradientTape() as tape:
            _, logits, new = forward(layers, params, state, x, True, tf.stack([seed, tf.cast(i, tf.int32)]), drop, centre)
            loss = loss_fn(logits, y)
        gradients = tape.gradient(loss, flat)
        rate = lr * tf.where(i < warm, (i + 1) / warm, 0.5 * (1 + tf.cos(np.pi * (i - warm) / (total - warm))))
        c1, c2 = 1 - 0.9 ** (i + 1), 1 - 0.99 ** (i + 1)
        for w, g, m, v in zip(flat, gradients, mu, nu):
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.99 * v + 0.01 * g * g)
            decay = weight_decay * w if len(w.shape) > 1 else 0.0
            w.assign_sub(rate * ((m / c1) / (tf.sqrt(v / c2) + 1e-8) + decay))
        nest.map_structure(lambda s, n: s.assign(n), state, new)
        d = tf.minimum(0.995, (1 + i) / (10 + i))
        for mean, now in ((mean_p, params), (mean_s, state)):
            nest.map_structure(lambda a, b: a.assign(d * a + (1 - d) * b), mean, now)
        return loss

    as_numpy = lambda: tuple(nest.map_structure(lambda v: v.numpy(), t) for t in (mean_p, mean_s))
    i, t0 = 0, time.time()
    with ThreadPoolExecutor(2) as pool:
        for epoch in range(epochs):
            order = np.random.default_rng([seed, epoch]).permutation(n_train)
            def job(b):
                return make_batch(order[b * batch:(b + 1) * batch],
                                  np.random.default_rng([seed, epoch, b]))
            ahead = [pool.submit(job, b) for b in range(min(4, steps_per))]
            loss_sum = 0.0
            for b in range(steps_per):
                x, y = ahead.pop(0).result()
                if b + 4 < steps_per:
                    ahead.append(pool.submit(job, b + 4))
                loss_sum += float(step(tf.constant(x), tf.constant(y), tf.constant(i, tf.float32)))
                i += 1
            log(f"epoch {epoch + 1}/{epochs} loss {loss_sum / steps_per:.4f} "
                f"{validate(*as_numpy()) if (epoch + 1) % 4 == 0 or epoch + 1 == epochs else ''} "
                f"{time.time() - t0:.0f} s")
    return as_numpy()


def predict(layers, params, state, images, to_input, batch=64, centre=0):
    f = tf.function(lambda x: forward(layers, params, state, x, False, centre=centre)[:2], reduce_retracing=True)
    maps, logits = [], []
    for a in range(0, len(images), batch):
        x = np.stack([to_input(im) for im in images[a:a + batch]])
        m, l = f(tf.constant(x))
        maps.append(m.numpy()); logits.append(l.numpy())
    return np.concatenate(maps), np.concatenate(logits)


# ------------------------------------------------------------------- ONNX --

def export(path, layers, params, state, *, channels_in, size, temperature, kind, producer, shift=0.0,
           centre=0, flips=False):
    """Writes the network, batch norm folded in, the calibration (logit divided
    by temperature, plus shift) in the head.

    kind "sigmoid": outputs probability [N,1] and cam [N,1,h,w].
    kind "softmax": output probability [N,classes].
    kind "softmax-and-none": the last logit is that of none of the classes. Output
    probability [N,classes-1], into which its probability goes in equal parts.
    flips: the network sees the image and its three mirror images, and the logit
    is the mean over them; for the two kinds of softmax.
    """
    nodes, weights = [], []

    def const(name, value):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def integers(name, value):
        weights.append(numpy_helper.from_array(np.array(value, np.int64), name))
        return name

    x = "image"
    if flips:
        seen = [x]
        for i, axes in enumerate(([3], [2], [2, 3])):
            each = [integers(f"flip{i}_{n}", [v] * len(axes)) for n, v in (("from", -1), ("to", -2 ** 31))]
            each += [integers(f"flip{i}_axes", axes), integers(f"flip{i}_step", [-1] * len(axes))]
            nodes.append(helper.make_node("Slice", [x, *each], [f"flip{i}"]))
            seen.append(f"flip{i}")
        nodes.append(helper.make_node("Concat", seen, ["seen"], axis=0))
        x = "seen"
    for name, k, s, cout, skip in layers:
        p, q = params[name], state[name]
        scale = np.asarray(p["g"]) / np.sqrt(np.asarray(q["v"]) + EPS)
        w = np.transpose(np.asarray(p["w"]) * scale, (3, 2, 0, 1))
        b = np.asarray(p["b"]) - np.asarray(q["m"]) * scale
        out = name + "_conv"
        nodes.append(helper.make_node(
            "Conv", [x, const(name + "_w", w), const(name + "_b", b)], [out], name=name,
            kernel_shape=[k, k], strides=[s, s], pads=[k // 2] * 4))
        if skip:
            nodes.append(helper.make_node("Add", [out, skip], [name + "_sum"]))
            out = name + "_sum"
        nodes.append(helper.make_node("Relu", [out], [name]))
        x = name
    w = np.asarray(params["head"]["w"]) / temperature
    b = np.asarray(params["head"]["b"]) / temperature + shift
    classes = w.shape[1]
    maps = "cam" if kind == "sigmoid" else "maps"
    nodes.append(helper.make_node("Conv", [x, const("head_w", w.T[:, :, None, None])], [maps],
                                  kernel_shape=[1, 1]))
    f32, side = TensorProto.FLOAT, size
    for _, k, s, _, _ in layers:
        side = (side + 2 * (k // 2) - k) // s + 1
    middle = maps
    if centre:
        low, high = centre_of(side, centre)
        for name, value in (("from", [low, low]), ("to", [high, high]), ("axes", [2, 3])):
            integers("centre_" + name, value)
        middle = "centre"
        nodes.append(helper.make_node("Slice", [maps, "centre_from", "centre_to", "centre_axes"], [middle]))
    nodes.append(helper.make_node("GlobalAveragePool", [middle], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], axis=1))
    flat = "flat"
    if flips:
        assert kind.startswith("softmax")
        nodes.append(helper.make_node("Reshape", [flat, integers("by_flip", [4, -1, classes])], ["flat_by_flip"]))
        nodes.append(helper.make_node("ReduceMean", ["flat_by_flip"], ["flat_mean"], axes=[0], keepdims=0))
        flat = "flat_mean"
    nodes.append(helper.make_node("Add", [flat, const("head_b", b)], ["logit"]))
    none = kind == "softmax-and-none"
    if none:
        integers("named_and_none", [classes - 1, 1])
        const("part", np.full(1, 1 / (classes - 1)))
        nodes += [
            helper.make_node("Softmax", ["logit"], ["all"], axis=1),
            helper.make_node("Split", ["all", "named_and_none"], ["named", "none"], axis=1),
            helper.make_node("Mul", ["none", "part"], ["share"]),
            helper.make_node("Add", ["named", "share"], ["probability"])]
    else:
        last = ("Sigmoid", {}) if kind == "sigmoid" else ("Softmax", {"axis": 1})
        nodes.append(helper.make_node(last[0], ["logit"], ["probability"], **last[1]))
    outputs = [helper.make_tensor_value_info("probability", f32, ["N", classes - none])]
    if kind == "sigmoid":
        outputs.append(helper.make_tensor_value_info("cam", f32, ["N", classes, side, side]))
    graph = helper.make_graph(
        nodes, producer, [helper.make_tensor_value_info("image", f32, ["N", channels_in, size, size])],
        outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                              producer_name="longying", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    with open(path, "wb") as f:
        f.write(model.SerializeToString(deterministic=True))
    return [side, side]


def session(path, threads=0):
    o = ort.SessionOptions()
    o.intra_op_num_threads = threads
    return ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])


def run_all(sess, x, batch=64):
    names = [o.name for o in sess.get_outputs()]
    parts = [sess.run(None, {"image": x[a:a + batch]}) for a in range(0, len(x), batch)]
    return {n: np.concatenate([p[i] for p in parts]) for i, n in enumerate(names)}


# ------------------------------------------------------------- statistics --

def auc(y, p, w=None):
    """Area under the ROC curve, ties counted half, optional weights."""
    w = np.ones(len(y)) if w is None else w
    order = np.argsort(p, kind="mergesort")
    y, p, w = np.asarray(y)[order], np.asarray(p)[order], np.asarray(w, float)[order]
    _, start = np.unique(p, return_index=True)
    pos, neg = np.add.reduceat(w * (y == 1), start), np.add.reduceat(w * (y != 1), start)
    below = np.concatenate([[0], np.cumsum(neg)[:-1]])
    return float((pos * (below + neg / 2)).sum() / (pos.sum() * neg.sum()))


def bootstrap(groups, statistic, n=2000, seed=0):
    """Percentile 95 % interval of statistic(weights per sample), where whole
    people (or source groups) are drawn with replacement, never single images."""
    ids, inverse = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(n):
        count = np.bincount(rng.integers(0, len(ids), len(ids)), minlength=len(ids))
        v = statistic(count[inverse].astype(float))
        if np.all(np.isfinite(v)):
            values.append(v)
    return np.percentile(np.array(values), [2.5, 97.5], axis=0)


def figure(value, ci, digits=4):
    return {"value": round(float(value), digits),
            "ci95": [round(float(ci[0]), digits), round(float(ci[1]), digits)]}


def with_ci(groups, statistic, seed=0):
    groups = np.asarray(groups)
    return figure(statistic(np.ones(len(groups))), bootstrap(groups, statistic, seed=seed))


def expected_calibration_error(confidence, correct, bins=10):
    edge = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(correct[edge == b].mean() - confidence[edge == b].mean())
                     * (edge == b).mean() for b in range(bins) if (edge == b).any()))


# ------------------------------------------------------------------ files --

def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=2)
        f.write("\n")


def cpu_name():
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    return f"{line.split(':', 1)[1].strip()}, {os.cpu_count()} cores"
    except OSError:
        pass
    return f"{platform.machine()}, {os.cpu_count()} cores"


def dump(folder, name, array, dtype):
    np.ascontiguousarray(array).astype(dtype).tofile(os.path.join(folder, name))
    return name


def write_cases(folder, onnx_path, inputs, tolerance=1e-4):
    """test/cases.json: tensors in, tensors expected from onnxruntime."""
    sess, cases = session(onnx_path, 1), []
    for i, x in enumerate(inputs):
        x = np.asarray(x, np.float32)
        out = run_all(sess, x)
        cases.append({
            "input": dump(folder, f"input{i}.f32", x, "<f4"), "shape": list(x.shape),
            "expected": {k: {"file": dump(folder, f"expected{i}_{k}.f32", v, "<f4"),
                             "shape": list(v.shape)} for k, v in out.items()},
            "tolerance": tolerance})
    write_json(os.path.join(folder, "cases.json"), cases)


def write_preprocess(folder, pictures, to_tensor, tolerance=1e-4):
    """test/preprocess.json: pixels in, the model's input tensor expected."""
    rows = []
    for i, (pixels, photometric) in enumerate(pictures):
        kind = {"uint8": "u8", "uint16": "u16"}[pixels.dtype.name]
        tensor = to_tensor(pixels)
        rows.append({
            "pixels": dump(folder, f"pixels{i}.{kind}", pixels, pixels.dtype.newbyteorder("<")),
            "rows": pixels.shape[0], "columns": pixels.shape[1],
            "samples": 1 if pixels.ndim == 2 else pixels.shape[2], "photometric": photometric,
            "tensor": dump(folder, f"tensor{i}.f32", tensor, "<f4"),
            "shape": list(tensor.shape), "tolerance": tolerance})
    write_json(os.path.join(folder, "preprocess.json"), rows)


def memory_mib(path, shape):
    """Peak memory of a process of its own that runs the model once, less that
    of one that only loads onnxruntime (Linux; ru_maxrss would count the parent)."""
    import subprocess
    import sys
    code = ("import sys,numpy as np,onnxruntime as o\n"
            "if len(sys.argv) > 1:\n"
            " s=o.InferenceSession(sys.argv[1],providers=['CPUExecutionProvider'])\n"
            " s.run(None,{s.get_inputs()[0].name:np.zeros(eval(sys.argv[2]),np.float32)})\n"
            "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0])")
    peak = lambda *a: int(subprocess.run([sys.executable, "-c", code, *a], check=True,
                                         capture_output=True, text=True).stdout)
    return int(np.ceil((peak(path, str(shape)) - peak()) / 1024))


def metric(name, f, n, set_="test"):
    return {"name": name, "set": set_, "value": f["value"], "low": f["ci95"][0], "high": f["ci95"][1], "n": n}


def percent(f):
    """0.9312 with its interval as 93.1 % (91.2–94.8)."""
    if isinstance(f, dict):
        return f"{100 * f['value']:.1f} % (95 % CI {100 * f['ci95'][0]:.1f}–{100 * f['ci95'][1]:.1f})"
    return f"{100 * f:.1f} %"


def plain(f):
    return f"{f['value']:.3f} (95 % CI {f['ci95'][0]:.3f}–{f['ci95'][1]:.3f})"


def statistics(x):
    """Of the tensors of training images x [N,C,H,W], as the card states them: for
    each of mean, standard deviation and three percentiles the median over images
    and the limits within which all but 2 in 1,000 of them lie."""
    flat = x.reshape(len(x), -1)
    each = {"mean": flat.mean(1, dtype=np.float64), "std": flat.std(1, dtype=np.float64)}
    each.update(zip(("p01", "p50", "p99"), np.concatenate(
        [np.percentile(flat[a:a + 256], [1, 50, 99], axis=1) for a in range(0, len(flat), 256)], axis=1)))
    return {k: dict(zip(("value", "low", "high"), (round(float(q), 4) for q in np.percentile(v, [50, 0.1, 99.9]))))
            for k, v in each.items()}


def calibration_picture(path, y, p, title=""):
    """Said against found in ten bins of equal width, the size of each bin
    below, as a small PNG. Drawn with Pillow: nothing else to install."""
    from PIL import Image, ImageDraw
    side, left, top, low = 260, 44, 24, 60
    im = Image.new("RGB", (left + side + 16, top + side + low + 30), "white")
    d = ImageDraw.Draw(im)
    at = lambda x, v: (left + x * side, top + (1 - v) * side)
    d.rectangle([at(0, 1), at(1, 0)], outline="#888888")
    d.line([at(0, 0), at(1, 1)], fill="#bbbbbb")
    for v in (0, 0.5, 1):
        d.text((left - 26, top + (1 - v) * side - 6), f"{v:g}", fill="black")
        d.text((left + v * side - 6, top + side + low + 4), f"{v:g}", fill="black")
    bins = np.minimum((np.asarray(p) * 10).astype(int), 9)
    most, points = max(np.bincount(bins, minlength=10)), []
    for b in range(10):
        m = bins == b
        if not m.any():
            continue
        n, found, said = int(m.sum()), float(np.mean(np.asarray(y)[m])), float(np.mean(np.asarray(p)[m]))
        # Wilson's interval
        z, c = 1.96, n + 1.96 ** 2
        mid, half = (n * found + z * z / 2) / c, z * np.sqrt(found * (1 - found) * n + z * z / 4) / c
        d.line([at(said, mid - half), at(said, mid + half)], fill="#0072b2", width=2)
        points.append(at(said, found))
        high = low * 0.8 * n / most
        d.rectangle([left + b * side / 10 + 2, top + side + low - high, left + (b + 1) * side / 10 - 2, top + side + low], fill="#cccccc")
    d.line(points, fill="#0072b2", width=1)
    for x, v in points:
        d.ellipse([x - 3, v - 3, x + 3, v + 3], fill="#0072b2")
    d.text((left, 6), title or "share found against probability said", fill="black")
    d.text((left, top + side + low + 16), "probability said; grey: how many", fill="black")
    im.save(path, optimize=True)


def estimate(f):
    """A figure as the card's Estimate."""
    return {"value": f["value"], "low": f["ci95"][0], "high": f["ci95"][1]}
