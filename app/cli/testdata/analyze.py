"""What `longying analyze` does with the film model, as one writes it in Python
with pydicom, Pillow, numpy and onnxruntime: one thread each for numpy and the
session's default for the model.

    python analyze.py FILE MODEL     prints the probability, the first of all outputs, and ends: a cold run
    python analyze.py                serves `warm` to the benchmark
"""

import sys

import numpy as np
import onnxruntime
import pydicom
from PIL import Image


def values(path):
    ds = pydicom.dcmread(path)
    a = ds.pixel_array.astype(np.float32) * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
    if ds.PhotometricInterpretation == "MONOCHROME1":
        a = a.min() + a.max() - a
    return a


def probability(session, path):
    a = np.asarray(Image.fromarray(values(path)).resize((224, 224), Image.Resampling.BILINEAR), dtype=np.float64)
    a = ((a - a.mean()) / a.std()).astype(np.float32)
    return float(session.run(None, {"image": a[None, None]})[0].ravel()[0])


def warm(path, model):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return lambda: probability(session, path)


if len(sys.argv) > 1:
    print(probability(onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"]), sys.argv[1]))
else:
    from peer import serve

    serve(warm)
