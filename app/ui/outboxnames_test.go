package ui

import (
	"path/filepath"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/records"
)

func TestTheOutboxNamesWhoseEachDeliveryIs(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, nil); err != nil {
		t.Fatal(err)
	}
	user := s.ws.User()
	route := delivery.Route{Formats: []string{"fhir", "cda"}}
	route.Name, route.Kind, route.URL = "folder", "folder", filepath.Join(t.TempDir(), "out")
	err := st.Delivery.PutDestination(t.Context(), sample.Users["admin"], route, false)
	if err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), user, records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range known {
		if ex.Modality != "CR" {
			continue
		}
		own := []records.Sentence{{Text: "胸廓对称。"}}
		if _, err := st.Reading.SaveDraft(t.Context(), user, ex.StudyUID, own, own); err != nil {
			t.Fatal(err)
		}
		password, err := sample.Password("radiologist")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Reading.Sign(t.Context(), user, ex.StudyUID, password); err != nil {
			t.Fatal(err)
		}
	}
	s.want("outbox")
	s.ws.Settle()
	table := func() string {
		said := texts(s.front.Content) // what is in sight is asked for
		s.ws.Settle()
		return said
	}
	rows := strings.Count(table(), "LY-")
	if named := strings.Count(table(), "刘小满"); rows != 2 || named != rows {
		t.Errorf("%d of %d deliveries say whose they are", named, rows)
	}
	room := s.front
	s.ws.SetUser(records.User{})
	s.ws.Settle()
	if said := texts(room.Content); strings.Contains(said, "刘小满") {
		t.Error("names stay when the person at the window leaves")
	}
}
