package records

import "time"

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryQueued       DeliveryState = "queued"          // to be sent, or to be tried again at Next
	DeliveryNeedsCare    DeliveryState = "needs_attention" // preflight named missing or overlong fields
	DeliveryAcknowledged DeliveryState = "acknowledged"    // the platform has it; see the receipt
	DeliveryRefused      DeliveryState = "refused"         // the platform said no: final
	DeliveryDead         DeliveryState = "dead"            // too many attempts
	DeliveryWithdrawn    DeliveryState = "withdrawn"       // its document was retracted before it was acknowledged: final
)

// Delivery is the intent to send one version of one document to one
// destination in one format, unique by these four.
type Delivery struct {
	ID          string        `json:"id"`
	DocumentID  string        `json:"document_id"`
	Version     int           `json:"version"`
	Destination string        `json:"destination"`
	Format      string        `json:"format"`         // cda, fhir, sr
	Note        string        `json:"note,omitempty"` // what of the document could not be written in this format
	StudyUID    string        `json:"study_uid"`
	State       DeliveryState `json:"state"`
	Attempts    int           `json:"attempts"`
	Spent       int           `json:"spent,omitempty"` // of Attempts, those before a person last had it tried again: they no longer count towards giving up
	Next        time.Time     `json:"next,omitzero"`
	LastError   string        `json:"last_error,omitempty"`
	Cause       *Cause        `json:"cause,omitempty"`  // the same for a reader's own language
	Offline     time.Time     `json:"offline,omitzero"` // since when its destination was not there at any attempt; zero: it was at the last
	Receipt     *Receipt      `json:"receipt,omitempty"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Receipt is what the platform answered, with the audit chain's head and count
// at that moment, so that a cut tail shows.
type Receipt struct {
	Number     string    `json:"number"` // the platform's
	At         time.Time `json:"at"`
	Registered time.Time `json:"registered,omitzero"` // when the platform registered it
	SHA256     string    `json:"sha256"`              // of the bytes sent
	AuditHead  string    `json:"audit_head"`
	AuditCount int64     `json:"audit_count"`
}

// Attempt is one try at a delivery.
type Attempt struct {
	DeliveryID string    `json:"delivery_id"`
	At         time.Time `json:"at"`
	Outcome    string    `json:"outcome"` // acknowledged, refused, no_answer, unreachable, asked_and_found
	Detail     string    `json:"detail,omitempty"`
	Cause      *Cause    `json:"cause,omitempty"`
}

// Cause is why an attempt ended as it did, or why a delivery waits for a person,
// to be said in a reader's own language. What the destination or the system said
// stays in their words.
type Cause struct {
	Code string   `json:"code"`           // one of package outbox, or of a RefusedError with "refusal" before it
	Args []string `json:"args,omitempty"` // of the code
	Said string   `json:"said,omitempty"` // by the destination, or by the system about the connection
}
