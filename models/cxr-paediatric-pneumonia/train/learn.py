"""Trains the network of the second output, bacterial or viral, and the networks of
the cross-validation of both outputs. On a CPU or a GPU, after train.py:

    python learn.py --data ../../../../shared/data

Writes work/learnt.npz: the weights of the second network, and what each network
said of films of people that it never saw, as logits. kind.py goes on from there.
"""
import argparse
import os
import time

import jax
import jax.numpy as jnp
import numpy as np

import films
import network
from network import uniform

HERE = os.path.dirname(os.path.abspath(__file__))
SEED, SIZE, BATCH = films.SEED, films.SIZE, 96

KIND = [  # name, kernel, stride, channels, skip
    ("stem", 7, 4, 32, None),
    ("a1", 3, 1, 32, None), ("a2", 3, 1, 32, "stem"),
    ("b0", 3, 2, 64, None), ("b1", 3, 1, 64, None), ("b2", 3, 1, 64, "b0"),
    ("c0", 3, 2, 128, None), ("c1", 3, 1, 128, None), ("c2", 3, 1, 128, "c0"),
]


def zscore(x):
    x = x.astype(jnp.float32)
    return (x - x.mean((1, 2, 3), keepdims=True)) / (x.std((1, 2, 3), keepdims=True) + 1e-6)


def varied(key, images, flip):
    """Turned to 8 degrees, each axis scaled by itself to 15 %, moved, gamma, soft
    focus, noise, a dark border now and then, as train.py does it."""
    k = jax.random.split(key, 12)
    n = len(images)
    each = lambda i, low, high: uniform(k[i], (n, 1, 1, 1), low, high)
    sx = uniform(k[0], (n,), 0.85, 1.15) * (jnp.where(jax.random.bernoulli(k[1], 0.5, (n,)), 1, -1) if flip else 1)
    m = network.turn(uniform(k[2], (n,), -0.14, 0.14), uniform(k[3], (n,), 0.85, 1.15), sx)
    x = network.sample(images.astype(jnp.float32) / 255, m, uniform(k[4], (n, 2), -12, 12), SIZE)
    x = jnp.where(each(5, 0, 1) < 0.3, x + each(6, 0, 1) * (network.blur(x, 1.0) - x), x)
    x = x.clip(0, 1) ** jnp.exp(each(7, -0.45, 0.45))
    x = x + jax.random.normal(k[8], x.shape) * each(9, -0.06, 0.03).clip(0)
    edge = jnp.where(each(10, 0, 1) < 0.6, jax.random.randint(k[11], (n, 4, 1, 1), 0, 32), 0)
    p = jnp.arange(SIZE)
    y, z = p[None, :, None], p[None, None, :]
    inside = (y >= edge[:, 0]) & (y < SIZE - edge[:, 1]) & (z >= edge[:, 2]) & (z < SIZE - edge[:, 3])
    return x * inside[..., None]


def vary_kind(key, images, label):
    """Normal, bacterial, viral; mirrored too; a third of the films seen through
    another, with the label in the same shares."""
    a, b, c, d = jax.random.split(key, 4)
    x, goal, n = varied(a, images, True), jax.nn.one_hot(label, 3), len(label)
    share = jnp.where(jax.random.bernoulli(b, 0.35, (n,)), uniform(c, (n,), 0, 0.5), 0.0)
    other = jax.random.permutation(d, n)
    x = x + share[:, None, None, None] * (x[other] - x)
    goal = goal + share[:, None] * (goal[other] - goal)
    return zscore(x), 0.92 * goal + 0.08 / 3


def vary_film(key, images, label):
    return zscore(varied(key, images, False)), (label > 0) * 0.98 + 0.01


def loss_kind(logits, goal):
    return -(goal * jax.nn.log_softmax(logits)).sum(1).mean()


def loss_film(logits, y):
    z = logits[:, 0]
    return (jax.nn.softplus(z) - y * z).mean()


