package delivery

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
	"longying/records/keyimage"
	"longying/records/seg"
	"longying/records/sr"
	"longying/records/template"
)

// names are hard to write: characters of CJK Extension A and C beyond the basic
// plane, the middle dot of transliterated names, and long names of minorities.
func names() []string {
	return []string{"张三", "欧阳·𬭸㛃", "𬭸", "㛃㛃", "阿依古丽·买买提·吐尔逊·艾合买提·阿卜杜热合曼·热依汗",
		"次仁旺姆·格桑德吉·尼玛拉姆·强巴卓玛·丹增曲珍·白玛央金", "O'Neil & <Söhne> \"Ü\"", "尼格买提・热合曼", "李 四", "𠮷田𡈽"}
}

// generator makes documents that are legal, and otherwise anything.
type generator struct{ r *rand.Rand }

func (g generator) one(list ...string) string { return list[g.r.IntN(len(list))] }

// text is a sentence without words of side or sex, which would have to agree with
// the findings, in at most so many characters.
func (g generator) text(most int) string {
	var b strings.Builder
	for utf8.RuneCountInString(b.String()) < most/2 {
		b.WriteString(g.one("肺野清晰,", "见一结节,", "密度约 -35.5 HU,", "CT值<40 HU & >20 HU,", "\"毛刺\"征,", "边界'清';", "\n", "\t", "大小约 8.2×6 mm,", "𬭸㛃,", "随访。", "α≥β±3 μm²,", "&amp;,", "]]>,", "é,", "余未见异常。"))
	}
	r := []rune(b.String())
	return strings.TrimSpace(string(r[:min(len(r), most)])) + "。"
}

func (g generator) uid() string { return fmt.Sprintf("2.25.%d%d", 1+g.r.Uint32(), g.r.Uint64()) }

// residentID is a valid number (GB 11643) with its date of birth and sex.
func (g generator) residentID() (number, birth string, sex records.Sex) {
	day := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.r.IntN(33000))
	birth = day.Format("20060102")
	order := g.r.IntN(1000)
	sex = records.SexFemale
	if order%2 == 1 {
		sex = records.SexMale
	}
	number = fmt.Sprintf("620102%s%03d", birth, order)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(number[i]-'0')
	}
	return number + string("10X98765432"[sum%11]), birth, sex
}

