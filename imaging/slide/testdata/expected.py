"""Writes expected.json: what pydicom (with pylibjpeg) and highdicom say of real
slides. Lossless files: the SHA-256 of the whole matrix as RGB. Lossy files: the
mean of each block of 128 x 128 pixels, because decoders round differently.

    pip install pydicom==3.0.2 pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg highdicom==0.28.2 pyjpegls pillow==13.0.0
    python expected.py --data PATH_OF_shared/data
"""
import argparse
import hashlib
import io
import json
import os

import PIL
import highdicom
import numpy as np
import pydicom
from PIL import Image
from pydicom.encaps import generate_frames

FILES = [
    "dicom/highdicom/test_files/sm_image.dcm",
    "dicom/highdicom/test_files/sm_image_control.dcm",
    "dicom/highdicom/test_files/sm_image_dots.dcm",
    "dicom/highdicom/test_files/sm_image_numbers.dcm",
    "dicom/highdicom/test_files/sm_image_jpegls.dcm",
    "dicom/highdicom/test_files/sm_image_jpegls_nobot.dcm",
    "dicom/fo-dicom/multiframe.dcm",  # its last column of tiles is cut to what is left of the matrix
    "slides/multi_frame_jpeg_camelyon_challenge_image.dcm",
    "slides/multi_frame_jpeg2000_camelyon_challenge_image.dcm",
    "slides/small_dicom.dcm",
]
BLOCK = 128


def matrix(ds):
    """The total pixel matrix: frames row by row."""
    if ds.file_meta.TransferSyntaxUID == pydicom.uid.JPEGBaseline8Bit:
        frames = [np.asarray(Image.open(io.BytesIO(f)).convert("RGB")) for f in generate_frames(ds.PixelData, number_of_frames=int(ds.NumberOfFrames))]
    else:
        frames = ds.pixel_array
    across = -(-ds.TotalPixelMatrixColumns // ds.Columns)
    down = -(-ds.TotalPixelMatrixRows // ds.Rows)
    out = np.zeros((down * ds.Rows, across * ds.Columns, 3), np.uint8)
    for i, f in enumerate(frames):
        y, x = i // across * ds.Rows, i % across * ds.Columns
        out[y:y + f.shape[0], x:x + f.shape[1]] = f
    return out[:ds.TotalPixelMatrixRows, :ds.TotalPixelMatrixColumns]


def position(ds, x, y):
    """mm on the glass of a point, the top left corner of the picture being (0,0)."""
    spacing = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    o = ds.TotalPixelMatrixOriginSequence[0]
    t = highdicom.spatial.ImageToReferenceTransformer(
        image_position=[float(o.XOffsetInSlideCoordinateSystem), float(o.YOffsetInSlideCoordinateSystem), 0.0],
        image_orientation=[float(v) for v in ds.ImageOrientationSlide],
        pixel_spacing=[float(v) for v in spacing])
    return [float(v) for v in t(np.array([[x, y]], float))[0]]


p = argparse.ArgumentParser()
p.add_argument("--data", required=True)
data = p.parse_args().data
out = {"tools": {"pydicom": pydicom.__version__, "highdicom": highdicom.__version__, "pillow": PIL.__version__}, "files": {}}
for name in FILES:
    ds = pydicom.dcmread(os.path.join(data, name))
    m = matrix(ds)
    row = {"columns": m.shape[1], "rows": m.shape[0]}
    if ds.get("LossyImageCompression") == "01" and ds.file_meta.TransferSyntaxUID != "1.2.840.10008.1.2.4.90":
        row["means"] = [[[round(float(v), 2) for v in m[y:y + BLOCK, x:x + BLOCK].reshape(-1, 3).mean(0)]
                         for x in range(0, m.shape[1], BLOCK)] for y in range(0, m.shape[0], BLOCK)]
    else:
        row["sha256"] = hashlib.sha256(m.tobytes()).hexdigest()
    if "TotalPixelMatrixOriginSequence" in ds and "SharedFunctionalGroupsSequence" in ds:
        row["position"] = position(ds, 17, 33)
    out["files"][name] = row
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
