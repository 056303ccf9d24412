package report

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"io"
	"time"
	"unicode/utf16"

	"golang.org/x/image/draw"
)

// A4 in points.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
)

// pdfFile collects pages and writes them as PDF 1.7 with one embedded subset
// font. Coordinates are points from the top left corner.
type pdfFile struct {
	face    *typeface
	pages   []*bytes.Buffer // content streams
	images  []*pdfImage
	order   []int        // glyphs by CID
	runes   []rune       // characters by CID; two that share a glyph keep their own
	cid     map[rune]int // CID by character
	lacking func(rune)
}

type pdfImage struct {
	width, height int
	grey          bool
	pixels        []byte // compressed
}

func newPDFFile(font []byte, lacking func(rune)) (*pdfFile, error) {
	face, err := parseTypeface(font)
	if err != nil {
		return nil, err
	}
	return &pdfFile{face: face, order: []int{0}, runes: []rune{0}, cid: map[rune]int{}, lacking: lacking}, nil
}

func (p *pdfFile) addPage() { p.pages = append(p.pages, &bytes.Buffer{}) }

func (p *pdfFile) page() *bytes.Buffer { return p.pages[len(p.pages)-1] }

// printable replaces what the font cannot show: a tab by a space, an invisible
// control or format character by nothing, a character without a glyph by □ and
// its number.
func (p *pdfFile) printable(s string) string {
	var out []rune
	for _, r := range s {
		switch {
		case r == '\n':
			out = append(out, r)
		case r == '\t' || r == 0xa0 || r == 0x3000 && p.face.glyph(r) == 0:
			out = append(out, ' ')
		case r < 0x20 || r == 0x7f || r == 0xfeff || r >= 0x200b && r <= 0x200f:
		case p.face.glyph(r) == 0:
			if p.lacking != nil {
				p.lacking(r)
			}
			out = append(out, []rune(fmt.Sprintf("□[U+%04X]", r))...)
		default:
			out = append(out, r)
		}
	}
	return string(out)
}

// width is the width of a text in points.
func (p *pdfFile) width(s string, size float64) float64 {
	w := 0
	for _, r := range s {
		w += p.face.width(p.face.glyph(r))
	}
	return float64(w) * size / 1000
}

// encode gives the CIDs of a text as a hex string and takes note of its glyphs.
func (p *pdfFile) encode(s string) string {
	var out bytes.Buffer
	for _, r := range s {
		c, ok := p.cid[r]
		if !ok {
			c = len(p.order)
			p.cid[r], p.order, p.runes = c, append(p.order, p.face.glyph(r)), append(p.runes, r)
		}
		fmt.Fprintf(&out, "%04X", c)
	}
	return out.String()
}

// text writes one line with its baseline at y.
func (p *pdfFile) text(w io.Writer, x, y, size float64, c color.RGBA, s string) {
	if s == "" {
		return
	}
	fmt.Fprintf(w, "BT %s rg /F1 %.2f Tf %.2f %.2f Td <%s> Tj ET\n", rgb(c), size, x, pageHeight-y, p.encode(s))
}

// slanted writes a text from a point upwards at 45 degrees.
func (p *pdfFile) slanted(w io.Writer, x, y, size float64, c color.RGBA, s string) {
	fmt.Fprintf(w, "BT %s rg /F1 %.2f Tf 0.7071 0.7071 -0.7071 0.7071 %.2f %.2f Tm <%s> Tj ET\n", rgb(c), size, x, pageHeight-y, p.encode(s))
}

func (p *pdfFile) line(w io.Writer, x0, y0, x1, y1, width float64, c color.RGBA) {
	fmt.Fprintf(w, "%s RG %.2f w %.2f %.2f m %.2f %.2f l S\n", rgb(c), width, x0, pageHeight-y0, x1, pageHeight-y1)
}

func (p *pdfFile) frame(w io.Writer, x, y, width, height, line float64, c color.RGBA) {
	fmt.Fprintf(w, "%s RG %.2f w %.2f %.2f %.2f %.2f re S\n", rgb(c), line, x, pageHeight-y-height, width, height)
}

