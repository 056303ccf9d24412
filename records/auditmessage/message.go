// Package auditmessage writes entries of the audit trail as DICOM audit messages
// (PS3.15 A.5): the XML of A.5.1, the events and participants of A.5.3, the codes
// of PS3.16 CID 400 to 405. A message names no patient: the trail does not either.
package auditmessage

import "encoding/xml"

// Message is the root element of A.5.1.
type Message struct {
	XMLName      xml.Name      `xml:"AuditMessage"`
	Event        Event         `xml:"EventIdentification"`
	Participants []Participant `xml:"ActiveParticipant"`
	Source       Source        `xml:"AuditSourceIdentification"`
	Objects      []Object      `xml:"ParticipantObjectIdentification"`
}

// Code is a CodedValueType.
type Code struct {
	Value   string `xml:"csd-code,attr"`
	System  string `xml:"codeSystemName,attr"`
	Meaning string `xml:"originalText,attr"`
}

// Event is what happened, when, and how it ended.
type Event struct {
	Action      string `xml:"EventActionCode,attr"`       // C, R, U, D or E
	At          string `xml:"EventDateTime,attr"`         // xsd:dateTime, UTC
	Outcome     string `xml:"EventOutcomeIndicator,attr"` // 0, 4 or 8
	ID          Code   `xml:"EventID"`                    // CID 400
	Types       []Code `xml:"EventTypeCode"`              // CID 401, and the action's name in the trail
	Description string `xml:"EventOutcomeDescription,omitempty"`
}

// Participant is a person, a program or a medium that took part.
type Participant struct {
	UserID      string `xml:"UserID,attr"`
	Alternative string `xml:"AlternativeUserID,attr,omitempty"`
	Name        string `xml:"UserName,attr,omitempty"`
	Requestor   bool   `xml:"UserIsRequestor,attr"`
	Access      string `xml:"NetworkAccessPointID,attr,omitempty"`
	AccessType  string `xml:"NetworkAccessPointTypeCode,attr,omitempty"` // 1: machine name
	Roles       []Code `xml:"RoleIDCode"`                                // CID 402
	Media       *Media `xml:"MediaIdentifier"`
}

// Media is what data came from or went to.
type Media struct {
	Type Code `xml:"MediaType"` // CID 405
}

// Source is who reports the event.
type Source struct {
	Site string     `xml:"AuditEnterpriseSiteID,attr,omitempty"`
	ID   string     `xml:"AuditSourceID,attr"`
	Type SourceType `xml:"AuditSourceTypeCode"`
}

// SourceType is 1: end-user display device.
type SourceType struct {
	Value string `xml:"csd-code,attr"`
}

// Object is what the event was about.
type Object struct {
	ID          string       `xml:"ParticipantObjectID,attr"`
	Type        string       `xml:"ParticipantObjectTypeCode,attr"`     // 1 person, 2 system object
	Role        string       `xml:"ParticipantObjectTypeCodeRole,attr"` // A.5.1.2.2
	LifeCycle   string       `xml:"ParticipantObjectDataLifeCycle,attr,omitempty"`
	IDType      Code         `xml:"ParticipantObjectIDTypeCode"`
	Name        *string      `xml:"ParticipantObjectName"`            // either a name, which may be empty,
	Query       *string      `xml:"ParticipantObjectQuery,omitempty"` // or a query, base64
	Details     []Detail     `xml:"ParticipantObjectDetail"`
	Description *Description `xml:"ParticipantObjectDescription"`
}

// Detail is a ValuePair.
type Detail struct {
	Type string `xml:"type,attr"`
	Text string `xml:"value,attr"` // base64
}

// Description names the study that an object is part of.
type Description struct {
	Studies *Studies `xml:"ParticipantObjectContainsStudy"`
}

// Studies are Study Instance UIDs.
type Studies struct {
	IDs []StudyID `xml:"StudyIDs"`
}

// StudyID is one.
type StudyID struct {
	UID string `xml:"UID,attr"`
}
