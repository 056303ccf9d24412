"""Writes names.json: invented names of several languages, for
TestNamesInBulkAreReadRightOrMarked. Run with Faker 40:

    python names.py > names.json
"""
import json
import sys

import faker

out = {}
for locale, n in (("zh_CN", 400), ("fr_FR", 400), ("de_DE", 400), ("pt_BR", 400), ("ru_RU", 100), ("el_GR", 100),
                  ("ko_KR", 100), ("th_TH", 60), ("cs_CZ", 100)):
    faker.Faker.seed(7)
    f = faker.Faker(locale)
    made = [f.name() if locale == "zh_CN" else f.last_name() + "^" + f.first_name() for _ in range(n)]
    out[locale] = sorted({m for m in made if not m.isascii()})
json.dump(out, sys.stdout, ensure_ascii=False, indent=0, sort_keys=True)
