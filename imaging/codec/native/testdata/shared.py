"""Writes shared.tsv: what pylibjpeg and GDCM read out of the JPEG 2000, HTJ2K
and JPEG-LS files of the reference data, through pydicom's rules of sign and
container. Where both read a file they must agree.

    pip install pydicom==3.0.2 pylibjpeg-openjpeg==2.6.0 pylibjpeg-libjpeg==2.5.0 python-gdcm==3.2.6 numpy
    python shared.py PATH_OF_shared/data

Columns: file, frame from 1, SHA-256 of the values (little-endian,
pixel-interleaved), who says so.
"""
import hashlib
import os
import sys
import warnings

import numpy as np
import pydicom
from pydicom.pixels import get_decoder

warnings.simplefilter("ignore")
root = sys.argv[1]
out = []
for folder, _, names in sorted(os.walk(root)):
    for name in sorted(names):
        path = os.path.join(folder, name)
        try:
            ds = pydicom.dcmread(path)
            syntax = ds.file_meta.TransferSyntaxUID
        except Exception:
            continue
        if not syntax.startswith("1.2.840.10008.1.2.4.") or not syntax.split(".")[-1] in ("80", "81", "90", "91", "201", "202", "203"):
            continue
        frames = int(ds.get("NumberOfFrames", 1) or 1)
        for n in sorted({1, frames}):
            said = {}
            for plugin in ("pylibjpeg", "gdcm"):
                try:
                    a, _ = get_decoder(syntax).as_array(ds, index=n - 1, raw=True, decoding_plugin=plugin)
                    said[plugin] = hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
                except Exception:
                    pass
            if not said:
                print("neither reads", path, file=sys.stderr)
                continue
            if len(set(said.values())) != 1:
                print("they differ on", path, n, said, file=sys.stderr)
            out.append([os.path.relpath(path, root), n, said.get("pylibjpeg") or said["gdcm"], "+".join(said)])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shared.tsv"), "w") as f:
    for row in out:
        f.write("\t".join(map(str, row)) + "\n")
