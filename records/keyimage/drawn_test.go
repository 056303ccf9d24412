package keyimage

import (
	"bytes"
	"strings"
	"testing"

	"longying/imaging"
	"longying/records"
	"longying/records/composite"
)

func TestWhatWasMeasuredByHandIsInALayerOfItsOwnAndOnlyAsTheReportStatesIt(t *testing.T) {
	d := document(t)
	frame, inst, im := slice(d)
	ref := im.Ref
	ref.Region, ref.Frame = nil, 1
	for i, tool := range records.Tools() {
		least, _ := tool.Points()
		points := []imaging.Point{{X: 20, Y: 30}, {X: 90, Y: 50}, {X: 30, Y: 90}, {X: 80, Y: 99}}[:least]
		values, basis, err := records.Measured(t.Context(), tool, points, records.Picture{Instance: inst, Number: 1, Frame: frame})
		if err != nil {
			t.Fatal(err)
		}
		a, err := records.Annotate("2.25.7700"+string(rune('0'+i)), "2.25.7800"+string(rune('0'+i)), records.Annotation{Tool: tool, Ref: ref, Points: points, Values: values, Basis: basis, Label: "标注"},
			records.User{ID: "u1", Name: "张医生", Role: records.RoleRadiologist}, d.SignedAt)
		if err != nil {
			t.Fatal(err)
		}
		im.Annotations = append(im.Annotations, a)
	}
	var b bytes.Buffer
	if err := State(d, im, 1, composite.Default(), &b); err == nil || b.Len() > 0 {
		t.Errorf("what the report does not state was written: %v", err)
	}
	d.Annotations = im.Annotations
	for name, findings := range map[string][]records.Finding{"with a finding": im.Findings, "alone": nil} {
		im.Findings = findings
		raw := state(t, d, im)
		if out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, raw)); strings.Contains(out, "Error") {
			t.Errorf("%s: dciodvfy:\n%s", name, out)
		}
		s, err := open(t, raw).PresentationState()
		if err != nil {
			t.Fatal(err)
		}
		l := s.Layer(drawnLayer)
		if l == nil || l.Description != "Measured by hand by 张医生" || l.Colour == nil {
			t.Fatalf("%s: %+v", name, l)
		}
		for i, want := range [3]int{164, 232, 108} {
			if got := int(l.Colour[i]); got < want-2 || got > want+2 {
				t.Errorf("the layer is %v", *l.Colour)
			}
		}
		last := s.Annotations[len(s.Annotations)-1]
		if len(s.Annotations) != len(findings)+1 || last.Layer != drawnLayer || len(last.Texts) != len(d.Annotations) || len(last.Graphics) != len(d.Annotations)+3 {
			t.Errorf("%s: %d annotations, %d texts, %d shapes", name, len(s.Annotations), len(last.Texts), len(last.Graphics))
		}
	}
}
