"""Trains, measures and packs lung-colon-tissue. From scratch:

    pip install -r requirements.txt
    python train.py --data ../../../../shared/data --epochs 24

Shares common.py with models/cxr-paediatric-pneumonia/train. Writes
../model.onnx, ../test/, metrics.json and split.tsv; `python card.py` then
writes ../card.json and ../README.md from metrics.json.
"""
import argparse
import csv
import glob
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize_scalar
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(PACKAGE, "..", "cxr-paediatric-pneumonia", "train"))
import common  # noqa: E402

SEED, SIZE, CROP = 20260918, 224, 144
SAME_SLIDE = 2.5
CLASSES = ["lung_n", "lung_aca", "lung_scc", "colon_n", "colon_aca"]
ORGAN = {"lung": [0, 1, 2], "colon": [3, 4]}
MEAN, STD = [0.73, 0.61, 0.80], [0.17, 0.21, 0.14]

LAYERS = [  # name, kernel, stride, channels, skip
    ("stem", 3, 2, 16, None),
    ("a0", 3, 2, 32, None), ("a1", 3, 1, 32, None), ("a2", 3, 1, 32, "a0"),
    ("b0", 3, 2, 64, None), ("b1", 3, 1, 64, None), ("b2", 3, 1, 64, "b0"),
    ("c0", 3, 2, 96, None), ("c1", 3, 1, 96, None), ("c2", 3, 1, 96, "c0"),
]


# ------------------------------------------------------------------- data --

def load(folder):
    with open(os.path.join(folder, "groups.tsv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    rows.sort(key=lambda r: r["path"])
    images = np.stack([np.asarray(Image.open(os.path.join(folder, r["path"])).convert("RGB")) for r in rows])
    return ([r["path"] for r in rows], images, np.array([CLASSES.index(r["class"]) for r in rows]),
            np.array([r["source_group"] for r in rows]))


def likely_slides(images, source):
    """Joins source groups that look like fields of one slide. The originals of
    a class were cut from few slides, and neighbouring fields sit in different
    source groups (also a tumour and its normal margin): the distribution of
    their colours is nearly the same. 25 percentiles of each channel, root mean
    square distance under SAME_SLIDE grey levels, single linkage."""
    f = np.array([np.percentile(im.reshape(-1, 3), np.arange(2, 100, 4), axis=0).ravel() for im in images])
    d = cdist(f, f) / np.sqrt(f.shape[1])
    ids, index = np.unique(source, return_inverse=True)
    nearest = np.full((len(ids), len(ids)), np.inf)
    np.minimum.at(nearest, (index[:, None], index[None, :]), d)
    n, cluster = connected_components(nearest < SAME_SLIDE)
    return np.array([f"slide{c:03d}" for c in cluster[index]]), {
        "source_groups": len(ids), "likely_slides": int(n),
        "largest_in_source_groups": int(np.bincount(cluster).max()), "distance": SAME_SLIDE}


def divide(slides, label):
    """Whole likely slides: about 20 % of every class to test, 15 % to
    validation; slides with more than a tenth of a class stay in train."""
    total = np.bincount(label, minlength=5)
    part = np.array(["train"] * len(label), dtype=object)
    ids = np.array(sorted(set(slides)))
    np.random.default_rng(SEED).shuffle(ids)
    room = {"test": 0.22 * total, "validation": 0.165 * total}
    for s in ids:
        here = slides == s
        count = np.bincount(label[here], minlength=5)
        if (count > 0.1 * total).any():
            continue
        for k, r in room.items():
            if (count <= r).all():
                part[here] = k
                r -= count
                break
    return part


# ---------------------------------------------------------- preprocessing --

def preprocess(pixels, photometric="RGB"):
    """The card's steps: rgb, resize 224 bilinear antialias, rescale 1/255,
    mean-std, layout NCHW."""
    x = np.asarray(pixels, np.float32)
    if x.shape[:2] != (SIZE, SIZE):
        x = np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(x[..., c]), "F").resize(
            (SIZE, SIZE), Image.BILINEAR)) for c in range(3)], axis=-1)
    return normal(x).transpose(2, 0, 1)[None]


def normal(x):
    return ((np.asarray(x, np.float32) * np.float32(1 / 255) - np.float32(MEAN)) / np.float32(STD)).astype(np.float32)


HED = np.linalg.inv(np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]], np.float32))


def augment(im, rng):
    """A square of 123 to 170 pixels to 144 (the scale is unknown, so a range
    of it), quarter turns and mirror, the two stains stronger or weaker each by
    itself, brightness and contrast, soft focus."""
    k = int(rng.integers(123, 171))
    x0, y0 = rng.integers(0, SIZE - k + 1, 2)
    im = Image.fromarray(im).resize((CROP, CROP), Image.BILINEAR, (x0, y0, x0 + k, y0 + k))
    if rng.random() < 0.25:
        s = int(rng.integers(84, 130))
        im = im.resize((s, s), Image.BILINEAR).resize((CROP, CROP), Image.BILINEAR)
    x = np.asarray(im)
    x = np.rot90(x, int(rng.integers(4)))
    if rng.random() < 0.5:
        x = x[:, ::-1]
    od = -np.log((x.astype(np.float32) + 1) / 256)
    stain = od.reshape(-1, 3) @ HED
    stain = stain * rng.uniform(0.7, 1.3, 3).astype(np.float32) + rng.uniform(-0.03, 0.03, 3).astype(np.float32)
    x = 256 * np.exp(-(stain @ np.linalg.inv(HED))).reshape(CROP, CROP, 3) - 1
    x = (x - 128) * np.float32(rng.uniform(0.8, 1.2)) + 128 + np.float32(rng.uniform(-20, 20))
    return normal(np.clip(x, 0, 255))


