package reading

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
	"longying/records/template"
)

// maxTemplate is the largest template file that is read, in bytes.
const maxTemplate = 1 << 20

// Templates lists the report templates: the hospital's own, then those that are
// shipped. broken says of each file of the hospital's that cannot be used why.
func (r *Reading) Templates() (list []*template.Template, broken []error, err error) {
	shipped, err := template.Shipped()
	if err != nil || r.forms == "" {
		return shipped, nil, err
	}
	files, err := os.ReadDir(r.forms)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("the folder of report templates cannot be read: %w", err)
	}
	for _, f := range files {
		if f.IsDir() || filepath.Ext(f.Name()) != ".json" {
			continue
		}
		t, err := readTemplate(filepath.Join(r.forms, f.Name()))
		switch {
		case err != nil:
			broken = append(broken, err)
		case slices.ContainsFunc(shipped, func(s *template.Template) bool { return s.ID == t.ID }):
			broken = append(broken, &template.FileError{File: f.Name(), What: "its id " + t.ID + " is that of a shipped template"})
		case t.ID+".json" != f.Name():
			broken = append(broken, &template.FileError{File: f.Name(), What: "its id is " + t.ID + "; the file is then named " + t.ID + ".json"})
		default:
			list = append(list, t)
		}
	}
	return append(list, shipped...), broken, nil
}

func readTemplate(path string) (*template.Template, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the report template cannot be read: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxTemplate+1))
	if err != nil {
		return nil, fmt.Errorf("the report template cannot be read: %w", err)
	}
	if len(raw) > maxTemplate {
		return nil, &template.FileError{File: filepath.Base(path), What: "it is larger than 1 MiB"}
	}
	return template.Parse(filepath.Base(path), raw)
}

// TemplatesFor lists the templates that fit a study, the best first: those of its
// modality and body part, then of its modality.
func (r *Reading) TemplatesFor(ctx context.Context, actor records.User, studyUID string) ([]*template.Template, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_report", studyUID); err != nil {
		return nil, err
	}
	list, _, err := r.Templates()
	if err != nil {
		return nil, err
	}
	var ex *records.Examination
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		ex, err = tx.Examination(studyUID)
		return err
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(t *template.Template) bool { return t.Fits(ex) == 0 })
	slices.SortStableFunc(list, func(a, b *template.Template) int { return b.Fits(ex) - a.Fits(ex) })
	return list, nil
}

func (r *Reading) template(id string) (*template.Template, error) {
	list, _, err := r.Templates()
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if t.ID == id {
			return t, nil
		}
	}
	return nil, &records.RefusedError{Code: "template_gone", Args: []string{id}, Reason: "there is no report template " + id + "; longying report templates list shows those that there are"}
}

// AddTemplate takes a template file into the data folder. One of the same ID gives
// way to a later version only.
func (r *Reading) AddTemplate(ctx context.Context, actor records.User, path string) (_ *template.Template, err error) {
	defer trail.Outcome(ctx, r.store, actor, "configure", "report_template", &err)
	if err := trail.Require(ctx, r.store, actor, records.RightConfigure, "configure", "report_template"); err != nil {
		return nil, err
	}
	t, err := readTemplate(path)
	if err != nil {
		return nil, err
	}
	list, _, err := r.Templates()
	if err != nil {
		return nil, err
	}
	for _, have := range list {
		switch {
		case have.ID != t.ID:
		case have.Shipped:
			return nil, &records.RefusedError{Code: "template_shipped", Args: []string{t.ID}, Reason: "the template " + t.ID + " is shipped and cannot be replaced or removed; give yours another id"}
		case have.Version >= t.Version && have.SHA256 != t.SHA256:
			return nil, &records.RefusedError{Code: "template_version", Args: []string{t.ID, fmt.Sprint(have.Version), fmt.Sprint(t.Version)},
				Reason: fmt.Sprintf("the template %s is there in version %d; a changed one needs a later version than %d", t.ID, have.Version, t.Version)}
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if again, err := template.Parse(filepath.Base(path), raw); err != nil || again.SHA256 != t.SHA256 {
		return nil, fmt.Errorf("the file %s changed while it was read; try again", filepath.Base(path))
	}
	if err := os.MkdirAll(r.forms, 0o700); err != nil {
		return nil, fmt.Errorf("the report template was not stored: %w", err)
	}
	to := filepath.Join(r.forms, t.ID+".json")
	if err := os.WriteFile(to+".part", raw, 0o600); err != nil {
		return nil, fmt.Errorf("the report template was not stored: %w", err)
	}
	if err := os.Rename(to+".part", to); err != nil {
		return nil, fmt.Errorf("the report template was not stored: %w", err)
	}
	return t, r.store.Update(ctx, func(tx *sqlite.Tx) error {
		return r.audit(tx, actor, "configure", "report_template", "", "ok", fmt.Sprintf("added %s version %d, sha256 %s", t.ID, t.Version, t.SHA256))
	})
}

// RemoveTemplate removes a template of the hospital's. Reports that were filled in
// by it keep what they say.
func (r *Reading) RemoveTemplate(ctx context.Context, actor records.User, id string) (err error) {
	defer trail.Outcome(ctx, r.store, actor, "configure", "report_template", &err)
	if err := trail.Require(ctx, r.store, actor, records.RightConfigure, "configure", "report_template"); err != nil {
		return err
	}
	t, err := r.template(id)
	if err != nil {
		return err
	}
	if t.Shipped {
		return &records.RefusedError{Code: "template_shipped", Args: []string{id}, Reason: "the template " + id + " is shipped and cannot be replaced or removed; give yours another id"}
	}
	if err := os.Remove(filepath.Join(r.forms, id+".json")); err != nil {
		return fmt.Errorf("the report template was not removed: %w", err)
	}
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		return r.audit(tx, actor, "configure", "report_template", "", "ok", "removed "+id)
	})
}

