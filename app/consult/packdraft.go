package consult

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"longying/imaging"
	"longying/imaging/deid"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/records"
	"longying/records/composite"
	"longying/records/keyimage"
	"longying/records/report"
	"longying/records/sqlite"
)

// KeyFrame is one frame as a key image.
type KeyFrame struct {
	Image keyimage.Image
	Grey  bool // a presentation state can say how it was seen
	// Mark draws it with the marks of a state made of Image; v is the Image's view.
	Mark  func(v *records.KeyView, s *imaging.PresentationState, face *render.Typeface) (image.Image, error)
	Edges [4]string // orientation letters: left, right, top, bottom; empty where not known
}

// draft is a pack while it is put together: identified, and only de-identified at
// the end, so that nothing is forgotten that the one has and the other must not.
type draft struct {
	c       *Consult
	o       PackOptions
	pack    Pack
	exams   map[string]*records.Examination
	headers map[string]*imaging.Study
	objects map[string][]records.Object
	sources []source // of pack.Objects
	org     records.Organization
	profile *deid.Profile // nil: identified
	mask    *mask
	never   []string          // what a de-identified pack never has in it
	users   []string          // names of users whom the consult has by their ID alone
	seen    map[string]string // by SOP Instance UID: why its pixels cannot be shown; empty where they can
	face    *render.Typeface
	plan    PackPlan
}

// source is where the bytes of a packed object come from.
type source struct {
	sopUID string // in the archive
	raw    []byte // made here; nil: from the archive
	size   int64
}

func (d *draft) leave(what, code, format string, args ...any) {
	d.pack.Left = append(d.pack.Left, LeftOut{what, code, fmt.Sprintf(format, args...)})
}

// draft puts a pack together up to its objects, which are only listed.
func (c *Consult) draft(ctx context.Context, actor records.User, id string, o PackOptions, progress func(done, total int)) (*draft, error) {
	d := &draft{c: c, o: o, exams: map[string]*records.Examination{}, headers: map[string]*imaging.Study{}, objects: map[string][]records.Object{}, seen: map[string]string{}}
	if d.o.Objects == "" {
		d.o.Objects = ObjectsKey
	}
	if d.o.Objects != ObjectsKey && d.o.Objects != ObjectsAll && d.o.Objects != ObjectsNone {
		return nil, fmt.Errorf("a pack holds key, all or no objects; %q is none of these", o.Objects)
	}
	d.pack = Pack{Version: PackVersion, ID: newID("PACK-"), PackedAt: c.now(), PackedBy: actor.Name, DeIdentified: o.DeIdentified}
	var err error
	if d.face, err = render.NewTypeface(report.Font()); err != nil {
		return nil, err
	}
	if d.org, err = c.needs.Organization(ctx); err != nil {
		return nil, err
	}
	if err := c.store.View(ctx, func(tx *sqlite.Tx) error { return d.gather(tx, id) }); err != nil {
		return nil, err
	}
	if o.DeIdentified {
		if err := d.deidentifier(); err != nil {
			return nil, err
		}
	}
	if err := d.list(ctx); err != nil {
		return nil, err
	}
	if err := d.pictures(ctx, progress); err != nil {
		return nil, err
	}
	if o.DeIdentified {
		if err := d.deidentify(); err != nil {
			return nil, err
		}
	}
	return d, d.bounded()
}

// gather reads what the record has of the consult. A study that is no longer this
// patient's, and a finding that no longer stands, are left out.
func (d *draft) gather(tx *sqlite.Tx, id string) error {
	p := &d.pack
	m, err := tx.Consult(id)
	if err != nil {
		return fmt.Errorf("consult %s: %w", id, err)
	}
	if err := m.Allows(records.StepPack); err != nil {
		return err
	}
	p.Consult = *m
	patient, err := tx.Patient(m.PatientID)
	if err != nil {
		return err
	}
	p.Patient = *patient
	if p.Visits, err = tx.VisitsOf(m.PatientID); err != nil {
		return err
	}
	for _, uid := range userIDs(m) {
		u, err := tx.User(uid)
		if errors.Is(err, records.ErrNotFound) {
			continue // of a consult that came from another folder
		}
		if err != nil {
			return err
		}
		d.users = append(d.users, u.Name)
	}
	p.Consult.Items = nil
	for _, it := range m.Items {
		if it.FindingUID != "" {
			f, err := tx.Finding(it.FindingUID)
			if err != nil {
				return err
			}
			if !f.State.Factual() {
				d.leave(it.Title, "finding_taken_back", "the finding no longer stands: it is %s", f.State)
				continue
			}
			if ours, err := d.ours(tx, f.StudyUID); err != nil {
				return err
			} else if !ours {
				d.leave(it.Title, "study_unlinked", "its study is no longer linked to the patient of this consult")
				continue
			}
			ref := f.Ref
			it.Ref = &ref
			p.Findings = append(p.Findings, *f)
		} else if it.Ref != nil {
			if ours, err := d.ours(tx, it.Ref.StudyUID); err != nil {
				return err
			} else if !ours {
				d.leave(it.Title, "study_unlinked", "its study is no longer linked to the patient of this consult")
				continue
			}
		}
		p.Consult.Items = append(p.Consult.Items, it)
	}
	for _, uid := range d.studies() {
		docs, err := tx.SignedDocuments(uid)
		if err != nil {
			return err
		}
		for _, doc := range records.Standing(docs) {
			if person, err := tx.Person(doc.Document.Patient.ID); err != nil {
				return err
			} else if person == m.PatientID {
				p.Documents = append(p.Documents, doc)
			}
		}
		if d.objects[uid], err = tx.ObjectsOf(uid); err != nil {
			return err
		}
	}
	return nil
}

