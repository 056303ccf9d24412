package station

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"longying/app/acceptance"
	"longying/app/reading"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/models"
	"longying/records"
)

const filmModel = "cxr-paediatric-pneumonia"

func (b *bench) model(id string) *models.Package {
	b.t.Helper()
	for _, p := range b.Reading.Models() {
		if p.Card.ID == id {
			return p
		}
	}
	b.t.Fatalf("no model %s", id)
	return nil
}

// filmAs writes the sample film under another UID, device and, where they are
// given, pixels.
func (b *bench) filmAs(path, station string, pixels []byte) {
	b.t.Helper()
	src, err := dicomfile.Open(filepath.Join(b.folder, "film", "film.dcm"))
	b.must(err)
	defer src.Close()
	out, err := os.Create(path)
	b.must(err)
	defer out.Close()
	b.must(dicomfile.Rewrite(src, out, func(ds *dicomfile.Dataset) error {
		uid := dicomfile.NewUID()
		ds.String(dicomfile.TagSOPInstanceUID, "UI", uid).String(dicomfile.TagSeriesInstanceUID, "UI", uid+".1").String(dicomfile.TagStudyInstanceUID, "UI", uid+".2")
		ds.String(dicomfile.TagStationName, "SH", station)
		if pixels != nil {
			ds.SetPixels(src.Instance().Pixels, pixels)
		}
		return ds.Err()
	}))
}

func (b *bench) list(lines ...string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "cases.csv")
	b.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return path
}

func TestALocalListGivesTheAreaThatPythonGetsFromTheSameFilms(t *testing.T) {
	b := newBench(t)
	films := sharedFilms(t)
	table, err := os.Open("../../models/" + filmModel + "/train/test-probabilities.tsv")
	b.must(err)
	defer table.Close()
	r := csv.NewReader(table)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	b.must(err)
	lines, folder := []string{"path,label"}, b.t.TempDir()
	// The films that Python was least sure of: on the others every order is right.
	slices.SortFunc(rows[1:], func(a, b []string) int { return cmp.Compare(certainty(t, a[3]), certainty(t, b[3])) })
	var python []inference.Judged
	wanted := map[string]int{"0": 24, "1": 24}
	for _, row := range rows[1:] {
		file, label := row[0], row[2]
		if wanted[label] == 0 {
			continue
		}
		pixels := greyJPEG(t, filepath.Join(films, filepath.FromSlash(file)))
		wanted[label]--
		p, err := strconv.ParseFloat(row[3], 64)
		b.must(err)
		python = append(python, inference.Judged{Score: p, Positive: label == "1"})
		name := fmt.Sprintf("%d.dcm", len(python))
		b.filmAs(filepath.Join(folder, name), "CR0"+strconv.Itoa(len(python)%2), pixels)
		lines = append(lines, filepath.Join(folder, name)+","+label)
	}
	lines = append(lines, filepath.Join(folder, "gone.dcm")+",阳性")
	want, err := inference.NewAUC(python)
	b.must(err)

	pkg := b.model(filmModel)
	list, err := acceptance.ReadList(b.list(lines...), pkg.Card)
	b.must(err)
	report, measured, err := b.Trust.Measure(b.ctx, b.radiologist, pkg.Card, list, nil)
	b.must(err)
	k := report.Classes[0]
	if report.Judged != len(python) || len(report.Refused) != 1 || report.Refused[0].Line != len(lines) {
		t.Errorf("%d judged of %d, refused %v", report.Judged, len(python), report.Refused)
	}
	if math.Abs(float64(k.All.AUC.Value-want.Value)) > 0.005 || k.All.AUC.Positives != want.Positives {
		t.Errorf("AUC %+v; Python's probabilities give %+v", k.All.AUC, want)
	}
	if at := inference.At(python, pkg.Card.Outputs[0].Classes[0].Threshold); abs(k.All.AtCard.Sensitivity.Count-at.Sensitivity.Count) > 1 || abs(k.All.AtCard.Specificity.Count-at.Specificity.Count) > 1 {
		t.Errorf("at the card's threshold %+v; Python's probabilities give %+v", k.All.AtCard, at)
	}
	if len(k.Devices) != 2 || k.Devices[0].AUC.Positives+k.Devices[1].AUC.Positives != want.Positives {
		t.Errorf("devices %+v", k.Devices)
	}
	if k.Rule != "sensitivity" || float64(k.AtSite.Sensitivity.Value) < k.Asked {
		t.Errorf("the site's threshold %g has sensitivity %v, the card says %g", k.Site, k.AtSite.Sensitivity, k.Asked)
	}

	// Measured is not accepted.
	amber := func() []string {
		res, err := b.Reading.Analyze(b.ctx, b.radiologist, b.film.StudyUID, reading.Request{ModelIDs: []string{filmModel}})
		b.must(err)
		return res.Runs[0].Amber
	}
	if got := amber(); len(got) != 1 || !strings.Contains(got[0], "not been accepted") {
		t.Errorf("before acceptance: %v", got)
	}
	for _, bad := range []struct {
		measurement, review string
		thresholds          map[string]float64
	}{{"none", "", nil}, {measured.ID, "2020-01-01", nil}, {measured.ID, "", map[string]float64{"other": .5}}} {
		if _, err := b.Trust.Accept(b.ctx, b.radiologist, pkg, bad.measurement, bad.thresholds, bad.review, ""); err == nil {
			t.Errorf("accepted: %+v", bad)
		}
	}
	_, err = b.Trust.Accept(b.ctx, b.admin, pkg, measured.ID, nil, "", "")
	b.refused("right", err)
	_, err = b.Trust.Accept(b.ctx, b.radiologist, pkg, measured.ID, map[string]float64{"pneumonia": k.Site}, "2099-01-01", "on our films")
	b.must(err)
	if got := amber(); len(got) != 0 {
		t.Errorf("after acceptance: %v", got)
	}
	_, err = b.Trust.Withdraw(b.ctx, b.radiologist, pkg.Card, "")
	b.refused("reason_missing", err)
	_, err = b.Trust.Withdraw(b.ctx, b.radiologist, pkg.Card, "new tube")
	b.must(err)
	if got := amber(); len(got) != 1 {
		t.Errorf("after it was withdrawn: %v", got)
	}
	history, err := b.Trust.History(b.ctx, pkg.Card)
	b.must(err)
	var acts []records.AcceptanceAct
	for _, h := range history {
		acts = append(acts, h.Act)
	}
	if fmt.Sprint(acts) != "[measured accepted withdrawn]" || history[1].ByName != b.radiologist.Name {
		t.Errorf("history %v by %s", acts, history[1].ByName)
	}
	b.auditCount()
}

