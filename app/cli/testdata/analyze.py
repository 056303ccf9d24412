"""What `longying analyze` does with the film model, as one writes it in Python
with pydicom, Pillow, numpy and onnxruntime: one thread for numpy, and as many as
ours has for the model.

    python analyze.py FILE MODEL     prints the probability, the first of all outputs, and ends: a cold run
    python analyze.py                serves `warm` to the benchmark
"""

import os
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


def loaded(model):
    """A session on as many threads as ours: all processors but one, which is the screen's."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, os.cpu_count() - 1)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def warm(path, model):
    session = loaded(model)
    return lambda: probability(session, path)


if len(sys.argv) > 1:
    print(probability(loaded(sys.argv[2]), sys.argv[1]))
else:
    from peer import serve

    serve(warm)