// ours reports a study that is linked to the patient of the consult now.
func (d *draft) ours(tx *sqlite.Tx, studyUID string) (bool, error) {
	if d.exams[studyUID] == nil {
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return false, fmt.Errorf("study %s: %w", studyUID, err)
		}
		if !ex.Link.Linked() {
			return false, nil
		}
		person, err := tx.Person(ex.PatientID)
		if err != nil || person != d.pack.Consult.PatientID {
			return false, err
		}
		d.exams[studyUID] = ex
	}
	return true, nil
}

// studies are those of the items, in a fixed order.
func (d *draft) studies() []string {
	uids := map[string]bool{}
	for _, it := range d.pack.Consult.Items {
		if it.Ref != nil {
			uids[it.Ref.StudyUID] = true
		}
	}
	return sortedKeys(uids)
}

// said are the findings of the pack that lie on one frame.
func (d *draft) said(ref imaging.Ref) []records.Finding {
	var out []records.Finding
	for _, f := range d.pack.Findings {
		if f.Ref.SOPUID == ref.SOPUID && max(1, f.Ref.Frame) == max(1, ref.Frame) {
			out = append(out, f)
		}
	}
	return out
}

// pictures makes a picture of each place that was laid before the consult, each
// once, and a presentation state of each grey one.
func (d *draft) pictures(ctx context.Context, progress func(done, total int)) error {
	seen := map[string]bool{}
	for i, it := range d.pack.Consult.Items {
		if progress != nil {
			progress(i, len(d.pack.Consult.Items))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if it.Ref == nil {
			continue
		}
		ref, isSlide, err := d.place(ctx, *it.Ref)
		if err != nil {
			return fmt.Errorf("the key image of %q cannot be made: %w", it.Title, err)
		}
		key := fmt.Sprint(ref.SOPUID, " ", max(1, ref.Frame))
		if isSlide && ref.Region != nil {
			key += fmt.Sprint(*ref.Region)
		}
		// A place without a view of its own is seen in any picture of it; of two views
		// each has its picture.
		view := it.View
		if isSlide {
			view = nil // it says nothing of a slide
		}
		as, err := viewed(key, view)
		if err != nil {
			return fmt.Errorf("the key image of %q cannot be made: %w", it.Title, err)
		}
		if seen[as] || view == nil && seen[key] {
			continue
		}
		seen[key], seen[as] = true, true
		if ok, err := d.safe(ctx, it.Title, ref); err != nil {
			return err
		} else if !ok {
			continue
		}
		var img PackedImage
		if isSlide {
			img, err = d.slideRegion(ctx, ref)
		} else {
			img, err = d.keyFrame(ctx, it.Title, ref, view)
		}
		if err != nil {
			return fmt.Errorf("the key image of %q cannot be made: %w", it.Title, err)
		}
		img.Title, img.View = it.Title, wordless(view)
		img.File = fmt.Sprintf("images/%d.png", len(d.pack.Images)+1)
		d.pack.Images = append(d.pack.Images, img)
	}
	return nil
}

// keyFrame is a frame as it is seen, or as somebody wanted it to be seen, with the
// marks of the findings that doctors confirmed on it, burned in as its presentation
// state says.
func (d *draft) keyFrame(ctx context.Context, title string, ref imaging.Ref, view *records.KeyView) (PackedImage, error) {
	k, reason, err := d.c.needs.KeyFrame(ctx, ref)
	if err != nil {
		return PackedImage{}, err
	}
	out := PackedImage{Ref: ref}
	plain := func() (PackedImage, error) {
		picture, err := d.c.archive.PictureAs(ctx, ref, view)
		if err != nil {
			return out, err
		}
		return out, out.set(picture)
	}
	if k == nil { // no DICOM object: the picture alone
		d.leave(title, "no_state", "no presentation state: %s", reason)
		return plain()
	}
	out.Edges = turned(k.Edges, view)
	k.Image.View = view
	k.Image.Findings = d.clean(d.said(ref))
	for _, f := range k.Image.Findings {
		out.Said = append(out.Said, f.Label.In("zh"))
	}
	k.Image.Purpose = "Key image of a consult 会诊关键图像"
	doc := d.document(ref, k.Image.Findings)
	var raw bytes.Buffer
	var refused *records.RefusedError
	switch err := keyimage.State(doc, k.Image, len(d.pack.Images)+1, composite.Default(), &raw); {
	case errors.As(err, &refused):
		d.leave(title, "no_state", "no presentation state: %s", refused.Reason)
		return plain()
	case err != nil:
		return out, err
	}
	// The state is read back, so that what is burned in is what it says.
	f, err := dicomfile.OpenReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()), "the presentation state")
	if err != nil {
		return out, err
	}
	defer f.Close()
	ps, err := f.PresentationState()
	if err != nil {
		return out, err
	}
	enlarge(ps)
	marked, err := k.Mark(view, ps, d.face)
	if err != nil {
		return out, err
	}
	if err := d.state(title, k, doc, raw.Bytes()); err != nil {
		return out, err
	}
	return out, out.set(marked)
}

