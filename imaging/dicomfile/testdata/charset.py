"""Writes charset.json: the text attributes of the shared character set files as
pydicom reads them, for TestTextAgreesWithPydicom. Run with pydicom 3.0.2:

    python charset.py FOLDER_OF_SHARED_DATA > charset.json
"""
import json
import os
import sys
import warnings

import pydicom

warnings.simplefilter("ignore")
TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def values(ds, prefix, out):
    for e in ds:
        key = prefix + "%08X" % e.tag
        if e.VR == "SQ":
            for i, item in enumerate(e.value):
                values(item, "%s[%d]." % (key, i), out)
        elif e.VR in TEXT and not e.tag.is_private:
            v = e.value if e.VM > 1 else [e.value]
            out[key] = "\\".join("" if x is None else str(x) for x in v)


root = sys.argv[1]
files = {}
for folder in ("dicom/charset/pydicom", "dicom/charset/fo-dicom", "dicom/fo-dicom"):
    for name in sorted(os.listdir(os.path.join(root, folder))):
        path = folder + "/" + name
        try:
            ds = pydicom.dcmread(os.path.join(root, path), stop_before_pixels=True)
            ds.decode()
        except Exception as e:  # not DICOM, or pydicom cannot decode it
            print(path, repr(e)[:100], file=sys.stderr)
            continue
        values(ds, "", files.setdefault(path, {}))
json.dump({"pydicom": pydicom.__version__, "files": files}, sys.stdout, ensure_ascii=False, indent=0, sort_keys=True)
