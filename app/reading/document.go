package reading

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/emmansun/gmsm/sm3"

	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// documentID is the stable identity of a study's report over all versions: it
// is derived from the study, so that no two reports of one study can exist.
// A report that was retracted stays another patient's: the next one has another
// identity, by how many were retracted.
func documentID(studyUID string, retracted int) string {
	of := studyUID
	if retracted > 0 {
		of += fmt.Sprintf("\x00%d", retracted)
	}
	sum := sha256.Sum256([]byte("longying report\x00" + of))
	return "LY-" + strings.ToUpper(hex.EncodeToString(sum[:10]))
}

// freeze takes the hashes over the canonical bytes.
func freeze(doc records.Document, actor records.User) (records.SignedDocument, error) {
	canonical, err := doc.Canonical()
	if err != nil {
		return records.SignedDocument{}, err
	}
	a, b := sha256.Sum256(canonical), sm3.Sum(canonical)
	return records.SignedDocument{Document: doc, Canonical: canonical, SHA256: hex.EncodeToString(a[:]), SM3: hex.EncodeToString(b[:]),
		SignedBy: actor.ID, SignedAt: doc.SignedAt}, nil
}

func seriesRefs(study *imaging.Study) []records.SeriesRef {
	var out []records.SeriesRef
	for i := range study.Series {
		s := &study.Series[i]
		ref := records.SeriesRef{UID: s.UID, Modality: s.Modality}
		for j := range s.Instances {
			if s.Instances[j].SOPClassUID == "" {
				continue // no DICOM object: nothing may refer to it as to one
			}
			ref.Instances = append(ref.Instances, records.InstanceRef{SOPClass: s.Instances[j].SOPClassUID, SOPUID: s.Instances[j].SOPInstanceUID})
		}
		out = append(out, ref)
	}
	return out
}

// visitOf is the visit of the order that the examination answers, or nil.
func visitOf(tx *sqlite.Tx, ex *records.Examination) (*records.Visit, error) {
	if ex.AccessionNumber == "" {
		return nil, nil
	}
	o, err := tx.OrderByAccession(ex.AccessionNumber)
	if errors.Is(err, records.ErrNotFound) || err == nil && o.VisitID == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if person, err := tx.Person(o.PatientID); err != nil || person != ex.PatientID {
		return nil, err
	}
	visits, err := tx.VisitsOf(o.PatientID)
	if err != nil {
		return nil, err
	}
	for i := range visits {
		if visits[i].ID == o.VisitID {
			visits[i].PatientID = ex.PatientID // of a merged entry: the same person
			return &visits[i], nil
		}
	}
	return nil, nil
}

// remarks states the provenance of findings that a model proposed, or that were
// taken over from another maker's object, because the
// national documents have no element of their own for it (DE06.00.179.00).
func remarks(findings []records.Finding) string {
	seen := map[string]bool{}
	var parts []string
	for _, f := range findings {
		if f.Model == nil {
			continue
		}
		key := f.Model.ID + f.Model.Version + f.ByName
		if seen[key] {
			continue
		}
		seen[key] = true
		parts = append(parts, fmt.Sprintf("AI辅助提示：模型%s %s%s，经%s审核确认", f.Model.ID, f.Model.Version, digest(f.Model.SHA256), f.ByName))
	}
	taken := strings.Join(records.OriginsSaid(findings, "zh"), "；")
	if taken != "" {
		taken += "。"
	}
	if len(parts) == 0 {
		return taken
	}
	return strings.Join(parts, "；") + "。模型未注册为医疗器械，仅供辅助。" + taken
}

// digest names a model to the byte by the beginning of its hash, which tells it
// from any other: remarks are short in the platforms' tables.
func digest(sha256 string) string {
	if len(sha256) < 16 {
		return ""
	}
	return "（SHA-256 " + sha256[:16] + "）"
}
