"""A slide typed in Python, for the test of slide typing against it.

Usage: python3 make_typing.py   (numpy 2.4.6, Pillow 13.0.0, pydicom 3.0.2, onnx 1.23.2, onnxruntime 1.32.0)

Reads the sample slide, taken as 0.25 µm per pixel, and types it at 0.5 µm with
two small graphs:
  patches.onnx  image [N,3,64,64] 0..1 -> probability [N,3], a softmax over the mean colour
  embed.onnx    image [N,3,64,64] 0..1 -> embedding [N,3], the mean colour
  head.onnx     bag [1,P,3] -> logits [1,3] of the attention-weighted mean, attention [1,P]
                (Ilse M et al., ICML 2018: softmax over patches of w.tanh(V h))
Writes typing.json: probabilities and weights of each patch, and the three answers.
"""
import io
import json
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
import pydicom
from onnx import TensorProto as T, helper as h, numpy_helper
from PIL import Image
from pydicom.encaps import generate_frames

HERE = pathlib.Path(__file__).parent
SLIDE = HERE / "../../../app/samples/data/slide/slide.dcm"
F, SIDE, DOWN, SATURATION, FRACTION = np.float32, 64, 2, 0.15, 0.3
W = np.array([[9, -4, 1], [-7, 6, 2], [1, -3, -2]], F)
B = np.array([-3.5, 1.2, 0.7], F)
V = np.array([[3, -2], [1, 4], [-5, 1]], F)
A = np.array([[2.5], [-3]], F)


def const(name, v):
    return numpy_helper.from_array(np.asarray(v), name)


def save(name, nodes, inputs, outputs, extra):
    graph = h.make_graph(nodes, name, [h.make_tensor_value_info(n, T.FLOAT, s) for n, s in inputs],
                         [h.make_tensor_value_info(n, T.FLOAT, s) for n, s in outputs], extra)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="longying tests")
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")
    return ort.InferenceSession(str(HERE / f"{name}.onnx"), providers=["CPUExecutionProvider"])


mean = [h.make_node("GlobalAveragePool", ["image"], ["pooled"]), h.make_node("Flatten", ["pooled"], ["mean"], axis=1)]
patches = save("patches", mean + [h.make_node("Gemm", ["mean", "w", "b"], ["logits"]), h.make_node("Softmax", ["logits"], ["probability"], axis=1)],
               [("image", ["N", 3, SIDE, SIDE])], [("probability", ["N", 3])], [const("w", W), const("b", B)])
embed = save("embed", mean + [h.make_node("Identity", ["mean"], ["embedding"])], [("image", ["N", 3, SIDE, SIDE])], [("embedding", ["N", 3])], [])
head = save("head", [
    h.make_node("MatMul", ["bag", "v"], ["hidden"]), h.make_node("Tanh", ["hidden"], ["bent"]), h.make_node("MatMul", ["bent", "a"], ["score"]),
    h.make_node("Squeeze", ["score", "last"], ["flat"]), h.make_node("Softmax", ["flat"], ["attention"], axis=1),
    h.make_node("Unsqueeze", ["attention", "middle"], ["row"]), h.make_node("MatMul", ["row", "bag"], ["sum"]),
    h.make_node("Squeeze", ["sum", "middle"], ["pooled"]), h.make_node("Gemm", ["pooled", "w", "b"], ["logits"])],
    [("bag", [1, "P", 3])], [("logits", [1, 3]), ("attention", [1, "P"])],
    [const("v", V), const("a", A), const("w", W), const("b", B), const("last", np.array([2])), const("middle", np.array([1]))])

ds = pydicom.dcmread(SLIDE)
across = ds.TotalPixelMatrixColumns // ds.Columns
whole = np.zeros((ds.TotalPixelMatrixRows, ds.TotalPixelMatrixColumns, 3), np.uint8)
for i, frame in enumerate(generate_frames(ds.PixelData, number_of_frames=ds.NumberOfFrames)):
    tile = Image.open(io.BytesIO(frame))
    tile.draft("YCbCr", tile.size)
    y, cb, cr = np.moveaxis(np.asarray(tile, np.float64), -1, 0)  # PS3.3 C.7.6.3.1.2
    rgb = np.stack([y + 1.402 * (cr - 128), y - .344136 * (cb - 128) - .714136 * (cr - 128), y + 1.772 * (cb - 128)], -1)
    r, c = divmod(i, across)
    whole[r * 224:(r + 1) * 224, c * 224:(c + 1) * 224] = np.clip(np.floor(rgb + .5), 0, 255)

step = SIDE * DOWN
rows, columns = whole.shape[0] // step, whole.shape[1] // step
tensors, index = [], []
for i in range(rows * columns):
    r, c = divmod(i, columns)
    square = whole[r * step:(r + 1) * step, c * step:(c + 1) * step].astype(np.float64)
    small = np.floor(square.reshape(SIDE, DOWN, SIDE, DOWN, 3).mean((1, 3)) + .5).astype(np.uint8)
    most, least = small.max(-1).astype(int), small.min(-1).astype(int)
    if ((most - least) >= SATURATION * most).mean() >= FRACTION:
        index.append(i)
        tensors.append((small.astype(F) * F(1 / 255)).transpose(2, 0, 1))
p = patches.run(None, {"image": np.stack(tensors)})[0]
e = embed.run(None, {"image": np.stack(tensors)})[0]
logits, attention = head.run(None, {"bag": e[None]})
top = np.exp(logits[0] - logits[0].max())
answer = {"columns": columns, "rows": rows, "step": step, "tissue": index, "probability": p.astype(float).tolist(), "attention": attention[0].astype(float).tolist(),
          "mean": p.astype(np.float64).mean(0).tolist(), "top5": np.sort(p.astype(np.float64), 0)[-5:].mean(0).tolist(), "pooled": (top / top.sum()).astype(float).tolist()}
(HERE / "typing.json").write_text(json.dumps(answer) + "\n")
print(len(index), "of", rows * columns, "patches;", {k: np.round(answer[k], 3) for k in ("mean", "top5", "pooled")})
