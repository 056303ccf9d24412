"""Trains, measures and packs cxr-paediatric-pneumonia. From scratch:

    pip install -r requirements.txt
    python train.py --data ../../../../shared/data --epochs 18
    python kind.py --data ../../../../shared/data

Writes ../model.onnx with its first output, ../test/, weights.npz, metrics.json,
split.tsv and test-probabilities.tsv; kind.py adds the second output; then
`python card.py` writes ../card.json and ../README.md from metrics.json.
"""
import argparse
import csv
import glob
import json
import os
import time

import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import common
from films import LAYERS, NEAR_DUPLICATE, SEED, SIZE, divide, join_near_duplicates, load, person

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
BOX = 0.6  # a box is drawn where the map is at least this share of its maximum

# ---------------------------------------------------------- preprocessing --

def preprocess(pixels, photometric="MONOCHROME2"):
    """The card's steps: modality-values (no LUT here), invert-monochrome1,
    resize 224 bilinear antialias, z-score, layout NCHW."""
    x = np.asarray(pixels, np.float32)
    if photometric == "MONOCHROME1":
        x = x.max() + x.min() - x
    x = np.asarray(Image.fromarray(x, "F").resize((SIZE, SIZE), Image.BILINEAR))
    return zscore(x)[None, None]


def zscore(x):
    x = x.astype(np.float32)
    return ((x - x.mean(dtype=np.float64)) / x.std(dtype=np.float64)).astype(np.float32)


def augment(im, rng):
    """Rotation to 8 degrees, each axis scaled by itself to 15 % (the squeeze
    upstream hid the shape of the film, which must not be learnt back), shift,
    gamma, soft focus, noise, and a dark border now and then (collimation).
    No flip."""
    t = np.deg2rad(rng.uniform(-8, 8))
    sx, sy = rng.uniform(0.85, 1.15, 2)
    dx, dy = rng.uniform(-12, 12, 2)
    c, s = np.cos(t), np.sin(t)
    h = SIZE / 2
    a, b, d, e = c / sx, s / sx, -s / sy, c / sy
    m = (a, b, h - a * (h + dx) - b * (h + dy), d, e, h - d * (h + dx) - e * (h + dy))
    im = Image.fromarray(im).transform((SIZE, SIZE), Image.AFFINE, m, Image.BILINEAR)
    if rng.random() < 0.3:
        k = int(rng.integers(112, 200))
        im = im.resize((k, k), Image.BILINEAR).resize((SIZE, SIZE), Image.BILINEAR)
    x = np.asarray(im, np.float32) / 255
    x = np.power(x, np.exp(rng.uniform(-0.45, 0.45)), dtype=np.float32)
    if rng.random() < 0.3:
        x = x + rng.normal(0, rng.uniform(0, 0.03), x.shape).astype(np.float32)
    if rng.random() < 0.6:
        l, u, r, v = rng.integers(0, 32, 4)
        x = x.copy()
        x[:u], x[SIZE - v:], x[:, :l], x[:, SIZE - r:] = 0, 0, 0, 0
    return zscore(x)[..., None]


# ---------------------------------------------------------------- measure --

def sens_spec(y, p, t, w):
    return (w[(y == 1) & (p >= t)].sum() / w[y == 1].sum(),
            w[(y == 0) & (p < t)].sum() / w[y == 0].sum())


def choose(y, p):
    """On validation: the threshold with sensitivity and specificity closest to
    each other; the unsure band from the probability below which 1 in 100
    positives lies to the one above which 1 in 100 negatives lies, at least 0.15
    to each side of the threshold, never beyond 0.02 and 0.98."""
    grid = np.unique(np.round(p, 3))
    w = np.ones(len(y))
    threshold = min(grid, key=lambda t: abs(np.subtract(*sens_spec(y, p, t, w))))
    low = min(np.quantile(p[y == 1], 0.01), threshold - 0.15)
    high = max(np.quantile(p[y == 0], 0.99), threshold + 0.15)
    return [round(float(v), 2) for v in (threshold, max(low, 0.02), min(high, 0.98))]


