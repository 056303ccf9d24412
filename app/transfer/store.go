package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/imaging/dicomfile"
	"longying/imaging/pacs"
	"longying/records"
	"longying/records/sqlite"
)

// What of a study is stored: its signed report as structured report, as
// Encapsulated PDF, the masks of its findings as segmentations, its key images as
// presentation states and as secondary captures; and every object of the study
// that is in the data folder.
const (
	AsSR       = "sr"
	AsPDF      = "pdf"
	AsSegments = "seg"
	AsStates   = "gsps"
	AsCaptures = "sc"
	AsObjects  = "objects"
)

// Kinds lists what of a study can be stored.
func Kinds() []string { return []string{AsSR, AsPDF, AsSegments, AsStates, AsCaptures, AsObjects} }

func (t *Transfer) examination(ctx context.Context, studyUID string) (*records.Examination, error) {
	var ex *records.Examination
	err := t.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		ex, err = tx.Examination(studyUID)
		return err
	})
	return ex, err
}

// Stored is what became of what was sent.
type Stored struct {
	Server   string
	Outcomes []pacs.Outcome
	Left     []string // what of the report could not be written as an object, and why
}

// Failed counts the objects of which the server does not say that it has them.
func (s Stored) Failed() int {
	n := 0
	for _, o := range s.Outcomes {
		if o.State != pacs.Stored && o.State != pacs.Warned {
			n++
		}
	}
	return n
}

// StoreStudy stores kinds of a study: only a signed report leaves. progress may
// be nil.
func (t *Transfer) StoreStudy(ctx context.Context, actor records.User, name, studyUID string, kinds []string, progress func(done, total int)) (Stored, error) {
	var out Stored
	if err := trail.Require(ctx, t.store, actor, records.RightExport, "pacs_store", studyUID); err != nil {
		return out, err
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return out, err
	}
	defer c.Close()
	ex, err := t.examination(ctx, studyUID)
	if err != nil {
		return out, fmt.Errorf("study %s: %w", studyUID, err)
	}
	var objects []pacs.Object
	var doc *records.SignedDocument
	for _, kind := range kinds {
		switch kind {
		case AsSR, AsPDF, AsSegments, AsStates, AsCaptures:
			if doc == nil {
				signed, err := t.needs.Signed(ctx, actor, studyUID)
				if err != nil {
					return out, err
				}
				doc = &signed
			}
			raws, left, err := t.needs.Objects(ctx, doc, kind)
			if err != nil {
				return out, err
			}
			out.Left = append(out.Left, left...)
			for _, raw := range raws {
				o, err := made(raw)
				if err != nil {
					return out, err
				}
				objects = append(objects, o)
			}
		case AsObjects:
			of, err := t.objectsOf(ctx, studyUID)
			if err != nil {
				return out, err
			}
			objects = append(objects, of...)
		default:
			return out, fmt.Errorf("%q is none of %s", kind, strings.Join(Kinds(), ", "))
		}
	}
	sent, err := t.send(ctx, actor, c, objects, studyUID, ex.PatientID, strings.Join(kinds, ", "), progress)
	sent.Left = out.Left
	return sent, err
}

// made is an object that is in memory.
func made(raw []byte) (pacs.Object, error) {
	f, err := dicomfile.OpenReader(bytes.NewReader(raw), int64(len(raw)), "the report")
	if err != nil {
		return pacs.Object{}, err
	}
	defer f.Close()
	in := f.Instance()
	return pacs.Object{StudyUID: in.StudyUID, SOPUID: in.SOPInstanceUID, Size: int64(len(raw)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }}, nil
}

func (t *Transfer) objectsOf(ctx context.Context, studyUID string) ([]pacs.Object, error) {
	var kept []records.Object
	err := t.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		kept, err = tx.ObjectsOf(studyUID)
		return err
	})
	var out []pacs.Object
	for _, o := range kept {
		if o.SOPClass == "" { // a slide of a scanner's own format
			continue
		}
		out = append(out, pacs.Object{StudyUID: studyUID, SOPUID: o.SOPUID, Size: o.Size, Open: func() (io.ReadCloser, error) {
			f, err := t.archive.Open(ctx, o.SOPUID)
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{f.Object(), f}, nil
		}})
	}
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("study %s has no DICOM object here", studyUID)
	}
	return out, err
}

// StoreFiles stores the DICOM files under paths as they are. What is no DICOM
// file is in skipped with its reason. progress may be nil.
func (t *Transfer) StoreFiles(ctx context.Context, actor records.User, name string, paths []string, progress func(done, total int)) (out Stored, skipped []string, err error) {
	if err := trail.Require(ctx, t.store, actor, records.RightExport, "pacs_store", ""); err != nil {
		return out, nil, err
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return out, nil, err
	}
	defer c.Close()
	cat, err := t.archive.Reader(ctx).Scan(ctx, paths, nil)
	if err != nil {
		return out, nil, err
	}
	for _, s := range cat.Skipped {
		skipped = append(skipped, fmt.Sprintf("%s: %s %s", s.Path, s.Code, s.Detail))
	}
	var objects []pacs.Object
	studies := map[string]bool{}
	for i := range cat.Studies {
		for _, series := range cat.Studies[i].Series {
			for _, in := range series.Instances {
				f, err := dicomfile.Open(in.Source)
				if err != nil {
					return out, skipped, err
				}
				size := f.Object().Size()
				if err := f.Close(); err != nil {
					return out, skipped, err
				}
				studies[in.StudyUID] = true
				objects = append(objects, pacs.Object{StudyUID: in.StudyUID, SOPUID: in.SOPInstanceUID, Size: size, Open: func() (io.ReadCloser, error) {
					f, err := dicomfile.Open(in.Source)
					if err != nil {
						return nil, err
					}
					return struct {
						io.Reader
						io.Closer
					}{f.Object(), f}, nil
				}})
			}
		}
	}
	if len(objects) == 0 {
		return out, skipped, fmt.Errorf("no DICOM file was found under %s", strings.Join(paths, ", "))
	}
	var uids []string
	for uid := range studies {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	out, err = t.send(ctx, actor, c, objects, uids[0], "", fmt.Sprintf("files of %d studies", len(uids)), progress)
	return out, skipped, err
}

func (t *Transfer) send(ctx context.Context, actor records.User, c *pacs.Client, objects []pacs.Object, studyUID, patientID, what string, progress func(done, total int)) (Stored, error) {
	out := Stored{Server: c.Server()}
	var err error
	out.Outcomes, err = c.Store(ctx, objects, progress)
	failed := err
	if failed == nil && out.Failed() > 0 {
		failed = errors.New("not all were stored")
	}
	detail := fmt.Sprintf("to %s (%s): %d of %d objects stored", c.Server(), what, len(out.Outcomes)-out.Failed(), len(objects))
	return out, errors.Join(err, t.audit(ctx, actor, "pacs_store", studyUID, patientID, failed, detail))
}
