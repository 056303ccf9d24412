"""Trains, measures and packs ct-lung-nodule. From scratch:

    pip install -r requirements.txt
    python train.py --data ../../../../shared/data --epochs 24

Shares common.py with models/cxr-paediatric-pneumonia/train. Writes
../model.onnx, ../test/, ../calibration.png, metrics.json, split.tsv and
probabilities.tsv; `python card.py` then writes ../card.json and ../README.md
from metrics.json.
"""
import argparse
import csv
import json
import os
import sys
import time

import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(PACKAGE, "..", "cxr-paediatric-pneumonia", "train"))
import common  # noqa: E402

SEED, SIZE, FOLDS, BLOCKS = 20261125, 50, 5, 20
ROWS = 551065  # candidates in LUNA16's list; a crop is named after its row there
SCAN = 620     # rows of one scan on average: ROWS over 888 scans
GAP = 1500     # rows kept between what is trained on and what is measured
LOW, HIGH = -1000.0, 400.0
MEAN, STD = 0.27, 0.26
CENTRE = 3     # the logit is the mean over the middle 3 x 3 cells of the map

LAYERS = [  # name, kernel, stride, channels, skip
    ("stem", 3, 1, 16, None),
    ("a0", 3, 2, 24, None), ("a1", 3, 1, 24, None), ("a2", 3, 1, 24, "a0"),
    ("b0", 3, 2, 48, None), ("b1", 3, 1, 48, None), ("b2", 3, 1, 48, "b0"),
    ("c0", 3, 2, 80, None), ("c1", 3, 1, 80, None), ("c2", 3, 1, 80, "c0"),
]


# ------------------------------------------------------------------- data --

