package report

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"

	"longying/imaging"
	"longying/records"
)

// Options of a printed report.
type Options struct {
	Lang      string        // "zh" (default) or "en"
	KeyImages []image.Image // shown under the patient block
	Captions  []string      // of the key images, where there are any
	// Lacking is told each character that the font does not have; it is printed
	// as □ with its number.
	Lacking func(rune)
}

// Page geometry and sizes, in points.
const (
	marginX    = 48.0
	top        = 44.0
	textWidth  = pageWidth - 2*marginX
	bodySize   = 10.5
	bodyLine   = 17.5
	smallSize  = 8.5
	smallLine  = 13.0
	footSize   = 7.0
	footLine   = 10.0
	headSize   = 12.0
	imageGap   = 10.0
	imageMost  = 205.0 // height
	columnHead = 62.0  // width of a label in the patient block
)

// PDF prints a signed document on A4. The bytes depend on the document and the
// options alone; the creation date is the time of the signature.
func PDF(doc *records.SignedDocument, opt Options, w io.Writer) error {
	lang := opt.Lang
	if lang == "" {
		lang = "zh"
	}
	if lang != "zh" && lang != "en" {
		return fmt.Errorf("print report: language %q is not zh or en", lang)
	}
	if doc.SHA256 == "" {
		return fmt.Errorf("print report %s: it has no hash: only a signed document is printed", doc.Document.ID)
	}
	file, err := newPDFFile(Font(), opt.Lacking)
	if err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	words := wordsIn(lang)
	s := &sheet{pdfFile: file, doc: &doc.Document, words: words, lang: lang, letter: reportLetter(&doc.Document, words, lang), code: Code(doc)}
	s.footer([]string{
		assistance(s.doc, s.words, s.lang),
		fmt.Sprintf(s.words.document, s.doc.DocumentID, s.doc.Version),
		s.words.hashed + doc.SHA256,
	})
	s.newPage()
	s.facts(facts(s.doc, s.words, s.lang, imaging.Zone()))
	if err := s.pictures(opt.KeyImages, opt.Captions); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	s.section(s.words.findings, records.Join(s.doc.FindingText), bodySize, bodyLine)
	s.section(s.words.impression, records.Join(s.doc.Impression), bodySize, bodyLine)
	s.section(s.words.coded, structured(s.doc, lang), smallSize, smallLine)
	s.section(s.words.remarks, s.doc.Remarks, smallSize, smallLine)
	s.signatures(append(signers(s.doc, s.words), field{s.words.signed, s.doc.SignedAt.In(imaging.Zone()).Format("2006-01-02 15:04:05")}))
	if err := s.footers(); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	title := s.words.title + " " + s.doc.ID
	if err := file.write(w, title, "Longying", s.doc.SignedAt.In(imaging.Zone())); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return nil
}

// letter is what a sheet says at its top: whose paper it is and what.
type letter struct {
	sample       bool
	organization string
	title        string
	alerts       []string // below the title, in red
	patient      string   // on every page but the first
	subject      string   // there, before the patient
}

func reportLetter(d *records.Document, w words, lang string) letter {
	title := w.title
	if d.Organization.Department != "" && lang == "zh" {
		title = d.Organization.Department + " " + title
	}
	return letter{sample: d.Sample, organization: d.Organization.Name, title: title, subject: w.title, patient: d.Patient.Name,
		alerts: []string{amended(d, w), mismatch(d, w, lang)}}
}

// sheet lays a document out from top to bottom.
type sheet struct {
	*pdfFile
	doc    *records.Document // of a report
	letter letter
	code   string // what the QR code says
	words  words
	lang   string
	y      float64  // where the next thing begins
	foot   []string // on every page
	bottom float64  // where the footer begins
}

func black() color.RGBA  { return color.RGBA{0x11, 0x18, 0x1f, 0xff} }
func grey() color.RGBA   { return color.RGBA{0x5b, 0x66, 0x70, 0xff} }
func accent() color.RGBA { return color.RGBA{0x1f, 0x5f, 0x8b, 0xff} }
func pale() color.RGBA   { return color.RGBA{0xc8, 0xd0, 0xd6, 0xff} }
func warn() color.RGBA   { return color.RGBA{0xb0, 0x2a, 0x2a, 0xff} }

