package dicomfile

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
)

func scan(t *testing.T, paths ...string) Catalogue {
	t.Helper()
	c, err := Scan(context.Background(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func codes(c Catalogue) map[string]imaging.SkipCode {
	out := map[string]imaging.SkipCode{}
	for _, s := range c.Skipped {
		out[filepath.Base(s.Path)] = s.Code
	}
	return out
}

func TestAnEmptyFolderGivesAnEmptyCatalogue(t *testing.T) {
	if c := scan(t, t.TempDir()); len(c.Studies) != 0 || len(c.Skipped) != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAPathThatDoesNotExistIsAnError(t *testing.T) {
	if _, err := Scan(context.Background(), []string{filepath.Join(t.TempDir(), "none")}, nil); err == nil || !strings.Contains(err.Error(), "none") {
		t.Error(err)
	}
}

func TestEachFileNotTakenHasItsReasonAndTheRestGoesOn(t *testing.T) {
	dir := t.TempDir()
	good := written(t, sample(1, nil))
	save(t, dir, "片子/good", good)
	save(t, dir, "copy.dcm", good)
	save(t, dir, "conflict.dcm", written(t, sample(1, func(d *Dataset) { d.String(TagPatientID, "LO", "other") })))
	save(t, dir, "text.txt", []byte("plain text, long enough to be looked at for a data set"))
	save(t, dir, "empty", nil)
	save(t, dir, "cut.dcm", good[:len(good)-200])
	save(t, dir, "anonymous.dcm", written(t, sample(2, func(d *Dataset) { d.Delete(TagStudyInstanceUID) })))
	index := sample(3, nil)
	index.String(TagSOPClassUID, "UI", mediaDirectoryClass)
	save(t, dir, "DICOMDIR", written(t, index))
	c := scan(t, dir)
	want := map[string]imaging.SkipCode{
		"text.txt": imaging.SkipNotDICOM, "empty": imaging.SkipNotDICOM, "cut.dcm": imaging.SkipTruncated,
		"anonymous.dcm": imaging.SkipNoIdentity, "DICOMDIR": imaging.SkipDirectory,
	}
	got := codes(c)
	// Which of the three with one UID is taken is the first of the walk.
	want["copy.dcm"], want["good"] = imaging.SkipConflict, imaging.SkipConflict
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	if c.Instances() != 1 {
		t.Errorf("%d instances", c.Instances())
	}
	for _, s := range c.Skipped {
		if s.Detail == "" {
			t.Errorf("%s has no detail", s.Path)
		}
	}
}

func TestASecondCopyOfAnObjectIsADuplicate(t *testing.T) {
	dir := t.TempDir()
	b := written(t, sample(1, nil))
	save(t, dir, "a", b)
	save(t, dir, "b", b)
	if got := codes(scan(t, dir)); got["b"] != imaging.SkipDuplicate || len(got) != 1 {
		t.Error(got)
	}
}

func TestLinksThatLoopAreFollowedOnce(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "a/one", written(t, sample(1, nil)))
	if err := os.Symlink(dir, filepath.Join(dir, "a", "back")); err != nil {
		t.Skip(err)
	}
	os.Symlink(filepath.Join(dir, "a", "one"), filepath.Join(dir, "a", "again"))
	os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "broken"))
	c := scan(t, dir, dir)
	if c.Instances() != 1 || len(c.Skipped) != 1 || c.Skipped[0].Code != imaging.SkipUnreadable {
		t.Errorf("%d instances, skipped %v", c.Instances(), c.Skipped)
	}
	if src := c.Studies[0].Series[0].Instances[0].Source; filepath.Base(src) != "one" {
		t.Errorf("named by its link: %s", src)
	}
}

func TestDifferentPatientHeadersInOneStudyAreReported(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "1", written(t, sample(1, nil)))
	save(t, dir, "2", written(t, sample(2, nil)))
	if c := scan(t, dir); c.Studies[0].HeadersDisagree {
		t.Error("equal headers disagree")
	}
	save(t, dir, "3", written(t, sample(3, func(d *Dataset) { d.String(TagPatientBirthDate, "DA", "20210103") })))
	c := scan(t, dir)
	if s := c.Studies[0]; !s.HeadersDisagree || !strings.Contains(s.HeaderDifference, "20210103") {
		t.Errorf("%v %q", s.HeadersDisagree, s.HeaderDifference)
	}
}

