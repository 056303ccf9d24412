package consult

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
	"longying/records/report"
)

// openedPack is a pack with its pictures decoded; its file stays open, because the
// objects are read out of it.
type openedPack struct {
	*consult.Pack
	pictures []image.Image
	file     *os.File
}

// closePack forgets the open pack.
func (r *room) closePack() {
	if r.pack != nil {
		r.pack.file.Close() // only read: nothing is lost
	}
	r.pack = nil
}

// openPackPage asks for a pack's file and passphrase.
func (r *room) openPackPage() {
	l := r.ws.Lang
	title := heading(l.T("consult.open_pack"))
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	r.page.Add(wrapped(l.T("consult.open_note"), widget.LowImportance))
	r.page.Add(r.field("consult.path", r.file(r.opening.path, "consult.open_pack")))
	r.page.Add(r.field("consult.passphrase", r.opening.passphrase))
	for _, e := range []*workspace.Entry{r.opening.path, r.opening.passphrase} {
		e.OnSubmitted = func(string) { r.openPack() }
	}
	r.page.Add(container.NewHBox(strong(l.T("consult.button_open"), theme.FolderOpenIcon(), r.openPack),
		widget.NewButton(l.T("consult.button_back"), func() { r.show(showConsult) })))
}

func (r *room) openPack() {
	if r.busy {
		return
	}
	r.busy = true
	user, path, passphrase := r.ws.User(), strings.TrimSpace(r.opening.path.Text), r.opening.passphrase.Text
	r.problem.SetText("")
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.unpacking") }, func(ctx context.Context, progress func(done, total int)) func() {
		p, err := readPack(ctx, path, passphrase, progress)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err)
				r.ifReply(err, path, passphrase)
				return
			}
			r.opening.passphrase.SetText("")
			r.closePack()
			r.pack = p
			r.answer.clear()
			r.answer.name.SetText(user.Name)
			r.show(showPack)
		}
	})
}

// ifReply lays a file that turned out to be a reply where one is merged: with the
// consult that is open, by its lead. Nothing is merged until they say so.
func (r *room) ifReply(err error, path, passphrase string) {
	var refused *records.RefusedError
	if !errors.As(err, &refused) || refused.Code != "pack_reply" {
		return
	}
	r.opening.path.SetText("")
	r.opening.passphrase.SetText("")
	r.show(showConsult)
	r.flow.replyPath.SetText(path)
	r.flow.replyPass.SetText(passphrase)
	r.toField(pageMeet, r.flow.replyPass)
	r.problem.Say("consult.is_reply")
}

func readPack(ctx context.Context, path, passphrase string, progress func(done, total int)) (_ *openedPack, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	p, err := consult.OpenPack(ctx, f, passphrase, progress)
	if err != nil {
		return nil, err
	}
	out := &openedPack{Pack: p, file: f}
	for _, img := range p.Images {
		picture, err := png.Decode(bytes.NewReader(img.PNG))
		if err != nil {
			return nil, err
		}
		out.pictures = append(out.pictures, picture)
	}
	return out, nil
}