// say writes one line and gives its width.
func (s *sheet) say(x, baseline, size float64, c color.RGBA, text string) float64 {
	s.text(s.page(), x, baseline, size, c, text)
	return s.width(text, size)
}

func (s *sheet) lines(text string, width, size float64) []string {
	return wrap(s.printable(text), width, func(t string) float64 { return s.width(t, size) })
}

// newPage begins a page: the sample mark, the letterhead on the first, a short
// heading on those that follow.
func (s *sheet) newPage() {
	s.addPage()
	first := len(s.pages) == 1
	if s.letter.sample {
		mark := s.printable(s.words.sample)
		s.slanted(s.page(), 150, 620, 40, color.RGBA{0xf0, 0xe4, 0xe4, 0xff}, mark)
		w := s.width(mark, 9) + 12
		s.frame(s.page(), pageWidth-marginX-w, top-18, w, 16, 0.8, warn())
		s.say(pageWidth-marginX-w+6, top-6.5, 9, warn(), mark)
	}
	s.y = top
	if !first {
		head := s.printable(fmt.Sprintf("%s  %s  %s (%s)", s.letter.organization, s.letter.subject, s.letter.patient, s.words.continued))
		for _, l := range s.lines(head, textWidth, smallSize) {
			s.y += smallLine
			s.say(marginX, s.y, smallSize, grey(), l)
		}
		s.y += 6
		s.line(s.page(), marginX, s.y, pageWidth-marginX, s.y, 0.6, pale())
		s.y += 10
		return
	}
	for _, l := range s.lines(s.letter.organization, textWidth, 17) {
		s.y += 22
		s.say((pageWidth-s.width(l, 17))/2, s.y, 17, black(), l)
	}
	for _, l := range s.lines(s.letter.title, textWidth, 13) {
		s.y += 21
		s.say((pageWidth-s.width(l, 13))/2, s.y, 13, black(), l)
	}
	for _, a := range s.letter.alerts {
		if a == "" {
			continue
		}
		s.y += 4
		for _, l := range s.lines(a, textWidth, 9.5) {
			s.y += 14
			s.say((pageWidth-s.width(l, 9.5))/2, s.y, 9.5, warn(), l)
		}
	}
	s.y += 10
	s.line(s.page(), marginX, s.y, pageWidth-marginX, s.y, 1.2, accent())
	s.y += 4
}

// room begins a new page unless height fits on this one.
func (s *sheet) room(height float64) {
	if s.y+height > s.bottom {
		s.newPage()
	}
}

// facts is a block of facts, three in a row; the last has a row to itself.
func (s *sheet) facts(all []field) {
	rows := [][]field{}
	for len(all) > 1 {
		n := min(3, len(all)-1)
		rows, all = append(rows, all[:n]), all[n:]
	}
	rows = append(rows, all)
	column := textWidth / 3
	for _, row := range rows {
		width := column - columnHead - 8
		if len(row) == 1 {
			width = textWidth - columnHead - 8
		}
		var cells [][]string
		most := 1
		for _, f := range row {
			c := s.lines(f.value, width, 10)
			cells, most = append(cells, c), max(most, len(c))
		}
		s.room(float64(most) * 16)
		for i, f := range row {
			x := marginX + float64(i)*column
			s.say(x, s.y+14, 9, grey(), s.printable(f.name))
			for j, l := range cells[i] {
				s.say(x+columnHead, s.y+14+16*float64(j), 10, black(), l)
			}
		}
		s.y += 16 * float64(most)
	}
	s.y += 8
	s.line(s.page(), marginX, s.y, pageWidth-marginX, s.y, 0.6, pale())
	s.y += 6
}