func TestSlicesAreOrderedByPositionNotByNumber(t *testing.T) {
	dir := t.TempDir()
	heights := []float64{30, 10, 20}
	for i, z := range heights {
		save(t, dir, string(rune('a'+i)), written(t, sample(i+1, func(d *Dataset) {
			d.Float(TagImagePosition, "DS", 0, 0, z).Float(TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0).Float(TagPixelSpacing, "DS", 0.5, 0.25)
		})))
	}
	var got []int
	for _, in := range scan(t, dir).Studies[0].Series[0].Instances {
		got = append(got, in.Number)
		if in.Space != (imaging.Spacing{RowMM: 0.5, ColumnMM: 0.25, Source: imaging.SpacingPatient}) {
			t.Errorf("%+v", in.Space)
		}
	}
	if !reflect.DeepEqual(got, []int{2, 3, 1}) {
		t.Error(got)
	}
}

func TestZIPMembersAreScannedAndOpenByName(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("folder/一.dcm")
	w.Write(written(t, sample(1, nil)))
	w, _ = z.CreateHeader(&zip.FileHeader{Name: "stored", Method: zip.Store})
	w.Write(written(t, sample(2, nil)))
	w, _ = z.Create("note.txt")
	io.WriteString(w, "hello")
	w, _ = z.Create("bomb")
	w.Write(make([]byte, zipRatioFrom+1))
	z.Close()
	name := save(t, t.TempDir(), "study.bin", b.Bytes())
	c := scan(t, name)
	if c.Instances() != 2 {
		t.Fatalf("%d instances, skipped %v", c.Instances(), c.Skipped)
	}
	got := map[string]imaging.SkipCode{}
	for _, s := range c.Skipped {
		got[strings.TrimPrefix(s.Path, name)] = s.Code
	}
	if !reflect.DeepEqual(got, map[string]imaging.SkipCode{"!note.txt": imaging.SkipNotDICOM, "!bomb": imaging.SkipTooLarge}) {
		t.Error(got)
	}
	for _, member := range []string{"!folder/一.dcm", "!stored"} {
		f, err := Open(name + member)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := f.RawFrame(1); err != nil || len(raw) != 12 {
			t.Errorf("%v %v", raw, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open(name + "!missing"); err == nil {
		t.Error("a member that is not there was opened")
	}
}

// countingReader notes the furthest byte that was read, and how often.
type countingReader struct {
	r     *bytes.Reader
	far   int64
	calls int
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	c.far, c.calls = max(c.far, off+int64(len(p))), c.calls+1
	return c.r.ReadAt(p, off)
}

func TestAFileThatIsNotDICOMIsRefusedAfterItsFirstKilobyte(t *testing.T) {
	c := &countingReader{r: bytes.NewReader(bytes.Repeat([]byte("no dicom "), 100_000))}
	if _, err := OpenReader(c, c.r.Size(), "x"); err == nil || c.far > 1024 {
		t.Errorf("read to byte %d, %v", c.far, err)
	}
}

func TestAHeaderIsReadWithoutItsPixels(t *testing.T) {
	ds := sample(1, func(d *Dataset) {
		d.SetPixels(imaging.PixelDescription{Rows: 2000, Columns: 2000, Samples: 1, BitsAllocated: 16, Photometric: "MONOCHROME2"}, make([]byte, 8_000_000))
	})
	ds.String(TagImageComments, "LT", strings.Repeat("x", 5000))
	b := written(t, ds)
	c := &countingReader{r: bytes.NewReader(b)}
	if _, err := OpenReader(c, int64(len(b)), "x"); err != nil || c.far > 64<<10 {
		t.Errorf("read to byte %d, %v", c.far, err)
	}
}

func TestEveryEncodingOfADataSetReadsAlike(t *testing.T) {
	ds := sample(1, nil)
	full := written(t, ds)
	want := opened(t, full).Instance()
	var implicit bytes.Buffer
	if err := writeAs(&implicit, ds, ImplicitLittle); err != nil {
		t.Fatal(err)
	}
	body := full[bytes.Index(full, []byte("\x08\x00\x05\x00CS")):]
	var deflated bytes.Buffer
	fw, _ := flate.NewWriter(&deflated, 9)
	fw.Write(body)
	fw.Close()
	meta, _ := fileMeta(ds, DeflatedExplicitLittle)
	head := append(make([]byte, 128), "DICM"...)
	implicitBody := implicit.Bytes()[bytes.Index(implicit.Bytes(), []byte("\x08\x00\x05\x00\x0a\x00\x00\x00")):]
	lying, _ := fileMeta(ds, ImplicitLittle)
	for name, b := range map[string][]byte{
		"implicit":                      implicit.Bytes(),
		"deflated":                      append(append(bytes.Clone(head), meta...), deflated.Bytes()...),
		"no preamble":                   full[132:],
		"no meta group":                 body,
		"no meta group, implicit":       implicitBody,
		"a preamble of 100 bytes":       full[28:],
		"explicit, said to be implicit": append(append(bytes.Clone(head), lying...), body...),
		"padding behind the data set":   append(bytes.Clone(full), make([]byte, 100)...),
	} {
		t.Run(name, func(t *testing.T) {
			f := opened(t, b)
			got := *f.Instance()
			got.TransferSyntaxUID = want.TransferSyntaxUID
			if !reflect.DeepEqual(&got, want) {
				t.Errorf("\n got %+v\nwant %+v", &got, want)
			}
			if raw, err := f.RawFrame(1); err != nil || len(raw) != 12 || raw[2] != 2 {
				t.Errorf("frame %v %v", raw, err)
			}
		})
	}
}

// The same as DCMTK writes it: in each syntax, with lengths and without.
func TestEveryEncodingThatDCMTKWritesReadsAlike(t *testing.T) {
	if _, err := exec.LookPath("dcmconv"); err != nil {
		t.Skip("DCMTK is not here")
	}
	dir := t.TempDir()
	ds := sample(1, func(d *Dataset) {
		d.Sequence(TagContentSequence, NewDataset().Sequence(TagContentSequence, NewDataset().String(TagImageComments, "LT", "deep")))
	})
	path := save(t, dir, "plain", written(t, ds))
	want := opened(t, written(t, ds)).Instance()
	for syntax, option := range map[string]string{ExplicitLittle: "+te", ImplicitLittle: "+ti", ExplicitBig: "+tb", DeflatedExplicitLittle: "+td"} {
		for _, lengths := range []string{"+e", "-e"} {
			out := filepath.Join(dir, syntax+lengths)
			if said, err := exec.Command("dcmconv", option, lengths, path, out).CombinedOutput(); err != nil {
				t.Fatalf("dcmconv %s: %v %s", option, err, said)
			}
			f, err := Open(out)
			if err != nil {
				t.Fatal(err)
			}
			got := *f.Instance()
			if got.TransferSyntaxUID != syntax {
				t.Errorf("%s %s: read as %s", option, lengths, got.TransferSyntaxUID)
			}
			got.TransferSyntaxUID, got.Source = want.TransferSyntaxUID, want.Source
			if !reflect.DeepEqual(&got, want) {
				t.Errorf("%s %s:\n got %+v\nwant %+v", option, lengths, &got, want)
			}
			frame, err := f.Frame(context.Background(), codec.Local{}, 1)
			if err != nil || frame.At(0) != 1 || frame.At(1) != 2 {
				t.Errorf("%s %s: %v", option, lengths, err)
			}
			f.Close()
		}
	}
}

func TestTheResultDoesNotDependOnTheNumberOfProcessors(t *testing.T) {
	dir := shared(t, "series/mr-united-imaging-17")
	many := scan(t, dir)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if one := scan(t, dir); !reflect.DeepEqual(one, many) {
		t.Error("the catalogues differ")
	}
}

func TestProgressCountsEveryFileOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		save(t, dir, string(rune('a'+i)), written(t, sample(i, nil)))
	}
	var seen []int
	if _, err := Scan(context.Background(), []string{dir}, func(done, total int) {
		if total != 5 {
			t.Errorf("total %d", total)
		}
		seen = append(seen, done)
	}); err != nil || !reflect.DeepEqual(seen, []int{1, 2, 3, 4, 5}) {
		t.Error(seen, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, []string{dir}, nil); err != context.Canceled {
		t.Error(err)
	}
}

func TestTheCTSeriesHasItsSlicesInOrder(t *testing.T) {
	c := scan(t, shared(t, "series/ct-philips-59"))
	if len(c.Studies) != 1 || c.Instances() != 58 {
		t.Fatalf("%d studies, %d instances", len(c.Studies), c.Instances())
	}
	for _, s := range c.Studies[0].Series {
		for i := 1; i < len(s.Instances); i++ {
			if s.Instances[i].Plane.Depth() < s.Instances[i-1].Plane.Depth() {
				t.Errorf("slice %d of series %d is out of order", i, s.Number)
			}
		}
	}
}

// PS3.3 10.7.1.3: what a length on a picture means depends on where its
// spacing comes from.
func TestASpacingSaysWhereItComesFrom(t *testing.T) {
	for _, c := range []struct {
		name, modality string
		own, imager    float64
		calibration    string
		want           imaging.Spacing
	}{
		{"a slice", "CT", 0.5, 0, "", imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}},
		{"a film with the detector's spacing", "DX", 0, 0.2, "", imaging.Spacing{RowMM: 0.2, ColumnMM: 0.2, Source: imaging.SpacingDetector}},
		{"both equal", "DX", 0.2, 0.2, "", imaging.Spacing{RowMM: 0.2, ColumnMM: 0.2, Source: imaging.SpacingDetector}},
		{"corrected", "DX", 0.18, 0.2, "", imaging.Spacing{RowMM: 0.18, ColumnMM: 0.18, Source: imaging.SpacingCalibrated}},
		{"calibrated by a marker", "CR", 0.2, 0, "FIDUCIAL", imaging.Spacing{RowMM: 0.2, ColumnMM: 0.2, Source: imaging.SpacingCalibrated}},
		{"a film that does not say", "CR", 0.2, 0, "", imaging.Spacing{RowMM: 0.2, ColumnMM: 0.2, Source: imaging.SpacingDetector}},
		{"none", "CR", 0, 0, "", imaging.Spacing{}},
	} {
		in := opened(t, written(t, sample(1, func(d *Dataset) {
			d.String(TagModality, "CS", c.modality)
			if c.own > 0 {
				d.Float(TagPixelSpacing, "DS", c.own, c.own)
			}
			if c.imager > 0 {
				d.Float(TagImagerPixelSpacing, "DS", c.imager, c.imager)
			}
			if c.calibration != "" {
				d.String(TagCalibrationType, "CS", c.calibration)
			}
		}))).Instance()
		if in.Space != c.want {
			t.Errorf("%s: %+v", c.name, in.Space)
		}
	}
}

func TestASlideStatesItsGeometryAndSpecimen(t *testing.T) {
	f, err := Open(shared(t, "dicom/highdicom/test_files/sm_image.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := imaging.Slide{TotalColumns: 50, TotalRows: 50, TileColumns: 10, TileRows: 10, MicrometresPerPixel: 0.499,
		MicrometresX: 0.499, MicrometresY: 0.499, Stain: "Hematoxylin stain, Water soluble eosin stain", Specimen: "S19-1_A_1_1", Organ: "Brain", TiledFull: true,
		Flavor: imaging.SlideVolume, FrameOfReference: "1.2.826.0.1.3680043.9.7433.2.1", Container: "S19-1_A_1_1", FocalPlanes: 1, OpticalPaths: "1"}
	if got := f.Instance().Slide; got == nil || *got != want {
		t.Errorf("%+v", got)
	}
}

func BenchmarkScanCTFolder(b *testing.B) {
	dir := shared(b, "series/ct-philips-59")
	for b.Loop() {
		if _, err := Scan(context.Background(), []string{dir}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
