"""Adds the second output, bacterial or viral, to ../model.onnx, after train.py and
learn.py, and measures it and the cross-validation of both:

    python kind.py --data ../../../../shared/data

The first output's part of the graph stays as it is, bit by bit. Writes
../model.onnx, ../test/, ../calibration.png, ../calibration-kind.png,
metrics.json and cross-validation.tsv.
"""
import argparse
import json
import os
import tempfile
import time

import jax.numpy as jnp
import numpy as np
import onnx
from scipy.optimize import minimize

import common
import films
import learn
import network
import train

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
PREFIX = "kind_"


def merge(path, params, state, temperature, shift):
    """The second network beside the first, both on the one input. Its head is
    that of the two kinds alone: their share where one of them it is."""
    model = onnx.load(path)
    for of in (model.graph.node, model.graph.initializer, model.graph.output):
        for one in [o for o in of if (o.output[0] if hasattr(o, "output") else o.name).startswith("kind")]:
            of.remove(one)
    two = dict(params, head={"w": params["head"]["w"][:, 1:], "b": params["head"]["b"][1:] + np.float32([shift * temperature, 0])})
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "kind.onnx")
        common.export(other, learn.KIND, two, state, channels_in=1, size=films.SIZE, temperature=temperature, kind="softmax", producer="kind")
        second = onnx.load(other).graph
    name = lambda n: n if n == "image" else "kind" if n == "probability" else PREFIX + n
    for node in second.node:
        node.name = PREFIX + node.output[0]
        node.input[:], node.output[:] = [name(n) for n in node.input], [name(n) for n in node.output]
    for w in second.initializer:
        w.name = name(w.name)
    second.output[0].name = "kind"
    model.graph.node.extend(second.node)
    model.graph.initializer.extend(second.initializer)
    model.graph.output.extend(second.output)
    onnx.checker.check_model(model, full_check=True)
    with open(path, "wb") as f:
        f.write(model.SerializeToString(deterministic=True))


def calibrate(z, y):
    """Temperature and shift of a logit."""
    def nll(c):
        v = z / np.exp(c[0]) + c[1]
        return float(np.mean(np.logaddexp(0, v) - y * v))
    fit = minimize(nll, [0.0, 0.0], method="Nelder-Mead").x
    return float(np.exp(fit[0])), float(fit[1])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cross_calibrated(z, y, fold):
    """Probabilities of folds 1..4, each calibrated on the others of them."""
    p = np.full(len(z), np.nan)
    for k in range(1, films.FOLDS):
        others = (fold != k) & (fold > 0)
        t, s = calibrate(z[others], y[others])
        p[fold == k] = sigmoid(z[fold == k] / t + s)
    return p


def choose(y, p):
    """On validation: the smallest larger-probability at which at most 3 in 20 films
    that are named is named wrong."""
    top, right = np.maximum(p, 1 - p), (p >= 0.5) == y
    return next((round(float(t), 2) for t in np.arange(0.5, 0.96, 0.01) if (~right[top >= t]).mean() <= 0.15), 0.95)


