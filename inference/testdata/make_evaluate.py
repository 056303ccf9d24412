"""What scikit-learn, SciPy and confidenceinterval say of made lists of cases.

Usage: python3 make_evaluate.py   (scikit-learn 1.9.1, SciPy 1.17.1, confidenceinterval 1.0.5)
Writes evaluate.json: scores with two decimals (so that some are equal), labels,
AUC, DeLong's standard deviation, and Wilson intervals at a threshold.
"""
import json
import pathlib

import numpy as np
from confidenceinterval.auc import roc_auc_score
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score as sklearn_auc

RNG = np.random.default_rng(20261125)


def wilson(k, n):
    ci = binomtest(k, n).proportion_ci(0.95, method="wilson")
    return {"count": k, "n": n, "low": ci.low, "high": ci.high}


cases = []
for n, share, shift, threshold in [(40, .5, .35, .5), (200, .2, .2, .4), (331, .74, .1, .61), (12, .25, .3, .3)]:
    label = RNG.random(n) < share
    score = np.round(np.clip(RNG.normal(.4, .18, n) + shift * label, 0, 1), 2)
    auc, (low, high) = roc_auc_score(label.astype(int), score, confidence_level=.95, method="delong")
    assert abs(auc - sklearn_auc(label, score)) < 1e-6  # its ranks are float32
    cases.append({"scores": score.tolist(), "positive": label.tolist(), "auc": sklearn_auc(label, score),
                  "sd": (auc - low) / 1.959963984540054 if low > 0 else (high - auc) / 1.959963984540054,
                  "threshold": threshold,
                  "sensitivity": wilson(int((label & (score >= threshold)).sum()), int(label.sum())),
                  "specificity": wilson(int((~label & (score < threshold)).sum()), int((~label).sum()))})
(pathlib.Path(__file__).parent / "evaluate.json").write_text(json.dumps(cases) + "\n")
