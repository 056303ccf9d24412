"""Makes the images and presentation states of state/: python3 states.py

Needs pydicom 3 and numpy. The pixels are patterns, the person does not exist.
Tests compare what DCMTK's dcmp2pgm and dcm2pnm make of them with what we do.
"""
import os
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "state")
ROWS, COLUMNS = 48, 64
STUDY, SERIES = "2.25.7001", "2.25.7002"


def base(sop_class, uid, modality, series):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = uid
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20260102", "080910", ""
    ds.Modality, ds.Manufacturer, ds.ReferringPhysicianName = modality, "Longying test", ""
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Test^State=测试^状态", "STATE-1", "20200101", "F"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, series
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, 1
    return ds


def save(ds, name):
    ds.save_as(os.path.join(OUT, name + ".dcm"), enforce_file_format=True)


def image(name, uid, pixels, bits=12, photometric="MONOCHROME2", change=None):
    ds = base("1.2.840.10008.5.1.4.1.1.7", uid, "OT", SERIES)
    ds.ConversionType = "SYN"
    if pixels.ndim == 3:
        ds.NumberOfFrames = pixels.shape[0]
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, photometric
    ds.BitsAllocated = 8 * pixels.dtype.itemsize
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    if change:
        change(ds)
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW"
    save(ds, name)
    return ds


def lut(entries, first, bits, first_vr="US"):
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries) % 65536, first % 65536, bits])
    item.LUTExplanation = "test"
    item.add_new(0x00283006, "OW", np.array(entries, "<u2").tobytes())
    return item


def bits(rows, columns, on):
    a = np.zeros((rows, columns), np.uint8)
    for y in range(rows):
        for x in range(columns):
            a[y, x] = 1 if on(x, y) else 0
    packed = np.packbits(a.ravel(), bitorder="little").tobytes()
    return packed + b"\0" * (len(packed) % 2)


def overlay(ds, group, rows, columns, origin, data, frames=0, first=0, kind="G", label=None):
    ds.add_new((group, 0x0010), "US", rows)
    ds.add_new((group, 0x0011), "US", columns)
    if frames:
        ds.add_new((group, 0x0015), "IS", frames)
        ds.add_new((group, 0x0051), "US", first)
    ds.add_new((group, 0x0040), "CS", kind)
    ds.add_new((group, 0x0050), "SS", list(origin))
    ds.add_new((group, 0x0100), "US", 1)
    ds.add_new((group, 0x0102), "US", 0)
    if label:
        ds.add_new((group, 0x1500), "LO", label)
    ds.add_new((group, 0x3000), "OW", data)


# images -------------------------------------------------------------------

y, x = np.mgrid[0:ROWS, 0:COLUMNS]
ramp = ((x * 64 + y * 37) % 4096).astype(np.uint16)  # 12 bits, all of the range
signed = (ramp.astype(np.int32) - 2048).astype(np.int16)


def rescale(ds):
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "2", "-1000", "US"


def windows(ds):
    ds.WindowCenter, ds.WindowWidth = ["2048", "1000", "2500.5"], ["4096", "300", "1"]


def voi_table(ds):
    ds.VOILUTSequence = Sequence([lut([int(255 * (i / 1023) ** 2) for i in range(1024)], 1000, 8)])


