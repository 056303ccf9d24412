"""Trains the networks of lung-colon-tissue: the shipped one and those of two
cross-validations, by source group and by likely slide. On a CPU or a GPU:

    python tissue.py --data ../../../../shared/data

Writes work/learnt.npz: the shipped weights, and what each network said of the
tiles that it never saw, as logits. train.py goes on from there. Shares
network.py with models/cxr-paediatric-pneumonia/train.

The sixth class, "none", is made of the training tiles alone and of drawn
pictures (outliers below), so that a network has something to say of what is
neither lung nor colon (outlier exposure; Hendrycks, Mazeika and Dietterich,
ICLR 2019). No tissue of another organ is trained on.
"""
import argparse
import csv
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(PACKAGE, "..", "cxr-paediatric-pneumonia", "train"))
import network  # noqa: E402
from network import uniform  # noqa: E402

SEED, SIZE, CROP, FOLDS = 20260918, 224, 160, 5
SAME_SLIDE = 2.5
CLASSES = ["lung_n", "lung_aca", "lung_scc", "colon_n", "colon_aca"]
MEAN, STD = [0.73, 0.61, 0.80], [0.17, 0.21, 0.14]
STEPS, BATCH, OUTLIERS, LR = 3600, 96, 40, 2e-3

LAYERS = [  # name, kernel, stride, channels, skip
    ("stem", 3, 2, 24, None),
    ("a0", 3, 2, 48, None), ("a1", 3, 1, 48, None), ("a2", 3, 1, 48, "a0"),
    ("b0", 3, 2, 96, None), ("b1", 3, 1, 96, None), ("b2", 3, 1, 96, "b0"),
    ("c0", 3, 2, 144, None), ("c1", 3, 1, 144, None), ("c2", 3, 1, 144, "c0"),
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


def deal(groups, label):
    """Whole groups to FOLDS folds, the largest first, each to the fold that has
    least of its classes."""
    ids = np.array(sorted(set(groups)))
    np.random.default_rng(SEED).shuffle(ids)
    count = np.array([np.bincount(label[groups == g], minlength=5) for g in ids]) / np.bincount(label, minlength=5)
    held, fold = np.zeros((FOLDS, 5)), np.empty(len(label), int)
    for i in np.argsort(-count.sum(1), kind="stable"):
        k = int(np.argmin((held * count[i]).sum(1) + 1e-3 * held.sum(1)))
        held[k] += count[i]
        fold[groups == ids[i]] = k
    return fold


# ---------------------------------------------------------------- varying --

HED = np.linalg.inv(np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]], np.float32))


def normal(x):
    """0..255 to the network's input."""
    return (x.astype(jnp.float32) * np.float32(1 / 255) - np.float32(MEAN)) / np.float32(STD)


def stained(key, x, far=1.0):
    """Two stains stronger or weaker each by itself, the colour of each off by a
    little, brightness, contrast and gamma; far multiplies all of it."""
    n, k = len(x), jax.random.split(key, 7)
    each = lambda i, low, high, c=1: uniform(k[i], (n, 1, 1, c), low, high)
    od = -jnp.log((jnp.clip(x, 0, 255) + 1) / 256)
    stain = od @ HED
    stain = stain * jnp.exp(far * each(0, -0.4, 0.4, 3)) + far * each(1, -0.05, 0.05, 3)
    mix = jnp.eye(3) + far * 0.06 * jax.random.normal(k[2], (n, 3, 3))
    od = jnp.einsum("nhwc,ncd->nhwd", stain @ np.linalg.inv(HED), mix)
    x = 256 * jnp.exp(-jnp.clip(od, 0, 6)) - 1
    x = (x - 128) * jnp.exp(far * each(3, -0.25, 0.25)) + 128 + far * each(4, -20, 20)
    x = 255 * (jnp.clip(x, 0, 255) / 255) ** jnp.exp(far * each(5, -0.25, 0.25))
    return x


def focused(key, x):
    """A third softer, a fifth sharper, some noise."""
    a, b, c, d = jax.random.split(key, 4)
    n, r = len(x), uniform(a, (len(x), 1, 1, 1), 0, 1)
    soft, softer = network.blur(x, 0.9), network.blur(x, 2.0)
    s = uniform(b, (n, 1, 1, 1), 0, 1)
    x = jnp.where(r < 0.2, x + s * (soft - x), jnp.where(r < 0.35, soft + s * (softer - soft), jnp.where(r > 0.8, x + s * (x - soft), x)))
    return x + jax.random.normal(c, x.shape) * uniform(d, (n, 1, 1, 1), -8, 8).clip(0)


def placed(key, x, low, high, side=CROP):
    """A square somewhere in each picture, turned, mirrored, magnified."""
    a, b, c, d, e = jax.random.split(key, 5)
    n = len(x)
    scale = jnp.exp(uniform(a, (n,), np.log(low), np.log(high)))
    stretch = jnp.exp(uniform(b, (n,), -0.08, 0.08))
    m = network.turn(uniform(c, (n,), 0, 2 * np.pi), scale * stretch * jnp.where(jax.random.bernoulli(d, 0.5, (n,)), 1, -1), scale / stretch)
    room = jnp.maximum(SIZE - side / scale, 0)[:, None] / 2 + 4
    return network.sample(x, m, uniform(e, (n, 2), -1, 1) * room, side)


