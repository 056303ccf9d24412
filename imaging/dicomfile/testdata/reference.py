"""What independent decoders read out of reference files, and what longying does.

    python reference.py table SHARED_DATA > reference.tsv
    python reference.py check LONGYING PATH...

Needs the packages of .ci/peers.txt, and for table DCMTK's dcmconv, dcmdjpeg,
dcmdjpls and dcmdrle. The decoders: pydicom with each plugin that it has for the
syntax (pylibjpeg with OpenJPEG and libjpeg, pyjpegls with CharLS, pillow with
libjpeg-turbo), GDCM by itself, DCMTK.

table writes one line a frame, of the files in SHARED_DATA/dicom and of those
inside the pydicom package: the first, the second, the middle and the last. The
columns are given in its first line; rule is "exact", or "within N of FILE" for
lossy streams whose truth is known.

check decodes all frames of every file under PATHs with the decoders and with
longying (a program), and lists each frame that one of them decodes and longying
refuses, or where all that agree with one another differ from longying. It ends
with 1 where there is such a frame that `known` does not explain.
"""
import collections
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pydicom
from pydicom.pixels import get_decoder

warnings.simplefilter("ignore")
PYDICOM = os.path.join(os.path.dirname(pydicom.__file__), "data")
FIRST_GDCM_FAULT = "1.2.840.10008.1.2.8.1"

# What is to be known where decoders disagree, or longying is right to refuse:
# file name, why. See the standard, not a majority.
KNOWN = {}


def stored(a, ds, samples):
    """The values as the standard has them: PS3.5 8.1.1. Bits outside Bits
    Stored are no part of them."""
    a = np.asarray(a)
    if a.dtype.kind == "f":
        return a
    allocated, bits = int(ds.BitsAllocated), int(ds.get("BitsStored", 0) or ds.BitsAllocated)
    if allocated == 1:
        return a.astype("u1")
    high = int(ds.get("HighBit", bits - 1) if ds.get("HighBit") is not None else bits - 1)
    if not bits - 1 <= high < allocated:
        high = bits - 1
    u = a.astype(f"u{allocated // 8}", copy=False)
    if 0 < bits < allocated:
        up = allocated - 1 - high
        s = (u << np.array(up, u.dtype)).view(f"i{allocated // 8}" if ds.get("PixelRepresentation", 0) == 1 else u.dtype)
        u = s >> np.array(allocated - bits, s.dtype)
    elif ds.get("PixelRepresentation", 0) == 1:
        u = u.view(f"i{allocated // 8}")
    return u


def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")).tobytes()).hexdigest()


def by_pydicom(path, ds, frames):
    syntax = ds.file_meta.TransferSyntaxUID
    d = get_decoder(syntax)
    for plugin in d.available_plugins or ("",):
        for n in frames:
            try:
                a, p = d.as_array(ds, index=n - 1, raw=True, decoding_plugin=plugin)
            except Exception as e:
                yield plugin or "pydicom", n, None, str(e)[:200]
                continue
            # The plugins have put the values of compressed frames in place.
            yield plugin or "pydicom", n, (a if not plugin or plugin == "pydicom" or plugin == "pylibjpeg" and syntax == "1.2.840.10008.1.2.5" else compressed(a, ds)), ""


def compressed(a, ds):
    """A plugin's array is of values, which lie low in their words."""
    return a


def by_gdcm(path, ds, frames):
    import gdcm
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    r = gdcm.ImageReader()
    r.SetFileName(path)
    if not r.Read():
        raise ValueError("GDCM does not read it")
    image = r.GetImage()
    f = image.GetPixelFormat()
    size = image.GetBufferLength()
    b = image.GetBuffer()
    b = b.encode("utf-8", "surrogateescape") if isinstance(b, str) else b
    if len(b) < size:
        raise ValueError("GDCM gives no buffer")
    dims = image.GetDimensions()
    columns, rows, count = dims[0], dims[1], dims[2] if len(dims) > 2 else 1
    samples = f.GetSamplesPerPixel()
    kind = {gdcm.PixelFormat.UINT8: "u1", gdcm.PixelFormat.INT8: "i1", gdcm.PixelFormat.UINT12: "<u2", gdcm.PixelFormat.INT12: "<i2", gdcm.PixelFormat.UINT16: "<u2",
            gdcm.PixelFormat.INT16: "<i2", gdcm.PixelFormat.UINT32: "<u4", gdcm.PixelFormat.INT32: "<i4", gdcm.PixelFormat.SINGLEBIT: "u1",
            gdcm.PixelFormat.FLOAT32: "<f4", gdcm.PixelFormat.FLOAT64: "<f8"}[f.GetScalarType()]
    if f.GetScalarType() == gdcm.PixelFormat.SINGLEBIT:
        a = np.unpackbits(np.frombuffer(b, "u1"), bitorder="little")[: count * rows * columns * samples]
    else:
        a = np.frombuffer(b[:size], kind)
    if image.GetPlanarConfiguration() == 1 and samples > 1:
        a = a.reshape(count, samples, rows, columns).transpose(0, 2, 3, 1)
    a = a.reshape(count, rows, columns, samples)
    for n in frames:
        if n <= count:
            yield "gdcm", n, a[n - 1], ""


