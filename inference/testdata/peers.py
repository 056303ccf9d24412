"""What BenchmarkPreprocess is measured against: the same steps on the same pixels in
numpy, with Pillow or SciPy, as they are commonly written."""
import numpy as np
from PIL import Image
from peer import serve
from scipy import ndimage

F = np.float32
y, x = np.mgrid[0:2048, 0:2048]
FILM = ((x * 13 + y * 7) % 16000 + (x * 7919 + y * 104729) % 257).astype(np.uint16)
SLICE = (np.arange(512 * 512) % 2500 - 1000).astype(np.int16).reshape(512, 512)
COLOUR = (np.arange(3 * 1024 * 1024) * 31 % 251).astype(np.uint8).reshape(1024, 1024, 3)
VOLUME = (np.arange(192 * 192 * 96) % 3001 - 1000).astype(F).reshape(96, 192, 192)
MEAN, STD = np.array([0.485, 0.456, 0.406], F).reshape(3, 1, 1), np.array([0.229, 0.224, 0.225], F).reshape(3, 1, 1)


def film2048():
    def run():
        v = FILM.astype(F)
        v = (v.max() + v.min()) - v
        v = np.asarray(Image.fromarray(v).resize((224, 224), Image.Resampling.BILINEAR))
        low, high = v.min(), v.max()
        return (((v - low) / (high - low)) - F(0.5)) / F(0.25)
    return run


def slice512():
    def run():
        v = SLICE.astype(F) - F(24)
        v = np.clip((v - F(40)) / F(400) + F(0.5), 0, 1)
        return np.ascontiguousarray((np.repeat(v[None], 3, 0) - MEAN) / STD)
    return run


def colour1024():
    def run():
        v = COLOUR.astype(F)
        v = np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(v[..., c])).resize((224, 224), Image.Resampling.BILINEAR)) for c in range(3)])
        return (v * F(1 / 255) - MEAN) / STD
    return run


def volume192():
    def run():
        v = VOLUME[:, ::-1, ::-1]
        v = ndimage.affine_transform(v, [1 / 1.5, 1 / .75, 1 / .75], offset=[.5 / 1.5 - .5, .5 / .75 - .5, .5 / .75 - .5],
                                     output_shape=(144, 144, 144), output=F, order=1, mode="nearest")
        v = np.clip(v, -1000, 1000)
        return (v - v.mean()) / v.std()
    return run


serve(film2048, slice512, colour1024, volume192)