def auc(y, z):
    order = np.argsort(z, kind="stable")
    rank = np.empty(len(z))
    rank[order] = np.arange(1, len(z) + 1)
    return (rank[y].sum() - y.sum() * (y.sum() + 1) / 2) / (y.sum() * (~y).sum())


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    args.add_argument("--out", default=os.path.join(HERE, "work"))
    args.add_argument("--steps", type=int, nargs="+", default=[700, 1400, 2400], help="of the second network: the number best on validation counts")
    args.add_argument("--film-steps", type=int, default=1000)
    args.add_argument("--few", type=int, default=0, help="every so-manieth film: to try the script")
    a = args.parse_args()
    log = lambda s: print(s, flush=True)
    names, images, label = films.load(os.path.join(a.data, "cxr", "paediatric-pneumonia-224"))
    groups, _ = films.join_near_duplicates(images, np.array([films.person(n) for n in names]))
    part = films.divide(groups, label)
    fold, kind = films.deal(groups, label, part), films.kind_of(names)
    keep = np.arange(0, len(names), max(a.few, 1))
    images, label, part, fold, kind = images[keep], label[keep], part[keep], fold[keep], kind[keep]
    on_device, y = jnp.asarray(images[..., None]), jnp.asarray(kind)
    to_input = zscore
    predict_kind, predict_film = network.predictor(KIND, to_input), network.predictor(films.LAYERS, to_input)
    make = lambda steps: network.stepper(KIND, vary_kind, loss_kind, steps=steps, lr=2e-3, weight_decay=0.05, drop=0.2)
    ill = kind > 0

    def learn(step, layers, classes, predict, train, told, steps, say):
        params, state = network.init(layers, 1, classes, SEED)
        params, state = network.fit(step, params, state, on_device, y, np.where(train)[0], steps=steps, batch=BATCH, seed=SEED,
                                    log=lambda s: log(f"{say}: {s}"))
        return params, state, predict(params, state, on_device, np.where(told)[0])

    os.makedirs(a.out, exist_ok=True)
    began, best, out, held = time.time(), None, {"device": jax.devices()[0].device_kind}, part == "validation"
    tried = {}
    for steps in a.steps:
        step = make(steps)
        params, state, z = learn(step, KIND, 3, predict_kind, part == "train", held, steps, f"kind, {steps} steps")
        v = tried[steps] = auc((kind == 1)[held & ill], (z[:, 1] - z[:, 2])[ill[held]])
        log(f"kind, {steps} steps: validation AUC {v:.4f}")
        if best is None or v > best[0]:
            best = v, steps, step
            out.update(network.weights(params, state, "kind."), validation_logits=z, steps=steps)
    out["tried"] = np.array([[k, v] for k, v in tried.items()])
    out["seconds"] = round(time.time() - began)
    np.savez(os.path.join(a.out, "learnt.npz"), **out)
    film_step = network.stepper(films.LAYERS, vary_film, loss_film, steps=a.film_steps, lr=2e-3, weight_decay=0.02, drop=0.1)
    kinds, said = np.full((len(kind), 3), np.nan, np.float32), np.full(len(kind), np.nan, np.float32)
    for k in range(1, films.FOLDS):
        told = fold == k
        kinds[told] = learn(best[2], KIND, 3, predict_kind, ~told, told, best[1], f"kind fold {k}")[2]
        log(f"kind fold {k}: AUC {auc((kind == 1)[told & ill], (kinds[:, 1] - kinds[:, 2])[told & ill]):.4f}")
        said[told] = learn(film_step, films.LAYERS, 1, predict_film, ~told, told, a.film_steps, f"film fold {k}")[2][:, 0]
        log(f"film fold {k}: AUC {auc(ill[told], said[told]):.4f}")
        np.savez(os.path.join(a.out, "learnt.npz"), **out, fold=fold, kind_logits=kinds, film_logits=said, all_seconds=round(time.time() - began))


if __name__ == "__main__":
    main()
