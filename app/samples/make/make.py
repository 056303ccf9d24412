"""Makes app/samples/data: a film, a CT series, a slide and patient files.

    pip install -r requirements.txt
    python make.py --data ../../../../shared/data

Runs again to the same bytes. Takes its pictures from the data folder and the
held-out test sets from the split.tsv and test-probabilities.tsv that the
training scripts wrote. Every person, number, date and order is invented.
"""
import argparse
import csv
import glob
import hashlib
import io
import os
import shutil
import uuid

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "data")
MODELS = os.path.join(HERE, "..", "..", "..", "models")
HOSPITAL = "示例县人民医院"
MARK = "SAMPLE 样本: name, identity and age are invented 姓名、身份与年龄均为虚构"
RESIDENT_ID = "2.16.156.10011.1.3"
CR, CT, WSM = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.77.1.6"


def uid(*words):
    h = hashlib.sha256("/".join(("longying-sample-1",) + words).encode()).digest()[:16]
    return UID("2.25." + str(uuid.UUID(bytes=h, version=4).int))


def resident_id(region, birth, sequence):
    """GB 11643: seventeen digits and their check character."""
    s = region + birth + sequence
    weight = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return s + "10X98765432"[sum(int(c) * w for c, w in zip(s, weight)) % 11]


CHILD = {"name": "刘小满", "pn": "Liu^Xiaoman=刘^小满", "sex": "F", "birth": "20220514",
         "id": resident_id("620102", "20220514", "998"), "health": "62010200100100001"}
ADULT = {"name": "马志远", "sex": "M", "birth": "19690308",
         "id": resident_id("620102", "19690308", "997"), "health": "62010200100100002"}
CT_HEADER_NAME = "Ma^Zhicheng=马^志成"  # not the register's name, on purpose


# ------------------------------------------------------------------ DICOM --

def save(ds, path, syntax):
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.ImplementationClassUID = uid("implementation")
    ds.file_meta.ImplementationVersionName = "LONGYING_SAMPLES"
    ds.save_as(path, enforce_file_format=True)


def common(charset, modality, sop_class, words):
    ds = Dataset()
    ds.SpecificCharacterSet = charset
    ds.SOPClassUID, ds.Modality = sop_class, modality
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid(*words, "study"), uid(*words, "series")
    ds.InstitutionName = HOSPITAL
    ds.ReferringPhysicianName = ""
    ds.Manufacturer = ""
    ds.PatientComments = MARK
    return ds


def when(ds, date, time):
    for k in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(ds, k, date)
    for k in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        setattr(ds, k, time)


def who(ds, pn, number, issuer, sex, birth, age):
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = pn, number, issuer
    ds.PatientSex, ds.PatientBirthDate, ds.PatientAge = sex, birth, age


