"""Tiny ONNX graphs with known arithmetic, for the tests of inference/ort.

Usage: python3 make_graph.py   (onnx 1.23.2)
  tiny.onnx    image [N,1,2,2] -> probability [N,1] = mean/4 + 1/2, cam [N,1,2,2] = 2*image + 1
  double.onnx  the same with a float64 input
  uint8.onnx, int64.onnx, float16.onnx: the same with inputs of these types
  outputs.onnx image [N,1,2,2] -> [N,4] values of it, named by their type: int64 (plus 1), int32, uint8,
               bool, double (times 2^64 times 2^64), float16, int8
  endless.onnx the same outputs after a loop of 2^40 additions of zero: never ends by itself
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

HERE = pathlib.Path(__file__).parent


def const(name, v, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(v, dtype), name)


def tail(x):
    return [
        h.make_node("GlobalAveragePool", [x], ["mean"]),
        h.make_node("Flatten", ["mean"], ["flat"], axis=1),
        h.make_node("Mul", ["flat", "quarter"], ["scaled"]),
        h.make_node("Add", ["scaled", "half"], ["probability"]),
        h.make_node("Mul", [x, "two"], ["doubled"]),
        h.make_node("Add", ["doubled", "one"], ["cam"]),
    ]


def save(name, nodes, kind=T.FLOAT, extra=()):
    graph = h.make_graph(
        nodes, name, [h.make_tensor_value_info("image", kind, ["N", 1, 2, 2])],
        [h.make_tensor_value_info("probability", T.FLOAT, ["N", 1]), h.make_tensor_value_info("cam", T.FLOAT, ["N", 1, 2, 2])],
        [const("quarter", 0.25), const("half", 0.5), const("two", 2), const("one", 1), *extra])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="longying tests")
    onnx.checker.check_model(model, full_check=True)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


save("tiny", tail("image"))
save("double", [h.make_node("Cast", ["image"], ["x"], to=T.FLOAT), *tail("x")], T.DOUBLE)
for kind in "UINT8", "INT64", "FLOAT16":
    save(kind.lower(), [h.make_node("Cast", ["image"], ["x"], to=T.FLOAT), *tail("x")], getattr(T, kind))

kinds = ["int64", "int32", "uint8", "bool", "double", "float16", "int8"]
nodes = [h.make_node("Flatten", ["image"], ["flat"], axis=1)]
for k in kinds:
    last = {"int64": "int64_cast", "double": "double_cast"}.get(k, k)
    nodes.append(h.make_node("Cast", ["flat"], [last], to=getattr(T, k.upper())))
nodes += [h.make_node("Add", ["int64_cast", "one"], ["int64"]), h.make_node("Mul", ["double_cast", "much"], ["double"])]
graph = h.make_graph(
    nodes, "outputs", [h.make_tensor_value_info("image", T.FLOAT, ["N", 1, 2, 2])],
    [h.make_tensor_value_info(k, getattr(T, k.upper()), ["N", 4]) for k in kinds],
    [const("one", 1, np.int64), const("much", 2.0**128, np.float64)])
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="longying tests")
onnx.checker.check_model(model, full_check=True)
(HERE / "outputs.onnx").write_bytes(model.SerializeToString())

body = h.make_graph(
    [h.make_node("Identity", ["go"], ["on"]), h.make_node("Add", ["state", "zero"], ["next"])], "body",
    [h.make_tensor_value_info("i", T.INT64, []), h.make_tensor_value_info("go", T.BOOL, []),
     h.make_tensor_value_info("state", T.FLOAT, ["N", 1, 2, 2])],
    [h.make_tensor_value_info("on", T.BOOL, []), h.make_tensor_value_info("next", T.FLOAT, ["N", 1, 2, 2])])
save("endless", [h.make_node("Loop", ["count", "true", "image"], ["x"], body=body), *tail("x")],
     extra=[const("count", 2**40, np.int64), const("true", True, bool), const("zero", 0)])
