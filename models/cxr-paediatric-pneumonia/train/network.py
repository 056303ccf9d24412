"""The residual network of common.py in JAX, for training on a CPU or, where one
is at hand, on a GPU: the same layer lists, parameters and state, so that
common.export writes either. Pictures are varied on the device that trains.

Seeded; but a GPU adds floating-point numbers in another order than a CPU, and
threads in any, so a second run ends at slightly different weights.
"""
import time

import jax
import jax.numpy as jnp
import numpy as np

EPS = 1e-5


def init(layers, channels_in, classes, seed):
    rng = np.random.default_rng(seed)
    params, state, cin, width = {}, {}, channels_in, {}
    for name, k, s, cout, skip in layers:
        assert not skip or width[skip] == cout
        params[name] = {"w": rng.normal(0, np.sqrt(2.0 / (k * k * cin)), (k, k, cin, cout)).astype(np.float32),
                        "g": np.full(cout, 0.2 if skip else 1, np.float32), "b": np.zeros(cout, np.float32)}
        state[name] = {"m": np.zeros(cout, np.float32), "v": np.ones(cout, np.float32)}
        width[name] = cin = cout
    params["head"] = {"w": rng.normal(0, 0.01, (cin, classes)).astype(np.float32), "b": np.zeros(classes, np.float32)}
    return params, state


def forward(layers, params, state, x, train=False, key=None, drop=0.0):
    """x [N,h,w,c] -> logits [N,classes], new state."""
    new, kept = {}, {}
    for name, k, s, cout, skip in layers:
        p, q = params[name], k // 2
        y = jax.lax.conv_general_dilated(x, p["w"], (s, s), [(q, q), (q, q)], dimension_numbers=("NHWC", "HWIO", "NHWC"))
        if train:
            m, v = y.mean((0, 1, 2)), y.var((0, 1, 2))
            new[name] = {"m": 0.95 * state[name]["m"] + 0.05 * jax.lax.stop_gradient(m),
                         "v": 0.95 * state[name]["v"] + 0.05 * jax.lax.stop_gradient(v)}
        else:
            m, v = state[name]["m"], state[name]["v"]
        y = (y - m) * (p["g"] * jax.lax.rsqrt(v + EPS)) + p["b"]
        if skip:
            y = y + kept[skip]
        x = kept[name] = jax.nn.relu(y)
    if train and drop:
        x = x * jax.random.bernoulli(key, 1 - drop, (x.shape[0], 1, 1, x.shape[3])) / (1 - drop)
    return x.mean((1, 2)) @ params["head"]["w"] + params["head"]["b"], new


def stepper(layers, vary, loss, *, steps, lr, weight_decay, drop):
    """One step of AdamW with a one-cycle cosine rate and a mean of weights,
    compiled once for all fits of a script. vary(key, images uint8, labels) ->
    x, targets."""
    warm = 0.05 * steps
    tree = jax.tree_util.tree_map

    def step(carry, key, i, images, labels, index):
        params, state, mu, nu, mean_p, mean_s = carry
        a, b = jax.random.split(jax.random.fold_in(key, i))
        x, target = vary(a, images[index], labels[index])

        def objective(p):
            z, new = forward(layers, p, state, x, True, b, drop)
            return loss(z, target), new
        (value, state), g = jax.value_and_grad(objective, has_aux=True)(params)
        i = i.astype(jnp.float32)
        rate = lr * jnp.where(i < warm, (i + 1) / warm, 0.5 * (1 + jnp.cos(jnp.pi * (i - warm) / (steps - warm))))
        mu = tree(lambda m, g: 0.9 * m + 0.1 * g, mu, g)
        nu = tree(lambda v, g: 0.99 * v + 0.01 * g * g, nu, g)
        c1, c2 = 1 - 0.9 ** (i + 1), 1 - 0.99 ** (i + 1)
        params = tree(lambda w, m, v: w - rate * ((m / c1) / (jnp.sqrt(v / c2) + 1e-8) + (weight_decay * w if w.ndim > 1 else 0.0)),
                      params, mu, nu)
        d = jnp.minimum(0.995, (1 + i) / (10 + i))
        mean = lambda a, b: tree(lambda u, v: d * u + (1 - d) * v, a, b)
        return (params, state, mu, nu, mean(mean_p, params), mean(mean_s, state)), value

    return jax.jit(step, donate_argnums=0)


