package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"longying/app/reading"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/records"
)

const (
	filmModel  = "cxr-paediatric-pneumonia"
	slideModel = "lung-colon-tissue"
)

// The regions that the pathologist marks on the sample slide, in pixels of its
// matrix: see the slide's PROVENANCE.md for what lies where. The first two lie
// in the tumour, the third holds all of it, the last none.
func demoRegions() []imaging.Region {
	return []imaging.Region{
		{X0: 448, Y0: 224, X1: 1120, Y1: 448, Kind: imaging.RegionDrawn},
		{X0: 672, Y0: 448, X1: 1344, Y1: 672, Kind: imaging.RegionDrawn},
		{X0: 448, Y0: 224, X1: 1344, Y1: 896, Kind: imaging.RegionDrawn},
		{X0: 0, Y0: 0, X1: 1792, Y1: 224, Kind: imaging.RegionDrawn},
	}
}

func describe(run records.Run) string {
	s := run.Model.ID + " " + run.Model.Version + ": " + run.Outcome
	if run.Label.Zh != "" {
		s += " " + run.Label.Zh
	}
	if run.Probability != nil {
		s += fmt.Sprintf(" p=%.3f", *run.Probability)
	}
	if run.Reason != "" {
		s += " (" + run.Reason + ")"
	}
	if len(run.Amber) > 0 {
		s += " [amber: " + strings.Join(run.Amber, "; ") + "]"
	}
	return s
}

func (d *demo) runModels(ctx context.Context) error {
	res, err := d.station.Reading.Analyze(ctx, d.radiologist, d.film, reading.Request{ModelIDs: []string{filmModel}})
	if err != nil {
		return err
	}
	if len(res.Findings) != 1 {
		return fmt.Errorf("the film model was expected to propose one finding; it said: %s", describe(res.Runs[0]))
	}
	d.filmFinding = res.Findings[0]
	d.numbers["film_probability"] = *d.filmFinding.Probability
	d.say("chest film, %s", describe(res.Runs[0]))
	again, err := d.station.Reading.Analyze(ctx, d.radiologist, d.film, reading.Request{ModelIDs: []string{filmModel}})
	if err != nil {
		return err
	}
	if len(again.Findings) != 1 || again.Findings[0].UID != d.filmFinding.UID {
		return errors.New("running the model again made a second finding")
	}
	for i, region := range demoRegions() {
		res, err := d.station.Reading.Analyze(ctx, d.pathologist, d.slide, reading.Request{ModelIDs: []string{slideModel}, Region: &region, Organ: "lung"})
		if err != nil {
			return err
		}
		run := res.Runs[0]
		line := describe(run)
		if m, err := reading.TypeMapOf(run); err == nil && m != nil {
			var shares []string
			for k, class := range m.Classes {
				if s := m.AreaShare(k); s > 0 {
					shares = append(shares, fmt.Sprintf("%s %.0f %%", class.Label.Zh, 100*s))
				}
			}
			line += fmt.Sprintf("; %d patches with tissue: %s", m.TissuePatches, strings.Join(shares, ", "))
		}
		d.say("slide, region %d marked by the pathologist, %s", i+1, line)
		if i == 0 {
			if len(res.Findings) == 0 {
				return errors.New("the tissue model proposed nothing on the tumour region")
			}
			d.slideFinding = res.Findings[0]
			d.numbers["slide_probability"] = *d.slideFinding.Probability
		}
	}
	return nil
}

// refusals shows that each model says no where it must: the sample film with
// another age, and the slide without a marked region.
func (d *demo) refusals(ctx context.Context) error {
	folder := filepath.Join(d.home, "refusals")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	src, err := dicomfile.Open(filepath.Join(d.home, "samples", "film", "film.dcm"))
	if err != nil {
		return err
	}
	defer src.Close()
	refused := 0
	for _, k := range []struct {
		name string
		make func(path string) error
	}{
		{"adult", func(path string) error { return rewriteAge(src, path, "045Y", "19810514") }},
		{"missing-age", func(path string) error { return rewriteAge(src, path, "", "") }},
		{"malformed-age", func(path string) error { return malformAge(src, path) }},
	} {
		path := filepath.Join(folder, k.name+".dcm")
		if err := k.make(path); err != nil {
			return err
		}
		cat, err := dicomfile.Scan(ctx, []string{path}, nil)
		if err != nil {
			return err
		}
		if len(cat.Studies) != 1 {
			return fmt.Errorf("%s was not read: %v", path, cat.Skipped)
		}
		ps, err := d.station.Reading.Predict(ctx, d.radiologist, &cat.Studies[0], reading.Request{ModelIDs: []string{filmModel}})
		if err != nil {
			return err
		}
		if len(ps) != 1 || ps[0].Outcome != inference.Refused {
			return fmt.Errorf("the paediatric model did not refuse the film with %s", k.name)
		}
		refused++
		d.say("the same film, %s: refused (exit code %d): %s", k.name, ExitRefused, ps[0].Reason)
	}
	res, err := d.station.Reading.Analyze(ctx, d.pathologist, d.slide, reading.Request{ModelIDs: []string{slideModel}, Organ: "lung"})
	if err != nil {
		return err
	}
	if res.Runs[0].Outcome != string(inference.Refused) {
		return errors.New("the tissue model ran without a marked region")
	}
	refused++
	d.say("the slide without a marked region: refused: %s", res.Runs[0].Reason)
	d.numbers["refusals"] = refused
	return nil
}