// Fill answers the coded fields of the working report. The sentences that the
// template words for the answers stand in the text, after those of the findings;
// a sentence whose answer has not changed keeps the doctor's wording. A category
// that a rule proposed otherwise when it was chosen has to be chosen again. An
// empty template takes the coded fields and their sentences out.
func (r *Reading) Fill(ctx context.Context, actor records.User, studyUID, templateID string, entries []template.Entry) (records.Report, error) {
	return r.write(ctx, actor, studyUID, "fill_report", func(rep *records.Report, findings []records.Finding) error {
		if templateID == "" {
			rep.Structured, rep.Lacking = nil, nil
			rep.Findings = withoutFields(rep.Findings)
			rep.Impression = withoutFields(rep.Impression)
			return nil
		}
		t, err := r.template(templateID)
		if err != nil {
			return err
		}
		return fill(rep, t, entries, findings)
	})
}

func withoutFields(s []records.Sentence) []records.Sentence {
	return slices.DeleteFunc(slices.Clone(s), func(x records.Sentence) bool { return x.Field != "" })
}

func fill(rep *records.Report, t *template.Template, entries []template.Entry, findings []records.Finding) error {
	before := rep.Structured
	now, lacking, err := t.Fill(entries, findings)
	if err != nil {
		return err
	}
	if dropped := undecided(before, now); len(dropped) > 0 {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e template.Entry) bool { return slices.Contains(dropped, e.Field) })
		if now, lacking, err = t.Fill(entries, findings); err != nil {
			return err
		}
	}
	oldSeen, oldImpression := []records.Sentence(nil), []records.Sentence(nil)
	if before != nil && before.Template == t.ID && before.SHA256 == t.SHA256 {
		oldSeen, oldImpression = t.Sentences(before)
	}
	seen, impression := t.Sentences(now)
	rep.Findings = refill(rep.Findings, oldSeen, seen)
	rep.Impression = refill(rep.Impression, oldImpression, impression)
	rep.Structured, rep.Lacking = now, lacking
	return nil
}

// undecided lists the choices that stand as they did though what the rule
// proposes is another than when they were made.
func undecided(before, now *records.Structured) []string {
	var out []string
	for i := range now.Answers {
		a := &now.Answers[i]
		was := before.Answer(a.Field)
		if a.Proposed == nil || was == nil || was.Proposed == nil || was.Choice == nil || was.Choice.ID != a.Choice.ID {
			continue
		}
		if was.Proposed.Category != a.Proposed.Category {
			out = append(out, a.Field)
		}
	}
	return out
}

// refill puts the sentences of the answers in place of those of before, at the
// place of the first of them, else after those of findings and before the
// doctor's own.
func refill(text, before, now []records.Sentence) []records.Sentence {
	wording := map[string]string{}
	for _, b := range before {
		for _, n := range now {
			if b.Field == n.Field && b.Text == n.Text && b.FindingUID == n.FindingUID {
				for _, x := range text {
					if x.Field == n.Field {
						wording[n.Field] = x.Text
					}
				}
			}
		}
	}
	at := slices.IndexFunc(text, func(x records.Sentence) bool { return x.Field != "" })
	if at < 0 {
		at = slices.IndexFunc(text, func(x records.Sentence) bool { return x.FindingUID == "" })
	}
	rest := withoutFields(text)
	if at < 0 || at > len(rest) {
		at = len(rest)
	}
	out := slices.Clone(rest[:at])
	for _, n := range now {
		if w := wording[n.Field]; w != "" {
			n.Text = w
		}
		out = append(out, n)
	}
	return append(out, rest[at:]...)
}

// refresh brings answers that were taken from findings up to what the findings
// say now: the number of the present version; none where the finding is no longer
// factual or has no such measurement.
func (r *Reading) refresh(rep *records.Report, findings []records.Finding) error {
	if rep.Structured == nil || !slices.ContainsFunc(rep.Structured.Answers, func(a records.CodedAnswer) bool { return a.Stale(findings) }) {
		return nil
	}
	t, err := r.template(rep.Structured.Template)
	if err != nil {
		return err
	}
	entries := slices.DeleteFunc(template.Entries(rep.Structured), func(e template.Entry) bool {
		i := slices.IndexFunc(findings, func(f records.Finding) bool { return f.UID == e.FindingUID })
		return e.FindingUID != "" && (i < 0 || !findings[i].State.Factual() || t.Field(e.Field) == nil || t.Field(e.Field).Measured(&findings[i]) == nil)
	})
	return fill(rep, t, entries, findings)
}

// requireFilled refuses a signature as long as a required field has no answer.
func requireFilled(rep *records.Report) error {
	if len(rep.Lacking) == 0 {
		return nil
	}
	var names []string
	for _, n := range rep.Lacking {
		names = append(names, n.Zh)
	}
	return &records.RefusedError{Code: "template_lacking", Args: []string{rep.Structured.Title.Zh, strings.Join(names, "、")},
		Reason: fmt.Sprintf("the template %s asks for %s; answer them, or take the template out (longying report fill)", rep.Structured.Template, strings.Join(names, ", "))}
}