def modality_table(ds):
    ds.ModalityLUTSequence = Sequence([lut([65535 * i * i // 4095 ** 2 for i in range(4096)], 0, 16)])
    ds.ModalityLUTSequence[0].ModalityLUTType = "US"


def with_overlays(ds):
    overlay(ds, 0x6000, 20, 30, (-4, 50), bits(20, 30, lambda x, y: (x + y) % 3 == 0), label="beyond")
    overlay(ds, 0x6002, ROWS, COLUMNS, (1, 1), bits(ROWS, COLUMNS, lambda x, y: 10 < x < 20 and 30 < y < 40))


def frame_overlays(ds):
    data = b""
    a = np.zeros((2, 7, 9), np.uint8)  # an odd number of bits: frames begin inside a byte
    a[0, 1:3, 2:8] = 1
    a[1, 4:6, 0:3] = 1
    packed = np.packbits(a.ravel(), bitorder="little").tobytes()
    overlay(ds, 0x6000, 7, 9, (5, 11), packed + b"\0" * (len(packed) % 2), frames=2, first=2)


def embedded(ds):
    ds.add_new((0x6000, 0x0010), "US", ROWS)
    ds.add_new((0x6000, 0x0011), "US", COLUMNS)
    ds.add_new((0x6000, 0x0040), "CS", "G")
    ds.add_new((0x6000, 0x0050), "SS", [1, 1])
    ds.add_new((0x6000, 0x0100), "US", 16)
    ds.add_new((0x6000, 0x0102), "US", 14)


os.makedirs(OUT, exist_ok=True)
image("plain", "2.25.7010", ramp, change=lambda ds: (rescale(ds), windows(ds)))
image("signed", "2.25.7011", signed, change=rescale)
image("mono1", "2.25.7012", ramp, photometric="MONOCHROME1", change=windows)
image("table", "2.25.7013", ramp, change=voi_table)
image("modality", "2.25.7014", ramp, change=modality_table)
image("overlays", "2.25.7015", ramp, change=lambda ds: (windows(ds), with_overlays(ds)))
image("frames", "2.25.7016", np.stack([ramp[:16, :20], ramp[16:32, :20], ramp[32:48, 20:40]]), change=lambda ds: (windows(ds), frame_overlays(ds)))
image("embedded", "2.25.7017", ramp | (((x // 8 + y // 8) % 2 == 0).astype(np.uint16) << 14), change=lambda ds: (windows(ds), embedded(ds)))

# states -------------------------------------------------------------------


def ref(image_ds, frames=None):
    r = Dataset()
    r.ReferencedSOPClassUID, r.ReferencedSOPInstanceUID = image_ds[0], image_ds[1]
    if frames:
        r.ReferencedFrameNumber = frames
    return r


SC = "1.2.840.10008.5.1.4.1.1.7"
PLAIN, SIGNED, MONO1, OVERLAYS, FRAMES = ((SC, "2.25.701%d" % i) for i in (0, 1, 2, 5, 6))
count = 0


def state(name, of=PLAIN, change=None, window=(2000, 3000), rescaled=True, shape="IDENTITY", size=(COLUMNS, ROWS)):
    global count
    count += 1
    ds = base("1.2.840.10008.5.1.4.1.1.11.1", "2.25.710%02d" % count, "PR", "2.25.7003")
    ds.InstanceNumber = count
    ds.ContentLabel, ds.ContentDescription = name.upper().replace("-", "_")[:16], "测试状态 " + name
    ds.PresentationCreationDate, ds.PresentationCreationTime, ds.ContentCreatorName = "20260103", "101112", "Li^Na=李^娜"
    series = Dataset()
    series.SeriesInstanceUID = SERIES
    series.ReferencedImageSequence = Sequence([ref(of)])
    ds.ReferencedSeriesSequence = Sequence([series])
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], list(size)
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    ds.DisplayedAreaSelectionSequence = Sequence([area])
    if rescaled:
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1000", "2", "US"
    if window:
        voi = Dataset()
        voi.WindowCenter, voi.WindowWidth = str(window[0]), str(window[1])
        ds.SoftcopyVOILUTSequence = Sequence([voi])
    if shape:
        ds.PresentationLUTShape = shape
    if change:
        change(ds)
    save(ds, "ps-" + name)


def layer(name, order, grey=65535, lab=None):
    l = Dataset()
    l.GraphicLayer, l.GraphicLayerOrder, l.GraphicLayerRecommendedDisplayGrayscaleValue = name, order, grey
    if lab:
        l.GraphicLayerRecommendedDisplayCIELabValue = lab
    return l


def shutter(ds, shapes, value=0):
    ds.ShutterShape, ds.ShutterPresentationValue = shapes, value
    if "RECTANGULAR" in shapes:
        ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = 10, 50
        ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge = 5, 40
    if "CIRCULAR" in shapes:
        ds.CenterOfCircularShutter, ds.RadiusOfCircularShutter = [24, 30], 18
    if "POLYGONAL" in shapes:
        ds.VerticesOfThePolygonalShutter = [4, 8, 6, 55, 30, 60, 45, 33, 20, 25]


def turned(rotation, flip):
    def change(ds):
        ds.ImageRotation, ds.ImageHorizontalFlip = rotation, flip
        area = ds.DisplayedAreaSelectionSequence[0]
        # The corners after rotation and flip.
        left, top, right, bottom = 1, 1, COLUMNS, ROWS
        corner = {0: ((left, top), (right, bottom)), 90: ((left, bottom), (right, top)), 180: ((right, bottom), (left, top)), 270: ((right, top), (left, bottom))}[rotation]
        tl, br = corner
        if flip == "Y":
            if rotation % 180 == 0:
                tl, br = (br[0], tl[1]), (tl[0], br[1])
            else:
                tl, br = (tl[0], br[1]), (br[0], tl[1])
        area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = list(tl), list(br)
    return change


def bitmap(ds):
    overlay(ds, 0x6004, ROWS, COLUMNS, (1, 1), bits(ROWS, COLUMNS, lambda x, y: x < 12 or (x * y) % 11 == 3))
    ds.ShutterShape, ds.ShutterOverlayGroup, ds.ShutterPresentationValue = "BITMAP", 0x6004, 20000


def own_overlay(ds):
    overlay(ds, 0x6002, 10, 12, (7, 9), bits(10, 12, lambda x, y: (x + y) % 2 == 0))
    ds.add_new((0x6002, 0x1001), "CS", "OVER")
    ds.GraphicLayerSequence = Sequence([layer("OVER", 1)])


def image_overlay(ds):
    ds.add_new((0x6000, 0x1001), "CS", "OVER")
    ds.GraphicLayerSequence = Sequence([layer("OVER", 1)])


def voi_lut(ds):
    voi = Dataset()
    voi.VOILUTSequence = Sequence([lut([4095 - 4095 * (i - 2000) ** 2 // 2000 ** 2 for i in range(4000)], 0, 12)])
    ds.SoftcopyVOILUTSequence = Sequence([voi])


def modality_lut(ds):
    ds.ModalityLUTSequence = Sequence([lut([i * i // 4095 for i in range(4096)], 0, 12)])
    ds.ModalityLUTSequence[0].ModalityLUTType = "US"


def presentation_lut(ds):
    ds.PresentationLUTSequence = Sequence([lut([4095 - 4095 * i * i // 1023 ** 2 for i in range(1024)], 0, 12)])


def part(ds):
    area = ds.DisplayedAreaSelectionSequence[0]
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [11, 6], [50, 40]
    area.PresentationSizeMode, area.PresentationPixelMagnificationRatio = "MAGNIFY", 2.0


def sigmoid(ds):
    ds.SoftcopyVOILUTSequence[0].VOILUTFunction = "SIGMOID"


def per_image(ds):
    two = ref(SIGNED)
    ds.ReferencedSeriesSequence[0].ReferencedImageSequence.append(two)
    ds.SoftcopyVOILUTSequence[0].ReferencedImageSequence = Sequence([ref(PLAIN)])
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = "-500", "1200"
    voi.ReferencedImageSequence = Sequence([ref(SIGNED)])
    ds.SoftcopyVOILUTSequence.append(voi)


def graphic(kind, data, units="PIXEL", filled="N"):
    g = Dataset()
    g.GraphicAnnotationUnits, g.GraphicDimensions = units, 2
    g.NumberOfGraphicPoints, g.GraphicData, g.GraphicType = len(data) // 2, [float(v) for v in data], kind
    if kind != "POINT":
        g.GraphicFilled = filled
    return g


def text(s, box=None, anchor=None, units="PIXEL", justify="LEFT", visible="Y"):
    t = Dataset()
    t.UnformattedTextValue = s
    if box:
        t.BoundingBoxAnnotationUnits, t.BoundingBoxTextHorizontalJustification = units, justify
        t.BoundingBoxTopLeftHandCorner, t.BoundingBoxBottomRightHandCorner = [float(v) for v in box[:2]], [float(v) for v in box[2:]]
    if anchor:
        t.AnchorPointAnnotationUnits, t.AnchorPoint, t.AnchorPointVisibility = units, [float(v) for v in anchor], visible
    return t


def annotated(ds):
    ds.GraphicLayerSequence = Sequence([layer("TOP", 2, 65535, [57000, 45000, 50000]), layer("BOTTOM", 1, 40000)])
    low = Dataset()
    low.GraphicLayer = "BOTTOM"
    low.GraphicObjectSequence = Sequence([
        graphic("POLYLINE", [5, 5, 30, 8, 28, 20, 5, 5]), graphic("CIRCLE", [40, 20, 48, 20]),
        graphic("ELLIPSE", [10, 35, 30, 35, 20, 30, 20, 40]), graphic("INTERPOLATED", [35, 40, 45, 30, 55, 44, 60, 30]), graphic("POINT", [55, 10])])
    high = Dataset()
    high.GraphicLayer = "TOP"
    high.TextObjectSequence = Sequence([text("结节 5 mm\r\nnodule", box=[0.05, 0.7, 0.5, 0.95], units="DISPLAY"), text("here", anchor=[40.5, 20.5])])
    high.GraphicObjectSequence = Sequence([graphic("POLYLINE", [0.9, 0.1, 0.9, 0.9], units="DISPLAY")])
    ds.GraphicAnnotationSequence = Sequence([high, low])


state("window")
state("inverse", shape="INVERSE")
state("narrow", window=(1000, 1))
state("unrescaled", rescaled=False, window=(1000.5, 255))
state("sigmoid", change=sigmoid)
state("no-voi", window=None)
state("signed", of=SIGNED, window=(-500, 1200))
state("mono1", of=MONO1, rescaled=False, window=(2048, 4096))
state("voi-lut", window=None, change=voi_lut)
state("modality-lut", rescaled=False, change=modality_lut)
state("presentation-lut", shape=None, change=presentation_lut)
state("rectangular", change=lambda ds: shutter(ds, "RECTANGULAR", 30000))
state("circular", change=lambda ds: shutter(ds, "CIRCULAR", 65535))
state("polygonal", change=lambda ds: shutter(ds, "POLYGONAL"))
state("shutters", change=lambda ds: shutter(ds, ["RECTANGULAR", "CIRCULAR", "POLYGONAL"], 12345))
state("bitmap", change=bitmap)
state("own-overlay", change=own_overlay)
state("image-overlay", of=OVERLAYS, rescaled=False, change=image_overlay)
for r in (0, 90, 180, 270):
    for f in "NY":
        state("turn-%d-%s" % (r, f.lower()), change=turned(r, f))
state("part", change=part)
state("per-image", change=per_image)
state("annotated", change=annotated)
state("frame", of=FRAMES, rescaled=False, size=(20, 16), change=lambda ds: setattr(ds.ReferencedSeriesSequence[0].ReferencedImageSequence[0], "ReferencedFrameNumber", [2, 3]))

# Of another kind: named, and refused.
for n, kind in ((2, "color"), (3, "pseudo-color")):
    ds = base("1.2.840.10008.5.1.4.1.1.11.%d" % n, "2.25.7200%d" % n, "PR", "2.25.7003")
    ds.ContentLabel = kind.upper().replace("-", "_")
    save(ds, "ps-" + kind)
