package station

import (
	"testing"
)

func TestWhatWasMeasuredIsDrawnOnTheKeyImagesThatArePrinted(t *testing.T) {
	b := newBench(t)
	kept, err := b.Reading.Annotate(b.ctx, b.radiologist, b.length(b.ct.StudyUID))
	b.must(err)
	doc, _, _ := b.segmented() // its finding lies on another slice
	if len(doc.Document.Annotations) != 1 || doc.Document.Annotations[0].UID != kept.UID {
		t.Fatalf("%+v", doc.Document.Annotations)
	}
	images, err := b.Reading.KeyImages(b.ctx, &doc.Document)
	b.must(err)
	if len(images) != 2 {
		t.Fatalf("%d pictures", len(images))
	}
	green := func(k, x, y int) bool {
		r, g, b, _ := images[k].At(x, y).RGBA()
		return g > r+0x1000 && g > b+0x1000
	}
	if !green(1, 25, 20) && !green(1, 25, 19) {
		t.Error("the line is not drawn on its slice")
	}
	if green(1, 25, 5) || green(0, 25, 20) || green(0, 25, 19) {
		t.Error("it is drawn beside its place")
	}
	doc.Document.Annotations = nil
	images, err = b.Reading.KeyImages(b.ctx, &doc.Document)
	b.must(err)
	if len(images) != 1 {
		t.Errorf("%d pictures without a measurement", len(images))
	}
}
