"""Writes segments.json: segmented palette tables and what pydicom makes of them, without
indirect segments: of those it counts the byte offset in entries. python3 segments.py"""
import json, os, random
from pydicom.pixels.processing import _expand_segmented_lut

random.seed(7)
out = []
for bits in (8, 16):
    top = 255 if bits == 8 else 65535
    for case in range(6):
        words, starts, n = [], [], 0
        for s in range(5):
            starts.append(len(words))
            if s == 0 or random.random() < 0.4:
                k = random.randint(1, 6)
                words += [0, k] + [random.randint(0, top) for _ in range(k)]
            else:
                k = random.randint(1, 40)
                words += [1, k, random.randint(0, top)]
        fmt = "<%d%s" % (len(words), "B" if bits == 8 else "H")
        want = _expand_segmented_lut(tuple(words), fmt)
        out.append({"bits": bits, "words": words, "want": [int(v) for v in want]})
json.dump(out, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "segments.json"), "w"), separators=(",", ":"))
