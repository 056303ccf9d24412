package consult

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
	"longying/imaging/deid"
	"longying/records"
)

// burnedIn is the warning of package deid after which a person has to look.
const burnedIn = "burned_in"

// deidentifier makes what de-identifies the objects and the texts of this pack:
// one person, so that all dates move by the same days.
func (d *draft) deidentifier() error {
	p := &d.pack
	var exams []records.Examination
	for _, uid := range d.studies() {
		if ex := d.exams[uid]; ex != nil {
			exams = append(exams, *ex)
		}
	}
	known := slices.Concat(namesOf(&p.Patient, exams), numbersOf(&p.Patient, exams, p.Visits))
	d.never = append(slices.DeleteFunc(slices.Clone(known), func(s string) bool { return len(s) < 6 }), p.Consult.PatientID)
	var err error
	d.profile, err = deid.New(deid.Options{Secret: d.c.needs.Secret, Person: "record\x00" + p.Consult.PatientID, ModifiedDates: true, Descriptors: true, Patient: true, BurnedIn: d.o.Looked, Known: known})
	if err != nil {
		return err
	}
	d.mask = newMask(&p.Patient, exams, p.Visits, d.profile.Date)
	d.mask.place(d.org.Name)
	names, hospitals := people(&p.Consult)
	for _, name := range append(names, d.users...) {
		d.mask.person(name)
	}
	for _, name := range hospitals {
		d.mask.place(name)
	}
	for _, f := range p.Findings {
		d.mask.person(f.ByName)
	}
	for _, doc := range p.Documents {
		d.mask.person(doc.Document.Author.Name)
		d.mask.person(doc.Document.Reviewer.Name)
	}
	d.mask.person(p.PackedBy)
	return nil
}