def measure(y, p, groups, threshold, low, high):
    ci = common.with_ci
    operating = common.bootstrap(groups, lambda w: sens_spec(y, p, threshold, w))
    value = sens_spec(y, p, threshold, np.ones(len(y)))
    band = lambda w: w[(p >= low) & (p < high)].sum() / w.sum()
    outside = (p < low) | (p >= high)
    return {
        "images": int(len(y)), "people": int(len(set(groups))),
        "positive": int(y.sum()), "negative": int((1 - y).sum()),
        "prevalence": round(float(y.mean()), 4),
        "auc": ci(groups, lambda w: common.auc(y, p, w)),
        "sensitivity": common.figure(value[0], operating[:, 0]),
        "specificity": common.figure(value[1], operating[:, 1]),
        "unsure_share": ci(groups, band),
        "sensitivity_outside_band": ci(groups, lambda w: w[(y == 1) & (p >= high)].sum() / w[(y == 1) & outside].sum()),
        "specificity_outside_band": ci(groups, lambda w: w[(y == 0) & (p < low)].sum() / w[(y == 0) & outside].sum()),
        "calibration_error_10_bins": round(common.expected_calibration_error(p, y), 4),
        "brier": round(float(((p - y) ** 2).mean()), 4),
    }


def box_share(maps):
    """How much of the film the boxes of true positives cover: how coarse they are."""
    share = []
    for m in maps:
        y, x = np.where(m >= BOX * m.max())
        share.append((np.ptp(y) + 1) * (np.ptp(x) + 1) / m.size)
    return round(float(np.median(share)), 3)


def border_baseline(images, label, part, width=14):
    """How far one gets without looking at the lungs: a logistic regression on
    a 14-pixel frame of the film. What it reaches is the data set's shortcut."""
    keep = np.ones((SIZE, SIZE), bool)
    keep[width:-width, width:-width] = False
    x = np.stack([np.asarray(Image.fromarray(im * keep).resize((32, 32), Image.BOX)) for im in images])
    small = np.ones((32, 32), bool)
    small[2:-2, 2:-2] = False
    x = x[:, small].astype(float)
    scale = StandardScaler().fit(x[part == "train"])
    m = LogisticRegression(C=0.01, max_iter=2000).fit(scale.transform(x[part == "train"]), label[part == "train"])
    return common.auc(label[part == "test"], m.decision_function(scale.transform(x[part == "test"])))


def shortcut(images, label, sess, width=14):
    """The shipped model itself with the frame blackened, and with everything
    but the frame blackened: AUC on test."""
    frame = np.ones((SIZE, SIZE), bool)
    frame[width:-width, width:-width] = False
    score = lambda mask: common.auc(label, common.run_all(sess, np.concatenate(
        [preprocess(im * mask) for im in images]))["probability"][:, 0])
    return {"width_pixels": width, "frame_blackened": round(score(~frame), 4),
            "all_but_frame_blackened": round(score(frame), 4)}


def adult_films(folder, sess, threshold, high):
    rows = {r["image_id"]: r for r in csv.DictReader(open(os.path.join(folder, "data.csv"), encoding="utf-8"))}
    paths = sorted(glob.glob(os.path.join(folder, "*.png")))
    x = np.concatenate([preprocess(np.asarray(Image.open(p).convert("L"))) for p in paths])
    p = common.run_all(sess, x)["probability"][:, 0]
    ids = [os.path.splitext(os.path.basename(f))[0] for f in paths]
    return {"films": len(paths), "people": len({rows[i]["patient_id"] for i in ids if i in rows}),
            "note": "adults with COVID-19, none of them normal, none a child: any number here is outside the model's use",
            "called_positive": round(float((p >= threshold).mean()), 4),
            "confidently_positive": round(float((p >= high).mean()), 4),
            "mean_probability": round(float(p.mean()), 4)}


