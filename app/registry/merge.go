package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Compare shows both sides of a merge: the two entries, what differs, and
// whether they contradict each other.
func (r *Registry) Compare(ctx context.Context, actor records.User, keptID, goneID string) (kept, gone records.Patient, differing []records.Conflict, contradict bool, err error) {
	if err = trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_record", keptID); err != nil {
		return
	}
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		a, b, err := both(tx, keptID, goneID)
		if err != nil {
			return err
		}
		kept, gone = *a, *b
		differing, contradict = records.ComparePatients(gone, kept)
		return nil
	})
	return
}

func both(tx *sqlite.Tx, keptID, goneID string) (kept, gone *records.Patient, err error) {
	if kept, err = tx.Patient(keptID); err != nil {
		return nil, nil, fmt.Errorf("patient %s: %w", keptID, err)
	}
	if gone, err = tx.Patient(goneID); err != nil {
		return nil, nil, fmt.Errorf("patient %s: %w", goneID, err)
	}
	return kept, gone, nil
}

// Merge is a named person's word that two entries of the register are one
// person: the studies and consults of the one that goes are the kept one's from
// now on, and its numbers find the kept one. Both entries and their histories
// stay. Entries that contradict each other are refused unless despite is said.
func (r *Registry) Merge(ctx context.Context, actor records.User, keptID, goneID, reason string, despite bool) (_ records.Merge, err error) {
	defer trail.Outcome(ctx, r.store, actor, "merge_patients", goneID, &err)
	out := records.Merge{Act: records.ActMerge, Kept: keptID, Gone: goneID, Reason: strings.TrimSpace(reason), By: actor.ID, ByName: actor.Name, At: r.now()}
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "merge_patients", goneID); err != nil {
		return out, err
	}
	if out.Reason == "" {
		return out, &records.RefusedError{Code: "reason_missing", Reason: "a merge needs a reason"}
	}
	if keptID == goneID {
		return out, &records.RefusedError{Code: "merge_same", Reason: "both are the same entry of the register"}
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		kept, gone, err := both(tx, keptID, goneID)
		if err != nil {
			return err
		}
		for _, id := range []string{keptID, goneID} {
			if person, err := tx.Person(id); err != nil {
				return err
			} else if person != id {
				return &records.RefusedError{Code: "merged_already", Args: []string{id}, Reason: "patient " + id + " is merged into another entry already; unmerge it first, or name that one"}
			}
		}
		if kept.Sample != gone.Sample {
			return &records.RefusedError{Code: "merge_sample", Reason: "one entry is an invented person of the sample and the other is not"}
		}
		differing, contradict := records.ComparePatients(*gone, *kept)
		if contradict && !despite {
			return &records.RefusedError{Code: "merge_contradicts", Reason: fmt.Sprintf(
				"the two entries contradict each other in %s, as one person cannot; correct the register, or say --despite with the reason", fields(differing))}
		}
		out.Differing, out.Despite = differing, contradict
		studies, err := tx.Examinations(records.ExaminationFilter{PatientID: goneID})
		if err != nil {
			return err
		}
		out.Studies, out.Consults = nil, nil
		for i := range studies {
			out.Studies = append(out.Studies, studies[i].StudyUID)
		}
		consults, err := tx.ConsultsOf(goneID)
		if err != nil {
			return err
		}
		for i := range consults {
			out.Consults = append(out.Consults, consults[i].ID)
		}
		if err := move(tx, &out, goneID, kept); err != nil {
			return err
		}
		if err := tx.InsertMerge(&out); err != nil {
			return err
		}
		return r.audit(tx, actor, "merge_patients", goneID, keptID, "ok", fmt.Sprintf("%d studies, %d differences, contradicting %v: %s", len(out.Studies), len(differing), contradict, out.Reason))
	})
	return out, err
}

