package auditmessage

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"longying/records"
)

// Subject is what the record knows of an event's object.
type Subject struct {
	Study string // Study Instance UID that the object is, or is part of
	User  bool   // the object is an account
}

// Of tells an entry of the trail as a message. site is the hospital's code, or
// empty.
func Of(e *records.AuditEvent, s Subject, site string) Message {
	k, _ := kindOf(e.Action)
	m := Message{Event: Event{Action: k.action, At: e.At.UTC().Format(time.RFC3339Nano), Outcome: outcome(e.Outcome), ID: k.id},
		Source: Source{Site: site, ID: e.Station, Type: SourceType{"1"}}}
	if e.Action == "configure" && (e.Object == "pacs" || e.Object == "destinations") {
		k.typ = &network
	}
	if k.typ != nil {
		m.Event.Types = append(m.Event.Types, *k.typ)
	}
	m.Event.Types = append(m.Event.Types, Code{e.Action, system, e.Action})
	if e.Outcome != "ok" {
		m.Event.Description = e.Outcome
		if e.Detail != "" {
			m.Event.Description += ": " + e.Detail
		}
	}
	m.Participants = participants(e, &k)
	m.Objects = objects(e, &k, s)
	return m
}

// outcome is A.5.1: 0 success, 4 minor failure, 8 serious failure.
func outcome(of string) string {
	switch of {
	case "ok":
		return "0"
	case "refused":
		return "4"
	}
	return "8"
}

// participants are who asked, the program, and the medium.
func participants(e *records.AuditEvent, k *kind) []Participant {
	person := Participant{UserID: e.UserID, Name: e.UserName, Requestor: true, Access: e.Station, AccessType: "1"}
	if person.UserID == "" {
		person.UserID, person.Requestor = "nobody", false // e.g. a login that there is not
	}
	program := Participant{UserID: "longying", Alternative: e.Program, Access: e.Station, AccessType: "1", Roles: []Code{application}}
	medium := Participant{}
	switch k.id {
	case exported: // A.5.3.4: the source, and the medium that it went to
		program.Roles = append(program.Roles, sourceRole)
		medium.Roles = []Code{destination}
	case imported: // A.5.3.5: the destination, and the medium that it came from
		program.Roles = append(program.Roles, destinationRole)
		medium.Roles = []Code{source}
	case transferred, queried: // the program on one side, the PACS on the other
		ours, theirs := sourceRole, destinationRole
		if e.Action == "pacs_retrieve" {
			ours, theirs = theirs, ours
		}
		program.Roles = append(program.Roles, ours)
		return []Participant{person, program, {UserID: "PACS", Roles: []Code{theirs}}}
	default:
		return []Participant{person, program}
	}
	medium.UserID, medium.Media = k.media.Meaning, &Media{*k.media}
	return []Participant{person, program, medium}
}

// objects are the study, the patient, the account or the log that an event is
// about, and the entry of the trail itself.
func objects(e *records.AuditEvent, k *kind, s Subject) []Object {
	var out []Object
	nameless := ""
	switch {
	case k.id == auditLogUsed: // A.5.3.2
		name := "Security Audit Log"
		out = append(out, Object{ID: "audit-trail:" + e.Station, Type: "2", Role: "13", IDType: resource, Name: &name})
	case k.query: // A.5.3.10; which fields were asked for is known, their values are kept nowhere
		asked := base64.StdEncoding.EncodeToString([]byte(e.Detail))
		out = append(out, Object{ID: "1.2.840.10008.5.1.4.1.2.2.1", Type: "2", Role: "3", IDType: sopClass, Query: &asked})
	case k.id == securityAlert: // A.5.3.11
		id, typ := e.Object, nodeID
		if id == "" {
			id = e.Station
		}
		role := "13"
		if s.User {
			typ, role = userIdentifier, "11"
		}
		out = append(out, Object{ID: id, Type: "2", Role: role, IDType: typ, Name: &nameless})
	}
	if s.Study != "" {
		o := Object{ID: s.Study, Type: "2", Role: "3", LifeCycle: k.lifeCycle, IDType: studyUID, Name: &nameless}
		if e.Object != s.Study {
			o.Details = append(o.Details, detail("object", e.Object))
			o.Description = &Description{&Studies{[]StudyID{{s.Study}}}}
		}
		out = append(out, o)
	}
	if e.PatientID != "" {
		out = append(out, Object{ID: e.PatientID, Type: "1", Role: "1", IDType: patientNumber, Name: &nameless})
	}
	entry := "entry of the audit trail"
	o := Object{ID: strconv.FormatInt(e.Seq, 10), Type: "2", Role: "13", IDType: Code{"audit-entry", system, entry}, Name: &entry,
		Details: []Detail{detail("hmac-sm3", e.MAC)}}
	if e.Object != "" {
		o.Details = append(o.Details, detail("object", e.Object))
	}
	if e.Detail != "" {
		o.Details = append(o.Details, detail("detail", e.Detail))
	}
	return append(out, o)
}

func detail(name, value string) Detail {
	return Detail{Type: name, Text: base64.StdEncoding.EncodeToString([]byte(value))}
}

// Write writes one message as an XML document without line ends, so that a file
// can hold one a line.
func (m Message) Write(w io.Writer) error {
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`); err != nil {
		return err
	}
	if err := xml.NewEncoder(w).Encode(m); err != nil {
		return fmt.Errorf("the audit message cannot be written: %w", err)
	}
	return nil
}

// Known reports whether there is a message for an action.
func Known(action string) bool {
	_, known := kindOf(action)
	return known
}