def fit(step, params, state, images, labels, train, *, steps, batch, seed, log):
    """Trains on images[train]; images uint8 [n,h,w,c] and labels lie on the
    device whole. Every class is drawn equally often. Returns the mean of
    weights and of batch statistics as numpy."""
    on = lambda t: jax.tree_util.tree_map(jnp.array, t)
    zero = lambda t: jax.tree_util.tree_map(jnp.zeros_like, t)
    carry = (on(params), on(state), zero(on(params)), zero(on(params)), on(params), on(state))
    rng, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    y = np.asarray(labels)[train]
    decks = [train[y == c] for c in np.unique(y)]
    each = -(-steps * batch // len(decks))
    order = np.stack([np.concatenate([rng.permutation(d) for _ in range(each // len(d) + 1)])[:each] for d in decks], 1).ravel()
    t0, total = time.time(), []
    for i in range(steps):
        carry, value = step(carry, key, jnp.int32(i), images, labels, jnp.asarray(order[i * batch:(i + 1) * batch].astype(np.int32)))
        total.append(value)
        if (i + 1) % 500 == 0 or i + 1 == steps:
            log(f"step {i + 1}/{steps} loss {float(jnp.stack(total[-500:]).mean()):.4f} {time.time() - t0:.0f} s")
    return jax.tree_util.tree_map(np.asarray, (carry[4], carry[5]))


def predictor(layers, to_input):
    f = jax.jit(lambda p, s, im: forward(layers, p, s, to_input(im))[0])
    def predict(params, state, images, index, batch=128):
        out = []
        for a in range(0, len(index), batch):
            part = index[a:a + batch]
            pad = np.concatenate([part, np.repeat(part[-1:], batch - len(part))]).astype(np.int32)
            out.append(np.asarray(f(params, state, images[jnp.asarray(pad)]))[:len(part)])
        return np.concatenate(out)
    return predict


# ---------------------------------------------------------------- varying --

def uniform(key, shape, low, high):
    return jax.random.uniform(key, shape, minval=low, maxval=high)


def sample(x, m, shift, side):
    """Bilinear, border mirrored: out(p) = x(middle + m p + shift), p from the
    middle of a square of side pixels. x [N,h,w,c], m [N,2,2], shift [N,2]."""
    h, w = x.shape[1:3]
    p = jnp.arange(side) - (side - 1) / 2
    v, u = jnp.meshgrid(p, p, indexing="ij")
    at = jnp.einsum("nij,jab->niab", m, jnp.stack([v, u])) + shift[:, :, None, None] + jnp.array([(h - 1) / 2, (w - 1) / 2])[:, None, None]
    mirror = lambda q, n: (n - 1) - jnp.abs((q % (2 * (n - 1))) - (n - 1))
    y, z = mirror(at[:, 0], h), mirror(at[:, 1], w)
    y0, z0 = jnp.floor(y).astype(int), jnp.floor(z).astype(int)
    fy, fz = (y - y0)[..., None], (z - z0)[..., None]
    y1, z1 = jnp.minimum(y0 + 1, h - 1), jnp.minimum(z0 + 1, w - 1)
    n = jnp.arange(x.shape[0])[:, None, None]
    return ((x[n, y0, z0] * (1 - fz) + x[n, y0, z1] * fz) * (1 - fy) + (x[n, y1, z0] * (1 - fz) + x[n, y1, z1] * fz) * fy)


def turn(angle, scale_y, scale_x):
    """Matrices that magnify by the scales and turn by the angle, [N,2,2]."""
    c, s = jnp.cos(angle), jnp.sin(angle)
    return jnp.stack([jnp.stack([c / scale_y, -s / scale_x], -1), jnp.stack([s / scale_y, c / scale_x], -1)], -2)


def blur(x, sigma):
    """Gaussian over both axes, one width for all."""
    r = int(3 * sigma + 1)
    k = np.exp(-np.arange(-r, r + 1) ** 2 / (2 * sigma ** 2))
    k = jnp.asarray(k / k.sum(), jnp.float32)
    c = x.shape[-1]
    x = jnp.pad(x, ((0, 0), (r, r), (r, r), (0, 0)), mode="reflect")
    for shape in ((2 * r + 1, 1, 1, 1), (1, 2 * r + 1, 1, 1)):
        x = jax.lax.conv_general_dilated(x, jnp.tile(k.reshape(shape), (1, 1, 1, c)), (1, 1), "VALID",
                                         dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=c)
    return x


def weights(params, state, prefix=""):
    """As a flat dictionary for numpy.savez."""
    return {f"{prefix}{layer}.{what}": v for t in (params, state) for layer, of in t.items() for what, v in of.items()}


def from_weights(flat, prefix=""):
    params, state = {}, {}
    for name, v in flat.items():
        if name.startswith(prefix):
            layer, what = name[len(prefix):].split(".")
            (state if what in "mv" else params).setdefault(layer, {})[what] = v
    return params, state
