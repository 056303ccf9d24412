package report

import (
	"bytes"
	"testing"
)

// Every glyph of a subset has the outline and the metrics that it has in the
// whole font.
func TestASubsetKeepsTheShapes(t *testing.T) {
	whole, err := parseTypeface(Font())
	if err != nil {
		t.Fatal(err)
	}
	glyphs := []int{0}
	for _, r := range "éÀñü½①㎎肺𬭸㛃Ag·" {
		glyphs = append(glyphs, whole.glyph(r))
	}
	font, err := whole.subset(glyphs)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := directory(font)
	if err != nil {
		t.Fatal(err)
	}
	n := len(tables["hmtx"]) / 4
	sub := &typeface{tables: tables, unitsPerEm: whole.unitsPerEm, longLoca: true, glyphs: n, metrics: n}
	if n != len(glyphs) {
		t.Errorf("%d glyphs of %d", n, len(glyphs))
	}
	for i, g := range glyphs {
		a, b := whole.outline(g), sub.outline(i)
		if len(a) == 0 || !bytes.HasPrefix(b, a) || len(b)-len(a) > 3 {
			t.Errorf("glyph %d: %d bytes of outline, in the subset %d", g, len(a), len(b))
		}
		if !bytes.Equal(whole.metric(g), sub.metric(i)) {
			t.Errorf("glyph %d: metrics %x, in the subset %x", g, whole.metric(g), sub.metric(i))
		}
	}
}
