package report

import (
	"fmt"
	"image/color"
	"io"

	"github.com/skip2/go-qrcode"

	"longying/records"
)

// qrSide is the side of the code with its quiet zone, in points: at 41 to 49
// modules a module is 0.45 mm, which a telephone reads from paper.
const qrSide = 62.0

// Code is what the QR code on a printed report says: which document it is, in
// which version, and its hash, so that paper can be held against the record.
func Code(doc *records.SignedDocument) string {
	return fmt.Sprintf("longying:report?id=%s&version=%d&sha256=%s", doc.Document.DocumentID, doc.Document.Version, doc.SHA256)
}

// qr draws a code with its upper left corner at (x, y): black squares on the
// paper, runs of one row as one.
func (p *pdfFile) qr(w io.Writer, x, y, side float64, content string) error {
	code, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return fmt.Errorf("the QR code of the report cannot be made: %w", err)
	}
	modules := code.Bitmap() // with a quiet zone of four
	step := side / float64(len(modules))
	fmt.Fprintf(w, "%s rg\n", rgb(color.RGBA{A: 255}))
	for row, line := range modules {
		for from := 0; from < len(line); from++ {
			if !line[from] {
				continue
			}
			to := from
			for to < len(line) && line[to] {
				to++
			}
			fmt.Fprintf(w, "%.3f %.3f %.3f %.3f re\n", x+float64(from)*step, pageHeight-y-float64(row+1)*step, float64(to-from)*step, step)
			from = to
		}
	}
	fmt.Fprint(w, "f\n")
	return nil
}