// packPage shows a pack from a file; nothing in it can be changed, and nothing of it
// enters the record but the images, where somebody asks for them.
func (r *room) packPage() {
	l, p := r.ws.Lang, r.pack
	if p == nil {
		return
	}
	title := heading(p.Consult.Title)
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	r.page.Add(wrapped(l.T("consult.read_only", p.PackedBy, p.PackedAt.In(imaging.Zone()).Format("2006-01-02 15:04")), widget.WarningImportance))
	if p.DeIdentified {
		r.page.Add(tight(wrapped(l.T("consult.is_deidentified", p.Patient.Name, p.Age), widget.WarningImportance)))
	}
	buttons := r.packToolbar()
	r.page.Add(buttons)
	r.page.Add(workspace.NewText(r.ws, consult.MinutesIn(&p.Consult, &p.Patient, l.Short()), widget.MediumImportance))
	if n := Dissents(p.Consult); n > 0 {
		r.page.Add(tight(wrapped(l.T("consult.dissents", n), widget.WarningImportance)))
		for _, o := range p.Consult.Opinions {
			if o.Dissent {
				r.page.Add(opinion(l, &p.Consult, o))
			}
		}
	}
	whole := false
	if len(p.Studies) > 0 {
		r.section("consult.pack_studies", len(p.Studies))
		for _, st := range p.Studies {
			whole = whole || st.Whole()
			r.page.Add(tight(wrapped(l.T("consult.pack_study", st.Title, st.Has, st.Stored), widget.MediumImportance)))
		}
		if !whole {
			r.page.Add(tight(wrapped(l.T("consult.pack_partial"), widget.LowImportance)))
		}
	}
	if whole && records.Require(r.ws.User(), records.RightImport) == nil {
		buttons.Add(strong(l.T("consult.button_take"), theme.DownloadIcon(), r.takeImages))
		r.page.Add(tight(wrapped(l.T("consult.take_note"), widget.LowImportance)))
	}
	r.section("consult.pack_images", len(p.Images))
	for i, img := range p.Images {
		r.page.Add(tight(wrapped(r.caption(img), widget.MediumImportance)))
		r.page.Add(packedPicture(p.pictures[i], img.Edges))
	}
	if len(p.Images) == 0 {
		r.page.Add(tight(wrapped(l.T("consult.present_none"), widget.LowImportance)))
	}
	r.section("consult.pack_documents", len(p.Documents)+len(p.Reports))
	newest := Newest(p.Documents)
	for _, d := range p.Documents {
		weight := widget.MediumImportance
		if v := newest[d.Document.DocumentID]; v > d.Document.Version {
			weight = widget.LowImportance
			r.page.Add(tight(wrapped(l.T("consult.pack_corrected", d.Document.ID, v), widget.WarningImportance)))
		}
		r.page.Add(wrapped(l.T("consult.pack_document", d.Document.ID, records.Join(d.Document.FindingText), records.Join(d.Document.Impression), d.SHA256), weight))
	}
	for _, d := range p.Reports {
		r.page.Add(wrapped(l.T("consult.pack_report", day(d.Date), d.Findings, d.Impression), widget.MediumImportance))
	}
	if len(p.Left) > 0 {
		r.section("consult.pack_left", len(p.Left))
		r.leftOut(p.Left)
	}
	r.answerSection()
}

// Newest is the latest version there is of each document, by its id: an earlier one
// is no longer what its author says.
func Newest(docs []records.SignedDocument) map[string]int {
	out := map[string]int{}
	for _, d := range docs {
		out[d.Document.DocumentID] = max(out[d.Document.DocumentID], d.Document.Version)
	}
	return out
}

// caption says what a picture shows, and of a slide its scale.
func (r *room) caption(img consult.PackedImage) string {
	l := r.ws.Lang
	out := img.Title
	for _, s := range img.Said {
		if strings.Contains(out, s) {
			continue
		}
		for _, f := range r.pack.Findings { // in the reader's language
			if f.Label.Zh == s {
				s = f.Label.In(l.Short())
				break
			}
		}
		out += " · " + s
	}
	switch {
	case img.Slide && img.Micrometres > 0:
		out += " · " + l.T("consult.scale", strconv.FormatFloat(img.Micrometres, 'g', 3, 64))
	case img.Slide:
		out += " · " + l.T("consult.no_scale")
	case img.Edges == [4]string{}:
		out += " · " + l.T("consult.no_edges")
	}
	if s := report.ViewWords(img.View, l.Short()); s != "" {
		out += " · " + s
	}
	return out
}

// takeKey takes the images of the pack that is shown.
func (r *room) takeKey() {
	if r.view == showPack {
		r.takeImages()
	}
}

// takeImages imports the whole studies of the pack and opens the first.
func (r *room) takeImages() {
	if r.busy || r.pack == nil {
		return
	}
	r.busy = true
	r.problem.SetText("")
	user, p := r.ws.User(), r.pack
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.taking") }, func(ctx context.Context, progress func(done, total int)) func() {
		studies, err := r.ws.Consult.TakeImages(ctx, user, p.Pack, progress)
		return func() {
			r.busy = false
			if len(studies) > 0 {
				workspace.Publish(r.ws, workspace.StudiesChanged{})
			}
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.ws.OpenStudy(studies[0], func(err error) { r.problem.Explain(err) })
		}
	})
}

// packedPicture is a picture in its own proportions with the letters of its edges,
// as the viewer has them.
func packedPicture(picture image.Image, edges [4]string) fyne.CanvasObject {
	const side = 420
	o := canvas.NewImageFromImage(picture)
	o.FillMode = canvas.ImageFillStretch
	size := picture.Bounds().Size()
	k := min(side/float32(size.Y), 2*side/float32(size.X))
	o.SetMinSize(fyne.NewSize(float32(size.X)*k, float32(size.Y)*k))
	letter := func(s string) fyne.CanvasObject {
		t := canvas.NewText(s, look.InChrome(look.Cyan()))
		t.TextStyle.Bold = true
		return container.NewCenter(t)
	}
	framed := container.New(layout.NewBorderLayout(nil, nil, nil, nil), o)
	return container.NewHBox(container.NewBorder(letter(edges[2]), letter(edges[3]), letter(edges[0]), letter(edges[1]), framed))
}