// text is a free text as it goes into the pack: as it is, or of a de-identified one
// as a person has confirmed it; while the plan is made, as the mask leaves it.
func (d *draft) text(where, s string) string {
	if d.mask == nil || strings.TrimSpace(s) == "" {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	t := PackText{Key: hex.EncodeToString(sum[:8]), Where: where, Original: s, Masked: d.mask.text(s)}
	if !slices.ContainsFunc(d.plan.Texts, func(x PackText) bool { return x.Key == t.Key }) {
		d.plan.Texts = append(d.plan.Texts, t)
	}
	if confirmed, ok := d.o.Texts[t.Key]; ok {
		return strings.TrimSpace(confirmed)
	}
	return t.Masked
}

// confirmed refuses texts that nobody has confirmed, and those that still name the
// patient.
func (d *draft) confirmed() error {
	for _, t := range d.plan.Texts {
		s, ok := d.o.Texts[t.Key]
		if !ok {
			return &records.RefusedError{Code: "pack_text_unconfirmed", Args: []string{t.Masked},
				Reason: fmt.Sprintf("the text %q has not been confirmed, or has changed since; look at it before the de-identified pack is sealed", t.Masked)}
		}
		if kind := d.mask.names(s); kind != "" {
			return &records.RefusedError{Code: "pack_text_identifies", Args: []string{s},
				Reason: fmt.Sprintf("the text %q still has a %s of a person in it; take it out before the de-identified pack is sealed", s, kind)}
		}
	}
	return nil
}

// look reports an object whose pixels may go into the pack. What may not is left
// out with its reason.
func (d *draft) look(ctx context.Context, what, sopUID string) (ok bool, err error) {
	f, err := d.c.archive.Open(ctx, sopUID)
	if err != nil {
		return false, err
	}
	defer f.Close()
	warnings, err := d.profile.Check(f)
	var refused *deid.RefusedError
	switch {
	case errors.As(err, &refused):
		d.leaveOnce(what, refused.Code, refused.Reason)
		return false, nil
	case err != nil:
		return false, err
	}
	for _, w := range warnings {
		d.warn(what, sopUID, w)
		if w.Code != burnedIn {
			continue
		}
		if !d.o.Looked {
			d.leaveOnce(what, burnedIn, w.Text+"; look at its pictures, and confirm that there is no name in them")
			return false, nil
		}
		if reason, err := d.unseen(ctx, f); err != nil {
			return false, err
		} else if reason != "" {
			d.leaveOnce(what, "unseen", "object "+sopUID+" may have a name in its pixels, and nobody can have looked at them: "+reason)
			return false, nil
		}
	}
	return true, nil
}

func (d *draft) leaveOnce(what, code, reason string) {
	l := LeftOut{what, code, reason}
	if !slices.Contains(d.pack.Left, l) {
		d.pack.Left = append(d.pack.Left, l)
	}
}

// safe reports a place whose picture may go into the pack.
func (d *draft) safe(ctx context.Context, title string, ref imaging.Ref) (bool, error) {
	if d.profile == nil || ref.SOPClass == "" && d.foreign(ref.SOPUID) {
		return true, nil // of a scanner's own slide the tissue is packed, never its label
	}
	return d.look(ctx, title, ref.SOPUID)
}

func (d *draft) foreign(sopUID string) bool {
	for _, list := range d.objects {
		for _, o := range list {
			if o.SOPUID == sopUID {
				return o.SOPClass == ""
			}
		}
	}
	return false
}

// list chooses the DICOM images.
func (d *draft) list(ctx context.Context) error {
	wanted := map[string]bool{}
	title := map[string]string{}
	for _, it := range d.pack.Consult.Items {
		if it.Ref == nil {
			continue
		}
		if uid := it.Ref.StudyUID; title[uid] == "" || it.FindingUID == "" {
			title[uid] = it.Title
		}
		if d.o.Objects != ObjectsKey {
			continue
		}
		ref, isSlide, err := d.place(ctx, *it.Ref)
		if err != nil {
			return err
		}
		if !isSlide { // a level of a slide can be gigabytes; its regions are packed as pictures
			wanted[ref.SOPUID] = true
		}
	}
	for _, uid := range d.studies() {
		st := PackedStudy{UID: uid, Title: title[uid], Stored: len(d.objects[uid])}
		for _, o := range d.objects[uid] {
			if err := ctx.Err(); err != nil {
				return err
			}
			switch {
			case d.o.Objects == ObjectsNone, d.o.Objects == ObjectsKey && !wanted[o.SOPUID]:
				continue
			case o.SOPClass == "":
				d.leaveOnce(title[uid], "foreign_slide", "it is a slide of a scanner's own format and no DICOM object; its regions are packed as pictures")
				continue
			}
			if d.profile != nil {
				if ok, err := d.look(ctx, title[uid], o.SOPUID); err != nil {
					return err
				} else if !ok {
					continue
				}
			}
			d.add(source{sopUID: o.SOPUID, size: o.Size}, PackedObject{Kind: ObjectImage, StudyUID: uid, SOPUID: o.SOPUID})
			st.Has++
		}
		d.pack.Studies = append(d.pack.Studies, st)
	}
	return nil
}

// clean gives findings their texts as they go into the pack, under their own UIDs.
func (d *draft) clean(findings []records.Finding) []records.Finding {
	if d.mask == nil {
		return findings
	}
	out := slices.Clone(findings)
	for i := range out {
		f := &out[i]
		f.Label = records.Text{Zh: d.text(TextFinding, f.Label.Zh), En: d.text(TextFinding, f.Label.En)}
		f.ByName = d.mask.person(f.ByName)
		f.By = f.ByName
	}
	return out
}

func (d *draft) uid(old string) string { return d.profile.UID(old) }

// refer is a place under its new UIDs.
func (d *draft) refer(ref imaging.Ref) imaging.Ref {
	ref.StudyUID, ref.SeriesUID, ref.SOPUID = d.uid(ref.StudyUID), d.uid(ref.SeriesUID), d.uid(ref.SOPUID)
	return ref
}

// finding is a finding that clean has gone over, under its new UIDs. What is not
// named here is left out.
func (d *draft) finding(f records.Finding) records.Finding {
	var origin *records.Origin
	if o := f.Origin; o != nil { // its label may be anybody's words: the finding's own stands for it
		origin = &records.Origin{SOPUID: d.uid(o.SOPUID), SOPClass: o.SOPClass, Item: o.Item, Maker: o.Maker, Algorithm: o.Algorithm, Label: f.Label.In("zh")}
	}
	return records.Finding{UID: d.uid(f.UID), TrackingUID: d.uid(f.TrackingUID), Version: f.Version, StudyUID: d.uid(f.StudyUID), State: f.State,
		Label: f.Label, Code: f.Code, Site: f.Site, Topography: f.Topography, Morphology: f.Morphology, Grade: f.Grade, Laterality: f.Laterality,
		Ref: d.refer(f.Ref), Value: f.Value, Sizes: f.Sizes, Probability: f.Probability, Model: f.Model, Origin: origin,
		Note: d.text(TextFinding, f.Note), Reason: d.text(TextFinding, f.Reason), By: f.By, ByName: f.ByName, At: d.profile.Time(f.At)}
}

// nobody is a document of one frame that says of whom it is only by the pseudonym.
func (d *draft) nobody(doc *records.Document, findings []records.Finding) *records.Document {
	alias := d.profile.Alias()
	out := *doc
	out.Organization = records.Organization{Name: "De-identified"}
	out.Patient = d.patient()
	ex := doc.Examination
	out.Examination = records.Examination{StudyUID: d.uid(ex.StudyUID), PatientID: alias, Link: records.LinkedByRule, Modality: ex.Modality, Modalities: ex.Modalities,
		Date: d.profile.Time(ex.Date), Header: records.Header{Name: alias, PatientID: alias}}
	out.Findings = findings
	out.Author.Name = d.mask.person(doc.Author.Name)
	out.Author.ID = ""
	out.Reviewer = out.Author
	out.SignedAt = d.profile.Time(doc.SignedAt)
	return &out
}

func (d *draft) patient() records.Patient {
	alias := d.profile.Alias()
	return records.Patient{ID: alias, Name: alias, Sex: d.pack.Patient.Sex, Sample: d.pack.Patient.Sample}
}

// deidentify makes the pack again out of what may be in it. A field that is not
// named here does not leave.
func (d *draft) deidentify() error {
	was, m := d.pack, d.pack.Consult
	p := Pack{Version: was.Version, ID: was.ID, PackedAt: was.PackedAt, PackedBy: d.mask.person(was.PackedBy), DeIdentified: true,
		Age: years(was.Patient.BirthDate, m.CreatedAt), Patient: d.patient(), Images: was.Images, Objects: was.Objects}
	visits := map[string]string{}
	for i, v := range was.Visits {
		visits[v.ID] = "V" + strconv.Itoa(i+1)
		date, _ := d.profile.Date(v.Date) // none where it is no date
		out := records.Visit{ID: visits[v.ID], PatientID: p.Patient.ID, Class: v.Class, Date: date,
			Department: d.text(TextVisit, v.Department), Note: d.text(TextVisit, v.Note)}
		for _, x := range v.Diagnoses {
			out.Diagnoses = append(out.Diagnoses, records.Diagnosis{Code: x.Code, Name: d.text(TextVisit, x.Name)})
		}
		p.Visits = append(p.Visits, out)
	}
	for _, f := range d.clean(was.Findings) {
		p.Findings = append(p.Findings, d.finding(f))
	}
	for _, doc := range was.Documents {
		p.Reports = append(p.Reports, PackedReport{Date: d.profile.Time(doc.SignedAt).In(imaging.Zone()).Format("20060102"),
			Findings: d.text(TextReport, records.Join(doc.Document.FindingText)), Impression: d.text(TextReport, records.Join(doc.Document.Impression))})
	}
	p.Consult = d.consult(&m, p.Patient.ID, visits)
	for i := range p.Images {
		img := &p.Images[i]
		img.Title, img.Ref = d.text(TextItem, img.Title), d.refer(img.Ref)
	}
	for i := range p.Objects {
		if o := &p.Objects[i]; o.Kind == ObjectImage {
			o.StudyUID, o.SOPUID = d.uid(o.StudyUID), d.uid(o.SOPUID)
		}
	}
	for _, s := range was.Studies {
		s.UID, s.Title = d.uid(s.UID), d.text(TextItem, s.Title)
		p.Studies = append(p.Studies, s)
	}
	for _, l := range was.Left {
		l.What = d.text(TextItem, l.What)
		p.Left = append(p.Left, l)
	}
	d.pack = p
	return nil
}

// years is whole years; over 89 it would tell who it is. Empty where not known.
func years(birth string, at time.Time) string {
	b, err := time.Parse("20060102", birth)
	if err != nil {
		return ""
	}
	at = at.In(imaging.Zone())
	n := at.Year() - b.Year()
	if at.Month() < b.Month() || at.Month() == b.Month() && at.Day() < b.Day() {
		n--
	}
	if n < 0 {
		return ""
	}
	if n > 89 {
		return "90+"
	}
	return strconv.Itoa(n)
}