def clouds(key, n, sigma, c):
    """Smooth noise of unit spread, [n,CROP,CROP,c]."""
    x = network.blur(jax.random.normal(key, (n, CROP, CROP, c)), sigma)
    return (x - x.mean((1, 2), keepdims=True)) / (x.std((1, 2), keepdims=True) + 1e-6)


def shuffled(key, x, block):
    """Blocks of a picture in another order, and one in three from its neighbour."""
    n, g = len(x), CROP // block
    b = x.reshape(n, g, block, g, block, 3).transpose(0, 1, 3, 2, 4, 5).reshape(n, g * g, block, block, 3)
    k1, k2 = jax.random.split(key)
    b = jnp.where(jax.random.bernoulli(k2, 0.33, (n, g * g, 1, 1, 1)), jnp.roll(b, 1, 0), b)
    b = jax.vmap(lambda k, v: v[jax.random.permutation(k, g * g)])(jax.random.split(k1, n), b)
    return b.reshape(n, g, g, block, block, 3).transpose(0, 1, 3, 2, 4, 5).reshape(n, CROP, CROP, 3)


def drawn(key, n):
    """Two to three colours in clouds and dots: ground, fibres, nuclei of any
    stain, density and size, and glass."""
    k = jax.random.split(key, 12)
    colour = lambda i, low, high: uniform(k[i], (n, 1, 1, 3), jnp.array(low, jnp.float32), jnp.array(high, jnp.float32))
    ground = jnp.where(uniform(k[0], (n, 1, 1, 1), 0, 1) < 0.7, colour(1, [170, 90, 140], [250, 225, 245]), colour(1, [0, 0, 0], [255, 255, 255]))
    x = jnp.broadcast_to(ground, (n, CROP, CROP, 3))
    cut = lambda i, f: jax.nn.sigmoid(6 * (f - uniform(k[i], (n, 1, 1, 1), -0.3, 2.2)))
    second = cut(2, clouds(k[3], n, 10.0, 1))
    x = x + second * (colour(4, [200, 130, 170], [255, 250, 255]) - x)
    fine, coarse = clouds(k[5], n, 1.6, 1), clouds(k[5], n, 3.5, 1)
    nuclei = cut(6, jnp.where(uniform(k[7], (n, 1, 1, 1), 0, 1) < 0.5, fine, coarse))
    x = x + nuclei * (colour(8, [40, 20, 80], [160, 110, 200]) - x)
    return x + clouds(k[9], n, 1.0, 3) * uniform(k[10], (n, 1, 1, 1), 0, 14)


def glass(key, n):
    """Empty glass, evenly lit or not, with dust, or a stroke of a pen."""
    k = jax.random.split(key, 7)
    x = uniform(k[0], (n, 1, 1, 3), -6, 6) + uniform(k[1], (n, 1, 1, 1), 205, 255)
    x = x + clouds(k[2], n, 10.0, 1) * uniform(k[3], (n, 1, 1, 1), 0, 8)
    stroke = jax.nn.sigmoid(8 * (clouds(k[4], n, 10.0, 1) - uniform(k[5], (n, 1, 1, 1), 0, 5)))
    return x + stroke * (uniform(k[6], (n, 1, 1, 3), 0, 200) - x)


