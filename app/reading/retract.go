package reading

import (
	"errors"
	"fmt"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Retract makes the report of a study void under the patient it was signed for:
// a next version of the same document that says so, signed by the person who
// corrects the link, sent wherever a version before may have arrived. The report
// under the right patient is then another document. It returns how many
// deliveries are queued, and nothing where no report was signed. withdrawn are
// the study's findings as they are now.
func (r *Reading) Retract(tx *sqlite.Tx, actor records.User, ex *records.Examination, withdrawn []records.Finding, reason, password string) (void *records.SignedDocument, queued int, err error) {
	if err := trail.RequireIn(tx, actor, records.RightReport); err != nil {
		return nil, 0, err
	}
	docs, err := tx.SignedDocuments(ex.StudyUID)
	if err != nil {
		return nil, 0, err
	}
	retracted := map[string]bool{}
	for _, d := range docs {
		if d.Document.Retracts != "" {
			retracted[d.Document.DocumentID] = true
		}
	}
	standing := records.Standing(docs)
	if len(standing) == 0 {
		return nil, 0, r.forgetDraft(tx, actor, ex.StudyUID, len(retracted))
	}
	doc := standing[len(standing)-1].Document
	stated := map[string]bool{}
	for _, d := range standing {
		for _, f := range d.Document.Findings {
			stated[f.UID] = true
		}
	}
	doc.Replaces, doc.Version = doc.ID, doc.Version+1
	doc.ID = fmt.Sprintf("%s-%d", doc.DocumentID, doc.Version)
	doc.Amends, doc.Retracts = reason, reason
	doc.Findings, doc.Annotations, doc.Withdrawn, doc.Abnormal, doc.Remarks = nil, nil, nil, false, ""
	for _, f := range withdrawn {
		if stated[f.UID] {
			doc.Withdrawn = append(doc.Withdrawn, f)
		}
	}
	doc.FindingText = []records.Sentence{{Text: "本报告作废：该检查曾被误关联至本患者，以前各版本的内容不属于本患者。"}}
	doc.Impression = []records.Sentence{{Text: "报告作废，请勿据此诊疗。"}}
	doc.Author, doc.AuthoredAt, doc.Answered = person(actor), time.Time{}, nil
	doc.Reviewer, doc.Technician, doc.SignedAt = doc.Author, nil, r.now()
	if err := doc.Check(); err != nil {
		return nil, 0, err
	}
	signed, err := freeze(doc, actor)
	if err != nil {
		return nil, 0, err
	}
	sig, err := r.signature(tx, actor, password, records.OverDocument, signed.Canonical)
	if err != nil {
		return nil, 0, err
	}
	sig.At, signed.Signatures = doc.SignedAt, []records.Signature{sig}
	if err := tx.InsertSignedDocument(&signed); err != nil {
		return nil, 0, err
	}
	if err := r.forgetDraft(tx, actor, ex.StudyUID, len(retracted)+1); err != nil {
		return nil, 0, err
	}
	intents, err := r.sign.Retractions(tx, &doc)
	if err != nil {
		return nil, 0, err
	}
	for i := range intents {
		if err := tx.InsertDelivery(&intents[i]); err != nil {
			return nil, 0, err
		}
	}
	return &signed, len(intents), r.audit(tx, actor, "retract", doc.ID, ex.PatientID, "ok", fmt.Sprintf("sha256 %s, %d deliveries", signed.SHA256, len(intents)))
}

// forgetDraft begins the working report anew: what was written under the wrong
// patient is not the right one's.
func (r *Reading) forgetDraft(tx *sqlite.Tx, actor records.User, studyUID string, retracted int) error {
	if _, err := tx.Report(studyUID); errors.Is(err, records.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return tx.PutReport(&records.Report{StudyUID: studyUID, DocumentID: documentID(studyUID, retracted), Version: 1, State: records.ReportDraft,
		UpdatedBy: actor.ID, UpdatedAt: r.now()})
}
