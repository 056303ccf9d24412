package station

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/app/delivery"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/records"
	"longying/records/sqlite"
)

// valid runs dciodvfy over files and dcentvfy over all of them. Without them the
// test goes on, and fails in CI.
func valid(t *testing.T, paths ...string) {
	t.Helper()
	for _, p := range append(paths, "") {
		name, args := "dciodvfy", []string{"-new", p}
		if p == "" {
			name, args = "dcentvfy", paths
		}
		bin, err := exec.LookPath(name)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: install dicom3tools", name)
			}
			return
		}
		if out, err := exec.Command(bin, args...).CombinedOutput(); err != nil || strings.Contains(string(out), "Error") {
			t.Errorf("%s %s: %v\n%s", name, p, err, out)
		}
	}
}

// packed is a mask in the form in which runs keep it, made here and not by the
// code that reads it.
func packed(columns, rows, slices int, at, size [3]int, in func(x, y, z int) bool) *inference.PackedMask {
	var runs []byte
	inside, n := false, uint64(0)
	for z := range size[2] {
		for y := range size[1] {
			for x := range size[0] {
				if in(x, y, z) != inside {
					runs, inside, n = binary.AppendUvarint(runs, n), !inside, 0
				}
				n++
			}
		}
	}
	runs = binary.AppendUvarint(runs, n)
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 6)
	w.Write(runs)
	w.Close()
	return &inference.PackedMask{Columns: columns, Rows: rows, Slices: slices, At: at, Size: size, Runs: b.Bytes()}
}

// segmented signs a report of the sample CT whose finding rests on a mask over
// three slices, and gives the mask.
func (b *bench) segmented() (records.SignedDocument, []imaging.Ref, func(x, y, slice int) bool) {
	b.t.Helper()
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, b.ct.StudyUID, ps[0].ID)
	b.must(err)
	study, err := b.Archive.Study(b.ctx, b.ct.StudyUID)
	b.must(err)
	s := &study.Series[0]
	var inputs []imaging.Ref
	for i := range s.Instances {
		inputs = append(inputs, imaging.Ref{StudyUID: study.UID, SeriesUID: s.UID, SOPUID: s.Instances[i].SOPInstanceUID, SOPClass: s.Instances[i].SOPClassUID, Frame: 1})
	}
	if len(inputs) < 4 {
		b.t.Fatalf("the sample CT has %d slices", len(inputs))
	}
	inBox := func(x, y, z int) bool { return x >= y/2+z && x < 9 }
	at, size := [3]int{20, 31, 1}, [3]int{10, 7, 3}
	px := s.Instances[0].Pixels
	raw, err := json.Marshal(map[string]any{
		"trace": inference.Trace{Inputs: inputs},
		"mask":  packed(px.Columns, px.Rows, len(inputs), at, size, inBox),
	})
	b.must(err)
	model := records.ModelRef{ID: "ct-organ", Version: "2.1.0", SHA256: strings.Repeat("ab", 32), Name: records.Text{Zh: "器官分割", En: "Organ segmentation"}}
	ref := inputs[2]
	ref.Region = &imaging.Region{X0: 20, Y0: 31, X1: 29, Y1: 38, Kind: imaging.RegionMask}
	f := records.Finding{UID: dicomfile.NewUID(), TrackingUID: dicomfile.NewUID(), TrackingID: "病灶 1", Version: 1, StudyUID: study.UID, State: records.FindingProposed,
		Label: records.Text{Zh: "肿块", En: "Mass"}, Ref: ref, Model: &model, RunID: "RUN-mask", By: b.radiologist.ID, ByName: b.radiologist.Name, At: time.Now(),
		Code:  &records.Code{Value: "4147007", Scheme: "SCT", Meaning: "Mass"},
		Value: &records.Measurement{Concept: records.Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}, Value: 1.5, Unit: "mL"}}
	b.must(b.store.Update(b.ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutRun(&records.Run{ID: "RUN-mask", StudyUID: study.UID, Model: model, Outcome: "proposed", Ref: ref, FindingUID: f.UID, Result: raw, By: b.radiologist.ID, At: time.Now()}); err != nil {
			return err
		}
		return tx.InsertFinding(&f)
	}))
	_, err = b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	_, err = b.Reading.Draft(b.ctx, b.radiologist, study.UID)
	b.must(err)
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, study.UID, b.password("radiologist"))
	b.must(err)
	return doc, inputs, func(x, y, z int) bool {
		x, y, z = x-at[0], y-at[1], z-at[2]
		return x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2] && inBox(x, y, z)
	}
}

