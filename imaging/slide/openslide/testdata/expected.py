"""Writes expected.json: what openslide-python and tifffile find in the real slide.

python expected.py SHARED_DATA > expected.json
openslide-python 1.4.7 with openslide-bin 4.0.1.2; tifffile 2026.3.3 with imagecodecs 2026.3.6.
The two must agree on level 0 to the last bit, or the script stops.
"""
import hashlib
import json
import os
import sys

import numpy
import openslide
import tifffile

NAME = "slides/cmu_small_region.svs"
REGIONS = [(0, 0, 240, 240), (0, 0, 1, 1), (1000, 1500, 300, 200), (239, 479, 242, 2), (2220 - 77, 2967 - 91, 77, 91), (0, 0, 2220, 2967)]


def rgb(image):
    """RGBA of openslide-python, not premultiplied, over the white background."""
    a = numpy.asarray(image)
    if a.shape[2] == 3:
        return a
    assert (a[..., 3] == 255).all()
    return a[..., :3]


def digest(pixels):
    return hashlib.sha256(numpy.ascontiguousarray(pixels).tobytes()).hexdigest()


path = os.path.join(sys.argv[1], *NAME.split("/"))
slide = openslide.OpenSlide(path)
whole = tifffile.imread(path, key=0)
out = {
    "name": NAME,
    "levels": [list(d) for d in slide.level_dimensions],
    "mpp": [float(slide.properties["openslide.mpp-x"]), float(slide.properties["openslide.mpp-y"])],
    "quickhash": slide.properties["openslide.quickhash-1"],
    "icc": 0 if slide.color_profile is None else len(slide.color_profile.tobytes()),
    "regions": [],
    "associated": {},
}
for x, y, w, h in REGIONS:
    pixels = rgb(slide.read_region((x, y), 0, (w, h)))
    assert (pixels == whole[y : y + h, x : x + w]).all(), (x, y, w, h)
    out["regions"].append({"place": [x, y, w, h], "sha256": digest(pixels)})
for name, image in slide.associated_images.items():
    out["associated"][name] = {"size": list(image.size), "sha256": digest(rgb(image))}
json.dump(out, sys.stdout, indent=1)
print()