func rgb(c color.RGBA) string {
	return fmt.Sprintf("%.3f %.3f %.3f", float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
}

// addImage keeps a picture, made smaller where it has more pixels than a
// printed page can show, and gives its number.
func (p *pdfFile) addImage(src image.Image) (int, error) {
	const most = 1400
	b := src.Bounds()
	if b.Empty() {
		return 0, fmt.Errorf("a key image is empty")
	}
	w, h := b.Dx(), b.Dy()
	if longest := max(w, h); longest > most {
		w, h = max(1, w*most/longest), max(1, h*most/longest)
	}
	out := &pdfImage{width: w, height: h}
	area := image.Rect(0, 0, w, h)
	var raw []byte
	switch src.ColorModel() {
	case color.GrayModel, color.Gray16Model:
		dst := image.NewGray(area)
		draw.CatmullRom.Scale(dst, area, src, b, draw.Src, nil)
		out.grey, raw = true, dst.Pix
	default:
		dst := image.NewRGBA(area)
		draw.Draw(dst, area, image.White, image.Point{}, draw.Src)
		draw.CatmullRom.Scale(dst, area, src, b, draw.Over, nil)
		for i := 0; i < len(dst.Pix); i += 4 {
			raw = append(raw, dst.Pix[i:i+3]...)
		}
	}
	var err error
	if out.pixels, err = deflate(raw); err != nil {
		return 0, err
	}
	p.images = append(p.images, out)
	return len(p.images), nil
}

func (p *pdfFile) image(w io.Writer, number int, x, y, width, height float64) {
	fmt.Fprintf(w, "q %.2f 0 0 %.2f %.2f %.2f cm /I%d Do Q\n", width, height, x, pageHeight-y-height, number)
}

func deflate(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// write writes the file: catalog, page tree, font, images, pages.
func (p *pdfFile) write(w io.Writer, title, producer string, at time.Time) error {
	var out bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&out, format, args...)
		out.WriteString("\nendobj\n")
	}
	stream := func(dict string, body []byte) {
		object("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(body), body)
	}
	font, err := p.face.subset(p.order)
	if err != nil {
		return err
	}
	packed, err := deflate(font)
	if err != nil {
		return err
	}
	cmap, err := deflate(p.toUnicode())
	if err != nil {
		return err
	}
	const fixed = 8 // objects before the images
	firstPage := fixed + len(p.images) + 1
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>>>")
	kids := ""
	for i := range p.pages {
		kids += fmt.Sprintf("%d 0 R ", firstPage+2*i)
	}
	object("<</Type/Pages/Kids[%s]/Count %d>>", kids, len(p.pages))
	stamp := at.Format("20060102150405-07'00'")
	object("<</Title %s/Producer %s/CreationDate(D:%s)/ModDate(D:%s)>>", textString(title), textString(producer), stamp, stamp)
	name := subsetTag(font) + "+NotoSansSC-Regular"
	object("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[5 0 R]/ToUnicode 8 0 R>>", name)
	object("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 6 0 R/CIDToGIDMap/Identity/DW 1000/W[0[%s]]>>", name, p.widths())
	object("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight 733/StemV 80/FontFile2 7 0 R>>",
		name, p.face.box[0], p.face.box[1], p.face.box[2], p.face.box[3], p.face.ascent, p.face.descent)
	stream(fmt.Sprintf("/Filter/FlateDecode/Length1 %d", len(font)), packed)
	stream("/Filter/FlateDecode", cmap)
	xobjects := ""
	for i, m := range p.images {
		space := "DeviceRGB"
		if m.grey {
			space = "DeviceGray"
		}
		xobjects += fmt.Sprintf("/I%d %d 0 R", i+1, fixed+i+1)
		stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent 8/Filter/FlateDecode", m.width, m.height, space), m.pixels)
	}
	for i, content := range p.pages {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Resources<</Font<</F1 4 0 R>>/XObject<<%s>>>>/Contents %d 0 R>>",
			pageWidth, pageHeight, xobjects, firstPage+2*i+1)
		body, err := deflate(content.Bytes())
		if err != nil {
			return err
		}
		stream("/Filter/FlateDecode", body)
	}
	id := sha256.Sum256(out.Bytes())
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R/Info 3 0 R/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, id[:16], id[:16], xref)
	_, err = w.Write(out.Bytes())
	return err
}

func (p *pdfFile) widths() string {
	s := ""
	for _, g := range p.order {
		s += fmt.Sprintf("%d ", p.face.width(g))
	}
	return s
}

// subsetTag is the tag of six letters that ISO 32000-1 9.6.4 asks for.
func subsetTag(font []byte) string {
	sum := sha256.Sum256(font)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// toUnicode maps CIDs back to characters (9.10.3), in UTF-16, so that text is
// found and copied, supplementary characters too.
func (p *pdfFile) toUnicode() []byte {
	var out bytes.Buffer
	out.WriteString("/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n" +
		"1 begincodespacerange<0000><FFFF>endcodespacerange\n")
	for from := 1; from < len(p.order); from += 100 {
		to := min(from+100, len(p.order))
		fmt.Fprintf(&out, "%d beginbfchar\n", to-from)
		for c := from; c < to; c++ {
			fmt.Fprintf(&out, "<%04X><%s>\n", c, utf16Hex(string(p.runes[c])))
		}
		out.WriteString("endbfchar\n")
	}
	out.WriteString("endcmap CMapName currentdict/CMap defineresource pop end end")
	return out.Bytes()
}

func utf16Hex(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return hex.EncodeToString(b)
}

// textString is a PDF text string, 7.9.2.2.
func textString(s string) string { return "<FEFF" + utf16Hex(s) + ">" }
