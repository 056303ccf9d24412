package auditmessage

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// rule is what the schema of PS3.15 A.5.1.1 says of one element.
type rule struct {
	must     []string            // attributes
	may      []string            //
	values   map[string][]string // of attributes that have a fixed set
	children []string            // in this order; "?" after it: may be absent, "*": any number, "+": at least one
}

func coded() rule {
	return rule{must: []string{"csd-code", "codeSystemName", "originalText"}, may: []string{"displayName"}}
}

func schema() map[string]rule {
	return map[string]rule{
		"AuditMessage": {children: []string{"EventIdentification", "ActiveParticipant+", "AuditSourceIdentification", "ParticipantObjectIdentification*"}},
		"EventIdentification": {must: []string{"EventDateTime", "EventOutcomeIndicator"}, may: []string{"EventActionCode"},
			values:   map[string][]string{"EventActionCode": {"C", "R", "U", "D", "E"}, "EventOutcomeIndicator": {"0", "4", "8", "12"}},
			children: []string{"EventID", "EventTypeCode*", "EventOutcomeDescription?"}},
		"EventID": coded(), "EventTypeCode": coded(), "RoleIDCode": coded(), "MediaType": coded(), "ParticipantObjectIDTypeCode": coded(),
		"EventOutcomeDescription": {},
		"ActiveParticipant": {must: []string{"UserID", "UserIsRequestor"}, may: []string{"AlternativeUserID", "UserName", "NetworkAccessPointID", "NetworkAccessPointTypeCode"},
			values:   map[string][]string{"UserIsRequestor": {"true", "false"}, "NetworkAccessPointTypeCode": {"1", "2", "3", "4", "5"}},
			children: []string{"RoleIDCode*", "MediaIdentifier?"}},
		"MediaIdentifier":           {children: []string{"MediaType"}},
		"AuditSourceIdentification": {must: []string{"AuditSourceID"}, may: []string{"AuditEnterpriseSiteID"}, children: []string{"AuditSourceTypeCode*"}},
		"AuditSourceTypeCode":       {must: []string{"csd-code"}, values: map[string][]string{"csd-code": {"1", "2", "3", "4", "5", "6", "7", "8", "9"}}},
		"ParticipantObjectIdentification": {must: []string{"ParticipantObjectID"},
			may: []string{"ParticipantObjectTypeCode", "ParticipantObjectTypeCodeRole", "ParticipantObjectDataLifeCycle", "ParticipantObjectSensitivity"},
			values: map[string][]string{"ParticipantObjectTypeCode": {"1", "2", "3", "4"}, "ParticipantObjectTypeCodeRole": upTo(26),
				"ParticipantObjectDataLifeCycle": upTo(15)},
			children: []string{"ParticipantObjectIDTypeCode", "ParticipantObjectName|ParticipantObjectQuery", "ParticipantObjectDetail*", "ParticipantObjectDescription*"}},
		"ParticipantObjectName": {}, "ParticipantObjectQuery": {},
		"ParticipantObjectDetail":        {must: []string{"type", "value"}},
		"ParticipantObjectDescription":   {children: []string{"ParticipantObjectContainsStudy?"}},
		"ParticipantObjectContainsStudy": {children: []string{"StudyIDs*"}},
		"StudyIDs":                       {must: []string{"UID"}},
	}
}

func upTo(n int) []string {
	var out []string
	for i := 1; i <= n; i++ {
		out = append(out, strings.TrimLeft(string(rune('0'+i/10))+string(rune('0'+i%10)), "0"))
	}
	return out
}

// element is any element.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e *element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e *element) all(path ...string) []element {
	found := []element{*e}
	for _, name := range path {
		var next []element
		for _, f := range found {
			for _, c := range f.Children {
				if c.XMLName.Local == name {
					next = append(next, c)
				}
			}
		}
		found = next
	}
	return found
}

