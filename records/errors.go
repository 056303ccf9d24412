package records

import "fmt"

// DuplicateError says that the record already holds another entry under the
// same key. It does not quote the key, which may identify a person.
type DuplicateError struct {
	What  string // patient, user, finding, signed document
	Key   string // which key is taken: id_number, health_record_number, login, finding_uid
	Other string // our ID of the entry that holds it
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("another %s already has this %s (it is %s); correct the one that is wrong", e.What, e.Key, e.Other)
}

// ConflictError says that something arrived again with other content under an
// identity that must never change its content.
type ConflictError struct {
	What   string // object, order, payload
	ID     string
	Detail string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s %s is in the record with other content: %s", e.What, e.ID, e.Detail)
}

// StaleError says that something was changed by somebody else since it was
// read: read it again, then decide again.
type StaleError struct {
	What string // finding, signed document
	ID   string
	Last int // version in the record
	Got  int // version that was offered; Last+1 would have been right
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s %s is at version %d in the record, so version %d cannot follow; look at it again and repeat the change", e.What, e.ID, e.Last, e.Got)
}
