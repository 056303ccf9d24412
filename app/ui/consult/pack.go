package consult

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

// PackExtension is the file name ending of a consult pack.
const PackExtension = ".lymdt"

// packSection writes the consult into one sealed file.
func (r *room) packSection() {
	l := r.ws.Lang
	r.section("consult.pack")
	r.page.Add(tight(wrapped(l.T("consult.pack_note"), widget.LowImportance)))
	r.packing.passphrase.OnSubmitted = func(string) { r.writePack() }
	write := widget.NewButtonWithIcon(l.T("consult.button_pack"), theme.DocumentSaveIcon(), r.writePack)
	r.page.Add(container.NewGridWithColumns(2, r.packing.path, container.NewBorder(nil, nil, nil, write, r.packing.passphrase)))
	if r.packing.done != "" {
		r.page.Add(tight(wrapped(r.packing.done, widget.SuccessImportance)))
	}
}

func (r *room) writePack() {
	if r.current == nil || r.busy {
		return
	}
	path := strings.TrimSpace(r.packing.path.Text)
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = "."
		}
		path = filepath.Join(home, r.current.ID+PackExtension)
		r.packing.path.SetText(path)
	}
	r.busy, r.packing.done = true, ""
	r.problem.SetText("")
	user, id, passphrase := r.ws.User(), r.current.ID, r.packing.passphrase.Text
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.packing") }, func(ctx context.Context, _ func(done, total int)) func() {
		err := writeWhole(path, func(w io.Writer) error { return r.ws.Consult.WritePack(ctx, user, id, passphrase, w) })
		return func() {
			r.busy = false
			if err != nil {
				r.problem.SetText(r.ws.Explain(err)) // stands above the page, whatever is scrolled to
				return
			}
			r.packing.passphrase.SetText("")
			r.packing.done = r.ws.Lang.T("consult.packed", path)
			r.render()
			r.scroll.ScrollToBottom() // where it says so
		}
	})
}

// writeWhole writes a file as a whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		// Only the half-written file goes; the error that matters is err.
		_ = os.Remove(path + ".part")
		return err
	}
	return os.Rename(path+".part", path)
}

// openPackPage asks for a pack's file and passphrase.
func (r *room) openPackPage() {
	l := r.ws.Lang
	title := heading(l.T("consult.open_pack"))
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	r.page.Add(wrapped(l.T("consult.open_note"), widget.LowImportance))
	r.page.Add(r.field("consult.path", r.opening.path))
	r.page.Add(r.field("consult.passphrase", r.opening.passphrase))
	r.opening.passphrase.OnSubmitted = func(string) { r.openPack() }
	r.page.Add(container.NewHBox(strong(l.T("consult.button_open"), theme.FolderOpenIcon(), r.openPack),
		widget.NewButton(l.T("consult.button_back"), func() { r.show(showConsult) })))
}

func (r *room) openPack() {
	if r.busy {
		return
	}
	r.busy = true
	path, passphrase := strings.TrimSpace(r.opening.path.Text), r.opening.passphrase.Text
	r.problem.SetText("")
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.unpacking") }, func(context.Context, func(done, total int)) func() {
		p, err := readPack(path, passphrase)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.opening.passphrase.SetText("")
			r.pack = p
			r.show(showPack)
		}
	})
}

func readPack(path, passphrase string) (*consult.Pack, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return consult.OpenPack(f, passphrase)
}

// packPage shows a pack from a file; nothing in it can be changed, and nothing
// of it enters the record.
func (r *room) packPage() {
	l, p := r.ws.Lang, r.pack
	if p == nil {
		return
	}
	title := heading(p.Consult.Title)
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	r.page.Add(wrapped(l.T("consult.read_only", p.PackedBy, p.PackedAt.In(imaging.Zone()).Format("2006-01-02 15:04")), widget.WarningImportance))
	r.page.Add(container.NewHBox(widget.NewButton(l.T("consult.button_close_pack"), func() {
		r.pack = nil
		r.show(showConsult)
	})))
	minutes := wrapped(consult.Minutes(&p.Consult, &p.Patient), widget.MediumImportance)
	minutes.Selectable = true
	r.page.Add(minutes)
	for _, o := range p.Consult.Opinions {
		if o.Dissent {
			r.page.Add(opinion(l, o))
		}
	}
	r.section("consult.pack_images", len(p.Images))
	for _, img := range p.Images {
		r.page.Add(tight(wrapped(img.Title, widget.MediumImportance)))
		if o := keyImage(img.PNG); o != nil {
			r.page.Add(o)
		}
	}
	r.section("consult.pack_documents", len(p.Documents))
	for _, d := range p.Documents {
		r.page.Add(wrapped(l.T("consult.pack_document", d.Document.ID, records.Join(d.Document.FindingText), records.Join(d.Document.Impression), d.Document.Author.Name), widget.MediumImportance))
	}
}

// keyImage is a packed picture, shown in its own proportions.
func keyImage(data []byte) fyne.CanvasObject {
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil // OpenPack has compared its hash: it is what was packed
	}
	o := canvas.NewImageFromImage(decoded)
	o.FillMode = canvas.ImageFillContain
	o.ScaleMode = canvas.ImageScalePixels
	o.SetMinSize(fyne.NewSize(320, 320))
	return o
}
