"""Reads what was measured by hand with highdicom and prints it as JSON."""

import json
import sys

from highdicom.sr import srread

content = srread(sys.argv[1]).content
groups = []
for getter in (
    content.get_planar_roi_measurement_groups,
    content.get_image_measurement_groups,
):
    for g in getter():
        statistics = []
        for m in g.get_measurements():
            item = m[0]
            lines = []
            for i in getattr(item, "ContentSequence", []):
                if i.ValueType == "SCOORD":
                    d = list(i.GraphicData)
                    lines.append([[d[k], d[k + 1]] for k in range(0, len(d), 2)])
            statistics.append(
                {
                    "Name": m.name.meaning,
                    "Unit": m.unit.value,
                    "Derivation": m.derivation.meaning if m.derivation else "",
                    "Value": float(m.value),
                    "Lines": lines,
                }
            )
        roi = getattr(g, "roi", None)
        groups.append(
            {
                "Observation": g[0].ObservationUID,
                "Tracking": g.tracking_uid,
                "TrackingID": g.tracking_identifier,
                "Statistics": statistics,
                "Kind": roi.graphic_type.value if roi is not None else "",
            }
        )
print(json.dumps(groups))
