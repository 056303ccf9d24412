package template

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"

	"longying/records"
)

//go:embed phrases.json
var shippedPhrases []byte

// Phrases are those that are shipped. None of them names one side of the body: they
// describe what a doctor saw only once a doctor has put them into a report.
func Phrases() ([]records.Phrase, error) {
	var out []records.Phrase
	dec := json.NewDecoder(bytes.NewReader(shippedPhrases))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("the shipped phrases: %w", err)
	}
	for i := range out {
		out[i].ID, out[i].Shipped = "shipped/"+out[i].Key, true
	}
	return out, nil
}
