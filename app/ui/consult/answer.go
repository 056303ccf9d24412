package consult

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
)

// ReplyExtension is the file name ending of a reply to a consult pack.
const ReplyExtension = ".lyreply"

// answerForm is an opinion on an open pack that goes back as a small sealed file.
type answerForm struct {
	name, discipline, text, path, passphrase *workspace.Entry
	dissent                                  bool
	finding                                  string // UID that it is about; empty: the whole
	done                                     string // path of the reply that was written last
}

func (f *answerForm) fields() []*workspace.Entry {
	return []*workspace.Entry{f.name, f.discipline, f.text, f.path, f.passphrase}
}

func (f *answerForm) clear() {
	for _, e := range f.fields() {
		e.SetText("")
	}
	f.dissent, f.finding, f.done = false, "", ""
}

// answerSection asks for an opinion on the open pack.
func (r *room) answerSection() {
	l, f, p := r.ws.Lang, &r.answer, r.pack
	if !r.answers() {
		return
	}
	r.section("consult.answer")
	r.page.Add(tight(wrapped(l.T("consult.answer_note"), widget.LowImportance)))
	row := container.NewGridWithColumns(2, f.name, f.discipline)
	if len(p.Findings) > 0 {
		names := []string{l.T("consult.answer_whole")}
		at := 0
		for i, x := range p.Findings {
			names = append(names, workspace.FindingName(l, x))
			if x.UID == f.finding {
				at = i + 1
			}
		}
		about := workspace.NewSelect(r.ws, names, nil)
		about.SetSelectedIndex(at)
		about.OnChanged = func(string) {
			f.finding = ""
			if i := about.SelectedIndex(); i > 0 {
				f.finding = p.Findings[i-1].UID
			}
		}
		row = container.NewGridWithColumns(3, f.name, f.discipline, about)
	}
	r.page.Add(row)
	r.page.Add(f.text)
	dissent := workspace.NewCheck(r.ws, l.T("consult.dissent"), func(on bool) { f.dissent = on })
	dissent.Checked = f.dissent
	r.page.Add(dissent)
	r.page.Add(r.field("consult.answer_path", f.path))
	r.page.Add(r.field("consult.answer_passphrase", container.NewBorder(nil, nil, nil, strong(l.T("consult.button_answer"), theme.MailSendIcon(), r.writeAnswer), f.passphrase)))
	for _, e := range []*workspace.Entry{f.text, f.passphrase} {
		e.OnSubmitted = func(string) { r.writeAnswer() }
	}
	if f.done != "" {
		r.page.Add(tight(wrapped(l.T("consult.answered", f.done), widget.SuccessImportance)))
	}
}

// writeAnswer writes the opinion as a reply file.
func (r *room) writeAnswer() {
	if r.pack == nil || r.busy || r.view != showPack {
		return
	}
	f, p := &r.answer, r.pack.Pack
	o := records.Opinion{Member: records.Member{Name: strings.TrimSpace(f.name.Text), Discipline: strings.TrimSpace(f.discipline.Text)},
		Text: strings.TrimSpace(f.text.Text), Dissent: f.dissent, FindingUID: f.finding}
	path := strings.TrimSpace(f.path.Text)
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = "."
		}
		path = free(filepath.Join(home, p.Consult.ID+"-"+p.ID), ReplyExtension)
		f.path.SetText(path)
	}
	if _, err := os.Stat(path); err == nil { // an earlier reply is somebody's words
		r.problem.Say("consult.answer_exists", path)
		return
	}
	r.busy, f.done = true, ""
	r.problem.SetText("")
	user, passphrase := r.ws.User(), f.passphrase.Text
	r.ws.StartJob(func() string { return r.ws.Lang.T("consult.answering") }, func(ctx context.Context, _ func(done, total int)) func() {
		err := writeWhole(path, func(w io.Writer) error {
			_, err := r.ws.Consult.Reply(ctx, user, p, o, passphrase, w)
			return err
		})
		return func() {
			r.busy = false
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			if r.pack == nil || r.pack.Pack != p {
				return
			}
			f.clear()
			f.name.SetText(user.Name)
			f.done = path
			r.render()
			r.scroll.ScrollToBottom() // where it says so
		}
	})
}

func newAnswerForm(entry func() *workspace.Entry, long func(int) *workspace.Entry, secret func() *workspace.Entry) answerForm {
	return answerForm{name: entry(), discipline: entry(), text: long(3), path: entry(), passphrase: secret()}
}

// packToolbar is what is done with an open pack.
func (r *room) packToolbar() *fyne.Container {
	row := container.NewHBox(widget.NewButton(r.ws.Lang.T("consult.button_close_pack"), r.leavePack))
	if r.answers() {
		row.Add(widget.NewButtonWithIcon(r.ws.Lang.T("consult.button_to_answer"), theme.MailReplyIcon(), r.toAnswer))
	}
	return row
}

// answers reports an open pack that the user can answer: not one of before replies.
func (r *room) answers() bool {
	return r.pack != nil && r.pack.ID != "" && records.Require(r.ws.User(), records.RightConsult) == nil
}

// toAnswer leads to the opinion that goes back.
func (r *room) toAnswer() {
	if r.view == showPack && r.answers() {
		r.scroll.ScrollToBottom() // else the field comes into sight, but not what sends it
		workspace.Focus(r.answer.text)
	}
}

func (r *room) leavePack() {
	r.closePack()
	r.show(showConsult)
}
