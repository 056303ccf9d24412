"""Makes jpeg/*.jpg and expected.tsv: JPEG streams of small made pictures, and
what independent decoders read out of them.

Needs numpy, pydicom 3.0.2, Pillow, dcmtk 3.6.7 (dcmcjpeg, dcmdjpeg), GDCM
3.0.21 (gdcmconv) and cjpeg of libjpeg-turbo 2.1.5:

    python3 make.py

Each line of expected.tsv: file, rows, columns, samples, bits of one value (8 or
16), SHA-256 of the values (interleaved, little-endian), the decoders that
agree on them. It stops where they do not agree.
"""
import hashlib, io, pathlib, struct, subprocess, tempfile

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

here = pathlib.Path(__file__).parent
out = here / "jpeg"
tmp = pathlib.Path(tempfile.mkdtemp())
lines = []


def picture(rows, columns, samples, bits, noise):
    """Slopes, an edge and noise: every kind of block, and long codes."""
    rng = np.random.default_rng(rows * 1000 + columns * 10 + bits)
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    top = 2**bits - 1
    planes = []
    for s in range(samples):
        v = 0.3 + 0.2 * np.sin(x / 5 + s) + 0.2 * np.cos(y / (7 + s)) + 0.25 * (x + y > columns)
        v = v * top + rng.normal(0, noise * top, v.shape)
        v[:3, :3] = top * (s % 2 == 0)
        planes.append(np.clip(v, 0, top))
    a = np.stack(planes, -1).astype("u2" if bits > 8 else "u1")
    return a if samples > 1 else a[..., 0]


def dataset(a, bits, photometric, syntax=ExplicitVRLittleEndian, data=None):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, "2.25.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.2", "2.25.3"
    ds.Modality, ds.ConversionType = "OT", "SYN"
    ds.Rows, ds.Columns = a.shape[:2]
    ds.SamplesPerPixel = 3 if a.ndim == 3 else 1
    if a.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = 8 * a.dtype.itemsize
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    ds.PixelData = data or a.astype(a.dtype.newbyteorder("<")).tobytes() + b"\0" * (a.nbytes % 2)
    ds["PixelData"].VR = "OB" if data or a.dtype.itemsize == 1 else "OW"
    return ds


def save(ds, name):
    f = tmp / name
    ds.save_as(f, enforce_file_format=True)
    return f


def raw(f, samples):
    """The native pixels of a file, interleaved, without any conversion."""
    ds = pydicom.dcmread(f)
    dt = np.dtype("<u2" if ds.BitsAllocated == 16 else "u1")
    a = np.frombuffer(ds.PixelData, dt)[: ds.Rows * ds.Columns * samples]
    if samples > 1 and ds.PlanarConfiguration == 1:
        a = a.reshape(samples, -1).T
    return np.ascontiguousarray(a).reshape(ds.Rows, ds.Columns, samples)


def dcmtk(f, samples):
    r = subprocess.run(["dcmdjpeg", "+cn", "+px", f, tmp / "d.dcm"], capture_output=True)
    return raw(tmp / "d.dcm", samples) if r.returncode == 0 else None


def gdcm(f, samples):
    r = subprocess.run(["gdcmconv", "--raw", f, tmp / "g.dcm"], capture_output=True)
    return raw(tmp / "g.dcm", samples) if r.returncode == 0 else None


def turbo(stream, samples):
    im = Image.open(io.BytesIO(stream))
    if samples == 3:
        im.draft("YCbCr", im.size)
    a = np.asarray(im)
    return a.reshape(a.shape[0], a.shape[1], samples)


def keep(name, stream, decoded):
    """Writes a stream whose decoders agree."""
    decoded = {k: v for k, v in decoded.items() if v is not None}
    first = next(iter(decoded.values()))
    for k, v in decoded.items():
        assert np.array_equal(v, first), f"{name}: {k} differs"
    (out / (name + ".jpg")).write_bytes(stream)
    digest = hashlib.sha256(first.tobytes()).hexdigest()
    lines.append([name + ".jpg", *first.shape, first.dtype.itemsize * 8, digest, ",".join(decoded)])


