package outbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"longying/imaging"
)

// hip is a hospital information platform: SOAP 1.2, service HIPService, namespace
// urn:hl7-org:v3, HIPMessageServer(action, message). A document is registered by
// the interaction RCMR_IN000002UV02 (document original with content) and
// acknowledged by MCCI_IN000002UV01. Names and places of the elements are as
// public code of such platforms has them; no text of the standard was at hand, so
// that action, sender and receiver are configuration.
//
// No way to ask what is registered is known. A document is sent again in the same
// message, under the same message id.
type hip struct{ web }

const (
	nsHL7  = "urn:hl7-org:v3"
	nsSOAP = "http://www.w3.org/2003/05/soap-envelope"

	interactionRegister = "RCMR_IN000002UV02"
	interactionAck      = "MCCI_IN000002UV01"

	oidMessage     = "2.16.156.10011.2.5.1.1"
	oidInteraction = "2.16.156.10011.2.5.1.2"
	oidDevice      = "2.16.156.10011.2.5.1.3"
	oidDocument    = "2.16.156.10011.1.1"
	oidDocCode     = "2.16.156.10011.2.4"
	oidSecrecy     = "2.16.840.1.113883.5.25"
)

// header is what a registration repeats of a CDA document.
type header struct {
	XMLName xml.Name `xml:"urn:hl7-org:v3 ClinicalDocument"`
	Code    struct {
		Code string `xml:"code,attr"`
	} `xml:"code"`
	Title         string `xml:"title"`
	EffectiveTime struct {
		Value string `xml:"value,attr"`
	} `xml:"effectiveTime"`
	Patient struct {
		IDs     []ii   `xml:"id"`
		Persons []ii   `xml:"patient>id"`
		Name    string `xml:"patient>name"`
	} `xml:"recordTarget>patientRole"`
}

type ii struct {
	Root      string `xml:"root,attr"`
	Extension string `xml:"extension,attr"`
}

// escaped is text as it may stand in an attribute or an element.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

func (c hip) action() string {
	if c.dest.Action != "" {
		return c.dest.Action
	}
	return interactionRegister
}

// messageID is the same at each attempt.
func messageID(p parcel) string { return fmt.Sprintf("%s-%d", p.DocumentID, p.Version) }

// message is the registration of a document. Its time is that of the delivery, so
// that it is the same at each attempt.
func (c hip) message(p parcel) (string, error) {
	var h header
	if err := xml.Unmarshal(p.body, &h); err != nil {
		return "", fmt.Errorf("the document is no CDA: %w", err)
	}
	if h.Code.Code == "" || h.EffectiveTime.Value == "" {
		return "", errors.New("the document has no code or no time")
	}
	var b strings.Builder
	w := func(format string, args ...any) {
		for i, a := range args {
			if s, ok := a.(string); ok {
				args[i] = escaped(s)
			}
		}
		fmt.Fprintf(&b, format, args...)
	}
	items := func(ids []ii) {
		b.WriteString("<id>")
		for _, id := range ids {
			w(`<item root="%s" extension="%s"/>`, id.Root, id.Extension)
		}
		b.WriteString("</id>")
	}
	device := func(element, kind, id string) {
		w(`<%s typeCode="%s"><device classCode="DEV" determinerCode="INSTANCE">`, element, kind)
		items([]ii{{oidDevice, id}})
		w(`</device></%s>`, element)
	}
	w(`<?xml version="1.0" encoding="UTF-8"?><%s xmlns="%s" ITSVersion="XML_1.0">`, interactionRegister, nsHL7)
	w(`<id root="%s" extension="%s"/><creationTime value="%s"/><interactionId root="%s" extension="%s"/>`,
		oidMessage, messageID(p), p.CreatedAt.In(imaging.Zone()).Format("20060102150405"), oidInteraction, interactionRegister)
	b.WriteString(`<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="AL"/>`)
	device("receiver", "RCV", c.dest.Receiver)
	device("sender", "SND", c.dest.Sender)
	b.WriteString(`<controlActProcess classCode="CACT" moodCode="EVN"><subject typeCode="SUBJ"><clinicalDocument classCode="DOCCLIN" moodCode="EVN">`)
	items([]ii{{oidDocument, messageID(p)}})
	w(`<code code="%s" codeSystem="%s"><displayName value="%s"/></code><effectiveTime value="%s"/>`, h.Code.Code, oidDocCode, h.Title, h.EffectiveTime.Value)
	w(`<confidentialityCode code="N" codeSystem="%s"/><versionNumber value="%s"/>`, oidSecrecy, strconv.Itoa(p.Version))
	w(`<storageCode><originalText value="%s"/></storageCode><recordTarget><patient>`, base64.StdEncoding.EncodeToString(p.body))
	items(h.Patient.IDs)
	b.WriteString(`<patientPerson>`)
	items(h.Patient.Persons)
	w(`<name><item><part value="%s"/></item></name></patientPerson></patient></recordTarget>`, h.Patient.Name)
	w(`</clinicalDocument></subject></controlActProcess></%s>`, interactionRegister)
	return b.String(), nil
}

