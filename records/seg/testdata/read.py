"""Reads a Segmentation with highdicom and prints what each segment is and holds, as JSON."""

import json
import sys

import highdicom as hd
import numpy as np

seg = hd.seg.segread(sys.argv[1])
out = []
for n in seg.segment_numbers:
    d = seg.get_segment_description(n)
    frames = []
    for item, pixels in zip(
        seg.PerFrameFunctionalGroupsSequence, seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    ):
        if item.SegmentIdentificationSequence[0].ReferencedSegmentNumber != n:
            continue
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        rows, columns = np.nonzero(pixels)
        frames.append(
            {
                "SOP": source.ReferencedSOPInstanceUID,
                "Frame": int(getattr(source, "ReferencedFrameNumber", 0)),
                "Pixels": sorted(int(r) * seg.Columns + int(c) for r, c in zip(rows, columns)),
            }
        )
    a = d.algorithm_identification
    out.append(
        {
            "Label": d.segment_label,
            "Type": d.algorithm_type.value,
            "Algorithm": "" if a is None else f"{a.name} {a.version}",
            "Tracking": d.tracking_uid,
            "TrackingID": d.tracking_id,
            "Property": d.segmented_property_type.value,
            "Frames": frames,
            "Volume": None,
        }
    )
    if "PlaneOrientationSequence" in seg.SharedFunctionalGroupsSequence[0]:
        v = seg.get_volume(segment_numbers=[n], combine_segments=False, rescale_fractional=False, allow_missing_positions=True)
        out[-1]["Volume"] = float(v.array.sum()) * abs(float(np.linalg.det(v.affine[:3, :3])))
print(json.dumps(out))