def by_dcmtk(name, a, bits, *options):
    """Coded by DCMTK; GDCM is asked where it does not convert colour."""
    f = save(dataset(a, bits, "RGB" if a.ndim == 3 else "MONOCHROME2"), "in.dcm")
    subprocess.run(["dcmcjpeg", *options, f, tmp / "c.dcm"], check=True, capture_output=True)
    ds = pydicom.dcmread(tmp / "c.dcm")
    stream = next(generate_frames(ds.PixelData, number_of_frames=1))
    samples = ds.SamplesPerPixel
    if samples == 3 and ds.PhotometricInterpretation == "YBR_FULL_422":
        ds.PhotometricInterpretation = "YBR_FULL"  # GDCM converts the other
        ds.save_as(tmp / "c.dcm")
    decoded = {"dcmtk": dcmtk(tmp / "c.dcm", samples), "gdcm": gdcm(tmp / "c.dcm", samples)}
    if "+el" in options and "+pt" not in options:
        assert np.array_equal(decoded["dcmtk"].reshape(a.shape), a), name
    keep(name, stream, decoded)


def by_turbo(name, a, *options):
    pnm = b"P%d\n%d %d\n255\n" % (6 if a.ndim == 3 else 5, a.shape[1], a.shape[0]) + a.tobytes()
    stream = subprocess.run(["cjpeg", *options], input=pnm, check=True, capture_output=True).stdout
    keep(name, stream, {"libjpeg-turbo": turbo(stream, 3 if a.ndim == 3 else 1)})


