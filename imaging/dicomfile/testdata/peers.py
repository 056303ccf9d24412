"""The peers of the benchmarks of this package; see imaging/peer.

Decoders: the first frame of a file, its bytes in memory, on one thread.
pylibjpeg (libjpeg, its RLE in Rust), OpenJPEG and CharLS are called with the
bytes of the frame, by the function that pydicom's plugin calls. GDCM and DCMTK
are called in C++ through the library that LONGYING_PEERS_LIBRARY names (see
peers.cc); without it GDCM by its Python binding, and DCMTK not at all. dcmdump
is a program of its own: it is called once for all files, and its start does
not count among 2,000.
"""
import ctypes
import os
import subprocess
import warnings

import pydicom
from pydicom.encaps import generate_frames

from peer import serve

warnings.simplefilter("ignore")
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libjpeg inside GDCM warns of every frame
# GDCM gives JPEG 2000 to as many threads as there are processors.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
library = None
if os.environ.get("LONGYING_PEERS_LIBRARY"):
    library = ctypes.CDLL(os.environ["LONGYING_PEERS_LIBRARY"])
    for name in ("gdcm", "dcmtk"):
        getattr(library, name + "_open").restype = ctypes.c_void_p
        getattr(library, name + "_open").argtypes = [ctypes.c_char_p]
        getattr(library, name + "_decode").argtypes = [ctypes.c_void_p]
        getattr(library, name + "_close").argtypes = [ctypes.c_void_p]


def opened(name, path):
    if library is None:
        raise ValueError("LONGYING_PEERS_LIBRARY is not built")
    handle = getattr(library, name + "_open")(path.encode())
    if not handle:
        raise ValueError("it does not read the file")
    decode = getattr(library, name + "_decode")
    if not decode(handle):
        raise ValueError("it does not decode the frame")
    return lambda: decode(handle)


def gdcm(path):
    if library is not None:
        return opened("gdcm", path)
    import gdcm as binding
    binding.Trace.WarningOff()
    binding.Trace.ErrorOff()
    reader = binding.ImageReader()
    reader.SetFileName(path)
    if not reader.Read() or not reader.GetImage().GetBuffer():
        raise ValueError("it does not read the file")
    return lambda: reader.GetImage().GetBuffer()


def dcmtk(path):
    return opened("dcmtk", path)


def frame(path):
    ds = pydicom.dcmread(path)
    return ds, next(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1) or 1)))


def pylibjpeg(path):
    ds, data = frame(path)
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax == "1.2.840.10008.1.2.5":
        import rle
        return lambda: rle.decode_pixel_data(data, version=2, rows=ds.Rows, columns=ds.Columns, bits_allocated=ds.BitsAllocated, samples_per_pixel=ds.SamplesPerPixel)
    import libjpeg
    return lambda: libjpeg.decode_pixel_data(data, ds, version=2, photometric_interpretation=ds.PhotometricInterpretation)


def openjpeg(path):
    ds, data = frame(path)
    import openjpeg as binding
    return lambda: binding.decode_pixel_data(data, version=2)


def charls(path):
    ds, data = frame(path)
    import jpeg_ls as binding
    return lambda: binding.decode_pixel_data(data)


def pydicom_native(path):
    ds = pydicom.dcmread(path)
    from pydicom.pixels import get_decoder
    decoder = get_decoder(ds.file_meta.TransferSyntaxUID)
    return lambda: decoder.as_array(ds, index=0, raw=True)


def pydicom_headers(folder):
    paths = [os.path.join(folder, name) for name in os.listdir(folder)]

    def read():
        for path in paths:
            ds = pydicom.dcmread(path, stop_before_pixels=True)
            for name in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality", "Rows", "Columns", "InstanceNumber"):
                ds.get(name)

    return read


def dcmdump(folder):
    paths = [os.path.join(folder, name) for name in os.listdir(folder)]
    # As fast as it goes: no name of an attribute, the pixel data not loaded.
    return lambda: subprocess.run(["dcmdump", "-q", "-M", "+uc", *paths], stdout=subprocess.DEVNULL, check=True)


serve(gdcm, dcmtk, pylibjpeg, openjpeg, charls, pydicom_native, pydicom_headers, dcmdump)
