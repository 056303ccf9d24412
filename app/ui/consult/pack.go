package consult

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// PackExtension is the file name ending of a consult pack.
const PackExtension = ".lymdt"

// packForm is what a pack is to hold, and where it goes. Nothing is written before
// its estimate was shown, and nothing without identity before its texts were
// confirmed.
type packForm struct {
	path, passphrase *workspace.Entry
	objects          consult.ObjectChoice
	deidentified     bool
	looked           bool
	confirmed        bool
	plan             *consult.PackPlan
	texts            map[string]*workspace.Entry // by PackText.Key
	done             string
}

func newPackForm(path, passphrase *workspace.Entry) packForm {
	return packForm{path: path, passphrase: passphrase, objects: consult.ObjectsKey, texts: map[string]*workspace.Entry{}}
}

func (f *packForm) clear() {
	f.path.SetText("")
	f.passphrase.SetText("")
	*f = newPackForm(f.path, f.passphrase)
}

func (f *packForm) options() consult.PackOptions {
	o := consult.PackOptions{Passphrase: f.passphrase.Text, Objects: f.objects, DeIdentified: f.deidentified, Looked: f.looked}
	if f.deidentified && f.confirmed {
		o.Texts = map[string]string{}
		for key, e := range f.texts {
			o.Texts[key] = e.Text
		}
	}
	return o
}

// toPacking shows the page on which the consult is written into one sealed file.
func (r *room) toPacking() {
	m := r.current
	if m == nil || r.view == showPacking || records.Require(r.ws.User(), records.RightLeadConsult) != nil {
		return
	}
	if err := m.Allows(records.StepPack); err != nil {
		r.problem.SetText(r.ws.Explain(err))
		return
	}
	r.show(showPacking)
}

// packMain does what is next on that page: the estimate, then the pack.
func (r *room) packMain() {
	if r.packing.plan == nil {
		r.planPack()
		return
	}
	r.writePack()
}

// packingPage writes the consult into one sealed file: first what it would hold.
func (r *room) packingPage() {
	l, f := r.ws.Lang, &r.packing
	if r.current == nil {
		r.view = showConsult
		r.consultPage()
		return
	}
	title := heading(l.T("consult.pack"))
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	who := r.current.Title + " · " + r.current.ID
	if r.patient != nil {
		who = r.patient.Patient.Name + " · " + who
	}
	r.page.Add(tight(wrapped(who, widget.LowImportance)))
	r.page.Add(tight(wrapped(l.T("consult.pack_note"), widget.LowImportance)))
	kinds := []consult.ObjectChoice{consult.ObjectsKey, consult.ObjectsAll, consult.ObjectsNone}
	choice := workspace.NewSelect(r.ws, []string{l.T("consult.objects_key"), l.T("consult.objects_all"), l.T("consult.objects_none")}, nil)
	for i, k := range kinds {
		if k == f.objects {
			choice.SetSelectedIndex(i)
		}
	}
	choice.OnChanged = func(string) {
		if i := choice.SelectedIndex(); i >= 0 && kinds[i] != f.objects {
			f.objects = kinds[i]
			r.packChanged()
		}
	}
	nameless := workspace.NewCheck(r.ws, l.T("consult.deidentified"), nil)
	nameless.Checked = f.deidentified
	nameless.OnChanged = func(on bool) { f.deidentified = on; r.packChanged() }
	r.page.Add(container.NewGridWithColumns(2, choice, nameless))
	estimate := widget.NewButtonWithIcon(l.T("consult.button_estimate"), theme.SearchIcon(), r.planPack)
	if f.plan == nil {
		estimate.Importance = widget.HighImportance
	}
	r.page.Add(container.NewHBox(estimate, widget.NewButton(l.T("consult.button_back"), func() { r.show(showConsult) })))
	if f.plan != nil {
		r.packPlan(f)
	}
	if f.done != "" {
		r.page.Add(tight(wrapped(l.T("consult.packed", f.done), widget.SuccessImportance)))
	}
}

// packChanged forgets an estimate of something else.
func (r *room) packChanged() {
	was := r.packing.plan != nil
	r.packing.plan, r.packing.confirmed, r.packing.done = nil, false, ""
	if was {
		r.planPack()
	}
	r.render()
}

// packPlan shows what the pack would hold, and asks for what is still needed.
func (r *room) packPlan(f *packForm) {
	l, plan := r.ws.Lang, f.plan
	r.page.Add(tight(wrapped(l.T("consult.plan", len(plan.Images), plan.Objects, plan.States, mebibytes(plan.Bytes)), widget.MediumImportance)))
	r.leftOut(plan.Left)
	burned := false
	for _, w := range plan.Warnings {
		burned = burned || w.Warning.Code == "burned_in"
		r.page.Add(tight(wrapped(l.T("consult.plan_warning", w.What, l.Or(lang.Key("consult.warning_"+w.Warning.Code), w.Warning.Text), len(w.Objects)), widget.WarningImportance)))
	}
	if burned {
		looked := workspace.NewCheck(r.ws, l.T("consult.looked"), nil)
		looked.Checked = f.looked
		looked.OnChanged = func(on bool) { f.looked = on; r.packChanged() }
		r.page.Add(looked)
	}
	if f.deidentified {
		r.packTexts(f)
	}
	f.passphrase.OnSubmitted = func(string) { r.writePack() }
	write := strong(l.T("consult.button_pack"), theme.DocumentSaveIcon(), r.writePack)
	r.page.Add(r.field("consult.path", f.path))
	r.page.Add(r.field("consult.passphrase", container.NewBorder(nil, nil, nil, write, f.passphrase)))
}