def read_tsv(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def by_hash(paths):
    return sorted(paths, key=lambda p: hashlib.sha256(p.encode()).hexdigest())


def film(data):
    """Of the test films of children with pneumonia that the model gives at
    least 0.97: the first in the order of the SHA-256 of their names."""
    rows = read_tsv(MODELS, "cxr-paediatric-pneumonia", "train", "test-probabilities.tsv")
    chosen = by_hash([r["path"] for r in rows if r["label"] == "1" and float(r["probability"]) >= 0.97])[0]
    source = os.path.join(data, "cxr", "paediatric-pneumonia-224", chosen)
    pixels = np.asarray(Image.open(source).convert("L"))
    ds = common("ISO_IR 192", "CR", CR, ["film"])
    who(ds, CHILD["pn"], CHILD["id"], RESIDENT_ID, CHILD["sex"], CHILD["birth"], "004Y")
    when(ds, "20260918", "092400")
    ds.SOPInstanceUID = uid("film", "instance")
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "S1", 1, 1
    ds.AccessionNumber = "SAMPLE-CR-0001"
    ds.StudyDescription, ds.SeriesDescription = "样本 儿童胸片 Chest", "样本 Chest AP"
    ds.BodyPartExamined, ds.ViewPosition, ds.PatientOrientation = "CHEST", "AP", ""
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.DerivationDescription = "squeezed to 224 x 224 upstream; JPEG decoded"
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionRatio = str(round(pixels.size / os.path.getsize(source), 2))
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.ImageComments = MARK
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    ds.WindowCenter, ds.WindowWidth = "128", "256"
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OB"
    save(ds, os.path.join(OUT, "film", "film.dcm"), ExplicitVRLittleEndian)
    return chosen


KEEP = """ScanOptions SliceThickness KVP SpacingBetweenSlices DataCollectionDiameter ReconstructionDiameter
DistanceSourceToDetector DistanceSourceToPatient GantryDetectorTilt TableHeight ExposureTime XRayTubeCurrent
Exposure FilterType ConvolutionKernel PatientPosition RevolutionTime SingleCollimationWidth
TotalCollimationWidth ImagePositionPatient ImageOrientationPatient SliceLocation SamplesPerPixel
PhotometricInterpretation Rows Columns PixelSpacing BitsAllocated BitsStored HighBit PixelRepresentation
RescaleIntercept RescaleSlope WindowCenter WindowWidth BodyPartExamined ImageType Manufacturer
ManufacturerModelName""".split()


def ct(data):
    files = [f for f in glob.glob(os.path.join(data, "series", "ct-philips-59", "I*"))]
    slices = sorted((pydicom.dcmread(f) for f in files), key=lambda d: float(d.ImagePositionPatient[2]))
    first = (len(slices) - 24) // 2
    for i, src in enumerate(slices[first:first + 24], 1):
        ds = common("GB18030", "CT", CT, ["ct"])
        for k in KEEP:
            if k in src:
                ds[k] = src[k]
        who(ds, CT_HEADER_NAME, ADULT["id"], RESIDENT_ID, ADULT["sex"], ADULT["birth"], "057Y")
        when(ds, "20260915", "154200")
        ds.SOPInstanceUID = uid("ct", "instance", str(i))
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = uid("ct", "frame"), ""
        ds.StudyID, ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = "S2", 1, i, 1
        ds.AccessionNumber = "SAMPLE-CT-0001"
        ds.StudyDescription, ds.SeriesDescription = "样本 头部CT(体模)", "样本 Head phantom"
        ds.DerivationDescription = ("24 contiguous slices of 59; RLE Lossless, pixel values unchanged; "
                                    "identity, dates and UIDs replaced, private elements removed")
        ds.BurnedInAnnotation = "NO"
        ds.ImageComments = MARK + "; a plastic head phantom 塑料头部体模"
        ds.RescaleType = "HU"
        ds.PixelData = src.PixelData
        ds["PixelData"].VR = "OW"
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.set_original_encoding(False, True)
        ds.compress(RLELossless, arr=src.pixel_array, encoding_plugin="pydicom", generate_instance_uid=False)
        save(ds, os.path.join(OUT, "ct", f"ct{i:02d}.dcm"), RLELossless)


LAYOUT = ["........",
          "..TTT...",
          ".TTTTT..",
          "..TTTT..",
          "...T...."]


def code(value, scheme, meaning):
    d = Dataset()
    d.CodeValue, d.CodingSchemeDesignator, d.CodeMeaning = value, scheme, meaning
    return d


def stained():
    """The preparation step of an H&E stain: PS3.16 TID 8001 and 8003."""
    step, items = Dataset(), []
    text = Dataset()
    text.ValueType, text.TextValue = "TEXT", "SAMPLE-SLIDE-01"
    text.ConceptNameCodeSequence = Sequence([code("121041", "DCM", "Specimen Identifier")])
    items.append(text)
    for name, value in (
            (("111701", "DCM", "Processing type"), ("127790008", "SCT", "Staining")),
            (("424361007", "SCT", "Using substance"), ("12710003", "SCT", "Hematoxylin stain")),
            (("424361007", "SCT", "Using substance"), ("36879007", "SCT", "Water soluble eosin stain"))):
        item = Dataset()
        item.ValueType = "CODE"
        item.ConceptNameCodeSequence = Sequence([code(*name)])
        item.ConceptCodeSequence = Sequence([code(*value)])
        items.append(item)
    step.SpecimenPreparationStepContentItemSequence = Sequence(items)
    return step


def slide(data):
    """Tiles of the test set, in the order of the SHA-256 of their names, at
    most one of a source group: adenocarcinoma (T) in normal lung (.)."""
    rows = read_tsv(MODELS, "lung-colon-tissue", "train", "split.tsv")
    queue = {}
    for c in ("lung_n", "lung_aca"):
        seen, queue[c] = set(), []
        mine = {r["path"]: r["source_group"] for r in rows
                if r["part"] == "test" and r["path"].startswith(c + "/")}
        for p in by_hash(mine):
            if mine[p] not in seen:
                seen.add(mine[p])
                queue[c].append(p)
    tiles = [queue["lung_aca" if t == "T" else "lung_n"].pop(0) for line in LAYOUT for t in line]
    frames = []
    for p in tiles:
        with open(os.path.join(data, "pathology", "lung-colon-tiles", p), "rb") as f:
            frames.append(baseline(f.read()))
    ds = common("GB18030", "SM", WSM, ["slide"])
    who(ds, CHILD["pn"], "SAMPLE-H-0001", HOSPITAL, CHILD["sex"], CHILD["birth"], "004Y")
    when(ds, "20260922", "101500")
    ds.AcquisitionDateTime = "20260922101500"
    ds.SOPInstanceUID = uid("slide", "instance")
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "S3", 1, 1
    ds.AccessionNumber = "SAMPLE-PA-0001"
    ds.StudyDescription, ds.SeriesDescription = "样本 病理切片", "样本 H&E, 40 tiles"
    ds.ImageComments = MARK + "; no such slide exists: 40 separate tiles side by side 由40个独立图块拼成"
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = uid("slide", "frame"), "SLIDE_CORNER"
    ds.ManufacturerModelName, ds.DeviceSerialNumber, ds.SoftwareVersions = "none", "none", "make.py"
    ds.Manufacturer = "Longying samples"
    ds.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]
    ds.DerivationDescription = ("40 tiles of LC25000, reduced upstream from 768 to 224 pixels and JPEG "
                                "coded there, placed side by side; scale unknown")
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.LossyImageCompressionRatio = str(round(40 * 224 * 224 * 3 / sum(map(len, frames)), 2))
    ds.VolumetricProperties, ds.SpecimenLabelInImage = "VOLUME", "NO"
    ds.FocusMethod, ds.ExtendedDepthOfField = "AUTO", "NO"
    ds.NumberOfFrames, ds.TotalPixelMatrixFocalPlanes, ds.NumberOfOpticalPaths = len(frames), 1, 1
    ds.TotalPixelMatrixColumns, ds.TotalPixelMatrixRows = 8 * 224, 5 * 224
    ds.Rows = ds.Columns = 224
    origin = Dataset()
    origin.XOffsetInSlideCoordinateSystem = origin.YOffsetInSlideCoordinateSystem = "0"
    ds.TotalPixelMatrixOriginSequence = Sequence([origin])
    ds.ImageOrientationSlide = ["0", "-1", "0", "-1", "0", "0"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "YBR_FULL_422", 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    ds.DimensionOrganizationType = "TILED_FULL"
    organisation = Dataset()
    organisation.DimensionOrganizationUID = uid("slide", "dimension")
    ds.DimensionOrganizationSequence = Sequence([organisation])
    ds.AcquisitionContextSequence = Sequence()
    ds.ContainerIdentifier = "SAMPLE-SLIDE-01"
    ds.IssuerOfTheContainerIdentifierSequence = Sequence()
    ds.ContainerTypeCodeSequence = Sequence([code("433466003", "SCT", "Microscope slide")])
    specimen = Dataset()
    specimen.SpecimenIdentifier = "SAMPLE-SLIDE-01"
    specimen.SpecimenUID = uid("slide", "specimen")
    specimen.IssuerOfTheSpecimenIdentifierSequence = Sequence()
    specimen.SpecimenPreparationSequence = Sequence([stained()])
    specimen.PrimaryAnatomicStructureSequence = Sequence([code("39607008", "SCT", "Lung structure")])
    ds.SpecimenDescriptionSequence = Sequence([specimen])
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    path.OpticalPathDescription = "Brightfield, H&E"
    path.IlluminationTypeCodeSequence = Sequence([code("111744", "DCM", "Brightfield illumination")])
    path.IlluminationColorCodeSequence = Sequence([code("414298005", "SCT", "Full Spectrum")])
    ds.OpticalPathSequence = Sequence([path])
    shared, frame_type, optical = Dataset(), Dataset(), Dataset()
    frame_type.FrameType = ds.ImageType
    optical.OpticalPathIdentifier = "1"
    shared.WholeSlideMicroscopyImageFrameTypeSequence = Sequence([frame_type])
    shared.OpticalPathIdentificationSequence = Sequence([optical])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PixelData = encapsulate(frames, has_bot=True)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    save(ds, os.path.join(OUT, "slide", "slide.dcm"), JPEGBaseline8Bit)
    return tiles


def baseline(jpeg):
    """The file's own bytes, after checking that they are what DICOM's JPEG
    Baseline takes: SOF0, 8 bit, 224 x 224, 3 components, JFIF (so YCbCr)."""
    i = 2
    jfif = False
    while True:
        marker, size = jpeg[i + 1], int.from_bytes(jpeg[i + 2:i + 4], "big")
        jfif |= marker == 0xE0 and jpeg[i + 4:i + 8] == b"JFIF"
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            assert marker == 0xC0 and jpeg[i + 4:i + 10] == bytes([8, 0, 224, 0, 224, 3]) and jfif
            return jpeg
        i += 2 + size


# --------------------------------------------------------------- patients --

COLUMNS = ("姓名,身份证件类别代码,身份证件号码,性别代码,出生日期,健康档案编号,联系电话,就诊流水号,就诊类型代码,"
           "就诊日期,科室名称,诊断编码,诊断名称,检查申请单号,检查类别,备注").split(",")


def row(p, visit, kind, date, ward, icd, diagnosis, order, exam):
    dash = lambda d: f"{d[:4]}-{d[4:6]}-{d[6:]}"
    return [p["name"], "01", p["id"], {"M": "1", "F": "2"}[p["sex"]], dash(p["birth"]), p["health"],
            "0931-0000000", visit, kind, dash(date), ward, icd, diagnosis, order, exam, "样本"]


def person(name, sex, birth, sequence, health):
    return {"name": name, "sex": sex, "birth": birth, "health": health,
            "id": resident_id("620102", birth, sequence)}


def patients():
    wang = person("王秀兰", "F", "19580711", "994", "62010200100100003")
    # A middle dot, and a character that GB18030 writes in four bytes.
    guli = person("阿依古丽·买买提", "F", "19840229", "994", "62010200100100004")
    li = person("李𬭎", "M", "19910130", "995", "62010200100100005")
    write("patients-utf8.csv", "utf-8", [
        row(CHILD, "SAMPLE-V-0001", "1", "20260918", "儿科", "J18.900", "肺炎", "SAMPLE-CR-0001", "DR"),
        row(CHILD, "SAMPLE-V-0002", "3", "20260921", "儿科", "R91.x00", "肺部影像异常", "SAMPLE-PA-0001", "病理"),
        row(ADULT, "SAMPLE-V-0003", "2", "20260915", "急诊科", "S09.900", "头部损伤", "SAMPLE-CT-0001", "CT"),
        row(wang, "SAMPLE-V-0004", "1", "20260916", "呼吸内科", "J44.900", "慢性阻塞性肺疾病", "SAMPLE-CR-0002", "DR")])
    write("patients-gb18030.csv", "gb18030", [
        row(guli, "SAMPLE-V-0005", "1", "20260917", "呼吸内科", "J20.900", "急性支气管炎", "SAMPLE-CR-0003", "DR"),
        row(guli, "SAMPLE-V-0006", "1", "20260924", "呼吸内科", "J20.900", "急性支气管炎", "SAMPLE-CR-0004", "DR"),
        row(li, "SAMPLE-V-0007", "3", "20260919", "普外科", "K63.500", "结肠息肉", "SAMPLE-PA-0002", "病理")])
    zhao = person("赵春来", "M", "19771103", "993", "62010200100100006")
    bad = person("孙立夏", "F", "19950505", "992", "62010200100100007")
    wrong = dict(bad, id=bad["id"][:17] + ("1" if bad["id"][17] != "1" else "2"))
    write("patients-bad-row.csv", "utf-8", [
        row(zhao, "SAMPLE-V-0008", "1", "20260920", "骨科", "M54.500", "腰痛", "SAMPLE-CR-0005", "DR"),
        row(wrong, "SAMPLE-V-0009", "1", "20260920", "骨科", "M54.500", "腰痛", "SAMPLE-CR-0006", "DR")])


def write(name, encoding, rows):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows([COLUMNS] + rows)
    with open(os.path.join(OUT, "patients", name), "wb") as f:
        f.write(buffer.getvalue().encode(encoding))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
    data = args.parse_args().data
    for k in ("film", "ct", "slide", "patients"):
        os.makedirs(os.path.join(OUT, k), exist_ok=True)
    chosen = film(data)
    ct(data)
    tiles = slide(data)
    patients()
    for name, text in texts(chosen, tiles).items():
        with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
            f.write(text)
    shutil.copyfile(os.path.join(data, "series", "ct-philips-59", "LICENSE"), os.path.join(OUT, "ct", "LICENSE"))
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(OUT) for f in fs)
    print(f"film {chosen}; {size / 1e6:.2f} MB in all")


