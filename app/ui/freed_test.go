package ui

import (
	"runtime"
	"slices"
	"testing"
	"weak"

	"fyne.io/fyne/v2"

	"longying/imaging/volume"
	"longying/records"
)

// The planes hold the volume, which may be as large as all the memory for frames.
func TestTheVolumeOfAReconstructionIsFreedWithItsStudyThoughTheToolkitKeepsWidgets(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range known {
		if slices.Contains(ex.Modalities, "CT") {
			s.ws.OpenStudy(ex.StudyUID, func(err error) { t.Error(err) })
		}
	}
	s.ws.Settle()
	planes := func() []weak.Pointer[volume.Stack] {
		s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyM})
		s.ws.Settle()
		var out []weak.Pointer[volume.Stack]
		for _, p := range viewports(s.front.Content)[1:] {
			out = append(out, weak.Make(p.Stack()))
		}
		return out
	}()
	if len(planes) != 3 {
		t.Fatalf("%d planes", len(planes))
	}
	s.ws.CloseStudy()
	s.ws.Settle()
	runtime.GC()
	runtime.GC()
	for k, p := range planes {
		if p.Value() != nil {
			t.Errorf("plane %d is held by something", k+1)
		}
	}
}
