package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Parse reads card.json. It is strict: an unknown, missing, doubled or null key
// anywhere, anything after the object, an unknown step, task, output kind or
// code scheme, a label without Chinese or English, a threshold outside 0..1 and
// all that Check reports is an error, and every error names its key. Numbers and
// texts are taken as written, nothing is filled in.
func Parse(data []byte) (*Card, error) {
	if err := checkKeys(data, reflect.TypeFor[Card]()); err != nil {
		return nil, fmt.Errorf("card.json: %w", err)
	}
	var c Card
	if err := json.Unmarshal(data, &c); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("card.json: key %q is a %s; wanted %s", wrong.Field, wrong.Value, describe(wrong.Type))
		}
		return nil, fmt.Errorf("card.json: %w", err)
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("card.json: %w", err)
	}
	return &c, nil
}