def outliers(key, images):
    """What is none of the classes, OUTLIERS of it, from as many pictures: blocks
    in another order (of 8, 16, 32 pixels), phases of the spectrum drawn anew,
    two pictures through each other, magnified far too much, four to sixteen
    times reduced and mirrored together, stretched and bent, in foreign colours,
    drawn tissue, glass."""
    k = jax.random.split(key, 16)
    n = OUTLIERS // 10
    take = lambda i: images[i * n:(i + 1) * n]
    cut = lambda i, low=0.75, high=1.5: placed(k[i], take(i), low, high)
    spectrum = jnp.fft.fft2(cut(3), axes=(1, 2))
    phase = jnp.angle(jnp.fft.fft2(jax.random.normal(k[10], (n, CROP, CROP, 1)), axes=(1, 2)))
    through = cut(4)
    m = network.turn(uniform(k[11], (n,), 0, 6.3), jnp.exp(uniform(k[12], (n,), 0.4, 1.4)), jnp.exp(uniform(k[13], (n,), -0.9, -0.2)))
    bent = network.sample(take(7), m, jnp.zeros((n, 2)), CROP)
    foreign = cut(8)
    foreign = jnp.where(uniform(k[14], (n, 1, 1, 1), 0, 1) < 0.5, foreign[..., ::-1], 255 - foreign)
    foreign = jnp.where(uniform(k[15], (n, 1, 1, 1), 0, 1) < 0.5, foreign, jnp.roll(foreign, 1, -1))
    x = jnp.concatenate([
        shuffled(k[0], cut(0), 8), shuffled(k[1], cut(1), 16), shuffled(k[2], cut(2), 32),
        jnp.real(jnp.fft.ifft2(jnp.abs(spectrum) * jnp.exp(1j * (jnp.angle(spectrum) + phase)), axes=(1, 2))),
        0.5 * (through + jnp.roll(through, 1, 0)),
        placed(k[5], take(5), 3, 8), placed(k[6], take(6), 0.15, 0.4), bent, foreign,
        drawn(k[9], n - n // 3), glass(k[9], n // 3)])
    return x


def vary(key, images, label):
    """Batch in, [BATCH + OUTLIERS, CROP, CROP, 3] and targets over 6 classes
    out. Half of the tiles have a square of another pasted in."""
    k = jax.random.split(key, 10)
    pictures = images.astype(jnp.float32)
    x = stained(k[1], placed(k[0], pictures, 0.75, 1.45))
    x = focused(k[2], x)
    goal = jax.nn.one_hot(label, 6)
    n = len(label)
    share = jnp.where(jax.random.bernoulli(k[3], 0.4, (n, 1, 1, 1)), uniform(k[4], (n, 1, 1, 1), 0.05, 0.5), 0.0)
    at, p = uniform(k[5], (n, 2, 1, 1), 0, CROP), jnp.arange(CROP, dtype=jnp.float32)
    half = jnp.sqrt(share[..., 0]) * CROP / 2
    inside = ((jnp.abs(p[None, :, None] - at[:, 0]) < half) & (jnp.abs(p[None, None, :] - at[:, 1]) < half))[..., None]
    other = jax.random.permutation(k[6], n)
    part = inside.mean((1, 2))
    x, goal = jnp.where(inside, x[other], x), goal * (1 - part) + goal[other] * part
    none = outliers(k[7], pictures[jax.random.permutation(k[8], n)[:OUTLIERS]])
    none = focused(k[9], jnp.concatenate([stained(k[9], none[:-(OUTLIERS // 10)]), none[-(OUTLIERS // 10):]]))
    goal = jnp.concatenate([0.95 * goal + 0.05 / 6, jnp.tile(0.95 * jax.nn.one_hot(5, 6) + 0.05 / 6, (len(none), 1))])
    return normal(jnp.clip(jnp.concatenate([x, none]), 0, 255)), goal


def loss(logits, goal):
    return -(goal * jax.nn.log_softmax(logits)).sum(1).mean()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    args.add_argument("--out", default=os.path.join(HERE, "work"))
    args.add_argument("--steps", type=int, default=STEPS)
    args.add_argument("--only-shipped", action="store_true")
    args.add_argument("--few", type=int, default=0, help="every so-manieth tile: to try the script")
    a = args.parse_args()
    log = lambda s: print(s, flush=True)
    names, images, label, source = load(os.path.join(a.data, "pathology", "lung-colon-tiles"))
    if a.few:
        names, images, label, source = names[::a.few], images[::a.few], label[::a.few], source[::a.few]
    slides, joined = likely_slides(images, source)
    part = divide(slides, label)
    on_device, y = jnp.asarray(images), jnp.asarray(label)
    step = network.stepper(LAYERS, vary, loss, steps=a.steps, lr=LR, weight_decay=0.05, drop=0.2)
    predict = network.predictor(LAYERS, normal)

    def learn(train, told, say):
        params, state = network.init(LAYERS, 3, 6, SEED)
        params, state = network.fit(step, params, state, on_device, y, np.where(train)[0], steps=a.steps, batch=BATCH, seed=SEED,
                                    log=lambda s: log(f"{say}: {s}"))
        z = predict(params, state, on_device, np.where(told)[0])
        log(f"{say}: accuracy on what it never saw {(z[:, :5].argmax(1) == label[told]).mean():.4f}")
        return params, state, z

    began = time.time()
    out = {"device": jax.devices()[0].device_kind, "steps": a.steps, "names": np.array(names)}
    held = part == "validation"
    params, state, z = learn(part == "train", held, "shipped, validation")
    out.update(network.weights(params, state, "shipped."), validation_logits=z, seconds=round(time.time() - began))
    os.makedirs(a.out, exist_ok=True)
    np.savez(os.path.join(a.out, "learnt.npz"), **out)
    if not a.only_shipped:
        for kind, groups in (("source_group", source), ("likely_slide", slides)):
            fold = deal(groups, label)
            logits = np.empty((len(label), 6), np.float32)
            for k in range(FOLDS):
                _, _, logits[fold == k] = learn(fold != k, fold == k, f"{kind} fold {k}")
            out[f"{kind}_fold"], out[f"{kind}_logits"] = fold, logits
            out["all_seconds"] = round(time.time() - began)
            np.savez(os.path.join(a.out, "learnt.npz"), **out)


if __name__ == "__main__":
    main()
