"""What onnxruntime, numpy, SciPy and Pillow make of the T1 volume with two foreign
models, the segmentation MeshNet and a classifier of brain MR: foreign.json, for
foreign_test.go.

Usage: python3 make_foreign.py FOLDER   (numpy 2.2.6, scipy 1.17.1, pillow 13.0.0, onnxruntime
1.32.0; the FOLDER holds meshnet-t1 and brain-mr-tumour)

The file holds 256 planes to the front, of 256 rows down, of 256 voxels to the left,
1 mm each. The masks are counted as a scanner writes such a volume: slices to the
head, rows to the back, columns to the left.
"""
import gzip
import json
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

HERE, FOLDER = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
t1 = np.frombuffer(gzip.open(FOLDER / "meshnet-t1/t1_crop.nii.gz").read(), np.uint8, offset=352).reshape(256, 256, 256).astype(np.float32)
x = (t1 - t1.min()) / (t1.max() - t1.min())
session = onnxruntime.InferenceSession(FOLDER / "meshnet-t1/model.onnx", providers=["CPUExecutionProvider"])
label = session.run(None, {"input": x[None, None]})[0][0].argmax(0)
label = label[::-1, ::-1].transpose(1, 0, 2)  # [front, down, left] to [head, back, left]
out = {}
for key, k in (("white", 1), ("grey", 2)):
    mask = label == k
    longest = []
    for z in range(256):
        y, c = np.nonzero(mask[z])
        if not len(y):
            longest.append(0)
            continue
        p = np.unique(np.concatenate([np.stack([c + i, y + j], 1) for i in (0, 1) for j in (0, 1)]), axis=0)
        longest.append(float(pdist(p[ConvexHull(p).vertices].astype(np.float64)).max()))
    out[key] = {"mL": int(mask.sum()) / 1000, "longest": max(longest), "slice": int(np.argmax(longest)), "voxels": [int(n) for n in mask.sum((1, 2))]}
# Every 16th axial slice to the classifier, as its card says.
session = onnxruntime.InferenceSession(FOLDER / "brain-mr-tumour/model.onnx", providers=["CPUExecutionProvider"])
axial = t1[::-1, ::-1].transpose(1, 0, 2)
out["tumour"] = {}
for z in range(80, 208, 16):
    small = np.asarray(Image.fromarray(np.ascontiguousarray(axial[z])).resize((224, 224), Image.Resampling.BILINEAR)) * np.float32(0.00392156862745098)
    out["tumour"][z] = [float(p) for p in session.run(None, {"input_layer": np.repeat(small[None, ..., None], 3, 3)})[0][0]]
(HERE / "foreign.json").write_text(json.dumps(out) + "\n")
print({k: {n: w for n, w in v.items() if n != "voxels"} for k, v in out.items() if k != "tumour"}, out["tumour"])