def by_dcmtk(path, ds, frames):
    syntax = ds.file_meta.TransferSyntaxUID
    last = syntax.split(".")[-1]
    tool = None
    if syntax == "1.2.840.10008.1.2.5":
        tool = ["dcmdrle"]
    elif syntax.startswith("1.2.840.10008.1.2.4."):
        tool = ["dcmdjpls"] if last in ("80", "81") else ["dcmdjpeg", "+cn"] if last in ("50", "51", "53", "55", "57", "70") else None
    elif syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"):
        tool = ["dcmconv", "+te"]
    if not tool:
        return
    with tempfile.TemporaryDirectory() as t:
        out = os.path.join(t, "o.dcm")
        p = subprocess.run([*tool, path, out], capture_output=True, timeout=120)
        if p.returncode:
            raise ValueError("DCMTK: " + p.stderr.decode(errors="replace")[:200])
        o = pydicom.dcmread(out)
        d = get_decoder(o.file_meta.TransferSyntaxUID)
        for n in frames:
            a, _ = d.as_array(o, index=n - 1, raw=True)
            yield "dcmtk", n, a, ""


def read(path, every):
    """Every decoder's word on a file: {frame: {decoder: (hash, shape)}}, why not, header."""
    ds = pydicom.dcmread(path, force=True)
    if not any(k in ds for k in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return {}, {}, None
    if "TransferSyntaxUID" not in ds.file_meta:
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if ds.original_encoding[0] else "1.2.840.10008.1.2.1" if ds.original_encoding[1] else "1.2.840.10008.1.2.2"
    total = int(ds.get("NumberOfFrames", 1) or 1)
    frames = range(1, total + 1) if every else sorted({1, min(2, total), (total + 1) // 2, total})
    said, why = collections.defaultdict(dict), {}
    samples = int(ds.get("SamplesPerPixel", 1))
    for tool in (by_pydicom, by_gdcm, by_dcmtk):
        try:
            for name, n, a, error in tool(path, ds, frames):
                if a is None:
                    why[name] = error
                    continue
                a = stored(a, ds, samples)
                said[n][name] = (digest(a), a.dtype.itemsize * 8, a.dtype.kind, a.size)
        except Exception as e:
            why[tool.__name__[3:]] = f"{type(e).__name__}: {e}"[:200]
    head = dict(syntax=str(ds.file_meta.TransferSyntaxUID), rows=int(ds.Rows), columns=int(ds.Columns), samples=samples, allocated=int(ds.BitsAllocated),
                bits=int(ds.get("BitsStored", 0) or ds.BitsAllocated), signed=int(ds.get("PixelRepresentation", 0) or 0), photometric=str(ds.get("PhotometricInterpretation", "")), frames=total)
    return dict(said), why, head


def _read(path, every, out):
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    try:
        out.send(read(path, every))
    except Exception as e:
        out.send(({}, {"pydicom": f"{type(e).__name__}: {e}"[:200]}, None))


def guarded(path, every=False):
    """read in a process of its own: some decoders crash."""
    here, there = multiprocessing.Pipe(False)
    p = multiprocessing.Process(target=_read, args=(path, every, there))
    p.start()
    there.close()
    try:
        answer = here.recv() if here.poll(300) else ({}, {"all": "no answer in 300 s"}, None)
    except EOFError:
        answer = ({}, {"all": f"the decoders crashed ({p.exitcode})"}, None)
    p.kill()
    p.join()
    return answer


def files(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if not name.endswith((".jpeg", ".jpg", ".png", ".py", ".pyc", ".tsv", ".txt", ".json", ".xsd", ".xml", ".svs", ".onnx")):
                    yield os.path.join(folder, name)


def ours(longying, path, n, raw):
    p = subprocess.run([longying, "decode", path, "--frame", str(n), "--out", raw, "--json"], capture_output=True, timeout=120)
    if p.returncode not in (0, 3):
        return None, p.stderr.decode(errors="replace").strip(), p.returncode
    row = json.loads(p.stdout)
    with open(raw, "rb") as f:
        return (hashlib.sha256(f.read()).hexdigest(), row), p.stderr.decode(errors="replace").strip(), p.returncode


def check(longying, paths):
    refused = differs = agreed = 0
    for path in files(paths):
        said, why, head = guarded(path, every=False)
        if not said:
            continue
        with tempfile.TemporaryDirectory() as t:
            for n, tools in sorted(said.items()):
                mine, message, code = ours(longying, path, n, os.path.join(t, "raw"))
                groups = collections.defaultdict(list)
                for tool, (h, *_) in tools.items():
                    groups[h].append(tool)
                note = KNOWN.get(os.path.basename(path), "")
                if mine is None:
                    refused += not note
                    print(f"REFUSED\t{path}\t{n}\t{head['syntax']}\t{'+'.join(tools)}\t{message}\t{note}")
                elif mine[0] not in groups:
                    differs += not note
                    print(f"DIFFERS\t{path}\t{n}\t{head['syntax']}\t{' | '.join('+'.join(g) for g in groups.values())}\t{message}\t{note}")
                else:
                    agreed += 1
                    others = [g for h, g in groups.items() if h != mine[0]]
                    if others:
                        print(f"PARTLY\t{path}\t{n}\t{head['syntax']}\t{'+'.join(groups[mine[0]])} against {' | '.join('+'.join(g) for g in others)}\t{message}\t{note}")
    print(f"{agreed} frames as a peer has them, {differs} otherwise, {refused} refused", file=sys.stderr)
    return 1 if refused or differs else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        sys.exit(check(sys.argv[2], sys.argv[3:]))
    sys.exit(__doc__)