func (e *element) codes(path ...string) []string {
	var out []string
	for _, c := range e.all(path...) {
		out = append(out, c.attr("codeSystemName")+" "+c.attr("csd-code"))
	}
	return out
}

// check holds an element against the schema.
func check(t *testing.T, name string, e *element) {
	t.Helper()
	r, known := schema()[e.XMLName.Local]
	if !known || e.XMLName.Space != "" {
		t.Fatalf("%s: the schema has no %v", name, e.XMLName)
	}
	var have []string
	for _, a := range e.Attrs {
		have = append(have, a.Name.Local)
		if !slices.Contains(r.must, a.Name.Local) && !slices.Contains(r.may, a.Name.Local) {
			t.Errorf("%s: %s has no attribute %s", name, e.XMLName.Local, a.Name.Local)
		}
		if set := r.values[a.Name.Local]; set != nil && !slices.Contains(set, a.Value) {
			t.Errorf("%s: %s of %s is %q", name, a.Name.Local, e.XMLName.Local, a.Value)
		}
	}
	for _, m := range r.must {
		if !slices.Contains(have, m) {
			t.Errorf("%s: %s lacks %s", name, e.XMLName.Local, m)
		}
	}
	i := 0
	for _, want := range r.children {
		choices := strings.Split(strings.TrimRight(want, "?*+"), "|")
		n := 0
		for ; i < len(e.Children) && slices.Contains(choices, e.Children[i].XMLName.Local); i++ {
			n++
		}
		many := strings.ContainsAny(want[len(want)-1:], "*+")
		if n == 0 && !strings.ContainsAny(want[len(want)-1:], "?*") || n > 1 && !many {
			t.Errorf("%s: %s has %d of %s", name, e.XMLName.Local, n, want)
		}
	}
	if i < len(e.Children) {
		t.Errorf("%s: %s has a %s in this place", name, e.XMLName.Local, e.Children[i].XMLName.Local)
	}
	for k := range e.Children {
		check(t, name, &e.Children[k])
	}
}

func told(t *testing.T, e *records.AuditEvent, s Subject) *element {
	t.Helper()
	var b bytes.Buffer
	if err := Of(e, s, "SAMPLE000").Write(&b); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsRune(b.Bytes(), '\n') {
		t.Errorf("%s: a message has more than one line", e.Action)
	}
	d := xml.NewDecoder(&b)
	var root element
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("%s: more than one document", e.Action)
	}
	return &root
}

