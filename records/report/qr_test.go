package report

import (
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

func TestTheCodeOnEveryPrintedPageNamesDocumentVersionAndHash(t *testing.T) {
	bin, err := exec.LookPath("pdftoppm")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftoppm is missing: install poppler-utils")
		}
		t.Skip("pdftoppm is missing: install poppler-utils")
	}
	d := document(t)
	d.Document.FindingText[0].Text = strings.Repeat("两肺纹理清晰。", 600)
	dir := t.TempDir()
	file := filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(file, printed(t, d, Options{}), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(bin, "-r", "150", "-png", "-gray", file, filepath.Join(dir, "page")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "page*.png"))
	if err != nil || len(pages) < 2 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		in, err := os.Open(page)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		bits, err := gozxing.NewBinaryBitmapFromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		read, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]interface{}{gozxing.DecodeHintType_TRY_HARDER: true})
		if err != nil {
			t.Fatalf("%s: no code can be read: %v", filepath.Base(page), err)
		}
		want := "longying:report?id=" + d.Document.DocumentID + "&version=1&sha256=" + d.SHA256
		if read.GetText() != want {
			t.Errorf("%s says %q, not %q", filepath.Base(page), read.GetText(), want)
		}
	}
}
