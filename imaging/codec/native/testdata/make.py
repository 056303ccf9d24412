"""Makes streams/ and expected.tsv: tiny JPEG 2000, HTJ2K and JPEG-LS streams of
invented pixels. For a lossless stream the expected values are the pixels that
went in. For a lossy one they are what another decoder reads out of it, as the
last column says: a second opinion must agree to within one grey level.

    apt install libopenjp2-tools=2.5.0-2+deb12u3 openjph-tools=0.9.0-3+b1 dcmtk
    pip install numpy pydicom==3.0.2 pyjpegls==1.5.1 pylibjpeg-openjpeg==2.6.0 pylibjpeg-libjpeg==2.5.0
    python make.py

Columns of expected.tsv: file, transfer syntax, rows, columns, samples, bits
allocated, bits stored, signed, photometric interpretation, SHA-256 of the
values (little-endian, pixel-interleaved), photometric interpretation after
decoding, who says so.
"""
import hashlib
import os
import subprocess
import tempfile

import jpeg_ls
import libjpeg
import numpy as np
import pydicom
import pydicom.encaps
from openjpeg.utils import decode as opj_decode
from openjpeg.utils import encode_array

ROWS, COLUMNS = 19, 23
PREFIX = "1.2.840.10008.1.2.4."
here = os.path.dirname(os.path.abspath(__file__))
rows_out = []


def picture(bits, signed=False, samples=1, rows=ROWS, columns=COLUMNS):
    """Gradient, noise, and both ends of the range."""
    rng = np.random.default_rng(bits * 10 + samples + signed)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    y, x, s = np.mgrid[0:rows, 0:columns, 0:samples]
    v = low + (high - low) * (x + y + 3 * s) / (columns + rows + 3 * samples) + rng.normal(0, (high - low) / 40, (rows, columns, samples))
    v = np.clip(np.rint(v), low, high).astype(np.int64)
    v[0, 0], v[-1, -1] = low, high
    return v if samples > 1 else v[:, :, 0]


def container(bits):
    return 8 if bits <= 8 else 16 if bits <= 16 else 32


