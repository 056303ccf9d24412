package report

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// typeface reads the tables of a TrueType font (ISO/IEC 14496-22) that a PDF
// needs. Widths are in thousandths of the font size.
type typeface struct {
	tables     map[string][]byte
	unitsPerEm int
	glyphs     int
	metrics    int // glyphs with an advance width of their own
	longLoca   bool
	groups     []byte // cmap format 12, records of start, end, glyph
	ascent     int
	descent    int
	box        [4]int
}

func parseTypeface(b []byte) (*typeface, error) {
	f := &typeface{}
	var err error
	if f.tables, err = directory(b); err != nil {
		return nil, err
	}
	for name, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 6, "hmtx": 4, "loca": 4, "glyf": 1, "cmap": 4} {
		if len(f.tables[name]) < least {
			return nil, fmt.Errorf("the font has no usable table %q", name)
		}
	}
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.unitsPerEm = int(binary.BigEndian.Uint16(head[18:]))
	f.longLoca = binary.BigEndian.Uint16(head[50:]) == 1
	f.glyphs = int(binary.BigEndian.Uint16(f.tables["maxp"][4:]))
	f.metrics = int(binary.BigEndian.Uint16(hhea[34:]))
	if f.unitsPerEm == 0 || f.metrics == 0 || f.metrics > f.glyphs || len(f.tables["hmtx"]) < 4*f.metrics {
		return nil, errors.New("the font's metrics contradict one another")
	}
	f.ascent, f.descent = f.thousandths(signed(hhea[4:])), f.thousandths(signed(hhea[6:]))
	for i := range f.box {
		f.box[i] = f.thousandths(signed(head[36+2*i:]))
	}
	return f, f.findCmap()
}

// directory gives the tables of a font file by their tags.
func directory(b []byte) (map[string][]byte, error) {
	if len(b) < 12 || binary.BigEndian.Uint32(b) != 0x00010000 {
		return nil, errors.New("the font is not a TrueType font")
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(b[4:])) {
		rec := 12 + 16*i
		if rec+16 > len(b) {
			return nil, errors.New("the font's table directory is cut short")
		}
		at, n := int(binary.BigEndian.Uint32(b[rec+8:])), int(binary.BigEndian.Uint32(b[rec+12:]))
		if at+n > len(b) {
			return nil, fmt.Errorf("the font's table %q leaves the file", b[rec:rec+4])
		}
		tables[string(b[rec:rec+4])] = b[at : at+n]
	}
	return tables, nil
}

func signed(b []byte) int { return int(int16(binary.BigEndian.Uint16(b))) }

func (f *typeface) thousandths(v int) int { return v * 1000 / f.unitsPerEm }

// findCmap takes the subtable of all Unicode characters, format 12.
func (f *typeface) findCmap() error {
	cmap := f.tables["cmap"]
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		rec := 4 + 8*i
		if rec+8 > len(cmap) {
			break
		}
		at := int(binary.BigEndian.Uint32(cmap[rec+4:]))
		if at+16 > len(cmap) || binary.BigEndian.Uint16(cmap[at:]) != 12 {
			continue
		}
		n := int(binary.BigEndian.Uint32(cmap[at+12:]))
		if at+16+12*n > len(cmap) {
			continue
		}
		f.groups = cmap[at+16 : at+16+12*n]
		return nil
	}
	return errors.New("the font has no character map of all Unicode (cmap format 12)")
}

// glyph is the glyph of a character; 0 when the font has none.
func (f *typeface) glyph(r rune) int {
	u32 := binary.BigEndian.Uint32
	lo, hi := 0, len(f.groups)/12
	for lo < hi {
		mid := (lo + hi) / 2
		g := f.groups[12*mid:]
		switch {
		case uint32(r) < u32(g):
			hi = mid
		case uint32(r) > u32(g[4:]):
			lo = mid + 1
		default:
			if n := int(u32(g[8:]) + uint32(r) - u32(g)); n < f.glyphs {
				return n
			}
			return 0
		}
	}
	return 0
}

// width is the advance width of a glyph.
func (f *typeface) width(glyph int) int {
	i := min(glyph, f.metrics-1)
	return f.thousandths(int(binary.BigEndian.Uint16(f.tables["hmtx"][4*i:])))
}

// outline is the glyf entry of a glyph; empty for a blank.
func (f *typeface) outline(glyph int) []byte {
	loca := f.tables["loca"]
	at := func(i int) int {
		if f.longLoca {
			if 4*i+4 > len(loca) {
				return 0
			}
			return int(binary.BigEndian.Uint32(loca[4*i:]))
		}
		if 2*i+2 > len(loca) {
			return 0
		}
		return 2 * int(binary.BigEndian.Uint16(loca[2*i:]))
	}
	from, to := at(glyph), at(glyph+1)
	if from >= to || to > len(f.tables["glyf"]) {
		return nil
	}
	return f.tables["glyf"][from:to]
}

// subset makes a font of these glyphs in this order, glyph 0 first. The font in
// use builds no glyph out of others; one that does is refused, not misdrawn.
func (f *typeface) subset(glyphs []int) ([]byte, error) {
	var glyf, loca, hmtx []byte
	for _, g := range glyphs {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		outline := f.outline(g)
		if len(outline) >= 2 && signed(outline) < 0 {
			return nil, fmt.Errorf("glyph %d of the font is made of other glyphs, which is not supported", g)
		}
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = append(hmtx, f.metric(g)...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(f.tables["head"]), slices.Clone(f.tables["hhea"]), slices.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment, not used in a PDF
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(glyphs)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(glyphs)))
	tables := map[string][]byte{"glyf": glyf, "head": head, "hhea": hhea, "hmtx": hmtx, "loca": loca, "maxp": maxp}
	for _, name := range []string{"cvt ", "fpgm", "prep"} {
		if t := f.tables[name]; len(t) > 0 {
			tables[name] = t
		}
	}
	return assemble(tables), nil
}

// metric is the advance width and left side bearing of a glyph.
func (f *typeface) metric(glyph int) []byte {
	hmtx := f.tables["hmtx"]
	if glyph < f.metrics {
		return hmtx[4*glyph : 4*glyph+4]
	}
	out := slices.Clone(hmtx[4*(f.metrics-1) : 4*(f.metrics-1)+2])
	if at := 4*f.metrics + 2*(glyph-f.metrics); at+2 <= len(hmtx) {
		return append(out, hmtx[at:at+2]...)
	}
	return append(out, 0, 0)
}

// assemble writes the offset table and the tables in the order of their names.
func assemble(tables map[string][]byte) []byte {
	var names []string
	for n := range tables {
		names = append(names, n)
	}
	slices.Sort(names)
	be := binary.BigEndian
	power, log := 1, 0
	for power*2 <= len(names) {
		power, log = power*2, log+1
	}
	out := be.AppendUint32(nil, 0x00010000)
	for _, v := range []int{len(names), power * 16, log, (len(names) - power) * 16} {
		out = be.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*len(names)
	for _, n := range names {
		t := tables[n]
		out = append(out, n...)
		for _, v := range []uint32{checksum(t), uint32(at), uint32(len(t))} {
			out = be.AppendUint32(out, v)
		}
		at += (len(t) + 3) / 4 * 4
	}
	for _, n := range names {
		out = append(out, tables[n]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(t []byte) (sum uint32) {
	for i, b := range t {
		sum += uint32(b) << (24 - 8*(i%4))
	}
	return sum
}
