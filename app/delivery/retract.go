package delivery

import (
	"errors"
	"fmt"

	"longying/records"
	"longying/records/sqlite"
)

// Retractions stops what is still on its way of a document that doc retracts,
// and lists the deliveries of doc: one for each destination and format that a
// version before has reached or may have reached. What a platform refused is not
// there. A payload is kept before it is sent, so that without one nothing left.
func (d *Delivery) Retractions(tx *sqlite.Tx, doc *records.Document) ([]records.Delivery, error) {
	all, err := tx.Deliveries()
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
		if del.DocumentID != doc.DocumentID || del.Version >= doc.Version {
			continue
		}
		_, err := tx.Payload(del.ID)
		if err != nil && !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
		left := err == nil && del.State != records.DeliveryRefused
		if del.State != records.DeliveryAcknowledged && del.State != records.DeliveryRefused {
			del.State, del.LastError = records.DeliveryWithdrawn, "retracted: "+doc.Retracts
			if err := tx.PutDelivery(del); err != nil {
				return nil, err
			}
		}
		if to := del.Destination + "\x00" + del.Format; left && !told[to] {
			told[to] = true
			out = append(out, d.intent(f, doc, del.Destination, del.Format))
		}
	}
	return out, nil
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
		del.State, del.LastError = now.State, now.LastError
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
