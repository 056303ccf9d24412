package findings

import (
	"strings"
	"testing"
	"time"

	"longying/app/ui/lang"
	"longying/records"
)

func TestAFindingIsFollowedToTheReceiptsOfTheVersionThatStatesIt(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 26, 21, 23, 41, 0, time.UTC) // 05:23 the next day in China
	s := sent{document: &records.SignedDocument{SignedAt: at, Document: records.Document{DocumentID: "LY-1", Version: 2, Findings: []records.Finding{{UID: "a"}}}},
		deliveries: []records.Delivery{
			{DocumentID: "LY-1", Version: 1, Format: "cda", Destination: "province", Receipt: &records.Receipt{Number: "OLD"}},
			{DocumentID: "LY-1", Version: 2, Format: "cda", Destination: "province", Receipt: &records.Receipt{Number: "R-7", At: at}},
			{DocumentID: "LY-1", Version: 2, Format: "fhir", Destination: "province", State: records.DeliveryQueued},
			{DocumentID: "LY-2", Version: 2, Format: "cda", Destination: "province", Receipt: &records.Receipt{Number: "OTHER"}},
		}}
	got := s.lines(l, "a")
	want := []string{"2026-11-27 05:23:41  Stated by the signed report LY-1, version 2", "2026-11-27 05:23:41  CDA → province: receipt R-7", "FHIR → province  Waiting"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
	if got := s.lines(l, "b"); got != nil {
		t.Errorf("a finding that the report does not state: %q", got)
	}
	if got := (sent{}).lines(l, "a"); got != nil {
		t.Errorf("without a report: %q", got)
	}
}