func (r *room) leftOut(left []consult.LeftOut) {
	l := r.ws.Lang
	for _, x := range left {
		weight := widget.WarningImportance
		if x.Code == "no_state" {
			weight = widget.LowImportance
		}
		r.page.Add(tight(wrapped(l.T("consult.left_out", x.What, l.Or(lang.Key("consult.left_"+x.Code), x.Reason)), weight)))
	}
}

// packTexts shows each free text as it stands and as it would leave, to be changed.
func (r *room) packTexts(f *packForm) {
	l := r.ws.Lang
	r.page.Add(heading(l.T("consult.texts", len(f.plan.Texts))))
	r.page.Add(tight(wrapped(l.T("consult.texts_note"), widget.LowImportance)))
	for _, t := range f.plan.Texts {
		weight := widget.LowImportance
		if t.Masked != t.Original { // where the mask took something out
			weight = widget.MediumImportance
		}
		was := wrapped(l.T("consult.text_was", l.Or(lang.Key("consult.text_"+t.Where), t.Where), t.Original), weight)
		r.page.Add(container.NewGridWithColumns(2, was, f.texts[t.Key]))
	}
	sure := workspace.NewCheck(r.ws, l.T("consult.texts_confirmed"), func(on bool) { f.confirmed = on })
	sure.Checked = f.confirmed
	r.page.Add(sure)
}

// mebibytes words a size of a file, to a tenth and never less than it.
func mebibytes(n int64) string {
	return strconv.FormatFloat(math.Ceil(float64(n)/(1<<20)*10)/10, 'f', -1, 64) + " MiB"
}

func (r *room) planPack() {
	if r.current == nil || r.busy {
		return
	}
	r.busy = true
	r.problem.SetText("")
	f := &r.packing
	user, id, o := r.ws.User(), r.current.ID, f.options()
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.estimating") }, func(ctx context.Context, progress func(done, total int)) func() {
		plan, err := r.ws.Consult.PlanPack(ctx, user, id, o, progress)
		return func() {
			r.busy = false
			if r.current == nil || r.current.ID != id || f.objects != o.Objects || f.deidentified != o.DeIdentified || f.looked != o.Looked {
				return // of something else by now
			}
			if err != nil {
				r.problem.Explain(err)
				return
			}
			f.plan, f.confirmed = &plan, false
			if f.path.Text == "" { // seen before it is written
				f.path.SetText(r.packPath())
			}
			entries := map[string]*workspace.Entry{}
			for _, t := range plan.Texts {
				e := f.texts[t.Key] // what somebody has changed already stays
				if e == nil {
					e = workspace.NewMultiLineEntry(r.ws)
					e.Wrapping = fyne.TextWrapBreak
					e.SetMinRowsVisible(min(6, max(1, len([]rune(t.Masked))/28+1+strings.Count(t.Masked, "\n"))))
					e.SetText(t.Masked)
					e.OnChanged = func(string) { f.confirmed = false }
					r.seenFields(e)
				}
				entries[t.Key] = e
			}
			f.texts = entries
			r.render()
		}
	})
}

func (r *room) writePack() {
	f := &r.packing
	if r.current == nil || r.busy || f.plan == nil {
		return
	}
	if f.deidentified && !f.confirmed {
		r.problem.Say("consult.texts_first")
		return
	}
	path := strings.TrimSpace(f.path.Text)
	if path == "" {
		path = r.packPath()
		f.path.SetText(path)
	}
	r.busy, f.done = true, ""
	r.problem.SetText("")
	user, id, o := r.ws.User(), r.current.ID, f.options()
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.packing") }, func(ctx context.Context, progress func(done, total int)) func() {
		err := writeWhole(path, func(w io.Writer) error {
			_, err := r.ws.Consult.WritePack(ctx, user, id, o, w, progress)
			return err
		})
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err) // stands above the page, whatever is scrolled to
				return
			}
			f.clear()
			f.done = path
			r.render()
			r.scroll.ScrollToBottom() // where it says so
		}
	})
}

// free is a path without its ending to which nothing was written yet: what was
// sent before stays what it is.
func free(path, extension string) string {
	out := path + extension
	for n := 2; n < 1000; n++ {
		if _, err := os.Stat(out); err != nil {
			break
		}
		out = path + "-" + strconv.Itoa(n) + extension
	}
	return out
}

// packPath is where a pack goes unless somebody says otherwise.
func (r *room) packPath() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	name := r.current.ID
	if r.packing.deidentified {
		name += "-deidentified"
	}
	return free(filepath.Join(home, name), PackExtension)
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
