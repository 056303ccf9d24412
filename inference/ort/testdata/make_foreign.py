"""What onnxruntime, numpy and SciPy make of the T1 volume with the foreign model
MeshNet: foreign.json, for foreign_test.go.

Usage: python3 make_foreign.py FOLDER   (numpy 2.2.6, scipy 1.17.1, onnxruntime 1.32.0; the
FOLDER holds model.onnx and t1_crop.nii.gz)

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
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

HERE, FOLDER = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
t1 = np.frombuffer(gzip.open(FOLDER / "t1_crop.nii.gz").read(), np.uint8, offset=352).reshape(256, 256, 256).astype(np.float32)
x = (t1 - t1.min()) / (t1.max() - t1.min())
session = onnxruntime.InferenceSession(FOLDER / "model.onnx", providers=["CPUExecutionProvider"])
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
(HERE / "foreign.json").write_text(json.dumps(out) + "\n")
print({k: {n: w for n, w in v.items() if n != "voxels"} for k, v in out.items()})
