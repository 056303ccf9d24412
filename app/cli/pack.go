package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"longying/app/consult"
	"longying/app/station"
	"longying/records"
)

// packFlags are those of consult pack.
type packFlags struct {
	objects           string
	deidentified      bool
	looked, plan      bool
	review, confirmed string
}

func (p *packFlags) define(f *flag.FlagSet) {
	f.StringVar(&p.objects, "objects", "", "DICOM objects of a pack: key (default), all or none")
	f.BoolVar(&p.deidentified, "deidentified", false, "a pack without the patient's identity; needs --review, then --confirmed")
	f.StringVar(&p.review, "review", "", "file to write the masked texts of a de-identified pack to; look at them, and change what is to be changed")
	f.StringVar(&p.confirmed, "confirmed", "", "the file of --review as you confirm it")
	f.BoolVar(&p.looked, "looked", false, "you have looked at the pictures that may have a name burned in, and there is none")
	f.BoolVar(&p.plan, "plan", false, "say what the pack would hold and how large it would be, and write nothing")
}

// writePack writes a pack as a whole or not at all, or says what it would hold.
func (c *call) writePack(ctx context.Context, s *station.Station, actor records.User, p packFlags, passphraseFile, out string) error {
	o := consult.PackOptions{Objects: consult.ObjectChoice(p.objects), DeIdentified: p.deidentified, Looked: p.looked}
	switch o.Objects {
	case "", consult.ObjectsKey, consult.ObjectsAll, consult.ObjectsNone:
	default:
		return usagef("--objects is key, all or none, not %q", p.objects)
	}
	if p.plan || p.review != "" {
		plan, err := s.Consult.PlanPack(ctx, actor, c.args[0], o, nil)
		if err != nil {
			return err
		}
		return c.planned(plan, p.review)
	}
	passphrase, err := readSecret(passphraseFile)
	if err != nil || out == "" {
		return usagef("consult pack needs --out FILE and --passphrase-file FILE (%v)", err)
	}
	o.Passphrase = passphrase
	if p.deidentified {
		if p.confirmed == "" {
			return usagef("a de-identified pack needs --confirmed FILE: write the texts with --review FILE, look at them, and give the file back")
		}
		if o.Texts, err = confirmedTexts(p.confirmed); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the pack was not written: %w", err)
	}
	plan, err := s.Consult.WritePack(ctx, actor, c.args[0], o, f, nil)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(out)
		return err
	}
	if err := c.done(map[string]string{"path": out}, "%s\n", out); err != nil {
		return err
	}
	return leftOut(plan)
}

func leftOut(plan consult.PackPlan) error {
	reasons := ""
	for _, l := range plan.Left {
		if l.Code != "no_state" { // the picture is there all the same
			reasons += "\n" + l.What + ": " + l.Reason
		}
	}
	if reasons == "" {
		return nil
	}
	return &partError{"not everything was packed:" + reasons}
}

// planned says what a pack would hold, and writes the texts to be confirmed.
func (c *call) planned(plan consult.PackPlan, review string) error {
	if review != "" {
		raw, err := json.MarshalIndent(plan.Texts, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(review, append(raw, '\n'), 0o600); err != nil {
			return fmt.Errorf("the texts were not written: %w", err)
		}
	}
	if c.json {
		return c.emit(map[string]any{"images": len(plan.Images), "objects": plan.Objects, "states": plan.States, "bytes": plan.Bytes, "left": plan.Left, "texts": len(plan.Texts), "warnings": plan.Warnings})
	}
	c.printf("%d pictures, %d DICOM images, %d presentation states, at most %d KiB; %d texts to be confirmed\n", len(plan.Images), plan.Objects, plan.States, plan.Bytes>>10, len(plan.Texts))
	for _, w := range plan.Warnings {
		c.printf("%s: %s: %s\n", w.What, w.Warning.Text, strings.Join(w.Objects, " "))
	}
	for _, l := range plan.Left {
		c.printf("left out: %s: %s\n", l.What, l.Reason)
	}
	return nil
}

// confirmedTexts reads what somebody has made of the texts of --review.
func confirmedTexts(path string) (map[string]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the confirmed texts cannot be read: %w", err)
	}
	var list []consult.PackText
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s is not a file of --review: %w", path, err)
	}
	out := map[string]string{}
	for _, t := range list {
		out[t.Key] = t.Masked
	}
	return out, nil
}

func (c *call) openPack(ctx context.Context, path, passphraseFile string) error {
	passphrase, err := readSecret(passphraseFile)
	if err != nil {
		return usagef("consult open needs --passphrase-file FILE (%v)", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the pack cannot be opened: %w", err)
	}
	defer f.Close()
	p, err := consult.OpenPack(ctx, f, passphrase, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if c.json {
		return c.emit(p)
	}
	c.printf("%s", consult.Minutes(&p.Consult, &p.Patient))
	c.printf("(%d images, %d DICOM objects, %d findings, %d signed reports)\n", len(p.Images), len(p.Objects), len(p.Findings), len(p.Documents)+len(p.Reports))
	for _, l := range p.Left {
		c.printf("not in the pack: %s: %s\n", l.What, l.Reason)
	}
	return nil
}
