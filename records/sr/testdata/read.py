"""Reads a TID 1500 report with highdicom and prints its groups as JSON."""

import json
import sys

from highdicom.sr import srread

sr = srread(sys.argv[1])
groups = []
content = sr.content
for getter in (
    content.get_planar_roi_measurement_groups,
    content.get_image_measurement_groups,
):
    for g in getter():
        root = g[0]
        algorithm = {
            i.ConceptNameCodeSequence[0].CodeValue: i.TextValue
            for i in root.ContentSequence
            if i.ConceptNameCodeSequence[0].CodeValue in ("111001", "111003")
        }
        out = {
            "Observation": root.ObservationUID,
            "Tracking": g.tracking_uid,
            "TrackingID": g.tracking_identifier,
            "Algorithm": " ".join(algorithm[k] for k in sorted(algorithm)),
            "Measurements": {m.name.meaning: float(m.value) for m in g.get_measurements()},
            "Polygon": [],
            "Origin": "",
        }
        if hasattr(g, "roi") and g.roi is not None:
            out["Polygon"] = g.roi.value.tolist()
            out["Origin"] = getattr(g.roi, "PixelOriginInterpretation", "")
        groups.append(out)
order = {}
for item in sr.ContentSequence:
    for i, g in enumerate(getattr(item, "ContentSequence", [])):
        if "ObservationUID" in g:
            order[g.ObservationUID] = i
groups.sort(key=lambda x: order[x["Observation"]])
print(json.dumps(groups))
