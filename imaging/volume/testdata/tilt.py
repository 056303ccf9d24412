"""The tilt of a folder of slices, from positions alone: python3 tilt.py FOLDER > tilt.json

Needs pydicom (made with 3.0.2) and numpy. The angle is that between the line
through the positions, fitted by least squares, and the normal of the slices.
"""
import json
import pathlib
import sys

import numpy as np
import pydicom

slices = []
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        ds = pydicom.dcmread(path, stop_before_pixels=True)
    except pydicom.errors.InvalidDicomError:
        continue
    if "ImagePositionPatient" in ds:
        slices.append(ds)
o = np.array(slices[0].ImageOrientationPatient, float)
normal = np.cross(o[:3], o[3:])
normal /= np.linalg.norm(normal)
slices.sort(key=lambda ds: np.dot(np.array(ds.ImagePositionPatient, float), normal))
p = np.array([list(ds.ImagePositionPatient) for ds in slices], float)
k = np.arange(len(p))
step = np.array([np.polyfit(k, p[:, a], 1)[0] for a in range(3)])
along = step @ normal
print(json.dumps({
    "Tilt": float(np.degrees(np.arccos(along / np.linalg.norm(step)))),
    "Spacing": float(along),
    "Step": [float(x) for x in step],
    "Order": [int(ds.InstanceNumber) for ds in slices],
}))