# ---------------------------------------------------------------- measure --

def choose(label, p):
    """On validation: the smallest highest-probability at which at most 1 in 20
    of the accepted tiles is wrong; below it the tile is unsure."""
    top, right = p.max(1), p.argmax(1) == label
    for t in np.arange(0.40, 0.985, 0.01):
        if (top >= t).any() and (~right[top >= t]).mean() <= 0.05:
            return round(float(t), 2)
    return 0.98


def measure(label, p, groups, accept):
    ci, said, top = common.with_ci, p.argmax(1), p.max(1)
    right = said == label
    recall = lambda c: lambda w: w[(label == c) & (said == c)].sum() / w[label == c].sum()
    matrix = np.zeros((5, 5), int)
    np.add.at(matrix, (label, said), 1)
    out = {
        "tiles": len(label), "likely_slides": len(set(groups)),
        "tiles_per_class": {c: int((label == i).sum()) for i, c in enumerate(CLASSES)},
        "accuracy": ci(groups, lambda w: w[right].sum() / w.sum()),
        "macro_auc": ci(groups, lambda w: np.mean([common.auc(label == i, p[:, i], w) for i in range(5)])),
        "auc": {c: ci(groups, lambda w, i=i: common.auc(label == i, p[:, i], w)) for i, c in enumerate(CLASSES)},
        "recall": {c: ci(groups, recall(i)) for i, c in enumerate(CLASSES)},
        "precision": {c: round(float(right[said == i].mean()), 4) for i, c in enumerate(CLASSES)},
        "confusion_rows_true_columns_said": matrix.tolist(),
        "accepted_share": ci(groups, lambda w: w[top >= accept].sum() / w.sum()),
        "accuracy_of_accepted": ci(groups, lambda w: w[right & (top >= accept)].sum() / w[top >= accept].sum()),
        "calibration_error_10_bins": round(common.expected_calibration_error(top, right), 4),
    }
    for organ, members in ORGAN.items():  # the record says the organ: only its classes may be named
        m = np.isin(label, members)
        q = p[m][:, members]
        y, g = np.searchsorted(members, label[m]), groups[m]
        hit = q.argmax(1) == y
        tumour = 1 - q[:, 0] / q.sum(1)
        out[f"{organ}_known"] = {
            "tiles": int(m.sum()), "likely_slides": len(set(g)),
            "accuracy": ci(g, lambda w: w[hit].sum() / w.sum()),
            "tumour_auc": ci(g, lambda w: common.auc(y > 0, tumour, w))}
    return out


