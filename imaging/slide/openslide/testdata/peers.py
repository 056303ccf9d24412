"""What BenchmarkRegion is measured against: the same region, reduced by area, through openslide-python."""
import numpy
import openslide
from peer import serve


def region(slide, x, y, side, zoom):
    # As stored, over white, and without the alpha channel, as a viewer needs it.
    picture = slide.read_region((x, y), slide.get_best_level_for_downsample(1), (side * zoom, side * zoom)).convert("RGB")
    return numpy.asarray(picture.reduce(zoom) if zoom > 1 else picture)


def first(path, x, y, side, zoom):
    def run():
        with openslide.OpenSlide(path) as slide:
            return region(slide, x, y, side, zoom)
    return run


def again(path, x, y, side, zoom):
    slide = openslide.OpenSlide(path)
    return lambda: region(slide, x, y, side, zoom)


serve(first, again)
