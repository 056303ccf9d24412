"""Packs and measures lung-colon-tissue, after tissue.py has trained it:

    pip install -r requirements.txt
    python tissue.py --data ../../../../shared/data
    python train.py --data ../../../../shared/data

Shares common.py with models/cxr-paediatric-pneumonia/train. Writes
../model.onnx, ../test/, ../calibration.png, metrics.json, split.tsv,
test-probabilities.tsv and cross-validation.tsv; `python card.py` then writes
../card.json and ../README.md from metrics.json.
"""
import argparse
import glob
import os
import sys
import time

import jax.numpy as jnp
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize_scalar

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(PACKAGE, "..", "cxr-paediatric-pneumonia", "train"))
import common  # noqa: E402
import network  # noqa: E402
from tissue import BATCH, CLASSES, FOLDS, LAYERS, MEAN, OUTLIERS, SEED, SIZE, STD, divide, likely_slides, load  # noqa: E402

ORGAN = {"lung": [0, 1, 2], "colon": [3, 4]}
KEPT = 0.05  # of rightly named validation tiles this share becomes unsure


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


# ---------------------------------------------------------------- measure --

def probabilities(z, temperature):
    """Of the five classes, from six logits: the probability of none of them goes
    into all five in equal parts, as the graph does it."""
    z = z.astype(float) / temperature
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return p[:, :5] + p[:, 5:] / 5


def cool(z, label):
    """The temperature under which the labels are likeliest."""
    nll = lambda t: -float(np.log(probabilities(z, t)[np.arange(len(label)), label]).mean())
    return float(minimize_scalar(nll, bounds=(0.2, 5), method="bounded").x)


def choose(label, p):
    """On validation: the highest-probability below which KEPT of the rightly named
    tiles lie; below it a tile is unsure. Set by what it costs, not by what it
    catches: nothing foreign is at hand to set it by."""
    top, right = p.max(1), p.argmax(1) == label
    return round(float(np.quantile(top[right], KEPT)), 3)


