"""What the training scripts of the two shipped models share: a small residual
network in JAX, its optimiser, its export to ONNX by hand, statistics with a
bootstrap over people (or source groups), and the card and test writers.

Everything is seeded. On one machine with one number of cores a run repeats
itself; another machine adds floating-point numbers in another order and ends
at slightly different weights. The metrics are always those of the weights
written in the same run.
"""
import hashlib
import json
import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime as ort
from jax import lax
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
    as_jax = lambda t: jax.tree_util.tree_map(jnp.asarray, t)
    return as_jax(params), as_jax(state)


def conv(x, w, stride):
    p = w.shape[0] // 2
    return lax.conv_general_dilated(x, w, (stride, stride), ((p, p), (p, p)),
                                    dimension_numbers=("NHWC", "HWIO", "NHWC"))


def forward(layers, params, state, x, train, key=None, drop=0.0):
    """Returns class maps [N,h,w,classes] without bias, logits, new state."""
    new, kept = {}, {}
    for name, k, s, cout, skip in layers:
        p = params[name]
        y = conv(x, p["w"], s)
        if train:
            m, v = y.mean((0, 1, 2)), y.var((0, 1, 2))
            new[name] = {"m": 0.95 * state[name]["m"] + 0.05 * lax.stop_gradient(m),
                         "v": 0.95 * state[name]["v"] + 0.05 * lax.stop_gradient(v)}
        else:
            m, v = state[name]["m"], state[name]["v"]
        y = (y - m) * (p["g"] * lax.rsqrt(v + EPS)) + p["b"]
        if skip:
            y = y + kept[skip]
        x = kept[name] = jax.nn.relu(y)
    if train and drop:
        keep = jax.random.bernoulli(key, 1 - drop, (x.shape[0], 1, 1, x.shape[3]))
        x = x * keep / (1 - drop)
    maps = jnp.einsum("nhwc,ck->nhwk", x, params["head"]["w"])
    return maps, maps.mean((1, 2)) + params["head"]["b"], new


def train(layers, params, state, loss_fn, make_batch, n_train, *, epochs, batch, lr,
          weight_decay, drop, seed, validate, log):
    """AdamW with a one-cycle cosine rate and an exponential mean of weights.

    make_batch(index array, rng) -> (x, y) is called on two threads ahead of
    the step, each batch with its own seeded generator, so that the order in
    which threads finish changes nothing.
    """
    tree = jax.tree_util.tree_map
    steps_per = n_train // batch
    total = steps_per * epochs
    zeros = lambda t: tree(jnp.zeros_like, t)

    def objective(p, s, x, y, key):
        _, logits, new = forward(layers, p, s, x, True, key, drop)
        return loss_fn(logits, y), new

    @jax.jit
    def step(p, s, mu, nu, ema, x, y, key, i):
        (loss, s), g = jax.value_and_grad(objective, has_aux=True)(p, s, x, y, key)
        warm = 0.05 * total
        rate = lr * jnp.where(i < warm, (i + 1) / warm,
                              0.5 * (1 + jnp.cos(jnp.pi * (i - warm) / (total - warm))))
        mu = tree(lambda a, b: 0.9 * a + 0.1 * b, mu, g)
        nu = tree(lambda a, b: 0.99 * a + 0.01 * b * b, nu, g)
        c1, c2 = 1 - 0.9 ** (i + 1), 1 - 0.99 ** (i + 1)

        def update(w, a, b):
            decay = weight_decay * w if w.ndim > 1 else 0.0
            return w - rate * ((a / c1) / (jnp.sqrt(b / c2) + 1e-8) + decay)
        p = tree(update, p, mu, nu)
        d = jnp.minimum(0.995, (1 + i) / (10 + i))
        ema = tree(lambda a, b: d * a + (1 - d) * b, ema, (p, s))
        return p, s, mu, nu, ema, loss

    mu, nu, ema = zeros(params), zeros(params), (params, state)
    key, i, t0 = jax.random.PRNGKey(seed), 0, time.time()
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
                params, state, mu, nu, ema, loss = step(
                    params, state, mu, nu, ema, x, y, jax.random.fold_in(key, i), i)
                loss_sum += float(loss)
                i += 1
            log(f"epoch {epoch + 1}/{epochs} loss {loss_sum / steps_per:.4f} "
                f"{validate(*ema) if (epoch + 1) % 4 == 0 or epoch + 1 == epochs else ''} "
                f"{time.time() - t0:.0f} s")
    return ema


def predict(layers, params, state, images, to_input, batch=64):
    f = jax.jit(lambda x: forward(layers, params, state, x, False)[:2])
    maps, logits = [], []
    for a in range(0, len(images), batch):
        x = np.stack([to_input(im) for im in images[a:a + batch]])
        m, l = f(x)
        maps.append(np.asarray(m)); logits.append(np.asarray(l))
    return np.concatenate(maps), np.concatenate(logits)


# ------------------------------------------------------------------- ONNX --

def export(path, layers, params, state, *, channels_in, size, temperature, kind, producer, shift=0.0):
    """Writes the network, batch norm folded in, the calibration (logit divided
    by temperature, plus shift) in the head.

    kind "sigmoid": outputs probability [N,1] and cam [N,1,h,w].
    kind "softmax": output probability [N,classes].
    """
    nodes, weights = [], []

    def const(name, value):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    x = "image"
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
    nodes.append(helper.make_node("GlobalAveragePool", [maps], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], axis=1))
    nodes.append(helper.make_node("Add", ["flat", const("head_b", b)], ["logit"]))
    last = ("Sigmoid", {}) if kind == "sigmoid" else ("Softmax", {"axis": 1})
    nodes.append(helper.make_node(last[0], ["logit"], ["probability"], **last[1]))
    f32, side = TensorProto.FLOAT, size
    for _, k, s, _, _ in layers:
        side = (side + 2 * (k // 2) - k) // s + 1
    outputs = [helper.make_tensor_value_info("probability", f32, ["N", classes])]
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