def texts(chosen, tiles):
    """PROVENANCE.md and LICENSE of each folder."""
    invented = ("Every name, number, date and order is invented. The resident numbers have a right check character, the region "
                "620102 and sequence numbers from the end of the range; they are meant to belong to nobody.")
    one_case = ("The film and the slide carry one invented child, 刘小满, 4 years old. The case is fiction, put together to show the "
                "software: the film is of one unknown child, the tiles are of other unknown people, and nothing links them.")
    listing = "\n".join(f"- row {i // 8 + 1}, column {i % 8 + 1}: {t}" for i, t in enumerate(tiles))
    by = "https://creativecommons.org/licenses/by/4.0/legalcode"
    by_sa = "https://creativecommons.org/licenses/by-sa/4.0/legalcode"
    kermany = ("Kermany D, Zhang K, Goldbaum M (2018), Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for "
               "Classification, Mendeley Data, doi 10.17632/rscbjbr9sj")
    borkowski = ("Borkowski AA, Bui MM, Thomas LB, Wilson CP, DeLand LA, Mastorides SM (2019), Lung and Colon Cancer "
                 "Histopathological Image Dataset (LC25000), arXiv 1912.12142")
    return {
        "film/PROVENANCE.md": f"""# film.dcm

A chest film of a child with pneumonia as a Computed Radiography object. Source: `{chosen}` of {kermany}, CC BY 4.0, as squeezed to 224 x 224 and JPEG coded upstream; here decoded to 8 bit grey and wrapped.

It is from the held-out test set of `models/cxr-paediatric-pneumonia` (neither trained nor tuned on), and was chosen as a clear example: of the test films of pneumonia to which the model gives at least 0.97, the first by SHA-256 of the file name. One right answer says nothing of how often the model is right; its README does.

{invented} {one_case}

Left out rather than made up: pixel spacing, patient orientation, exposure, device. Computed Radiography and not Digital X-Ray, because the latter requires facts nobody knows. AP is what the authors say of the whole set. Text is in UTF-8 (ISO_IR 192). dciodvfy finds no error.
""",
        "film/LICENSE": f"film.dcm: Creative Commons Attribution 4.0 International, {by}\n\nCredit: {kermany}.\nChanges: resized upstream, decoded, wrapped as DICOM with an invented identity.\n",
        "ct/PROVENANCE.md": f"""# ct01.dcm to ct24.dcm

24 contiguous slices, the middle ones of 59, of a CT of a plastic head phantom (neurolabusc/dcm_qa_ct, BSD 2-clause, Philips Ingenuity CT, gantry tilt 16.5 degrees, kept). Pixel values are unchanged, now RLE Lossless. Identity, dates, order and UIDs are replaced, institution and private elements removed.

{invented} The PatientID is the resident number of 马志远 in `../patients/patients-utf8.csv`, but the name in the header is 马^志成: the import must not link the two and must put the study on the review list. Text is in GB18030. dciodvfy finds no error.
""",
        "slide/PROVENANCE.md": f"""# slide.dcm

A derived whole-slide object of one level: 8 x 5 tiles of 224 x 224. No such slide exists. The tiles are {len(tiles)} separate pictures of lung adenocarcinoma (inside) and lung without tumour (around) of {borkowski}, laid side by side; each frame holds the tile's own JPEG bytes. All come from the held-out test set of `models/lung-colon-tissue`, one of a source group, in the order of the SHA-256 of their names; none was chosen for what the model says.

{invented} {one_case} PatientID is a hospital number, the accession number is that of an order in `../patients/patients-utf8.csv`. Text is in GB18030.

dciodvfy reports five missing items, each left out because it is unknown and an invented one would be worse: PixelMeasuresSequence and ImagedVolumeWidth, Height and Depth (the scale of the tiles is unknown), ICCProfile (their colour space is unknown). A reader must not measure on this slide. The frames are 4:2:0 JPEG, named YBR_FULL_422 as DICOM has no other name for it. The origin 0, 0 on the slide is arbitrary.

{listing}
""",
        "slide/LICENSE": f"slide.dcm: Creative Commons Attribution-ShareAlike 4.0 International, {by_sa}\n\nCredit: {borkowski}; source groups from LC25000-clean.\nIts authors call it freely available to AI researchers and attach no formal licence; some copies say CC BY-SA 4.0, which is followed here.\nChanges: tiles reduced from 768 to 224 pixels upstream; here laid side by side and wrapped as DICOM with an invented identity.\n",
        "patients/PROVENANCE.md": f"""# Patient files

Written by `app/samples/make/make.py`. {invented} Every row says 样本.

- `patients-utf8.csv`: 3 people, 4 visits, UTF-8, no byte order mark. 刘小满 (film, slide), 马志远 (CT, whose header name differs), 王秀兰.
- `patients-gb18030.csv`: 2 other people, 3 visits, GB18030; a name with a middle dot, a name with a character of four bytes (𬭎), a resident number that ends in X.
- `patients-bad-row.csv`: a good row, then one whose resident number has a wrong check character.
""",
        "patients/LICENSE": "Invented data, dedicated to the public domain under CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/legalcode\n",
    }


if __name__ == "__main__":
    main()