def foreign_organ(folder, sess, accept):
    tensors = {"whole_1024_resized": [], "crops_of_224": []}
    paths = sorted(glob.glob(os.path.join(folder, "*.jpg")))
    for f in paths:
        a = np.asarray(Image.open(f).convert("RGB"))
        tensors["whole_1024_resized"].append(preprocess(a))
        tensors["crops_of_224"] += [preprocess(a[y:y + SIZE, x:x + SIZE])
                                    for y in range(0, 800, 266) for x in range(0, 800, 266)]
    out = {"tiles": len(paths), "note": "osteosarcoma (bone): every confident answer is wrong"}
    for k, t in tensors.items():
        p = common.run_all(sess, np.concatenate(t))["probability"]
        out[k] = {"patches": len(t), "confidently_wrong": round(float((p.max(1) >= accept).mean()), 4),
                  "said": {c: int((p.argmax(1) == i).sum()) for i, c in enumerate(CLASSES)}}
    return out


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    args.add_argument("--epochs", type=int, default=24)
    args.add_argument("--batch", type=int, default=32)
    args.add_argument("--lr", type=float, default=2e-3)
    a = args.parse_args()
    began = time.time()
    names, images, label, source = load(os.path.join(a.data, "pathology", "lung-colon-tiles"))
    slides, joined = likely_slides(images, source)
    part = divide(slides, label)
    with open(os.path.join(HERE, "split.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tsource_group\tlikely_slide\tpart\n")
        f.writelines("\t".join(r) + "\n" for r in zip(names, source, slides, part))
    tr, va, te = (part == k for k in ("train", "validation", "test"))
    split = {k: {"tiles": int(m.sum()), "source_groups": len(set(source[m])), "likely_slides": len(set(slides[m])),
                 "tiles_per_class": {c: int((label[m] == i).sum()) for i, c in enumerate(CLASSES)}}
             for k, m in (("train", tr), ("validation", va), ("test", te))}
    print(joined, split, flush=True)

    params, state = common.init(LAYERS, 3, 5, SEED)
    x_train, y_train = images[tr], label[tr]
    weight = (len(y_train) / (5 * np.bincount(y_train, minlength=5))).astype(np.float32)

    def make_batch(index, rng):
        return np.stack([augment(x_train[i], rng) for i in index]), y_train[index]

    def loss(logits, y):
        goal = jax.nn.one_hot(y, 5) * 0.95 + 0.01
        return (-(goal * jax.nn.log_softmax(logits)).sum(1) * jnp.asarray(weight)[y]).mean()

    def validate(p, s):
        _, z = common.predict(LAYERS, p, s, images[va], normal)
        return f"validation accuracy {(z.argmax(1) == label[va]).mean():.4f}"

    params, state = common.train(
        LAYERS, params, state, loss, make_batch, len(x_train), epochs=a.epochs, batch=a.batch,
        lr=a.lr, weight_decay=0.05, drop=0.2, seed=SEED, validate=validate,
        log=lambda s: print(s, flush=True))
    trained = time.time() - began

    _, z_va = common.predict(LAYERS, params, state, images[va], normal)
    def nll(t):
        l = z_va / t
        l = l - np.logaddexp.reduce(l, axis=1, keepdims=True)
        return -float(l[np.arange(len(l)), label[va]].mean())
    temperature = float(minimize_scalar(nll, bounds=(0.3, 5), method="bounded").x)
    path = os.path.join(PACKAGE, "model.onnx")
    common.export(path, LAYERS, params, state, channels_in=3, size=SIZE, temperature=temperature,
                  kind="softmax", producer="lung-colon-tissue")
    sess = common.session(path)
    run = lambda ims: np.concatenate([common.run_all(sess, np.concatenate([preprocess(i) for i in ims[b:b + 64]]))
                                      ["probability"] for b in range(0, len(ims), 64)])
    p_va = run(images[va])
    accept = choose(label[va], p_va)

    # The test set, once.
    _, z_te = common.predict(LAYERS, params, state, images[te], normal)
    p_te = run(images[te])
    difference = float(np.abs(np.asarray(jax.nn.softmax(z_te / temperature)) - p_te).max())
    assert difference < 1e-4, difference

    one = preprocess(images[te][0])
    single = common.session(path, 1)
    single.run(None, {"image": one})
    t = time.time()
    for _ in range(20):
        single.run(None, {"image": one})
    metrics = {
        "model": "lung-colon-tissue", "sha256": common.sha256(path), "bytes": os.path.getsize(path),
        "classes": CLASSES, "seed": SEED, "epochs": a.epochs, "training_seconds": round(trained),
        "cpu": common.cpu_name(), "seconds_per_tile_one_thread": round((time.time() - t) / 20, 4),
        "split": split, "joined": joined, "temperature": round(temperature, 4),
        "unsure_below": accept, "onnx_minus_jax_max": {"probability": float(f"{difference:.2e}")},
        "validation": measure(label[va], p_va, slides[va], accept),
        "test": measure(label[te], p_te, slides[te], accept),
        "foreign_organ": foreign_organ(os.path.join(a.data, "pathology", "osteosarcoma-1024"), sess, accept),
    }
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    with open(os.path.join(HERE, "test-probabilities.tsv"), "w", encoding="utf-8") as f:
        f.write("path\tsource_group\t" + "\t".join(CLASSES) + "\n")
        f.writelines(f"{n}\t{g}\t" + "\t".join(f"{v:.5f}" for v in p) + "\n"
                     for n, g, p in zip(np.array(names)[te], source[te], p_te))
    write_tests(path)
    print(metrics, flush=True)


def drawn_tile(rows, columns, density, seed):
    """A made-up tile in the colours of H&E. No tile of the data set ships here:
    its terms allow the sample slide and no more."""
    noise = lambda s, k: gaussian_filter(np.random.default_rng([SEED, seed, k]).normal(size=(rows, columns)), s)
    top = lambda f, share: f > np.quantile(f, 1 - share)
    x = np.empty((rows, columns, 3))
    x[:] = (225, 165, 205)
    x[top(noise(14, 0), 0.25)] = (243, 240, 244)
    x[top(noise(3, 1), density)] = (95, 60, 150)
    x += 12 * noise(1, 2)[..., None] / 0.28 + np.random.default_rng([SEED, seed, 3]).integers(-8, 9, x.shape)
    return np.clip(x, 0, 255).astype(np.uint8)


def write_tests(path):
    folder = os.path.join(PACKAGE, "test")
    os.makedirs(folder, exist_ok=True)
    tiles = [drawn_tile(SIZE, SIZE, 0.35, 0), drawn_tile(SIZE, SIZE, 0.12, 1)]
    common.write_cases(folder, path, [preprocess(t) for t in tiles])
    # 224 x 224 (resize does nothing), reduced, enlarged.
    common.write_preprocess(folder, [(tiles[0], "RGB"), (drawn_tile(300, 260, 0.25, 2), "RGB"),
                                     (drawn_tile(150, 100, 0.25, 3), "RGB")], preprocess)


if __name__ == "__main__":
    main()