// state packs a presentation state of a grey image; de-identified one that speaks
// of the image under its new UIDs.
func (d *draft) state(title string, k *KeyFrame, doc *records.Document, raw []byte) error {
	switch {
	case d.o.Objects == ObjectsNone:
		return nil
	case !k.Grey:
		d.leave(title, "no_state", "no presentation state: it is in colour, and a greyscale presentation state is of grey images")
		return nil
	case d.profile != nil:
		im := k.Image
		im.Ref = d.refer(im.Ref)
		im.Findings = nil
		for _, f := range k.Image.Findings {
			im.Findings = append(im.Findings, d.finding(f))
		}
		doc = d.nobody(doc, im.Findings)
		var b bytes.Buffer
		if err := keyimage.State(doc, im, len(d.pack.Images)+1, composite.Default(), &b); err != nil {
			return err
		}
		raw = b.Bytes()
	}
	f, err := dicomfile.OpenReader(bytes.NewReader(raw), int64(len(raw)), "the presentation state")
	if err != nil {
		return err
	}
	defer f.Close()
	d.add(source{raw: raw, size: int64(len(raw))}, PackedObject{Kind: ObjectState, StudyUID: doc.Examination.StudyUID, SOPUID: f.Instance().SOPInstanceUID})
	return nil
}

func (d *draft) add(s source, o PackedObject) {
	o.Size, o.File = s.size, fmt.Sprintf("objects/%d.dcm", len(d.sources)+1)
	d.sources, d.pack.Objects = append(d.sources, s), append(d.pack.Objects, o)
}

// document is what a presentation state can be of: the findings on one frame, under
// the name of who confirmed the first.
func (d *draft) document(ref imaging.Ref, findings []records.Finding) *records.Document {
	who := records.Person{Name: d.pack.PackedBy}
	if len(findings) > 0 {
		who.Name = findings[0].ByName
	}
	org := d.org
	if strings.TrimSpace(org.Name) == "" {
		org.Name = "Longying"
	}
	ex := records.Examination{StudyUID: ref.StudyUID}
	if known := d.exams[ref.StudyUID]; known != nil {
		ex = *known
		ex.PatientID = d.pack.Patient.ID // merged people are one
	}
	return &records.Document{DocumentID: d.pack.ID, Version: 1, ID: d.pack.ID + "-1", Organization: org, Patient: d.pack.Patient, Examination: ex,
		Findings: findings, FindingText: []records.Sentence{{Text: "会诊关键图像"}}, Author: who, Reviewer: who,
		SignedAt: d.pack.PackedAt, Sample: d.pack.Patient.Sample}
}

// bounded refuses a pack that nobody could open, and says what it would hold.
func (d *draft) bounded() error {
	pictures := int64(0)
	for _, img := range d.pack.Images {
		pictures += int64(len(img.PNG))
	}
	total := pictures + 1<<20
	for i, s := range d.sources {
		total += s.size
		if d.pack.Objects[i].Kind == ObjectImage {
			d.plan.Objects++
		} else {
			d.plan.States++
		}
	}
	if total > maxPack || pictures > maxPictures || len(d.sources)+len(d.pack.Images) > maxFiles-2 {
		return &records.RefusedError{Code: "pack_too_large", Args: []string{fmt.Sprint(total >> 20), fmt.Sprint(maxPack >> 20)},
			Reason: fmt.Sprintf("the pack would hold %d MiB, and at most %d MiB can be opened elsewhere; take the key images alone, or fewer studies", total>>20, maxPack>>20)}
	}
	d.plan.Images, d.plan.Bytes, d.plan.Left = d.pack.Images, total, d.pack.Left
	return nil
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
