package report

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"longying/imaging"
	"longying/records"
)

// document is the fixture that all encoders share.
func document(t *testing.T) *records.SignedDocument {
	t.Helper()
	b, err := os.ReadFile("testdata/document.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &records.SignedDocument{SHA256: strings.Repeat("9f86d081", 8)}
	if err := json.Unmarshal(b, &d.Document); err != nil {
		t.Fatal(err)
	}
	if err := d.Document.Check(); err != nil {
		t.Fatalf("the fixture may not be signed: %v", err)
	}
	return d
}

func picture(w, h int) image.Image {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = byte(i % w * 255 / w)
	}
	return g
}

func printed(t *testing.T, d *records.SignedDocument, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(d, opt, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// poppler runs one of the poppler tools. Without it the test is skipped, and
// fails in CI.
func poppler(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install poppler-utils", name)
		}
		t.Skipf("%s is missing: install poppler-utils", name)
	}
	file := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, append(args, slices.Concat([]string{file}, map[bool][]string{true: {"-"}}[name == "pdftotext"])...)...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("%s: %v\n%s", name, err, complaints.String())
	}
	return string(out)
}

// squeezed is a text without white space: how a reader breaks lines is not ours.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestThePageSaysWhatTheDocumentSays(t *testing.T) {
	d := document(t)
	d.Document.Sample = false // the slanted mark would stand between the lines that are read back
	text := squeezed(poppler(t, printed(t, d, Options{KeyImages: []image.Image{picture(512, 512)}, Captions: []string{"图 1"}}), "pdftotext", "-raw"))
	for _, want := range []string{
		"示例县人民医院", "检查报告单", "欧阳·𬭸㛃", "女", "76 岁", "1949-12-31", "MZ0001", "REQ0001", "2026-11-24 10:00", "胸部CT平扫", "呼吸内科",
		"图 1", records.Join(d.Document.FindingText), records.Join(d.Document.Impression), d.Document.Remarks,
		"张医生", "李医生", "赵技师", "2026-11-24 10:20:00", d.Document.DocumentID, "第 1 版", d.SHA256,
		"人工智能仅作辅助", "肺结节检测 (lung-nodule 1.0.0)", "第 1 页 共 1 页",
	} {
		if !strings.Contains(text, squeezed(want)) {
			t.Errorf("the page does not show %q\n%s", want, text)
		}
	}
	if strings.Contains(text, "样本") {
		t.Error("a real report is marked as a sample")
	}
}

func TestTheFontIsEmbeddedAsASubset(t *testing.T) {
	pdf := printed(t, document(t), Options{})
	lines := strings.Split(strings.TrimSpace(poppler(t, pdf, "pdffonts")), "\n")
	if len(lines) != 3 || !strings.Contains(lines[2], "+NotoSansSC-Regular") || strings.Count(lines[2], "yes") != 3 {
		t.Errorf("fonts: %v", lines)
	}
	if len(pdf) > 200_000 {
		t.Errorf("a report without pictures has %d bytes: is the whole font in it?", len(pdf))
	}
}

// Long text flows to the next pages whole, and each page carries its number,
// the document and the mark of a sample.
func TestLongTextFlowsAndNothingIsCut(t *testing.T) {
	d := document(t)
	var long strings.Builder
	for i := range 220 {
		long.WriteString("第")
		long.WriteString(strings.Repeat("叶", i%7+1))
		long.WriteString("见结节(12.5×8.0 mm),Lung-RADS 4A,边缘光滑;复查CT:20-40 HU。")
	}
	d.Document.Sample = false
	d.Document.FindingText = []records.Sentence{{Text: long.String()}}
	d.Document.Patient.Name = "阿卜杜热西提·买买提依明·吐尔逊江·阿不力克木"
	d.Document.Remarks = strings.Repeat("备注内容。", 120)
	pdf := printed(t, d, Options{KeyImages: []image.Image{picture(900, 300), picture(200, 800), picture(64, 64)}})
	info := poppler(t, pdf, "pdfinfo")
	pages := strings.Count(string(pdf), "/Type/Page/")
	if pages < 4 || !strings.Contains(info, "595.28 x 841.89 pts (A4)") {
		t.Errorf("%d pages\n%s", pages, info)
	}
	text := poppler(t, pdf, "pdftotext", "-raw")
	each := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	body := ""
	for i, p := range each {
		for _, want := range []string{d.SHA256, d.Document.DocumentID, "人工智能仅作辅助"} {
			if !strings.Contains(squeezed(p), squeezed(want)) {
				t.Errorf("page %d lacks %q", i+1, want)
			}
		}
		if i > 0 {
			_, p, _ = strings.Cut(p, "(续页)\n")
		}
		p, _, _ = strings.Cut(p, "人工智能仅作辅助")
		body += squeezed(p)
	}
	for _, want := range []string{long.String(), d.Document.Patient.Name, d.Document.Remarks, records.Join(d.Document.Impression)} {
		if !strings.Contains(body, squeezed(want)) {
			t.Errorf("not whole on the pages: %.60s…", want)
		}
	}
}

