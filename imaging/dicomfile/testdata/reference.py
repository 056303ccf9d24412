"""What independent decoders read out of reference files, and what longying does.

    python reference.py table SHARED_DATA > reference.tsv
    python reference.py check LONGYING PATH...
    python reference.py names LONGYING PATH...

Needs the packages of .ci/peers.txt, and for table DCMTK's dcmconv, dcmdjpeg,
dcmdjpls and dcmdrle. The decoders: pydicom with each plugin that it has for the
syntax (pylibjpeg with OpenJPEG and libjpeg, pyjpegls with CharLS, pillow with
libjpeg-turbo), GDCM by itself, DCMTK.

table writes one line a frame, of the files in SHARED_DATA (dicom, series and
slides) and of those inside the pydicom package: the first, the second, the middle and the last. The
columns are given in its first line; a rule is
    exact               the values have this SHA-256: little-endian, interleaved
    cut short, damaged  the same, and the frame says so
    within N of FILE    of its frame 1, at most; N% in root mean square, of the range
    refused             by every decoder, and by longying with a reason

check decodes the same frames of every file under PATHs with the decoders and with
longying (a program), and lists each frame that one of them decodes and longying
refuses, or where all that agree with one another differ from longying. It ends
with 1 where there is such a frame that KNOWN does not explain.

names compares the patient names of `longying info` with pydicom's.
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
import zlib

import numpy as np
import pydicom
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder

warnings.simplefilter("ignore")
PYDICOM = os.path.join(os.path.dirname(pydicom.__file__), "data")

# Where decoders disagree: who is right, and why. By file name.
RIGHT = {
    "rtdose_expb.dcm": ("pydicom", "32 bits of big endian are one word: so it equals rtdose.dcm, of which it was made; GDCM and DCMTK exchange the bytes of each half"),
    "SC_rgb_rle_16bit.dcm": ("pydicom", "PS3.5 G.2: sample by sample, the most significant byte first, which gives pure red, green and blue; GDCM mixes up the segments of 16 bits in colour"),
    "SC_rgb_rle_16bit_2frame.dcm": ("pydicom", "PS3.5 G.2: sample by sample, the most significant byte first, which gives pure red, green and blue; GDCM mixes up the segments of 16 bits in colour"),
    "SC_rgb_rle_32bit.dcm": ("pydicom", "PS3.5 G.2: sample by sample, the most significant byte first, which gives pure red, green and blue; GDCM mixes up the segments of 32 bits in colour"),
    "SC_rgb_rle_32bit_2frame.dcm": ("pydicom", "PS3.5 G.2: sample by sample, the most significant byte first, which gives pure red, green and blue; GDCM mixes up the segments of 32 bits in colour"),
}
DAMAGED = {"966.dcm": "damaged", "MR_truncated.dcm": "cut short"}
LOSSY = "pylibjpeg has an inverse transform and an upsampling of its own: within %d"

# Frames that a peer decodes and longying is right to refuse or to give
# otherwise. By file name.
KNOWN = {
    "multiframe.dcm": "the streams of some frames are smaller than the header says (55 x 121 for 240 x 240): pydicom and GDCM refuse them too, DCMTK fills up with what was in its memory",
    "cat02_vr_mismatch__TC0243_pixeldata_OB_as_OW.dcm": "the pixel data is cut short: longying gives what is there and says so, GDCM fills up",
    "cat04_pixel_data__TC0285_buf_half.dcm": "the pixel data is cut short: longying gives what is there and says so, GDCM fills up",
    "cat04_pixel_data__TC0293_buf_one_byte.dcm": "the pixel data is cut short: longying gives what is there and says so, GDCM fills up",
    "cat04_pixel_data__TC0327_mono2_spp3.dcm": "three samples called MONOCHROME2: longying gives all three, GDCM the first alone",
}


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
                a, _ = d.as_array(ds, index=n - 1, raw=True, decoding_plugin=plugin)
                yield plugin or "pydicom", n, a, ""
            except Exception as e:
                yield plugin or "pydicom", n, None, str(e)[:200]


def by_python(path, ds, frames):
    """What no peer takes as it is: Deflated Image Frame Compression, PS3.5
    A.4.13; native data that is cut short, filled up with zeros; JPEG 2000 with a
    comment in front of its end, where only tile-parts may be (OpenJPEG without
    the comment)."""
    syntax, total = ds.file_meta.TransferSyntaxUID, int(ds.get("NumberOfFrames", 1) or 1)
    if syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1") and "PixelData" in ds and total == 1 and ds.BitsAllocated in (8, 16):
        size = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        if len(ds.PixelData) < size and ds.SamplesPerPixel == 1:
            yield "zeros", 1, np.frombuffer(ds.PixelData[: size - size % 2] + bytes(size - len(ds.PixelData)), f"<u{ds.BitsAllocated // 8}"), ""
    if syntax == "1.2.840.10008.1.2.4.90" and total == 1:
        b = next(generate_frames(ds.PixelData, number_of_frames=1)).rstrip(b"\0")
        i = b.rfind(b"\xff\x64")
        if b.endswith(b"\xff\xd9") and i > 0 and i + 2 + int.from_bytes(b[i + 2 : i + 4], "big") == len(b) - 2 and b.find(b"\xff\x90") < i:
            import openjpeg
            yield "openjpeg", 1, openjpeg.decode(b[:i] + b"\xff\xd9"), ""
    if syntax != "1.2.840.10008.1.2.8.1":
        return
    fragments = list(generate_frames(ds.PixelData, number_of_frames=total))
    for n in frames:
        b = zlib.decompress(fragments[n - 1], -15)
        count = ds.Rows * ds.Columns * ds.SamplesPerPixel
        if ds.BitsAllocated == 1:
            a = np.unpackbits(np.frombuffer(b, "u1"), bitorder="little")[:count]
        else:
            a = np.frombuffer(b, f"<u{ds.BitsAllocated // 8}")[:count]
        yield "zlib", n, a, ""


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
    said, why, arrays = collections.defaultdict(dict), {}, {}
    samples = int(ds.get("SamplesPerPixel", 1))
    for tool in (by_pydicom, by_python, by_gdcm, by_dcmtk):
        try:
            for name, n, a, error in tool(path, ds, frames):
                if a is None:
                    why[name] = error
                    continue
                a = stored(a, ds, samples)
                said[n][name] = (digest(a), a.dtype.itemsize * 8, a.dtype.kind, a.size)
                arrays[n, name] = np.ravel(a)
        except Exception as e:
            why[tool.__name__[3:]] = f"{type(e).__name__}: {e}"[:200]
    head = dict(syntax=str(ds.file_meta.TransferSyntaxUID), rows=int(ds.Rows), columns=int(ds.Columns), samples=samples, allocated=int(ds.BitsAllocated),
                bits=int(ds.get("BitsStored", 0) or ds.BitsAllocated), signed=int(ds.get("PixelRepresentation", 0) or 0), photometric=str(ds.get("PhotometricInterpretation", "")), frames=total)
    # How far pylibjpeg's are from libjpeg's, which the others have.
    head["off"] = {n: int(np.abs(arrays[n, "pylibjpeg"].astype("i8") - arrays[n, "gdcm"].astype("i8")).max())
                   for n in said if (n, "pylibjpeg") in arrays and (n, "gdcm") in arrays and arrays[n, "pylibjpeg"].size == arrays[n, "gdcm"].size}
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
        return None, last_line(p.stderr), p.returncode
    row = json.loads(p.stdout)
    with open(raw, "rb") as f:
        return (hashlib.sha256(f.read()).hexdigest(), row), last_line(p.stderr), p.returncode


def last_line(b):
    return ([x for x in b.decode(errors="replace").splitlines() if x.startswith("longying: ")] or [""])[-1]


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


# Names that pydicom does not read as the standard has them. By file name.
NAMES = {
    "chrGB2312.dcm": "pydicom takes the escape sequence of ISO 2022 IR 58 for text: PS3.5 annex K",
}


def names(longying, paths):
    p = subprocess.run([longying, "info", *paths, "--json"], capture_output=True)
    same = differ = 0
    for line in p.stdout.splitlines():
        row = json.loads(line)
        if "patient_name" not in row:
            continue
        try:
            ds = pydicom.dcmread(row["path"], stop_before_pixels=True, force=True, specific_tags=["PatientName", "SpecificCharacterSet"])
            want = str(ds.get("PatientName", "") or "")
        except Exception as e:
            print(f"UNREAD\t{row['path']}\t{type(e).__name__}: {e}"[:300])
            continue
        if row["patient_name"].rstrip("^= \0") == want.rstrip("^= \0"):
            same += 1
            continue
        # A declaration that does not hold is read otherwise, and said.
        note = NAMES.get(os.path.basename(row["path"]), "") or ("declared wrongly: " + row["note"] if row.get("note") else "")
        if not want and "malformed" in row["path"]:
            note = "pydicom does not find the data set behind a broken meta group"
        differ += not note
        print(f"DIFFERS\t{row['path']}\t{row['patient_name']!r}\tpydicom {want!r}\t{note}")
    print(f"{same} names as pydicom has them, {differ} otherwise", file=sys.stderr)
    return 1 if differ or not same else 0


def table(shared):
    print(*"file frame rows columns samples bits stored signed sha256 decoders rule note".split(), sep="\t")
    for root, prefix in ((shared, "shared"), (PYDICOM, "pydicom")):
        for path in files([os.path.join(root, f) for f in ("dicom", "series", "slides")] if prefix == "shared" else [root]):
            name = prefix + "/" + os.path.relpath(path, root).replace(os.sep, "/")
            said, why, head = guarded(path)
            if head is None or not said:
                if head is not None:
                    print("no decoder reads", name, why, file=sys.stderr)
                    print(name, 1, head["rows"], head["columns"], head["samples"], head["allocated"], head["bits"], head["signed"], "-", "+".join(why), "refused", "", sep="\t")
                continue
            for n, tools in sorted(said.items()):
                if os.path.basename(path) in KNOWN and list(tools) == ["dcmtk"]:
                    print(name, n, head["rows"], head["columns"], head["samples"], head["allocated"], head["bits"], head["signed"], "-", "pydicom+gdcm", "refused", KNOWN[os.path.basename(path)], sep="\t")
                    continue
                groups = collections.defaultdict(list)
                for tool, (h, *_) in tools.items():
                    groups[h].append(tool)
                right, note = RIGHT.get(os.path.basename(path), ("", ""))
                best = max(groups, key=lambda h: (right in groups[h], len(groups[h]), "dcmtk" in groups[h]))
                others = [t for h, g in groups.items() if h != best for t in g]
                if others == ["pylibjpeg"] and n in head["off"] and not note:
                    note = LOSSY % head["off"][n]
                elif others and not note:
                    print("they differ on", name, n, dict(groups), file=sys.stderr)
                _, bits, kind, size = tools[groups[best][0]]
                print(name, n, head["rows"], head["columns"], size // (head["rows"] * head["columns"]), bits, head["bits"], int(kind != "u"), best, "+".join(groups[best]), DAMAGED.get(os.path.basename(path), "exact"), note, sep="\t")
    wg04 = os.path.join(shared, "dicom", "wg04")
    for kind, rule in (("RLE", 0), ("JPLL", 0), ("J2KR", 0), ("JLSL", 0), ("JLSN", "near"), ("JPLY", "3%"), ("J2KI", "3%")):
        for name in sorted(os.listdir(os.path.join(wg04, kind))):
            base = name.rsplit("_", 1)[0]
            if not os.path.exists(os.path.join(wg04, "REF", base + "_UNC")):
                continue
            path = os.path.join(wg04, kind, name)
            ds = pydicom.dcmread(path)
            within = rule
            if rule == "near":  # NEAR of the scan header, ISO/IEC 14495-1 C.2.3
                b = next(generate_frames(ds.PixelData, number_of_frames=1))
                i = b.index(b"\xff\xda")
                within = b[i + 2 + int.from_bytes(b[i + 2 : i + 4], "big") - 3]
            print(f"shared/dicom/wg04/{kind}/{name}", 1, ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.BitsAllocated, ds.BitsStored, ds.PixelRepresentation, "-", "WG04",
                  f"within {within} of shared/dicom/wg04/REF/{base}_UNC", "root mean square, of the range" if within == "3%" else "", sep="\t")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        sys.exit(check(sys.argv[2], sys.argv[3:]))
    if sys.argv[1:2] == ["names"]:
        sys.exit(names(sys.argv[2], sys.argv[3:]))
    if sys.argv[1:2] == ["table"]:
        sys.exit(table(sys.argv[2]))
    sys.exit(__doc__)