// pictures shows the key images two in a row, one alone in the middle.
func (s *sheet) pictures(images []image.Image, captions []string) error {
	for from := 0; from < len(images); from += 2 {
		row := images[from:min(from+2, len(images))]
		slot := (textWidth - imageGap) / 2
		type placed struct {
			number        int
			width, height float64
			caption       []string
		}
		var ready []placed
		tallest, lines := 0.0, 0
		for i, img := range row {
			n, err := s.addImage(img)
			if err != nil {
				return err
			}
			b := img.Bounds()
			scale := min(slot/float64(b.Dx()), imageMost/float64(b.Dy()))
			p := placed{number: n, width: float64(b.Dx()) * scale, height: float64(b.Dy()) * scale}
			if k := from + i; k < len(captions) && captions[k] != "" {
				p.caption = s.lines(captions[k], slot, smallSize)
			}
			ready, tallest, lines = append(ready, p), max(tallest, p.height), max(lines, len(p.caption))
		}
		s.room(tallest + float64(lines)*smallLine + 14)
		s.y += 6
		for i, p := range ready {
			middle := pageWidth / 2
			if len(ready) == 2 {
				middle = marginX + slot/2 + float64(i)*(slot+imageGap)
			}
			s.image(s.page(), p.number, middle-p.width/2, s.y+(tallest-p.height)/2, p.width, p.height)
			for j, l := range p.caption {
				s.say(middle-s.width(l, smallSize)/2, s.y+tallest+smallLine*float64(j+1)-2, smallSize, grey(), l)
			}
		}
		s.y += tallest + float64(lines)*smallLine + 8
	}
	return nil
}

// section is a heading with its text, which flows over as many pages as it
// needs. The heading never stands alone at the foot of a page.
func (s *sheet) section(name, text string, size, leading float64) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	lines := s.lines(text, textWidth-10, size)
	s.room(headSize + 14 + leading*float64(min(2, len(lines))))
	s.y += headSize + 8
	s.line(s.page(), marginX+1.5, s.y-headSize+1, marginX+1.5, s.y+2, 3, accent())
	s.say(marginX+10, s.y, headSize, black(), s.printable(name))
	s.y += 6
	for _, l := range lines {
		s.room(leading)
		s.say(marginX+10, s.y+leading-4, size, black(), l)
		s.y += leading
	}
	s.y += 4
}

// signatures names the doctors and the time, together on one page.
func (s *sheet) signatures(fields []field) {
	width := textWidth/2 - columnHead - 8
	rows := (len(fields) + 1) / 2
	cells := make([][]string, len(fields))
	heights := make([]float64, rows)
	total := 24.0
	for i, f := range fields {
		cells[i] = s.lines(f.value, width, bodySize)
		heights[i/2] = max(heights[i/2], 18*float64(len(cells[i])))
	}
	for _, h := range heights {
		total += h
	}
	s.room(total)
	s.y += 14
	s.line(s.page(), marginX, s.y, pageWidth-marginX, s.y, 0.6, pale())
	s.y += 4
	for i, f := range fields {
		x := marginX + float64(i%2)*textWidth/2
		s.say(x, s.y+14, 9.5, grey(), s.printable(f.name))
		for j, l := range cells[i] {
			s.say(x+columnHead, s.y+14+18*float64(j), bodySize, black(), l)
		}
		if i%2 == 1 || i == len(fields)-1 {
			s.y += heights[i/2]
		}
	}
}

// footer is what stands at the foot of every page: what assisted, the document
// and its hash. The text area ends above it.
func (s *sheet) footer(texts []string) {
	for _, text := range texts {
		s.foot = append(s.foot, s.lines(text, textWidth-qrSide-6, footSize)...)
	}
	s.bottom = pageHeight - 50 - max(footLine*float64(len(s.foot)), qrSide-16)
}

// footers goes over all pages, now that their number is known.
func (s *sheet) footers() error {
	for i, page := range s.pages {
		y := s.bottom + 6
		s.line(page, marginX, y, pageWidth-marginX, y, 0.6, pale())
		for _, l := range s.foot {
			y += footLine
			s.text(page, marginX, y, footSize, grey(), l)
		}
		if err := s.qr(page, pageWidth-marginX-qrSide+4, s.bottom+8, qrSide, s.code); err != nil {
			return err
		}
		number := s.printable(fmt.Sprintf(s.words.page, i+1, len(s.pages)))
		s.text(page, (pageWidth-s.width(number, 8.5))/2, pageHeight-22, 8.5, black(), number)
	}
	return nil
}
