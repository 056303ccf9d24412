package view

import (
	"strings"
	"testing"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation("20060102", s, imaging.Zone())
	if err != nil {
		panic(err)
	}
	return t
}

func TestPriorsOfTheSameModalityAndPartComeFirstAndTheNewestOfThem(t *testing.T) {
	ex := func(uid, modality, part, text, date string) records.Examination {
		e := records.Examination{StudyUID: uid, Modality: modality, Modalities: []string{modality}, BodyPart: part, Description: text}
		if date != "" {
			e.Date = day(date)
		}
		return e
	}
	now := ex("now", "DX", "CHEST", "", "20260301")
	got := OrderPriors(now, []records.Examination{
		ex("head ct", "CT", "HEAD", "", "20260201"), ex("chest ct", "CT", "", "胸部平扫", "20250101"), ex("old film", "CR", "", "胸部正位", "20200101"),
		ex("slide", "SM", "", "", "20260101"), ex("hand", "DX", "HAND", "", "20260101"), ex("new film", "DX", "CHEST", "", "20250101"),
		ex("undated", "DX", "CHEST", "", ""), ex("report", "SR", "CHEST", "", "20250101")})
	var names []string
	for _, e := range got {
		names = append(names, e.StudyUID)
	}
	if s := strings.Join(names, ", "); s != "new film, old film, undated, hand, chest ct, head ct" {
		t.Error(s)
	}
}

func TestAPartOfTheBodyIsKnownByItsTermOrByTheWordsOfTheDescription(t *testing.T) {
	for _, c := range [][3]string{{"CHEST", "", "CHEST"}, {"", "胸部CT平扫", "CHEST"}, {"", "胸椎MR", "SPINE"}, {"SKULL", "", "HEAD"}, {"", "股骨头MR", "PELVIS"},
		{"", "Brain w/o contrast", "HEAD"}, {"", "乳腺钼靶", "BREAST"}, {"", "术后复查", ""}, {"XYZ", "", ""}, {"", "手术后", ""}} {
		if got := PartOf(c[0], c[1]); got != c[2] {
			t.Errorf("%q %q: %q, not %q", c[0], c[1], got, c[2])
		}
	}
}

func TestBesideASeriesStandsTheOneOfTheSameProjectionSideAndThickness(t *testing.T) {
	one := func(name string, in imaging.Instance) Shelved {
		in.Pixels.Rows = 4
		s := &imaging.Series{Description: name, Instances: []imaging.Instance{in}}
		return Shelved{Series: s, Stack: &volume.Stack{Slices: []volume.Slice{{Instance: &s.Instances[0], Frame: 1}}}}
	}
	mg := func(side, position string) imaging.Instance {
		return imaging.Instance{Modality: "MG", Laterality: side, ViewPosition: position}
	}
	among := []Shelved{one("", mg("L", "CC")), one("", mg("L", "MLO")), one("", mg("R", "MLO")), one("", mg("R", "CC"))}
	for k, in := range []imaging.Instance{mg("L", "CC"), mg("L", "MLO"), mg("R", "MLO"), mg("R", "CC")} {
		if got := MostAlike(one("", in), among); got != k {
			t.Errorf("%s %s: %d", in.Laterality, in.ViewPosition, got)
		}
	}
	axial, coronal := &imaging.Plane{Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}}, &imaging.Plane{Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 0, -1}}
	ct := func(p *imaging.Plane, mm float64) imaging.Instance {
		return imaging.Instance{Modality: "CT", Plane: p, SliceThickness: mm}
	}
	among = []Shelved{one("", ct(coronal, 1)), one("", ct(axial, 5)), one("", ct(axial, 1)), {Series: &imaging.Series{}}}
	if got := MostAlike(one("", ct(axial, 1.25)), among); got != 2 {
		t.Error(got)
	}
	if got := MostAlike(one("", ct(axial, 1)), among[3:]); got != -1 {
		t.Errorf("a series without pictures is %d", got)
	}
}

func TestHowLongAgoIsSaidInDaysMonthsAndYears(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{{"20260228", "20260301", "1 day before"}, {"20260201", "20260228", "27 days before"}, {"20260131", "20260301", "1 month before"},
		{"20240830", "20260301", "18 months before"}, {"20240301", "20260301", "2 y before"}, {"20230228", "20260301", "3 y before"}, {"20200601", "20260301", "5 y 9 mo before"}} {
		if got := AgoWords(l, day(c[0]), day(c[1])); got != c[2] {
			t.Errorf("%s to %s: %q, not %q", c[0], c[1], got, c[2])
		}
	}
	if got := PriorWords(l, time.Time{}, day("20260301")); got != "PRIOR (date unknown)" {
		t.Error(got)
	}
}