def save(name, syntax, stream, values, bits, signed=False, photometric=None, after=None, source="input", allocated=None):
    allocated = allocated or container(bits)
    rows, columns = values.shape[:2]
    samples = values.shape[2] if values.ndim == 3 else 1
    photometric = photometric or ("RGB" if samples == 3 else "MONOCHROME2")
    with open(os.path.join(here, "streams", name), "wb") as f:
        f.write(bytes(stream))
    raw = values.astype("<%s%d" % ("i" if signed else "u", allocated // 8)).tobytes()
    rows_out.append([name, PREFIX + syntax, rows, columns, samples, allocated, bits, int(signed), photometric.replace(" ", "_"),
                     hashlib.sha256(raw).hexdigest(), (after or photometric).replace(" ", "_"), source])


def planes(values):
    return [values] if values.ndim == 2 else [values[:, :, i] for i in range(values.shape[2])]


def opj(values, bits, *options, signed=False, form="j2k", downsample=None):
    """opj_compress; values is an array, or a list of planes that are subsampled."""
    parts = values if isinstance(values, list) else planes(values)
    with tempfile.TemporaryDirectory() as d:
        source, out = os.path.join(d, "in.rawl"), os.path.join(d, "out." + form)
        kind = ("i" if signed else "u") + ("1" if bits <= 8 else "2")
        with open(source, "wb") as f:
            for p in parts:
                f.write(p.astype("<" + kind).tobytes())
        rows, columns = parts[0].shape
        layout = "%d,%d,%d,%d,%s" % (columns, rows, len(parts), bits, "s" if signed else "u")
        if downsample:
            layout += "@" + ":".join("%dx%d" % f for f in downsample)
        subprocess.run(["opj_compress", "-i", source, "-o", out, "-F", layout, *options], check=True, capture_output=True)
        with open(out, "rb") as f:
            return f.read()


def openjph(values, bits, *options):
    """ojph_compress: colour of 8 bits as PPM, else one component as "yuv"."""
    with tempfile.TemporaryDirectory() as d:
        colour = values.ndim == 3
        source, out = os.path.join(d, "in.ppm" if colour else "in.yuv"), os.path.join(d, "out.j2c")
        rows, columns = values.shape[:2]
        with open(source, "wb") as f:
            if colour:
                f.write(b"P6 %d %d 255\n" % (columns, rows))
            f.write(values.astype("<" + ("u1" if bits <= 8 else "u2")).tobytes())
        layout = ["-dims", "{%d,%d}" % (columns, rows), "-num_comps", "1", "-signed", "false", "-bit_depth", str(bits), "-downsamp", "{1,1}"]
        subprocess.run(["ojph_compress", "-i", source, "-o", out, *([] if colour else layout), *options], check=True, capture_output=True)
        with open(out, "rb") as f:
            return f.read()


def openjph_decode(stream, bits, samples):
    with tempfile.TemporaryDirectory() as d:
        source, out = os.path.join(d, "in.j2c"), os.path.join(d, "out.ppm" if samples == 3 else "out.yuv")
        with open(source, "wb") as f:
            f.write(stream)
        subprocess.run(["ojph_expand", "-i", source, "-o", out], check=True, capture_output=True)
        with open(out, "rb") as f:
            b = f.read()
    v = np.frombuffer(b, "<u1" if bits <= 8 else "<u2")[-ROWS * COLUMNS * samples:].astype(np.int64)
    return v.reshape((ROWS, COLUMNS, 3) if samples == 3 else (ROWS, COLUMNS))


def agree(a, b, tolerance=1):
    difference = int(np.abs(np.asarray(a, np.int64) - np.asarray(b, np.int64)).max())
    assert difference <= tolerance, difference
    return a


def jpeg2000():
    for bits in range(1, 17):
        for signed in (False, True):
            if bits == 1 and signed:
                continue
            v = picture(bits, signed, rows=33, columns=35)
            stream = encode_array(v.astype("<%s%d" % ("i" if signed else "u", container(bits) // 8)), bits_stored=bits)
            save("j2k-%02d%s.j2k" % (bits, "s" if signed else "u"), "90", stream, v, bits, signed)
    for bits, signed in ((20, False), (24, False), (24, True)):
        v = picture(bits, signed, rows=33, columns=35)
        stream = encode_array(v.astype(np.int32 if signed else np.uint32), bits_stored=bits)
        save("j2k-%d%s.j2k" % (bits, "s" if signed else "u"), "90", stream, v, bits, signed)

    rgb = picture(8, samples=3)
    rgb12 = picture(12, samples=3)
    save("rgb-rct.j2k", "90", opj(rgb, 8, "-mct", "1", "-n", "3"), rgb, 8, photometric="YBR_RCT", after="RGB")
    save("rgb-rct-said-rgb.j2k", "90", opj(rgb, 8, "-mct", "1", "-n", "3"), rgb, 8, photometric="RGB")
    save("rgb-plain.j2k", "90", opj(rgb, 8, "-mct", "0", "-n", "3"), rgb, 8, photometric="RGB")
    save("ybr-plain.j2k", "90", opj(rgb, 8, "-mct", "0", "-n", "3"), rgb, 8, photometric="YBR_FULL")
    save("rgb12-rct.j2k", "90", opj(rgb12, 12, "-mct", "1", "-n", "3"), rgb12, 12, photometric="YBR_RCT", after="RGB")
    four = picture(8, samples=4)
    save("four.j2k", "90", opj(four, 8, "-mct", "0", "-n", "3"), four, 8, photometric="CMYK")

    # Every way of laying out a stream; the values stay the same.
    v = picture(12)
    for name, options in {
        "tiles": ["-t", "8,8", "-n", "2"],
        "tile-parts": ["-t", "16,16", "-TP", "R", "-p", "RLCP", "-n", "3"],
        "tile-offset": ["-d", "5,3", "-T", "2,1", "-t", "9,10", "-n", "2"],
        "image-offset": ["-d", "7,9", "-n", "3"],
        "layers": ["-r", "20,10,1", "-n", "3"],
        "markers": ["-SOP", "-EPH", "-PLT", "-TLM", "-n", "3"],
        "precincts": ["-c", "[8,8],[8,8]", "-p", "RPCL", "-n", "3"],
        "pcrl": ["-p", "PCRL", "-n", "2"],
        "cprl": ["-p", "CPRL", "-n", "2"],
        "blocks": ["-b", "4,8", "-n", "2"],
        "one-resolution": ["-n", "1"],
        "bypass": ["-M", "1", "-n", "2"],
        "reset-restart-segmark": ["-M", "38", "-n", "2"],
        "vertically-causal": ["-M", "8", "-n", "2"],
        "erterm": ["-M", "16", "-n", "2"],
        "region": ["-ROI", "c=0,U=3", "-n", "2"],
    }.items():
        save("layout-%s.j2k" % name, "90", opj(v, 12, *options), v, 12)
    save("wrapped.jp2", "90", opj(v, 12, "-n", "2", form="jp2"), v, 12)
    save("wrapped-rgb.jp2", "90", opj(rgb, 8, "-n", "2", form="jp2"), rgb, 8, photometric="YBR_RCT", after="RGB")

    # The syntaxes of Part 2, with a component transformation of Part 1.
    save("part2.j2k", "92", opj(rgb, 8, "-mct", "1", "-n", "2"), rgb, 8, photometric="YBR_RCT", after="RGB")

    # Chrominance of half the size, each sample for two by two pixels.
    y = picture(8, rows=20, columns=24)
    cb, cr = picture(8, rows=10, columns=12), picture(8, rows=10, columns=12)[::-1]
    full = np.stack([y, cb.repeat(2, 0).repeat(2, 1), cr.repeat(2, 0).repeat(2, 1)], 2)
    with tempfile.TemporaryDirectory() as d:
        source, out = os.path.join(d, "in.raw"), os.path.join(d, "out.j2k")
        with open(source, "wb") as f:
            for p in (y, cb, cr):
                f.write(p.astype("u1").tobytes())
        subprocess.run(["opj_compress", "-i", source, "-o", out, "-F", "24,20,3,8,u@1x1:2x2:2x2", "-mct", "0", "-n", "2"], check=True, capture_output=True)
        with open(out, "rb") as f:
            save("subsampled.j2k", "90", f.read(), full, 8, photometric="YBR_FULL")

    for name, values, bits, signed, photometric, options in (
        ("lossy-8u", picture(8), 8, False, "MONOCHROME2", ["-I", "-r", "4"]),
        ("lossy-12u", picture(12), 12, False, "MONOCHROME2", ["-I", "-r", "4"]),
        ("lossy-16u", picture(16), 16, False, "MONOCHROME2", ["-I", "-r", "4"]),
        ("lossy-16s", picture(16, True), 16, True, "MONOCHROME2", ["-I", "-r", "4"]),
        ("lossy-ict", rgb, 8, False, "YBR_ICT", ["-I", "-mct", "1", "-r", "8"]),
        ("lossy-reversible", picture(12), 12, False, "MONOCHROME2", ["-r", "4"]),
    ):
        stream = opj(values, bits, "-n", "3", *options, signed=signed)
        save(name + ".j2k", "91", stream, opj_decode(stream), bits, signed, photometric, "RGB" if photometric == "YBR_ICT" else photometric, "openjpeg-2.5.2")


def high_throughput():
    for bits in (1, 2, 4, 7, 8, 10, 12, 14, 16):
        v = picture(bits)
        save("ht-%02du.j2c" % bits, "201", openjph(v, bits, "-reversible", "true", "-num_decomps", "2"), v, bits)
    for bits in (8, 12, 16):
        v = picture(bits, True)
        # ojph_compress reads no signed samples. The level shift of unsigned ones
        # makes signed ones of them, so only the sign of Ssiz (A.5.1) is wanting.
        stream = bytearray(openjph(v + (1 << bits - 1), bits, "-reversible", "true", "-num_decomps", "2"))
        stream[42] |= 0x80
        save("ht-%02ds.j2c" % bits, "201", stream, v, bits, True)
    rgb = picture(8, samples=3)
    save("ht-rgb.j2c", "201", openjph(rgb, 8, "-reversible", "true", "-num_decomps", "2", "-colour_trans", "true"), rgb, 8, photometric="YBR_RCT", after="RGB")
    save("ht-rgb-plain.j2c", "201", openjph(rgb, 8, "-reversible", "true", "-num_decomps", "2", "-colour_trans", "false"), rgb, 8)
    v = picture(12)
    for name, options in {
        "rpcl": ["-prog_order", "RPCL", "-precincts", "{16,16},{16,16}"],
        "lrcp": ["-prog_order", "LRCP"],
        "pcrl": ["-prog_order", "PCRL"],
        "cprl": ["-prog_order", "CPRL"],
        "tiles": ["-tile_size", "{8,8}"],
        "blocks": ["-block_size", "{8,4}"],
    }.items():
        syntax = "202" if name == "rpcl" else "201"
        save("ht-%s.j2c" % name, syntax, openjph(v, 12, "-reversible", "true", "-num_decomps", "1", *options), v, 12)
    for name, values, bits, photometric in (("ht-lossy-8u", picture(8), 8, None), ("ht-lossy-12u", v, 12, None), ("ht-lossy-16u", picture(16), 16, None), ("ht-lossy-rgb", rgb, 8, "YBR_ICT")):
        stream = openjph(values, bits, "-qstep", "0.01", "-num_decomps", "2")
        samples = values.shape[2] if values.ndim == 3 else 1
        said = agree(opj_decode(stream), openjph_decode(stream, bits, samples))
        save(name + ".j2c", "203", stream, said, bits, photometric=photometric, after="RGB" if photometric else None, source="openjpeg-2.5.2, openjph-0.9.0")


def by_line(values, bits, near):
    """Interleaved by line, as DCMTK makes it: pyjpegls 1.5.1 interleaves by sample
    whatever it is asked for."""
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "2.25.1"
    ds.Rows, ds.Columns, ds.SamplesPerPixel = values.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = container(bits), bits, bits - 1, 0
    ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    raw = values.astype("<u1" if bits <= 8 else "<u2").tobytes()
    ds.PixelData = raw + bytes(len(raw) % 2)
    ds["PixelData"].VR = "OB" if bits <= 8 else "OW"
    with tempfile.TemporaryDirectory() as t:
        before, after = os.path.join(t, "a.dcm"), os.path.join(t, "b.dcm")
        ds.save_as(before, enforce_file_format=True)
        subprocess.run(["dcmcjpls", *(["+en", "+md", str(near)] if near else ["+el"]), "+il", "+un", before, after], check=True)
        return next(pydicom.encaps.generate_frames(pydicom.dcmread(after).PixelData, number_of_frames=1)).rstrip(b"\0")


def charls(values, bits, near=0, interleave=0):
    if interleave == 1:
        return by_line(values, bits, near)
    samples = values.shape[2] if values.ndim == 3 else 1
    raw = values.astype("<u1" if bits <= 8 else "<u2")
    if samples > 1 and interleave == 0:
        raw = np.moveaxis(raw, 2, 0)
    return jpeg_ls.encode_pixel_data(raw.tobytes(), lossy_error=near, rows=values.shape[0], columns=values.shape[1], samples_per_pixel=samples,
                                     bits_stored=bits, bits_allocated=container(bits), photometric_interpretation="RGB" if samples == 3 else "MONOCHROME2",
                                     planar_configuration=1 if interleave == 0 else 0, interleave_mode=interleave)


def jpeg_ls_streams():
    for bits in range(2, 17):
        v = picture(bits)
        save("jls-%02du.jls" % bits, "80", charls(v, bits), v, bits)
    for bits in (8, 10, 12, 16):
        v = picture(bits, True)
        save("jls-%02ds.jls" % bits, "80", charls(v & (1 << bits) - 1, bits), v, bits, True)
    v = picture(12, True)  # eight bits in sixteen, and a sign in the seventh
    save("jls-07s-in-16.jls", "80", charls(picture(7, True) & 127, 7), picture(7, True), 7, True, allocated=16)
    for near in (1, 3):
        for bits in (8, 12, 16):
            v = picture(bits)
            stream = charls(v, bits, near)
            said = libjpeg.decode(bytes(stream))
            agree(said, v, near)
            save("jls-near%d-%02d.jls" % (near, bits), "81", stream, said, bits, source="libjpeg-1.67 of pylibjpeg-libjpeg 2.5.0")
    for bits in (8, 12):
        rgb = picture(bits, samples=3)
        for mode, name in enumerate(("none", "line", "sample")):
            save("jls-rgb%d-%s.jls" % (bits, name), "80", charls(rgb, bits, 0, mode), rgb, bits)
    rgb = picture(8, samples=3)
    for mode, name in enumerate(("none", "line", "sample")):
        stream = charls(rgb, 8, 2, mode)
        said = libjpeg.decode(bytes(stream))
        agree(said, rgb, 2)
        save("jls-near2-rgb-%s.jls" % name, "81", stream, said, 8, source="libjpeg-1.67 of pylibjpeg-libjpeg 2.5.0")


os.makedirs(os.path.join(here, "streams"), exist_ok=True)
jpeg2000()
high_throughput()
jpeg_ls_streams()
with open(os.path.join(here, "expected.tsv"), "w") as f:
    for row in rows_out:
        f.write("\t".join(map(str, row)) + "\n")