func TestASampleIsMarkedOnEveryPage(t *testing.T) {
	d := document(t)
	d.Document.FindingText = []records.Sentence{{Text: strings.Repeat("右肺上叶结节。", 400)}}
	text := poppler(t, printed(t, d, Options{}), "pdftotext", "-raw")
	for i, p := range strings.Split(strings.TrimSuffix(text, "\f"), "\f") {
		if !strings.Contains(p, "样本:非真实患者") {
			t.Errorf("page %d is not marked", i+1)
		}
	}
}

func TestACorrectionSaysWhatItReplaces(t *testing.T) {
	d := document(t)
	d.Document.Version, d.Document.Replaces, d.Document.Amends = 2, d.Document.ID, "长径测量更正"
	for lang, want := range map[string]string{
		"zh": "更正报告:第 2 版,代替第 1 版。原因:长径测量更正", "en": "Amended report: version 2 replaces version 1. Reason: 长径测量更正",
	} {
		text := poppler(t, printed(t, d, Options{Lang: lang}), "pdftotext", "-raw")
		if !strings.Contains(text, want) || !strings.Contains(Text(&d.Document, lang), want) {
			t.Errorf("%s: %q is missing in %s", lang, want, text)
		}
	}
}

// A character without a glyph is printed with its number and reported, never
// left blank.
func TestACharacterTheFontLacksIsVisible(t *testing.T) {
	d := document(t)
	d.Document.Patient.Name = "张\U0002CEA2"
	var lacking []rune
	text := poppler(t, printed(t, d, Options{Lacking: func(r rune) { lacking = append(lacking, r) }}), "pdftotext", "-raw")
	if !strings.Contains(text, "张□[U+2CEA2]") || !slices.Contains(lacking, 0x2CEA2) {
		t.Errorf("lacking %U in\n%s", lacking, text)
	}
}

// The font covers both levels of GB 2312, CJK Extension A, and rare characters
// of names.
func TestTheFontCoversTheNames(t *testing.T) {
	face, err := parseTypeface(Font())
	if err != nil {
		t.Fatal(err)
	}
	has := func(from, to rune) {
		for r := from; r <= to; r++ {
			if face.glyph(r) == 0 {
				t.Errorf("no glyph for %c %U", r, r)
			}
		}
	}
	has(0x4e00, 0x9fa5)
	has(0x3400, 0x4db5)
	has(' ', '~')
	for _, r := range "䶮㛃𬭸·𫖯𬱖𬘭𫍽𬭚𬭶𬭳𫘧𬟁𬬻鿍鿎鿏,。、;:!?()《》“”…—×±≥≤℃µ²□Ⅲ①" {
		if face.glyph(r) == 0 {
			t.Errorf("no glyph for %c %U", r, r)
		}
	}
	if len(Font()) > 12<<20 {
		t.Errorf("the font has %d bytes", len(Font()))
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	colour := image.NewRGBA(image.Rect(0, 0, 1500, 40))
	colour.Set(3, 3, color.RGBA{255, 0, 0, 255})
	opt := Options{KeyImages: []image.Image{colour, picture(30, 30)}}
	again := document(t)
	again.Document.SignedAt = again.Document.SignedAt.UTC()
	if !bytes.Equal(printed(t, document(t), opt), printed(t, again, opt)) {
		t.Error("the same document gave other bytes")
	}
}

func TestOnlyASignedDocumentIsPrinted(t *testing.T) {
	d := document(t)
	d.SHA256 = ""
	var b bytes.Buffer
	if err := PDF(d, Options{}, &b); err == nil || b.Len() > 0 {
		t.Errorf("an unsigned document was printed: %v", err)
	}
	if err := PDF(document(t), Options{Lang: "fr"}, &b); err == nil {
		t.Error("language fr was taken")
	}
}

func TestWhereALineBreaks(t *testing.T) {
	measure := func(s string) float64 { return float64(len([]rune(s))) }
	tests := []struct {
		rule, text string
		width      float64
		want       []string
	}{
		{"between Han characters", "右肺上叶结节", 4, []string{"右肺上叶", "结节"}},
		{"no closing mark begins a line", "右肺上叶,结节", 4, []string{"右肺上", "叶,结节"}},
		{"no opening mark ends a line", "右肺上(叶)结", 4, []string{"右肺上", "(叶)结"}},
		{"a word stays whole", "见 nodule 灶", 7, []string{"见", "nodule", "灶"}},
		{"a word longer than the line is broken", "abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"a line feed breaks", "甲\n乙", 9, []string{"甲", "乙"}},
		{"a number keeps its sign", "约8.2 mm,边缘", 6, []string{"约8.2 ", "mm,边缘"}},
	}
	for _, x := range tests {
		got := wrap(x.text, x.width, measure)
		for i := range x.want {
			x.want[i] = strings.TrimRight(x.want[i], " ")
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", x.rule, got, x.want)
		}
	}
}

func FuzzWrapLosesNothing(f *testing.F) {
	f.Add("右肺上叶见一结节,长径约8.2 mm(20-40 HU)。", 5.0)
	f.Add("((((,,,,abcdefg hij", 3.0)
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if !(width >= 1 && width < 1000) || !utf8.ValidString(s) {
			return
		}
		measure := func(s string) float64 { return float64(len([]rune(s))) }
		lines := wrap(s, width, measure)
		if squeezed(strings.Join(lines, "")) != squeezed(s) {
			t.Errorf("%q became %q", s, lines)
		}
		for _, l := range lines {
			if measure(l) > width {
				t.Errorf("line %q is wider than %g", l, width)
			}
		}
	})
}