// rewriteAge copies a film with another age and birth date.
func rewriteAge(src *dicomfile.File, path, age, birth string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = dicomfile.Rewrite(src, f, func(ds *dicomfile.Dataset) error {
		ds.Delete(dicomfile.TagPatientAge, dicomfile.TagPatientBirthDate)
		if age != "" {
			ds.String(dicomfile.TagPatientAge, "AS", age)
		}
		ds.String(dicomfile.TagPatientBirthDate, "DA", birth)
		return ds.Err()
	})
	return errors.Join(err, f.Close())
}

// malformAge copies a film with an age that is none, byte for byte: our own
// writer refuses to make one.
func malformAge(src *dicomfile.File, path string) error {
	raw := make([]byte, src.Object().Size())
	if _, err := src.Object().ReadAt(raw, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	age := []byte(src.Instance().Patient.Age)
	if bytes.Count(raw, age) != 1 {
		return errors.New("the sample film's age was not found in its bytes")
	}
	return os.WriteFile(path, bytes.Replace(raw, age, []byte("4 yr"), 1), 0o600)
}

func (d *demo) verdicts(ctx context.Context) error {
	confirmed, err := d.station.Reading.Confirm(ctx, d.radiologist, d.filmFinding.UID)
	if err != nil {
		return err
	}
	d.filmFinding = confirmed
	d.say("%s confirms the film's finding %s (version %d, one transaction with its audit event)", confirmed.ByName, confirmed.UID, confirmed.Version)
	note := "腺泡状结构为主，建议免疫组化"
	edited, err := d.station.Reading.Edit(ctx, d.pathologist, d.slideFinding.UID, records.FindingChange{Note: &note})
	if err != nil {
		return err
	}
	d.slideFinding = edited
	d.say("%s edits the slide's finding: %s, %s", edited.ByName, edited.Label.Zh, edited.Note)
	all, err := d.station.Reading.Findings(ctx, d.pathologist, d.slide)
	if err != nil {
		return err
	}
	rejected := 0
	for _, f := range all {
		if f.State != records.FindingProposed {
			continue
		}
		r, err := d.station.Reading.Reject(ctx, d.pathologist, f.UID, "与另一标记区域为同一病灶")
		if err != nil {
			return err
		}
		rejected++
		d.say("%s rejects the second region's proposal: %s", r.ByName, r.Reason)
	}
	if rejected == 0 {
		return errors.New("no proposal was left to reject")
	}
	d.numbers["confirmed"], d.numbers["edited"], d.numbers["rejected"] = 1, 1, rejected
	return nil
}

func (d *demo) report(ctx context.Context) error {
	r := d.station.Reading
	rep, err := r.Draft(ctx, d.radiologist, d.film)
	if err != nil {
		return err
	}
	own := func(old []records.Sentence, text string) []records.Sentence {
		return append(old, records.Sentence{Text: text})
	}
	linked := 0
	for _, s := range append(append([]records.Sentence(nil), rep.Findings...), rep.Impression...) {
		if s.FindingUID != "" {
			linked++
		}
	}
	rep, err = r.SaveDraft(ctx, d.radiologist, d.film, own(rep.Findings, "胸廓对称，气管居中。"), own(rep.Impression, "请结合临床，治疗后复查。"))
	if err != nil {
		return err
	}
	d.say("draft from confirmed findings alone: %d sentences linked to their finding; 所见：%s 印象：%s", linked, records.Join(rep.Findings), records.Join(rep.Impression))
	var refused *records.RefusedError
	if _, err := r.Sign(ctx, d.radiologist, d.film, d.password+"x"); !errors.As(err, &refused) {
		return fmt.Errorf("a wrong password did not stop the signature (%v)", err)
	}
	if err := d.configureRoute(ctx); err != nil {
		return err
	}
	if d.signed, err = r.Sign(ctx, d.radiologist, d.film, d.password); err != nil {
		return err
	}
	d.say("%s signs (password again; a wrong one was refused first): %s version %d, SHA-256 %s", d.signed.Document.Author.Name,
		d.signed.Document.DocumentID, d.signed.Document.Version, d.signed.SHA256)
	pdf, err := d.station.PrintReport(ctx, d.radiologist, d.film)
	if err != nil {
		return err
	}
	d.pdf = filepath.Join(d.home, "export", d.signed.Document.ID+".pdf")
	if err := os.MkdirAll(filepath.Dir(d.pdf), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(d.pdf, pdf, 0o600); err != nil {
		return err
	}
	d.say("printed: %s (%d KiB)", d.pdf, len(pdf)>>10)
	return nil
}