MADE = ("epochs", "training_seconds", "cpu", "temperature", "shift", "cam_size", "onnx_minus_tensorflow_max")


def make(a, path, images, label, tr, va, te):
    """Trains, calibrates and writes the graph; returns what MADE names."""
    began = time.time()
    params, state = common.init(LAYERS, 1, 1, SEED)
    x_train, y_train = images[tr], label[tr]

    def make_batch(index, rng):
        return (np.stack([augment(x_train[i], rng) for i in index]),
                y_train[index].astype(np.float32))

    def loss(logits, y):
        z, y = logits[:, 0], y * 0.98 + 0.01
        return tf.reduce_mean(tf.nn.softplus(z) - y * z)

    to_input = lambda im: zscore(im)[..., None]

    def validate(p, s):
        _, z = common.predict(LAYERS, p, s, images[va], to_input)
        return f"validation AUC {common.auc(label[va], z[:, 0]):.4f}"

    params, state = common.train(
        LAYERS, params, state, loss, make_batch, len(x_train), epochs=a.epochs, batch=a.batch,
        lr=a.lr, weight_decay=0.02, drop=0.1, seed=SEED, validate=validate,
        log=lambda s: print(s, flush=True))
    seconds = round(time.time() - began)
    np.savez(os.path.join(HERE, "weights.npz"), **{f"{layer}.{what}": v for t in (params, state) for layer, of in t.items() for what, v in of.items()})

    _, z_va = common.predict(LAYERS, params, state, images[va], to_input)
    def nll(c):
        z = z_va[:, 0] / np.exp(c[0]) + c[1]
        return float(np.mean(np.logaddexp(0, z) - label[va] * z))
    fit = minimize(nll, [0.0, 0.0], method="Nelder-Mead").x
    temperature, shift = float(np.exp(fit[0])), float(fit[1])
    cam_size = common.export(path, LAYERS, params, state, channels_in=1, size=SIZE,
                             temperature=temperature, shift=shift, kind="sigmoid", producer="cxr-paediatric-pneumonia")
    maps, z = common.predict(LAYERS, params, state, images[te], to_input)
    out = common.run_all(common.session(path), np.concatenate([preprocess(im) for im in images[te]]))
    difference = {
        "probability": np.abs(1 / (1 + np.exp(-z[:, 0] / temperature - shift)) - out["probability"][:, 0]).max(),
        "cam": np.abs(maps[..., 0] / temperature - out["cam"][:, 0]).max()}
    assert max(difference.values()) < 1e-4, difference
    return dict(zip(MADE, (a.epochs, seconds, common.cpu_name(), round(temperature, 4), round(shift, 4), cam_size,
                           {k: float(f"{v:.2e}") for k, v in difference.items()})))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    args.add_argument("--epochs", type=int, default=18)
    args.add_argument("--batch", type=int, default=32)
    args.add_argument("--lr", type=float, default=2e-3)
    args.add_argument("--measure-only", action="store_true", help="keep model.onnx, measure again")
    a = args.parse_args()
    names, images, label = load(os.path.join(a.data, "cxr", "paediatric-pneumonia-224"))
    people = np.array([person(n) for n in names])
    groups, duplicates = join_near_duplicates(images, people)
    part = divide(groups, label)
    for g in set(groups):
        assert len(set(part[groups == g])) == 1
    with open(os.path.join(HERE, "split.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tgroup\tpart\n")
        f.writelines(f"{n}\t{g}\t{q}\n" for n, g, q in zip(names, groups, part))
    tr, va, te = (part == k for k in ("train", "validation", "test"))
    print({k: int(m.sum()) for k, m in (("train", tr), ("validation", va), ("test", te))}, duplicates, flush=True)

    path = os.path.join(PACKAGE, "model.onnx")
    if a.measure_only:
        with open(os.path.join(HERE, "metrics.json"), encoding="utf-8") as f:
            before = json.load(f)
        assert common.sha256(path) == before["sha256"], "model.onnx is not the one measured before"
        made = {k: before[k] for k in MADE}
    else:
        made = make(a, path, images, label, tr, va, te)
    sess = common.session(path)
    tensor = lambda ims: np.concatenate([preprocess(im) for im in ims])
    p_va = common.run_all(sess, tensor(images[va]))["probability"][:, 0]
    threshold, low, high = choose(label[va], p_va)

    out = common.run_all(sess, tensor(images[te]))
    p_te = out["probability"][:, 0]
    g_te, y_te = groups[te], label[te]
    test = measure(y_te, p_te, g_te, threshold, low, high)
    kind = np.array([("bacteria" if "bacteria" in n else "virus" if "virus" in n else "") for n in names])[te]
    test["sensitivity_bacteria"] = round(float((p_te[kind == "bacteria"] >= threshold).mean()), 4)
    test["sensitivity_virus"] = round(float((p_te[kind == "virus"] >= threshold).mean()), 4)

    test["box_share_of_film_median"] = box_share(out["cam"][(y_te == 1) & (p_te >= threshold), 0])

    one = tensor(images[te][:1])
    single = common.session(path, 1)
    single.run(None, {"image": one})
    t = time.time()
    for _ in range(20):
        single.run(None, {"image": one})
    metrics = {
        "model": "cxr-paediatric-pneumonia", "sha256": common.sha256(path), "bytes": os.path.getsize(path),
        "seed": SEED, **made,
        "seconds_per_image_one_thread": round((time.time() - t) / 20, 4),
        "split": {k: {"images": int(m.sum()), "people": int(len(set(groups[m]))),
                      "pneumonia": int(label[m].sum()), "normal": int((1 - label[m]).sum())}
                  for k, m in (("train", tr), ("validation", va), ("test", te))},
        "near_duplicates": dict(duplicates, threshold=NEAR_DUPLICATE),
        "threshold": threshold, "unsure": [low, high], "cam_box_fraction": BOX,
        "validation": measure(label[va], p_va, groups[va], threshold, low, high),
        "test": test,
        "frame_only_logistic_regression_test_auc": round(border_baseline(images, label, part), 4),
        "model_test_auc": shortcut(images[te], y_te, sess),
        "adult_films": adult_films(os.path.join(a.data, "cxr", "hannover-covid"), sess, threshold, high),
    }
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    with open(os.path.join(HERE, "test-probabilities.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tgroup\tlabel\tprobability\n")
        f.writelines(f"{n}\t{g}\t{y}\t{p:.5f}\n" for n, g, y, p in
                     zip(np.array(names)[te], g_te, y_te, p_te))
    write_tests(path, images, te, label)
    print(metrics, flush=True)


def write_tests(path, images, te, label):
    folder = os.path.join(PACKAGE, "test")
    os.makedirs(folder, exist_ok=True)
    ids = np.where(te)[0]
    picks = [ids[label[ids] == 1][0], ids[label[ids] == 0][0]]
    common.write_cases(folder, path, [preprocess(images[i]) for i in picks])
    v, u = np.mgrid[0:300, 0:260]
    synthetic = (2000 + 1500 * np.sin(u / 17.0) * np.cos(v / 23.0) + 3 * u + 5 * v +
                 np.random.default_rng(SEED).integers(0, 200, u.shape)).astype(np.uint16)
    # 8 bit and 224 x 224 (resize does nothing), 8 bit enlarged, 16 bit reduced.
    common.write_preprocess(folder, [
        (images[picks[0]], "MONOCHROME2"), (synthetic, "MONOCHROME2"),
        (np.ascontiguousarray(images[picks[1]][20:200:2, 10:190]), "MONOCHROME2"),
    ], preprocess)


if __name__ == "__main__":
    main()