// What PS3.15 A.5.3 asks of each event: its code (PS3.16 CID 400), action and
// type (CID 401), the roles of participants (CID 402), the objects.
func TestEachKindOfEventIsTheMessageThatTheStandardDescribes(t *testing.T) {
	study, finding := "1.2.3", "1.2.3.4"
	for _, x := range []struct {
		action, object string
		subject        Subject
		patient        string
		id, code       string
		typ            string
		roles          []string // of all participants but the person
		objects        []string // type code, role, identifier type
	}{
		// A.5.3.12: who asks, and the node.
		{"login", "u1", Subject{User: true}, "", "110114", "E", "110122", []string{"DCM 110150"}, nil},
		{"logout", "u1", Subject{User: true}, "", "110114", "E", "110123", []string{"DCM 110150"}, nil},
		{"unlock_screen", "u1", Subject{User: true}, "", "110114", "E", "110122", []string{"DCM 110150"}, nil},
		// A.5.3.2: the log.
		{"view_audit", "", Subject{}, "", "110101", "R", "", []string{"DCM 110150"}, []string{"2 13 RFC-3881 12"}},
		{"export_audit", "", Subject{}, "", "110101", "R", "", []string{"DCM 110150"}, []string{"2 13 RFC-3881 12"}},
		// A.5.3.6: studies and the patient.
		{"view_study", study, Subject{Study: study}, "p1", "110103", "R", "", []string{"DCM 110150"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"analyze", study, Subject{Study: study}, "p1", "110103", "R", "", []string{"DCM 110150"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		// A.5.3.4 and A.5.3.5: the source, the destination, the medium.
		{"export", study, Subject{Study: study}, "p1", "110106", "R", "", []string{"DCM 110150", "DCM 110153", "DCM 110154"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"print", study, Subject{Study: study}, "p1", "110106", "R", "", []string{"DCM 110150", "DCM 110153", "DCM 110154"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"backup", "b1", Subject{}, "", "110106", "R", "", []string{"DCM 110150", "DCM 110153", "DCM 110154"}, nil},
		{"import_study", study, Subject{Study: study}, "p1", "110107", "C", "", []string{"DCM 110150", "DCM 110152", "DCM 110155"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"restore", "b1", Subject{}, "", "110107", "C", "", []string{"DCM 110150", "DCM 110152", "DCM 110155"}, nil},
		// A.5.3.7: who sends and who takes.
		{"pacs_store", study, Subject{Study: study}, "p1", "110104", "C", "", []string{"DCM 110150", "DCM 110153", "DCM 110152"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"pacs_retrieve", study, Subject{Study: study}, "p1", "110104", "C", "", []string{"DCM 110150", "DCM 110152", "DCM 110153"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		// A.5.3.10: the query.
		{"pacs_query", "pacs", Subject{}, "", "110112", "E", "", []string{"DCM 110150", "DCM 110153", "DCM 110152"}, []string{"2 3 DCM 110181"}},
		// A.5.3.14: the patient.
		{"view_record", "p1", Subject{}, "p1", "110110", "R", "", []string{"DCM 110150"}, []string{"1 1 RFC-3881 2"}},
		{"confirm", finding, Subject{Study: study}, "p1", "110110", "U", "", []string{"DCM 110150"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"mark", finding, Subject{Study: study}, "p1", "110110", "C", "", []string{"DCM 110150"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		{"sign", study, Subject{Study: study}, "p1", "110110", "U", "", []string{"DCM 110150"}, []string{"2 3 DCM 110180", "1 1 RFC-3881 2"}},
		// A.5.3.11: what the alert is about.
		{"set_role", "u2", Subject{User: true}, "", "110113", "E", "110136", []string{"DCM 110150"}, []string{"2 11 RFC-3881 11"}},
		{"add_user", "u2", Subject{User: true}, "", "110113", "E", "110137", []string{"DCM 110150"}, []string{"2 11 RFC-3881 11"}},
		{"configure", "organization", Subject{}, "", "110113", "E", "110129", []string{"DCM 110150"}, []string{"2 13 DCM 110182"}},
		{"configure", "pacs", Subject{}, "", "110113", "E", "110128", []string{"DCM 110150"}, []string{"2 13 DCM 110182"}},
		{"check_display", "reading-1", Subject{}, "", "110113", "E", "110130", []string{"DCM 110150"}, []string{"2 13 DCM 110182"}},
		{"install_model", "m", Subject{}, "", "110113", "E", "110131", []string{"DCM 110150"}, []string{"2 13 DCM 110182"}},
		{"an action that nobody knows", "", Subject{}, "", "110113", "E", "110132", []string{"DCM 110150"}, []string{"2 13 DCM 110182"}},
	} {
		e := &records.AuditEvent{Seq: 7, At: time.Date(2026, 11, 26, 9, 30, 0, 5e6, time.FixedZone("CST", 8*3600)), UserID: "u1", UserName: "李<影>&", Station: "reading-1",
			Program: "desktop", Action: x.action, Object: x.object, PatientID: x.patient, Outcome: "ok", Detail: "by name, date: 3 studies", MAC: "00ff"}
		root := told(t, e, x.subject)
		check(t, x.action, root)
		event := root.all("EventIdentification")[0]
		types := event.codes("EventTypeCode")
		if got := event.codes("EventID"); got[0] != "DCM "+x.id || event.attr("EventActionCode") != x.code {
			t.Errorf("%s is told as %v %s", x.action, got, event.attr("EventActionCode"))
		}
		if x.typ != "" && types[0] != "DCM "+x.typ || types[len(types)-1] != "99LONGYING "+x.action {
			t.Errorf("%s is of the types %v", x.action, types)
		}
		if event.attr("EventDateTime") != "2026-11-26T01:30:00.005Z" || event.attr("EventOutcomeIndicator") != "0" {
			t.Errorf("%s: %v", x.action, event.Attrs)
		}
		person := root.all("ActiveParticipant")[0]
		if person.attr("UserID") != "u1" || person.attr("UserName") != "李<影>&" || person.attr("UserIsRequestor") != "true" || person.attr("NetworkAccessPointID") != "reading-1" {
			t.Errorf("%s: %v", x.action, person.Attrs)
		}
		requestors := 0
		for _, p := range root.all("ActiveParticipant") {
			if p.attr("UserIsRequestor") == "true" {
				requestors++
			}
		}
		if requestors != 1 { // A.5.2: not more than one
			t.Errorf("%s: %d requestors", x.action, requestors)
		}
		if got := root.codes("ActiveParticipant", "RoleIDCode"); !slices.Equal(got, x.roles) {
			t.Errorf("%s: the roles are %v, want %v", x.action, got, x.roles)
		}
		var objects []string
		for _, o := range root.all("ParticipantObjectIdentification") {
			objects = append(objects, o.attr("ParticipantObjectTypeCode")+" "+o.attr("ParticipantObjectTypeCodeRole")+" "+o.codes("ParticipantObjectIDTypeCode")[0])
			if o.codes("ParticipantObjectIDTypeCode")[0] == "DCM 110180" && o.attr("ParticipantObjectID") != study {
				t.Errorf("%s: the study is %s", x.action, o.attr("ParticipantObjectID"))
			}
			if o.codes("ParticipantObjectIDTypeCode")[0] == "RFC-3881 2" && o.attr("ParticipantObjectID") != "p1" {
				t.Errorf("%s: the patient is %s", x.action, o.attr("ParticipantObjectID"))
			}
		}
		if want := append(x.objects, "2 13 99LONGYING audit-entry"); !slices.Equal(objects, want) {
			t.Errorf("%s: the objects are %v, want %v", x.action, objects, want)
		}
		entry := root.all("ParticipantObjectIdentification")[len(objects)-1]
		details := map[string]string{}
		for _, d := range entry.all("ParticipantObjectDetail") {
			raw, err := base64.StdEncoding.DecodeString(d.attr("value"))
			if err != nil {
				t.Error(err)
			}
			details[d.attr("type")] = string(raw)
		}
		if entry.attr("ParticipantObjectID") != "7" || details["hmac-sm3"] != "00ff" || details["detail"] != e.Detail || details["object"] != x.object {
			t.Errorf("%s: the entry says %v", x.action, details)
		}
		if Known(x.action) != (x.action != "an action that nobody knows") {
			t.Errorf("%s: known %v", x.action, Known(x.action))
		}
	}
}

func TestARefusalIsAMinorFailureAndAFailureASeriousOne(t *testing.T) {
	for outcome, want := range map[string]string{"ok": "0", "refused": "4", "failed": "8"} {
		root := told(t, &records.AuditEvent{Action: "view_study", Outcome: outcome, Detail: "right"}, Subject{})
		check(t, outcome, root)
		event := root.all("EventIdentification")[0]
		if event.attr("EventOutcomeIndicator") != want {
			t.Errorf("%s is %s", outcome, event.attr("EventOutcomeIndicator"))
		}
		if said := len(event.all("EventOutcomeDescription")) > 0; said != (outcome != "ok") {
			t.Errorf("%s: described %v", outcome, said)
		}
	}
	root := told(t, &records.AuditEvent{Action: "login", Outcome: "refused"}, Subject{})
	if p := root.all("ActiveParticipant")[0]; p.attr("UserID") == "" || p.attr("UserIsRequestor") != "false" {
		t.Errorf("nobody is %v", p.Attrs)
	}
}
