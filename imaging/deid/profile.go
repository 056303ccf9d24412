package deid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longying/imaging/dicomfile"
)

// LeastSecret is the shortest secret, in bytes.
const LeastSecret = 16

// Options choose what is kept beside the pixels. The zero value but for the
// secret is the Basic Profile alone.
type Options struct {
	// Secret makes UIDs, pseudonyms and shifts of dates. Who has it finds them
	// again; the same secret gives the same ones. At least LeastSecret bytes.
	Secret []byte
	// Person is whose all objects are, where that is known from elsewhere, as from a
	// record that links studies under several numbers; pseudonym and shift of dates
	// are then the same in all of them. Empty: by each object's own header.
	Person string
	// Known are names and numbers of the person that the record has, to be looked for
	// in the text that stays like those of the header.
	Known []string
	// ModifiedDates keeps dates, all of a patient moved back by one number of
	// days, 365 to 3650; times of the day stay.
	ModifiedDates bool
	Device        bool // which device
	Descriptors   bool // descriptions, with the words that are known alone
	Patient       bool // sex, age, size, weight and what is like them
	UIDs          bool // the UIDs as they are
	BurnedIn      bool // objects too that say that text is burned into their pixels
}

// Profile de-identifies objects. It may be used from several goroutines.
type Profile struct {
	table    *table
	words    *vocabulary
	key      key
	person   string
	known    []string
	options  []string
	burnedIn bool
}

// New makes a profile.
func New(o Options) (*Profile, error) {
	if len(o.Secret) < LeastSecret {
		return nil, fmt.Errorf("the secret of a de-identification has %d bytes; at least %d are needed", len(o.Secret), LeastSecret)
	}
	t, err := newTable()
	if err != nil {
		return nil, err
	}
	p := &Profile{table: t, words: newVocabulary(), key: key(slices.Clone(o.Secret)), person: o.Person, known: slices.Clone(o.Known), burnedIn: o.BurnedIn}
	for _, x := range []struct {
		on   bool
		name string
	}{{o.UIDs, optionUIDs}, {o.Device, optionDevice}, {o.Patient, optionPatient}, {o.ModifiedDates, optionDates}, {o.Descriptors, optionDescriptors}} {
		if x.on {
			p.options = append(p.options, x.name)
		}
	}
	return p, nil
}

// Result is one object that was de-identified.
type Result struct {
	StudyUID, SeriesUID, SOPInstanceUID string // the new ones
	PatientID                           string // the pseudonym
	Path                                string // of Write
	Warnings                            []Warning
}

// Object writes a de-identified copy of f to w. Errors are a *RefusedError,
// where the object cannot be made safe, or of the file or of w; what was
// written to w is then of no use.
func (p *Profile) Object(ctx context.Context, f *dicomfile.File, w io.Writer) (Result, error) {
	ds, r, err := p.attributes(f)
	if err != nil {
		return Result{}, err
	}
	if err := dicomfile.Copy(f, ds, &cancelled{ctx, w}); err != nil {
		return Result{}, err
	}
	return r, nil
}

// attributes is the header of the copy.
func (p *Profile) attributes(f *dicomfile.File) (*dicomfile.Dataset, Result, error) {
	ds, err := f.Attributes()
	if err != nil {
		return nil, Result{}, err
	}
	if err := p.refuse(f, ds); err != nil {
		return nil, Result{}, err
	}
	w := &walk{Profile: p, class: f.Instance().SOPClassUID, patient: person(ds), who: gather(ds, p.known), found: map[string]bool{}}
	if p.person != "" {
		w.patient = p.person
	}
	w.days = p.key.shift(w.patient)
	warnings := look(f.Instance(), ds)
	before := markedBefore(ds)
	w.dataset(ds, 0)
	alias := p.key.pseudonym("patient", w.patient)
	ds.String(dicomfile.TagPatientID, "LO", alias).String(dicomfile.TagPatientName, "PN", alias)
	w.mark(ds, before)
	if err := failed(ds); err != nil {
		return nil, Result{}, fmt.Errorf("%s was not de-identified: %w", f.Name(), err)
	}
	if w.found[warnUnreadable] {
		warnings = append(warnings, Warning{warnUnreadable, "attributes whose bytes are not of the kind that the dictionary says were taken out"})
	}
	if w.found[warnNamed] {
		warnings = append(warnings, Warning{warnNamed, "somebody of the header was named in a text or a value where the standard expects no name; it was replaced"})
	}
	return ds, Result{StudyUID: ds.Text(dicomfile.TagStudyInstanceUID), SeriesUID: ds.Text(dicomfile.TagSeriesInstanceUID),
		SOPInstanceUID: ds.Text(dicomfile.TagSOPInstanceUID), PatientID: alias, Warnings: warnings}, nil
}

// failed is the first mistake in a data set or its items.
func failed(ds *dicomfile.Dataset) error {
	if err := ds.Err(); err != nil {
		return err
	}
	for _, t := range ds.Tags() {
		for _, item := range ds.Items(t) {
			if err := failed(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// person is by what somebody is known from one object to the next: the
// patient number; without one, name and birth date; without these, the study.
func person(ds *dicomfile.Dataset) string {
	if id := ds.Text(dicomfile.TagPatientID); id != "" {
		return "id\x00" + id
	}
	if name := ds.Text(dicomfile.TagPatientName); strings.Trim(name, "^= ") != "" {
		return "name\x00" + strings.ToUpper(name) + "\x00" + ds.Text(dicomfile.TagPatientBirthDate)
	}
	return "study\x00" + ds.Text(dicomfile.TagStudyInstanceUID)
}

// Write de-identifies f into a folder, as STUDY/SERIES/INSTANCE.dcm by the new
// UIDs. The file is there whole or not at all: it is written beside, made
// durable and renamed.
func (p *Profile) Write(ctx context.Context, f *dicomfile.File, folder string) (_ Result, err error) {
	temp, err := os.CreateTemp(folder, ".deid-*.part")
	if err != nil {
		return Result{}, fmt.Errorf("%s was not de-identified: %w", f.Name(), err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	r, err := p.Object(ctx, f, temp)
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return Result{}, fmt.Errorf("%s was not de-identified: %w", f.Name(), err)
	}
	into := filepath.Join(folder, named(r.StudyUID, "study"), named(r.SeriesUID, "series"))
	if err := os.MkdirAll(into, 0o700); err != nil {
		return Result{}, err
	}
	r.Path = filepath.Join(into, r.SOPInstanceUID+".dcm")
	if err := os.Rename(temp.Name(), r.Path); err != nil {
		return Result{}, err
	}
	return r, nil
}

func named(uid, otherwise string) string {
	if uid == "" {
		return otherwise
	}
	return uid
}

// cancelled is a writer that ends with its context.
type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c *cancelled) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}
