"""Makes reslice.json: cuts of small grids by SimpleITK, for reslice_test.go.

    python3 reslice.py > reslice.json    (SimpleITK 2.5, numpy)

Voxels are given by a formula that the test repeats, in float64, so that
SimpleITK, which cuts decimals off in whole numbers, does not round.
"""
import json
import math

import numpy
import SimpleITK as sitk

I, J, K = 9, 8, 6
OUTSIDE = -5000.0


def voxel(i, j, k):
    return (i * 37 + j * 91 + k * 53 + i * j * 17 + j * k * 29) % 251 - 100


def unit(v):
    v = numpy.array(v, float)
    return v / numpy.linalg.norm(v)


def grid(row, column, step):
    """Columns: one step of i, j, k in mm."""
    return numpy.array([numpy.array(row) * 0.7, numpy.array(column) * 0.9, step]).T


tilt = math.radians(16.5)
row = unit((0.96, 0.2, -0.19))
column = unit(numpy.cross(numpy.cross(row, (0, 1, 0.1)), row))
GRIDS = {
    "straight": ((-12.0, 3.0, 40.0), (1, 0, 0), (0, 1, 0), (0, 0, 2.5)),
    # The table moves along z, the slices lean: gantry tilt.
    "tilted": ((-12.0, 3.0, 40.0), (1, 0, 0), (0, math.cos(tilt), -math.sin(tilt)), (0, 0, 2.5)),
    "oblique and sheared": ((5.0, -7.0, 11.0), row, column, 1.9 * numpy.cross(row, column) + 0.4 * row - 0.3 * column),
}
CUTS = {
    "axial": ((1, 0, 0), (0, 1, 0), 0.6, 0.6),
    "coronal": ((1, 0, 0), (0, 0, -1), 0.5, 0.8),
    "sagittal": ((0, 1, 0), (0, 0, -1), 0.75, 0.71),
    "oblique": (unit((0.8, 0.5, 0.33)), unit(numpy.cross((0.3, -0.9, 0.2), unit((0.8, 0.5, 0.33)))), 0.65, 0.55),
}
COLUMNS, ROWS = 14, 12

voxels = numpy.array([[[voxel(i, j, k) for i in range(I)] for j in range(J)] for k in range(K)], numpy.float64)
out = []
for gname, (origin, r, c, step) in GRIDS.items():
    m = grid(r, c, step)
    image = sitk.GetImageFromArray(voxels)
    image.SetOrigin(origin)
    # Spacing 1 and all of the grid in the direction, which need not be a rotation.
    image.SetSpacing((1, 1, 1))
    image.SetDirection(m.flatten().tolist())
    middle = numpy.array(origin) + m @ numpy.array([(I - 1) / 2, (J - 1) / 2, (K - 1) / 2]) + (0.11, -0.07, 0.05)
    for cname, (cr, cc, dx, dy) in CUTS.items():
        cr, cc = numpy.array(cr, float), numpy.array(cc, float)
        start = middle - cr * dx * (COLUMNS - 1) / 2 - cc * dy * (ROWS - 1) / 2
        case = {"grid": gname, "cut": cname, "origin": list(origin), "row": list(r), "column": list(c), "step": list(step),
                "position": start.tolist(), "cutRow": cr.tolist(), "cutColumn": cc.tolist(), "dx": dx, "dy": dy}
        for name, how in (("linear", sitk.sitkLinear), ("nearest", sitk.sitkNearestNeighbor)):
            f = sitk.ResampleImageFilter()
            f.SetInterpolator(how)
            f.SetOutputOrigin(start.tolist())
            f.SetOutputSpacing((dx, dy, 1))
            f.SetOutputDirection(numpy.array([cr, cc, numpy.cross(cr, cc)]).T.flatten().tolist())
            f.SetSize((COLUMNS, ROWS, 1))
            f.SetDefaultPixelValue(OUTSIDE)
            got = sitk.GetArrayFromImage(f.Execute(image))[0].flatten()
            case[name] = [round(float(x), 9) for x in got]
        out.append(case)
print("[" + ",\n".join(json.dumps(c, default=float) for c in out) + "]")
