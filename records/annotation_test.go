package records

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"longying/imaging"
)

// drawn is a length of 30 pixels of 0.5 mm.
func drawn(t *testing.T) Annotation {
	t.Helper()
	in := &imaging.Instance{Space: imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}}
	a := Annotation{Tool: ToolLength, Points: []imaging.Point{{X: 10, Y: 20}, {X: 40, Y: 20}}, Ref: imaging.Ref{StudyUID: "1.2", SOPUID: "1.2.3", SeriesUID: "1.2.4", SOPClass: "1", Frame: 1}}
	var err error
	if a.Values, a.Basis, err = Measured(t.Context(), a.Tool, a.Points, Picture{Instance: in, Number: 1}); err != nil {
		t.Fatal(err)
	}
	if a, err = Annotate("2.25.1234567", "2.25.2", a, doctor(), verdictTime); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAMeasurementIsItsDoctorsStatementVersionByVersion(t *testing.T) {
	a := drawn(t)
	if a.Version != 1 || a.ByName != doctor().Name || a.Values[0].Value != 15 || a.Values[0].Unit != "mm" || a.Basis.Spacing != imaging.SpacingPatient || a.TrackingID != "length-234567" {
		t.Fatalf("%+v", a)
	}
	label := " 主动脉 "
	b, err := a.Edit(AnnotationChange{Label: &label}, doctor(), verdictTime)
	if err != nil || b.Version != 2 || b.Label != "主动脉" || b.Values[0].Value != 15 {
		t.Fatalf("%+v, %v", b, err)
	}
	gone, err := b.Delete(doctor(), verdictTime)
	if err != nil || gone.Version != 3 || gone.State != AnnotationDeleted {
		t.Fatalf("%+v, %v", gone, err)
	}
	var refused *RefusedError
	if _, err := gone.Edit(AnnotationChange{Label: &label}, doctor(), verdictTime); !errors.As(err, &refused) || refused.Code != "annotation_deleted" {
		t.Errorf("what was deleted is changed: %v", err)
	}
	back, err := gone.Back(&b, doctor(), verdictTime)
	if err != nil || back.Version != 4 || back.State != AnnotationDrawn || back.Label != "主动脉" {
		t.Errorf("%+v, %v", back, err)
	}
	if never, err := a.Back(nil, doctor(), verdictTime); err != nil || never.State != AnnotationDeleted || never.Version != 2 {
		t.Errorf("undo of the drawing: %+v, %v", never, err)
	}
	var stale *StaleError
	if _, err := a.Back(&gone, doctor(), verdictTime); !errors.As(err, &stale) {
		t.Errorf("back to a version that is to come: %v", err)
	}
	if older, err := gone.Back(&a, doctor(), verdictTime); err != nil || older.Version != 4 || older.Label != "" {
		t.Errorf("two acts taken back: %+v, %v", older, err)
	}
	if a.Version != 1 || a.Label != "" || len(StandingAnnotations([]Annotation{a, gone})) != 1 {
		t.Error("a version changed")
	}
	technician := doctor()
	technician.Role = RoleTechnician
	if _, err := a.Delete(technician, verdictTime); !errors.As(err, &refused) || refused.Code != "right" {
		t.Errorf("a technician: %v", err)
	}
}

func TestWhatIsNoMeasurementIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Annotation){
		"no tool":       func(a *Annotation) { a.Tool = "ruler" },
		"one point":     func(a *Annotation) { a.Points = a.Points[:1] },
		"not a number":  func(a *Annotation) { a.Points[1].X = math.NaN() },
		"no frame":      func(a *Annotation) { a.Ref.Frame = 0 },
		"without unit":  func(a *Annotation) { a.Values[0].Unit = "" },
		"too long":      func(a *Annotation) { a.Label = strings.Repeat("长", mostLabel+1) },
		"empty text":    func(a *Annotation) { a.Tool, a.Points = ToolText, a.Points[:1] },
		"half in space": func(a *Annotation) { a.Patient = []imaging.Vec{{}} },
	} {
		a := drawn(t)
		change(&a)
		var refused *RefusedError
		if _, err := Annotate(a.UID, a.TrackingUID, a, doctor(), verdictTime); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAReportStatesWhatStandsAndIsSignedOverIt(t *testing.T) {
	d := signable()
	a := drawn(t)
	a.Ref.StudyUID = d.Examination.StudyUID
	before, err := d.Content()
	if err != nil {
		t.Fatal(err)
	}
	d.Annotations = []Annotation{a}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	after, err := d.Content()
	if err != nil || string(before) == string(after) || !strings.Contains(string(after), a.UID) {
		t.Errorf("the author's signature does not cover the measurement: %v", err)
	}
	for name, change := range map[string]func(*Annotation){
		"deleted":       func(a *Annotation) { a.State = AnnotationDeleted },
		"another study": func(a *Annotation) { a.Ref.StudyUID = "9" },
		"nobody's":      func(a *Annotation) { a.ByName = " " },
		"no identity":   func(a *Annotation) { a.TrackingUID = "" },
	} {
		b := a
		change(&b)
		d.Annotations = []Annotation{b}
		var refused *RefusedError
		if err := d.Check(); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.Annotations = []Annotation{a, a}
	if d.Check() == nil {
		t.Error("one measurement is stated twice")
	}
}

func TestEveryValueSaysWhatItIsInWhatUnitAndOnWhatItRests(t *testing.T) {
	frame := &imaging.Frame{Columns: 8, Rows: 8, Samples: 1, Int16: make([]int16, 64)}
	for i := range frame.Int16 {
		frame.Int16[i] = int16(i)
	}
	ct := &imaging.Instance{Modality: "CT", ModalityLUT: imaging.ModalityLUT{Slope: 1, Type: "HU"}, Pixels: imaging.PixelDescription{Columns: 8, Rows: 8}}
	pic := Picture{Instance: ct, Number: 1, Frame: frame}
	p := func(xy ...float64) (out []imaging.Point) {
		for i := 0; i < len(xy); i += 2 {
			out = append(out, imaging.Point{X: xy[i], Y: xy[i+1]})
		}
		return out
	}
	for _, c := range []struct {
		tool   Tool
		points []imaging.Point
		want   string // concept, derivation, unit of each value
	}{
		{ToolLength, p(0, 0, 3, 4), "Length {pixels}"},
		{ToolLength, p(3, 4, 3, 4), ""},
		{ToolLength, p(3, 4), ""},
		{ToolAngle, p(1, 0, 0, 0, 0, 1), "Angle deg"},
		{ToolCobb, p(0, 0, 4, 1, 0, 5, 4, 4), "Cobb angle deg"},
		{ToolThorax, p(2, 2, 4, 3, 0, 4, 8, 4), "Cardiothoracic ratio 1; Transverse diameter of heart {pixels}; Inner transverse diameter of chest {pixels}"},
		{ToolEllipse, p(1, 1, 6, 6), "Area {pixels}; Attenuation Coefficient Mean [hnsf'U]; Attenuation Coefficient Standard Deviation [hnsf'U]; Attenuation Coefficient Minimum [hnsf'U]; Attenuation Coefficient Maximum [hnsf'U]"},
		{ToolProbe, p(3.9, 2.1), "Attenuation Coefficient [hnsf'U]"},
		{ToolProbe, p(8, 2), ""},
		{ToolArrow, p(1, 1, 2, 2), ""},
		{ToolText, p(1, 1), ""},
	} {
		values, basis, err := Measured(t.Context(), c.tool, c.points, pic)
		var said []string
		for _, v := range values {
			if err := v.Check(); err != nil {
				t.Error(err)
			}
			said = append(said, strings.Join(strings.Fields(v.Concept.Meaning+" "+v.Derivation.Meaning+" "+v.Unit), " "))
		}
		if got := strings.Join(said, "; "); err != nil || got != c.want {
			t.Errorf("%s %v: %q, %v", c.tool, c.points, got, err)
		}
		if strings.Contains(c.want, "{pixels}") && basis.Why != imaging.NoSpacing {
			t.Errorf("%s: it does not say why it counts pixels: %+v", c.tool, basis)
		}
	}
	if v, _, _ := Measured(t.Context(), ToolProbe, p(3.9, 2.1), pic); v[0].Value != 19 {
		t.Errorf("the probe says %v of pixel (3,2)", v[0].Value)
	}
	pic.Frame = nil
	if v, _, err := Measured(context.Background(), ToolEllipse, p(1, 1, 6, 6), pic); err != nil || len(v) != 1 {
		t.Errorf("geometry alone: %v, %v", v, err)
	}
	crossed, basis, _ := Measured(t.Context(), ToolPolygon, p(0, 0, 8, 8, 8, 0, 0, 8), Picture{Instance: ct, Number: 1, Frame: frame})
	if !basis.Crossed || crossed[0].Value != float64(basis.Pixels) {
		t.Errorf("%v, %+v", crossed, basis)
	}
}