def measure(y, p, groups, below):
    ci, named = common.with_ci, np.maximum(p, 1 - p) >= below
    share = lambda m, of: lambda w: w[m & of].sum() / max(w[of].sum(), 1e-9)
    bacterial, said = y == 1, p >= 0.5
    return {
        "images": int(len(y)), "people": len(set(groups)), "bacterial": int(y.sum()), "viral": int((1 - y).sum()),
        "prevalence": round(float(y.mean()), 4),
        "auc": ci(groups, lambda w: common.auc(y, p, w)),
        "accuracy": ci(groups, share(said == bacterial, np.ones(len(y), bool))),
        "named_share": ci(groups, share(named, np.ones(len(y), bool))),
        "right_of_named": ci(groups, share(said == bacterial, named)),
        "bacterial_named_bacterial": ci(groups, share(named & said, bacterial)),
        "bacterial_named_viral": ci(groups, share(named & ~said, bacterial)),
        "viral_named_viral": ci(groups, share(named & ~said, ~bacterial)),
        "viral_named_bacterial": ci(groups, share(named & said, ~bacterial)),
        "right_of_named_bacterial": ci(groups, share(bacterial, named & said)),
        "right_of_named_viral": ci(groups, share(~bacterial, named & ~said)),
        "calibration_error_10_bins": round(common.expected_calibration_error(p, y), 4),
        "brier": round(float(((p - y) ** 2).mean()), 4)}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    a = args.parse_args()
    with open(os.path.join(HERE, "metrics.json"), encoding="utf-8") as f:
        metrics = json.load(f)
    names, images, label = films.load(os.path.join(a.data, "cxr", "paediatric-pneumonia-224"))
    groups, _ = films.join_near_duplicates(images, np.array([films.person(n) for n in names]))
    part = films.divide(groups, label)
    fold, kind = films.deal(groups, label, part), films.kind_of(names)
    learnt = np.load(os.path.join(HERE, "work", "learnt.npz"))
    assert (learnt["fold"] == fold).all()
    params, state = network.from_weights(learnt, "kind.")
    path = os.path.join(PACKAGE, "model.onnx")
    tensor = lambda index: np.concatenate([train.preprocess(images[i]) for i in index])
    ill, bacterial = kind > 0, (kind == 1).astype(int)
    va, te = np.where((part == "validation") & ill)[0], np.where(part == "test")[0]

    # Calibration and the unsure limit, on validation.
    z = learnt["validation_logits"][ill[part == "validation"]]
    temperature, shift = calibrate(z[:, 1] - z[:, 2], bacterial[va])
    before = common.run_all(common.session(path), tensor(te[:32]))
    merge(path, params, state, temperature, shift)
    sess = common.session(path)
    after = common.run_all(sess, tensor(te[:32]))
    assert all((before[k] == after[k]).all() for k in ("probability", "cam")), "the first output has changed"
    x = tensor(va[:32])
    want, _ = network.forward(learn.KIND, params, state, jnp.asarray(x.transpose(0, 2, 3, 1)))
    want = sigmoid(np.asarray(want[:, 1] - want[:, 2]) / temperature + shift)
    difference = float(np.abs(common.run_all(sess, x)["kind"][:, 0] - want).max())
    assert difference < 1e-4, difference
    p_va = common.run_all(sess, tensor(va))["kind"][:, 0]
    below = choose(bacterial[va], p_va)

    # The test set, with all settled.
    out = common.run_all(sess, tensor(te))
    proposed = out["probability"][:, 0] >= metrics["unsure"][1]
    t = ill[te]
    p_te = out["kind"][:, 0]
    well = ~t & proposed
    oof, first = np.full(len(kind), np.nan), np.full(len(kind), np.nan)
    oof[te] = p_te
    m = ill & (fold > 0)
    d = learnt["kind_logits"]
    oof[m] = cross_calibrated((d[:, 1] - d[:, 2])[m], bacterial[m], fold[m])
    m = fold > 0
    first[m] = cross_calibrated(learnt["film_logits"][m].astype(float), label[m], fold[m])
    first[te] = out["probability"][:, 0]

    one = tensor(te[:1])
    single = common.session(path, 1)
    took = []
    for _ in range(60):
        began = time.perf_counter()
        single.run(None, {"image": one})
        took.append(time.perf_counter() - began)
    auc_of = lambda y, p, k: round(common.auc(y[fold == k], p[fold == k]), 4)
    each = [k for k in range(films.FOLDS)]
    ill_auc = [round(common.auc(bacterial[(fold == k) & ill], oof[(fold == k) & ill]), 4) for k in each]
    metrics.update({
        "sha256": common.sha256(path), "bytes": os.path.getsize(path), "cpu": common.cpu_name(),
        "seconds_per_image_one_thread": round(float(np.median(took)), 5),
        "cross_validation": {"folds_auc": [auc_of(label, first, k) for k in each],
                             **train.measure(label, first, groups, metrics["threshold"], *metrics["unsure"])},
        "kind": {
            "device": str(learnt["device"]), "steps": int(learnt["steps"]), "batch": learn.BATCH,
            "steps_tried_validation_auc": {str(int(k)): round(float(v), 4) for k, v in learnt["tried"]},
            "training_seconds": int(learnt["seconds"]), "training_seconds_with_cross_validation": int(learnt["all_seconds"]),
            "temperature": round(temperature, 4), "shift": round(shift, 4), "unsure_below": below,
            "onnx_minus_jax_max": float(f"{difference:.2e}"),
            "train": {"images": int((ill & (part == "train")).sum()), "people": len(set(groups[ill & (part == "train")]))},
            "validation": measure(bacterial[va], p_va, groups[va], below),
            "test": measure(bacterial[te][t], p_te[t], groups[te][t], below),
            "test_normal_films_above_the_band": int(well.sum()),
            "cross_validation": {"folds_auc": ill_auc, **measure(bacterial[ill], oof[ill], groups[ill], below)}}})
    metrics.pop("memory_mib", None)
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    common.calibration_picture(os.path.join(PACKAGE, "calibration.png"), label, first, "pneumonia: share found, cross-validation")
    common.calibration_picture(os.path.join(PACKAGE, "calibration-kind.png"), bacterial[ill], oof[ill], "bacterial: share found, cross-validation")
    with open(os.path.join(HERE, "cross-validation.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tgroup\tfold\tpneumonia\tprobability\tkind\tbacterial\n")
        f.writelines(f"{n}\t{g}\t{k}\t{y}\t{p:.5f}\t{('', 'bacterial', 'viral')[c]}\t{'' if np.isnan(q) else f'{q:.5f}'}\n"
                     for n, g, k, y, p, c, q in zip(names, groups, fold, label, first, kind, oof))
    train.write_tests(path, images, part == "test", label)
    print(json.dumps({k: metrics[k] for k in ("cross_validation", "kind", "seconds_per_image_one_thread")}, indent=1))


if __name__ == "__main__":
    main()
