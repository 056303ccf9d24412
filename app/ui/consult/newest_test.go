package consult

import (
	"testing"

	"longying/records"
)

func TestAnEarlierVersionOfAReportIsKnownWhateverTheOrder(t *testing.T) {
	doc := func(id string, version int) records.SignedDocument {
		return records.SignedDocument{Document: records.Document{DocumentID: id, Version: version}}
	}
	got := Newest([]records.SignedDocument{doc("A", 2), doc("A", 1), doc("B", 1), doc("A", 3)})
	if len(got) != 2 || got["A"] != 3 || got["B"] != 1 {
		t.Errorf("%v", got)
	}
}