func TestDraftSpeaksOnlyOfWhatADoctorConfirmed(t *testing.T) {
	all := document(t).Document.Findings
	seen, impression := Draft(all, "zh")
	want := []string{"右侧肺上叶见肺结节，长径约 8.2 mm。边缘光滑。", "左侧见胸腔积液。"}
	for i, f := range all {
		if seen[i].Text != want[i] || seen[i].FindingUID != f.UID || seen[i].FindingVersion != f.Version ||
			impression[i].FindingUID != f.UID || impression[i].FindingVersion != f.Version {
			t.Errorf("sentence %d is %+v, want %q", i, seen[i], want[i])
		}
	}
	if records.Join(impression) != "右侧肺上叶肺结节。左侧胸腔积液。" {
		t.Errorf("impression %q", records.Join(impression))
	}
	en, enImpression := Draft(all, "en")
	if got := records.Join(en); got != "Pulmonary nodule, right, Upper lobe of lung; long axis 8.2 mm. 边缘光滑. Pleural effusion, left. " {
		t.Errorf("en %q", got)
	}
	if got := records.Join(enImpression); got != "Pulmonary nodule, right, Upper lobe of lung. Pleural effusion, left. " {
		t.Errorf("en impression %q", got)
	}
	for _, s := range []records.FindingState{records.FindingProposed, records.FindingRejected, records.FindingWithdrawn, ""} {
		one := all[0]
		one.State = s
		if a, b := Draft([]records.Finding{one}, "zh"); len(a)+len(b) != 0 {
			t.Errorf("a finding in state %q wrote %v %v", s, a, b)
		}
	}
	if a, b := Draft(nil, "zh"); len(a)+len(b) != 0 {
		t.Errorf("no findings wrote %v %v", a, b)
	}
}

// Where a model looked is not where a lesion is.
func TestARegionIsNotWordedAsAnatomy(t *testing.T) {
	f := document(t).Document.Findings[1]
	f.Laterality = ""
	with, _ := Draft([]records.Finding{f}, "zh")
	f.Ref.Region = &imaging.Region{X0: 1, Y0: 2, X1: 3, Y1: 4, Kind: imaging.RegionActivation}
	f.Probability = new(float64)
	other, _ := Draft([]records.Finding{f}, "zh")
	if with[0].Text != "见胸腔积液。" || with[0].Text != other[0].Text {
		t.Errorf("%q and %q", with[0].Text, other[0].Text)
	}
}

func TestAChildsAgeIsInMonthsOrDays(t *testing.T) {
	d := document(t).Document
	for birth, want := range map[string]string{"20261120": "4 天", "20260824": "3 个月", "20260825": "2 个月", "20231124": "3 岁", "20231125": "35 个月", "": "", "20261125": ""} {
		d.Patient.BirthDate = birth
		if got := age(&d, "zh", imaging.Zone()); got != want {
			t.Errorf("born %s: %q, want %q", birth, got, want)
		}
	}
}

func TestADoctorWhoSignsAloneIsNotPrintedAsReviewer(t *testing.T) {
	d := document(t)
	d.Document.Sample = false
	d.Document.Reviewer = d.Document.Author
	if text := squeezed(poppler(t, printed(t, d, Options{}), "pdftotext", "-raw")); strings.Contains(text, "审核医师") {
		t.Errorf("the page names a reviewer:\n%s", text)
	}
}