func (g generator) finding(i int, d *records.Document) records.Finding {
	s := d.Series[g.r.IntN(len(d.Series))]
	o := s.Instances[g.r.IntN(len(s.Instances))]
	f := records.Finding{UID: g.uid(), TrackingUID: g.uid(), TrackingID: fmt.Sprintf("病灶 %d", i+1), Version: 1 + g.r.IntN(4), StudyUID: d.Examination.StudyUID,
		State: records.FindingConfirmed, Label: records.Text{Zh: g.one("肺结节", "肿块", "𬭸灶", "胸腔积液 <少量>"), En: "Lesion"},
		Ref: imaging.Ref{StudyUID: d.Examination.StudyUID, SeriesUID: s.UID, SOPUID: o.SOPUID, SOPClass: o.SOPClass, Frame: 1},
		By:  "D1", ByName: d.Author.Name, At: d.SignedAt.Add(-time.Duration(g.r.IntN(5000)) * time.Second), Note: g.one("", g.text(60))}
	if g.r.IntN(2) == 0 {
		f.State, f.ByName = records.FindingEdited, g.one(names()...)
	}
	if g.r.IntN(3) > 0 {
		f.Code = &records.Code{Value: "427359005", Scheme: "SCT", Meaning: "Solitary nodule of lung"}
		f.Site = &records.Code{Value: "39607008", Scheme: "SCT", Meaning: "Lung"}
		f.Laterality = g.one("L", "R", "B", "")
	}
	if g.r.IntN(4) == 0 {
		f.Topography = &records.Code{Value: "C34.1", Scheme: "ICDO3", Meaning: "Upper lobe, lung"}
		f.Morphology = &records.Code{Value: "8140/3", Scheme: "ICDO3", Meaning: "Adenocarcinoma, NOS"}
		f.Grade = &records.Code{Value: "2", Scheme: "ICDO3", Meaning: "Moderately differentiated"}
	}
	if g.r.IntN(4) > 0 {
		x, y := float64(g.r.IntN(30)), float64(g.r.IntN(30))
		kinds := []imaging.RegionKind{imaging.RegionDrawn, imaging.RegionDetected, imaging.RegionMask, imaging.RegionActivation, imaging.RegionOcclusion}
		f.Ref.Region = &imaging.Region{X0: x, Y0: y, X1: x + 1 + float64(g.r.IntN(20)), Y1: y + 1 + float64(g.r.IntN(20))/2, Kind: kinds[g.r.IntN(len(kinds))]}
	}
	if g.r.IntN(3) > 0 {
		f.Model = &records.ModelRef{ID: g.one("lung-nodule", "cxr"), Version: g.one("1.0.0", "2.3.1-rc.1"), SHA256: strings.Repeat(g.one("ab", "07"), 32), Name: records.Text{Zh: "模型", En: "Model"}}
		p := float64(g.r.IntN(1001)) / 1000
		f.Probability = &p
	}
	if g.r.IntN(2) == 0 {
		v := []float64{0.001, 8.2, 1234567.25, 3e-7, -35.5}[g.r.IntN(5)]
		f.Value = &records.Measurement{Concept: records.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long axis"}, Value: v, Unit: g.one("mm", "mL", "[hnsf'U]", "1")}
		f.Sizes = []records.Measurement{{Concept: records.Code{Value: "103340004", Scheme: "SCT", Meaning: "Short axis"}, Value: v / 2, Unit: "mm"}}
	}
	return f
}

// structured fills a shipped template anyhow.
func (g generator) structured(findings []records.Finding) *records.Structured {
	all, err := template.Shipped()
	if err != nil {
		panic(err)
	}
	f := all[g.r.IntN(len(all))]
	entries, s := []template.Entry(nil), &records.Structured{}
	for n := -1; n < len(entries); {
		n = len(entries)
		for _, x := range f.Asked(s) {
			if slices.ContainsFunc(entries, func(e template.Entry) bool { return e.Field == x.ID }) {
				continue
			}
			e := template.Entry{Field: x.ID, Value: g.one("𬭸㛃叶 <上> & 下", "见 "+g.text(8))}
			switch {
			case x.Kind == template.KindChoice:
				e.Value = x.Choices[g.r.IntN(len(x.Choices))].ID
			case x.Kind == template.KindNumber:
				e.Value = strconv.FormatFloat(*x.Min+g.r.Float64()*(*x.Max-*x.Min), 'f', x.Decimals, 64)
				for k := range findings {
					if x.Measured(&findings[k]) != nil && findings[k].Value.Value == 8.2 {
						e.Value, e.FindingUID = "", findings[k].UID
					}
				}
			case x.Pattern != "":
				e.Value = map[string]string{"pt": "pT2a", "pn": "pN1", "type_code": "8260/3"}[x.ID]
			}
			entries = append(entries, e)
		}
		var err error
		if s, _, err = f.Fill(entries, findings); err != nil {
			panic(err)
		}
	}
	return s
}

func (g generator) document(i int) *records.SignedDocument {
	number, birth, sex := g.residentID()
	set := fmt.Sprintf("LY-%020d", i)
	version := 1 + g.r.IntN(3)
	modality := g.one("CT", "CR", "DX", "MR", "US", "MG")
	class := map[string]string{"CT": "1.2.840.10008.5.1.4.1.1.2", "CR": "1.2.840.10008.5.1.4.1.1.1", "DX": "1.2.840.10008.5.1.4.1.1.1.1",
		"MR": "1.2.840.10008.5.1.4.1.1.4", "US": "1.2.840.10008.5.1.4.1.1.6.1", "MG": "1.2.840.10008.5.1.4.1.1.1.2"}[modality]
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, imaging.Zone()).Add(time.Duration(g.r.IntN(31_000_000)) * time.Second)
	name := names()[i%len(names())]
	d := records.Document{DocumentID: set, Version: version, ID: fmt.Sprintf("%s-%d", set, version), SignedAt: at, Sample: g.r.IntN(2) == 0,
		Organization: records.Organization{Code: "12620000", Name: g.one("示例县人民医院", "甘肃省𬭸㛃县 <中> 医院"), DepartmentCode: g.one("", "0301"), Department: g.one("放射科", "超声医学科")},
		Patient: records.Patient{ID: "p1", Name: name, IDType: records.IDTypeResident, IDNumber: number, Sex: sex, BirthDate: birth,
			HealthRecordNumber: g.one("", "62010200100100001"), Phone: g.one("", "13900000000")},
		Examination: records.Examination{StudyUID: g.uid(), PatientID: "p1", Link: records.LinkedByRule, AccessionNumber: g.one("", "REQ"+fmt.Sprint(i)), Modality: modality,
			Description: g.one("", "胸部平扫 & 增强", "𬭸㛃检查"), Date: at.Add(-time.Hour),
			Header: records.Header{Name: g.one(name, "ZHANG^SAN", ""), PatientID: fmt.Sprint("H", i), Issuer: g.one("", "HIS")}},
		Author: records.Person{ID: "D1", Name: names()[g.r.IntN(len(names()))]}, Reviewer: records.Person{ID: "D2", Name: names()[g.r.IntN(len(names()))]}}
	if strings.ContainsAny(name, `=^\`) {
		d.Examination.Header.Name = ""
	}
	if g.r.IntN(4) == 0 {
		d.Examination.Date = time.Time{}
	}
	if version > 1 {
		d.Replaces, d.Amends = fmt.Sprintf("%s-%d", set, version-1), g.text(20)
	}
	if g.r.IntN(3) > 0 {
		d.Visit = &records.Visit{ID: "v", PatientID: "p1", Number: fmt.Sprint("MZ", i), Class: records.VisitClass(g.one("1", "2", "3", "9")), Date: g.one("", at.Format("20060102")), Department: g.one("", "呼吸内科")}
		for range g.r.IntN(3) {
			d.Visit.Diagnoses = append(d.Visit.Diagnoses, records.Diagnosis{Code: g.one("R91.x00", "J18.900"), Name: g.one("", "肺占位 & 待查")})
		}
	}
	for k := range 1 + g.r.IntN(2) {
		s := records.SeriesRef{UID: g.uid(), Modality: modality}
		for range 1 + g.r.IntN(4) {
			s.Instances = append(s.Instances, records.InstanceRef{SOPClass: class, SOPUID: g.uid()})
		}
		_ = k
		d.Series = append(d.Series, s)
	}
	for k := range g.r.IntN(5) {
		f := g.finding(k, &d)
		d.Findings = append(d.Findings, f)
		d.FindingText = append(d.FindingText, records.Sentence{Text: g.text(30), FindingUID: f.UID, FindingVersion: f.Version})
	}
	d.Abnormal = len(d.Findings) > 0 && g.r.IntN(4) > 0
	d.FindingText = append(d.FindingText, records.Sentence{Text: g.text(60)})
	d.Impression = []records.Sentence{{Text: g.text(90)}}
	d.Remarks = g.one("", g.text(40))
	if g.r.IntN(2) == 0 {
		d.Structured = g.structured(d.Findings)
	}
	return &records.SignedDocument{Document: d, SHA256: strings.Repeat("0a", 32), SM3: strings.Repeat("0b", 32)}
}

// objects are the DICOM objects besides the structured report: a segmentation
// where a finding has a mask, a state and a capture of the first image with one.
func objects(t *testing.T, d *records.Document) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	write := func(name string, f func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatalf("%s of %s: %v", name, d.ID, err)
		}
		out[name] = b.Bytes()
	}
	const columns, rows = 61, 53
	var segments []seg.Segment
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Ref.Region == nil {
			continue
		}
		in := make([]bool, columns*rows)
		for y := int(f.Ref.Region.Y0); y < int(f.Ref.Region.Y1); y++ {
			for x := int(f.Ref.Region.X0); x < int(f.Ref.Region.X1); x++ {
				in[y*columns+x] = (x+y)%3 != 0
			}
		}
		segments = append(segments, seg.Segment{Finding: f, Frames: []seg.Frame{{Ref: f.Ref, Columns: columns, Rows: rows, In: in}}})
		im := keyimage.Image{Ref: f.Ref, Columns: columns, Rows: rows, Window: imaging.VOILUT{Center: 40, Width: 400}, Findings: d.Findings[i : i+1]}
		write("gsps", func(b *bytes.Buffer) error { return keyimage.State(d, im, 1, composite.Default(), b) })
		write("sc", func(b *bytes.Buffer) error {
			return keyimage.Capture(d, im, image.NewRGBA(image.Rect(0, 0, 21, 17)), 1, composite.Default(), b)
		})
	}
	if s := seg.Split(segments); len(s) > 0 {
		write("seg", func(b *bytes.Buffer) error { return seg.Encode(d, s[0], 1, composite.Default(), b) })
	}
	write("dicom-pdf", func(b *bytes.Buffer) error { return sr.EncodePDF(d, sr.Default(), []byte("%PDF-1.7\n%%EOF\n"), b) })
	return out
}

// nameIn is the patient's name as a format's own reader gives it.
func nameIn(t *testing.T, format string, raw []byte) string {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
	}
	switch format {
	case "cda":
		var x struct {
			Name string `xml:"recordTarget>patientRole>patient>name"`
		}
		fail(xml.Unmarshal(raw, &x))
		return x.Name
	case "fhir":
		var x struct {
			Entry []struct {
				Resource struct {
					Name []struct {
						Text string `json:"text"`
					} `json:"name"`
				} `json:"resource"`
			} `json:"entry"`
		}
		// Names of other resources are of other types.
		_ = json.Unmarshal(raw, &x)
		return x.Entry[0].Resource.Name[0].Text
	case "row-csv":
		lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		fail(err)
		for i, c := range lines[0] {
			if c == "DE02.01.039.00" {
				return lines[1][i]
			}
		}
	case "row-json":
		x := map[string]string{}
		fail(json.Unmarshal(raw, &x))
		return x["DE02.01.039.00"]
	case "row-xml":
		var x struct {
			Element []struct {
				Code  string `xml:"code,attr"`
				Value string `xml:",chardata"`
			} `xml:"element"`
		}
		fail(xml.Unmarshal(raw, &x))
		for _, e := range x.Element {
			if e.Code == "DE02.01.039.00" {
				return e.Value
			}
		}
	default:
		f, err := dicomfile.OpenReader(bytes.NewReader(raw), int64(len(raw)), format)
		fail(err)
		defer f.Close()
		ds, err := f.Dataset()
		fail(err)
		if ds.Text(dicomfile.TagSpecificCharacterSet) != "ISO_IR 192" {
			t.Errorf("%s is not said to be UTF-8", format)
		}
		pn := ds.Text(dicomfile.TagPatientName)
		if _, han, ok := strings.Cut(pn, "="); ok {
			return han
		}
		return pn
	}
	return ""
}

// everyForm writes a document in all forms but the printed one.
func everyForm(t *testing.T, d *records.SignedDocument) map[string][]byte {
	t.Helper()
	out := objects(t, &d.Document)
	for _, format := range Formats() {
		if format == "pdf" {
			continue
		}
		f := DefaultForms()
		if p := f.Preflight(d, format); len(p) > 0 {
			t.Fatalf("%s of %s: %s", format, d.Document.ID, words(p))
		}
		raw, err := f.Encode(d, format)
		if err != nil {
			t.Fatalf("%s of %s: %v", format, d.Document.ID, err)
		}
		out[format] = raw
	}
	return out
}

func TestRareCharactersAndLongNamesSurviveEveryForm(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(7, 7))}
	for i, name := range names() {
		d := g.document(i)
		d.Document.Examination.Header.Name = ""
		for format, raw := range everyForm(t, d) {
			if got := nameIn(t, format, raw); got != name {
				t.Errorf("%s: %q became %q", format, name, got)
			}
		}
		pdf, err := DefaultForms().Encode(d, "pdf")
		if err != nil {
			t.Fatal(err)
		}
		bin, err := exec.LookPath("pdftotext")
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("pdftotext is missing: install poppler-utils")
			}
			continue
		}
		path := filepath.Join(t.TempDir(), "report.pdf")
		if err := os.WriteFile(path, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bin, "-raw", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		// A long name may be broken into lines. What the font does not have stands as
		// its number, and not as something else.
		name = strings.NewReplacer("𠮷", "□[U+20BB7]", "𡈽", "□[U+2123D]").Replace(name)
		if plain := strings.NewReplacer("\n", "", " ", ""); !strings.Contains(plain.Replace(string(out)), plain.Replace(name)) {
			t.Errorf("the printed report does not show %q in\n%s", name, out)
		}
	}
}

// Random but legal reports pass the validators of each format: a few here, two
// hundred where LONGYING_SOAK is set.
func TestGeneratedReportsPassAllValidators(t *testing.T) {
	n := 12
	if os.Getenv("LONGYING_SOAK") != "" {
		n = 200
	}
	g := generator{rand.New(rand.NewPCG(1, 2))}
	dir := t.TempDir()
	files := map[string][]string{}
	for i := range n {
		d := g.document(i)
		if err := d.Document.Check(); err != nil {
			t.Fatalf("the generator made an illegal document: %v", err)
		}
		for format, raw := range everyForm(t, d) {
			path := filepath.Join(dir, fmt.Sprintf("%03d%s", i, Extension(format)))
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			files[format] = append(files[format], path)
		}
	}
	run := func(pkg, name string, args ...string) string {
		bin, err := exec.LookPath(name)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: install %s", name, pkg)
			}
			return ""
		}
		out, err := exec.Command(bin, args...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	if xsd := schema(); xsd != "" {
		run("libxml2-utils", "xmllint", append([]string{"--nonet", "--noout", "--schema", xsd}, files["cda"]...)...)
	} else {
		t.Log("shared/data/standards/cda is not beside this checkout: CDA is not validated")
	}
	run("libxml2-utils", "xmllint", append([]string{"--nonet", "--noout"}, files["row-xml"]...)...)
	for _, format := range []string{"sr", "seg", "gsps", "sc", "dicom-pdf"} {
		if len(files[format]) == 0 {
			t.Errorf("no report came out as %s", format)
		}
		for _, path := range files[format] {
			for _, e := range invalid(t, path) {
				t.Errorf("dciodvfy of %s: %s", path, e)
			}
		}
	}
	for _, path := range files["sr"] {
		run("dcmtk", "dsrdump", "+U8", path)
	}
	hapi(t, files["fhir"])
	t.Logf("%d reports: %d CDA, %d FHIR, %d SR, %d SEG, %d GSPS, %d SC", n, len(files["cda"]), len(files["fhir"]), len(files["sr"]), len(files["seg"]), len(files["gsps"]), len(files["sc"]))
}

// invalid are the errors that dciodvfy finds. It counts the length of text in
// bytes, where PS3.5 6.2 counts characters, and does not know that text may hold a
// tab (table 6.1-1): neither is one.
func invalid(t *testing.T, path string) []string {
	t.Helper()
	bin, err := exec.LookPath("dciodvfy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("dciodvfy is missing: install dicom3tools")
		}
		return nil
	}
	out, err := exec.Command(bin, "-new", path).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	// A value may hold line feeds.
	var errs []string
	length := regexp.MustCompile(`(?s)= <(.*)> - Length invalid for this VR = <\d+> - expected <= (\d+)`)
	for _, report := range regexp.MustCompile(`(?m)^(?:Error|Warning) - </`).Split("\n"+mark(string(out)), -1) {
		report, isError := strings.CutPrefix(strings.TrimSpace(report), errorMark)
		if !isError || strings.Contains(report, "[UT]") && strings.Contains(report, "Character invalid for this VR = '' (0x9)") {
			continue
		}
		if m := length.FindStringSubmatch(report); m != nil {
			if most, err := strconv.Atoi(m[2]); err == nil && utf8.RuneCountInString(m[1]) <= most {
				continue
			}
		}
		errs = append(errs, report)
	}
	return errs
}

const errorMark = "\x00"

// mark keeps which of dciodvfy's lines are errors when they are split.
func mark(out string) string { return strings.ReplaceAll(out, "Error - </", "Error - </"+errorMark) }

func schema() string {
	for dir, i := ".", 0; i < 6; dir, i = "../"+dir, i+1 {
		p := filepath.Join(dir, "shared/data/standards/cda/sdschemas/SDA.xsd")
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return ""
}

// hapi validates FHIR by the HAPI validator, without a network. LONGYING_HAPI is
// the folder with its libraries; make conformance fetches them.
func hapi(t *testing.T, files []string) {
	t.Helper()
	lib := os.Getenv("LONGYING_HAPI")
	if lib == "" {
		t.Log("LONGYING_HAPI names no validator: FHIR is not validated by it; make conformance does")
		return
	}
	out, err := exec.Command("java", append([]string{"-cp", filepath.Join(lib, "*"), "../../.ci/fhir/Validate.java"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("HAPI: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), " valid\n"); n != len(files) {
		t.Errorf("HAPI called %d of %d valid\n%s", n, len(files), out)
	}
}
