"""What two foreign models answer, by onnxruntime, numpy and Pillow.

Usage: python3 make_foreign.py FOLDER   (numpy 2, Pillow 12, onnxruntime 1.2x; the
FOLDER holds brain-mr-tumour/model.onnx, meshnet-t1/model.onnx and
meshnet-t1/t1_crop.nii.gz)

  meshnet-output.f32  every 4099th value of the output for the whole T1 volume / 255
  brain-output.f32    the output for the picture below
  brain-tensor.f32    every 101st value of the tensor of the T1's plane j = 132,
                      resized by Pillow (mode F, bilinear), / 255, in three channels

The picture is (31*row + 17*column + 7*channel) mod 256, / 255.
"""
import gzip
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image

HERE, FOLDER = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
F = np.float32


def save(name, values):
    (HERE / name).write_bytes(np.ascontiguousarray(values, "<f4").tobytes())


def run(model, name, x):
    return onnxruntime.InferenceSession(FOLDER / model / "model.onnx", providers=["CPUExecutionProvider"]).run(None, {name: x})[0]


header = gzip.open(FOLDER / "meshnet-t1" / "t1_crop.nii.gz").read()
t1 = np.frombuffer(header, np.uint8, offset=352).reshape(256, 256, 256)  # k to the front, j down, i to the left
save("meshnet-output.f32", run("meshnet-t1", "input", (t1.astype(F) / F(255))[None, None]).ravel()[::4099])

row, column, channel = np.mgrid[:224, :224, :3]
picture = ((31 * row + 17 * column + 7 * channel) % 256).astype(F) / F(255)
save("brain-output.f32", run("brain-mr-tumour", "input_layer", picture[None]))

plane = t1[::-1, 132, :]  # rows to the back, columns to the left
small = np.asarray(Image.fromarray(plane.astype(F)).resize((224, 224), Image.BILINEAR), F) * F(1 / 255)
save("brain-tensor.f32", np.repeat(small[None, :, :, None], 3, 3).ravel()[::101])