// Unmerge takes a merge back: what was moved is the entry's own again. Studies
// linked since to the kept entry stay there; since lists those, for a person to
// look at.
func (r *Registry) Unmerge(ctx context.Context, actor records.User, goneID, reason string) (out records.Merge, since []records.Examination, err error) {
	defer trail.Outcome(ctx, r.store, actor, "unmerge_patients", goneID, &err)
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "unmerge_patients", goneID); err != nil {
		return out, nil, err
	}
	if strings.TrimSpace(reason) == "" {
		return out, nil, &records.RefusedError{Code: "reason_missing", Reason: "an unmerge needs a reason"}
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		since = nil
		m, err := tx.Merged(goneID)
		if errors.Is(err, records.ErrNotFound) {
			if _, err := tx.Patient(goneID); err != nil {
				return err
			}
			return &records.RefusedError{Code: "not_merged", Args: []string{goneID}, Reason: "patient " + goneID + " is merged into no other entry"}
		}
		if err != nil {
			return err
		}
		if person, err := tx.Person(m.Kept); err != nil {
			return err
		} else if person != m.Kept {
			return &records.RefusedError{Code: "merged_already", Args: []string{m.Kept}, Reason: "patient " + m.Kept + " is merged into another entry itself; unmerge that first"}
		}
		gone, err := tx.Patient(goneID)
		if err != nil {
			return err
		}
		out = records.Merge{Act: records.ActUnmerge, Kept: m.Kept, Gone: goneID, Studies: m.Studies, Consults: m.Consults,
			Reason: strings.TrimSpace(reason), By: actor.ID, ByName: actor.Name, At: r.now()}
		for _, uid := range m.Studies {
			findings, err := tx.FindingsOf(uid)
			if err != nil {
				return err
			}
			ex, err := tx.Examination(uid)
			if err != nil {
				return err
			}
			if ex.PatientID != m.Kept {
				continue // unlinked or linked anew meanwhile
			}
			docs, err := tx.SignedDocuments(uid)
			if err != nil {
				return err
			}
			for _, d := range records.Standing(docs) {
				if d.Document.Patient.ID == m.Kept {
					return &records.RefusedError{Code: "unmerge_signed", Args: []string{uid}, Reason: "the report of study " + uid +
						" was signed for the person of the merged entry; unlink that study first, which retracts it, then unmerge"}
				}
			}
			if err := r.partFollowing(tx, actor, m.Kept, m.Studies, findings); err != nil {
				return err
			}
		}
		if err := move(tx, &out, m.Kept, gone); err != nil {
			return err
		}
		now, err := tx.Examinations(records.ExaminationFilter{PatientID: m.Kept})
		if err != nil {
			return err
		}
		for _, ex := range now {
			if ex.LinkedAt.After(m.At) {
				since = append(since, ex)
			}
		}
		if err := tx.InsertMerge(&out); err != nil {
			return err
		}
		return r.audit(tx, actor, "unmerge_patients", goneID, m.Kept, "ok", fmt.Sprintf("%d studies, %d linked since: %s", len(m.Studies), len(since), out.Reason))
	})
	return out, since, err
}

const unmerged = "the two studies are no longer one patient's"

// partFollowing takes back each follow-up between a study that goes back and
// one that stays: it would be across patients.
func (r *Registry) partFollowing(tx *sqlite.Tx, actor records.User, kept string, going []string, findings []records.Finding) error {
	for i := range findings {
		f := &findings[i]
		if p := f.FollowUp; p != nil && !slices.Contains(going, p.StudyUID) {
			next, err := f.Unfollow(actor, records.RightLink, unmerged, r.now())
			if err != nil {
				return err
			}
			if err := tx.AppendFindingVersion(&next); err != nil {
				return err
			}
			if err := tx.CarryTracking(&next, kept, actor, records.RightLink, r.now()); err != nil {
				return err
			}
		}
		if err := tx.DissolveAcross(f.UID, kept, going, unmerged, actor, r.now()); err != nil {
			return err
		}
	}
	return nil
}

// move gives the studies and consults of an act that are still one entry's to
// another one, with what differs between their headers and it.
func move(tx *sqlite.Tx, m *records.Merge, from string, to *records.Patient) error {
	for _, uid := range m.Studies {
		ex, err := tx.Examination(uid)
		if err != nil {
			return err
		}
		if ex.PatientID != from {
			continue
		}
		ex.PatientID, ex.LinkConflicts, ex.Sample = to.ID, records.CompareHeader(ex.Header, *to), to.Sample
		if err := tx.PutExamination(ex); err != nil {
			return err
		}
	}
	for _, id := range m.Consults {
		c, err := tx.Consult(id)
		if err != nil {
			return err
		}
		if c.PatientID != from {
			continue
		}
		c.PatientID = to.ID
		if err := tx.PutConsult(c); err != nil {
			return err
		}
	}
	return nil
}

func fields(cs []records.Conflict) string {
	var names []string
	for _, c := range cs {
		names = append(names, c.Field)
	}
	return strings.Join(names, ", ")
}