func TestAnAcceptanceOnTooFewCasesIsRefused(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	b.filmAs(filepath.Join(folder, "a.dcm"), "CR01", nil)
	pkg := b.model(filmModel)
	list, err := acceptance.ReadList(b.list("path,label", filepath.Join(folder, "a.dcm")+",阳性"), pkg.Card)
	b.must(err)
	report, measured, err := b.Trust.Measure(b.ctx, b.radiologist, pkg.Card, list, nil)
	b.must(err)
	if report.Judged != 1 || report.Classes[0].Rule != "card" {
		t.Errorf("%+v", report)
	}
	_, err = b.Trust.Accept(b.ctx, b.radiologist, pkg, measured.ID, nil, "", "")
	b.refused("too_few_cases", err)
}

func TestAListThatCouldBeMisreadIsRefusedWithItsLine(t *testing.T) {
	b := newBench(t)
	card := b.model(filmModel).Card
	for _, c := range []struct {
		lines []string
		says  string
	}{
		{[]string{"path,label", "a.dcm,pneumonia", "b.dcm,maybe"}, "line 3"},
		{[]string{"path,label,labell", "a.dcm,1,1"}, "labell"},
		{[]string{"path", "a.dcm"}, `"label"`},
		{[]string{"path,label"}, "no case"},
		{[]string{"path,label,region", "a.dcm,1,1 2 3"}, "line 2"},
		{[]string{"path,label", ",1"}, "line 2"},
		{[]string{"path,label", "a.dcm,1,2"}, "line 2"},
	} {
		if _, err := acceptance.ReadList(b.list(c.lines...), card); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.lines, err)
		}
	}
}

func TestALabelOfAHeadThatHangsOnAClassCountsAsThatClass(t *testing.T) {
	b := newBench(t)
	list, err := acceptance.ReadList(b.list("path,label", "a.dcm,bacterial", "b.dcm,viral", "c.dcm,1", "d.dcm,none"), b.model(filmModel).Card)
	b.must(err)
	for i, want := range []string{"pneumonia", "pneumonia", "pneumonia", ""} {
		if got := list.Cases[i].Label; got != want {
			t.Errorf("case %d: %q, want %q", i, got, want)
		}
	}
}

// certainty is how far a probability is from even, 0 to 0.5.
func certainty(t *testing.T, text string) float64 {
	t.Helper()
	p, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return math.Abs(p - 0.5)
}

func sharedFilms(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		p := filepath.Join(dir, "shared", "data", "cxr", "paediatric-pneumonia-224")
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip("the films are not beside the project")
	return ""
}

// greyJPEG is the luminance of a film, which is coded as a colour picture
// without colour.
func greyJPEG(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := codec.Local{}.Decode(t.Context(), codec.Encoded{TransferSyntaxUID: "1.2.840.10008.1.2.4.50", Data: data,
		Pixels: imaging.PixelDescription{Rows: 224, Columns: 224, Frames: 1, Samples: 3, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "YBR_FULL_422"}})
	if err != nil {
		t.Fatal(path, err)
	}
	grey := make([]byte, 224*224)
	for i := range grey {
		grey[i] = f.Uint8[3*i]
	}
	return grey
}

func abs(n int) int { return max(n, -n) }
