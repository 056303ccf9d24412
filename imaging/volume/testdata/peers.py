"""The peers of bench_test.go: SimpleITK, and pydicom with numpy."""
import pathlib

import numpy
import pydicom
import SimpleITK as sitk
from peer import serve


def simpleitk(folder, threads):
    """A folder as a volume, as SimpleITK's own examples read it."""

    def read():
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
        return reader.Execute()

    return read


def pydicom_numpy(folder):
    """A folder as an array in the order of position."""

    def read():
        slices = [pydicom.dcmread(p) for p in pathlib.Path(folder).iterdir()]
        slices.sort(key=lambda ds: ds.ImagePositionPatient[2])
        return numpy.stack([ds.pixel_array for ds in slices])

    return read


def simpleitk_resample(folder, threads, origin, row, column, mm, size):
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    image = simpleitk(folder, threads)()
    f = sitk.ResampleImageFilter()
    f.SetNumberOfThreads(threads)
    f.SetInterpolator(sitk.sitkLinear)
    f.SetOutputOrigin(origin)
    f.SetOutputSpacing((mm, mm, 1))
    row, column = numpy.array(row), numpy.array(column)
    f.SetOutputDirection(numpy.array([row, column, numpy.cross(row, column)]).T.flatten().tolist())
    f.SetSize((size, size, 1))
    f.SetDefaultPixelValue(-2000)
    return lambda: f.Execute(image)


serve(simpleitk, pydicom_numpy, simpleitk_resample)