def load(folder):
    """Crops in the order of their candidate number; crops of another size are
    left out and named."""
    with open(os.path.join(folder, "labels.tsv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    for r in rows:
        r["row"] = int(r["path"].removeprefix("image_").removesuffix(".jpg"))
    rows.sort(key=lambda r: r["row"])
    images, kept, odd = [], [], []
    for r in rows:
        a = np.asarray(Image.open(os.path.join(folder, r["path"])).convert("L"))
        if a.shape == (SIZE, SIZE):
            images.append(a), kept.append(r)
        else:
            odd.append(r["path"])
    return ([r["path"] for r in kept], np.stack(images), np.array([int(r["nodule"]) for r in kept]),
            np.array([r["row"] for r in kept]), odd)


def texture(images):
    """Log of the median fine noise of a crop: a mark of scanner, kernel and
    dose, so of the scan."""
    return np.log(0.1 + np.array([np.median(np.abs(x - gaussian_filter(x, 1))) for x in images.astype(np.float32)]))


def scan_order(images, row):
    """How alike the noise of two crops is by how far apart their rows are. If
    rows were not listed scan by scan it would not depend on it."""
    f, out = texture(images), []
    for low, high in ((1, 50), (50, 300), (300, 600), (600, 1000), (1000, 1500), (1500, 5000), (50000, 60000)):
        pairs = [(i, j) for i in range(len(row))
                 for j in range(np.searchsorted(row, row[i] + low), np.searchsorted(row, row[i] + high))]
        a, b = np.array(pairs).T
        out.append({"rows_apart": [low, high], "pairs": len(pairs), "correlation": round(float(np.corrcoef(f[a], f[b])[0, 1]), 3)})
    return out


def fold_of(row):
    """BLOCKS runs of rows of equal length, dealt to FOLDS folds at random."""
    deal = np.random.default_rng(SEED).permutation(BLOCKS) % FOLDS
    return deal[np.minimum(row * BLOCKS // ROWS, BLOCKS - 1)]


def apart(row, mine, other):
    """Of the crops mine, those at least GAP rows from every crop of other."""
    at = np.searchsorted(row[other], row)
    near = np.minimum(np.abs(row - row[other][np.minimum(at, other.sum() - 1)]),
                      np.abs(row - row[other][np.maximum(at - 1, 0)]))
    return mine & (near >= GAP)


def parts(row, fold, k):
    """Test is fold k, validation fold k + 1, train the other three; rows near
    a border are dropped from validation and train, never from test."""
    te = fold == k
    va = apart(row, fold == (k + 1) % FOLDS, te)
    tr = apart(row, apart(row, ~te & (fold != (k + 1) % FOLDS), te), fold == (k + 1) % FOLDS)
    return tr, va, te


# ---------------------------------------------------------- preprocessing --

def preprocess(pixels, photometric="MONOCHROME2"):
    """The card's steps on Hounsfield units of a crop of 50 x 50: modality-values,
    window -300, 1400 to 0..1, mean-std, layout NCHW."""
    x = (np.asarray(pixels, np.float64) - (LOW + HIGH) / 2) / (HIGH - LOW) + 0.5
    return normal(np.clip(x, 0, 1).astype(np.float32))[None, None]


def normal(x):
    return ((np.asarray(x, np.float32) - np.float32(MEAN)) / np.float32(STD)).astype(np.float32)


def to_input(im):
    return normal(im.astype(np.float32) / 255)[..., None]


def augment(im, rng):
    """Any turn, mirror, each axis scaled by itself to 15 % (pixels are 0.46 to
    0.98 mm), the marked place up to 3 pixels off, sharper or softer, noise,
    the values shifted and stretched a little."""
    t = rng.uniform(0, 2 * np.pi)
    sx, sy = np.exp(rng.uniform(-0.16, 0.16, 2)) * (1, rng.choice([-1, 1]))
    dx, dy = rng.uniform(-3, 3, 2)
    c, s = np.cos(t), np.sin(t)
    h = SIZE / 2
    a, b, d, e = c / sx, s / sx, -s / sy, c / sy
    m = (a, b, h - a * (h + dx) - b * (h + dy), d, e, h - d * (h + dx) - e * (h + dy))
    big = np.pad(im, 14, mode="reflect")
    m = (a, b, m[2] + 14, d, e, m[5] + 14)
    x = np.asarray(Image.fromarray(big).transform((SIZE, SIZE), Image.AFFINE, m, Image.BILINEAR), np.float32) / 255
    r = rng.random()
    if r < 0.2:
        x = gaussian_filter(x, rng.uniform(0.3, 0.9))
    elif r < 0.4:
        x = x + rng.uniform(0.3, 1) * (x - gaussian_filter(x, 1))
    if rng.random() < 0.3:
        x = x + rng.normal(0, rng.uniform(0, 0.04), x.shape).astype(np.float32)
    x = x * np.float32(rng.uniform(0.92, 1.08)) + np.float32(rng.uniform(-0.03, 0.03))
    return normal(np.clip(x, 0, 1))[..., None]


# ---------------------------------------------------------------- measure --

def sens_spec(y, p, t, w):
    return (w[(y == 1) & (p >= t)].sum() / w[y == 1].sum(), w[(y == 0) & (p < t)].sum() / w[y == 0].sum())


def choose(y, p):
    """On validation: the threshold with sensitivity and specificity closest to
    each other; unsure between the probability below which 1 in 50 nodules lies
    and the one at or above which 4 in 5 crops are nodules, or 0.15 above
    the threshold where that is more."""
    w = np.ones(len(y))
    grid = np.unique(np.round(p, 3))
    threshold = min(grid[grid > 0], key=lambda t: abs(np.subtract(*sens_spec(y, p, t, w))))
    low = min(np.quantile(p[y == 1], 0.02), threshold)
    high = max(next((t for t in grid if y[p >= t].mean() >= 0.8), 0.98), threshold + 0.15)
    return [round(float(v), 3) for v in (threshold, max(low, 0.005), min(high, 0.98))]


def measure(y, p, groups, threshold, low, high):
    ci = common.with_ci
    operating = common.bootstrap(groups, lambda w: sens_spec(y, p, threshold, w))
    value = sens_spec(y, p, threshold, np.ones(len(y)))
    return {
        "crops": int(len(y)), "runs_of_rows": int(len(set(groups))), "positive": int(y.sum()), "negative": int((1 - y).sum()),
        "prevalence": round(float(y.mean()), 4),
        "auc": ci(groups, lambda w: common.auc(y, p, w)),
        "sensitivity": common.figure(value[0], operating[:, 0]),
        "specificity": common.figure(value[1], operating[:, 1]),
        "unsure_share": ci(groups, lambda w: w[(p >= low) & (p < high)].sum() / w.sum()),
        "nodules_below_band": ci(groups, lambda w: w[(y == 1) & (p < low)].sum() / w[y == 1].sum()),
        "nodules_above_band": ci(groups, lambda w: w[(y == 1) & (p >= high)].sum() / w[y == 1].sum()),
        "share_right_above_band": ci(groups, lambda w: w[(y == 1) & (p >= high)].sum() / max(w[p >= high].sum(), 1e-9)),
        "calibration_error_10_bins": round(common.expected_calibration_error(p, y), 4),
        "brier": round(float(((p - y) ** 2).mean()), 4),
    }


def fit_calibration(z, y):
    def nll(c):
        v = z / np.exp(c[0]) + c[1]
        return float(np.mean(np.logaddexp(0, v) - y * v))
    fit = minimize(nll, [0.0, 0.0], method="Nelder-Mead").x
    return float(np.exp(fit[0])), float(fit[1])


def fit(a, images, label, tr, va, log):
    """One network: every nodule twice and as many crops without one in each
    epoch. Returns parameters, state and the calibration of validation."""
    x, y = images[tr], label[tr]
    pos, neg = np.where(y == 1)[0], np.where(y == 0)[0]
    half = 2 * len(pos)

    def make_batch(index, rng):
        pick = np.where(index < half, pos[index % len(pos)], rng.choice(neg, len(index)))
        return np.stack([augment(x[i], rng) for i in pick]), y[pick].astype(np.float32)

    def loss(logits, t):
        z, t = logits[:, 0], t * 0.96 + 0.02
        return tf.reduce_mean(tf.nn.softplus(z) - t * z)

    score = lambda p, s: common.predict(LAYERS, p, s, images[va], to_input, centre=CENTRE)[1][:, 0]
    params, state = common.init(LAYERS, 1, 1, SEED)
    params, state = common.train(
        LAYERS, params, state, loss, make_batch, 2 * half, epochs=a.epochs, batch=a.batch, lr=a.lr,
        weight_decay=0.03, drop=0.15, seed=SEED, centre=CENTRE, log=log,
        validate=lambda p, s: f"validation AUC {common.auc(label[va], score(p, s)):.4f}")
    return params, state, *fit_calibration(score(params, state), label[va])


def fold_says(a, images, label, row, fold, k, log):
    """Epochs, and probabilities of fold k by a network trained without it. Kept in work/, so
    that folds can be trained in processes of their own, side by side."""
    kept = os.path.join(HERE, "work", f"fold{k}.npy")
    if not os.path.exists(kept):
        r, v, t = parts(row, fold, k)
        p, s, temperature, shift = fit(a, images, label, r, v, lambda s: log(f"fold {k}: {s}"))
        z = common.predict(LAYERS, p, s, images[t], to_input, centre=CENTRE)[1][:, 0]
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        np.save(kept, np.append(a.epochs, 1 / (1 + np.exp(-z / temperature - shift))))
    told = np.load(kept)
    return int(told[0]), told[1:]


MADE = ("epochs", "training_seconds", "cpu", "cam_size", "temperature", "shift", "onnx_minus_tensorflow_max")


def make(a, path, images, label, tr, va, te, log):
    """Trains, calibrates and writes the graph; returns what MADE names."""
    began = time.time()
    params, state, temperature, shift = fit(a, images, label, tr, va, log)
    seconds = round(time.time() - began)
    cam = common.export(path, LAYERS, params, state, channels_in=1, size=SIZE, temperature=temperature, shift=shift,
                        kind="sigmoid", producer="ct-lung-nodule", centre=CENTRE)
    out = common.run_all(common.session(path), tensor(images[va]))
    maps, z = common.predict(LAYERS, params, state, images[va], to_input, centre=CENTRE)
    difference = {"probability": np.abs(1 / (1 + np.exp(-z[:, 0] / temperature - shift)) - out["probability"][:, 0]).max(),
                  "cam": np.abs(maps[..., 0] / temperature - out["cam"][:, 0]).max()}
    assert max(difference.values()) < 1e-4, difference
    return dict(zip(MADE, (a.epochs, seconds, common.cpu_name(), cam, round(temperature, 4), round(shift, 4),
                           {k: float(f"{v:.2e}") for k, v in difference.items()})))


def tensor(images):
    return np.stack([to_input(im)[None, ..., 0] for im in images])


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    args.add_argument("--epochs", type=int, default=24)
    args.add_argument("--batch", type=int, default=32)
    args.add_argument("--lr", type=float, default=2e-3)
    args.add_argument("--fold", type=int, default=0, help="train this fold of the cross-validation alone, keep what it says in work/")
    args.add_argument("--measure-only", action="store_true", help="keep model.onnx, measure again")
    a = args.parse_args()
    log = lambda s: print(s, flush=True)
    names, images, label, row, odd = load(os.path.join(a.data, "ct", "lung-nodule-crops"))
    fold, group = fold_of(row), row // SCAN
    tr, va, te = parts(row, fold, 0)
    log({k: (int(m.sum()), int(label[m].sum())) for k, m in (("train", tr), ("validation", va), ("test", te))})

    if a.fold:
        fold_says(a, images, label, row, fold, a.fold, log)
        return
    path = os.path.join(PACKAGE, "model.onnx")
    if a.measure_only:
        with open(os.path.join(HERE, "metrics.json"), encoding="utf-8") as f:
            before = json.load(f)
        assert common.sha256(path) == before["sha256"], "model.onnx is not the one measured before"
        made = {k: before[k] for k in MADE}
    else:
        made = make(a, path, images, label, tr, va, te, log)
    sess = common.session(path)
    p_va = common.run_all(sess, tensor(images[va]))["probability"][:, 0]
    threshold, low, high = choose(label[va], p_va)

    # The test fold: everything above is settled.
    p_te = common.run_all(sess, tensor(images[te]))["probability"][:, 0]

    moved = {}
    for d in (2, 4, 6, 8):
        q = [common.auc(label[te], common.run_all(sess, tensor([np.pad(im, d, mode="edge")[d + dy:d + dy + SIZE, d + dx:d + dx + SIZE]
                                                                for im in images[te]]))["probability"][:, 0])
             for dy, dx in ((d, 0), (-d, 0), (0, d), (0, -d))]
        moved[str(d)] = round(float(np.mean(q)), 4)
    zoomed = {str(f): round(common.auc(label[te], common.run_all(sess, tensor([zoom(im, f) for im in images[te]]))["probability"][:, 0]), 4)
              for f in (0.7, 0.85, 1.2, 1.4)}
    shifted = {str(h): round(common.auc(label[te], common.run_all(sess, tensor(
        [np.clip(im + h * 255 / 1400, 0, 255) for im in images[te]]))["probability"][:, 0]), 4) for h in (-200, -100, 100, 200)}

    one = tensor(images[te][:1])
    single = common.session(path, 1)
    single.run(None, {"image": one})
    t = time.time()
    for _ in range(50):
        single.run(None, {"image": one})
    per = (time.time() - t) / 50
    flat = tensor(images[tr])
    per_crop = np.stack([flat.mean((1, 2, 3)), flat.std((1, 2, 3)), (flat <= normal(0.0)).mean((1, 2, 3)),
                         (flat >= normal(1.0)).mean((1, 2, 3))], 1)
    metrics = {
        "model": "ct-lung-nodule", "sha256": common.sha256(path), "bytes": os.path.getsize(path), "seed": SEED,
        **made,
        "seconds_per_crop_one_thread": round(per, 5),
        "left_out_of_another_size": odd,
        "noise_correlation_by_rows_apart": scan_order(images, row), "gap_rows": GAP, "rows": ROWS, "rows_a_scan": SCAN,
        "alike_test_train_max": alike(images[te], images[tr | va]),
        "split": {k: {"crops": int(m.sum()), "runs_of_rows": len(set(group[m])), "nodules": int(label[m].sum())}
                  for k, m in (("train", tr), ("validation", va), ("test", te))},
        "threshold": threshold, "unsure": [low, high],
        "validation": measure(label[va], p_va, group[va], threshold, low, high),
        "test": measure(label[te], p_te, group[te], threshold, low, high),
        "test_auc_place_moved_pixels": moved, "test_auc_magnified": zoomed, "test_auc_hounsfield_shifted": shifted,
        "centre_mean_alone_test_auc": round(common.auc(label[te], images[te][:, 22:28, 22:28].mean((1, 2))), 4),
        "statistics": common.statistics(flat),
        "per_crop_percentiles": {n: [round(float(v), 4) for v in np.percentile(per_crop[:, i], [0.1, 1, 50, 99, 99.9])]
                                     for i, n in enumerate(("mean", "std", "share_at_or_below_-1000", "share_at_or_above_400"))},
    }
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    with open(os.path.join(HERE, "split.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tfold\tpart\n")
        for i, n in enumerate(names):
            f.write(f"{n}\t{fold[i]}\t{'train' if tr[i] else 'validation' if va[i] else 'test' if te[i] else 'border'}\n")
    write_tests(path, images, te, label, p_te)
    log(metrics)

    # Cross-validation: fold 0 is the shipped model, the others are trained afresh.
    oof = np.full(len(label), np.nan)
    oof[te] = p_te
    folds, epochs = [round(common.auc(label[te], p_te), 4)], [made["epochs"]]
    for k in range(1, FOLDS):
        t = fold == k
        said, oof[t] = fold_says(a, images, label, row, fold, k, log)
        epochs.append(said)
        folds.append(round(common.auc(label[t], oof[t]), 4))
        log(f"fold {k} AUC {folds[-1]}")

    metrics["cross_validation"] = {"folds_auc": folds, "folds_epochs": epochs, **measure(label, oof, group, threshold, low, high)}
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    common.calibration_picture(os.path.join(PACKAGE, "calibration.png"), label, oof, "nodule: share found, cross-validation")
    with open(os.path.join(HERE, "probabilities.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tfold\tnodule\tprobability\n")
        f.writelines(f"{n}\t{k}\t{y}\t{p:.5f}\n" for n, k, y, p in zip(names, fold, label, oof))
    log(metrics["cross_validation"])


def zoom(im, f):
    h = SIZE / 2
    m = (1 / f, 0, h - h / f, 0, 1 / f, h - h / f)
    big = np.pad(im, 14, mode="reflect")
    return np.asarray(Image.fromarray(big).transform((SIZE, SIZE), Image.AFFINE, (m[0], 0, m[2] + 14, 0, m[4], m[5] + 14), Image.BILINEAR))


def alike(a, b):
    """Largest correlation of fine structure (blur subtracted) between a crop of
    a and one of b: near 1 is the same place twice."""
    def unit(x):
        v = np.stack([i - gaussian_filter(i, 4) for i in x.astype(np.float32)]).reshape(len(x), -1)
        v -= v.mean(1, keepdims=True)
        return v / np.linalg.norm(v, axis=1, keepdims=True)
    return round(float((unit(a) @ unit(b).T).max()), 3)


def write_tests(path, images, te, label, p):
    folder = os.path.join(PACKAGE, "test")
    os.makedirs(folder, exist_ok=True)
    ids = np.where(te)[0]
    picks = [ids[label[ids] == 1][0], ids[label[ids] == 0][0]]
    hounsfield = lambda im: np.round(im.astype(np.float64) / 255 * (HIGH - LOW) + LOW)
    common.write_cases(folder, path, [preprocess(hounsfield(images[i])) for i in picks])
    # A case has pixels and no rescale: unsigned values, taken as they are.
    v, u = np.mgrid[0:SIZE, 0:SIZE]
    drawn = (60 + 500 * np.exp(-((u - 25) ** 2 + (v - 24) ** 2) / 60.0) + 4 * u).astype(np.uint16)
    common.write_preprocess(folder, [(drawn, "MONOCHROME2"), ((drawn // 3).astype(np.uint8), "MONOCHROME2")], preprocess)


if __name__ == "__main__":
    main()