def measure(label, p, groups, accept):
    ci, said, top = common.with_ci, p.argmax(1), p.max(1)
    right = said == label
    recall = lambda c: lambda w: w[(label == c) & (said == c)].sum() / w[label == c].sum()
    matrix = np.zeros((5, 5), int)
    np.add.at(matrix, (label, said), 1)
    out = {
        "tiles": len(label), "groups": len(set(groups)),
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
        "brier": round(float(((p - np.eye(5)[label]) ** 2).sum(1).mean()), 4),
    }
    for organ, members in ORGAN.items():  # the record says the organ: only its classes may be named
        m = np.isin(label, members)
        q = p[m][:, members]
        y, g = np.searchsorted(members, label[m]), groups[m]
        hit = q.argmax(1) == y
        tumour = 1 - q[:, 0] / q.sum(1)
        out[f"{organ}_known"] = {
            "tiles": int(m.sum()), "groups": len(set(g)),
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


def cross_calibrated(z, label, fold):
    """Probabilities of each fold, cooled by what the others of them say."""
    p = np.empty((len(z), 5))
    for k in range(FOLDS):
        p[fold == k] = probabilities(z[fold == k], cool(z[fold != k], label[fold != k]))
    return p


def glass(sess, accept):
    """Empty glass and ink, evenly lit or not: named at all?"""
    rng = np.random.default_rng([SEED, 9])
    tiles = []
    for _ in range(100):
        x = np.full((SIZE, SIZE, 3), rng.uniform(215, 255)) + rng.uniform(-4, 4, 3) + rng.uniform(0, 5) * gaussian_filter(rng.normal(size=(SIZE, SIZE)), 20)[..., None] * 40
        tiles.append(preprocess(np.clip(x + rng.normal(0, rng.uniform(0, 3), x.shape), 0, 255).astype(np.uint8)))
    p = common.run_all(sess, np.concatenate(tiles))["probability"]
    return {"tiles": len(tiles), "confidently_wrong": round(float((p.max(1) >= accept).mean()), 4)}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    a = args.parse_args()
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
    learnt = np.load(os.path.join(HERE, "work", "learnt.npz"))
    assert list(learnt["names"]) == names
    params, state = network.from_weights(learnt, "shipped.")
    temperature = cool(learnt["validation_logits"], label[va])
    path = os.path.join(PACKAGE, "model.onnx")
    common.export(path, LAYERS, params, state, channels_in=3, size=SIZE, temperature=temperature,
                  kind="softmax-and-none", producer="lung-colon-tissue")
    sess = common.session(path)
    run = lambda ims: np.concatenate([common.run_all(sess, np.concatenate([preprocess(i) for i in ims[b:b + 64]]))
                                      ["probability"] for b in range(0, len(ims), 64)])
    p_va = run(images[va])
    accept = choose(label[va], p_va)
    x = np.concatenate([preprocess(i) for i in images[va][:48]])
    z, _ = network.forward(LAYERS, params, state, jnp.asarray(x.transpose(0, 2, 3, 1)))
    difference = float(np.abs(probabilities(np.asarray(z), temperature) - p_va[:48]).max())
    assert difference < 1e-4, difference

    # The test set, with all settled.
    p_te = run(images[te])

    one = preprocess(images[te][0])
    single = common.session(path, 1)
    took = []
    for _ in range(60):
        began = time.perf_counter()
        single.run(None, {"image": one})
        took.append(time.perf_counter() - began)
    crossed, said = {}, {}
    for kind, groups in (("source_group", source), ("likely_slide", slides)):
        fold = learnt[f"{kind}_fold"]
        p = said[kind] = cross_calibrated(learnt[f"{kind}_logits"], label, fold)
        crossed[kind] = {"folds_accuracy": [round(float((p[fold == k].argmax(1) == label[fold == k]).mean()), 4) for k in range(FOLDS)],
                         **measure(label, p, groups, accept)}
    metrics = {
        "model": "lung-colon-tissue", "sha256": common.sha256(path), "bytes": os.path.getsize(path),
        "classes": CLASSES, "seed": SEED, "steps": int(learnt["steps"]), "batch": BATCH, "outliers_a_step": OUTLIERS,
        "device": str(learnt["device"]), "training_seconds": int(learnt["seconds"]),
        "training_seconds_with_cross_validation": int(learnt["all_seconds"]),
        "cpu": common.cpu_name(), "seconds_per_tile_one_thread": round(float(np.median(took)), 5),
        "split": split, "joined": joined, "temperature": round(temperature, 4),
        "unsure_below": accept, "onnx_minus_jax_max": {"probability": float(f"{difference:.2e}")},
        "validation": measure(label[va], p_va, slides[va], accept),
        "test": measure(label[te], p_te, slides[te], accept),
        "cross_validation": crossed,
        "foreign_organ": foreign_organ(os.path.join(a.data, "pathology", "osteosarcoma-1024"), sess, accept),
        "glass": glass(sess, accept),
    }
    common.write_json(os.path.join(HERE, "metrics.json"), metrics)
    right, top = said["source_group"].argmax(1) == label, said["source_group"].max(1)
    common.calibration_picture(os.path.join(PACKAGE, "calibration.png"), right.astype(int), top, "named class right, cross-validation")
    for name, m, p in (("test-probabilities.tsv", te, p_te), ("cross-validation.tsv", np.ones(len(label), bool), said["source_group"])):
        with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
            f.write("path\tsource_group\t" + "\t".join(CLASSES) + "\n")
            f.writelines(f"{n}\t{g}\t" + "\t".join(f"{v:.4f}" for v in q) + "\n"
                         for n, g, q in zip(np.array(names)[m], source[m], p))
    write_tests(path)
    print({k: metrics[k] for k in ("foreign_organ", "glass", "unsure_below", "temperature", "seconds_per_tile_one_thread")}, flush=True)
    for k, v in (("validation", metrics["validation"]), ("test", metrics["test"]), *crossed.items()):
        print(k, v["accuracy"], v["accepted_share"], v["accuracy_of_accepted"], v["recall"], v["calibration_error_10_bins"], v["lung_known"], v["colon_known"], flush=True)


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
