"""What BenchmarkWindow2048ToRGBA is measured against: the same frame, window and result in numpy."""
import numpy as np
from peer import serve

y, x = np.mgrid[0:2048, 0:2048]
IMAGE = ((x * 13 + y * 7) % 30000 + (x * 7919 + y * 104729) % 257).astype(np.uint16)
OUT = np.empty((2048, 2048), np.uint32)
CENTER, WIDTH = 15000.0, 20000.0


def table():
    v = np.arange(65536, dtype=np.float64)
    g = (np.clip((v - (CENTER - 0.5)) / (WIDTH - 1) + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)
    return g.astype(np.uint32) * 0x010101 | 0xFF000000


def numpy_lut():
    return lambda: table()[IMAGE]


def numpy_take():
    # Without bounds checks and into memory that is there.
    return lambda: np.take(table(), IMAGE, out=OUT, mode="wrap")


def numpy_float():
    def run():
        g = (np.clip((IMAGE - (CENTER - 0.5)) / (WIDTH - 1) + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)
        rgba = np.empty((2048, 2048, 4), np.uint8)
        rgba[..., 0] = rgba[..., 1] = rgba[..., 2] = g
        rgba[..., 3] = 255
    return run


serve(numpy_lut, numpy_take, numpy_float)