def lossless(a, bits, predictor, transform=0, restart_rows=0, scans=False, long_codes=False):
    """A lossless stream (ISO/IEC 10918-1 annex H), for what dcmcjpeg does not
    write: restart intervals, a scan for each component, codes of 12 to 16 bits."""
    a = a.reshape(a.shape[0], a.shape[1], -1).astype(int)
    rows, columns, samples = a.shape
    v = a >> transform
    if long_codes:  # 0 to 5 in one code each of 2 to 7 bits, the rest in 16
        counts = [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 11]
    else:
        counts = [0, 0, 0, 0, 17] + [0] * 11
    codes, code, k = {}, 0, 0
    for length, n in enumerate(counts, 1):
        for _ in range(n):
            codes[k] = (code, length)
            code, k = code + 1, k + 1
        code <<= 1
    s = b"\xff\xd8\xff\xc4" + struct.pack(">HB16B", 2 + 17 + 17, 0, *counts) + bytes(range(17))
    s += b"\xff\xc3" + struct.pack(">HBHHB", 8 + 3 * samples, bits, rows, columns, samples)
    for c in range(samples):
        s += bytes([c + 1, 0x11, 0])
    if restart_rows:
        s += b"\xff\xdd" + struct.pack(">HH", 4, restart_rows * columns)
    for group in [[c] for c in range(samples)] if scans else [list(range(samples))]:
        s += b"\xff\xda" + struct.pack(">HB", 6 + 2 * len(group), len(group))
        s += b"".join(bytes([c + 1, 0]) for c in group) + bytes([predictor, 0, transform])
        acc, n = 0, 0
        for y in range(rows):
            fresh = y == 0 or restart_rows and y % restart_rows == 0
            if fresh and y:
                pad = -n % 8
                s += stuffed((acc << pad | (1 << pad) - 1, n + pad)) + bytes([0xFF, 0xD0 + (y // restart_rows - 1) % 8])
                acc, n = 0, 0
            for x in range(columns):
                for c in group:
                    if fresh:
                        p = v[y, x - 1, c] if x else 1 << (bits - transform - 1)
                    elif x == 0:
                        p = v[y - 1, x, c]
                    else:
                        ra, rb, rc = v[y, x - 1, c], v[y - 1, x, c], v[y - 1, x - 1, c]
                        p = [0, ra, rb, rc, ra + rb - rc, ra + (rb - rc >> 1), rb + (ra - rc >> 1), ra + rb >> 1][predictor]
                    d = int(v[y, x, c] - p) & 0xFFFF
                    d = d - 65536 if d > 32768 else d
                    size = abs(d).bit_length()
                    code, length = codes[size]
                    acc, n = acc << length | code, n + length
                    if 0 < size < 16:
                        acc, n = acc << size | (d if d > 0 else d + (1 << size) - 1), n + size
        pad = -n % 8
        s += stuffed((acc << pad | (1 << pad) - 1, n + pad))
    return s + b"\xff\xd9", a >> transform << transform


def stuffed(bits):
    return bits[0].to_bytes(bits[1] // 8, "big").replace(b"\xff", b"\xff\0")


def by_hand(name, a, bits, predictor, **how):
    stream, truth = lossless(a, bits, predictor, **how)
    ds = dataset(a, bits, "RGB" if a.ndim == 3 else "MONOCHROME2", "1.2.840.10008.1.2.4.57", encapsulate([stream]))
    f = save(ds, "h.dcm")
    samples = 3 if a.ndim == 3 else 1
    decoded = {"source": truth.astype(a.dtype)}
    for k, d in {"dcmtk": dcmtk(f, samples), "gdcm": gdcm(f, samples)}.items():
        if d is not None and not (k == "gdcm" and how.get("scans")):
            decoded[k] = d
    keep(name, stream, decoded)


out.mkdir(exist_ok=True)
for f in out.glob("*.jpg"):
    f.unlink()

grey8, grey12, grey16 = picture(45, 37, 1, 8, 0.02), picture(45, 37, 1, 12, 0.01), picture(45, 37, 1, 16, 0.2)
rgb8, rgb12, rgb16 = picture(45, 37, 3, 8, 0.02), picture(43, 35, 3, 12, 0.01), picture(21, 19, 3, 16, 0.1)
for process in ("ee", "es", "ep"):
    by_dcmtk(f"grey12-{process}", grey12, 12, "+" + process, "+bt")
    by_dcmtk(f"rgb12-{process}", rgb12, 12, "+" + process, "+bt", "+cr")
    by_dcmtk(f"ybr12-{process}", rgb12, 12, "+" + process, "+bt", "+s2")
    by_dcmtk(f"grey8-{process}", grey8, 8, "+" + process, "+be")
by_dcmtk("grey12-q100", grey12, 12, "+ee", "+bt", "+q", "100")
by_dcmtk("grey12-q5", grey12, 12, "+ee", "+bt", "+q", "5")
by_dcmtk("grey8-standard-tables", grey8, 8, "+eb", "-ho")
for sampling in ("+s4", "+s2", "+n1"):
    for process in ("eb", "ep"):
        by_dcmtk(f"ybr8-{process}-{sampling[1:]}", rgb8, 8, "+" + process, sampling)
for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x1,1x1,2x1", "1x2,1x1,1x1"):
    by_turbo("turbo-" + sampling.replace(",", "-"), rgb8, "-sample", sampling)
by_turbo("turbo-restart-row", rgb8, "-restart", "1")
by_turbo("turbo-restart-3", rgb8, "-restart", "3B", "-sample", "2x2")
by_turbo("turbo-restart-grey", grey8, "-restart", "1B")
by_turbo("turbo-progressive-restart", rgb8, "-progressive", "-restart", "1")
scans = tmp / "scans"
scans.write_text("0;1;2;")
by_turbo("turbo-three-scans", rgb8, "-scans", str(scans), "-restart", "1")
by_turbo("turbo-2-columns", rgb8[:, :3], "-sample", "2x2")
for p in range(1, 8):
    by_dcmtk(f"lossless8-{p}", grey8, 8, "+el", "+sv", str(p))
    by_dcmtk(f"lossless12-{p}", grey12, 12, "+el", "+sv", str(p))
    by_dcmtk(f"lossless16-{p}", grey16, 16, "+el", "+sv", str(p))
    by_dcmtk(f"lossless-rgb8-{p}", rgb8, 8, "+el", "+sv", str(p))
    by_hand(f"restart16-{p}", grey16, 16, p, restart_rows=4)
by_dcmtk("lossless-transform", grey12, 12, "+el", "+sv", "4", "+pt", "3")
by_hand("lossless-rgb16", rgb16, 16, 6)
by_hand("lossless-rgb8-scans", rgb8, 8, 4, scans=True)
by_hand("lossless-rgb8-restart", rgb8, 8, 7, restart_rows=1)
by_hand("lossless-long-codes", grey16, 16, 1, long_codes=True)
by_hand("lossless-2-bits", grey8 >> 6, 2, 7)
by_hand("lossless-10-bits", grey12 >> 2, 10, 5)
by_hand("lossless-15-bits", grey16 >> 1, 15, 4, transform=2)
extremes = np.tile(np.array([[0, 32768], [65535, 32767]], "u2"), (8, 9))
by_hand("lossless-32768", extremes, 16, 1)  # category 16

with open(here / "expected.tsv", "w") as f:
    for line in sorted(lines):
        print(*line, sep="\t", file=f)
print(len(lines), "streams")
