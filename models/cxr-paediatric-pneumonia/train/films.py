"""The films, who is on them, how people are parted, and the network of the first
output: what train.py and learn.py share. Needs neither TensorFlow nor JAX."""
import glob
import os
import re

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

SEED, SIZE, FOLDS = 20260918, 224, 5
NEAR_DUPLICATE = 0.75

LAYERS = [  # name, kernel, stride, channels, skip
    ("stem", 7, 4, 16, None),
    ("a1", 3, 1, 16, None), ("a2", 3, 1, 16, "stem"),
    ("b0", 3, 2, 32, None), ("b1", 3, 1, 32, None), ("b2", 3, 1, 32, "b0"),
    ("c0", 3, 2, 64, None), ("c1", 3, 1, 64, None), ("c2", 3, 1, 64, "c0"),
    ("d0", 3, 1, 96, None),
]


# ------------------------------------------------------------------- data --

def person(path):
    """The number in the name. NORMAL2-IM-0500 and IM-0500 count as one person,
    person500_bacteria and person500_virus too: wrongly joined people cost
    nothing, wrongly parted ones leak."""
    name = os.path.basename(path)
    m = re.match(r"person(\d+)_", name)
    if m:
        return f"P{int(m[1]):04d}"
    m = re.match(r"(?:NORMAL2-)?IM-(\d+)-", name)
    return f"N{int(m[1]):04d}"


def load(folder):
    paths = sorted(glob.glob(os.path.join(folder, "NORMAL", "*")) +
                   glob.glob(os.path.join(folder, "PNEUMONIA", "*")))
    images = np.stack([np.asarray(Image.open(p).convert("L")) for p in paths])
    names = [os.path.relpath(p, folder) for p in paths]
    label = np.array([n.startswith("PNEUMONIA") for n in names], int)
    return names, images, label


def join_near_duplicates(images, people):
    """Joins people who share a picture: identical pixels, or fine structure
    (64 x 64, blur subtracted) that correlates above NEAR_DUPLICATE."""
    v = []
    for im in images:
        a = np.asarray(Image.fromarray(im).resize((64, 64), Image.BOX), np.float32)
        a = a - gaussian_filter(a, 3)
        a -= a.mean()
        v.append((a / np.linalg.norm(a)).ravel())
    v = np.array(v)
    i, j = np.where(np.triu(v @ v.T, 1) > NEAR_DUPLICATE)
    parent = {p: p for p in people}
    def root(p):
        while parent[p] != p:
            p = parent[p]
        return p
    crossing = 0
    for a, b in zip(i, j):
        ra, rb = sorted((root(people[a]), root(people[b])))
        crossing += ra != rb
        parent[rb] = ra
    return np.array([root(p) for p in people]), {"pairs_above_threshold": int(len(i)),
                                                  "joined_two_people": int(crossing)}


def divide(groups, label):
    """20 % of people test, 15 % validation, the rest train, within each class."""
    part = np.array(["train"] * len(groups), dtype=object)
    for c in (0, 1):
        ids = np.array(sorted(set(groups[label == c])))
        np.random.default_rng([SEED, c]).shuffle(ids)
        a, b = round(0.20 * len(ids)), round(0.35 * len(ids))
        part[np.isin(groups, ids[:a])] = "test"
        part[np.isin(groups, ids[a:b])] = "validation"
    return part


def deal(groups, label, part):
    """Fold of each film: 0 is the test part, the rest of the people go to 1..4,
    within each class."""
    fold = np.where(part == "test", 0, -1)
    for c in (0, 1):
        ids = np.array(sorted(set(groups[(label == c) & (fold < 0)])))
        np.random.default_rng([SEED, 7, c]).shuffle(ids)
        for k in range(1, FOLDS):
            fold[np.isin(groups, ids[k - 1::FOLDS - 1])] = k
    return fold


def kind_of(names):
    """0 normal, 1 bacterial, 2 viral, by the file name."""
    return np.array([1 if "bacteria" in n else 2 if "virus" in n else 0 for n in names])