func (c hip) send(ctx context.Context, p parcel) answer {
	message, err := c.message(p)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(c.dest.Name, err)}
	}
	envelope := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="%s"><soap:Body><HIPMessageServer xmlns="%s"><action>%s</action><message>%s</message></HIPMessageServer></soap:Body></soap:Envelope>`,
		nsSOAP, nsHL7, escaped(c.action()), escaped(message))
	got, failed := c.exchange(ctx, http.MethodPost, c.base(),
		http.Header{"Content-Type": {`application/soap+xml; charset=utf-8; action="` + nsHL7 + `:HIPMessageServer"`}}, []byte(envelope))
	if failed != nil {
		return *failed
	}
	a, err := acknowledgement(got.body)
	switch {
	case err != nil:
		return c.strange(got, err.Error(), causeUnclear, string(got.body))
	case a.fault != "":
		return c.strange(got, "is a fault: "+a.fault, causeNoReceipt, a.fault)
	case a.target != messageID(p):
		return c.strange(got, fmt.Sprintf("acknowledges message %q, not %q", a.target, messageID(p)), causeOtherTarget, a.target)
	case a.kind == "AE":
		return answer{outcome: Refused, detail: "refused by " + c.dest.Name + ": " + a.text, why: because(causeRefused, c.dest.Name, 0, a.text)}
	case a.kind == "AA" && a.id != "" && got.status/100 == 2:
		return answer{outcome: Acknowledged, receipt: a.id, detail: a.text, why: said(c.dest.Name, a.text)}
	}
	return c.strange(got, fmt.Sprintf("with type %q and id %q is no acknowledgement: %s", a.kind, a.id, a.text), causeNoReceipt, strings.TrimSpace(a.kind+" "+a.text))
}

func (c hip) ask(context.Context, parcel) (answer, bool) { return answer{}, false }

// try looks at the description of the service.
func (c hip) try(ctx context.Context) error {
	got, failed := c.exchange(ctx, http.MethodGet, c.base()+"?wsdl", nil, nil)
	switch {
	case failed != nil:
		return c.problem(*failed)
	case got.status/100 != 2 || !bytes.Contains(got.body, []byte("HIPMessageServer")):
		return c.problem(c.strange(got, "to ?wsdl does not describe a HIPMessageServer", causeUnclear, ""))
	}
	return nil
}

// ack is what an MCCI_IN000002UV01 says.
type ack struct {
	kind   string // AA, AE or AR
	id     string // of the acknowledgement
	target string // the message that it is of
	text   string
	fault  string // of SOAP, instead
}

// acknowledgement reads the answer to HIPMessageServer: the acknowledgement stands
// in it as text, or as it is. Platforms differ in how they name the element around
// it.
func acknowledgement(body []byte) (ack, error) {
	var a ack
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	var text, fault strings.Builder
	var path []string
	found := false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return a, fmt.Errorf("is not understood: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			if found && a.note(path, t) {
				return a, errors.New("has more than one acknowledgement")
			}
			if t.Name.Local == interactionAck {
				if found {
					return a, errors.New("has more than one acknowledgement")
				}
				found, path = true, path[len(path)-1:]
			}
			text.Reset()
		case xml.EndElement:
			if !found && strings.Contains(text.String(), "<"+interactionAck) {
				return acknowledgement([]byte(strings.TrimSpace(text.String())))
			}
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		case xml.CharData:
			text.Write(t)
			if strings.Contains(strings.Join(path, "/"), "Fault/Reason") {
				fault.Write(t)
			}
		}
	}
	a.fault = strings.TrimSpace(fault.String())
	if !found && a.fault == "" {
		return a, errors.New("has no " + interactionAck)
	}
	return a, nil
}

// note takes what an element of the acknowledgement says; true where it was said
// before.
func (a *ack) note(path []string, t xml.StartElement) bool {
	attr := func(name string) string {
		for _, x := range t.Attr {
			if x.Name.Local == name {
				return strings.TrimSpace(x.Value)
			}
		}
		return ""
	}
	set := func(into *string, v string) bool {
		twice := *into != ""
		*into = v
		return twice
	}
	switch strings.Join(path, "/") {
	case interactionAck + "/id":
		return set(&a.id, attr("extension"))
	case interactionAck + "/acknowledgement":
		return set(&a.kind, attr("typeCode"))
	case interactionAck + "/acknowledgement/targetMessage/id":
		return set(&a.target, attr("extension"))
	case interactionAck + "/acknowledgement/acknowledgementDetail/text":
		a.text = strings.TrimSpace(a.text + " " + attr("value"))
	}
	return false
}
