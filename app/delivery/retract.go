package delivery

import (
	"errors"
	"fmt"

	"longying/records"
	"longying/records/sqlite"
)

// The codes of a records.Cause that are no destination's.
const (
	CauseRetracted = "retracted" // the report was taken back; then its reason
	CauseStays     = "stays"     // an older version may stand at a destination that this one has nothing to replace by; then destination and format
)

// Retractions stops what is still on its way of a document that doc retracts,
// and lists the deliveries of doc: one for each destination and format that a
// version before has reached or may have reached. What a platform refused is not
// there.
func (d *Delivery) Retractions(tx *sqlite.Tx, doc *records.Document) ([]records.Delivery, error) {
	all, err := tx.DeliveriesOf(doc.DocumentID)
	if err != nil {
		return nil, err
	}
	f, err := d.forms(tx)
	if err != nil {
		return nil, err
	}
	var out []records.Delivery
	told := map[string]bool{}
	for i := range all {
		del := &all[i]
		if del.Version >= doc.Version {
			continue
		}
		left, err := left(tx, *del)
		if err != nil {
			return nil, err
		}
		if del.State != records.DeliveryAcknowledged && del.State != records.DeliveryRefused {
			del.State, del.LastError = records.DeliveryWithdrawn, "retracted: "+doc.Retracts
			del.Cause = &records.Cause{Code: CauseRetracted, Args: []string{doc.Retracts}}
			if err := tx.PutDelivery(del); err != nil {
				return nil, err
			}
		}
		if to := del.Destination + "\x00" + del.Format; left && !told[to] {
			told[to] = true
			if applies(doc, del.Format) {
				out = append(out, d.intent(f, doc, del.Destination, del.Format))
			} else {
				out = append(out, d.stay(doc, del.Destination, del.Format))
			}
		}
	}
	return out, nil
}

// stay is a delivery that nothing can be sent as: what a version before has brought
// to the destination in this format is not in this version any more, and has to be
// taken away there by somebody.
func (d *Delivery) stay(doc *records.Document, destination, format string) records.Delivery {
	return records.Delivery{ID: fmt.Sprintf("%s-%s-%s", doc.ID, destination, format), DocumentID: doc.DocumentID, Version: doc.Version,
		Destination: destination, Format: format, StudyUID: doc.Examination.StudyUID, State: records.DeliveryNeedsCare, CreatedAt: d.now(),
		LastError: fmt.Sprintf("this version has nothing left to send as %s, and %s may have what the version before sent: have it taken away there", format, destination),
		Cause:     &records.Cause{Code: CauseStays, Args: []string{destination, format}}}
}

// stays is the delivery of stay where a version before has reached, or may have
// reached, the destination in this format.
func (d *Delivery) stays(tx *sqlite.Tx, doc *records.Document, destination, format string) ([]records.Delivery, error) {
	if doc.Version == 1 {
		return nil, nil
	}
	before, err := tx.DeliveriesOf(doc.DocumentID)
	if err != nil {
		return nil, err
	}
	for _, del := range before {
		if del.Destination != destination || del.Format != format || del.Version >= doc.Version {
			continue
		}
		left, err := left(tx, del)
		if err != nil {
			return nil, err
		}
		if left {
			return []records.Delivery{d.stay(doc, destination, format)}, nil
		}
	}
	return nil, nil
}

// left reports whether a delivery has reached its destination, or may have. A
// payload is kept before it is sent, so that without one nothing left.
func left(tx *sqlite.Tx, del records.Delivery) (bool, error) {
	_, err := tx.Payload(del.ID)
	if errors.Is(err, records.ErrNotFound) {
		return false, nil
	}
	return err == nil && del.State != records.DeliveryRefused, err
}

func (d *Delivery) intent(f Forms, doc *records.Document, destination, format string) records.Delivery {
	del := records.Delivery{ID: fmt.Sprintf("%s-%s-%s", doc.ID, destination, format), DocumentID: doc.DocumentID, Version: doc.Version,
		Destination: destination, Format: format, StudyUID: doc.Examination.StudyUID, State: records.DeliveryQueued, CreatedAt: d.now()}
	if problem := words(f.Preflight(&records.SignedDocument{Document: *doc}, format)); problem != "" {
		del.State, del.LastError = records.DeliveryNeedsCare, problem
	}
	return del
}

// overtaken keeps a delivery withdrawn whose document was retracted while it was
// being sent. One that arrived all the same is acknowledged, and the retraction
// follows it.
func (d *Delivery) overtaken(tx *sqlite.Tx, del *records.Delivery) error {
	now, err := tx.Delivery(del.ID)
	if err != nil || now.State != records.DeliveryWithdrawn {
		return err
	}
	if del.State != records.DeliveryAcknowledged {
		del.State, del.LastError, del.Cause = now.State, now.LastError, now.Cause
		return nil
	}
	docs, err := tx.SignedDocuments(del.StudyUID)
	if err != nil {
		return err
	}
	f, err := d.forms(tx)
	if err != nil {
		return err
	}
	for i := range docs {
		if doc := &docs[i].Document; doc.DocumentID == del.DocumentID && doc.Retracts != "" {
			follow := d.intent(f, doc, del.Destination, del.Format)
			return tx.InsertDelivery(&follow)
		}
	}
	return nil
}
