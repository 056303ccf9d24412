package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"

	"longying/app/station"
	"longying/imaging/deid"
	"longying/imaging/dicomfile"
)

// cmdDeid writes DICOM objects without saying whose they are: those of a study
// of the record, or files and folders that lie anywhere.
func cmdDeid(ctx context.Context, c *call) error {
	var o deid.Options
	var out, secret string
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "folder")
		f.StringVar(&secret, "secret-file", "", "of files: the same secret gives the same UIDs and pseudonyms; without one it is random, and forgotten")
		f.BoolVar(&o.ModifiedDates, "dates", false, "keep dates, all of a patient moved back by one number of days")
		f.BoolVar(&o.Device, "device", false, "keep which device it was")
		f.BoolVar(&o.Descriptors, "descriptors", false, "keep descriptions, known words alone")
		f.BoolVar(&o.Patient, "patient", false, "keep sex, age, size and weight")
		f.BoolVar(&o.UIDs, "uids", false, "keep UIDs")
		f.BoolVar(&o.BurnedIn, "burned-in", false, "take objects too that say that text is burned into their pixels; somebody has looked")
	})
	if err != nil {
		return err
	}
	if out == "" || len(c.args) == 0 {
		return usagef("deid needs STUDY_UID, or files and folders, and --out DIR")
	}
	if len(c.args) == 1 {
		if _, err := os.Stat(c.args[0]); errors.Is(err, os.ErrNotExist) && isUID(c.args[0]) {
			return c.deidStudy(ctx, o, c.args[0], out)
		}
	}
	if o.Secret, err = deidSecret(secret); err != nil {
		return err
	}
	return c.deidFiles(ctx, o, out)
}

// isUID reports a text that can be a UID and is not the way people call files.
func isUID(s string) bool {
	for _, r := range s {
		if r != '.' && (r < '0' || r > '9') {
			return false
		}
	}
	return len(s) > 2 && len(s) <= 64
}

func deidSecret(file string) ([]byte, error) {
	if file == "" {
		secret := make([]byte, 2*deid.LeastSecret)
		_, err := rand.Read(secret)
		return secret, err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the secret of the de-identification cannot be read: %w", err)
	}
	return raw, nil
}

func (c *call) deidStudy(ctx context.Context, o deid.Options, study, out string) error {
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	left := 0
	written, err := s.Deidentify(ctx, actor, study, o, out, func(d station.Deidentified) error {
		return c.deidDone(d.From, d.Result, d.Err, &left)
	})
	if err != nil {
		return err
	}
	return deidEnd(written, left)
}

func (c *call) deidFiles(ctx context.Context, o deid.Options, out string) error {
	p, err := deid.New(o)
	if err != nil {
		return err
	}
	cat, err := dicomfile.Scan(ctx, c.args, nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return fmt.Errorf("the folder for de-identified objects cannot be made: %w", err)
	}
	written, left := 0, 0
	for _, sk := range cat.Skipped {
		fmt.Fprintf(c.Stderr, "skipped %s: %s %s\n", sk.Path, sk.Code, sk.Detail)
	}
	left += realSkips(cat.Skipped)
	for i := range cat.Studies {
		for k := range cat.Studies[i].Series {
			for _, in := range cat.Studies[i].Series[k].Instances {
				r, err := func() (deid.Result, error) {
					f, err := dicomfile.Open(in.Source)
					if err != nil {
						return deid.Result{}, err
					}
					defer f.Close()
					return p.Write(ctx, f, out)
				}()
				if errors.Is(err, context.Canceled) {
					return err
				}
				if err == nil {
					written++
				}
				if err := c.deidDone(in.Source, r, err, &left); err != nil {
					return err
				}
			}
		}
	}
	return deidEnd(written, left)
}

// deidDone tells of one object.
func (c *call) deidDone(from string, r deid.Result, err error, left *int) error {
	if err != nil {
		*left++
		fmt.Fprintf(c.Stderr, "longying: %v\n", err)
		return nil
	}
	row := map[string]any{"from": from, "path": r.Path, "study_uid": r.StudyUID, "series_uid": r.SeriesUID, "sop_uid": r.SOPInstanceUID, "patient_id": r.PatientID, "warnings": r.Warnings}
	if err := c.done(row, "%s\n", r.Path); err != nil {
		return err
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(c.Stderr, "%s: %s\n", r.Path, w.Text)
	}
	return nil
}

func deidEnd(written, left int) error {
	switch {
	case written == 0 && left == 0:
		return errors.New("no DICOM object was found")
	case written == 0:
		return &refusedError{"nothing was written: no object could be made safe"}
	case left > 0:
		return &partError{fmt.Sprintf("%d objects were written, %d were left out", written, left)}
	}
	return nil
}