func TestTheMaskThatADoctorConfirmedLeavesAsSegmentationOnItsOwnSlices(t *testing.T) {
	b := newBench(t)
	doc, inputs, mask := b.segmented()
	out := t.TempDir()
	var all []string
	for _, as := range delivery.ObjectFormats() {
		paths, left, err := b.ExportObjects(b.ctx, b.radiologist, b.ct.StudyUID, as, out)
		b.must(err)
		if len(paths) != 1 || len(left) != 0 {
			t.Fatalf("%s: %v, left out %v", as, paths, left)
		}
		all = append(all, paths...)
	}
	sr, err := b.Delivery.Export(b.ctx, b.radiologist, doc, "sr", out)
	b.must(err)
	valid(t, append(all, sr)...)

	f, err := dicomfile.Open(all[0])
	b.must(err)
	defer f.Close()
	ds, err := f.Dataset()
	b.must(err)
	groups := ds.Items(0x52009230)
	if len(groups) != 3 || f.Instance().Pixels.Frames != 3 {
		t.Fatalf("%d frames", len(groups))
	}
	for i, g := range groups {
		sop := g.Item(0x00089124).Item(0x00082112).Text(dicomfile.TagReferencedSOPInstance)
		z := slices.IndexFunc(inputs, func(r imaging.Ref) bool { return r.SOPUID == sop })
		frame, err := f.Frame(b.ctx, codec.Local{}, i+1)
		b.must(err)
		for k := range frame.Len() {
			if (frame.At(k) != 0) != mask(k%frame.Columns, k/frame.Columns, z) {
				t.Fatalf("frame %d (slice %d) differs at pixel %d", i+1, z, k)
			}
		}
		source, err := b.Archive.Open(b.ctx, sop)
		b.must(err)
		p := source.Instance().Plane.Position
		source.Close()
		if got := g.Item(dicomfile.TagPlanePositionSeq).Floats(dicomfile.TagImagePosition); len(got) != 3 || got[2] != p[2] || got[0] != p[0] {
			t.Errorf("frame %d lies at %v, its image at %v", i+1, got, p)
		}
	}
}

func TestARegionDrawnAnewIsNoSegment(t *testing.T) {
	b := newBench(t)
	doc, _, _ := b.segmented()
	_, err := b.Reading.Amend(b.ctx, b.radiologist, b.ct.StudyUID, "重新标注")
	b.must(err)
	_, err = b.Reading.Edit(b.ctx, b.radiologist, doc.Document.Findings[0].UID, records.FindingChange{Region: &imaging.Region{X0: 1, Y0: 1, X1: 9, Y1: 9}, Reason: "重新标注"})
	b.must(err)
	_, err = b.Reading.Draft(b.ctx, b.radiologist, b.ct.StudyUID)
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, b.ct.StudyUID, b.password("radiologist"))
	b.must(err)
	_, _, err = b.ExportObjects(b.ctx, b.radiologist, b.ct.StudyUID, delivery.AsSegmentation, t.TempDir())
	b.refused("no_masks", err)
	_, _, err = b.ExportObjects(b.ctx, b.admin, b.ct.StudyUID, delivery.AsStates, t.TempDir())
	b.refused("right", err)
}
