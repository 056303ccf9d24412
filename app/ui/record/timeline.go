package record

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// Entry is one thing that happened to a person.
type Entry struct {
	At       string // YYYYMMDD[HHMM[SS]], as far as it is known; empty: not dated
	Kind     string // one of records' entry kinds, "examination" or "report"
	Text     string
	Abnormal bool
	StudyUID string // of an examination
}

// The kinds of entries that are no entry kind of records.
const (
	KindExamination = "examination"
	KindSigned      = "signed_report"
)

// Timeline is all that a record holds, the newest first, whatever it is; what
// has no date stands at the end. The laboratory values of one panel and moment
// are one entry; a visit has its diagnoses with it.
func Timeline(l *lang.Strings, rec registry.PatientRecord) []Entry {
	var out []Entry
	add := func(at, kind, text string) *Entry {
		out = append(out, Entry{At: at, Kind: kind, Text: strings.TrimSpace(text)})
		return &out[len(out)-1]
	}
	for _, v := range rec.Visits {
		text := l.Or(lang.Key("visit.class."+string(v.Class)), string(v.Class)) + " " + v.Department
		for _, d := range v.Diagnoses {
			text += "\n" + d.Code + "  " + d.Name
		}
		if v.Note != "" {
			text += "\n" + v.Note
		}
		add(v.Date, records.EntryVisit, text)
	}
	for _, d := range rec.Diagnoses {
		if d.VisitNumber == "" {
			add(d.Date, records.EntryDiagnosis, d.Code+"  "+d.Name)
		}
	}
	var group *Entry
	key := ""
	for _, v := range rec.Labs {
		if k := v.Time + "\x00" + v.Panel; group == nil || k != key {
			key = k
			group = add(v.Time, records.EntryLab, v.Panel)
		}
		group.Text = strings.TrimSpace(group.Text + "\n" + LabText(v))
		group.Abnormal = group.Abnormal || Marked(v)
	}
	for _, r := range rec.Reports {
		add(r.Date, records.EntryReport, strings.TrimSpace(r.Title+"  "+r.Institution)+"\n"+r.Impression)
	}
	for _, ex := range rec.Examinations {
		at := ""
		if !ex.Date.IsZero() {
			at = ex.Date.In(imaging.Zone()).Format("200601021504")
		}
		e := add(at, KindExamination, strings.Join(slices.DeleteFunc([]string{strings.Join(ex.Modalities, "/"), ex.BodyPart, ex.Description}, func(s string) bool { return s == "" }), " · "))
		e.StudyUID = ex.StudyUID
	}
	for _, d := range rec.Documents {
		add(d.SignedAt.In(imaging.Zone()).Format("200601021504"), KindSigned,
			l.T("record.timeline_signed", d.Document.Version, d.Document.Author.Name)+"\n"+records.Join(d.Document.Impression))
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Compare(b.At, a.At) })
	return out
}

// timeline shows every kind of entry in one row of time.
func (t *tab) timeline(current string) {
	l := t.ws.Lang
	all := Timeline(l, *t.record)
	t.section("record.timeline", len(all))
	day := "\x00"
	for _, e := range all {
		if d := e.At[:min(8, len(e.At))]; d != day {
			day = d
			text := l.T("record.undated")
			if d != "" {
				text = Day(d)
			}
			h := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
			h.Importance = widget.HighImportance
			t.box.Add(h)
		}
		kind := l.Or(lang.Key("people.entry."+e.Kind), e.Kind)
		if e.Kind == KindExamination || e.Kind == KindSigned {
			kind = l.T(map[string]lang.Key{KindExamination: "record.timeline_examination", KindSigned: "record.timeline_report"}[e.Kind])
		}
		if len(e.At) >= 12 {
			kind = e.At[8:10] + ":" + e.At[10:12] + "  " + kind
		}
		weight := widget.MediumImportance
		switch {
		case e.Abnormal:
			weight = widget.DangerImportance
		case e.StudyUID != "" && e.StudyUID == current:
			weight = widget.HighImportance
		}
		caption := widget.NewLabel(kind)
		caption.Importance = widget.LowImportance
		var side fyne.CanvasObject
		if uid := e.StudyUID; uid != "" && uid != current {
			side = container.NewVBox(widget.NewButtonWithIcon(l.T("record.button_open"), theme.FolderOpenIcon(), func() {
				t.ws.OpenStudy(uid, func(err error) { t.problem.Explain(err) })
			}))
		}
		t.box.Add(container.NewBorder(caption, nil, nil, side, line(orDash(e.Text), weight)))
	}
}

// merged names the other entries of the register that stand for this person.
func (t *tab) merged() {
	if len(t.record.Merged) == 0 {
		return
	}
	l := t.ws.Lang
	var lines []string
	for _, p := range t.record.Merged {
		number := p.IDNumber
		if !t.shown {
			number = Masked(number)
		}
		lines = append(lines, l.T("record.merged", p.Name, orDash(number)))
	}
	for _, m := range t.record.Merges {
		lines = append(lines, l.T("record.merge_by", m.At.In(imaging.Zone()).Format("2006-01-02 15:04"), m.ByName, m.Reason))
	}
	t.box.Add(line(strings.Join(lines, "\n"), widget.WarningImportance))
}
