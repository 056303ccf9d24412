package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// checkKeys walks JSON beside a Go type and reports the first key that the type
// does not have (case counts), a key given twice, a null, or a missing key whose
// field is not omitempty. encoding/json alone takes "ID" for "id", keeps the
// last of two equal keys and lets a missing always_amber be false.
func checkKeys(data []byte, t reflect.Type) error { return walkKeys(data, t, false) }

// walkKeys is checkKeys, of a draft without the missing keys.
func walkKeys(data []byte, t reflect.Type, draft bool) error {
	w := keyWalker{Decoder: json.NewDecoder(bytes.NewReader(data)), draft: draft}
	w.UseNumber()
	return w.value(t, "") // json.Unmarshal reports what comes after
}

type keyWalker struct {
	*json.Decoder
	draft bool // keys may be missing
}

func (dec *keyWalker) value(t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := dec.Token()
	if err != nil {
		return fmt.Errorf("%s: not JSON at byte %d: %w", show(path), dec.InputOffset(), err)
	}
	switch token {
	case nil:
		return fmt.Errorf("%s is null; leave the key out or give a value", show(path))
	case json.Delim('{'):
		if t.Kind() != reflect.Struct {
			return fmt.Errorf("%s is an object; wanted %s", show(path), describe(t))
		}
		return dec.object(t, path)
	case json.Delim('['):
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return fmt.Errorf("%s is a list; wanted %s", show(path), describe(t))
		}
		n := 0
		for ; dec.More(); n++ {
			if err := dec.value(t.Elem(), fmt.Sprintf("%s[%d]", path, n)); err != nil {
				return err
			}
		}
		if t.Kind() == reflect.Array && n != t.Len() {
			return fmt.Errorf("%s has %d values; wanted %d", show(path), n, t.Len())
		}
		_, err := dec.Token()
		return err
	}
	if k := t.Kind(); k == reflect.Struct || k == reflect.Slice || k == reflect.Array {
		return fmt.Errorf("%s is %v; wanted %s", show(path), token, describe(t))
	}
	return nil
}

func (dec *keyWalker) object(t reflect.Type, path string) error {
	fields, required := map[string]reflect.Type{}, []string{}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields[name] = t.Field(i).Type
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("%s: not JSON at byte %d: %w", show(path), dec.InputOffset(), err)
		}
		key, _ := token.(string)
		full := strings.TrimPrefix(path+"."+key, ".")
		field, known := fields[key]
		if !known {
			return fmt.Errorf("key %q is not known to this version", full)
		}
		if seen[key] {
			return fmt.Errorf("key %q is given twice", full)
		}
		seen[key] = true
		if err := dec.value(field, full); err != nil {
			return err
		}
	}
	for _, name := range required {
		if !seen[name] && !dec.draft {
			return fmt.Errorf("key %q is missing", strings.TrimPrefix(path+"."+name, "."))
		}
	}
	_, err := dec.Token()
	return err
}

func show(path string) string {
	if path == "" {
		return "the card"
	}
	return fmt.Sprintf("key %q", path)
}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}
