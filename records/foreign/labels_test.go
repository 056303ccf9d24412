package foreign

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/records"
)

// made is a segmentation of pictures 2.25.1.N, one for each frame. of gives the
// segment of a frame, 0 for a label map.
func made(t *testing.T, class, kind string, bits, columns, rows int, segments []*dicomfile.Dataset, of []int, frames ...[]byte) ([]Finding, []string) {
	t.Helper()
	var groups []*dicomfile.Dataset
	for i, n := range of {
		g := dicomfile.NewDataset().Sequence(tagDerivationImages, dicomfile.NewDataset().Sequence(tagSourceImages,
			dicomfile.NewDataset().String(tagReferencedUID, "UI", fmt.Sprintf("2.25.1.%d", i%8+1))))
		if n > 0 {
			g.Sequence(tagSegmentOf, dicomfile.NewDataset().Int(tagSegmentOfNumber, "US", n))
		}
		groups = append(groups, g)
	}
	ds := dicomfile.NewDataset().String(dicomfile.TagSOPClassUID, "UI", class).String(dicomfile.TagSOPInstanceUID, "UI", "2.25.9").
		String(dicomfile.TagManufacturer, "LO", "OtherCo").String(tagSegmentation, "CS", kind).Int(tagMostFractional, "US", 200).
		Sequence(tagSegments, segments...).Sequence(dicomfile.TagPerFrameFunctional, groups...).
		SetPixels(imaging.PixelDescription{Rows: rows, Columns: columns, Samples: 1, BitsAllocated: bits, BitsStored: bits, Photometric: "MONOCHROME2"}, frames...)
	var b bytes.Buffer
	if err := dicomfile.Write(&b, ds); err != nil {
		t.Fatal(err)
	}
	f, err := dicomfile.OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()), "made")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found, refused, err := Read(f, func(n int) (*imaging.Frame, error) { return f.Frame(context.Background(), codec.Local{}, n) })
	if err != nil {
		t.Fatal(err)
	}
	return found, refused
}

func segment(n int, label string) *dicomfile.Dataset {
	return dicomfile.NewDataset().Int(tagSegmentNumber, "US", n).String(tagSegmentLabel, "LO", label)
}

func lies(f Finding) string {
	var out []string
	for _, p := range f.Places {
		out = append(out, fmt.Sprintf("%s %d,%d %dx%d %v", p.SOPUID, p.Mask.X, p.Mask.Y, p.Mask.Columns, p.Mask.Rows, p.Mask.Count()))
	}
	return f.Origin.Item + " " + f.Origin.Label + ": " + strings.Join(out, "; ")
}

func TestALabelMapIsOneItemForEachSegmentThatLiesWhereItsNumberIs(t *testing.T) {
	found, refused := made(t, labelmap, "LABELMAP", 8, 4, 3,
		[]*dicomfile.Dataset{segment(0, "Background"), segment(1, "肝"), segment(2, "spleen"), segment(7, "nowhere")}, []int{0, 0},
		[]byte{0, 1, 1, 0, 0, 1, 2, 2, 0, 0, 0, 2}, []byte{0, 0, 0, 0, 2, 0, 0, 9, 0, 0, 0, 0})
	var got []string
	for _, f := range found {
		got = append(got, lies(f))
	}
	want := []string{"segment 1 肝: 2.25.1.1 1,0 2x2 3", "segment 2 spleen: 2.25.1.1 2,1 2x2 3; 2.25.1.2 0,1 1x1 1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(refused) != 1 || !strings.Contains(refused[0], "label 9") {
		t.Errorf("what no segment describes is not said: %q", refused)
	}
}

func TestAFractionalSegmentationOfManySegmentsIsOutlinedWhereItIsAtLeastHalf(t *testing.T) {
	var segments []*dicomfile.Dataset
	var of []int
	var frames [][]byte
	for n := 1; n <= 40; n++ {
		segments = append(segments, segment(n, fmt.Sprint("s", n)))
		of = append(of, n)
		frame := make([]byte, 64)
		frame[n], frame[n+1] = 100, 99 // of at most 200
		frames = append(frames, frame)
	}
	found, refused := made(t, segmentation, "FRACTIONAL", 8, 8, 8, segments, of, frames...)
	if len(found) != 40 || len(refused) > 0 {
		t.Fatalf("%d items, %q", len(found), refused)
	}
	for i, f := range found {
		if m := f.Places[0].Mask; !f.Half || m.Count() != 1 || m.Y*8+m.X != i+1 {
			t.Errorf("%s", lies(f))
		}
	}
}

func TestASegmentKeepsWhoMadeItWhereItIsItsSideAndItsColour(t *testing.T) {
	code := func(value, meaning string) *dicomfile.Dataset {
		return dicomfile.NewDataset().String(tagCodeValue, "SH", value).String(tagCodeScheme, "SH", "SCT").String(tagCodeMeaning, "LO", meaning)
	}
	s := segment(1, "Nodule").String(tagTrackingUID, "UI", "2.25.77").
		Sequence(tagAlgorithmID, dicomfile.NewDataset().String(tagAlgorithmNameOf, "LO", "LungFinder").String(tagAlgorithmVersion, "LO", "3.1")).
		Sequence(tagSegmentType, code("27925004", "Nodule")).
		Sequence(tagAnatomicRegion, code("39607008", "Lung").Sequence(tagRegionModifier, code("24028007", "Right"))).
		Int(tagSegmentColour, "US", 35066, 53485, 50171) // sRGB red (255, 0, 0): L* 54.29, a* 80.81, b* 69.89 (D50)
	found, _ := made(t, labelmap, "LABELMAP", 8, 2, 1, []*dicomfile.Dataset{s}, []int{0}, []byte{1, 0})
	f := found[0]
	want := records.Origin{SOPUID: "2.25.9", SOPClass: labelmap, Item: "segment 1", Maker: "OtherCo", Algorithm: "LungFinder 3.1", Label: "Nodule", Tracking: "2.25.77"}
	if f.Origin != want || f.Code == nil || f.Code.Value != "27925004" || f.Site == nil || f.Site.Value != "39607008" || f.Side != "R" {
		t.Errorf("%+v", f)
	}
	if c := f.Colour; c == nil || c[0] < 250 || c[1] > 16 || c[2] > 16 {
		t.Errorf("the colour is %v", f.Colour)
	}
}
